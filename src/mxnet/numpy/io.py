"""Where MXNet has :func:`genfromtxt`."""

from ._creation import genfromtxt

__all__ = ["genfromtxt"]
