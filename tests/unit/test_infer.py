"""Shape and type inference, and the rules' partial shapes."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import mxnet as mx
from mxnet._core.graph.infer import partial_shape, spelled_shape
from mxnet._core.shapes import Conflict, ShapeRule, TypeRule, unify, unify_dim
from mxnet.base import MXNetError
from tests.conftest import Work

S = mx.sym


def by_name(symbol, found):
    return dict(zip(symbol.list_arguments(), found))


# ------------------------------------------------------------------ partial shapes

dims = st.one_of(st.none(), st.integers(0, 4))
shapes = st.one_of(st.none(), st.lists(dims, max_size=3).map(tuple))


@given(shapes, shapes)
def test_unify_is_symmetric_and_keeps_what_is_known(a, b):
    try:
        merged = unify(a, b)
    except ValueError:
        assert a is not None
        assert b is not None
        assert len(a) != len(b) or any(x is not None and y is not None and x != y for x, y in zip(a, b))
        with pytest.raises(ValueError, match="differ"):
            unify(b, a)
        return
    assert unify(b, a) == merged
    assert unify(merged, a) == merged
    for known in (a, b):
        if known is not None:
            assert all(k is None or k == m for k, m in zip(known, merged))


@given(shapes, st.booleans())
def test_spelling_of_partial_shapes_round_trips(shape, np_shape):
    if not np_shape and shape is not None and (not shape or 0 in shape):
        return  # not expressible without NumPy shapes
    assert partial_shape(spelled_shape(shape, np_shape), np_shape) == shape


def test_unify_dim():
    assert unify_dim(None, 3, None) == 3
    assert unify_dim(None) is None
    with pytest.raises(ValueError, match="2 and 3"):
        unify_dim(2, None, 3)


def test_rules():
    s = ShapeRule(("data", "weight"), ("output",), (None, (3, None), None))
    s.unify("weight", (None, 5))
    assert s["weight"] == (3, 5)
    assert "bias" not in s
    s.unify("output", None)
    with pytest.raises(Conflict, match=r"\(3,5\).*\(4,5\).*weight"):
        s.unify("weight", (4, 5))
    s = ShapeRule(("a", "b"), ("output",), (None, (None, 2), (3, None)))
    s.same()
    assert s.values() == ((3, 2),) * 3
    t = TypeRule(("data",), ("output",), (None, torch.float16))
    t.same("data", "output")
    assert t["data"] == torch.float16
    with pytest.raises(Conflict, match="float16.*int64.*data"):
        t.unify("data", "int64")


# ------------------------------------------------------------------ shapes


def two_layers():
    net = S.FullyConnected(S.var("x"), num_hidden=3, name="f1")
    return S.FullyConnected(S.Activation(net, act_type="relu", name="act"), num_hidden=4, name="f2")


def test_forward_by_name_and_by_position():
    expected = ([(2, 5), (3, 5), (3,), (4, 3), (4,)], [(2, 4)], [])
    net = two_layers()
    assert net.infer_shape(x=(2, 5)) == expected
    assert net.infer_shape((2, 5)) == expected
    assert net.infer_shape((2, 5), None, (3,)) == expected
    assert net.infer_shape_partial(x=(0, 5)) == ([(0, 5), (3, 5), (3,), (4, 3), (4,)], [(0, 4)], [])
    assert net.infer_shape_partial() == ([()] * 5, [()], [])


def test_incomplete_inference_warns_with_what_is_missing():
    net = two_layers()
    with pytest.warns(UserWarning, match="Cannot decide shape") as caught:
        assert net.infer_shape(x=(0, 5)) == (None, None, None)
    assert str(caught[0].message) == (
        "Cannot decide shape for the following arguments (0s in shape means unknown dimensions). Consider providing "
        "them as input:\n\tx: (0, 5)"
    )
    assert caught[0].filename == __file__
    many = S.var("x")
    for i in range(8):
        many = S.FullyConnected(many, num_hidden=3, flatten=False, name=f"b{i}")
    with pytest.warns(UserWarning, match=r"\.\.\.$"):
        many.infer_shape()


def test_errors_name_operator_argument_and_shapes():
    net = two_layers()
    with pytest.raises(MXNetError, match=r"operator f1: .*\(3,6\).*\(3,5\).*weight.*f1_weight"):
        net.infer_shape(x=(2, 5), f1_weight=(3, 6))
    with pytest.raises(MXNetError, match=r"operator f1: .*\(4,\).*\(3,\).*bias"):
        net.infer_shape(x=(2, 5), f1_bias=(4,))
    with pytest.raises(MXNetError, match="zz not found"):
        net.infer_shape(x=(2, 5), zz=(3,))
    with pytest.raises(MXNetError, match="did you mean 'f1_weight'"):
        net.infer_shape(x=(2, 5), f1_weigth=(3,))
    with pytest.raises(MXNetError, match="6 shapes are given, but there are 5"):
        net.infer_shape((2, 5), None, None, None, None, (1,))
    with pytest.raises(ValueError, match="either by positional or kwargs"):
        net.infer_shape((2, 5), x=(2, 5))
    for wrong in ([2, 5], None, 3):
        with pytest.raises(TypeError, match=r"shapes \(tuple\)"):
            net.infer_shape(x=wrong)
    with pytest.raises(TypeError, match="float"):
        net.infer_shape(x=(2, 5.0))
    x, y = S.var("x"), S.var("y")
    with pytest.raises(MXNetError, match=r"operator add: .*\(2,3\).*\(3,2\)"):
        S.elemwise_add(x, y, name="add").infer_shape(x=(2, 3), y=(3, 2))
    with pytest.raises(MXNetError, match=r"operator ba: .*x \(2,3\).*y \(2,4\)"):
        S.broadcast_add(x, y, name="ba").infer_shape(x=(2, 3), y=(2, 4))
    with pytest.raises(MXNetError, match="operator c: "):
        S.Convolution(x, num_filter=3, kernel=(3, 3), name="c").infer_shape(x=(2, 3, 2, 2))


def test_backwards():
    a, b = S.var("a", shape=(0, 10)), S.var("b", shape=(12, 0))
    assert (a + b).infer_shape()[0] == [(12, 10), (12, 10)]
    net = S.FullyConnected(S.var("a", shape=(0, 10)), num_hidden=21, name="f") + S.var("c", shape=(5, 0))
    found = by_name(net, net.infer_shape()[0])
    assert found["a"] == (5, 10)
    assert found["c"] == (5, 21)


def test_knowledge_that_arrives_late_reaches_everything():
    # The weight's own consumer is visited before its shape is known.
    fc = S.FullyConnected(S.var("data"), num_hidden=1, no_bias=True, name="fc")
    weight = S.abs(fc.get_internals()["fc_weight"], name="w")
    net = S.Group([weight, fc])
    assert net.infer_shape(data=(5, 13))[1] == [(1, 13), (5, 1)]
    # A long chain, all of it known only from its end.
    chain = S.var("x")
    for _ in range(300):
        chain = S.sin(chain)
    assert (chain + S.var("y")).infer_shape(y=(2, 3))[0] == [(2, 3), (2, 3)]


def test_same_variable_twice():
    x = S.var("x")
    assert (x + x).infer_shape(x=(2, 3))[1] == [(2, 3)]
    same_name = S.var("x") + S.var("x")
    assert same_name.infer_shape(x=(2, 3)) == ([(2, 3), (2, 3)], [(2, 3)], [])


def test_shape_attributes_of_variables():
    v = S.var("a", shape=(2, 3)) + 1
    assert v.infer_shape()[0] == [(2, 3)]
    assert v.infer_shape(a=(4, 5))[0] == [(4, 5)]  # a complete shape given by the caller wins
    assert (S.var("a", shape=(3, 0)) + 1).infer_shape_partial(a=(0, 4))[0] == [(3, 0)]
    assert (S.var("a", shape=3) + 1).infer_shape()[0] == [(3,)]
    assert (S.var("a", shape=[3, 4]) + 1).infer_shape()[0] == [(3, 4)]
    assert (S.var("a", shape=(3, -1)) + 1).infer_shape_partial()[0] == [(3, 0)]
    with pytest.raises(MXNetError, match="__shape__ of variable 'a'"):
        (S.var("a", shape="garb") + 1).infer_shape()


def test_what_does_not_depend_on_an_unknown_size_is_inferred():
    x, y = S.var("x"), S.var("y")
    assert S.transpose(x, axes=(0, 3, 2, 1)).infer_shape_partial(x=(0, 3, 8, 9))[1] == [(0, 9, 8, 3)]
    assert S.dot(x, y).infer_shape_partial(x=(0, 3, 4), y=(4, 5))[1] == [(0, 3, 5)]
    # Whether the slice is 5 long depends on the size.
    assert S.slice_axis(x, axis=1, begin=0, end=5).infer_shape_partial(x=(2, 0, 4))[1] == [(2, 0, 4)]
    assert S.broadcast_add(x, y).infer_shape_partial(x=(2, 3))[1] == [()]


def test_auxiliary_states():
    bn = S.BatchNorm(S.var("x"), name="bn")
    assert bn.infer_shape(x=(2, 3, 4, 4)) == ([(2, 3, 4, 4), (3,), (3,)], [(2, 3, 4, 4)], [(3,), (3,)])
    assert bn.infer_type(x="float16") == ([np.float16, np.float32, np.float32], [np.float16], [np.float32, np.float32])


def test_numpy_shapes():
    x = S.var("x")
    with mx.util.np_shape(True):
        assert S.zeros((0, 3)).infer_shape()[1] == [(0, 3)]
        assert S.sin(x).infer_shape_partial() == ([None], [None], [])
        assert S.sin(x).infer_shape(x=()) == ([()], [()], [])
        assert S.sin(x).infer_shape_partial(x=(-1, 3))[1] == [(-1, 3)]
    assert S.sin(x).infer_shape_partial() == ([()], [()], [])


def test_recorded_shapes_of_mobilenet(shared):
    folder = shared / "fixtures" / "checkpoints"
    net = S.load(str(folder / "mobilenet0.25-symbol.json"))
    expected = json.loads((folder / "mobilenet0.25-shapes.json").read_text())
    args, outs, aux = net.infer_shape(data=(1, 3, 224, 224))
    found = {
        "input": {"data": (1, 3, 224, 224)},
        "arguments": by_name(net, args),
        "auxiliary": dict(zip(net.list_auxiliary_states(), aux)),
        "outputs": dict(zip(net.list_outputs(), outs)),
    }
    assert found == {part: {k: tuple(v) for k, v in shapes_of.items()} for part, shapes_of in expected.items()}


def test_inference_of_a_large_network_is_cheap(shared):
    net = S.load(str(shared / "fixtures" / "checkpoints" / "mobilenet0.25-symbol.json"))
    net.infer_shape(data=(2, 3, 224, 224))
    with Work(at_most=150 * len(net.get_internals().list_outputs())):
        net.infer_shape(data=(3, 3, 224, 224))


# ------------------------------------------------------------------ types


def test_types_flow_both_ways():
    net = two_layers()
    f64 = [np.float64] * 5
    assert net.infer_type(x="float64") == (f64, [np.float64], [])
    assert net.infer_type("float64") == (f64, [np.float64], [])
    assert net.infer_type(f2_bias=np.float64) == (f64, [np.float64], [])
    x, y = S.var("x"), S.var("y")
    assert S.cast(x, dtype="float16").infer_type_partial() == ([None], [np.float16], [])
    assert (S.cast(x, dtype="float16") + y).infer_type(x="int32") == ([np.int32, np.float16], [np.float16], [])
    assert (S.var("a", dtype="float16") + 1).infer_type() == ([np.float16], [np.float16], [])
    assert (S.var("a", dtype="float16") + 1).infer_type(a="float32") == ([np.float32], [np.float32], [])
    assert S.zeros((2,)).infer_type() == ([], [np.float32], [])
    assert S.zeros((2,), dtype="int32").infer_type() == ([], [np.int32], [])


def test_type_errors():
    x, y = S.var("x"), S.var("y")
    with pytest.raises(MXNetError, match="operator add: .*int32.*float32"):
        S.elemwise_add(x, y, name="add").infer_type(x="int32", y="float32")
    with pytest.raises(TypeError, match="complex64"):
        x.infer_type(x="complex64")
    with pytest.raises(MXNetError, match="zz not found"):
        x.infer_type(zz="float32")
    with pytest.warns(UserWarning, match="Cannot decide type for the following arguments.*\n\tx: None"):
        assert two_layers().infer_type() == (None, None, None)
    with pytest.raises(MXNetError, match="__dtype__ of variable 'a'"):
        (S.var("a", __dtype__="99") + 1).infer_type()


# ------------------------------------------------------------------ what the executor makes of a graph


def names_of(executor):
    return executor.get_optimized_symbol().get_internals().list_outputs()


def test_equal_expressions_are_computed_once():
    a, b = S.var("a"), S.var("b")
    shapes = {"a": (2,), "b": (2,)}
    total = (S.elemwise_add(a, b, name="p") + S.elemwise_add(a, b, name="q")).simple_bind(mx.cpu(), **shapes)
    assert "p_output" in names_of(total)
    assert "q_output" not in names_of(total)
    total.arg_dict["a"][:] = 3
    total.forward(is_train=True)
    total.backward(mx.nd.ones((2,)))
    assert total.outputs[0].asnumpy().tolist() == [6, 6]
    assert total.grad_dict["b"].asnumpy().tolist() == [2, 2]
    # Each output is an array of its own.
    pair = S.Group([S.sin(a, name="s"), S.sin(a, name="t")]).simple_bind(mx.cpu(), a=(2,))
    first, second = pair.forward()
    first[:] = 5
    assert second.asnumpy().tolist() == [0, 0]
    # Losses count as often as they occur, and random numbers are drawn anew.
    losses = [S.MakeLoss(a, name=f"loss{i}") for i in range(2)]
    e = S.Group(losses).simple_bind(mx.cpu(), a=(2,))
    e.forward(is_train=True)
    e.backward()
    assert e.grad_dict["a"].asnumpy().tolist() == [2, 2]
    noise = S.Dropout(a, name="d0") + S.Dropout(a, name="d1")
    assert "d1_output" in names_of(noise.simple_bind(mx.cpu(), a=(2,)))


def test_memory_estimate():
    x = S.var("x")
    deep = x
    for _ in range(10):
        deep = deep * deep

    def megabytes(net, grad_req):
        text = net.simple_bind(mx.cpu(), grad_req, x=(1024, 1024)).debug_str()
        assert text.endswith(" MB allocated\nTotal 11 TempSpace resource requested\n")  # memonger counts lines
        return int(text.split("\n")[-3].split()[1])

    assert megabytes(deep, "null") == 8  # two values of 4 MB at a time
    assert megabytes(deep, "write") == 40
    assert megabytes(S.BlockGrad(deep), "write") == 8


def test_gradients_that_do_not_exist_are_refused():
    x, i = S.var("x"), S.var("i", dtype="int32")
    net = S.batch_take(x, i, name="bt")
    shapes = {"x": (3, 3), "i": (3,)}
    with pytest.raises(MXNetError, match="batch_take.*'bt'.*non-differentiable"):
        net.simple_bind(mx.cpu(), {"x": "write"}, **shapes)
    net.simple_bind(mx.cpu(), "null", **shapes)
    S.BlockGrad(net).simple_bind(mx.cpu(), **shapes)
    with pytest.raises(MXNetError, match="non-differentiable"):
        net.bind(
            mx.cpu(),
            {"x": mx.nd.zeros((3, 3)), "i": mx.nd.zeros((3,), dtype="int32")},
            args_grad={"x": mx.nd.zeros((3, 3))},
        )
