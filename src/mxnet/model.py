"""Checkpoints, the steps that update parameters on several devices, and the old estimator :class:`FeedForward`."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from logging import Logger
from types import ModuleType
from typing import Any

import numpy as np

from . import io, metric
from . import ndarray as nd
from . import optimizer as opt
from . import symbol as sym
from ._core import logs
from ._core.model import load_checkpoint, load_params, save_checkpoint, split_params  # noqa: F401
from ._core.types import ContextLike
from ._training import (  # noqa: F401
    BatchEndParam,
    Updates,
    _create_kvstore,
    _create_sparse_kvstore,
    _evaluate,
    _initialize_kvstore,
    _multiple_callbacks,
    _update_params,
    _update_params_on_kvstore,
    one_label_a_row,
)
from .base import mx_real_t
from .callback import LogValidationMetricsCallback
from .context import Context, cpu
from .executor_manager import DataParallelExecutorManager, _check_arguments, _load_data
from .initializer import Initializer, Uniform
from .io import DataDesc, DataIter
from .kvstore import KVStore
from .metric import EvalMetric
from .monitor import Monitor

# Defaults of arguments.
_UNIFORM = Uniform(0.01)
_LOG_VALIDATION = LogValidationMetricsCallback()


def _train_multi_device(
    symbol: object,
    ctx: Sequence[Context],
    arg_names: Sequence[str],
    param_names: Sequence[str],
    aux_names: Sequence[str],
    arg_params: dict[str, Any],
    aux_params: dict[str, Any],
    begin_epoch: int,
    end_epoch: int,
    epoch_size: int | None,
    optimizer: Any,
    kvstore: Any,
    update_on_kvstore: bool,
    train_data: Any,
    eval_data: object | None = None,
    eval_metric: Any = None,
    epoch_end_callback: object | None = None,
    batch_end_callback: object | None = None,
    logger: Any = None,
    work_load_list: Any = None,
    monitor: Any = None,
    eval_end_callback: object | None = None,
    eval_batch_end_callback: object | None = None,
    sym_gen: object | None = None,
) -> None:
    """Train on several devices; ``arg_params`` and ``aux_params`` are updated in place."""
    logger = logs.through(logger)
    manager = DataParallelExecutorManager(
        symbol, ctx, train_data, arg_names, param_names, aux_names, work_load_list, logger, sym_gen
    )
    if monitor:
        manager.install_monitor(monitor)
    manager.set_params(arg_params, aux_params)
    updater = None
    if update_on_kvstore:
        kvstore.set_optimizer(optimizer)
    else:
        updater = opt.get_updater(optimizer)
    if kvstore:
        _initialize_kvstore(kvstore, manager.param_arrays, arg_params, manager.param_names, update_on_kvstore)
    updates = Updates(manager.param_arrays, manager.grad_arrays, manager.param_names, len(ctx))

    def batches(epoch: int) -> Any:
        """The batches of one epoch: all, or ``epoch_size`` of them, starting the data over as often as that takes."""
        count = 0
        while True:
            for batch in train_data:
                yield batch
                count += 1
                if count == epoch_size:
                    return
            logger.info("Epoch[%d] Resetting Data Iterator", epoch)
            train_data.reset()
            if epoch_size is None or count == 0:
                return

    train_data.reset()
    for epoch in range(begin_epoch, end_epoch):
        tic = time.time()
        eval_metric.reset()
        for nbatch, data_batch in enumerate(batches(epoch), 1):
            manager.load_data_batch(data_batch)
            if monitor is not None:
                monitor.tic()
            manager.forward(is_train=True)
            manager.backward()
            if update_on_kvstore:
                updates.on_kvstore(kvstore)
            else:
                updates.on_devices(updater, kvstore)  # type: ignore[arg-type]
            if monitor is not None:
                monitor.toc_print()
            manager.update_metric(eval_metric, data_batch.label)
            _multiple_callbacks(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
        logger.info("Epoch[%d] Time cost=%.3f", epoch, time.time() - tic)
        if epoch_end_callback or epoch + 1 == end_epoch:
            manager.copy_to(arg_params, aux_params)
        _multiple_callbacks(epoch_end_callback, epoch, symbol, arg_params, aux_params)
        if eval_data:
            _evaluate(manager, epoch, eval_data, eval_metric, eval_batch_end_callback, eval_end_callback)


class FeedForward:
    """An estimator with ``fit``, ``predict`` and ``score`` over arrays or iterators. Deprecated for ``mx.mod.Module``.

    Parameters
    ----------
    symbol : Symbol or function
        The network, or a function from a bucket's key to one.
    ctx : Context or list of Context, optional
    num_epoch : int, optional
    epoch_size : int, optional
        Batches an epoch; all of the data when not given.
    optimizer : str or Optimizer
    initializer : Initializer
    numpy_batch_size : int
        Batch size for arrays.
    arg_params, aux_params : dict of str to NDArray, optional
        First values.
    allow_extra_params : bool
        Drop first values the network has no place for.
    begin_epoch : int
    **kwargs
        Parameters of an optimizer given by name.
    """

    def __init__(
        self,
        symbol: Any,
        ctx: Any = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: Any = "sgd",
        initializer: Any = _UNIFORM,
        numpy_batch_size: int = 128,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_extra_params: bool = False,
        begin_epoch: int = 0,
        **kwargs: Any,
    ) -> None:
        warnings.warn(
            "\033[91mmxnet.model.FeedForward has been deprecated. Please use mxnet.mod.Module instead.\033[0m",
            DeprecationWarning,
            stacklevel=2,
        )
        is_symbol = isinstance(symbol, sym.Symbol)
        assert is_symbol or callable(symbol), f"symbol must be a Symbol or a function that gives one, got {symbol!r}"
        self.symbol: Any = symbol if is_symbol else None
        self.sym_gen = None if is_symbol else symbol
        self.arg_params = arg_params
        self.aux_params = aux_params
        self.allow_extra_params = allow_extra_params
        self.argument_checked = False
        if is_symbol:
            self._check_arguments()
        self.ctx = [cpu()] if ctx is None else [ctx] if isinstance(ctx, Context) else ctx
        self.begin_epoch, self.num_epoch, self.epoch_size = begin_epoch, num_epoch, epoch_size
        self.optimizer, self.kwargs = optimizer, kwargs.copy()
        self.initializer = initializer
        self.numpy_batch_size = numpy_batch_size
        self._pred_exec: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_pred_exec": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def _check_arguments(self) -> None:
        if self.argument_checked:
            return
        self.argument_checked = True
        _check_arguments(self.symbol)
        if self.allow_extra_params:
            for attribute, names in (
                ("arg_params", self.symbol.list_arguments()),
                ("aux_params", self.symbol.list_auxiliary_states()),
            ):
                given = getattr(self, attribute)
                if given:
                    setattr(self, attribute, {k: v for k, v in given.items() if k in set(names)})

    def _init_params(self, inputs: Sequence[Any], overwrite: bool = False) -> tuple[list[str], list[str], list[str]]:
        """Set parameters that have no value yet; gives the names of arguments, parameters and auxiliary states."""
        descs = [x if isinstance(x, DataDesc) else DataDesc(*x) for x in inputs]
        arg_shapes, _, aux_shapes = self.symbol.infer_shape(**{d.name: d.shape for d in descs})
        assert arg_shapes is not None, "Incomplete input shapes"
        arg_types, _, aux_types = self.symbol.infer_type(**{d.name: d.dtype for d in descs})
        assert arg_types is not None, "Incomplete input types"
        arg_names, aux_names = self.symbol.list_arguments(), self.symbol.list_auxiliary_states()
        fed = {d.name for d in descs}
        param_names = [n for n in arg_names if n not in fed]

        def values(names: Sequence[str], shapes: Any, types: Any, given: Any) -> dict[str, Any]:
            made = {}
            for name, shape, dtype in zip(names, shapes, types):
                if name in fed:
                    continue
                made[name] = nd.zeros(shape=shape, dtype=dtype)
                if given and name in given and not overwrite:
                    made[name][:] = given[name][:]
                else:
                    self.initializer(name, made[name])
            return made

        self.arg_params = values(arg_names, arg_shapes, arg_types, self.arg_params)
        self.aux_params = values(aux_names, aux_shapes, aux_types, self.aux_params)
        return arg_names, param_names, aux_names

    def _init_iter(self, X: Any, y: object, is_train: bool) -> Any:
        """An iterator over arrays; an iterator is given back as it is."""
        if not isinstance(X, (np.ndarray, nd.NDArray)):
            if not isinstance(X, io.DataIter):
                raise TypeError(f"X must be DataIter, NDArray or numpy.ndarray, got {type(X).__name__}")
            return X
        rows = len(X)
        labels, size = one_label_a_row(y, rows, needed=is_train), min(rows, self.numpy_batch_size)
        return io.NDArrayIter(X, labels, size, shuffle=is_train, last_batch_handle="roll_over" if is_train else "pad")

    def _init_eval_iter(self, eval_data: object) -> Any:
        """An iterator over evaluation data given as one, as a pair of arrays or lists, or not at all."""
        if eval_data is None or isinstance(eval_data, io.DataIter):
            return eval_data
        if not (isinstance(eval_data, (tuple, list)) and len(eval_data) == 2):
            raise TypeError(
                f"eval_data must be a DataIter or a pair of data and labels, got {type(eval_data).__name__}"
            )
        data, label = eval_data
        if data is None:
            raise ValueError("Eval data is NONE")
        if label is None and isinstance(data, io.DataIter):
            return data
        data, label = (np.array(x) if isinstance(x, list) else x for x in (data, label))
        return self._init_iter(data, label, is_train=True)

    def _init_predictor(self, data: Any) -> list[Any]:
        """Bind for an iterator's shapes, unless that has been done; gives the arrays that take its data."""
        types = {name: value.dtype for name, value in self.arg_params.items()}
        types.update({x[0]: x.dtype if isinstance(x, DataDesc) else mx_real_t for x in data.provide_data})
        shapes = {name: value.shape for name, value in self.arg_params.items()}
        shapes.update({x[0]: x[1] for x in data.provide_data})
        bound = self._pred_exec
        if bound is None or any(bound.arg_dict[n].shape != tuple(s) for n, s in shapes.items()):
            _check_arguments(self.symbol)
            bound = self.symbol.simple_bind(self.ctx[0], grad_req="null", type_dict=types, **shapes)
            self._pred_exec = bound
        bound.copy_params_from(self.arg_params, self.aux_params)
        return [bound.arg_dict[x[0]] for x in data.provide_data]

    def _begin_predicting(self, X: Any, reset: bool) -> tuple[Any, list[Any]]:
        """An iterator over data, and the arrays that take it."""
        found = self._init_iter(X, None, is_train=False)
        if reset:
            found.reset()
        return found, self._init_predictor(found)

    def predict(self, X: Any, num_batch: int | None = None, return_data: bool = False, reset: bool = True) -> Any:
        """Predict for an array or iterator.

        Parameters
        ----------
        X : NDArray, numpy.ndarray or DataIter
        num_batch : int, optional
            How many batches; all when not given.
        return_data : bool
            Whether to give data and labels too.
        reset : bool
            Whether to begin with the first batch.

        Returns
        -------
        numpy.ndarray or list of them
            The outputs; with ``return_data`` a triple of outputs, data and labels.
        """
        X, targets = self._begin_predicting(X, reset)
        outputs: list[list[Any]] = []
        data: list[list[Any]] = []
        labels: list[list[Any]] = []
        for i, batch in enumerate(X, 1):
            _load_data(batch, targets)
            self._pred_exec.forward(is_train=False)
            count = X.batch_size - (batch.pad or 0)
            kept = [(outputs, self._pred_exec.outputs)]
            if return_data:
                kept += [(data, batch.data), (labels, batch.label)]
            for collected, arrays in kept:
                collected.append([a[0:count].asnumpy() for a in arrays])
            if i == num_batch:
                break

        def joined(collected: list[list[Any]]) -> Any:
            arrays = [np.concatenate(parts) for parts in zip(*collected)]
            return arrays[0] if len(arrays) == 1 else arrays

        return (joined(outputs), joined(data), joined(labels)) if return_data else joined(outputs)

    def score(
        self,
        X: Any,
        eval_metric: Any = "acc",
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        reset: bool = True,
    ) -> Any:
        """Evaluate on an iterator with labels; gives the metric's value."""
        eval_metric = metric.create(eval_metric)
        X, targets = self._begin_predicting(X, reset)
        for i, batch in enumerate(X):
            if i == num_batch:
                break
            _load_data(batch, targets)
            self._pred_exec.forward(is_train=False)
            eval_metric.update(batch.label, self._pred_exec.outputs)
            _multiple_callbacks(batch_end_callback, BatchEndParam(0, i, eval_metric, locals()))
        return eval_metric.get()[1]

    def fit(
        self,
        X: Any,
        y: Any = None,
        eval_data: DataIter | None = None,
        eval_metric: str | EvalMetric = "acc",
        epoch_end_callback: Callable[..., Any] | None = None,
        batch_end_callback: Callable[..., Any] | None = None,
        kvstore: Any = "local",
        logger: Logger | ModuleType | None = None,
        work_load_list: Any = None,
        monitor: Monitor | None = None,
        eval_end_callback: Callable[..., Any] | None = _LOG_VALIDATION,
        eval_batch_end_callback: Callable[..., Any] | None = None,
    ) -> None:
        """Train.

        Parameters
        ----------
        X : DataIter, NDArray or numpy.ndarray
        y : NDArray or numpy.ndarray, optional
            Labels, when ``X`` is an array.
        eval_data : DataIter or pair of arrays, optional
        eval_metric : EvalMetric or str
        epoch_end_callback, batch_end_callback, eval_end_callback, eval_batch_end_callback : function or list
        kvstore : str or KVStore
        logger : Logger, optional
        work_load_list : list of number, optional
        monitor : Monitor, optional
        """
        data, eval_data = self._init_iter(X, y, is_train=True), self._init_eval_iter(eval_data)
        if self.sym_gen is not None:
            self.symbol = self.sym_gen(data.default_bucket_key)
            self._check_arguments()
        arg_names, param_names, aux_names = self._init_params([*data.provide_data, *data.provide_label])
        eval_metric = metric.create(eval_metric)
        kvstore, update_on_kvstore = _create_kvstore(kvstore, len(self.ctx), self.arg_params)
        copies = 1 if update_on_kvstore else len(self.ctx)
        idx2name = {i * copies + k: n for i, n in enumerate(param_names) for k in range(copies)}
        optimizer = self.optimizer
        if isinstance(optimizer, str):
            together = kvstore and "dist" in kvstore.type and "_async" not in kvstore.type
            batch_size = data.batch_size * (kvstore.num_workers if together else 1)
            params = {"rescale_grad": 1.0 / batch_size, **self.kwargs}
            optimizer = opt.create(optimizer, sym=self.symbol, param_idx2name=idx2name, **params)
        elif not optimizer.idx2name:
            optimizer.idx2name = idx2name
        network = self.symbol, self.ctx, arg_names, param_names, aux_names, self.arg_params, self.aux_params
        epochs = self.begin_epoch, self.num_epoch or 0, self.epoch_size
        updating = optimizer, kvstore, update_on_kvstore
        reading = data, eval_data, eval_metric
        watching = epoch_end_callback, batch_end_callback, logger, work_load_list, monitor
        evaluating = eval_end_callback, eval_batch_end_callback
        _train_multi_device(*network, *epochs, *updating, *reading, *watching, *evaluating, self.sym_gen)

    def save(self, prefix: str, epoch: int | None = None, remove_amp_cast: bool = True) -> None:
        """Write a checkpoint; the epoch is ``num_epoch`` when not given."""
        epoch = self.num_epoch if epoch is None else epoch
        assert epoch is not None, "epoch is needed"
        save_checkpoint(prefix, epoch, self.symbol, self.arg_params, self.aux_params, remove_amp_cast=remove_amp_cast)

    @staticmethod
    def load(prefix: str, epoch: int, ctx: Any = None, **kwargs: Any) -> FeedForward:
        """An estimator from a checkpoint, to predict with or to train on from its epoch."""
        symbol, *values = load_checkpoint(prefix, epoch)
        kwargs.update(zip(("arg_params", "aux_params"), values))
        return FeedForward(symbol, ctx, begin_epoch=epoch, **kwargs)

    @staticmethod
    def create(
        symbol: Any,
        X: Any,
        y: Any = None,
        ctx: ContextLike = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: Any = "sgd",
        initializer: Initializer = _UNIFORM,
        eval_data: DataIter | None = None,
        eval_metric: str | EvalMetric = "acc",
        epoch_end_callback: Callable[..., Any] | None = None,
        batch_end_callback: Callable[..., Any] | None = None,
        kvstore: str | KVStore | None = "local",
        logger: Logger | ModuleType | None = None,
        work_load_list: Any = None,
        eval_end_callback: Callable[..., Any] | None = _LOG_VALIDATION,
        eval_batch_end_callback: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> FeedForward:
        """Make an estimator and train it."""
        model = FeedForward(symbol, ctx, num_epoch, epoch_size, optimizer, initializer, **kwargs)
        training = epoch_end_callback, batch_end_callback, kvstore, logger, work_load_list
        evaluating = eval_end_callback, eval_batch_end_callback
        model.fit(X, y, eval_data, eval_metric, *training, None, *evaluating)
        return model
