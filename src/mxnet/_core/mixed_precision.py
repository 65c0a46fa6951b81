"""The casts that automatic mixed precision puts before operators, once it is switched on.

Every eager call and every symbol passes one place each (``invoke`` and ``symbol.create``), which looks at the
operator's ``cast_rule``: None for many of them, and for all of them without mixed precision.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .dtypes import TORCH_TO_NAME
from .graph.node import Entry, Node
from .invoke import invoke
from .ops.elemwise.copying import amp_cast, amp_multicast
from .registry import OpDef, all_ops, get_op

_FLOATS = (torch.float32, torch.float16, torch.bfloat16)


@dataclass(slots=True, eq=False)
class CastRule:
    """What happens to an operator's inputs under mixed precision.

    Parameters
    ----------
    low : torch.dtype
        ``float16`` or ``bfloat16``.
    dtype : torch.dtype, optional
        What inputs are cast to; None for their widest type.
    when : dict of str to collection, optional
        Only where one of the parameters has one of the values.
    keep : collection of str
        Inputs that are left as they are.
    before : function, optional
        ``before(name, params or None)`` is called with the decoded parameters of an eager call, which it may change, or
        with None for a symbol.
    """

    low: torch.dtype
    dtype: torch.dtype | None
    when: Mapping[str, Collection[Any]] | None = None
    keep: Collection[str] = ()
    before: Callable[[str, dict[str, Any] | None], None] | None = None

    def _applies(self, params: Mapping[str, Any]) -> bool:
        return self.when is None or any(params.get(name) in values for name, values in self.when.items())

    def eager(self, od: OpDef, arrays: Sequence[Any], params: dict[str, Any]) -> Sequence[Any]:
        """The arrays that the operator gets instead of these.

        Casts are between the low type and float32, and recorded. As in MXNet, no array on a CPU becomes float16.
        """
        if self.before is not None:
            self.before(od.name, params)
        if not self._applies(params):
            return arrays
        dtype = self.dtype
        if dtype is None:
            dtype = torch.float32 if any(a is not None and a._t.dtype is torch.float32 for a in arrays) else self.low
        names = od.inputs if not od.variadic else (od.inputs[-1],) * len(arrays)
        return [
            a
            if a is None
            or a._t.dtype is dtype
            or a._t.dtype not in _FLOATS
            or n in self.keep
            or od.is_mutated(n)
            or (dtype is torch.float16 and a._t.device.type == "cpu")
            else invoke(amp_cast, (a,), {"dtype": dtype})
            for n, a in zip(names, arrays)
        ]

    def symbolic(self, node: Node, name: Callable[[str], str]) -> None:
        """Put casts between a new node and its inputs.

        Parameters
        ----------
        node : Node
        name : function
            Finds a name for a new node, from what it should begin with.
        """
        od = node.op
        assert od is not None
        if self.before is not None:
            self.before(od.name, None)
        if not node.inputs or not self._applies(vars(node.params)):
            return
        if self.dtype is None:
            count = len(node.inputs)
            attrs = {"num_outputs": str(count)}
            cast = Node(amp_multicast, name("amp_multicast"), node.inputs, attrs, amp_multicast.parse(attrs))
            node.inputs = [(cast, i) for i in range(count)]
        else:
            kept = {i for i, n in enumerate(od.input_names(node.params)) if n in self.keep}.union(node.mutated_inputs())
            node.inputs = [e if i in kept else self._cast(e, name) for i, e in enumerate(node.inputs)]
        node.update_versions()

    def _cast(self, e: Entry, name: Callable[[str], str]) -> Entry:
        assert self.dtype is not None
        attrs = {"dtype": TORCH_TO_NAME[self.dtype]}
        return Node(amp_cast, name("amp_cast"), [e], attrs, amp_cast.parse(attrs)), 0


def enable(rules: Mapping[str, CastRule]) -> None:
    """Give operators, by canonical name, their rules."""
    for name, rule in rules.items():
        get_op(name).cast_rule = rule


def disable() -> None:
    """Take all rules away."""
    for od in all_ops():
        od.cast_rule = None
