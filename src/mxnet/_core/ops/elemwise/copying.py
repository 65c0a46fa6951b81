"""Copies: identity, gradient stops, casts."""

from collections.abc import Sequence
from typing import Annotated, Any

import torch
from torch import Tensor

from ...params import DType, DTypeOf
from ...registry import Display, Gradients, Params, Tensors, op
from ...shapes import ShapeRule, TypeRule

_HALVES_AND_SINGLES = frozenset((torch.float32, torch.float16, torch.bfloat16))
AmpType = Annotated[Any, DTypeOf("float32", "float64", "float16", "bfloat16", "uint8", "int8", "int32", "int64")]


@op("_copy", aliases=("identity",), same_shape=True)
def copy(data: Tensor) -> Tensor:
    """A copy of the array."""
    return data.clone()


@op("_copyto", aliases=("_npi_copyto",), same_shape=True, display=Display(input_type="NDArray"))
def copyto(data: Tensor) -> Tensor:
    """A copy of the array, to be written into ``out``."""
    return data.clone()


@op("_CrossDeviceCopy", same_shape=True, arg_order=())
def cross_device_copy(data: Tensor) -> Tensor:
    """A copy of the array; where graphs of old files cross from one device to another."""
    return data.clone()


@op(
    "BlockGrad",
    stops_gradient=True,
    aliases=("stop_gradient", "_sparse_stop_gradient", "_npx_stop_gradient"),
    same_shape=True,
    loss=True,
)
def block_grad(data: Tensor) -> Tensor:
    """A copy of the array that passes no gradient back."""
    return data.clone()


@block_grad.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    return (None,)


@op(
    "make_loss",
    display=Display(output_named=True),
    aliases=("_sparse_make_loss",),
    outputs=("loss",),
    same_shape=True,
    loss=True,
)
def make_loss(data: Tensor) -> Tensor:
    """Declare the array a loss: its gradient is one, whatever gradient arrives from later operators."""
    return data.clone()


@make_loss.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    return (torch.ones_like(inputs[0]),)


@op("Cast", aliases=("cast", "_npi_cast", "_npx_cast"), same_shape=True, result_type="dtype")
def cast(data: Tensor, *, dtype: DType) -> Tensor:
    """The array in another data type. Floats become integers by rounding toward zero."""
    return data.to(dtype, copy=True)


# ----------------------------------------------------------------------------------------------- mixed precision


@op("amp_cast", is_cast=True, same_shape=True)
def amp_cast(data: Tensor, *, dtype: AmpType) -> Tensor:
    """Cast arrays of float32, float16 and bfloat16 to another type; others are copied unchanged."""
    return data.to(dtype if data.dtype in _HALVES_AND_SINGLES else data.dtype, copy=True)


@amp_cast.infer_type
def _(t: TypeRule, p: Params) -> None:
    data = t["data"]
    if data is not None:
        t.unify("output", p.dtype if data in _HALVES_AND_SINGLES else data)


def _common_type(types: Sequence[torch.dtype], cast_narrow: bool) -> torch.dtype:
    """The type that float32, float16 and bfloat16 arrays are brought to."""
    if cast_narrow:
        return next((t for t in reversed(types) if t in (torch.float16, torch.bfloat16)), torch.float32)
    return torch.float32 if torch.float32 in types else types[0]


@op(
    "amp_multicast",
    is_cast=True,
    variadic="num_outputs",
    inputs=lambda p: tuple(f"data_{i}" for i in range(p.num_outputs)),
    outputs=lambda p: tuple(f"output{i}" for i in range(p.num_outputs)),
)
def amp_multicast(*data: Tensor, num_outputs: int, cast_narrow: bool = False) -> list:
    """Cast float32, float16 and bfloat16 arrays to their widest (or narrowest) common type.

    Parameters
    ----------
    cast_narrow
        Whether the narrowest of the types is taken, not the widest.
    """
    target = _common_type([d.dtype for d in data], cast_narrow)
    return [d.to(target if d.dtype in _HALVES_AND_SINGLES else d.dtype, copy=True) for d in data]


@amp_multicast.infer_shape
def _(s: ShapeRule, p: Params) -> None:
    for name, out in zip(s.inputs, s.outputs):
        s.same(name, out)


@amp_multicast.infer_type
def _(t: TypeRule, p: Params) -> None:
    types = [t[name] for name in t.inputs]
    if None in types:
        return
    target = _common_type(types, p.cast_narrow)
    for out, dtype in zip(t.outputs, types):
        t.unify(out, target if dtype in _HALVES_AND_SINGLES else dtype)
