"""Errors by name: a message that begins with a registered name raises that class."""

from __future__ import annotations

from .base import MXNetError, register_error

__all__ = ["MXNetError", "register"]

register = register_error


@register
class InternalError(MXNetError):
    """Something that must not happen has happened inside remx.

    Parameters
    ----------
    msg : str
        What; a hint to report it is added.
    """

    def __init__(self, msg: str) -> None:
        hint = "MXNet hint:"
        if hint not in msg:
            msg += f"\n{hint} this is a defect of remx and not of your program. Please report it with the lines above."
        super().__init__(msg)
