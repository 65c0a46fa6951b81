"""Watching a run: each operator's outputs, inputs and gradients, reported by name to a callback."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from ..graph.node import Entry


class OutputMonitor:
    """Reports the arrays of runs of a program to ``callback(name, array)``.

    Parameters
    ----------
    callback : callable
    inputs : bool
        Whether to report inputs too: variables under their own name, and each input as ``{node}_{input}``.
    wrap : callable
        Makes an array of a tensor.
    operators : bool
        Call ``callback(name, operator, array)`` instead, with names as bytes, and leave variables out.
    """

    def __init__(
        self,
        callback: Callable[..., None],
        inputs: bool,
        wrap: Callable[[torch.Tensor], Any],
        operators: bool = False,
    ) -> None:
        self._callback = callback
        self._inputs = inputs
        self._wrap = wrap
        self._operators = operators
        self._gradients: list[Any] = []

    def start(self, names: Iterable[str], inputs: Iterable[torch.Tensor]) -> Callable[[Any, int, torch.Tensor], None]:
        """The hook for one run on inputs of these names, which is called with node, number and value of each output."""
        variables = dict(zip(names, inputs))
        for handle in self._gradients:  # of the run before
            handle.remove()
        self._gradients = []
        values: dict[Entry, torch.Tensor] = {}

        def hook(node: Any, index: int, value: torch.Tensor) -> None:
            if index == 0:
                given = [variables[n.name] if n.is_variable else values[n, k] for n, k in node.inputs]
                if self._inputs:
                    self._report_inputs(node, given)
                self._report_gradients(node, given)
            values[node, index] = value
            self._report(node.output_name(index), node.op.name, value)

        return hook

    def _report(self, name: str, operator: str, value: torch.Tensor) -> None:
        array = self._wrap(value.detach())
        if self._operators:
            self._callback(name.encode(), operator.encode(), array)
        else:
            self._callback(name, array)

    def _report_inputs(self, node: Any, given: list[torch.Tensor]) -> None:
        names = node.op.input_names(node.params, len(given))
        if len(names) == 1 and not node.op.variadic and not node.op.display.input_named:
            names = ("input0",)
        for (source, _), name, value in zip(node.inputs, names, given):
            if source.is_variable and not self._operators:
                self._report(source.name, "null", value)
            self._report(f"{node.name}_{name}", node.op.name, value)

    def _report_gradients(self, node: Any, given: list[torch.Tensor]) -> None:
        """Have the gradients of a node's inputs reported when they arrive; zeros for those that nobody asked for.

        Auxiliary states have none.
        """
        if self._operators:
            names = [f"{node.name}_backward_{i}" for i in range(len(given))]
        else:
            base = f"{node.name}_backward_output"
            names = [base] if len(given) == 1 else [f"{base}{i}" for i in range(len(given))]
        states = node.mutated_inputs()
        unasked = [(n, v) for i, (n, v) in enumerate(zip(names, given)) if not v.requires_grad and i not in states]
        for name, value in zip(names, given):
            if value.requires_grad:
                self._gradients.append(value.register_hook(self._reporter(name, node.op.name, unasked)))
                unasked = []  # these are reported once, with the first

    def _reporter(
        self, name: str, operator: str, unasked: list[tuple[str, torch.Tensor]]
    ) -> Callable[[torch.Tensor], None]:
        operator = f"_backward_{operator}"

        def report(gradient: torch.Tensor) -> None:
            self._report(name, operator, gradient)
            for other, value in unasked:
                self._report(other, operator, torch.zeros_like(value))

        return report
