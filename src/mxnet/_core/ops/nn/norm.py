"""Normalizations without moving averages: layer, group, instance, L2, local response."""

from typing import Annotated, Literal

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Ge, NonNeg
from ...registry import Display, Gradients, Params, Tensors, op
from ...shapes import ShapeRule
from ._spatial import check_4d, check_shape

_MEAN_STD = ("output", "mean", "std")


def _visible(p: Params) -> int:
    return 3 if p.output_mean_var else 1


def _moments(mean: Tensor, rstd: Tensor, wanted: bool, shape: tuple) -> tuple[Tensor, Tensor]:
    """The mean and standard deviation to show; when hidden, whatever is at hand."""
    if not wanted:
        return mean, rstd
    return mean.detach().reshape(shape), rstd.detach().reciprocal().reshape(shape)


def _parameters_and_moments(s: ShapeRule, length: int | None, moments: tuple) -> None:
    """The shapes of gamma and beta, and of the two hidden outputs."""
    for name in ("gamma", "beta"):
        s.unify(name, (length,))
    for name in s.outputs[1:]:
        s.unify(name, moments)


def _axis(axis: int, ndim: int) -> int:
    if not -ndim <= axis < ndim:
        raise MXNetError(f"Channel axis out of range: axis={axis} for {ndim} dimensions")
    return axis % ndim


