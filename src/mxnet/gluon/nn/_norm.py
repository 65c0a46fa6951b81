"""Normalization layers. Each has a learned scale ``gamma`` and shift ``beta``."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch

from ..._core.dtypes import torch_dtype
from ..._core.types import DTypeLike
from .._types import Operand
from ..block import HybridBlock
from ._arguments import InitLike, integer


class _Norm(HybridBlock):
    """The parameters of a normalization, and how it is printed.

    Parameters
    ----------
    axis : int, default 1
        Axis of the channels.
    epsilon : float, default 1e-5
        Added to the variance.
    center, scale : bool, default True
        Whether ``beta`` and ``gamma`` are learned.
    beta_initializer, gamma_initializer : str or Initializer
        Initial values.
    in_channels : int, default 0
        Number of channels; 0 finds it at the first call.
    """

    _kwargs: dict[str, Any]
    gamma: Any
    beta: Any

    def _add_parameter(self, name: str, size: int, init: InitLike, learned: bool, **more: Any) -> None:
        parameter = self.params.get(
            name, grad_req="write" if learned else "null", shape=(size,), init=init, allow_deferred_init=True, **more
        )
        setattr(self, name, parameter)

    def _set_up(self, size: int, gamma: InitLike, beta: InitLike, **settings: Any) -> None:
        self._kwargs, self._epsilon = settings, settings["eps"]
        integer(type(self).__name__, "in_channels", size, 0)
        self._add_parameter("gamma", size, gamma, settings["scale"])
        self._add_parameter("beta", size, beta, settings["center"])

    def _repr_extra(self) -> str:
        return f", in_channels={self.gamma.shape[0]}"

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self._kwargs.items())
        return f"{type(self).__name__}({settings}{self._repr_extra()})"


class _BatchNorm(_Norm):
    """Normalize each channel over a batch.

    Parameters
    ----------
    axis : int, default 1
        Axis of the channels: 1 for ``NCHW`` data, -1 for ``NHWC``.
    momentum : float, default 0.9
        How much of the running averages is kept at each step.
    center, scale : bool, default True
        Whether ``beta`` and ``gamma`` are learned; without, they stay 0 and 1.
    use_global_stats : bool, default False
        Whether the running averages are used, and left alone, in training too.
    beta_initializer, gamma_initializer, running_mean_initializer, running_variance_initializer : str or Initializer
        Initial values.

    Notes
    -----
    The output has the shape of the data. :meth:`cast` to float16 leaves the parameters in float32.
    """

    fuse_relu = False
    _operator = ""  # in contrib, in place of BatchNorm

    def __init__(
        self,
        axis: int = 1,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: InitLike = "zeros",
        gamma_initializer: InitLike = "ones",
        running_mean_initializer: InitLike = "zeros",
        running_variance_initializer: InitLike = "ones",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._kwargs = {
            "axis": axis,
            "eps": epsilon,
            "momentum": momentum,
            "fix_gamma": not scale,
            "use_global_stats": use_global_stats,
        }
        size = integer(type(self).__name__, "in_channels", in_channels, 0)
        if size:
            self.in_channels = size
        self._add_parameter("gamma", size, gamma_initializer, scale, differentiable=scale)
        self._add_parameter("beta", size, beta_initializer, center, differentiable=center)
        self._add_parameter("running_mean", size, running_mean_initializer, False, differentiable=False)
        self._add_parameter("running_var", size, running_variance_initializer, False, differentiable=False)

    def cast(self, dtype: DTypeLike) -> None:
        """Cast the parameters; they stay float32 for float16, where sums over a batch would lose too much."""
        super().cast("float32" if torch_dtype(dtype) is torch.float16 else dtype)

    def hybrid_forward(
        self, F: ModuleType, x: Operand, gamma: Operand, beta: Operand, running_mean: Operand, running_var: Operand
    ) -> Any:
        normalize = getattr(F.contrib, self._operator) if self._operator else F.BatchNorm
        return normalize(x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs)

    def _repr_extra(self) -> str:
        return f", in_channels={self.gamma.shape[0] or None}"


class BatchNorm(_BatchNorm):
    """Normalize each channel over a batch (Ioffe and Szegedy 2015, arXiv:1502.03167).

    In training the mean and variance are those of the batch, and running averages of them are kept; in prediction, or
    with ``use_global_stats``, the averages take their place.
    """


class BatchNormReLU(_BatchNorm):
    """:class:`BatchNorm` and then ``max(x, 0)``, in one operator."""

    fuse_relu = True
    _operator = "BatchNormWithReLU"


class InstanceNorm(_Norm):
    """Normalize each channel of each sample over the other axes (Ulyanov et al. 2016, arXiv:1607.08022).

    Parameters
    ----------
    scale : bool, default False
        Whether ``gamma`` is learned.
    """

    def __init__(
        self,
        axis: int = 1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = False,
        beta_initializer: InitLike = "zeros",
        gamma_initializer: InitLike = "ones",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._axis = axis
        learned = in_channels, gamma_initializer, beta_initializer
        self._set_up(*learned, eps=epsilon, axis=axis, center=center, scale=scale)

    def hybrid_forward(self, F: ModuleType, x: Operand, gamma: Operand, beta: Operand) -> Any:
        elsewhere = self._axis != 1  # the operator wants the channels along axis 1
        channels_first = x.swapaxes(1, self._axis) if elsewhere else x
        out = F.InstanceNorm(channels_first, gamma, beta, name="fwd", eps=self._epsilon)
        return out.swapaxes(1, self._axis) if elsewhere else out


class LayerNorm(_Norm):
    """Normalize over one axis, the last by default (Ba et al. 2016, arXiv:1607.06450).

    Parameters
    ----------
    axis : int, default -1
        The axis that is normalized, and along which ``gamma`` and ``beta`` vary.
    in_channels : int, default 0
        Size of the axis; 0 finds it at the first call.
    """

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitLike = "zeros",
        gamma_initializer: InitLike = "ones",
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._axis = axis
        learned = in_channels, gamma_initializer, beta_initializer
        self._set_up(*learned, eps=epsilon, axis=axis, center=center, scale=scale)

    def hybrid_forward(self, F: ModuleType, data: Operand, gamma: Operand, beta: Operand) -> Any:
        return F.LayerNorm(data, gamma=gamma, beta=beta, axis=self._axis, eps=self._epsilon)


class GroupNorm(_Norm):
    """Normalize each group of channels of each sample (Wu and He 2018, arXiv:1803.08494).

    Parameters
    ----------
    num_groups : int, default 1
        Number of groups that the channels (axis 1) are divided into.
    center, scale : bool, default True
        Whether ``beta`` and ``gamma``, one number a group, are learned.
    """

    def __init__(
        self,
        num_groups: int = 1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitLike = "zeros",
        gamma_initializer: InitLike = "ones",
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._num_groups = integer(type(self).__name__, "num_groups", num_groups, 1)
        learned = self._num_groups, gamma_initializer, beta_initializer
        self._set_up(*learned, eps=epsilon, num_groups=num_groups, center=center, scale=scale)

    def hybrid_forward(self, F: ModuleType, data: Operand, gamma: Operand, beta: Operand) -> Any:
        return F.GroupNorm(data, gamma=gamma, beta=beta, num_groups=self._num_groups, eps=self._epsilon)

    def _repr_extra(self) -> str:
        return ""
