"""Executors: sharing of arrays, gradients by request, tracing of repeated steps, monitoring, reshaping, errors."""

import ctypes
import warnings

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet._core.execute.recorder import NotTraceable, Recorder


def mlp():
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(net, name="fc1", num_hidden=5)
    net = mx.sym.Activation(net, name="relu1", act_type="relu")
    net = mx.sym.FullyConnected(net, name="fc2", num_hidden=3)
    return mx.sym.SoftmaxOutput(net, name="softmax")


def bound_mlp(ctx, batch=4, **kwargs):
    executor = mlp().simple_bind(ctx, data=(batch, 6), softmax_label=(batch,), **kwargs)
    rng = np.random.RandomState(7)
    for name, array in executor.arg_dict.items():
        array[:] = rng.randint(0, 3, array.shape) if "label" in name else rng.uniform(-1, 1, array.shape)
    return executor


def softmax_mlp_gradients(values):
    """The gradients of the network above, computed with NumPy."""
    x, label = values["data"], values["softmax_label"].astype(int)
    hidden = x @ values["fc1_weight"].T + values["fc1_bias"]
    relu = np.maximum(hidden, 0)
    scores = relu @ values["fc2_weight"].T + values["fc2_bias"]
    p = np.exp(scores - scores.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    d = p.copy()
    d[np.arange(len(label)), label] -= 1
    dh = d @ values["fc2_weight"] * (hidden > 0)
    return p, {
        "fc2_weight": d.T @ relu,
        "fc2_bias": d.sum(0),
        "fc1_weight": dh.T @ x,
        "fc1_bias": dh.sum(0),
        "data": dh @ values["fc1_weight"],
    }


@pytest.mark.parametrize("steps", [1, 6])
def test_gradients_eager_and_traced(ctx, steps):
    executor = bound_mlp(ctx)
    for _ in range(steps):
        executor.forward(is_train=True)
        executor.backward()
    assert (executor._trace is not None) == (steps > 3)
    p, expected = softmax_mlp_gradients({k: v.asnumpy().astype(np.float64) for k, v in executor.arg_dict.items()})
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), p, rtol=1e-5, atol=1e-6)
    for name, value in expected.items():
        np.testing.assert_allclose(executor.grad_dict[name].asnumpy(), value, rtol=1e-4, atol=1e-5, err_msg=name)


