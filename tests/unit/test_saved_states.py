"""Saved optimizer states are checked against optimizer and weights before anything is replaced."""

import pickle

import numpy as np
import pytest

import mxnet as mx
from mxnet.gluon import Trainer, nn


def trained(optimizer="adam", steps=2, units=(3, 2), dtype="float32", **parameters):
    """A trainer of two layers after some steps, and its network."""
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        for before, after in zip((4, *units), units):
            net.add(nn.Dense(after, in_units=before))
    net.initialize(mx.init.One())
    net.cast(dtype)
    trainer = Trainer(net.collect_params(), optimizer, {"learning_rate": 0.1, **parameters})
    step(net, trainer, steps, dtype)
    return net, trainer


def step(net, trainer, steps=1, dtype="float32"):
    for _ in range(steps):
        with mx.autograd.record():
            loss = net(mx.nd.ones((2, 4), dtype=dtype)).sum()
        loss.backward()
        trainer.step(2)


def saved(states, optimizer):
    return pickle.dumps((states, optimizer), 4)


def load(trainer, data, tmp_path):
    path = tmp_path / "x.states"
    path.write_bytes(data)
    trainer.load_states(str(path))


def states_of(trainer):
    return trainer._updaters[0].states


def changed(trainer, change):
    """The file of a trainer whose states have been changed."""
    states = dict(states_of(trainer))
    change(states)
    return saved(states, trainer.optimizer)


def swap(states):
    states[0], states[1] = states[1], states[0]


WRONG = [
    (lambda t: changed(t, swap), "parameter 0 .*expected tuple of .*shape .3,.*got tuple of .*shape .3, 4."),
    (lambda t: changed(t, lambda s: s.update({0: "text"})), "parameter 0 .*got str"),
    (lambda t: changed(t, lambda s: s.update({0: None})), "parameter 0 .*got None"),
    (lambda t: changed(t, lambda s: s.update({0: s[0][0]})), "parameter 0 .*got an array"),
    (lambda t: changed(t, lambda s: s.update({0: (s[0][0], "x")})), "parameter 0 .*str"),
    (lambda t: changed(t, lambda s: s.update({0: (*s[0], s[0][0])})), "parameter 0 "),
    (lambda t: changed(t, lambda s: s.update({1: (mx.nd.ones((9,)),) * 2})), r"parameter 1 .*\(9,\)"),
    (lambda t: changed(t, lambda s: s.update({0: tuple(x.astype("float64") for x in s[0])})), "parameter 0 .*float64"),
    (lambda t: changed(t, lambda s: s.update({7: s[0]})), "parameters 7, which there are not among 4"),
    (lambda t: saved([1, 2], t.optimizer), "dict of states"),
    (lambda t: pickle.dumps(3), "dict of states"),
    (lambda t: pickle.dumps((states_of(t), 3)), "come with an optimizer, got int"),
    (lambda t: pickle.dumps(states_of(trained("sgd", momentum=0.9)[1])), "does not fit Adam"),
]


@pytest.mark.parametrize("make, message", WRONG)
def test_what_does_not_fit_replaces_nothing(make, message, tmp_path):
    net, trainer = trained()
    other, reference = trained()
    states, optimizer = states_of(trainer), trainer.optimizer
    with pytest.raises(mx.MXNetError, match=message):
        load(trainer, make(trainer), tmp_path)
    assert states_of(trainer) is states and trainer.optimizer is optimizer
    step(net, trainer)
    step(other, reference)
    for a, b in zip(net.collect_params().values(), other.collect_params().values()):
        np.testing.assert_array_equal(a.data().asnumpy(), b.data().asnumpy())


def attribute(optimizer, **values):
    vars(optimizer).update(values)
    return optimizer


BROKEN = [
    ({"lr": "fast"}, "Adam.lr"),
    ({"lr": None}, "Adam.lr"),
    ({"beta1": "x"}, "Adam.beta1"),
    ({"wd": [1]}, "Adam.wd"),
    ({"num_update": -1}, "Adam.num_update"),
    ({"num_update": 2**70}, "Adam.num_update"),
    ({"begin_num_update": 0.5}, "Adam.begin_num_update"),
    ({"_all_index_update_counts": {}}, "_all_index_update_counts"),
    ({"_all_index_update_counts": {0: {0: "x"}}}, "_all_index_update_counts"),
    ({"_all_index_update_counts": {0: 5}}, "_all_index_update_counts"),
    ({"_index_update_count": [1]}, "_index_update_count"),
    ({"lr_mult": {"a": "x"}}, "lr_mult"),
    ({"idx2name": {0: 5}}, "idx2name"),
    ({"lr_scheduler": 5}, "lr_scheduler"),
    ({"clip_gradient": "x"}, "clip_gradient"),
]


