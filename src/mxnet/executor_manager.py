"""Executors on several devices for :class:`mxnet.model.FeedForward`; :mod:`mxnet.module` has its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ._core import logs
from ._core.spelling import suggestion
from ._core.text import quoted, shortened
from .base import UnknownNameError, mx_real_t
from .context import Context
from .io import DataBatch, DataDesc
from .kvstore._comm import copy_into, total
from .ndarray import NDArray
from .symbol import Symbol


def _split_input_slice(batch_size: int, work_load_list: Sequence[float]) -> list[slice]:
    """Split a batch over devices by work load.

    Raises
    ------
    ValueError
        When a device would get nothing.
    """
    whole = sum(work_load_list)
    counts = [round(load * batch_size / whole) for load in work_load_list]
    counts[-1] += max(0, batch_size - sum(counts))
    slices = []
    end = 0
    for count in counts:
        begin, end = min(end, batch_size), min(end + count, batch_size)
        if begin >= end:
            raise ValueError(
                "Too many slices. Some splits are empty: "
                f"a batch of {batch_size} over work loads {list(work_load_list)}"
            )
        slices.append(slice(begin, end))
    return slices


def _check_arguments(symbol: Symbol) -> None:
    """Raise ValueError when two arguments or auxiliary states have one name."""
    for kind, names in (("argument", symbol.list_arguments()), ("auxiliary param", symbol.list_auxiliary_states())):
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f'duplicated {kind} name "{name}" among {names}: give operators different names by their argument '
                    "name"
                )


def check_inputs(names: Sequence[str], known: Collection[str]) -> None:
    """Raise UnknownNameError when shapes are given for something that is no input of the symbol."""
    for name in names:
        if name not in known:
            raise UnknownNameError(
                f"a shape is given for {quoted(name)}, which is no input of the symbol{suggestion(name, known)}; its "
                f"inputs are {shortened(', '.join(known))}"
            )


def copy_means(pairs: Sequence[tuple[Any, Sequence[Any]]]) -> None:
    """Write the means of blocks of arrays, one for each device, into arrays."""
    means = [block[0] if len(block) == 1 else total(block) / len(block) for _, block in pairs]
    copy_into([target for target, _ in pairs], means)


def _load_general(data: Sequence[Any], targets: Sequence[Any]) -> None:
    """Copy arrays into arrays, or into the devices' parts given as pairs of slice and array."""
    for source, target in zip(data, targets):
        if isinstance(target, NDArray):
            source.copyto(target)
            continue
        expected = target[-1][0].stop
        assert expected == source.shape[0], f"Batch size miss match. Expected {expected}, got {source.shape[0]}"
        for part, array in target:
            source[part].copyto(array)


def _load_data(batch: DataBatch, targets: Sequence[Any]) -> None:
    """Copy a batch's data."""
    _load_general(batch.data, targets)


def _load_label(batch: DataBatch, targets: Sequence[Any]) -> None:
    """Copy a batch's labels."""
    _load_general(batch.label, targets)


