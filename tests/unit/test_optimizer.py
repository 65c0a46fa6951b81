"""Optimizers: registry, rates and multipliers, counts, states, the updater and its plans, sparse gradients, errors."""

import pickle

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet._core.ops.optimizer import kernels
from mxnet.optimizer import Optimizer, create, get_updater


def nd(*values):
    return mx.nd.array(values)


def fresh(*shapes, seed=0):
    """Weights and gradients of some shapes."""
    rng = np.random.RandomState(seed)
    return [[mx.nd.array(rng.uniform(-1, 1, s)) for s in shapes] for _ in range(2)]


# ---------------------------------------------------------------------- registry


def test_registry_knows_all_of_mxnets():
    names = """adadelta adagrad adam adamax ccsgd dcasgd ftml ftrl groupadagrad lamb lars lbsgd nadam nag rmsprop sgd
    sgld signum test""".split()
    assert set(names) <= set(Optimizer.opt_registry)
    for name in names:
        assert type(create(name.upper())) is Optimizer.opt_registry[name]


def test_unknown_name_suggests_a_near_one():
    with pytest.raises(ValueError, match="Cannot find optimizer adm; did you mean 'adam'"):
        create("adm")


def test_register_warns_of_an_override():
    class Mine(Optimizer):
        pass

    try:
        assert mx.optimizer.register(Mine) is Mine
        with pytest.warns(UserWarning, match="overriding existing optimizer"):
            mx.optimizer.register(Mine)
        with pytest.raises(TypeError, match="class"):
            mx.optimizer.register("mine")
    finally:
        del Optimizer.opt_registry["mine"]


def test_class_paths_are_mxnets():
    for name, cls in Optimizer.opt_registry.items():
        if getattr(mx.optimizer, cls.__name__, None) is not cls:
            continue  # one that an example has registered
        expected = "mxnet.optimizer.contrib" if name == "groupadagrad" else "mxnet.optimizer.optimizer"
        assert cls.__module__ == expected
    assert pickle.loads(pickle.dumps(mx.optimizer.Adam)) is mx.optimizer.optimizer.Adam


# ---------------------------------------------------------------------- rates and multipliers


def test_learning_rate_and_scheduler():
    sgd = create("sgd")
    assert sgd.learning_rate == 0.01
    sgd.set_learning_rate(0.5)
    assert sgd.learning_rate == 0.5
    scheduler = mx.lr_scheduler.FactorScheduler(step=1, factor=0.5, base_lr=0.3)
    with pytest.warns(UserWarning, match="overwritten"):
        scheduled = create("sgd", learning_rate=0.8, lr_scheduler=scheduler)
    assert scheduler.base_lr == 0.8
    with pytest.raises(UserWarning, match="the rate comes from the optimizer's lr_scheduler"):
        scheduled.set_learning_rate(0.1)
    w, g = nd(0.0), nd(1.0)
    updater = get_updater(scheduled)
    steps = []
    for _ in range(3):
        before = w.asscalar()
        updater(0, g, w)
        steps.append(before - w.asscalar())
    np.testing.assert_allclose(steps, [0.8, 0.4, 0.2], rtol=1e-6)
    with pytest.raises(DeprecationWarning):
        sgd.set_lr_scale({})


def test_multipliers_by_symbol_name_and_index():
    data = mx.sym.Variable("data")
    bias = mx.sym.Variable("fc1_bias", lr_mult=1.0)
    fc1 = mx.sym.FullyConnected(data=data, bias=bias, name="fc1", num_hidden=10, lr_mult=0)
    fc2 = mx.sym.FullyConnected(data=fc1, name="fc2", num_hidden=10, wd_mult=0.5)
    names = dict(enumerate(n for n in fc2.list_arguments() if n != "data"))
    sgd = create("sgd", learning_rate=2.0, wd=1.0, sym=fc2, param_idx2name=names)
    index = {n: i for i, n in names.items()}
    lr = {n: sgd._get_lr(i) for n, i in index.items()}
    wd = {n: sgd._get_wd(i) for n, i in index.items()}
    assert lr == {"fc1_weight": 0.0, "fc1_bias": 2.0, "fc2_weight": 2.0, "fc2_bias": 2.0}
    assert wd == {"fc1_weight": 1.0, "fc1_bias": 0.0, "fc2_weight": 0.5, "fc2_bias": 0.5}
    sgd.set_lr_mult({"fc2_weight": 3.0, index["fc2_bias"]: 4.0})
    assert sgd._get_lrs([index["fc2_weight"], index["fc2_bias"], index["fc1_weight"]]) == [6.0, 8.0, 0.0]
    sgd.set_wd_mult({"fc1_bias": 2.0})
    assert sgd._get_wd(index["fc1_bias"]) == 2.0


