"""What the optimizers are run on, here and in MXNet 1.9.1 (NumPy alone, so that MXNet's environment can import it)."""

import zlib

import numpy as np

SHAPES = [(3, 4), (4,), (2, 3, 2), (5, 1)]
NAMES = {0: "a_weight", 1: "a_bias", 2: "b_weight", 3: "b_gamma"}
STEPS = 4

_COMMON = {"wd": 0.02, "rescale_grad": 0.25, "clip_gradient": 0.2}
_PLAIN = {
    "sgd": [{}, {"momentum": 0.9}],
    "ccsgd": [{"momentum": 0.5}],
    "nag": [{}, {"momentum": 0.9}],
    "signum": [{}, {"momentum": 0.0}, {"wd_lh": 0.05}],
    "dcasgd": [{}],
    "adam": [{}, {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}],
    "adamax": [{}],
    "nadam": [{}, {"schedule_decay": 0.1}],
    "ftml": [{"learning_rate": 0.01}],
    "adagrad": [{}],
    "adadelta": [{}],
    "rmsprop": [{}, {"centered": True}, {"clip_weights": 0.5}, {"centered": True, "clip_weights": 0.5}],
    "ftrl": [{}, {"lamda1": 0.3, "beta": 2}],
    "lamb": [{}, {"lower_bound": 0.1, "upper_bound": 1.0}, {"bias_correction": False}],
    "lars": [{}, {"momentum": 0.9, "eta": 0.1, "eps": 1e-4}],
    "lbsgd": [
        {},
        {"momentum": 0.9, "batch_scale": 2, "warmup_strategy": "sqrt", "updates_per_epoch": 2},
        {"warmup_strategy": "lars"},
    ],
    "test": [{}],
}


def _cases():
    for name, variants in _PLAIN.items():
        for v in variants:
            yield name, v
            yield name, {**v, **_COMMON, "named": True}
    yield "groupadagrad", {}
    yield "groupadagrad", {"rescale_grad": 0.25, "clip_gradient": 0.2}
    for name, v in (
        ("sgd", {}),
        ("sgd", {"momentum": 0.9}),
        ("nag", {"momentum": 0.9}),
        ("adam", {}),
        ("lamb", {}),
        ("lars", {"momentum": 0.9}),
        ("rmsprop", {"centered": True}),
        ("ftml", {}),
    ):
        yield name, {**v, "wd": 0.02, "rescale_grad": 0.25, "multi_precision": True, "dtype": "float16"}
    for name, v in (("sgd", {"momentum": 0.9}), ("adam", {}), ("nadam", {}), ("rmsprop", {})):
        yield name, {**v, "schedule": True, "mults": True, "named": True, "wd": 0.02}


# Gradients here are never zero: a weight that none ever reached becomes 0 / 0 in MXNet's Adamax.
CASES = [
    (name + "".join(f",{k}={v}" for k, v in sorted(settings.items())), name, settings) for name, settings in _cases()
]


def arrays(case_id, name):
    """The weights, and the gradients of each step; the same ones every time."""
    rng = np.random.RandomState(zlib.crc32(case_id.encode()))
    shapes = [s for s in SHAPES if len(s) == 2] if name == "groupadagrad" else SHAPES
    weights = [rng.uniform(-1, 1, s) for s in shapes]
    grads = [[rng.uniform(0.05, 1, s) * rng.choice([-1, 1], s) for s in shapes] for _ in range(STEPS)]
    return weights, grads


def run(mx, case_id, name, settings, together):
    """Run a case; gives the results by name: weights after each step, states after the last.

    ``together``: all parameters in one call of the updater, else one by one.
    """
    settings = dict(settings)
    dtype = settings.pop("dtype", "float32")
    named, schedule, mults = (settings.pop(k, False) for k in ("named", "schedule", "mults"))
    if named:
        settings["param_idx2name"] = dict(NAMES)
    if schedule:
        settings["lr_scheduler"] = mx.lr_scheduler.FactorScheduler(step=2, factor=0.5, base_lr=0.1)
    elif "learning_rate" not in settings:
        settings["learning_rate"] = 0.1
    optimizer = mx.optimizer.create(name, **settings)
    if mults:
        optimizer.set_lr_mult({"a_weight": 0.5, 3: 0.25})
        optimizer.set_wd_mult({"a_bias": 0.5})
    updater = mx.optimizer.get_updater(optimizer)
    weights, steps = arrays(case_id, name)
    w = [mx.nd.array(a, dtype=dtype) for a in weights]
    results = {}
    for t, grads in enumerate(steps):
        g = [mx.nd.array(a, dtype=dtype) for a in grads]
        if together:
            updater(list(range(len(w))), g, w)
        else:
            for i in range(len(w)):
                updater(i, g[i], w[i])
        for i, x in enumerate(w):
            results[f"w{t}:{i}"] = x.asnumpy()
    for i, state in updater.states.items():
        for j, x in enumerate(_flat(state)):
            results[f"s:{i}:{j}"] = x.asnumpy()
    return results


def flattened(results):
    """All results in one float32 vector, ordered by their names."""
    return np.concatenate([results[k].ravel().astype("float32") for k in sorted(results)])


def _flat(state):
    if isinstance(state, (tuple, list)):
        return [x for s in state for x in _flat(s)]
    return [] if state is None else [state]
