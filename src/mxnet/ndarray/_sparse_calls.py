"""Eager calls of operators in which an array is sparse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from .._core import invoke as _invoke
from .._core.history import note_of, recorded_call
from .._core.registry import OpDef
from .._core.sparse.dispatch import applies, params, run_rule
from .._core.sparse.storage import Sparse
from .._core.state import state
from ..base import MXNetError
from ..context import Context
from ._array import NDArray, wrap
from ._sparse_array import BaseSparseNDArray, wrap_sparse

_RAISED = (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError)


def stored(x: NDArray | None) -> Any:
    """What an array holds: a tensor, or the parts of a sparse array."""
    return x._store if isinstance(x, BaseSparseNDArray) else None if x is None else x._t


def wrap_any(x: Any, ctx: Context) -> NDArray:
    """An array of what an operator gave."""
    return wrap_sparse(x, ctx) if isinstance(x, Sparse) else wrap(x, ctx)


def invoke_sparse(od: OpDef, arrays: Sequence[Any], kwargs: dict[str, Any], out: Any) -> Any:
    """Run an operator of which some inputs are sparse; see :func:`mxnet._core.invoke.invoke`."""
    for name, a in zip(od.inputs, arrays):
        if a is not None and not isinstance(a, NDArray):
            raise TypeError(f"Argument {name} must have NDArray type, but got {a!r}")
    inputs = [stored(a) for a in arrays]
    p = params(od, kwargs)
    try:
        if not applies(od, inputs, p):
            return _on_copies(od, arrays, kwargs, out)
        record = state.recording and od.recorded
        with torch.set_grad_enabled(record):
            result = run_rule(od, _spared(od, arrays, inputs, out), p, kwargs)
    except _RAISED as e:
        raise _invoke.op_error(od.name, e, inputs) from e
    ctx = next(a._ctx for a in arrays if a is not None)
    results = list(result) if isinstance(result, (tuple, list)) else [result]
    if out is None:
        made = [wrap_any(r, ctx) for r in results]
        if record:
            recorded_call(made, od, kwargs, [note_of(a) for a in arrays])
        return made[0] if len(made) == 1 else made
    outs = [out] if not isinstance(out, (list, tuple)) else list(out)
    if len(outs) != len(results):
        raise MXNetError(f"Operator {od.name}: out has {len(outs)} arrays, the operator {len(results)} outputs")
    for target, r in zip(outs, results):
        write(od.name, target, r, record)
    return out


def _spared(od: OpDef, arrays: Sequence[Any], inputs: list[Any], out: Any) -> list[Any]:
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


def _on_copies(od: OpDef, arrays: Sequence[Any], kwargs: dict[str, Any], out: Any) -> Any:
    """Run the dense operator on dense copies, and bring what it writes into its inputs back to the sparse arrays."""
    dense = {id(a): wrap(a._t, a._ctx) for a in arrays if isinstance(a, BaseSparseNDArray)}
    given = [dense.get(id(a), a) for a in arrays]
    outs = None if out is None else [dense.get(id(o), o) for o in (out if isinstance(out, (list, tuple)) else [out])]
    result = _invoke.invoke(
        od, given, kwargs, None if outs is None else outs if isinstance(out, (list, tuple)) else outs[0]
    )
    names = od.input_names(params(od, kwargs), len(arrays)) if od.variadic else od.inputs
    for name, a, copy in zip(names, arrays, given):
        if copy is not a and (od.is_mutated(name) or (outs is not None and any(o is copy for o in outs))):
            a._assign(copy._t.detach())
    return result if out is None else out


def write(name: str, target: NDArray, value: Any, record: bool) -> None:
    """Write a result of an operator into the caller's array."""
    if isinstance(target, BaseSparseNDArray):
        if target.shape != tuple(value.shape):
            raise MXNetError(f"Operator {name}: out has shape {target.shape}, the result {tuple(value.shape)}")
        target._replace(value)
    else:
        _invoke.write_out(name, target, value.dense() if isinstance(value, Sparse) else value, record)


_invoke.invoke_sparse = invoke_sparse
_invoke.wrap_sparse = wrap_any
