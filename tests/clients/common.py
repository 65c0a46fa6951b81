"""What the scripts of this folder share: equal starting points, training steps, and the report that `run.py` reads.

A script runs under remx and, unchanged, under the MXNet 1.9.1 wheel, so that the two sets of losses can be compared:
parameters are drawn by NumPy here, in the order in which the network has them.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
import traceback
import warnings

import numpy as np

import mxnet as mx


def draw(shape, seed, scale=1.0):
    """Return float32 normal deviates of NumPy's own generator, which is the same with every version."""
    return (np.random.RandomState(seed).standard_normal(shape) * scale).astype("float32")


def set_parameters(block, *inputs, gain=1.0):
    """Run `block` once to find its shapes, then give each parameter values that depend on its position only.

    Dropout is switched off as well: the random streams of remx and MXNet differ.
    """
    block.apply(_keep_all)
    if inputs:
        block(*inputs)
    array = mx.np.array if mx.util.is_np_array() else mx.nd.array
    for position, parameter in enumerate(block.collect_params().values()):
        if isinstance(parameter, mx.gluon.Constant):
            continue
        if len(parameter.shape) >= 2:
            value = draw(parameter.shape, position, gain / np.sqrt(np.prod(parameter.shape[1:])))
        else:
            value = np.full(parameter.shape, parameter.name.endswith(("gamma", "var")), "float32")
        parameter.set_data(array(value, dtype=parameter.dtype))


def _keep_all(block):
    if isinstance(block, mx.gluon.nn.Dropout):
        block._rate = 0


def fit(trainer, batch_size, steps, loss):
    """Take `steps` steps on `loss()`; return the mean loss of each."""
    losses = []
    for _ in range(steps):
        with mx.autograd.record():
            value = loss()
        value.backward()
        trainer.step(batch_size)
        losses.append(float(value.asnumpy().mean()))
    return losses


def failed_imports(package, allowed=()):
    """Import `package` with all its modules; return a line for each that fails and is not below a name in `allowed`."""
    failures, count = [], 0

    def visit(name):
        nonlocal count
        if any(name == root or name.startswith(root + ".") for root in allowed):
            return
        try:
            module = importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - whatever a module raises is what is to be reported
            place = traceback.extract_tb(error.__traceback__)[-1]
            failures.append(f"{name}: {type(error).__name__}: {error} ({place.filename}:{place.lineno})")
            return
        count += 1
        for found in pkgutil.iter_modules(getattr(module, "__path__", ()), name + "."):
            if not found.name.endswith(".__main__"):
                visit(found.name)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        visit(package)
    return count, failures


def main(package, trainings, not_importable=()):
    """Import all of `package`, run the functions `trainings` (each returns its losses), and print one line of JSON.

    With names of functions on the command line only those are run, and their errors are shown in full.
    """
    if len(sys.argv) > 1:
        for training in trainings:
            if training.__name__ in sys.argv[1:]:
                print(training.__name__, training())
        return
    modules, failures = failed_imports(package, not_importable)
    losses = {}
    for training in trainings:
        np.random.seed(0)
        mx.random.seed(0)
        try:
            losses[training.__name__] = [float(value) for value in training()]
        except Exception:  # noqa: BLE001 - the other trainings are still wanted
            failures.append(f"{training.__name__}: {traceback.format_exc()}")
    print(json.dumps({"modules": modules, "failures": failures, "losses": losses}))
