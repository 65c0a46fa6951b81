"""Recording the kernel calls of a computation, and writing them out again as one straight-line Python function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten


class NotTraceable(Exception):
    """A computation cannot be replayed for other values: it looks at values, or uses tensors from elsewhere."""


@dataclass(slots=True, eq=False)
class Slot:
    """A value of the recorded computation."""

    index: int

    def __repr__(self) -> str:
        return f"v{self.index}"


@dataclass(eq=False)
class KernelCall:
    """One kernel call: the function, its arguments with slots for tensors, and the slots of its results."""

    fn: torch._ops.OpOverload
    args: Sequence[Any]
    kwargs: dict[str, Any]
    results: list[Slot | None]
    single: bool
    backward: bool

    def __post_init__(self) -> None:
        self.reads = list(_slots_in((self.args, list(self.kwargs.values()))))
        self.writes = [r for r in self.results if r is not None]
        self.mutates = self.fn._schema.is_mutable

    @property
    def touches(self) -> list[Slot]:
        """The values that it reads, and those that it makes."""
        return self.reads + self.writes


def _slots_in(value: object) -> Iterable[Slot]:
    if isinstance(value, Slot):
        yield value
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from _slots_in(v)


# What torch marks so gives a shape, a branch or numbers that a trace would freeze.
_UNTRACEABLE = frozenset(
    (torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape, torch.Tag.nondeterministic_seeded)
)
_IDENTITY = frozenset((aten.detach.default, aten.alias.default))


# Larger constants are rather made anew than kept.
_SMALL = 1 << 16


class Recorder(TorchDispatchMode):
    """Records every kernel call made inside its ``with`` block."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Nothing here is ever compiled by dynamo, whose import alone takes longer than training a small network.
        return False

    def __init__(self, inputs: Sequence[torch.Tensor]) -> None:
        super().__init__()
        self.calls: list[KernelCall] = []
        self.backward = False  # whether what is recorded now belongs to the backward part
        self._slots: dict[int, Slot] = {}
        self._alive: list[torch.Tensor] = []  # ids stay valid while the tensors live
        self._values: list[torch.Tensor] = []  # by slot number
        self.constants: dict[int, torch.Tensor] = {}
        self.inputs = [self._new(t) for t in inputs]
        self._traced_memory = {t.untyped_storage().data_ptr() for t in inputs}

    def _new(self, t: torch.Tensor) -> Slot:
        slot = Slot(len(self._values))
        self._values.append(t)
        self._slots[id(t)] = slot
        return slot

    def add_input(self, like: torch.Tensor) -> torch.Tensor:
        """A further input of the computation, which is as large as some value."""
        count = len(self.calls)
        t = torch.ones_like(like, memory_format=torch.contiguous_format)
        del self.calls[count:]
        self.inputs.append(self.slot_of(t))
        return t

    @property
    def largest(self) -> int:
        """The number of elements of the largest value."""
        return max((t.numel() for t in self._values), default=0)

    def slot_of(self, t: torch.Tensor) -> Slot:
        """The slot of a tensor; one that comes from outside the computation becomes a constant."""
        found = self._slots.get(id(t))
        if found is None:
            if t.untyped_storage().data_ptr() in self._traced_memory and t.numel():
                raise NotTraceable("a tensor shares memory with the computation, but was not made by it")
            found = self._new(t)
            self.constants[found.index] = t.detach()
        return found

    def _encode(self, value: object) -> Any:
        if isinstance(value, torch.Tensor):
            return self.slot_of(value)
        if isinstance(value, (list, tuple)):
            return [self._encode(v) for v in value]
        return value

    def hoist_constants(self, outputs: Sequence[Slot | None]) -> None:
        """Take out the calls that depend on nothing (``arange``, ``full``): their results become constants.

        Results whose memory some call writes are left alone, and so are outputs, which the caller may write.
        """

        def memory(slot: Slot) -> int:
            return self._values[slot.index].untyped_storage().data_ptr()

        written = {memory(s) for c in self.calls if c.mutates for s in c.reads}
        written.update(memory(s) for s in outputs if s is not None)
        for call in self.calls:
            result = call.results[0] if call.single else None
            if result is None or call.reads or call.mutates or memory(result) in written:
                continue
            value = self._values[result.index]
            if value.numel() <= _SMALL:
                self.constants[result.index] = value

    def __torch_dispatch__(
        self,
        func: torch._ops.OpOverload,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if not _UNTRACEABLE.isdisjoint(func.tags):
            raise NotTraceable(f"{func} depends on values or draws random numbers")
        encoded = self._encode(args)
        named = {k: self._encode(v) for k, v in kwargs.items()}
        result = func(*args, **kwargs)
        if func in _IDENTITY or (func is aten.view.default and result.shape == args[0].shape):
            self._slots[id(result)] = encoded[0]
            self._alive.append(result)
            return result
        single = isinstance(result, torch.Tensor)
        made = [result] if single else list(result) if isinstance(result, (list, tuple)) else []
        slots: list[Slot | None] = []
        for t in made:
            if not isinstance(t, torch.Tensor):
                slots.append(None)
                continue
            self._traced_memory.add(t.untyped_storage().data_ptr())
            slots.append(self._slots.get(id(t)) or self._new(t))
        self.calls.append(KernelCall(func, encoded, named, slots, single, self.backward))
        return result


# Python bindings that take the same positional arguments as the recorded overloads, and are called in half the time.
_FAST: dict[Any, tuple[str, Any]] = {
    aten.mm.default: ("mm", torch.mm),
    aten.addmm.default: ("addmm", torch.addmm),
    aten.bmm.default: ("bmm", torch.bmm),
    aten.t.default: ("t", torch.t),
    aten.relu.default: ("relu", torch.relu),
    aten.sigmoid.default: ("sigmoid", torch.sigmoid),
    aten.tanh.default: ("tanh", torch.tanh),
    aten.exp.default: ("exp", torch.exp),
    aten.log.default: ("log", torch.log),
    aten.neg.default: ("neg", torch.neg),
    aten._softmax.default: ("softmax", torch._softmax),
    aten.mul.Tensor: ("mul", torch.mul),
    aten.add.Tensor: ("add", torch.add),
    aten.sub.Tensor: ("sub", torch.sub),
    aten.div.Tensor: ("div", torch.div),
    aten.clone.default: ("clone", torch.clone),
    aten.unsqueeze.default: ("unsqueeze", torch.unsqueeze),
    aten.transpose.int: ("transpose", torch.transpose),
    aten.permute.default: ("permute", torch.permute),
    aten.cat.default: ("cat", torch.cat),
    aten.sum.dim_IntList: ("sum", torch.sum),
    aten.view.default: ("view", torch.Tensor.view),
    aten.expand.default: ("expand", torch.Tensor.expand),
    aten.index_select.default: ("index_select", torch.index_select),
}


def simplify(
    calls: list[KernelCall], outputs: list[Slot | None], constants: dict[int, torch.Tensor]
) -> tuple[list[KernelCall], list[Slot | None]]:
    """Calls and outputs without the calls whose result is a constant, and without transposes of transposes."""
    source: dict[int, Slot] = {}
    same: dict[int, Slot] = {}

    def root(value: object) -> Any:
        if isinstance(value, Slot):
            return same.get(value.index, value)
        return [root(v) for v in value] if isinstance(value, list) else value

    kept = []
    for call in calls:
        args = root(call.args)
        if call.single and call.results[0].index in constants:  # type: ignore[union-attr]
            continue
        if call.fn is aten.t.default and call.results[0] is not None:
            made = call.results[0].index
            if args[0].index in source:
                same[made] = source[args[0].index]
                continue
            source[made] = args[0]
        kwargs = {k: root(v) for k, v in call.kwargs.items()}
        kept.append(KernelCall(call.fn, args, kwargs, call.results, call.single, call.backward))
    return kept, [root(s) for s in outputs]


def write_function(
    name: str,
    inputs: Sequence[Slot],
    calls: Sequence[KernelCall],
    outputs: Sequence[Slot | None],
    constants: dict[int, torch.Tensor],
) -> Callable[..., list[Any]]:
    """Compile calls to a Python function of the inputs that gives the outputs as a list."""
    scope: dict[str, Any] = {f"v{i}": t for i, t in constants.items()}
    names: dict[Any, str] = {}

    def literal(value: object) -> str:
        if isinstance(value, Slot):
            return f"v{value.index}"
        if isinstance(value, list):
            return "[" + ", ".join(literal(v) for v in value) + "]"
        if value is None or isinstance(value, (bool, int, str)):
            return repr(value)
        key = f"c{len(scope)}"
        scope[key] = value
        return key

    def function(fn: torch._ops.OpOverload) -> str:
        if fn not in names:
            shown, target = _FAST.get(fn, (fn.overloadpacket.__name__, fn))
            names[fn] = f"{shown}_{len(scope)}"
            scope[names[fn]] = target
        return names[fn]

    last: dict[int, int] = {}
    for k, call in enumerate(calls):
        last.update((slot.index, k) for slot in call.touches)
    keep = {s.index for s in outputs if s is not None} | set(constants)
    lines = []
    for k, call in enumerate(calls):
        given = [literal(a) for a in call.args] + [f"{n}={literal(v)}" for n, v in call.kwargs.items()]
        results = ", ".join("_" if r is None else f"v{r.index}" for r in call.results)
        target = results if call.single or not call.results else f"{results},"
        lines.append((f"{target} = " if target else "") + f"{function(call.fn)}({', '.join(given)})")
        ended = sorted({s.index for s in call.touches if last[s.index] == k and s.index not in keep})
        if ended:
            lines.append("del " + ", ".join(f"v{i}" for i in ended))
    arguments = ", ".join(f"v{s.index}" for s in inputs)
    result = ", ".join("None" if s is None else f"v{s.index}" for s in outputs)
    body = "\n    ".join([*lines, f"return [{result}]"])
    source = f"def {name}({arguments}):\n    {body}\n"
    exec(compile(source, f"<traced {name}>", "exec"), scope)
    scope[name].source = source  # for whoever wants to read what runs
    return scope[name]
