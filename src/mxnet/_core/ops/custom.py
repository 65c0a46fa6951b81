"""Operators that users write in Python: ``Custom``, and the older ``_Native`` and ``_NDArray``.

``mx.operator`` has the classes that users derive from. Here are the operators that run them: a :class:`Definition` asks
the user's property object once what the operator takes and gives, a :class:`_Call` runs the user's code on arrays, and
a torch function joins its ``backward`` to the gradients of everything else.
"""

import contextlib
import traceback
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...base import MXNetError
from ..dtypes import TORCH_TO_CODE, TORCH_TO_NP, torch_dtype
from ..params import Pointer
from ..registry import UNCOUNTED, Device, Kept, TrainMode, op
from ..shapes import PartialShape, is_known
from ..state import state

# Filled by mx.operator: classes by the name they are registered under, and live operators of the old kind by number.
PROPS: dict[str, Callable[..., Any]] = {}
LEGACY: dict[str, "Definition"] = {}


@contextlib.contextmanager
def _user_code(what: str) -> Iterator[None]:
    """Whatever a user's method raises becomes an MXNetError that has its traceback, and is caught as what it was."""
    try:
        yield
    except Exception as e:
        from ..invoke import error_like

        raise error_like(e, f"Operator Custom: error in {what}: {e}\n{traceback.format_exc()}") from e


class Definition:
    """What a user's property object says about the operator.

    Parameters
    ----------
    op_type : str
        The name the class is registered under.
    prop : CustomOpProp

    Attributes
    ----------
    arguments, outputs, states : tuple of str
    is_loss : bool
        Whether the gradient needs no head gradient.
    """

    def __init__(self, op_type: str, prop: Any) -> None:
        self.op_type = op_type
        self.prop = prop
        with self._calling("list_arguments"):
            self.arguments = tuple(prop.list_arguments())
        with self._calling("list_outputs"):
            self.outputs = tuple(prop.list_outputs())
        with self._calling("list_auxiliary_states"):
            self.states = tuple(prop.list_auxiliary_states())
        num_out, num_in = len(self.outputs), len(self.arguments)
        ids = list(range(2 * num_out + num_in))
        grads, inputs, outputs = ids[:num_out], ids[num_out : num_out + num_in], ids[num_out + num_in :]
        with self._calling("declare_backward_dependency"):
            needed = frozenset(prop.declare_backward_dependency(list(grads), list(inputs), list(outputs)))
        self.needs_grads = [i in needed for i in grads]
        self.needs_inputs = [i in needed for i in inputs]
        self.needs_outputs = [i in needed for i in outputs]
        self.is_loss = not any(self.needs_grads)

    @classmethod
    def of(cls, op_type: str, attrs: dict[str, str]) -> "Definition":
        """The definition of an operator that was registered, made with these parameters."""
        make = PROPS.get(op_type)
        if make is None:
            raise MXNetError(f"Cannot find custom operator {op_type}: nothing is registered under this name")
        with _user_code(f"{op_type}.__init__"):
            return cls(op_type, make(**attrs))

    def _calling(self, method: str) -> Any:
        return _user_code(f"{self.op_type}.{method}")

    @property
    def inputs(self) -> tuple[str, ...]:
        """Arguments, then auxiliary states."""
        return self.arguments + self.states

    def infer(self, method: str, known: list[Any]) -> list[Any]:
        """Ask ``infer_shape`` or ``infer_type``; gives what belongs to arguments, states and outputs."""
        with self._calling(method):
            answer = getattr(self.prop, method)(known)
        kind = method.removeprefix("infer_")
        lists = list(answer) if isinstance(answer, (list, tuple)) else []
        if len(lists) not in (2, 3):
            raise MXNetError(f"Operator Custom: {self.op_type}.{method} must return 2 or 3 lists, got {answer!r}")
        found = [list(part) for part in (*lists, ())[:3]]
        for part, names, what in zip(found, (self.arguments, self.outputs, self.states), ("input", "output", "aux")):
            if len(part) != len(names):
                raise MXNetError(
                    f"Operator Custom: {self.op_type}.{method} must return {len(names)} {what} {kind}s, got {len(part)}"
                )
        arguments, outputs, states = found
        return arguments + states + outputs

    def infer_shapes(self, known: Sequence[PartialShape]) -> list[PartialShape]:
        """Partial shapes of arguments, states and outputs from those of the arguments."""
        spelled = [[] if s is None else [-1 if d is None else d for d in s] for s in known]
        return [_partial(s) for s in self.infer("infer_shape", spelled)]

    def infer_types(self, known: Sequence[torch.dtype | None]) -> list[torch.dtype | None]:
        """Data types of arguments, states and outputs from those of the arguments."""
        types = [None if t is None else TORCH_TO_NP[t] for t in known]
        return [None if t is None else torch_dtype(t) for t in self.infer("infer_type", types)]

    def create(self, ctx: Any, tensors: Sequence[Tensor]) -> "_Made":
        """Make an operator object for these inputs."""
        count = len(self.arguments)
        shapes = self.infer_shapes([tuple(t.shape) for t in tensors[:count]])
        types = self.infer_types([t.dtype for t in tensors[:count]])
        for name, tensor, shape in zip(self.inputs, tensors, shapes):
            if is_known(shape) and shape != tuple(tensor.shape):
                raise MXNetError(
                    f"Operator Custom: {self.op_type} takes {name} of shape {shape}, got {tuple(tensor.shape)}"
                )
        specs = list(zip(shapes, types))[len(self.inputs) :]
        for name, (shape, dtype) in zip(self.outputs, specs):
            if not is_known(shape) or dtype is None:
                raise MXNetError(f"Operator Custom: {self.op_type} does not tell shape and type of {name}")
        with self._calling("create_operator"):
            made = self.prop.create_operator(
                ctx, [list(t.shape) for t in tensors], [TORCH_TO_CODE[t.dtype] for t in tensors]
            )
        return _Made(made, specs)  # type: ignore[arg-type]


