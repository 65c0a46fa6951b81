"""Initializers: which name gets what, values, distributions, JSON, composites."""

import json
import logging
import pickle

import numpy as np
import pytest

import mxnet as mx
from mxnet.initializer import InitDesc


def filled(init, name="fc_weight", shape=(3, 4), dtype="float32", ctx=None):
    array = mx.nd.array(np.full(shape, 7.0), dtype=dtype, ctx=ctx or mx.cpu())
    init(InitDesc(name), array)
    return array.asnumpy()


@pytest.mark.parametrize(
    "name, value",
    [
        ("fc_weight", 0.5),
        ("fc_bias", 0),
        ("bn_gamma", 1),
        ("bn_beta", 0),
        ("q_min", 0),
        ("q_max", 1),
        ("fc_bias_quantize", 0),
    ],
)
def test_the_ending_of_the_name_decides(name, value):
    assert (filled(mx.init.Constant(0.5), name) == value).all()


@pytest.mark.filterwarnings("ignore:.*plain name is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    "name, value",
    [
        ("fc_weight", 0.5),
        ("fc_bias", 0),
        ("bn_gamma", 1),
        ("bn_beta", 0),
        ("bn_moving_mean", 0),
        ("bn_moving_var", 1),
        ("bn_moving_inv_var", 0),
        ("bn_moving_avg", 0),
        ("q_min", 0),
        ("q_max", 1),
        ("stn_loc_weight", 0),
        ("stn_loc_bias", [1, 0, 0, 0, 1, 0]),
    ],
)
def test_plain_names(name, value):
    array = mx.nd.full((6,), 7)
    mx.init.Constant(0.5)(name, array)
    assert (array.asnumpy() == value).all()


def test_plain_names_warn_and_are_checked():
    with pytest.warns(DeprecationWarning, match="InitDesc"):
        mx.init.One()("a_weight", mx.nd.zeros((2,)))
    with pytest.warns(DeprecationWarning), pytest.raises(TypeError, match="name must be of type str"):
        mx.init.One()(3, mx.nd.zeros((2,)))
    with pytest.warns(DeprecationWarning), pytest.raises(TypeError, match="arr must be of type NDArray"):
        mx.init.One()("a_weight", np.zeros(2))
    with pytest.warns(DeprecationWarning), pytest.raises(AssertionError, match="6 elements"):
        mx.init.One()("stn_loc_bias", mx.nd.zeros((2,)))
    up = mx.nd.zeros((1, 1, 4, 4))
    with pytest.warns(DeprecationWarning):
        mx.init.One()("upsampling_weight", up)
    assert (up.asnumpy() == filled(mx.init.Bilinear(), shape=(1, 1, 4, 4))).all()


def test_unknown_names():
    with pytest.raises(ValueError, match="Unknown initialization pattern for fc_state"):
        filled(mx.init.One(), "fc_state")


def test_quantized_weights():
    values = filled(mx.init.One(), "fc_weight_quantize", (50, 50), "int8")
    assert values.min() >= -127 and values.max() < 127 and len(np.unique(values)) > 200


def test_a_variable_brings_its_own_initializer():
    array = mx.nd.zeros((2, 2))
    outer = mx.init.One()
    desc = InitDesc("a_bias", {"__init__": mx.init.Constant(0.25).dumps()})
    outer(desc, array)
    assert (array.asnumpy() == 0.25).all() and desc.global_init is outer


def test_descriptions_are_strings():
    desc = InitDesc("a_weight")
    assert desc == "a_weight" and desc.attrs == {} and desc.global_init is None


DRAWN = [
    (mx.init.Uniform(0.3), 0.3 / np.sqrt(3), 0.3),
    (mx.init.Normal(0.2), 0.2, None),
    (mx.init.Xavier(), np.sqrt(3 / 250) / np.sqrt(3), np.sqrt(3 / 250)),
    (mx.init.Xavier(factor_type="in", magnitude=2), np.sqrt(2 / 300) / np.sqrt(3), np.sqrt(2 / 300)),
    (mx.init.Xavier("gaussian", "out", 2), np.sqrt(2 / 200), None),
    (mx.init.MSRAPrelu(), np.sqrt(2 / (1 + 0.25**2) / 250), None),
    (mx.init.MSRAPrelu("in", 0), np.sqrt(2 / 300), None),
]


@pytest.mark.parametrize("init, deviation, bound", DRAWN, ids=[d[0].dumps() for d in DRAWN])
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
def test_random_weights(ctx, init, deviation, bound, dtype):
    values = filled(init, shape=(200, 300), dtype=dtype, ctx=ctx).astype("float64")
    assert values.std() == pytest.approx(deviation, rel=0.02)
    assert abs(values.mean()) < 5 * deviation / np.sqrt(values.size)
    assert bound is None or abs(values).max() <= bound * 1.001
    assert len(np.unique(values)) > 1000


