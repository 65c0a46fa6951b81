"""Runs sample rows through any ``mxnet`` package: the one under test, or MXNet 1.9.1 when goldens are recorded."""

import contextlib
import functools
import zlib

import numpy as np

_SPACES = {"_contrib_": "contrib", "_linalg_": "linalg", "_image_": "image", "_sparse_": "sparse"}


_NUMPY = ("_np_", "_npi_", "_npx_")


def is_numpy(op):
    """Whether an operator has NumPy's semantics, and is called with arrays of ``mx.np``."""
    return op.startswith(_NUMPY) and op != "_np_cumsum"  # which is that of mx.nd


def _numpy_function(space, op):
    """An operator with NumPy's semantics, which is in namespaces of its own."""
    prefix, _, name = op[1:].partition("_")
    spaces = {"np": space.numpy._op, "npi": space.numpy._internal, "npx": space.numpy_extension._op}
    return getattr(spaces[prefix], name)


def shapes_of(mx, op):
    """The scope in which an operator is called: with NumPy's semantics, results may have no axes."""
    return mx.util.np_shape(True) if is_numpy(op) else contextlib.nullcontext()


def _in_numpy_shapes(fn):
    import mxnet as mx

    @functools.wraps(fn)
    def call(*args, **kwargs):
        with mx.util.np_shape(True), mx.util.np_array(True):
            return fn(*args, **kwargs)

    return call


def function(space, op):
    """The function of an operator in ``mx.nd`` or ``mx.sym``, by the operator's canonical name."""
    if is_numpy(op):
        return _in_numpy_shapes(_numpy_function(space, op))
    for prefix, name in _SPACES.items():
        if op.startswith(prefix) and hasattr(getattr(space, name), op[len(prefix) :]):
            return getattr(getattr(space, name), op[len(prefix) :])
    if op.startswith("_random_") and op.endswith("_like"):
        return getattr(space.random, op[len("_random_") :])
    return getattr(space._internal if op.startswith("_") else space.op, op)


def is_float(dtype):
    """Whether gradients flow through arrays of this type."""
    return dtype.startswith(("float", "bfloat"))


def dtype_name(mx, array):
    """The name of an array's data type."""
    dtype = np.dtype(array.dtype)
    return "bfloat16" if dtype.names else dtype.name


def to_array(mx, ctx, spec, values):
    """An NDArray of drawn values, in the type and storage of its spec."""
    if spec.dtype == "bfloat16":
        return mx.nd.amp_cast(mx.nd.array(values, ctx=ctx), dtype="bfloat16")
    array = mx.nd.array(values, ctx=ctx, dtype=values.dtype)
    return array if spec.stype == "default" else array.tostype(spec.stype)


def inputs(mx, ctx, row):
    """All inputs of a row as NDArrays, in the order of ``row.specs``."""
    return of_kind(row, [to_array(mx, ctx, spec, values) for spec, values in zip(row.specs, row.draw())])


def of_kind(row, arrays):
    """The arrays as those that the row's operator takes."""
    return [x.as_np_ndarray() for x in arrays] if is_numpy(row.op) else arrays


def call(fn, row, given, params):
    """Call an operator's function on the inputs (arrays or symbols, in the order of ``row.specs``)."""
    given = iter(given)
    positional = [None if spec is None else next(given) for spec in row.inputs]
    while positional and positional[-1] is None:
        positional.pop()
    named = {name: next(given) for name in row.named}
    return fn(*positional, **named, **params)


def as_list(outputs):
    """One output or several, as a list."""
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def record(mx, results, name, array):
    """Add an array to the results; its name tells the type and storage where NumPy's array cannot."""
    if array.stype != "default":
        name, array = f"{name}@{array.stype}", array.tostype("default")
    if dtype_name(mx, array) == "bfloat16":
        name, array = f"{name}@bfloat16", mx.nd.amp_cast(array, dtype="float32")
    results[name] = array.asnumpy()


def head_gradients(mx, ctx, row, outputs):
    """The float outputs and seeded head gradients for them."""
    rng = np.random.RandomState(zlib.crc32(f"head {row.id}".encode()))
    heads, grads = [], []
    for out in outputs:
        dtype = dtype_name(mx, out)
        values = rng.uniform(-1, 1, out.shape).astype("float32" if dtype == "bfloat16" else dtype)
        if is_float(dtype):
            heads.append(out)
            make = mx.np.array if is_numpy(row.op) else mx.nd.array
            grad = make(values, ctx=ctx, dtype=values.dtype)
            grads.append(mx.nd.amp_cast(grad, dtype="bfloat16") if dtype == "bfloat16" else grad)
    return heads, grads


def seed(mx):
    """Let operators that draw random numbers draw the same ones in each run of a row."""
    mx.random.seed(7)


def forward(mx, row, ctx=None, params=None):
    """Outputs ``out0, ...`` and, under ``after0, ...``, the inputs that the operator has changed."""
    ctx = ctx or mx.cpu()
    given = inputs(mx, ctx, row)
    before = [x.asnumpy() for x in given]
    seed(mx)
    with mx.autograd.train_mode() if row.train else mx.autograd.predict_mode():
        outputs = as_list(call(function(mx.nd, row.op), row, given, row.params if params is None else params))
    results = {}
    for i, out in enumerate(outputs):
        record(mx, results, f"out{i}", out)
    for i, (x, old) in enumerate(zip(given, before)):
        if not np.array_equal(x.asnumpy(), old, equal_nan=old.dtype.kind == "f"):
            record(mx, results, f"after{i}", x)
    return results


def gradient(mx, row, ctx=None):
    """Gradients ``grad0, ...`` of the float inputs, for seeded head gradients."""
    ctx = ctx or mx.cpu()
    given = inputs(mx, ctx, row)
    leaves = [(i, x) for i, (x, spec) in enumerate(zip(given, row.specs)) if is_float(spec.dtype)]
    for _, x in leaves:
        x.attach_grad()
    with mx.autograd.record(train_mode=row.train):
        outputs = as_list(call(function(mx.nd, row.op), row, given, row.params))
    heads, grads = head_gradients(mx, ctx, row, outputs)
    results = {}
    if heads and leaves:
        mx.autograd.backward(heads, grads, train_mode=row.train)
        for i, x in leaves:
            record(mx, results, f"grad{i}", x.grad)
    return results
