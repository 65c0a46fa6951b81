"""What all modules share: the interface, and training, scoring and prediction written in terms of it."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import metric, ndarray
from .._core import logs
from ..context import cpu
from ..initializer import Uniform
from ..io import DataBatch, DataDesc, DataIter
from ..model import BatchEndParam, split_params

# What a signature shows; one object for all modules, initializers have no state.
DEFAULT_INITIALIZER = Uniform(0.01)

# Endings of parameter names, which are never what a user meant as the name of an input.
_PARAMETER_ENDINGS = ("_weight", "_bias", "_gamma", "_beta")


def _check_input_names(symbol: Any, names: Sequence[str], typename: str, throw: bool) -> None:
    """Raise ValueError, or warn, when a name is not an argument of the symbol; the message lists candidates."""
    args = symbol.list_arguments()
    for name in names:
        if name in args:
            continue
        candidates = [a for a in args if not a.endswith(_PARAMETER_ENDINGS)]
        listed = "\n\t".join(candidates)
        message = (
            f"\033[91mYou created Module with Module(..., {typename}_names={names}) but input with name '{name}' is "
            f"not found in symbol.list_arguments(). Did you mean one of:\n\t{listed}\033[0m"
        )
        if throw:
            raise ValueError(message)
        warnings.warn(message, stacklevel=4)


def _check_names_match(names: Sequence[str], shapes: Sequence[DataDesc], what: str, throw: bool) -> None:
    """Raise ValueError, or warn, when descriptions are not those of the named inputs."""
    if sorted(names) == sorted(d.name for d in shapes):
        return
    message = (
        f"Data provided by {what}_shapes don't match names specified by {what}_names ({list(shapes)} vs. {list(names)})"
    )
    if throw:
        raise ValueError(message)
    warnings.warn(message, stacklevel=4)


def _as_desc(x: Any) -> DataDesc:
    desc = x if isinstance(x, DataDesc) else DataDesc(*x)
    shape = desc.shape
    if not isinstance(shape, (tuple, list)) or not all(isinstance(n, (int, np.integer)) for n in shape):
        raise TypeError(f"the shape of {desc.name} must be a tuple of int, got {type(shape).__name__}: {shape}")
    return desc


def _parse_data_desc(
    data_names: Sequence[str], label_names: Sequence[str], data_shapes: Any, label_shapes: Any
) -> tuple[list[DataDesc], list[DataDesc] | None]:
    """Descriptions from pairs or descriptions, checked against the inputs' names."""
    data = [_as_desc(x) for x in data_shapes]
    _check_names_match(data_names, data, "data", True)
    labels = None if label_shapes is None else [_as_desc(x) for x in label_shapes]
    _check_names_match(label_names, labels or [], "label", False)
    return data, labels


def _as_list(x: Any) -> Sequence[Any]:
    return x if isinstance(x, (list, tuple)) else [x]


def _notify(callbacks: Any, *args: Any) -> None:
    for callback in _as_list(callbacks):
        callback(*args)


