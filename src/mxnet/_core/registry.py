"""The operator registry: one declaration an operator, from which everything else is derived.

See "Contracts between the layers" in ``docs/design.md`` for what a declaration can say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Annotated, Any, NoReturn, TypeAlias, TypeVar

import torch

from ..base import MXNetError
from .params import Codec, codec_for
from .rng import generator
from .spelling import suggestion


class _Mark:
    """Marks an argument that the caller of the operator does not give."""


_TRAIN, _RNG, _DEVICE, _SUBGRAPHS, _KEPT = _Mark(), _Mark(), _Mark(), _Mark(), _Mark()
TrainMode: TypeAlias = Annotated[bool, _TRAIN]
Generator: TypeAlias = Annotated[Any, _RNG]
Device: TypeAlias = Annotated[Any, _DEVICE]
# The bodies of the node, each a callable over tensors (``execute/program.py``); None outside of graphs.
Subgraphs: TypeAlias = Annotated[Any, _SUBGRAPHS]
# A dict of the executor that runs the node, in which an operator may keep what lasts; None in eager calls.
Kept: TypeAlias = Annotated[Any, _KEPT]

# ``variadic=UNCOUNTED``: any number of inputs, and no parameter that says how many.
UNCOUNTED = "*"

F = TypeVar("F", bound=Callable[..., Any])
Params: TypeAlias = SimpleNamespace


# A larger count of inputs is a mistake, and naming them all would fill the memory.
_MOST_INPUTS = 100_000


class Param:
    """One parameter of an operator: its name, how it is decoded, and its default."""

    __slots__ = ("codec", "decode", "default", "name", "required")

    def __init__(self, name: str, codec: Codec, required: bool, default: Any) -> None:
        self.name = name
        self.codec = codec
        self.decode = codec.decode
        self.required = required
        self.default = default

    @property
    def type_string(self) -> str:
        """MXNet's description, such as ``"int, optional, default='1'"``."""
        return self.codec.type_string(self.required, self.default)


