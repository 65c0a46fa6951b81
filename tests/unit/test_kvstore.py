"""Key-value stores: sums over devices, updaters, compression, plug-ins. Numbers were checked with MXNet 1.9.1."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError
from mxnet.kvstore.base import TestStore

SHAPE = (3, 2)
FOUR = [mx.cpu(i) for i in range(4)]


def ones(ctx=None, value=1.0):
    return mx.nd.full(SHAPE, value, ctx=ctx or mx.cpu(), dtype="float32")


def store(keys, kind="local"):
    kv = mx.kv.create(kind)
    kv.init(keys, [mx.nd.zeros(SHAPE) for _ in keys])
    return kv


def value(kv, key):
    out = mx.nd.empty(SHAPE)
    kv.pull(key, out=out)
    values = np.unique(out.asnumpy())
    assert len(values) == 1
    return float(values[0])


# ---------------------------------------------------------------------- creation


@pytest.mark.parametrize(
    "name", ["local", "device", "local_allreduce_cpu", "local_allreduce_device", "local_update_cpu", "nccl", "LOCAL"]
)
def test_types_of_one_process(name):
    kv = mx.kv.create(name)
    assert (kv.type, kv.rank, kv.num_workers) == (name.lower(), 0, 1)
    assert isinstance(kv, mx.kv.KVStore) and isinstance(kv, mx.kv.KVStoreBase)
    assert kv.is_capable("optimizer")
    with pytest.raises(ValueError, match="Unknown capability: magic"):
        kv.is_capable("magic")


def test_unknown_types_are_refused():
    with pytest.raises(MXNetError, match="'horovod': unknown type; known here: local, device.*teststore"):
        mx.kv.create("horovod")
    with pytest.raises(TypeError, match="name must be a string"):
        mx.kv.create(3)


def test_plug_in():
    try:

        @mx.kv.KVStoreBase.register
        class Mine(mx.kv.KVStoreBase):
            pass

        assert isinstance(mx.kv.create("mine"), Mine)
        with pytest.warns(UserWarning, match="overriding existing kvstore .*Mine"):
            mx.kv.KVStoreBase.register(type("MINE", (mx.kv.KVStoreBase,), {}))
    finally:
        mx.kv.KVStoreBase.kv_registry.pop("mine", None)


# ---------------------------------------------------------------------- values


@pytest.mark.parametrize("keys", [[3, 5, 7], ["a", "b", "c"]])
@pytest.mark.parametrize("kind", ["local", "device"])
def test_push_sums_and_pull_copies(keys, kind):
    kv = store(keys, kind)
    kv.push(keys[0], ones(value=4))
    assert value(kv, keys[0]) == 4
    kv.push(keys[1], [ones(c) for c in FOUR])
    outs = [mx.nd.empty(SHAPE, c) for c in FOUR]
    kv.pull(keys[1], out=outs)
    assert all((o.asnumpy() == 4).all() and o.context == c for o, c in zip(outs, FOUR))
    kv.push(keys, [[ones(c, 2) for c in FOUR[:3]] for _ in keys])
    outs = [[mx.nd.empty(SHAPE, c) for c in FOUR] for _ in keys]
    kv.pull(keys, out=outs)
    assert all((o.asnumpy() == 6).all() for group in outs for o in group)
    kv.push([keys[2], keys[2]], [ones(), ones()])
    assert value(kv, keys[2]) == 2, "arrays of one key in one call are summed"
    kv.push(keys[2], ones())
    assert value(kv, keys[2]) == 1, "without an updater a push replaces"


def test_the_store_is_independent_of_the_callers_arrays():
    kv = store(["w"])
    first, a = ones(), ones()
    kv2 = mx.kv.create()
    kv2.init("w", first)
    first[:] = 9
    kv.push("w", a)
    a[:] = 9
    assert (value(kv, "w"), value(kv2, "w")) == (1, 1)
    two = [ones(FOUR[0]), ones(FOUR[1])]
    kv.push("w", two)
    two[0][:] = 9
    assert value(kv, "w") == 2 and (two[1].asnumpy() == 1).all()


def test_pull_converts_the_type():
    kv = store(["w"])
    out = mx.nd.zeros(SHAPE, dtype="float64")
    kv.push("w", ones(value=2))
    kv.pull("w", out)
    assert out.dtype == np.float64 and (out.asnumpy() == 2).all()


def test_pushpull_and_broadcast():
    kv = mx.kv.create("device")
    outs = [mx.nd.zeros(SHAPE, c) for c in FOUR]
    kv.broadcast("w", ones(value=5), out=outs)
    assert all((o.asnumpy() == 5).all() for o in outs)
    values = [ones(c) for c in FOUR]
    kv.pushpull("w", values, out=outs)
    assert all((o.asnumpy() == 4).all() for o in outs) and all((v.asnumpy() == 1).all() for v in values)
    kv.pushpull("w", values)
    assert all((v.asnumpy() == 4).all() for v in values), "back into the values"
    kv.pushpull("w", values)
    assert all((v.asnumpy() == 16).all() for v in values)


def test_one_array_and_several_in_one_call():
    kv = store(["a", "b", "c"])
    single, wide = ones(value=3), ones(value=5).astype("float64")
    pair = [ones(c, 2) for c in FOUR[:2]]
    for _ in range(2):
        kv.pushpull(["a", "b", "c"], [single, pair, wide])
        assert (single.asnumpy() == 3).all() and all((v.asnumpy() == 4).all() for v in pair)
        assert [value(kv, k) for k in "abc"] == [3, 4, 5]
        pair[0][:] = pair[1][:] = 2
    single[:] = wide[:] = 9
    assert [value(kv, k) for k in "abc"] == [3, 4, 5]
    one, two = ones(value=1), ones(value=2)
    kv.pushpull(["a", "a"], [one, two])
    assert (one.asnumpy() == 3).all() and (two.asnumpy() == 3).all(), "arrays of one key are summed"
    outs = [ones(FOUR[0]), ones(FOUR[1])]
    kv.pushpull("a", ones(value=7), out=outs)
    assert all((o.asnumpy() == 7).all() for o in outs)


def test_nothing_to_push():
    kv = store(["w"])
    kv.push("w", ones())
    for updater in (None, lambda *_: pytest.fail("there is nothing to update by")):
        kv._set_updater(updater)
        kv.push([], [])
        kv.push("w", [])
        kv.pull("w", [])
        kv.pushpull(["w"], [[]])
        assert value(kv, "w") == 1


def test_single_arrays_are_not_allocated_anew():
    kv = store(["w"])
    stored, a = kv._values["w"], ones(value=2)
    kv.push("w", a)
    kv.pushpull("w", a)
    assert kv._values["w"] is stored and value(kv, "w") == 2
    assert stored._t.data_ptr() != a._t.data_ptr()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda kv: kv.init("w", ones()), MXNetError, "duplicate init of key w"),
        (lambda kv: kv.init(["x", "x"], [ones(), ones()]), MXNetError, "duplicate init of key x"),
        (lambda kv: kv.init(3, ones()), MXNetError, "Mixed key types"),
        (lambda kv: kv.push(3, ones()), MXNetError, "Mixed key types"),
        (lambda kv: kv.pull(3, ones()), MXNetError, "Mixed key types"),
        (lambda kv: kv.init([3, "x"], [ones(), ones()]), AssertionError, "inconsistent types of keys"),
        (lambda kv: kv.init(3.5, ones()), AssertionError, "unexpected type for keys"),
        (lambda kv: kv.init("x", [1, 2]), AssertionError, "must be NDArrays"),
        (lambda kv: kv.push("x", ones()), MXNetError, "key x doesn't exist. Did you init"),
        (lambda kv: kv.pull("x", ones()), MXNetError, "key x doesn't exist. Did you init"),
        (lambda kv: kv.pull("w"), AssertionError, "out"),
        (lambda kv: kv.push("w", mx.nd.ones((2, 2))), MXNetError, r"key w has shape \(3, 2\).*\(2, 2\) was pushed"),
        (lambda kv: kv.pull("w", mx.nd.ones((2, 2))), MXNetError, r"key w has shape \(3, 2\).*\(2, 2\)"),
        (lambda kv: kv.push(["w"], [ones(), ones()]), AssertionError, "1 keys, but 2 values"),
        (
            lambda kv: kv.row_sparse_pull("w", ones(), row_ids=mx.nd.array([0])),
            MXNetError,
            "must be row_sparse",
        ),
        (lambda kv: kv.save_optimizer_states("x"), AssertionError, "set_optimizer"),
        (lambda kv: kv.load_optimizer_states("x"), AssertionError, "set_optimizer"),
    ],
)
def test_errors(call, error, words):
    kv = store(["w"])
    with pytest.raises(error, match=words):
        call(kv)
    assert value(kv, "w") == 0


# ---------------------------------------------------------------------- sparse values


def test_row_sparse_values():
    kv = mx.kv.create()
    rows = mx.nd.array([[1, 1], [2, 2], [3, 3]])
    kv.init("e", rows.tostype("row_sparse"))
    outs = [mx.nd.sparse.zeros("row_sparse", SHAPE) for _ in range(2)]
    kv.row_sparse_pull("e", out=outs, row_ids=[mx.nd.array([2, 0, 2]), mx.nd.array([1])])
    assert outs[0].asnumpy()[:, 0].tolist() == [1, 0, 3] and outs[0].indices.asnumpy().tolist() == [0, 2]
    assert outs[1].asnumpy()[:, 0].tolist() == [0, 2, 0]
    kv.row_sparse_pull("e", out=outs, row_ids=mx.nd.array([1]))
    assert all(o.asnumpy()[:, 0].tolist() == [0, 2, 0] for o in outs)
    with pytest.raises(MXNetError, match=r"row_ids must be in \[0, 3\)"):
        kv.row_sparse_pull("e", out=outs[0], row_ids=mx.nd.array([3]))
    dense = mx.nd.zeros(SHAPE)
    kv.pull("e", out=dense)
    assert not dense.asnumpy().any(), "sparse values are left alone"
    kv.pull("e", out=dense, ignore_sparse=False)
    np.testing.assert_array_equal(dense.asnumpy(), rows.asnumpy())
    kv.init("d", dense)
    kv.push("d", rows.tostype("row_sparse"))
    kv.pull("d", out=dense)
    np.testing.assert_array_equal(dense.asnumpy(), rows.asnumpy(), err_msg="the value keeps its storage type")
    kv.push("e", [mx.nd.ones(SHAPE).tostype("row_sparse"), rows.tostype("row_sparse")])
    kv.pull("e", out=outs[0], ignore_sparse=False)
    np.testing.assert_array_equal(outs[0].asnumpy(), rows.asnumpy() + 1)


# ---------------------------------------------------------------------- updates


def test_updater_sees_ints_in_order_and_bytes():
    seen = []

    def updater(key, pushed, stored):
        seen.append((key, pushed.asnumpy()[0, 0]))
        stored += pushed

    kv = store([7, 5])
    kv._set_updater(updater)
    kv.push([7, 5], [[ones(c) for c in FOUR], ones()])
    assert seen == [(5, 1.0), (7, 4.0)]
    kv.push(7, ones())
    assert (value(kv, 7), value(kv, 5)) == (5, 1)

    seen.clear()
    kv = store(["z", "a"])
    kv._set_updater(updater)
    kv.push(["a", "z"], [ones(), ones()])
    assert seen == [(b"z", 1.0), (b"a", 1.0)], "strings arrive as bytes, in the order of initialization"


def test_optimizer_in_the_store_and_its_states(tmp_path):
    def stepped(kv, n):
        for _ in range(n):
            kv.push(["a", "b"], [[ones(c) for c in FOUR[:2]], ones()])
        return value(kv, "a"), value(kv, "b")

    sgd = {"learning_rate": 1.0, "momentum": 0.5, "wd": 0.0}
    kv = store(["a", "b"])
    kv.set_optimizer(mx.optimizer.SGD(**sgd))
    # momentum: v = 0.5 v - g, w += v
    assert stepped(kv, 2) == (-2 - 3, -1 - 1.5)
    assert set(kv._updater.states) == {"a", "b"}
    kv.save_optimizer_states(str(tmp_path / "s"))
    other = mx.kv.create()
    other.init(["a", "b"], [ones(value=-5), ones(value=-2.5)])
    other.set_optimizer(mx.optimizer.SGD(**sgd))
    other.load_optimizer_states(str(tmp_path / "s"))
    assert stepped(other, 1) == stepped(kv, 1) == (-8.5, -4.25)


def test_two_bit_compression_with_error_feedback():
    """Recorded from MXNet 1.9.1."""
    kv = mx.kv.create("device")
    kv.set_gradient_compression({"type": "2bit", "threshold": 0.5})
    kv.init(3, mx.nd.zeros((4,)))
    out = mx.nd.zeros((4,))

    def pushed(values):
        kv.push(3, values)
        kv.pull(3, out)
        return out.asnumpy().tolist()

    a, b = mx.nd.array([0.3, -0.3, 1.7, 0.1], mx.cpu(0)), mx.nd.array([0.6, 0.2, -0.5, 0.5], mx.cpu(1))
    assert pushed([a, b]) == [0.5, 0, 0, 0.5]
    assert pushed([a, b]) == [1, -0.5, 0, 0.5]
    assert pushed([a, b]) == [0.5, 0.5, 0, 0.5]
    assert pushed([a, b]) == [1, -0.5, 0, 0.5]
    assert pushed(a) == [0.5, -0.5, 0.5, 0.5]
    assert pushed(a) == [0, 0, 0.5, 0]
    np.testing.assert_allclose(a.asnumpy(), [0.3, -0.3, 1.7, 0.1], rtol=1e-6, err_msg="gradients are not written")


def compressed(**params):
    kv = mx.kv.create("device")
    kv.set_gradient_compression({"type": "2bit", **params})
    return kv


def test_compression_of_special_values():
    """Recorded from MXNet 1.9.1: nothing of a NaN is ever sent, and what is left over adds up."""
    kv = compressed(threshold=0.5)
    kv.init("w", mx.nd.zeros((6,)))
    out = mx.nd.zeros((6,))
    for expected in ([0.5, -0.5, 0.5, 0, 0, -0.5], [0.5, -0.5, 0.5, 0.5, 0, -0.5], [0.5, -0.5, 0.5, 0.5, 0, -0.5]):
        kv.push("w", [mx.nd.array([1.3, -0.5, 0.5, 0.49, np.nan, -9]), mx.nd.zeros((6,), ctx=FOUR[1])])
        kv.pull("w", out=out)
        assert out.asnumpy().tolist() == expected


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_compression_of_all_types_and_forms(dtype):
    kv = compressed()
    kv.init("w", mx.nd.zeros(SHAPE, dtype=dtype))
    pair = [ones(FOUR[0], 0.6).astype(dtype), ones(FOUR[1], 0.7).astype(dtype)]
    kv.pushpull("w", pair)
    assert all((v.asnumpy() == 1).all() and np.dtype(v.dtype) == dtype for v in pair)
    single = ones(value=0.4).astype(dtype)
    kv.pushpull("w", single)
    assert (single.asnumpy() == 0.5).all(), "0.4, and 0.1 that was left over"
    kv.set_optimizer(mx.optimizer.SGD(learning_rate=1.0, multi_precision=True))
    kv.push("w", ones(value=0.5).astype(dtype))
    assert value(kv, "w") == 0


def test_compression_of_row_sparse_gradients():
    kv = compressed(threshold="0.5")
    kv.init("w", mx.nd.zeros(SHAPE))
    rows = mx.nd.array([[0.6, 0.6], [0, 0], [-0.8, 0.3]])
    kv.push("w", [rows.tostype("row_sparse"), ones(FOUR[1], 0.2).tostype("row_sparse")])
    out = mx.nd.zeros(SHAPE)
    kv.pull("w", out=out)
    assert out.asnumpy().tolist() == [[0.5, 0.5], [0, 0], [-0.5, 0]]


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ({"type": "1bit"}, MXNetError, "Unknown type for gradient compression 1bit"),
        ({"threshold": 1}, MXNetError, "Required parameter type"),
        ({"type": "2bit", "threshold": -1}, MXNetError, "threshold must be greater than 0"),
        ({"type": "2bit", "treshold": 1}, MXNetError, "no parameter .*treshold"),
        ("2bit", AssertionError, "unexpected type for param_dict"),
    ],
)
def test_compression_errors(params, error, words):
    with pytest.raises(error, match=words):
        mx.kv.create("device").set_gradient_compression(params)


def test_compression_needs_a_device_store():
    with pytest.raises(MXNetError, match="compressed in stores of several devices"):
        mx.kv.create("local").set_gradient_compression({"type": "2bit"})


# ---------------------------------------------------------------------- the others


def test_test_store():
    kv = mx.kv.create("teststore")
    assert (kv.type, kv.rank, kv.num_workers, TestStore.is_capable("optimizer")) == ("teststore", 0, 1, False)
    outs = [mx.nd.zeros((1,)) for _ in range(2)]
    kv.broadcast(1, mx.nd.ones((1,)), out=outs)
    kv.pushpull(1, outs)
    assert [o.asscalar() for o in outs] == [2, 2]
    kv.pushpull(1, outs[0], out=outs[1])
    kv.pushpull(1, outs, out=outs[1])
    assert [o.asscalar() for o in outs] == [2, 4]
    for call in (
        lambda: kv.set_optimizer(None),
        lambda: kv.save_optimizer_states("x"),
        lambda: kv.load_optimizer_states("x"),
    ):
        with pytest.raises(NotImplementedError):
            call()


def test_server_takes_an_optimizer_but_no_pickle(capsys, monkeypatch):
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    kv = store(["w"])
    server = mx.kv.KVStoreServer(kv)
    server.run()
    control = server._controller()
    control(0, mx.optimizer.SGD(learning_rate=2.0), None)
    kv.push("w", ones())
    assert value(kv, "w") == -2
    control(7, "x", None)
    assert "unknown command (7, x)" in capsys.readouterr().out
    with pytest.raises(MXNetError, match="unpickling"):
        control(0, b"cos\nsystem\n", None)


@pytest.mark.gpu
def test_arrays_on_a_gpu():
    kv = store(["w"], "device")
    kv.push("w", [ones(mx.gpu(0)), ones(mx.cpu())])
    out = mx.nd.zeros(SHAPE, mx.gpu(0))
    kv.pull("w", out)
    assert (out.asnumpy() == 2).all() and value(kv, "w") == 2
