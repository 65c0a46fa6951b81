"""Update functions of ``nd.contrib`` and ``sym.contrib`` that take lists, or a gradient scale as a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .binding import REQUIRED, with_signature

_ADAMW = {
    **dict.fromkeys(("rescale_grad", "lr", "eta"), REQUIRED),
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-8,
    "wd": 0,
    "clip_gradient": -1,
    "out": None,
    "name": None,
}
_MULTI_ADAMW = {
    **dict.fromkeys(("rescale_grad", "lrs", "wds", "etas"), REQUIRED),
    "out": None,
    "name": None,
    "size": 0,
}
_MULTI_LAMB = {**dict.fromkeys(("step_count", "lrs", "wds"), REQUIRED), "out": None, "num_tensors": 0}


class _Update(NamedTuple):
    """A function around an operator, whose name is its own behind an underscore.

    Attributes
    ----------
    operator : str
    arrays : str
        The names of its arrays, or lists of arrays.
    others : dict of str to object
        Its further arguments, with their default values.
    doc : str
    length : tuple of str
        Where it takes lists: the argument, and the parameter of the operator, that say how long they are.
    """

    operator: str
    arrays: str
    others: dict[str, Any]
    doc: str
    length: tuple[str, str] | None = None


_UPDATES = (
    _Update(
        "_adamw_update",
        "weight grad mean var",
        _ADAMW,
        "AdamW's step; it is skipped when ``rescale_grad`` (a number or one element) is zero, infinite or NaN.",
    ),
    _Update(
        "_mp_adamw_update",
        "weight grad mean var weight32",
        _ADAMW,
        "AdamW's step for the float32 copy of a weight; see :func:`adamw_update`.",
    ),
    _Update(
        "_multi_adamw_update",
        "weights grads mean var",
        _MULTI_ADAMW,
        "AdamW's step for several weights, each with its own rate, decay and schedule multiplier.",
        ("size", "num_weights"),
    ),
    _Update(
        "_multi_mp_adamw_update",
        "weights grads mean var weights32",
        _MULTI_ADAMW,
        "AdamW's step for the float32 copies of several weights; see :func:`multi_adamw_update`.",
        ("size", "num_weights"),
    ),
    _Update(
        "_multi_lamb_update",
        "weights grads mean var",
        _MULTI_LAMB,
        "LAMB's step for several weights, each with its own step count, rate and decay.",
        ("num_tensors", "num_tensors"),
    ),
    _Update(
        "_multi_mp_lamb_update",
        "weights grads mean var weights32",
        _MULTI_LAMB,
        "LAMB's step for the float32 copies of several weights; see :func:`multi_lamb_update`.",
        ("num_tensors", "num_tensors"),
    ),
)


def make_functions(internal: Callable[[str], Any], scale: Callable[[Any, Any], Any]) -> dict[str, Any]:
    """The functions of one frontend.

    Parameters
    ----------
    internal : callable
        Gives the generated function of an operator.
    scale : callable
        ``scale(rescale_grad, weight)`` makes a number the array or symbol that the operator takes.
    """
    made = [_function(update, internal, scale) for update in _UPDATES]
    return {fn.__name__: fn for fn in made}


def _function(update: _Update, internal: Callable[[str], Any], scale: Callable[[Any, Any], Any]) -> Any:
    names = update.arrays.split()

    def call(given: dict[str, Any]) -> Any:
        arrays = [given.pop(name) for name in names]
        weight = arrays[0]
        if update.length is not None:
            own, parameter = update.length
            given[parameter] = given.pop(own) or len(weight)
            weight = weight[0]
            arrays = [x for row in zip(*arrays) for x in row]  # all of the first weight, all of the second, ...
        if "rescale_grad" in given:
            arrays.append(scale(given.pop("rescale_grad"), weight))
        if "step_count" in given:  # LAMB calls its rates by their full name
            given["learning_rates"] = given.pop("lrs")
        return internal(update.operator)(*arrays, **given)

    arguments = {**dict.fromkeys(names, REQUIRED), **update.others}
    return with_signature(update.operator.removeprefix("_"), arguments, update.doc, call)
