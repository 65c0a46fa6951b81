"""Recurrent networks: cells that make one step, and layers that run whole sequences at once."""

from __future__ import annotations

from . import rnn_cell, rnn_layer
from .rnn_cell import *  # noqa: F403
from .rnn_layer import *  # noqa: F403

__all__ = [*rnn_cell.__all__, *rnn_layer.__all__, "rnn_cell", "rnn_layer"]
