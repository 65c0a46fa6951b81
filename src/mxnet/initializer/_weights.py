"""Weights that are constant or random, whatever the layer."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from .. import random
from ..ndarray import NDArray
from ._base import Initializer, alias, register


@register
@alias("zeros")
class Zero(Initializer):
    """Weights of zero."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: object, arr: NDArray) -> None:
        arr[:] = 0


@register
@alias("ones")
class One(Initializer):
    """Weights of one."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: object, arr: NDArray) -> None:
        arr[:] = 1


@register
class Constant(Initializer):
    """Weights of a given value.

    Parameters
    ----------
    value : float or array
        A number, or an array of the parameter's shape.
    """

    def __init__(self, value: Any) -> None:
        super().__init__(value=value)
        self.value = value

    def _init_weight(self, _: object, arr: NDArray) -> None:
        arr[:] = self.value

    def dumps(self) -> str:
        """The initializer as JSON; an array becomes a list."""
        value = self._kwargs["value"]
        if isinstance(value, (NDArray, np.ndarray, np.generic)):
            self._kwargs["value"] = (value.asnumpy() if isinstance(value, NDArray) else value).tolist()
        return super().dumps()


@register
class Uniform(Initializer):
    """Weights drawn uniformly from ``[-scale, scale)``.

    Parameters
    ----------
    scale : float
    """

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, _: object, arr: NDArray) -> None:
        random.uniform(-self.scale, self.scale, shape=arr.shape, out=arr)


@register
class Normal(Initializer):
    """Weights drawn from a normal distribution with mean 0.

    Parameters
    ----------
    sigma : float
        The standard deviation.
    """

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, _: object, arr: NDArray) -> None:
        random.normal(0, self.sigma, shape=arr.shape, out=arr)


@register
class Orthogonal(Initializer):
    """Weights that are a multiple of a random matrix with orthonormal rows or columns (arXiv:1312.6120).

    Parameters
    ----------
    scale : float
    rand_type : {"uniform", "normal"}
        The distribution of the matrix that is made orthogonal.
    """

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform") -> None:
        super().__init__(scale=scale, rand_type=rand_type)
        self.scale = scale
        self.rand_type = rand_type

    def _init_weight(self, _: object, arr: NDArray) -> None:
        shape = (arr.shape[0], int(np.prod(arr.shape[1:])))
        if self.rand_type == "uniform":
            matrix = random.uniform(-1.0, 1.0, shape=shape)
        elif self.rand_type == "normal":
            matrix = random.normal(0.0, 1.0, shape=shape)
        else:
            raise ValueError(f"Unknown random type {self.rand_type!r}, expected 'uniform' or 'normal'")
        u, _, v = np.linalg.svd(matrix.asnumpy(), full_matrices=False)
        arr[:] = self.scale * (u if u.shape == shape else v).reshape(arr.shape)


@register
class Xavier(Initializer):
    """Weights whose scale keeps activations and gradients of the same size from layer to layer.

    They are uniform in ``[-c, c)``, or normal with standard deviation ``c``, with ``c = sqrt(magnitude / n)``. ``n`` is
    the number of a unit's inputs, of its outputs, or the mean of both.

    Parameters
    ----------
    rnd_type : {"uniform", "gaussian"}
    factor_type : {"avg", "in", "out"}
    magnitude : float
    """

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        self.rnd_type, self.factor_type, self.magnitude = rnd_type, factor_type, float(magnitude)

    def _init_weight(self, name: object, arr: NDArray) -> None:
        shape = arr.shape
        if len(shape) < 2:
            raise ValueError(f"Xavier initializer cannot be applied to vector {name}. It requires at least 2D.")
        window = float(np.prod(shape[2:]))
        fan_in, fan_out = shape[1] * window, shape[0] * window
        factors = {"avg": (fan_in + fan_out) / 2.0, "in": fan_in, "out": fan_out}
        if self.factor_type not in factors:
            raise ValueError(f"Incorrect factor type {self.factor_type!r}, expected one of {', '.join(factors)}")
        scale = sqrt(self.magnitude / factors[self.factor_type])
        if self.rnd_type not in ("uniform", "gaussian"):
            raise ValueError(f"Unknown random type {self.rnd_type!r}, expected 'uniform' or 'gaussian'")
        draw, start = (random.uniform, -scale) if self.rnd_type == "uniform" else (random.normal, 0)
        draw(start, scale, shape=shape, out=arr)


@register
class MSRAPrelu(Xavier):
    """Normal weights for layers followed by ReLU or PReLU (arXiv:1502.01852).

    Parameters
    ----------
    factor_type : {"avg", "in", "out"}
    slope : float
        The initial slope of the PReLU.
    """

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}
