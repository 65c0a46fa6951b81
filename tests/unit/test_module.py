"""Module: binding, parameters, training on one and several devices, errors. Numbers were recorded from MXNet 1.9.1."""

from __future__ import annotations

import logging
import warnings
from collections import namedtuple

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError
from mxnet.module.executor_group import _prepare_group2ctxs

TWO = [mx.cpu(0), mx.cpu(1)]


def mlp(hidden: int = 3, classes: int = 2):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), name="fc1", num_hidden=hidden)
    net = mx.sym.FullyConnected(mx.sym.Activation(net, act_type="relu"), name="fc2", num_hidden=classes)
    return mx.sym.SoftmaxOutput(net, name="softmax")


def ready(batch: int = 4, for_training: bool = True, **kwargs):
    """A module that is bound and has all weights 1."""
    mod = mx.mod.Module(mlp(), **kwargs)
    mod.bind([("data", (batch, 5))], [("softmax_label", (batch,))], for_training=for_training)
    mod.init_params(mx.init.One())
    return mod


def batch_of(n: int, features: int = 5):
    return mx.io.DataBatch([mx.nd.ones((n, features))], [mx.nd.zeros((n,))])


# ---------------------------------------------------------------------- training


def train(context, kvstore="local", optimizer="sgd", **kwargs):
    """Three epochs on fixed data; gives the first row of a weight and the accuracy on the way."""
    rng = np.random.RandomState(0)
    mod = mx.mod.Module(mlp(), context=context, **kwargs)
    it = mx.io.NDArrayIter(rng.randn(16, 5), rng.randint(0, 2, 16), 8)
    mod.bind(it.provide_data, it.provide_label)
    mod.init_params(
        aux_params={},
        arg_params={
            "fc1_weight": mx.nd.array(rng.randn(3, 5)),
            "fc1_bias": mx.nd.zeros((3,)),
            "fc2_weight": mx.nd.array(rng.randn(2, 3)),
            "fc2_bias": mx.nd.zeros((2,)),
        },
    )
    params = {"learning_rate": 0.5, "momentum": 0.9} if optimizer == "sgd" else {}
    mod.init_optimizer(kvstore=kvstore, optimizer=optimizer, optimizer_params=params)
    metric = mx.metric.create("acc")
    for _ in range(3):
        it.reset()
        for b in it:
            mod.forward_backward(b)
            mod.update()
            mod.update_metric(metric, b.label)
    return mod, mod.get_params()[0]["fc1_weight"].asnumpy()[0], metric.get()[1]


SGD = ([1.10673, 1.74503, 0.95842, 1.11292, -1.21678], 0.7291667)


