"""Attention over projections that are stored interleaved: per head the queries, keys and values beside each other.

Sequences come first, ``(length, batch, ...)``, so that one matrix multiplication makes all the projections; batches of
the products are numbered ``batch * heads + head``. See Vaswani et al., "Attention is all you need", 2017.
"""

from math import sqrt
from typing import Annotated

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Ge
from ...registry import Display, op

Heads = Annotated[int, Ge(1)]


def _projections(name: str, x: Tensor, parts: int, heads: int) -> tuple[Tensor, ...]:
    """Views of the interleaved projections, each ``(batch * heads, length, head size)``."""
    if x.ndim != 3:
        raise MXNetError(f"{name} should be 3D in (sequence, batch, projections), got shape {tuple(x.shape)}")
    length, batch, width = x.shape
    if not width or width % (parts * heads):
        raise MXNetError(
            f"{name}.shape[2] should be a positive multiple of {parts} * heads = {parts * heads}, got {width}"
        )
    split = x.reshape(length, batch * heads, parts, width // (parts * heads))
    return tuple(split.permute(2, 1, 0, 3))


def _scores(queries: Tensor, keys: Tensor) -> Tensor:
    """Scaled products of all queries and keys, ``(batch * heads, queries, keys)``."""
    return torch.bmm(queries * (1 / sqrt(queries.shape[2])), keys.transpose(1, 2))


def _weighted(values: Tensor, attention: Tensor, heads: int) -> Tensor:
    """Values averaged by the attention, heads joined again: ``(queries, batch, heads * head size)``."""
    if attention.ndim != 3 or attention.shape[0] != values.shape[0] or attention.shape[2] != values.shape[1]:
        raise MXNetError(
            f"attention should be (batch * heads, queries, keys) = ({values.shape[0]}, ?, {values.shape[1]}), "
            f"got shape {tuple(attention.shape)}"
        )
    joined = torch.bmm(attention, values).transpose(0, 1)
    return joined.reshape(joined.shape[0], values.shape[0] // heads, heads * values.shape[2])


@op(
    "_contrib_interleaved_matmul_selfatt_qk",
    aliases=("_npx_interleaved_matmul_selfatt_qk",),
    display=Display(input_named=True, output_named=True),
)
def interleaved_matmul_selfatt_qk(queries_keys_values: Tensor, *, heads: Heads) -> Tensor:
    """Products of queries and keys of self-attention, divided by the square root of the head size.

    Parameters
    ----------
    queries_keys_values : Tensor
        ``(length, batch, heads * 3 * head size)``: of each head queries, keys, values.

    Returns
    -------
    Tensor
        ``(batch * heads, length, length)``.
    """
    queries, keys, _ = _projections("queries_keys_values", queries_keys_values, 3, heads)
    return _scores(queries, keys)


@op(
    "_contrib_interleaved_matmul_selfatt_valatt",
    aliases=("_npx_interleaved_matmul_selfatt_valatt",),
    display=Display(output_named=True),
)
def interleaved_matmul_selfatt_valatt(queries_keys_values: Tensor, attention: Tensor, *, heads: Heads) -> Tensor:
    """Values of self-attention weighted by the attention.

    Parameters
    ----------
    queries_keys_values : Tensor
        ``(length, batch, heads * 3 * head size)``: of each head queries, keys, values.
    attention : Tensor
        ``(batch * heads, length, length)``.

    Returns
    -------
    Tensor
        ``(length, batch, heads * head size)``.
    """
    values = _projections("queries_keys_values", queries_keys_values, 3, heads)[2]
    if attention.ndim == 3 and attention.shape[1] != values.shape[1]:
        raise MXNetError(
            f"attention.shape[1] should be the length {values.shape[1]}, got shape {tuple(attention.shape)}"
        )
    return _weighted(values, attention, heads)


@op(
    "_contrib_interleaved_matmul_encdec_qk",
    aliases=("_npx_interleaved_matmul_encdec_qk",),
    display=Display(output_named=True),
)
def interleaved_matmul_encdec_qk(queries: Tensor, keys_values: Tensor, *, heads: Heads) -> Tensor:
    """Products of a decoder's queries and an encoder's keys, divided by the square root of the head size.

    Parameters
    ----------
    queries : Tensor
        ``(queries, batch, heads * head size)``.
    keys_values : Tensor
        ``(keys, batch, heads * 2 * head size)``: of each head keys, values.

    Returns
    -------
    Tensor
        ``(batch * heads, queries, keys)``.
    """
    (q,) = _projections("queries", queries, 1, heads)
    keys, _ = _projections("keys_values", keys_values, 2, heads)
    if queries.shape[1] != keys_values.shape[1] or keys_values.shape[2] != 2 * queries.shape[2]:
        raise MXNetError(
            "keys_values should have the batch size of queries and twice the projections, "
            f"got {tuple(keys_values.shape)} beside {tuple(queries.shape)}"
        )
    return _scores(q, keys)


@op(
    "_contrib_interleaved_matmul_encdec_valatt",
    aliases=("_npx_interleaved_matmul_encdec_valatt",),
    display=Display(output_named=True),
)
def interleaved_matmul_encdec_valatt(keys_values: Tensor, attention: Tensor, *, heads: Heads) -> Tensor:
    """Values of an encoder weighted by a decoder's attention.

    Parameters
    ----------
    keys_values : Tensor
        ``(keys, batch, heads * 2 * head size)``: of each head keys, values.
    attention : Tensor
        ``(batch * heads, queries, keys)``.

    Returns
    -------
    Tensor
        ``(queries, batch, heads * head size)``.
    """
    return _weighted(_projections("keys_values", keys_values, 2, heads)[1], attention, heads)