class Parameter:
    """What an optimizer asks a gluon parameter for."""

    lr_mult = 1.0
    wd_mult = 1.0


def test_multipliers_may_change_between_steps():
    parameters = {0: Parameter(), 1: Parameter()}
    sgd = create("sgd", learning_rate=1.0, param_dict=parameters)
    updater = get_updater(sgd)
    (w, g) = fresh((3,), (2,))
    g = [mx.nd.ones(x.shape) for x in w]
    start = [x.asnumpy() for x in w]
    updater([0, 1], g, w)
    parameters[1].lr_mult = 0.0
    updater([0, 1], g, w)
    sgd.lr = 10.0
    updater([0, 1], g, w)
    np.testing.assert_allclose(w[0].asnumpy(), start[0] - 12, rtol=1e-6)
    np.testing.assert_allclose(w[1].asnumpy(), start[1] - 1, rtol=1e-6)
    sgd.rescale_grad = 0.0
    before = w[0].asnumpy()
    updater([0, 1], g, w)
    np.testing.assert_array_equal(w[0].asnumpy(), before)


def test_dictionary_multipliers_may_change_between_steps():
    sgd = create("sgd", learning_rate=1.0)
    updater = get_updater(sgd)
    w, g = [nd(0.0), nd(0.0)], [nd(1.0), nd(1.0)]
    updater([0, 1], g, w)
    sgd.set_lr_mult({1: 3.0})
    updater([0, 1], g, w)
    sgd.lr_mult[0] = 5.0
    updater([0, 1], g, w)
    assert [x.asscalar() for x in w] == [-7.0, -7.0]


# ---------------------------------------------------------------------- update counts


def test_counts_are_kept_by_index_and_device():
    adam = create("adam", begin_num_update=3)
    adam._update_count([0, 1])
    adam._update_count(0)
    assert (adam._index_update_count, adam.num_update) == ({0: 5, 1: 4}, 5)
    adam._set_current_context(1)
    adam._update_count(0)
    assert adam._all_index_update_counts == {0: {0: 5, 1: 4}, 1: {0: 4}}
    assert adam.num_update == 5


def test_parameters_at_different_counts_are_stepped_by_their_own():
    """Adam's correction depends on the count: a parameter that joins later starts from 1."""

    def run(together):
        updater = get_updater(create("adam", learning_rate=0.1))
        w, g = fresh((3,), (2,), seed=3)
        updater(0, g[0], w[0])
        for _ in range(2):
            if together:
                updater([0, 1], g, w)
            else:
                for i in range(2):
                    updater(i, g[i], w[i])
        return [x.asnumpy() for x in w], dict(updater.optimizer._index_update_count)

    (a, counts), (b, expected_counts) = run(True), run(False)
    assert counts == expected_counts == {0: 3, 1: 2}
    for x, y in zip(a, b):
        np.testing.assert_allclose(x, y, rtol=1e-6)


# ---------------------------------------------------------------------- the updater


def test_new_arrays_under_the_same_index_are_seen():
    updater = get_updater(create("sgd", learning_rate=1.0, momentum=0.5))
    w, g = nd(0.0, 0.0), nd(1.0, 1.0)
    updater(0, g, w)
    updater(0, nd(2.0, 2.0), w)
    assert w.asnumpy().tolist() == [-3.5, -3.5]
    other = nd(10.0, 10.0)
    updater(0, g, other)
    np.testing.assert_allclose(other.asnumpy(), [7.75, 7.75])
    updater.states[0] = mx.nd.zeros((2,))
    updater(0, g, other)
    np.testing.assert_allclose(other.asnumpy(), [6.75, 6.75])