@pytest.mark.parametrize(
    ("context", "kvstore", "on_kvstore", "kwargs", "expected"),
    [
        (mx.cpu(), "local", "1", {}, SGD),
        (TWO, "local", "1", {}, SGD),
        (TWO, "local", "0", {}, SGD),
        (TWO, "device", "0", {}, SGD),
        (TWO, "nccl", "1", {}, SGD),
        (TWO, "teststore", "1", {}, SGD),
        (TWO, "local", "0", {"work_load_list": [1, 3]}, SGD),
        (
            TWO,
            "device",
            "1",
            {"compression_params": {"type": "2bit", "threshold": 0.1}},
            ([1.38307, 1.78445, 1.17515, -0.09168, -1.08688], 0.6041667),
        ),
        # Without a store each device goes its own way, and get_params gives the mean.
        ([mx.cpu(i) for i in range(4)], None, "1", {}, ([1.38219, 1.85397, 1.1176, 0.15704, -1.09851], 0.7708333)),
        (TWO, "local", "1", {"optimizer": "adam"}, ([1.48322, 1.89023, 1.17889, -0.17397, -1.07053], 0.5625)),
        (mx.cpu(), "local", "1", {"optimizer": "adam"}, ([1.48322, 1.89023, 1.17889, -0.17397, -1.07053], 0.5625)),
    ],
)
def test_training_as_mxnet(context, kvstore, on_kvstore, kwargs, expected, monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", on_kvstore)
    mod, weight, accuracy = train(context, kvstore, **kwargs)
    np.testing.assert_allclose(weight, expected[0], rtol=2e-4, atol=2e-5)
    assert accuracy == pytest.approx(expected[1])
    one = not isinstance(context, list)
    assert (mod._kvstore is None) == (one or kvstore is None)
    assert bool(mod._update_on_kvstore) == (not one and on_kvstore == "1" and kvstore not in (None, "teststore"))


def test_training_with_a_store_object_on_one_device():
    store = mx.kv.create("local")
    mod, weight, _ = train(mx.cpu(), store)
    np.testing.assert_allclose(weight, SGD[0], rtol=2e-4)
    assert mod._kvstore is store and mod._update_on_kvstore
    kept = mx.nd.zeros((3, 5))
    store.pull("fc1_weight", kept)
    np.testing.assert_allclose(kept.asnumpy()[0], weight, rtol=1e-6)


def test_the_work_load_splits_the_batch():
    mod = ready(8, context=TWO, work_load_list=[1, 3])
    assert mod._exec_group.slices == [slice(0, 2), slice(2, 8)]
    mod.forward(batch_of(8), is_train=False)
    assert [o.shape for o in mod.get_outputs(merge_multi_context=False)[0]] == [(2, 2), (6, 2)]
    assert mod.get_outputs()[0].shape == (8, 2) and mod.output_shapes == [("softmax_output", (8, 2))]


def test_a_list_of_batches_goes_to_the_devices_one_by_one():
    mod = ready(4, context=TWO)
    parts = [mx.io.DataBatch([mx.nd.full((2, 5), i)], [mx.nd.full((2,), i)]) for i in range(2)]
    mod.forward(parts, is_train=True)
    assert [e.arg_dict["data"].asnumpy()[0, 0] for e in mod._exec_group.execs] == [0, 1]
    metric = mx.metric.create("acc")
    mod.update_metric(metric, [p.label for p in parts], pre_sliced=True)
    assert metric.num_inst == 4
    mod.forward([mx.io.DataBatch([mx.nd.ones((3, 5))], [mx.nd.ones((3,))])] * 2, is_train=False)
    assert mod.data_shapes == [("data", (6, 5))]


def test_fit_logs_calls_back_and_scores(caplog):
    rng = np.random.RandomState(0)
    it = mx.io.NDArrayIter(rng.randn(10, 5), rng.randint(0, 2, 10), 4)
    seen = []

    def epoch_end(epoch, symbol, arg, aux):
        seen.append(("epoch", epoch, symbol is mod.symbol, sorted(arg), aux))

    def batch_end(param):
        metric = type(param.eval_metric).__name__
        seen.append(("batch", param.epoch, param.nbatch, metric, "data_batch" in param.locals))

    def eval_end(param):
        seen.append(("eval", param.epoch, param.nbatch))

    def eval_batch_end(param):
        seen.append(("eval_batch", param.nbatch))

    mod = mx.mod.Module(mlp())
    with caplog.at_level(logging.INFO):
        mod.fit(
            it,
            it,
            eval_metric="acc",
            validation_metric="mse",
            num_epoch=2,
            begin_epoch=1,
            epoch_end_callback=epoch_end,
            batch_end_callback=[batch_end],
            eval_end_callback=eval_end,
            eval_batch_end_callback=eval_batch_end,
        )
    names = ["fc1_bias", "fc1_weight", "fc2_bias", "fc2_weight"]
    assert seen == [
        ("batch", 1, 0, "Accuracy", True),
        ("batch", 1, 1, "Accuracy", True),
        ("batch", 1, 2, "Accuracy", True),
        ("epoch", 1, True, names, {}),
        ("eval_batch", 0),
        ("eval_batch", 1),
        ("eval_batch", 2),
        ("eval", 1, 3),
    ]
    kinds = [m.split("=")[0] for m in caplog.messages]
    assert kinds == ["Epoch[1] Train-accuracy", "Epoch[1] Time cost", "Epoch[1] Validation-mse"]
    assert all(len(m.split("=")[1].split(".")[1]) == digits for m, digits in zip(caplog.messages, (6, 3, 6)))


def test_fit_takes_up_where_it_was():
    """A second fit neither binds nor initializes again, and keeps the optimizer."""
    it = mx.io.NDArrayIter(np.eye(5), np.arange(5) % 2, 5)
    mod = mx.mod.Module(mlp())
    mod.fit(it, num_epoch=1, optimizer_params={"learning_rate": 0.5})
    optimizer, weight = mod._optimizer, mod.get_params()[0]["fc1_weight"].asnumpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mod.fit(it, num_epoch=1)
    assert mod._optimizer is optimizer and (mod.get_params()[0]["fc1_weight"].asnumpy() != weight).any()


def test_fit_needs_epochs_and_batches():
    it = mx.io.NDArrayIter(np.ones((2, 5)), np.ones(2), 4, last_batch_handle="discard")
    with pytest.raises(AssertionError, match="please specify number of epochs"):
        mx.mod.Module(mlp()).fit(it)
    with pytest.raises(ValueError, match="gave no batch in epoch 0"):
        mx.mod.Module(mlp()).fit(it, num_epoch=1)


def test_only_one_batch_is_held_at_a_time():
    """Iterators may reuse the memory of a batch, so the next one is fetched when all is done with this one."""
    current = None

    class Batch:
        def __init__(self, i):
            self.i = i

        data = provide_data = provide_label = property(lambda self: self._check())
        label = property(lambda self: self._check())

        def _check(self):
            assert self.i == current
            return []

    class Data:
        provide_data = provide_label = None

        def __iter__(self):
            nonlocal current
            for current in range(3):
                yield Batch(current)

        def reset(self):
            pass

    class Nothing(mx.mod.BaseModule):
        bind = init_params = init_optimizer = backward = update = set_params = lambda self, *_, **__: None
        get_params = lambda self: ({}, {})  # noqa: E731
        forward = lambda self, batch, is_train: batch.data  # noqa: E731
        update_metric = lambda self, metric, labels, pre_sliced=False: None  # noqa: E731

    Nothing().fit(Data(), num_epoch=2)


def test_score_predict_iter_predict():
    rng = np.random.RandomState(0)
    data, label = rng.randn(10, 5).astype(np.float32), rng.randint(0, 2, 10)
    it = mx.io.NDArrayIter(data, label, 4)
    mod = mx.mod.Module(mlp())
    mod.bind(it.provide_data, it.provide_label)
    mod.init_params(mx.init.Normal(1))
    expected = mod.predict(it).asnumpy()
    assert expected.shape == (10, 2)
    w = {k: v.asnumpy() for k, v in mod.get_params()[0].items()}
    logits = np.maximum(data @ w["fc1_weight"].T + w["fc1_bias"], 0) @ w["fc2_weight"].T + w["fc2_bias"]
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(expected, softmax, rtol=1e-5)
    batches = list(mod.iter_predict(it))
    assert [i for _, i, _ in batches] == [0, 1, 2] and batches[2][0][0].shape == (2, 2)
    parts = mod.predict(it, merge_batches=False)
    np.testing.assert_array_equal(np.concatenate([p[0].asnumpy() for p in parts]), expected)
    (listed,) = mod.predict(it, always_output_list=True)
    np.testing.assert_array_equal(listed.asnumpy(), expected)
    np.testing.assert_array_equal(mod.predict(it, num_batch=1).asnumpy(), expected[:4])
    it.reset()
    it.next()
    assert mod.predict(it, reset=False).shape == (6, 2)
    mod.forward(mx.io.DataBatch([mx.nd.array(data)], [mx.nd.array(label)]), is_train=False)
    np.testing.assert_allclose(mod.predict(data).asnumpy(), expected, rtol=1e-6)
    np.testing.assert_allclose(mod.predict(mx.nd.array(data)).asnumpy(), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="eval_data must be of type NDArray or DataIter"):
        mod.predict([1])
    called = []
    found = dict(
        mod.score(
            it, ["acc", "mse"], num_batch=2, epoch=7, score_end_callback=called.append, batch_end_callback=called.append
        )
    )
    hits = (expected[:8].argmax(axis=1) == label[:8]).mean()
    assert found["accuracy"] == pytest.approx(hits) and set(found) == {"accuracy", "mse"}
    assert [(p.epoch, p.nbatch) for p in called] == [(7, 0), (7, 1), (7, 2)]


def test_batches_may_be_anything_with_data():
    batch = namedtuple("Batch", ["data"])
    mod = mx.mod.Module(mx.sym.Variable("data") * 2, label_names=None)
    mod.bind([("data", (1, 10))])
    mod.init_params()
    for shape in ((1, 10), (3, 5)):
        mod.forward(batch([mx.nd.ones(shape)]), is_train=False)
        assert mod.get_outputs()[0].shape == shape and (mod.get_outputs()[0].asnumpy() == 2).all()
    mod.forward(batch([np.ones((3, 5))]), is_train=False)
    assert (mod.get_outputs()[0].asnumpy() == 2).all()


# ---------------------------------------------------------------------- names, shapes, types


def test_facts():
    mod = mx.mod.Module(mlp())
    assert (mod.data_names, mod.label_names, mod.output_names) == (["data"], ["softmax_label"], ["softmax_output"])
    assert not (mod.binded or mod.params_initialized or mod.optimizer_initialized)
    with pytest.raises(AssertionError, match="bind"):
        mod.data_shapes  # noqa: B018
    mod.bind([("data", (4, 5))], [("softmax_label", (4,))])
    assert mod.binded and mod.for_training and not mod.inputs_need_grad
    assert repr(mod.data_shapes) == "[DataDesc[data,(4, 5),<class 'numpy.float32'>,NCHW]]"
    assert mod.label_shapes == [("softmax_label", (4,))]
    assert mod.output_shapes == [("softmax_output", (4, 2))]
    assert mod.symbol.list_outputs() == ["softmax_output"]
    # 2 x (15 + 3 + 6 + 2) floats of parameters and gradients, data, label
    assert mod._total_exec_bytes == 4 * (2 * 26 + 20 + 4)


def test_without_labels():
    mod = mx.mod.Module(mlp(), label_names=None)
    mod.bind([("data", (4, 5))], for_training=False)
    assert mod.label_shapes is None and "softmax_label" in mod._param_names
    with pytest.warns(UserWarning, match="label_shapes don't match"):
        named = mx.mod.Module(mlp())
        named.bind([("data", (4, 5))], for_training=False)
    named.init_params(mx.init.One())
    named.forward(mx.io.DataBatch([mx.nd.ones((4, 5))]))
    np.testing.assert_allclose(named.get_outputs()[0].asnumpy(), 0.5)


def test_data_type_and_layout():
    net = mx.sym.Activation(mx.sym.Variable("data"), act_type="relu", __layout__="TNC")
    mod = mx.mod.Module(net, label_names=None, context=TWO)
    mod.bind([mx.io.DataDesc("data", (3, 8, 7), np.float16, layout="TNC")], inputs_need_grad=True)
    mod.init_params()
    data = np.random.randn(3, 8, 7).astype(np.float16)
    mod.forward(mx.io.DataBatch([mx.nd.array(data, dtype=np.float16)]))
    mod.backward([mx.nd.array(data, dtype=np.float16)])
    (out,) = mod.get_outputs()
    assert out.dtype == np.float16 and out.shape == (3, 8, 7)
    np.testing.assert_array_equal(out.asnumpy(), np.maximum(data, 0))
    assert [o.shape for o in mod.get_outputs(merge_multi_context=False)[0]] == [(3, 4, 7)] * 2
    np.testing.assert_array_equal(mod.get_input_grads()[0].asnumpy(), np.where(data > 0, data, 0))


def test_input_gradients_in_the_order_of_the_data():
    a, b, c = (mx.sym.Variable(n, __layout__="NC") for n in "abc")
    mod = mx.mod.Module(a + 2 * b + 3 * c, data_names=["b", "c", "a"], label_names=None, context=TWO)
    mod.bind([[n, (5, 5)] for n in "bca"], inputs_need_grad=True)
    mod.init_params()
    mod.forward(mx.io.DataBatch([mx.nd.ones((5, 5))] * 3))
    mod.backward([mx.nd.ones((5, 5))])
    assert [np.unique(g.asnumpy()).tolist() for g in mod.get_input_grads()] == [[2], [3], [1]]
    parts = mod.get_input_grads(merge_multi_context=False)
    assert [[g.shape for g in p] for p in parts] == [[(2, 5), (3, 5)]] * 3


def test_reshape_keeps_parameters_and_optimizer():
    mod = mx.mod.Module(
        mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=20, name="fc"), ("data",), None, context=TWO
    )
    mod.bind([("data", (7, 20))])
    mod.init_params()
    mod.init_optimizer(optimizer_params={"learning_rate": 1})
    for n, bias in ((7, -1), (14, -3)):
        mod.reshape([("data", (n, 20))])
        mod.forward(mx.io.DataBatch([mx.nd.ones((n, 20))]))
        mod.backward([mx.nd.ones((n, 20))])
        mod.update()
        assert mod.get_outputs()[0].shape == (n, 20)
        assert (mod.get_params()[0]["fc_bias"].asnumpy() == bias).all()


