"""Modules of modules: buckets, chains, and modules written in Python."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError

BATCH = 4


def sym_gen(length):
    """The same linear classifier over the mean of sequences of any length."""
    data = mx.sym.mean(mx.sym.Variable("data"), axis=1)
    net = mx.sym.FullyConnected(data, name="fc", num_hidden=2)
    return mx.sym.SoftmaxOutput(net, name="softmax"), ("data",), ("softmax_label",)


def batch_of(length, value=1.0, label=0):
    data, labels = mx.nd.full((BATCH, length, 3), value), mx.nd.full((BATCH,), label)
    return mx.io.DataBatch(
        [data],
        [labels],
        bucket_key=length,
        provide_data=[("data", (BATCH, length, 3))],
        provide_label=[("softmax_label", (BATCH,))],
        pad=0,
    )


def ready(default=8, **kwargs):
    mod = mx.mod.BucketingModule(sym_gen, default_bucket_key=default, **kwargs)
    mod.bind([("data", (BATCH, default, 3))], [("softmax_label", (BATCH,))])
    mod.init_params(mx.init.One())
    return mod


class Sentences(mx.io.DataIter):
    """Batches of two lengths; the class is told by the sign."""

    default_bucket_key = 8
    provide_data = [("data", (BATCH, 8, 3))]
    provide_label = [("softmax_label", (BATCH,))]

    def __init__(self):
        super().__init__(BATCH)
        self.reset()

    def reset(self):
        self.at = 0

    def next(self):
        if self.at == 8:
            raise StopIteration
        self.at += 1
        label = self.at % 2
        return batch_of((8, 5, 3)[self.at % 3], value=1 - 2 * label, label=label)


# ---------------------------------------------------------------------- buckets


def test_buckets_share_parameters_gradients_and_memory():
    mod = ready()
    assert mod.data_names == ("data",) or mod.data_names == ["data"]
    mod.forward(batch_of(5), is_train=True)
    assert mod._curr_bucket_key == 5 and set(mod._buckets) == {8, 5}
    big, small = (mod._buckets[k]._exec_group.execs[0] for k in (8, 5))
    for name in ("fc_weight", "fc_bias"):
        assert big.arg_dict[name]._t.data_ptr() == small.arg_dict[name]._t.data_ptr()
        assert big.grad_dict[name]._t.data_ptr() == small.grad_dict[name]._t.data_ptr()
    inputs = [e.arg_dict["data"]._t.untyped_storage().data_ptr() for e in (big, small)]
    assert inputs[0] == inputs[1]
    assert mod._buckets[5]._total_exec_bytes < mod._buckets[8]._total_exec_bytes
    assert mod.data_shapes == [("data", (BATCH, 5, 3))] and mod.output_shapes == [("softmax_output", (BATCH, 2))]
    assert mod.symbol is mod._buckets[5].symbol and mod.output_names == ["softmax_output"]


def test_a_bucket_larger_than_the_default_one():
    mod = ready(default=4)
    mod.forward(batch_of(9), is_train=True)
    mod.backward()
    np.testing.assert_allclose(mod.get_outputs()[0].asnumpy(), 0.5)


def test_updates_in_one_bucket_are_seen_in_all():
    mod = ready()
    mod.init_optimizer(optimizer_params={"learning_rate": 1.0})
    for length in (8, 5, 3):
        mod.forward_backward(batch_of(length))
        mod.update()
    updated = mod.get_params()[0]["fc_bias"].asnumpy()
    assert updated[0] > 0 > updated[1]
    for module in mod._buckets.values():
        np.testing.assert_array_equal(module._exec_group.execs[0].arg_dict["fc_bias"].asnumpy(), updated)
        assert module._updater is mod._buckets[8]._updater
    assert mod._buckets[8]._optimizer.num_update == 3


def test_fit_over_buckets_learns(caplog):
    mod = mx.mod.BucketingModule(sym_gen, default_bucket_key=8)
    with caplog.at_level(logging.INFO):
        mod.fit(Sentences(), Sentences(), num_epoch=3, optimizer_params={"learning_rate": 0.5})
    assert [m.split("=")[0] for m in caplog.messages[:3]] == [
        "Epoch[0] Train-accuracy",
        "Epoch[0] Time cost",
        "Epoch[0] Validation-accuracy",
    ]
    assert caplog.messages[-1] == "Epoch[2] Validation-accuracy=1.000000"
    assert mod.score(Sentences(), "acc") == [("accuracy", 1.0)]
    assert mod.predict(Sentences()).shape == (32, 2)


def test_prepare_binds_and_comes_back():
    mod = ready()
    mod.forward(batch_of(8), is_train=True)
    mod.prepare(batch_of(3))
    assert mod._curr_bucket_key == 8 and 3 in mod._buckets


@pytest.mark.parametrize(("grad_req", "factor"), [("write", 1), ("add", 2)])
def test_grad_req_over_buckets(grad_req, factor):
    mod = mx.mod.BucketingModule(sym_gen, default_bucket_key=8)
    mod.bind([("data", (BATCH, 8, 3))], [("softmax_label", (BATCH,))], grad_req=grad_req)
    mod.init_params(mx.init.Zero())
    for length in (8, 5):
        mod.forward_backward(batch_of(length))
    grad = mod._curr_module._exec_group.execs[0].grad_dict["fc_bias"].asnumpy()
    np.testing.assert_allclose(grad, [-2 * factor, 2 * factor])


def test_names_do_not_depend_on_what_was_made_before():
    def unnamed(length):
        return mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), ("data",), None

    mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=2)
    mod = mx.mod.BucketingModule(unnamed, default_bucket_key=1)
    mod.bind([("data", (2, 3))])
    assert mod.symbol.list_arguments() == ["data", "fullyconnected0_weight", "fullyconnected0_bias"]
    mod.init_params()
    mod.switch_bucket(2, [("data", (4, 3))])
    assert mod.symbol.list_arguments() == ["data", "fullyconnected0_weight", "fullyconnected0_bias"]


def test_parameters_through_buckets():
    mod = ready()
    mod.forward(batch_of(5))
    params = {"fc_weight": mx.nd.full((2, 3), 3), "fc_bias": mx.nd.full((2,), 4)}
    mod.set_params(params, {})
    assert (mod.get_params()[0]["fc_weight"].asnumpy() == 3).all()
    assert (mod._buckets[8]._exec_group.execs[0].arg_dict["fc_bias"].asnumpy() == 4).all()
    mod.set_params({"fc_bias": mx.nd.full((2,), 5)}, {}, allow_missing=True)
    assert (mod.get_params()[0]["fc_bias"].asnumpy() == 5).all()
    with pytest.raises(RuntimeError, match="fc_weight is not presented"):
        mod.set_params({"fc_bias": params["fc_bias"]}, {})
    mod.bind([("data", (BATCH, 8, 3))], [("softmax_label", (BATCH,))], force_rebind=True)
    assert (mod.get_params()[0]["fc_bias"].asnumpy() == 5).all() and set(mod._buckets) == {8}


def test_save_and_load(tmp_path):
    prefix = str(tmp_path / "net")
    mod = ready()
    mod.forward(batch_of(5))
    mod.save_checkpoint(prefix, 2)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "net-0002.params",
        "net-5-symbol.json",
        "net-8-symbol.json",
        "net.buckets",
    ]
    other = mx.mod.BucketingModule.load(prefix, 2, sym_gen=sym_gen, default_bucket_key=8)
    assert set(other._buckets) == {8, 5} and other.params_initialized
    other.bind([("data", (BATCH, 8, 3))], [("softmax_label", (BATCH,))])
    symbols = {k: m.symbol for k, m in mod._buckets.items()}
    third = mx.mod.BucketingModule.load_dict(symbols, sym_gen, 8, *mod.get_params())
    third.bind([("data", (BATCH, 8, 3))], [("softmax_label", (BATCH,))])
    for m in (other, third):
        for length in (8, 5):
            m.forward(batch_of(length), is_train=False)
            np.testing.assert_allclose(m.get_outputs()[0].asnumpy(), 0.5)
        assert (m.get_params()[0]["fc_weight"].asnumpy() == 1).all()
    with pytest.raises(AssertionError, match="no bucket 7"):
        mx.mod.BucketingModule.load(prefix, 2, sym_gen=sym_gen, default_bucket_key=7)
    with pytest.raises(AssertionError, match="sym_gen is required"):
        mx.mod.BucketingModule.load(prefix, 2)
    with pytest.raises(AssertionError, match="aux_params needs to be provided"):
        mx.mod.BucketingModule.load_dict(symbols, sym_gen, 8, {})


def test_states_and_monitor_go_to_the_buckets():
    def stateful(length):
        return mx.sym.Variable("data") + mx.sym.Variable("state"), ("data",), None

    mod = mx.mod.BucketingModule(stateful, default_bucket_key=1, state_names=["state"])
    mod.bind([("data", (2, 3))], for_training=False)
    mod.init_params()
    mod.set_states(value=2)
    monitor = mx.mon.Monitor(1, pattern=".*output")
    mod.install_monitor(monitor)
    mod.switch_bucket(2, [("data", (2, 3))])
    mod.set_states(value=5)
    monitor.tic()
    batch = mx.io.DataBatch([mx.nd.ones((2, 3))], bucket_key=2, provide_data=[("data", (2, 3))])
    mod.forward(batch)
    assert (mod.get_outputs()[0].asnumpy() == 6).all()
    assert (mod.get_states(merge_multi_context=False)[0][0].asnumpy() == 5).all()
    assert any(name.endswith("output") for _, name, _ in monitor.toc())


def test_bucketing_errors(caplog):
    with pytest.raises(AssertionError, match="default_bucket_key"):
        mx.mod.BucketingModule(sym_gen)
    with pytest.raises(ValueError, match="fixed_param_names=.*name 'nothing'"):
        mx.mod.BucketingModule(sym_gen, 8, fixed_param_names=["nothing"])
    mod = mx.mod.BucketingModule(sym_gen, 8)
    assert tuple(mod.data_names) == ("data",) and mod.output_names == ["softmax_output"]
    for call in (
        lambda: mod.data_shapes,
        lambda: mod.symbol,
        lambda: mod.switch_bucket(1, []),
        lambda: mod.forward(batch_of(8)),
        lambda: mod.update(),
        lambda: mod.init_params(),
    ):
        with pytest.raises(AssertionError, match="bind"):
            call()
    with pytest.raises(AssertionError, match="Empty BucketingModule"):
        mod.save_checkpoint("x", 0)
    mod = ready()
    mod.bind([("data", (BATCH, 8, 3))])
    assert caplog.messages == ["Already bound, ignoring bind()"]
    with pytest.raises(ValueError, match="data_shapes don't match"):
        mod.switch_bucket(5, [("date", (BATCH, 5, 3))])
    assert set(mod._buckets) == {8} and mod._curr_bucket_key == 8


# ---------------------------------------------------------------------- chains


def chain(context=None):
    first = mx.mod.Module(
        mx.sym.Activation(mx.sym.FullyConnected(mx.sym.Variable("data"), name="a", num_hidden=4), act_type="tanh"),
        label_names=None,
    )
    net = mx.sym.FullyConnected(mx.sym.Variable("hidden"), name="b", num_hidden=2)
    second = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"), data_names=["hidden"])
    return mx.mod.SequentialModule().add(first).add(second, take_labels=True, auto_wiring=True)


def whole():
    net = mx.sym.Activation(mx.sym.FullyConnected(mx.sym.Variable("data"), name="a", num_hidden=4), act_type="tanh")
    return mx.mod.Module(mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, name="b", num_hidden=2), name="softmax"))


def test_a_chain_trains_as_the_whole_network():
    rng = np.random.RandomState(0)
    it = mx.io.NDArrayIter(rng.randn(12, 3), rng.randint(0, 2, 12), 4)
    params = {
        "a_weight": mx.nd.array(rng.randn(4, 3)),
        "a_bias": mx.nd.zeros((4,)),
        "b_weight": mx.nd.array(rng.randn(2, 4)),
        "b_bias": mx.nd.zeros((2,)),
    }
    results = []
    for mod in (chain(), whole()):
        mod.bind(it.provide_data, it.provide_label, inputs_need_grad=True)
        mod.init_params(arg_params=params, aux_params={})
        mod.init_optimizer(optimizer_params={"learning_rate": 0.5, "momentum": 0.9})
        metric = mx.metric.create("acc")
        it.reset()
        for b in it:
            mod.forward_backward(b)
            mod.update()
            mod.update_metric(metric, b.label)
        results.append(
            (
                {n: v.asnumpy() for n, v in mod.get_params()[0].items()},
                mod.get_input_grads()[0].asnumpy(),
                mod.get_outputs()[0].asnumpy(),
                metric.get(),
            )
        )
    for name in params:
        np.testing.assert_allclose(results[0][0][name], results[1][0][name], rtol=1e-5, err_msg=name)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(results[0][2], results[1][2], rtol=1e-5)
    assert results[0][3] == results[1][3]


def test_chain_facts_and_fit():
    it = mx.io.NDArrayIter(np.eye(4, 3), np.array([0, 1, 0, 1]), 2)
    mod = chain()
    assert (mod.data_names, mod.output_names) == (["data"], ["softmax_output"])
    mod.fit(it, num_epoch=30, initializer=mx.init.Xavier(), optimizer_params={"learning_rate": 1.0})
    assert mod.score(it, "acc") == [("accuracy", 1.0)]
    assert mod.data_shapes == [("data", (2, 3))] and mod.label_shapes == [("softmax_label", (2,))]
    assert mod.output_shapes == [("softmax_output", (2, 2))] and set(mod.get_params()[0]) == {
        "a_weight",
        "a_bias",
        "b_weight",
        "b_bias",
    }
    mod.forward(mx.io.DataBatch([mx.nd.ones((3, 3))], [mx.nd.ones((3,))]), is_train=False)
    assert mod.get_outputs()[0].shape == (3, 2)


def test_chain_errors():
    with pytest.raises(AssertionError, match='Unknown meta "take_label", a typo'):
        mx.mod.SequentialModule().add(whole(), take_label=True)
    with pytest.raises(AssertionError, match="empty SequentialModule"):
        mx.mod.SequentialModule().bind([])
    twice = mx.mod.SequentialModule()
    for _ in range(2):
        net = mx.sym.FullyConnected(mx.sym.Variable("data"), name="a", num_hidden=3)
        twice.add(mx.mod.Module(net, label_names=None), auto_wiring=True)
    twice.bind([("data", (2, 3))])
    with pytest.raises(AssertionError, match='name "a_weight" in layer 1 .* already used in layer 0'):
        twice.init_params()
    assert mx.mod.SequentialModule().data_names == [] and mx.mod.SequentialModule().output_names == []


# ---------------------------------------------------------------------- Python modules


def test_python_loss_in_a_chain():
    def grad(scores, labels):
        return scores.asnumpy() - np.eye(2)[labels.asnumpy().astype(int)]

    first = mx.mod.Module(mx.sym.FullyConnected(mx.sym.Variable("data"), name="fc", num_hidden=2), label_names=None)
    mod = mx.mod.SequentialModule().add(first)
    mod.add(mx.mod.PythonLossModule(grad_func=grad), take_labels=True, auto_wiring=True)
    it = mx.io.NDArrayIter(np.eye(4, 3), np.array([0, 1, 0, 1]), 4)
    mod.fit(it, num_epoch=20, optimizer_params={"learning_rate": 1.0})
    assert mod.score(it, "acc") == [("accuracy", 1.0)]


def test_python_module_does_nothing_about_parameters(caplog):
    class Double(mx.mod.PythonModule):
        def _compute_output_shapes(self):
            return [("out", self._data_shapes[0][1])]

        def forward(self, data_batch, is_train=None):
            self.out = data_batch.data[0] * 2

        def get_outputs(self, merge_multi_context=True):
            return [self.out]

    mod = Double(("data",), ("label",), ["out"])
    assert (mod.data_names, mod.output_names, mod.data_shapes) == (["data"], ["out"], None)
    mod.bind([("data", (1, 2))], [("label", (1,))])
    mod.init_params()
    mod.init_optimizer()
    mod.update()
    assert mod.get_params() == ({}, {}) and mod.output_shapes == [("out", (1, 2))]
    assert mod.binded and mod.params_initialized and mod.optimizer_initialized
    mod.forward(mx.io.DataBatch([mx.nd.array([[1, 5]])]))
    metric = mx.metric.create("acc")
    mod.update_metric(metric, [mx.nd.array([1])])
    assert metric.get()[1] == 1
    with pytest.raises(RuntimeError, match="presliced"):
        mod.update_metric(metric, [], pre_sliced=True)
    mod.bind([("data", (1, 2))])
    assert caplog.messages == ["Already bound, ignoring bind()"]
    with pytest.raises(AssertionError, match="the module takes"):
        mod.bind([("date", (1, 2))], force_rebind=True)
    with pytest.raises(AssertionError, match="only support write"):
        mod.bind([("data", (1, 2))], grad_req="add", force_rebind=True)
    mod.bind([("data", (1, 2))], force_rebind=True)
    before = metric.num_inst
    mod.update_metric(metric, [mx.nd.array([1])])
    assert metric.num_inst == before, "bound without labels there is nothing to compare with"


def test_python_loss_module_by_itself():
    loss = mx.mod.PythonLossModule(name="hinge")
    loss.bind([("data", (2, 2))], [("softmax_label", (2,))])
    assert loss.output_names == ["hinge_output"] and loss.output_shapes == [("hinge_output", (2, 2))]
    loss.forward(mx.io.DataBatch([mx.nd.ones((2, 2))], [mx.nd.ones((2,))]))
    with pytest.raises(NotImplementedError, match="grad_func"):
        loss.backward()
    with pytest.raises(AssertionError, match="out_grads should be None"):
        loss.backward([mx.nd.ones((2, 2))])
    with pytest.raises(NotImplementedError, match="no executor"):
        loss.install_monitor(None)
    with pytest.raises((AssertionError, MXNetError)):
        mx.mod.PythonLossModule(data_names=("a", "b"))


def test_buckets_share_row_sparse_weights():
    def network(length):
        weight = mx.sym.var("embed_weight", stype="row_sparse")
        rows = mx.sym.contrib.SparseEmbedding(mx.sym.var("data"), weight, input_dim=6, output_dim=2, name="embed")
        return mx.sym.MakeLoss(mx.sym.sum(rows)), ("data",), ()

    mod = mx.mod.BucketingModule(network, default_bucket_key=4)
    mod.bind([("data", (1, 4))], None)
    mod.init_params(mx.init.One())
    mod.init_optimizer("local", "sgd", {"learning_rate": 0.5})
    for key in (4, 2):
        ids = mx.nd.arange(key).reshape((1, key))
        batch = mx.io.DataBatch([ids], None, bucket_key=key, provide_data=[("data", (1, key))], provide_label=None)
        mod.forward_backward(batch)
        mod.update()
    weights = mod.get_params()[0]["embed_weight"].asnumpy()[:, 0]
    assert weights.tolist() == [0, 0, 0.5, 0.5, 1, 1], "both buckets moved the rows that they looked up"
