"""What ``backward`` leaves behind: without ``retain_graph`` the whole graph below the heads is forgotten."""

import gc
import threading
import weakref

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd
from mxnet._core import history


def _variable(value, ctx):
    x = mx.nd.array([value], ctx)
    x.attach_grad()
    return x


def _constant_now(h, x, ctx):
    """Use ``h`` in a new recording: the gradient reaches the factor beside it, and not ``x``, which it came from."""
    value = float(h.asnumpy().reshape(-1)[0])
    w = _variable(3.0, ctx)
    x.grad[:] = 77
    with autograd.record():
        z = h.reshape(-1)[0:1] * w.as_np_ndarray() if isinstance(h, mx.np.ndarray) else h.reshape((-1,))[0:1] * w
    z.backward()
    assert x.grad.asnumpy().min() == x.grad.asnumpy().max() == 77
    assert float(w.grad.asscalar()) == value


def test_state_carried_over_iterations(ctx):
    w = _variable(0.5, ctx)
    h = mx.nd.ones(1, ctx)
    found = []
    for _ in range(3):
        with autograd.record():
            h = mx.nd.tanh(h * w)
            loss = (h * w).sum()
        loss.backward()
        found.append(w.grad.asscalar())
    np.testing.assert_allclose(found, [0.855341, 0.44618154, 0.22509724], rtol=1e-6)  # MXNet's


@pytest.mark.parametrize("hybridize", [False, True])
def test_state_carried_through_a_block(ctx, hybridize):
    net = mx.gluon.nn.HybridSequential()
    net.add(mx.gluon.nn.Dense(1, use_bias=False, in_units=1))
    net.initialize(mx.init.One(), ctx=ctx)
    if hybridize:
        net.hybridize()
    h = mx.nd.ones((1, 1), ctx)
    found = []
    for _ in range(5):  # a hybridized block is traced on the way
        with autograd.record():
            h = net(h) * 2
            loss = (h * h).sum()
        loss.backward()
        found.append(net[0].weight.grad(ctx).asscalar())
    assert found == [8, 32, 128, 512, 2048]


@pytest.mark.parametrize("layer", [mx.gluon.rnn.LSTM, mx.gluon.rnn.GRU])
def test_states_of_recurrent_layers_need_no_detaching(ctx, layer):
    net = layer(3)
    net.initialize(ctx=ctx)
    x = mx.nd.ones((2, 1, 3), ctx)
    kept, detached = net.begin_state(1, ctx=ctx), net.begin_state(1, ctx=ctx)
    for _ in range(3):
        grads = []
        for states in (kept, detached):
            with autograd.record():
                out, new = net(x, states)
            out.backward()
            grads.append([p.grad(ctx).asnumpy() for p in net.collect_params().values()])
            states[:] = new if states is kept else [s.detach() for s in new]
        for a, b in zip(*grads):
            np.testing.assert_array_equal(a, b)


