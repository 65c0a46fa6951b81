"""Loggers with MXNet's colored line format."""

from __future__ import annotations

import logging
import warnings

CRITICAL = logging.CRITICAL
ERROR = logging.ERROR
WARNING = logging.WARNING
INFO = logging.INFO
DEBUG = logging.DEBUG
NOTSET = logging.NOTSET

_LETTERS = {CRITICAL: "C", ERROR: "E", WARNING: "W", INFO: "I", DEBUG: "D"}
_RED, _GREEN, _BLUE, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[34m", "\x1b[0m"


class _Formatter(logging.Formatter):
    """``W0505 00:29:47 3525 file:function:line] message``, with the part before the bracket colored by level."""

    def __init__(self) -> None:
        super().__init__(datefmt="%m%d %H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        level = record.levelno
        color = _RED if level >= WARNING else _GREEN if level >= INFO else _BLUE
        return (
            f"{color}{_LETTERS.get(level, 'U')}{record.asctime} {record.process} "
            f"{record.pathname}:{record.funcName}:{record.lineno}]{_PLAIN} {record.message}"
        )

    def usesTime(self) -> bool:
        return True


def get_logger(
    name: str | None = None, filename: str | None = None, filemode: str | None = None, level: int = WARNING
) -> logging.Logger:
    """A logger that writes colored lines to stderr, or plain ones to a file.

    Parameters
    ----------
    name : str, optional
        Without a name it is the root logger, which is left as it is.
    filename : str, optional
        The file to write to.
    filemode : str, optional
        ``"a"`` when not given.
    level : int
        The least level that is written.
    """
    logger = logging.getLogger(name)
    if name is not None and not getattr(logger, "_init_done", False):
        logger._init_done = True  # type: ignore[attr-defined]
        handler: logging.Handler
        if filename:
            handler = logging.FileHandler(filename, filemode or "a")
        else:
            handler = logging.StreamHandler()
            handler.setFormatter(_Formatter())
        logger.addHandler(handler)
        logger.setLevel(level)
    return logger


def getLogger(
    name: str | None = None, filename: str | None = None, filemode: str | None = None, level: int = WARNING
) -> logging.Logger:
    """The old name of :func:`get_logger`."""
    warnings.warn("getLogger is deprecated, Use get_logger instead.", DeprecationWarning, stacklevel=2)
    return get_logger(name, filename, filemode, level)
