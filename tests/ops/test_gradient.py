"""Gradients of every sample row: MXNet's, and those of finite differences."""

import numpy as np
import pytest

import mxnet as mx
from mxnet._core.registry import get_op

from . import runner
from .support import assert_same, recorded, select


def _differentiable(row):
    return row.grad and not row.raises


@select(lambda r: _differentiable(r) and r.golden)
def test_like_mxnet(family, row, ctx):
    """The gradients of all float inputs, for the head gradients MXNet was given."""
    want = {name: a for name, a in recorded(family, row).items() if name.startswith("grad")}
    if not want:
        pytest.skip("no float input or no float output")
    assert_same(runner.gradient(mx, row, ctx), want, row)


@select(lambda r: _differentiable(r) and r.numeric and r.specs)
def test_like_finite_differences(family, row, ctx):
    """Directional derivatives in float64, along two random directions an input."""
    arrays = [a.astype("float64") if runner.is_float(s.dtype) else a for s, a in zip(row.specs, row.draw())]
    probe = _Probe(row, ctx, arrays)
    gradients = probe.gradients()
    rng = np.random.RandomState(7)
    step = 1e-6
    for i in gradients:
        # Whole numbers are indices, lengths, labels: there is no derivative.
        if np.array_equal(arrays[i], np.rint(arrays[i])):
            continue
        for _ in range(2):
            direction = rng.uniform(-1, 1, arrays[i].shape)
            change = (probe(i, step * direction) - probe(i, -step * direction)) / (2 * step)
            np.testing.assert_allclose(
                np.sum(gradients[i] * direction), change, rtol=1e-4, atol=1e-6, err_msg=f"input {i}"
            )


@select(lambda r: _differentiable(r) and r.specs)
def test_every_gradient_is_written(row, family, ctx):
    """Zero too, where an input only says where or how; not those of auxiliary states. So it is in MXNet."""
    given = runner.inputs(mx, ctx, row)
    leaves = [
        x
        for name, x in zip(_names(row), given)
        if x.stype == "default" and runner.is_float(runner.dtype_name(mx, x)) and not get_op(row.op).is_mutated(name)
    ]
    for x in leaves:
        x.attach_grad()
        x.grad[:] = 7
    runner.seed(mx)
    with mx.autograd.record(train_mode=row.train):
        outputs = runner.as_list(runner.call(runner.function(mx.nd, row.op), row, given, row.params))
    heads, grads = runner.head_gradients(mx, ctx, row, outputs)
    if not heads or not leaves:
        pytest.skip("no float input or no float output")
    mx.autograd.backward(heads, grads, train_mode=row.train)
    for i, x in enumerate(leaves):
        assert x._fresh_grad, f"gradient {i}"
        assert not x.size or (x.grad.asnumpy() != 7).any(), f"gradient {i}"


def _names(row):
    """The names of the inputs that a row gives, in the order of ``row.specs``."""
    od = get_op(row.op)
    count = {od.variadic: len(row.inputs)} if od.variadic in od.params else {}
    positional = od.input_names(od.parse(count | row.params), len(row.inputs)) if od.variadic else od.inputs
    return [*[name for name, spec in zip(positional, row.inputs) if spec is not None], *row.named]


class _Probe:
    """The operator as a function of float64 arrays to one number: the outputs weighted by head gradients."""

    def __init__(self, row, ctx, arrays):
        self.row, self.ctx, self.arrays = row, ctx, arrays
        self.fn = runner.function(mx.nd, row.op)

    def outputs(self, given):
        return runner.as_list(runner.call(self.fn, self.row, given, self.row.params))

    def nd(self):
        return runner.of_kind(self.row, [mx.nd.array(a, ctx=self.ctx, dtype=a.dtype) for a in self.arrays])

    def __call__(self, moved, change):
        given = self.nd()
        given[moved] += runner.of_kind(self.row, [mx.nd.array(change, ctx=self.ctx, dtype="float64")])[0]
        with mx.autograd.train_mode() if self.row.train else mx.autograd.predict_mode():
            outputs = self.outputs(given)
        heads, grads = runner.head_gradients(mx, self.ctx, self.row, outputs)
        return sum(np.sum(h.asnumpy().astype("float64") * g.asnumpy()) for h, g in zip(heads, grads))

    def gradients(self):
        """Input number -> gradient, of the float inputs."""
        given = self.nd()
        leaves = [i for i, s in enumerate(self.row.specs) if runner.is_float(s.dtype)]
        for i in leaves:
            given[i].attach_grad()
        with mx.autograd.record(train_mode=self.row.train):
            outputs = self.outputs(given)
        heads, grads = runner.head_gradients(mx, self.ctx, self.row, outputs)
        if not heads:
            return {}
        mx.autograd.backward(heads, grads, train_mode=self.row.train)
        return {i: given[i].grad.asnumpy() for i in leaves}
