"""Update functions of ``nd.contrib`` and ``sym.contrib`` that take lists, or a gradient scale as a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Operand = TypeVar("Operand")  # the arrays or the symbols of a frontend


def make_functions(
    internal: Callable[[str], Any], scale: Callable[[Operand | float, Operand], Operand]
) -> dict[str, Any]:
    """The functions of one frontend.

    Parameters
    ----------
    internal : callable
        Gives the generated function of an operator.
    scale : callable
        ``scale(rescale_grad, weight)`` makes a number the array or symbol that the operator takes.
    """

    def adamw_update(
        weight: Operand,
        grad: Operand,
        mean: Operand,
        var: Operand,
        rescale_grad: Operand | float,
        lr: float,
        eta: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        wd: float = 0,
        clip_gradient: float = -1,
        out: Operand | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """AdamW's step; it is skipped when ``rescale_grad`` (a number or one element) is zero, infinite or NaN."""
        return internal("_adamw_update")(
            weight,
            grad,
            mean,
            var,
            scale(rescale_grad, weight),
            lr=lr,
            eta=eta,
            beta1=beta1,
            beta2=beta2,
            epsilon=epsilon,
            wd=wd,
            clip_gradient=clip_gradient,
            out=out,
            name=name,
            **kwargs,
        )

    def mp_adamw_update(
        weight: Operand,
        grad: Operand,
        mean: Operand,
        var: Operand,
        weight32: Operand,
        rescale_grad: Operand | float,
        lr: float,
        eta: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        wd: float = 0,
        clip_gradient: float = -1,
        out: Operand | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """AdamW's step for the float32 copy of a weight; see :func:`adamw_update`."""
        return internal("_mp_adamw_update")(
            weight,
            grad,
            mean,
            var,
            weight32,
            scale(rescale_grad, weight),
            lr=lr,
            eta=eta,
            beta1=beta1,
            beta2=beta2,
            epsilon=epsilon,
            wd=wd,
            clip_gradient=clip_gradient,
            out=out,
            name=name,
            **kwargs,
        )

    def multi_adamw_update(
        weights: Sequence[Any],
        grads: Sequence[Any],
        mean: Sequence[Any],
        var: Sequence[Any],
        rescale_grad: Operand | float,
        lrs: Sequence[float] | str,
        wds: Sequence[float] | str,
        etas: Sequence[float] | str,
        out: Sequence[Operand] | None = None,
        name: str | None = None,
        size: int = 0,
        **kwargs: Any,
    ) -> Any:
        """AdamW's step for several weights, each with its own rate, decay and schedule multiplier."""
        arrays = [*_interleaved(weights, grads, mean, var), scale(rescale_grad, weights[0])]
        return internal("_multi_adamw_update")(
            *arrays, out=out, num_weights=size or len(weights), lrs=lrs, wds=wds, etas=etas, name=name, **kwargs
        )

    def multi_mp_adamw_update(
        weights: Sequence[Any],
        grads: Sequence[Any],
        mean: Sequence[Any],
        var: Sequence[Any],
        weights32: Sequence[Any],
        rescale_grad: Operand | float,
        lrs: Sequence[float] | str,
        wds: Sequence[float] | str,
        etas: Sequence[float] | str,
        out: Sequence[Operand] | None = None,
        name: str | None = None,
        size: int = 0,
        **kwargs: Any,
    ) -> Any:
        """AdamW's step for the float32 copies of several weights; see :func:`multi_adamw_update`."""
        arrays = [*_interleaved(weights, grads, mean, var, weights32), scale(rescale_grad, weights[0])]
        return internal("_multi_mp_adamw_update")(
            *arrays, out=out, num_weights=size or len(weights), lrs=lrs, wds=wds, etas=etas, name=name, **kwargs
        )

    def multi_lamb_update(
        weights: Sequence[Any],
        grads: Sequence[Any],
        mean: Sequence[Any],
        var: Sequence[Any],
        step_count: Sequence[int] | str,
        lrs: Sequence[float] | str,
        wds: Sequence[float] | str,
        out: Sequence[Operand] | None = None,
        num_tensors: int = 0,
        **kwargs: Any,
    ) -> Any:
        """LAMB's step for several weights, each with its own step count, rate and decay."""
        return internal("_multi_lamb_update")(
            *_interleaved(weights, grads, mean, var),
            out=out,
            num_tensors=num_tensors or len(weights),
            step_count=step_count,
            learning_rates=lrs,
            wds=wds,
            **kwargs,
        )

    def multi_mp_lamb_update(
        weights: Sequence[Any],
        grads: Sequence[Any],
        mean: Sequence[Any],
        var: Sequence[Any],
        weights32: Sequence[Any],
        step_count: Sequence[int] | str,
        lrs: Sequence[float] | str,
        wds: Sequence[float] | str,
        out: Sequence[Operand] | None = None,
        num_tensors: int = 0,
        **kwargs: Any,
    ) -> Any:
        """LAMB's step for the float32 copies of several weights; see :func:`multi_lamb_update`."""
        return internal("_multi_mp_lamb_update")(
            *_interleaved(weights, grads, mean, var, weights32),
            out=out,
            num_tensors=num_tensors or len(weights),
            step_count=step_count,
            learning_rates=lrs,
            wds=wds,
            **kwargs,
        )

    made = (
        adamw_update,
        mp_adamw_update,
        multi_adamw_update,
        multi_mp_adamw_update,
        multi_lamb_update,
        multi_mp_lamb_update,
    )
    return {fn.__name__: fn for fn in made}


def _interleaved(*lists: Sequence[Any]) -> list[Any]:
    """``weight_0, grad_0, ..., weight_1, grad_1, ...`` of lists of weights, gradients, ..."""
    return [x for row in zip(*lists) for x in row]
