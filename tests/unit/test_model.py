"""Checkpoints, the choice of a key-value store, and FeedForward. Numbers were recorded from MXNet 1.9.1."""

from __future__ import annotations

import logging
import pickle
import re

import numpy as np
import pytest

import mxnet as mx
from mxnet.executor_manager import _split_input_slice
from mxnet.model import Updates, _create_kvstore, _update_params, _update_params_on_kvstore

TWO = [mx.cpu(0), mx.cpu(1)]

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*FeedForward has been deprecated:DeprecationWarning"),
    # FeedForward initializes by name alone, as MXNet's does.
    pytest.mark.filterwarnings("ignore:an initializer called with a plain name:DeprecationWarning"),
]


def mlp():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), name="fc1", num_hidden=3)
    net = mx.sym.FullyConnected(mx.sym.Activation(net, act_type="relu"), name="fc2", num_hidden=2)
    return mx.sym.SoftmaxOutput(net, name="softmax")


# ---------------------------------------------------------------------- checkpoints


def test_checkpoint_round_trip(tmp_path, caplog):
    prefix = str(tmp_path / "net")
    net = mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn")
    args = {"bn_gamma": mx.nd.array([1, 2]), "bn_beta": mx.nd.array([3, 4])}
    aux = {"bn_moving_mean": mx.nd.array([5, 6]), "bn_moving_var": mx.nd.array([7, 8])}
    with caplog.at_level(logging.INFO):
        mx.model.save_checkpoint(prefix, 12, net, args, aux)
    assert caplog.messages == [f'Saved checkpoint to "{prefix}-0012.params"']
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net-0012.params", "net-symbol.json"]
    symbol, args2, aux2 = mx.model.load_checkpoint(prefix, 12)
    assert symbol.tojson() == net.tojson()
    for given, found in ((args, args2), (aux, aux2)):
        assert set(given) == set(found)
        assert all((given[k].asnumpy() == found[k].asnumpy()).all() for k in given)
    mx.model.save_checkpoint(prefix, 13, None, args, {})
    assert mx.model.load_params(prefix, 13)[1] == {}


def test_checkpoints_that_are_none(tmp_path, caplog):
    prefix = str(tmp_path / "net")
    mx.nd.save(prefix + "-0000.params", {})
    assert mx.model.load_params(prefix, 0) == ({}, {}) and "is empty" in caplog.text
    mx.nd.save(prefix + "-0001.params", [mx.nd.ones((1,))])
    with pytest.raises(ValueError, match=r"Invalid param file .*net-0001.params.*array 0 has no name"):
        mx.model.load_params(prefix, 1)
    mx.nd.save(prefix + "-0002.params", {"arg:a": mx.nd.ones((1,)), "opt:b": mx.nd.ones((1,))})
    assert set(mx.model.load_params(prefix, 2)[0]) == {"a"}  # other kinds are passed over, as in MXNet
    with pytest.raises((FileNotFoundError, mx.MXNetError), match="net-0003.params"):
        mx.model.load_params(prefix, 3)


def test_batch_end_param():
    p = mx.model.BatchEndParam(1, 2, "metric", {})
    assert (p.epoch, p.nbatch, p.eval_metric, p.locals) == (1, 2, "metric", {})
    assert mx.model.BatchEndParam(epoch=1, nbatch=2, eval_metric="metric", locals={}) == p


# ---------------------------------------------------------------------- stores and updates


@pytest.mark.parametrize(
    ("kv", "devices", "size", "env", "expected"),
    [
        (None, 2, 1, "1", (None, False)),
        ("local", 1, 1, "1", (None, False)),
        ("device", 1, 1, "1", (None, False)),
        ("local", 2, 1, "1", ("local", True)),
        ("local", 2, 1, "0", ("local", False)),
        ("local", 2, 16 * 1024 * 1024 + 1, "1", ("local", False)),
        ("device", 2, 16 * 1024 * 1024 + 1, "1", ("device", True)),
        ("teststore", 2, 1, "1", ("teststore", False)),
    ],
)
def test_which_store(kv, devices, size, env, expected, monkeypatch):
    class Sized:
        pass

    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", env)
    param = Sized()
    param.size = size
    store, on_kvstore = _create_kvstore(kv, devices, {"w": param})
    assert (store and store.type, on_kvstore) == expected


def test_a_store_object_is_used_as_it_is():
    store = mx.kv.create("local")
    assert _create_kvstore(store, 1, {}) == (store, True)
    with pytest.raises(TypeError, match="kvstore must be KVStore, str or None, got int"):
        _create_kvstore(3, 1, {})