def test_updates_write_the_weights_memory():
    w, g = nd(1.0, 2.0, 3.0), nd(1.0, 1.0, 1.0)
    view = w[1:]
    w.attach_grad()
    get_updater(create("adam", learning_rate=1.0))(0, g, w)
    np.testing.assert_allclose(view.asnumpy(), [1.0, 2.0], rtol=1e-5)
    assert g.asnumpy().tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("name", sorted(set(Optimizer.opt_registry) - {"sgld", "_svrgoptimizer"}))
def test_gradients_are_left_alone(name):
    w, g = fresh((4, 3), (2, 3))
    before = [x.asnumpy() for x in g]
    updater = get_updater(create(name, learning_rate=0.1, rescale_grad=0.5, clip_gradient=0.3))
    for _ in range(2):
        updater([0, 1], g, w)
    for x, y in zip(g, before):
        np.testing.assert_array_equal(x.asnumpy(), y)


@pytest.mark.parametrize("name", ["sgd", "nag", "adam", "rmsprop", "ftrl", "nadam", "lamb", "lars", "signum"])
def test_large_tensors_and_other_layouts_get_the_same_numbers(name):
    """Cut into pieces, fused or not, in any memory format: one formula."""
    rng = np.random.RandomState(1)
    shape = (4, 3, 300, 301)  # more than kernels.CHUNK_BYTES
    assert 4 * np.prod(shape) > kernels.CHUNK_BYTES
    start, grad = rng.uniform(-1, 1, shape), rng.uniform(-1, 1, shape)

    def run(layout, single):
        def make(a):
            return mx.nd.from_torch(torch.tensor(a, dtype=torch.float32).contiguous(memory_format=layout))

        optimizer = create(name, learning_rate=0.01, rescale_grad=0.5, wd=0.1)
        w, g = make(start), make(grad)
        if single:
            state = optimizer.create_state_multi_precision(0, w)
            for _ in range(2):
                optimizer.update_multi_precision(0, w, g, state)
        else:
            updater = get_updater(optimizer)
            for _ in range(2):
                updater([0], [g], [w])
        return w.asnumpy()

    expected = run(torch.contiguous_format, True)
    for layout in (torch.contiguous_format, torch.channels_last):
        np.testing.assert_allclose(run(layout, False), expected, rtol=2e-5, atol=2e-6)


def test_gradients_with_other_strides_than_the_weights():
    w, g = mx.nd.ones((3, 4)), mx.nd.from_torch(mx.nd.arange(12)._t.reshape(4, 3).t())
    expected = 1 - 0.1 * g.asnumpy() / (np.abs(g.asnumpy()) + 1e-8)
    get_updater(create("adam", learning_rate=0.1))([0], [g], [w])
    np.testing.assert_allclose(w.asnumpy(), expected, rtol=1e-5)


def test_bytes_are_indices_too():
    updater = get_updater(create("sgd", learning_rate=1.0))
    w = nd(0.0)
    updater(b"weight", nd(1.0), w)
    updater("weight", nd(1.0), w)
    assert list(updater.states) == ["weight"]
    assert updater.optimizer._index_update_count == {"weight": 2}


def test_a_users_optimizer_is_asked_for_each_parameter():
    calls = []

    class Mine(Optimizer):
        def create_state(self, index, weight):
            return mx.nd.ones(weight.shape)

        def update(self, index, weight, grad, state):
            calls.append(index)
            self._update_count(index)
            weight[:] -= self._get_lr(index) * grad * state

    updater = get_updater(Mine(learning_rate=0.5))
    w, g = [nd(1.0), nd(1.0)], [nd(1.0), nd(2.0)]
    updater([0, 1], g, w)
    assert calls == [0, 1]
    assert [x.asscalar() for x in w] == [0.5, 0.0]
    half = mx.nd.ones((2,), dtype="float16")
    mine = Mine(learning_rate=0.5, multi_precision=True)
    get_updater(mine)(5, half, half.copy())
    assert mine._index_update_count == {5: 1}


