"""Executors of one symbol on several devices, each with its part of the batch."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ..base import MXNetError
from ..context import Context
from ..executor_manager import _split_input_slice, check_inputs, copy_means
from ..io import DataBatch, DataDesc
from ..model import Updates
from ..ndarray import NDArray, array, concat, slice_axis
from ..ndarray.ndarray import _DTYPE_MX_TO_NP


class _Input:
    """A data or label input: the executors' arrays, and which part of a batch goes into which."""

    __slots__ = ("_tensor", "_waits", "axis", "desc", "parts", "shape")

    def __init__(self, desc: DataDesc, axis: int, slices: Sequence[slice] | None, arrays: Sequence[Any]) -> None:
        self.desc = desc
        self.shape = tuple(desc.shape)
        self.axis = axis
        whole = len(arrays) == 1 or axis < 0 or slices is None
        self.parts = [(None if whole or slices is None else slices[i], a) for i, a in enumerate(arrays)]
        # One device, dense: every batch is one copy into this tensor.
        self._tensor = arrays[0]._t.data if len(arrays) == 1 and arrays[0].stype == "default" else None
        # Copies to a GPU are queued there; nothing would make a reader of CPU memory wait.
        self._waits = any(a.context.device.type == "cpu" for a in arrays)

    def load(self, source: Any) -> None:
        """Copy a whole batch's array, or a list of arrays, one for each device, to the devices."""
        if self._tensor is None or type(source) is not NDArray:
            self._load_parts(source)
            return
        t = source._t
        if t.shape != self.shape:
            self._refuse(source)
        self._tensor.copy_(t.detach() if t.requires_grad else t, not self._waits)

    def _load_parts(self, source: object) -> None:
        if isinstance(source, (list, tuple)):
            for one, (_, target) in zip(source, self.parts):
                _copy(one, target, self.desc.name)
            return
        if not isinstance(source, NDArray):
            source = array(source, dtype=self.desc.dtype)
        if source.shape != self.shape:
            self._refuse(source)
        for part, target in self.parts:
            if source.stype != "default" or target.stype != "default":
                (source if part is None else source[part]).copyto(target)
            else:
                t = source._t.detach()
                piece = t if part is None else t.narrow(self.axis, part.start, part.stop - part.start)
                target._t.data.copy_(piece, not self._waits)

    def _refuse(self, source: Any) -> None:
        raise MXNetError(f"Input {self.desc.name} has shape {self.shape}, the batch brings {source.shape}")


def _copy(source: NDArray, target: NDArray, name: str) -> None:
    if source.shape != target.shape:
        raise MXNetError(f"{name} has shape {target.shape} on {target.context}, got {source.shape}")
    source.copyto(target)


def _merge_multi_context(outputs: Sequence[Sequence[Any]], major_axis: Sequence[int]) -> list[Any]:
    """Join what the devices have along the batch axis; without one, all have the same, and the first is taken."""
    merged = []
    for arrays, axis in zip(outputs, major_axis):
        if axis < 0 or len(arrays) == 1:
            merged.append(arrays[0])
        else:
            merged.append(concat(*[a.as_in_context(arrays[0].context) for a in arrays], dim=axis))
    return merged


def _prepare_group2ctxs(
    group2ctxs: Sequence[dict[str, Context]] | dict[str, Context] | None, ctx_len: int
) -> list[dict[str, Context] | None]:
    """For each device, the contexts of the graph's groups."""
    if group2ctxs is None:
        return [None] * ctx_len
    if isinstance(group2ctxs, list):
        assert len(group2ctxs) == ctx_len, f"length of group2ctxs should be {ctx_len}, got {len(group2ctxs)}"
        return group2ctxs
    assert isinstance(group2ctxs, dict), (
        f"group2ctxs should map groups to contexts, or be a list of such dicts, got {type(group2ctxs).__name__}"
    )
    by_device: list[dict[str, Context]] = [{} for _ in range(ctx_len)]
    for group, given in group2ctxs.items():
        contexts = [given] if isinstance(given, Context) else list(given)
        if len(contexts) == 1:
            contexts *= ctx_len
        assert len(contexts) == ctx_len, f"length of group2ctxs[{group}] should be {ctx_len} or 1, got {len(contexts)}"
        for mapping, ctx in zip(by_device, contexts):
            mapping[group] = ctx
    return by_device  # type: ignore[return-value]