def test_traced_steps_see_new_values_and_change_nothing_else(ctx):
    executor = bound_mlp(ctx)
    for step in range(8):
        executor.arg_dict["fc1_weight"][:] = np.random.RandomState(step).uniform(-1, 1, (5, 6))
        before = {k: v.asnumpy() for k, v in executor.arg_dict.items()}
        executor.forward(is_train=True)
        outputs = executor.outputs[0].asnumpy()
        executor.backward()
        p, expected = softmax_mlp_gradients({k: v.astype(np.float64) for k, v in before.items()})
        np.testing.assert_allclose(outputs, p, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(executor.outputs[0].asnumpy(), outputs)
        np.testing.assert_allclose(
            executor.grad_dict["fc1_weight"].asnumpy(), expected["fc1_weight"], rtol=1e-4, atol=1e-5
        )
        for name, value in before.items():
            np.testing.assert_array_equal(executor.arg_dict[name].asnumpy(), value)
    assert executor._trace is not None


def test_executors_of_one_graph_share_its_traces(ctx):
    executor = bound_mlp(ctx)
    others = [executor.reshape(data=(4, 6), softmax_label=(4,)) for _ in range(2)]
    for e in (executor, *others):
        for _ in range(2):
            e.forward(is_train=True)
            e.backward()
    assert executor._trace is None and others[1]._trace is not None
    for a, b in zip(executor.grad_arrays[1:-1], others[1].grad_arrays[1:-1]):
        np.testing.assert_allclose(b.asnumpy(), a.asnumpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore:Calling backward without")
def test_a_trace_is_for_the_head_gradients_it_was_made_for(ctx):
    x = mx.sym.Variable("x")
    executor = mx.sym.Group([mx.sym.MakeLoss(x * 2), x * 3]).simple_bind(ctx, x=(3,))
    one = mx.nd.ones((3,), ctx)
    for _ in range(6):
        executor.forward(is_train=True)
        executor.backward([one, one])
    executor.forward(is_train=True)
    assert executor._trace is not None
    for heads, expected in (([one, one], 5), ([one], None), ([one, one], 5), ([one * 7, one * 2], 8), ([one, one], 5)):
        if expected is None:
            with pytest.raises(mx.MXNetError, match="head_gradient is required"):
                executor.backward(heads)
        else:
            executor.backward(heads)
            assert executor.grad_arrays[0].asnumpy().tolist() == [expected] * 3


def test_tracing_can_be_switched_off(ctx, monkeypatch):
    monkeypatch.setenv("MXNET_EXECUTOR", "eager")
    executor = bound_mlp(ctx)
    for _ in range(6):
        executor.forward(is_train=True)
        executor.backward()
    assert executor._trace is None


def test_batch_norm_states_are_updated_once_a_step_when_traced(ctx):
    net = mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn", momentum=0.5, fix_gamma=False)
    net = mx.sym.LinearRegressionOutput(net, name="out")
    executor = net.simple_bind(ctx, data=(4, 3), out_label=(4, 3))
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    executor.arg_dict["data"][:] = x
    executor.arg_dict["bn_gamma"][:] = 1
    expected = np.zeros(3)
    for _ in range(7):
        executor.forward(is_train=True)
        executor.backward()
        expected = 0.5 * expected + 0.5 * x.mean(0)
        np.testing.assert_allclose(executor.aux_dict["bn_moving_mean"].asnumpy(), expected, rtol=1e-5)
    assert executor._trace is not None


def test_constants_of_a_traced_step_cannot_be_overwritten(ctx):
    net = mx.sym.Group([mx.sym.MakeLoss(mx.sym.Variable("x") * 2), mx.sym.ones((2,)).reshape((1, 2))])
    executor = net.simple_bind(ctx, x=(3,))
    for _ in range(6):
        executor.forward(is_train=True)
        executor.backward()
        assert executor.outputs[1].asnumpy().tolist() == [[1, 1]]
        executor.outputs[1][:] = 5
    assert executor._trace is not None


def test_steps_that_look_at_values_are_not_traced():
    def choose(x):
        return x * 2 if torch.equal(x, x.abs()) else x

    x = torch.ones(3)
    with pytest.raises(NotTraceable, match="equal"), Recorder([x]):
        choose(x)


def test_random_graphs_stay_eager(ctx):
    net = mx.sym.MakeLoss(mx.sym.Dropout(mx.sym.Variable("data"), p=0.5))
    executor = net.simple_bind(ctx, data=(100, 100))
    executor.arg_dict["data"][:] = 1
    seen = []
    for _ in range(6):
        executor.forward(is_train=True)
        executor.backward()
        seen.append(executor.outputs[0].asnumpy())
    assert executor._trace is None
    assert not any(np.array_equal(seen[0], s) for s in seen[1:])


def test_grad_req_add_and_null(ctx):
    x = mx.sym.Variable("x")
    y = mx.sym.Variable("y")
    args = {"x": mx.nd.array([1, 2], ctx), "y": mx.nd.array([3, 4], ctx)}
    grads = {"x": mx.nd.ones((2,), ctx), "y": mx.nd.ones((2,), ctx)}
    executor = (x * y).bind(ctx, args, grads, {"x": "add", "y": "null"})
    for _ in range(5):
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((2,), ctx))
    np.testing.assert_allclose(grads["x"].asnumpy(), [16, 21])
    np.testing.assert_allclose(grads["y"].asnumpy(), [1, 1])


def test_arrays_are_shared_with_the_caller(ctx):
    x = mx.nd.array([1.0, 2.0], ctx=ctx)
    executor = (mx.sym.Variable("x") + 1).bind(ctx, args=[x])
    assert executor.forward()[0].asnumpy().tolist() == [2, 3]
    x[1] = 3.0
    output = executor.outputs[0]
    executor.forward()
    assert output.asnumpy().tolist() == [2, 4]
    assert executor.arg_arrays[0] is x
    executor.arg_dict["x"] -= 1
    assert x.asnumpy().tolist() == [0, 2]


def test_outputs_never_share_memory_with_arguments(ctx):
    x = mx.nd.array([[1.0, 2.0]], ctx=ctx)
    executor = mx.sym.Reshape(mx.sym.Variable("x"), shape=(2,)).bind(ctx, [x])
    out = executor.forward()[0]
    x[:] = 9
    assert out.asnumpy().tolist() == [1, 2]


def test_outputs_before_forward_have_their_shape(ctx):
    assert bound_mlp(ctx).outputs[0].shape == (4, 3)


def test_head_gradients_in_every_form(ctx):
    x = mx.nd.array([1.0, 2.0], ctx=ctx)
    grad = mx.nd.zeros((2,), ctx)
    executor = (mx.sym.Variable("x") * 3).bind(ctx, [x], [grad])
    head = mx.nd.array([1, 10], ctx)
    for form in (head, [head], {executor._output_names[0]: head}):
        grad[:] = 0
        executor.forward(is_train=True)
        executor.backward(form)
        assert grad.asnumpy().tolist() == [3, 30]


def test_backward_without_head_gradient_needs_a_loss(ctx):
    executor = (mx.sym.Variable("x") * 3).bind(ctx, [mx.nd.ones((2,), ctx)], [mx.nd.zeros((2,), ctx)])
    executor.forward(is_train=True)
    with pytest.raises(mx.MXNetError, match="loss layer"):
        executor.backward()


def test_second_backward_repeats_the_forward_pass(ctx):
    grad = mx.nd.zeros((2,), ctx)
    executor = (mx.sym.Variable("x") * 3).bind(ctx, [mx.nd.ones((2,), ctx)], [grad])
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2,), ctx))
    with pytest.warns(UserWarning, match="without calling forward"):
        executor.backward(mx.nd.array([2, 3], ctx))
    assert grad.asnumpy().tolist() == [6, 9]


