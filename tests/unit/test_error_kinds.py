"""What is wrong in files, names and sizes: MXNetError, called by its public name, in a message that can be read."""

import json
import multiprocessing
import pickle
import traceback
from functools import partial

import numpy as np
import pytest

import mxnet as mx
from mxnet._core.errors import NotAScalarError
from mxnet.base import (
    ArgumentTypeError,
    ArgumentValueError,
    OperatorIndexError,
    OperatorTypeError,
    OperatorValueError,
    UnknownNameError,
)
from mxnet.recordio import ShortRecordError


def network(**attributes):
    weight = mx.sym.Variable("w", attr=attributes)
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), weight, num_hidden=2, no_bias=True)
    return mx.sym.SoftmaxOutput(net, name="softmax")


def pure(call):
    """The error of a call, which must be an MXNetError and none of the kinds that say nothing."""
    with pytest.raises(mx.MXNetError) as caught:
        call()
    nothing = (KeyError, AttributeError, RecursionError, json.JSONDecodeError)
    assert isinstance(caught.value, UnknownNameError) or not isinstance(caught.value, nothing)
    assert len(str(caught.value)) < 9000
    return str(caught.value)


@pytest.mark.parametrize(
    "declared",
    [
        "garbage",
        "[]",
        "{}",
        "[1]",
        '["zero"]',
        '["nope",{}]',
        '["uniform",{"scale":"x"}]',
        '["uniform",{"bad":1}]',
        '["uniform",[]]',
        '[["zero"],{}]',
        "null",
        "1",
        '"nope"',
        "[" * 100_000,
        '["fusedrnn",{}]',
        "x" * 300_000,
        '["constant",{"value":"%s"}]' % ("x" * 100_000),
        '["xavier",{"magnitude":"big"}]',
        '["orthogonal",{"scale":null}]',
    ],
    ids=lambda text: text[:30],
)
def test_initializers_that_a_file_declares(declared):
    net = mx.sym.load_json(network(__init__=declared).tojson())
    module = mx.mod.Module(net)
    module.bind([("data", (2, 3))], [("softmax_label", (2,))])
    assert "the attribute __init__ of 'w'" in pure(module.init_params)


@pytest.mark.parametrize("attribute", ["__lr_mult__", "__wd_mult__"])
def test_multipliers_that_a_file_declares(attribute):
    method = {"__lr_mult__": "set_lr_mult", "__wd_mult__": "set_wd_mult"}[attribute]
    message = pure(lambda: getattr(mx.optimizer.SGD(sym=network(**{attribute: "much"})), method)({}))
    assert f"{attribute} of variable 'w' is 'much'" in message


@pytest.mark.filterwarnings("ignore:.*label_names")
def test_names_that_the_network_has_not():
    data = mx.io.NDArrayIter(np.zeros((4, 3), "float32"), np.zeros(4, "float32"), 2, label_name="softmax_lable")
    for names in (("softmax_label",), ("softmax_lable",)):
        fit = mx.mod.Module(network(), label_names=names).fit
        assert "did you mean 'softmax_label'" in pure(partial(fit, data, num_epoch=1))


@pytest.mark.parametrize("wrong", [{"label_names": ["nope"]}, {"output_names": ["nope"]}])
def test_names_of_metrics(wrong):
    metric = mx.metric.Accuracy(**wrong)
    message = pure(lambda: metric.update_dict({"label": mx.nd.ones((1,))}, {"out": mx.nd.ones((1, 2))}))
    assert "'nope'" in message


def test_names_of_head_gradients():
    executor = network().simple_bind(mx.cpu(), data=(2, 3))
    executor.forward(is_train=True)
    assert "'softmax_output'" in pure(lambda: executor.backward({"nope": mx.nd.ones((2, 2))}))


@pytest.mark.parametrize("shape", [(2**44,), (2**62, 4), (2**70,), (10**6, 10**6, 10**3)], ids=str)
def test_sizes_too_large(shape):
    x = mx.sym.Variable("x")
    for call in (
        lambda: mx.nd.zeros(shape),
        lambda: mx.nd.empty(shape),
        lambda: mx.nd.full(shape, 1),
        lambda: mx.sym.sum(x).simple_bind(mx.cpu(), x=shape),
        lambda: mx.sym.zeros(shape).eval(),
    ):
        pure(call)


def test_long_messages_are_cut():
    nodes = [{"op": "null", "name": "d", "inputs": []}]
    bad = {"op": "FullyConnected", "name": "a" * 300_000, "attrs": {"num_hidden": "x" * 300_000}, "inputs": [[0, 0, 0]]}
    text = json.dumps({"nodes": [*nodes, bad], "arg_nodes": [0], "heads": [[1, 0, 0]]})
    assert "num_hidden expects int" in pure(lambda: mx.sym.load_json(text))
    unknown = json.dumps(
        {"nodes": [{"op": "y" * 300_000, "name": "a", "inputs": []}], "arg_nodes": [], "heads": [[0, 0, 0]]}
    )
    pure(lambda: mx.sym.load_json(unknown))
    many = mx.sym.Group([mx.sym.Variable(f"v{i}") + 1 for i in range(3000)])
    assert "nope not found" in pure(lambda: many.infer_shape(nope=(2,)))


@pytest.mark.parametrize(
    ("call", "also"),
    [
        (
            lambda: mx.nd.FullyConnected(mx.nd.ones((2, 2)), mx.nd.ones((3, 3)), num_hidden=3, no_bias=True),
            RuntimeError,
        ),
        (lambda: mx.nd.zeros((-1,)), ValueError),
        (lambda: mx.nd.take(mx.nd.ones((2,)), mx.nd.array([7]), mode="raise"), IndexError),
        (lambda: mx.sym.load_json("[]"), RuntimeError),
        (
            lambda: mx.sym.FullyConnected(
                mx.sym.Variable("x", shape=(2, 3)), mx.sym.Variable("w", shape=(2, 2)), num_hidden=2
            ).infer_shape(),
            RuntimeError,
        ),
    ],
)
def test_tracebacks_show_the_public_name(call, also):
    with pytest.raises(also) as caught:
        call()
    assert isinstance(caught.value, mx.MXNetError)
    shown = traceback.format_exception_only(caught.value)[0]
    assert shown.startswith("mxnet.base.MXNetError: ")


@pytest.mark.parametrize(
    "kind",
    [
        OperatorValueError,
        OperatorTypeError,
        OperatorIndexError,
        ArgumentValueError,
        ArgumentTypeError,
        UnknownNameError,
        NotAScalarError,
        ShortRecordError,
    ],
)
def test_errors_come_through_pickles_as_what_they_are(kind):
    again = pickle.loads(pickle.dumps(kind("text")))
    assert type(again) is kind and str(again) == "text"


def _fails(_):
    mx.nd.zeros((-1,))


def test_errors_come_out_of_workers():
    with multiprocessing.get_context("fork").Pool(1) as pool, pytest.raises(ValueError, match="negative") as caught:
        pool.map(_fails, [0])
    assert isinstance(caught.value, mx.MXNetError)
