"""The operator registry: one declaration an operator, from which everything else is derived.

See "Contracts between the layers" in ``docs/design.md`` for what a declaration can say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch

from ..base import MXNetError
from .opdef import (
    UNCOUNTED,
    Device,
    Display,
    FusionRole,
    Generator,
    Gradients,
    OpDef,
    OperatorState,
    Param,
    Params,
    Subgraphs,
    Tensors,
    TrainMode,
)
from .shapes import TypeRule
from .spelling import suggestion
from .text import shortened

__all__ = [
    "UNCOUNTED",
    "Device",
    "Display",
    "FusionRole",
    "Generator",
    "Gradients",
    "OpDef",
    "OperatorState",
    "Param",
    "Params",
    "Subgraphs",
    "Tensors",
    "TrainMode",
    "alias",
    "all_names",
    "all_ops",
    "get_op",
    "has_op",
    "op",
]

_REGISTRY: dict[str, OpDef] = {}


def op(
    name: str,
    *,
    aliases: Sequence[str] = (),
    inputs: Callable[[Params], tuple[str, ...]] | None = None,
    omit: Mapping[str, str] | None = None,
    variadic: str | None = None,
    arg_order: Sequence[str] | None = None,
    outputs: tuple[str, ...] | Callable[[Params], tuple[str, ...]] = ("output",),
    visible: int | Callable[[Params], int] | None = None,
    mutates: Sequence[str] | Callable[[Params], tuple[str, ...]] = (),
    inplace: str | None = None,
    subgraphs: Sequence[str] = (),
    complete: Callable[[Params], None] | None = None,
    merge: Callable[..., torch.Tensor] | None = None,
    differentiable: bool | None = None,
    no_gradient: bool = False,
    stops_gradient: bool = False,
    loss: bool | Callable[[Params], bool] = False,
    inert: tuple[str, ...] | Callable[[Params], tuple[str, ...]] = (),
    same_shape: bool = False,
    same_type: Sequence[str] = (),
    result_type: torch.dtype | str | None = None,
    aliases_input: bool = False,
    fresh_result: bool = False,
    opaque: bool = False,
    hint: str = "",
    methods: bool | Sequence[str] = False,
    initializers: Mapping[str, str] | None = None,
    former_defaults: Mapping[str, str] | None = None,
    image_weight: str | None = None,
    parts: str | None = None,
    joins_parts: bool = False,
    is_cast: bool = False,
    fusion: FusionRole | Callable[[Params], FusionRole | None] | None = None,
    display: Display | None = None,
) -> Callable[[Callable[..., Any]], OpDef]:
    """Register a function over torch tensors as an operator.

    Parameters
    ----------
    name : str
        The canonical name, which ``-symbol.json`` files carry and from which the namespace follows.
    aliases : sequence of str
        Further names.
    inputs : callable, optional
        ``inputs(p)`` gives the names of the inputs that are present under the parameters ``p``.
    omit : dict of str to str, optional
        Inputs that are absent when the parameter of that name is true.
    variadic : str, optional
        The parameter that counts the inputs, or ``UNCOUNTED``.
    arg_order : sequence of str, optional
        The order of arguments by position where it is not inputs, then parameters.
    outputs : tuple of str or callable
        Names of the outputs.
    visible : int or callable, optional
        How many outputs the frontends show; all by default.
    mutates : sequence of str or callable
        Inputs that are auxiliary states, updated in place by the function.
    inplace : str, optional
        The input in whose memory the function leaves its result.
    subgraphs : sequence of str
        Names of the graphs that a control-flow operator runs.
    complete : callable, optional
        ``complete(p)`` brings decoded parameters into their final form.
    merge : callable, optional
        ``merge(old, result, params)``: what to write into the caller's ``out``, where its old value counts.
    differentiable : bool, optional
        False: the gradient is zero. True unless ``no_gradient``.
    no_gradient : bool
        Asking for a gradient is an error, as in MXNet for operators that register none.
    stops_gradient : bool
        The gradient of the inputs is zero whatever comes in, though the operator counts as differentiable.
    loss : bool or callable
        The gradient needs no head gradient to start from.
    same_shape : bool
        All inputs and outputs have one shape.
    same_type : sequence of str
        Inputs and outputs of one data type, where not all have the same.
    result_type : torch.dtype or str, optional
        The data type of the other outputs, or the parameter that says it.
    inert : tuple of str, or callable
        Inputs that only say where or how: their gradient is always zero, and is written, as MXNet does.
    aliases_input : bool
        The result may share memory with an input.
    fresh_result : bool
        The result never does, so that what follows may work in its memory.
    opaque : bool
        The function runs code of the user's, or looks at values: it is never traced nor merged.
    hint : str
        What automatic names begin with; the lower-case name by default.
    methods : bool or sequence of str
        Methods of arrays and symbols that are this operator; True: one of the same name.
    initializers : dict of str to str, optional
        By input the ``__init__`` that a variable gets which has none.
    former_defaults : dict of str to str, optional
        What graphs of MXNet before 0.9.5 wrote for parameters whose default has changed since.
    image_weight : str, optional
        The input that is the weight of a convolution, and lives channels last.
    parts : str, optional
        The input that may come as a tuple of parts instead of their concatenation.
    joins_parts : bool
        The operator concatenates what such an input may take in parts.
    is_cast : bool
        It only changes types, on behalf of mixed precision.
    fusion : str or callable, optional
        What it is to the fusion of predictions.
    display : Display, optional
        What MXNet shows of it.
    """

    def register(fn: Callable[..., Any]) -> OpDef:
        opdef = OpDef(
            name,
            fn,
            aliases=tuple(aliases),
            inputs_of=inputs,
            omit=omit or {},
            variadic=variadic,
            arg_order=None if arg_order is None else tuple(arg_order),
            outputs=outputs,
            visible=visible,
            mutates=() if callable(mutates) else tuple(mutates),
            mutates_of=mutates if callable(mutates) else None,
            inplace=inplace,
            subgraphs=tuple(subgraphs),
            complete=complete,
            merge=merge,
            differentiable=not no_gradient if differentiable is None else differentiable,
            no_gradient=no_gradient,
            stops_gradient=stops_gradient,
            loss=loss,
            same_shape=same_shape,
            inert=inert,
            aliases_input=aliases_input,
            fresh_result=fresh_result,
            opaque=opaque,
            hint=hint,
            methods=((name,) if methods else ()) if isinstance(methods, bool) else tuple(methods),
            initializers=initializers or {},
            former_defaults=former_defaults or {},
            image_weight=image_weight,
            parts=parts,
            joins_parts=joins_parts,
            is_cast=is_cast,
            fusion=fusion,
            display=display or Display(),
        )
        if same_type or result_type is not None:
            opdef.infer_type(_type_rule(same_type, result_type))
        for key in (name, *opdef.aliases):
            _add(key, opdef)
        return opdef

    return register


def _type_rule(same: Sequence[str], result: torch.dtype | str | None) -> Callable[[TypeRule, Params], None]:
    """The type rule that two options of a declaration make."""

    def rule(t: TypeRule, p: Params) -> None:
        if same:
            t.same(*same)
        for name in t.outputs:
            if name not in same:
                t.unify(name, getattr(p, result) if isinstance(result, str) else result)

    return rule


def alias(opdef: OpDef, *names: str) -> None:
    """Give an operator further names."""
    opdef.aliases += names
    for name in names:
        _add(name, opdef)


def _add(key: str, opdef: OpDef) -> None:
    if key in _REGISTRY:
        raise ValueError(f"operator {key} is registered twice: by {_REGISTRY[key]} and by {opdef}")
    _REGISTRY[key] = opdef


def get_op(name: str) -> OpDef:
    """The operator of a name or alias.

    Raises
    ------
    MXNetError
        When there is none; the message suggests the nearest name.
    """
    found = _REGISTRY.get(name)
    if found is None:
        raise MXNetError(f"Operator {shortened(name)} is not registered{suggestion(name, _REGISTRY)}")
    return found


def has_op(name: str) -> bool:
    """Whether an operator of this name or alias is registered."""
    return name in _REGISTRY


def all_names() -> Iterator[str]:
    """All names and aliases."""
    return iter(_REGISTRY)


def all_ops() -> list[OpDef]:
    """All operators, each once."""
    return list(dict.fromkeys(_REGISTRY.values()))
