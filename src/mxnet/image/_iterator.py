"""Iterators over image files and record files of images."""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np

from .. import ndarray as nd
from .. import recordio
from .._core import logs
from .._core.files import local_path
from ..base import ArgumentValueError, MXNetError, OperatorValueError, numeric_types
from ..io import DataBatch, DataIter
from ..io._image_list import read_image_list
from ..ndarray.ndarray import NDArray
from ._augmenters import CreateAugmenter
from ._functions import imdecode

_LABEL_TYPES = ("int32", "float32", "int64", "float64")


def _labeled(entries: list[Any], dtype: str) -> dict[str, tuple[NDArray, str]]:
    """Label and file name by number, from a list of ``[label, ..., path]``."""
    found = {}
    for number, entry in enumerate(entries, 1):
        if len(entry) > 2:
            label = entry[:-1]
        else:
            label = [entry[0]] if isinstance(entry[0], numeric_types) else entry[0]
        found[str(number)] = nd.array(label, dtype=dtype), entry[-1]
    return found


class ImageIter(DataIter):
    """Batches of augmented images, from a record file or from image files.

    Parameters
    ----------
    batch_size : int
    data_shape : tuple of int
        ``(3, height, width)`` of the images.
    label_width : int
        How many labels an image has.
    path_imgrec : str, optional
        A record file, as ``im2rec`` makes it.
    path_imglist : str, optional
        A list of images: lines of number, labels and file name, with tabs between them.
    imglist : list, optional
        The same as a list of ``[label, file name]``.
    path_root : str, optional
        The folder of the files in the list.
    path_imgidx : str, optional
        The index of the record file; needed to shuffle it, or to read a part of it.
    shuffle : bool
        Draw a new order in each epoch.
    part_index, num_parts : int
        Read the part of this number of so many equal parts.
    aug_list : list of Augmenter, optional
        What happens to images; the list that :func:`CreateAugmenter` makes of the other keywords by default.
    data_name, label_name : str
    dtype : str
        The type of labels in lists: float32, float64, int32 or int64.
    last_batch_handle : str
        ``"pad"`` fills the last batch with the first images, ``"discard"`` drops it, ``"roll_over"`` keeps its images
        for the first batch of the next epoch (whose ``pad`` then counts the images that were added to them).

    Raises
    ------
    MXNetError
        For lists and files that cannot be read; by ``next()``, for a file that is no image: the message names it.
    """

    def __init__(
        self,
        batch_size: int,
        data_shape: tuple[int, ...],
        label_width: int = 1,
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
        label_name: str = "softmax_label",
        dtype: str = "float32",
        last_batch_handle: str = "pad",
        **kwargs: Any,
    ) -> None:
        super().__init__()
        if not (path_imgrec or path_imglist or isinstance(imglist, list)):
            raise ArgumentValueError("one of path_imgrec, path_imglist and imglist (a list) is needed")
        if dtype not in _LABEL_TYPES:
            raise ArgumentValueError(f"{dtype} label not supported, only {', '.join(_LABEL_TYPES)}")
        self.check_data_shape(data_shape)
        self.imgrec: Any = None
        self.imgidx: list[int] | None = None
        if path_imgrec:
            logs.root.info("%s: loading recordio %s...", self.__class__.__name__, path_imgrec)
            if not path_imgidx:
                self.imgrec = recordio.MXRecordIO(path_imgrec, "r")
            else:
                self.imgrec = recordio.MXIndexedRecordIO(path_imgidx, path_imgrec, "r")
                self.imgidx = list(self.imgrec.keys)
        self.imglist: dict[Any, tuple[NDArray, str]] | None = None
        if path_imglist:
            logs.root.info("%s: loading image list %s...", self.__class__.__name__, path_imglist)
            listed = read_image_list(path_imglist)
            self.imglist = {key: (nd.array(x.labels, dtype=dtype), x.name) for key, x in listed.items()}
        elif isinstance(imglist, list):
            self.imglist = _labeled(imglist, dtype)
        self.path_root = path_root
        self.batch_size = batch_size
        self.data_shape = tuple(data_shape)
        self.label_width = label_width
        self.shuffle = shuffle
        self.last_batch_handle = last_batch_handle
        self.provide_data = [(data_name, (batch_size, *self.data_shape))]
        self.provide_label = [(label_name, (batch_size, label_width) if label_width > 1 else (batch_size,))]
        source = path_imgrec or path_imglist
        if source and (not os.path.getsize(local_path(source)) or (self.imgrec is None and not self.imglist)):
            raise MXNetError(f"{source}: there are no images")
        self.seq = self._sequence(part_index, num_parts)
        self.num_image = None if self.seq is None else len(self.seq)
        shape: Any = self.data_shape
        self.auglist: list[Any] = CreateAugmenter(shape, **kwargs) if aug_list is None else aug_list
        # A batch that an epoch could not fill, and how much of it is filled.
        self._begun: tuple[NDArray, NDArray, int] | None = None
        self.reset()

    def _sequence(self, part_index: int, num_parts: int) -> list[Any] | None:
        """The keys of the images in order; None when a record file is simply read from start to end."""
        if self.imgrec is None:
            keys = list(self.imglist or ())
        elif self.imgidx is not None:
            keys = self.imgidx
        elif self.shuffle or num_parts > 1:
            raise ArgumentValueError("shuffle and num_parts need the index of the record file: path_imgidx")
        else:
            return None
        if num_parts > 1:
            if not 0 <= part_index < num_parts:
                raise ArgumentValueError(f"part_index should be from 0 to {num_parts - 1}, got {part_index}")
            size = len(keys) // num_parts
            keys = keys[part_index * size : (part_index + 1) * size]
        return keys

    # ------------------------------------------------------------------ epochs

    def reset(self) -> None:
        """Begin another epoch. What was rolled over stays."""
        if self.seq is not None and self.shuffle:
            random.shuffle(self.seq)
        if self._begun is None:
            if self.imgrec is not None:
                self.imgrec.reset()
            self.cur = 0
            self._allow_read = True

    def hard_reset(self) -> None:
        """Begin another epoch, and forget what was rolled over."""
        self._begun = None
        self.reset()

    # ------------------------------------------------------------------ samples

    def next_sample(self) -> tuple[Any, bytes]:
        """The label and the encoded image of the next sample; StopIteration at the end."""
        if not self._allow_read:
            raise StopIteration
        if self.seq is None:
            record = self.imgrec.read()
            if record is None:
                if self.last_batch_handle != "discard":
                    self.imgrec.reset()
                raise StopIteration
            header, image = recordio.unpack(record)
            return header.label, image
        if self.cur >= len(self.seq):
            if self.last_batch_handle != "discard":
                self.cur = 0
            raise StopIteration
        key = self.seq[self.cur]
        self.cur += 1
        if self.imgrec is None:
            label, name = self.imglist[key]  # type: ignore[index]
            return label, self.read_image(name)
        header, image = recordio.unpack(self.imgrec.read_idx(key))
        return header.label if self.imglist is None else self.imglist[key][0], image

    def read_image(self, fname: str) -> bytes:
        """The content of a file in ``path_root``."""
        with open(os.path.join(self.path_root or "", fname), "rb") as file:
            return file.read()

    def imdecode(self, s: bytes) -> NDArray:
        """Decode an image; the MXNetError for one that is broken names it."""
        try:
            return imdecode(s)
        except Exception as e:
            raise MXNetError(f"Broken image {self._where()}, {e}") from e

    def _where(self) -> str:
        """Which sample was read last."""
        if self.seq is None:
            return "in the record file"
        key = self.seq[self.cur - 1]
        return f"index: {key}" if self.imglist is None else f"filename: {self.imglist[key][1]}"

    def augmentation_transform(self, data: NDArray) -> NDArray:
        """Apply the augmenters to an image."""
        for augmenter in self.auglist:
            data = augmenter(data)
        return data

    def postprocess_data(self, datum: NDArray) -> NDArray:
        """The image as it goes into the batch: channels first."""
        return nd.transpose(datum, axes=(2, 0, 1))

    def check_data_shape(self, data_shape: tuple[int, ...]) -> None:
        """Refuse shapes other than ``(3, height, width)``."""
        if len(data_shape) != 3:
            raise ValueError(f"data_shape should have length 3, with dimensions CxHxW, got {data_shape}")
        if data_shape[0] != 3:
            raise ValueError(f"This iterator expects inputs to have 3 channels, got {data_shape}")

    def check_valid_image(self, data: Any) -> None:
        """Refuse what is no image; samples refused with a RuntimeError are left out."""
        if len(data[0].shape) == 0:
            raise MXNetError("Data shape is wrong")

    # ------------------------------------------------------------------ batches

    def next(self) -> DataBatch:
        """The next batch."""
        if self._begun is not None:
            data, label, filled = self._begun
            self._begun = None
            self._fill_up(data, label, self._batchify(data, label, filled))
            return DataBatch([data], [label], pad=self.batch_size - filled)
        data, label = self._empty_batch()
        filled = self._batchify(data, label)
        pad = self.batch_size - filled
        if pad:
            if self.last_batch_handle == "discard":
                raise StopIteration
            if self.last_batch_handle == "roll_over":
                self._begun = data, label, filled
                raise StopIteration
            self._fill_up(data, label, filled)
            if self.last_batch_handle == "pad":
                self._allow_read = False
        return DataBatch([data], [label], pad=pad)

    def _empty_batch(self) -> tuple[NDArray, NDArray]:
        return nd.zeros((self.batch_size, *self.data_shape)), nd.zeros(self.provide_label[0][1])

    def _fill_up(self, data: NDArray, label: NDArray, filled: int) -> None:
        """Fill a batch with the first samples, as often as it takes."""
        while filled < self.batch_size:
            before, filled = filled, self._batchify(data, label, filled)
            if filled == before:  # there are no valid images
                return

    def _batchify(self, batch_data: NDArray, batch_label: NDArray, start: int = 0) -> int:
        """Put the next samples into a batch from a place on.

        Returns the first place left free; StopIteration when that is the very first.
        """
        i = start
        try:
            while i < self.batch_size:
                label, encoded = self.next_sample()
                data = self.imdecode(encoded)
                try:
                    label, data = self._checked(label, data)
                except RuntimeError as e:
                    logs.root.debug("Invalid image, skipping:  %s", e)
                    continue
                self._store(i, label, data, batch_data, batch_label)
                i += 1
        except StopIteration:
            if not i:
                raise
        return i

    def _checked(self, label: object, data: NDArray) -> tuple[Any, NDArray]:
        """A sample that may go into a batch; RuntimeError for one to leave out."""
        self.check_valid_image(data)
        return label, data

    def _store(self, i: int, label: Any, data: NDArray, batch_data: NDArray, batch_label: NDArray) -> None:
        batch_data[i] = self.postprocess_data(self.augmentation_transform(data))
        try:
            batch_label[i] = label if isinstance(label, (NDArray, np.ndarray)) else float(label)
        except ValueError:
            raise OperatorValueError(
                f"image {self._where()} has a label of shape {getattr(label, 'shape', ())}, label_width is "
                f"{self.label_width}"
            ) from None
