"""Experimental operators over Symbols: those generated from the registry and a few written by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .._core.frontend.multi_tensor import make_functions
from .._core.frontend.namespaces import install
from .._core.frontend.nested import flatten, python_value, regroup, two_results
from .._core.graph.node import Entry
from .._core.registry import get_op
from . import _internal, op
from ._create import create
from ._creation import full
from ._functions import make_function
from ._subgraph import Body
from ._symbol import Symbol
from .random import uniform

if TYPE_CHECKING:
    from ._stubs.contrib import *  # noqa: F403


def rand_zipfian(true_classes: Symbol, num_sampled: int, range_max: int) -> tuple[Symbol, Symbol, Symbol]:
    """Draw classes whose frequency falls with their number, for sampled losses.

    Class ``k`` has the probability ``(log(k + 2) - log(k + 1)) / log(range_max + 1)``.

    Parameters
    ----------
    true_classes : Symbol
        The classes of the examples, 1-dimensional.
    num_sampled : int
        How many to draw.
    range_max : int
        How many classes there are.

    Returns
    -------
    samples, expected_count_true, expected_count_sample : Symbol
        The draws, and how often the true and the drawn classes are expected among them.
    """
    log_range = math.log(range_max + 1)
    draws = op.cast(op.exp(uniform(0, log_range, shape=(num_sampled,), dtype="float64")) - 1, dtype="int64")
    samples = draws % range_max

    def expected(classes: Symbol) -> Symbol:
        real = op.cast(classes, dtype="float64")
        return op.log((real + 2.0) / (real + 1.0)) / log_range * num_sampled

    return samples, expected(true_classes), expected(samples)


def foreach(
    body: Callable[[Any, Any], tuple[Any, Any]], data: Any, init_states: Any, name: str = "foreach"
) -> tuple[Any, Any]:
    """Run a function over each slice along the first axis of the data, carrying states along.

    Parameters
    ----------
    body : callable
        ``body(slice, states) -> (outputs, new states)``, over symbols nested as ``data`` and ``init_states`` are. It
        is called once, and describes what each step computes; it may use symbols of outside.
    data : Symbol or nested list of Symbol
        What to run over. Each must be used.
    init_states : Symbol or nested list of Symbol
        The states of the first step. Each must be used.
    name : str
        What the name of the body's graph begins with.

    Returns
    -------
    outputs : Symbol or nested list of Symbol
        The outputs of all steps, stacked along a new first axis.
    states : Symbol or nested list of Symbol
        The states after the last step.

    Raises
    ------
    AssertionError
        When something is no (nested list of) Symbol, states change their nesting, or an argument is not used.

    Examples
    --------
    >>> import mxnet as mx
    >>> total, _ = mx.sym.contrib.foreach(lambda x, s: (x + s, x + s), mx.sym.var("x"), mx.sym.var("s"))
    >>> total.eval(x=mx.nd.array([[1], [2], [3]]), s=mx.nd.zeros(1))[0].asnumpy().ravel().tolist()
    [1.0, 3.0, 6.0]
    """
    flat_data, data_structure = flatten(data, Symbol, "foreach input")
    flat_states, state_structure = flatten(init_states, Symbol, "foreach states")
    num_data = len(flat_data)

    def build(variables: list[Symbol]) -> Any:
        given = regroup(variables[:num_data], data_structure), regroup(variables[num_data:], state_structure)
        outs, states = two_results(body(*given), "the body of foreach")
        flat_outs, out_structure = flatten(outs, Symbol, "foreach output")
        new_states, new_structure = flatten(states, Symbol, "foreach loop_vars")
        if new_structure != state_structure:
            raise AssertionError("the states that body gives must be nested as those it gets")
        return flat_outs, new_states, out_structure

    made = Body(name, flat_data + flat_states, build, copy_shared=True)
    places = {number: place for place, (number, _) in enumerate(made.inputs) if number is not None}
    for what, numbers in (("data", range(num_data)), ("state", range(num_data, num_data + len(flat_states)))):
        if any(number not in places for number in numbers):
            raise AssertionError(f"foreach: body must use every {what} array")
    remaining = [place for place, (number, _) in enumerate(made.inputs) if number is None]
    results = _node(
        "_foreach",
        [made],
        [s._heads[0] for s in flat_data + flat_states] + [made.inputs[place][1] for place in remaining],
        num_outputs=made.num_outputs + made.num_states,
        num_out_data=made.num_outputs,
        in_state_locs=[places[number] for number in range(num_data, num_data + len(flat_states))],
        in_data_locs=[places[number] for number in range(num_data)],
        remain_locs=remaining,
    )
    return regroup(results[: made.num_outputs], made.result), regroup(results[made.num_outputs :], state_structure)


def while_loop(
    cond: Callable[..., Any],
    func: Callable[..., Any],
    loop_vars: Any,
    max_iterations: int | None = None,
    name: str = "while_loop",
) -> tuple[Any, Any]:
    """Run a function over loop variables while a condition holds.

    Parameters
    ----------
    cond : callable
        ``cond(*loop_vars)`` gives a symbol of one element: whether to go on.
    func : callable
        ``func(*loop_vars) -> (outputs, new loop variables)``; either may be None when there are none. Called once, to
        describe what each step computes.
    loop_vars : Symbol or nested list of Symbol
        The first values of the loop variables. Each must be used by ``func``.
    max_iterations : int
        After how many steps to stop in any case.
    name : str
        What the names of the two graphs begin with.

    Returns
    -------
    outputs : Symbol or nested list of Symbol
        The outputs of all steps, stacked along a new first axis of length ``max_iterations``; zeros where there was no
        step.
    states : Symbol or nested list of Symbol
        The loop variables after the last step.

    Raises
    ------
    ValueError
        When ``max_iterations`` is missing, there are no loop variables, their number changes, or one is not used.
    AssertionError
        When something is no (nested list of) Symbol.
    """
    flat_vars, structure = flatten(loop_vars, Symbol, "while loop_vars")
    if max_iterations is None:
        raise ValueError("max_iterations should be specified")
    limit = python_value(max_iterations, int, "max_iteration")
    if not flat_vars:
        raise ValueError("loop_vars should contain at least one element")

    def arguments(variables: list[Symbol]) -> list[Any]:
        given = regroup(variables, structure)
        return given if isinstance(given, list) else [given]

    def build_cond(variables: list[Symbol]) -> Any:
        result = cond(*arguments(variables))
        if not isinstance(result, Symbol):
            raise ValueError("Return of cond must be a Symbol")
        if len(result._heads) != 1:
            raise ValueError(f"cond must give one output, got {len(result._heads)}")
        return [result], [], None

    def build_func(variables: list[Symbol]) -> Any:
        given = arguments(variables)
        outs, new_vars = two_results(func(*given), "func")
        flat_outs, out_structure = flatten([] if outs is None else outs, Symbol, "while output")
        new_flat, _ = flatten([] if new_vars is None else new_vars, Symbol, "while loop_vars")
        if len(new_flat) != len(variables):
            raise ValueError(f"func must give {len(variables)} loop_vars, as it gets, and gave {len(new_flat)}")
        return flat_outs, new_flat, out_structure

    condition = Body(f"{name}_cond", flat_vars, build_cond)
    body = Body(f"{name}_func", flat_vars, build_func)
    inputs = _Inputs()
    cond_locs = [inputs.place(number, entry) for number, entry in condition.inputs]
    func_locs = [inputs.place(number, entry) for number, entry in body.inputs]
    places = {number: place for place, (number, _) in enumerate(body.inputs) if number is not None}
    for i in range(len(flat_vars)):
        if i not in places:
            raise ValueError(f"The {i + 1}-th loop_var doesn't involve into the computation")
    results = _node(
        "_while_loop",
        [condition, body],
        inputs.entries,
        max_iterations=limit,
        cond_input_locs=cond_locs,
        func_input_locs=func_locs,
        func_var_locs=[places[i] for i in range(len(flat_vars))],
        num_out_data=body.num_outputs,
        num_outputs=body.num_outputs + body.num_states,
    )
    return regroup(results[: body.num_outputs], body.result), regroup(results[body.num_outputs :], structure)


def cond(pred: Any, then_func: Callable[[], Any], else_func: Callable[[], Any], name: str = "cond") -> Any:
    """Compute one of two things, as a condition says.

    Parameters
    ----------
    pred : Symbol
        One element: whether to take the first function.
    then_func, else_func : callable
        Without arguments, giving a (nested list of) Symbol; both as many. Each is called once.
    name : str
        What the names of the three graphs begin with.

    Returns
    -------
    Symbol or nested list of Symbol
        As the first function nests them.

    Raises
    ------
    ValueError
        When the functions give different numbers of outputs, or ``pred`` has several.
    AssertionError
        When something is no (nested list of) Symbol.

    Examples
    --------
    >>> import mxnet as mx
    >>> a = mx.sym.var("a")
    >>> mx.sym.contrib.cond(a < 5, lambda: a + 1, lambda: a - 1).eval(a=mx.nd.array([7]))[0].item()
    6.0
    """

    def graph(suffix: str, build: Callable[[], Any]) -> Body:
        def outputs(_: list[Symbol]) -> Any:
            flat, structure = flatten(build(), Symbol, "cond outputs")
            return flat, [], structure

        return Body(f"{name}_{suffix}", [], outputs)

    condition = graph("pred", lambda: pred)
    if condition.num_outputs != 1:
        raise ValueError("pred should always be a single output")
    branches = graph("then", then_func), graph("else", else_func)
    if branches[0].num_outputs != branches[1].num_outputs:
        raise ValueError(
            f"cond: then_func gives {branches[0].num_outputs} outputs, else_func {branches[1].num_outputs}; the same "
            "number is needed"
        )
    inputs = _Inputs(by_name=True)
    locs = [[inputs.place(None, entry) for _, entry in body.inputs] for body in (condition, *branches)]
    results = _node(
        "_cond",
        [condition, *branches],
        inputs.entries,
        cond_input_locs=locs[0],
        then_input_locs=locs[1],
        else_input_locs=locs[2],
        num_outputs=branches[0].num_outputs,
    )
    return regroup(results, branches[0].result)


class _Inputs:
    """The inputs of an operator with several bodies. Some that two bodies read are one input, as in MXNet's files."""

    def __init__(self, by_name: bool = False) -> None:
        self.entries: list[Entry] = []
        self._by_name = by_name
        self._places: dict[Any, int] = {}

    def place(self, number: int | None, entry: Entry) -> int:
        """The place of a loop variable (by its number) or of another value among the inputs."""
        node = entry[0]
        made_inside = node.op is None and "__subgraph_name__" in node.attrs
        key: Any = number
        if number is None and node.op is None and (self._by_name or made_inside):
            key = node.name
        place = None if key is None else self._places.get(key)
        if place is None:
            place = len(self.entries)
            self.entries.append(entry)
            if key is not None:
                self._places[key] = place
        return place


def _node(name: str, bodies: Sequence[Body], inputs: Sequence[Entry], **params: Any) -> list[Symbol]:
    """The outputs of a new control-flow operator."""
    made = create(get_op(name), [Symbol([e]) for e in inputs], {}, params, subgraphs=[b.graph for b in bodies])
    return [bodies[-1].kind([head]) for head in made._heads]


_updates = make_functions(
    lambda name: getattr(_internal, name),
    lambda scale, weight: scale if isinstance(scale, Symbol) else full((1,), scale),
)
adamw_update = _updates["adamw_update"]
mp_adamw_update = _updates["mp_adamw_update"]


install(__name__, "contrib", make_function)