def test_warns_of_forward_twice(ctx):
    executor = bound_mlp(ctx)
    executor.forward(is_train=True)
    with pytest.warns(UserWarning, match="Calling forward the second time"):
        executor.forward(is_train=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        executor.backward()
        executor.forward()


@pytest.mark.parametrize(
    ("kwargs", "error", "words"),
    [
        ({"data": np.zeros((1, 6))}, ValueError, "Argument data, need: (4, 6), received: (1, 6)"),
        ({"dat": np.zeros((4, 6))}, TypeError, "Unknown argument dat"),
        ({"data": [1, 2]}, ValueError, "must be an NDArray"),
    ],
)
def test_wrong_input_to_forward(ctx, kwargs, error, words):
    with pytest.raises(error) as caught:
        bound_mlp(ctx).forward(**kwargs)
    assert words in str(caught.value)


def test_errors_name_the_node(ctx):
    net = mx.sym.dot(mx.sym.Variable("a"), mx.sym.Variable("b"), name="product")
    executor = net.bind(ctx, [mx.nd.ones((2, 3), ctx), mx.nd.ones((3, 4), ctx)])
    executor.arg_arrays[0]._t = executor.arg_arrays[0]._t.new_ones((2, 3))
    executor._plain[0] = mx.nd.ones((2, 5), ctx)._t
    with pytest.raises(mx.MXNetError, match="product.*dot") as caught:
        executor.forward()
    assert "(2, 5)" in str(caught.value)


def test_monitor_sees_every_output(ctx):
    executor = bound_mlp(ctx)
    names = []
    executor.set_monitor_callback(lambda name, array: names.append((mx.base.py_str(name), array.shape)))
    executor.forward()
    assert [n for n, _ in names] == ["fc1_output", "relu1_output", "fc2_output", "softmax_output"]
    assert dict(names)["fc1_output"] == (4, 5)
    names.clear()
    executor.set_monitor_callback(lambda name, array: names.append(mx.base.py_str(name)), monitor_all=True)
    executor.forward()
    assert names[:4] == ["data", "fc1_data", "fc1_weight", "fc1_weight"]


def test_reshape_keeps_the_monitor(ctx):
    executor = mx.sym.sigmoid(mx.sym.var("x"), name="s").simple_bind(ctx, x=(2, 3), grad_req="null")
    seen = {}
    executor.set_monitor_callback(lambda name, array: seen.update({name: array.shape}), monitor_all=True)
    executor.reshape(x=(1, 3)).forward()
    assert seen == {"x": (1, 3), "s_input0": (1, 3), "s_output": (1, 3)}


def test_reshape_shares_parameters(ctx):
    executor = bound_mlp(ctx)
    small = executor.reshape(data=(2, 6), softmax_label=(2,))
    assert small.arg_dict["fc1_weight"] is executor.arg_dict["fc1_weight"]
    small.forward(data=executor.arg_dict["data"][:2].copy())
    np.testing.assert_allclose(small.outputs[0].asnumpy(), executor.forward()[0].asnumpy()[:2], rtol=1e-5)
    with pytest.raises(AssertionError, match="has memory for .* elements, its new shape"):
        executor.reshape(data=(9, 6), softmax_label=(9,))
    assert executor.reshape(allow_up_sizing=True, data=(9, 6), softmax_label=(9,)).outputs[0].shape == (9, 3)


def test_an_executor_that_has_not_run_shows_what_its_reshaped_one_computed(ctx):
    executor = bound_mlp(ctx)
    small = executor.reshape(data=(2, 6), softmax_label=(2,))
    computed = small.forward()[0].asnumpy()
    shown = executor.outputs[0].asnumpy()
    assert shown[:2].tolist() == computed.tolist()
    assert shown[2:].tolist() == [[0, 0, 0]] * 2
    full = executor.forward()[0].asnumpy()
    small.forward(data=np.zeros((2, 6), "float32"))
    assert executor.outputs[0].asnumpy().tolist() == full.tolist()


def test_copy_params_from(ctx):
    executor = bound_mlp(ctx)
    executor.copy_params_from({"fc1_bias": mx.nd.ones((5,))})
    assert executor.arg_dict["fc1_bias"].asnumpy().tolist() == [1] * 5
    with pytest.raises(ValueError, match="'nope'"):
        executor.copy_params_from({"nope": mx.nd.ones((5,))})
    executor.copy_params_from({"nope": mx.nd.ones((5,))}, allow_extra_params=True)
    with pytest.raises(ValueError, match="fc1_bias"):
        executor.copy_params_from({"fc1_bias": mx.nd.ones((4,))})


def test_groups_on_several_contexts():
    with mx.AttrScope(ctx_group="first"):
        a = mx.sym.FullyConnected(mx.sym.Variable("data"), name="fc1", num_hidden=4)
    with mx.AttrScope(ctx_group="second"):
        net = mx.sym.FullyConnected(a, name="fc2", num_hidden=2)
    executor = net.simple_bind(mx.cpu(0), group2ctx={"first": mx.cpu(1), "second": mx.cpu(2)}, data=(3, 5))
    assert executor.arg_dict["fc1_weight"].context == mx.cpu(1)
    assert executor.arg_dict["fc2_weight"].context == mx.cpu(2)
    for array in executor.arg_arrays:
        array[:] = 1
    executor.forward(is_train=True)
    assert executor.outputs[0].asnumpy().tolist() == [[25, 25]] * 3
    executor.backward(mx.nd.ones((3, 2)))
    assert executor.grad_dict["fc1_weight"].asnumpy().tolist() == [[6] * 5] * 4


@pytest.mark.gpu
def test_groups_on_cpu_and_gpu():
    with mx.AttrScope(ctx_group="first"):
        a = mx.sym.FullyConnected(mx.sym.Variable("data"), name="fc1", num_hidden=4)
    with mx.AttrScope(ctx_group="second"):
        net = mx.sym.FullyConnected(a, name="fc2", num_hidden=2)
    executor = net.simple_bind(mx.cpu(0), group2ctx={"first": mx.cpu(0), "second": mx.gpu(0)}, data=(3, 5))
    for array in executor.arg_arrays:
        array[:] = 1
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [[25, 25]] * 3
    executor.backward(mx.nd.ones((3, 2), mx.gpu(0)))
    assert executor.grad_dict["fc1_weight"].asnumpy().tolist() == [[6] * 5] * 4


def test_monitors_of_scripts_take_handles(ctx):
    """As collectors of calibration data do: the array goes through ctypes."""
    seen = {}

    def collect(name, array):
        handle = ctypes.cast(array, mx.base.NDArrayHandle)
        seen[mx.base.py_str(name)] = mx.nd.NDArray(handle, writable=False).asnumpy().tolist()

    executor = (mx.sym.var("x") * 2).bind(ctx, {"x": mx.nd.array([1, 2], ctx)})
    executor.set_monitor_callback(collect)
    executor.forward()
    assert list(seen.values()) == [[2, 4]]


def test_handles_of_no_array_are_refused():
    array = mx.nd.ones((2,))
    handle = ctypes.cast(array, mx.base.NDArrayHandle)
    shared = mx.nd.NDArray(handle)
    shared[:] = 3
    assert array.asnumpy().tolist() == [3, 3]
    del array
    for stale in (handle, ctypes.c_void_p(12345), ctypes.c_void_p()):
        with pytest.raises(mx.MXNetError, match="no array has the handle"):
            mx.nd.NDArray(stale)


@pytest.mark.parametrize("req", ["write", "add"])
@pytest.mark.parametrize("kind", ["Dropout", "BatchNorm", "tanh", "Custom loop"])
def test_a_second_backward_pass_is_that_of_the_same_forward_pass(kind, req):
    x = mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=5, name="fc")
    if kind == "Dropout":
        net = mx.sym.Dropout(x, p=0.5)
    elif kind == "Custom loop":
        net, _ = mx.sym.contrib.foreach(lambda row, s: (mx.sym.Dropout(row, p=0.5), s), x, mx.sym.zeros(1))
    else:
        net = mx.sym.tanh(x) if kind == "tanh" else mx.sym.BatchNorm(x, name="bn")
    executor = net.simple_bind(mx.cpu(), x=(4, 3), grad_req=req)
    for a in executor.arg_arrays:
        a[:] = mx.nd.random.normal(shape=a.shape)
    ones = mx.nd.ones((4, 5))
    for _ in range(6):  # operator by operator, then traced
        for g in executor.grad_arrays:
            g[:] = 0
        out = executor.forward(is_train=True)[0].asnumpy()
        executor.backward(ones)
        first = [g.asnumpy() for g in executor.grad_arrays]
        states = [a.asnumpy() for a in executor.aux_arrays]
        drawn = mx.nd.random.uniform(shape=3).asnumpy()
        with pytest.warns(UserWarning, match="without calling forward"):
            executor.backward(ones)
        np.testing.assert_array_equal(executor.outputs[0].asnumpy(), out)
        for g, expected in zip(executor.grad_arrays, first):
            np.testing.assert_allclose(g.asnumpy(), expected * (2 if req == "add" else 1), rtol=1e-5, atol=1e-6)
        for a, expected in zip(executor.aux_arrays, states):
            np.testing.assert_array_equal(a.asnumpy(), expected)
        assert not (mx.nd.random.uniform(shape=3).asnumpy() == drawn).any()  # the stream goes on
