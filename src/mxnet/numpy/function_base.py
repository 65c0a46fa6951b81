"""Where MXNet has :func:`meshgrid`."""

from ._shape import meshgrid

__all__ = ["meshgrid"]
