"""How operators become functions over ``mxnet.numpy`` arrays: :func:`operator` gives one NumPy's signature."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

import numpy as onp
import torch

from .._core.dtypes import torch_dtype
from .._core.frontend.operands import GraphOperand, making
from .._core.history import node_of, origin_of, recorded, with_past
from .._core.invoke import invoke
from .._core.opdef import OpDef
from .._core.outputs import write_out
from .._core.state import state
from ..base import ArgumentTypeError, MXNetError, NotImplementedForSymbol
from ..ndarray._array import NDArray
from ._array import ndarray

NUMBERS = (float, int, onp.generic)  # bool is an int
_NOTHING: dict[str, Any] = {}


def write_array(name: str, out: ndarray, result: ndarray) -> ndarray:
    """Write what an operator gave into ``out``, converted to its type, which is then what it computed."""
    if not isinstance(out, ndarray):
        raise TypeError(f"Operator {name}: out must be an mxnet.numpy.ndarray, got {type(out).__name__}")
    value = result._t
    if value.dtype is torch.bool and out._t.dtype is not torch.bool:
        raise TypeError(f"Operator {name}: gives booleans, out is an array of {out.dtype}")
    write_out(name, out, value, state.recording)
    with_past(out)
    origin = origin_of(result)
    if origin is not None and node_of(out) is not None:
        recorded(out, *origin)
    return out


def refuse(name: str, value: object) -> TypeError:
    """The error for an argument that is no array of this package."""
    hint = "; use its as_np_ndarray()" if isinstance(value, NDArray) else ""
    return ArgumentTypeError(
        f"Operator {name}: type {type(value)} not supported, expected an mxnet.numpy.ndarray{hint}"
    )


def parameters_of(text: str) -> list[inspect.Parameter]:
    """The parameters that a signature such as ``"a, axis=None"`` has."""
    found = []
    for part in filter(None, text.split(", ")):
        name, has_default, default = part.partition("=")
        value = ast.literal_eval(default) if has_default else inspect.Parameter.empty
        kind = inspect.Parameter.VAR_POSITIONAL if name[0] == "*" else inspect.Parameter.POSITIONAL_OR_KEYWORD
        found.append(inspect.Parameter(name.lstrip("*"), kind, default=value))
    return found


def operator(od: OpDef, name: str, signature: str, numbers: bool = False) -> Any:
    """The function of ``mx.np`` that runs an operator.

    Parameters
    ----------
    od : OpDef
    name : str
    signature : str
        NumPy's, such as ``"a, axis=None, out=None"``: inputs first, under any names, then parameters under the
        operator's. An operator of any number of inputs takes a sequence of them, or ``*arrays``.
    numbers : bool
        Whether the first argument may be a number, of which NumPy's function of the same name gives a number.
    """
    parameters = parameters_of(signature)
    names = [p.name for p in parameters]
    count = len(od.inputs)
    position = {n: i for i, n in enumerate(names)}
    starred = parameters[0].kind is inspect.Parameter.VAR_POSITIONAL
    defaults = {p.name: p.default for p in parameters[count:] if p.name != "out"}
    needed = sum(p.default is inspect.Parameter.empty for p in parameters)

    def call(*args: Any, **kwargs: Any) -> Any:
        if starred:
            args = (args,)
        if len(args) > len(names):
            raise TypeError(f"{name}() takes at most {len(names)} arguments, got {len(args)}")
        given = dict(zip(names, args))
        for key, value in kwargs.items():
            if key not in position or key in given:
                what = "several values for" if key in given else "an unexpected keyword"
                raise TypeError(f"{name}() got {what} argument {key!r}")
            given[key] = value
        if len(args) < needed and (missing := [n for n in names[:needed] if n not in given]):
            raise TypeError(f"{name}() misses the arguments {', '.join(missing)}")
        out = given.pop("out", None)
        arrays = [given.pop(n) for n in names[:count]]
        first = arrays[0]
        if od.variadic:
            arrays = list(first)
            if not arrays:
                raise MXNetError(f"Operator {name}: needs at least one array")
            if od.variadic in od.takes:
                given[od.variadic] = len(arrays)
        elif numbers and isinstance(first, NUMBERS):
            return getattr(onp, name)(*args, **kwargs)
        return run(od, name, arrays, given, out, defaults)

    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__doc__ = _described(od, dict(zip(od.inputs, names)))
    call.__name__ = call.__qualname__ = name
    call.__module__ = "mxnet.numpy"
    call.operator = od  # type: ignore[attr-defined]
    return call


def run(
    od: OpDef,
    name: str,
    arrays: list[Any],
    params: dict[str, Any],
    out: ndarray | None = None,
    defaults: dict[str, Any] = _NOTHING,
) -> Any:
    """Run an operator on arrays of this kind, or make a node of symbols.

    Parameters
    ----------
    od : OpDef
    name : str
        What errors call it.
    arrays : list of ndarray or symbol
        None for an input that is absent before others.
    params : dict
        Decoded parameters.
    out : ndarray, optional
        Where to write the result of arrays.
    defaults : dict
        Parameters that nodes show though they are not given.
    """
    if params.get("dtype") is not None:
        params["dtype"] = torch_dtype(params["dtype"])
    for x in arrays:
        if not isinstance(x, ndarray) and x is not None:
            return in_graph(od, name, [x for x in arrays if x is not None], {**defaults, **params})
    if not arrays and making.kind is not None:
        return making.kind._apply(od, arrays, {**defaults, **params})
    result = invoke(od, arrays, params, None, ndarray)
    return result if out is None else write_array(name, out, result)


def in_graph(od: OpDef, name: str, operands: list[Any], params: dict[str, Any]) -> Any:
    """The node of an operator on symbols.

    Raises
    ------
    TypeError
        When one of the operands is something else.
    """
    others = [x for x in operands if not isinstance(x, GraphOperand)]
    if not others:
        return operands[0]._apply(od, operands, params)
    for x in others:
        if not isinstance(x, ndarray):
            raise refuse(name, x)
    raise ArgumentTypeError(f"Operator {name}: symbols and arrays are not mixed, got {[type(x) for x in operands]}")


def is_symbol(x: Any) -> bool:
    """Whether something stands for an array in a graph, so that its shape and its type are not known."""
    return isinstance(x, GraphOperand)


def checked(name: str, x: Any) -> ndarray:
    """An argument that must be an array; a function that asks for its shape has no symbols."""
    if not isinstance(x, ndarray):
        if isinstance(x, GraphOperand):
            raise NotImplementedForSymbol(name, None)
        raise refuse(name, x)
    return x


def _described(od: OpDef, names: dict[str, str]) -> str:
    """The text of an operator, as that of a function over arrays whose arguments have other names."""
    text = re.sub(r"\bTensor\b", "ndarray", inspect.cleandoc(od.doc))
    for theirs, ours in names.items():
        if theirs != ours:
            text = re.sub(rf"(``|^){theirs}(``| :)", rf"\g<1>{ours}\g<2>", text, flags=re.MULTILINE)
    return text


def operators(table: dict[str, tuple[OpDef, str]]) -> dict[str, Any]:
    """The functions of a table: name -> operator and signature."""
    return {name: operator(od, name, signature) for name, (od, signature) in table.items()}
