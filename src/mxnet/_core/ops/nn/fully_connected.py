"""FullyConnected: the linear layer."""

from math import prod
from types import SimpleNamespace
from typing import Annotated, Optional

import torch.nn.functional as F
from torch import Tensor

from ...integer_products import integer_product
from ...params import Ge
from ...registry import Display, op
from ...shapes import ShapeRule
from ._spatial import check_shape


@op(
    "FullyConnected",
    fresh_result=True,
    display=Display(output_named=True),
    aliases=("_npx_fully_connected", "_sparse_FullyConnected"),
    omit={"bias": "no_bias"},
)
def fully_connected(
    data: Tensor,
    weight: Tensor,
    bias: Optional[Tensor] = None,
    *,
    num_hidden: Annotated[int, Ge(1)],
    no_bias: bool = False,
    flatten: bool = True,
) -> Tensor:
    """Apply a linear map, ``y = x @ weight.T + bias``.

    Parameters
    ----------
    data : Tensor
        ``(batch, ...)``; with ``flatten`` all axes but the first are joined to one, otherwise the map is applied along
        the last axis.
    weight : Tensor
        ``(num_hidden, number of inputs)``.
    bias : Tensor, optional
        ``(num_hidden,)``; absent with ``no_bias``.
    num_hidden
        The number of outputs.
    flatten
        Whether all axes but the first are joined.

    Returns
    -------
    Tensor
        ``(batch, num_hidden)``, or ``(..., num_hidden)`` without ``flatten``.

    Examples
    --------
    >>> mx.nd.FullyConnected(mx.nd.ones((2, 3)), mx.nd.ones((4, 3)), no_bias=True, num_hidden=4).shape
    (2, 4)
    """
    if flatten and data.ndim != 2:
        data = data.flatten(1) if data.ndim > 2 else data.reshape(data.shape[0], 1)
    check_shape("weight", weight, (num_hidden, data.shape[-1]))
    if bias is not None and bias.shape != (num_hidden,):
        if bias.shape != (num_hidden, 1):
            check_shape("bias", bias, (num_hidden,))
        bias = bias.reshape(num_hidden)
    try:
        return F.linear(data, weight, bias)
    except RuntimeError:
        return integer_product(F.linear, data, weight, bias)


@fully_connected.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data = s["data"]
    if data is None:
        return
    inner = data[1:] if p.flatten else data[-1:]
    s.unify("weight", (p.num_hidden, None if None in inner else prod(inner)))
    # A bias of shape (num_hidden, 1) is accepted too; with sparse data users need a two-dimensional one.
    if "bias" in s and s["bias"] != (p.num_hidden, 1):
        s.unify("bias", (p.num_hidden,))
    s.unify("output", (data[0], p.num_hidden) if p.flatten else (*data[:-1], p.num_hidden))
    if p.flatten or len(data) > 1:
        s.unify("data", (s["output"][0], *data[1:]))
