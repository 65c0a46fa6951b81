"""Gradients through arrays of integers, which torch does not give.

A *proxy* in torch's graph stands for such an array: one number, seen as a float64 array of the whole shape, through
which gradients pass. A table knows the proxy of each tensor, as long as the tensor lives.

As in MXNet, an integer operation has the gradient of its real counterpart, cut to the type of the array it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import local
from typing import Any
from weakref import ref

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from .grad_mode import grad_mode

# By the id of a tensor, which is its own as long as it lives: a reference that clears the entry when it dies, and the
# proxy. While nothing is in here, nothing needs to look for proxies.
proxies: dict[int, tuple[ref[Tensor], Tensor]] = {}


def new_proxy(t: Tensor) -> Tensor:
    """A fresh proxy for a tensor."""
    return torch.zeros((), dtype=torch.float64, device=t.device).expand(t.shape)


def attach(t: Tensor, proxy: Tensor) -> Tensor:
    """The tensor, with a proxy."""
    key = id(t)
    proxies[key] = ref(t, partial(proxies.pop, key)), proxy
    return t


def in_graph(t: Tensor) -> Tensor:
    """What stands for a tensor in torch's graph: itself, or its proxy."""
    if not proxies:
        return t
    found = proxies.get(id(t))
    return t if found is None else found[1]


def has_proxy(tensors: Sequence[Any]) -> bool:
    """Whether one of several tensors (or Nones) has a proxy."""
    return bool(proxies) and any(id(t) in proxies for t in tensors)


def cut(gradient: Tensor, dtype: torch.dtype) -> Tensor:
    """A gradient as an array of a type has it: of integers, the digits behind the point are cut."""
    return gradient if dtype.is_floating_point else gradient.to(torch.int64).to(dtype)


class _Again(local):
    for_integers = False


_again = _Again()  # whether floats stand for integers in what this thread runs


def flat(result: Tensor) -> Tensor:
    """A result whose gradient is zero where it is one of integers, though that of floats is not."""
    return result.detach() if _again.for_integers else result


def follow(part: Tensor, whole: Tensor, select: Callable[[Tensor], Tensor]) -> Tensor:
    """A part or view of a tensor, whose gradient goes to it: ``select`` is applied to the proxy as well."""
    proxy = in_graph(whole)
    if proxy is whole or not torch.is_grad_enabled():
        return part
    return attach(part.detach() if part is whole else part, select(proxy).reshape(part.shape))


def run(fn: Callable[..., Any], tensors: Sequence[Tensor | None], kwargs: dict[str, Any], is_pure: bool = True) -> Any:
    """Run a function of tensors some of which, or of whose results, are integers in a recorded computation.

    Parameters
    ----------
    fn : callable
        ``fn(tensors, kwargs)``, which torch can differentiate when the tensors are floats.
    tensors : sequence of torch.Tensor or None
    kwargs : dict
        Its parameters. A ``dtype`` among them is that of the results.
    is_pure : bool
        Whether it can be run again, for the gradients; else they are zero.
    """
    inputs = [None if t is None else in_graph(t) for t in tensors]
    found: list[Any] = []
    heads = _Call.apply(fn, tensors, kwargs, is_pure, found, *inputs)
    (result,) = found
    if isinstance(result, Tensor):
        return heads[0] if result.is_floating_point() else attach(result, heads[0])
    return type(result)([h if r.is_floating_point() else attach(r, h) for r, h in zip(result, heads)])


class _Call(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx,
        fn: Callable[..., Any],
        tensors: Sequence[Tensor | None],
        kwargs: dict[str, Any],
        is_pure: bool,
        found: list[Any],
        *inputs: Any,
    ) -> Any:
        ctx.set_materialize_grads(False)
        result = fn(tensors, kwargs)
        single = isinstance(result, Tensor)
        outputs = [r.view_as(r) if any(r is t for t in tensors) else r for r in ([result] if single else result)]
        found.append(outputs[0] if single else type(result)(outputs))
        ctx.save_for_backward(*inputs)  # for torch to notice a second pass
        ctx.call = fn, [None if t is None else t.detach() for t in tensors], kwargs, is_pure
        ctx.types = [r.dtype for r in outputs]
        return tuple([r if r.is_floating_point() else new_proxy(r) for r in outputs])

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Any) -> Any:
        inputs = ctx.saved_tensors
        fn, tensors, kwargs, is_pure = ctx.call
        nothing = (None,) * (5 + len(inputs))
        if not is_pure or all(g is None for g in grads):
            return nothing
        needed = ctx.needs_input_grad[5:]
        integer_types = {t.dtype for t, n in zip(tensors, needed) if n and not t.is_floating_point()}
        given = [t if t is None or t.dtype not in integer_types else t.to(torch.float64) for t in tensors]
        given = [t.detach().requires_grad_() if n else t for t, n in zip(given, needed)]
        if "dtype" in kwargs and not any(t.is_floating_point for t in ctx.types):
            kwargs = {**kwargs, "dtype": torch.float64}
        _again.for_integers = bool(integer_types)
        try:
            with grad_mode(True):
                result = fn(given, kwargs)
        except (RuntimeError, TypeError, ValueError):  # what is for integers alone, bits for instance, has no gradient
            return nothing
        finally:
            _again.for_integers = False
        starts = [
            (r, cut(g, dtype).to(r.dtype))
            for r, g, dtype in zip([result] if isinstance(result, Tensor) else result, grads, ctx.types)
            if g is not None and r.requires_grad
        ]
        if not starts:
            return nothing
        wanted = [t for t, n in zip(given, needed) if n]
        arrived = iter(_differentiate([r for r, _ in starts], wanted, [g for _, g in starts]))
        found = [next(arrived) if n else None for n in needed]
        for i, (g, t) in enumerate(zip(found, tensors)):
            if g is not None and not t.is_floating_point():
                found[i] = cut(g, t.dtype).to(torch.float64)
        return (*nothing[:5], *found)


def _differentiate(heads: list[Tensor], inputs: list[Tensor], head_grads: list[Tensor]) -> Sequence[Tensor | None]:
    return torch.autograd.Variable._execution_engine.run_backward(  # as in tape.py
        tuple(heads), tuple(head_grads), False, False, tuple(inputs), allow_unreachable=True, accumulate_grad=False
    )
