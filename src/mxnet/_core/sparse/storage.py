"""The two sparse storage types, as tensors: compressed sparse rows (``csr``) and row-sparse (``row_sparse``).

Nothing here makes a dense tensor of the whole shape, except where the name says so (``dense``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor

from ...base import MXNetError, OperatorValueError
from ..gradients import leaves_of_rows

S = TypeVar("S", bound="Sparse")
STYPES = ("default", "row_sparse", "csr")


class Sparse:
    """What both storage types share: the stored values, where they belong, and the shape of the whole.

    Attributes
    ----------
    values, indices : Tensor
    shape : tuple of int
    proxy : Tensor or None
        A tensor of the whole shape without memory of its own, which stands for this array in torch's graph while
        gradients are recorded. Gradients arrive at it dense or, for rows, as a hybrid COO tensor.
    """

    __slots__ = ("proxy", "indices", "shape", "values")
    stype: ClassVar[str] = ""

    def __init__(self, shape: tuple[int, ...], values: Tensor, indices: Tensor) -> None:
        self.shape = shape
        self.values = values
        self.indices = indices
        self.proxy: Tensor | None = None

    # ------------------------------------------------------------------ facts, named as those of a tensor

    @property
    def dtype(self) -> torch.dtype:
        """The type of the values."""
        return self.values.dtype

    @property
    def device(self) -> torch.device:
        """Where the parts are."""
        return self.values.device

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def requires_grad(self) -> bool:
        """Whether a recorded computation depends on this array, or it is marked."""
        return self.proxy is not None and self.proxy.requires_grad

    def is_floating_point(self) -> bool:
        """Whether the values are."""
        return self.values.is_floating_point()

    def numel(self) -> int:
        """The number of elements of the whole shape."""
        return math.prod(self.shape)

    # ------------------------------------------------------------------ copies

    def parts(self) -> tuple[Tensor, ...]:
        """The values, then what says where they belong, in the order of ``.params`` files."""
        raise NotImplementedError

    def made_of(self: S, *parts: Tensor) -> S:
        """An array of the same kind and shape with other parts."""
        raise NotImplementedError

    def with_values(self: S, values: Tensor) -> S:
        """An array with other values at the same places, which are shared."""
        return self.made_of(values, *self.parts()[1:])

    def detach(self: S) -> S:
        """The same parts, without history."""
        return self.made_of(*self.parts())

    def clone(self: S) -> S:
        """A copy without history."""
        return self.made_of(*[p.clone() for p in self.parts()])

    def to(self: S, device: torch.device) -> S:
        """The array on a device, without history."""
        return self.made_of(*[p.to(device) for p in self.parts()])

    def adopt(self, other: Sparse) -> None:
        """Take over the parts of another array of the same kind and shape."""
        values, *places = other.parts()
        self.values = values.to(self.dtype)
        self._place(*places)

    def _place(self, *places: Tensor) -> None:
        (self.indices,) = places

    def dense(self) -> Tensor:
        """A dense tensor of the same values, without history."""
        raise NotImplementedError

    def _zeros(self) -> Tensor:
        """A dense tensor of zeros of the whole shape, which files may claim to be of any size."""
        try:
            return torch.zeros(self.shape, dtype=self.dtype, device=self.device)
        except (RuntimeError, OverflowError) as e:
            raise MXNetError(f"there is no memory for a dense array of shape {tuple(self.shape)}") from e

    def check(self, full: bool = True) -> None:
        """Raise MXNetError unless the parts make a valid array; with ``full``, their contents are looked at too."""
        raise NotImplementedError

    def check_places(self) -> None:
        """Raise MXNetError unless the values belong to places of the whole shape."""
        raise NotImplementedError

    def _check_bounds(self, bound: int) -> None:
        if self.indices.numel():
            low, high = self.indices.aminmax()
            if int(low) < 0 or int(high) >= bound:
                raise MXNetError(f"{self.stype}: an index is out of range [0, {bound})")

    def __repr__(self) -> str:
        return f"<{self.stype} {self.shape} of {self.values.numel()} values>"


class Csr(Sparse):
    """A matrix of which each row stores some elements: row ``i`` the ``values[indptr[i]:indptr[i + 1]]``.

    ``indices`` says in which columns they are.
    """

    __slots__ = ("indptr",)
    stype = "csr"

    def __init__(self, shape: tuple[int, ...], values: Tensor, indices: Tensor, indptr: Tensor) -> None:
        super().__init__(shape, values, indices)
        self.indptr = indptr

    def parts(self) -> tuple[Tensor, ...]:
        return self.values, self.indptr, self.indices

    def made_of(self, *parts: Tensor) -> Csr:
        values, indptr, indices = parts
        return Csr(self.shape, values, indices, indptr)

    def _place(self, *places: Tensor) -> None:
        self.indptr, self.indices = places

    def rows(self) -> Tensor:
        """The row of each stored element."""
        self.check_places()
        # How many rows have begun before each element. (``repeat_interleave`` wakes all threads whatever the size.)
        stored = self.values.numel()
        return torch.bincount(self.indptr[1:-1], minlength=stored + 1)[:stored].cumsum(0)

    def keys(self) -> Tensor:
        """The place of each stored element in row-major order."""
        return self.rows() * self.shape[1] + self.indices

    def dense(self) -> Tensor:
        made, keys, values = self._zeros(), self.keys(), self.values
        if values.device.type != "cpu":  # elsewhere scatter_ writes in any order
            keys, values = last_of_each(keys, values)
        made.view(-1).scatter_(0, keys, values)
        return made

    def sorted(self) -> Csr:
        """The same matrix with its places ascending; of several elements in one place the last counts, as in dense."""
        keys = self.keys()
        if _ascends(keys):
            return self
        keys, values = last_of_each(keys, self.values)
        return csr_from_keys(self.shape, values, keys)

    def check_places(self) -> None:
        """Raise MXNetError where an index leads out of the array: kernels rely on it."""
        starts = self.indptr
        if starts.numel() != self.shape[0] + 1:
            raise MXNetError(f"csr: indptr must have length {self.shape[0] + 1}, got {starts.numel()}")
        if int(starts[0]) != 0 or int(starts[-1]) != self.values.numel() or not _ascends(starts, 0):
            raise MXNetError(f"csr: indptr must ascend from 0 to {self.values.numel()}")
        self._check_bounds(self.shape[1])

    def check(self, full: bool = True) -> None:
        if len(self.shape) != 2:
            raise MXNetError(f"csr storage needs 2 axes, got shape {self.shape}")
        if self.indptr.ndim != 1 or self.indptr.numel() != self.shape[0] + 1:
            raise MXNetError(f"csr: indptr must have length {self.shape[0] + 1}, got shape {tuple(self.indptr.shape)}")
        if self.values.ndim != 1 or self.indices.shape != self.values.shape:
            raise MXNetError(
                f"csr: data {tuple(self.values.shape)} and indices {tuple(self.indices.shape)} must be vectors of one "
                "length"
            )
        if full:
            if not _ascends(self.keys()):
                raise MXNetError("csr: the indices of each row must ascend")


class Rows(Sparse):
    """An array of which some rows are stored: row ``indices[i]`` is ``values[i]``, all others are zero."""

    __slots__ = ()
    stype = "row_sparse"

    def parts(self) -> tuple[Tensor, ...]:
        return self.values, self.indices

    def made_of(self, *parts: Tensor) -> Rows:
        return Rows(self.shape, *parts)

    def dense(self) -> Tensor:
        self.check_places()
        made, stored = self._zeros(), self.sorted()
        made[stored.indices] = stored.values
        return made

    def at(self, indices: Tensor) -> Tensor:
        """The rows of these numbers, zeros where none is stored."""
        where, found = self.find(indices)
        if bool(found.all()):
            return self.values.index_select(0, where)
        made = self.values.new_zeros((indices.numel(), *self.shape[1:]))
        made[found] = self.values[where[found]]
        return made

    def find(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Where rows are stored: positions in ``values``, and a mask of the indices for which they hold."""
        if not self.indices.numel():
            return torch.zeros_like(indices), torch.zeros_like(indices, dtype=torch.bool)
        where, found = _search(self.indices, indices)
        # What is found is right, sorted or not: looking through all indices is put off until something is missing.
        if bool(found.all()) or self.is_sorted():
            return where, found
        stored, order = self.indices.sort()
        where, found = _search(stored, indices)
        return order[where], found

    def is_sorted(self) -> bool:
        """Whether the row numbers ascend, each once."""
        return _ascends(self.indices)

    def sorted(self) -> Rows:
        """The same array with its row numbers ascending; of several rows of one number the last counts, as in dense."""
        if self.is_sorted():
            return self
        indices, values = last_of_each(self.indices, self.values)
        return Rows(self.shape, values, indices)

    def as_coo(self) -> Tensor:
        """A hybrid COO tensor with the same rows: how they travel through torch's gradients."""
        return torch.sparse_coo_tensor(
            self.indices[None], self.values, self.shape, is_coalesced=self.is_sorted(), check_invariants=False
        )

    @staticmethod
    def from_coo(t: Tensor) -> Rows:
        """The rows of a hybrid COO tensor; those of one number are added up."""
        t = t.coalesce()
        return Rows(tuple(t.shape), t.values(), t.indices()[0])

    def check_places(self) -> None:
        """Raise MXNetError where an index leads out of the array: kernels rely on it."""
        self._check_bounds(self.shape[0])

    def check(self, full: bool = True) -> None:
        values, indices = self.values, self.indices
        if indices.ndim != 1 or values.shape[:1] != indices.shape or tuple(values.shape[1:]) != self.shape[1:]:
            raise MXNetError(
                f"row_sparse: data {tuple(values.shape)} and indices {tuple(indices.shape)} do not fit shape "
                f"{self.shape}"
            )
        if full:
            if not self.is_sorted():
                raise MXNetError("row_sparse: indices must ascend")
            self.check_places()


