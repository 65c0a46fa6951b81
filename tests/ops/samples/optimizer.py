"""Update operators of the optimizers. ``row`` checks the outputs and the changed states."""

from tests.ops.rows import const, f, row

W = (2, 3)
COMMON = {"wd": 0.1, "rescale_grad": 0.5, "clip_gradient": 0.2}


def positive(*shape):
    """A state that is a mean of squares."""
    return f(*shape, low=0.1, high=1.0)


def half(*shape):
    """A weight or gradient of mixed precision."""
    return f(*shape, dtype="float16")


def flat(row_):
    """Updates carry no gradient."""
    return row_.set(grad=False, numeric=False)


def many(row_):
    """Updates of several weights, which MXNet runs with ``out`` only."""
    return flat(row_).set(golden=False, note="tests/unit/test_optimizer_ops.py compares with the single updates")


_SINGLE = [
    ("sgd_update", [W, W], {"lr": 0.1}),
    ("sgd_mom_update", [W, W, W], {"lr": 0.1, "momentum": 0.9}),
    ("mp_sgd_update", [half(*W), half(*W), W], {"lr": 0.1}),
    ("mp_sgd_mom_update", [half(*W), half(*W), W, W], {"lr": 0.1, "momentum": 0.9}),
    ("signsgd_update", [W, W], {"lr": 0.1}),
    ("signum_update", [W, W, W], {"lr": 0.1, "momentum": 0.9, "wd_lh": 0.01}),
    ("adam_update", [W, W, W, positive(*W)], {"lr": 0.1, "beta1": 0.8}),
    ("rmsprop_update", [W, W, positive(*W)], {"lr": 0.1, "clip_weights": 0.5}),
    ("rmspropalex_update", [W, W, f(*W, low=1.5, high=2.0), W, W], {"lr": 0.1, "gamma2": 0.7}),
    ("ftrl_update", [W, W, f(*W, low=-3, high=3), positive(*W)], {"lr": 0.1, "lamda1": 1.0}),
]

ROWS = [flat(row(name, *inputs, **params)) for name, inputs, params in _SINGLE]
ROWS += [flat(row(name, *inputs, **params, **COMMON)) for name, inputs, params in _SINGLE]

_NAG = {"lr": 0.1, "momentum": 0.9}
ROWS += [
    # With weight decay MXNet's kernel depends on whether out is the weight: see tests/unit/test_optimizer_golden.py.
    flat(row("nag_mom_update", W, W, W, **_NAG)),
    flat(row("nag_mom_update", W, W, W, **_NAG, rescale_grad=0.5, clip_gradient=0.2)),
    flat(row("mp_nag_mom_update", half(*W), half(*W), W, W, **_NAG)),
    flat(row("mp_nag_mom_update", half(*W), half(*W), W, W, **_NAG, **COMMON)),
    flat(row("ftml_update", W, W, positive(*W), positive(*W), W, lr=0.1, t=3)),
    flat(row("ftml_update", W, W, positive(*W), positive(*W), W, lr=0.1, t=3, wd=0.1, rescale_grad=0.5, clip_grad=0.2)),
]

# AdamW: a gradient scale that is no number skips the step.
_ADAMW = {"lr": 0.1, "eta": 0.5, "wd": 0.1, "clip_gradient": 0.2}
for _scale in ([0.5], [0.0], [float("nan")]):
    ROWS += [
        flat(row("_adamw_update", W, W, W, positive(*W), const(_scale), **_ADAMW)).set(
            golden=False, note="MXNet scales the caller's gradient in place"
        ),
        flat(row("_mp_adamw_update", half(*W), half(*W), W, positive(*W), W, const(_scale), **_ADAMW)).set(
            golden=_scale == [0.5], note="a step that MXNet skips leaves out as it was, here it is the weight"
        ),
    ]

_LAMB = {"beta1": 0.8, "t": 3, "wd": 0.1, "rescale_grad": 0.5, "clip_gradient": 0.2}
for _correct in (True, False):
    ROWS += [
        flat(row("lamb_update_phase1", W, W, W, positive(*W), bias_correction=_correct, **_LAMB)),
        flat(row("mp_lamb_update_phase1", half(*W), half(*W), W, positive(*W), W, bias_correction=_correct, **_LAMB)),
    ]
for _r1, _bounds in (([2.0], {}), ([0.0], {}), ([2.0], {"lower_bound": 0.1, "upper_bound": 1.5})):
    ROWS += [
        flat(row("lamb_update_phase2", W, W, const(_r1), const([0.7]), lr=0.1, **_bounds)),
        flat(row("mp_lamb_update_phase2", half(*W), W, const(_r1), const([0.7]), W, lr=0.1, **_bounds)).set(
            golden=False, note="MXNet leaves the float32 copy as it was, so the weight moves once and never again"
        ),
    ]

