"""Shapes and types that flow backwards through the shape and indexing operators, and fresh results; as MXNet 1.9.1."""

import numpy as np
import pytest

import mxnet as mx
from mxnet import nd, sym

D, E, G = sym.Variable("d"), sym.Variable("e"), sym.Variable("g")


def plus(s):
    """The result must have the shape of ``g``."""
    return sym.elemwise_add(s, G)


# symbol, what is known, what MXNet concludes about the arguments (0: nothing known about an axis)
BACKWARDS = [
    (plus(sym.Reshape(D, shape=(0, 0))), {"d": (0, 3), "g": (2, 3)}, {"d": (2, 3)}),
    (sym.Reshape(D, shape=(6, 4)), {"d": (0, 3, 4)}, {"d": (2, 3, 4)}),
    (sym.Reshape(D, shape=(0, -1)), {"d": (0, 3, 4)}, {"d": (0, 3, 4)}),
    (plus(sym.transpose(D, axes=(1, 0, 2))), {"g": (2, 3, 4)}, {"d": (3, 2, 4)}),
    (plus(sym.transpose(D, axes=(1, 0, 2))), {"d": (0, 3, 4), "g": (3, 5, 0)}, {"d": (5, 3, 4), "g": (3, 5, 4)}),
    (plus(sym.expand_dims(D, axis=1)), {"g": (2, 1, 4)}, {"d": (2, 4)}),
    (plus(sym.expand_dims(D, axis=1)), {"d": (0, 3)}, {"g": (0, 1, 3)}),
    (sym.Concat(D, E, dim=1), {"d": (0, 3), "e": (5, 4)}, {"d": (5, 3)}),
    (plus(sym.Concat(D, E, dim=1)), {"d": (0, 3), "e": (0, 4), "g": (9, 0)}, {"d": (9, 3), "e": (9, 4), "g": (9, 7)}),
    (plus(sym._internal._rnn_param_concat(D, E, dim=0)), {"d": (3,), "e": (0,), "g": (7,)}, {"e": (4,)}),
    (plus(sym._internal._rnn_param_concat(D, E, dim=0)), {"d": (0,), "e": (0,), "g": (8,)}, {"d": (4,), "e": (4,)}),
    (plus(sym.SliceChannel(D, num_outputs=3)[0]), {"d": (0, 6), "g": (4, 2)}, {"d": (4, 6)}),
    (plus(sym.split_v2(D, (1, 3), axis=1)[0]), {"d": (0, 6), "g": (3, 1)}, {"d": (3, 6)}),
    (sym.Embedding(D, E, input_dim=5, output_dim=3), {"d": (0, 4)}, {"e": (5, 3)}),
    (sym.where(D, E, G), {"d": (2,), "e": (2, 3)}, {"g": (2, 3)}),
    (sym.where(D, E, G), {"d": (2, 3), "e": (2, 3)}, {"g": (2, 3)}),
    (sym.pick(D, E), {"d": (4, 3)}, {"e": (4,)}),
    (sym.SequenceLast(D, E, use_sequence_length=True), {"d": (4, 2, 3)}, {"e": (2,)}),
    (sym.SequenceMask(D, E, use_sequence_length=True, axis=1), {"d": (4, 2, 3)}, {"e": (4,)}),
    (plus(sym.slice_axis(D, axis=1, begin=0, end=2)), {"d": (0, 3)}, {"g": (0, 2)}),
    (plus(sym.unravel_index(D, shape=(2, 3))), {"g": (2, 5)}, {"d": (5,)}),
]


@pytest.mark.parametrize("number", range(len(BACKWARDS)))
def test_shapes_flow_backwards(number):
    symbol, known, expected = BACKWARDS[number]
    found = dict(zip(symbol.list_arguments(), symbol.infer_shape_partial(**known)[0]))
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("symbol", "known"),
    [
        (plus(sym.transpose(D)), {"d": (2, 3), "g": (2, 3)}),
        (sym.Concat(D, E, dim=1), {"d": (2, 3), "e": (3, 3)}),
        (sym.Embedding(D, E, input_dim=5, output_dim=3), {"d": (2,), "e": (4, 3)}),
        (plus(sym._internal._rnn_param_concat(D, E, dim=0)), {"d": (9,), "e": (0,), "g": (7,)}),
    ],
)
def test_contradictions(symbol, known):
    with pytest.raises(mx.MXNetError):
        symbol.infer_shape_partial(**known)


