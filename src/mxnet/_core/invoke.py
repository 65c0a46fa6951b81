"""The eager call: run an operator on arrays, record it for gradients when asked to, wrap the result.

This is the hottest path of the package. A call does no parsing and builds no objects beyond the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from weakref import ref

import torch

from ..base import MXNetError, OperatorIndexError, OperatorTypeError, OperatorValueError
from ..context import Context, current_context
from . import history, integers
from .history import note_of
from .registry import OpDef
from .sparse.storage import Sparse
from .state import state
from .tape import reach

if TYPE_CHECKING:
    from ..ndarray.ndarray import NDArray

_grad_enabled = torch.is_grad_enabled
_set_grad_enabled = torch._C._set_grad_enabled
_CONTIGUOUS = torch.contiguous_format

# Filled in by ndarray.py, which imports this module: makes an NDArray of a tensor and a context.
wrap: Any = None
# Filled in by ndarray/_sparse_calls.py: the call for sparse arrays; what makes an array of anything an operator gives.
invoke_sparse: Any = None
wrap_sparse: Any = None


def invoke(od: OpDef, arrays: Sequence[NDArray | None], kwargs: dict[str, Any], out: Any = None) -> Any:
    """Run an operator eagerly.

    Parameters
    ----------
    od : OpDef
    arrays : sequence of NDArray or None
        The tensor inputs, in the operator's order; None for an absent one.
    kwargs : dict
        Decoded parameters (those not given take the function's defaults).
    out : NDArray or list of NDArray, optional
        Where to write the visible outputs.

    Returns
    -------
    NDArray or list of NDArray
        The visible outputs; ``out`` when it was given.
    """
    if od.cast_rule is not None:
        arrays = od.cast_rule.eager(od, arrays, kwargs)
    ctx = None
    make = wrap
    tensors: list[Any] = []
    try:
        for a in arrays:
            if a is None:
                tensors.append(None)
            else:
                tensors.append(a._plain)
                if ctx is None:
                    ctx, make = a._ctx, a._wrap  # results are of the kind of the first input
    except AttributeError:  # only dense arrays have it
        return invoke_sparse(od, arrays, kwargs, out)
    if ctx is None:
        ctx = _creation_context(od, kwargs, out)
    if od.train_arg or od.rng_arg or od.device_arg:
        od.add_marks(kwargs, state.training, ctx)
    if od.mutates or od.inplace:
        _prepare_mutation(od, arrays, kwargs, tensors, out)

    record = state.recording and od.recorded
    before = _grad_enabled()
    if record is not before:
        _set_grad_enabled(record)
    try:
        if record and integers.active and integers.carried(tensors):
            result = integers.run(od.run, tensors, kwargs, od.repeatable)
        else:
            result = od.run(tensors, kwargs)
        if out is None and type(result) is torch.Tensor:
            if od.aliases_input and not record and any(t is not None and same_memory(t, result) for t in tensors):
                result = result.clone(memory_format=_CONTIGUOUS)
            if record and not result.requires_grad and not hasattr(result, "_proxy"):
                result = _without_gradient(od, result, tensors, kwargs)
            array = make(result, ctx)
            if record and (
                result.requires_grad or hasattr(result, "_proxy")
            ):  # as ``recorded`` does, which would be a tenth of a microsecond more
                try:
                    notes = [a._note for a in arrays]  # type: ignore[union-attr]
                except AttributeError:
                    notes = [note_of(a) for a in arrays]
                array._note = (od, kwargs, notes, 0)
                history.remember(ref(array))
                if history.count() > history.LONG:
                    history.sort()
            return array
    except (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError) as e:
        error = op_error(od.name, e, tensors)
        if error is e:
            raise
        raise error from e
    finally:
        if record is not before:
            _set_grad_enabled(before)
    found = _several(od, result, kwargs, ctx, out, tensors, record, make)
    if record and any(t is not None and integers.in_graph(t).requires_grad for t in tensors):
        history.recorded_call(
            found if isinstance(found, (list, tuple)) else (found,), od, kwargs, [note_of(a) for a in arrays]
        )
    return found


def _without_gradient(od: OpDef, result: torch.Tensor, tensors: list[Any], kwargs: dict[str, Any]) -> torch.Tensor:
    """A recorded result that torch has cut off: of integers, or one that does not change with the inputs."""
    if od.makes_integers(kwargs):
        return integers.run(od.run, tensors, kwargs)
    return reach((result,), tensors)[0]


def _several(
    od: OpDef,
    result: Any,
    kwargs: dict[str, Any],
    ctx: Context,
    out: Any,
    tensors: list[Any],
    record: bool,
    make: Any,
) -> Any:
    """Wrap several outputs, or write them where the caller wants them."""
    results = list(result) if isinstance(result, (tuple, list)) else [result]
    if len(results) > 1:
        if od.visible is not None:
            p = od.namespace(kwargs)
            results = results[: od.num_visible(p)]
    if out is not None:
        outs = [out] if not isinstance(out, (list, tuple)) else list(out)
        if len(outs) != len(results):
            raise MXNetError(f"Operator {od.name}: out has {len(outs)} arrays, the operator {len(results)} outputs")
        for target, r in zip(outs, results):
            r = r.dense() if isinstance(r, Sparse) else r
            write_out(od.name, target, r if od.merge is None else od.merge(target._t.data, r, kwargs), record)
        return out
    if results and isinstance(results[0], Sparse):
        return wrap_sparse(results[0], ctx)
    if od.aliases_input and not record:
        results = [
            r.clone(memory_format=_CONTIGUOUS) if any(t is not None and same_memory(t, r) for t in tensors) else r
            for r in results
        ]
    arrays = [wrap_sparse(r, ctx) if isinstance(r, Sparse) else make(r, ctx) for r in results]
    return arrays[0] if len(arrays) == 1 else arrays


def same_memory(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


def write_out(name: str, target: NDArray, value: torch.Tensor, record: bool) -> None:
    """Write a result into the caller's array, in place."""
    try:
        t = target._plain
    except AttributeError:  # a sparse array
        if target.shape != value.shape:
            raise MXNetError(
                f"Operator {name}: out has shape {target.shape}, the result {tuple(value.shape)}"
            ) from None
        target._t = value.detach()
        return
    if t.shape != value.shape:
        raise MXNetError(f"Operator {name}: out has shape {tuple(t.shape)}, the result {tuple(value.shape)}")
    if value.data_ptr() == t.data_ptr() and value.stride() == t.stride() and value.dtype == t.dtype:
        return  # the operator has worked in place
    if same_memory(value, t):
        value = value.clone()  # the two may overlap
    if record and integers.active and (hasattr(value, "_proxy") or hasattr(t, "_proxy")):
        _write_integers(name, target, value)
    elif record and value.requires_grad:
        if t.requires_grad:
            raise MXNetError(
                f"Operator {name}: Inplace operations (+=, -=, x[:]=, etc) are not supported when recording with "
                "autograd: out is already part of the graph"
            )
        with torch.enable_grad():
            t.copy_(value)
    else:
        t.data.copy_(value.detach())


def _write_integers(name: str, target: NDArray, value: torch.Tensor) -> None:
    """Write a recorded result where it, or the array, is of integers."""
    t = target._t
    proxy = integers.in_graph(value)
    if integers.in_graph(t).requires_grad:
        raise MXNetError(
            f"Operator {name}: Inplace operations (+=, -=, x[:]=, etc) are not supported when recording with "
            "autograd: out is already part of the graph"
        )
    t.data.copy_(value.detach())
    if not t.is_floating_point():
        target._t = integers.attach(t.detach(), proxy.to(torch.float64))


def _prepare_mutation(od: OpDef, arrays: Sequence[Any], kwargs: dict[str, Any], tensors: list[Any], out: Any) -> None:
    """Hand arrays that the function writes as plain memory, and spare the weight when the result goes elsewhere."""
    names = od.input_names(od.namespace(kwargs)) if od.variadic else od.inputs
    outs = out if isinstance(out, (list, tuple)) else (out,)
    for i, name in enumerate(names[: len(arrays)]):
        if arrays[i] is None:
            continue
        if od.is_mutated(name):
            tensors[i] = tensors[i].data
        elif od.is_inplace(name):
            written = any(o is arrays[i] for o in outs)
            tensors[i] = tensors[i].data if written else tensors[i].detach().clone()


def _creation_context(od: OpDef, kwargs: dict[str, Any], out: Any) -> Context:
    """The context of an operator without inputs: that of ``out``, its ``ctx`` parameter or the current one.

    The shape follows from ``out`` too when it is not given.
    """
    if out is not None and not isinstance(out, (list, tuple)):
        if "shape" in od.params:
            kwargs.setdefault("shape", out.shape)
        return out._ctx
    text = kwargs.get("ctx") if od.has_ctx else None
    return parse_context(text) if text else current_context()


def parse_context(text: str) -> Context:
    """Read ``"gpu(0)"``."""
    kind, _, rest = text.partition("(")
    number = rest.rstrip(")")
    if kind not in Context.devstr2type or (rest and not (number.isascii() and number.isdigit())):
        raise MXNetError(f"Invalid context string {text!r}, expected something like 'cpu(0)' or 'gpu(1)'")
    return Context(kind, int(number or 0))


_AS_OPERATOR_ERROR = (
    (ValueError, OperatorValueError),
    (TypeError, OperatorTypeError),
    (IndexError, OperatorIndexError),
)


# What torch says about two shapes that do not fit.
_BROADCAST = ("must match the size of tensor b", "expected shape should be broadcastable")


def op_error(name: str, error: Exception, tensors: Sequence[torch.Tensor | None] = ()) -> MXNetError:
    """The error to raise for one raised inside an operator: it names the operator and what it was given."""
    message = str(error)
    if isinstance(error, MXNetError) and message.startswith("Operator "):
        return error
    if len(tensors) == 2 and any(words in message for words in _BROADCAST):
        message = "the shapes of lhs and rhs cannot be broadcast together"
    given = ", ".join("None" if t is None else f"{tuple(t.shape)} {str(t.dtype)[6:]}" for t in tensors)
    return error_like(error, f"Operator {name}: {message}" + (f" (inputs: {given})" if given else ""))


def error_like(error: Exception, text: str) -> MXNetError:
    """An MXNetError with another text, which is caught as the type of ``error`` too."""
    for builtin, kind in _AS_OPERATOR_ERROR:
        if isinstance(error, builtin):
            return kind(text)
    return MXNetError(text)