def test_all_outputs_of_a_call_are_forgotten_with_one(ctx):
    class Two(mx.gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            h = x * 2
            return h + 1, h + 2

    net = Two()
    net.hybridize()
    x = _variable(2.0, ctx)
    for _ in range(5):
        with autograd.record():
            loss = net(x)[0] + 1  # the first output has no name
            second = net(x)[1]
            other = net(x)
        loss.backward()
        other[0].backward()
        _constant_now(other[1], x, ctx)
        second.backward()
        assert x.grad.asscalar() == 2
    with autograd.record():
        a, b = mx.np.split(x.as_np_ndarray() * mx.np.ones(2, ctx=ctx), 2)
    a.backward()
    _constant_now(b, x, ctx)


def test_state_carried_over_in_numpy_arrays(ctx):
    w = mx.np.array([0.5], ctx=ctx)
    w.attach_grad()
    h = mx.np.ones(1, ctx=ctx)
    found = []
    for _ in range(3):
        with autograd.record():
            h = mx.np.tanh(h * w)
            loss = (h * w).sum()
        loss.backward()
        found.append(float(w.grad))
    np.testing.assert_allclose(found, [0.855341, 0.44618154, 0.22509724], rtol=1e-6)


class _Twice(autograd.Function):
    def forward(self, x):
        return x * 2

    def backward(self, dy):
        return dy * 2


def _into(x, target):
    target[:] = x * x
    return target


# How an array can come to have a past. None of these operations keeps anything of its inputs for the backward pass, so
# that nothing but the forgetting itself says that their past is over.
_WAYS = {
    "operator": lambda x: x + 1,
    "several outputs": lambda x: mx.nd.split(mx.nd.concat(x, x, dim=0), num_outputs=2, axis=0)[1],
    "out": lambda x: mx.nd.elemwise_add(x, x, out=mx.nd.zeros(1, x.ctx)),
    "assignment": lambda x: _into(x, mx.nd.zeros(1, x.ctx)),
    "copyto": lambda x: (x + 1).copyto(mx.nd.zeros(1, x.ctx)),
    "slice": lambda x: mx.nd.concat(x, x, dim=0)[1:],
    "integer": lambda x: mx.nd.stack(x, x)[1],
    "step": lambda x: mx.nd.concat(x, x, dim=0)[::-1],
    "index array": lambda x: mx.nd.concat(x, x, dim=0)[[1, 0]],
    "reshape": lambda x: x.reshape((1, 1)),
    "expand_dims": lambda x: x.expand_dims(0, inplace=True),
    "astype": lambda x: x.astype("float64").astype("float32"),
    "context": lambda x: x.copyto(x.ctx),
    "function": lambda x: _Twice()(x),
    "concatenate": lambda x: mx.nd.concatenate([x, x]),
    "kind": lambda x: (x + 1).as_np_ndarray(),
    "np method": lambda x: x.as_np_ndarray().copy(),
    "np function": lambda x: mx.np.concatenate([x.as_np_ndarray()] * 2),
    "np operator": lambda x: x.as_np_ndarray() + 1,
    "np out": lambda x: mx.np.add(x.as_np_ndarray(), 1, out=mx.np.zeros(1, ctx=x.ctx)),
    "loss": lambda x: mx.gluon.loss.SoftmaxCELoss()(x.reshape((1, 1)), mx.nd.zeros(1, x.ctx)),
}


@pytest.mark.parametrize("way", _WAYS)
def test_whatever_made_them_arrays_below_the_heads_become_constants(way, ctx):
    x = _variable(2.0, ctx)
    with autograd.record():
        h = _WAYS[way](x)
        loss = h * 2 + 1
    loss.backward()
    _constant_now(h, x, ctx)
    assert autograd.get_symbol(x).list_arguments() == ["var0"]
    with pytest.raises(mx.MXNetError, match="nothing was recorded for this array"):
        autograd.get_symbol(h)


def test_two_names_of_one_array_are_both_forgotten(ctx):
    x = _variable(2.0, ctx)
    with autograd.record():
        h = x + 1
        other = h.as_np_ndarray()
        loss = h + 1
    loss.backward()
    _constant_now(h, x, ctx)
    _constant_now(other, x, ctx)


def test_sparse_arrays_are_forgotten(ctx):
    x = mx.nd.array([[0.0, 2.0], [1.0, 0.0]], ctx).tostype("csr")
    w = mx.nd.ones((2, 1), ctx)
    w.attach_grad()
    with autograd.record():
        rows = mx.nd.sparse.dot(x, w, transpose_a=True, forward_stype="row_sparse")
        assert rows.stype == "row_sparse"
        loss = (rows + rows).sum()
    loss.backward()
    before = w.grad.asnumpy()
    assert before.any()
    w.grad[:] = 77
    v = mx.nd.ones((2, 1), ctx)
    v.attach_grad()
    with autograd.record():
        z = (rows.tostype("default") * v).sum()
    z.backward()
    assert (w.grad.asnumpy() == 77).all()
    np.testing.assert_array_equal(v.grad.asnumpy(), rows.asnumpy())


def test_grad_forgets_what_no_variable_lies_behind_too(ctx):
    x, y, w = (_variable(v, ctx) for v in (2.0, 5.0, 3.0))
    with autograd.record():
        h = x + 1
        aside = y + 1
        loss = h * w + aside
    (g,) = autograd.grad(loss, [w])
    assert g.asscalar() == 3
    _constant_now(h, x, ctx)
    _constant_now(aside, y, ctx)


def test_a_second_graph_of_the_same_recording_can_still_be_differentiated(ctx):
    x = _variable(2.0, ctx)
    with autograd.record():
        first = (x * 3).exp()
        second = (x * x).sin()
        both = first + second
    first.backward()
    assert x.grad.asscalar() == pytest.approx(1210.2864)
    second.backward()
    assert x.grad.asscalar() == pytest.approx(-2.6145744)
    with pytest.raises(mx.MXNetError, match="Cannot differentiate node"):
        both.backward()


def test_what_shares_a_forgotten_part_raises(ctx):
    x, w = _variable(2.0, ctx), _variable(3.0, ctx)
    with autograd.record():
        h = x * x
        first, second = h.sin(), h.cos()
    first.backward()
    for head in (first, h, second):
        with pytest.raises(mx.MXNetError, match="Cannot differentiate node"):
            head.backward()
    with autograd.record():
        z = second * w  # what had been computed from h before still leads there
    with pytest.raises(mx.MXNetError, match="Cannot differentiate node"):
        z.backward()


def test_retained_graphs_are_not_forgotten(ctx):
    x, w = _variable(2.0, ctx), _variable(3.0, ctx)
    with autograd.record():
        h = x * x
        loss = h * w
    loss.backward(retain_graph=True)
    with autograd.record():
        again = h * w * 2
    again.backward()
    assert x.grad.asscalar() == 24
    _constant_now(h, x, ctx)


def test_within_one_recording(ctx):
    x, w = _variable(2.0, ctx), _variable(3.0, ctx)
    with autograd.record():
        h = x * x
        (h * w).backward()
        x.grad[:] = 77
        (h * w).backward()
    assert x.grad.asscalar() == 77
    assert w.grad.asscalar() == 4


def test_an_array_marked_in_between_stays_a_variable(ctx):
    x, w = _variable(2.0, ctx), _variable(3.0, ctx)
    with autograd.record():
        h = x * x
        loss = h * w
    h.attach_grad()
    loss.backward()
    with autograd.record():
        z = h * w
    z.backward()
    assert h.grad.asscalar() == 3


def test_a_failed_backward_forgets_nothing(ctx):
    class Fails(autograd.Function):
        def forward(self, x):
            return x + 1

        def backward(self, dy):
            raise ValueError("no")

    x = _variable(2.0, ctx)
    with autograd.record():
        h = x * x
        loss = Fails()(h)
    with pytest.raises((ValueError, mx.MXNetError)):
        loss.backward()
    h.backward()
    assert x.grad.asscalar() == 4


def test_forgetting_frees_the_graph(ctx):
    x = _variable(2.0, ctx)
    with autograd.record():
        function = _Twice()
        h = function(x)
        loss = h + 1
    gone = weakref.ref(function)
    del function
    loss.backward()
    gc.collect()
    assert gone() is None  # though h lives
    assert h.asscalar() == 4


def test_the_books_on_living_arrays_do_not_grow(ctx, monkeypatch):
    monkeypatch.setattr(history, "LONG", 50)
    x = _variable(1.0, ctx)
    with autograd.record():
        kept = [x + i for i in range(60)]
        target = mx.nd.zeros(1, ctx)
        for i in range(500):
            x + i
            target[:] = kept[i % 60]
        assert len(history._new) + len(history._older) < 250
        total = mx.nd.add_n(*kept, target)
    total.backward()
    for h in kept:
        _constant_now(h, x, ctx)


def test_threads_forget_their_own_graphs(ctx):
    wrong = []

    def train(value):
        w = _variable(value, ctx)
        h = mx.nd.ones(1, ctx)
        for _ in range(100):
            before = h.asscalar()
            with autograd.record():
                h = h + w
                loss = (h * w).sum()
            loss.backward()
            if abs(w.grad.asscalar() - (before + 2 * value)) > 1e-2:
                wrong.append((value, w.grad.asscalar(), before))

    threads = [threading.Thread(target=train, args=(0.25 * k,)) for k in range(1, 5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


@pytest.mark.parametrize("kind", ["nd", "np"])
def test_buffers_without_a_gradient_go_with_the_graph(kind, ctx):
    def marked(req):
        x = mx.nd.ones(2, ctx)
        x = x.as_np_ndarray() if kind == "np" else x
        x.attach_grad(req)
        return x

    a, b, aside = marked("null"), marked("write"), marked("null")
    assert not a.grad.asnumpy().any()
    with autograd.record():
        loss = (a * b + b * 2) * 1
        other = aside * b  # noqa: F841
    assert a.grad is not None
    loss.backward(retain_graph=True)
    assert a.grad is not None
    loss.backward()
    assert a.grad is None and aside.grad is not None
    assert b.grad.asnumpy().tolist() == [3, 3]
    with autograd.record():
        loss = aside * b
    autograd.grad(loss, [b])
    assert aside.grad is None
    a.attach_grad()
    with autograd.record():
        loss = a * 2
    loss.backward()
    assert a.grad.asnumpy().tolist() == [2, 2]


def test_buffers_without_a_gradient_in_hybridized_blocks(ctx):
    net = mx.gluon.nn.Dense(1)
    net.initialize(ctx=ctx)
    net.hybridize()
    for _ in range(4):
        x = mx.nd.ones((1, 2), ctx)
        x.attach_grad("null")
        with autograd.record():
            loss = net(x) * 2
        loss.backward()
        assert x.grad is None
