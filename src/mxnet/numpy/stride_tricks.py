"""Where MXNet has :func:`broadcast_arrays`."""

from ._shape import broadcast_arrays

__all__ = ["broadcast_arrays"]
