"""The module that has a network for every bucket (such as sequence lengths), all with the same parameters."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from .. import symbol as sym
from .._core.types import ContextLike
from ..context import cpu
from ..io import DataBatch, DataDesc
from ..metric import EvalMetric
from ..model import load_params
from ..monitor import Monitor
from ..name import NameManager
from ..ndarray import NDArray
from ._inputs import Settings, Shapes
from .base_module import BaseModule, GradReq, Values, _check_input_names
from .module import Module

_CPU = cpu()


# Arguments of the modules of all buckets, which are attributes under these names.
_SETTINGS = "context work_load_list fixed_param_names state_names group2ctxs compression_params".split()


class BucketingModule(BaseModule):
    """A network for every bucket key that batches bring, with shared parameters and shared memory.

    :meth:`bind` allocates memory for the default bucket; other buckets are bound when a batch brings them.

    Parameters
    ----------
    sym_gen : function
        From a bucket key to (symbol, data names, label names).
    default_bucket_key
        The key of the largest bucket, whose memory the others use.
    logger : Logger
    context : Context or list of Context
    work_load_list : list of number, optional
    fixed_param_names, state_names : list of str, optional
    group2ctxs, compression_params : optional
        See :class:`~mxnet.module.Module`.
    """

    def __init__(
        self,
        sym_gen: Callable[[Any], Any],
        default_bucket_key: Any = None,
        logger: Any = logging,
        context: ContextLike = _CPU,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(logger=logger)
        assert default_bucket_key is not None, "default_bucket_key is needed"
        self._default_bucket_key = default_bucket_key
        self._sym_gen = sym_gen
        self._fixed_param_names = list(fixed_param_names or [])
        self._state_names = list(state_names or [])
        self._context = context
        self._work_load_list = work_load_list
        self._group2ctxs = group2ctxs
        self._compression_params = compression_params

        symbol, data_names, label_names = self._call_sym_gen(default_bucket_key)
        _check_input_names(symbol, list(data_names or []), "data", True)
        _check_input_names(symbol, list(label_names or []), "label", False)
        _check_input_names(symbol, self._state_names, "state", True)
        _check_input_names(symbol, self._fixed_param_names, "fixed_param", True)

        self._buckets: dict[Any, Module] = {}
        self._curr_module: Any = None
        self._curr_bucket_key: Any = None
        self._params_dirty = False
        self._monitor: Any = None
        self._grad_req: Any = None
        self._kept_params: tuple[dict[str, Any], dict[str, Any]] | None = None  # over a new bind

    def _reset_bind(self) -> None:
        self._kept_params = self._known_params()
        super()._reset_bind()
        self._buckets = {}
        self._curr_module = None
        self._curr_bucket_key = None

    def _known_params(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        return self.get_params() if self.params_initialized and self._curr_module is not None else None

    def _call_sym_gen(self, key: object) -> Any:
        """A bucket's symbol, with automatic names that do not depend on what was made before."""
        with NameManager():
            return self._sym_gen(key)

    def _make_module(self, key: object) -> Module:
        symbol, data_names, label_names = self._call_sym_gen(key)
        return Module(symbol, data_names, label_names, **self._settings)

    @property
    def _settings(self) -> dict[str, Any]:
        """What the modules of all buckets are made with."""
        return {"logger": self.logger, **{name: getattr(self, f"_{name}") for name in _SETTINGS}}

    # ------------------------------------------------------------------ facts (of the current bucket)

    @property
    def data_names(self) -> list[str]:
        return self._curr_module.data_names if self.binded else self._call_sym_gen(self._default_bucket_key)[1]

    @property
    def output_names(self) -> list[str]:
        if self.binded:
            return self._curr_module.output_names
        return self._call_sym_gen(self._default_bucket_key)[0].list_outputs()

    @property
    def data_shapes(self) -> list[DataDesc]:
        assert self.binded, "call bind first"
        return self._curr_module.data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """Names and shapes of the labels."""
        assert self.binded, "call bind first"
        return self._curr_module.label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        assert self.binded, "call bind first"
        return self._curr_module.output_shapes

    @property
    def symbol(self) -> Any:
        """The current bucket's symbol."""
        assert self.binded, "call bind first"
        return self._curr_module.symbol

    # ------------------------------------------------------------------ parameters

    def get_params(self) -> tuple[dict[str, Any], dict[str, Any]]:
        assert self.params_initialized, "call init_params first"
        self._curr_module._params_dirty, self._params_dirty = self._params_dirty, False
        return self._curr_module.get_params()

    def _set_some(self, arg_params: dict[str, NDArray], aux_params: dict[str, NDArray], allow_extra: bool) -> None:
        self._curr_module.set_params(arg_params, aux_params, True, True, allow_extra)

    def _init_params(self, initializer: Any, arg_params: Values, aux_params: Values, *how: bool) -> None:
        assert self.binded, "call bind before initializing the parameters"
        self._curr_module.init_params(initializer, arg_params, aux_params, *how)
        self._params_dirty = False

    def get_states(self, merge_multi_context: bool = True) -> list[list[Any]]:
        """The current bucket's states, a list over devices for each."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        return self._curr_module.get_states(merge_multi_context=merge_multi_context)

    def set_states(self, states: Any = None, value: object | None = None) -> None:
        """Set the current bucket's states to arrays or to one number."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        self._curr_module.set_states(states, value)

    # ------------------------------------------------------------------ setup

    def _bind(
        self, data_shapes: Shapes, label_shapes: Shapes | None, rebind: bool, shared_module: Any, grad_req: GradReq
    ) -> None:
        assert shared_module is None, "shared_module for BucketingModule is not supported"
        params, self._kept_params = self._kept_params or self._known_params(), None
        self._grad_req = grad_req
        key = self._default_bucket_key
        module = self._buckets.get(key) or self._make_module(key)
        module.bind(data_shapes, label_shapes, self.for_training, self.inputs_need_grad, grad_req=grad_req)
        self.binded = True
        self._curr_module = module
        self._curr_bucket_key = key
        self._buckets[key] = module
        if params is not None:
            self.set_params(*params)

    def switch_bucket(self, bucket_key: Any, data_shapes: Any, label_shapes: Any = None) -> None:
        """Make a bucket the current one, binding it when it is new.

        Parameters
        ----------
        bucket_key
        data_shapes, label_shapes : list of DataDesc or of (str, tuple)
            What a new bucket is bound to.
        """
        assert self.binded, "call bind before switching bucket"
        fresh = bucket_key not in self._buckets
        module = self._make_module(bucket_key) if fresh else self._buckets[bucket_key]
        if not module.binded:
            whole, gradients = self._buckets[self._default_bucket_key], (self.for_training, self.inputs_need_grad)
            module.bind(data_shapes, label_shapes, *gradients, shared_module=whole, grad_req=self._grad_req)
            if fresh and self._monitor is not None:
                module.install_monitor(self._monitor)
            self._buckets[bucket_key] = module
        self._curr_module = module
        self._curr_bucket_key = bucket_key

    def _init_optimizer(self, kvstore: Any, optimizer: Any, optimizer_params: Settings, force_init: bool) -> None:
        assert self.binded and self.params_initialized, "call bind and init_params first"
        self._curr_module.init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        for module in self._buckets.values():
            if module is not self._curr_module:
                module.borrow_optimizer(self._curr_module)

    def install_monitor(self, mon: Monitor | None) -> None:
        """Have a monitor see all intermediate values, of buckets to come too."""
        assert self.binded, "call bind first"
        self._monitor = mon
        for module in self._buckets.values():
            module.install_monitor(mon)

    # ------------------------------------------------------------------ computation

    def prepare(self, data_batch: DataBatch, sparse_row_id_fn: Callable[..., Any] | None = None) -> None:
        """Bind a batch's bucket, and pull those rows of sparse parameters that it needs."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        before = self._curr_bucket_key
        self._switch_to(data_batch)
        self._curr_module.prepare(data_batch, sparse_row_id_fn=sparse_row_id_fn)
        self.switch_bucket(before, None, None)

    def _switch_to(self, batch: DataBatch) -> None:
        self.switch_bucket(batch.bucket_key, batch.provide_data, batch.provide_label)

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs for a batch, with the network of its bucket."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        self._switch_to(data_batch)
        self._curr_module.forward(data_batch, is_train=is_train)

    def backward(self, out_grads: NDArray | Sequence[NDArray] | None = None) -> None:
        """Compute gradients; see :meth:`BaseModule.backward`."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        self._curr_module.backward(out_grads=out_grads)

    def update(self) -> None:
        assert self.binded and self.params_initialized and self.optimizer_initialized, (
            "call bind, init_params and init_optimizer first"
        )
        self._params_dirty = True
        self._curr_module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        assert self.binded and self.params_initialized, "call bind and init_params first"
        return self._curr_module.get_outputs(merge_multi_context=merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        assert self.binded and self.params_initialized and self.inputs_need_grad, "bind with inputs_need_grad=True"
        return self._curr_module.get_input_grads(merge_multi_context=merge_multi_context)

    def update_metric(self, eval_metric: EvalMetric | str, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric see the outputs of the last forward."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        self._curr_module.update_metric(eval_metric, labels, pre_sliced)

    # ------------------------------------------------------------------ checkpoints

    def save_checkpoint(self, prefix: str, epoch: int, remove_amp_cast: bool = False) -> None:
        """Write the parameters, every bucket's symbol, and the list of (integer) bucket keys.

        Parameters
        ----------
        prefix : str
        epoch : int
            The files are ``prefix-EPOCH.params``, ``prefix-KEY-symbol.json`` for each bucket, and ``prefix.buckets``.
        remove_amp_cast : bool
            Leave out the casts of automatic mixed precision.
        """
        assert len(self._buckets) > 0, "Empty BucketingModule cannot be saved"
        self.save_params(f"{prefix}-{epoch:04d}.params")
        for key in self._buckets:
            symbol, _, _ = self._sym_gen(key)
            symbol.save(f"{prefix}-{key}-symbol.json", remove_amp_cast=remove_amp_cast)
        nd.save(f"{prefix}.buckets", nd.array(list(self._buckets), dtype=np.int32))

    @staticmethod
    def load(
        prefix: str, epoch: int, sym_gen: Any = None, default_bucket_key: Any = None, **kwargs: Any
    ) -> BucketingModule:
        """A module from the files of :meth:`save_checkpoint`.

        Parameters
        ----------
        prefix : str
        epoch : int
        sym_gen : function
        default_bucket_key : int
        **kwargs
            For the constructor.
        """
        assert sym_gen is not None, "sym_gen is required for loading BucketingModule"
        assert default_bucket_key is not None, "default_bucket_key is required for loading BucketingModule"
        keys = [int(k) for k in nd.load(f"{prefix}.buckets")[0].asnumpy()]
        symbols = {key: sym.load(f"{prefix}-{key}-symbol.json") for key in keys}
        return BucketingModule._restored(symbols, sym_gen, default_bucket_key, *load_params(prefix, epoch), kwargs)

    @staticmethod
    def load_dict(
        sym_dict: Any = None,
        sym_gen: Any = None,
        default_bucket_key: Any = None,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        **kwargs: Any,
    ) -> BucketingModule:
        """A module from symbols by bucket key, and parameters.

        Parameters
        ----------
        sym_dict : dict from bucket key to Symbol
        sym_gen : function
        default_bucket_key
        arg_params, aux_params : dict of str to NDArray
        **kwargs
            For the constructor.
        """
        for name, given in (("sym_dict", sym_dict), ("arg_params", arg_params), ("aux_params", aux_params)):
            assert given is not None, f"{name} needs to be provided for BucketingModule.load_dict"
        assert default_bucket_key is not None, "default_bucket_key needs to be provided for BucketingModule.load_dict"
        return BucketingModule._restored(sym_dict, sym_gen, default_bucket_key, arg_params, aux_params, kwargs)

    @staticmethod
    def _restored(
        symbols: dict[Any, Any],
        sym_gen: Any,
        default_bucket_key: Any,
        arg_params: object,
        aux_params: object,
        kwargs: dict[str, Any],
    ) -> BucketingModule:
        assert default_bucket_key in symbols, f"no bucket {default_bucket_key!r} among those loaded: {list(symbols)}"
        made = BucketingModule(sym_gen, default_bucket_key, **kwargs)
        for key, symbol in symbols.items():
            _, data_names, label_names = made._call_sym_gen(key)
            made._buckets[key] = Module(symbol, data_names, label_names, **kwargs)
        current = made._curr_module = made._buckets[default_bucket_key]
        made._curr_bucket_key = default_bucket_key
        current._arg_params = arg_params
        current._aux_params = aux_params
        current.params_initialized = made.params_initialized = True
        return made
