"""Recurrent cells, at MXNet's own path; see the private modules beside this one."""

from __future__ import annotations

# Names with an underscore, and the modules, are for those who write cells: GluonNLP and others import them from here.
# ruff: noqa: F401
from ... import ndarray, symbol
from ...base import _as_list, numeric_types, string_types
from ..block import Block, HybridBlock
from ..utils import _indent
from ._base import HybridRecurrentCell, RecurrentCell
from ._base import cells_begin_state as _cells_begin_state
from ._base import cells_state_info as _cells_state_info
from ._containers import BidirectionalCell, HybridSequentialRNNCell, SequentialRNNCell
from ._dense import GRUCell, LSTMCell, RNNCell
from ._modifiers import DropoutCell, ModifierCell, ResidualCell, ZoneoutCell
from ._sequences import (
    _format_sequence,
    _get_begin_state,
    _mask_sequence_variable_length,
    _reverse_sequences,
    tensor_types,
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
]
