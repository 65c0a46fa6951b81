"""Recurrent cells beyond those of ``gluon.rnn``: convolutional ones, projections, variational dropout."""

from __future__ import annotations

from . import conv_rnn_cell, rnn_cell
from .conv_rnn_cell import *  # noqa: F403
from .rnn_cell import *  # noqa: F403

__all__ = [*conv_rnn_cell.__all__, *rnn_cell.__all__, "conv_rnn_cell", "rnn_cell"]
