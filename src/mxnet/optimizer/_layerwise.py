"""Optimizers for large batches, with a learning rate for each layer: LARS, LAMB, LBSGD."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .._core import logs
from .._core.ops.optimizer import kernels
from ..ndarray.ndarray import NDArray, wrap
from ._arrays import check_arrays, zeros_like
from ._base import Optimizer, Step, builtin
from ._sgd import MomentumState, aggregation_size


@builtin
class LARS(MomentumState):
    """SGD with momentum whose rate is scaled in each layer by the ratio of the norms of weight and gradient.

    Parameters whose names end in ``gamma``, ``beta`` or ``bias`` keep the plain rate.

    Parameters
    ----------
    momentum : float
    lazy_update : bool
        Update only the rows that a row-sparse gradient has.
    eta : float
        The scale of the ratio.
    eps : float
        Keeps the denominator from zero.
    momentum_correction : bool
        Scale the momentum when a scheduler changes the learning rate.
    **kwargs
        See :class:`Optimizer`.
    """

    _elementwise = False

    def __init__(
        self,
        momentum: float = 0.0,
        lazy_update: bool = True,
        eta: float = 0.001,
        eps: float = 0,
        momentum_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.momentum_correction = momentum_correction
        self.lazy_update = lazy_update
        self.aggregate_num = aggregation_size()
        self.eta = eta
        self.eps = eps
        self.skip = 0
        self.last_lr: float | None = None
        self.cur_lr: float | None = None
        self._lr_of_update = -1

    def set_wd_mult(self, args_wd_mult: dict[Any, float]) -> None:
        """Set weight decay multipliers; named parameters that do not end in ``_weight`` start with 0."""
        self.wd_mult = {**self._undecayed(("_weight",)), **self._symbol_multipliers("__wd_mult__"), **args_wd_mult}

    def _lazy(self) -> bool:
        """Never: the ratio is one of whole layers."""
        return False

    def _group_key(self, index: Any) -> bool:
        """Whether the parameter keeps the plain learning rate."""
        return self.idx2name.get(index, str(index)).endswith(("gamma", "beta", "bias"))

    def _step_scalars(self, count: int, t: int) -> None:
        """Note a change of the learning rate, once an update number and so for all parameters alike."""
        if self._lr_of_update != self.num_update:
            lr = self.learning_rate
            self.last_lr = lr if self.cur_lr is None else self.cur_lr
            self.cur_lr = lr
            self._lr_of_update = self.num_update

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        momentum = max(0.0, self.momentum)
        if self.momentum_correction and self.last_lr:
            momentum *= self.cur_lr / self.last_lr  # type: ignore[operator]
        mom = states[0] if states else None
        if step.key:
            rule: dict[str, Any] = {"lr": lr, "fused": step.threaded, "wd": wd, **self._scaling()}
            kernels.sgd(w, g, **rule) if mom is None else kernels.sgd_mom(w, g, mom, momentum=momentum, **rule)
            return
        squares = kernels.sums_of_squares(w), kernels.sums_of_squares(g)
        rates = kernels.lars_rates(
            torch.full_like(squares[0], lr),
            *squares,
            torch.full_like(squares[0], wd),
            eta=self.eta,
            eps=self.eps,
            rescale_grad=self.rescale_grad,
        )
        kernels.sgd_mom_per_tensor(
            w, g, mom, lrs=rates.unbind(), wds=torch.full_like(rates, wd).unbind(), momentum=momentum, **self._scaling()
        )


@builtin
class LAMB(Optimizer):
    """Adam with a trust ratio for each layer, the norm of its weight by that of its step.

    Parameters
    ----------
    learning_rate, beta1, beta2, epsilon : float
        As in :class:`Adam`.
    lower_bound, upper_bound : float, optional
        Bounds of the weight's norm in the ratio.
    bias_correction : bool
        Correct the moments for their start from zero.
    **kwargs
        See :class:`Optimizer`.
    """

    _elementwise = False

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        bias_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound
        self.bias_correction = bias_correction
        self.aggregate_num = max(1, min(45, aggregation_size(45)))

    def create_state(self, index: int | str, weight: NDArray) -> Any:
        """The running means of the gradient and of its square."""
        return zeros_like(weight, sparse=True), zeros_like(weight, sparse=True)

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        numbers = self._scaling("beta1", "beta2", "epsilon", "bias_correction")
        numbers.update(lower_bound=self.lower_bound or -1.0, upper_bound=self.upper_bound or -1.0)
        kernels.lamb(w, g, *states, lr=lr, t=step.t, wd=wd, **numbers)


@builtin
class LBSGD(Optimizer):
    """SGD for large batches: gradients of several batches are summed up, and the learning rate warms up.

    Parameters
    ----------
    momentum : float
    multi_precision : bool
        Update float32 copies of float16 weights.
    warmup_strategy : {"linear", "power2", "sqrt", "lars"}
        How the rate grows up to ``batch_scale`` times; "lars" scales each layer by its norms instead.
    warmup_epochs, updates_per_epoch, begin_epoch, num_epochs : int
        The length of the warm-up, and where training starts.
    batch_scale : int
        How many batches make one update.
    **kwargs
        See :class:`Optimizer`.
    """

    _optional_momentum = True

    def __init__(
        self,
        momentum: float = 0.0,
        multi_precision: bool = False,
        warmup_strategy: str = "linear",
        warmup_epochs: int = 5,
        batch_scale: int = 1,
        updates_per_epoch: int = 32,
        begin_epoch: int = 0,
        num_epochs: int = 60,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        logs.root.info("Running Large-Batch SGD Algorithm")
        logs.root.info(
            "(Batch_scale=%f, warmup_epochs=%d, warmup_strategy=%s, updates_per_epoch=%d)",
            batch_scale,
            warmup_epochs,
            warmup_strategy,
            updates_per_epoch,
        )
        self.momentum = momentum
        self.multi_precision = multi_precision
        self.warmup_strategy = warmup_strategy
        self.warmup_epochs = warmup_epochs
        self.batch_scale = batch_scale
        self.updates_per_epoch = updates_per_epoch
        self.init_updates = begin_epoch * updates_per_epoch
        self.num_epochs = num_epochs
        self.lbmult = 1
        self.cumgrads: dict[Any, dict[str, Any]] = {}
        self.adaptive = False
        self.admult = 1

    def create_state(self, index: int | str, weight: NDArray) -> Any:
        """The momentum (or None); for float16 under ``multi_precision``: ``(momentum, float32 copy)``."""
        if self._keeps_master(weight):
            master = weight.astype(np.float32)
            return self.create_state(index, master), master
        return zeros_like(weight, sparse=True) if self.momentum != 0.0 else None

    def update(self, index: int | str, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Sum up the gradient; update the weight once in ``batch_scale`` calls."""
        check_arrays(index, weight, grad)
        lr, wd = self._get_lr(index), self._get_wd(index)
        self._update_count(index)
        count = self._cumulate(index, grad)
        if count % self.batch_scale:
            return
        total = self.cumgrads[index]["cum_grad"]
        self.cumgrads[index]["cum_grad"] = 0
        g = total._t / self.batch_scale
        momentum, master = state if isinstance(state, (tuple, list)) else (state, None)
        target = (weight if master is None else master)._t.data
        g = g.to(target.dtype)
        lr *= self._lars(target, g, wd) if self.warmup_strategy == "lars" else self._get_lbmult(count)
        rule: dict[str, Any] = {"lr": lr, "wd": wd, **self._scaling()}
        if momentum is None:
            kernels.sgd([target], [g], **rule)
        else:
            kernels.sgd_mom([target], [g], [momentum._t.data], momentum=max(0.0, self.momentum), **rule)
        if master is not None:
            weight._t.data.copy_(target)

    def _cumulate(self, index: int | str, grad: NDArray) -> int:
        """Add to the gradient's sum; gives how many gradients there were so far."""
        entry = self.cumgrads.setdefault(index, {"cum_grad": 0, "num_cums": self.init_updates})
        total = entry["cum_grad"]
        g = grad._t.detach()
        entry["cum_grad"] = wrap(g.clone() if isinstance(total, int) else total._t + g, grad._ctx)
        entry["num_cums"] += 1
        return entry["num_cums"]

    def _get_lbmult(self, nup: int) -> float:
        """The factor of the learning rate at an update of the warm-up."""
        end = self.warmup_epochs * self.updates_per_epoch
        if nup >= end:
            return float(self.batch_scale)
        progress = {"linear": nup / end, "power2": (nup / end) ** 2, "sqrt": math.sqrt(nup / end)}
        if end <= 1 or self.warmup_strategy not in progress:
            return 1.0
        return 1.0 + (self.batch_scale - 1) * progress[self.warmup_strategy]

    @staticmethod
    def _lars(weight: torch.Tensor, grad: torch.Tensor, wd: float) -> float:
        """The factor of a layer's learning rate, from its norms."""
        weight2, grad2 = float(weight.square().sum()), float(grad.square().sum())
        return min(max(math.sqrt(weight2 / (grad2 + wd * weight2 + 1e-18)), 0.01), 100.0)
