"""Which outputs of an executor need a gradient to start from, as MXNet 1.9.1 was seen to have it."""

import numpy as np
import pytest

import mxnet as mx

S = mx.sym
X, L = S.Variable("x"), S.Variable("l")
VALUES = np.arange(6, dtype="float32").reshape(2, 3) / 10 + 0.1
ONES = mx.nd.ones((2, 3))
SOFTMAX = np.exp(VALUES) / np.exp(VALUES).sum(1, keepdims=True) - [[1, 0, 0]]


def softmax_output():
    return S.SoftmaxOutput(X, L, name="so")


def backward(symbol, out_grads=None, grad_req="write"):
    executor = symbol.simple_bind(mx.cpu(), grad_req=grad_req, x=(2, 3))
    executor.arg_dict["x"][:] = VALUES
    executor.forward(is_train=True)
    executor.backward(out_grads)
    return executor.grad_dict["x"].asnumpy()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: S.Reshape(softmax_output(), shape=(-1,)), SOFTMAX),
        (lambda: softmax_output() * 2, SOFTMAX),
        (lambda: S.Dropout(softmax_output(), p=0.5), SOFTMAX),
        (lambda: S.split(softmax_output(), num_outputs=3, axis=1), SOFTMAX),
        (lambda: S.transpose(S.MakeLoss(X)), np.ones((2, 3))),
        (lambda: S.make_loss(X) * 2, np.ones((2, 3))),
        (lambda: S.Concat(softmax_output(), S.MakeLoss(X), dim=1), SOFTMAX + 1),
        (lambda: S.slice_axis(S.LinearRegressionOutput(X, L), axis=0, begin=0, end=1), VALUES / 3),
        (lambda: S.LogisticRegressionOutput(X, L) * 2, 1 / (1 + np.exp(-VALUES)) / 3),
        (lambda: S.Group([softmax_output(), S.BlockGrad(X * 2)]), SOFTMAX),
    ],
)
def test_an_operator_after_a_loss_needs_none(make, expected):
    np.testing.assert_allclose(backward(make()), expected, rtol=1e-5, atol=1e-6)


def test_steps_that_are_traced_need_none_either():
    executor = S.Reshape(softmax_output(), shape=(-1,)).simple_bind(mx.cpu(), x=(2, 3))
    executor.arg_dict["x"][:] = VALUES
    for _ in range(6):
        executor.grad_dict["x"][:] = 0
        executor.forward(is_train=True)
        executor.backward()
        np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), SOFTMAX, rtol=1e-5, atol=1e-6)
    assert executor._trace is not None


def test_gradients_are_wanted_only_where_they_are_used():
    group = S.Group([X * 2, X * 3, S.MakeLoss(X), S.BlockGrad(X)])
    for given in ([ONES, ONES], [ONES] * 4, [ONES] * 7, dict(zip(group.list_outputs(), [ONES] * 4))):
        assert backward(group, given).tolist() == [[6, 6, 6]] * 2


def test_what_is_given_for_a_loss_is_overlooked():
    group = S.Group([S.MakeLoss(X), X * 2])
    assert backward(group, [mx.nd.ones((7,)), ONES]).tolist() == [[3, 3, 3]] * 2
    with pytest.raises(mx.MXNetError, match=r"_mulscalar\d+_output has shape \(7,\), the output \(2, 3\)"):
        backward(group, [ONES, mx.nd.ones((7,))])


@pytest.mark.parametrize(
    ("make", "given"),
    [
        (lambda: X * 2, None),
        (lambda: softmax_output() + X, None),
        (lambda: S.sum(S.MakeLoss(X) * X), None),
        (lambda: S.Group([X * 2, X * 3, S.MakeLoss(X)]), [ONES]),
        (lambda: S.Group([S.MakeLoss(X), X * 2]), [ONES]),
    ],
)
def test_missing_gradients(make, given):
    with pytest.raises(mx.MXNetError, match="head_gradient is required for output .*loss layer"):
        backward(make(), given)


def test_a_path_to_an_argument_without_gradient_does_not_count():
    mixed = S.broadcast_add(softmax_output(), S.reshape(L, shape=(2, 1)))
    np.testing.assert_allclose(backward(mixed, grad_req={"x": "write"}), SOFTMAX, rtol=1e-5, atol=1e-6)
    with pytest.raises(mx.MXNetError, match="head_gradient is required"):
        backward(mixed)


@pytest.mark.parametrize(("make", "expected"), [(lambda: X * 2, 22), (lambda: X, 11)])
def test_an_output_listed_twice_counts_both_gradients(make, expected):
    twice = make()
    assert backward(S.Group([twice, twice]), [ONES, ONES * 10]).tolist() == [[expected] * 3] * 2
