"""Reading images and labels from files in MNIST's format."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from .._core import logs
from .._core.files import local_path
from .._core.idx import read_idx
from .._core.params import DTypeOrNone, Ge, LongNonNeg
from ..base import MXNetError
from ._source import Batch, BatchSource, to_array


def _read(path: str, axes: int) -> np.ndarray:
    try:
        return read_idx(local_path(path), axes)
    except OSError as e:
        raise MXNetError(f'Open "{path}": {e.strerror or e}') from None


class MNISTSource(BatchSource):
    """Batches from the image and label files of MNIST: floats in [0, 1) of shape (batch, 1, rows, columns).

    With ``flat`` each image is one vector. Images that do not fill a batch are left out. ``num_parts`` and
    ``part_index`` select a part of the file.
    """

    def __init__(
        self,
        *,
        image: str = "./train-images-idx3-ubyte",
        label: str = "./train-labels-idx1-ubyte",
        batch_size: Annotated[int, Ge(1)] = 128,
        shuffle: bool = True,
        flat: bool = False,
        seed: int = 0,
        silent: bool = False,
        num_parts: int = 1,
        part_index: int = 0,
        prefetch_buffer: LongNonNeg = 4,
        ctx: Literal["cpu", "gpu"] = "gpu",
        dtype: DTypeOrNone = None,
    ) -> None:
        if not 0 <= part_index < num_parts:
            raise MXNetError(f"part_index must be in [0, num_parts), got {part_index} of {num_parts}")
        images, labels = _read(image, 3), _read(label, 1)
        if len(images) != len(labels):
            raise MXNetError(f"{image} has {len(images)} images, {label} {len(labels)} labels")
        start, stop = (int(len(images) / num_parts * i) for i in (part_index, part_index + 1))
        order = np.arange(start, stop)
        if shuffle:
            np.random.RandomState(seed & 0xFFFFFFFF).shuffle(order)
        self._order = order
        self._images = images[order].reshape((len(order), -1) if flat else (len(order), 1, *images.shape[1:]))
        self._labels = labels[order]
        self._dtype: Any = np.float32
        if dtype is not None and str(dtype) != "torch.float32":
            raise MXNetError(f"{str(dtype)[6:]} is not supported for MNISTIter, only float32")
        self._batch_size = batch_size
        self._at = 0
        if len(order) < batch_size:
            raise MXNetError(f"batch_size is {batch_size}, but there are only {len(order)} images")
        if not silent:
            shape = (batch_size, *self._images.shape[1:])
            logs.root.info("MNISTIter: load %d images, shuffle=%d, shape=%s", len(order), shuffle, shape)

    def before_first(self) -> None:
        self._at = 0

    def next(self) -> Batch | None:
        part = slice(self._at, self._at + self._batch_size)
        if part.stop > len(self._order):
            return None
        self._at = part.stop
        data = self._images[part].astype(self._dtype) * self._dtype(1 / 256)
        label = self._labels[part].astype(self._dtype)
        return Batch(to_array(data), to_array(label), 0, self._order[part].astype(np.uint64))
