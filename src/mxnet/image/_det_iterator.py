"""The iterator over images with boxes of objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from .._core import logs
from .._core.opencv import opencv
from ..base import ArgumentTypeError, ArgumentValueError, MXNetError
from ..ndarray.ndarray import NDArray
from ._augmenters import _IMAGENET_MEAN, _IMAGENET_STD, _statistic
from ._det_augmenters import CreateDetAugmenter
from ._iterator import ImageIter

# A label begins with the width of its header and the width of an object; an object with class and box.
_SMALLEST_HEADER, _SMALLEST_OBJECT = 2, 5


class ImageDetIter(ImageIter):
    """Batches of augmented images with the boxes of their objects.

    An image's label is ``[a, b, ..., class, left, top, right, bottom, ..., class, left, ...]``: the width ``a`` of this
    header, the width ``b`` of an object, then objects with coordinates from 0 to 1. A batch's label is an array
    ``(batch, objects, b)``, filled up with -1.

    Parameters
    ----------
    batch_size, data_shape, path_imgrec, path_imglist, path_root, path_imgidx, shuffle, part_index, num_parts, imglist,
    data_name, last_batch_handle
        See :class:`ImageIter`.
    aug_list : list of DetAugmenter, optional
        What happens to images; the list that :func:`CreateDetAugmenter` makes of the other keywords by default.
    label_name : str
    """

    def __init__(
        self,
        batch_size: int,
        data_shape: tuple[int, ...],
        path_imgrec: str | None = None,
        path_imglist: str | None = None,
        path_root: str | None = None,
        path_imgidx: str | None = None,
        shuffle: bool = False,
        part_index: int = 0,
        num_parts: int = 1,
        aug_list: list[Any] | None = None,
        imglist: list[Any] | None = None,
        data_name: str = "data",
        label_name: str = "label",
        last_batch_handle: str = "pad",
        **kwargs: Any,
    ) -> None:
        source = path_imgrec, path_imglist, path_root, path_imgidx, shuffle, part_index, num_parts
        super().__init__(
            batch_size, data_shape, 1, *source, [], imglist, data_name, label_name, last_batch_handle=last_batch_handle
        )
        self.auglist = CreateDetAugmenter(self.data_shape, **kwargs) if aug_list is None else aug_list  # type: ignore
        self.label_shape = self._estimate_label_shape()
        self.provide_label = [(label_name, (batch_size, *self.label_shape))]

    # ------------------------------------------------------------------ labels

    def _estimate_label_shape(self) -> tuple[int, int]:
        """The largest number of objects in an image, and the width of an object. Reads all labels."""
        shapes = []
        self.reset()
        try:
            while True:
                shapes.append(self._parse_label(self.next_sample()[0]).shape)
        except StopIteration:
            pass
        self.reset()
        if not shapes:
            raise MXNetError("there are no images")
        return max(count for count, _ in shapes), shapes[-1][1]

    def _parse_label(self, label: object) -> np.ndarray:
        """The objects of a label that have an area, one a row; RuntimeError when it is malformed or has none."""
        raw = (label.asnumpy() if isinstance(label, NDArray) else np.asarray(label)).ravel()
        if raw.size < _SMALLEST_HEADER + _SMALLEST_OBJECT:
            raise MXNetError(f"Label shape is invalid: {raw.shape}")
        if not np.isfinite(raw[:2]).all():
            raise MXNetError(f"Label has the header width {raw[0]} and the annotation width {raw[1]}")
        header, width = int(raw[0]), int(raw[1])
        if header < _SMALLEST_HEADER or width < _SMALLEST_OBJECT or (raw.size - header) % width:
            raise MXNetError(
                f"Label shape {raw.shape} inconsistent with header width {header} and annotation width {width}."
            )
        objects = raw[header:].reshape(-1, width)
        objects = objects[_with_area(objects)]
        if not len(objects):
            raise MXNetError("Encounter sample with no valid label.")
        return objects

    def _check_valid_label(self, label: np.ndarray) -> None:
        if label.ndim != 2 or label.shape[1] < _SMALLEST_OBJECT:
            raise MXNetError(f"Label with shape (1+, 5+) required, {label} received.")
        if not (_with_area(label) & (label[:, 0] >= 0)).any():
            raise MXNetError("Invalid label occurs.")

    def check_label_shape(self, label_shape: tuple[int, int]) -> None:
        """Refuse shapes of labels that these images do not fit into."""
        if len(label_shape) != 2:
            raise ValueError(f"label_shape should have length 2, got {label_shape}")
        if label_shape[0] < self.label_shape[0]:
            raise ValueError(
                f"Attempts to reduce label count from {self.label_shape[0]} to {label_shape[0]}, not allowed."
            )
        if label_shape[1] != self.label_shape[1]:
            raise ValueError(f"label_shape object width inconsistent: {self.label_shape[1]} vs {label_shape[1]}.")

    # ------------------------------------------------------------------ shapes

    def reshape(self, data_shape: tuple[int, ...] | None = None, label_shape: tuple[int, int] | None = None) -> None:
        """Give further batches another shape of images or of labels. Augmenters stay as they are."""
        count = self.batch_size
        if data_shape is not None:
            self.check_data_shape(data_shape)
            self.data_shape = tuple(data_shape)
            self.provide_data = [(name, (count, *data_shape)) for name, _ in self.provide_data]
        if label_shape is not None:
            self.check_label_shape(label_shape)
            objects, width = label_shape
            self.label_shape = objects, width
            self.provide_label = [(name, (count, objects, width)) for name, _ in self.provide_label]

    def sync_label_shape(self, it: ImageDetIter, verbose: bool = False) -> ImageDetIter:
        """Give this iterator and another the same shape of labels: the larger of both. Returns the other."""
        if not isinstance(it, ImageDetIter):
            raise ArgumentTypeError(f"Synchronize with invalid iterator {it!r}")
        if self.label_shape[1] != it.label_shape[1]:
            raise ArgumentValueError(f"object width mismatch: {self.label_shape[1]} vs {it.label_shape[1]}")
        counts = self.label_shape[0], it.label_shape[0]
        shape = max(counts), self.label_shape[1]
        for iterator in (self, it):
            if iterator.label_shape != shape:
                iterator.reshape(None, shape)
        if verbose and counts[0] != counts[1]:
            logs.root.info("Resized label_shape to (%d, %d).", *shape)
        return it

    # ------------------------------------------------------------------ batches

    def augmentation_transform(self, data: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:  # type: ignore
        """Apply the augmenters to an image and its label."""
        for augmenter in self.auglist:
            data, label = augmenter(data, label)
        return data, label

    def _empty_batch(self) -> tuple[NDArray, NDArray]:
        return nd.zeros((self.batch_size, *self.data_shape)), nd.full(self.provide_label[0][1], -1.0)

    def _checked(self, label: object, data: NDArray) -> tuple[np.ndarray, NDArray]:
        self.check_valid_image([data])
        data, label = self.augmentation_transform(data, self._parse_label(label))
        self._check_valid_label(label)
        return label, data

    def _store(self, i: int, label: Any, data: NDArray, batch_data: NDArray, batch_label: NDArray) -> None:
        batch_data[i] = self.postprocess_data(data)
        rows = np.full(self.provide_label[0][1][1:], -1.0, "float32")
        rows[: len(label)] = label
        batch_label[i] = rows

    # ------------------------------------------------------------------ looking at it

    def draw_next(
        self,
        color: Any = None,
        thickness: int = 2,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        clip: bool = True,
        waitKey: int | None = None,
        window_name: str = "draw_next",
        id2labels: dict[int, str] | None = None,
    ) -> Iterator[np.ndarray]:
        """Augmented images with their boxes drawn, one after the other until the epoch ends.

        Parameters
        ----------
        color : tuple, optional
            The RGB color of boxes; random by default.
        thickness : int
            Of their lines.
        mean, std : numpy.ndarray or True
            Undo a normalization by these numbers; True stands for those of ImageNet.
        clip : bool
            Limit colors to 0 to 255.
        waitKey : int, optional
            Show each image in a window for so many milliseconds (0: until a key is pressed).
        window_name : str
            The name of the window.
        id2labels : dict, optional
            Names of classes, to be written into the boxes.

        Yields
        ------
        numpy.ndarray
            ``(height, width, 3)``, BGR, uint8.
        """
        cv2 = opencv()
        mean, std = _statistic("mean", mean, _IMAGENET_MEAN), _statistic("std", std, _IMAGENET_STD)
        while True:
            try:
                label, encoded = self.next_sample()
            except StopIteration:
                return
            data = self.imdecode(encoded)
            try:
                label, data = self._checked(label, data)
            except RuntimeError as e:
                logs.root.debug("Invalid image, skipping:  %s", e)
                continue
            image = data.asnumpy() * (1 if std is None else std) + (0 if mean is None else mean)
            image = np.ascontiguousarray((image.clip(0, 255) if clip else image)[:, :, ::-1].astype(np.uint8))
            for row in label:
                self._draw_object(cv2, image, row, color, thickness, id2labels or {})
            if waitKey is not None:
                cv2.imshow(window_name, image)
                cv2.waitKey(waitKey)
            yield image

    @staticmethod
    def _draw_object(cv2: Any, image: np.ndarray, row: np.ndarray, color: Any, thickness: int, names: dict) -> None:
        height, width, _ = image.shape
        x1, y1, x2, y2 = (int(v * n) for v, n in zip(row[1:5], (width, height, width, height)))
        if x1 < 0:
            return
        bgr = tuple(int(c) for c in (color[::-1] if color else np.random.rand(3) * 255))
        cv2.rectangle(image, (x1, y1), (x2, y2), bgr, thickness)
        name = names.get(int(row[0]))
        if name is not None:
            font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.5
            below = cv2.getTextSize(name, font, scale, 2)[0][1] + 5
            cv2.putText(image, name, (x1 + 5, y1 + below), font, scale, (255, 255, 255), 2)


def _with_area(objects: np.ndarray) -> np.ndarray:
    """Which rows have boxes with an area."""
    return (objects[:, 3] > objects[:, 1]) & (objects[:, 4] > objects[:, 2])