class OpDef:
    """A registered operator.

    Attributes
    ----------
    name : str
        The canonical name, which ``-symbol.json`` files carry.
    fn : callable
        The function over torch tensors.
    inputs : tuple of str
        Names of all tensor inputs in order (of a variadic operator: the one name of its list).
    params : dict of str to Param
    mutates : tuple of str
        Inputs that are auxiliary states, updated in place by the function.
    subgraphs : tuple of str
        Names of the graphs that a control-flow operator runs.
    open_params : bool
        Whether any further parameters are taken, as strings: the function has ``**kwargs``.
    """

    def __init__(self, name: str, fn: Callable[..., Any], **options: Any) -> None:
        self.name = name
        self.fn = fn
        self.aliases: tuple[str, ...] = tuple(options.pop("aliases", ()))
        mutates = options.pop("mutates", ())
        self._mutates_of: Callable[..., tuple[str, ...]] | None = mutates if callable(mutates) else None
        self.mutates: tuple[str, ...] = () if callable(mutates) else tuple(mutates)
        self.subgraphs: tuple[str, ...] = tuple(options.pop("subgraphs", ()))
        self.omit: dict[str, str] = options.pop("omit", {})
        self.variadic: str | None = options.pop("variadic", None)
        # MXNet refuses to differentiate some operators, and takes the gradient of others as zero.
        self.no_gradient: bool = options.pop("no_gradient", False)
        self.differentiable: bool = options.pop("differentiable", not self.no_gradient)
        self.same_shape: bool = options.pop("same_shape", False)
        self.aliases_input: bool = options.pop("aliases_input", False)
        self.inplace: str | None = options.pop("inplace", None)
        self.arg_order: tuple[str, ...] | None = options.pop("arg_order", None)
        self.hint: str = options.pop("hint", name.lower().lstrip("_"))
        self.opaque: bool = options.pop("opaque", False)
        # MXNet's word for the type of the inputs, where it prints another than usual.
        self.input_type: str = options.pop("input_type", "NDArray-or-Symbol")
        # How mx.operator lists the arguments, where neither order nor types are the usual ones.
        self.listed: tuple[str, ...] | None = options.pop("listed", None)
        self.printed: dict[str, str] = options.pop("printed", {})
        # complete(params): brings a decoded namespace into its final form.
        self._complete: Callable[[Params], None] | None = options.pop("complete", None)
        self._loss = options.pop("loss", False)
        # merge(old, result, params): what to write into the caller's out, where its old value counts.
        self.merge: Callable[..., torch.Tensor] | None = options.pop("merge", None)
        self._inputs_of = options.pop("inputs", None)
        self._outputs = options.pop("outputs", ("output",))
        self._visible = options.pop("visible", None)
        if options:
            raise TypeError(f"operator {name}: unknown options {sorted(options)}")
        self.backward_fn: Callable[..., Any] | None = None
        self.infer_shape_rule: Callable[..., Any] | None = None
        self.infer_type_rule: Callable[..., Any] | None = None
        # What mixed precision does to the inputs, once it is switched on; see casting.py.
        self.cast_rule: Any = None
        # How it works on sparse arrays; see sparse/dispatch.py.
        self.sparse: Any = None
        self.doc = (fn.__doc__ or "").strip()
        self._read_signature()

    def _read_signature(self) -> None:
        """Split the function's arguments into tensors, parameters and marks."""
        code = self.fn.__code__
        names = code.co_varnames
        positional = names[: code.co_argcount]
        keyword_only = names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        star = names[code.co_argcount + code.co_kwonlyargcount] if code.co_flags & 0x04 else None
        self.inputs: tuple[str, ...] = positional + ((star,) if star else ())
        self.optional_inputs = frozenset(positional[len(positional) - len(self.fn.__defaults__ or ()) :])
        defaults = self.fn.__kwdefaults__ or {}
        self.params: dict[str, Param] = {}
        self.train_arg: str | None = None
        self.rng_arg: str | None = None
        self.device_arg: str | None = None
        self.subgraphs_arg: str | None = None
        self.kept_arg: str | None = None
        self.open_params = bool(code.co_flags & 0x08)
        for name in keyword_only:
            annotation = self.fn.__annotations__.get(name)
            mark = next((m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, _Mark)), None)
            if mark is _TRAIN:
                self.train_arg = name
            elif mark is _RNG:
                self.rng_arg = name
            elif mark is _DEVICE:
                self.device_arg = name
            elif mark is _SUBGRAPHS:
                self.subgraphs_arg = name
            elif mark is _KEPT:
                self.kept_arg = name
            else:
                required = name not in defaults
                self.params[name] = Param(name, codec_for(annotation), required, defaults.get(name))
        self._takes = frozenset(self.params)
        if self.variadic and self.variadic != UNCOUNTED and self.variadic not in self.params:
            self.params = {self.variadic: Param(self.variadic, codec_for(int), True, None), **self.params}
        self._required = tuple(p.name for p in self.params.values() if p.required)
        self.has_ctx = "ctx" in self.params
        self._defaults = {p.name: p.default for p in self.params.values() if not p.required}

        # Operators that write their inputs (optimizer updates) are never part of what autograd records.
        self.recorded = self.differentiable or not (self.mutates or self.inplace)

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

    @property
    def param_names(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        return tuple(self.params)

    def decode(self, name: str, value: Any) -> Any:
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
            return param.decode(value)
        except (ValueError, TypeError) as e:
            raise MXNetError(f"Operator {self.name}: parameter {name} expects {e}") from None

    def _unknown_param(self, name: str) -> NoReturn:
        hint = suggestion(name, (*self.params, *self.inputs))
        listed = "\n".join(f"{p.name} : {p.type_string}" for p in self.params.values())
        raise MXNetError(
            f"Cannot find argument '{name}', Possible Arguments:\n----------------\n{listed}\n"
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
        values = dict(self._defaults)
        for name, value in attrs.items():
            if not name.startswith("__"):
                values[name] = self.decode(name, value)
        for name in self._required:
            if name not in values:
                raise MXNetError(
                    f"Required parameter {name} of {self.params[name].codec.type_name} is not presented, "
                    f"in operator {self.name}"
                )
        params = SimpleNamespace(**values)
        if self._complete is not None:
            self._complete(params)
        return params

    # ------------------------------------------------------------------ arity

    def input_names(self, p: Params, count: int | None = None) -> tuple[str, ...]:
        """Names of the inputs that are present under the parameters ``p``.

        A variadic operator needs ``count`` unless its count parameter is in ``p``.
        """
        if self.variadic:
            if (getattr(p, self.variadic, None) or 0) > _MOST_INPUTS:
                raise MXNetError(f"Operator {self.name}: {self.variadic} should be at most {_MOST_INPUTS}")
            if self._inputs_of:
                return tuple(self._inputs_of(p))
            n = getattr(p, self.variadic, None) if count is None else count
            return (*self.inputs[:-1], *[f"arg{i}" for i in range((n or 0) - len(self.inputs) + 1)])
        if self._inputs_of:
            return tuple(self._inputs_of(p))
        if self.omit:
            return tuple(n for n in self.inputs if n not in self.omit or not getattr(p, self.omit[n]))
        return self.inputs

    def output_names(self, p: Params) -> tuple[str, ...]:
        """Names of all outputs, the hidden ones included."""
        return tuple(self._outputs(p)) if callable(self._outputs) else self._outputs

    def num_visible(self, p: Params) -> int:
        """How many outputs the frontends show."""
        if self._visible is None:
            return len(self.output_names(p))
        return self._visible(p) if callable(self._visible) else self._visible

    def is_loss(self, p: Params) -> bool:
        """Whether the gradient needs no head gradient to start from."""
        return self._loss(p) if callable(self._loss) else self._loss

    # ------------------------------------------------------------------ inputs that change

    def is_mutated(self, name: str) -> bool:
        """Whether the input of this name is updated in place.

        Variadic operators number their inputs: ``mom_3`` is one of ``mom``.
        """
        return name in self.mutates or (bool(self.variadic) and name.rpartition("_")[0] in self.mutates)

    def mutated_inputs(self, p: Params, count: int) -> list[int]:
        """Positions of the first ``count`` inputs that are updated in place."""
        if self._mutates_of is not None:
            chosen = frozenset(self._mutates_of(p))
            return [i for i, n in enumerate(self.input_names(p)[:count]) if n in chosen]
        if not self.mutates:
            return []
        return [i for i, n in enumerate(self.input_names(p)[:count]) if self.is_mutated(n)]

    def is_inplace(self, name: str) -> bool:
        """Whether the input of this name is where the function writes its result (see ``inplace``)."""
        return name == self.inplace or (bool(self.variadic) and name.rpartition("_")[0] == self.inplace)

    def spare(self, tensors: Sequence[torch.Tensor | None], p: Params) -> Sequence[torch.Tensor | None]:
        """Copies of the inputs that the function would write its result to; callers without ``out`` need them."""
        if self.inplace is None:
            return tensors
        names = self.input_names(p) if self.variadic else self.inputs
        return [t.detach().clone() if t is not None and self.is_inplace(n) else t for n, t in zip(names, tensors)]

    # ------------------------------------------------------------------ running

    def keywords(self, p: Params, is_train: bool, ctx: Any) -> dict[str, Any]:
        """Keyword arguments for the function: parameters, mode, generator and device."""
        kwargs = {k: v for k, v in vars(p).items() if k in self._takes or self.open_params}
        self.add_marks(kwargs, is_train, ctx)
        return kwargs

    def add_marks(self, kwargs: dict[str, Any], is_train: bool, ctx: Any) -> None:
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

    def call(self, tensors: Sequence[torch.Tensor], p: Params, is_train: bool, ctx: Any) -> tuple[torch.Tensor, ...]:
        """Run on tensors of the present inputs; gives all outputs, hidden ones included.

        With ``ctx=None`` operators without inputs create ``meta`` tensors (shape inference).
        """
        result = self.run(self.spare(self.place(tensors, p), p), self.keywords(p, is_train, ctx))
        return (result,) if isinstance(result, torch.Tensor) else tuple(result)

    def place(self, tensors: Sequence[torch.Tensor], p: Params) -> Sequence[torch.Tensor | None]:
        """Put the present inputs at their positions, with None for absent ones before the last present."""
        if self.variadic or not (self.omit or self._inputs_of) or len(tensors) == len(self.inputs):
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
    def forward(ctx: Any, od: OpDef, kwargs: dict[str, Any], *tensors: torch.Tensor | None) -> Any:
        result = od.fn(*tensors, **kwargs)
        outputs = (result,) if isinstance(result, torch.Tensor) else tuple(result)
        # An input handed through as the output must not be saved as an output of this node.
        outputs = tuple([o.view_as(o) if any(o is t for t in tensors) else o for o in outputs])
        ctx.od = od
        ctx.p = SimpleNamespace(**{**od._defaults, **kwargs})
        ctx.num_inputs = len(tensors)
        ctx.save_for_backward(*tensors, *outputs)
        return outputs[0] if isinstance(result, torch.Tensor) else outputs

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        saved = ctx.saved_tensors
        inputs, outputs = saved[: ctx.num_inputs], saved[ctx.num_inputs :]
        result = list(ctx.od.backward_fn(grads, inputs, outputs, ctx.p))
        result += [None] * (ctx.num_inputs - len(result))
        needed = ctx.needs_input_grad[2:]
        return (None, None, *[g if need else None for g, need in zip(result, needed)])


class _ZeroGradient(torch.autograd.Function):
    """Runs an operator whose outputs do not change with its inputs: its gradient is zero, or refused."""

    @staticmethod
    def forward(ctx: Any, od: OpDef, kwargs: dict[str, Any], *tensors: torch.Tensor | None) -> Any:
        ctx.od = od
        result = od.fn(*tensors, **kwargs)
        outputs = (result,) if isinstance(result, torch.Tensor) else tuple(result)
        ctx.mark_non_differentiable(*[o for o in outputs if not o.is_floating_point()])
        return result if isinstance(result, torch.Tensor) else outputs

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        if ctx.od.no_gradient:
            raise MXNetError(
                f"Operator {ctx.od.name} is non-differentiable because it didn't register FGradient attribute."
            )
        return (None,) * len(ctx.needs_input_grad)


# ---------------------------------------------------------------------- the table of operators

_REGISTRY: dict[str, OpDef] = {}


def op(name: str, **options: Any) -> Callable[[Callable[..., Any]], OpDef]:
    """Register a function over torch tensors as an operator. See ``docs/design.md`` for the options."""

    def register(fn: Callable[..., Any]) -> OpDef:
        opdef = OpDef(name, fn, **options)
        for key in (name, *opdef.aliases):
            _add(key, opdef)
        return opdef

    return register


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
        raise MXNetError(f"Operator {name} is not registered{suggestion(name, _REGISTRY)}")
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