def test_forward_reshapes_by_itself():
    mod = ready(4)
    for n in (2, 9, 4):
        mod.forward(batch_of(n), is_train=True)
        mod.backward()
        assert mod.data_shapes == [("data", (n, 5))] and mod.label_shapes == [("softmax_label", (n,))]
        np.testing.assert_allclose(mod.get_outputs()[0].asnumpy(), np.full((n, 2), 0.5))


def test_rebinding_keeps_what_was_trained():
    mod = ready(4)
    mod.init_optimizer(optimizer_params={"learning_rate": 1.0})
    mod.forward_backward(batch_of(4))
    mod.update()
    mod.bind([("data", (2, 5))], [("softmax_label", (2,))], for_training=False, force_rebind=True)
    weight = mod.get_params()[0]["fc2_bias"].asnumpy()
    assert weight.tolist() != [0, 0]
    mod.forward(batch_of(2))
    np.testing.assert_array_equal(mod._exec_group.execs[0].arg_dict["fc2_bias"].asnumpy(), weight)
    with pytest.raises(AssertionError, match="for_training=True"):
        mod.backward()


def test_binding_twice_is_ignored(caplog):
    mod = ready(4)
    mod.bind([("data", (9, 5))])
    assert caplog.messages == ["Already bound, ignoring bind()"] and mod.data_shapes == [("data", (4, 5))]
    caplog.clear()
    mod.init_optimizer()
    mod.init_optimizer(optimizer="adam")
    assert caplog.messages == ["optimizer already initialized, ignoring..."]
    mod.init_optimizer(optimizer="adam", force_init=True)
    assert type(mod._optimizer).__name__ == "Adam"


