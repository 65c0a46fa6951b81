"""Sample rows: what to call an operator with. Needs NumPy alone, so that MXNet's environment can read them too.

See README.md for the format.
"""

import importlib
import pkgutil
import zlib
from dataclasses import dataclass, field, replace

import numpy as np


@dataclass(frozen=True)
class Spec:
    """One tensor input: how to draw it.

    Parameters
    ----------
    shape : tuple of int
    kind : str
        A key of ``_DRAW``: the distribution.
    args : tuple
        Parameters of the distribution.
    dtype : str
        ``"bfloat16"`` is drawn as float32 and cast by the operator under test's package.
    stype : str
        Storage type the array is converted to.
    """

    shape: tuple
    kind: str = "uniform"
    args: tuple = (-1.0, 1.0)
    dtype: str = "float32"
    stype: str = "default"

    def __str__(self):
        text = "x".join(map(str, self.shape))
        if self.kind != "uniform" or self.args != (-1.0, 1.0):
            text += f"~{self.kind}" + "".join(f":{_short(a)}" for a in self.args)
        if self.dtype != "float32":
            text += f"@{self.dtype}"
        return text if self.stype == "default" else f"{text}@{self.stype}"

    def draw(self, rng):
        """The array; float32 where NumPy has no such type."""
        dtype = "float32" if self.dtype == "bfloat16" else self.dtype
        return np.ascontiguousarray(_DRAW[self.kind](rng, self.shape, *self.args)).astype(dtype)


def _short(value):
    return (
        f"{value:g}" if isinstance(value, float) else f"{zlib.crc32(value):08x}" if isinstance(value, bytes) else value
    )


def _spd(rng, shape, margin):
    """Symmetric positive definite matrices."""
    a = rng.uniform(-1, 1, shape)
    return a @ np.swapaxes(a, -1, -2) + margin * np.eye(shape[-1])


def _distinct(rng, shape, step):
    """All values different, ``step`` apart: no ties, and no kink is near."""
    n = int(np.prod(shape))
    return ((rng.permutation(n) - n // 2 + 0.5) * step).reshape(shape)


def _away(rng, shape, low, high):
    """Both signs, with magnitudes from ``low`` to ``high``: keeps off a kink or pole at zero."""
    return rng.uniform(low, high, shape) * np.where(rng.uniform(size=shape) < 0.5, -1, 1)


_SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, np.inf, -np.inf, np.nan, 6e4, -6e4)


_DRAW = {
    "uniform": lambda rng, shape, low, high: rng.uniform(low, high, shape),
    "ints": lambda rng, shape, low, high: rng.randint(low, high, shape),
    "away": _away,
    "distinct": _distinct,
    "spd": _spd,
    "lower": lambda rng, shape, margin: np.tril(rng.uniform(-1, 1, shape)) + margin * np.eye(shape[-1]),
    "special": lambda rng, shape: rng.choice(_SPECIAL, shape),
    "const": lambda rng, shape, dtype, data: np.frombuffer(data, dtype).reshape(shape),
}


def f(*shape, low=-1.0, high=1.0, dtype="float32", stype="default"):
    """Uniform numbers in ``[low, high)``."""
    return Spec(shape, "uniform", (float(low), float(high)), dtype, stype)


def ints(*shape, low=0, high=10, dtype="float32"):
    """Whole numbers in ``[low, high)``; float32 as MXNet's indices are."""
    return Spec(shape, "ints", (low, high), dtype)


def away(*shape, low=0.1, high=1.0, dtype="float32"):
    """Numbers of both signs with magnitudes in ``[low, high)``."""
    return Spec(shape, "away", (float(low), float(high)), dtype)


def distinct(*shape, step=0.1, dtype="float32"):
    """A random order of numbers ``step`` apart around zero: no ties."""
    return Spec(shape, "distinct", (float(step),), dtype)


def spd(*shape, margin=0.5, dtype="float32"):
    """Symmetric positive definite matrices."""
    return Spec(shape, "spd", (float(margin),), dtype)


def lower(*shape, margin=2.0, dtype="float32"):
    """Well-conditioned lower triangular matrices."""
    return Spec(shape, "lower", (float(margin),), dtype)


def const(values, dtype="float32", stype="default"):
    """Exactly these values (nested lists or an array)."""
    a = np.ascontiguousarray(values, "float32" if dtype == "bfloat16" else dtype)
    if a.ndim == 0:
        a = a.reshape(1)
    return Spec(a.shape, "const", (a.dtype.str, a.tobytes()), dtype, stype)


@dataclass(frozen=True)
class Row:
    """One call of an operator. Make rows with :func:`row`, flags with :meth:`set`."""

    op: str
    inputs: tuple = ()
    named: dict = field(default_factory=dict)
    params: dict = field(default_factory=dict)
    train: bool = False
    grad: bool = True
    numeric: bool = True
    golden: bool = True
    symbol: bool = True
    infer: bool = True
    rtol: float = 1e-4
    atol: float = 1e-5
    raises: str = ""
    note: str = ""
    salt: int = 0

    def set(self, **flags):
        """A copy with other flags (see README.md)."""
        return replace(self, **flags)

    @property
    def id(self):
        """Names the row; the random numbers derive from it, so a changed row wants newly recorded goldens."""
        words = [str(s) if s is not None else "None" for s in self.inputs]
        words += [f"{k}={s}" for k, s in self.named.items()]
        words += [f"{k}={_param_text(v)}" for k, v in self.params.items()]
        mode = "train" if self.train else ""
        return f"{self.op}({','.join(words)}){mode}" + (f"#{self.salt}" if self.salt else "")

    @property
    def specs(self):
        """All inputs that are given, in the order in which results name them: by position, then named."""
        return [s for s in (*self.inputs, *self.named.values()) if s is not None]

    def draw(self):
        """The input arrays, in the order of ``specs``; the same ones every time."""
        rng = np.random.RandomState(zlib.crc32(self.id.encode()))
        return [s.draw(rng) for s in self.specs]

    def __str__(self):
        return self.id


def _param_text(value):
    return str(value).replace(" ", "")


def row(op, /, *inputs, **params):
    """A row: the operator's name, its inputs (a tuple is a shape for :func:`f`), its parameters.

    A parameter whose value is a :class:`Spec` is an input given by name.
    """
    specs = tuple(f(*s) if isinstance(s, tuple) else s for s in inputs)
    named = {k: v for k, v in params.items() if isinstance(v, Spec)}
    return Row(op, specs, named, {k: v for k, v in params.items() if k not in named})


def families():
    """Names of the sample modules."""
    from . import samples

    return sorted(m.name for m in pkgutil.iter_modules(samples.__path__))


def rows_of(family):
    """The rows of a family; ValueError when two are the same."""
    rows = list(importlib.import_module(f"{__package__}.samples.{family}").ROWS)
    seen = set()
    for r in rows:
        if r.id in seen:
            raise ValueError(f"{family}: two rows {r.id}")
        seen.add(r.id)
    return rows


def all_rows():
    """Pairs of family and row."""
    return [(name, r) for name in families() for r in rows_of(name)]
