"""contrib.svrg_optimization. Goldens are of MXNet 1.9.1."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.contrib.svrg_optimization.svrg_module import SVRGModule
from mxnet.contrib.svrg_optimization.svrg_optimizer import _SVRGOptimizer

# Weights and bias after each epoch.
GOLDEN = {
    "sgd": [
        [1.041616678237915, 1.0795156955718994, 0.019879210740327835],
        [1.0771262645721436, 1.1515570878982544, 0.033863723278045654],
        [1.113500714302063, 1.230305790901184, 0.04641136899590492],
        [1.144078254699707, 1.3019568920135498, 0.05491216108202934],
        [1.166988730430603, 1.3654102087020874, 0.058562271296978],
    ],
    "shuffled": [
        [1.0442912578582764, 1.0760750770568848, 0.0050749825313687325],
        [1.0818196535110474, 1.145218014717102, 0.009770238772034645],
        [1.1144051551818848, 1.2198283672332764, 0.008542699739336967],
        [1.1419514417648315, 1.2879142761230469, 0.008860676549375057],
        [1.1615043878555298, 1.3575743436813354, 0.0019304555607959628],
    ],
    "adam": [
        [1.2820526361465454, 1.291845679283142, 0.11286197602748871],
        [1.4451159238815308, 1.5498565435409546, 0.06527423113584518],
        [1.4172959327697754, 1.7653515338897705, 0.042268432676792145],
        [1.261716604232788, 1.9434107542037964, 0.06499716639518738],
        [1.043135643005371, 2.0516116619110107, 0.03292491286993027],
    ],
}


def data(shuffle=False, rows=21):
    x = np.random.RandomState(3).uniform(-1, 1, (rows, 2)).astype("float32")
    np.random.seed(4)  # what the iterator shuffles by
    return mx.io.NDArrayIter(x, x.dot(np.array([1, 2], "float32")), batch_size=4, shuffle=shuffle, label_name="label")


def module(name="fc1", update_freq=2, **arguments):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), name=name, num_hidden=1)
    loss = mx.sym.LinearRegressionOutput(net, mx.sym.Variable("label"), name="lro")
    return SVRGModule(loss, data_names=["data"], label_names=["label"], update_freq=update_freq, **arguments)


def fit(mod, it=None, epochs=5, rate=0.05, **arguments):
    seen = []

    def note(epoch, symbol, args, auxs):
        seen.append([*args[mod._param_names[0]].asnumpy().ravel(), *args[mod._param_names[1]].asnumpy()])

    mod.fit(
        it or data(),
        eval_metric="mse",
        optimizer_params={"learning_rate": rate},
        num_epoch=epochs,
        initializer=mx.init.One(),
        epoch_end_callback=note,
        **arguments,
    )
    return np.array(seen)


def ready(mod, it, **arguments):
    mod.bind(it.provide_data, it.provide_label)
    mod.init_params(mx.init.One())
    mod.init_optimizer(**arguments)


@pytest.mark.parametrize(
    ("name", "shuffle", "optimizer"), [("sgd", False, "sgd"), ("shuffled", True, "sgd"), ("adam", False, "adam")]
)
def test_fit(name, shuffle, optimizer):
    np.testing.assert_allclose(fit(module(), data(shuffle), optimizer=optimizer), GOLDEN[name], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["fc1", "fullyconnected0", "x_full"])
@pytest.mark.parametrize(
    ("contexts", "store"),
    [([mx.cpu(0)], "store"), ([mx.cpu(0), mx.cpu(1)], "local"), ([mx.cpu(0), mx.cpu(1)], "device")],
)
@pytest.mark.parametrize("on_store", ["0", "1"])
def test_stores_change_nothing(monkeypatch, contexts, store, name, on_store):
    """With a store MXNet begins with parameters of zero, and takes those with "full" in their names for averages."""
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", on_store)
    mod = module(name, context=contexts)
    found = fit(mod, kvstore=mx.kv.create("local") if store == "store" else store)
    np.testing.assert_allclose(found, GOLDEN["sgd"], rtol=1e-5, atol=1e-5)
    assert mod._update_on_kvstore is (on_store == "1")


def test_closer_than_plain_descent():
    """At a rate at which plain steps stay away from the minimum, as batches disagree, these reach it."""
    x = np.random.RandomState(3).uniform(-1, 1, (20, 2)).astype("float32")
    y = np.random.RandomState(0).normal(0, 1, 20).astype("float32")
    best = np.linalg.lstsq(np.c_[x, np.ones(20)], y, rcond=None)[0]

    def distance(mod):
        it = mx.io.NDArrayIter(x, y, batch_size=4, label_name="label")
        return np.abs(fit(mod, it, 60, 0.4)[-1] - best).max()

    assert distance(module(update_freq=1)) < 0.01 < distance(mx.mod.Module(module().symbol, ["data"], ["label"]))


def test_update_frequency():
    made = []

    class Counted(SVRGModule):
        def update_full_grads(self, train_data):
            made.append(1)
            super().update_full_grads(train_data)

    mod = Counted(module().symbol, ["data"], ["label"], update_freq=3)
    fit(mod, epochs=7)
    assert len(made) == 3


@pytest.mark.parametrize(("freq", "error"), [(0, ValueError), (-2, ValueError), (1.5, TypeError), (None, TypeError)])
def test_wrong_frequency(freq, error):
    with pytest.raises(error, match=f"update_freq.*{freq}"):
        module(update_freq=freq)


def test_average_and_correction():
    """The definition: gradient, less the copy's for the batch, plus the average (21 rows are 5 1/4 batches)."""
    it = data()
    mod = module()
    ready(mod, it, optimizer_params={"learning_rate": 0.05})
    mod.update_full_grads(it)

    x, y = it.data[0][1].asnumpy(), it.label[0][1].asnumpy()
    padded = np.r_[0:21, 0:3]

    def gradient(rows, w):
        return ((x[rows] @ w - y[rows])[:, None] * x[rows]).sum(0)

    average = gradient(padded, np.ones(2)) / 5.25
    np.testing.assert_allclose(mod._param_dict[0]["fc1_weight"].asnumpy()[0], average, rtol=1e-4)

    mod.set_params({"fc1_weight": mx.nd.array([[0, 3]]), "fc1_bias": mx.nd.zeros((1,))}, {})
    it.reset()
    mod.forward(next(it))
    mod.backward()
    mod._update_svrg_gradients()
    expected = gradient(range(4), np.array([0, 3])) - gradient(range(4), np.ones(2)) + average
    np.testing.assert_allclose(mod._exec_group.grad_arrays[0][0].asnumpy()[0], expected, rtol=1e-4)


