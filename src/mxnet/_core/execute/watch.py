"""Watching a run: each operator's outputs, inputs and gradients, reported by name to a callback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch


class Watch:
    """Reports the arrays of runs of a program to ``callback(name, array)``.

    Parameters
    ----------
    callback : callable
    inputs : bool
        Whether to report inputs too: variables under their own name, and each input as ``{node}_{input}``.
    wrap : callable
        Makes an array of a tensor.
    """

    def __init__(self, callback: Callable[..., None], inputs: bool, wrap: Callable[[torch.Tensor], Any]) -> None:
        self._callback = callback
        self._inputs = inputs
        self._wrap = wrap
        self._gradients: list[Any] = []

    def start(self, variables: Mapping[str, torch.Tensor]) -> Callable[[Any, int, torch.Tensor], None]:
        """The hook for one run, which is called with node, number and value of each output."""
        for handle in self._gradients:  # of the run before
            handle.remove()
        self._gradients = []
        values: dict[tuple[int, int], torch.Tensor] = {}

        def hook(node: Any, index: int, value: torch.Tensor) -> None:
            if index == 0:
                for number, (source, k) in enumerate(node.inputs):
                    given = variables[source.name] if source.is_variable else values[id(source), k]
                    self._see_input(node, number, source, given)
            values[id(node), index] = value
            self._report(node.output_name(index), value)

        return hook

    def _report(self, name: str, value: torch.Tensor) -> None:
        self._callback(name, self._wrap(value.detach()))

    def _see_input(self, node: Any, number: int, source: Any, value: torch.Tensor) -> None:
        if self._inputs:
            if source.is_variable:
                self._report(source.name, value)
            self._report(f"{node.name}_{node.op.input_names(node.params, len(node.inputs))[number]}", value)
        if value.requires_grad:
            name = f"{node.name}_backward_output" + (str(number) if len(node.inputs) > 1 else "")
            self._gradients.append(value.register_hook(lambda gradient: self._report(name, gradient)))