def _ascends(numbers: Tensor, step: int = 1) -> bool:
    """Whether each number is at least ``step`` above the one before."""
    return numbers.numel() < 2 or int(numbers.diff().min()) >= step


def last_of_each(places: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Places in ascending order, each once, and the last value that was given for it."""
    ascending, order = places.sort(stable=True)
    last = torch.ones_like(places, dtype=torch.bool)
    last[:-1] = ascending.diff() != 0
    return ascending[last], values[order[last]]


def _search(ascending: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Positions of numbers among some that are not none, and a mask of those that are there."""
    where = torch.searchsorted(ascending, wanted.contiguous()).clamp_(max=ascending.numel() - 1)
    return where, ascending[where] == wanted


# ---------------------------------------------------------------------- between the storage types


def stype_of(x: Tensor | Sparse) -> str:
    """The storage type of a tensor or sparse array."""
    return x.stype if isinstance(x, Sparse) else "default"


def as_dense(x: torch.Tensor | Sparse) -> Any:
    """A tensor of the same values, without history where ``x`` is sparse; None stays None."""
    return x.dense() if isinstance(x, Sparse) else x


def csr_of(dense: Tensor) -> Csr:
    """The elements of a matrix that are not zero."""
    if dense.ndim != 2:
        raise OperatorValueError(f"only a matrix can be stored as csr, got the shape {tuple(dense.shape)}")
    rows, columns = torch.nonzero(dense, as_tuple=True)
    return Csr(tuple(dense.shape), dense[rows, columns], columns, starts_of(rows, dense.shape[0]))


def starts_of(rows: Tensor, count: int) -> Tensor:
    """The ``indptr`` of ``count`` rows, of the ascending row numbers of their elements."""
    starts = torch.zeros(count + 1, dtype=torch.int64, device=rows.device)
    torch.cumsum(torch.bincount(rows, minlength=count), 0, out=starts[1:])
    return starts


def rows_of(dense: Tensor) -> Rows:
    """The rows of an array that are not all zero."""
    kept = torch.nonzero(dense.reshape(dense.shape[0], -1).ne(0).any(1)).reshape(-1)
    return Rows(tuple(dense.shape), dense[kept], kept)


def csr_from_keys(shape: tuple[int, ...], values: Tensor, keys: Tensor) -> Csr:
    """A matrix of values and their ascending places in row-major order."""
    columns = max(shape[1], 1)
    rows = torch.div(keys, columns, rounding_mode="floor")
    return Csr(shape, values, keys - rows * columns, starts_of(rows, shape[0]))


def empty(stype: str, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Any:
    """An array of zeros of a storage type."""
    if stype == "default":
        return torch.zeros(shape, dtype=dtype, device=device)
    none = torch.zeros(0, dtype=torch.int64, device=device)
    if stype == "csr":
        starts = torch.zeros((shape[0] if shape else 0) + 1, dtype=torch.int64, device=device)
        return Csr(shape, torch.zeros(0, dtype=dtype, device=device), none, starts)
    return Rows(shape, torch.zeros((0, *shape[1:]), dtype=dtype, device=device), none)


def of_parts(stype: str, shape: tuple[int, ...], values: Tensor, aux: Iterable[Tensor]) -> Csr | Rows:
    """A sparse array of its parts: values, and indptr and indices (csr) or indices (row_sparse); nothing is checked."""
    *starts, indices = [a.to(torch.int64) for a in aux]
    return Csr(shape, values, indices, *starts) if stype == "csr" else Rows(shape, values, indices)


def cast(x: torch.Tensor | Sparse, stype: str) -> Any:
    """A tensor or sparse array in another storage type, without history when it changes.

    Raises
    ------
    ValueError
        For matrices only: csr of something else; between the two sparse types.
    """
    if stype_of(x) == stype:
        return x
    if isinstance(x, Sparse):
        if stype != "default":
            raise OperatorValueError(f"cast_storage from {x.stype} to {stype} is not supported")
        return x.dense()
    return csr_of(x.detach()) if stype == "csr" else rows_of(x.detach())


def convert(x: torch.Tensor | Sparse, stype: str) -> Any:
    """As :func:`cast`, between any two storage types."""
    if isinstance(x, Sparse) and stype not in (x.stype, "default"):
        x = x.dense()
    return cast(x, stype)


# ---------------------------------------------------------------------- gradients


def proxy_for(x: Sparse) -> Tensor:
    """A fresh proxy for a sparse array: one number, seen as an array of the whole shape."""
    return torch.zeros((), dtype=x.dtype, device=x.device).expand(x.shape)


def wants_rows(t: Tensor) -> bool:
    """Whether a gradient for this input may come as rows: it is sparse, or a leaf whose buffer is row-sparse."""
    return isinstance(t, Sparse) or t in leaves_of_rows
