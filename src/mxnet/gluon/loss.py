"""Losses: blocks that compare predictions with labels, one number a sample (unless a loss says otherwise).

The parameters that all share: ``weight`` scales the loss, and ``batch_axis`` is the axis of the samples; the others are
averaged over. ``sample_weight``, an argument of the call, is multiplied with the loss before averaging; its shape must
broadcast to the loss's, such as ``(N, 1)`` for a loss of shape ``(N, C)``.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from .. import ndarray
from ..base import ArgumentValueError, numeric_types
from ..util import is_np_array
from ._cross_entropy import cross_entropy, suits
from ._loss import TINY, Loss, greater, log1p_exp_minus_abs, scaled
from ._loss import apply_weighting as _apply_weighting
from ._loss import reshape_like as _reshape_like

__all__ = [
    "CTCLoss",
    "CosineEmbeddingLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "L2Loss",
    "LogisticLoss",
    "Loss",
    "PoissonNLLLoss",
    "SDMLLoss",
    "SigmoidBCELoss",
    "SigmoidBinaryCrossEntropyLoss",
    "SoftmaxCELoss",
    "SoftmaxCrossEntropyLoss",
    "SquaredHingeLoss",
    "TripletLoss",
]

Loss.__module__ = __name__  # where pickles and MXNet's users look for it
_FOR_LOSSES = (_apply_weighting, is_np_array, numeric_types)  # which programs that write losses import from here


class L2Loss(Loss):
    """Half the squared difference, ``weight / 2 * (label - pred)**2``.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.gluon.loss.L2Loss()(mx.nd.array([[1, 2]]), mx.nd.array([[1, 4]])).asnumpy()
    array([1.], dtype=float32)
    """

    def __init__(self, weight: float | None = 1.0, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: ModuleType, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        return self._mean(F, F.square(_reshape_like(F, label, pred) - pred), sample_weight, scale=0.5)


class L1Loss(Loss):
    """The absolute difference, ``|label - pred|``."""

    def __init__(self, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: ModuleType, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        return self._mean(F, F.abs(_reshape_like(F, label, pred) - pred), sample_weight)


class SigmoidBinaryCrossEntropyLoss(Loss):
    """Cross entropy of independent yes-or-no predictions, ``-(label * log(p) + (1 - label) * log(1 - p))``.

    Parameters
    ----------
    from_sigmoid : bool, default False
        Whether predictions are probabilities already; else the loss applies the sigmoid, without overflow.

    Notes
    -----
    ``pos_weight``, an argument of the call, scales the loss where the label is 1, and broadcasts.
    """

    def __init__(
        self, from_sigmoid: bool = False, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_sigmoid = from_sigmoid

    def hybrid_forward(
        self, F: ModuleType, pred: Any, label: Any, sample_weight: Any = None, pos_weight: Any = None
    ) -> Any:
        label = _reshape_like(F, label, pred)
        if self._from_sigmoid:
            hit = F.log(pred + TINY) * label
            if pos_weight is not None:
                hit = scaled(F, hit, pos_weight)
            loss = -(hit + F.log(1.0 - pred + TINY) * (1.0 - label))
        elif pos_weight is None:
            loss = F.relu(pred) - pred * label + log1p_exp_minus_abs(F, pred)
        else:
            factor = 1 + scaled(F, pos_weight - 1, label)
            loss = pred - pred * label + factor * (log1p_exp_minus_abs(F, pred) + F.relu(-pred))
        return self._mean(F, loss, sample_weight)


class SoftmaxCrossEntropyLoss(Loss):
    """Cross entropy of a choice between classes, minus the logarithm of the label's probability.

    Parameters
    ----------
    axis : int, default -1
        Axis of the classes.
    sparse_label : bool, default True
        Whether labels are numbers of classes, without the axis ``axis``; else probabilities in the shape of ``pred``.
    from_logits : bool, default False
        Whether ``pred`` are logarithms of probabilities already; else the loss applies the softmax.

    Examples
    --------
    >>> import mxnet as mx
    >>> loss = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    >>> loss(mx.nd.zeros((2, 4)), mx.nd.array([0, 3])).asnumpy().round(4)
    array([1.3863, 1.3863], dtype=float32)
    """

    def __init__(
        self,
        axis: int = -1,
        sparse_label: bool = True,
        from_logits: bool = False,
        weight: float | None = None,
        batch_axis: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._axis, self._sparse_label, self._from_logits = axis, sparse_label, from_logits

    def hybrid_forward(self, F: ModuleType, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        if F is ndarray and sample_weight is None and self._is_plain() and suits(pred, label):
            return self._weighted(F, cross_entropy(pred, label))
        if not self._from_logits:
            pred = F.log_softmax(pred, axis=self._axis)
        if self._sparse_label:
            loss = -F.pick(pred, label, axis=self._axis, keepdims=True)
        else:
            loss = -F.sum(pred * _reshape_like(F, label, pred), axis=self._axis, keepdims=True)
        return self._mean(F, loss, sample_weight)

    def _is_plain(self) -> bool:
        """Whether rows are samples and columns classes, and nothing else is asked for."""
        return self._axis in (-1, 1) and self._batch_axis == 0 and self._sparse_label and not self._from_logits


class KLDivLoss(Loss):
    """Kullback-Leibler divergence from the label's distribution, ``label * (log(label) - pred)``.

    Parameters
    ----------
    from_logits : bool, default True
        Whether ``pred`` are logarithms of probabilities already; else the loss applies the softmax.
    axis : int, default -1
        Axis of that softmax.
    batch_axis : int, default 0
        Axis of the samples. Unlike other losses this one is the sum over the others.
    """

    def __init__(
        self, from_logits: bool = True, axis: int = -1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits = from_logits
        self._axis = axis

    def hybrid_forward(self, F: ModuleType, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        if not self._from_logits:
            pred = F.log_softmax(pred, axis=self._axis)
        divergence = label * (F.log(label + TINY) - pred)
        return F.sum(self._weighted(F, divergence, sample_weight), axis=self._batch_axis, exclude=True)


class CTCLoss(Loss):
    """Connectionist temporal classification: labels shorter than the data, at unknown places (Graves et al. 2006).

    Parameters
    ----------
    layout : str, default 'NTC'
        Axes of the predictions, ``"NTC"`` or ``"TNC"``; C counts the classes and, last, the blank.
    label_layout : str, default 'NT'
        Axes of the labels, ``"NT"`` or ``"TN"``.

    Notes
    -----
    Predictions come before the softmax. Labels are padded with -1 unless ``label_lengths``, of shape ``(N,)``, is given
    in the call; ``pred_lengths``, too, has shape ``(N,)``. The loss has shape ``(N,)``.
    """

    def __init__(
        self, layout: str = "NTC", label_layout: str = "NT", weight: float | None = None, **kwargs: Any
    ) -> None:
        for name, value, choices in (("layout", layout, "NTC TNC"), ("label_layout", label_layout, "NT TN")):
            if value not in choices.split():
                raise ArgumentValueError(f"CTCLoss: {name} must be {choices.replace(' ', ' or ')}, got {value!r}")
        self._layout = layout
        self._label_layout = label_layout
        super().__init__(weight, label_layout.find("N"), **kwargs)

    def hybrid_forward(
        self,
        F: ModuleType,
        pred: Any,
        label: Any,
        pred_lengths: Any = None,
        label_lengths: Any = None,
        sample_weight: Any = None,
    ) -> Any:
        given = {
            "blank_label": "last",
            "use_data_lengths": pred_lengths is not None,
            "use_label_lengths": label_lengths is not None,
        }
        steps_first = pred if self._layout == "TNC" else F.swapaxes(pred, 0, 1)
        samples_first = label if self._label_layout == "NT" else F.swapaxes(label, 0, 1)
        loss = F.CTCLoss(steps_first, samples_first, pred_lengths, label_lengths, **given)
        return self._weighted(F, loss, sample_weight)


class HuberLoss(Loss):
    """Squared for differences up to ``rho``, linear beyond: less led by outliers than :class:`L2Loss`.

    Parameters
    ----------
    rho : float, default 1
        Where the one becomes the other.
    """

    def __init__(self, rho: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._rho = rho

    def hybrid_forward(self, F: ModuleType, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        distance = F.abs(_reshape_like(F, label, pred) - pred)
        far = greater(F, distance, self._rho)
        loss = F.where(far, distance - 0.5 * self._rho, (0.5 / self._rho) * F.square(distance))
        return self._mean(F, loss, sample_weight)


class HingeLoss(Loss):
    """``max(0, margin - pred * label)`` for labels -1 and 1, as support vector machines have it.

    Parameters
    ----------
    margin : float, default 1
        From where on predictions cost nothing.
    """

    def __init__(self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: ModuleType, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        return self._mean(F, F.relu(self._margin - pred * _reshape_like(F, label, pred)), sample_weight)


class SquaredHingeLoss(HingeLoss):
    """``max(0, margin - pred * label)**2`` for labels -1 and 1."""

    def hybrid_forward(self, F: ModuleType, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        missed = F.relu(self._margin - pred * _reshape_like(F, label, pred))
        return self._mean(F, F.square(missed), sample_weight)


class LogisticLoss(Loss):
    """``log(1 + exp(-pred * label))`` for labels -1 and 1, or the same with labels 0 and 1.

    Parameters
    ----------
    label_format : str, default 'signed'
        ``"signed"`` for labels -1 and 1, ``"binary"`` for 0 and 1.
    """

    def __init__(
        self, weight: float | None = None, batch_axis: int = 0, label_format: str = "signed", **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        if label_format not in ("signed", "binary"):
            raise ArgumentValueError(f"LogisticLoss: label_format must be 'signed' or 'binary', got {label_format!r}")
        self._label_format = label_format

    def hybrid_forward(self, F: ModuleType, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        positive = _reshape_like(F, label, pred)
        label = (positive + 1.0) / 2.0 if self._label_format == "signed" else positive
        loss = F.relu(pred) - pred * label + log1p_exp_minus_abs(F, pred)
        return self._mean(F, loss, sample_weight)


class TripletLoss(Loss):
    """How much nearer ``pred`` must come to a positive example than to a negative one (Schroff et al. 2015).

    ``max(0, |positive - pred|**2 - |negative - pred|**2 + margin)``, with sums over each sample.

    Parameters
    ----------
    margin : float, default 1
        The difference of squared distances from where on the loss is zero.
    """

    def __init__(self, margin: float = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: ModuleType, pred: Any, positive: Any, negative: Any) -> Any:
        nearer = F.square(_reshape_like(F, positive, pred) - pred)
        farther = F.square(_reshape_like(F, negative, pred) - pred)
        loss = F.relu(F.sum(nearer - farther, axis=self._batch_axis, exclude=True) + self._margin)
        return self._weighted(F, loss)


class PoissonNLLLoss(Loss):
    """Negative log likelihood of counts that follow a Poisson distribution; the mean over everything.

    Parameters
    ----------
    from_logits : bool, default True
        Whether ``pred`` are logarithms of the expected counts, else the counts themselves.
    compute_full : bool, default False
        Whether the term that does not depend on ``pred`` is added, by Stirling's formula for targets above 1.
    """

    def __init__(
        self,
        weight: float | None = None,
        from_logits: bool = True,
        batch_axis: int = 0,
        compute_full: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits = from_logits
        self._compute_full = compute_full

    def hybrid_forward(
        self, F: ModuleType, pred: Any, target: Any, sample_weight: Any = None, epsilon: float = 1e-08
    ) -> Any:
        target = _reshape_like(F, target, pred)
        expected, logarithm = (F.exp(pred), pred) if self._from_logits else (pred, F.log(pred + epsilon))
        loss = expected - target * logarithm
        if self._compute_full:
            # Targets of 0 would give 0 * log(0); the term is not used below 1 anyway.
            n = F.maximum(target, 1.0)
            stirling = n * F.log(n) - n + 0.5 * F.log(2 * math.pi * n)
            loss = loss + stirling * greater(F, target, 1)
        return F.mean(self._weighted(F, loss, sample_weight))


class CosineEmbeddingLoss(Loss):
    """Pull pairs with label 1 into one direction, and push those with label -1 apart, by the cosine of their angle.

    ``1 - cos`` for label 1, ``max(0, cos - margin)`` for label -1. The loss has shape ``(N, 1)``.

    Parameters
    ----------
    margin : float, default 0
        Cosine up to which unlike pairs cost nothing.
    """

    def __init__(self, weight: float | None = None, batch_axis: int = 0, margin: float = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._margin = margin

    def hybrid_forward(self, F: ModuleType, input1: Any, input2: Any, label: Any, sample_weight: Any = None) -> Any:
        cosine = self._cosine_similarity(F, _reshape_like(F, input1, input2), input2)
        label = F.reshape(label, shape=(-1, 1))
        same, other = [F._internal._equal_scalar(label, scalar=n) for n in (1, -1)]
        loss = (1 - cosine) * same + F.relu(other * (cosine - self._margin))
        return self._weighted(F, loss, sample_weight)

    def _cosine_similarity(self, F: ModuleType, x: Any, y: Any, axis: int = -1) -> Any:
        lengths = F.reshape(F.norm(x, axis=axis), shape=(-1, 1)) * F.reshape(F.norm(y, axis=axis), shape=(-1, 1))
        return F.reshape(F.sum(x * y, axis=axis), shape=(-1, 1)) / F.maximum(lengths, TINY)


class SDMLLoss(Loss):
    """Smoothed deep metric learning: each row of one input belongs to the same row of the other (arXiv:1905.12786).

    The other rows of the batch are the negative examples. The softmax over minus the squared distances is compared with
    the labels ``1 - smoothing_parameter`` for the pair itself, and ``smoothing_parameter`` shared by all others.

    Parameters
    ----------
    smoothing_parameter : float, default 0.3
        What the labels give to the other rows.
    """

    def __init__(
        self, smoothing_parameter: float = 0.3, weight: float | None = 1.0, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self.kl_loss = KLDivLoss(from_logits=True)
        self.smoothing_parameter = smoothing_parameter  # the name under which MXNet keeps it

    def hybrid_forward(self, F: ModuleType, x1: Any, x2: Any) -> Any:
        if F is ndarray and (x1.shape != x2.shape or x1.ndim != 2):
            raise ArgumentValueError(
                f"SDMLLoss: two inputs of one shape (N, C) expected, got {x1.shape} and {x2.shape}"
            )
        rows, columns = F.expand_dims(x1, axis=1), F.expand_dims(x2, axis=0)
        distances = F.sum(F.square(F.broadcast_sub(rows, columns)), axis=2)
        return self._weighted(F, self.kl_loss(F.log_softmax(-distances, axis=1), self._labels(F, distances)))

    def _labels(self, F: ModuleType, distances: object) -> Any:
        """The distribution over the rows that each row should have, in the shape of ``distances``."""
        numbers = F.contrib.arange_like(distances, axis=0)
        pair = F.broadcast_equal(F.expand_dims(numbers, axis=1), F.expand_dims(numbers, axis=0))
        other = 1 - pair
        share = F.broadcast_div(other, F.sum(other, axis=1, keepdims=True))
        return pair * (1 - self.smoothing_parameter) + share * self.smoothing_parameter


SigmoidBCELoss = SigmoidBinaryCrossEntropyLoss
SoftmaxCELoss = SoftmaxCrossEntropyLoss
