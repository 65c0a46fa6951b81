"""Checking symbols: outputs and gradients against expectations, finite differences, and other devices."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from .. import symbol as sym_module
from .._core.types import DTypeLike
from ..context import Context
from ..executor import Executor
from ..ndarray import NDArray
from ..symbol import Symbol
from ._arrays import create_sparse_array
from ._compare import as_numpy, assert_almost_equal
from ._defaults import default_context, default_dtype, default_numeric_eps, get_tolerance

__all__ = [
    "check_numeric_gradient",
    "check_speed",
    "check_symbolic_backward",
    "check_symbolic_forward",
    "numeric_grad",
    "same_symbol_structure",
    "simple_forward",
]

_FLOAT_TYPES = (np.float16, np.float32, np.float64)
_FLOAT32 = default_dtype()


def simple_forward(sym: Symbol, ctx: Context | None = None, is_train: bool = False, **inputs: Any) -> Any:
    """Evaluate a symbol on NumPy arrays.

    Returns
    -------
    numpy.ndarray or list of numpy.ndarray
        The output, or the list of outputs when there are several.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.test_utils.simple_forward(mx.sym.Variable("x") * 2, x=[1, 2]).tolist()
    [2.0, 4.0]
    """
    executor = sym.bind(ctx or default_context(), args={k: nd.array(v) for k, v in inputs.items()})
    executor.forward(is_train=is_train)
    outputs = [x.asnumpy() for x in executor.outputs]
    return outputs[0] if len(outputs) == 1 else outputs


def same_symbol_structure(sym1: Any, sym2: Any) -> bool:
    """Whether two symbols have the same operators in the same order."""
    ops = [[node["op"] for node in json.loads(s.tojson())["nodes"]] for s in (sym1, sym2)]
    return all(a == b for a, b in zip(*ops))


# ---------------------------------------------------------------------- what the checks are given


def _check_dtype(dtype: DTypeLike, from_arrays: bool = True) -> None:
    if dtype not in _FLOAT_TYPES and not (from_arrays and isinstance(dtype, str) and dtype == "asnumpy"):
        raise AssertionError(f"dtype must be float16, float32 or float64{' or asnumpy' * from_arrays}, got {dtype!r}")


def _to_nd(value: object, ctx: Context, dtype: DTypeLike) -> Any:
    """An NDArray of a NumPy array; anything else as it is. ``dtype="asnumpy"`` keeps the array's type."""
    if not isinstance(value, np.ndarray):
        return value
    keep = isinstance(dtype, str) and dtype == "asnumpy"
    return nd.array(value, ctx=ctx, dtype=value.dtype if keep else dtype)


def _by_name(what: str, values: object, names: Sequence[str], ctx: Context, dtype: DTypeLike) -> dict[str, Any]:
    """Values by name as NDArrays, from a dictionary that has exactly these names, or from a sequence."""
    if isinstance(values, Mapping):
        if set(values) != set(names):
            raise ValueError(f"{what} of the symbol, {set(names)}, got {set(values)}")
    elif isinstance(values, (list, tuple)):
        values = dict(zip(names, values))
    else:
        raise AssertionError(f"expected a list, tuple or dict of arrays, got {type(values).__name__}")
    return {k: _to_nd(v, ctx, dtype) for k, v in values.items()}


def _location(sym: Symbol, location: object, ctx: Context, dtype: DTypeLike) -> dict[str, Any]:
    """The values of all arguments by name, in the order of the names (which keeps random draws reproducible)."""
    found = _by_name("location should name the arguments", location, sym.list_arguments(), ctx, dtype)
    return dict(sorted(found.items()))


def _aux_states(sym: Symbol, aux_states: object, ctx: Context, dtype: DTypeLike) -> dict[str, Any] | None:
    if aux_states is None:
        return None
    what = "aux_states should name the auxiliary states"
    return _by_name(what, aux_states, sym.list_auxiliary_states(), ctx, dtype)


# ---------------------------------------------------------------------- finite differences