def test_a_subclass_of_ours_may_override_parts():
    class Doubling(mx.optimizer.SGD):
        def _get_lr(self, index):
            return 2 * super()._get_lr(index)

    class Counting(mx.optimizer.Adam):
        seen = 0

        def update(self, index, weight, grad, state):
            type(self).seen += 1
            super().update(index, weight, grad, state)

    w, g = [nd(0.0), nd(0.0)], [nd(1.0), nd(1.0)]
    get_updater(Doubling(learning_rate=1.0))([0, 1], g, w)
    assert [x.asscalar() for x in w] == [-2.0, -2.0]
    get_updater(Counting(learning_rate=1.0))([0, 1], g, w)
    assert Counting.seen == 2
    np.testing.assert_allclose([x.asscalar() for x in w], [-3.0, -3.0], rtol=1e-6)


def test_base_class_has_no_update():
    with pytest.raises(NotImplementedError, match="does not define update"):
        Optimizer().update(0, nd(1.0), nd(1.0), None)


# ---------------------------------------------------------------------- float16


def test_float16_without_copies_warns():
    w = mx.nd.ones((2,), dtype="float16")
    for name in ("sgd", "adam", "nag", "lars"):
        with pytest.warns(UserWarning, match="updated in float16"):
            create(name).create_state_multi_precision(0, w)


def test_float16_updates_accumulate_in_the_copy():
    w, g = mx.nd.ones((2,), dtype="float16"), mx.nd.ones((2,), dtype="float16")
    updater = get_updater(create("sgd", learning_rate=1e-4, multi_precision=True, momentum=0.0))
    for _ in range(10):
        updater([0], [g], [w])
    momentum, copy = updater.states[0]
    assert momentum is None and copy.dtype == np.float32
    np.testing.assert_allclose(copy.asnumpy(), [0.999, 0.999], rtol=1e-6)
    assert w.dtype == np.float16 and w.asnumpy()[0] == np.float16(0.999)
    master, (mean, var) = create("adam", multi_precision=True).create_state_multi_precision(0, w)
    assert {x.dtype for x in (master, mean, var)} == {np.float32}


# ---------------------------------------------------------------------- saved states


def test_states_continue_where_they_were_saved():
    w, g = fresh((3, 2), (2,))
    first = get_updater(create("adam", learning_rate=0.1))
    for _ in range(3):
        first([0, 1], g, w)
    with_optimizer = get_updater(create("sgd"))
    with_optimizer.set_states(first.get_states(dump_optimizer=True))
    assert type(with_optimizer.optimizer) is mx.optimizer.Adam and not with_optimizer.aggregate_updates
    copies = [x.copy() for x in w]
    first([0, 1], g, w)
    with_optimizer([0, 1], g, copies)
    for a, b in zip(w, copies):
        np.testing.assert_array_equal(a.asnumpy(), b.asnumpy())


def test_saved_optimizer_leaves_its_parameters_behind():
    sgd = create("sgd", param_dict={0: Parameter()})
    assert "param_dict" not in sgd.__getstate__()
    again = pickle.loads(pickle.dumps(sgd))
    assert again.param_dict == {}
    assert again._index_update_count is again._all_index_update_counts[0]


def test_hostile_states_are_refused():
    class Hostile:
        def __reduce__(self):
            return print, ("gotcha",)

    updater = get_updater(create("sgd"))
    with pytest.raises(mx.MXNetError):
        updater.set_states(pickle.dumps({0: Hostile()}))
    with pytest.raises(mx.MXNetError):
        updater.set_states(b"no pickle")
    assert updater.states == {}


