"""Operators by the type they run in under float16."""

from __future__ import annotations

from ._families import EITHER, FULL, LOSS_OUTPUTS, WIDEST, conditional, names

# Matrix products: where half precision pays.
FP16_FUNCS = ["Convolution", "Deconvolution", "FullyConnected", "RNN"]

FP16_FP32_FUNCS = names(EITHER)
FP32_FUNCS = names(FULL)
CONDITIONAL_FP32_FUNCS = conditional()
WIDEST_TYPE_CASTS = names(WIDEST)
LOSS_OUTPUT_FUNCTIONS = list(LOSS_OUTPUTS)