class DataParallelExecutorGroup:
    """One training executor a device, each with its part of the batch.

    Parameters
    ----------
    sym : Symbol
    arg_names, param_names : list of str
    ctx : list of Context
    slices : list of slice
        The devices' parts of a batch.
    train_data : DataIter or DataBatch
        Tells names, shapes and types of inputs.
    shared_group : DataParallelExecutorGroup, optional
        A group whose parameters and input memory to share.
    """

    def __init__(
        self,
        sym: Any,
        arg_names: Sequence[str],
        param_names: Sequence[str],
        ctx: Sequence[Context],
        slices: Sequence[slice],
        train_data: Any,
        shared_group: DataParallelExecutorGroup | None = None,
    ) -> None:
        _check_arguments(sym)
        self.shared_data_arrays: list[dict[str, Any]] = (
            [{} for _ in ctx] if shared_group is None else shared_group.shared_data_arrays
        )
        data, labels = train_data.provide_data, train_data.provide_label
        self.data_names, self.label_names = ([name for name, *_ in described] for described in (data, labels))
        self.aux_names = sym.list_auxiliary_states()
        learned = [(i, name) for i, name in enumerate(arg_names) if name in param_names]
        self.param_idx = [i for i, _ in learned]
        self.param_names = [name for _, name in learned]
        self.slices = slices
        inputs = [*data, *labels]
        types = {x[0]: x.dtype if isinstance(x, DataDesc) else mx_real_t for x in inputs}
        self.train_execs: list[Any] = []
        for i, context in enumerate(ctx):
            count = slices[i].stop - slices[i].start
            self.train_execs.append(
                sym.simple_bind(
                    ctx=context,
                    grad_req={n: "write" if n in self.param_names else "null" for n in arg_names},
                    type_dict=types,
                    shared_arg_names=self.param_names,
                    shared_buffer=self.shared_data_arrays[i],
                    shared_exec=None if shared_group is None else shared_group.train_execs[i],
                    **{x[0]: (count, *x[1][1:]) for x in inputs},
                )
            )
        execs = self.train_execs
        check_inputs([*self.data_names, *self.label_names], execs[0].arg_dict)
        self.data_arrays = [[(slices[i], e.arg_dict[n]) for i, e in enumerate(execs)] for n in self.data_names]
        self.label_arrays = [[(slices[i], e.arg_dict[n]) for i, e in enumerate(execs)] for n in self.label_names]
        self.param_arrays = [[e.arg_arrays[i] for e in execs] for i in self.param_idx]
        self.grad_arrays = [[e.grad_arrays[i] for e in execs] for i in self.param_idx]
        self.aux_arrays = [[e.aux_arrays[i] for e in execs] for i in range(len(self.aux_names))]

    def load_data_batch(self, data_batch: DataBatch) -> None:
        """Split a batch over the devices."""
        _load_data(data_batch, self.data_arrays)
        _load_label(data_batch, self.label_arrays)

    def forward(self, is_train: bool = False) -> None:
        """Run all executors."""
        for e in self.train_execs:
            e.forward(is_train=is_train)

    def backward(self) -> None:
        """Run all executors backwards."""
        for e in self.train_execs:
            e.backward()

    def update_metric(self, metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric see each device's outputs beside its part of the labels."""
        for i, (e, part) in enumerate(zip(self.train_execs, self.slices)):
            metric.update(labels[i] if pre_sliced else [x[part] for x in labels], e.outputs)


class DataParallelExecutorManager:
    """The executor groups of a network: one, or one for each bucket.

    Parameters
    ----------
    symbol : Symbol
    ctx : list of Context
    train_data : DataIter
    arg_names, param_names, aux_names : list of str
    work_load_list : list of number, optional
    logger : Logger, optional
    sym_gen : function, optional
        From a bucket's key to its symbol.
    """

    def __init__(
        self,
        symbol: Any,
        ctx: Sequence[Context],
        train_data: Any,
        arg_names: Sequence[str],
        param_names: Sequence[str],
        aux_names: Sequence[str],
        work_load_list: Sequence[float] | None = None,
        logger: Any = None,
        sym_gen: Any = None,
    ) -> None:
        logs.through(logger).info("Start training with %s", str(ctx))
        if work_load_list is None:
            work_load_list = [1] * len(ctx)
        assert isinstance(work_load_list, list) and len(work_load_list) == len(ctx), "Invalid settings for work load. "
        self.slices = _split_input_slice(train_data.batch_size, work_load_list)
        self.arg_names = arg_names
        self.param_names = param_names
        self.aux_names = aux_names
        self.ctx = ctx
        self.symbol = symbol
        self.sym_gen = sym_gen
        self.execgrp = DataParallelExecutorGroup(symbol, arg_names, param_names, ctx, self.slices, train_data)
        self.curr_execgrp: DataParallelExecutorGroup | None = None
        if sym_gen is not None:
            self.execgrp_bucket = {train_data.default_bucket_key: self.execgrp}

    def install_monitor(self, monitor: Any) -> None:
        """Have a monitor see the values in all executors."""
        for group in [self.execgrp] if self.sym_gen is None else self.execgrp_bucket.values():
            for e in group.train_execs:
                monitor.install(e)

    def set_params(self, arg_params: dict[str, Any], aux_params: dict[str, Any]) -> None:
        """Copy parameters and auxiliary states to all devices."""
        for e in self.execgrp.train_execs:
            e.copy_params_from(arg_params, aux_params)

    def copy_to(self, arg_params: dict[str, Any], aux_params: dict[str, Any]) -> None:
        """Write parameters and auxiliary states (their means over the devices) into arrays."""
        groups = (self.param_names, self.param_arrays, arg_params), (self.aux_names, self.aux_arrays, aux_params)
        copy_means([(into[n], block) for names, blocks, into in groups for n, block in zip(names, blocks)])

    @property
    def param_arrays(self) -> list[list[Any]]:
        """For each parameter, the devices' arrays."""
        return self.execgrp.param_arrays

    @property
    def grad_arrays(self) -> list[list[Any]]:
        """For each parameter, the devices' gradients."""
        return self.execgrp.grad_arrays

    @property
    def aux_arrays(self) -> list[list[Any]]:
        """For each auxiliary state, the devices' arrays."""
        return self.execgrp.aux_arrays

    def load_data_batch(self, data_batch: Any) -> None:
        """Choose the batch's bucket and split the batch over the devices."""
        self.curr_execgrp = self.execgrp
        if self.sym_gen is not None:
            key = data_batch.bucket_key
            if key not in self.execgrp_bucket:
                self.execgrp_bucket[key] = DataParallelExecutorGroup(
                    self.sym_gen(key), self.arg_names, self.param_names, self.ctx, self.slices, data_batch, self.execgrp
                )
            self.curr_execgrp = self.execgrp_bucket[key]
        self.curr_execgrp.load_data_batch(data_batch)

    def forward(self, is_train: bool = False) -> None:
        """Run the current bucket's executors."""
        self.curr_execgrp.forward(is_train=is_train)  # type: ignore[union-attr]

    def backward(self) -> None:
        """Run the current bucket's executors backwards."""
        self.curr_execgrp.backward()  # type: ignore[union-attr]

    def update_metric(self, metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric see the current bucket's outputs."""
        self.curr_execgrp.update_metric(metric, labels, pre_sliced)  # type: ignore[union-attr]
