"""Operators that users write in Python: ``Custom``, and the older ``_Native`` and ``_NDArray``.

``mx.operator`` has the classes that users derive from, ``_user_code.py`` runs them. A torch function joins their
``backward`` to the gradients of everything else.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...base import MXNetError
from ..params import Pointer
from ..registry import UNCOUNTED, Device, Display, OpDef, OperatorState, TrainMode, op
from ..shapes import ShapeRule, TypeRule, is_known
from ..sparse.dispatch import Rule, run_rule
from ..state import state
from ._user_code import LEGACY, Call, Definition, differentiate_sparse, run_sparse


class _Bridge(torch.autograd.Function):
    """Makes a user's operator a node of torch's graph. What its backward does not depend on is not kept."""

    @staticmethod
    def forward(ctx: Any, call: Call, *inputs: Tensor) -> tuple[Tensor, ...]:
        outputs = call.forward()
        definition = call.definition
        ctx.call = call
        ctx.mark_non_differentiable(*[t for t in outputs if not t.is_floating_point()])
        ctx.save_for_backward(
            *[t for t, need in zip(inputs, definition.needs_inputs) if need],
            *[t for t, need in zip(outputs, definition.needs_outputs) if need],
        )
        call.inputs = [t.to("meta") if not need else t for t, need in zip(call.inputs, definition.needs_inputs)]
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> Any:
        call: Call = ctx.call
        definition = call.definition
        nothing = torch.zeros(0, device=call.device)
        saved = iter(ctx.saved_tensors)
        inputs = [next(saved).detach() if need else nothing for need in definition.needs_inputs]
        outputs = [next(saved).detach() if need else nothing for need in definition.needs_outputs]
        heads = [g if need else nothing for g, need in zip(grads, definition.needs_grads)]
        return (None, *call.backward(heads, inputs, outputs, ctx.needs_input_grad[1:]))


def _run(
    od: OpDef,
    definition: Definition,
    data: Sequence[Tensor],
    is_train: bool,
    op_state: dict[Any, Any] | None,
    device: torch.device,
) -> Any:
    """Run a user's operator on tensors for its arguments and states."""
    call = Call(definition, data, is_train, op_state, device)
    if definition.gives_sparse():
        p = SimpleNamespace(is_train=is_train, op_state=op_state, device=device, **{_DEFINITION: definition})
        return run_rule(od, data, p, {})
    inputs = data[: len(definition.arguments)]
    if torch.is_grad_enabled() and any(t.requires_grad for t in inputs):
        return _Bridge.apply(call, *inputs)
    return call.forward()


# -------------------------------------------------------------------------------------------------- the operators

_DEFINITION = "__definition__"
_CALL = "__call__"
_NOT_OF_THE_USER = frozenset(("op_type", "is_train", "op_state", "device"))  # among the parameters of a call


def _complete(p: SimpleNamespace) -> None:
    """Ask the user's class once for a node, not again for each question about it."""
    definition_of(p)


def definition_of(p: SimpleNamespace) -> Definition:
    """The definition that belongs to the parameters of a node."""
    values = vars(p)
    if _DEFINITION in values:
        return values[_DEFINITION]
    if "info" in values and "op_type" not in values:
        return _legacy(values["info"])
    attrs = {k: v for k, v in values.items() if k not in _NOT_OF_THE_USER}
    found = values[_DEFINITION] = Definition.of(values["op_type"], attrs)
    return found


def _legacy(info: str) -> Definition:
    found = LEGACY.get(info)
    if found is None:
        raise MXNetError(f"there is no Python operator {info} in this process: such a graph cannot be saved and loaded")
    return found


def _user_operator(name: str, **options: Any) -> Any:
    """What the operators that run user code share in their declarations."""
    return op(
        name,
        variadic=UNCOUNTED,
        inputs=lambda p: definition_of(p).inputs,
        outputs=lambda p: definition_of(p).outputs,
        mutates=lambda p: definition_of(p).states,
        loss=lambda p: definition_of(p).is_loss,
        complete=_complete,
        opaque=True,
        **options,
    )