def numeric_grad(
    executor: Executor,
    location: dict[str, np.ndarray],
    aux_states: Mapping[str, Any] | None = None,
    eps: float = 1e-4,
    use_forward_train: bool = True,
    dtype: DTypeLike = _FLOAT32,
) -> dict[str, np.ndarray]:
    """The gradient of the sum of an executor's first output, by central differences.

    Parameters
    ----------
    executor : Executor
    location : dict of str to numpy.ndarray
        The point, by argument name. Arguments that are not floating point get a gradient of zero.
    aux_states : dict of str to array, optional
        Auxiliary states, restored before each forward pass.
    eps : float
        The distance between the two points of a difference.
    use_forward_train : bool
        Whether forward passes run in training mode.
    dtype : type

    Returns
    -------
    dict of str to numpy.ndarray
    """
    _check_dtype(dtype, from_arrays=False)

    def write(array: NDArray, value: object) -> None:
        array[:] = value if array.stype == "default" else nd.array(value, dtype=dtype).tostype(array.stype)

    def forward() -> np.ndarray:
        for name, value in (aux_states or {}).items():
            write(executor.aux_dict[name], value)
        executor._output_dirty = False  # many forward passes without a backward pass are intended here
        executor.forward(is_train=use_forward_train)
        return as_numpy(executor.outputs[0])

    points = {name: np.array(value, order="C") for name, value in location.items()}
    for name, point in points.items():
        write(executor.arg_dict[name], point)
    gradients = {name: np.zeros(point.shape, dtype=dtype) for name, point in points.items()}
    for name, point in points.items():
        if point.dtype.kind != "f":
            continue
        target, gradient, flat = executor.arg_dict[name], gradients[name].reshape(-1), point.reshape(-1)
        for i in range(flat.size):
            original = flat[i]
            flat[i] = original + eps / 2
            write(target, point)
            above = forward()
            flat[i] = original - eps / 2
            write(target, point)
            gradient[i] = (above - forward()).sum() / eps
            flat[i] = original
        write(target, point)
    executor._output_dirty = False
    return gradients


def check_numeric_gradient(
    sym: Symbol,
    location: Any,
    aux_states: Any = None,
    numeric_eps: Any = None,
    rtol: float | None = None,
    atol: float | None = None,
    grad_nodes: Any = None,
    use_forward_train: bool = True,
    ctx: Context | None = None,
    grad_stype_dict: dict[str, str] | None = None,
    dtype: DTypeLike = _FLOAT32,
) -> None:
    """Assert that a symbol's gradients equal finite differences of a random projection of its output.

    Parameters
    ----------
    sym : Symbol
        With one output.
    location : list, tuple or dict of numpy.ndarray
        The values of all arguments, in order or by name.
    aux_states : list, tuple or dict, optional
        The values of the auxiliary states.
    numeric_eps : float or dict of numpy.dtype to float, optional
        The step; that of the data type when not given.
    rtol, atol : float or dict, optional
        Tolerances of the comparison.
    grad_nodes : list or dict of str to str, optional
        The arguments to check, or their ``grad_req``; all when not given.
    use_forward_train : bool
        Whether the differences are taken in training mode.
    ctx : Context, optional
    grad_stype_dict : dict of str to str, optional
        Storage types of gradient buffers.
    dtype : type

    Raises
    ------
    AssertionError
        Naming the argument whose gradient differs, and where.
    """
    _check_dtype(dtype, from_arrays=False)
    ctx = ctx or default_context()
    arguments = _location(sym, location, ctx, dtype)
    aux = _aux_states(sym, aux_states, ctx, dtype)
    point = {k: v.asnumpy() for k, v in arguments.items()}
    aux_point = None if aux is None else {k: v.asnumpy() for k, v in aux.items()}
    grad_req = _grad_req_of(grad_nodes if grad_nodes is not None else sym.list_arguments())

    shapes = {k: v.shape for k, v in arguments.items()}
    out_shape = sym.infer_shape(**shapes)[1][0]
    projection = "__random_proj"
    # Elements that are not too small, else the differences lose precision.
    arguments[projection] = nd.array(np.random.rand(*out_shape) + 0.1, ctx=ctx, dtype=dtype)
    before = {k: np.random.normal(0, 0.01, size=arguments[k].shape) for k in (*grad_req, projection)}
    buffers = {k: nd.array(v, ctx=ctx, dtype=dtype) for k, v in before.items()}
    for name, stype in (grad_stype_dict or {}).items():
        if name in buffers and stype != "default":
            buffers[name] = nd.zeros(buffers[name].shape, ctx=ctx, dtype=dtype, stype=stype)

    executor = _projected(sym, projection).bind(
        ctx, grad_req=dict(grad_req), args=arguments, args_grad=buffers, aux_states=aux
    )
    if len(executor.arg_arrays) != len(arguments):
        raise ValueError(
            f"Executor arg_arrays and and location len do not match.Got {len(executor.arg_arrays)} inputs "
            f"and {len(arguments)} locations"
        )
    output = executor.forward(is_train=True)[0]
    eps = get_tolerance(output, numeric_eps, default_numeric_eps())
    if dtype in (np.float32, np.float16) and eps < 1e-5:
        raise AssertionError(f"a step of {eps} is lost in the rounding of {np.dtype(dtype)}")
    executor.backward()
    found = {k: as_numpy(executor.grad_dict[k]) for k in grad_req}

    expected = numeric_grad(executor, point, aux_point, eps=eps, use_forward_train=use_forward_train, dtype=dtype)
    for name, req in grad_req.items():
        limits = {"rtol": rtol, "atol": atol, "names": (f"NUMERICAL_{name}", f"BACKWARD_{name}")}
        _assert_delivered(req, name, expected[name], found[name], before[name], **limits)