def test_grad_req():
    def grads(**kwargs):
        mod = mx.mod.Module(mlp(), **kwargs.pop("module", {}))
        mod.bind([("data", (4, 5))], [("softmax_label", (4,))], **kwargs)
        mod.init_params(mx.init.One())
        for _ in range(2):
            mod.forward_backward(batch_of(4))
        return {
            n: None if g[0] is None else g[0].asnumpy()[0]
            for n, g in zip(mod._exec_group.param_names, mod._exec_group.grad_arrays)
        }

    write, add = grads(), grads(grad_req="add")
    assert write["fc2_bias"] == -2
    assert all(np.allclose(add[n], 2 * write[n]) for n in write)
    assert all(g is None for g in grads(grad_req="null").values())
    mixed = grads(grad_req={"fc1_weight": "null", "fc2_bias": "add"})
    assert mixed["fc1_weight"] is None and mixed["fc2_bias"] == -4 and mixed["fc1_bias"] == write["fc1_bias"]
    listed = grads(grad_req=["null", "write", "null", "write", "add", "null"])
    assert listed["fc1_bias"] is None and listed["fc2_bias"] == -4
    assert grads(module={"fixed_param_names": ["fc1_weight"]})["fc1_weight"] is None
    with pytest.raises(ValueError, match="grad_req must be one of"):
        grads(grad_req=3)
    with pytest.raises(AssertionError, match="6 entries"):
        grads(grad_req=["write"])