def test_windows_of_convolutions_count():
    values = filled(mx.init.Xavier("gaussian", "in", 1), shape=(64, 16, 3, 3))
    assert values.std() == pytest.approx(1 / np.sqrt(16 * 9), rel=0.05)


def test_seeds_reproduce_weights():
    for init in (mx.init.Uniform(), mx.init.Normal(), mx.init.Orthogonal()):
        mx.random.seed(11)
        first = filled(init)
        assert (filled(init) != first).any()
        mx.random.seed(11)
        assert (filled(init) == first).all()


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (3, 2, 2)])
@pytest.mark.parametrize("rand_type", ["uniform", "normal"])
def test_orthogonal(shape, rand_type):
    matrix = filled(mx.init.Orthogonal(scale=2.0, rand_type=rand_type), shape=shape).reshape(shape[0], -1)
    small = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-5)


def test_bilinear():
    row = np.array([0.25, 0.75, 0.75, 0.25])
    values = filled(mx.init.Bilinear(), shape=(2, 1, 4, 4))
    np.testing.assert_array_equal(values, np.broadcast_to(np.outer(row, row), (2, 1, 4, 4)))
    np.testing.assert_array_equal(filled(mx.init.Bilinear(), shape=(1, 1, 3, 3))[0, 0, 1], [0.1875, 0.5625, 0.5625])


def test_lstm_bias():
    np.testing.assert_array_equal(filled(mx.init.LSTMBias(2.0), shape=(8,)), [0, 0, 2, 2, 0, 0, 0, 0])


def test_row_sparse_weights(ctx):
    array = mx.nd.zeros((5, 3), stype="row_sparse", ctx=ctx)
    mx.init.Uniform()(InitDesc("a_weight"), array)
    assert array.stype == "row_sparse" and (array.asnumpy() != 0).all()
    mx.init.Constant(2)(InitDesc("a_weight"), array)
    assert (array.asnumpy() == 2).all()


def test_constants():
    assert (filled(mx.init.Zero()) == 0).all() and (filled(mx.init.One()) == 1).all()
    np.testing.assert_array_equal(filled(mx.init.Constant(mx.nd.arange(4))), np.tile(np.arange(4), (3, 1)))


@pytest.mark.parametrize(
    "init, text",
    [
        (mx.init.Normal(0.5), '["normal", {"sigma": 0.5}]'),
        (
            mx.init.Xavier(factor_type="in", magnitude=2.34),
            '["xavier", {"rnd_type": "uniform", "factor_type": "in", "magnitude": 2.34}]',
        ),
        (mx.init.MSRAPrelu(), '["msraprelu", {"factor_type": "avg", "slope": 0.25}]'),
        (mx.init.Zero(), '["zero", {}]'),
        (mx.init.Constant(1), '["constant", {"value": 1}]'),
        (mx.init.Constant(mx.nd.array([1, 2])), '["constant", {"value": [1.0, 2.0]}]'),
        (mx.init.Constant(np.float32(0.5)), '["constant", {"value": 0.5}]'),
        (
            mx.init.FusedRNN(mx.init.Uniform(0.1), 4, 2, "lstm"),
            '["fusedrnn", {"init": "[\\"uniform\\", {\\"scale\\": 0.1}]", "num_hidden": 4, "num_layers": 2, '
            '"mode": "lstm", "bidirectional": false, "forget_bias": 1.0}]',
        ),
    ],
)
def test_json(init, text):
    assert init.dumps() == text
    again = mx.init.create(text)
    assert type(again) is type(init) and again.dumps() == text and again == init


def test_names():
    for name, kind in (("zeros", "Zero"), ("ones", "One"), ("Xavier", "Xavier"), ("UNIFORM", "Uniform")):
        assert type(mx.init.create(name)).__name__ == kind
    assert mx.init.create("normal", sigma=3).sigma == 3
    given = mx.init.One()
    assert mx.init.create(given) is given
    with pytest.raises(AssertionError, match="not registered"):
        mx.init.create("nothing")


def test_own_initializers():
    @mx.init.register
    @mx.init.alias("halves")
    class Half(mx.init.Initializer):
        def _init_weight(self, name, arr):
            arr[:] = 0.5

        def _init_bias(self, name, arr):
            arr[:] = 0.25

    assert (filled(mx.init.create("halves")) == 0.5).all()
    assert (filled(mx.init.create("half"), "a_bias") == 0.25).all()
    assert mx.init.create("half") == Half() and mx.init.create("half") != mx.init.One()
    assert Half() != "half"


