"""Saved states of optimizers: whether they fit the optimizer and the weights, before anything is replaced by them."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch

from .._core import unpickle
from .._core.text import quoted
from ..base import MXNetError
from ..context import cpu
from ..lr_scheduler import LRScheduler
from ..ndarray.ndarray import NDArray, wrap
from ._base import Optimizer

_LIMIT = 1 << 53
_BASES = unpickle.Bases(NDArray, Optimizer, LRScheduler)


def loads(data: bytes) -> Any:
    """Unpickle optimizer states; see :func:`mxnet._core.unpickle.loads`."""
    return unpickle.loads(data, _BASES)


class Saved(NamedTuple):
    """What a file of states holds; the optimizer is None when there is none in it."""

    states: dict[Any, Any]
    optimizer: Optimizer | None


def read(data: bytes, optimizer: Optimizer, weights: Mapping[Any, NDArray | None], complete: bool = False) -> Saved:
    """Unpickle states, and check them against the optimizer that is going to use them.

    Parameters
    ----------
    data : bytes
    optimizer : Optimizer
        The present one. States that come with an optimizer have to fit that.
    weights : mapping
        The weights by their keys, as far as they are known; None for one that has no array yet.
    complete : bool
        Whether these are all weights, so that states of others are a mistake.

    Raises
    ------
    MXNetError
        Naming the key, what is expected and what the file holds.
    """
    loaded = loads(data)
    states, saved = loaded if type(loaded) is tuple and len(loaded) == 2 else (loaded, None)
    if type(states) is not dict:
        raise MXNetError(f"optimizer states are a dict of states by parameter, got {_described(states)}")
    if saved is not None:
        if not isinstance(saved, Optimizer):
            raise MXNetError(f"states come with an optimizer, got {_described(saved)}")
        check_optimizer(saved)
    user = saved or optimizer
    if complete:
        _check_keys(states, weights)
    for key, state in states.items():
        check_state(user, key, state, weights.get(key))
    return Saved(states, saved)


def _check_keys(states: dict[Any, Any], weights: Mapping[Any, Any]) -> None:
    unknown = [k for k in states if k not in weights]
    if not unknown:
        return
    listed = ", ".join(map(repr, unknown[:5])) + (", ..." if len(unknown) > 5 else "")
    if {type(k) for k in weights}.isdisjoint(type(k) for k in unknown):
        # Stores know parameters by name, updaters without a store by number. MXNet loads each other's states as well.
        here = repr(next(iter(weights), "nothing"))
        warnings.warn(f"states of parameters {listed} are not used: here they are known as {here}, ...", stacklevel=5)
        return
    raise MXNetError(f"there are states of parameters {listed}, which there are not among {len(weights)} parameters")


# ---------------------------------------------------------------------- states


def check_state(optimizer: Optimizer, key: object, state: Any, weight: NDArray | None) -> None:
    """Raise unless an optimizer can go on with a state of a weight.

    Parameters
    ----------
    optimizer : Optimizer
    key : int or str
    state
        As :meth:`Optimizer.create_state_multi_precision` gives it.
    weight : NDArray or None
        When it is not known yet, only the kind of state is checked.
    """
    own = type(optimizer).__module__.startswith("mxnet.")
    expected = []
    for w in [weight] if weight is not None else _weights_of(optimizer, state):
        for o in _variants(optimizer):
            try:
                expected.append(_new_state(o, key, w))
            except Exception:  # noqa: BLE001 (the user's code, or an optimizer for other kinds of weights)
                return
    if not expected or (weight is None and expected[0] is None):
        if own and weight is None and not _is_state(state):
            raise MXNetError(f"the state of parameter {key!r} should consist of arrays, got {_described(state)}")
        return  # nothing to compare with until there is a weight
    if not any(_fits(e, state, own) for e in expected):
        raise MXNetError(
            f"the state of parameter {key!r} does not fit {type(optimizer).__name__}: expected "
            f"{_described(expected[0])}, got {_described(state)}"
        )


def _variants(optimizer: Optimizer) -> list[Optimizer]:
    """Optimizers whose states this one can go on with: copies, so that its own attributes stay as they are."""
    o = copy.copy(optimizer)
    if not o._optional_momentum:
        return [o]
    other: Any = copy.copy(optimizer)
    other.momentum = 0.0 if other.momentum else 0.9
    return [o, other]


def _new_state(optimizer: Optimizer, key: Any, weight: NDArray) -> Any:
    if weight.dtype == np.float16 and not optimizer.multi_precision:
        return optimizer.create_state(key, weight)  # without the warning of float16
    return optimizer.create_state_multi_precision(key, weight)


def _weights_of(optimizer: Optimizer, state: Any) -> list[NDArray]:
    """Weights that a state may be of, judging by its arrays."""
    arrays = _arrays(state)
    if not arrays:
        return []
    first = arrays[0]
    t = torch.zeros(first.shape, dtype=first._t.dtype)
    kinds = [t.to(torch.float16)] if optimizer.multi_precision else []
    return [wrap(x, cpu()) for x in (*kinds, t)]


def _arrays(state: object) -> list[NDArray]:
    if isinstance(state, (tuple, list)):
        return [a for s in state for a in _arrays(s)]
    return [state] if isinstance(state, NDArray) else []


def _is_state(state: object) -> bool:
    if isinstance(state, (tuple, list)):
        return all(map(_is_state, state))
    return state is None or isinstance(state, NDArray)


def _fits(expected: object, found: object, own: bool) -> bool:
    if isinstance(expected, NDArray):
        return isinstance(found, NDArray) and found.shape == expected.shape and found.dtype == expected.dtype
    if isinstance(expected, (tuple, list)):
        return (
            isinstance(found, (tuple, list))
            and len(found) == len(expected)
            and all(_fits(e, f, own) for e, f in zip(expected, found))
        )
    # Of what optimizers of the user's keep besides arrays nothing is known.
    return not own or found is None


def _described(value: object) -> str:
    """A state in words."""
    if isinstance(value, NDArray):
        return f"an array of shape {value.shape} and type {np.dtype(value.dtype).name}"
    if isinstance(value, (tuple, list)):
        shown = ", ".join(map(_described, value[:4])) + (", ..." if len(value) > 4 else "")
        return f"{type(value).__name__} of ({shown})"
    return "None" if value is None else type(value).__name__


# ---------------------------------------------------------------------- optimizers


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating, np.bool_))


def _is_count(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and 0 <= int(value) < _LIMIT


def check_optimizer(optimizer: Optimizer) -> None:
    """Raise unless the attributes of an optimizer out of a file are such that it works.

    Raises
    ------
    MXNetError
        Naming the attribute.
    """
    own = type(optimizer).__module__.startswith("mxnet.")
    attributes = vars(optimizer)
    for name, usual in vars((type(optimizer) if own else Optimizer)()).items():
        if name not in attributes:
            attributes[name] = usual  # files of older versions lack some
        elif not _alike(usual, attributes[name], name):
            raise _wrong(optimizer, name, attributes[name])
    counts = optimizer._all_index_update_counts
    if not counts or not all(type(c) is dict and all(map(_is_count, c.values())) for c in counts.values()):
        raise _wrong(optimizer, "_all_index_update_counts", counts)
    checks = {
        "num_update": _is_count(optimizer.num_update),
        "begin_num_update": _is_count(optimizer.begin_num_update),
        "_index_update_count": all(map(_is_count, optimizer._index_update_count.values())),
        "lr_mult": all(map(_is_number, optimizer.lr_mult.values())),
        "wd_mult": all(map(_is_number, optimizer.wd_mult.values())),
        "idx2name": all(isinstance(n, str) for n in optimizer.idx2name.values()),
        "lr": _is_number(optimizer.lr) or (optimizer.lr is None and optimizer.lr_scheduler is not None),
    }
    for name, right in checks.items():
        if not right:
            raise _wrong(optimizer, name, attributes[name])
    if optimizer.lr_scheduler is not None:
        _check_scheduler(optimizer.lr_scheduler, optimizer.num_update)


def _alike(usual: object, value: object, name: str) -> bool:
    """Whether an attribute's value is of the kind that it has in a new optimizer."""
    if name == "lr_scheduler":
        return value is None or isinstance(value, LRScheduler)
    if name == "lr":
        return True  # looked at together with the scheduler
    if usual is None:
        return value is None or _is_number(value)
    if _is_number(usual):
        return _is_number(value) or (value is None and usual == 0)
    if isinstance(usual, (tuple, list)):
        return isinstance(value, (tuple, list))
    return isinstance(value, type(usual))


def _wrong(what: object, name: str, value: object) -> MXNetError:
    return MXNetError(f"{type(what).__name__}.{name} is not what it may be: {quoted(value)}")


def _check_scheduler(scheduler: LRScheduler, num_update: int) -> None:
    """Ask a copy of one of this package's schedulers for the rate that comes next."""
    if not type(scheduler).__module__.startswith("mxnet."):
        return
    try:
        rate = copy.copy(scheduler)(num_update)
    except Exception as e:
        raise MXNetError(f"the {type(scheduler).__name__} in it does not work: {e}") from e
    if not _is_number(rate) or not math.isfinite(rate):
        raise MXNetError(f"the {type(scheduler).__name__} in it gives {rate!r:.60} for update {num_update}")