def test_fixed_parameters_stay():
    mod = ready(4, fixed_param_names=["fc2_bias", "fc1_weight"])
    mod.init_optimizer(optimizer_params={"learning_rate": 1.0})
    mod.forward_backward(batch_of(4))
    mod.update()
    changed = {n for n, v in mod.get_params()[0].items() if (v.asnumpy() != (0 if n.endswith("bias") else 1)).any()}
    assert changed == {"fc2_weight"}  # fc1_bias has no gradient while both classes have equal weights


def test_states():
    state = mx.sym.Variable("state")
    net = mx.sym.Group([mx.sym.Variable("data") + state, state * 2])
    mod = mx.mod.Module(net, label_names=None, state_names=["state"], context=TWO)
    mod.bind(
        [
            ("data", (4, 3)),
        ],
        for_training=False,
    )
    mod.init_params()
    batch = mx.io.DataBatch([mx.nd.ones((4, 3))])
    mod.set_states(value=5)
    mod.forward(batch)
    assert (mod.get_outputs()[0].asnumpy() == 6).all()
    outs = mod.get_outputs(merge_multi_context=False)
    mod.set_states(states=[outs[1]])
    mod.forward(batch)
    assert (mod.get_outputs()[0].asnumpy() == 11).all()
    assert [[s.shape for s in states] for states in mod.get_states(merge_multi_context=False)] == [[(2, 3), (2, 3)]]
    with pytest.raises(AssertionError, match="not supported"):
        mod.get_states()
    with pytest.raises(AssertionError, match="Exactly one"):
        mod.set_states()
    with pytest.raises(MXNetError, match=r"state has shape \(2, 3\)"):
        mod.set_states([[mx.nd.ones((1, 3))] * 2])


