"""Recurrent cells, at MXNet's own path; see the private modules beside this one."""

from __future__ import annotations

from ._base import HybridRecurrentCell, RecurrentCell
from ._containers import BidirectionalCell, HybridSequentialRNNCell, SequentialRNNCell
from ._dense import GRUCell, LSTMCell, RNNCell
from ._modifiers import DropoutCell, ModifierCell, ResidualCell, ZoneoutCell
from ._sequences import (  # which GluonNLP and others import from here
    _format_sequence,
    _get_begin_state,
    _mask_sequence_variable_length,
    _reverse_sequences,
)

__all__ = [
    "BidirectionalCell",
    "DropoutCell",
    "GRUCell",
    "HybridRecurrentCell",
    "HybridSequentialRNNCell",
    "LSTMCell",
    "ModifierCell",
    "RNNCell",
    "RecurrentCell",
    "ResidualCell",
    "SequentialRNNCell",
    "ZoneoutCell",
    "_format_sequence",
    "_get_begin_state",
    "_mask_sequence_variable_length",
    "_reverse_sequences",
]