@pytest.mark.parametrize("values, message", BROKEN)
def test_optimizers_that_cannot_work(values, message, tmp_path):
    _, trainer = trained()
    _, other = trained()
    data = saved(states_of(other), attribute(other.optimizer, **values))
    optimizer = trainer.optimizer
    with pytest.raises(mx.MXNetError, match=message):
        load(trainer, data, tmp_path)
    assert trainer.optimizer is optimizer


SCHEDULERS = [
    (mx.lr_scheduler.FactorScheduler(5), {"step": 0}),
    (mx.lr_scheduler.FactorScheduler(5), {"step": -1}),
    (mx.lr_scheduler.FactorScheduler(5), {"step": float("nan")}),
    (mx.lr_scheduler.FactorScheduler(5), {"step": "x"}),
    (mx.lr_scheduler.FactorScheduler(5), {"base_lr": None}),
    (mx.lr_scheduler.FactorScheduler(5), {"base_lr": float("inf")}),
    (mx.lr_scheduler.FactorScheduler(1, 0.5), {"factor": -5, "count": -(10**15)}),
    (mx.lr_scheduler.MultiFactorScheduler([5]), {"step": 5}),
    (mx.lr_scheduler.MultiFactorScheduler([5]), {"cur_step_ind": "x"}),
    (mx.lr_scheduler.PolyScheduler(5), {"max_steps": 0}),
    (mx.lr_scheduler.CosineScheduler(5), {"final_lr": None}),
]


@pytest.mark.parametrize("scheduler, values", SCHEDULERS)
def test_schedulers_that_cannot_work(scheduler, values, tmp_path):
    _, trainer = trained()
    _, other = trained()
    other.optimizer.lr_scheduler = attribute(pickle.loads(pickle.dumps(scheduler)), **values)
    with pytest.raises(mx.MXNetError, match=type(scheduler).__name__):
        load(trainer, saved(states_of(other), other.optimizer), tmp_path)


def test_a_schedule_ends_whatever_its_numbers():
    schedule = mx.lr_scheduler.FactorScheduler(1, 0.999999, base_lr=1.0)
    assert schedule(10**15) == 1e-8 and schedule.count == 10**15 - 1
    schedule.step = 0
    with pytest.raises(ValueError, match="step"):
        schedule(10**16)


@pytest.mark.parametrize("step", [1, 3, 10])
def test_a_schedule_makes_each_step_that_is_due(step):
    """As one that is asked for every update."""
    for n in (1, 2, 3, 4, 29, 30, 31, 100):
        at_once, one_by_one = (mx.lr_scheduler.FactorScheduler(step, 0.9, base_lr=1.0) for _ in range(2))
        rates = [one_by_one(i) for i in range(1, n + 1)]
        assert at_once(n) == rates[-1] and at_once.count == one_by_one.count


class Own(mx.optimizer.Optimizer):
    """A user's optimizer, with states of another kind."""

    def create_state(self, index, weight):
        return {"calls": 0, "sum": mx.nd.zeros(weight.shape)}

    def update(self, index, weight, grad, state):
        self._update_count(index)
        state["calls"] += 1
        weight -= 0.1 * grad


def test_states_of_the_users_own_kind(tmp_path):
    net = nn.Dense(2, in_units=3)
    net.initialize()
    for trainer in (Trainer(net.collect_params(), Own()), Trainer(net.collect_params(), Own())):
        with mx.autograd.record():
            loss = net(mx.nd.ones((1, 3))).sum()
        loss.backward()
        trainer.step(1)
    path = str(tmp_path / "own")
    trainer.save_states(path)
    trainer.load_states(path)
    assert states_of(trainer)[0]["calls"] == 1


