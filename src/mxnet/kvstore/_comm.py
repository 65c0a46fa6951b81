"""Sums of arrays that lie on several devices, and 2-bit compression of what is summed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ..base import MXNetError
from ..ndarray import NDArray
from ..ndarray.ndarray import wrap


def total(values: Sequence[Any], out: NDArray | None = None) -> Any:
    """The sum of arrays, on the first one's context.

    Parameters
    ----------
    values : list of NDArray
    out : NDArray, optional
        A dense array for the sum, from an earlier call.

    Returns
    -------
    NDArray
        The array itself when there is only one: nothing is copied.
    """
    first = values[0]
    if len(values) == 1:
        return first
    if any(v.stype != "default" for v in values):
        result = first
        for v in values[1:]:
            result = result + v.as_in_context(first.context)
        return result
    device = first._t.device
    if out is None or out._t.device != device or out._t.dtype != first._t.dtype:
        out = wrap(torch.empty_like(first._t.data), first.context)
    sum_ = out._t.data
    torch.add(first._t.data, _moved(values[1]._t.data, device), out=sum_)
    for v in values[2:]:
        sum_ += _moved(v._t.data, device)
    return out


def _moved(t: torch.Tensor, device: torch.device) -> torch.Tensor:
    # A copy to the CPU has to be waited for: nothing makes its reader wait.
    return t if t.device == device else t.to(device, non_blocking=device.type != "cpu")


def copy_into(targets: Sequence[NDArray], values: Sequence[NDArray]) -> None:
    """Copy arrays into arrays of the same shapes, on whatever devices, all in one call where they share one."""
    to, of = [], []
    for t, v in zip(targets, values):
        if t is v:
            continue
        if t.stype != "default" or v.stype != "default":
            v.copyto(t)
        elif t._t.device == v._t.device:
            to.append(t._t.data)
            of.append(v._t.data)
        else:
            t._t.data.copy_(v._t.data, non_blocking=t._t.device.type != "cpu")
    if to:
        torch._foreach_copy_(to, of)


class GradientCompression:
    """Two bits a number: ``threshold``, ``-threshold`` or 0 is sent; what that leaves is kept for the next time.

    Parameters
    ----------
    type : str
        ``"2bit"``.
    threshold : float
        A positive number.
    """

    def __init__(self, type: str, threshold: float) -> None:
        self.type = type
        self.threshold = threshold
        self._residuals: dict[Any, torch.Tensor] = {}

    @classmethod
    def from_params(cls, params: object) -> GradientCompression:
        """Check a user's dictionary, whose values may be strings."""
        assert isinstance(params, dict), f"unexpected type for param_dict: {type(params)}"
        unknown = params.keys() - {"type", "threshold"}
        if unknown:
            raise MXNetError(f"gradient compression has no parameter {sorted(unknown)}, only type and threshold")
        if "type" not in params:
            raise MXNetError("Required parameter type of string is not presented, in gradient compression")
        if params["type"] != "2bit":
            raise MXNetError(f"Unknown type for gradient compression {params['type']}, known: 2bit")
        threshold = float(params.get("threshold", 0.5))
        if not threshold > 0:
            raise MXNetError(f"threshold must be greater than 0, got {threshold}")
        return cls("2bit", threshold)

    def reduce(self, key: Any, values: Sequence[NDArray], out: NDArray | None = None) -> NDArray:
        """The sum of what each device would send; see :func:`total`."""
        return total([wrap(self._sent((key, i), v._t.data), v.context) for i, v in enumerate(values)], out)

    def _sent(self, place: object, gradient: torch.Tensor) -> torch.Tensor:
        residual = self._residuals.get(place)
        if residual is None:
            residual = self._residuals[place] = torch.zeros_like(gradient)
        residual += gradient
        sent = (residual >= self.threshold).to(gradient.dtype) - (residual <= -self.threshold).to(gradient.dtype)
        sent *= self.threshold
        residual -= sent
        return sent
