"""Loops and branches over graphs: what ``mx.sym.contrib.foreach``, ``while_loop`` and ``cond`` put into a graph.

The bodies are graphs of their own, which a node carries beside its inputs; numbers among the parameters say which input
of the operator is which input of a body. Gradients come from torch, which sees the operators of every step.
"""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Annotated, Any

import torch
from torch import Tensor

from ...base import MXNetError
from ..grad_mode import grad_mode
from ..params import Ge, Longs
from ..registry import Display, Subgraphs, TrainMode, op
from ..shapes import ShapeRule, TypeRule, is_known, unify

Positive = Annotated[int, Ge(1)]
Count = Annotated[int, Ge(0)]


def _pick(values: Sequence[Any], places: Sequence[int], what: str) -> list[Any]:
    """The values at these places. A file can say anything, so places are checked."""
    for i in places:
        if not 0 <= i < len(values):
            raise MXNetError(f"{what} names place {i}, but there are {len(values)}")
    return [values[i] for i in places]


def _check_states(num_outputs: int, num_out_data: int, places: Sequence[int], what: str) -> None:
    """Outputs that are not stacked are the states of the next step."""
    if num_outputs - num_out_data != len(places):
        raise MXNetError(
            f"{what} names {len(places)} states, but there are {num_outputs - num_out_data} among the outputs"
        )


def _bodies(subgraphs: Any) -> Any:
    if subgraphs is None:
        raise MXNetError("runs inside of a graph only; for arrays there are the functions of mx.nd.contrib")
    return subgraphs


def _names(graphs: int) -> Callable[[Any], tuple[str, ...]]:
    return lambda p: tuple([f"data{i}" for i in range(p.num_args - graphs)])


def _outputs(p: SimpleNamespace) -> tuple[str, ...]:
    return ("output",) if p.num_outputs == 1 else tuple([f"output{i}" for i in range(p.num_outputs)])


def _control_flow(name: str, graphs: tuple[str, ...], listed: tuple[str, ...], **options: Any) -> Any:
    """What the three operators share in their declarations."""
    return op(
        name,
        variadic="num_args",
        inputs=_names(len(graphs)),
        outputs=_outputs,
        subgraphs=graphs,
        hint=name,
        display=Display(listed=(*graphs, "data", *listed), printed=dict.fromkeys(graphs, "Symbol")),
        **options,
    )


def _fits(rows: bool, tensor: Tensor) -> Tensor:
    """A slice along the first axis; there are no arrays without axes."""
    return tensor if rows else tensor.reshape(1)


def _stacked(columns: Sequence[Sequence[Tensor]], like: Callable[[int], Any], length: int) -> list[Tensor]:
    """The outputs of all steps, stacked; rows of zeros make up the length."""
    result = []
    for i, column in enumerate(columns):
        if not column:
            shape, dtype, device = like(i)
            result.append(torch.zeros((length, *shape), dtype=dtype, device=device))
            continue
        first = column[0].shape
        for step, tensor in enumerate(column):
            if tensor.shape != first:
                raise MXNetError(
                    f"output {i} of the body changes its shape from {tuple(first)} to {tuple(tensor.shape)} "
                    f"in step {step}"
                )
        stack = torch.stack(list(column))
        if len(column) < length:
            stack = torch.cat([stack, stack.new_zeros((length - len(column), *first))])
        result.append(stack)
    return result


def _own(states: Sequence[Tensor], inputs: Sequence[Tensor]) -> list[Tensor]:
    """States that are still inputs of the operator are copied: outputs have memory of their own."""
    return [t.clone() if any(t is x for x in inputs) else t for t in states]


def _like(body: Any, inputs: Sequence[Tensor]) -> Callable[[int], Any]:
    """Shape, type and device of an output of a body that never ran."""

    def of(i: int) -> Any:
        return (*body.output_like(inputs)[i], inputs[0].device)

    return of


# --------------------------------------------------------------------------------------------------------- foreach


