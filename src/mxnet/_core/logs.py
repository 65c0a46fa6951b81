"""Messages to the root logger, as MXNet sends them, without configuring it.

``logging.info(...)`` gives a root logger without handlers one, whereupon the user's own ``logging.basicConfig(...)``
does nothing. Here the root logger is left alone: while nobody has configured it, what its level lets pass goes to
stderr in the form that ``basicConfig`` would have chosen.
"""

from __future__ import annotations

import logging
import sys
from logging import Logger
from types import ModuleType
from typing import Any

_FORMAT = logging.Formatter(logging.BASIC_FORMAT)


class _Root:
    """The functions of :mod:`logging` that a logger has too, for the root logger."""

    def debug(self, message: str, *args: Any) -> None:
        """A message for those who look for mistakes."""
        _emit(logging.DEBUG, message, args)

    def info(self, message: str, *args: Any) -> None:
        """A message for those who want to know."""
        _emit(logging.INFO, message, args)

    def warning(self, message: str, *args: Any) -> None:
        """A message for everybody."""
        _emit(logging.WARNING, message, args)


def _emit(level: int, message: str, args: tuple[Any, ...]) -> None:
    root = logging.getLogger()
    if not root.isEnabledFor(level):
        return
    if root.handlers:
        root.log(level, message, *args, stacklevel=3)
        return
    record = root.makeRecord(root.name, level, __file__, 0, message, args, None)
    if root.filter(record):
        print(_FORMAT.format(record), file=sys.stderr)


root = _Root()


def through(logger: Logger | ModuleType | _Root | None) -> Any:
    """What to call for a logger that a user may give; the module ``logging``, MXNet's default, is the root logger."""
    return root if logger is None or logger is logging else logger