def _projected(sym: Symbol, projection: str) -> Any:
    """A loss: the symbol's output times a variable."""
    factor = sym_module.Variable(projection)
    numpy_symbol = type(sym) is not sym_module.Symbol and hasattr(sym, "as_nd_ndarray")
    if numpy_symbol:  # multiplied as NumPy does, then handed to the classic operator
        return sym_module.make_loss((sym * factor.as_np_ndarray()).as_nd_ndarray())
    return sym_module.make_loss(sym * factor)


def _grad_req_of(nodes: object) -> dict[str, str]:
    if isinstance(nodes, Mapping):
        return dict(nodes)
    if isinstance(nodes, (list, tuple)):
        return dict.fromkeys(nodes, "write")
    raise ValueError(f"grad_nodes must be a list, a tuple or a dict, got {type(nodes).__name__}")


def _assert_delivered(
    req: str,
    name: str,
    expected: object,
    found: object,
    before: np.ndarray,
    **limits: Any,
) -> None:
    """Assert that a gradient buffer holds what ``grad_req`` makes of the buffer before and the gradient."""
    if req == "write":
        assert_almost_equal(expected, found, **limits)
    elif req == "add":
        assert_almost_equal(expected, as_numpy(found) - before, **limits)
    elif req == "null":
        if found is not None:
            assert_almost_equal(before, found, **limits)
    else:
        raise ValueError(f"Invalid grad_req {req} for argument {name}")


# ---------------------------------------------------------------------- expected outputs and gradients


def check_symbolic_forward(
    sym: Symbol,
    location: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    aux_states: Any = None,
    ctx: Context | None = None,
    equal_nan: bool = False,
    dtype: DTypeLike = _FLOAT32,
) -> list[NDArray]:
    """Assert that a symbol has the expected outputs.

    Parameters
    ----------
    sym : Symbol
    location : list or dict of numpy.ndarray
        The values of all arguments, in order or by name.
    expected : list or dict of numpy.ndarray
        The outputs, in order or by name.
    rtol, atol : float or dict, optional
        Tolerances of the comparison.
    aux_states : list or dict, optional
    ctx : Context, optional
    equal_nan : bool
        Whether NaN equals NaN.
    dtype : type or "asnumpy"
        The type of the arguments; "asnumpy" keeps that of each array.

    Returns
    -------
    list of NDArray
        The outputs.

    Examples
    --------
    >>> import mxnet as mx, numpy as np
    >>> lhs, rhs = mx.sym.Variable("lhs"), mx.sym.Variable("rhs")
    >>> product = mx.sym.dot(lhs, rhs)
    >>> a, b = np.array([[1., 2.], [3., 4.]]), np.array([[5., 6.], [7., 8.]])
    >>> _ = mx.test_utils.check_symbolic_forward(product, [a, b], [a @ b])
    """
    _check_dtype(dtype)
    ctx = ctx or default_context()
    arguments = _location(sym, location, ctx, dtype)
    if isinstance(expected, Mapping):
        expected = [expected[k] for k in sym.list_outputs()]
    buffers = {k: nd.zeros(v.shape, ctx=ctx, dtype=v.dtype) for k, v in arguments.items()}
    executor = sym.bind(ctx, args=arguments, aux_states=_aux_states(sym, aux_states, ctx, dtype), args_grad=buffers)
    outputs = executor.forward(is_train=False)
    for name, wanted, output in zip(sym.list_outputs(), expected, outputs):
        assert_almost_equal(wanted, output, rtol, atol, (f"EXPECTED_{name}", f"FORWARD_{name}"), equal_nan=equal_nan)
    return outputs


