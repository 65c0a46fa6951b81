"""How update operators are declared: a function without a body gives signature and text, a rule of ``kernels`` works.

Each declaration can name a second operator, the same for weights of lower precision with a float32 copy, ``weight32``.
"""

from collections.abc import Callable, Sequence
from functools import partial
from inspect import Signature, signature
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from ...registry import OpDef, op
from ..signatures import defaults, inputs, positional, with_signature
from . import kernels
from ._checks import columns, same_shapes
from ._rules import mixed_types, weight_shapes

Rule = Callable[..., Any]
RATES = ("lrs", "wds")
# What the rules call the parameters that have a value for each weight.
_PER_WEIGHT = {"lrs": "lr", "learning_rates": "lr", "wds": "wd", "etas": "eta", "step_count": "t"}


def usable_scale(rescale_grad: Tensor) -> float | None:
    """The value of a gradient scale given as an array; None when the step must be skipped (zero, infinite or NaN)."""
    if rescale_grad.numel() != 1:
        raise ValueError(f"rescale_grad must have one element, got shape {tuple(rescale_grad.shape)}")
    scale = float(rescale_grad)
    return scale if scale and abs(scale) < float("inf") else None


# ---------------------------------------------------------------------- one weight


def update(
    name: str, rule: Rule, *, mixed: str | None = None, direction: bool = False, aliases: Sequence[str] = ()
) -> Callable[[Callable[..., Any]], OpDef]:
    """Declare the update of one weight; the inputs after weight and gradient are its states.

    An input ``rescale_grad``, the last one, is an array of one element; the step is skipped when it is not usable.

    Parameters
    ----------
    rule : callable
        Takes weight, gradient and states, as lists of one tensor, and those of the parameters that it names.
    mixed : str, optional
        The name of the operator for weights of lower precision.
    direction : bool
        The rule moves only the states, and gives the direction of the step, which is the result.
    """

    def register(declared: Callable[..., Any]) -> OpDef:
        form, doc = signature(declared), declared.__doc__
        made = _single(name, rule, form, doc, direction, aliases)
        if mixed is not None:
            form = _with_copy(form)
            doc = f"``{name}`` of the float32 copy ``weight32`` of a weight of lower precision."
            if direction:
                doc = f"{doc[:-1]}; the direction is float32."
            mixed_types(
                _single(mixed, partial(kernels.mixed, rule), form, doc, direction),
                ("weight", "grad") if direction else ("weight", "grad", "output"),
            )
        return made

    return register


def _with_copy(form: Signature) -> Signature:
    """The signature with ``weight32`` as the last array of the weight's shape."""
    names = inputs(form)
    place = names.index("rescale_grad") if "rescale_grad" in names else len(names)
    parameters = list(form.parameters.values())
    return form.replace(parameters=[*parameters[:place], *positional(["weight32"], Tensor), *parameters[place:]])


def _single(
    name: str, rule: Rule, form: Signature, doc: str | None, direction: bool, aliases: Sequence[str] = ()
) -> OpDef:
    names = inputs(form)
    scaled = names[-1] == "rescale_grad"
    alike = names[1 : len(names) - scaled]
    given_defaults = defaults(form)
    ignored = [p for p in form.parameters if p not in names and p not in _taken(rule)]

    def run(weight: Tensor, *others: Tensor, **given: Any) -> Tensor:
        states = others[:-1] if scaled else others
        shape = weight.shape
        for t in states:
            if t.shape != shape:
                same_shapes(weight, **dict(zip(alike, states)))
        scalars = {**given_defaults, **given}
        for parameter in ignored:
            del scalars[parameter]
        if scaled:
            if weight.is_meta:
                return weight
            scalars["rescale_grad"] = usable_scale(others[-1])
            if scalars["rescale_grad"] is None:
                return weight
        steps = rule([weight], *[[t] for t in states], **scalars)
        return steps[0] if direction else weight

    made = op(
        name,
        aliases=aliases,
        mutates=[n for n in alike[1:] if not (direction and n == "weight32")],
        differentiable=False,
        same_shape=not scaled,
        inplace=None if direction else "weight",
    )(with_signature(run, name, form, doc))
    if scaled:
        weight_shapes(made, "rescale_grad")
        mixed_types(made, (*names[:-1], "output"))
    return made


def _taken(rule: Rule) -> Sequence[str]:
    """The names of a rule's arguments, the one behind ``kernels.mixed`` included."""
    return tuple(signature(rule.args[0] if isinstance(rule, partial) else rule).parameters)