def _arranged(values: Sequence[Any], places: Sequence[int]) -> list[Any]:
    """What the operator is given in the order of the body's inputs."""
    if sorted(places) != list(range(len(values))):
        raise MXNetError(
            "in_data_locs, in_state_locs and remain_locs together must name each input of the body once: "
            f"{len(values)} inputs, {places}"
        )
    feed = [None] * len(values)
    for i, value in zip(places, values):
        feed[i] = value
    return feed


@_control_flow(
    "_foreach",
    ("fn",),
    ("num_args", "num_outputs", "num_out_data", "in_state_locs", "in_data_locs", "remain_locs"),
)
def foreach(
    *data: Tensor,
    num_args: int,
    num_outputs: int,
    num_out_data: Count,
    in_state_locs: Longs,
    in_data_locs: Longs,
    remain_locs: Longs,
    subgraphs: Subgraphs = None,
    is_train: TrainMode = False,
) -> list[Tensor]:
    """Run a body for each slice along the first axis of the data.

    Inputs are the data, the first states, and what else the body reads. The body's first ``num_out_data`` outputs are
    stacked, the others are the states of the next step; the last ones are outputs too.

    Parameters
    ----------
    num_out_data
        How many outputs are collected from the steps; the others are states.
    in_state_locs
        Which inputs of the body are states.
    in_data_locs
        Which inputs of the body are slices of the data.
    remain_locs
        Which inputs of the body are the same at each step.
    """
    (body,) = _bodies(subgraphs)
    num_data, num_states = len(in_data_locs), len(in_state_locs)
    scanned, states = data[:num_data], list(data[num_data : num_data + num_states])
    if not scanned:
        raise MXNetError("there is no data to run over")
    length = scanned[0].shape[0]
    for i, t in enumerate(scanned):
        if t.shape[0] != length:
            raise MXNetError(f"data {i} has {t.shape[0]} rows, data 0 has {length}")
    _check_states(num_outputs, num_out_data, in_state_locs, "in_state_locs")
    feed = _arranged(data, (*in_data_locs, *in_state_locs, *remain_locs))
    slices = [t.unbind(0) for t in scanned]
    matrices = [t.dim() > 1 for t in scanned]
    columns: list[list[Tensor]] = [[] for _ in range(num_out_data)]

    def set_step(rows: Sequence[Tensor]) -> None:
        for place, row, is_matrix in zip(in_data_locs, rows, matrices):
            feed[place] = _fits(is_matrix, row)
        for place, state in zip(in_state_locs, states):
            feed[place] = state

    for rows in zip(*slices):
        set_step(rows)
        results = body(feed, is_train)
        for column, result in zip(columns, results):
            column.append(result)
        states = results[num_out_data:]
    if not length:
        set_step([t.new_empty(t.shape[1:]) for t in scanned])
    return _stacked(columns, _like(body, feed), length) + _own(states, data)


def _row(shape: Sequence[int]) -> Any:
    """The shape of a slice along the first axis."""
    if shape is None:
        return None
    return shape[1:] if len(shape) > 1 else (1,)


@foreach.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    num_data, num_inputs = len(p.in_data_locs), len(s.inputs)
    known = s.values()
    inputs, outputs = known[:num_inputs], known[num_inputs:]
    length: int | None = None
    for shape in (*inputs[:num_data], *outputs[: p.num_out_data]):
        if shape is not None:
            (length,) = unify((length,), shape[:1]) or (None,)
    _check_states(p.num_outputs, p.num_out_data, p.in_state_locs, "in_state_locs")
    rows = [_row(shape) for shape in inputs[:num_data]]
    feed = _arranged((*rows, *inputs[num_data:]), (*p.in_data_locs, *p.in_state_locs, *p.remain_locs))
    results = [_row(shape) for shape in outputs[: p.num_out_data]] + list(outputs[p.num_out_data :])
    feed, results = s.subgraphs[0](feed, results)
    for i, place in enumerate(p.in_data_locs):
        vector = inputs[i] is None or len(inputs[i]) == 1  # a row of one element may be of a vector or of a matrix
        if feed[place] is not None and not (vector and feed[place] == (1,)):
            s.unify(i, (length, *feed[place]))
        elif inputs[i] is not None:
            s.unify(i, (length, *inputs[i][1:]))
    for i, place in enumerate((*p.in_state_locs, *p.remain_locs), num_data):
        s.unify(i, feed[place])
    for i, shape in enumerate(results):
        stacked = i < p.num_out_data
        s.unify(num_inputs + i, (length, *shape) if stacked and shape is not None else None if stacked else shape)