def test_updates_skip_what_has_no_gradient():
    calls = []
    weights = [[mx.nd.ones((1,), c) for c in TWO] for _ in range(3)]
    grads = [[mx.nd.ones((1,), c) for c in TWO], [None, None], [mx.nd.ones((1,), c) * 2 for c in TWO]]
    _update_params(weights, grads, lambda i, g, w: calls.append((list(i), [x.context for x in w])), 2)
    assert calls == [([0, 4], [mx.cpu(0)] * 2), ([1, 5], [mx.cpu(1)] * 2)]
    store = mx.kv.create("local")
    store.init(["a", "c"], [mx.nd.zeros((1,))] * 2)
    calls.clear()
    _update_params(weights, grads, lambda i, g, w: calls.append([x.asscalar() for x in g]), 2, store, ["a", "b", "c"])
    assert calls == [[2, 4], [2, 4]], "gradients are summed over the devices first"
    store._set_updater(lambda key, g, w: w.__iadd__(g))
    _update_params_on_kvstore(weights, grads, store, ["a", "b", "c"])
    assert [[w.asscalar() for w in pair] for pair in weights] == [[6, 6], [1, 1], [12, 12]]
    Updates([], [], [], 1).on_devices(None)  # nothing to update, nobody to call
    Updates([], [], [], 1).on_kvstore(store)


def test_plug_ins_get_one_key_at_a_time():
    class Recorder(mx.kv.KVStoreBase):
        calls: list = []

        def pushpull(self, key, value, out=None, priority=0):
            self.calls.append((key, len(value), out is None, priority))

    arrays = [[mx.nd.ones((1,))] * 2 for _ in range(2)]
    updates = Updates(arrays, arrays, ["a", "b"], 2)
    store = Recorder()
    updates.on_devices(lambda *_: None, store)
    updates.on_kvstore(store)
    assert store.calls == [("a", 2, True, 0), ("b", 2, True, -1), ("a", 2, False, 0), ("b", 2, False, -1)]


@pytest.mark.parametrize(
    ("batch", "loads", "stops"),
    [(8, [1, 1], [4, 8]), (7, [1, 1], [4, 7]), (8, [1, 3], [2, 8]), (5, [1, 1, 1], [2, 4, 5]), (10, [0.5, 2], [2, 10])],
)
def test_split_of_a_batch(batch, loads, stops):
    slices = _split_input_slice(batch, loads)
    assert [s.stop for s in slices] == stops and [s.start for s in slices] == [0, *stops[:-1]]


def test_a_batch_too_small_to_split():
    with pytest.raises(ValueError, match=r"Some splits are empty: a batch of 1 over work loads \[1, 1\]"):
        _split_input_slice(1, [1, 1])


# ---------------------------------------------------------------------- FeedForward


def data():
    rng = np.random.RandomState(0)
    x, y = rng.randn(16, 5).astype(np.float32), rng.randint(0, 2, 16).astype(np.float32)
    params = {
        "fc1_weight": mx.nd.array(rng.randn(3, 5)),
        "fc1_bias": mx.nd.zeros((3,)),
        "fc2_weight": mx.nd.array(rng.randn(2, 3)),
        "fc2_bias": mx.nd.zeros((2,)),
    }
    return x, y, params


@pytest.mark.parametrize("ctx", [mx.cpu(), TWO])
def test_feed_forward_as_mxnet(ctx, caplog, tmp_path):
    x, y, params = data()
    it = mx.io.NDArrayIter(x, y, 8)
    with pytest.warns(DeprecationWarning, match="FeedForward has been deprecated"):
        model = mx.model.FeedForward(
            mlp(), ctx=ctx, num_epoch=2, optimizer="sgd", arg_params=params, learning_rate=0.5, momentum=0.9
        )
    seen = []
    with caplog.at_level(logging.INFO):
        model.fit(
            it,
            eval_data=it,
            batch_end_callback=lambda p: seen.append((p.epoch, p.nbatch)),
            epoch_end_callback=lambda epoch, symbol, arg, aux: seen.append((epoch, sorted(arg)[0])),
        )
    assert seen == [(0, 1), (0, 2), (0, "fc1_bias"), (1, 1), (1, 2), (1, "fc1_bias")]
    assert [re.sub(r"cost=\d\.\d{3}$", "cost=", m) for m in caplog.messages] == [
        f"Start training with {[mx.cpu()] if ctx == mx.cpu() else ctx}",
        "Epoch[0] Resetting Data Iterator",
        "Epoch[0] Time cost=",
        "Epoch[0] Validation-accuracy=0.812500",
        "Epoch[1] Resetting Data Iterator",
        "Epoch[1] Time cost=",
        "Epoch[1] Validation-accuracy=0.812500",
    ]
    weight = model.arg_params["fc1_weight"].asnumpy()[0]
    np.testing.assert_allclose(weight, [1.23787, 1.76522, 1.07027, 0.71072, -1.12561], rtol=2e-4)
    np.testing.assert_allclose(model.predict(x)[:2], [[0.9991, 0.0009], [0.3247, 0.6753]], atol=1e-4)
    outputs, seen_data, labels = model.predict(it, return_data=True)
    np.testing.assert_array_equal(seen_data, x)
    np.testing.assert_array_equal(labels, y)
    np.testing.assert_allclose(model.predict(x), outputs, rtol=1e-6)
    assert model.predict(it, num_batch=1).shape == (8, 2)
    assert model.score(it) == pytest.approx((outputs.argmax(axis=1) == y).mean())
    model.save(str(tmp_path / "ff"))
    again = mx.model.FeedForward.load(str(tmp_path / "ff"), 2)
    assert again.begin_epoch == 2
    np.testing.assert_allclose(again.predict(x), outputs, rtol=1e-6)
    state = model.__getstate__()
    assert state["_pred_exec"] is None and model._pred_exec is not None
    copy = mx.model.FeedForward.__new__(mx.model.FeedForward)
    copy.__setstate__(pickle.loads(pickle.dumps({k: v for k, v in state.items() if k != "symbol"})))
    assert copy.num_epoch == 2 and set(copy.arg_params) == set(params)


