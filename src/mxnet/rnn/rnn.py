"""Checkpoints of networks with recurrent cells, and the old way to unroll a cell."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from .. import symbol as sym
from ..callback import every
from ..model import load_checkpoint, save_checkpoint
from ..symbol import Symbol
from .rnn_cell import BaseRNNCell

__all__ = ["do_rnn_checkpoint", "load_rnn_checkpoint", "rnn_unroll", "save_rnn_checkpoint"]

Cells = BaseRNNCell | Sequence[BaseRNNCell]


def rnn_unroll(
    cell: BaseRNNCell,
    length: int,
    inputs: Any = None,
    begin_state: Any = None,
    input_prefix: str = "",
    layout: str = "NTC",
) -> tuple[Any, list[Any]]:
    """Unroll a cell; deprecated, :meth:`BaseRNNCell.unroll` does it.

    Parameters
    ----------
    cell : BaseRNNCell
    length : int
    inputs : Symbol or list of Symbol, optional
        By default variables ``{input_prefix}t0_data``, ``{input_prefix}t1_data``, ...
    begin_state : list of Symbol, optional
    input_prefix : str
    layout : str
    """
    warnings.warn("rnn_unroll is deprecated. Please call cell.unroll directly.", stacklevel=2)
    if inputs is None:
        inputs = [sym.Variable(f"{input_prefix}t{i}_data") for i in range(length)]
    return cell.unroll(length, inputs=inputs, begin_state=begin_state, layout=layout)


def _as_list(cells: Cells) -> Sequence[BaseRNNCell]:
    return [cells] if isinstance(cells, BaseRNNCell) else cells


def save_rnn_checkpoint(
    cells: Cells, prefix: str, epoch: int, symbol: Symbol | None, arg_params: dict[str, Any], aux_params: dict[str, Any]
) -> None:
    """Write a checkpoint in which the cells' weights are stored gate by gate.

    Parameters
    ----------
    cells : BaseRNNCell or list of BaseRNNCell
        The cells that the network is made of.
    prefix : str
        Of the files ``prefix-symbol.json`` and ``prefix-EPOCH.params``.
    epoch : int
    symbol : Symbol or None
        None writes the parameters only.
    arg_params, aux_params : dict of str to NDArray
    """
    for cell in _as_list(cells):
        arg_params = cell.unpack_weights(arg_params)
    save_checkpoint(prefix, epoch, symbol, arg_params, aux_params)


def load_rnn_checkpoint(cells: Cells, prefix: str, epoch: int) -> tuple[Symbol, dict[str, Any], dict[str, Any]]:
    """Read a checkpoint of :func:`save_rnn_checkpoint`, and pack the weights as the cells want them.

    What fused cells saved can be read for unfused ones, and the other way round.

    Parameters
    ----------
    cells : BaseRNNCell or list of BaseRNNCell
    prefix : str
    epoch : int

    Returns
    -------
    symbol : Symbol
    arg_params, aux_params : dict of str to NDArray
    """
    symbol, arg_params, aux_params = load_checkpoint(prefix, epoch)
    for cell in _as_list(cells):
        arg_params = cell.pack_weights(arg_params)
    return symbol, arg_params, aux_params


def do_rnn_checkpoint(cells: Cells, prefix: str, period: int = 1) -> Callable[..., None]:
    """An ``epoch_end_callback`` for ``fit`` that calls :func:`save_rnn_checkpoint`.

    Parameters
    ----------
    cells : BaseRNNCell or list of BaseRNNCell
    prefix : str
    period : int
        Save every so many epochs.
    """
    return every(period, lambda *network: save_rnn_checkpoint(cells, prefix, *network))