@foreach.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    num_inputs = len(t.inputs)
    known = t.values()
    places = (*p.in_data_locs, *p.in_state_locs, *p.remain_locs)
    feed = _arranged(known[:num_inputs], places)
    feed, results = t.subgraphs[0](feed, known[num_inputs:])
    for i, value in enumerate([feed[place] for place in places] + results):
        t.unify(i, value)


# ------------------------------------------------------------------------------------------------------ while_loop


def _truth(value: Tensor) -> bool:
    if value.numel() != 1:
        raise MXNetError(f"the condition must be a single number, but has the shape {tuple(value.shape)}")
    return bool(value)


@_control_flow(
    "_while_loop",
    ("cond", "func"),
    (
        *("num_args", "num_outputs", "num_out_data", "max_iterations"),
        *("cond_input_locs", "func_input_locs", "func_var_locs"),
    ),
    opaque=True,
)
def while_loop(
    *data: Tensor,
    num_args: int,
    num_outputs: Positive,
    num_out_data: Count,
    max_iterations: Positive,
    cond_input_locs: Longs,
    func_input_locs: Longs,
    func_var_locs: Longs,
    subgraphs: Subgraphs = None,
    is_train: TrainMode = False,
) -> list[Tensor]:
    """Run a body while a condition holds, ``max_iterations`` times at most.

    The body's first ``num_out_data`` outputs are stacked, with zeros in the rows of steps that did not happen; the
    others are the loop variables of the next step, and the last ones are outputs too.

    Parameters
    ----------
    num_out_data
        How many outputs are collected from the steps; the others are loop variables.
    max_iterations
        How many steps there are at most: the length of the collected outputs.
    cond_input_locs
        Which inputs the condition reads.
    func_input_locs
        Which inputs the body reads.
    func_var_locs
        Which inputs of the body are loop variables.
    """
    condition, body = _bodies(subgraphs)
    values = list(data)
    _pick(values, cond_input_locs, "cond_input_locs")
    _pick(values, func_input_locs, "func_input_locs")
    variables = _pick(func_input_locs, func_var_locs, "func_var_locs")
    _check_states(num_outputs, num_out_data, func_var_locs, "func_var_locs")
    columns: list[list[Tensor]] = [[] for _ in range(num_out_data)]
    for _ in range(max_iterations):
        with grad_mode(False):
            if not _truth(condition([values[i] for i in cond_input_locs], is_train)[0]):
                break
        results = body([values[i] for i in func_input_locs], is_train)
        for column, result in zip(columns, results):
            column.append(result)
        for i, value in zip(variables, results[num_out_data:]):
            values[i] = value
    feed = [values[i] for i in func_input_locs]
    return _stacked(columns, _like(body, feed), max_iterations) + _own([values[i] for i in variables], data)


def _loop_variables(p: SimpleNamespace) -> list[int]:
    """Which inputs of the operator are the loop variables."""
    _check_states(p.num_outputs, p.num_out_data, p.func_var_locs, "func_var_locs")
    return _pick(p.func_input_locs, p.func_var_locs, "func_var_locs")


