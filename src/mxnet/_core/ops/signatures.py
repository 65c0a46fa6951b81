"""Functions that a family makes in a loop, with the signature and text of one that is written out."""

from collections.abc import Callable, Iterable
from inspect import Parameter, Signature
from typing import Any


def with_signature(fn: Callable[..., Any], name: str, signature: Signature, doc: str | None) -> Callable[..., Any]:
    """Give a function over ``*args, **kwargs`` the name, signature and text that operators and ``help`` read."""
    fn.__name__ = fn.__qualname__ = name.lstrip("_")
    vars(fn)["__signature__"] = signature
    fn.__doc__ = doc
    return fn


def defaults(signature: Signature) -> dict[str, Any]:
    """The values of the parameters by name that need not be given."""
    return {
        p.name: p.default
        for p in signature.parameters.values()
        if p.kind is Parameter.KEYWORD_ONLY and p.default is not Parameter.empty
    }


def inputs(signature: Signature) -> list[str]:
    """The names of the arguments by position."""
    return [p.name for p in signature.parameters.values() if p.kind is Parameter.POSITIONAL_OR_KEYWORD]


def positional(names: Iterable[str], annotation: object) -> list[Parameter]:
    """Arguments by position that must be given."""
    return [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation) for name in names]


def annotated(signature: Signature, **annotations: object) -> Signature:
    """The signature with other annotations of some arguments."""
    return signature.replace(
        parameters=[p.replace(annotation=annotations.get(p.name, p.annotation)) for p in signature.parameters.values()]
    )


def without(signature: Signature, *names: str) -> Signature:
    """The signature without some arguments."""
    return signature.replace(parameters=[p for p in signature.parameters.values() if p.name not in names])
