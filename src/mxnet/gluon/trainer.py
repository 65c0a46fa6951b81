"""Training parameters with an optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from .. import optimizer as opt
from .._core.descriptions import described_like
from .._core.files import atomic_write
from .._core.host import number
from ..context import Context
from ..kvstore import KVStore
from ..model import _create_kvstore, _create_sparse_kvstore
from ..ndarray import NDArray
from ..optimizer import Optimizer
from ._arrays import Holder
from ._parameter import Parameter, keeps_arrays
from ._parameter_dict import ParameterDict
from ._version_counter import parameters_version

__all__ = ["Trainer"]

_fresh = attrgetter("_fresh")


class Trainer:
    """Updates parameters by an optimizer, from the gradients that ``backward`` has left in them.

    Parameters
    ----------
    params : ParameterDict, dict or list of Parameter
        What to train, usually ``net.collect_params()``.
    optimizer : str or Optimizer
        An optimizer or the name of one.
    optimizer_params : dict, optional
        Arguments of the optimizer, when it is given by name.
    kvstore : str or KVStore
        What sums gradients over several contexts; not used for one context.
    compression_params : dict, optional
        How gradients are compressed in it, see :meth:`mxnet.kvstore.KVStore.set_gradient_compression`.
    update_on_kvstore : bool, optional
        Whether the store runs the optimizer, or each context does; the better choice when not given.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.gluon.nn.Dense(1, in_units=1, weight_initializer="zeros")
    >>> net.initialize()
    >>> trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
    >>> with mx.autograd.record():
    ...     loss = (net(mx.nd.ones((4, 1))) - 1) ** 2
    >>> loss.backward()
    >>> trainer.step(batch_size=4)
    >>> net.weight.data().item()
    1.0
    """

    def __init__(
        self,
        params: Any,
        optimizer: Any,
        optimizer_params: dict[str, Any] | None = None,
        kvstore: Any = "device",
        compression_params: dict[str, Any] | None = None,
        update_on_kvstore: bool | None = None,
    ) -> None:
        if isinstance(params, (Mapping, ParameterDict)):
            params = [params[name] for name in sorted(params.keys())]
        if not isinstance(params, (list, tuple)):
            raise ValueError(f"Trainer: params must be a list or dict of Parameters, got {type(params)}")
        for p in params:
            if not isinstance(p, Parameter):
                raise ValueError(f"Trainer: all params must be Parameters, got list of {type(p)}")
        self._params: list[Parameter] = list(params)
        self._param2idx = {p.name: i for i, p in enumerate(params)}
        for p in self._params:
            p._set_trainer(self)
        self._contains_sparse_weight = any(p._stype != "default" for p in params)
        self._contains_sparse_grad = any(p._grad_stype != "default" for p in params)
        self._compression_params = compression_params
        self._contexts = self._check_contexts()
        self._init_optimizer(optimizer, optimizer_params or {})
        self._scale: float = self._optimizer.rescale_grad
        self._kvstore_params = {"kvstore": kvstore, "update_on_kvstore": update_on_kvstore}
        self._kv_initialized = False
        self._kvstore: Any = None
        self._update_on_kvstore: bool | None = None
        self._distributed: bool | None = None
        self._params_to_init: list[Parameter] = []
        # What is updated, by context, and the state of all parameters that this holds for.
        self._rounds: list[_Round] = []
        self._rounds_state = -1
        self._reset_kvstore()

    def _check_contexts(self) -> list[Context]:
        """The contexts of the parameters, which must be the same for all."""
        contexts = self._params[0].list_ctx() if self._params else []
        for p in self._params:
            if p.list_ctx() != contexts:
                raise AssertionError(
                    f"Trainer: the contexts of all params must be the same, Parameter {p.name} is initialized on "
                    f"{p.list_ctx()}, those before it on {contexts}"
                )
        return contexts

    def _init_optimizer(self, optimizer: Optimizer | str, optimizer_params: dict[str, Any]) -> None:
        # The parameters themselves, so that a change of their multipliers counts.
        by_number = dict(enumerate(self._params))
        if not isinstance(optimizer, opt.Optimizer):
            optimizer = opt.create(optimizer, param_dict=by_number, **optimizer_params)
        elif optimizer_params:
            raise AssertionError(
                f"Trainer: optimizer_params must be None for an optimizer that is made already, got {optimizer_params}"
            )
        else:
            optimizer.param_dict = by_number
        self._optimizer = optimizer
        self._updaters = [opt.get_updater(optimizer) for _ in self._contexts]

    # ------------------------------------------------------------------ the store

    def _reset_kvstore(self) -> None:
        """Start with a new store at the next step."""
        if self._kvstore and "dist" in self._kvstore.type:
            raise RuntimeError("a distributed KVStore cannot be replaced, other workers use it")
        self._params_to_init = self._params[:]
        self._kvstore = self._update_on_kvstore = self._distributed = None
        self._kv_initialized = False

    def _init_kvstore(self) -> None:
        """Make the store, and decide on who runs the optimizer."""
        kvstore, on_store = self._choose_kvstore(self._kvstore_params["update_on_kvstore"])
        self._kvstore = kvstore or None
        self._update_on_kvstore = on_store if kvstore else None
        if kvstore and self._compression_params:
            kvstore.set_gradient_compression(self._compression_params)
        if kvstore and on_store:
            kvstore.set_optimizer(self._optimizer)
        self._kv_initialized = True

    def _choose_kvstore(self, wanted: bool | None) -> tuple[Any, bool]:
        name = self._kvstore_params["kvstore"]
        if self._contains_sparse_weight:
            kvstore, on_store = _create_sparse_kvstore(name)
        else:
            arrays = {p.name: p.data(self._contexts[0]) for p in self._params}
            kvstore, on_store = _create_kvstore(name, len(self._contexts), arrays)
        self._distributed = bool(kvstore) and "dist" in kvstore.type
        must = ""  # why the store has to run the optimizer
        if self._contains_sparse_weight:
            must = "sparse weights: their rows are in the store"
        elif self._contains_sparse_grad:
            on_store = self._distributed
            must = f"sparse gradients and a {name!r} store" if self._distributed else ""
            if kvstore is not None and not isinstance(kvstore, KVStore):
                raise ValueError(f"Cannot use {type(kvstore)} for multi-device training with sparse gradients")
        elif self._distributed and "async" in kvstore.type:
            on_store, must = True, "an asynchronous store"
        if must and wanted is False:
            raise ValueError(f"update_on_kvstore=False is impossible with {must}")
        if self._contains_sparse_weight:
            return kvstore, on_store
        if wanted is not None:
            on_store = wanted
        if on_store and kvstore and not self._contains_sparse_grad and not kvstore.is_capable("optimizer"):
            if wanted:
                raise ValueError(f"Please set update_on_kvstore=False when training with {type(kvstore)}")
            on_store = False
        return kvstore, on_store

    def _init_params(self) -> None:
        """Give the store the values of parameters that are initialized by now."""
        if not self._kv_initialized:
            raise AssertionError("the store must be made before it can take values")
        waiting = []
        if self._kvstore:
            for p in self._params_to_init:
                if p._deferred_init:
                    waiting.append(p)
                    continue
                arrays = p._check_and_get(p._data, list)
                number = self._param2idx[p.name]
                if p._stype != "default":
                    self._kvstore.init(number, arrays[0])
                else:
                    self._kvstore.broadcast(number, arrays[0], arrays)
        self._params_to_init = waiting

    def _prepare(self) -> None:
        if not self._kv_initialized:
            self._init_kvstore()
        if self._params_to_init:
            self._init_params()

    def _row_sparse_pull(self, parameter: Holder, out: Any, row_id: NDArray, full_idx: bool = False) -> None:
        """Bring rows of a sparse parameter from the store; ``full_idx`` says that they are all."""
        self._prepare()
        number = self._param2idx[parameter.name]
        if full_idx and "dist" not in self._kvstore.type:
            if row_id.size != out.shape[0]:
                raise AssertionError(f"{row_id.size} row numbers for all {out.shape[0]} rows")
            self._kvstore.pull(number, out=out, priority=-number, ignore_sparse=False)
        else:
            self._kvstore.row_sparse_pull(number, out=out, row_ids=row_id, priority=-number)

    # ------------------------------------------------------------------ facts

    @property
    def learning_rate(self) -> float:
        """The current learning rate of the optimizer."""
        return self.optimizer.learning_rate

    @property
    def optimizer(self) -> Any:
        """The optimizer."""
        if not isinstance(self._optimizer, opt.Optimizer):
            raise UserWarning("Optimizer has not been initialized yet")
        return self._optimizer

    def set_learning_rate(self, lr: float) -> None:
        """Change the learning rate of the optimizer.

        Raises
        ------
        UserWarning
            When it has a scheduler.
        """
        self.optimizer.set_learning_rate(lr)

    # ------------------------------------------------------------------ steps

    def step(self, batch_size: int, ignore_stale_grad: bool = False) -> None:
        """Sum gradients over contexts, and update all parameters. To be called after ``backward``.

        Parameters
        ----------
        batch_size : int
            Gradients are divided by it.
        ignore_stale_grad : bool
            Leave parameters alone whose gradients are those of an earlier step, instead of raising.

        Raises
        ------
        UserWarning
            When the gradient of some parameter has not been computed since the last step.
        """
        self._check_and_rescale_grad(self._scale / number("batch_size", batch_size))
        self._prepare()
        self._allreduce_grads()
        self._update(ignore_stale_grad)

    def allreduce_grads(self) -> None:
        """The first half of :meth:`step`: sum gradients over contexts. Then change them, and call :meth:`update`."""
        self._prepare()
        self._check_split("allreduce_grads()")
        self._allreduce_grads()

    @described_like(step)
    def update(self, batch_size: int, ignore_stale_grad: bool = False) -> None:
        """The second half of :meth:`step`, after :meth:`allreduce_grads`."""
        self._prepare()
        self._check_split("update()")
        self._check_and_rescale_grad(self._scale / number("batch_size", batch_size))
        self._update(ignore_stale_grad)

    def _check_split(self, method: str) -> None:
        if self._kvstore and self._update_on_kvstore:
            raise AssertionError(
                f"Trainer.{method} is no part of step() when the store runs the optimizer; make the trainer with "
                "update_on_kvstore=False"
            )

    def _check_and_rescale_grad(self, scale: float) -> None:
        if self._update_on_kvstore and self._distributed and self._kv_initialized:
            if self._optimizer.rescale_grad != scale:
                raise UserWarning(
                    "step: gradients are divided by batch_size in a distributed store, which keeps the first factor "
                    f"{self._optimizer.rescale_grad}, got {scale}; use the same batch_size or update_on_kvstore=False"
                )
        self._optimizer.rescale_grad = scale

    def _allreduce_grads(self) -> None:
        kvstore = self._kvstore
        if not kvstore:
            return
        numbers, grads, weights = [], [], []
        for i, p in self._learned():
            gradients = p.list_grad()
            if gradients[0].stype != "default":
                kvstore.push(i, gradients, priority=-i)
                if p._stype == "default":
                    pulled = p.list_data() if self._update_on_kvstore else gradients
                    kvstore.pull(i, pulled, priority=-i, ignore_sparse=self._distributed)
                continue
            numbers.append(i)
            grads.append(gradients)
            weights.append(p.list_data() if self._update_on_kvstore else None)
        if isinstance(kvstore, KVStore):  # all at once
            if numbers:
                kvstore.pushpull(numbers, grads, out=weights if self._update_on_kvstore else None)
            return
        for i, g, w in zip(numbers, grads, weights):
            kvstore.pushpull(i, g, **({} if w is None else {"out": w}), priority=-i)

    def _update(self, ignore_stale_grad: bool = False) -> None:
        scaler = getattr(self, "_amp_loss_scaler", None)
        if scaler is not None and scaler.has_overflow(self._params):
            return
        on_store = self._kvstore and self._update_on_kvstore
        if self._rounds_state != parameters_version.value:
            self._rounds = self._make_rounds()
            same = all(keeps_arrays(p, "list_data", "list_grad") for p in self._params)
            self._rounds_state = parameters_version.value if same else -1
        for r in self._rounds:
            if not ignore_stale_grad and not all(map(_fresh, r.grads)):
                raise self._stale(r)
        if on_store:
            return
        for r, updater in zip(self._rounds, self._updaters):
            if ignore_stale_grad:
                r = r.fresh()
            if r.numbers:
                updater(r.numbers, r.grads, r.weights)
                for g in r.grads:
                    g._fresh = False

    def _learned(self) -> list[tuple[int, Parameter]]:
        return [(i, p) for i, p in enumerate(self._params) if p.grad_req != "null"]

    def _make_rounds(self) -> list[_Round]:
        learned = self._learned()
        numbers = [i for i, _ in learned]
        arrays = [p.list_data() if p._stype == "default" else p._check_and_get(p._data, list) for _, p in learned]
        grads = [p.list_grad() for _, p in learned]
        return [_Round(numbers, [g[k] for g in grads], [a[k] for a in arrays]) for k in range(len(self._contexts))]

    def _stale(self, r: _Round) -> UserWarning:
        i = next(i for i, g in zip(r.numbers, r.grads) if not g._fresh)
        return UserWarning(
            f"Gradient of Parameter `{self._params[i].name}` on context {r.grads[0].context} has not been updated by "
            "backward after the last step: nothing that was computed depends on it. ignore_stale_grad=True leaves "
            "such parameters as they are"
        )

    # ------------------------------------------------------------------ files

    def save_states(self, fname: str) -> None:
        """Write the optimizer and its states (momenta, counts, schedule) to a file.

        Multipliers of parameters are not in it.

        Parameters
        ----------
        fname : str
        """
        self._prepare()
        if self._update_on_kvstore:
            if self._params_to_init:
                waiting = [p.name for p in self._params_to_init]
                raise AssertionError(f"save_states: the store has no values yet of {waiting}")
            self._kvstore.save_optimizer_states(fname, dump_optimizer=True)
            return
        with atomic_write(fname) as file:
            file.write(self._updaters[0].get_states(dump_optimizer=True))

    def load_states(self, fname: str) -> None:
        """Read what :meth:`save_states` wrote, here or in MXNet.

        Parameters
        ----------
        fname : str

        Raises
        ------
        MXNetError
            When the file is damaged, or its states do not fit these parameters; nothing is replaced then.
        """
        self._prepare()
        if self._update_on_kvstore:
            store = self._kvstore
            if isinstance(store, KVStore):
                store._load_states(fname, self._weights(0), complete=True)
            else:
                store.load_optimizer_states(fname)
            self._optimizer = store._updater.optimizer
        else:
            data = Path(fname).read_bytes()
            # Each context has arrays of its own; none is replaced before all are known to fit.
            read = [u._read(data, self._weights(k), complete=True) for k, u in enumerate(self._updaters)]
            for updater, saved in zip(self._updaters, read):
                updater._take(saved)
                updater.optimizer = self._updaters[0].optimizer
            self._optimizer = self._updaters[0].optimizer
        self._optimizer.param_dict = dict(enumerate(self._params))
        # Updates are counted by context: those that the file has no counts for go on from where the others are.
        counts = self._optimizer._all_index_update_counts
        known = max(counts.values(), key=lambda c: max(c.values(), default=0))
        for ctx in self._contexts:
            if not counts.setdefault(ctx.device_id, {}):
                counts[ctx.device_id].update(known)

    def _weights(self, context: int) -> dict[int, NDArray | None]:
        """The weights on one of the contexts by number; None for those that are not initialized yet."""
        return {i: None if p._data is None else p._data[context] for i, p in enumerate(self._params)}


@dataclass(eq=False, slots=True)
class _Round:
    """What is updated on one context: numbers of parameters, their gradients and weights."""

    numbers: list[int]
    grads: list[NDArray]
    weights: list[NDArray]

    def fresh(self) -> _Round:
        """The part whose gradients have been computed since the last step."""
        if all(map(_fresh, self.grads)):
            return self
        kept = [row for row in zip(self.numbers, self.grads, self.weights) if row[1]._fresh]
        return _Round(*[[row[k] for row in kept] for k in range(3)])  # type: ignore[arg-type]
