"""What all modules share: the interface, and training, scoring and prediction written in terms of it."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from .. import metric, ndarray
from .._core import logs
from ..context import cpu
from ..initializer import Initializer, Uniform
from ..io import DataBatch, DataDesc, DataIter
from ..kvstore import KVStore
from ..metric import EvalMetric
from ..model import BatchEndParam, split_params
from ..monitor import Monitor
from ..ndarray import NDArray
from ..optimizer import Optimizer
from ._inputs import Settings, Shapes, _check_input_names, _check_names_match, _parse_data_desc  # noqa: F401
from ._predicting import Predicting, notify

# What a signature shows; one object for all modules, initializers have no state.
DEFAULT_INITIALIZER = Uniform(0.01)

Values = dict[str, NDArray] | None
GradReq = str | Sequence[str] | dict[str, str]  # for all arguments, for each in order, or by name

_INITIALIZED = "Parameters already initialized and force_init=False. {} call ignored."


class BaseModule(Predicting):
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
        self.binded = self.params_initialized = self.optimizer_initialized = False
        self.for_training = self.inputs_need_grad = False
        self._symbol: Any = None
        self._total_exec_bytes = 0

    # ------------------------------------------------------------------ whole data sets

    def forward_backward(self, data_batch: Any) -> None:
        """:meth:`forward` in training mode, then :meth:`backward`."""
        self.forward(data_batch, is_train=True)
        self.backward()

    def fit(
        self,
        train_data: DataIter,
        eval_data: DataIter | None = None,
        eval_metric: EvalMetric | str = "acc",
        epoch_end_callback: Callable[..., Any] | None = None,
        batch_end_callback: Callable[..., Any] | None = None,
        kvstore: Any = "local",
        optimizer: Optimizer | str = "sgd",
        optimizer_params: Settings = (("learning_rate", 0.01),),
        eval_end_callback: Any = None,
        eval_batch_end_callback: Any = None,
        initializer: Initializer | str = DEFAULT_INITIALIZER,
        arg_params: dict[str, NDArray] | None = None,
        aux_params: dict[str, NDArray] | None = None,
        allow_missing: bool = False,
        force_rebind: bool = False,
        force_init: bool = False,
        begin_epoch: int = 0,
        num_epoch: int | None = None,
        validation_metric: Any = None,
        monitor: Any = None,
        sparse_row_id_fn: Callable[..., Any] | None = None,
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
        # A metric by name is made twice, so that validation does not count into the epoch's numbers.
        validation_metric = eval_metric if validation_metric is None else validation_metric
        eval_metric = metric.create(eval_metric)
        self.bind(train_data.provide_data, train_data.provide_label, for_training=True, force_rebind=force_rebind)
        if monitor is not None:
            self.install_monitor(monitor)
        self.init_params(initializer, arg_params, aux_params, allow_missing, force_init)
        self.init_optimizer(kvstore, optimizer, optimizer_params)

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
                notify(epoch_end_callback, epoch, self.symbol, arg_params, aux_params)

            if eval_data is not None:
                callbacks = {"score_end_callback": eval_end_callback, "batch_end_callback": eval_batch_end_callback}
                for name, value in self.score(eval_data, validation_metric, epoch=epoch, **callbacks):
                    logs.through(self.logger).info("Epoch[%d] Validation-%s=%f", epoch, name, value)
            self._end_epoch(train_data)

    def _end_epoch(self, train_data: DataIter) -> None:
        """Make the iterator ready for the next epoch."""
        train_data.reset()

    def _fit_epoch(
        self,
        epoch: int,
        train_data: DataIter,
        eval_metric: Any,
        batch_end_callback: object,
        monitor: Monitor | None,
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
                notify(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
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
        initializer: Initializer | str | None = DEFAULT_INITIALIZER,
        arg_params: dict[str, NDArray] | None = None,
        aux_params: dict[str, NDArray] | None = None,
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
            Names that the symbol has not are passed over in any case.

        Raises
        ------
        RuntimeError
            For names without a value.
        MXNetError
            For values of a wrong shape. Nothing has been changed then.
        """
        if self.params_initialized and not force_init:
            if self._warns_of_initialized:
                warnings.warn(_INITIALIZED.format("init_params"), stacklevel=2)
            return
        self._init_params(initializer, arg_params, aux_params, allow_missing, force_init, allow_extra)
        self.params_initialized = True

    _warns_of_initialized = False

    def _init_params(self, initializer: Any, arg_params: Values, aux_params: Values, *how: bool) -> None:
        """What :meth:`init_params` does; ``how`` are its last three arguments."""
        raise NotImplementedError

    def set_params(
        self,
        arg_params: dict[str, NDArray],
        aux_params: dict[str, NDArray],
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set parameters and auxiliary states; with ``allow_missing`` those not given stay as they are.

        Raises
        ------
        RuntimeError, MXNetError
            See :meth:`init_params`.
        ValueError
            With ``allow_missing``, for names that the symbol has not (unless ``allow_extra``).
        """
        if not allow_missing or self._set_some is None:
            self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)
        elif self.params_initialized and not force_init:
            warnings.warn(_INITIALIZED.format("set_params"), stacklevel=2)
        else:
            self._set_some(arg_params, aux_params, allow_extra)
            self.params_initialized = self._params_dirty = True

    # Gives the devices some values: the values on the host follow when they are asked for.
    _set_some: Callable[[dict[str, NDArray], dict[str, NDArray], bool], None] | None = None
    _params_dirty = False  # whether the devices have other values than the host

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

    def set_states(self, states: Any = None, value: object | None = None) -> None:
        """Set the states to arrays or to one number. This module has none."""
        assert self.binded and self.params_initialized
        assert not states and not value, "this module has no states"

    def install_monitor(self, mon: Monitor | None) -> None:
        """Have a monitor see all intermediate values."""
        raise NotImplementedError

    # ------------------------------------------------------------------ computation

    def prepare(self, data_batch: DataBatch, sparse_row_id_fn: Callable[..., Any] | None = None) -> None:
        """Get ready for a batch: switch the bucket, and pull those rows of sparse parameters that it needs.

        Parameters
        ----------
        data_batch : DataBatch
        sparse_row_id_fn : function, optional
            From a batch to a dictionary of parameter names and the row numbers the batch needs.
        """
        if sparse_row_id_fn is not None:
            warnings.warn(UserWarning("sparse_row_id_fn is not invoked for BaseModule."), stacklevel=2)

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs for a batch. Another batch size or data shape than bound is fine.

        Parameters
        ----------
        data_batch : DataBatch
            Or anything with the attributes ``data`` and, for training, ``label``.
        is_train : bool, optional
            ``for_training`` when not given.
        """
        raise NotImplementedError

    def backward(self, out_grads: NDArray | Sequence[NDArray] | None = None) -> None:
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

    def update_metric(self, eval_metric: EvalMetric | str, labels: Any, pre_sliced: bool = False) -> None:
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
        data_shapes: Shapes,
        label_shapes: Shapes | None = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: BaseModule | None = None,
        grad_req: GradReq = "write",
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
        if force_rebind:
            self._reset_bind()
        if self.binded:
            logs.through(self.logger).warning("Already bound, ignoring bind()")
            return
        self.for_training = for_training
        self.inputs_need_grad = inputs_need_grad
        self._bind(data_shapes, label_shapes, force_rebind, shared_module, grad_req)
        self.binded = True

    def _bind(
        self, data_shapes: Shapes, label_shapes: Shapes | None, rebind: bool, shared_module: Any, grad_req: GradReq
    ) -> None:
        """What :meth:`bind` does when there is something to do; ``for_training`` and ``inputs_need_grad`` are set."""
        raise NotImplementedError

    def _reset_bind(self) -> None:
        """Be as before :meth:`bind`; what is needed of the values is kept."""
        self.binded = False

    def init_optimizer(
        self,
        kvstore: str | KVStore | None = "local",
        optimizer: str | Optimizer = "sgd",
        optimizer_params: Settings = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Install an optimizer.

        An optimizer given by name divides gradients by the batch size, unless ``optimizer_params`` have
        ``rescale_grad``.

        Parameters
        ----------
        kvstore : str or KVStore
            With one device a type of one process makes no store.
        optimizer : str or Optimizer
        optimizer_params : dict or pairs
            For an optimizer given by name.
        force_init : bool
            Whether to replace one that is installed.
        """
        if self.optimizer_initialized and not force_init:
            logs.through(self.logger).warning("optimizer already initialized, ignoring...")
            return
        self._init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        self.optimizer_initialized = True

    def _init_optimizer(self, kvstore: Any, optimizer: Any, optimizer_params: Settings, force_init: bool) -> None:
        """What :meth:`init_optimizer` does when there is something to do."""
        raise NotImplementedError
