"""From lists of operators to the rules by which eager calls and symbols get their casts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from ..._core import logs
from ..._core.mixed_precision import CastRule
from ..._core.registry import OpDef, get_op, has_op

Condition = tuple[str, str, list[str]]


class RuleTable:
    """Rules by canonical name of the operator.

    Several names of one operator may be listed differently; its canonical name has the last word. None is no rule.
    """

    def __init__(self) -> None:
        self.rules: dict[str, CastRule | None] = {}

    def add(self, name: str, make: Callable[[OpDef], CastRule | None]) -> None:
        """Give the operator of a name its rule; names that no operator has are passed over."""
        if not has_op(name):
            return
        op = get_op(name)
        # Optimizers bring the precisions they need: their updates work in place.
        if op.inplace is None and (op.name == name or op.name not in self.rules):
            self.rules[op.name] = make(op)


def make_rules(
    target: torch.dtype,
    low: Iterable[str],
    full: Iterable[str],
    widest: Iterable[str],
    either: Iterable[str],
    conditional: Iterable[Condition],
    losses: Iterable[str],
    float32_inputs: dict[str, list[str]] | None,
    scale: Callable[[], float],
) -> dict[str, CastRule]:
    """The rules of all operators on the lists.

    Parameters
    ----------
    target : torch.dtype
    low, full, widest, either, losses : names of operators
    conditional : (operator, parameter, its values)
    float32_inputs : dict of str to list of str, optional
        Inputs that stay float32 in low-precision operators.
    scale : function
        Gives the scale of the loss that holds now.
    """
    table = RuleTable()
    keep = float32_inputs or {}
    for name in either:
        table.add(name, lambda op: None)
    for name in widest:
        table.add(name, lambda op: CastRule(target, None))
    for name in full:
        table.add(name, lambda op: CastRule(target, torch.float32))
    for name in low:
        table.add(name, lambda op: CastRule(target, target, keep=keep.get(op.name, ())))
    for name, parameter, values in conditional:
        when = {parameter: values}
        table.add(name, lambda op, when=when: CastRule(target, torch.float32, when))  # type: ignore[misc]
    for name in losses:
        rule = table.rules.get(get_op(name).name)
        if rule is None:
            rule = table.rules[get_op(name).name] = CastRule(target, torch.float32, when={})
        rule.before = _scaled(scale)
    return {name: rule for name, rule in table.rules.items() if rule is not None}


def _scaled(scale: Callable[[], float]) -> Callable[[str, dict[str, Any] | None], None]:
    """Have an output layer scale its gradient, which does not depend on the loss it belongs to."""

    def before(name: str, params: dict[str, Any] | None) -> None:
        if params is None:
            logs.root.warning("%s: a graph keeps the scale of the loss that was in force when it was made", name)
        else:
            params["grad_scale"] = params.get("grad_scale", 1.0) * scale()

    return before