def test_groups_of_the_graph_on_other_contexts():
    with mx.AttrScope(ctx_group="dev1"):
        a = mx.sym.Variable("a") * 2
    with mx.AttrScope(ctx_group="dev2"):
        net = a + mx.sym.Variable("b")
    cpus = [mx.cpu(i) for i in range(6)]
    for contexts, groups in (
        (cpus[:1], {"dev1": cpus[1], "dev2": cpus[2]}),
        (cpus[:2], [{"dev1": cpus[2], "dev2": cpus[3]}, {"dev1": cpus[4], "dev2": cpus[5]}]),
        (cpus[:2], {"dev1": cpus[2], "dev2": [cpus[3]]}),
        (cpus[:2], {"dev1": [cpus[2], cpus[4]], "dev2": [cpus[3], cpus[3]]}),
    ):
        mod = mx.mod.Module(net, context=contexts, data_names=["a", "b"], label_names=None, group2ctxs=groups)
        mod.bind([["a", (2, 5)], ["b", (2, 5)]], inputs_need_grad=True)
        mod.init_params()
        mod.forward(mx.io.DataBatch([mx.nd.ones((2, 5)), mx.nd.ones((2, 5))]), is_train=True)
        mod.backward([mx.nd.ones((2, 5))])
        assert (mod.get_outputs()[0].asnumpy() == 3).all()
        grads = mod.get_input_grads()
        assert [np.unique(g.asnumpy()).tolist() for g in grads] == [[2], [1]]
        first = _prepare_group2ctxs(groups, len(contexts))[0]
        assert [g.context for g in grads] == [first["dev1"], first["dev2"]]
    with pytest.raises(AssertionError, match="should be 2 or 1, got 3"):
        _prepare_group2ctxs({"dev1": cpus[:3]}, 2)
    with pytest.raises(AssertionError, match="should be 2, got 1"):
        _prepare_group2ctxs([{}], 2)
    with pytest.raises(AssertionError, match="group2ctxs should map"):
        _prepare_group2ctxs("dev1", 2)


