"""The module of one symbol, on one or several devices."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from .. import ndarray as nd
from .._core import logs
from ..context import Context, cpu
from ..initializer import InitDesc
from ..io import DataBatch, DataDesc
from ..metric import EvalMetric
from ..model import load_checkpoint
from ..monitor import Monitor
from ..ndarray import NDArray
from ._inputs import Shapes
from ._optimizing import Optimizing
from ._parameters import _check_params, _list_shapes, _row_sparse_names, _zeros_like
from .base_module import GradReq, Values, _check_input_names, _parse_data_desc
from .executor_group import DataParallelExecutorGroup

_CPU = cpu()


class Module(Optimizing):
    """A network given by a symbol.

    With several contexts each batch is split over them by work load, and a key-value store sums their gradients.

    Parameters
    ----------
    symbol : Symbol
    data_names, label_names : list of str
        The symbol's arguments that batches bring; all other arguments (but states) are parameters.
    logger : Logger
    context : Context or list of Context
    work_load_list : list of number, optional
        The devices' parts of a batch, relative to each other.
    fixed_param_names : list of str, optional
        Parameters that are not trained.
    state_names : list of str, optional
        Arguments that keep their value from batch to batch (see :meth:`set_states`); they begin with 0.
    group2ctxs : dict, or list of one dict a device, optional
        On which context the parts of the graph with each ``ctx_group`` attribute run; also a list of contexts each.
    compression_params : dict, optional
        See :meth:`mxnet.kvstore.KVStore.set_gradient_compression`.

    Examples
    --------
    >>> import mxnet as mx, numpy as np
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    >>> mod = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
    >>> it = mx.io.NDArrayIter(np.eye(4), np.array([0, 0, 1, 1]), batch_size=4)
    >>> mod.fit(it, num_epoch=40, optimizer_params={"learning_rate": 1})
    >>> mod.score(it, "acc")
    [('accuracy', 1.0)]
    """

    def __init__(
        self,
        symbol: Any,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: Any = _CPU,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(logger=logger)
        self._context = [context] if isinstance(context, Context) else context
        self._work_load_list = [1] * len(self._context) if work_load_list is None else work_load_list
        assert len(self._work_load_list) == len(self._context), (
            f"work_load_list needs a number for each of {len(self._context)} contexts, got {self._work_load_list}"
        )
        self._group2ctxs = group2ctxs
        self._symbol = symbol

        self._data_names = list(data_names or [])
        self._label_names = list(label_names or [])
        self._state_names = list(state_names or [])
        self._fixed_param_names = list(fixed_param_names or [])
        _check_input_names(symbol, self._data_names, "data", True)
        _check_input_names(symbol, self._label_names, "label", False)
        _check_input_names(symbol, self._state_names, "state", True)
        _check_input_names(symbol, self._fixed_param_names, "fixed_param", True)
        inputs = {*self._data_names, *self._label_names, *self._state_names}
        self._param_names = [x for x in symbol.list_arguments() if x not in inputs]
        self._aux_names = symbol.list_auxiliary_states()
        self._output_names = symbol.list_outputs()

        self._arg_params: Any = None
        self._aux_params: Any = None
        self._params_dirty = False

        self._compression_params = compression_params
        self._grad_req: Any = None

        self._exec_group: Any = None
        self._data_shapes: Any = None
        self._label_shapes: Any = None

    # ------------------------------------------------------------------ checkpoints

    @staticmethod
    def load(prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any) -> Module:
        """A module from the files of :meth:`save_checkpoint`.

        Parameters
        ----------
        prefix : str
        epoch : int
            The files are ``prefix-symbol.json``, ``prefix-EPOCH.params`` and ``prefix-EPOCH.states``.
        load_optimizer_states : bool
            Whether to load the states, when the optimizer is installed.
        **kwargs
            For the constructor.
        """
        symbol, arg_params, aux_params = load_checkpoint(prefix, epoch)
        mod = Module(symbol=symbol, **kwargs)
        mod._arg_params = arg_params
        mod._aux_params = aux_params
        mod.params_initialized = True
        if load_optimizer_states:
            mod._preload_opt_states = f"{prefix}-{epoch:04d}.states"
        return mod

    def save_checkpoint(
        self, prefix: str, epoch: int, save_optimizer_states: bool = False, remove_amp_cast: bool = True
    ) -> None:
        """Write the symbol, the parameters and, if asked for, the optimizer's states.

        Parameters
        ----------
        prefix : str
        epoch : int
            The files are ``prefix-symbol.json``, ``prefix-EPOCH.params`` and ``prefix-EPOCH.states``.
        save_optimizer_states : bool
        remove_amp_cast : bool
            Leave out the casts of automatic mixed precision.
        """
        self._symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
        params_file = f"{prefix}-{epoch:04d}.params"
        self.save_params(params_file)
        logs.root.info('Saved checkpoint to "%s"', params_file)
        if save_optimizer_states:
            states_file = f"{prefix}-{epoch:04d}.states"
            self.save_optimizer_states(states_file)
            logs.root.info('Saved optimizer state to "%s"', states_file)

    # ------------------------------------------------------------------ facts

    @property
    def data_names(self) -> list[str]:
        return self._data_names

    @property
    def label_names(self) -> list[str]:
        """Names of the labels."""
        return self._label_names

    @property
    def output_names(self) -> list[str]:
        return self._output_names

    @property
    def data_shapes(self) -> list[DataDesc]:
        assert self.binded, "call bind first"
        return self._data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """Names and shapes of the labels; None when bound without."""
        assert self.binded, "call bind first"
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        assert self.binded, "call bind first"
        return self._exec_group.get_output_shapes()

    # ------------------------------------------------------------------ parameters

    def get_params(self) -> tuple[dict[str, Any], dict[str, Any]]:
        assert self.params_initialized, "call init_params first"
        if self._params_dirty:
            self._sync_params_from_devices()
        return self._arg_params, self._aux_params

    _warns_of_initialized = True

    def _init_params(self, initializer: Any, arg_params: Values, aux_params: Values, *how: bool) -> None:
        assert self.binded, "call bind before initializing the parameters"
        pairs = ((self._arg_params, arg_params), (self._aux_params, aux_params))
        for own, given in pairs:
            if given is not None:
                _check_params(own, given, how[0])

        attributes = self._symbol.attr_dict()
        for own, given in pairs:
            for name, target in sorted(own.items()):
                if given is not None and name in given:
                    if given[name] is not target:
                        given[name].copyto(target)
                elif initializer is not None:
                    initializer(InitDesc(name, attributes.get(name)), target)
        self._exec_group.set_params(self._arg_params, self._aux_params, allow_extra=how[2])
        self._params_dirty = False

    def _set_some(self, arg_params: dict[str, NDArray], aux_params: dict[str, NDArray], allow_extra: bool) -> None:
        self._exec_group.set_params(arg_params, aux_params, allow_extra)

    def _sync_params_from_devices(self) -> None:
        """Bring ``_arg_params`` and ``_aux_params`` up to date with what the devices have."""
        self._exec_group.get_params(self._arg_params, self._aux_params)
        if self._kvstore and self._update_on_kvstore:
            for name, value in sorted(self._arg_params.items()):
                if value.stype == "row_sparse":
                    rows = nd.arange(0, value.shape[0], dtype="int64")
                    self._kvstore.row_sparse_pull(name, value, row_ids=rows)
        self._params_dirty = False

    # ------------------------------------------------------------------ setup

    def _reset_bind(self) -> None:
        if self._params_dirty:
            self._sync_params_from_devices()
        super()._reset_bind()
        self._exec_group = None
        self._data_shapes = None
        self._label_shapes = None

    def _bind(
        self, data_shapes: Shapes, label_shapes: Shapes | None, rebind: bool, shared_module: Any, grad_req: GradReq
    ) -> None:
        assert self.for_training or not self.inputs_need_grad, "inputs_need_grad needs for_training=True"
        self._grad_req = grad_req
        self._take_shapes(data_shapes, label_shapes)
        shared_group = None
        if shared_module is not None:
            assert isinstance(shared_module, Module) and shared_module.binded and shared_module.params_initialized, (
                "shared_module must be a Module that is bound and has its parameters"
            )
            shared_group = shared_module._exec_group
            assert len(shared_group.execs) >= len(self._context), "shared_module has fewer contexts"

        network = self._symbol, self._context, self._work_load_list, self._data_shapes, self._label_shapes
        gradients = self.for_training, self.inputs_need_grad
        params, fixed, states, groups = self._param_names, self._fixed_param_names, self._state_names, self._group2ctxs
        group = DataParallelExecutorGroup(
            *network, params, *gradients, shared_group, self.logger, fixed, grad_req, states, groups
        )
        self._exec_group = group
        self._total_exec_bytes = group._total_exec_bytes
        if shared_module is not None:
            self._arg_params, self._aux_params = shared_module._arg_params, shared_module._aux_params
            self.params_initialized = True
        elif self.params_initialized:
            group.set_params(self._arg_params, self._aux_params)
        else:
            self._arg_params = _zeros_like(self._param_names, group.param_arrays, _row_sparse_names(self._symbol))
            self._aux_params = _zeros_like(self._aux_names, group.aux_arrays)
        if shared_module is not None and shared_module.optimizer_initialized:
            self.borrow_optimizer(shared_module)

    def reshape(self, data_shapes: Sequence[DataDesc], label_shapes: Sequence[DataDesc] | None = None) -> None:
        """Go on with other input shapes, keeping parameters and optimizer."""
        assert self.binded, "call bind first"
        self._take_shapes(data_shapes, label_shapes)
        self._exec_group.reshape(self._data_shapes, self._label_shapes)

    def _take_shapes(self, data_shapes: Any, label_shapes: Any) -> None:
        """Remember the shapes that every batch is compared with."""
        found = _parse_data_desc(self.data_names, self.label_names, data_shapes, label_shapes)
        self._data_shapes, self._label_shapes = found
        self._bound_shapes = [tuple(d.shape) for d in found[0]]

    def install_monitor(self, mon: Monitor | None) -> None:
        assert self.binded, "call bind first"
        self._exec_group.install_monitor(mon)

    # ------------------------------------------------------------------ computation

    def prepare(self, data_batch: DataBatch, sparse_row_id_fn: Callable[..., Any] | None = None) -> None:
        """Pull those rows of sparse parameters that a batch needs; see :meth:`BaseModule.prepare`."""
        assert self.binded, "call bind first"
        if sparse_row_id_fn is None:
            return
        if not self._kvstore or not self._update_on_kvstore:
            warnings.warn("sparse_row_id_fn is not called: no store updates the parameters", stacklevel=2)
            return
        row_ids = sparse_row_id_fn(data_batch)
        assert isinstance(row_ids, dict), f"Expected dict output from sparse_row_id_fn, got {type(row_ids).__name__}"
        for name, rows in row_ids.items():
            place = self._param_names.index(name)
            arrays = self._exec_group.param_arrays[place]
            if arrays[0].stype != "row_sparse":
                warnings.warn(f"{name}.stype is not 'row_sparse'. No need to perform row_sparse_pull.", stacklevel=2)
            else:
                self._kvstore.row_sparse_pull(name, arrays, row_ids=rows, priority=-place)

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs for a batch, or for a list of batches, one for each device.

        Parameters
        ----------
        data_batch : DataBatch
            With data of another shape than bound the module is reshaped.
        is_train : bool, optional
            ``for_training`` when not given.
        """
        assert self.binded and self.params_initialized, "call bind and init_params first"
        if isinstance(data_batch, list):
            shapes = _list_shapes([b.data for b in data_batch])
        else:
            shapes = [x.shape for x in data_batch.data]
        if shapes != self._bound_shapes:
            self._reshape_for(data_batch, shapes)
        self._exec_group.forward(data_batch, is_train)

    def _reshape_for(self, data_batch: DataBatch, shapes: list[tuple[int, ...]]) -> None:
        """Reshape to a batch: to the shapes it says it has, else those of its arrays."""
        if len(shapes) != len(self._data_shapes):
            raise ValueError(f"the batch brings {len(shapes)} data arrays, the module takes {self.data_names}")
        data = getattr(data_batch, "provide_data", None) or [
            DataDesc(d.name, shape, d.dtype, d.layout) for d, shape in zip(self._data_shapes, shapes)
        ]
        labels = getattr(data_batch, "provide_label", None)
        if not labels:
            if isinstance(data_batch, list):
                label_shapes = _list_shapes([b.label or [] for b in data_batch])
            else:
                label_shapes = [x.shape for x in getattr(data_batch, "label", None) or []]
            labels = [
                DataDesc(d.name, shape, d.dtype, d.layout) for d, shape in zip(self._label_shapes or [], label_shapes)
            ]
        self.reshape(data, labels or None)

    def backward(self, out_grads: NDArray | Sequence[NDArray] | None = None) -> None:
        """Compute gradients; see :meth:`BaseModule.backward`."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        self._exec_group.backward(out_grads=out_grads)

    def update(self) -> None:
        """Change the parameters by their gradients, all in one call of the updater for each device."""
        assert self.binded and self.params_initialized and self.optimizer_initialized, (
            "call bind, init_params and init_optimizer first"
        )
        self._params_dirty = True
        updates = self._exec_group.updates
        if self._update_on_kvstore:
            updates.on_kvstore(self._kvstore)
        else:
            updates.on_devices(self._updater, self._kvstore)

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        assert self.binded and self.params_initialized, "call bind and init_params first"
        return self._exec_group.get_outputs(merge_multi_context=merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        assert self.binded and self.params_initialized and self.inputs_need_grad, "bind with inputs_need_grad=True"
        return self._exec_group.get_input_grads(merge_multi_context=merge_multi_context)

    def get_states(self, merge_multi_context: bool = True) -> list[list[Any]]:
        """The states' arrays, a list over devices for each (``merge_multi_context`` must be False)."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        return self._exec_group.get_states(merge_multi_context=merge_multi_context)

    def set_states(self, states: Any = None, value: object | None = None) -> None:
        """Set the states to arrays, as :meth:`get_states` gives them, or all to one number."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        self._exec_group.set_states(states, value)

    def update_metric(self, eval_metric: EvalMetric | str, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric see the outputs of the last forward; see :meth:`BaseModule.update_metric`."""
        self._exec_group.update_metric(eval_metric, labels, pre_sliced)