@pytest.mark.parametrize(
    ("symbol", "known", "arguments", "outputs"),
    [
        (sym.Embedding(D, E, input_dim=5, output_dim=3), {"d": "int32"}, ["int32", "float32"], ["float32"]),
        (
            sym.Embedding(D, E, input_dim=5, output_dim=3),
            {"d": "int32", "e": "float16"},
            ["int32", "float16"],
            ["float16"],
        ),
        (sym.take(D, E), {"d": "float16", "e": "int32"}, ["float16", "int32"], ["float16"]),
        (sym.one_hot(D, depth=2, dtype="int8"), {"d": "int32"}, ["int32"], ["int8"]),
        (sym.topk(D, ret_typ="both", dtype="int64"), {"d": "float16"}, ["float16"], ["float16", "int64"]),
        (sym.topk(D), {"d": "int32"}, ["int32"], ["float32"]),
        (sym.sort(D), {"d": "float64"}, ["float64"], ["float64"]),
        (sym.where(D, E, G), {"d": "int8", "e": "float64"}, ["int8", "float64", "float64"], ["float64"]),
        (sym.SequenceMask(D, E, use_sequence_length=True), {"d": "float16"}, ["float16", "float16"], ["float16"]),
        (
            sym.SequenceLast(D, E, use_sequence_length=True),
            {"d": "float16", "e": "int8"},
            ["float16", "int8"],
            ["float16"],
        ),
        (sym.shape_array(D), {"d": "float16"}, ["float16"], ["int64"]),
        (sym.batch_take(D, E), {"d": "float16"}, ["float16", "int32"], ["float16"]),
    ],
)
def test_types(symbol, known, arguments, outputs):
    found = symbol.infer_type(**known)
    assert [np.dtype(t).name for t in found[0]] == arguments
    assert [np.dtype(t).name for t in found[1]] == outputs


@pytest.mark.parametrize(
    "operator",
    [
        lambda x: nd.Reshape(x, shape=(-1,)),
        lambda x: nd.Flatten(x),
        lambda x: nd.transpose(x),
        lambda x: nd.SwapAxis(x, dim1=0, dim2=1),
        lambda x: nd.expand_dims(x, axis=0),
        lambda x: nd.squeeze(x),
        lambda x: nd.squeeze(x, axis=()),
        lambda x: nd.reshape_like(x, x),
        lambda x: nd.slice(x, begin=(0,), end=(2,)),
        lambda x: nd.slice_axis(x, axis=0, begin=0, end=1),
        lambda x: nd.slice_like(x, x),
        lambda x: nd.SliceChannel(x, num_outputs=2, axis=0)[0],
        lambda x: nd.split_v2(x, 1),
        lambda x: nd.diag(x),
        lambda x: nd.tile(x, reps=()),
        lambda x: nd.Concat(x),
        lambda x: nd.SequenceMask(x),
        lambda x: nd.SequenceLast(x),
        lambda x: nd.where(x, x, x),
    ],
)
def test_operators_never_return_views(operator):
    """Only methods and indexing share memory with the array; operators do not."""
    x = nd.array(np.arange(1, 7).reshape(2, 3))
    before = operator(x)
    kept = before.asnumpy()
    x[:] = -1
    np.testing.assert_array_equal(before.asnumpy(), kept)


def test_split_of_a_vector_keeps_an_axis():
    parts = nd.split(nd.array([5, 6, 7]), num_outputs=3, axis=0, squeeze_axis=True)
    assert [p.shape for p in parts] == [(1,)] * 3
    assert [p.asscalar() for p in parts] == [5, 6, 7]


def test_topk_takes_the_first_of_equals():
    x = nd.array([1, 2, 1, 2, 1])
    assert nd.topk(x, k=3).asnumpy().tolist() == [1, 3, 0]
    assert nd.topk(x, k=3, is_ascend=True).asnumpy().tolist() == [0, 2, 4]
    assert nd.argsort(x, is_ascend=False).asnumpy().tolist() == [1, 3, 0, 2, 4]


def test_topk_of_a_long_axis():
    """Above a certain length a selection replaces the sort."""
    values = np.random.permutation(5000).astype("float32")
    found, at = nd.topk(nd.array(values), k=4, ret_typ="both")
    assert found.asnumpy().tolist() == [4999, 4998, 4997, 4996]
    np.testing.assert_array_equal(values[at.asnumpy().astype(int)], found.asnumpy())


@pytest.mark.parametrize("split", ["split", "split_v2"])
def test_parts_of_a_vector_lose_their_axis_with_shapes_of_numpy(split):
    counts = {"num_outputs": 3} if split == "split" else {"indices_or_sections": 3}
    x = nd.array([5, 6, 7])
    x.attach_grad()
    symbol = getattr(mx.sym, split)(mx.sym.var("x"), axis=0, squeeze_axis=True, **counts)
    assert symbol.infer_shape(x=(3,))[1] == [(1,), (1,), (1,)]
    with mx.util.np_shape(True):
        with mx.autograd.record():
            parts = getattr(nd, split)(x, axis=0, squeeze_axis=True, **counts)
            total = parts[1] * 2
        total.backward()
        assert [p.shape for p in parts] == [(), (), ()]
        assert nd.stack(*parts).asnumpy().tolist() == [5, 6, 7]
        assert symbol.infer_shape(x=(3,))[1] == [(), (), ()]
        assert [o.shape for o in symbol.bind(mx.cpu(), {"x": x}).forward()] == [(), (), ()]
    assert x.grad.asnumpy().tolist() == [0, 2, 0]
    assert [p.shape for p in getattr(nd, split)(x, axis=0, squeeze_axis=True, **counts)] == [(1,)] * 3
