"""Recording and gradients."""

import threading
import weakref

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet import autograd


def test_gradient_of_a_scalar(ctx):
    x = mx.nd.array([1, 2, 3], ctx)
    x.attach_grad()
    assert x.grad.asnumpy().tolist() == [0, 0, 0]
    with autograd.record():
        y = (x * x + x).sum()
    y.backward()
    assert x.grad.asnumpy().tolist() == [3, 5, 7]


def test_head_gradient_and_default_of_ones(ctx):
    x = mx.nd.array([1, 2], ctx)
    x.attach_grad()
    with autograd.record():
        y = x * x
    y.backward(mx.nd.array([10, 100], ctx))
    assert x.grad.asnumpy().tolist() == [20, 400]
    with autograd.record():
        y = x * x
    y.backward()
    assert x.grad.asnumpy().tolist() == [2, 4]


@pytest.mark.parametrize(("req", "expected"), [("write", [2, 2]), ("add", [4, 4]), ("null", [0, 0])])
def test_grad_req(ctx, req, expected):
    x = mx.nd.ones((2,), ctx)
    x.attach_grad(req)
    z = mx.nd.ones((2,), ctx)
    z.attach_grad()
    for _ in range(2):
        with autograd.record():
            y = x * 2 + z
        y.backward()
    assert x.grad.asnumpy().tolist() == expected


def test_the_buffer_object_stays_and_is_written_in_place(ctx):
    x = mx.nd.ones((2,), ctx)
    x.attach_grad()
    buffer, tensor = x.grad, x.grad.as_torch()
    with autograd.record():
        y = x * 3
    y.backward()
    assert x.grad is buffer
    assert tensor.tolist() == [3, 3]


def test_a_leaf_used_several_times_gets_the_sum(ctx):
    x = mx.nd.array([2.0], ctx)
    x.attach_grad()
    with autograd.record():
        y = x * x * x + x
    y.backward()
    assert x.grad.asscalar() == 13


def test_nothing_is_recorded_outside(ctx):
    x = mx.nd.ones((2,), ctx)
    x.attach_grad()
    y = x * 2
    assert not y.as_torch().requires_grad
    with pytest.raises(mx.MXNetError, match="not in a computational graph"):
        y.backward()
    with autograd.record(), autograd.pause():
        z = x * 2
    with pytest.raises(mx.MXNetError, match="not in a computational graph"):
        z.backward()


def test_what_was_recorded_can_be_used_outside(ctx):
    x = mx.nd.ones((2,), ctx)
    x.attach_grad()
    with autograd.record():
        y = x * 2
    assert not (y + 1).as_torch().requires_grad
    assert y.asnumpy().tolist() == [2, 2]


def test_scopes_nest_and_restore():
    assert not autograd.is_recording()
    with autograd.record():
        assert autograd.is_recording() and autograd.is_training()
        with autograd.predict_mode():
            assert autograd.is_recording() and not autograd.is_training()
        with autograd.pause(train_mode=True):
            assert not autograd.is_recording() and autograd.is_training()
        with autograd.record(train_mode=False):
            assert autograd.is_recording() and not autograd.is_training()
        assert autograd.is_training()
    assert not autograd.is_recording() and not autograd.is_training()
    with pytest.raises(ZeroDivisionError), autograd.record():
        raise ZeroDivisionError
    assert not autograd.is_recording()


def test_setters_give_the_previous_state():
    assert autograd.set_recording(True) is False
    assert autograd.set_recording(False) is True
    assert autograd.set_training(True) is False
    assert autograd.set_training(False) is True


def test_state_is_one_of_the_thread():
    seen = []
    with autograd.record():
        thread = threading.Thread(target=lambda: seen.append((autograd.is_recording(), autograd.is_training())))
        thread.start()
        thread.join()
    assert seen == [(False, False)]