def _partial(shape: Sequence[int]) -> PartialShape:
    if not len(shape) and not state.np_shape:
        return None
    return tuple([None if d < 0 or (d == 0 and not state.np_shape) else int(d) for d in shape])


class _Made:
    """A user's operator object, with shapes and types of its outputs."""

    __slots__ = ("operator", "specs")

    def __init__(self, operator: Any, specs: list[tuple[tuple[int, ...], torch.dtype]]) -> None:
        self.operator = operator
        self.specs = specs


@contextlib.contextmanager
def _unrecorded(ctx: Any, is_train: bool) -> Iterator[None]:
    """User code runs on the operator's device, in its mode, and is not part of what autograd records."""
    before = state.recording, state.training
    state.recording, state.training = False, is_train
    try:
        with ctx:
            yield
    finally:
        state.recording, state.training = before


class _Call:
    """One run of a user's operator, forward and perhaps backward."""

    def __init__(self, definition: Definition, made: _Made, aux: list[Tensor], ctx: Any, is_train: bool) -> None:
        self.definition = definition
        self.made = made
        self.aux = aux
        self.ctx = ctx
        self.is_train = is_train

    def _arrays(self, tensors: Sequence[Tensor]) -> list[Any]:
        from ..invoke import wrap

        return [wrap(t, self.ctx) for t in tensors]

    def forward(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The outputs."""
        device = self.ctx.device
        outputs = self._arrays([torch.zeros(shape, dtype=dtype, device=device) for shape, dtype in self.made.specs])
        with _unrecorded(self.ctx, self.is_train), _user_code(f"{self.definition.op_type}.forward"):
            self.made.operator.forward(
                is_train=self.is_train,
                req=["write"] * len(outputs),
                in_data=self._arrays(inputs),
                out_data=list(outputs),
                aux=self._arrays(self.aux),
            )
        return tuple([a._t.detach() for a in outputs])

    def backward(
        self, grads: list[Tensor], inputs: list[Tensor], outputs: list[Tensor], like: list[Any], needed: Sequence[bool]
    ) -> list[Tensor | None]:
        """The gradients of the inputs; None for those that nobody needs."""
        device = self.ctx.device
        results = self._arrays([torch.zeros(shape, dtype=dtype, device=device) for shape, dtype in like])
        with _unrecorded(self.ctx, self.is_train), _user_code(f"{self.definition.op_type}.backward"):
            self.made.operator.backward(
                req=["write" if need else "null" for need in needed],
                out_grad=self._arrays(grads),
                in_data=self._arrays(inputs),
                out_data=self._arrays(outputs),
                in_grad=list(results),
                aux=self._arrays(self.aux),
            )
        return [a._t.detach() if need else None for a, need in zip(results, needed)]


class _Bridge(torch.autograd.Function):
    """Makes a user's operator a node of torch's graph. What its backward does not depend on is not kept."""

    @staticmethod
    def forward(ctx: Any, call: _Call, *inputs: Tensor) -> tuple[Tensor, ...]:
        outputs = call.forward([t.detach() for t in inputs])
        definition = call.definition
        ctx.call = call
        ctx.like = [(t.shape, t.dtype) for t in inputs]
        ctx.mark_non_differentiable(*[t for t in outputs if not t.is_floating_point()])
        ctx.save_for_backward(
            *[t for t, need in zip(inputs, definition.needs_inputs) if need],
            *[t for t, need in zip(outputs, definition.needs_outputs) if need],
        )
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> Any:
        definition = ctx.call.definition
        nothing = torch.zeros(0, device=ctx.call.ctx.device)
        saved = iter(ctx.saved_tensors)
        inputs = [next(saved).detach() if need else nothing for need in definition.needs_inputs]
        outputs = [next(saved).detach() if need else nothing for need in definition.needs_outputs]
        heads = [g if need else nothing for g, need in zip(grads, definition.needs_grads)]
        return (None, *ctx.call.backward(heads, inputs, outputs, ctx.like, ctx.needs_input_grad[1:]))


def _run(
    definition: Definition, data: Sequence[Tensor], is_train: bool, kept: dict[Any, Any] | None, device: torch.device
) -> tuple[Tensor, ...]:
    """Run a user's operator on tensors for its arguments and states.

    An executor keeps the object that does the work, so that it may have a memory; an eager call makes a new one.
    """
    from ...ndarray._array import context_of

    if len(data) != len(definition.inputs):
        raise MXNetError(
            f"Operator Custom expects {len(definition.inputs)} inputs for {definition.op_type} "
            f"({', '.join(definition.inputs)}), but got {len(data)} instead."
        )
    ctx = context_of(data[0] if data else torch.empty(0, device=device))
    key = tuple([(t.shape, t.dtype) for t in data])
    made = None if kept is None else kept.get(key)
    if made is None:
        made = definition.create(ctx, data)
        if kept is not None:
            kept[key] = made
    count = len(definition.arguments)
    inputs, aux = data[:count], [t.data for t in data[count:]]
    call = _Call(definition, made, aux, ctx, bool(is_train))
    if torch.is_grad_enabled() and any(t.requires_grad for t in inputs):
        return _Bridge.apply(call, *inputs)  # type: ignore[no-any-return]
    return call.forward([t.detach() for t in inputs])


# -------------------------------------------------------------------------------------------------- the operators

_DEFINITION = "__definition__"


def _complete(p: SimpleNamespace) -> None:
    """Ask the user's class once for a node, not again for each question about it."""
    definition_of(p)


def definition_of(p: SimpleNamespace) -> Definition:
    """The definition that belongs to the parameters of a node."""
    values = vars(p)
    if "info" in values and "op_type" not in values:
        return _legacy(values["info"])
    found = values.get(_DEFINITION)
    if found is None:
        attrs = {k: v for k, v in values.items() if k != "op_type"}
        found = values[_DEFINITION] = Definition.of(values["op_type"], attrs)
    return found  # type: ignore[no-any-return]


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


@_user_operator("Custom", aliases=("_npi_Custom",), printed={"op_type": "string"})
def custom(
    *data: Tensor, op_type: str, is_train: TrainMode = False, kept: Kept = None, device: Device = None, **attrs: Any
) -> tuple[Tensor, ...]:
    """Run an operator written in Python, which has been registered with ``mx.operator.register``.

    ``op_type`` is the name it is registered under; all other parameters are passed to its class as strings.
    """
    definition = attrs.get(_DEFINITION) or Definition.of(op_type, attrs)
    return _run(definition, data, is_train, kept, device)


@_user_operator("_Native")
def native(
    *data: Tensor,
    info: Pointer,
    need_top_grad: bool = True,
    is_train: TrainMode = False,
    kept: Kept = None,
    device: Device = None,
) -> tuple[Tensor, ...]:
    """Run a ``mx.operator.NumpyOp``; its ``get_symbol`` makes these operators."""
    return _run(_legacy(info), data, is_train, kept, device)


@_user_operator("_NDArray")
def ndarray(
    *data: Tensor, info: Pointer, is_train: TrainMode = False, kept: Kept = None, device: Device = None
) -> tuple[Tensor, ...]:
    """Run a ``mx.operator.NDArrayOp``; its ``get_symbol`` makes these operators."""
    return _run(_legacy(info), data, is_train, kept, device)


def _infer_shape(s: Any, p: Any) -> None:
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


def _infer_type(t: Any, p: Any) -> None:
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


for _od in (custom, native, ndarray):
    _od.infer_shape(_infer_shape)
    _od.infer_type(_infer_type)
