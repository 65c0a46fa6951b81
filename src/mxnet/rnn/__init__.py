"""Recurrent networks of symbols: cells, bucketed sentences, and checkpoints with weights a person can read."""

from __future__ import annotations

from .. import initializer as init
from .. import ndarray, symbol
from ..io import DataBatch, DataDesc, DataIter
from ..model import load_checkpoint, save_checkpoint
from . import io, rnn, rnn_cell
from .io import *  # noqa: F403
from .rnn import *  # noqa: F403
from .rnn_cell import *  # noqa: F403

__all__ = [
    "DataBatch",
    "DataDesc",
    "DataIter",
    "init",
    "io",
    "load_checkpoint",
    "ndarray",
    "rnn",
    "rnn_cell",
    "save_checkpoint",
    "symbol",
    *io.__all__,
    *rnn.__all__,
    *rnn_cell.__all__,
]
