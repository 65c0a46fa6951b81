"""Random numbers with NumPy's semantics: parameters are numbers or arrays, which are broadcast.

A distribution is declared once, by a function of uniform or normal numbers, through which gradients reach array
parameters. Parameters that are arrays are None among the numbers, and inputs in their order.
"""

import math
from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from types import SimpleNamespace
from typing import Annotated, Any, Optional, TypeAlias

import torch
from torch import Tensor

from ...params import Ctx, Doubles, DTypeOf, Long, Shape
from ...registry import Device, Display, Generator, OpDef, op
from ...shapes import TypeRule
from ..signatures import with_signature
from .shape import lengths

FloatType = Annotated[Any, DTypeOf("float16", "float32", "float64")]
ChanceType = Annotated[Any, DTypeOf("bool", "float16", "float32", "float64", "int32", "uint8")]
# Gives uniform or normal numbers of the right shape and type, by ``torch.rand`` or ``torch.randn``.
Noise: TypeAlias = Callable[[Callable[..., Tensor]], Tensor]


def _not_negative(value: Any, name: str) -> Any:
    """A parameter that must not be negative, such as a scale."""
    if not bool((torch.as_tensor(value) >= 0).all()):
        raise ValueError(f"{name} must not be negative")
    return value


def _above_zero(value: Any, name: str) -> Any:
    """A parameter that must be positive, such as a shape."""
    if not bool((torch.as_tensor(value) > 0).all()):
        raise ValueError(f"{name} must be positive")
    return value


def _positive(new: Noise) -> Tensor:
    """Uniform numbers in (0, 1], whose logarithm is finite."""
    return 1 - new(torch.rand)


def _shape(size: Any, arrays: Sequence[Tensor], batch: bool) -> tuple[int, ...]:
    """The shape of the result; a batch is one of draws as large as the parameters together."""
    if size is not None and not batch:
        return lengths(size)
    own = tuple(torch.broadcast_shapes(*[a.shape for a in arrays]))
    return own if size is None else (*lengths(size), *own)


def _fits(arrays: Sequence[Tensor], shape: tuple[int, ...]) -> bool:
    """Whether arrays broadcast to a shape."""
    return all(
        a.ndim <= len(shape) and all(n in (1, m) for n, m in zip(reversed(a.shape), reversed(shape))) for a in arrays
    )


def _inputs(names: Sequence[str]) -> Callable[[SimpleNamespace], tuple[str, ...]]:
    def present(p: SimpleNamespace) -> tuple[str, ...]:
        return _NUMBERED[: sum(getattr(p, name) is None for name in names)]

    return present


_NUMBERED = ("input1", "input2")
_REQUIRED: Any = Parameter.empty


def _registered(
    name: str,
    draw: Callable[..., Tensor],
    parameters: dict[str, Any],
    typed: bool,
    *,
    located: bool = True,
    batch: bool = False,
    output: str = "output0",
) -> OpDef:
    """Register a distribution.

    Parameters
    ----------
    name : str
    draw : callable
        ``draw(new, *parameters)``.
    parameters : dict of str to float
        Their names and defaults.
    typed, located : bool
        Whether there are the parameters ``dtype`` and ``ctx``.
    batch : bool
        Whether ``size`` stands before the shape of the parameters.
    output : str
        What MXNet calls the result.
    """

    def run(
        *arrays: Any,
        size: Any = None,
        ctx: str = "",
        dtype: Any = None,
        rng: Any = None,
        device: Any = None,
        **given: Any,
    ) -> Tensor:
        kind = dtype or torch.float32
        rest = [a for a in arrays if a is not None]
        shape = _shape(size, rest, batch)
        if not _fits(rest, shape):
            raise ValueError(f"the parameters do not broadcast to size {shape}, got {[tuple(a.shape) for a in rest]}")
        if rest:
            device = rest[0].device
        if torch.device(device).type == "meta":
            return torch.empty(shape, dtype=kind, device=device)
        left = iter(rest)
        values = [given.get(n, default) for n, default in parameters.items()]
        values = [next(left).to(kind) if v is None else v for v in values]

        def new(source: Callable[..., Tensor]) -> Tensor:
            return source(shape, generator=rng, dtype=kind, device=device)

        return draw(new, *values)

    names = tuple(parameters)
    form = [Parameter(n, Parameter.POSITIONAL_OR_KEYWORD, default=None) for n in _NUMBERED[: len(names)]]
    keywords: dict[str, Any] = {n: (Optional[float], default) for n, default in parameters.items()}
    keywords["size"] = (Optional[Shape], None)
    if located:
        keywords["ctx"] = (Ctx, "cpu")
    if typed:
        keywords["dtype"] = (FloatType, torch.float32)
    keywords["rng"], keywords["device"] = (Generator, None), (Device, None)
    form += [Parameter(n, Parameter.KEYWORD_ONLY, default=d, annotation=a) for n, (a, d) in keywords.items()]
    registered = op(f"_npi_{name}", inputs=_inputs(names), outputs=(output,))(
        with_signature(run, name, Signature(form), draw.__doc__)
    )

    @registered.infer_type
    def _(t: TypeRule, p: SimpleNamespace) -> None:
        t.unify(t.outputs[0], getattr(p, "dtype", torch.float32))

    return registered


