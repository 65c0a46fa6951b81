"""Update operators: where results go, several weights at once, sums over calls."""

import numpy as np
import pytest

import mxnet as mx


def arrays(*shapes, dtype="float32", seed=0):
    rng = np.random.RandomState(seed)
    return [mx.nd.array(rng.uniform(0.1, 1, s), dtype=dtype) for s in shapes]


def test_out_is_written_and_the_weight_spared():
    w, g, mom = arrays((2, 3), (2, 3), (2, 3))
    before = w.asnumpy()
    out = mx.nd.sgd_mom_update(w, g, mom, lr=0.1, momentum=0.9)
    np.testing.assert_array_equal(w.asnumpy(), before)
    np.testing.assert_allclose(out.asnumpy(), before + mom.asnumpy(), rtol=1e-6)
    other = mx.nd.zeros((2, 3))
    mx.nd.sgd_update(w, g, lr=0.1, out=other)
    np.testing.assert_allclose(other.asnumpy(), before - 0.1 * g.asnumpy(), rtol=1e-6)
    np.testing.assert_array_equal(w.asnumpy(), before)
    assert mx.nd.sgd_update(w, g, lr=0.1, out=w) is w
    np.testing.assert_allclose(w.asnumpy(), other.asnumpy(), rtol=1e-6)


def test_symbols_spare_the_weight_and_update_states():
    w, g, mom = arrays((2, 3), (2, 3), (2, 3))
    net = mx.sym.sgd_mom_update(mx.sym.var("w"), mx.sym.var("g"), mx.sym.var("mom"), lr=0.1, momentum=0.5)
    assert net.list_arguments() == ["w", "g"] and net.list_auxiliary_states() == ["mom"]
    expected_mom = 0.5 * mom.asnumpy() - 0.1 * g.asnumpy()
    before = w.asnumpy()
    (out,) = net.bind(mx.cpu(), {"w": w, "g": g}, aux_states={"mom": mom}).forward()
    np.testing.assert_array_equal(w.asnumpy(), before)
    np.testing.assert_allclose(mom.asnumpy(), expected_mom, rtol=1e-5)
    np.testing.assert_allclose(out.asnumpy(), before + expected_mom, rtol=1e-5)


# name of the operator for many, for one, inputs of one weight, number of half-precision inputs among them
MULTI = [
    ("multi_sgd_update", "sgd_update", 2, 0, {}),
    ("multi_sgd_mom_update", "sgd_mom_update", 3, 0, {"momentum": 0.9}),
    ("multi_mp_sgd_update", "mp_sgd_update", 3, 2, {}),
    ("multi_mp_sgd_mom_update", "mp_sgd_mom_update", 4, 2, {"momentum": 0.9}),
]


def weights_of(stride, halves):
    """The inputs of three weights."""
    shapes = [(2, 3), (4,), (1, 2)]
    return [
        [a.astype("float16") if j < halves else a for j, a in enumerate(arrays(*[s] * stride, seed=i))]
        for i, s in enumerate(shapes)
    ]


@pytest.mark.parametrize("preloaded", [False, True])
@pytest.mark.parametrize("many, one, stride, halves, params", MULTI)
def test_multi_updates_are_single_updates(many, one, stride, halves, params, preloaded):
    lrs, wds = (0.1, 0.2, 0.1), (0.0, 0.1, 0.0)
    common = {"rescale_grad": 0.5, "clip_gradient": 0.2, **params}
    together, single = weights_of(stride, halves), weights_of(stride, halves)
    for inputs, lr, wd in zip(single, lrs, wds):
        getattr(mx.nd, one)(*inputs, lr=lr, wd=wd, out=inputs[0], **common)
    flat = [a for inputs in together for a in inputs]
    out = [inputs[0] for inputs in together]
    if preloaded:
        getattr(mx.nd, f"preloaded_{many}")(*flat, mx.nd.array(lrs), mx.nd.array(wds), num_weights=3, out=out, **common)
    else:
        getattr(mx.nd, many)(*flat, lrs=lrs, wds=wds, num_weights=3, out=out, **common)
    for a, b in zip(flat, [a for inputs in single for a in inputs]):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-3 if a.dtype == np.float16 else 2e-6)


def test_multi_updates_spare_weights_that_are_not_out():
    w, g = arrays((2,), (2,))
    before = w.asnumpy()
    out = mx.nd.multi_sgd_update(w, g, lrs=(0.1,), wds=(0.0,))
    np.testing.assert_array_equal(w.asnumpy(), before)
    np.testing.assert_allclose(out.asnumpy(), before - 0.1 * g.asnumpy(), rtol=1e-6)