@while_loop.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    num_inputs = len(s.inputs)
    known = s.values()
    outputs = known[num_inputs:]
    variables = _loop_variables(p)
    inputs = list(known[:num_inputs])
    conditions, _ = s.subgraphs[0](_pick(inputs, p.cond_input_locs, "cond_input_locs"), [None])
    _merge(s, p.cond_input_locs, conditions)
    inputs = list(s.values()[:num_inputs])
    steps = [_row(shape) for shape in outputs[: p.num_out_data]]
    feed, results = s.subgraphs[1](
        _pick(inputs, p.func_input_locs, "func_input_locs"), steps + [None] * (p.num_outputs - p.num_out_data)
    )
    _merge(s, p.func_input_locs, feed)
    for place, shape in zip(variables, results[p.num_out_data :]):
        if s.values()[place] is None:
            s.unify(place, shape)
    now = s.values()
    if any(now[v] != shape for v, shape in zip(variables, results[p.num_out_data :])):
        return  # a variable that changes its shape makes the shapes depend on the data
    for i, shape in enumerate(results):
        stacked = i < p.num_out_data
        s.unify(num_inputs + i, shape if not stacked or shape is None else (p.max_iterations, *shape))


def _merge(rule: ShapeRule | TypeRule, places: Sequence[int], values: Sequence[Any]) -> None:
    for i, value in zip(places, values):
        rule.unify(i, value)


@while_loop.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    num_inputs = len(t.inputs)
    variables = _loop_variables(p)

    def carried() -> None:  # a loop variable keeps its type
        for i, place in enumerate(variables, num_inputs + p.num_out_data):
            t.unify(i, t.values()[place])
            t.unify(place, t.values()[i])

    carried()
    conditions, _ = t.subgraphs[0](_pick(t.values()[:num_inputs], p.cond_input_locs, "cond_input_locs"), [None])
    _merge(t, p.cond_input_locs, conditions)
    known = t.values()
    feed, results = t.subgraphs[1](_pick(known[:num_inputs], p.func_input_locs, "func_input_locs"), known[num_inputs:])
    _merge(t, p.func_input_locs, feed)
    _merge(t, range(num_inputs, num_inputs + len(results)), results)
    carried()


# ------------------------------------------------------------------------------------------------------------ cond


@_control_flow(
    "_cond",
    ("cond", "then_branch", "else_branch"),
    ("num_args", "num_outputs", "cond_input_locs", "then_input_locs", "else_input_locs"),
    opaque=True,
)
def cond(
    *data: Tensor,
    num_args: int,
    num_outputs: Positive,
    cond_input_locs: Longs,
    then_input_locs: Longs,
    else_input_locs: Longs,
    subgraphs: Subgraphs = None,
    is_train: TrainMode = False,
) -> list[Tensor]:
    """Run one of two bodies, as a condition says.

    Parameters
    ----------
    cond_input_locs
        Which inputs the condition reads.
    then_input_locs
        Which inputs the first branch reads.
    else_input_locs
        Which inputs the second branch reads.
    """
    condition, then_branch, else_branch = _bodies(subgraphs)
    with grad_mode(False):
        chosen = _truth(condition(_pick(data, cond_input_locs, "cond_input_locs"), is_train)[0])
    if chosen:
        return _own(then_branch(_pick(data, then_input_locs, "then_input_locs"), is_train), data)
    return _own(else_branch(_pick(data, else_input_locs, "else_input_locs"), is_train), data)


def _branches(p: SimpleNamespace) -> list[tuple[str, Sequence[int]]]:
    """The parameters that say what the condition and the two bodies read."""
    return [(name, getattr(p, name)) for name in ("cond_input_locs", "then_input_locs", "else_input_locs")]


@cond.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    num_inputs = len(s.inputs)
    found = []
    for body, (what, places) in zip(s.subgraphs, _branches(p)):
        results = [None] * (1 if what == "cond_input_locs" else p.num_outputs)
        feed, results = body(_pick(s.values()[:num_inputs], places, what), results)
        _merge(s, places, feed)
        found.append(results)
    for i, (one, other) in enumerate(zip(*found[1:]), num_inputs):
        if one == other and is_known(one):  # else the shape depends on the data
            s.unify(i, one)


@cond.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    num_inputs = len(t.inputs)
    for body, (what, places) in zip(t.subgraphs, _branches(p)):
        known = t.values()
        is_condition = what == "cond_input_locs"
        feed, results = body(_pick(known[:num_inputs], places, what), [None] if is_condition else known[num_inputs:])
        _merge(t, places, feed)
        if not is_condition:
            _merge(t, range(num_inputs, num_inputs + len(results)), results)
