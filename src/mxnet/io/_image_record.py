"""Batches of augmented images from record files, decoded by several threads ahead of the reader."""

from __future__ import annotations

import collections
import os
import random
from concurrent.futures import Future
from typing import Any

import numpy as np
import torch

from .. import recordio
from .._core import logs, opencv
from .._core.threads import Workers
from ..base import MXNetError
from ..context import cpu
from ..ndarray import load as load_arrays
from ..ndarray import save as save_arrays
from ..ndarray.ndarray import wrap
from ._image_augment import DefaultAugmenter
from ._image_list import read_image_list
from ._image_parameters import Augmentation, Normalization, Reading, pick, signature_of, types_of
from ._record_split import RecordSplit
from ._source import Batch, BatchSource, to_array

_DTYPES: dict[Any, Any] = {
    None: np.float32,
    torch.float32: np.float32,
    torch.uint8: np.uint8,
    torch.int8: np.int8,
}
# Images wait for a thread in a few groups a batch: one a thread, and some more for those that are done early.
_GROUPS_PER_THREAD = 2


class Normalizer:
    """Writes images as planes of numbers: ``(x - mean) * contrast + illumination``, scaled, perhaps mirrored.

    Parameters
    ----------
    p : Normalization or DetNormalization
    dtype : type
        float32; or int8, which only has the rounded mean subtracted; or uint8, which is left alone.
    """

    def __init__(self, p: Any, dtype: Any) -> None:
        self.p = p
        self.dtype = dtype
        self.mean = np.array([p.mean_r, p.mean_g, p.mean_b, p.mean_a], np.float32).reshape(4, 1, 1)
        deviations = np.array([p.std_r, p.std_g, p.std_b, p.std_a], np.float32)
        self.factor = 1 / np.where(deviations == 0, np.float32(1), deviations)
        # A mean image, which takes the place of the mean.
        self.image: np.ndarray | None = None
        self.contrast = getattr(p, "max_random_contrast", 0.0)
        self.illumination = getattr(p, "max_random_illumination", 0.0)

    def write(self, image: np.ndarray, out: np.ndarray, rng: random.Random) -> None:
        """Write an image of OpenCV's (BGR) to ``out``, an array ``(channels, height, width)`` (RGB)."""
        cv2 = opencv.opencv()
        if getattr(self.p, "mirror", False) or (getattr(self.p, "rand_mirror", False) and rng.random() < 0.5):
            image = cv2.flip(image, 1)
        planes = cv2.split(image)
        if len(planes) >= 3:
            planes = (planes[2], planes[1], planes[0], *planes[3:])
        mean = self.mean if self.image is None else self.image
        if self.dtype == np.float32:
            contrast = (1 + rng.uniform(-self.contrast, self.contrast)) * self.p.scale
            illumination = rng.uniform(-self.illumination, self.illumination) * self.p.scale
        for c, (plane, target) in enumerate(zip(planes, out)):
            if self.dtype == np.uint8:
                target[...] = plane
            elif self.dtype == np.int8:
                np.clip(plane - np.round(mean[c]).astype(np.int16), -128, 127, out=target, casting="unsafe")
            else:
                np.subtract(plane, mean[c], out=target, dtype=np.float32)
                factor, shift = np.float32(contrast) * self.factor[c], np.float32(illumination) * self.factor[c]
                if factor != 1:
                    target *= factor
                if shift != 0:
                    target += shift


class _Pending:
    """A batch on which threads are working."""

    def __init__(self, data: np.ndarray, label: np.ndarray, records: list[bytes], pad: int, first: int) -> None:
        self.data, self.label, self.records, self.pad, self.first = data, label, records, pad, first
        self.index = np.zeros(len(data), np.uint64)
        self.work: list[Future[None]] = []
        self.wanted = True

    def result(self) -> Batch:
        """The batch when it is ready; raises what a thread raised."""
        for future in self.work:
            future.result()
        label = self.label[:, 0] if self.label.shape[1] == 1 else self.label
        return Batch(wrap(torch.from_numpy(self.data), cpu()), to_array(label), self.pad, self.index)