def test_before_the_first_average():
    """Steps are plain ones; an epoch that is not a multiple of the frequency makes an average first."""
    results = []
    for mod in (module(), mx.mod.Module(module().symbol, ["data"], ["label"])):
        it = data()
        ready(mod, it, optimizer_params={"learning_rate": 0.05})
        batch = next(it)
        mod.forward_backward(batch)
        mod.update()
        results.append(mod.get_params()[0]["fc1_weight"].asnumpy())
    np.testing.assert_array_equal(*results)

    later = fit(module(), begin_epoch=1, epochs=3)
    assert len(later) == 2
    np.testing.assert_allclose(later[0], GOLDEN["sgd"][0], rtol=1e-5)
    with pytest.raises(AssertionError, match="init_optimizer"):
        module().update_full_grads(data())


def test_no_batches():
    it = data()
    mod = module()
    ready(mod, it)

    class Empty:
        batch_size = 4

        def reset(self):
            pass

        def __iter__(self):
            return iter(())

    with pytest.raises(ValueError, match="no batch"):
        mod.update_full_grads(Empty())


def test_fixed_parameters():
    found = fit(module(fixed_param_names=["fc1_bias"]))
    assert not found[:, 2].any()
    assert (np.diff(found[:, 1]) > 0).all()


def test_sparse_gradients():
    x = np.random.RandomState(0).uniform(-1, 1, (20, 6)).astype("float32")
    x[np.random.RandomState(1).uniform(size=x.shape) < 0.5] = 0

    def trained(stype, weight_stype):
        inputs = mx.sym.var("data", stype=stype)
        weight = mx.sym.var("weight", shape=(6, 1), stype=weight_stype)
        loss = mx.sym.LinearRegressionOutput(mx.sym.dot(inputs, weight), mx.sym.var("label"))
        it = mx.io.NDArrayIter(
            mx.nd.array(x).tostype(stype), {"label": x.sum(1, keepdims=True)}, 4, last_batch_handle="discard"
        )
        mod = SVRGModule(loss, ["data"], ["label"], update_freq=2)
        mod.fit(it, eval_metric="mse", num_epoch=3, optimizer_params={"learning_rate": 0.1}, initializer=mx.init.Zero())
        assert mod._exec_group.grad_arrays[0][0].stype == weight_stype
        return mod.get_params()[0]["weight"].asnumpy()

    np.testing.assert_allclose(trained("csr", "row_sparse"), trained("default", "default"), rtol=1e-5)