# ---------------------------------------------------------------------- optimizer, monitor


def test_optimizer_objects_and_names():
    mod = ready(8)
    mod.init_optimizer(optimizer="sgd", optimizer_params=(("learning_rate", 0.3),))
    assert mod._optimizer.rescale_grad == 1 / 8 and mod._optimizer.lr == 0.3
    assert mod._optimizer.idx2name == dict(enumerate(mod._param_names))
    two = ready(8, context=TWO)
    two.init_optimizer(kvstore=None)
    assert two._optimizer.idx2name == dict(enumerate(n for n in two._param_names for _ in TWO))
    sgd = mx.optimizer.SGD(rescale_grad=1 / 8)
    mod.init_optimizer(optimizer=sgd, force_init=True)
    assert mod._optimizer is sgd and sgd.idx2name == dict(enumerate(mod._param_names))
    with pytest.warns(UserWarning, match=r"is not normalized to 1.0/batch_size/num_workers \(1.0 vs. 0.125\)"):
        mod.init_optimizer(optimizer=mx.optimizer.SGD(), force_init=True)
    with pytest.raises(TypeError, match="kvstore must be KVStore, str or None"):
        mod.init_optimizer(kvstore=3, force_init=True)
    with pytest.raises(AssertionError, match="optimizer must be"):
        mod.init_optimizer(optimizer=3, force_init=True)


def test_module_without_parameters_updates():
    mod = mx.mod.Module(mx.sym.Dropout(mx.sym.Variable("data"), p=0.5), label_names=None)
    mod.bind([("data", (4, 4))])
    mod.init_params()
    mod.init_optimizer()
    mod.forward(mx.io.DataBatch([mx.nd.ones((4, 4))]), is_train=True)
    mod.backward([mx.nd.ones((4, 4))])
    mod.update()
    assert mod.get_params() == ({}, {})


def test_monitor_sees_the_values():
    mod = ready(4)
    monitor = mx.mon.Monitor(1, pattern=".*output|.*weight", sort=True)
    mod.install_monitor(monitor)
    monitor.tic()
    mod.forward_backward(batch_of(4))
    names = [name for _, name, _ in monitor.toc()]
    assert "fc1_output" in names and "softmax_output" in names and "fc1_weight" in names


def test_sparse_row_ids_are_asked_for_only_where_they_matter():
    mod = ready(4)
    mod.init_optimizer()
    with pytest.warns(UserWarning, match="sparse_row_id_fn is not called"):
        mod.prepare(batch_of(4), sparse_row_id_fn=lambda b: {})
    mod.init_optimizer(kvstore=mx.kv.create("local"), force_init=True)
    with pytest.warns(UserWarning, match="fc1_weight.stype is not 'row_sparse'"):
        mod.prepare(batch_of(4), sparse_row_id_fn=lambda b: {"fc1_weight": mx.nd.array([0])})
    with pytest.raises(AssertionError, match="Expected dict"):
        mod.prepare(batch_of(4), sparse_row_id_fn=lambda b: 3)


