"""Monitor: which arrays it sees, when, and what it prints."""

import logging
import re

import numpy as np
import pytest

import mxnet as mx


@pytest.fixture
def executor(ctx):
    x = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    net = mx.sym.BatchNorm(mx.sym.Activation(x, act_type="relu", name="act"), name="bn", fix_gamma=False)
    bound = net.simple_bind(ctx, data=(3, 4))
    for name, array in bound.arg_dict.items():
        array[:] = np.random.RandomState(len(name)).rand(*array.shape)
    bound.aux_dict["bn_moving_var"][:] = 1
    return bound


def names(results):
    return [name for _, name, _ in results]


ARGUMENTS = ["data", "fc_weight", "fc_bias", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var"]


def test_outputs_then_arguments_and_states(executor):
    monitor = mx.mon.Monitor(1)
    monitor.install(executor)
    monitor.tic()
    outputs = executor.forward(is_train=True)
    results = monitor.toc()
    assert names(results) == ["fc_output", "act_output", "bn_output", "bn_mean", "bn_var", *ARGUMENTS]
    assert {step for step, _, _ in results} == {1}
    rms = float(np.sqrt((outputs[0].asnumpy() ** 2).mean()))
    text = {n: t for _, n, t in results}["bn_output"]
    assert text.endswith("\t") and float(text) == pytest.approx(rms, rel=1e-5)


def test_interval(executor):
    monitor = mx.mon.Monitor(2)
    monitor.install(executor)
    seen = []
    for _ in range(4):
        monitor.tic()
        executor.forward()
        seen.append(bool(monitor.toc()))
    assert seen == [True, False, True, False]


def test_pattern_sort_and_own_statistic(executor):
    monitor = mx.mon.Monitor(1, stat_func=lambda x: [x.max(), x.reshape((-1,))[:2]], pattern="fc_|bn_g", sort=True)
    monitor.install(executor)
    monitor.tic()
    executor.forward()
    results = monitor.toc()
    assert names(results) == ["bn_gamma", "fc_bias", "fc_output", "fc_weight"]
    biggest, two = results[0][2].split("\t")[:2]
    assert float(biggest) == pytest.approx(executor.arg_dict["bn_gamma"].asnumpy().max())
    assert two == str(executor.arg_dict["bn_gamma"].asnumpy())


def test_inputs_too(executor):
    monitor = mx.mon.Monitor(1, pattern="act_|fc_w", monitor_all=True)
    monitor.install(executor)
    monitor.tic()
    executor.forward()
    # The variable, the input it is, then both sides of the activation, and the argument again at the end.
    assert names(monitor.toc()) == ["fc_weight", "fc_weight", "act_input0", "act_output", "fc_weight"]


def test_gradients(executor):
    monitor = mx.mon.Monitor(1, stat_func=lambda x: x, pattern=".*backward")
    monitor.install(executor)
    for _ in range(2):  # what a run before has installed must not report again
        monitor.tic()
        executor.forward(is_train=True)
        executor.backward([mx.nd.ones((3, 2), ctx=executor._ctx)])
        results = monitor.toc()
        expected = {f"bn_backward_output{i}" for i in range(3)} | {f"fc_backward_output{i}" for i in range(3)}
        assert sorted(names(results)) == sorted(expected | {"act_backward_output"})
    text = {n: t for _, n, t in results}["fc_backward_output2"]
    assert text == f"{executor.grad_dict['fc_bias'].asnumpy()}\t"


def test_toc_print(executor, caplog):
    caplog.set_level(logging.INFO)
    monitor = mx.mon.Monitor(1, pattern="fc_bias")
    monitor.install(executor)
    monitor.tic()
    monitor.toc_print()
    assert re.fullmatch(r"Batch:       1 fc_bias {24}\d\.\d+\t", caplog.messages[0])
    assert monitor.toc() == []


def test_statistics_must_be_arrays(executor):
    monitor = mx.mon.Monitor(1, stat_func=lambda x: 1.0)
    monitor.install(executor)
    monitor.tic()
    with pytest.raises(AssertionError, match="must be an NDArray or a list of them"):
        monitor.toc()


def test_numbers_have_the_digits_of_their_type(executor):
    monitor = mx.mon.Monitor(1, stat_func=lambda array: mx.nd.array([0.1]), pattern="fc_weight")
    monitor.install(executor)
    monitor.tic()
    executor.forward()
    assert [text for _, _, text in monitor.toc()] == ["0.1\t"]