# ---------------------------------------------------------------------- many weights


def multi(
    name: str, rule: Rule, names: Sequence[str], *, mixed: str, count: str = "num_weights", extra: Sequence[str] = ()
) -> Callable[[Callable[..., Any]], OpDef]:
    """Declare the update of several weights: the arrays ``names`` of each weight, and the ``extra`` inputs at the end.

    The extra inputs are an array ``rescale_grad`` of one element, or rates and decays as vectors, ``RATES``.
    """

    def register(declared: Callable[..., Any]) -> OpDef:
        form, doc = signature(declared), declared.__doc__ or ""
        copied = (*names, "weight32")
        copies = f"``{name}`` of the float32 copies of weights of lower precision: inputs ``{_shown(copied, extra)}``."
        text = f"{copies}\n\n{doc.partition(chr(10) * 2)[2]}"
        _many(mixed, partial(kernels.mixed, rule), copied, count, extra, form, text)
        return _many(name, rule, names, count, extra, form, doc)

    return register


def _shown(names: Sequence[str], extra: Sequence[str]) -> str:
    """The inputs as the texts write them."""
    return ", ".join([f"{n}_0" for n in names] + ["weight_1", "..."] + list(extra))


def _many(
    name: str, rule: Rule, names: Sequence[str], count: str, extra: Sequence[str], form: Signature, doc: str
) -> OpDef:
    given_defaults = defaults(form)
    # Weight and gradient share a type; AdamW's moments, float32 copies and their momenta are float32.
    low = ("weight", "grad") if "weight32" in names or "rescale_grad" in extra else names

    own = [n for n in form.parameters if n in _PER_WEIGHT]
    own_scalars = [_PER_WEIGHT[n] for n in own]

    def run(*data: Tensor, **given: Any) -> list[Tensor]:
        scalars = {**given_defaults, **given}
        num, end = scalars.pop(count), len(data) - len(extra)
        if end < 1:
            raise ValueError(f"expected {count} * {len(names)} inputs and {', '.join(extra)}, got {len(data)}")
        if extra == RATES:
            rates = {n: vector.reshape(-1) for n, vector in zip(extra, data[end:])}
            lists = columns(data[:end], names, num, count, extra=len(extra), **rates)
            rule(*lists, **{n: vector.unbind() for n, vector in rates.items()}, **scalars)
            return lists[0]
        values = {n: scalars.pop(n) for n in own}
        lists = columns(data[:end], names, num, count, extra=len(extra), **values)
        if extra:
            if data[-1].is_meta:
                return lists[0]
            scalars["rescale_grad"] = usable_scale(data[-1])
            if scalars["rescale_grad"] is None:
                return lists[0]
        # Weights that have the same scalars share a call of the rule.
        groups: dict[tuple[float, ...], list[int]] = {}
        for i, key in enumerate(zip(*values.values())):
            groups.setdefault(key, []).append(i)
        for key, members in groups.items():
            scalars.update(zip(own_scalars, key))
            rule(*[[column[i] for i in members] for column in lists], **scalars)
        return lists[0]

    def present(p: SimpleNamespace) -> tuple[str, ...]:
        return (*(f"{n}_{i}" for i in range(getattr(p, count)) for n in names), *extra)

    def outputs(p: SimpleNamespace) -> tuple[str, ...]:
        n = getattr(p, count)
        return ("output",) if n == 1 else tuple(f"output{i}" for i in range(n))

    def shapes(s: Any, p: SimpleNamespace) -> None:
        for i, out in enumerate(outputs(p)):
            alike = [f"{k}_{i}" for k in names] + [out]
            for known in [s[k] for k in alike if s[k] is not None]:
                for k in alike:
                    s.unify(k, known)
        for k in extra:
            s.unify(k, (1 if k == "rescale_grad" else getattr(p, count),))

    def types(t: Any, p: SimpleNamespace) -> None:
        for i, out in enumerate(outputs(p)):
            alike = [f"{k}_{i}" for k in low] + [out]
            known = next((t[k] for k in alike if t[k] is not None), None)
            for k in alike if known is not None else ():
                t.unify(k, known)
            for k in names:
                if k not in low:
                    t.unify(f"{k}_{i}", torch.float32)
        for k in extra:
            t.unify(k, torch.float32)

    made = op(
        name,
        variadic=count,
        inputs=present,
        outputs=outputs,
        mutates=names[2:],
        inplace="weight",
        differentiable=False,
    )(with_signature(run, name, form, doc))
    made.infer_shape(shapes)
    made.infer_type(types)
    return made