def test_loaded_states_move_to_the_weights_context():
    updater = get_updater(create("sgd", momentum=0.9))
    updater.states = {0: (mx.nd.ones((2,)), [mx.nd.zeros((1,)), None])}
    moved = updater.sync_state_context(updater.states[0], mx.cpu(1))
    assert moved[0].context == mx.cpu(1) and type(moved) is tuple and type(moved[1]) is list
    assert moved[1][0].context == mx.cpu(1) and moved[1][1] is None
    first = get_updater(create("sgd", momentum=0.9))
    first(0, nd(1.0), nd(1.0))
    updater.set_states(first.get_states())
    w = mx.nd.ones((1,), ctx=mx.cpu(1))
    updater(0, mx.nd.ones((1,), ctx=mx.cpu(1)), w)
    assert updater.states[0].context == mx.cpu(1)


# ---------------------------------------------------------------------- single optimizers


def test_sgld_adds_noise_of_the_right_size():
    mx.random.seed(7)
    w, g = mx.nd.zeros((20000,)), mx.nd.ones((20000,))
    get_updater(create("sgld", learning_rate=0.04))([0], [g], [w])
    values = w.asnumpy()
    assert abs(values.mean() + 0.02) < 0.01 and abs(values.std() - 0.2) < 0.01


def test_adamax_keeps_weights_without_gradient():
    w = nd(1.0, 1.0)
    get_updater(create("adamax", learning_rate=0.1))([0], [nd(0.0, 1.0)], [w])
    np.testing.assert_allclose(w.asnumpy(), [1.0, 0.9], rtol=1e-6)


def test_dcasgd_with_momentum():
    w, g = nd(1.0, 2.0), nd(1.0, -1.0)
    updater = get_updater(create("dcasgd", learning_rate=0.1, momentum=0.5, lamda=0.1))
    weight, previous, mom = np.array([1.0, 2.0]), np.array([1.0, 2.0]), np.zeros(2)
    grad = g.asnumpy()
    for _ in range(3):
        updater([0], [g], [w])
        mom = 0.5 * mom - 0.1 * (grad + 0.1 * grad * grad * (weight - previous))
        previous, weight = weight, weight + mom
    np.testing.assert_allclose(w.asnumpy(), weight, rtol=1e-6)


def test_lbsgd_sums_gradients_that_share_a_buffer():
    lbsgd = create("lbsgd", learning_rate=1.0, batch_scale=2, warmup_epochs=0)
    updater = get_updater(lbsgd)
    w, g = nd(0.0), nd(1.0)
    updater(0, g, w)
    assert w.asscalar() == 0.0
    g[:] = 3.0
    updater(0, g, w)
    assert w.asscalar() == -4.0  # the mean of 1 and 3, by the warmed-up rate of 2


def test_lars_corrects_the_momentum_of_all_layers():
    """When the rate changes, momenta shrink with it: in every layer, not only in those updated first."""
    scheduler = mx.lr_scheduler.FactorScheduler(step=1, factor=0.1, base_lr=1.0)
    names = {i: f"fc{i}_bias" for i in range(6)}
    lars = create("lars", momentum=0.5, lr_scheduler=scheduler, param_idx2name=names)
    updater = get_updater(lars)
    w, g = [nd(0.0) for _ in names], [nd(1.0) for _ in names]
    for _ in range(2):
        updater(list(names), g, w)
    np.testing.assert_allclose([updater.states[i].asscalar() for i in names], [-(0.5 * 0.1 * 1.0 + 0.1)] * 6, rtol=1e-6)


def test_group_adagrad_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="two axes"):
        create("groupadagrad").create_state(0, nd(1.0))
    with pytest.raises(ValueError, match="Weight decay"):
        get_updater(create("groupadagrad", wd=0.1))(0, mx.nd.ones((2, 2)), mx.nd.ones((2, 2)))


# ---------------------------------------------------------------------- row-sparse gradients

LAZY = {"sgd": {"momentum": 0.9}, "adam": {}, "ftrl": {}, "adagrad": {}, "groupadagrad": {}}


