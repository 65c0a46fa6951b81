"""Batch normalization.

Moving averages follow MXNet: ``moving = moving * momentum + batch * (1 - momentum)``, and the batch's variance is the
biased one (divided by the number of elements), where torch's own layers use the unbiased one.
"""

from inspect import signature
from types import SimpleNamespace
from typing import Any, Optional

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Double
from ...registry import Display, FusionRole, OpDef, TrainMode, op
from ...shapes import ShapeRule, TypeRule
from ..signatures import with_signature, without
from ._spatial import check_shape

_EPS = 0.0010000000474974513  # 1e-3 as the float32 that MXNet shows it as


def _train(
    x: Tensor,
    weight: Tensor | None,
    beta: Tensor,
    moving_mean: Tensor,
    moving_var: Tensor,
    eps: float,
    momentum: float,
    want_stats: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    n = x.numel() // max(x.shape[1], 1)
    if n < 2:
        # One element a channel: torch's unbiased variance does not exist, so nothing is left to it.
        out, mean, invstd = torch.native_batch_norm(x, weight, beta, None, None, True, 0.0, eps)
        moving_mean.lerp_(mean.detach().to(moving_mean.dtype), 1 - momentum)
        moving_var.mul_(momentum)
        return out, mean, invstd
    # torch adds the unbiased variance, n / (n - 1) times ours, so it averages values scaled by that factor. It keeps
    # what it is handed for the backward pass, hence a temporary.
    scaled = moving_var * (n / (n - 1))
    if want_stats:
        out, *stats = torch.native_batch_norm(x, weight, beta, moving_mean, scaled, True, 1 - momentum, eps)
    else:
        out = torch.batch_norm(x, weight, beta, moving_mean, scaled, True, 1 - momentum, eps, True)
        stats = moving_mean, moving_var
    torch.mul(scaled, (n - 1) / n, out=moving_var)
    return (out, *stats)


_STATES: dict[str, Any] = {
    "mutates": ("moving_mean", "moving_var"),
    "initializers": {"moving_mean": '["zero", {}]', "moving_var": '["one", {}]'},
    "outputs": ("output", "mean", "var"),
    "visible": lambda p: 3 if p.output_mean_var else 1,
    "inert": lambda p: ("gamma",) if p.fix_gamma else (),
}


def _fusion(p: SimpleNamespace) -> FusionRole | None:
    """Predictions fold it into the convolution before it, where the channels are those of the convolution."""
    return "normalization" if p.axis == 1 and not p.output_mean_var else None


@op(
    "BatchNorm",
    fresh_result=True,
    fusion=_fusion,
    display=Display(output_named=True),
    aliases=("_npx_batch_norm",),
    **_STATES,
)
def batch_norm(
    data: Tensor,
    gamma: Tensor,
    beta: Tensor,
    moving_mean: Tensor,
    moving_var: Tensor,
    *,
    eps: Double = _EPS,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    axis: int = 1,
    cudnn_off: bool = False,
    min_calib_range: Optional[float] = None,
    max_calib_range: Optional[float] = None,
    is_train: TrainMode = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalize each channel to zero mean and unit variance, then scale by ``gamma`` and shift by ``beta``.

    In training the statistics are those of the batch, and the moving averages are updated in place; otherwise, and
    always with ``use_global_stats``, the moving averages are used.

    Parameters
    ----------
    data : Tensor
        Channels are along ``axis``.
    gamma, beta, moving_mean, moving_var : Tensor
        ``(channels,)``; float32 when the data is float16.
    fix_gamma : bool
        Take gamma as one, and set it to one; its gradient is zero.
    output_mean_var : bool
        Give also the mean and ``1 / sqrt(variance + eps)`` that were used.
    """
    ndim = data.ndim
    if not -ndim <= axis < ndim:
        raise MXNetError(f"Channel axis out of range: axis={axis} for data of shape {tuple(data.shape)}")
    moved = axis != 1 and axis != 1 - ndim
    x = data.movedim(axis, 1) if moved and ndim > 1 else data
    if ndim == 1:
        x = data.unsqueeze(0)
    channels = (x.shape[1],)
    for name, t in (("gamma", gamma), ("beta", beta), ("moving_mean", moving_mean), ("moving_var", moving_var)):
        if t.shape != channels:
            check_shape(name, t, channels)
    if fix_gamma:
        gamma.detach().fill_(1)  # saved files shall hold what was computed with
    weight = None if fix_gamma else gamma
    if is_train and not use_global_stats:
        out, mean, var = _train(x, weight, beta, moving_mean, moving_var, eps, momentum, output_mean_var)
    else:
        out = torch.batch_norm(x, weight, beta, moving_mean, moving_var, False, 0.0, eps, True)
        mean, var = moving_mean, torch.rsqrt(moving_var + eps) if output_mean_var else moving_var
    if ndim == 1:
        out = out.squeeze(0)
    return out.movedim(1, axis) if moved and ndim > 1 else out, mean, var


def _rectified(*tensors: Tensor, **given: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    out, mean, var = batch_norm.fn(*tensors, **given)
    out = torch.relu(out)
    return out, mean, var, out


batch_norm_with_relu = op(
    "_contrib_BatchNormWithReLU",
    display=Display(output_named=True),
    **{**_STATES, "outputs": ("output", "mean", "var", "workspace")},
)(
    with_signature(
        _rectified,
        "batch_norm_with_relu",
        signature(batch_norm.fn).replace(return_annotation=signature(_rectified).return_annotation),
        ":func:`BatchNorm` followed by a rectifier.",
    )
)


@op("_contrib_SyncBatchNorm", display=Display(output_named=True), **_STATES)
def sync_batch_norm(
    data: Tensor,
    gamma: Tensor,
    beta: Tensor,
    moving_mean: Tensor,
    moving_var: Tensor,
    *,
    eps: float = 1e-3,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    ndev: int = 1,
    key: str,
    is_train: TrainMode = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalize each channel (axis 1) with statistics of the batch at hand.

    ``ndev`` and ``key`` name the devices which share statistics; within one call there is one device. With
    ``output_mean_var`` the mean and the variance that were used are given too.

    Parameters
    ----------
    ndev
        On how many devices the layer runs.
    key
        The name of the layer, the same on all devices.
    """
    out, mean, var = batch_norm.fn(
        data,
        gamma,
        beta,
        moving_mean,
        moving_var,
        eps=eps,
        momentum=momentum,
        fix_gamma=fix_gamma,
        use_global_stats=use_global_stats,
        output_mean_var=output_mean_var,
        is_train=is_train,
    )
    # What was used is shown as the variance itself here.
    return out, mean, var.detach().pow(-2).sub_(eps) if output_mean_var else var


batch_norm_v1 = op(
    "BatchNorm_v1",
    # The moving averages are given by name only.
    arg_order=("data", "gamma", "beta", "eps", "momentum", "fix_gamma", "use_global_stats", "output_mean_var"),
    **_STATES,
)(
    with_signature(
        lambda *tensors, **given: sync_batch_norm.fn(*tensors, key="", **given),
        "batch_norm_v1",
        without(signature(sync_batch_norm.fn), "ndev", "key"),
        """Normalize each channel (axis 1); the name under which early networks ask for :func:`BatchNorm`.

    With ``output_mean_var`` the mean and the variance that were used are given too.
    """,
    )
)


def _shape_rule(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("data", "output", *(n for n in s.outputs if n == "workspace"))
    data = s["data"]
    if data is None:
        return
    axis = getattr(p, "axis", 1)
    if not -len(data) <= axis < len(data):
        raise MXNetError(f"Channel axis out of range: axis={axis} for data of shape {data}")
    for name in ("gamma", "beta", "moving_mean", "moving_var", "mean", "var"):
        s.unify(name, (data[axis],))


def _type_rule(t: TypeRule, p: SimpleNamespace) -> None:
    t.same("data", "output", *(n for n in t.outputs if n == "workspace"))
    data = t["data"]
    if data is None:
        return
    wide = torch.float32 if data in (torch.float16, torch.bfloat16) else data
    for name in ("gamma", "beta", "moving_mean", "moving_var", "mean", "var"):
        t.unify(name, wide)


_ALL: tuple[OpDef, ...] = (batch_norm, batch_norm_v1, sync_batch_norm, batch_norm_with_relu)
for _od in _ALL:
    _od.infer_shape(_shape_rule)
    _od.infer_type(_type_rule)
