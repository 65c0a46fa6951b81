"""Operators under their names in ``mx.npx``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .._core.ops.numpy.codes import reshape as reshape_op
from ..numpy._calls import function
from ..numpy._calls import operator as of_operator
from ._calls import operator

if TYPE_CHECKING:
    from ._stubs._op import *  # noqa: F403

# Name here -> operator.
_OPERATORS = {
    "activation": "Activation",
    "arange_like": "_contrib_arange_like",
    "batch_dot": "batch_dot",
    "batch_flatten": "Flatten",
    "batch_norm": "BatchNorm",
    "cast": "Cast",
    "convolution": "Convolution",
    "deconvolution": "Deconvolution",
    "dropout": "Dropout",
    "embedding": "Embedding",
    "erf": "erf",
    "erfinv": "erfinv",
    "fully_connected": "FullyConnected",
    "gamma": "gamma",
    "gammaln": "gammaln",
    "gather_nd": "gather_nd",
    "layer_norm": "LayerNorm",
    "leaky_relu": "LeakyReLU",
    "log_softmax": "log_softmax",
    "multibox_detection": "_contrib_MultiBoxDetection",
    "multibox_prior": "_contrib_MultiBoxPrior",
    "multibox_target": "_contrib_MultiBoxTarget",
    "one_hot": "one_hot",
    "pick": "pick",
    "pooling": "Pooling",
    "relu": "relu",
    "reshape_like": "reshape_like",
    "rnn": "RNN",
    "roi_pooling": "ROIPooling",
    "sequence_mask": "SequenceMask",
    "shape_array": "shape_array",
    "sigmoid": "sigmoid",
    "slice": "slice",
    "smooth_l1": "smooth_l1",
    "softmax": "softmax",
    "topk": "topk",
}
globals().update({shown: operator(name, shown, "mxnet.numpy_extension") for shown, name in _OPERATORS.items()})


@function
def nonzero(a: Tensor) -> Tensor:
    """Positions of the elements other than zero, one row an element, as int64."""
    return torch.nonzero(torch.atleast_1d(a))


@function
def constraint_check(x: Tensor, msg: str) -> Tensor:
    """True when all elements are; raises ValueError with ``msg`` otherwise."""
    if not bool((x != 0).all()):
        raise ValueError(msg)
    return torch.ones((), dtype=torch.bool, device=x.device)


reshape = of_operator(reshape_op, "reshape", "a, newshape, reverse=False, order='C'")
reshape.__module__ = "mxnet.numpy_extension"

__all__ = ["constraint_check", "nonzero", "reshape", *_OPERATORS]
