"""Optimizer updates with row-sparse gradients: lazily, only the rows that the gradient has, or all rows.

Weight and states may be row-sparse themselves; they store all their rows after the first update.
"""

from collections.abc import Callable
from inspect import signature
from types import SimpleNamespace
from typing import Any, Optional

import torch
from torch import Tensor

from ...registry import OpDef
from ...sparse.dispatch import Rule, add_rule
from ..optimizer import kernels


def _writable(x: Any) -> Tensor:
    """The memory in which an array is updated; a row-sparse one gets all its rows first."""
    if isinstance(x, Tensor):
        return x
    if x.indices.numel() != x.shape[0] or not x.is_sorted():
        x.values = x.dense()
        x.indices = torch.arange(x.shape[0], device=x.device)
    return x.values


def _update(
    od: OpDef,
    rule: Callable[..., Any],
    lazy: Callable[[Any], bool] = lambda p: p.lazy_update,
    all_sparse: bool = False,
    fits: Callable[[Any], bool] = lambda p: True,
) -> Rule:
    """The rule of an update operator.

    Parameters
    ----------
    rule : callable
        One of ``kernels``; it takes those of the operator's parameters that it names.
    lazy : callable
        ``lazy(p)``: whether only the gradient's rows are updated.
    all_sparse : bool
        Whether weight and states must be row-sparse.
    fits : callable
        ``fits(p)``: whether the rule is for these parameters.
    """

    names = [n for n in signature(rule).parameters if n in od.params]

    def infer(stypes: tuple[str, ...], p: SimpleNamespace) -> Optional[str]:
        weight, grad, *states = stypes
        if grad != "row_sparse" or weight == "csr" or not fits(p):
            return None
        alike = set(states) <= {weight} or (weight == "row_sparse" and set(states) == {"default"})
        return weight if alike and not (all_sparse and {weight, *states} != {"row_sparse"}) else None

    def run(inputs: Any, p: SimpleNamespace) -> Any:
        weight, grad, *states = inputs
        for name, x in zip(od.inputs, inputs):
            if tuple(x.shape) != tuple(weight.shape) and not (name == "history" and x.numel() == weight.shape[0]):
                raise ValueError(f"{name} must have the weight's shape {tuple(weight.shape)}, got {tuple(x.shape)}")
        grad.check_places()
        grad = grad.sorted()
        target, parts = _writable(weight), [_writable(s) for s in states]
        scalars = {n: getattr(p, n) for n in names}
        if lazy(p):
            kernels.on_rows(rule, target, grad.indices, grad.values.to(target.dtype), parts, **scalars)
        else:
            rule([target], [grad.dense().to(target.dtype)], *[[s] for s in parts], **scalars)
        return weight

    return Rule(infer, run)


def _always(p: SimpleNamespace) -> bool:
    return True


add_rule("sgd_update", _update, kernels.sgd)
add_rule("sgd_mom_update", _update, kernels.sgd_mom)
add_rule("adam_update", _update, kernels.adam)
add_rule("ftrl_update", _update, kernels.ftrl, _always, all_sparse=True)
add_rule("_sparse_adagrad_update", _update, kernels.adagrad, _always, fits=lambda p: not p.wd)
add_rule("_contrib_group_adagrad_update", _update, kernels.group_adagrad, _always)
