"""The eager call: run an operator on arrays, record it for gradients when asked to, wrap the result.

This is the hottest path of the package. A call does no parsing and builds no objects beyond the result.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any
from weakref import ref

import torch

from ..base import MXNetError
from ..context import Context, current_context, parse_context
from . import history, integers, profiling
from .array import Array, require_array
from .errors import RAISED, op_error
from .grad_mode import grad_mode, is_enabled, set_enabled
from .history import origin_of, recorded, recorded_call
from .layout import byte_range, same_memory
from .outputs import targets, write_out, write_value
from .registry import OpDef
from .sparse.dispatch import applies, run_rule
from .sparse.storage import Sparse
from .state import state
from .tape import reach

_CONTIGUOUS = torch.contiguous_format
_NO_PARAMS: dict[str, Any] = {}


def invoke(
    od: OpDef,
    arrays: Sequence[Array | None],
    kwargs: dict[str, Any],
    out: Array | Sequence[Array] | None = None,
    kind: type[Array] | None = None,
) -> Any:
    """Run an operator eagerly.

    Parameters
    ----------
    od : OpDef
    arrays : sequence of Array or None
        The tensor inputs, in the operator's order; None for an absent one. Results are of the kind of the first.
    kwargs : dict
        Decoded parameters (those not given take the function's defaults).
    out : Array or list of Array, optional
        Where to write the visible outputs.
    kind : class, optional
        Of what kind the results are when there are no inputs.

    Returns
    -------
    Array or list of Array
        The visible outputs; ``out`` when it was given.
    """
    if od.cast_rule is not None:
        arrays = od.cast_rule.eager(od, arrays, kwargs)
    ctx = None
    like: Any = kind
    tensors: list[Any] = []
    try:
        for a in arrays:
            if a is None:
                tensors.append(None)
            else:
                tensors.append(a._plain)
                if ctx is None:
                    ctx, like = a._ctx, a
    except AttributeError:  # only dense arrays have it
        return _invoke_sparse(od, arrays, kwargs, out)
    if ctx is None:
        ctx = _creation_context(od, kwargs, out)
    if od.train_arg or od.rng_arg or od.device_arg:
        od.add_marks(kwargs, state.training, ctx)
    if od.mutates or od.inplace:
        _prepare_mutation(od, arrays, kwargs, tensors, out)

    record = state.recording and od.recorded
    if not record or (od.backward_fn is None and od.differentiable and not od.inert and not integers.proxies):
        result = compute(od.name, od.fn, tensors, kwargs, record)
    else:
        result = compute(od.name, _recorded, (od, tensors, kwargs), _NO_PARAMS, True, tensors)
    if out is None and type(result) is torch.Tensor:
        if not record:
            if od.aliases_input and _shares(result, tensors):
                result = result.clone(memory_format=_CONTIGUOUS)
            return like._wrap(result, ctx)
        stands = result if result.requires_grad else integers.in_graph(result)
        if not stands.requires_grad and any(t is not None and integers.in_graph(t).requires_grad for t in tensors):
            result = compute(od.name, _without_gradient, (od, result, tensors, kwargs), _NO_PARAMS, True, tensors)
            stands = integers.in_graph(result)
        array = like._wrap(result, ctx)
        if stands.requires_grad:
            # As ``recorded`` does, which would be a tenth of a microsecond more.
            try:
                origins = [a._origin for a in arrays]  # type: ignore[union-attr]
            except AttributeError:
                origins = [origin_of(a) for a in arrays]
            array._origin = (od, kwargs, origins, 0)
            history.remember(ref(array))
            if history.count() > history.LONG:
                history.sort()
        return array
    if not record and type(result) is torch.Tensor and od.merge is None and isinstance(out, Array):
        write_out(od.name, out, result, False)
        return out
    behind = record and any(t is not None and integers.in_graph(t).requires_grad for t in tensors)
    found = _several(od, result, kwargs, ctx, out, tensors, record, like, behind)
    if behind:
        recorded_call(
            found if isinstance(found, (list, tuple)) else (found,), od, kwargs, [origin_of(a) for a in arrays]
        )
    return found


def compute(
    name: str,
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    record: bool,
    given: Sequence[Any] | None = None,
) -> Any:
    """Run a function over tensors. All eager calls do it here, in the grad mode they need and with errors that name it.

    Parameters
    ----------
    name : str
        Of the operator or function.
    fn : callable
    args, kwargs
        Its arguments.
    record : bool
        Whether torch records it.
    given : sequence of Tensor, optional
        The inputs, which messages show; those in ``args`` when not given.
    """
    before = is_enabled()
    if record is not before:
        set_enabled(record)
    try:
        if profiling.eager:
            return profiling.call(name, fn, args, kwargs)
        return fn(*args, **kwargs)
    except RAISED as e:
        inputs = [a for a in (args if given is None else given) if a is None or isinstance(a, (torch.Tensor, Sparse))]
        error = op_error(name, e, inputs)
        if error is e:
            raise
        raise error from e
    finally:
        if record is not before:
            set_enabled(before)


def _recorded(od: OpDef, tensors: list[Any], kwargs: dict[str, Any]) -> Any:
    """Run an operator that is recorded: with a gradient of its own, inert inputs, or integers that take part."""
    if integers.has_proxy(tensors):
        result = integers.run(od.run, tensors, kwargs, od.repeatable)
    else:
        result = od.run(tensors, kwargs)
    return _reaching_inert(od, result, tensors, kwargs) if od.inert else result


def _reaching_inert(od: OpDef, result: Any, tensors: list[Any], kwargs: dict[str, Any]) -> Any:
    """Results that have a gradient, connected to the inputs that never get any."""
    results = [result] if type(result) is torch.Tensor else list(result)
    carry = [i for i, r in enumerate(results) if integers.in_graph(r).requires_grad]
    _reach_from(results, carry, od.inert_inputs(tensors, kwargs))
    return results[0] if type(result) is torch.Tensor else results


def _reach_from(results: list[Any], places: Sequence[int], inputs: Sequence[Any]) -> None:
    """Connect the results at these places to inputs, which get a gradient of zero through them."""
    if places:
        for i, r in zip(places, reach([results[i] for i in places], inputs)):
            results[i] = r


def _without_gradient(od: OpDef, result: torch.Tensor, tensors: list[Any], kwargs: dict[str, Any]) -> torch.Tensor:
    """A recorded result that torch has cut off: of integers, or one that does not change with the inputs."""
    if od.makes_integers(kwargs):
        return integers.run(od.run, tensors, kwargs)
    return reach((result,), tensors)[0]


def derive(
    x: Array,
    fn: Callable[..., torch.Tensor],
    args: tuple[Any, ...],
    make: Callable[[torch.Tensor], Any],
    op: object,
    params: object,
    *others: Any,
) -> Any:
    """The array ``make(fn(tensor, *args))`` of another: a view, a part or a move, for which there is no operator.

    Parameters
    ----------
    x : Array
    fn : callable
        Gives a tensor of the tensor of ``x``; or of its proxy, if it is one of integers.
    args : tuple
        Its further arguments.
    make : callable
        Makes an array of the kind of ``x``.
    op, params, *others
        The operators that do the same, for :func:`mxnet.autograd.get_symbol`; see :data:`mxnet._core.history.Origin`.
    """
    t = x._t
    if not integers.in_graph(t).requires_grad:
        return make(fn(t, *args))
    if not state.recording:
        return make(fn(t.detach(), *args))
    with grad_mode(True):
        array = make(fn(t, *args))
        array._t = integers.follow(array._t, t, lambda proxy: fn(proxy, *args))
    recorded(array, op, params, [origin_of(x), *others])
    return array


def composed(
    name: str,
    fn: Callable[..., Any],
    args: Sequence[Any],
    like: Array,
    operators: Callable[[], tuple[Any, Any, Sequence[Any]]],
    given: Sequence[Any] | None = None,
) -> Any:
    """What several operators give, as arrays like another, computed by one function that is faster than they are.

    ``operators`` gives the last of those operators, its parameters, and what its inputs were computed from, for
    :func:`mxnet.autograd.get_symbol`; see :data:`mxnet._core.history.Origin`. The rest is as for :func:`compute`.
    """
    record = state.recording
    result = compute(name, fn, args, _NO_PARAMS, record, given)
    single = isinstance(result, torch.Tensor)
    arrays = [like._wrap(r, like._ctx) for r in ((result,) if single else result)]
    if record:
        recorded_call(arrays, *operators())
    return arrays[0] if single else arrays


def _several(
    od: OpDef,
    result: Any,
    kwargs: dict[str, Any],
    ctx: Context,
    out: Any,
    tensors: list[Any],
    record: bool,
    like: Any,
    behind: bool,
) -> Any:
    """Wrap several outputs, or write them where the caller wants them; ``behind``: inputs have gradients."""
    results = list(result) if isinstance(result, (tuple, list)) else [result]
    if len(results) > 1:
        if od.visible is not None:
            p = od.namespace(kwargs)
            results = results[: od.num_visible(p)]
        if behind:  # a gradient of zero comes through outputs that torch has cut off
            dense = [i for i, r in enumerate(results) if not isinstance(r, Sparse)]
            _reach_from(results, [i for i in dense if not integers.in_graph(results[i]).requires_grad], tensors)
    if out is not None:
        for target, r in zip(targets(od.name, out, results), results):
            r = r.dense() if isinstance(r, Sparse) else r
            write_out(od.name, target, r if od.merge is None else od.merge(target._t.data, r, kwargs), record)
        return out
    if isinstance(result, Sparse):
        return like._wrap_value(result, ctx)
    if od.aliases_input and not record:
        results = [r.clone(memory_format=_CONTIGUOUS) if _shares(r, tensors) else r for r in results]
    arrays = [like._wrap_value(r, ctx) if isinstance(r, Sparse) else like._wrap(r, ctx) for r in results]
    return arrays[0] if len(arrays) == 1 else arrays


def _shares(result: torch.Tensor, tensors: Sequence[torch.Tensor | None]) -> bool:
    begin = result.data_ptr()  # most that share memory begin together, and this is known four times as fast
    for t in tensors:
        if t is not None and (t.data_ptr() == begin or same_memory(t, result)):
            return True
    return False


def _prepare_mutation(
    od: OpDef, arrays: Sequence[Any], kwargs: dict[str, Any], tensors: list[Any], out: object
) -> None:
    """Hand arrays that the function writes as plain memory, and spare the weight when the result goes elsewhere."""
    written = []
    for i, by_result in od.written_inputs(kwargs, len(arrays)):
        if i >= len(arrays) or arrays[i] is None:
            continue
        if by_result and out is not arrays[i] and not _among(out, arrays[i]):
            tensors[i] = tensors[i].detach().clone()
        else:
            tensors[i] = tensors[i].data
            written.append(i)
    if not od.recorded:
        _keep_apart(od, kwargs, tensors, written)


def _among(out: object, array: object) -> bool:
    """Whether an array is one of several that results go to."""
    return isinstance(out, (list, tuple)) and any(o is array for o in out)


def _keep_apart(od: OpDef, kwargs: dict[str, Any], tensors: list[Any], written: list[int]) -> None:
    """Have an update read what it was given, where that shares memory with what it writes.

    Raises
    ------
    MXNetError
        When two arrays that are written overlap: there is no right result.
    """
    ranges = [None if t is None else byte_range(t) for t in tensors]
    following = sorted([r for r in ranges if r is not None])
    if all(a[1] <= b[0] for a, b in itertools.pairwise(following)):
        return
    for i in written:
        begin, end = ranges[i]  # type: ignore[misc]  # what is written is given
        for k, other in enumerate(ranges):
            if k == i or other is None or other[0] >= end or other[1] <= begin:
                continue
            if k not in written:
                tensors[k] = tensors[k].clone()
                ranges[k] = None
            elif other != ranges[i]:
                names = od.input_names(od.namespace(kwargs), len(tensors))
                raise MXNetError(f"Operator {od.name}: {names[i]} and {names[k]} overlap, and both are written")


def _creation_context(od: OpDef, kwargs: dict[str, Any], out: Any) -> Context:
    """The context of an operator without inputs: that of ``out``, its ``ctx`` parameter or the current one.

    The shape follows from ``out`` too when it is not given.
    """
    if out is not None and not isinstance(out, (list, tuple)):
        require_array(out, "out", od.name)
        if "shape" in od.params:
            kwargs.setdefault("shape", out.shape)
        return out._ctx
    text = kwargs.get("ctx") if od.has_ctx else None
    return parse_context(text) if text else current_context()


# ---------------------------------------------------------------------- the short cut for arithmetic
#
# Arithmetic of dense arrays that is not recorded is little more than its kernel: nothing has a gradient, so that the
# grad mode does not matter, and there are no parameters or outputs to look at. It takes 2.3 instead of 3.6 µs for small
# arrays.


def arithmetic(od: OpDef, a: Array, b: Array, same_shape: OpDef) -> Any:
    """An operator on two arrays, which broadcasts; ``same_shape`` keeps sparse arrays of one shape sparse."""
    try:
        x, y = a._plain, b._plain
    except AttributeError:
        return invoke(same_shape if a.shape == b.shape else od, (a, b), {})
    if state.recording or od.cast_rule is not None or x.requires_grad or y.requires_grad or profiling.eager:
        return invoke(od, (a, b), {})
    try:
        return a._wrap(od.fn(x, y), a._ctx)
    except RAISED as e:
        raise op_error(od.name, e, (x, y)) from e


def elementwise(od: OpDef, a: Array, kwargs: dict[str, Any]) -> Any:
    """An operator on one array, with parameters such as a number beside it."""
    try:
        x = a._plain
    except AttributeError:
        return invoke(od, (a,), kwargs)
    if state.recording or x.requires_grad or od.cast_rule is not None or profiling.eager:
        return invoke(od, (a,), kwargs)
    try:
        return a._wrap(od.fn(x, **kwargs), a._ctx)
    except RAISED as e:
        raise op_error(od.name, e, (x,)) from e


def arithmetic_in_place(od: OpDef, a: Array, b: Array, same_shape: OpDef, torch_method: str | None) -> Any:
    """An operator on two arrays, into the first; sparse arrays, whose places may change, give a new one.

    ``torch_method`` does the same to tensors of one shape and one floating type.
    """
    if a.stype != "default":
        return arithmetic(od, a, b, same_shape)
    if b.stype == "default" and torch_method and not (state.recording or profiling.eager):
        x, y = a._plain, b._plain
        if (
            x.dtype == y.dtype
            and x.is_floating_point()
            and x.shape == y.shape
            and (x is y or (x.is_contiguous() and y.is_contiguous()))  # torch notices no other views that overlap
        ):
            try:
                getattr(x.data, torch_method)(y.detach())
                return a
            except RuntimeError:  # the two overlap: by way of a copy
                pass
    return invoke(od, (a, b), {}, a)


# ---------------------------------------------------------------------- calls in which an array is sparse


def _invoke_sparse(od: OpDef, arrays: Sequence[Any], kwargs: dict[str, Any], out: object) -> Any:
    """Run an operator of which some inputs are sparse."""
    for name, a in zip(od.inputs, arrays):
        if a is not None:
            require_array(a, name, od.name)
    inputs = [None if a is None else a._value for a in arrays]
    p = od.namespace(kwargs)
    if not compute(od.name, applies, (od, inputs, p), _NO_PARAMS, False, inputs):
        return _on_copies(od, arrays, kwargs, out)
    record = state.recording and od.recorded
    result = compute(
        od.name, run_rule, (od, _with_copies(od, arrays, inputs, out), p, kwargs), _NO_PARAMS, record, inputs
    )
    first = next(a for a in arrays if a is not None)
    results = list(result) if isinstance(result, (tuple, list)) else [result]
    if out is None:
        made = [first._wrap_value(r, first._ctx) for r in results]
        if record:
            recorded_call(made, od, kwargs, [origin_of(a) for a in arrays])
        return made[0] if len(made) == 1 else made
    for target, r in zip(targets(od.name, out, results), results):
        write_value(od.name, target, r, record)
    return out


def _with_copies(od: OpDef, arrays: Sequence[Any], inputs: list[Any], out: object) -> list[Any]:
    """The inputs, with memory for what the rule writes: the weight itself only where the result goes there."""
    if not (od.mutates or od.inplace):
        return inputs
    outs = out if isinstance(out, (list, tuple)) else (out,)
    spared = []
    for name, a, x in zip(od.inputs, arrays, inputs):
        if x is not None and od.is_inplace(name) and not any(o is a for o in outs):
            x = x.detach().clone()
        elif isinstance(x, torch.Tensor):
            x = x.data
        spared.append(x)
    return spared


def _on_copies(od: OpDef, arrays: Sequence[Any], kwargs: dict[str, Any], out: object) -> Any:
    """Run the dense operator on dense copies, and bring what it writes into its inputs back to the sparse arrays."""
    dense = {id(a): a._wrap(a._t, a._ctx) for a in arrays if a is not None and a.stype != "default"}
    given = [dense.get(id(a), a) for a in arrays]
    outs = None if out is None else [dense.get(id(o), o) for o in (out if isinstance(out, (list, tuple)) else [out])]
    result = invoke(od, given, kwargs, None if outs is None else outs if isinstance(out, (list, tuple)) else outs[0])
    names = od.input_names(od.namespace(kwargs), len(arrays)) if od.variadic else od.inputs
    for name, a, copy in zip(names, arrays, given):
        if copy is not a and (od.is_mutated(name) or (outs is not None and any(o is copy for o in outs))):
            a._replace(copy._t.detach())
    return result if out is None else out
