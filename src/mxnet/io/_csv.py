"""Reading samples from CSV files, one a line."""

from __future__ import annotations

import io
from typing import Any, Literal

import numpy as np
import torch

from .._core.dtypes import TORCH_TO_NP
from .._core.params import DTypeOrNone, LongNonNeg, NonNeg, Shape
from ..base import MXNetError
from ._source import Batch, BatchSource, RoundBatches, Rows, RowStream, files_of, to_array

_CHUNK = 1 << 22  # bytes of text that are parsed at once


class _Table:
    """The rows of one or more CSV files, read a piece at a time, as arrays of one shape."""

    def __init__(self, path: str, shape: tuple[int, ...], dtype: Any, what: str) -> None:
        self.files = files_of(path)
        self.path = path
        self.shape = shape
        self.width = int(np.prod(shape))
        self.dtype = dtype
        self.what = what
        self._file: Any = None
        self.rewind()

    def rewind(self) -> None:
        """Go back to the first row."""
        self.close()
        self._left = list(self.files)
        self._rows = np.empty((0, self.width), self.dtype)
        self._line = 0

    def close(self) -> None:
        """Close the file that is being read."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def take(self, count: int) -> np.ndarray:
        """The next rows, fewer than ``count`` at the end."""
        pieces, have = [], 0
        while have < count:
            if not len(self._rows) and not self._read():
                break
            piece = self._rows[: count - have]
            self._rows = self._rows[len(piece) :]
            pieces.append(piece)
            have += len(piece)
        rows = np.concatenate(pieces) if pieces else self._rows
        return rows.reshape(len(rows), *self.shape)

    def _read(self) -> bool:
        """Parse another piece of text; False at the end."""
        while True:
            if self._file is None:
                if not self._left:
                    return False
                self._file = open(self._left.pop(0), encoding="utf-8")
                self._line = 0
            lines = self._file.readlines(_CHUNK)
            if not lines:
                self.close()
                continue
            rows = self._parse(lines)
            self._line += len(lines)
            if len(rows):
                self._rows = rows
                return True

    def _parse(self, lines: list[str]) -> np.ndarray:
        text = "".join(lines)
        if not text.strip():
            return self._rows[:0]
        try:
            rows = np.loadtxt(io.StringIO(text), dtype=self.dtype, delimiter=",", comments=None, ndmin=2)
        except (ValueError, OverflowError) as e:
            where = f"in lines {self._line + 1} to {self._line + len(lines)}"
            raise MXNetError(f"CSVIter: {self.what} {self.path}, {where}: {e}") from None
        if rows.shape[1] != self.width:
            raise MXNetError(
                f"The data size in CSV do not match size of shape: specified {self.what} shape={self.shape}, "
                f"the csv row-length={rows.shape[1]} ({self.path})"
            )
        return rows


class _CSVRows(RowStream):
    """Rows of the data file beside rows of the label file (zeros without one)."""

    def __init__(self, data: _Table, label: _Table | None) -> None:
        self.data = data
        self.label = label
        self._next = 0

    def rewind(self) -> None:
        self._next = 0
        self.data.rewind()
        if self.label is not None:
            self.label.rewind()

    def close(self) -> None:
        self.data.close()
        if self.label is not None:
            self.label.close()

    def take(self, count: int) -> Rows:
        data = self.data.take(count)
        if self.label is None:
            label = np.zeros((len(data), 1), data.dtype)
        else:
            label = self.label.take(len(data))
            if len(label) < len(data):
                raise MXNetError(
                    f"label_csv {self.label.path} has {self._next + len(label)} rows, "
                    f"fewer than data_csv {self.data.path}"
                )
        first, self._next = self._next, self._next + len(data)
        return Rows(data, label, first)


class CSVSource(BatchSource):
    """Batches from a CSV file with one sample a line.

    With ``round_batch`` the last batch is filled up with the first samples of the file, and the next epoch goes on
    after them; without, its ``pad`` counts the samples at its end that are none. A path may be a directory, whose files
    are read one after the other.
    """

    def __init__(
        self,
        *,
        data_csv: str,
        data_shape: Shape,
        label_csv: str = "NULL",
        label_shape: Shape = (1,),
        batch_size: NonNeg,
        round_batch: bool = True,
        prefetch_buffer: LongNonNeg = 4,
        ctx: Literal["cpu", "gpu"] = "gpu",
        dtype: DTypeOrNone = None,
    ) -> None:
        dtype = torch.float32 if dtype is None else dtype
        if dtype not in (torch.float32, torch.int32, torch.int64):
            raise MXNetError(f"{str(dtype)[6:]} is not supported for CSVIter, only float32, int32 and int64")
        np_type = TORCH_TO_NP[dtype]
        data = _Table(data_csv, data_shape, np_type, "data")
        label = None if label_csv == "NULL" else _Table(label_csv, label_shape, np_type, "label")
        self._flat_label = tuple(label_shape) == (1,)
        self._batches = RoundBatches(_CSVRows(data, label), batch_size, round_batch)

    def before_first(self) -> None:
        self._batches.before_first()

    def next(self) -> Batch | None:
        found = self._batches.next()
        if found is None:
            return None
        rows, pad, index = found
        # A label of one number is a vector over the batch.
        label = rows.label.reshape(-1) if self._flat_label else rows.label
        return Batch(to_array(rows.data.copy()), to_array(label.copy()), pad, index)

    def close(self) -> None:
        self._batches.stream.close()
