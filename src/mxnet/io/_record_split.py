"""The records of RecordIO files in order, or of one of several equal parts of them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..base import MXNetError
from ..recordio import MXIndexedRecordIO, MXRecordIO
from ._source import files_of

_MAGIC = (0xCED7230A).to_bytes(4, "little")
_LENGTH_BITS = 29
# Records are shuffled among as many as fit in this many bytes, when there is no index.
_CHUNK = 64 << 20
_SEARCH = 1 << 16


class RecordSplit:
    """Reads the records of a part of some files, again and again.

    Without an index, parts are equal in bytes (a record belongs to the part that it begins in), and shuffling mixes
    what is read together. With one they are equal in records, and every order is as likely.

    Parameters
    ----------
    path : str
        A file, several with ``;`` between them, or a folder.
    index : str
        The path of the index of a single file, or empty.
    part, parts : int
    shuffle : bool
    seed : int

    Attributes
    ----------
    chunk : int
        How many bytes to shuffle at once without an index.
    """

    def __init__(self, path: str, index: str, part: int, parts: int, shuffle: bool, seed: int) -> None:
        if not 0 <= part < parts:
            raise MXNetError(f"part_index should be from 0 to num_parts - 1, got {part} of {parts}")
        self._shuffle = shuffle
        self.chunk = _CHUNK
        self._random = np.random.RandomState(seed & 0xFFFFFFFF)
        self._read: list[bytes] = []  # of the present chunk, the next record last
        self._order: np.ndarray | None = None
        self._spans: list[tuple[MXRecordIO, int, int]] = []
        if index:
            reader = MXIndexedRecordIO(index, path, "r")
            if not reader.keys:
                raise MXNetError(f"{index} has no records")
            offsets = np.sort(np.array([reader.idx[k] for k in reader.keys], dtype=np.int64))
            first, last = _bounds(len(offsets), part, parts, 1)
            self._reader, self._order = reader, offsets[first:last]
        else:
            self._spans = _spans(files_of(path), part, parts)
        self.rewind()

    def rewind(self) -> None:
        """Go back to the first record, and draw another order."""
        self._read = []
        self._next = 0  # which span or record comes next
        if self._order is not None:
            if self._shuffle:
                self._random.shuffle(self._order)
        elif self._spans:
            self._enter(0)

    def close(self) -> None:
        """Close the files."""
        for reader in {id(s[0]): s[0] for s in self._spans}.values():
            reader.close()
        if self._order is not None:
            self._reader.close()

    def take(self, count: int) -> list[bytes]:
        """The next records: ``count`` of them, fewer at the end."""
        taken: list[bytes] = []
        while len(taken) < count:
            record = self._one()
            if record is None:
                break
            taken.append(record)
        return taken

    def _one(self) -> bytes | None:
        if self._order is not None:
            if self._next >= len(self._order):
                return None
            offset = self._order[self._next]
            self._reader._file.seek(offset)
            self._next += 1
            record = self._reader.read()
            if record is None:
                raise MXNetError(
                    f"{self._reader.idx_path!r} does not belong to {self._reader.uri!r}: a record is at offset "
                    f"{offset}, past the end of the file"
                )
            return record
        if not self._shuffle:
            return self._sequential()
        if not self._read:
            size = 0
            while size < self.chunk:
                record = self._sequential()
                if record is None:
                    break
                self._read.append(record)
                size += len(record)
            order = self._random.permutation(len(self._read))
            self._read = [self._read[i] for i in order]
        return self._read.pop() if self._read else None

    def _sequential(self) -> bytes | None:
        while self._next < len(self._spans):
            reader, _, end = self._spans[self._next]
            if reader._file.tell() < end:
                return reader.read()
            self._next += 1
            if self._next < len(self._spans):
                self._enter(self._next)
        return None

    def _enter(self, span: int) -> None:
        reader, start, _ = self._spans[span]
        reader._file.seek(start)


def _bounds(total: int, part: int, parts: int, unit: int) -> tuple[int, int]:
    """Where a part of ``total`` begins and ends; all but the last are equal multiples of ``unit``."""
    step = -(-total // parts)
    step += -step % unit
    return min(step * part, total), min(step * (part + 1), total)


def _spans(paths: list[str], part: int, parts: int) -> list[tuple[MXRecordIO, int, int]]:
    """Readers of files, and where in them the records of a part begin and end."""
    sizes = [os.path.getsize(p) for p in paths]
    first, last = _bounds(sum(sizes), part, parts, 4)
    spans = []
    offset = 0
    for path, size in zip(paths, sizes):
        low, high = (min(max(edge - offset, 0), size) for edge in (first, last))
        if low < high:
            reader = MXRecordIO(path, "r")
            spans.append((reader, _record_at(reader._file, low, size), _record_at(reader._file, high, size)))
        offset += size
    return spans


def _record_at(file: Any, position: int, size: int) -> int:
    """Where the first record at or behind a position begins."""
    if position in (0, size):
        return position
    file.seek(position)
    while position < size:
        block = file.read(_SEARCH)
        at = block.find(_MAGIC)
        while at >= 0:
            if at % 4 == 0 and at + 8 <= len(block):
                # The kind of the part: 0 is a whole record, 1 the first part of one.
                if int.from_bytes(block[at + 4 : at + 8], "little") >> _LENGTH_BITS <= 1:
                    return position + at
            at = block.find(_MAGIC, at + 1)
        if len(block) < 8:
            break
        position += len(block) - 4 if len(block) == _SEARCH else len(block)
        file.seek(position)
    return size
