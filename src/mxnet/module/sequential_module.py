"""The module that chains others: the outputs of one are the data of the next."""

from __future__ import annotations

import copy
import logging
from collections.abc import Sequence
from typing import Any

from ..io import DataBatch, DataDesc
from ..metric import EvalMetric
from ..monitor import Monitor
from ..ndarray import NDArray
from ._inputs import Settings, Shapes
from .base_module import BaseModule, GradReq, Values


class SequentialModule(BaseModule):
    """A chain of modules, whose parameters have different names.

    Parameters
    ----------
    logger : Logger

    Examples
    --------
    >>> import mxnet as mx
    >>> first = mx.mod.Module(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc"), label_names=None)
    >>> second = mx.mod.Module(mx.sym.SoftmaxOutput(mx.sym.Variable("data"), name="softmax"))
    >>> chain = mx.mod.SequentialModule().add(first).add(second, take_labels=True, auto_wiring=True)
    >>> chain.bind([("data", (2, 3))], [("softmax_label", (2,))])
    >>> chain.output_shapes
    [('softmax_output', (2, 4))]
    """

    META_TAKE_LABELS = "take_labels"
    META_AUTO_WIRING = "auto_wiring"

    def __init__(self, logger: Any = logging) -> None:
        super().__init__(logger=logger)
        self._modules: list[Any] = []
        self._metas: list[dict[str, Any]] = []
        self._label_shapes: Any = None
        self._data_shapes: Any = None
        self._meta_keys = {self.META_TAKE_LABELS, self.META_AUTO_WIRING}

    def add(self, module: BaseModule, **kwargs: Any) -> SequentialModule:
        """Append a module; the chain has to be bound and initialized afresh then.

        Parameters
        ----------
        module : BaseModule
        **kwargs
            ``take_labels=True``: the module gets the labels. ``auto_wiring=True``: the outputs before it take the names
            of its data.

        Returns
        -------
        SequentialModule
            Itself, so that calls can be chained.
        """
        for key in kwargs:
            assert key in self._meta_keys, f'Unknown meta "{key}", a typo? Known: {sorted(self._meta_keys)}'
        self._modules.append(module)
        self._metas.append(kwargs)
        self.binded = self.params_initialized = self.optimizer_initialized = False
        return self

    # ------------------------------------------------------------------ facts

    @property
    def data_names(self) -> list[str]:
        """Names of the first module's data."""
        return self._modules[0].data_names if self._modules else []

    @property
    def output_names(self) -> list[str]:
        """Names of the last module's outputs."""
        return self._modules[-1].output_names if self._modules else []

    @property
    def data_shapes(self) -> list[DataDesc]:
        """Names and shapes of the first module's data."""
        assert self.binded, "call bind first"
        return self._modules[0].data_shapes

    @property
    def label_shapes(self) -> Any:
        """Names and shapes of the labels; None when no module takes them."""
        assert self.binded, "call bind first"
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the last module's outputs."""
        assert self.binded, "call bind first"
        return self._modules[-1].output_shapes

    # ------------------------------------------------------------------ parameters

    def get_params(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The parameters and auxiliary states of all modules by name."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        arg_params: dict[str, Any] = {}
        aux_params: dict[str, Any] = {}
        for module in self._modules:
            arg, aux = module.get_params()
            arg_params.update(arg)
            aux_params.update(aux)
        return arg_params, aux_params

    def _init_params(self, initializer: Any, arg_params: Values, aux_params: Values, *how: bool) -> None:
        assert self.binded, "call bind before initializing the parameters"
        for module in self._modules:
            module.init_params(initializer, arg_params, aux_params, *how)
        for kind in (0, 1):
            owners: dict[str, int] = {}
            for i, module in enumerate(self._modules):
                for name in module.get_params()[kind]:
                    assert name not in owners, (
                        f'Duplicated parameter names: name "{name}" in layer {i} ({type(module)}) is already used in '
                        f"layer {owners[name]} ({type(self._modules[owners[name]])})."
                    )
                    owners[name] = i

    # ------------------------------------------------------------------ setup

    def _bind(
        self, data_shapes: Shapes, label_shapes: Shapes | None, rebind: bool, shared_module: Any, grad_req: GradReq
    ) -> None:
        for_training, inputs_need_grad = self.for_training, self.inputs_need_grad
        assert for_training or not inputs_need_grad, "inputs_need_grad needs for_training=True"
        assert shared_module is None, "Shared module is not supported"
        assert self._modules, "Attempting to bind an empty SequentialModule"
        shapes = data_shapes
        for i, (module, meta) in enumerate(zip(self._modules, self._metas)):
            if meta.get(self.META_AUTO_WIRING):
                names = module.data_names
                assert len(names) == len(shapes), f"layer {i} takes {names}, the layer before gives {shapes}"
                shapes = [(name, shape) for name, (_, shape) in zip(names, shapes)]
            labels = label_shapes if meta.get(self.META_TAKE_LABELS) else None
            to_inputs = for_training and (inputs_need_grad or i > 0)
            module.bind(shapes, labels, for_training, to_inputs, rebind, grad_req=grad_req)
            shapes = module.output_shapes
        takes_labels = any(meta.get(self.META_TAKE_LABELS) for meta in self._metas)
        self._label_shapes = label_shapes if takes_labels else None

    def _init_optimizer(self, kvstore: Any, optimizer: Any, optimizer_params: Settings, force_init: bool) -> None:
        assert self.binded and self.params_initialized, "call bind and init_params first"
        for module in self._modules:
            module.init_optimizer(kvstore, optimizer, optimizer_params, force_init)

    def install_monitor(self, mon: Monitor | None) -> None:
        """Have a monitor see the intermediate values of all modules."""
        assert self.binded, "call bind first"
        for module in self._modules:
            module.install_monitor(mon)

    # ------------------------------------------------------------------ computation

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Run all modules, each on the outputs of the one before."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        data_batch = copy.copy(data_batch)  # its other attributes (label, bucket key, ...) are for every module
        last = len(self._modules) - 1
        for i, module in enumerate(self._modules):
            module.forward(data_batch, is_train=is_train)
            if i == last:
                return
            data_batch.data = module.get_outputs()
            if hasattr(data_batch, "provide_data"):
                wired = self._metas[i + 1].get(self.META_AUTO_WIRING)
                names = self._modules[i + 1].data_names if wired else [name for name, _ in module.output_shapes]
                data_batch.provide_data = [(name, x.shape) for name, x in zip(names, data_batch.data)]

    def backward(self, out_grads: NDArray | Sequence[NDArray] | None = None) -> None:
        """Run all modules backwards, each from the input gradients of the one after."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        for i in reversed(range(len(self._modules))):
            self._modules[i].backward(out_grads=out_grads)
            if i:
                out_grads = self._modules[i].get_input_grads()

    def update(self) -> None:
        """Update all modules."""
        assert self.binded and self.params_initialized and self.optimizer_initialized, (
            "call bind, init_params and init_optimizer first"
        )
        for module in self._modules:
            module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The last module's outputs."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        return self._modules[-1].get_outputs(merge_multi_context=merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the first module's data."""
        assert self.binded and self.params_initialized and self.inputs_need_grad, "bind with inputs_need_grad=True"
        return self._modules[0].get_input_grads(merge_multi_context=merge_multi_context)

    def update_metric(self, eval_metric: EvalMetric | str, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric see the outputs of the modules that take labels."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        for module, meta in zip(self._modules, self._metas):
            if meta.get(self.META_TAKE_LABELS):
                module.update_metric(eval_metric, labels, pre_sliced)