# ---------------------------------------------------------------------- distributions


def _uniform(new: Noise, a: Any, b: Any) -> Tensor:
    """Numbers between ``low`` and ``high``, all as likely."""
    return a + (b - a) * new(torch.rand)


def _normal(new: Noise, mean: Any, deviation: Any) -> Tensor:
    """Numbers of a normal distribution with this mean and standard deviation."""
    return mean + _not_negative(deviation, "scale") * new(torch.randn)


def _logistic(new: Noise, m: Any, s: Any) -> Tensor:
    """Numbers of a logistic distribution."""
    u = new(torch.rand)
    return m + _not_negative(s, "scale") * torch.special.logit(u, eps=torch.finfo(u.dtype).eps)


def _gumbel(new: Noise, m: Any, s: Any) -> Tensor:
    """Numbers of a Gumbel distribution."""
    u = new(torch.rand).clamp_min(torch.finfo(torch.float32).tiny)
    return m - _not_negative(s, "scale") * torch.log(-torch.log(u))


def _exponential(new: Noise, s: Any) -> Tensor:
    """Numbers of an exponential distribution with mean ``scale``."""
    return -_not_negative(s, "scale") * torch.log(_positive(new))


def _rayleigh(new: Noise, s: Any) -> Tensor:
    """Numbers of a Rayleigh distribution."""
    return _not_negative(s, "scale") * torch.sqrt(-2 * torch.log(_positive(new)))


def _weibull(new: Noise, k: Any) -> Tensor:
    """Numbers of a Weibull distribution of shape ``a``."""
    return (-torch.log(_positive(new))) ** (1 / _above_zero(k, "a"))


def _pareto(new: Noise, k: Any) -> Tensor:
    """Numbers of a Pareto distribution of the second kind (Lomax) of shape ``a``."""
    return _positive(new) ** (-1 / _above_zero(k, "a")) - 1


def _power(new: Noise, k: Any) -> Tensor:
    """Numbers in [0, 1] with density ``a * x**(a - 1)``."""
    return new(torch.rand) ** (1 / _above_zero(k, "a"))


def _gamma(new: Noise, k: Any, s: Any) -> Tensor:
    """Numbers of a gamma distribution."""
    _above_zero(k, "the shape of a gamma distribution")

    def source(size: Any, generator: Any, dtype: torch.dtype, device: torch.device) -> Tensor:
        working = torch.float32 if dtype is torch.float16 else dtype
        alpha = torch.as_tensor(k, dtype=working, device=device).expand(size)
        return torch._standard_gamma(alpha.contiguous(), generator=generator).to(dtype)

    return _above_zero(s, "scale") * new(source)


_LOCATION = {"loc": _REQUIRED, "scale": _REQUIRED}
_BOUNDS = {"low": _REQUIRED, "high": _REQUIRED}
uniform = _registered("uniform", _uniform, _BOUNDS, True, output="output")
uniform_n = _registered("uniform_n", _uniform, _BOUNDS, True, output="output", batch=True)
normal = _registered("normal", _normal, _LOCATION, True)
normal_n = _registered("normal_n", _normal, _LOCATION, True, batch=True)
logistic = _registered("logistic", _logistic, _LOCATION, False)
gumbel = _registered("gumbel", _gumbel, _LOCATION, False)
gamma = _registered("gamma", _gamma, {"shape": _REQUIRED, "scale": _REQUIRED}, True, output="output")
exponential = _registered("exponential", _exponential, {"scale": 1.0}, False)
rayleigh = _registered("rayleigh", _rayleigh, {"scale": 1.0}, False)
weibull = _registered("weibull", _weibull, {"a": None}, False)
pareto = _registered("pareto", _pareto, {"a": None}, False)
power = _registered("powerd", _power, {"a": None}, False, located=False, output="output")


