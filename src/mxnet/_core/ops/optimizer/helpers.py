"""What large-batch and mixed-precision training compute besides the updates: norms, rates, checks for overflow."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from ...registry import Display, op
from ...shapes import TypeRule
from . import kernels


def _arrays(p: SimpleNamespace) -> tuple[str, ...]:
    return tuple(f"array_{i}" for i in range(p.num_arrays))


def _one_vector(name: str, length: Callable[[SimpleNamespace], int]) -> Any:
    def rule(s: Any, p: SimpleNamespace) -> None:
        s.unify(name, (length(p),))

    return rule


def _float_output(t: TypeRule, p: SimpleNamespace) -> None:
    t.unify("output", torch.float32)


@op("multi_sum_sq", variadic="num_arrays", inputs=_arrays, no_gradient=True)
def multi_sum_sq(*data: Tensor, num_arrays: int) -> Tensor:
    """The sum of squares of each of several arrays, as one float32 vector."""
    if num_arrays != len(data):
        raise ValueError(f"num_arrays is {num_arrays}, but {len(data)} arrays were given")
    return kernels.sums_of_squares(data)


@op("multi_lars", no_gradient=True, same_shape=True)
def multi_lars(
    lrs: Tensor,
    weights_sum_sq: Tensor,
    grads_sum_sq: Tensor,
    wds: Tensor,
    *,
    eta: float,
    eps: float,
    rescale_grad: float = 1.0,
) -> Tensor:
    """Layer-wise learning rates from the sums of squares of weights and gradients, all vectors of one value a layer.

    Parameters
    ----------
    weights_sum_sq, grads_sum_sq
        The sums of squares, one a layer.
    eta
        The trust in the ratio of the norms.
    """
    return kernels.lars_rates(lrs, weights_sum_sq, grads_sum_sq, wds, eta=eta, eps=eps, rescale_grad=rescale_grad)


def _and_old(old: Tensor, result: Tensor, p: dict[str, Any]) -> Tensor:
    """With ``init_output=False`` what was not finite before stays so."""
    return result if p.get("init_output", True) else result * old


@op("all_finite", display=Display(input_named=True), no_gradient=True, merge=_and_old)
def all_finite(data: Tensor, *, init_output: bool = True) -> Tensor:
    """``[1.]`` when no element is infinite or NaN, else ``[0.]``.

    With ``init_output=False`` a zero that ``out`` holds already stays.
    """
    return _all_finite((data,))


@op("multi_all_finite", variadic="num_arrays", inputs=_arrays, no_gradient=True, merge=_and_old)
def multi_all_finite(*data: Tensor, num_arrays: int = 1, init_output: bool = True) -> Tensor:
    """``[1.]`` when no element of any array is infinite or NaN, else ``[0.]``.

    With ``init_output=False`` a zero that ``out`` holds already stays.
    """
    if num_arrays != len(data):
        raise ValueError(f"num_arrays is {num_arrays}, but {len(data)} arrays were given")
    return _all_finite(data)


def _all_finite(arrays: tuple[Tensor, ...]) -> Tensor:
    # The largest magnitude is infinite or NaN as soon as one element is.
    largest = torch._foreach_norm(list(arrays), float("inf"))
    return torch.stack([x.float() for x in largest]).isfinite().all().float().reshape(1)


@op("reset_arrays", variadic="num_arrays", inputs=_arrays, mutates=("array",), outputs=(), differentiable=False)
def reset_arrays(*data: Tensor, num_arrays: int) -> list[Tensor]:
    """Set several arrays to zero, in place. There is no output."""
    if num_arrays != len(data):
        raise ValueError(f"num_arrays is {num_arrays}, but {len(data)} arrays were given")
    torch._foreach_zero_(list(data))
    return []


multi_sum_sq.infer_shape(_one_vector("output", lambda p: p.num_arrays))
for _operator in (all_finite, multi_all_finite):
    _operator.infer_shape(_one_vector("output", lambda p: 1))
for _operator in (multi_sum_sq, all_finite, multi_all_finite):
    _operator.infer_type(_float_output)