@pytest.mark.parametrize("half", [False, True])
def test_multi_adamw_is_adamw(half):
    name = "mp_adamw_update" if half else "adamw_update"
    together, single = (weights_of(5 if half else 4, 2 if half else 0) for _ in range(2))
    rates = {"lr": (0.1, 0.2, 0.3), "wd": (0.0, 0.1, 0.2), "eta": (1.0, 0.5, 1.0)}
    for i, inputs in enumerate(single):
        getattr(mx.nd.contrib, name)(*inputs, 0.5, out=inputs[0], **{k: v[i] for k, v in rates.items()})
    columns = list(zip(*together))
    getattr(mx.nd.contrib, f"multi_{name}")(*columns, mx.nd.array([0.5]), *rates.values(), out=columns[0])
    for a, b in zip(together, single):
        for x, y in zip(a, b):
            np.testing.assert_allclose(x.asnumpy(), y.asnumpy(), rtol=1e-3 if half else 2e-6)


@pytest.mark.parametrize("scale", [0.0, float("inf"), float("nan")])
def test_adamw_skips_steps_with_a_bad_scale(scale):
    inputs = arrays((2,), (2,), (2,), (2,))
    before = [x.asnumpy() for x in inputs]
    mx.nd.contrib.adamw_update(*inputs, scale, lr=0.1, eta=1.0, out=inputs[0])
    mx.nd.contrib.multi_adamw_update(*[[x] for x in inputs], scale, [0.1], [0.0], [1.0], out=[inputs[0]])
    for x, y in zip(inputs, before):
        np.testing.assert_array_equal(x.asnumpy(), y)


def test_lamb_phases_are_the_joint_update():
    single, joint = arrays((2, 3), (2, 3), (2, 3), (2, 3)), arrays((2, 3), (2, 3), (2, 3), (2, 3))
    w = single[0]
    g = mx.nd.lamb_update_phase1(*single, t=2, wd=0.1)
    mx.nd.lamb_update_phase2(w, g, w.norm(), g.norm(), lr=0.1, out=w)
    mx.nd.contrib.multi_lamb_update(*[[x] for x in joint], [2], [0.1], [0.1], out=[joint[0]])
    for a, b in zip(single, joint):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-5)


def test_mixed_precision_lamb_moves_the_float32_copy():
    w16, g16 = arrays((3,), (3,), dtype="float16")
    mean, var, w32 = arrays((3,), (3,), (3,))
    before = w32.asnumpy()
    g = mx.nd.mp_lamb_update_phase1(w16, g16, mean, var, w32, t=1, wd=0.0)
    assert g.dtype == np.float32
    mx.nd.mp_lamb_update_phase2(w16, g, w32.norm(), g.norm(), w32, lr=0.1, out=w16)
    assert np.abs(w32.asnumpy() - before).min() > 1e-3
    np.testing.assert_allclose(w16.asnumpy(), w32.asnumpy(), rtol=1e-3)


def test_all_finite_accumulates_over_calls():
    good, bad = mx.nd.ones((2, 3)), mx.nd.array([1.0, float("inf")])
    found = mx.nd.zeros((1,))
    mx.nd.multi_all_finite(good, good, num_arrays=2, out=found)
    assert found.asscalar() == 1.0
    mx.nd.multi_all_finite(bad, num_arrays=1, init_output=False, out=found)
    mx.nd.all_finite(good, init_output=False, out=found)
    assert found.asscalar() == 0.0
    mx.nd.all_finite(good, out=found)
    assert found.asscalar() == 1.0


def test_reset_arrays():
    a, b = arrays((2,), (3, 2))
    view = a[1:]
    assert mx.nd.reset_arrays(a, b, num_arrays=2) == []
    assert not a.asnumpy().any() and not b.asnumpy().any() and not view.asnumpy().any()


ERRORS = {
    r"Operator sgd_update: grad must have the weight's shape \(2, 3\), got \(4,\)": lambda w, v: mx.nd.sgd_update(
        w, v, lr=0.1
    ),
    "Operator multi_sgd_update: expected num_weights": lambda w, v: mx.nd.multi_sgd_update(
        w, w, w, lrs=(0.1,), wds=(0.0,)
    ),
    "lrs must have one value for each of the 1": lambda w, v: mx.nd.multi_sgd_update(w, w, lrs=(0.1, 0.1), wds=(0.0,)),
    "num_arrays is 2, but 1 arrays": lambda w, v: mx.nd.multi_sum_sq(w, num_arrays=2),
    "history must have one element for each of the 2": lambda w, v: mx.nd.contrib.group_adagrad_update(w, w, v, lr=0.1),
    "Required parameter lr": lambda w, v: mx.nd.sgd_update(w, w),
    "parameter lr expects float, got 'much'": lambda w, v: mx.nd.adam_update(w, w, w, w, lr="much"),
}


@pytest.mark.parametrize("message", ERRORS)
def test_errors_name_operator_and_argument(message):
    with pytest.raises((mx.MXNetError, ValueError), match=message):
        ERRORS[message](mx.nd.ones((2, 3)), mx.nd.ones((4,)))