def check_symbolic_backward(
    sym: Symbol,
    location: Any,
    out_grads: NDArray | Sequence[NDArray] | None,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    aux_states: Any = None,
    grad_req: str | Sequence[str] | dict[str, str] = "write",
    ctx: Context | None = None,
    grad_stypes: Mapping[str, str] | None = None,
    equal_nan: bool = False,
    dtype: DTypeLike = _FLOAT32,
) -> dict[str, NDArray]:
    """Assert that a symbol has the expected gradients.

    Parameters
    ----------
    sym : Symbol
    location : list or dict of numpy.ndarray
        The values of all arguments, in order or by name.
    out_grads : list or dict of arrays, or None
        Gradients of the outputs, in order or by name.
    expected : list or dict of numpy.ndarray
        Gradients of the arguments, in order or by name.
    rtol, atol : float or dict, optional
        Tolerances of the comparison.
    aux_states : list or dict, optional
    grad_req : str, list or dict
        "write", "add" or "null".
    ctx : Context, optional
    grad_stypes : dict of str to str, optional
        Storage types of gradient buffers.
    equal_nan : bool
        Whether NaN equals NaN.
    dtype : type or "asnumpy"
        The type of the arrays; "asnumpy" keeps that of each.

    Returns
    -------
    dict of str to NDArray
        The gradients by argument.
    """
    _check_dtype(dtype)
    ctx = ctx or default_context()
    names = sym.list_arguments()
    arguments = _location(sym, location, ctx, dtype)
    if isinstance(expected, (list, tuple)):
        expected = dict(zip(names, expected))

    # Buffers start with noise: what was there before must not show.
    before = {k: np.random.normal(size=v.shape) for k, v in sorted(expected.items())}
    keep = isinstance(dtype, str)
    buffers = {}
    for k, noise in before.items():
        stype = (grad_stypes or {}).get(k)
        if stype in (None, "default"):
            buffers[k] = nd.array(noise, ctx=ctx, dtype=expected[k].dtype if keep else dtype)
        else:
            buffers[k] = create_sparse_array(noise.shape, stype, density=0.0)
    if isinstance(grad_req, str):
        grad_req = dict.fromkeys(names, grad_req)
    elif isinstance(grad_req, (list, tuple)):
        grad_req = dict(zip(names, grad_req))

    aux = _aux_states(sym, aux_states, ctx, dtype)
    executor = sym.bind(ctx, args=arguments, args_grad=buffers, grad_req=grad_req, aux_states=aux)
    executor.forward(is_train=True)
    if isinstance(out_grads, (list, tuple)):
        out_grads = [_to_nd(g, ctx, dtype) for g in out_grads]
    elif isinstance(out_grads, Mapping):
        out_grads = {k: _to_nd(g, ctx, dtype) for k, g in out_grads.items()}
    elif out_grads is not None:
        raise AssertionError(f"out_grads must be a list, a dict or None, got {type(out_grads).__name__}")
    executor.backward(out_grads)

    for name, wanted in expected.items():
        shown = (f"EXPECTED_{name}", f"BACKWARD_{name}")
        limits = {"rtol": rtol, "atol": atol, "names": shown, "equal_nan": equal_nan}
        _assert_delivered(grad_req[name], name, wanted, buffers[name], before[name], **limits)
    return buffers


def check_speed(
    sym: Symbol,
    location: dict[str, Any] | None = None,
    ctx: Context | None = None,
    N: int = 20,
    grad_req: str | Sequence[str] | dict[str, str] | None = None,
    typ: str = "whole",
    **kwargs: Any,
) -> float:
    """The seconds that a forward pass (``typ="forward"``) or a forward and a backward pass ("whole") take.

    Parameters
    ----------
    sym : Symbol
    location : dict of str to numpy.ndarray, optional
        Values of the arguments; random when not given.
    ctx : Context, optional
    N : int
        How many passes to average over.
    grad_req : str, list or dict, optional
        "write" when not given.
    typ : {"whole", "forward"}
    **kwargs
        Shapes of the arguments when there is no ``location``.
    """
    if typ not in ("whole", "forward"):
        raise ValueError('typ can only be "whole" or "forward".')
    ctx = ctx or default_context()
    if location is not None and not isinstance(location, dict):
        raise AssertionError(f'Expect dict, get "location"={location}')
    shapes = kwargs if location is None else {k: v.shape for k, v in location.items()}
    executor = sym.simple_bind(grad_req=grad_req or "write", ctx=ctx, **shapes)
    if location is None:
        location = {k: np.random.normal(size=v.shape) for k, v in executor.arg_dict.items()}
    for name, value in location.items():
        executor.arg_dict[name][:] = value.astype(executor.arg_dict[name].dtype)

    def once() -> None:
        executor.forward(is_train=typ == "whole")
        if typ == "whole":
            executor.backward(out_grads=executor.outputs)

    once()
    nd.waitall()
    tic = time.perf_counter()
    for _ in range(N):
        once()
    nd.waitall()
    return (time.perf_counter() - tic) / N
