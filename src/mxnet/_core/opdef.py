"""What is known about an operator: its function, its parameters, its inputs and outputs, and how it behaves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, TypeAlias, TypeVar

import torch
from torch.autograd.function import FunctionCtx

from ..base import MXNetError
from ..context import Context
from .params import Codec, codec_for
from .rng import generator
from .spelling import suggestion
from .text import shortened


class _Mark(NamedTuple):
    """Marks an argument that the caller of the operator does not give; ``field`` of the OpDef has its name."""

    field: str


TrainMode: TypeAlias = Annotated[bool, _Mark("train_arg")]
Generator: TypeAlias = Annotated[Any, _Mark("rng_arg")]
Device: TypeAlias = Annotated[Any, _Mark("device_arg")]
# The bodies of the node, each a callable over tensors (``execute/program.py``); None outside of graphs.
Subgraphs: TypeAlias = Annotated[Any, _Mark("subgraphs_arg")]
# A dict of the executor that runs the node, in which an operator may keep what lasts; None in eager calls.
OperatorState: TypeAlias = Annotated[Any, _Mark("state_arg")]

# ``variadic=UNCOUNTED``: any number of inputs, and no parameter that says how many.
UNCOUNTED = "*"

F = TypeVar("F", bound=Callable[..., Any])
Params: TypeAlias = SimpleNamespace
# What the gradient of an operator takes, and gives: one for each input, None where there is none.
Tensors: TypeAlias = Sequence[torch.Tensor]
Gradients: TypeAlias = Sequence[torch.Tensor | None]


# A larger count of inputs is a mistake, and naming them all would fill the memory.
_MOST_INPUTS = 100_000


class Param(NamedTuple):
    """One parameter of an operator: its name, how it is decoded, and its default."""

    name: str
    codec: Codec
    required: bool
    default: Any

    @property
    def type_string(self) -> str:
        """MXNet's description, such as ``"int, optional, default='1'"``."""
        return self.codec.type_string(self.required, self.default)


@dataclass(frozen=True, slots=True)
class Display:
    """What MXNet shows of an operator where it is not what the declaration says.

    Attributes
    ----------
    input_type : str
        The word for the type of the inputs in ``mx.operator.get_operator_arguments``.
    listed : tuple of str, optional
        The names that it lists, in this order.
    printed : dict of str to str
        The types of parameters that it prints.
    input_named : bool
        Whether monitors report the one input under its name; else it is ``input0``.
    output_named : bool
        Whether casts are named after the output's name; else after its number.
    """

    input_type: str = "NDArray-or-Symbol"
    listed: tuple[str, ...] | None = None
    printed: Mapping[str, str] = field(default_factory=dict)
    input_named: bool = False
    output_named: bool = False


# What a prediction can join with the operators around it; see ``execute/fusion.py``.
FusionRole: TypeAlias = Literal["convolution", "normalization", "sum", "relu", "clip"]


