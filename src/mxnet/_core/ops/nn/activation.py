"""Activation functions that are layers of their own: Activation and LeakyReLU."""

from types import SimpleNamespace
from typing import Literal, Optional

import torch
import torch.nn.functional as F
from torch import Tensor

from ....base import MXNetError
from ...registry import Display, Generator, TrainMode, op
from ...shapes import ShapeRule
from .dropout import uniform_like

_ACTIVATIONS = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softrelu": F.softplus,
    "softsign": F.softsign,
}


@op(
    "Activation",
    fusion=lambda p: "relu" if p.act_type == "relu" else None,
    display=Display(output_named=True),
    aliases=("_npx_activation",),
    same_shape=True,
)
def activation(data: Tensor, *, act_type: Literal["relu", "sigmoid", "tanh", "softrelu", "softsign"]) -> Tensor:
    """Apply a nonlinearity to each element.

    ``relu``: ``max(x, 0)``; ``sigmoid``: ``1 / (1 + exp(-x))``; ``tanh``; ``softrelu``: ``log(1 + exp(x))``;
    ``softsign``: ``x / (1 + abs(x))``.

    Parameters
    ----------
    act_type
        The function, by name.

    Examples
    --------
    >>> mx.nd.Activation(mx.nd.array([-1, 2]), act_type="relu").asnumpy()
    array([0., 2.], dtype=float32)
    """
    return _ACTIVATIONS[act_type](data)


def _prelu(data: Tensor, gamma: Tensor) -> Tensor:
    channels = data.shape[1] if data.ndim > 1 else 1
    if gamma.ndim == 1 and gamma.shape[0] in (1, channels):
        return F.prelu(data, gamma)
    # The axes of the slopes, from the last on, belong to the channels and the batch, as their sizes allow.
    shape, left = [1] * data.ndim, list(gamma.shape)
    for axis in reversed(range(min(data.ndim, 2))):
        if left and left[-1] in (1, data.shape[axis]):
            shape[axis] = left.pop()
    if left:
        raise MXNetError(f"Cannot broadcast gamma to data. gamma: {tuple(gamma.shape)}, data: {tuple(data.shape)}")
    return torch.where(data > 0, data, data * gamma.view(shape))


@op(
    "LeakyReLU",
    initializers={"gamma": '["Constant", {"value": 0.25}]'},
    display=Display(input_named=True, output_named=True),
    aliases=("_npx_leaky_relu",),
    inputs=lambda p: ("data", "gamma")[: 1 + (p.act_type == "prelu")],
    outputs=lambda p: ("output", "mask")[: 1 + (p.act_type == "rrelu")],
)
def leaky_relu(
    data: Tensor,
    gamma: Optional[Tensor] = None,
    *,
    act_type: Literal["rrelu", "leaky", "prelu", "elu", "selu", "gelu"] = "leaky",
    slope: float = 0.25,
    lower_bound: float = 0.125,
    upper_bound: float = 0.334,
    is_train: TrainMode = False,
    rng: Generator = None,
) -> Tensor | tuple[Tensor, Tensor]:
    """Rectifiers that let something of negative elements through.

    Parameters
    ----------
    data : Tensor
    gamma : Tensor, optional
        Slopes of ``prelu``: one, one a channel (axis 1), one an example, or one for each channel of each example.
    act_type : str
        ``leaky``: ``slope * x`` below zero; ``prelu``: the same with a learned slope; ``rrelu``: a slope drawn for each
        element between the bounds in training, their mean otherwise (gives the slopes as a second output); ``elu``:
        ``slope * (exp(x) - 1)`` below zero; ``selu``; ``gelu``: ``x`` times the normal distribution function.
    slope
        The factor below zero.
    lower_bound, upper_bound
        Between which the slopes of ``rrelu`` are drawn.
    """
    if act_type == "leaky":
        return F.leaky_relu(data, slope)
    if act_type == "prelu":
        if gamma is None:
            raise MXNetError("act_type 'prelu' needs the input gamma")
        return _prelu(data, gamma)
    if act_type == "elu":
        return F.elu(data, slope)
    if act_type == "selu":
        return F.selu(data)
    if act_type == "gelu":
        return F.gelu(data)
    if not lower_bound <= upper_bound:
        raise MXNetError(f"lower_bound should not be greater than upper_bound, got {lower_bound} and {upper_bound}")
    if is_train:
        slopes = uniform_like(data, lower_bound, upper_bound, rng)
    else:
        slopes = torch.full_like(data, (lower_bound + upper_bound) / 2)
    slopes = slopes.masked_fill(data > 0, 1.0)
    return data * slopes, slopes


@leaky_relu.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("data", *s.outputs)
    if "gamma" in s and s["gamma"] is None and s["data"] is not None:
        s.unify("gamma", (s["data"][1],) if len(s["data"]) > 1 else (1,))