@_user_operator("Custom", aliases=("_npi_Custom",), display=Display(printed={"op_type": "string"}))
def custom(
    *data: Tensor,
    op_type: str,
    is_train: TrainMode = False,
    op_state: OperatorState = None,
    device: Device = None,
    **attrs: Any,
) -> Any:
    """Run an operator written in Python, which has been registered with ``mx.operator.register``.

    ``op_type`` is the name it is registered under; all other parameters are passed to its class as strings.

    Parameters
    ----------
    op_type
        The name that the operator is registered by.
    """
    definition = attrs.get(_DEFINITION) or Definition.of(op_type, attrs)
    return _run(custom, definition, data, is_train, op_state, device)


@_user_operator("_Native")
def native(
    *data: Tensor,
    info: Pointer,
    need_top_grad: bool = True,
    is_train: TrainMode = False,
    op_state: OperatorState = None,
    device: Device = None,
) -> Any:
    """Run a ``mx.operator.NumpyOp``; its ``get_symbol`` makes these operators.

    Parameters
    ----------
    info
        The address under which the Python object is known.
    need_top_grad
        Whether the gradient of the outputs is used.
    """
    return _run(native, _legacy(info), data, is_train, op_state, device)


@_user_operator("_NDArray")
def ndarray(
    *data: Tensor, info: Pointer, is_train: TrainMode = False, op_state: OperatorState = None, device: Device = None
) -> Any:
    """Run a ``mx.operator.NDArrayOp``; its ``get_symbol`` makes these operators.

    Parameters
    ----------
    info
        The address under which the Python object is known.
    """
    return _run(ndarray, _legacy(info), data, is_train, op_state, device)


def _infer_shape(s: ShapeRule, p: SimpleNamespace) -> None:
    definition = definition_of(p)
    known = s.values()[: len(definition.arguments)]
    try:
        found = definition.infer_shapes(known)
    except MXNetError:
        if is_known(known[0] if known else ()):
            raise
        return  # the user's code wants to know more
    for i, shape in enumerate(found):
        s.unify(i, shape)


def _infer_type(t: TypeRule, p: SimpleNamespace) -> None:
    definition = definition_of(p)
    known = t.values()[: len(definition.arguments)]
    try:
        found = definition.infer_types(known)
    except MXNetError:
        if not known or known[0] is not None:
            raise
        return
    for i, dtype in enumerate(found):
        t.unify(i, dtype)


# --------------------------------------------------------------------------------------------- sparse arrays


def _infer_storage(stypes: Sequence[str], p: SimpleNamespace) -> str:
    definition = definition_of(p)
    found = definition.storage(stypes[: len(definition.arguments)])
    return found[len(definition.inputs)] if definition.outputs else "default"


def _run_rule(inputs: Sequence[Any], p: SimpleNamespace) -> Any:
    values = vars(p)
    is_train = values.get("is_train", state.training)
    call = values[_CALL] = Call(definition_of(p), inputs, is_train, values.get("op_state"), values.get("device"))
    return run_sparse(call)


def _differentiate_rule(
    grads: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], p: SimpleNamespace, needed: Sequence[bool]
) -> list[Any]:
    return differentiate_sparse(vars(p)[_CALL], grads, inputs, outputs, needed)


def _infer_storage_backward(grad: str, stypes: Sequence[str], p: SimpleNamespace) -> list[str]:
    definition = definition_of(p)
    count = len(definition.arguments)
    found = definition.storage(stypes[:count])[len(definition.inputs) :]
    kinds = definition.storage_backward([grad] * len(definition.outputs), stypes[:count], found, stypes[count:])
    return kinds[3] + ["default"] * len(definition.states)


for _od in (custom, native, ndarray):
    _od.infer_shape(_infer_shape)
    _od.infer_type(_infer_type)
    _od.sparse = Rule(
        _infer_storage,
        _run_rule,
        _differentiate_rule,
        infer_backward=_infer_storage_backward,
        makes_sparse=lambda p: definition_of(p).gives_sparse(),
    )
