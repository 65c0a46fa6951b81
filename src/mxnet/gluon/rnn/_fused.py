"""The RNN operator on arrays, with its parameters as they are rather than joined to one vector first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._core.history import origin_of
from ..._core.invoke import composed
from ..._core.registry import get_op
from ..._core.state import state
from ...ndarray import NDArray

_RNN = get_op("RNN")
_JOIN = get_op("_rnn_param_concat")


def run_separate(
    inputs: NDArray, parameters: Sequence[NDArray], states: Sequence[NDArray | None], options: dict[str, Any]
) -> list[NDArray] | None:
    """What ``RNN(inputs, _rnn_param_concat(*parameters), *states, **options)`` gives, without that copy.

    Joining the parameters and taking their gradients apart again would take some five per cent of a training step.
    Gives None where the operators must be called one by one: when they cast their inputs, or arrays are sparse.
    """
    arrays = (inputs, *parameters, *states)
    if _RNN.cast_rule is not None or any(type(a) is not NDArray for a in arrays):
        return None
    kwargs = dict(options)
    _RNN.add_marks(kwargs, state.training, inputs._ctx)
    tensors = [inputs._t, tuple([p._t for p in parameters]), *[s._t for s in states if s is not None]]
    given = [a._t for a in arrays if a is not None]

    def operators() -> tuple[Any, ...]:
        vector = _JOIN, {"dim": 0}, [origin_of(p) for p in parameters], 0
        return _RNN, kwargs, [origin_of(inputs), vector, *[origin_of(s) for s in states]]

    found: list[NDArray] = composed(_RNN.name, _RNN.run, (tensors, kwargs), inputs, operators, given)
    return found