@pytest.mark.parametrize(
    "name", sorted(n for n in mx.optimizer.Optimizer.opt_registry if n not in ("own", "_svrgoptimizer"))
)
@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.filterwarnings("ignore:weights are float16 and updated")
def test_what_every_optimizer_saves_fits(name, dtype, tmp_path):
    if not mx.optimizer.Optimizer.opt_registry[name].__module__.startswith("mxnet."):
        pytest.skip("another test's")
    if name == "groupadagrad":
        pytest.skip("for matrices only")
    kinds = [{}, {"momentum": 0.9}] if hasattr(mx.optimizer.create(name), "momentum") else [{}]
    for parameters in kinds:
        mixed = {**parameters, "multi_precision": True} if dtype == "float16" else parameters
        net, trainer = trained(name, dtype=dtype, **mixed)
        path = str(tmp_path / "states")
        trainer.save_states(path)
        saved = trainer._updaters[0].get_states()
        trainer.load_states(path)
        assert trainer._updaters[0].get_states() == saved
        bare = mx.optimizer.get_updater(mx.optimizer.create(name, **mixed))
        bare.set_states(trainer._updaters[0].get_states())
        step(net, trainer, dtype=dtype)


def test_an_updater_checks_when_it_meets_the_weights():
    updater = mx.optimizer.get_updater(mx.optimizer.create("adam"))
    updater.set_states(pickle.dumps({0: (mx.nd.ones((2,)), mx.nd.ones((2,)))}))
    weight = mx.nd.ones((3,))
    with pytest.raises(mx.MXNetError, match=r"parameter 0 .*\(3,\).*got .*\(2,\)"):
        updater(0, mx.nd.ones((3,)), weight)
    assert weight.asnumpy().tolist() == [1, 1, 1]
    with pytest.raises(mx.MXNetError, match="does not fit Adam"):
        updater.set_states(pickle.dumps({0: mx.nd.ones((2,))}))
    updater.set_states(pickle.dumps({0: (mx.nd.ones((3,)), mx.nd.ones((3,)))}))
    updater(0, mx.nd.ones((3,)), weight)
    with pytest.raises(mx.MXNetError, match=r"parameter 0 .*\(3,\).*got .*\(2,\)"):
        updater.set_states(pickle.dumps({0: (mx.nd.ones((2,)), mx.nd.ones((2,)))}))


def module(contexts=1, optimizer="adam"):
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
    mod = mx.mod.Module(mx.sym.LinearRegressionOutput(net, name="out"), label_names=["out_label"],
                        context=[mx.cpu(i) for i in range(contexts)])  # fmt: skip
    mod.bind([("data", (4, 2))], [("out_label", (4, 3))])
    mod.init_params()
    mod.init_optimizer(optimizer=optimizer, optimizer_params={"learning_rate": 0.1})
    batch = mx.io.DataBatch([mx.nd.ones((4, 2))], [mx.nd.ones((4, 3))])
    mod.forward_backward(batch)
    mod.update()
    return mod


@pytest.mark.parametrize("contexts", [1, 2])
def test_modules(contexts, tmp_path):
    path = str(tmp_path / "m.states")
    mod = module(contexts)
    mod.save_optimizer_states(path)
    mod.load_optimizer_states(path)
    updater = mod._updater or mod._kvstore._updater
    good = updater.states
    first, second = list(good)
    for states in ({first: good[second]}, {first: "x"}, {type(first)("77"): good[first]}):
        with open(path, "wb") as file:
            pickle.dump(states, file)
        with pytest.raises(mx.MXNetError, match="state"):
            mod.load_optimizer_states(path)
        assert updater.states is good


def test_states_of_a_store_in_a_module_without_one(tmp_path):
    """MXNet loads them, and uses none: names and numbers differ."""
    path = str(tmp_path / "m.states")
    module(2).save_optimizer_states(path)
    mod = module(1)
    with pytest.warns(UserWarning, match="'fc_weight'.*not used"):
        mod.load_optimizer_states(path)
    assert set(mod._updater.states) == {"fc_weight", "fc_bias"}


def test_a_store_checks_its_values(tmp_path):
    kv = mx.kv.create("local")
    kv.init("w", mx.nd.ones((2,)))
    kv.set_optimizer(mx.optimizer.create("adam"))
    path = tmp_path / "s"
    path.write_bytes(pickle.dumps({"w": (mx.nd.ones((3,)), mx.nd.ones((3,)))}))
    with pytest.raises(mx.MXNetError, match=r"parameter 'w' .*\(2,\).*\(3,\)"):
        kv.load_optimizer_states(str(path))


def test_settings_that_are_nests_of_shared_tuples_are_refused_at_once():
    nest = (None,)
    for _ in range(12):
        nest = (nest, nest)
    optimizer = mx.optimizer.Adam()
    vars(optimizer)["beta1"] = nest
    with pytest.raises(mx.MXNetError, match="Adam.beta1 is not what it may be"):
        mx.optimizer.get_updater(mx.optimizer.Adam()).set_states(pickle.dumps(({}, optimizer)))