def test_torch_code_of_the_user_keeps_its_grad_mode(ctx):
    x = mx.nd.ones((2,), ctx)
    x.attach_grad()
    with torch.no_grad(), autograd.record():
        assert not torch.is_grad_enabled()
        y = x * 2
        assert not torch.is_grad_enabled()
    y.backward()
    assert x.grad.asnumpy().tolist() == [2, 2]
    assert torch.is_grad_enabled()
    x * 2
    assert torch.is_grad_enabled()


def test_gradients_through_views_slices_and_reshapes(ctx):
    x = mx.nd.array(np.arange(6), ctx).reshape((2, 3))
    x.attach_grad()
    with autograd.record():
        y = x[0] * 2 + x.reshape((3, 2))[:, 1].sum() + x[:, 1:].sum()
    y.backward()
    expected = (
        np.array([[2.0, 2, 2], [0, 0, 0]]) + 3 * np.array([[0, 1, 0], [1, 0, 1]]) + 3 * np.array([[0, 1, 1], [0, 1, 1]])
    )
    assert x.grad.asnumpy().tolist() == expected.tolist()


def test_in_place_on_recorded_arrays_is_refused(ctx):
    x = mx.nd.ones((2,), ctx)
    x.attach_grad()
    with autograd.record():
        with pytest.raises(mx.MXNetError, match="Inplace operations"):
            x += x * 2
        with pytest.raises(mx.MXNetError, match="would falsify its gradient"):
            x[:] = x * 3


def test_writing_into_an_input_before_backward_follows_mxnet(ctx):
    # MXNet keeps no versions: what is written between forward and backward is what backward sees.
    x, w = mx.nd.array([1.0, 2.0], ctx), mx.nd.array([3.0, 4.0], ctx)
    w.attach_grad()
    with autograd.record():
        y = x * w
    x[:] = 10
    y.backward()
    assert w.grad.asnumpy().tolist() == [10, 10]


def test_retain_graph(ctx):
    x = mx.nd.ones((2,), ctx)
    x.attach_grad()
    with autograd.record():
        y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.asnumpy().tolist() == [2, 2]
    with pytest.raises(mx.MXNetError, match="retain_graph"):
        y.backward()


def test_several_heads(ctx):
    x = mx.nd.array([1.0, 2.0], ctx)
    x.attach_grad()
    with autograd.record():
        y, z = x * 2, x * x
    autograd.backward([y, z], [mx.nd.ones((2,), ctx), None])
    assert x.grad.asnumpy().tolist() == [4, 6]
    with autograd.record():
        y = x * 2
    with pytest.raises(ValueError, match="same length"):
        autograd.backward([y], [None, None])
    with pytest.raises(mx.MXNetError, match="shape"):
        y.backward(mx.nd.ones((1,), ctx))


def test_grad_of_higher_order(ctx):
    x = mx.nd.array([1.0, 2.0], ctx)
    x.attach_grad()
    with autograd.record():
        y = x * x * x
        (first,) = autograd.grad(y, x, create_graph=True, retain_graph=True)
        (second,) = autograd.grad(first, x, create_graph=True)
    second.backward()
    assert first.asnumpy().tolist() == [3, 12]
    assert second.asnumpy().tolist() == [6, 12]
    assert x.grad.asnumpy().tolist() == [6, 6]


def test_gradient_of_a_constant_gradient_is_zero(ctx):
    x = mx.nd.array([1.0, 2.0], ctx)
    x.attach_grad()
    with autograd.record():
        (first,) = autograd.grad(x * 3, x, create_graph=True, retain_graph=True)
        (second,) = autograd.grad(first, x, create_graph=True)
        (third,) = autograd.grad(second, x)
    assert first.asnumpy().tolist() == [3, 3]
    assert second.asnumpy().tolist() == [0, 0]
    assert third.asnumpy().tolist() == [0, 0]


