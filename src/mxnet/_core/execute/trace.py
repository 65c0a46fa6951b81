"""Training steps traced once: forward and backward as two straight lines of kernel calls.

Small networks spend their time in Python and in torch's autograd bookkeeping, not in kernels. The trace leaves only
kernel calls, which run about twice as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from typing import Any

import torch

from ..grad_mode import grad_mode
from ..tape import gradients
from .program import Program
from .recorder import NotTraceable, Recorder, Slot, simplify, write_function

# How often a call is run operator by operator before it is traced, and how many kinds of calls a graph keeps traces of.
_TRACE_AFTER = 2
_MOST_TRACES = 32
# A trace must pay: larger arrays keep the kernels busy long enough, and operator by operator memory is freed earlier.
_MAX_ELEMENTS = 1 << 20
# Up to this many elements an array is worked on by one thread; it is ATen's own limit too.
_ONE_THREAD = 1 << 15


class Trace:
    """Forward and backward of one program, traced for the shapes of its inputs.

    Parameters
    ----------
    program : Program
    inputs : list of Tensor
        Arguments and auxiliary states; their values do not matter and are not changed.
    wanted : list of int
        The inputs whose gradients are computed.
    is_train : bool
        The mode of layers with two behaviors.
    given : tuple of bool, optional
        For which outputs head gradients are given; for all where this is left out.

    Attributes
    ----------
    flows : list of bool
        Which outputs depend on a wanted input.

    Raises
    ------
    NotTraceable
        When the computation depends on values, or fails.
    """

    def __init__(
        self,
        program: Program,
        inputs: Sequence[torch.Tensor],
        wanted: Sequence[int],
        is_train: bool,
        given: Sequence[bool] | None = None,
    ) -> None:
        self.wanted = tuple(wanted)
        program = program.sized(inputs)
        given = [True] * len(program.outputs) if given is None else given
        copies = [t.detach().clone() for t in inputs]
        recorder = Recorder(copies)
        try:
            with recorder, grad_mode(bool(wanted)):  # predictions are traced with their fused steps
                outputs, grads, self.flows = _joint(program, recorder, copies, wanted, given, is_train)
        except (RuntimeError, ValueError, TypeError, IndexError, NotTraceable) as e:
            raise NotTraceable(str(e)) from e
        # Waking a second thread takes longer than such kernels do, the more so on a busy machine.
        self._tiny = recorder.largest <= _ONE_THREAD
        self._write(recorder, len(inputs), outputs, grads)

    def _write(self, recorder: Recorder, num_inputs: int, outputs: list[Slot | None], grads: list[Slot | None]) -> None:
        """Cut the recorded calls in two, and hand over what the backward part reads of the forward part."""
        recorder.hoist_constants(outputs)
        calls, results = simplify(recorder.calls, [*outputs, *grads], recorder.constants)
        first = [c for c in calls if not c.backward]
        outputs, grads = results[: len(outputs)], results[len(outputs) :]
        needed, read = [], {s.index for s in grads if s is not None}
        for call in reversed(calls):
            if not call.backward:
                break
            if call.mutates or any(r.index in read for r in call.writes):
                needed.append(call)
                read.update(s.index for s in call.reads)
        needed.reverse()
        inputs, head_grads = recorder.inputs[:num_inputs], recorder.inputs[num_inputs:]
        known = {s.index: s for s in (*inputs, *[r for c in first for r in c.writes])}
        saved = [s for i, s in known.items() if i in read and i not in recorder.constants]
        self._num_outputs = len(outputs)
        self._forward = write_function("forward", inputs, first, [*outputs, *saved], recorder.constants)
        self._backward = write_function("backward", [*saved, *head_grads], needed, grads, recorder.constants)

    def forward(self, inputs: Sequence[torch.Tensor]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """The outputs, and what :meth:`backward` needs."""
        results = self._run(self._forward, inputs)
        n = self._num_outputs
        return results[:n], results[n:]

    def backward(self, saved: Sequence[torch.Tensor], heads: Sequence[torch.Tensor | None]) -> list[Any]:
        """The gradients of the wanted inputs; None for those that do not matter."""
        starts = [h.contiguous() for h in heads if h is not None]  # as in the recording, which may view them
        return self._run(self._backward, [*saved, *starts])

    def _run(self, function: Callable[..., list[Any]], inputs: Sequence[torch.Tensor]) -> list[Any]:
        threads = torch.get_num_threads()
        alone = self._tiny and threads > 1
        if alone:
            torch.set_num_threads(1)
        try:
            with grad_mode(False):
                return function(*inputs)
        finally:
            if alone:
                torch.set_num_threads(threads)


class Traces(dict[Any, "Trace | None"]):
    """The traces of a graph by kind of call, which all later calls of the kind use; None where there can be none."""

    def __init__(self, closed: bool) -> None:
        super().__init__()
        self._counts: dict[Any, int] = {}
        self.closed = closed  # whether new kinds of calls are not worth keeping books of

    def is_due(self, kind: Hashable) -> bool:
        """Count a call of a kind that has no trace; whether it has come so often that it shall get one."""
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        if count > _TRACE_AFTER and len(self) < _MOST_TRACES:
            return True
        self.closed = len(self._counts) > 4 * _MOST_TRACES
        return False

    def add(self, kind: Hashable, program: Program, inputs: Sequence[torch.Tensor], *args: Any) -> Trace | None:
        """Trace a call that draws nothing and stays on one device; see :class:`Trace` for the arguments."""
        self[kind] = None  # runs operator by operator, with the same results
        if program.is_pure and all(t.numel() <= _MAX_ELEMENTS for t in inputs):
            with suppress(NotTraceable):
                self[kind] = Trace(program, inputs, *args)
        return self[kind]


def _joint(
    program: Program,
    recorder: Recorder,
    inputs: list[torch.Tensor],
    wanted: Sequence[int],
    given: Sequence[bool],
    is_train: bool,
) -> tuple[list[Any], list[Any], list[bool]]:
    """Run forward and backward under the recorder: the slots of outputs and gradients, and which outputs count."""
    leaves = list(inputs)
    for i in wanted:
        leaves[i] = leaves[i].detach().requires_grad_(True)
    results = program.run(leaves, is_train)
    flows = [r.requires_grad for r in results]
    recorder.backward = True
    starts = (
        [recorder.add_input(r) if known else torch.ones_like(r) for r, known in zip(results, given)] if wanted else []
    )
    grads = gradients(results, [leaves[i] for i in wanted], starts) if wanted else []
    found = [None if g is None else recorder.slot_of(g) for g in grads]
    return [recorder.slot_of(r) for r in results], found, flows
