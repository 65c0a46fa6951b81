"""Which part of a graph a backward pass goes through, and how much memory a run takes with it and without."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from ...base import MXNetError
from ..registry import OpDef
from ..shapes import is_known
from .infer import infer_shapes, infer_types
from .node import Entry, Graph, Node


def _stops(op: OpDef) -> bool:
    """Whether the gradient of the operator's inputs is zero whatever comes in."""
    return op.stops_gradient or not (op.differentiable or op.no_gradient)


def backward_nodes(graph: Graph, wanted: set[str]) -> list[Node]:
    """The operators between the outputs and the variables (by name) whose gradients are wanted.

    Raises
    ------
    MXNetError
        When an operator among them cannot be differentiated.
    """
    leading: set[Node] = set()  # depend on a wanted variable
    for node in graph.nodes:
        if node.name in wanted if node.op is None else any(n in leading for n, _ in node.inputs):
            leading.add(node)
    reached = {n for n, _ in graph.heads}
    found = []
    for node in reversed(graph.nodes):
        if node.op is None or node not in leading or node not in reached or _stops(node.op):
            continue
        if node.op.no_gradient:
            raise MXNetError(
                f"Operator {node.op.name} (node {node.name!r}) is non-differentiable, but a gradient of "
                "one of its inputs is needed. Bind with grad_req='null' for the arguments before it, or "
                "put a BlockGrad behind it"
            )
        found.append(node)
        reached.update(n for n, _ in node.inputs)
    return found[::-1]


def heads_to_start_from(graph: Graph, wanted: set[str]) -> list[bool]:
    """For each output, whether a backward pass reads the gradient it is given for it.

    It does where a path leads from the output down to a variable (by name) whose gradient is wanted, without passing a
    loss, which makes a gradient of its own, or an operator whose gradient is zero anyway.
    """
    reading: set[Node] = set()
    for node in graph.nodes:
        op = node.op
        if op is None:
            reads = node.name in wanted
        elif _stops(op) or op.is_loss(node.params):
            reads = False
        else:
            reads = any(n in reading for n, _ in node.inputs)
        if reads:
            reading.add(node)
    return [n in reading for n, _ in graph.heads]


def planned_bytes(graph: Graph, arrays: Mapping[str, torch.Tensor], wanted: set[str]) -> int:
    """The memory a run needs at most for intermediate values and outputs.

    Values are freed after their last use, but those that a backward pass reads stay.

    Parameters
    ----------
    graph : Graph
    arrays : dict of str to torch.Tensor
        The variables by name.
    wanted : set of str
        Variables whose gradients are computed.
    """
    shapes = infer_shapes(graph, {k: tuple(t.shape) for k, t in arrays.items()})
    types = infer_types(graph, {k: t.dtype for k, t in arrays.items()})

    def size(entry: Entry) -> int:
        shape, dtype = shapes[entry], types[entry] or torch.float32
        return math.prod(shape) * dtype.itemsize if is_known(shape) else 0

    kept = set(graph.heads)
    for node in backward_nodes(graph, wanted):
        kept.update(node.inputs)
        kept.update((node, i) for i in range(node.num_outputs))
    last_use = {entry: number for number, node in enumerate(graph.operators) for entry in node.inputs}
    live = peak = 0
    for number, node in enumerate(graph.operators):
        live += sum(size((node, i)) for i in range(node.num_outputs))
        peak = max(peak, live)
        for entry in set(node.inputs):
            if entry[0].op is not None and entry not in kept and last_use[entry] == number:
                live -= size(entry)
        for i in range(node.num_outputs):
            if (node, i) not in kept and (node, i) not in last_use:
                live -= size((node, i))
    return peak