def test_grad_leaves_the_buffers_alone_and_says_what_is_wrong(ctx):
    x, unused = mx.nd.ones((2,), ctx), mx.nd.ones((2,), ctx)
    x.attach_grad()
    unused.attach_grad()
    with autograd.record():
        y = x * 2
    assert [g.asnumpy().tolist() for g in autograd.grad(y, [x], retain_graph=True)] == [[2, 2]]
    assert x.grad.asnumpy().tolist() == [0, 0]
    with pytest.raises(mx.MXNetError, match="variable 1"):
        autograd.grad(y, [x, unused])
    with pytest.raises(mx.MXNetError, match="must be marked"):
        autograd.grad(y, mx.nd.ones((2,), ctx))


def test_attach_grad_cuts_the_past(ctx):
    x = mx.nd.ones((2,), ctx)
    x.attach_grad()
    with autograd.record():
        y = x * 2
        y.attach_grad()
        z = y * 3
    z.backward()
    assert y.grad.asnumpy().tolist() == [3, 3]
    assert x.grad.asnumpy().tolist() == [0, 0]


def test_detach(ctx):
    x = mx.nd.ones((2,), ctx)
    x.attach_grad()
    with autograd.record():
        z = (x * 2).detach() * x
    z.backward()
    assert x.grad.asnumpy().tolist() == [2, 2]


def test_mark_variables(ctx):
    x, g = mx.nd.ones((2,), ctx), mx.nd.zeros((2,), ctx)
    autograd.mark_variables([x], [g])
    with autograd.record():
        y = x * 5
    y.backward()
    assert g.asnumpy().tolist() == [5, 5]
    with pytest.raises(mx.MXNetError, match="shape"):
        autograd.mark_variables([x], [mx.nd.zeros((3,), ctx)])


class Scale(autograd.Function):
    """Two inputs, two outputs, a gradient that is not the true one."""

    def forward(self, a, b):
        self.save_for_backward(a)
        return a * 2, a + b

    def backward(self, da, db):
        (a,) = self.saved_tensors
        return da * 10 + a, db * 100


def test_function(ctx):
    a, b = mx.nd.array([1.0, 2.0], ctx), mx.nd.array([3.0, 4.0], ctx)
    a.attach_grad()
    b.attach_grad()
    with autograd.record():
        y, z = Scale()(a, b)
        total = y + z
    total.backward()
    assert y.asnumpy().tolist() == [2, 4] and z.asnumpy().tolist() == [4, 6]
    assert a.grad.asnumpy().tolist() == [11, 12] and b.grad.asnumpy().tolist() == [100, 100]
    f = Scale()
    f(a, b)
    with pytest.raises(AssertionError, match="this object was called before"):
        f(a, b)


def test_training_mode_reaches_operators(ctx):
    x = mx.nd.ones((100, 100), ctx)
    with autograd.record():
        assert (mx.nd.Dropout(x, p=0.5) == 0).sum().asscalar() > 1000
    assert (mx.nd.Dropout(x, p=0.5) == 0).sum().asscalar() == 0
    with autograd.train_mode():
        assert (mx.nd.Dropout(x, p=0.5) == 0).sum().asscalar() > 1000


# ---------------------------------------------------------------------- functions


class Pair(autograd.Function):
    """Two inputs, two outputs."""

    def forward(self, a, b):
        self.save_for_backward(a, b)
        return a * b, a + b

    def backward(self, d_product, d_sum):
        a, b = self.saved_tensors
        return d_product * b + d_sum, d_product * a + d_sum


def test_function_of_several_arrays(ctx):
    a, b = mx.nd.array([2.0], ctx), mx.nd.array([3.0], ctx)
    a.attach_grad()
    b.attach_grad()
    with autograd.record():
        product, total = Pair()(a, b)
        y = product * 10
    autograd.backward([y, total])
    assert (a.grad.asscalar(), b.grad.asscalar()) == (31, 21)
    with autograd.record():
        product, _ = Pair()(a, b)  # nothing depends on the sum: its gradient is zero
    product.backward()
    assert (a.grad.asscalar(), b.grad.asscalar()) == (3, 2)
    assert isinstance(Pair()(a, b), tuple)