def test_other_batch_sizes():
    it = data()
    mod = module()
    ready(mod, it)
    mod.update_full_grads(it)
    batch = mx.io.DataBatch([mx.nd.ones((7, 2))], [mx.nd.ones((7,))])
    mod.forward_backward(batch)
    mod.update()
    assert mod.get_outputs()[0].shape == (7, 1)
    mod.reshape([("data", (3, 2))], [("label", (3,))])
    assert mod._mod_aux.data_shapes[0].shape == (3, 2)
    mod.forward(mx.io.DataBatch([mx.nd.ones((3, 2))], [mx.nd.ones((3,))]), is_train=False)


def test_binding(caplog):
    mod = module()
    it = data()
    mod.bind(it.provide_data, it.provide_label, for_training=False)
    assert not mod._mod_aux.binded
    mod.bind(it.provide_data, it.provide_label, force_rebind=True)
    assert mod._mod_aux.binded
    mod.bind(it.provide_data, it.provide_label)
    assert [r.message for r in caplog.records] == ["Already bound, ignoring bind()"]
    fit(mod, force_rebind=True, epochs=1)


def test_installing_twice(caplog):
    mod = module()
    it = data()
    ready(mod, it)
    mod.update_full_grads(it)
    first = mod._optimizer
    mod.init_optimizer()
    assert mod._optimizer is first
    assert mod._param_dict[0]["fc1_weight"].asnumpy().any()
    mod.init_optimizer(optimizer="adam", force_init=True)
    assert isinstance(mod._optimizer.default_opt, mx.optimizer.Adam)
    assert not mod._param_dict[0]["fc1_weight"].asnumpy().any()


@pytest.mark.parametrize("store", ["local", "kept"])
def test_states(tmp_path, store):
    """Momentum goes on where it was."""

    def make():
        mod = module()
        kvstore = mx.kv.create("local") if store == "kept" else store
        ready(mod, data(), kvstore=kvstore, optimizer="sgd", optimizer_params={"learning_rate": 0.05, "momentum": 0.9})
        mod.update_full_grads(data())
        return mod

    def step(mod):
        mod.forward_backward(next(data()))
        mod.update()
        return mod.get_params()[0]["fc1_weight"].asnumpy().copy()

    first = make()
    before = step(first)
    first.save_optimizer_states(str(tmp_path / "states"))
    again = make()
    np.testing.assert_array_equal(step(again), before)
    again.load_optimizer_states(str(tmp_path / "states"))
    np.testing.assert_array_equal(step(again), step(first))


# ---------------------------------------------------------------------- optimizer


@pytest.mark.parametrize("by_name", [False, True])
def test_optimizer_by_key(by_name):
    names = {0: "weight", 1: "weight_full", 2: "full_bias", 3: "other_full"}
    kv = mx.kv.create("local")
    kv.set_optimizer(_SVRGOptimizer(default_optimizer="sgd", param_idx2name=names, learning_rate=1.0, momentum=0.9))
    for key in names.values() if by_name else names:
        kv.init(key, mx.nd.ones((3,)))
        kv.push(key, mx.nd.array([2, 2, 2]))
        out = mx.nd.zeros((3,))
        kv.pull(key, out)
        assert out.asnumpy().tolist() == [2.0 if key in (1, "weight_full") else -1.0] * 3


def test_optimizer_is_that_of_the_parameters():
    inner = mx.optimizer.SGD(learning_rate=0.5)
    svrg = _SVRGOptimizer(inner, param_idx2name={0: "weight", 1: "weight_full"})
    assert svrg.default_opt is inner
    assert svrg.learning_rate == 0.5
    svrg.set_learning_rate(0.25)
    assert inner.learning_rate == svrg.learning_rate == 0.25
    assert svrg.create_state(1, mx.nd.ones((2,))) is None
    assert mx.optimizer.create("_SVRGOptimizer", default_optimizer="adam", beta1=0.5).default_opt.beta1 == 0.5
