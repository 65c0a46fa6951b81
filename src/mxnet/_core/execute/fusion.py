"""Fewer passes over memory in prediction: convolutions take the normalization, sum and rectifier behind them along.

oneDNN adds a residual and rectifies while it writes a convolution's result, and a batch normalization by moving
averages is a convolution's scale and shift. What remains of rectifiers and sums works in place. Nothing here is for
graphs that are differentiated or watched; ``MXNET_SUBGRAPH_BACKEND=NONE`` switches it off, as it does MXNet's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from .. import env
from ..errors import RAISED
from .step import Step, node_error


def wanted() -> bool:
    """Whether the environment lets graphs be fused, and torch can."""
    return (
        env.text("MXNET_SUBGRAPH_BACKEND").upper() != "NONE"
        and torch.backends.mkldnn.is_available()
        and torch.backends.mkldnn.enabled
        and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
    )


def fuse(steps: Sequence[Step], outputs: Sequence[int]) -> list[Step]:
    """The steps of a prediction with chains of them made one."""
    graph = _Uses(steps, outputs)
    taken: set[int] = set()  # numbers of steps that have become part of another
    last: dict[int, Step] = {}  # the fused step by the number of the last step it replaces
    for number, step in enumerate(steps):
        if _role(step) == "convolution":
            chain = _chain(graph, number, taken)
            if len(chain) > 1:
                taken.update(chain)
                last[chain[-1]] = _fused([steps[i] for i in chain])
    result = []
    for number, step in enumerate(steps):
        if number in last:
            result.append(last[number])
        elif number not in taken:
            result.append(_in_place(graph, step) or step)
    return result


class _Uses:
    """Who makes and who reads each value."""

    def __init__(self, steps: Sequence[Step], outputs: Sequence[int]) -> None:
        self.steps = steps
        self.outputs = frozenset(outputs)
        self.maker: dict[int, int] = {}
        self.readers: dict[int, list[int]] = {}
        for number, step in enumerate(steps):
            for slot in step.outputs:
                self.maker[slot] = number
            for slot in step.inputs:
                self.readers.setdefault(slot, []).append(number)

    def only_reader(self, step: Step) -> int | None:
        """The one step that reads the first output of a step, when nobody reads anything else of it."""
        first, *others = step.outputs
        if first in self.outputs or any(s in self.outputs or s in self.readers for s in others):
            return None
        readers = self.readers.get(first, ())
        return readers[0] if len(readers) == 1 else None


def _role(step: Step) -> str | None:
    """What a step is to the fusion, as its operator declares."""
    node = step.node
    role = node.op.fusion  # type: ignore[union-attr]
    return role(node.params) if callable(role) else role


def _chain(graph: _Uses, number: int, taken: set[int]) -> list[int]:
    """A convolution and the steps behind it that it can take along: normalization, sum, rectifier."""
    chain = [number]
    if graph.steps[number].device is not None:
        return chain
    for wanted_role in ("normalization", "sum", "relu"):
        end = graph.steps[chain[-1]]
        follower = graph.only_reader(end)
        if follower is None or follower in taken:
            break
        step = graph.steps[follower]
        role = _role(step)
        is_first = end.outputs[0] == step.inputs[0]
        if role == wanted_role and step.device is None and (is_first or role == "sum"):
            chain.append(follower)
        elif wanted_role == "relu" and role == "clip" and _role(end) != "sum":
            chain.append(follower)
    return chain


def _fused(chain: list[Step]) -> Step:
    """One step that does what a chain of them does."""
    convolution, *rest = chain
    normalization = rest.pop(0) if rest and _role(rest[0]) == "normalization" else None
    total = rest.pop(0) if rest and _role(rest[0]) == "sum" else None
    made = (normalization or convolution).outputs[0]
    inputs = list(convolution.inputs)[:3] + [-1] * (3 - len(convolution.inputs))
    inputs += normalization.inputs[1:] if normalization else []
    if total is not None:
        inputs += [next((s for s in total.inputs if s != made), made)]
    call = _Convolve(chain, normalization, total is not None, rest[0] if rest else None)
    end = chain[-1]
    return Step(end.node, call, tuple(inputs), end.outputs[:1], {}, None)


class _Convolve:
    """A convolution with what follows it."""

    def __init__(self, chain: list[Step], normalization: Step | None, add: bool, rectifier: Step | None) -> None:
        self.chain = chain
        self.normalizes = normalization is not None
        self.adds = add
        self.activation: tuple[str | None, list[Any]] = (None, []) if rectifier is None else ("relu", [])
        if rectifier is not None and _role(rectifier) == "clip":
            bounds = rectifier.node.params
            self.activation = "hardtanh", [bounds.a_min, bounds.a_max]
        p = chain[0].node.params
        self.kernel = tuple(p.kernel)
        self.filters = p.num_filter
        self.groups = p.num_group
        self.stride, self.pad, self.dilate = (list(v) or [d, d] for v, d in ((p.stride, 1), (p.pad, 0), (p.dilate, 1)))
        if normalization is not None:
            q = normalization.node.params
            self.eps, self.fix_gamma = q.eps, q.fix_gamma

    def __call__(self, x: torch.Tensor, w: torch.Tensor, b: torch.Tensor | None, *rest: torch.Tensor) -> torch.Tensor:
        other = rest[-1] if self.adds else None
        if not self._suits(x, w, b, rest[:4] if self.normalizes else (), other):
            return self._plainly(x, w, b, *rest)
        if self.normalizes:
            gamma, beta, mean, variance = rest[:4]
            scale = (variance + self.eps).rsqrt_()
            if not self.fix_gamma:
                scale *= gamma
            w = w * scale.view(-1, 1, 1, 1)
            b = torch.addcmul(beta, -mean if b is None else b - mean, scale)
        where = (self.pad, self.stride, self.dilate, self.groups)
        name, scalars = self.activation
        if other is not None:
            pointwise = torch.ops.mkldnn._convolution_pointwise.binary
            return pointwise(x, other, w, b, *where, "add", 1.0, name, scalars, "")
        return torch.ops.mkldnn._convolution_pointwise(x, w, b, *where, name or "none", scalars, "")

    def _suits(
        self,
        x: torch.Tensor,
        w: torch.Tensor,
        b: torch.Tensor | None,
        moments: Sequence[torch.Tensor],
        other: torch.Tensor | None,
    ) -> bool:
        """Whether these arrays are what oneDNN takes, and folding the normalization into the weights costs less."""
        if x.dim() != 4 or w.shape != (self.filters, x.shape[1] // self.groups, *self.kernel) or not x.numel():
            return False
        if x.shape[1] % self.groups or self.filters % self.groups:
            return False
        given = [x, w, *moments] + ([] if b is None else [b]) + ([] if other is None else [other])
        if any(t.dtype is not torch.float32 or t.device.type != "cpu" for t in given):
            return False
        if any(t.shape != (self.filters,) for t in moments) or (b is not None and b.shape != (self.filters,)):
            return False
        sizes = [
            (n + 2 * pad - dilate * (k - 1) - 1) // stride + 1
            for n, k, stride, pad, dilate in zip(x.shape[2:], self.kernel, self.stride, self.pad, self.dilate)
        ]
        shape = (x.shape[0], self.filters, *sizes)
        if min(sizes) < 1 or (other is not None and other.shape != shape):
            return False
        return not self.normalizes or x.shape[0] * self.filters * sizes[0] * sizes[1] >= w.numel()

    def _plainly(self, *given: Any) -> torch.Tensor:
        """The same step by step."""
        x, w, b, *rest = given
        value, made = x, -1
        for step in self.chain:
            if step is self.chain[0]:
                arguments: list[Any] = [x, w, b][: max(len(step.inputs), 2)]
            elif _role(step) == "normalization":
                arguments = [value, *rest[:4]]
            elif _role(step) == "sum":
                arguments = [value, rest[-1]] if step.inputs[0] == made else [rest[-1], value]
            else:
                arguments = [value]
            try:
                result = step.fn(*arguments, **step.kwargs)
            except RAISED as e:
                raise node_error(step.node, e, arguments) from e
            value = result if isinstance(result, torch.Tensor) else result[0]
            made = step.outputs[0]
        return value


# ---------------------------------------------------------------------------------------------------- in place


def _in_place(graph: _Uses, step: Step) -> Step | None:
    """The step working in the memory of an input that nobody else reads; None when there is no such way."""
    fn: Callable[..., torch.Tensor]
    if _role(step) == "relu":
        fn = torch.relu_
    elif _role(step) == "sum":
        fn = _AddInto(step)
    else:
        return None
    maker = graph.maker.get(step.inputs[0])
    if maker is None or step.device is not None:
        return None
    source = graph.steps[maker]
    if not source.node.op.fresh_result or graph.readers[step.inputs[0]] != [graph.maker[step.outputs[0]]]:  # type: ignore[union-attr]
        return None
    if step.inputs[0] in graph.outputs or source.outputs[0] != step.inputs[0]:
        return None
    return Step(step.node, fn, step.inputs, step.outputs, {}, None)


class _AddInto:
    """A sum written into its first term."""

    def __init__(self, step: Step) -> None:
        self.step = step

    def __call__(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        if a.shape != b.shape or a.dtype is not b.dtype:
            return self.step.fn(a, b, **self.step.kwargs)  # says what is wrong
        return a.add_(b)
