"""Running what users derive from ``mx.operator.CustomOp`` and ``CustomOpProp``.

A :class:`Definition` asks the user's property object once what the operator takes and gives, and a :class:`Call` runs
the user's methods on arrays. The operators themselves are in ``custom.py``.
"""

import contextlib
import importlib
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor

from ...base import MXNetError
from .. import profiling
from ..array import context_of
from ..dtypes import TORCH_TO_CODE, TORCH_TO_NP, torch_dtype
from ..errors import error_like
from ..gradients import callers_settings
from ..shapes import PartialShape, is_known
from ..sparse.storage import STYPES, Sparse, convert, empty, stype_of
from ..state import state

# Filled by mx.operator: classes by the name they are registered under, and live operators of the old kind by number.
PROPS: dict[str, Callable[..., Any]] = {}
LEGACY: dict[str, "Definition"] = {}
# Names that MXNet itself registers, and the module that does so here, which is imported when a graph needs it.
_OF_MXNET = dict.fromkeys(
    ("empty_like_fallback", "mvn_fallback", "resize_fallback", "unravel_index_fallback"), "mxnet.numpy_op_fallback"
)


@contextlib.contextmanager
def _user_code(what: str) -> Iterator[None]:
    """Whatever a user's method raises becomes an MXNetError that has its traceback, and is caught as what it was."""
    try:
        yield
    except Exception as e:
        raise error_like(e, f"Operator Custom: error in {what}: {e}\n{traceback.format_exc()}") from e


class Definition:
    """What a user's property object says about the operator.

    Parameters
    ----------
    op_type : str
        The name the class is registered under.
    prop : CustomOpProp
        Its ``_array_class`` is the class of the arrays that the user's methods get.

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
        if op_type not in PROPS and op_type in _OF_MXNET:
            importlib.import_module(_OF_MXNET[op_type])
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

    def storage(self, known: Sequence[str]) -> list[str]:
        """Storage types of arguments, states and outputs from those of the arguments."""
        return [self._stype(s) for s in self.infer("infer_storage_type", list(known))]

    def storage_backward(
        self, grads: Sequence[str], inputs: Sequence[str], outputs: Sequence[str], states: Sequence[str]
    ) -> list[list[str]]:
        """Storage types of head gradients, arguments, outputs, gradients and states in the backward pass."""
        given = [list(grads), list(inputs), list(outputs), ["undefined"] * len(inputs), list(states)]
        sizes = [len(part) for part in given]
        with self._calling("infer_storage_type_backward"):
            answer = [list(part) for part in self.prop.infer_storage_type_backward(*given)]
        if [len(part) for part in answer] != sizes:
            raise MXNetError(
                f"Operator Custom: {self.op_type}.infer_storage_type_backward must return lists of the lengths "
                f"{sizes}, got {[len(part) for part in answer]}"
            )
        return [[self._stype(s) for s in part] for part in answer]

    def _stype(self, stype: str) -> str:
        if stype == "undefined":
            return "default"
        if stype not in STYPES:
            raise MXNetError(
                f"Operator Custom: {self.op_type} names the storage type {stype!r}, expected one of {STYPES}"
            )
        return stype

    def gives_sparse(self) -> bool:
        """Whether the outputs are sparse though the inputs are dense."""
        storage = self.storage(["default"] * len(self.arguments))
        return any(s != "default" for s in storage[len(self.inputs) :])

    def create(self, ctx: Any, tensors: Sequence[Tensor]) -> "Made":
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
        return Made(made, specs)  # type: ignore[arg-type]


def _partial(shape: Sequence[int]) -> PartialShape:
    if not len(shape) and not state.np_shape:
        return None
    return tuple([None if d < 0 or (d == 0 and not state.np_shape) else int(d) for d in shape])


class Made:
    """A user's operator object, with shapes and types of its outputs."""

    __slots__ = ("operator", "specs")

    def __init__(self, operator: Any, specs: list[tuple[tuple[int, ...], torch.dtype]]) -> None:
        self.operator = operator
        self.specs = specs


@contextlib.contextmanager
def _unrecorded(ctx: AbstractContextManager[Any], is_train: bool) -> Iterator[None]:
    """User code runs on the operator's device, in its mode, and is not part of what autograd records."""
    with callers_settings(), ctx:
        before = state.recording, state.training
        state.recording, state.training = False, is_train
        try:
            yield
        finally:
            state.recording, state.training = before


