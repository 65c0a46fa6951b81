"""Draws from continuous and counting distributions: with numbers as parameters, like an array, and an array's elements.

Each distribution is declared once and is three operators: ``_random_X(shape=)``, ``_random_X_like(data)`` and
``_sample_X(parameters)``, which draws ``shape`` numbers for each element of its inputs. None has a gradient.
"""

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature, cleandoc, signature
from types import SimpleNamespace
from typing import Annotated, Any

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Ctx, DTypeOf, Long, Shape
from ...registry import Device, Display, Generator, op
from ...shapes import ShapeRule, TypeRule
from ..init.creation import checked_shape, known_shape
from ..signatures import defaults, positional, with_signature
from . import _distributions as draw

FloatType = Annotated[Any, DTypeOf("None", "float16", "float32", "float64")]
IntType = Annotated[Any, DTypeOf("None", "int32", "int64")]
Draw = Callable[..., Tensor]


def _domain(holds: bool, rule: str, *values: float) -> None:
    if not holds:
        raise MXNetError(f"{rule}, got {' and '.join(map(str, values))}")


# ---------------------------------------------------------------------- what the three forms share


def _working(dtype: torch.dtype) -> torch.dtype:
    """The type to compute in: drawing in half precision would show its few possible values."""
    return dtype if dtype in (torch.float32, torch.float64) else torch.float32


def _empty(shape: Sequence[int] | None, dtype: torch.dtype, device: torch.device) -> Tensor:
    """An array to fill."""
    return torch.empty(known_shape(shape or (), device), dtype=dtype, device=device)


def _fill(
    distribution: Draw,
    shape: Sequence[int] | None,
    dtype: torch.dtype | None,
    device: torch.device,
    rng: Generator,
    *parameters: float,
) -> Tensor:
    dtype = dtype or torch.float32
    out = _empty(shape, _working(dtype), device)
    return out.to(dtype) if out.is_meta else distribution(out, rng, *parameters).to(dtype)


def _fill_like(distribution: Draw, data: Tensor, rng: Generator, *parameters: float) -> Tensor:
    if not data.is_floating_point():
        raise MXNetError(f"only floating point types are supported, not {str(data.dtype)[6:]}")
    return _fill(distribution, data.shape or (1,), data.dtype, data.device, rng, *parameters)


def _fill_each(
    distribution: Draw, shape: Sequence[int], dtype: torch.dtype | None, rng: Generator, *parameters: Tensor
) -> Tensor:
    """``shape`` draws for each element of the parameters."""
    first = parameters[0]
    for other in parameters[1:]:
        if other.shape != first.shape or other.dtype != first.dtype:
            raise MXNetError(
                f"the parameters must have one shape and data type, got {tuple(first.shape)} "
                f"{str(first.dtype)[6:]} and {tuple(other.shape)} {str(other.dtype)[6:]}"
            )
    if 0 in shape:
        raise MXNetError(f"shape parameter must be non-zero within each dimension, got {shape}")
    shape = checked_shape(shape)
    dtype = dtype or torch.float32
    out = torch.empty(checked_shape((*first.shape, *shape)), dtype=_working(dtype), device=first.device)
    if out.is_meta:
        return out.to(dtype)
    spread = [p.to(out.dtype).reshape(*p.shape, *(1,) * len(shape)) for p in parameters]
    return distribution(out, rng, *spread).to(dtype)


# ---------------------------------------------------------------------- the three forms


