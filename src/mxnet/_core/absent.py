"""Stand-ins for what MXNet has and remx has not: they can be imported, and say what is missing when they are used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from .errors import MissingFeatureError


class Absent:
    """Something that is not there; calling it, subclassing it, or asking it for anything raises `MXNetError`.

    Parameters
    ----------
    name : str
        Its full name.
    why : str
        What is missing, and what to use instead.
    """

    def __init__(self, name: str, why: str) -> None:
        self._name = name
        self._why = why

    def _raise(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise MissingFeatureError(f"{self._name} is not in remx: {self._why}")

    __call__ = __getitem__ = __iter__ = __len__ = __enter__ = __mro_entries__ = _raise

    def __instancecheck__(self, instance: object) -> bool:
        return False  # nothing can be one

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python asking what kind of object this is
            raise AttributeError(name)
        self._raise()

    def __repr__(self) -> str:
        return f"<{self._name}, which is not in remx>"


def absent(module: str, names: Sequence[str], why: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module whose ``names`` are stand-ins."""

    def get(name: str) -> Any:
        if name in names:
            return Absent(f"{module}.{name}", why)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return get