class BaseModule:
    """A computation that takes batches: forward, backward, and an update of its parameters.

    A module is first *bound* to input shapes (:meth:`bind`), then its parameters are initialized (:meth:`init_params`),
    then an optimizer is installed (:meth:`init_optimizer`). The flags ``binded``, ``params_initialized`` and
    ``optimizer_initialized`` tell how far it is; ``for_training`` and ``inputs_need_grad`` what it was bound for.

    Subclasses implement the computations and properties that raise NotImplementedError here; :meth:`fit`,
    :meth:`score`, :meth:`predict` and :meth:`iter_predict` come from them.

    Parameters
    ----------
    logger : Logger
    """

    def __init__(self, logger: Any = logging) -> None:
        self.logger = logger
        self.binded = False
        self.for_training = False
        self.inputs_need_grad = False
        self.params_initialized = False
        self.optimizer_initialized = False
        self._symbol: Any = None
        self._total_exec_bytes = 0

    # ------------------------------------------------------------------ whole data sets

    def forward_backward(self, data_batch: Any) -> None:
        """:meth:`forward` in training mode, then :meth:`backward`."""
        self.forward(data_batch, is_train=True)
        self.backward()

    def _update_metric_of(self, eval_metric: Any, batch: Any) -> None:
        """Update a metric with the outputs for a batch, or for a list of batches, one a device."""
        if isinstance(batch, list):
            self.update_metric(eval_metric, [b.label for b in batch], pre_sliced=True)
        else:
            self.update_metric(eval_metric, batch.label)

    def _forward_all(
        self, eval_data: Any, num_batch: int | None, reset: bool, sparse_row_id_fn: Any
    ) -> Iterator[tuple[int, Any]]:
        """Run forward over a data set in prediction mode; gives the batches as their outputs become available."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        if reset:
            eval_data.reset()
        for nbatch, batch in enumerate(eval_data):
            if nbatch == num_batch:
                return
            self.prepare(batch, sparse_row_id_fn=sparse_row_id_fn)
            self.forward(batch, is_train=False)
            yield nbatch, batch

    def score(
        self,
        eval_data: Any,
        eval_metric: Any,
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        score_end_callback: Any = None,
        reset: bool = True,
        epoch: int = 0,
        sparse_row_id_fn: Any = None,
    ) -> list[tuple[str, float]]:
        """Evaluate on a data set.

        Parameters
        ----------
        eval_data : DataIter
        eval_metric : EvalMetric, str, or list of them
        num_batch : int, optional
            How many batches; all when not given.
        batch_end_callback, score_end_callback : function or list of functions, optional
            Called with a :class:`~mxnet.model.BatchEndParam` after each batch and at the end.
        reset : bool
            Whether to begin with the first batch.
        epoch : int
            What callbacks are told.
        sparse_row_id_fn : function, optional
            See :meth:`prepare`.

        Returns
        -------
        list of (str, float)
            Names and values of the metric.
        """
        if not isinstance(eval_metric, metric.EvalMetric):
            eval_metric = metric.create(eval_metric)
        eval_metric.reset()
        count = 0
        for nbatch, eval_batch in self._forward_all(eval_data, num_batch, reset, sparse_row_id_fn):
            self._update_metric_of(eval_metric, eval_batch)
            if batch_end_callback is not None:
                _notify(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
            count = nbatch + 1
        if score_end_callback:
            _notify(score_end_callback, BatchEndParam(epoch, count, eval_metric, locals()))
        return eval_metric.get_name_value()

    def _unpadded_outputs(self, batch: Any) -> list[Any]:
        pad = getattr(batch, "pad", None) or 0
        return [out[0 : out.shape[0] - pad] for out in self.get_outputs()]

    def iter_predict(
        self, eval_data: Any, num_batch: int | None = None, reset: bool = True, sparse_row_id_fn: Any = None
    ) -> Iterator[tuple[list[Any], int, Any]]:
        """Predict batch by batch.

        Parameters are those of :meth:`score`.

        Yields
        ------
        (list of NDArray, int, DataBatch)
            The outputs without padding, the batch's number, and the batch.
        """
        for nbatch, batch in self._forward_all(eval_data, num_batch, reset, sparse_row_id_fn):
            yield self._unpadded_outputs(batch), nbatch, batch

    def predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        merge_batches: bool = True,
        reset: bool = True,
        always_output_list: bool = False,
        sparse_row_id_fn: Any = None,
    ) -> Any:
        """Predict for a data set, or for one array.

        Parameters
        ----------
        eval_data : DataIter, NDArray or numpy.ndarray
        num_batch, reset, sparse_row_id_fn
            As in :meth:`score`.
        merge_batches : bool
            Whether to join the batches' outputs.
        always_output_list : bool
            Whether a single joined output comes in a list too.

        Returns
        -------
        NDArray, list of NDArray, or list of list of NDArray
            The joined outputs; without ``merge_batches`` a list of outputs for each batch.
        """
        assert self.binded and self.params_initialized, "call bind and init_params first"
        if isinstance(eval_data, (ndarray.NDArray, np.ndarray)):
            if isinstance(eval_data, np.ndarray):
                eval_data = ndarray.array(eval_data)
            self.forward(DataBatch([eval_data]), is_train=False)
            return self.get_outputs()[0]
        if not isinstance(eval_data, DataIter):
            raise ValueError(f"eval_data must be of type NDArray or DataIter, got {type(eval_data).__name__}")
        batches = [
            [out.copy() for out in self._unpadded_outputs(batch)]
            for _, batch in self._forward_all(eval_data, num_batch, reset, sparse_row_id_fn)
        ]
        if not batches or not merge_batches:
            return batches
        if len({len(outputs) for outputs in batches}) > 1:
            raise AssertionError(
                "Cannot merge batches, as num of outputs is not the same in mini-batches. Maybe bucketing is used?"
            )
        merged = [ndarray.concatenate(list(parts)) for parts in zip(*batches)]
        return merged[0] if len(merged) == 1 and not always_output_list else merged

    def fit(
        self,
        train_data: Any,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        eval_end_callback: Any = None,
        eval_batch_end_callback: Any = None,
        initializer: Any = DEFAULT_INITIALIZER,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_rebind: bool = False,
        force_init: bool = False,
        begin_epoch: int = 0,
        num_epoch: int | None = None,
        validation_metric: Any = None,
        monitor: Any = None,
        sparse_row_id_fn: Any = None,
    ) -> None:
        """Train on a data set: bind, initialize and install an optimizer where that has not been done, then run epochs.

        Parameters
        ----------
        train_data : DataIter
        eval_data : DataIter, optional
            Scored after every epoch.
        eval_metric, validation_metric : EvalMetric, str or list
            What is logged for training and for ``eval_data`` (the same when not given).
        epoch_end_callback : function or list of functions
            Called with epoch, symbol, arg_params, aux_params.
        batch_end_callback, eval_batch_end_callback, eval_end_callback : function or list of functions
            Called with a :class:`~mxnet.model.BatchEndParam`.
        kvstore : str or KVStore
        optimizer : str or Optimizer
        optimizer_params : dict or pairs
            For an optimizer given by name.
        initializer : Initializer
            For parameters that have no value yet.
        arg_params, aux_params : dict of str to NDArray, optional
            First values, such as those of a checkpoint.
        allow_missing : bool
            Whether ``arg_params`` may lack parameters, which the initializer then sets.
        force_rebind, force_init : bool
            Bind, and initialize, even when it has been done.
        begin_epoch, num_epoch : int
            Epochs ``begin_epoch`` to ``num_epoch - 1`` are run.
        monitor : Monitor, optional
        sparse_row_id_fn : function, optional
            See :meth:`prepare`.
        """
        assert num_epoch is not None, "please specify number of epochs"
        self.bind(
            data_shapes=train_data.provide_data,
            label_shapes=train_data.provide_label,
            for_training=True,
            force_rebind=force_rebind,
        )
        if monitor is not None:
            self.install_monitor(monitor)
        self.init_params(
            initializer=initializer,
            arg_params=arg_params,
            aux_params=aux_params,
            allow_missing=allow_missing,
            force_init=force_init,
        )
        self.init_optimizer(kvstore=kvstore, optimizer=optimizer, optimizer_params=optimizer_params)
        if validation_metric is None:
            validation_metric = eval_metric
        if not isinstance(eval_metric, metric.EvalMetric):
            eval_metric = metric.create(eval_metric)

        for epoch in range(begin_epoch, num_epoch):
            tic = time.time()
            eval_metric.reset()
            values = self._fit_epoch(epoch, train_data, eval_metric, batch_end_callback, monitor, sparse_row_id_fn)
            for name, value in values:
                logs.through(self.logger).info("Epoch[%d] Train-%s=%f", epoch, name, value)
            logs.through(self.logger).info("Epoch[%d] Time cost=%.3f", epoch, time.time() - tic)

            # Auxiliary states differ between devices: from here on they all have the mean.
            arg_params, aux_params = self.get_params()
            self.set_params(arg_params, aux_params)
            if epoch_end_callback is not None:
                _notify(epoch_end_callback, epoch, self.symbol, arg_params, aux_params)

            if eval_data is not None:
                found = self.score(
                    eval_data,
                    validation_metric,
                    score_end_callback=eval_end_callback,
                    batch_end_callback=eval_batch_end_callback,
                    epoch=epoch,
                )
                for name, value in found:
                    logs.through(self.logger).info("Epoch[%d] Validation-%s=%f", epoch, name, value)
            self._end_epoch(train_data)

    def _end_epoch(self, train_data: Any) -> None:
        """Make the iterator ready for the next epoch."""
        train_data.reset()

    def _fit_epoch(
        self,
        epoch: int,
        train_data: Any,
        eval_metric: Any,
        batch_end_callback: Any,
        monitor: Any,
        sparse_row_id_fn: Any,
    ) -> list[tuple[str, float]]:
        """Train on every batch once; gives the metric's names and values over the epoch.

        The next batch is fetched only when all has been done with the current one, since iterators may reuse its
        memory, but before callbacks, which read the metric and so wait for the device.
        """
        data_iter = iter(train_data)
        data_batch = next(data_iter, None)
        if data_batch is None:
            raise ValueError(f"train_data gave no batch in epoch {epoch}")
        nbatch = 0
        while True:
            if monitor is not None:
                monitor.tic()
            self.forward_backward(data_batch)
            self.update()
            self._update_metric_of(eval_metric, data_batch)
            following = next(data_iter, None)
            if following is not None:
                self.prepare(following, sparse_row_id_fn=sparse_row_id_fn)
            if monitor is not None:
                monitor.toc_print()
            # Callbacks may reset the metric's local part, so the epoch's values are read before the last of them.
            values = eval_metric.get_global_name_value() if following is None else None
            if batch_end_callback is not None:
                _notify(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
            if values is not None:
                return values
            data_batch = following
            nbatch += 1

    # ------------------------------------------------------------------ facts

    @property
    def data_names(self) -> list[str]:
        """Names of the data inputs."""
        raise NotImplementedError

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        raise NotImplementedError

    @property
    def data_shapes(self) -> list[DataDesc]:
        """Names and shapes of the data inputs."""
        raise NotImplementedError

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """Names and shapes of the labels; empty or None without labels."""
        raise NotImplementedError

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the outputs."""
        raise NotImplementedError

    @property
    def symbol(self) -> Any:
        """The symbol that is computed, if there is one (the current one, where it changes)."""
        return self._symbol

    # ------------------------------------------------------------------ parameters

    def get_params(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The current parameters and auxiliary states by name, as arrays on the CPU."""
        raise NotImplementedError

    def init_params(
        self,
        initializer: Any = DEFAULT_INITIALIZER,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Set parameters and auxiliary states to given values or with an initializer.

        Parameters
        ----------
        initializer : Initializer
        arg_params, aux_params : dict of str to NDArray, optional
            Values; without a dictionary the initializer sets all.
        allow_missing : bool
            Whether the dictionaries may lack names, which the initializer then sets.
        force_init : bool
            Whether to do it again.
        allow_extra : bool
            Whether the dictionaries may have names that the symbol has not.
        """
        raise NotImplementedError

    def set_params(
        self,
        arg_params: Any,
        aux_params: Any,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set parameters and auxiliary states; see :meth:`init_params`."""
        self.init_params(
            initializer=None,
            arg_params=arg_params,
            aux_params=aux_params,
            allow_missing=allow_missing,
            force_init=force_init,
            allow_extra=allow_extra,
        )

    def save_params(self, fname: str) -> None:
        """Write parameters and auxiliary states to a file."""
        arg_params, aux_params = self.get_params()
        named = {f"arg:{k}": v.as_in_context(cpu()) for k, v in arg_params.items()}
        named.update({f"aux:{k}": v.as_in_context(cpu()) for k, v in aux_params.items()})
        ndarray.save(fname, named)

    def load_params(self, fname: str) -> None:
        """Set parameters and auxiliary states from a file.

        Raises
        ------
        ValueError
            When the file's names do not begin with ``arg:`` or ``aux:``.
        """
        arg_params, aux_params, others = split_params(ndarray.load(fname))
        if others:
            raise ValueError(f"Invalid param file {fname}: names must begin with arg: or aux:, got {others[0]!r}")
        self.set_params(arg_params, aux_params)

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The states' arrays, a list over devices for each state. This module has none."""
        assert self.binded and self.params_initialized
        assert not merge_multi_context, "merge_multi_context=True is not supported for get_states"
        return []

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states to arrays or to one number. This module has none."""
        assert self.binded and self.params_initialized
        assert not states and not value, "this module has no states"

    def install_monitor(self, mon: Any) -> None:
        """Have a monitor see all intermediate values."""
        raise NotImplementedError

    # ------------------------------------------------------------------ computation

    def prepare(self, data_batch: Any, sparse_row_id_fn: Any = None) -> None:
        """Get ready for a batch: switch the bucket, and pull those rows of sparse parameters that it needs.

        Parameters
        ----------
        data_batch : DataBatch
        sparse_row_id_fn : function, optional
            From a batch to a dictionary of parameter names and the row numbers the batch needs.
        """
        if sparse_row_id_fn is not None:
            warnings.warn(UserWarning("sparse_row_id_fn is not invoked for BaseModule."), stacklevel=2)

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs for a batch. Another batch size or data shape than bound is fine.

        Parameters
        ----------
        data_batch : DataBatch
            Or anything with the attributes ``data`` and, for training, ``label``.
        is_train : bool, optional
            ``for_training`` when not given.
        """
        raise NotImplementedError

    def backward(self, out_grads: Any = None) -> None:
        """Compute gradients.

        Parameters
        ----------
        out_grads : NDArray or list of NDArray, optional
            Gradients of the outputs to start from; loss layers bring their own.
        """
        raise NotImplementedError

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The outputs of the last forward: joined over devices, or lists over devices."""
        raise NotImplementedError

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the data inputs: joined over devices, or lists over devices."""
        raise NotImplementedError

    def update(self) -> None:
        """Change the parameters by their gradients, as the optimizer says."""
        raise NotImplementedError

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric see the outputs of the last forward.

        Parameters
        ----------
        eval_metric : EvalMetric
        labels : list of NDArray
            With ``pre_sliced`` a list of lists, one for each device.
        pre_sliced : bool
        """
        raise NotImplementedError

    # ------------------------------------------------------------------ setup

    def bind(
        self,
        data_shapes: Any,
        label_shapes: Any = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Any = None,
        grad_req: Any = "write",
    ) -> None:
        """Allocate memory for inputs of given shapes.

        Parameters
        ----------
        data_shapes, label_shapes : list of DataDesc or of (str, tuple)
            Such as ``provide_data`` and ``provide_label`` of an iterator.
        for_training : bool
            Whether there will be gradients.
        inputs_need_grad : bool
            Whether there will be gradients of the data inputs.
        force_rebind : bool
            Whether to bind again when bound already.
        shared_module : Module, optional
            A module whose parameters and memory to share.
        grad_req : str, list of str or dict of str to str
            ``"write"``, ``"add"`` or ``"null"``, for all or by argument.
        """
        raise NotImplementedError

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Install an optimizer.

        Parameters
        ----------
        kvstore : str or KVStore
        optimizer : str or Optimizer
        optimizer_params : dict or pairs
            For an optimizer given by name.
        force_init : bool
            Whether to replace one that is installed.
        """
        raise NotImplementedError