def test_load(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    path = str(tmp_path / "a.params")
    mx.nd.save(path, {"arg:a_weight": mx.nd.ones((2,)), "aux:b": mx.nd.full((3,), 2)})
    init = mx.init.Load(path, default_init=mx.init.Constant(9), verbose=True)
    a, b, c = mx.nd.zeros((2,)), mx.nd.zeros((3,)), mx.nd.zeros((2,))
    init(InitDesc("a_weight"), a)
    init(InitDesc("b"), b)
    init(InitDesc("c_weight"), c)
    assert [x.asnumpy().tolist() for x in (a, b, c)] == [[1, 1], [2, 2, 2], [9, 9]]
    assert caplog.messages[0] == "Initialized a_weight by loading"
    assert caplog.messages[2] == "Initialized c_weight by default"
    with pytest.raises(AssertionError, match=r"Shape mismatch, target \(3,\) vs loaded \(2,\)"):
        init(InitDesc("a_weight"), b)
    with pytest.raises(AssertionError, match="Cannot Initialize z"):
        mx.init.Load({})(InitDesc("z"), a)
    with pytest.raises(AssertionError, match="got list"):
        mx.init.Load([a])


def test_mixed():
    init = mx.init.Mixed(["fc1_", ".*bias"], [mx.init.Constant(3), mx.init.One()])
    assert (filled(init, "fc1_weight") == 3).all()
    assert (filled(init, "fc2_bias") == 0).all()  # the second initializer, to which it is a bias
    with pytest.raises(ValueError, match="fc2_weight did not match any pattern"):
        filled(init, "fc2_weight")
    with pytest.raises(AssertionError, match="2 patterns"):
        mx.init.Mixed(["a", "b"], [mx.init.One()])


def test_verbosity(caplog):
    caplog.set_level(logging.INFO)
    filled(mx.init.Constant(3).set_verbosity(True))
    filled(mx.init.One().set_verbosity(True, lambda x: f"{x.size} elements"), "a_bias")
    assert caplog.messages == ["Initialized fc_weight as weight: 3.0", "Initialized a_bias as bias: 12 elements"]


@pytest.mark.parametrize(
    "init, shape, message",
    [
        (mx.init.Xavier(), (3,), "cannot be applied to vector fc_weight"),
        (mx.init.Xavier(factor_type="sum"), (3, 3), "Incorrect factor type 'sum'"),
        (mx.init.Xavier(rnd_type="cauchy"), (3, 3), "Unknown random type 'cauchy'"),
        (mx.init.Orthogonal(rand_type="cauchy"), (3, 3), "Unknown random type 'cauchy'"),
    ],
)
def test_refused(init, shape, message):
    with pytest.raises(ValueError, match=message):
        filled(init, shape=shape)


def test_base_class_is_abstract():
    with pytest.raises(NotImplementedError, match="must define _init_weight"):
        filled(mx.init.Initializer())


def test_modules_use_them():
    data = mx.sym.Variable("data")
    weight = mx.sym.Variable("fc_weight", init=mx.init.Constant(0.5))
    net = mx.sym.LeakyReLU(mx.sym.FullyConnected(data, weight, num_hidden=3, name="fc"), act_type="prelu", name="act")
    module = mx.mod.Module(mx.sym.BatchNorm(net, name="bn"), label_names=None)
    module.bind([("data", (2, 4))])
    module.init_params(mx.init.Uniform(0.1))
    arg, aux = module.get_params()
    values = {name: np.unique(x.asnumpy()).tolist() for name, x in {**arg, **aux}.items()}
    assert values == {
        "fc_weight": [0.5],
        "fc_bias": [0.0],
        "act_gamma": [0.25],
        "bn_gamma": [1.0],
        "bn_beta": [0.0],
        "bn_moving_mean": [0.0],
        "bn_moving_var": [1.0],
    }
    assert json.loads(weight.attr("__init__")) == ["constant", {"value": 0.5}]


@pytest.mark.parametrize("name", [n for n in mx.initializer.__all__ if n not in ("alias", "create")])
def test_what_the_module_defines_says_so(name):
    """Pickles, and programs that print a class, name the module where MXNet has it."""
    found = getattr(mx.initializer, name)
    assert found.__module__ == "mxnet.initializer"
    assert pickle.loads(pickle.dumps(found)) is found


@pytest.mark.parametrize(
    ("name", "there"),
    [("load", mx.nd.load), ("string_types", mx.base.string_types), ("is_np_array", mx.util.is_np_array)],
)
def test_names_that_programs_import(name, there):
    assert getattr(mx.initializer, name) is there