class ImageRecordSource(BatchSource):
    """Batches of augmented images from a record file, as ``im2rec`` makes it.

    An image is resized and warped as the parameters say, cut to ``data_shape`` (channels, height, width), its colors
    are changed, and it is normalized: ``(x - mean) / std * scale``. ``dtype`` may be float32, uint8 or int8.

    ``num_parts`` and ``part_index`` select a part of the file. With ``round_batch`` the last batch is filled up with
    the first images, and the next epoch goes on after them; without, it is filled up with zeros. Images are decoded by
    ``preprocess_threads`` threads, ``prefetch_buffer`` batches ahead. Labels come from the records, or from
    ``path_imglist``. A file ``mean_img`` that is not there is made of the mean of all images.
    """

    groups: tuple[type, ...] = (Reading, Augmentation, Normalization)
    augmenter = "aug_default"
    # The type of images, where it is no parameter.
    fixed_dtype: Any = None
    __signature__ = signature_of(groups)

    def __init__(self, **given: Any) -> None:
        reading, augmentation, normalization = (pick(g, given) for g in self.groups)
        self.p = reading
        self.dtype = self.fixed_dtype or _DTYPES.get(reading.dtype)
        if self.dtype is None:
            raise MXNetError(f"unknown dtype {str(reading.dtype)[6:]}, expected float32, uint8 or int8")
        for name in filter(None, reading.aug_seq.split(",")):
            if name != self.augmenter:
                raise MXNetError(f"unknown augmenter {name!r} in aug_seq, there is {self.augmenter!r}")
        self._augment = self._make_augmenter(augmentation) if reading.aug_seq else None
        self._normalize = Normalizer(normalization, self.dtype)
        self._labels = None
        if reading.path_imglist:
            listed = read_image_list(reading.path_imglist)
            self._labels = {number: np.array(image.labels, np.float32) for number, image in listed.items()}
        self._records = self._split(reading.shuffle or reading.shuffle_chunk_size > 0)
        threads = max(1, min(reading.preprocess_threads, os.cpu_count() or 1))
        self._groups = threads * _GROUPS_PER_THREAD
        self._pool = Workers(threads, "mxnet-images")
        self._pending: collections.deque[_Pending] = collections.deque()
        self._count = 0  # images read so far, in all epochs
        self._over = False  # all batches of this epoch have been begun
        self._wrapped = False  # the last of them has images of the next epoch
        if reading.verbose:
            logs.root.info("%s: %s, use %d threads for decoding..", type(self).__name__, reading.path_imgrec, threads)
        if normalization.mean_img:
            self._normalize.image = self._mean_image(normalization.mean_img)

    @classmethod
    def parameter_types(cls) -> dict[str, Any]:
        return types_of(cls.groups)

    def _split(self, shuffle: bool) -> RecordSplit:
        """The records of this part."""
        p = self.p
        split = RecordSplit(
            p.path_imgrec, p.path_imgidx, p.part_index, p.num_parts, shuffle, p.seed + p.shuffle_chunk_seed
        )
        if p.shuffle_chunk_size:
            split.chunk = p.shuffle_chunk_size << 20
        return split

    def _make_augmenter(self, augmentation: Any) -> Any:
        return DefaultAugmenter(augmentation, *self.p.data_shape[1:])

    # ------------------------------------------------------------------ epochs and batches

    def before_first(self) -> None:
        if self._pending or not self._wrapped:
            self._drop()
            self._records.rewind()
        self._over = self._wrapped = False

    def _drop(self) -> None:
        for batch in self._pending:
            batch.wanted = False
        self._pending.clear()

    def close(self) -> None:
        # Garbage collection may call this anywhere, in the pool's own threads too: no lock, and no waiting.
        self._drop()
        self._pool.close()
        self._records.close()

    def next(self) -> Batch | None:
        self._pool.check()
        while len(self._pending) <= self.p.prefetch_buffer and self._begin():
            pass
        return self._pending.popleft().result() if self._pending else None

    def _begin(self) -> bool:
        """Read the next batch's records and have threads decode them; False at the end of the epoch."""
        if self._over:
            return False
        size = self.p.batch_size
        records = self._records.take(size)
        pad = size - len(records)
        if pad:
            self._over = True
            if not records:
                return False
            if self.p.round_batch:
                self._records.rewind()
                records += self._records.take(pad)
                if len(records) < size:
                    raise MXNetError(
                        f"number of input images must be bigger than the batch size: {len(records) - size + pad} "
                        f"images, batch_size {size}"
                    )
                self._wrapped = True
        batch = _Pending(self._new_data(len(records)), self._new_labels(), records, pad, self._count)
        self._count += len(records)
        groups = min(self._groups, len(records))
        batch.work = [self._pool.submit(self._decode_some, batch, i, groups) for i in range(groups)]
        self._pending.append(batch)
        return True

    def _new_data(self, filled: int) -> np.ndarray:
        data = np.empty((self.p.batch_size, *self.p.data_shape), self.dtype)
        data[filled:] = 0
        return data

    def _new_labels(self) -> np.ndarray:
        return np.zeros((self.p.batch_size, max(self.p.label_width, 1)), np.float32)

    # ------------------------------------------------------------------ one image (in threads)

    def _decode_some(self, batch: _Pending, start: int, step: int) -> None:
        for i in range(start, len(batch.records), step):
            if not batch.wanted:
                return
            header, encoded = recordio.unpack(batch.records[i])
            batch.index[i] = header.id
            try:
                self._decode(header, encoded, batch.data[i], batch.label[i], self._generator(i, batch.first + i))
            except (MXNetError, ValueError) as e:
                raise MXNetError(f"image {header.id} of {self.p.path_imgrec}: {e}") from e

    def _generator(self, place: int, count: int) -> random.Random:
        """Random numbers for an image: the same in each run, whatever thread it falls to."""
        return random.Random(self.p.seed_aug + place if self.p.seed_aug is not None else self.p.seed + count * 65537)

    def _decode(self, header: object, encoded: bytes, data: np.ndarray, label: np.ndarray, rng: random.Random) -> None:
        label[:] = self._label_of(header)
        image = self._pixels(encoded)
        if self._augment is not None:
            image = self._augment(image, rng)
        if image.shape[:2] != data.shape[1:]:
            raise MXNetError(f"its size is {image.shape[:2]}, data_shape {self.p.data_shape}")
        self._normalize.write(image, data, rng)

    def _pixels(self, encoded: bytes) -> np.ndarray:
        """An image in OpenCV's layout: BGR, BGRA, or no axis of channels."""
        cv2 = opencv.opencv()
        channels = self.p.data_shape[0]
        flag = {1: cv2.IMREAD_GRAYSCALE, 3: cv2.IMREAD_COLOR}.get(channels)
        flag = cv2.IMREAD_UNCHANGED if flag is None else flag | cv2.IMREAD_IGNORE_ORIENTATION
        image = opencv.imdecode(np.frombuffer(encoded, np.uint8), flag)
        found = 1 if image.ndim == 2 else image.shape[2]
        if found != channels or image.dtype != np.uint8:
            raise MXNetError(f"Expected {channels} channels of bytes, got {found} of {image.dtype.name}")
        return image

    def _label_of(self, header: Any) -> np.ndarray:
        """The label of an image, of the width that is wanted."""
        if self._labels is not None:
            label = self._labels.get(header.id)
            if label is None:
                raise MXNetError(f"there is no label in {self.p.path_imglist}")
        else:
            label = np.atleast_1d(np.asarray(header.label, np.float32))
        if self.p.label_width > 0 and len(label) != self.p.label_width:
            raise MXNetError(f"it has a {len(label)}-dimensional label, but label_width is {self.p.label_width}")
        return label

    # ------------------------------------------------------------------ the mean image

    def _mean_image(self, path: str) -> np.ndarray:
        """The image in a file, which is made when it is not there."""
        if not os.path.exists(path):
            if self.p.verbose:
                logs.root.info("Cannot find %s: create mean image, this will take some time...", path)
            save_arrays(path, {"mean_img": to_array(self._mean_of_all())})
        arrays = load_arrays(path)
        values = [a.asnumpy() for a in (arrays.values() if isinstance(arrays, dict) else arrays)]
        if len(values) != 1 or values[0].shape != tuple(self.p.data_shape):
            raise MXNetError(
                f"{path}: Invalid mean image file format, expected one array of the shape {self.p.data_shape}, got "
                f"{[v.shape for v in values]}"
            )
        return values[0].astype(np.float32)

    def _mean_of_all(self) -> np.ndarray:
        total, count = np.zeros(self.p.data_shape), 0
        while True:
            batch = self.next()
            if batch is None:
                break
            valid = batch.data.shape[0] - batch.pad
            total += batch.data[:valid].asnumpy().sum(0, dtype=np.float64)
            count += valid
        if not count:
            raise MXNetError(f"{self.p.path_imgrec}: there are no images")
        self._wrapped = False
        self.before_first()
        return (total / count).astype(np.float32)


class ImageRecordUInt8Source(ImageRecordSource):
    """As ``ImageRecordIter(dtype="uint8")``, which takes its place."""

    fixed_dtype = np.uint8


class ImageRecordInt8Source(ImageRecordSource):
    """As ``ImageRecordIter(dtype="int8")``, which takes its place."""

    fixed_dtype = np.int8
