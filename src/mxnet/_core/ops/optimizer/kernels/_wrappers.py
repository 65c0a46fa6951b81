"""What any rule can run under: float32 copies of weights in half precision, and some rows only."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from ._lists import Tensors, copy_


def mixed(rule: Callable[..., Any], w: Tensors, g: Tensors, *states: Tensors, **scalars: Any) -> Any:
    """Apply a rule to float32 master copies, the last of the states, and write these back into the weights.

    A rule that gives the direction of a step, and leaves the weights to its caller, only gets other gradients.
    """
    *own, w32 = states
    found = rule(w32, [t.float() for t in g], *own, **scalars)
    if found is None:
        copy_(w, w32)
    return found


def on_rows(
    rule: Callable[..., Any],
    weight: Tensor,
    rows: Tensor,
    values: Tensor,
    states: Sequence[Tensor | None],
    **scalars: Any,
) -> None:
    """Apply a rule to some rows only, those a row-sparse gradient has: the lazy update.

    Parameters
    ----------
    rule : callable
        One of the rules above.
    weight, states
        The whole arrays, updated in place at ``rows``.
    rows : Tensor
        Row numbers, int64.
    values : Tensor
        The gradient's rows.
    """
    if not rows.numel():
        return
    part = weight.index_select(0, rows)
    state_parts = [None if s is None else s.index_select(0, rows) for s in states]
    rule([part], [values], *[None if s is None else [s] for s in state_parts], **scalars)
    weight.index_copy_(0, rows, part)
    for s, changed in zip(states, state_parts):
        if s is not None:
            s.index_copy_(0, rows, changed)
