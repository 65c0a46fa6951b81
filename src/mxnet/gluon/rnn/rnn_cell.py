"""Recurrent cells, at MXNet's own path; see the private modules beside this one."""

from __future__ import annotations

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
from ._sequences import (  # which GluonNLP and others import from here
    _format_sequence,
    _get_begin_state,
    _mask_sequence_variable_length,
    _reverse_sequences,
    tensor_types,
)

_FOR_CELLS = (
    *(Block, HybridBlock, _as_list, _cells_begin_state, _cells_state_info, _indent),
    *(ndarray, numeric_types, string_types, symbol, tensor_types),
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
