"""Reading sparse samples from LibSVM files: a line is a label and ``index:value`` pairs."""

from __future__ import annotations

import os
import re
from typing import Any, Literal, NamedTuple

import numpy as np
import torch

from .._core.params import DTypeOrNone, LongNonNeg, NonNeg, Shape
from .._core.sparse.storage import Csr
from .._core.text import quoted
from ..base import MXNetError
from ..context import cpu, current_context
from ..ndarray._sparse_array import wrap_sparse
from ._source import NUMBER, RoundBatches, RowBlock, RowSource, RowStream, files_of, to_array

_FLOAT = NUMBER.encode()
_NUMBER = re.compile(_FLOAT, re.I)
_LINE = re.compile(_FLOAT + rb"(?:\s+" + _FLOAT + rb":" + _FLOAT + rb")*", re.I)


class _Matrix(NamedTuple):
    """Sparse rows and their labels."""

    values: np.ndarray
    columns: np.ndarray
    starts: np.ndarray
    labels: np.ndarray

    @property
    def shape(self) -> tuple[int]:
        return (len(self.labels),)

    def rows(self, start: int, stop: int) -> _Matrix:
        starts = self.starts[start : stop + 1]
        part = slice(starts[0], starts[-1])
        return _Matrix(self.values[part], self.columns[part], starts - starts[0], self.labels[start:stop])

    def append(self, other: _Matrix) -> _Matrix:
        return _Matrix(
            np.concatenate([self.values, other.values]),
            np.concatenate([self.columns, other.columns]),
            np.concatenate([self.starts, other.starts[1:] + self.starts[-1]]),
            np.concatenate([self.labels, other.labels]),
        )

    def to_csr(self, width: int) -> Any:
        values = torch.tensor(self.values, dtype=torch.float32)
        store = Csr((len(self.labels), width), values, torch.tensor(self.columns), torch.tensor(self.starts))
        return wrap_sparse(store, cpu()).as_in_context(current_context())


