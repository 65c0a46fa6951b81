"""The update rules of all optimizers, each written once, over lists of tensors.

A rule takes lists of weights, gradients and states and scalars that hold for all of them, and updates weights and
states **in place**; gradients are only read. The operators call the rules with lists of one, the optimizers with all
parameters that share scalars. torch's ``_fused_*`` functions do the work where the formula is the same (they need equal
strides and one data type, which the caller vouches for by ``fused=True``), its ``_foreach_*`` functions elsewhere.

``clip_gradient`` bounds the gradient to ``[-clip_gradient, clip_gradient]`` when it is not negative.
"""

from ._adam import adam, adamax, adamw, ftml, nadam
from ._adaptive import adadelta, adagrad, ftrl, group_adagrad, rmsprop, rmsprop_alex
from ._layerwise import lamb, lamb_direction, lamb_step, lars_rates, sgd_mom_per_tensor, sums_of_squares
from ._lists import CHUNK_BYTES, chunks, fusable, pieces, threaded
from ._sgd import dcasgd, nag_mom, sgd, sgd_mom, signsgd, signum
from ._wrappers import mixed, on_rows

__all__ = [
    "CHUNK_BYTES",
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "chunks",
    "dcasgd",
    "ftml",
    "ftrl",
    "fusable",
    "group_adagrad",
    "lamb",
    "lamb_direction",
    "lamb_step",
    "lars_rates",
    "mixed",
    "nadam",
    "nag_mom",
    "on_rows",
    "pieces",
    "rmsprop",
    "rmsprop_alex",
    "sgd",
    "sgd_mom",
    "sgd_mom_per_tensor",
    "signsgd",
    "signum",
    "sums_of_squares",
    "threaded",
]
