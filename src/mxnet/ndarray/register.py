"""The functions MXNet's generator of array operators replaced by hand-written ones, under its module's name."""

from .contrib import adamw_update, mp_adamw_update

__all__ = ["adamw_update", "mp_adamw_update"]