class Call:
    """One run of a user's operator, forward and perhaps backward, on tensors and sparse arrays.

    Parameters
    ----------
    definition : Definition
    data : list of Tensor or Sparse
        The arguments, then the auxiliary states.
    is_train : bool
    op_state : dict or None
        Where an executor keeps the object that does the work, so that it may have a memory; an eager call makes a new
        one.
    device : torch.device
        Where to run when there is no data.
    """

    def __init__(
        self,
        definition: Definition,
        data: Sequence[Any],
        is_train: bool,
        op_state: dict[Any, Any] | None,
        device: torch.device | None,
    ) -> None:
        if len(data) != len(definition.inputs):
            raise MXNetError(
                f"Operator Custom expects {len(definition.inputs)} inputs for {definition.op_type} "
                f"({', '.join(definition.inputs)}), but got {len(data)} instead."
            )
        self.definition = definition
        self.is_train = bool(is_train)
        count = len(definition.arguments)
        self.inputs = [t.detach() for t in data[:count]]
        self.aux = [t if isinstance(t, Sparse) else t.data for t in data[count:]]
        self.device = data[0].device if data else device
        self.ctx = context_of(torch.empty(0, device=self.device))
        key = tuple([(tuple(t.shape), t.dtype) for t in data])
        made = None if op_state is None else op_state.get(key)
        if made is None:
            made = definition.create(self.ctx, data)
            if op_state is not None:
                op_state[key] = made
        self.made = made

    def _arrays(self, values: Sequence[Any]) -> list[Any]:
        wrap = self.definition.prop._array_class._wrap_value
        return [wrap(x, self.ctx) for x in values]

    def _empty(self, stypes: Sequence[str], specs: Sequence[tuple[tuple[int, ...], torch.dtype]]) -> list[Any]:
        """Arrays of zeros, where the user's methods write."""
        return self._arrays([empty(st, shape, dtype, self.device) for st, (shape, dtype) in zip(stypes, specs)])

    def _run(self, method: str, **arrays: Any) -> None:
        """Call ``forward`` or ``backward``; what it writes into sparse states is brought back to them."""
        aux = self._arrays(self.aux)
        op_type = self.definition.op_type
        seen = profiling.user_code(op_type if method == "forward" else f"_backward_{op_type}")
        with seen, _unrecorded(self.ctx, self.is_train), _user_code(f"{op_type}.{method}"):
            getattr(self.made.operator, method)(**arrays, aux=list(aux))
        for given, array in zip(self.aux, aux):
            if isinstance(given, Sparse):
                given.adopt(array._store)

    def forward(self, inputs: Sequence[Any] | None = None, stypes: Sequence[str] | None = None) -> tuple[Any, ...]:
        """The outputs, of these storage types."""
        specs = self.made.specs
        outputs = self._empty(stypes or ("default",) * len(specs), specs)
        self._run(
            "forward",
            is_train=self.is_train,
            req=["write"] * len(outputs),
            in_data=self._arrays(self.inputs if inputs is None else inputs),
            out_data=list(outputs),
        )
        return tuple(_stored(outputs))

    def backward(
        self,
        grads: Sequence[Any],
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        needed: Sequence[bool],
        stypes: Sequence[str] | None = None,
    ) -> list[Any]:
        """The gradients of the arguments, of these storage types; None for those that nobody needs."""
        specs = [(tuple(t.shape), t.dtype) for t in self.inputs]
        results = self._empty(stypes or ("default",) * len(specs), specs)
        self._run(
            "backward",
            req=["write" if need else "null" for need in needed],
            out_grad=self._arrays(grads),
            in_data=self._arrays(inputs),
            out_data=self._arrays(outputs),
            in_grad=list(results),
        )
        return [x if need else None for x, need in zip(_stored(results), needed)]


def _stored(arrays: Sequence[Any]) -> list[Any]:
    """What arrays hold, without history: the user's code may have recorded something."""
    return [a._value.detach() for a in arrays]


# ------------------------------------------------------------------------------------------------- sparse storage


def run_sparse(call: Call) -> Any:
    """Run a call on inputs of the storage types that the user's class asks for; the rule of the operators."""
    storage = call.definition.storage([stype_of(x) for x in call.inputs])
    count = len(call.inputs)
    inputs = [convert(x, st) for x, st in zip(call.inputs, storage)]
    results = call.forward(inputs, storage[count + len(call.aux) :])
    return results[0] if len(results) == 1 else results


def differentiate_sparse(
    call: Call, grads: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], needed: Sequence[bool]
) -> list[Any]:
    """Gradients of the arguments and (None) of the states, all of the storage types that the user's class asks for."""
    count = len(call.inputs)
    given = [inputs[:count], outputs, inputs[count:]]
    stypes = [[stype_of(x) for x in part] for part in given]
    arriving = ["default" if g is None else stype_of(g) for g in grads]
    heads, of_inputs, of_outputs, wanted, _ = call.definition.storage_backward(arriving, *stypes)
    arrived = [
        empty(st, tuple(o.shape), o.dtype, call.device) if g is None else convert(g, st)
        for g, o, st in zip(grads, outputs, heads)
    ]
    arguments = [convert(x, st) for x, st in zip(given[0], of_inputs)]
    results = [convert(x, st) for x, st in zip(given[1], of_outputs)]
    return call.backward(arrived, arguments, results, needed[:count], wanted) + [None] * len(call.aux)