V = (4,)
_TWO = {"lrs": (0.1, 0.2), "wds": (0.0, 0.1), "rescale_grad": 0.5, "clip_gradient": 0.2, "num_weights": 2}
_LOADED = {"rescale_grad": 0.5, "clip_gradient": 0.2, "num_weights": 2}
_RATES = (const([0.1, 0.2]), const([0.0, 0.1]))
ROWS += [
    many(row("multi_sgd_update", W, W, V, V, **_TWO)),
    many(row("multi_sgd_update", W, W, lrs=(0.1,), wds=(0.1,))),
    many(row("multi_sgd_mom_update", W, W, W, V, V, V, momentum=0.9, **_TWO)),
    many(row("multi_mp_sgd_update", half(*W), half(*W), W, half(*V), half(*V), V, **_TWO)),
    many(row("multi_mp_sgd_mom_update", half(*W), half(*W), W, W, half(*V), half(*V), V, V, momentum=0.9, **_TWO)),
    many(row("preloaded_multi_sgd_update", W, W, V, V, *_RATES, **_LOADED)),
    many(row("preloaded_multi_sgd_mom_update", W, W, W, V, V, V, *_RATES, momentum=0.9, **_LOADED)),
    many(row("preloaded_multi_mp_sgd_update", half(*W), half(*W), W, half(*V), half(*V), V, *_RATES, **_LOADED)),
    many(
        row(
            "preloaded_multi_mp_sgd_mom_update",
            half(*W),
            half(*W),
            W,
            W,
            half(*V),
            half(*V),
            V,
            V,
            *_RATES,
            momentum=0.9,
            **_LOADED,
        )
    ),
    flat(row("multi_sgd_update", W, W, V, lrs=(0.1, 0.1), wds=(0.0, 0.0), num_weights=2)).set(raises="expected"),
    flat(row("multi_sgd_update", W, W, V, V, lrs=(0.1,), wds=(0.0, 0.0), num_weights=2)).set(raises="lrs"),
]

_MULTI_ADAMW = {"lrs": (0.1, 0.2), "wds": (0.0, 0.1), "etas": (0.5, 1.0), "clip_gradient": 0.2, "num_weights": 2}
_MULTI_LAMB = {
    "learning_rates": (0.1, 0.2),
    "wds": (0.0, 0.1),
    "step_count": (2, 3),
    "rescale_grad": 0.5,
    "num_tensors": 2,
}
_ADAM = (W, W, W, positive(*W), V, V, V, positive(*V))
_MP_ADAM = (half(*W), half(*W), W, positive(*W), W, half(*V), half(*V), V, positive(*V), V)
ROWS += [
    many(row("_multi_adamw_update", *_ADAM, const([0.5]), **_MULTI_ADAMW)),
    many(row("_multi_mp_adamw_update", *_MP_ADAM, const([0.5]), **_MULTI_ADAMW)),
    many(row("_multi_lamb_update", *_ADAM, **_MULTI_LAMB)),
    many(row("_multi_lamb_update", *_ADAM, lower_bound=0.5, upper_bound=0.9, bias_correction=False, **_MULTI_LAMB)),
    many(row("_multi_mp_lamb_update", *_MP_ADAM, **_MULTI_LAMB)),
]

ROWS += [
    flat(row("_contrib_group_adagrad_update", (4, 3), (4, 3), positive(4, 1), lr=0.1)).set(
        golden=False, note="MXNet has it for row-sparse gradients only"
    ),
    flat(row("_sparse_adagrad_update", W, W, positive(*W), lr=0.1)).set(
        golden=False, note="MXNet has it for row-sparse gradients only"
    ),
    flat(row("multi_sum_sq", W, V, num_arrays=2)),
    flat(
        row(
            "multi_lars",
            f(3, low=0.1, high=1),
            const([4.0, 0.0, 1.0]),
            const([1.0, 1.0, 9.0]),
            const([0.0, 0.1, 0.1]),
            eta=0.1,
            eps=0.01,
            rescale_grad=0.5,
        )
    ),
    flat(row("all_finite", W)),
    flat(row("all_finite", const([1.0, float("inf")]))),
    flat(row("multi_all_finite", W, V, num_arrays=2)),
    flat(row("multi_all_finite", W, const([float("nan"), 1.0]), num_arrays=2)),
    flat(row("reset_arrays", W, V, num_arrays=2)).set(
        golden=False, symbol=False, infer=False, note="crashes MXNet; there is no output"
    ),
    flat(row("sgd_update", W, (3, 2), lr=0.1)).set(raises="shape"),
    flat(row("sgd_update", W, W)).set(raises="lr"),
    flat(row("adam_update", W, W, W, (6,), lr=0.1)).set(raises="var"),
    flat(row("lamb_update_phase2", W, W, (2,), (1,), lr=0.1)).set(raises="r1"),
]