# ---------------------------------------------------------------------- finite sets


def _chance(p: SimpleNamespace) -> tuple[str, ...]:
    return ("input1",) if p.prob is None and p.logit is None else ()


@op("_npi_bernoulli", inputs=_chance, differentiable=False, result_type="dtype")
def bernoulli(
    input1: Optional[Tensor] = None,
    *,
    prob: Optional[float],
    logit: Optional[float],
    size: Optional[Shape] = None,
    ctx: Ctx = "cpu",
    dtype: ChanceType = torch.float32,
    is_logit: bool,
    rng: Generator = None,
    device: Device = None,
) -> Tensor:
    """Ones with the probability ``prob``, or the sigmoid of ``logit``, else zeros; both are None for an array."""
    given = logit if is_logit else prob
    chance = input1.detach() if input1 is not None else torch.tensor(float(given or 0.0), device=device)
    shape = tuple(chance.shape) if size is None else lengths(size)
    if chance.is_meta:
        return torch.empty(shape, dtype=dtype, device="meta")
    chance = chance.sigmoid() if is_logit else chance
    if bool(((chance < 0) | (chance > 1)).any()):
        raise ValueError("prob must be between 0 and 1")
    return (torch.rand(shape, generator=rng, device=chance.device) < chance).to(dtype)


def _choices(p: SimpleNamespace) -> tuple[str, ...]:
    return _NUMBERED[: (p.a is None) + bool(p.weighted)]


@op(
    "_npi_choice",
    inputs=_choices,
    differentiable=False,
    result_type=torch.int64,
    display=Display(printed={"a": ", required", "size": ", required"}),
)
def choice(
    input1: Optional[Tensor] = None,
    input2: Optional[Tensor] = None,
    *,
    a: Optional[Long],
    size: Optional[Shape],
    ctx: Ctx = "cpu",
    replace: bool = True,
    weighted: bool = False,
    rng: Generator = None,
    device: Device = None,
) -> Tensor:
    """Positions drawn at random: below ``a``, or along the first axis of an array; probabilities are the last input."""
    n: int = a if input1 is None or a is not None else input1.shape[0]  # type: ignore[assignment]
    p = (input1 if a is not None else input2) if weighted else None
    source = input1 if input1 is not None else p
    device = device if source is None else source.device
    shape = () if size is None else lengths(size)
    count = math.prod(shape)
    if n < 1 or (not replace and count > n):
        raise ValueError(f"cannot choose {count} of {n} elements{'' if replace else ' without replacement'}")
    if p is not None and p.numel() != n:
        raise ValueError(f"p has {p.numel()} probabilities for {n} elements")
    if torch.device(device).type == "meta":
        return torch.empty(shape, dtype=torch.int64, device=device)
    if p is not None:
        places = torch.multinomial(_not_negative(p.detach(), "p").double(), count, replace, generator=rng)
    elif replace:
        places = torch.randint(0, n, (count,), generator=rng, device=device)
    else:
        places = torch.randperm(n, generator=rng, device=device)[:count]
    return places.reshape(shape)


@op(
    "_npi_multinomial",
    inputs=lambda p: ("a",) if p.pvals is None else (),
    differentiable=False,
    result_type=torch.int64,
    display=Display(printed={"pvals": ", optional, default=None"}),
)
def multinomial(
    a: Optional[Tensor] = None,
    *,
    n: int,
    pvals: Optional[Doubles] = None,
    size: Optional[Shape] = None,
    rng: Generator = None,
    device: Device = None,
) -> Tensor:
    """How often each outcome comes in ``n`` experiments; their probabilities are ``pvals``, or an array."""
    chances = a.detach().double() if a is not None else torch.tensor(pvals, dtype=torch.float64, device=device)
    shape = () if size is None else lengths(size)
    counts = torch.zeros((*shape, len(chances)), dtype=torch.int64, device=chances.device)
    if chances.is_meta or not len(chances):
        return counts
    if float(chances.sum()) > 1 + 1e-6 or bool((chances < 0).any()):
        raise ValueError("pvals must not be negative, nor sum to more than 1")
    rest = (1 - chances[:-1].sum()).clamp_min(0)  # the last outcome takes what is left
    chances = torch.cat([chances[:-1], rest[None]])
    rows = math.prod(shape)
    drawn = torch.multinomial(chances.expand(max(rows, 1), -1), max(n, 1), True, generator=rng)
    if n and rows:
        counts.view(rows, -1).scatter_add_(1, drawn, torch.ones_like(drawn))
    return counts
