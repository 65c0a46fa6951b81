"""Modules that train by stochastic variance-reduced gradients (Johnson and Zhang, 2013)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import torch

from ... import ndarray as nd
from ... import optimizer as opt
from ..._core.types import ContextLike
from ...context import cpu
from ...io import DataBatch, DataDesc, DataIter
from ...kvstore import KVStore
from ...module import Module
from ...module._inputs import Settings, Shapes
from ...module.base_module import GradReq
from ...ndarray import NDArray
from ...ndarray.ndarray import wrap
from ...optimizer import Optimizer
from .svrg_optimizer import FULL, _SVRGOptimizer

__all__ = ["SVRGModule"]

_CPU = cpu()


class SVRGModule(Module):
    """A module whose gradients have less variance, so that it can take larger steps that need not shrink.

    Every ``update_freq`` epochs a second module keeps a copy of the parameters, and the average of its gradients over
    all batches is computed. A batch then counts by how far its gradient differs from the copy's for the same batch, on
    top of that average.

    Parameters
    ----------
    symbol : Symbol
    data_names, label_names : list of str
    logger : Logger
    context : Context or list of Context
    work_load_list : list of number, optional
    fixed_param_names, state_names : list of str, optional
    group2ctxs, compression_params : dict, optional
        See :class:`mxnet.module.Module` for all of these.
    update_freq : int
        After how many epochs the copy and the average are made anew.

    Examples
    --------
    >>> import mxnet as mx, numpy as np
    >>> from mxnet.contrib.svrg_optimization.svrg_module import SVRGModule
    >>> x = np.random.RandomState(0).uniform(-1, 1, (40, 2))
    >>> it = mx.io.NDArrayIter(x, x.dot([1, 2]), batch_size=4, label_name="label")
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc")
    >>> loss = mx.sym.LinearRegressionOutput(net, mx.sym.Variable("label"))
    >>> mod = SVRGModule(loss, ["data"], ["label"], update_freq=2)
    >>> mod.fit(it, eval_metric="mse", optimizer_params={"learning_rate": 0.5}, num_epoch=20)
    >>> mod.get_params()[0]["fc_weight"].asnumpy().round(2).tolist()
    [[1.0, 2.0]]
    """

    def __init__(
        self,
        symbol: Any,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: ContextLike = _CPU,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: dict[str, Any] | None = None,
        update_freq: int | None = None,
    ) -> None:
        if not isinstance(update_freq, int):
            raise TypeError(f"update_freq must be an integer, a number of epochs, got {update_freq!r}")
        if update_freq <= 0:
            raise ValueError(f"update_freq must be positive, a number of epochs, got {update_freq}")
        network = symbol, data_names, label_names, logger, context, work_load_list
        more = fixed_param_names, state_names, group2ctxs, compression_params
        super().__init__(*network, *more)
        self.update_freq = update_freq
        self._mod_aux = Module(*network, *more)  # the copy
        self._ctx_len = len(self._context)
        self._param_dict: list[dict[str, Any]] = []  # for each device, the average gradients

    # ------------------------------------------------------------------ setup

    def _reset_bind(self) -> None:
        super()._reset_bind()
        self._mod_aux._reset_bind()

    def _bind(
        self, data_shapes: Shapes, label_shapes: Shapes | None, rebind: bool, shared_module: Any, grad_req: GradReq
    ) -> None:
        super()._bind(data_shapes, label_shapes, rebind, shared_module, grad_req)
        if self.for_training and (rebind or not self._mod_aux.binded):  # the copy shares with no module
            self._mod_aux.bind(data_shapes, label_shapes, True, self.inputs_need_grad, rebind, grad_req=grad_req)

    def reshape(self, data_shapes: Sequence[DataDesc], label_shapes: Sequence[DataDesc] | None = None) -> None:
        """Go on with other input shapes, keeping parameters, averages and optimizer."""
        super().reshape(data_shapes, label_shapes)
        if self._mod_aux.binded:
            self._mod_aux.reshape(data_shapes, label_shapes)

    def _init_optimizer(self, kvstore: Any, optimizer: Any, optimizer_params: Settings, force_init: bool) -> None:
        super()._init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        updates = self._exec_group.updates
        self._param_dict = [
            {
                name: nd.zeros(w[k].shape, ctx=w[k].context, dtype=w[k].dtype)
                for name, w in zip(updates.names, updates.weights)
            }
            for k in range(self._ctx_len)
        ]
        if self._kvstore:
            for name, average in self._param_dict[0].items():
                self._kvstore.init(name + FULL, average)
        if not self._update_on_kvstore:  # no average gradients get there: all parameters can be updated in one call
            self._updater = opt.get_updater(self._optimizer.default_opt)

    def _make_optimizer(
        self, optimizer: Optimizer, optimizer_params: Any, kvstore: KVStore, update_on_kvstore: bool
    ) -> Any:
        inner = super()._make_optimizer(optimizer, optimizer_params, kvstore, update_on_kvstore)
        names = [*inner.idx2name.values(), *[name + FULL for name in self._param_names]]
        shared = {"rescale_grad": inner.rescale_grad, "multi_precision": inner.multi_precision}
        return _SVRGOptimizer(inner, param_idx2name=dict(enumerate(names)), **shared)

    # ------------------------------------------------------------------ computation

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs for a batch, and in training those of the copy; see :meth:`Module.forward`."""
        super().forward(data_batch, is_train)
        if self._has_copy and (self.for_training if is_train is None else is_train):
            self._mod_aux.forward(data_batch, True)

    def backward(self, out_grads: NDArray | Sequence[NDArray] | None = None) -> None:
        """Compute gradients, of the copy too; see :meth:`BaseModule.backward`."""
        super().backward(out_grads)
        if self._has_copy:
            self._mod_aux.backward(out_grads)

    @property
    def _has_copy(self) -> bool:
        return self._mod_aux.binded and self._mod_aux.params_initialized

    def update(self) -> None:
        """Change the parameters by the gradients of less variance, or by plain ones while there is no average."""
        self._update_svrg_gradients()
        super().update()

    def update_full_grads(self, train_data: DataIter) -> None:
        """Copy the parameters, and average the gradients over all batches.

        Parameters
        ----------
        train_data : DataIter
            It is reset first.
        """
        train_data.reset()
        assert self.optimizer_initialized, "call bind, init_params and init_optimizer first"
        self._mod_aux.set_params(*self.get_params())
        count = pad = 0
        for batch in train_data:
            self._mod_aux.forward(batch, is_train=True)
            self._mod_aux.backward()
            # The last average is still in the sum, as it is in MXNet. It vanishes where the gradient does.
            for averages, grads in zip(self._param_dict, self._grads(self._mod_aux)):
                torch._foreach_add_(_tensors(averages.values()), _tensors(grads))
            count += 1
            pad = batch.pad or 0
        if not count:
            raise ValueError("train_data gave no batch to average gradients over")
        whole = count - pad / train_data.batch_size
        for averages in self._param_dict:
            torch._foreach_div_(_tensors(averages.values()), whole)
        if self._kvstore:
            for name in self._param_dict[0]:
                self._accumulate_kvstore(name, [averages[name] for averages in self._param_dict])

    def _grads(self, module: Module) -> list[list[Any]]:
        """For each device, the gradients of a module."""
        return [[grads[k] for grads in module._exec_group.updates.grads] for k in range(self._ctx_len)]

    def _accumulate_kvstore(self, key: str, value: list[Any]) -> None:
        """Give all devices of all workers their share of an average gradient.

        A share is what a device adds to its part of a batch's gradient, of which the store makes the sum.
        """
        self._kvstore.push(key + FULL, value)
        self._kvstore._barrier()
        self._kvstore.pull(key + FULL, value)
        for averages, share in zip(self._param_dict, value):
            share /= self._ctx_len * self._kvstore.num_workers
            averages[key] = share

    def _update_svrg_gradients(self) -> None:
        """Correct the gradients of a batch by what the copy has for it."""
        if not self._has_copy:
            return
        for grads, copies, averages in zip(self._grads(self), self._grads(self._mod_aux), self._param_dict):
            tensors = _tensors(grads)
            torch._foreach_sub_(tensors, _tensors(copies))
            torch._foreach_add_(tensors, _tensors(averages.values()))
            for grad, tensor in zip(grads, tensors):
                if grad.stype != "default":
                    grad[:] = wrap(tensor, grad.context)

    def _fit_epoch(self, epoch: int, train_data: DataIter, *rest: Any) -> list[tuple[str, float]]:
        if epoch % self.update_freq == 0 or not self._has_copy:
            self.update_full_grads(train_data)
        train_data.reset()
        return super()._fit_epoch(epoch, train_data, *rest)

    def _end_epoch(self, train_data: DataIter) -> None:
        """Leave the iterator alone: it is reset before it is used, which shuffles it as often as MXNet does."""


def _tensors(arrays: Any) -> list[torch.Tensor]:
    """The memory of arrays; of sparse ones a dense copy."""
    return [a._t.data for a in arrays]