@dataclass(slots=True, eq=False, repr=False)
class OpDef:
    """A registered operator: what its declaration says (see :func:`mxnet._core.registry.op`), and what follows from it.

    Attributes
    ----------
    inputs : tuple of str
        Names of all tensor inputs in order (of a variadic operator: the one name of its list).
    params : dict of str to Param
    optional_inputs : frozenset of str
    takes : frozenset of str
        The parameters that the function takes; a count of inputs may be missing among them.
    required : tuple of str
        The parameters without a default.
    defaults : dict of str to object
        The defaults of the others.
    open_params : bool
        Whether any further parameters are taken, as strings: the function has ``**kwargs``.
    recorded : bool
        Whether calls are part of what autograd records.
    repeatable : bool
        Whether a second call on the same inputs gives the same and changes nothing.
    types_result : bool
        Whether a parameter ``dtype`` says the type of a result through which gradients pass.
    written : tuple of (int, bool)
        Positions of the inputs whose memory is written, and whether it is by the result (``inplace``). Empty if the
        operator is variadic; see :meth:`written_inputs`.
    backward_fn, infer_shape_rule, infer_type_rule : callable or None
        What the decorators of the function have declared.
    cast_rule : CastRule or None
        What mixed precision does to the inputs, once it is switched on.
    sparse : Rule or None
        How it works on sparse arrays; see ``sparse/dispatch.py``.
    numpy_twin : OpDef or None
        The operator that files written under NumPy shapes mean by this one's name.
    """

    name: str
    fn: Callable[..., Any]
    aliases: tuple[str, ...] = ()
    mutates: tuple[str, ...] = ()
    mutates_of: Callable[[Params], tuple[str, ...]] | None = None
    subgraphs: tuple[str, ...] = ()
    omit: Mapping[str, str] = field(default_factory=dict)
    variadic: str | None = None
    no_gradient: bool = False
    differentiable: bool = True
    stops_gradient: bool = False
    inert: tuple[str, ...] | Callable[[Params], tuple[str, ...]] = ()
    same_shape: bool = False
    aliases_input: bool = False
    fresh_result: bool = False
    inplace: str | None = None
    arg_order: tuple[str, ...] | None = None
    hint: str = ""
    opaque: bool = False
    loss: bool | Callable[[Params], bool] = False
    complete: Callable[[Params], None] | None = None
    merge: Callable[..., torch.Tensor] | None = None
    inputs_of: Callable[[Params], tuple[str, ...]] | None = None
    outputs: tuple[str, ...] | Callable[[Params], tuple[str, ...]] = ("output",)
    visible: int | Callable[[Params], int] | None = None
    methods: tuple[str, ...] = ()
    initializers: Mapping[str, str] = field(default_factory=dict)
    former_defaults: Mapping[str, str] = field(default_factory=dict)
    image_weight: str | None = None
    parts: str | None = None
    joins_parts: bool = False
    is_cast: bool = False
    fusion: FusionRole | Callable[[Params], FusionRole | None] | None = None
    display: Display = field(default_factory=Display)

    inputs: tuple[str, ...] = field(init=False)
    optional_inputs: frozenset[str] = field(init=False)
    params: dict[str, Param] = field(init=False)
    takes: frozenset[str] = field(init=False)
    required: tuple[str, ...] = field(init=False)
    defaults: dict[str, Any] = field(init=False)
    open_params: bool = field(init=False)
    has_ctx: bool = field(init=False)
    recorded: bool = field(init=False)
    repeatable: bool = field(init=False)
    types_result: bool = field(init=False)
    written: tuple[tuple[int, bool], ...] = field(init=False)
    train_arg: str | None = field(init=False, default=None)
    rng_arg: str | None = field(init=False, default=None)
    device_arg: str | None = field(init=False, default=None)
    subgraphs_arg: str | None = field(init=False, default=None)
    state_arg: str | None = field(init=False, default=None)
    backward_fn: Callable[..., Any] | None = field(init=False, default=None)
    infer_shape_rule: Callable[..., Any] | None = field(init=False, default=None)
    infer_type_rule: Callable[..., Any] | None = field(init=False, default=None)
    cast_rule: Any = field(init=False, default=None)
    sparse: Any = field(init=False, default=None)
    numpy_twin: OpDef | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.hint = self.hint or self.name.lower().lstrip("_")
        self._read_signature()

    @property
    def doc(self) -> str:
        """The text of the declaration."""
        return (self.fn.__doc__ or "").strip()

    def _read_signature(self) -> None:
        """Split the function's arguments into tensors, parameters and marks."""
        inputs: list[str] = []
        optional: list[str] = []
        self.params = {}
        self.open_params = False
        for name, argument in inspect.signature(self.fn).parameters.items():
            if argument.kind is argument.VAR_KEYWORD:
                self.open_params = True
                continue
            has_default = argument.default is not argument.empty
            if argument.kind is not argument.KEYWORD_ONLY:
                inputs.append(name)
                optional += [name] * has_default
                continue
            mark = next((m for m in getattr(argument.annotation, "__metadata__", ()) if isinstance(m, _Mark)), None)
            if mark is not None:
                setattr(self, mark.field, name)
            else:
                default = argument.default if has_default else None
                self.params[name] = Param(name, codec_for(argument.annotation), not has_default, default)
        self.inputs = tuple(inputs)
        self.optional_inputs = frozenset(optional)
        self.takes = frozenset(self.params)
        if self.variadic and self.variadic != UNCOUNTED and self.variadic not in self.params:
            self.params = {self.variadic: Param(self.variadic, codec_for(int), True, None), **self.params}
        self.required = tuple(p.name for p in self.params.values() if p.required)
        self.has_ctx = "ctx" in self.params
        self.defaults = {p.name: p.default for p in self.params.values() if not p.required}

        # Operators that write their inputs (optimizer updates) are never part of what autograd records.
        self.recorded = self.differentiable or not (self.mutates or self.inplace)
        self.repeatable = not (self.rng_arg or self.mutates or self.inplace or self.opaque)
        self.types_result = bool(self.inputs) and self.differentiable and "dtype" in self.params and not self.rng_arg
        self.written = () if self.variadic else self._written_among(self.inputs)

    # ------------------------------------------------------------------ decorators of the operator's function

    def backward(self, fn: F) -> F:
        """Declare the operator's own gradient: ``fn(grads, inputs, outputs, p) -> one gradient an input``."""
        self.backward_fn = fn
        return fn

    def infer_shape(self, fn: F) -> F:
        """Declare the shape rule: ``fn(s, p)``."""
        self.infer_shape_rule = fn
        return fn

    def infer_type(self, fn: F) -> F:
        """Declare the type rule: ``fn(t, p)``."""
        self.infer_type_rule = fn
        return fn

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function itself, over tensors; operator files call each other's functions this way."""
        return self.fn(*args, **kwargs)

    # ------------------------------------------------------------------ parameters

    def namespace(self, given: Mapping[str, Any]) -> Params:
        """All parameters of a call: the decoded ones that are given, and defaults."""
        return SimpleNamespace(**{**self.defaults, **given})

    @property
    def param_names(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        return tuple(self.params)

    def decode(self, name: str, value: object) -> Any:
        """Decode one parameter.

        Raises
        ------
        MXNetError
            When the operator has no such parameter (the nearest name is suggested) or the value does not fit.
        """
        param = self.params.get(name)
        if param is None:
            if self.open_params:
                return value if isinstance(value, str) else str(value)
            self._unknown_param(name)
        try:
            return param.codec.decode(value)
        except (ValueError, TypeError) as e:
            raise MXNetError(f"Operator {self.name}: parameter {name} expects {shortened(str(e))}") from None

    def _unknown_param(self, name: str) -> NoReturn:
        hint = suggestion(name, (*self.params, *self.inputs))
        listed = "\n".join(f"{p.name} : {p.type_string}" for p in self.params.values())
        raise MXNetError(
            f"Cannot find argument '{shortened(name)}', Possible Arguments:\n----------------\n{listed}\n"
            f", in operator {self.name}{hint}"
        )

    def parse(self, attrs: dict[str, Any]) -> Params:
        """Decode attributes (strings or native values) to the full namespace of parameters.

        Names that begin with two underscores are user attributes and are passed over.

        Raises
        ------
        MXNetError
            For an unknown or missing parameter, or a value that does not fit.
        """
        values = dict(self.defaults)
        for name, value in attrs.items():
            if not name.startswith("__"):
                values[name] = self.decode(name, value)
        for name in self.required:
            if name not in values:
                raise MXNetError(
                    f"Required parameter {name} of {self.params[name].codec.type_name} is not presented, "
                    f"in operator {self.name}"
                )
        params = SimpleNamespace(**values)
        if self.complete is not None:
            self.complete(params)
        return params

    def inert_inputs(self, tensors: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        """Those of the inputs of a call whose gradient is always zero."""
        p = self.namespace(kwargs)
        inert = self.inert(p) if callable(self.inert) else self.inert
        names = self.input_names(p, len(tensors)) if self.variadic else self.inputs
        return [t for name, t in zip(names, tensors) if name in inert and t is not None]

    # ------------------------------------------------------------------ arity

    def input_names(self, p: Params, count: int | None = None) -> tuple[str, ...]:
        """Names of the inputs that are present under the parameters ``p``.

        A variadic operator needs ``count`` unless its count parameter is in ``p``.
        """
        if self.variadic:
            if (getattr(p, self.variadic, None) or 0) > _MOST_INPUTS:
                raise MXNetError(f"Operator {self.name}: {self.variadic} should be at most {_MOST_INPUTS}")
            if self.inputs_of:
                return tuple(self.inputs_of(p))
            n = getattr(p, self.variadic, None) if count is None else count
            return (*self.inputs[:-1], *[f"arg{i}" for i in range((n or 0) - len(self.inputs) + 1)])
        if self.inputs_of:
            return tuple(self.inputs_of(p))
        if self.omit:
            return tuple(n for n in self.inputs if n not in self.omit or not getattr(p, self.omit[n]))
        return self.inputs

    def output_names(self, p: Params) -> tuple[str, ...]:
        """Names of all outputs, the hidden ones included."""
        return tuple(self.outputs(p)) if callable(self.outputs) else self.outputs

    def makes_integers(self, kwargs: Mapping[str, Any]) -> bool:
        """Whether a call with these parameters asks for integers through which gradients pass, as casts do."""
        dtype = kwargs.get("dtype") if self.types_result else None
        return dtype is not None and not dtype.is_floating_point

    def num_visible(self, p: Params) -> int:
        """How many outputs the frontends show."""
        if self.visible is None:
            return len(self.output_names(p))
        return self.visible(p) if callable(self.visible) else self.visible

    def is_loss(self, p: Params) -> bool:
        """Whether the gradient needs no head gradient to start from."""
        return self.loss(p) if callable(self.loss) else self.loss

    # ------------------------------------------------------------------ inputs that change

    def is_mutated(self, name: str) -> bool:
        """Whether the input of this name is updated in place.

        Variadic operators number their inputs: ``mom_3`` is one of ``mom``.
        """
        return name in self.mutates or (bool(self.variadic) and name.rpartition("_")[0] in self.mutates)

    def mutated_inputs(self, p: Params, count: int) -> list[int]:
        """Positions of the first ``count`` inputs that are updated in place."""
        if self.mutates_of is not None:
            chosen = frozenset(self.mutates_of(p))
            return [i for i, n in enumerate(self.input_names(p)[:count]) if n in chosen]
        return [i for i, n in enumerate(self.input_names(p)[:count]) if self.is_mutated(n)] if self.mutates else []

    def written_inputs(self, given: Mapping[str, Any], count: int) -> Sequence[tuple[int, bool]]:
        """What :attr:`written` says, for a call with these parameters and ``count`` inputs."""
        if not self.variadic:
            return self.written
        return self._written_among(self.input_names(self.namespace(given), count))

    def _written_among(self, names: Sequence[str]) -> tuple[tuple[int, bool], ...]:
        by_result = [(i, n, self.is_inplace(n)) for i, n in enumerate(names)]
        return tuple([(i, inplace) for i, n, inplace in by_result if inplace or self.is_mutated(n)])

    def is_inplace(self, name: str) -> bool:
        """Whether the input of this name is where the function writes its result (see ``inplace``)."""
        return name == self.inplace or (bool(self.variadic) and name.rpartition("_")[0] == self.inplace)

    def copy_overwritten(self, tensors: Sequence[torch.Tensor | None], p: Params) -> Sequence[torch.Tensor | None]:
        """Copies of the inputs that the function would write its result to; callers without ``out`` need them."""
        if self.inplace is None:
            return tensors
        places = [i for i, by_result in self.written_inputs(vars(p), len(tensors)) if by_result]
        return [t.detach().clone() if t is not None and i in places else t for i, t in enumerate(tensors)]

    # ------------------------------------------------------------------ running

    def keywords(self, p: Params, is_train: bool, ctx: Context | None) -> dict[str, Any]:
        """Keyword arguments for the function: parameters, mode, generator and device."""
        kwargs = {k: v for k, v in vars(p).items() if k in self.takes or self.open_params}
        self.add_marks(kwargs, is_train, ctx)
        return kwargs

    def add_marks(self, kwargs: dict[str, Any], is_train: bool, ctx: Context | None) -> None:
        """Fill in the arguments which the caller of the operator does not give."""
        if self.train_arg:
            kwargs[self.train_arg] = is_train
        if self.rng_arg:
            kwargs[self.rng_arg] = None if ctx is None else generator(ctx)
        if self.device_arg:
            kwargs[self.device_arg] = ctx.device if ctx is not None else torch.device("meta")

    def run(self, tensors: Sequence[torch.Tensor | None], kwargs: dict[str, Any]) -> Any:
        """Run the function, with the operator's own gradient where it declares one."""
        if (self.backward_fn is not None or not self.differentiable) and torch.is_grad_enabled():
            for t in tensors:
                if t is not None and t.requires_grad:
                    return (_OwnGradient if self.differentiable else _ZeroGradient).apply(self, kwargs, *tensors)
        return self.fn(*tensors, **kwargs)

    def call(
        self, tensors: Sequence[torch.Tensor], p: Params, is_train: bool, ctx: Context | None
    ) -> tuple[torch.Tensor, ...]:
        """Run on tensors of the present inputs; gives all outputs, hidden ones included.

        With ``ctx=None`` operators without inputs create ``meta`` tensors (shape inference).
        """
        result = self.run(self.copy_overwritten(self.place(tensors, p), p), self.keywords(p, is_train, ctx))
        return (result,) if isinstance(result, torch.Tensor) else tuple(result)

    def place(self, tensors: Sequence[torch.Tensor], p: Params) -> Sequence[torch.Tensor | None]:
        """Put the present inputs at their positions, with None for absent ones before the last present."""
        if self.variadic or not (self.omit or self.inputs_of) or len(tensors) == len(self.inputs):
            return tensors
        names = self.input_names(p)
        if names == self.inputs[: len(names)]:
            return tensors
        by_name = dict(zip(names, tensors))
        return [by_name.get(n) for n in self.inputs[: self.inputs.index(names[-1]) + 1]]

    def __repr__(self) -> str:
        return f"<operator {self.name}>"


class _OwnGradient(torch.autograd.Function):
    """Runs an operator whose gradient is not that of its function (loss layers, for instance)."""

    @staticmethod
    def forward(ctx: FunctionCtx, od: OpDef, kwargs: dict[str, Any], *tensors: torch.Tensor | None) -> Any:
        result = od.fn(*tensors, **kwargs)
        outputs = (result,) if isinstance(result, torch.Tensor) else tuple(result)
        # An input handed through as the output must not be saved as an output of this node.
        outputs = tuple([o.view_as(o) if any(o is t for t in tensors) else o for o in outputs])
        ctx.od = od
        ctx.p = od.namespace(kwargs)
        ctx.num_inputs = len(tensors)
        ctx.save_for_backward(*tensors, *outputs)
        return outputs[0] if isinstance(result, torch.Tensor) else outputs

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: torch.Tensor) -> Any:
        saved = ctx.saved_tensors
        inputs, outputs = saved[: ctx.num_inputs], saved[ctx.num_inputs :]
        result = list(ctx.od.backward_fn(grads, inputs, outputs, ctx.p))
        result += [None] * (ctx.num_inputs - len(result))
        needed = ctx.needs_input_grad[2:]
        return (None, None, *[g if need else None for g, need in zip(result, needed)])


class _ZeroGradient(torch.autograd.Function):
    """Runs an operator whose outputs do not change with its inputs: its gradient is zero, or refused."""

    @staticmethod
    def forward(ctx: FunctionCtx, od: OpDef, kwargs: dict[str, Any], *tensors: torch.Tensor | None) -> Any:
        ctx.od = od
        result = od.fn(*tensors, **kwargs)
        outputs = (result,) if isinstance(result, torch.Tensor) else tuple(result)
        ctx.mark_non_differentiable(*[o for o in outputs if not o.is_floating_point()])
        return result if isinstance(result, torch.Tensor) else outputs

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: torch.Tensor) -> Any:
        if ctx.od.no_gradient:
            raise MXNetError(
                f"Operator {ctx.od.name} is non-differentiable because it didn't register FGradient attribute."
            )
        return (None,) * len(ctx.needs_input_grad)
