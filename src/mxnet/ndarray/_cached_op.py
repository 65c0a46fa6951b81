"""Calling a symbol on arrays, as hybridized Gluon blocks do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from .._core import invoke as _invoke
from .._core.execute.program import Program
from .._core.state import state
from ..base import MXNetError
from ._array import NDArray, wrap


class CachedOp:
    """A symbol made callable: its arguments and auxiliary states are the inputs, in their order.

    The graph is prepared once. Calls are recorded for gradients like those of operators.

    Parameters
    ----------
    sym : Symbol
    flags : sequence of (str, str)
        MXNet's settings of memory planning (``static_alloc`` and others), which make no difference here.
    """

    def __init__(self, sym: Any, flags: Sequence[tuple[str, str]] = ()) -> None:
        self._symbol = sym
        self._program: dict[Any, Program] = {}

    def __call__(self, *args: NDArray, **kwargs: Any) -> Any:
        """The outputs for these inputs: an array, or a list of them when there are several."""
        out = kwargs.pop("out", None)
        kwargs.pop("default_ctx", None)
        if kwargs:
            raise TypeError(f"CachedOp.__call__ got unexpected keyword argument(s): {', '.join(kwargs)}")
        for i, a in enumerate(args):
            if not isinstance(a, NDArray):
                raise TypeError(f"CachedOp: input {i} must be an NDArray, got {type(a).__name__}")
        ctx = args[0]._ctx if args else _invoke.current_context()
        program = self._program.get(ctx)
        if program is None:
            program = self._program[ctx] = Program(self._symbol._heads, ctx)
        names = (*program.arguments, *program.aux)
        if len(args) != len(names):
            raise MXNetError(f"CachedOp: the symbol has {len(names)} inputs ({', '.join(names)}), got {len(args)}")
        by_name = dict(zip(self._symbol.list_inputs(), [a._t for a in args]))
        tensors = [by_name[n] for n in names]
        for i in range(len(program.arguments), len(tensors)):
            tensors[i] = tensors[i].data
        with torch.set_grad_enabled(state.recording):
            results = program.run(tensors, state.training)
        if out is not None:
            targets = [out] if isinstance(out, NDArray) else list(out)
            for target, r in zip(targets, results):
                _invoke.write_out("CachedOp", target, r, state.recording)
            return out
        arrays = [wrap(r, ctx) for r in results]
        return arrays[0] if len(arrays) == 1 else arrays