@op(
    "LayerNorm",
    fresh_result=True,
    display=Display(output_named=True),
    aliases=("_npx_layer_norm",),
    outputs=_MEAN_STD,
    visible=_visible,
)
def layer_norm(
    data: Tensor, gamma: Tensor, beta: Tensor, *, axis: int = -1, eps: float = 1e-5, output_mean_var: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalize along one axis, then scale by ``gamma`` and shift by ``beta``, each of that axis' length.

    With ``output_mean_var`` the mean and ``sqrt(variance + eps)`` are given too, with size one along the axis.
    """
    axis = _axis(axis, data.ndim)
    last = axis == data.ndim - 1
    x = data if last else data.movedim(axis, -1)
    size = (x.shape[-1],)
    check_shape("gamma", gamma, size)
    check_shape("beta", beta, size)
    out, mean, rstd = torch.native_layer_norm(x, size, gamma, beta, eps)
    shape = (*data.shape[:axis], 1, *data.shape[axis + 1 :])
    return (out if last else out.movedim(-1, axis), *_moments(mean, rstd, output_mean_var, shape))


@layer_norm.infer_shape
def _(s: ShapeRule, p: Params) -> None:
    s.same("data", "output")
    if (data := s["data"]) is not None:
        axis = _axis(p.axis, len(data))
        _parameters_and_moments(s, data[axis], (*data[:axis], 1, *data[axis + 1 :]))


@op("GroupNorm", aliases=("_npx_group_norm",), display=Display(output_named=True), outputs=_MEAN_STD, visible=_visible)
def group_norm(
    data: Tensor,
    gamma: Tensor,
    beta: Tensor,
    *,
    num_groups: Annotated[int, Ge(1)] = 1,
    eps: float = 1e-5,
    output_mean_var: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalize groups of channels (axis 1), then scale by ``gamma`` and shift by ``beta``, one number a group.

    With ``output_mean_var`` the mean and ``sqrt(variance + eps)`` are given too, of shape ``(batch, num_groups)``.

    Parameters
    ----------
    num_groups
        Into how many groups the channels are split.
    """
    if data.ndim < 3:
        raise MXNetError(f"data must have at least 3 dimensions, got shape {tuple(data.shape)}")
    n, c = data.shape[:2]
    if c % num_groups:
        raise MXNetError(f"# of channels must be divisible by # of groups: {c} channels, num_groups={num_groups}")
    check_shape("gamma", gamma, (num_groups,))
    check_shape("beta", beta, (num_groups,))
    per_channel = c // num_groups
    out, mean, rstd = torch.native_group_norm(
        data.contiguous(),
        gamma.repeat_interleave(per_channel),
        beta.repeat_interleave(per_channel),
        n,
        c,
        data.numel() // max(n * c, 1),
        num_groups,
        eps,
    )
    return (out, *_moments(mean, rstd, output_mean_var, (n, num_groups)))


@group_norm.infer_shape
def _(s: ShapeRule, p: Params) -> None:
    s.same("data", "output")
    if s["data"] is not None:
        _parameters_and_moments(s, p.num_groups, (s["data"][0], p.num_groups))


@op(
    "InstanceNorm",
    aliases=("_npx_instance_norm",),
    display=Display(output_named=True),
    outputs=("output", "mean", "var"),
    visible=1,
)
def instance_norm(data: Tensor, gamma: Tensor, beta: Tensor, *, eps: float = 1e-3) -> tuple[Tensor, Tensor, Tensor]:
    """Normalize each channel of each example over its spatial axes, then scale by ``gamma`` and shift by ``beta``.

    ``data`` is ``(batch, channels, *spatial)``, ``gamma`` and ``beta`` are ``(channels,)``.
    """
    if data.ndim < 3:
        raise MXNetError(f"InstanceNorm only supports input tensors of rank >= 3, got shape {tuple(data.shape)}")
    n, c = data.shape[:2]
    check_shape("gamma", gamma, (c,))
    check_shape("beta", beta, (c,))
    # One batch whose channels are those of all the examples.
    joined = data.reshape(1, n * c, *data.shape[2:])
    out, mean, rstd = torch.native_batch_norm(joined, gamma.repeat(n), beta.repeat(n), None, None, True, 0.0, eps)
    return out.view(data.shape), mean.view(n, c), rstd.view(n, c)


@instance_norm.infer_shape
def _(s: ShapeRule, p: Params) -> None:
    s.same("data", "output")
    if (data := s["data"]) is not None:
        _parameters_and_moments(s, data[1], data[:2])


@op(
    "L2Normalization",
    aliases=("_npx_l2_normalization",),
    display=Display(input_named=True, output_named=True),
    outputs=("output", "norm"),
    visible=1,
)
def l2_normalization(
    data: Tensor, *, eps: float = 1e-10, mode: Literal["instance", "channel", "spatial"] = "instance"
) -> tuple[Tensor, Tensor]:
    """Divide by the Euclidean norm, ``sqrt(sum of squares + eps)``.

    Parameters
    ----------
    data : Tensor
    mode : {'instance', 'channel', 'spatial'}
        The norm of each example, of each position over the channels (axis 1), or of each channel of each example.
    """
    if mode != "instance" and data.ndim < 3:
        raise MXNetError(f"mode '{mode}' needs data of at least 3 dimensions, got shape {tuple(data.shape)}")
    axes = {"instance": tuple(range(1, data.ndim)), "channel": (1,), "spatial": tuple(range(2, data.ndim))}[mode]
    squares = data * data
    norm = ((squares.sum(axes, keepdim=True) if axes else squares) + eps).sqrt()
    return data / norm, norm


@op("LRN", display=Display(input_named=True, output_named=True), outputs=("output", "tmp_norm"), visible=1)
def lrn(
    data: Tensor, *, alpha: float = 1e-4, beta: float = 0.75, knorm: float = 2.0, nsize: NonNeg
) -> tuple[Tensor, Tensor]:
    """Local response normalization: divide by ``(knorm + alpha / nsize * s) ** beta``.

    ``s`` is the sum of squares over the ``nsize`` nearest channels (one less when it is even) at the same position;
    ``data`` is ``(batch, channels, height, width)``.

    Parameters
    ----------
    alpha, beta, knorm
        As in the formula.
    nsize
        How many channels the sum goes over.
    """
    if nsize < 1:
        raise MXNetError(f"nsize should be positive, got {nsize}")
    check_4d("data", data)
    norm = _channel_sums(data * data, nsize).mul_(alpha / nsize).add_(knorm)
    return data * _power(norm, -beta), norm


def _channel_sums(x: Tensor, size: int) -> Tensor:
    """At each position the sum over the ``size`` nearest channels."""
    sums = x.clone()
    for k in range(1, min((size - 1) // 2, x.shape[1] - 1) + 1):
        sums[:, k:] += x[:, :-k]
        sums[:, :-k] += x[:, k:]
    return sums


def _power(x: Tensor, exponent: float) -> Tensor:
    """A power; the usual exponent without logarithms."""
    if exponent == -0.75:
        root = x.rsqrt()
        return root.sqrt().mul_(root)
    return x.pow(exponent)


@lrn.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    data, norm, g = inputs[0], outputs[1], grads[0]
    shrunk = _power(norm, -p.beta) * g
    inner = _channel_sums(shrunk * data / norm, p.nsize)
    return (shrunk - (2 * p.alpha * p.beta / p.nsize) * data * inner,)
