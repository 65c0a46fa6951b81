"""What file iterators are made of: sources of batches, rows put together to batches, and the ``mx.io`` functions."""

from __future__ import annotations

import difflib
import inspect
import os
import typing
import warnings
from typing import Any, NamedTuple

import numpy as np
import torch

from .._core.files import local_path
from .._core.params import codec_for
from .._core.text import shortened
from ..base import MXNetError, OperatorTypeError
from ..context import cpu
from ..ndarray.ndarray import NDArray, wrap

# MXDataIter's own, not the reader's.
_ITERATOR_ARGUMENTS = ("data_name", "label_name")
# Which names that an iterator does not have are taken for misspelled ones of it.
_SIMILAR = 0.75


# A number in a text file.
NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan)"


class Batch(NamedTuple):
    """What a source gives: one data and one label array."""

    data: Any
    label: Any
    pad: int
    index: np.ndarray  # type: ignore[assignment]  # tuple.index


class BatchSource:
    """Reads batches from somewhere, in order. The keyword arguments of a subclass are the iterator's parameters."""

    def before_first(self) -> None:
        """Go back to the start."""
        raise NotImplementedError

    def next(self) -> Batch | None:
        """The next batch, None at the end."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of open files."""

    @classmethod
    def parameter_types(cls) -> dict[str, Any]:
        """The annotations of the parameters."""
        return typing.get_type_hints(cls.__init__, include_extras=True)


class RowBlock(NamedTuple):
    """Consecutive samples: data and label arrays of one length, and the number of the first sample."""

    data: Any
    label: Any
    first: int

    def __len__(self) -> int:
        return self.data.shape[0]


class RowStream:
    """Samples in the order of a file, read as they are needed."""

    def rewind(self) -> None:
        """Go back to the first sample."""
        raise NotImplementedError

    def take(self, count: int) -> RowBlock:
        """The next samples: ``count`` of them, fewer at the end."""
        raise NotImplementedError

    def join(self, a: RowBlock, b: RowBlock) -> RowBlock:
        """Two runs of samples as one."""
        return RowBlock(np.concatenate([a.data, b.data]), np.concatenate([a.label, b.label]), a.first)

    def close(self) -> None:
        """Let go of open files."""


class RoundBatches:
    """Puts samples together to batches of one size.

    With ``round_batch`` an epoch's last batch is filled up with the first samples, and the next epoch goes on after
    them. Without, it is filled up with what stood at its place in the batch before (zeros when there was none).
    """

    def __init__(self, stream: RowStream, batch_size: int, round_batch: bool) -> None:
        if batch_size < 1:
            raise MXNetError(f"batch_size must be at least 1, got {batch_size}")
        self.stream = stream
        self.batch_size = batch_size
        self.round_batch = round_batch
        self._overflow = 0
        self._before: RowBlock | None = None

    def before_first(self) -> None:
        """Begin another epoch."""
        if self._overflow:
            self._overflow = 0  # the stream has begun it already
        else:
            self.stream.rewind()

    def next(self) -> tuple[RowBlock, int, np.ndarray] | None:
        """The samples of the next batch, how many of them only fill it up, and their numbers; None at the end."""
        if self._overflow:
            return None
        rows = self.stream.take(self.batch_size)
        count = len(rows)
        if count == 0:
            return None
        index = np.arange(rows.first, rows.first + count, dtype=np.uint64)
        missing = self.batch_size - count
        if missing and self.round_batch:
            self.stream.rewind()
            more = self.stream.take(missing)
            if len(more) < missing:
                raise MXNetError(
                    f"number of input must be bigger than batch size: batch_size is {self.batch_size}, the file has "
                    f"{len(more)} rows"
                )
            rows = self.stream.join(rows, more)
            index = np.concatenate([index, np.arange(missing, dtype=np.uint64)])
            self._overflow = missing
        elif missing:
            rows = self.stream.join(rows, self._filling(rows, count))
            index = np.concatenate([index, np.zeros(missing, dtype=np.uint64)])
        self._before = rows
        return rows, missing, index

    def _filling(self, rows: RowBlock, count: int) -> RowBlock:
        if self._before is not None:
            return RowBlock(self._before.data[count:], self._before.label[count:], 0)
        missing = self.batch_size - count
        data, label = (np.zeros((missing, *a.shape[1:]), a.dtype) for a in (rows.data, rows.label))
        return RowBlock(data, label, 0)