# ---------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (
            lambda: mx.mod.Module(mlp(), data_names=["dat"]),
            ValueError,
            r"data_names=\['dat'\]\) but input with name 'dat' is not found in symbol.list_arguments\(\). "
            r"Did you mean one of:\n\tdata\n\tsoftmax_label",
        ),
        (lambda: mx.mod.Module(mlp(), fixed_param_names=["fc"]), ValueError, "fixed_param_names=.*name 'fc'"),
        (lambda: mx.mod.Module(mlp(), state_names=["s"]), ValueError, "state_names=.*name 's'"),
        (lambda: mx.mod.Module(mlp(), context=TWO, work_load_list=[1]), AssertionError, "work_load_list"),
        (
            lambda: mx.mod.Module(mlp()).bind([("dta", (4, 5))]),
            ValueError,
            r"data_shapes don't match names specified by data_names \(\[DataDesc\[dta,.*vs. \['data'\]\)",
        ),
        (
            lambda: mx.mod.Module(mlp()).bind([("data", mx.nd.ones((2,)))]),
            TypeError,
            "the shape of data must be a tuple of int, got NDArray",
        ),
        (
            lambda: mx.mod.Module(mlp()).bind([("data", (4, 5))], [("softmax_label", (3,))]),
            AssertionError,
            "all data must have the same batch size: batch_size = 4, but softmax_label has shape",
        ),
        (lambda: ready(1, context=TWO), ValueError, "Some splits are empty: a batch of 1 over work loads"),
        (lambda: mx.mod.Module(mlp()).forward(batch_of(4)), AssertionError, "bind"),
        (lambda: mx.mod.Module(mlp()).get_params(), AssertionError, "init_params"),
        (lambda: ready(4).update(), AssertionError, "init_optimizer"),
        (lambda: ready(4).get_input_grads(), AssertionError, "inputs_need_grad"),
        (
            lambda: ready(4).forward(mx.io.DataBatch([mx.nd.ones((4, 5))], [mx.nd.ones((3,))])),
            MXNetError,
            r"Input softmax_label has shape \(4,\), the batch brings \(3,\)",
        ),
        (lambda: ready(4).forward(mx.io.DataBatch([mx.nd.ones((4, 5))] * 2)), ValueError, "brings 2 data arrays"),
        (lambda: ready(4, context=TWO).forward([]), AssertionError, "empty data batch"),
    ],
)
def test_errors(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_a_wrong_label_name_is_a_warning():
    with pytest.warns(UserWarning, match="label_names=.*name 'lbl'"):
        mx.mod.Module(mlp(), label_names=["lbl"])


def test_a_batch_of_another_width_names_the_weight():
    mod = ready(4)
    with pytest.raises((MXNetError, AssertionError), match="fc1_weight"):
        mod.forward(batch_of(4, features=6))


def test_base_module_is_abstract():
    base = mx.mod.BaseModule()
    for name in ("data_names", "output_names", "data_shapes", "label_shapes", "output_shapes"):
        with pytest.raises(NotImplementedError):
            getattr(base, name)
    for call in (
        base.get_params,
        base.update,
        base.backward,
        base.get_outputs,
        base.get_input_grads,
        base.init_params,
        base.init_optimizer,
        lambda: base.forward(None),
        lambda: base.bind([]),
        lambda: base.install_monitor(None),
        lambda: base.update_metric(None, None),
    ):
        with pytest.raises(NotImplementedError):
            call()
    assert base.symbol is None
    with pytest.warns(UserWarning, match="not invoked for BaseModule"):
        base.prepare(None, sparse_row_id_fn=lambda b: {})


@pytest.mark.gpu
def test_training_on_a_gpu():
    _, weight, accuracy = train(mx.gpu(0))
    np.testing.assert_allclose(weight, SGD[0], rtol=1e-3)
    assert accuracy == pytest.approx(SGD[1])