class DataParallelExecutorGroup:
    """One executor a device; every batch is split over them.

    Parameters
    ----------
    symbol : Symbol
    contexts : list of Context
    workload : list of number
        How large the devices' parts of a batch are, relative to each other.
    data_shapes, label_shapes : list of DataDesc or (str, tuple)
        Shapes of whole batches; labels may be None.
    param_names : list of str
    for_training : bool
        Whether to allocate gradients.
    inputs_need_grad : bool
        Whether to allocate gradients of the data.
    shared_group : DataParallelExecutorGroup, optional
        A group whose parameters and input memory to share (another bucket).
    logger : Logger
    fixed_param_names : list of str, optional
        Parameters without gradient.
    grad_req : str, list of str or dict of str to str
    state_names : list of str, optional
        Inputs that stay from batch to batch.
    group2ctxs : optional
        Contexts of the graph's groups: a dict, or one for each device.

    Attributes
    ----------
    execs : list of Executor
    data_arrays, label_arrays : list of list of (slice, NDArray)
        For each input, the devices' parts of the batch and their arrays.
    param_arrays, grad_arrays, aux_arrays, state_arrays, input_grad_arrays : list of list of NDArray
        For each name, the devices' arrays.
    """

    def __init__(
        self,
        symbol: Any,
        contexts: Sequence[Context],
        workload: Sequence[float],
        data_shapes: Any,
        label_shapes: Any,
        param_names: Sequence[str],
        for_training: bool,
        inputs_need_grad: bool,
        shared_group: DataParallelExecutorGroup | None = None,
        logger: Any = logging,
        fixed_param_names: Sequence[str] | None = None,
        grad_req: Any = "write",
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
    ) -> None:
        self.contexts, self.workload, self.logger = contexts, workload, logger
        self.group2ctxs = _prepare_group2ctxs(group2ctxs, len(contexts))
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self.symbol = symbol
        self.arg_names, self.aux_names = symbol.list_arguments(), symbol.list_auxiliary_states()
        self.param_names = param_names
        self.state_names, self.fixed_param_names = state_names or [], fixed_param_names or []
        self._total_exec_bytes = 0

        data_shapes, label_shapes = (
            given and [x if isinstance(x, DataDesc) else DataDesc(*x) for x in given]
            for given in (data_shapes, label_shapes)
        )
        self.grad_req = self._grad_reqs(grad_req if for_training else "null", [d.name for d in data_shapes])
        self.shared_data_arrays: list[dict[str, Any]] = (
            [{} for _ in contexts] if shared_group is None else shared_group.shared_data_arrays
        )

        self.batch_size: int | None = None
        self.slices: list[slice] | None = None
        self.execs: list[Any] = []
        self._default_execs: list[Any] | None = None
        self.output_names = symbol.list_outputs()
        self.num_outputs = len(self.output_names)
        self.output_layouts = [DataDesc.get_batch_axis(symbol[i].attr("__layout__")) for i in range(self.num_outputs)]
        self.bind_exec(data_shapes, label_shapes, shared_group)

    def _grad_reqs(self, grad_req: str | Sequence[str] | dict[str, str], data_names: Sequence[str]) -> dict[str, str]:
        """What is done with the gradient of each argument."""
        if isinstance(grad_req, (list, tuple)):
            assert len(grad_req) == len(self.arg_names), (
                f"grad_req needs {len(self.arg_names)} entries, one for each of {self.arg_names}, got {len(grad_req)}"
            )
            return dict(zip(self.arg_names, grad_req))
        if not isinstance(grad_req, (str, dict)):
            raise ValueError("grad_req must be one of str, list, tuple, or dict.")
        default = "write" if isinstance(grad_req, dict) else grad_req
        wanted = set(self.param_names) - set(self.fixed_param_names)
        if self.inputs_need_grad:
            wanted |= set(data_names)
        reqs = {name: default if name in wanted else "null" for name in self.arg_names}
        if isinstance(grad_req, dict):
            reqs.update(grad_req)
        return reqs

    # ------------------------------------------------------------------ binding

    def decide_slices(self, data_shapes: Sequence[DataDesc]) -> list[int]:
        """Work out the devices' parts of a batch; gives the batch axis of each input (-1: none).

        Raises
        ------
        AssertionError
            When inputs have different batch sizes.
        ValueError
            When the batch is too small for the devices.
        """
        assert len(data_shapes) > 0, "at least one input is needed"
        axes = [DataDesc.get_batch_axis(d.layout) for d in data_shapes]
        for (name, shape), axis in zip(data_shapes, axes):
            if axis < 0:
                continue
            size = shape[axis]
            if self.batch_size is None:
                self.batch_size = size
                self.slices = _split_input_slice(size, self.workload)
            assert size == self.batch_size, (
                f"all data must have the same batch size: batch_size = {self.batch_size}, but {name} has shape {shape}"
            )
        return axes

    def bind_exec(
        self,
        data_shapes: Sequence[DataDesc],
        label_shapes: Sequence[DataDesc] | None,
        shared_group: DataParallelExecutorGroup | None = None,
        reshape: bool = False,
    ) -> None:
        """Make the executors, or with ``reshape`` make them anew for other shapes, sharing parameters."""
        assert reshape or not self.execs
        check_inputs([desc.name for desc in [*data_shapes, *(label_shapes or [])]], self.arg_names)
        self.batch_size = None
        self.data_layouts = self.decide_slices(data_shapes)
        self.label_layouts = [] if label_shapes is None else self.decide_slices(label_shapes)
        made = []
        for i in range(len(self.contexts)):
            data = self._sliced_shape(data_shapes, i, self.data_layouts)
            labels = self._sliced_shape(label_shapes or [], i, self.label_layouts)
            if reshape:
                shapes = {d.name: d.shape for d in [*data, *labels]}
                made.append(self._default_execs[i].reshape(allow_up_sizing=True, **shapes))  # type: ignore[index]
            else:
                made.append(self._bind_ith_exec(i, data, labels, shared_group))
        self.execs = made
        self.data_shapes = data_shapes
        self.label_shapes = label_shapes
        self.data_names = [d.name for d in data_shapes]
        self.label_names = [d.name for d in label_shapes or []]
        self._collect_arrays()

    def _bind_ith_exec(
        self,
        i: int,
        data: Sequence[DataDesc],
        labels: Sequence[DataDesc],
        shared_group: DataParallelExecutorGroup | None,
    ) -> Any:
        """Bind the executor of one device."""
        attributes = self.symbol.attr_dict()
        types = {}
        for d in data:
            code = attributes.get(d.name, {}).get("__dtype__", "-1")
            types[d.name] = d.dtype if code == "-1" else _DTYPE_MX_TO_NP[int(code)]
        types.update({d.name: d.dtype for d in labels})
        shared = None if shared_group is None else shared_group.execs[i]
        executor = self.symbol.simple_bind(
            ctx=self.contexts[i],
            grad_req=self.grad_req,
            type_dict=types,
            shared_arg_names=list(self.param_names),
            shared_exec=shared,
            group2ctx=self.group2ctxs[i],
            shared_buffer=self.shared_data_arrays[i],
            **{d.name: d.shape for d in [*data, *labels]},
        )
        self._total_exec_bytes += _own_bytes(executor, shared)
        return executor

    def _sliced_shape(self, shapes: Sequence[DataDesc], i: int, major_axis: Sequence[int]) -> list[DataDesc]:
        """The shapes of one device's part of a batch."""
        sliced = []
        for desc, axis in zip(shapes, major_axis):
            shape = list(desc.shape)
            if axis >= 0:
                part = self.slices[i]  # type: ignore[index]
                shape[axis] = part.stop - part.start
            sliced.append(DataDesc(desc.name, tuple(shape), desc.dtype, desc.layout))
        return sliced

    def _collect_arrays(self) -> None:
        """Look up the executors' arrays, once for all batches."""
        execs = self.execs
        self._data_inputs = self._inputs(self.data_shapes, self.data_layouts)
        self._label_inputs = self._inputs(self.label_shapes or [], self.label_layouts)
        self.data_arrays = self._with_slices(self._data_inputs)
        self.label_arrays = None if self.label_shapes is None else self._with_slices(self._label_inputs)
        self.state_arrays = [[e.arg_dict[name] for e in execs] for name in self.state_names]
        kept = set(self.param_names)
        places = [i for i, name in enumerate(self.arg_names) if name in kept]
        self._ordered_names = [self.arg_names[i] for i in places]
        self.param_arrays = [[e.arg_arrays[i] for e in execs] for i in places]
        self.grad_arrays = [[e.grad_arrays[i] for e in execs] for i in places] if self.for_training else None
        self.input_grad_arrays: Any = None
        if self.inputs_need_grad:
            at = {name: i for i, name in enumerate(self.arg_names)}
            self.input_grad_arrays = [[e.grad_arrays[at[n]] for e in execs] for n in self.data_names if n in at]
        self.aux_arrays = [[e.aux_arrays[i] for e in execs] for i in range(len(self.aux_names))]
        self.updates = Updates(self.param_arrays, self.grad_arrays or [], self._ordered_names, len(execs))

    def _inputs(self, shapes: Sequence[DataDesc], axes: Sequence[int]) -> list[_Input]:
        return [
            _Input(desc, axis, self.slices, [e.arg_dict[desc.name] for e in self.execs])
            for desc, axis in zip(shapes, axes)
        ]

    def _with_slices(self, inputs: Sequence[_Input]) -> list[list[tuple[slice, Any]]]:
        slices = self.slices or [slice(i, i + 1) for i in range(len(self.execs))]
        return [[(s, target) for s, (_, target) in zip(slices, x.parts)] for x in inputs]

    def reshape(self, data_shapes: Sequence[DataDesc], label_shapes: Sequence[DataDesc] | None) -> None:
        """Go on with other input shapes."""
        if data_shapes == self.data_shapes and label_shapes == self.label_shapes:
            return
        if self._default_execs is None:
            self._default_execs = list(self.execs)
        self.bind_exec(data_shapes, label_shapes, reshape=True)

    # ------------------------------------------------------------------ parameters and states

    def set_params(self, arg_params: dict[str, Any], aux_params: dict[str, Any], allow_extra: bool = False) -> None:
        """Copy parameters and auxiliary states to all devices.

        Raises
        ------
        ValueError
            For names that the symbol has not, unless ``allow_extra``.
        """
        for e in self.execs:
            e.copy_params_from(arg_params, aux_params, allow_extra_params=allow_extra)

    def get_params(self, arg_params: dict[str, Any], aux_params: dict[str, Any]) -> None:
        """Write the parameters and auxiliary states (their means over the devices) into arrays."""
        groups = (self._ordered_names, self.param_arrays, arg_params), (self.aux_names, self.aux_arrays, aux_params)
        # A checkpoint does not hold a label that was bound as if it were a parameter.
        copy_means([(into[n], block) for names, blocks, into in groups for n, block in zip(names, blocks) if n in into])

    def get_states(self, merge_multi_context: bool = True) -> list[list[Any]]:
        """The states' arrays, a list over devices for each."""
        assert not merge_multi_context, "merge_multi_context=True is not supported for get_states yet."
        return self.state_arrays

    def set_states(self, states: Any = None, value: object | None = None) -> None:
        """Set the states to given arrays (a list over devices for each), or all to one number."""
        assert (states is None) != (value is None), "Exactly one of states & value must be specified."
        for i, targets in enumerate(self.state_arrays):
            for k, target in enumerate(targets):
                if states is None:
                    target[:] = value
                else:
                    _copy(states[i][k], target, self.state_names[i])

    # ------------------------------------------------------------------ computation

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Split a batch (or take a list of batches, one a device) and run all executors."""
        if isinstance(data_batch, list):
            data = [list(parts) for parts in zip(*[b.data for b in data_batch])]
            label = [list(parts) for parts in zip(*[b.label or [] for b in data_batch])]
        else:
            data, label = data_batch.data, getattr(data_batch, "label", None) or []
        for x, source in zip(self._data_inputs, data):
            x.load(source)
        if label:
            for x, source in zip(self._label_inputs, label):
                x.load(source)
        if is_train is None:
            is_train = self.for_training
        for e in self.execs:
            e.forward(is_train=is_train)

    def backward(self, out_grads: NDArray | Sequence[NDArray] | None = None) -> None:
        """Run all executors backwards; ``out_grads`` are gradients of whole, joined outputs."""
        assert self.for_training, "re-bind with for_training=True to run backward"
        if out_grads is None:
            for e in self.execs:
                e.backward()
            return
        if isinstance(out_grads, NDArray):
            out_grads = [out_grads]
        for i, e in enumerate(self.execs):
            part = self.slices[i] if self.slices and len(self.execs) > 1 else None
            pieces = []
            for grad, axis in zip(out_grads, self.output_layouts):
                if part is not None and axis >= 0:
                    grad = slice_axis(grad, axis=axis, begin=part.start, end=part.stop)
                pieces.append(grad.as_in_context(self.contexts[i]))
            e.backward(out_grads=pieces)

    def get_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the outputs, for the whole batch."""
        shapes = []
        for name, outs, axis in zip(self.output_names, zip(*[e.outputs for e in self.execs]), self.output_layouts):
            shape = list(outs[0].shape)
            if axis >= 0:
                shape[axis] = sum(out.shape[axis] for out in outs)
            shapes.append((name, tuple(shape)))
        return shapes

    def get_outputs(self, merge_multi_context: bool = True, begin: int = 0, end: int | None = None) -> list[Any]:
        """The outputs ``begin`` to ``end``: joined over the devices, or a list over devices for each."""
        by_device = [e.outputs[begin:end] for e in self.execs]
        outputs = [list(arrays) for arrays in zip(*by_device)]
        return _merge_multi_context(outputs, self.output_layouts[begin:end]) if merge_multi_context else outputs

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the data inputs: joined over the devices, or a list over devices for each."""
        assert self.inputs_need_grad, "bind with inputs_need_grad=True to get input gradients"
        grads = self.input_grad_arrays
        return _merge_multi_context(grads, self.data_layouts) if merge_multi_context else grads

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool) -> None:
        """Let a metric see each device's outputs beside its part of the labels."""
        for i, e in enumerate(self.execs):
            if pre_sliced:
                part = labels[i]
            elif len(self.execs) == 1 or not self.slices:
                part = labels
            else:
                part = [_label_part(x, axis, self.slices[i]) for x, axis in zip(labels, self.label_layouts)]
            eval_metric.update_dict(dict(zip(self.label_names, part or [])), dict(zip(self.output_names, e.outputs)))

    def install_monitor(self, mon: Any) -> None:
        """Have a monitor see the values in all executors."""
        for e in self.execs:
            mon.install(e)


def _label_part(label: Any, axis: int, part: slice) -> Any:
    if axis < 0:
        return label
    return label[part] if axis == 0 else slice_axis(label, axis=axis, begin=part.start, end=part.stop)


def _own_bytes(executor: Any, shared: Any) -> int:
    """How many bytes of arrays an executor does not share with another one."""

    def arrays(e: Any) -> list[Any]:
        return [a for a in [*e.arg_arrays, *e.grad_arrays, *e.aux_arrays] if a is not None and a.stype == "default"]

    known = set() if shared is None else {a._t.untyped_storage().data_ptr() for a in arrays(shared)}
    storages = {a._t.untyped_storage().data_ptr(): a._t.untyped_storage().nbytes() for a in arrays(executor)}
    return sum(size for place, size in storages.items() if place not in known)
