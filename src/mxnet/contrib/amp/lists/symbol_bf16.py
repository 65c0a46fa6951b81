"""Operators by the type they run in under bfloat16.

It has the range of float32 and few digits, so few operators take it: all that float16 leaves alone become float32 here.
"""

from __future__ import annotations

from ._families import EITHER, FULL, LOSS_OUTPUTS, WIDEST, conditional, names

BF16_FUNCS = ["Convolution", "FullyConnected"]

# What comes between two of these, and stays as exact as they are.
BF16_FP32_FUNCS = (
    "abs _add BatchNorm BatchNormWithReLU clip Concat concat LRN Pooling relu shuffle _shuffle sqrt square tanh "
).split()

# Inputs, by position, that are float32 though the data is not; the data's own name is empty.
BF16_USE_FP32_PARAMS = {
    name: ["", "gamma", "beta", "moving_mean", "moving_var"] for name in ("BatchNormWithReLU", "BatchNorm")
}

_BOXES = FULL["boxes"].split()
# On no list: the casts themselves, and what other backends put into graphs.
_UNLISTED = ("amp_cast", "amp_multicast", "CuDNNBatchNorm", "_TensorRT")

FP32_FUNCS = [
    "Deconvolution",
    "RNN",
    "broadcast_mul",
    *names(EITHER, (*BF16_FP32_FUNCS, *_UNLISTED)),
    *names(FULL, (*BF16_FP32_FUNCS, *_BOXES)),
]
CONDITIONAL_FP32_FUNCS = conditional()
WIDEST_TYPE_CASTS = [
    *names(WIDEST, (*BF16_FP32_FUNCS, "broadcast_mul", *WIDEST["attention"].split())),
    *_BOXES,
]
LOSS_OUTPUT_FUNCTIONS = list(LOSS_OUTPUTS)
