"""The gradients that a backward pass of an executor starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ...base import MXNetError
from ..gradients import Pass
from ..graph.gradient import heads_to_start_from
from ..graph.node import Graph
from ..sparse.storage import Rows, Sparse
from ..state import state
from ..tape import gradients
from .sparse import in_graph


class Heads:
    """The outputs of a graph, as what a backward pass starts from.

    Parameters
    ----------
    graph : Graph
    names : list of str
        Their names.
    wanted : set of str
        Variables whose gradients are computed.
    """

    def __init__(self, graph: Graph, names: Sequence[str], wanted: set[str]) -> None:
        self._names = names
        self._needed = heads_to_start_from(graph, wanted)

    def fit(self, given: Sequence[Any], outputs: Sequence[Any]) -> list[torch.Tensor | None]:
        """What is given as head gradients, in the types of the outputs (dense tensors, or rows as COO tensors).

        Parameters
        ----------
        given : list
            A tensor, ``Sparse`` or None for each output. What is not needed and does not fit is overlooked.
        outputs : list
            The outputs.

        Raises
        ------
        MXNetError
            When a gradient that is needed has another shape than its output.
        """
        found: list[torch.Tensor | None] = []
        for name, g, r, needed in zip(self._names, given, outputs, self._needed):
            if g is None:
                found.append(None)
            elif tuple(g.shape) == tuple(r.shape):
                value = g
                if isinstance(value, Rows) and isinstance(r, Sparse):
                    value = value.sorted().as_coo()
                elif isinstance(value, Sparse):
                    value = value.dense()
                found.append(value.detach().to(r.device, r.dtype))
            elif needed:
                shape = tuple(g.shape)
                raise MXNetError(f"the gradient of output {name} has shape {shape}, the output {tuple(r.shape)}")
            else:
                found.append(None)
        return found

    def differentiate(
        self, results: Sequence[Any], starts: Sequence[torch.Tensor | None], wanted: Sequence[torch.Tensor]
    ) -> Sequence[torch.Tensor | None]:
        """Gradients of the wanted tensors; None for those that do not matter.

        Raises
        ------
        MXNetError
            When an output is no loss and has no gradient to start from.
        """
        tensors: list[torch.Tensor] = []
        grads: list[torch.Tensor] = []
        for name, r, g, needed in zip(self._names, results, starts, self._needed):
            stands = in_graph(r)
            if stands is None or not stands.requires_grad:
                continue
            if g is None and needed:
                raise MXNetError(
                    f"backward: head_gradient is required for output {name}, which does not come from a loss layer: "
                    "give the gradient to start from in out_grads (to minimize an output, wrap it in MakeLoss)"
                )
            tensors.append(stands)
            if g is None:
                g = torch.ones(r.shape, dtype=stands.dtype, device=r.device)
            grads.append(g if g.dtype == stands.dtype else g.to(stands.dtype))
        try:
            with Pass(state.training, state.recording):
                return gradients(tensors, wanted, grads)
        except MXNetError:
            raise
        except RuntimeError as e:
            raise MXNetError(f"backward: {e}") from e
