"""Registration options and inference rules that the update operators share."""

from types import SimpleNamespace
from typing import Any

import torch

from ...registry import OpDef

# An operator that updates one weight: everything has the weight's shape, and with out=weight it works in place.
SINGLE: dict[str, Any] = {"differentiable": False, "same_shape": True, "inplace": "weight"}


def mixed_types(operator: OpDef, low: tuple[str, ...] = ("weight", "grad", "output")) -> None:
    """Give an operator the type rule of mixed precision: the ``low`` ones share a type, all others are float32."""

    def rule(t: Any, p: SimpleNamespace) -> None:
        known = next((t[n] for n in low if t[n] is not None), None)
        for name in (*operator.inputs, *operator.output_names(p)):
            wanted = known if name in low else torch.float32
            if wanted is not None:
                t.unify(name, wanted)

    operator.infer_type(rule)


def weight_shapes(operator: OpDef, *others: str) -> None:
    """Give an operator the shape rule that all but the inputs ``others`` have the weight's shape."""

    def rule(s: Any, p: SimpleNamespace) -> None:
        names = [n for n in (*operator.inputs, *operator.output_names(p)) if n not in others]
        for known in [s[n] for n in names]:
            if known is not None:
                for name in names:
                    s.unify(name, known)

    operator.infer_shape(rule)
