"""What operators tell a profile while one is taken: ranges of time with their names.

The switches are off else, and then nothing but the switches is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from torch.profiler import record_function

# Whether eager calls, and the operators of graphs, are part of a profile that is being taken.
eager = False
graphs = False

OPERATOR = "mxnet operator "  # what the names of ranges begin with: an operator
CUSTOM = "mxnet custom operator "  # and what a user's class does


def call(name: str, fn: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Call the function of an operator, as a range of its name."""
    with record_function(OPERATOR + name):
        return fn(*args, **kwargs)


def named(name: str, fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose calls are ranges of the name of an operator."""
    return lambda *args: call(name, fn, args, {})


def user_code(name: str) -> AbstractContextManager[Any]:
    """The range in which a user's class works."""
    return record_function(CUSTOM + name) if eager or graphs else nullcontext()
