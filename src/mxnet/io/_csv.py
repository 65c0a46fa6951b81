"""Reading samples from CSV files, one a line."""

from __future__ import annotations

import io
import math
import re
from typing import Any, Literal

import numpy as np
import torch

from .._core.dtypes import TORCH_TO_NP
from .._core.params import DTypeOrNone, LongNonNeg, NonNeg, Shape
from .._core.text import quoted
from ..base import MXNetError
from ._source import NUMBER, RoundBatches, RowBlock, RowSource, RowStream, files_of, to_array

_CHUNK = 1 << 22  # bytes of text that are parsed at once
# What is in a text that has other numbers than whole ones of up to 18 digits.
_NO_SMALL_INTEGERS = re.compile(r"[^0-9\s,+-]|[0-9]{19}")
_NUMBER = re.compile(NUMBER, re.I)


class _Table:
    """The rows of one or more CSV files, read a piece at a time, as arrays of one shape."""

    def __init__(self, path: str, shape: tuple[int, ...], dtype: Any, what: str) -> None:
        self.files = files_of(path)
        self.path = path
        self.shape = shape
        self.width = math.prod(shape)
        self.dtype = np.dtype(dtype)
        self._limits: Any = None if self.dtype.kind == "f" else np.iinfo(self.dtype)
        self.what = what
        self._file: Any = None
        self._found = False  # whether there are any rows
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
                    if not self._found:
                        raise MXNetError(f"CSVIter: {self.what} {self.path} has no rows")
                    return False
                self._path = self._left.pop(0)
                # Bytes that are no text are no numbers either: they stay, for the message that names their line.
                self._file = open(self._path, encoding="utf-8-sig", errors="backslashreplace")
                self._line = 0
            lines = self._file.readlines(_CHUNK)
            if not lines:
                self.close()
                continue
            try:
                rows = self._parse(lines)
            except MXNetError:
                self.close()
                raise
            self._line += len(lines)
            if len(rows):
                self._rows = rows
                self._found = True
                return True

    def _parse(self, lines: list[str]) -> np.ndarray:
        text = "".join(lines)
        if not text.strip():
            return self._rows[:0]
        rows = self._parse_at_once(text)
        return self._parse_each(lines) if rows is None else rows

    def _parse_at_once(self, text: str) -> np.ndarray | None:
        """The rows of a text without anything strange in it, else None."""
        integers = self._limits is not None
        # NumPy would go through floats for these, and wrap around.
        if integers and _NO_SMALL_INTEGERS.search(text):
            return None
        try:
            rows = np.loadtxt(
                io.StringIO(text),
                dtype=np.int64 if integers else self.dtype,
                delimiter=",",
                comments=None,
                ndmin=2,
            )
        except (ValueError, OverflowError):
            return None
        if rows.shape[1] != self.width:
            return None
        if integers and rows.size and not (self._limits.min <= rows.min() and rows.max() <= self._limits.max):
            return None
        return rows.astype(self.dtype, copy=False)

    def _parse_each(self, lines: list[str]) -> np.ndarray:
        """The rows of lines, one by one: a number more or less, or none where one should be, is found by its line."""
        rows = []
        for number, line in enumerate(lines, self._line + 1):
            fields = line.strip().removesuffix(",").split(",")
            if fields == [""]:
                continue
            where = f"{self._path}, line {number}"
            if len(fields) != self.width:
                raise MXNetError(
                    f"{where}: the row has {len(fields)} fields, {self.what} of shape {self.shape} needs {self.width}"
                )
            rows.append([self._number(field.strip(), where) for field in fields])
        with np.errstate(over="ignore"):  # what is too large becomes infinite
            return np.array(rows, self.dtype).reshape(-1, self.width)

    def _number(self, text: str, where: str) -> float:
        try:
            if not _NUMBER.fullmatch(text):
                raise ValueError
            if self._limits is None:
                return float(text)
            value = int(text) if text.lstrip("+-").isdigit() else int(float(text))
        except (ValueError, OverflowError):
            raise MXNetError(f"CSVIter: {where}: expected {self.dtype.name} values, got {quoted(text)}") from None
        if not self._limits.min <= value <= self._limits.max:
            raise MXNetError(f"CSVIter: {where}: {quoted(text)} is out of the range of {self.dtype.name}")
        return value


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

    def take(self, count: int) -> RowBlock:
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
        return RowBlock(data, label, first)


class CSVSource(RowSource):
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

    def _arrays(self, rows: RowBlock) -> tuple[Any, Any]:
        # A label of one number is a vector over the batch.
        label = rows.label.reshape(-1) if self._flat_label else rows.label
        return to_array(rows.data.copy()), to_array(label.copy())