@pytest.mark.parametrize("weight_stype", ["default", "row_sparse"])
@pytest.mark.parametrize("name", sorted(LAZY))
def test_lazy_updates_touch_only_the_rows_of_the_gradient(name, weight_stype):
    rng = np.random.RandomState(2)
    dense, rows = rng.uniform(0.5, 1, (5, 3)), [1, 4]
    values = rng.uniform(-1, 1, (2, 3))
    w = mx.nd.array(dense).tostype(weight_stype)
    grad = mx.nd.sparse.row_sparse_array((values, rows), shape=(5, 3))
    updater = get_updater(create(name, learning_rate=0.1, **LAZY[name]))
    reference = get_updater(create(name, learning_rate=0.1, **LAZY[name]))
    part = mx.nd.array(dense[rows])
    for _ in range(3):
        updater(0, grad, w)
        reference(0, mx.nd.array(values), part)
    found = w.asnumpy()
    np.testing.assert_allclose(found[rows], part.asnumpy(), rtol=1e-6)
    np.testing.assert_array_equal(found[[0, 2, 3]], dense[[0, 2, 3]].astype("float32"))
    assert w.stype == weight_stype


def test_lazy_update_switched_off_decays_all_rows():
    dense = np.ones((3, 2))
    grad = mx.nd.sparse.row_sparse_array((np.ones((1, 2)), [1]), shape=(3, 2))
    w = mx.nd.array(dense)
    get_updater(create("sgd", learning_rate=0.5, wd=0.5, lazy_update=False))(0, grad, w)
    np.testing.assert_allclose(w.asnumpy(), [[0.75, 0.75], [0.25, 0.25], [0.75, 0.75]])


def test_an_empty_row_sparse_gradient_changes_nothing():
    w = mx.nd.ones((3, 2))
    get_updater(create("adam"))(0, mx.nd.sparse.zeros("row_sparse", (3, 2)), w)
    np.testing.assert_array_equal(w.asnumpy(), np.ones((3, 2)))


def test_csr_weights_are_updated_by_way_of_a_dense_copy():
    dense = np.array([[1.0, 0.0], [0.0, 2.0]])
    w = mx.nd.sparse.csr_matrix(dense)
    get_updater(create("sgd", learning_rate=1.0, momentum=0.9))(0, mx.nd.sparse.csr_matrix(dense), w)
    np.testing.assert_array_equal(w.asnumpy(), np.zeros((2, 2)))


# ---------------------------------------------------------------------- errors


def test_wrong_arrays_are_named():
    updater = get_updater(create("adam"))
    with pytest.raises(mx.MXNetError, match=r"parameter 1 has shape \(2,\), but its gradient \(3,\)"):
        updater([0, 1], [mx.nd.ones((2,)), mx.nd.ones((3,))], [mx.nd.ones((2,)), mx.nd.ones((2,))])
    with pytest.raises(TypeError, match="grad of parameter 0 must be an NDArray"):
        create("sgd").update(0, nd(1.0), np.ones(1), None)
    with pytest.raises(ValueError, match="2 indices, but 1 gradients"):
        updater([0, 1], [nd(1.0)], [nd(1.0), nd(1.0)])
    with pytest.raises(TypeError, match="param_idx2name"):
        create("sgd", param_idx2name=["a"])


def test_a_gradient_that_changes_its_shape_is_refused():
    updater = get_updater(create("sgd", learning_rate=1.0))
    w = mx.nd.ones((4,))
    updater([0], [mx.nd.ones((4,))], [w])
    with pytest.raises(mx.MXNetError, match="its gradient"):
        updater([0], [mx.nd.ones((2,))], [w])


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["sgd", "adam", "nag", "lamb", "lars", "ftrl"])
def test_gpu_gives_the_cpus_numbers(name):
    def run(ctx):
        w, g = ([x.as_in_context(ctx) for x in arrays] for arrays in fresh((30, 20), (7,)))
        updater = get_updater(create(name, learning_rate=0.1, wd=0.01, rescale_grad=0.5))
        for _ in range(3):
            updater([0, 1], g, w)
        return [x.asnumpy() for x in w]

    for a, b in zip(run(mx.cpu()), run(mx.gpu())):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
