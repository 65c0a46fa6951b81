"""The lists of operators that mixed precision treats alike."""

from __future__ import annotations

import torch

from ..._core.dtypes import torch_dtype
from ..._core.types import DTypeLike
from . import lists
from ._rules import Condition


def _is_float16(target_dtype: DTypeLike) -> bool:
    """Which of the two types is meant; AssertionError for others."""
    try:
        dtype = torch_dtype(target_dtype)
    except TypeError:
        dtype = None
    assert dtype in (torch.float16, torch.bfloat16), (
        f"target_dtype must be float16 or bfloat16, the types mixed precision supports, got {target_dtype!r}"
    )
    return dtype is torch.float16


def list_lp16_ops(target_dtype: DTypeLike) -> list[str]:
    """Operators that run in low precision."""
    return lists.symbol_fp16.FP16_FUNCS if _is_float16(target_dtype) else lists.symbol_bf16.BF16_FUNCS


def list_fp32_ops(target_dtype: DTypeLike) -> list[str]:
    """Operators that run in float32."""
    return lists.symbol_fp16.FP32_FUNCS if _is_float16(target_dtype) else lists.symbol_bf16.FP32_FUNCS


def list_lp16_fp32_ops(target_dtype: DTypeLike) -> list[str]:
    """Operators that run in the type they get."""
    return lists.symbol_fp16.FP16_FP32_FUNCS if _is_float16(target_dtype) else lists.symbol_bf16.BF16_FP32_FUNCS


def list_conditional_fp32_ops(target_dtype: DTypeLike) -> list[Condition]:
    """Operators that run in float32 under some settings: (operator, parameter, its values)."""
    module = lists.symbol_fp16 if _is_float16(target_dtype) else lists.symbol_bf16
    return module.CONDITIONAL_FP32_FUNCS


def list_widest_type_cast(target_dtype: DTypeLike) -> list[str]:
    """Operators that run in the widest type of their inputs."""
    module = lists.symbol_fp16 if _is_float16(target_dtype) else lists.symbol_bf16
    return module.WIDEST_TYPE_CASTS


def list_loss_output_functions(target_dtype: DTypeLike) -> list[str]:
    """Output layers that scale their gradients themselves."""
    module = lists.symbol_fp16 if _is_float16(target_dtype) else lists.symbol_bf16
    return module.LOSS_OUTPUT_FUNCTIONS


def list_lp16_use_fp32_params(target_dtype: DTypeLike) -> dict[str, list[str]] | None:
    """Inputs of low-precision operators that stay float32; None when there are none."""
    return None if _is_float16(target_dtype) else lists.symbol_bf16.BF16_USE_FP32_PARAMS