def test_epochs_of_a_given_size():
    x, y, params = data()
    seen = []
    model = mx.model.FeedForward(mlp(), num_epoch=2, epoch_size=3, arg_params=params)
    model.fit(mx.io.NDArrayIter(x, y, 8), batch_end_callback=lambda p: seen.append((p.epoch, p.nbatch)))
    assert seen == [(e, n) for e in range(2) for n in (1, 2, 3)]


def test_create_from_arrays_learns():
    x = np.repeat(np.eye(4, 5, dtype=np.float32), 8, axis=0)
    y = np.arange(32) // 8 % 2
    model = mx.model.FeedForward.create(
        mlp(),
        x,
        y[:, None],
        num_epoch=60,
        numpy_batch_size=8,
        learning_rate=0.5,
        initializer=mx.init.Xavier(),
        eval_data=(x.tolist(), y.tolist()),
    )
    assert (model.predict(x).argmax(axis=1) == y).mean() == 1
    assert model.score(mx.io.NDArrayIter(x, y, 8), "acc") == 1


def test_feed_forward_over_buckets():
    def sym_gen(length):
        net = mx.sym.mean(mx.sym.Variable("data"), axis=1)
        return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, name="fc", num_hidden=2), name="softmax")

    class Lengths(mx.io.DataIter):
        default_bucket_key = 6
        provide_data, provide_label = [("data", (2, 6, 3))], [("softmax_label", (2,))]
        at = 0

        def reset(self):
            self.at = 0

        def next(self):
            self.at += 1
            if self.at > 4:
                raise StopIteration
            n = (6, 3)[self.at % 2]
            return mx.io.DataBatch(
                [mx.nd.ones((2, n, 3))],
                [mx.nd.ones((2,))],
                0,
                bucket_key=n,
                provide_data=[("data", (2, n, 3))],
                provide_label=[("softmax_label", (2,))],
            )

    model = mx.model.FeedForward(sym_gen, num_epoch=3, learning_rate=1.0)
    model.fit(Lengths(2))
    bias = model.arg_params["fc_bias"].asnumpy()
    assert bias[1] > 0 > bias[0]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m, x, y: m.fit(x), ValueError, "y, the labels of X, is needed"),
        (lambda m, x, y: m.fit(x, y[:3]), ValueError, "X has 16 rows, y 3"),
        (lambda m, x, y: m.fit(x, y.tolist()), TypeError, "y must be an array"),
        (lambda m, x, y: m.fit(x, np.ones((16, 2))), ValueError, r"y must have one label a row, got shape .16, 2."),
        (lambda m, x, y: m.fit(x.tolist(), y), TypeError, "X must be DataIter, NDArray or numpy.ndarray"),
        (lambda m, x, y: m.fit(x, y, eval_data=3), TypeError, "eval_data must be a DataIter"),
        (lambda m, x, y: m.fit(x, y, eval_data=(None, None)), ValueError, "Eval data is NONE"),
        (lambda m, x, y: mx.model.FeedForward(3), AssertionError, "symbol must be"),
    ],
)
def test_feed_forward_errors(call, error, words):
    x, y, _ = data()
    with pytest.raises(error, match=words):
        call(mx.model.FeedForward(mlp(), num_epoch=1), x, y)


def test_duplicate_names_are_refused_and_extra_parameters_dropped():
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="a")
    net = mx.sym.FullyConnected(net, num_hidden=2, name="a")
    with pytest.raises(ValueError, match='duplicated argument name "a_weight"'):
        mx.model.FeedForward(net)
    _, _, params = data()
    extra = {"x": mx.nd.ones((1,))}
    model = mx.model.FeedForward(mlp(), arg_params={**params, **extra}, aux_params=extra, allow_extra_params=True)
    assert set(model.arg_params) == set(params) and model.aux_params == {}


def test_feed_forward_with_batch_normalization():
    net = mx.sym.BatchNorm(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc"), name="bn1")
    model = mx.model.FeedForward(mx.sym.SoftmaxOutput(net, name="softmax"), num_epoch=2, numpy_batch_size=4)
    model.fit(np.random.rand(16, 3).astype("float32"), np.arange(16) % 4)
    assert sorted(model.aux_params) == ["bn1_moving_mean", "bn1_moving_var"]
    assert (model.aux_params["bn1_moving_var"].asnumpy() > 0).all()