def _read_part(path: str, part: int, parts: int) -> bytes:
    """The lines that begin in one of equal parts of the files' bytes."""
    files = files_of(path)
    if parts == 1:
        return b"\n".join(_read_range(f, 0, os.path.getsize(f)) for f in files)
    sizes = [os.path.getsize(f) for f in files]
    step = -(-sum(sizes) // parts)
    begin, end = step * part, step * (part + 1)
    pieces, offset = [], 0
    for f, size in zip(files, sizes):
        low, high = max(begin - offset, 0), min(end - offset, size)
        if low < high:
            pieces.append(_read_range(f, low, high))
        offset += size
    return b"\n".join(pieces)


def _read_range(path: str, begin: int, end: int) -> bytes:
    with open(path, "rb") as f:
        if begin:
            f.seek(begin - 1)
            f.readline()  # the line that the range cuts belongs to the part before
            begin = f.tell()
        text = f.read(max(0, end - begin))
        return text if text.endswith(b"\n") else text + f.readline()


def _without_query(line: bytes) -> bytes:
    """A line without what may follow the label and means nothing here: the sample's weight, and its query."""
    label, *rest = line.split(None, 2)
    if rest and rest[0].startswith(b"qid:") and rest[0][4:].isdigit():
        del rest[0]
    value, colon, weight = label.partition(b":")
    if colon and _NUMBER.fullmatch(weight):
        label = value
    return b" ".join([label, *rest])


def _parse(path: str, text: bytes, width: int) -> _Matrix:
    """Sparse rows from text; MXNetError names the line that is wrong."""
    lines, line_numbers = [], []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split(b"#", 1)[0].strip()
        if not line:
            continue
        line = _without_query(line)
        if not _LINE.fullmatch(line):
            raise MXNetError(
                f"LibSVMIter: {path}, line {number}: not a LibSVM file: a line must be "
                f"'label index:value index:value ...', got {quoted(line)}"
            )
        lines.append(line)
        line_numbers.append(number)
    counts = np.fromiter((line.count(b":") for line in lines), np.int64, len(lines))
    # Labels and pairs are one long list of numbers: a line has its label and two numbers a pair.
    words = b" ".join(lines).replace(b":", b" ").split()
    numbers = np.fromiter(map(float, words), np.float64, len(words))
    begins = np.cumsum(1 + 2 * counts) - (1 + 2 * counts)
    features = np.ones(len(numbers), bool)
    features[begins] = False
    pairs = numbers[features].reshape(-1, 2)
    columns = pairs[:, 0]
    bad = np.flatnonzero(~((columns >= 0) & (columns < width) & (columns == np.floor(columns))))
    starts = np.concatenate([[0], np.cumsum(counts)])
    if len(bad):
        where = line_numbers[int(np.searchsorted(starts, bad[0], side="right")) - 1]
        raise MXNetError(
            f"LibSVMIter: {path}, line {where}: index {columns[bad[0]]:g} is not in [0, {width}), "
            "(the first index is 0)"
        )
    with np.errstate(over="ignore"):
        values, labels = pairs[:, 1].astype(np.float32), numbers[begins].astype(np.float32)
    return _Matrix(values, columns.astype(np.int64), starts, labels)


class _SparseRows(RowStream):
    """Rows of a matrix in memory beside the labels of the same file or rows of another."""

    def __init__(self, data: _Matrix, label: Any) -> None:
        self.data = data
        self.label = label
        self._next = 0

    def rewind(self) -> None:
        self._next = 0

    def take(self, count: int) -> RowBlock:
        first = self._next
        self._next = min(first + count, len(self.data.labels))
        label = self.label
        part = label.rows(first, self._next) if isinstance(label, _Matrix) else label[first : self._next]
        return RowBlock(self.data.rows(first, self._next), part, first)

    def join(self, a: RowBlock, b: RowBlock) -> RowBlock:
        label = a.label.append(b.label) if isinstance(a.label, _Matrix) else np.concatenate([a.label, b.label])
        return RowBlock(a.data.append(b.data), label, a.first)


class LibSVMSource(RowSource):
    """Batches of sparse data (``csr``) from a LibSVM file whose indices begin with 0.

    Labels are the first column, or with ``label_libsvm`` the sparse rows of another file. The last batch is filled up
    with the first samples of the file, and the next epoch goes on after them. ``num_parts`` and ``part_index`` select a
    part of the file.
    """

    def __init__(
        self,
        *,
        data_libsvm: str,
        data_shape: Shape,
        label_libsvm: str = "NULL",
        label_shape: Shape = (1,),
        num_parts: int = 1,
        part_index: int = 0,
        batch_size: NonNeg,
        round_batch: bool = True,
        prefetch_buffer: LongNonNeg = 4,
        ctx: Literal["cpu", "gpu"] = "gpu",
        dtype: DTypeOrNone = None,
    ) -> None:
        if len(data_shape) != 1:
            raise MXNetError(f"dimension of data_shape is expected to be 1, got {data_shape}")
        if not 0 <= part_index < num_parts:
            raise MXNetError(f"part_index must be in [0, num_parts), got {part_index} of {num_parts}")
        if not round_batch:
            raise MXNetError("LibSVMIter supports round_batch=True only")
        self._width = data_shape[0]
        self._label_width = int(np.prod(label_shape))
        own_labels = label_libsvm == "NULL"
        if own_labels != (self._label_width == 1):
            raise MXNetError(f"label_shape must be (1,) exactly when label_libsvm is not set, got {label_shape}")
        data = _parse(data_libsvm, _read_part(data_libsvm, part_index, num_parts), self._width)
        if num_parts == 1 and not len(data.labels):
            raise MXNetError(f"LibSVMIter: {data_libsvm} has no samples")
        label: Any = data.labels
        if not own_labels:
            label = _parse(label_libsvm, _read_part(label_libsvm, part_index, num_parts), self._label_width)
            if len(label.labels) < len(data.labels):
                raise MXNetError(f"{label_libsvm} has {len(label.labels)} rows, {data_libsvm} {len(data.labels)}")
        self._batches = RoundBatches(_SparseRows(data, label), batch_size, round_batch)

    def _arrays(self, rows: RowBlock) -> tuple[Any, Any]:
        label = rows.label
        made = label.to_csr(self._label_width) if isinstance(label, _Matrix) else to_array(label.copy())
        return rows.data.to_csr(self._width), made