def distribution(
    drawing: Draw, *, arrays: Sequence[str] = (), aliases: Sequence[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare a distribution by a function that checks its parameters when they are numbers.

    Name, parameters and text are those of the function.

    Parameters
    ----------
    drawing : callable
        ``drawing(out, rng, *parameters)``.
    arrays : sequence of str
        What the parameters are called when they are arrays, where that differs.
    aliases : sequence of str
        Further names of ``_random_X``.
    """

    def register(check: Callable[..., None]) -> Callable[..., None]:
        name, form, doc = check.__name__, signature(check), cleandoc(check.__doc__ or "")
        _of_numbers(f"_random_{name}", drawing, check, form, doc, (f"random_{name}", *aliases))
        _like_array(f"_random_{name}_like", drawing, check, form, doc)
        names = tuple(form.parameters)
        for old, new in zip(names, arrays):
            doc = doc.replace(f"``{old}``", f"``{new}``")
        _of_arrays(f"_sample_{name}", drawing, tuple(arrays) or names, doc, (f"sample_{name}",))
        return check

    return register


def _number_form(
    *, shape: Shape = None, ctx: Ctx = "", dtype: FloatType = None, rng: Generator = None, device: Device = None
) -> Tensor: ...


def _like_form(data: Tensor, *, rng: Generator = None) -> Tensor: ...


def _array_form(*, shape: Shape = (), dtype: FloatType = None, rng: Generator = None) -> Tensor: ...


def _joined(first: Signature | list[Parameter], second: Callable[..., Any]) -> Signature:
    """Parameters and those of a form: positional ones first, a generator and what else no caller gives last."""
    own = list(first.parameters.values()) if isinstance(first, Signature) else first
    form = signature(second)
    return form.replace(parameters=sorted([*own, *form.parameters.values()], key=lambda p: p.kind))


def _noted(doc: str, note: str) -> str:
    """The text with more said in its first line."""
    line, end, rest = doc.partition("\n")
    return f"{line[:-1]}; {note}.{end}{rest}"


def _of_numbers(
    name: str, drawing: Draw, check: Callable[..., None], form: Signature, doc: str, aliases: tuple[str, ...]
) -> None:
    values = defaults(form)

    def run(
        *, shape: Any = None, ctx: str = "", dtype: Any = None, rng: Any = None, device: Any = None, **given: Any
    ) -> Tensor:
        parameters = {**values, **given}
        check(**parameters)
        return _fill(drawing, shape, dtype, device, rng, *parameters.values())

    op(name, aliases=aliases, differentiable=False)(with_signature(run, name, _joined(form, _number_form), doc))


def _like_array(name: str, drawing: Draw, check: Callable[..., None], form: Signature, doc: str) -> None:
    values = defaults(form)

    def run(data: Tensor, *, rng: Any = None, **given: float) -> Tensor:
        parameters = {**values, **given}
        check(**parameters)
        return _fill_like(drawing, data, rng, *parameters.values())

    op(name, differentiable=False, same_shape=True, display=Display(listed=(*form.parameters, "data")))(
        with_signature(run, name, _joined(form, _like_form), _noted(doc, "shape and type are those of ``data``"))
    )


def _of_arrays(name: str, drawing: Draw, names: tuple[str, ...], doc: str, aliases: tuple[str, ...]) -> None:
    def run(*parameters: Tensor, shape: Any = (), dtype: Any = None, rng: Any = None) -> Tensor:
        return _fill_each(drawing, shape, dtype, rng, *parameters)

    first, *others = names
    sampler = op(
        name,
        aliases=aliases,
        differentiable=False,
        display=Display(listed=(first, "shape", "dtype", *others)) if others else None,
    )(
        with_signature(
            run,
            name,
            _joined(positional(names, Tensor), _array_form),
            _noted(doc, "``shape`` numbers for each element of the parameters"),
        )
    )

    @sampler.infer_shape
    def _(s: ShapeRule, p: SimpleNamespace) -> None:
        s.same(*names)
        if s[first] is not None:
            s.unify("output", (*s[first], *p.shape))

    @sampler.infer_type
    def _(t: TypeRule, p: SimpleNamespace) -> None:
        t.same(*names)
        t.unify("output", p.dtype or torch.float32)


# ---------------------------------------------------------------------- the distributions


@distribution(draw.uniform, aliases=("uniform",))
def uniform(*, low: float = 0.0, high: float = 1.0) -> None:
    """Draw uniformly from ``[low, high)``."""
    _domain(high >= low, "low should be at most high", low, high)


@distribution(draw.normal, arrays=("mu", "sigma"), aliases=("normal",))
def normal(*, loc: float = 0.0, scale: float = 1.0) -> None:
    """Draw from the normal distribution with mean ``loc`` and standard deviation ``scale``."""
    _domain(scale > 0, "scale should be positive", scale)


@distribution(draw.gamma)
def gamma(*, alpha: float = 1.0, beta: float = 1.0) -> None:
    """Draw from the gamma distribution with shape ``alpha`` and scale ``beta``.

    Parameters
    ----------
    alpha
        The shape.
    beta
        The scale.
    """
    _domain(alpha > 0, "alpha parameter in gamma distribution has to be positive", alpha)
    _domain(beta > 0, "beta parameter in gamma distribution has to be positive", beta)


@distribution(draw.exponential)
def exponential(*, lam: float = 1.0) -> None:
    """Draw from the exponential distribution with rate ``lam``."""
    _domain(lam > 0, "lambda parameter in exponential distribution has to be positive", lam)


@distribution(draw.poisson)
def poisson(*, lam: float = 1.0) -> None:
    """Draw counts from the Poisson distribution with rate ``lam``, as floating-point numbers."""
    _domain(lam >= 0, "lambda parameter in poisson distribution has to be non-negative", lam)


@distribution(draw.negative_binomial)
def negative_binomial(*, k: int = 1, p: float = 1.0) -> None:
    """Draw the number of failures before ``k`` successes of probability ``p``, as floating-point numbers.

    Parameters
    ----------
    k
        How many successes end the trials.
    """
    _domain(k >= 0, "k should not be negative", k)
    _domain(0 < p <= 1, "p should be in (0, 1]", p)


@distribution(draw.generalized_negative_binomial)
def generalized_negative_binomial(*, mu: float = 1.0, alpha: float = 1.0) -> None:
    """Draw from the negative binomial distribution with mean ``mu`` and dispersion ``alpha``.

    Parameters
    ----------
    alpha
        The dispersion.
    """
    _domain(mu >= 0, "mu should not be negative", mu)
    _domain(alpha >= 0, "alpha should not be negative", alpha)


@op("_random_randint", aliases=("random_randint", "_npi_random_randint"), differentiable=False)
def random_randint(
    *,
    low: Long,
    high: Long,
    shape: Shape = None,
    ctx: Ctx = "",
    dtype: IntType = None,
    rng: Generator = None,
    device: Device = None,
) -> Tensor:
    """Draw whole numbers from ``low`` up to but without ``high``, int32 unless ``dtype`` says otherwise."""
    _domain(high > low, "low must be less than high in the distribution of whole numbers", low, high)
    out = _empty(shape, dtype or torch.int32, device)
    info = torch.iinfo(out.dtype)
    if low < info.min or high - 1 > info.max:
        raise MXNetError(f"low {low} and high {high} do not fit the data type {str(out.dtype)[6:]}")
    return out if out.is_meta else torch.randint(low, high, out.shape, generator=rng, dtype=out.dtype, device=device)


@random_randint.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    t.unify("output", p.dtype or torch.int32)
