"""Checkpoints: a network in ``prefix-symbol.json``, its parameters in ``prefix-0001.params``.

The file is called as MXNet's, since formats of log lines may show the name.
"""

from __future__ import annotations

from typing import Any

from .. import ndarray as nd
from .. import symbol as sym
from ..context import cpu
from . import logs


def save_checkpoint(
    prefix: str,
    epoch: int,
    symbol: Any,
    arg_params: dict[str, Any],
    aux_params: dict[str, Any],
    remove_amp_cast: bool = True,
) -> None:
    """Write a network to ``prefix-symbol.json`` and its parameters to ``prefix-EPOCH.params``.

    Parameters
    ----------
    prefix : str
    epoch : int
    symbol : Symbol or None
        None writes the parameters only.
    arg_params, aux_params : dict of str to NDArray
    remove_amp_cast : bool
        Leave out the casts of automatic mixed precision.
    """
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
    named = {f"arg:{k}": v.as_in_context(cpu()) for k, v in arg_params.items()}
    named.update({f"aux:{k}": v.as_in_context(cpu()) for k, v in aux_params.items()})
    params_file = f"{prefix}-{epoch:04d}.params"
    nd.save(params_file, named)
    logs.root.info('Saved checkpoint to "%s"', params_file)


def split_params(loaded: Any) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Sort named arrays of a file into arguments, auxiliary states, and names that are neither."""
    arg_params: dict[str, Any] = {}
    aux_params: dict[str, Any] = {}
    others: list[str] = []
    if not isinstance(loaded, dict):
        loaded = {f"(array {i} has no name)": x for i, x in enumerate(loaded)}
    for key, value in loaded.items():
        kind, _, name = key.partition(":")
        if kind == "arg":
            arg_params[name] = value
        elif kind == "aux":
            aux_params[name] = value
        else:
            others.append(key)
    return arg_params, aux_params, others


def load_params(prefix: str, epoch: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read parameters and auxiliary states from ``prefix-EPOCH.params``."""
    params_file = f"{prefix}-{epoch:04d}.params"
    loaded = nd.load(params_file)
    if not loaded:
        logs.root.warning("Params file '%s' is empty", params_file)
    arg_params, aux_params, others = split_params(loaded)
    if loaded and len(others) == len(loaded):
        raise ValueError(f"Invalid param file {params_file}: names must begin with arg: or aux:, got {others[0]!r}")
    return arg_params, aux_params


def load_checkpoint(prefix: str, epoch: int) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Read what :func:`save_checkpoint` wrote.

    Returns
    -------
    (Symbol, dict of str to NDArray, dict of str to NDArray)
        The network, its parameters and its auxiliary states.
    """
    symbol = sym.load(f"{prefix}-symbol.json")
    return (symbol, *load_params(prefix, epoch))


for _public in (save_checkpoint, load_params, load_checkpoint):
    _public.__module__ = "mxnet.model"  # where MXNet's users look for them
