"""Experimental operators over NDArrays: those generated from the registry and a few written by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .._core.array import require_array
from .._core.frontend.multi_tensor import make_functions
from .._core.frontend.namespaces import install
from .._core.frontend.nested import flatten, python_value, regroup, two_results
from ..base import _as_list
from ..context import Context, chosen_context
from . import _internal, op
from ._arithmetic import FUNCTIONS
from ._array import NDArray, make_function
from ._creation import full, zeros
from .random import uniform

if TYPE_CHECKING:
    from ._stubs.contrib import *  # noqa: F403


def rand_zipfian(
    true_classes: NDArray, num_sampled: int, range_max: int, ctx: Context | None = None
) -> tuple[NDArray, NDArray, NDArray]:
    """Draw classes whose frequency falls with their number, for sampled losses.

    Class ``k`` has the probability ``(log(k + 2) - log(k + 1)) / log(range_max + 1)``.

    Parameters
    ----------
    true_classes : NDArray
        The classes of the examples, 1-dimensional.
    num_sampled : int
        How many to draw.
    range_max : int
        How many classes there are.
    ctx : Context, optional
        Where to draw; the current context when not given.

    Returns
    -------
    samples, expected_count_true, expected_count_sample : NDArray
        The draws (int64), and how often the true and the drawn classes are expected among them (float64).
    """
    ctx = chosen_context(ctx)
    require_array(true_classes, "true_classes", "rand_zipfian")
    log_range = math.log(range_max + 1)
    draws = uniform(0, log_range, shape=(num_sampled,), dtype="float64", ctx=ctx)
    samples = (draws.exp() - 1).astype("int64") % range_max

    def expected(classes: NDArray) -> NDArray:
        real = classes.astype("float64")
        return ((real + 2.0) / (real + 1.0)).log() / log_range * num_sampled

    return samples, expected(true_classes.as_in_context(ctx)), expected(samples)


def foreach(body: Callable[[Any, Any], tuple[Any, Any]], data: Any, init_states: Any) -> tuple[Any, Any]:
    """Run a function over each slice along the first axis of the data, carrying states along.

    Parameters
    ----------
    body : callable
        ``body(slice, states) -> (outputs, new states)``, over arrays nested as ``data`` and ``init_states`` are.
    data : NDArray or nested list of NDArray
        What to run over, all of the same length.
    init_states : NDArray or nested list of NDArray
        The states of the first step.

    Returns
    -------
    outputs : NDArray or nested list of NDArray
        The outputs of all steps, stacked along a new first axis; an empty list when there is no step.
    states : NDArray or nested list of NDArray
        What ``body`` gave last.

    Raises
    ------
    AssertionError
        When something is no (nested list of) NDArray.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.nd.array([[1], [2], [3]])
    >>> total, _ = mx.nd.contrib.foreach(lambda row, s: (row + s, row + s), x, mx.nd.zeros(1))
    >>> total.asnumpy().ravel().tolist()
    [1.0, 3.0, 6.0]
    """
    arrays, structure = flatten(data, NDArray, "foreach input")
    flatten(init_states, NDArray, "foreach states")
    if not arrays:
        raise ValueError("foreach needs data to run over")
    length = len(arrays[0])
    for i, a in enumerate(arrays):
        if len(a) != length:
            raise ValueError(f"foreach: data {i} has {len(a)} rows, data 0 has {length}")
    states, rows = init_states, []
    out_structure: Any = []
    for i in range(length):
        outs, states = two_results(body(regroup([a[i] for a in arrays], structure), states), "the body of foreach")
        flat, out_structure = flatten(outs, NDArray, "foreach output")
        rows.append(flat)
    stacked = [_stack(i, column) for i, column in enumerate(_columns(rows, "foreach output"))]
    return regroup(stacked, out_structure), states


def while_loop(
    cond: Callable[..., Any], func: Callable[..., Any], loop_vars: Any, max_iterations: int | None = None
) -> tuple[Any, Any]:
    """Run a function over loop variables while a condition holds.

    Parameters
    ----------
    cond : callable
        ``cond(*loop_vars)`` gives a number or an array of one element: whether to go on.
    func : callable
        ``func(*loop_vars) -> (outputs, new loop variables)``; either may be None when there are none.
    loop_vars : NDArray or nested list of NDArray
        The first values of the loop variables.
    max_iterations : int
        After how many steps to stop in any case.

    Returns
    -------
    outputs : NDArray or nested list of NDArray
        The outputs of all steps, stacked along a new first axis of length ``max_iterations``; zeros where there was no
        step, and an empty list when there was none at all.
    states : NDArray or nested list of NDArray
        The loop variables after the last step.

    Raises
    ------
    ValueError
        When ``max_iterations`` is missing, there are no loop variables, their number or the number of outputs changes.
    AssertionError
        When an output is no (nested list of) NDArray.

    Examples
    --------
    >>> import mxnet as mx
    >>> _, (i,) = mx.nd.contrib.while_loop(lambda i: i < 5, lambda i: (None, [i + 2]), [mx.nd.zeros(1)], 10)
    >>> i.item()
    6.0
    """
    if max_iterations is None:
        raise ValueError("max_iterations should be specified")
    limit = python_value(max_iterations, int, "max_iteration")
    if len(loop_vars) == 0:
        raise ValueError("loop_vars should contain at least one element")
    single = isinstance(loop_vars, NDArray)
    variables = _as_list(loop_vars)
    rows: list[list[NDArray]] = []
    structure: Any = []
    while len(rows) < limit and python_value(cond(*variables), bool, "Return value of cond"):
        outs, new_vars = two_results(func(*variables), "func")
        new_vars = [] if new_vars is None else _as_list(new_vars)
        if len(new_vars) != len(variables):
            raise ValueError(f"func must give {len(variables)} loop_vars, as it gets, and gave {len(new_vars)}")
        variables = new_vars
        flat, structure = flatten([] if outs is None else outs, NDArray, "while output")
        rows.append(flat)
    stacked = [_stack(i, column, limit) for i, column in enumerate(_columns(rows, "step_output"))]
    return regroup(stacked, structure), variables[0] if single else variables


def cond(pred: Any, then_func: Callable[[], Any], else_func: Callable[[], Any]) -> Any:
    """Compute one of two things, as a condition says.

    Parameters
    ----------
    pred : NDArray
        One element (or a number): whether to call the first function.
    then_func, else_func : callable
        Without arguments.

    Returns
    -------
    object
        What the function gave.

    Raises
    ------
    ValueError
        When ``pred`` has several elements.
    """
    return then_func() if python_value(pred, bool, "pred") else else_func()


def _columns(rows: Sequence[Sequence[NDArray]], what: str) -> list[list[NDArray]]:
    """The outputs of all steps, output by output."""
    for row in rows:
        if len(row) != len(rows[0]):
            raise ValueError(f"Number of elements in {what} should be the same in each step")
    return [list(column) for column in zip(*rows)]


def _stack(number: int, arrays: Sequence[NDArray], length: int = 0) -> NDArray:
    """One output of all steps in one array; rows of zeros make up the length."""
    shapes = [a.shape for a in arrays]
    if any(shape != shapes[0] for shape in shapes):
        listed = "\n".join(f"  Step {i}, shape is {shape}" for i, shape in enumerate(shapes))
        raise ValueError(f"output {number} of func must have one shape in all steps:\n{listed}")
    stack = op.stack(*arrays)
    missing = length - len(arrays)
    if missing <= 0:
        return stack
    return op.concat(stack, zeros((missing, *shapes[0]), ctx=stack.context, dtype=stack.dtype), dim=0)


def isinf(data: NDArray) -> NDArray:
    """1 where an element is infinite, else 0."""
    return require_array(data, "data", "isinf").abs() == float("inf")


def isfinite(data: NDArray) -> NDArray:
    """1 where an element is neither infinite nor NaN, else 0."""
    not_nan: Any = require_array(data, "data", "isfinite") == data
    return FUNCTIONS["multiply"](not_nan, data.abs() != float("inf"))


def isnan(data: NDArray) -> NDArray:
    """1 where an element is NaN, else 0."""
    return require_array(data, "data", "isnan") != data


_updates = make_functions(
    lambda name: getattr(_internal, name),
    lambda scale, weight: (
        scale.as_in_context(weight.context) if isinstance(scale, NDArray) else full((1,), scale, ctx=weight.context)
    ),
)
adamw_update = _updates["adamw_update"]
mp_adamw_update = _updates["mp_adamw_update"]
multi_adamw_update = _updates["multi_adamw_update"]
multi_mp_adamw_update = _updates["multi_mp_adamw_update"]
multi_lamb_update = _updates["multi_lamb_update"]
multi_mp_lamb_update = _updates["multi_mp_lamb_update"]


install(__name__, "contrib", make_function)
