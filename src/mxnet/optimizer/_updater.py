"""The updater: an optimizer together with the states of the parameters it has seen."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

from ..context import Context
from ..ndarray.ndarray import NDArray
from ._base import Optimizer
from ._plan import Plan
from ._saved import Saved, check_state, read


class Updater:
    """Updates weights by an optimizer, and keeps the state of each parameter.

    All weights of a call are updated together, in a few calls of torch.

    Parameters
    ----------
    optimizer : Optimizer

    Examples
    --------
    >>> import mxnet as mx
    >>> updater = mx.optimizer.get_updater(mx.optimizer.create("sgd", learning_rate=1.0))
    >>> weight = mx.nd.zeros((2,))
    >>> updater(0, mx.nd.ones((2,)), weight)
    >>> weight.asnumpy().tolist()
    [-1.0, -1.0]
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.states: dict[Any, Any] = {}
        self.states_synced: dict[Any, bool] = {}
        self.aggregate_updates = optimizer.aggregate_num > 0
        self._plans: dict[Any, Plan] = {}
        self._weights: dict[Any, NDArray] = {}  # those seen so far

    def __call__(self, index: Any, grad: Any, weight: Any) -> None:
        """Update one weight, or a list of them.

        Parameters
        ----------
        index : int, str or list
        grad, weight : NDArray or list of NDArray
            Gradients are read, weights written.
        """
        if not isinstance(index, (list, tuple)):
            index, grad, weight = (index,), (grad,), (weight,)
        if not index:
            return
        key = index[0], len(index)
        plan = self._plans.get(key)
        if plan is None or not plan.fits(self.optimizer, index, weight, grad):
            plan = self._prepare(key, index, grad, weight)
            if plan is None:
                return
        optimizer = self.optimizer
        optimizer._set_current_context(plan.device_id)
        t = plan.count()
        if t is None:
            self._one_by_one(plan.indices, grad, weight)
        else:
            plan.run(t)

    def _prepare(self, key: Any, index: Any, grad: Any, weight: Any) -> Plan | None:
        """Make states and a plan for arrays seen for the first time; without a plan, do the update itself."""
        if not len(index) == len(grad) == len(weight):
            raise ValueError(f"{len(index)} indices, but {len(grad)} gradients and {len(weight)} weights")
        indices = tuple([i.decode() if isinstance(i, bytes) else i for i in index])
        self.optimizer._set_current_context(weight[0].context.device_id)
        self._make_states(indices, weight)
        self._plans.pop(key, None)
        if not Plan.possible(self.optimizer, indices, weight, grad):
            self._one_by_one(indices, grad, weight)
            return None
        plan = self._plans[key] = Plan(self.optimizer, tuple(index), indices, weight, grad, self.states)
        return plan

    def _make_states(self, indices: Any, weights: Any) -> None:
        """Make missing states, and bring loaded ones to the weights' contexts."""
        for i, w in zip(indices, weights):
            self._weights[i] = w
            if i not in self.states:
                self.states[i] = self.optimizer.create_state_multi_precision(i, w)
            elif not self.states_synced.get(i, True):
                check_state(self.optimizer, i, self.states[i], w)
                self.states[i] = self.sync_state_context(self.states[i], w.context)
            self.states_synced[i] = True

    def _one_by_one(self, indices: Any, grads: Any, weights: Any) -> None:
        """Let the optimizer update each parameter by itself."""
        for i, g, w in zip(indices, grads, weights):
            self.optimizer.update_multi_precision(i, w, g, self.states[i])

    def sync_state_context(self, state: Any, context: Context) -> Any:
        """A state with all its arrays on a context."""
        if isinstance(state, NDArray):
            return state.as_in_context(context)
        if isinstance(state, (tuple, list)):
            return type(state)([self.sync_state_context(s, context) for s in state])
        return state

    # ------------------------------------------------------------------ saved states

    def set_states(self, states: bytes) -> None:
        """Take over states that :meth:`get_states` gave, here or in MXNet, and the optimizer when they hold one.

        Only the classes that such states consist of are unpickled.

        They are checked first: against the optimizer, and against the weights that were updated so far; states of other
        weights are when those are first updated.

        Raises
        ------
        MXNetError
            When the data hold anything else, are damaged, or do not fit. Nothing is replaced then.
        """
        self._take(self._read(states, self._weights))

    def _read(self, states: bytes, weights: Mapping[Any, NDArray | None], complete: bool = False) -> Saved:
        """Unpickle and check states, see :func:`mxnet.optimizer._saved.read`."""
        return read(states, self.optimizer, weights, complete)

    def _take(self, saved: Saved) -> None:
        """Replace the states, and the optimizer when there is one with them."""
        self.states = saved.states
        if saved.optimizer is not None:
            self.optimizer = saved.optimizer
            self.aggregate_updates = self.optimizer.aggregate_num > 0
        self.states_synced = dict.fromkeys(self.states, False)
        self._plans.clear()

    def get_states(self, dump_optimizer: bool = False) -> bytes:
        """All states as bytes that MXNet reads too.

        Parameters
        ----------
        dump_optimizer : bool
            Put the optimizer in as well, with its update counts and schedule.
        """
        return pickle.dumps((self.states, self.optimizer) if dump_optimizer else self.states, protocol=4)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_plans": {}, "_weights": {}}


def get_updater(optimizer: Optimizer) -> Updater:
    """An :class:`Updater` of an optimizer.

    Parameters
    ----------
    optimizer : Optimizer

    Returns
    -------
    Updater
    """
    return Updater(optimizer)


Updater.__module__ = "mxnet.optimizer.optimizer"
