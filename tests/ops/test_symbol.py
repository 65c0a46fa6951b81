"""The symbol form of every sample row: inference, JSON, and a bound executor, against the eager call."""

import numpy as np

import mxnet as mx

from . import runner
from .support import assert_same, select


def _symbol(row):
    variables = runner.of_kind(row, [mx.sym.var(f"in{i}") for i in range(len(row.specs))])
    made = runner.call(runner.function(mx.sym, row.op), row, variables, {**row.params, "name": "node"})
    return mx.sym.Group(made) if isinstance(made, list) else made  # several outputs of NumPy's operators are a list


def _has_symbol(row):
    return row.symbol and not row.raises and all(s.stype == "default" for s in row.specs)


def _names(symbol):
    return symbol.list_arguments(), symbol.list_auxiliary_states()


@select(lambda r: _has_symbol(r) and r.infer)
def test_inference(family, row, ctx):
    """``infer_shape`` and ``infer_type`` say what the eager call gives."""
    symbol = _symbol(row)
    results = runner.as_list(runner.call(runner.function(mx.nd, row.op), row, runner.inputs(mx, ctx, row), row.params))
    known = {f"in{i}": spec.shape for i, spec in enumerate(row.specs)}
    with runner.shapes_of(mx, row.op):
        _, shapes, _ = symbol.infer_shape(**known)
    assert shapes == [r.shape for r in results]
    types = {f"in{i}": runner.dtype_name(mx, a) for i, a in enumerate(runner.inputs(mx, ctx, row))}
    _, found, _ = symbol.infer_type(**types)
    assert [np.dtype(t) for t in found] == [np.dtype(r.dtype) for r in results]


@select(_has_symbol)
def test_json(family, row):
    """Writing and reading JSON changes neither text nor meaning."""
    symbol = _symbol(row)
    text = symbol.tojson()
    read = mx.sym.load_json(text)
    assert read.tojson() == text
    assert read.list_outputs() == symbol.list_outputs()
    assert _names(read) == _names(symbol)
    assert [vars(n.params) for n, _ in read._heads] == [vars(n.params) for n, _ in symbol._heads]


@select(_has_symbol)
def test_executor(family, row, ctx):
    """A bound symbol, read back from JSON, gives the same outputs, changed inputs and gradients as the eager call."""
    symbol = mx.sym.load_json(_symbol(row).tojson())
    given = runner.inputs(mx, ctx, row)
    before = [x.asnumpy() for x in given]
    by_name = {f"in{i}": x for i, x in enumerate(given)}
    arguments, states = _names(symbol)
    floats = [n for n in arguments if runner.is_float(runner.dtype_name(mx, by_name[n]))]
    gradients = {n: mx.nd.zeros_like(by_name[n]) for n in floats} if row.grad else {}
    executor = symbol.bind(
        ctx,
        args={n: by_name[n] for n in arguments},
        args_grad=gradients,
        grad_req={n: "write" if n in gradients else "null" for n in arguments},
        aux_states={n: by_name[n] for n in states},
    )
    runner.seed(mx)
    executor.forward(is_train=row.train)
    results = {}
    for i, out in enumerate(executor.outputs):
        runner.record(mx, results, f"out{i}", out)
    for i, (x, old) in enumerate(zip(given, before)):
        if not np.array_equal(x.asnumpy(), old, equal_nan=old.dtype.kind == "f"):
            runner.record(mx, results, f"after{i}", x)
    assert_same(results, runner.forward(mx, row, ctx), row, rtol=1e-6, atol=1e-7)
    if not gradients or states or row.train is not _depends_on_mode(row):
        return
    if not row.train:
        executor.forward(is_train=True)
    want = runner.gradient(mx, row, ctx)
    heads, grads = runner.head_gradients(mx, ctx, row, executor.outputs)
    if heads:
        executor.backward(grads if len(heads) == len(executor.outputs) else _padded(executor.outputs, heads, grads))
        got = {}
        for i in range(len(given)):
            if f"in{i}" in gradients:
                runner.record(mx, got, f"grad{i}", gradients[f"in{i}"])
        assert_same(got, want, row, rtol=1e-5, atol=1e-6)


def _depends_on_mode(row):
    """Whether the operator does something else in training: then a gradient needs the row to be in training mode."""
    return row.train or runner.function(mx.sym, row.op).operator.train_arg is not None


def _padded(outputs, heads, grads):
    """Head gradients for all outputs: zeros for those that have none."""
    by_id = {id(h): g for h, g in zip(heads, grads)}
    return [by_id.get(id(o), mx.nd.zeros_like(o)) for o in outputs]