def test_function_that_gives_an_input_back(ctx):
    class Same(autograd.Function):
        def forward(self, x):
            return x

        def backward(self, dx):
            return dx * 2

    x = mx.nd.ones((2,), ctx)
    x.attach_grad()
    with autograd.record():
        y = Same()(x) * x
    y.backward()
    assert x.grad.asnumpy().tolist() == [3, 3]


def test_function_mistakes(ctx):
    x = mx.nd.ones((2,), ctx)
    x.attach_grad()

    def function(out, back):
        cls = type("Wrong", (autograd.Function,), {"forward": lambda self, x: out, "backward": lambda self, g: back})
        with autograd.record():
            return cls()(x)

    with pytest.raises(TypeError, match=r"Wrong.forward: output 0 must be an NDArray, got int"):
        function(1, None)
    with pytest.raises(mx.MXNetError, match="Wrong.backward must return 1 gradients, got 2"):
        function(x * 2, (x, x)).backward()
    with pytest.raises(mx.MXNetError, match=r"Wrong.backward: gradient 0 must be an NDArray, got float"):
        function(x * 2, 1.0).backward()
    with autograd.record(), pytest.raises(TypeError, match="Pair: input 1 must be an NDArray, got int"):
        Pair()(x, 2)
    function(x * 2, None).backward()
    assert not x.grad.asnumpy().any()


# ---------------------------------------------------------------------- what was recorded


def test_a_second_backward_needs_retain_graph(ctx):
    x = mx.nd.ones((2,), ctx)
    x.attach_grad()
    with autograd.record():
        y = x + 1  # torch itself keeps nothing for this, and would not mind
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(mx.MXNetError, match="not in a computational graph"):
        y.backward()
    with autograd.record():
        z = y * x  # from here on y is a constant
    z.backward()
    assert x.grad.asnumpy().tolist() == [2, 2]


def test_fresh_gradients(ctx):
    x, y = mx.nd.ones((2,), ctx), mx.nd.ones((2,), ctx)
    x.attach_grad()
    y.attach_grad()
    assert not x._fresh_grad and not mx.nd.ones((1,))._fresh_grad
    with autograd.record():
        z = x * 2
    z.backward()
    assert x._fresh_grad and not y._fresh_grad
    x._fresh_grad = False
    assert not x._fresh_grad


def test_notes_keep_no_array_alive_and_no_past_without_gradients(ctx):
    x = mx.nd.ones((2,), ctx)
    with autograd.record():
        average = mx.nd.zeros((2,), ctx)
        for _ in range(3):
            average = average * 0.5 + x
    assert getattr(average, "_origin", None) is None
    x.attach_grad()
    with autograd.record():
        middle = x * 2
        last = middle * 3
    gone = weakref.ref(middle)
    del middle
    assert gone() is None
    assert len(autograd.get_symbol(last).get_internals()) == 3


class _WithInnerPass(autograd.Function):
    """Its backward differentiates something else on the way; ``fails`` says whether that goes wrong."""

    def __init__(self, fails):
        super().__init__()
        self.fails = fails

    def forward(self, x):
        return x * 2

    def backward(self, dy):
        inner = mx.nd.ones((2,))
        inner.attach_grad()
        with autograd.record():
            y = inner * inner
        y.backward()
        if self.fails:
            with pytest.raises(mx.MXNetError):
                y.backward()
        return dy * inner.grad


@pytest.mark.parametrize("fails", [False, True])
def test_a_backward_pass_inside_another_leaves_its_gradients_alone(fails):
    a, b = mx.nd.ones((2,)), mx.nd.ones((2,))
    a.attach_grad()
    b.attach_grad()
    with autograd.record():
        y = _WithInnerPass(fails)(a) + _WithInnerPass(fails)(b * b)
    y.backward()
    assert a.grad.asnumpy().tolist() == [2, 2]
    assert b.grad.asnumpy().tolist() == [4, 4]