class RowSource(BatchSource):
    """Batches of rows; a subclass says what arrays they are."""

    _batches: RoundBatches

    def _arrays(self, rows: RowBlock) -> tuple[Any, Any]:
        """Data and labels."""
        raise NotImplementedError

    def before_first(self) -> None:
        self._batches.before_first()

    def next(self) -> Batch | None:
        found = self._batches.next()
        return None if found is None else Batch(*self._arrays(found[0]), *found[1:])

    def close(self) -> None:
        self._batches.stream.close()


def to_array(values: np.ndarray) -> NDArray:
    """An array over NumPy memory that nobody else uses."""
    return wrap(torch.from_numpy(values), cpu())


def files_of(path: str) -> list[str]:
    """The files behind a path that are not empty: itself, the parts of a ``;`` list, and the files in a directory.

    Raises
    ------
    MXNetError
        When there are none.
    """
    found: list[str] = []
    for part in path.split(";"):
        part = local_path(part)
        if os.path.isdir(part):
            inside = [os.path.join(part, name) for name in sorted(os.listdir(part))]
            found += [f for f in inside if os.path.isfile(f)]
        elif os.path.isfile(part):
            found.append(part)
    if not found:
        raise MXNetError(f"Cannot find any files that matches the URI pattern {shortened(path)}")
    filled = [f for f in found if os.path.getsize(f)]
    if not filled:
        raise MXNetError(
            f"Cannot find any files that matches the URI pattern {shortened(path)}: what is there is empty"
        )
    return filled


def _warn_of_typos(iterator: str, given: list[str], known: list[str]) -> None:
    """Warn once of all arguments that an iterator does not know and that look like its own."""
    near = {n: difflib.get_close_matches(n, known, n=1, cutoff=_SIMILAR) for n in given}
    told = [f"no parameter {n}, did you mean {found[0]}?" for n, found in near.items() if found]
    if told:
        warnings.warn(f"{iterator} has {' And '.join(told)}", stacklevel=3)


def file_iterator(name: str, source: type[BatchSource], iterator: Any) -> Any:
    """The function ``mx.io.name(**parameters)`` for a source.

    Parameters may be given as strings, as everywhere in MXNet. It passes all of them on to every stage of its reading
    and lets each pick its own, so scripts give iterators what they do not know; what looks like a typo is warned of.
    """
    known = inspect.signature(source).parameters
    hints = source.parameter_types()
    codecs = {n: codec_for(hints[n]) for n in known}
    names = [*known, *_ITERATOR_ARGUMENTS]

    def decode(key: str, value: object) -> Any:
        try:
            return codecs[key].decode(value)
        except ValueError as e:
            raise MXNetError(f"{name}: Invalid value for parameter {key}: expected {e}") from None

    def create(*args: Any, **kwargs: Any) -> Any:
        if args:
            raise OperatorTypeError(f"{name} can only accept keyword arguments")
        _warn_of_typos(name, [k for k in kwargs if k not in names], names)
        missing = [n for n, p in known.items() if p.default is p.empty and n not in kwargs]
        if missing:
            kind = codecs[missing[0]].type_name
            raise MXNetError(f"{name}: Required parameter {missing[0]} of {kind} is not presented")
        made = source(**{n: decode(n, kwargs[n]) for n in known if n in kwargs})
        return iterator(made, **{n: kwargs[n] for n in _ITERATOR_ARGUMENTS if n in kwargs})

    rows = [f"{n} : {codecs[n].type_string(p.default is p.empty, p.default)}" for n, p in known.items()]
    create.__name__ = create.__qualname__ = name
    create.__doc__ = (
        inspect.cleandoc(source.__doc__ or "")
        + "\n\nParameters\n----------\n"
        + "\n".join(rows)
        + ("\n\nReturns\n-------\nMXDataIter\n")
    )
    return create
