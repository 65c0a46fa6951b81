"""Arrays in the shape of others, filled with a number."""

import torch
from torch import Tensor

from ...params import Ctx, Double, DTypeOrNone
from ...registry import Display, Gradients, Params, Tensors, op
from ...shapes import TypeRule

_LISTED = "{None, 'bfloat16', 'bool', 'float16', 'float32', 'float64', 'int32', 'int64', 'int8', 'uint8'}"


@op(
    "_npi_full_like",
    same_shape=True,
    loss=True,
    display=Display(printed={"dtype": f"{_LISTED},optional, default='None'"}),
)
def full_like(a: Tensor, *, fill_value: Double, ctx: Ctx = "", dtype: DTypeOrNone = None) -> Tensor:
    """An array of one number, with the shape and, where none is given, the type of another.

    Parameters
    ----------
    a : Tensor
    fill_value : float
    ctx : str
        Changes nothing: the result is where ``a`` is.
    dtype : optional
    """
    return torch.full_like(a, fill_value, dtype=dtype)


@full_like.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    return (None,)


@full_like.infer_type
def _(t: TypeRule, p: Params) -> None:
    t.unify(t.outputs[0], p.dtype or t["a"])
