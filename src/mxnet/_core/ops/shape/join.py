"""Operators that put arrays together or repeat them."""

from types import SimpleNamespace
from typing import Optional

import torch
from torch import Tensor

from ...params import Shape
from ...registry import Display, op
from ...shapes import ShapeRule
from ...state import state
from ..axes import check_axis


def _check_types(data: tuple) -> None:
    for i, t in enumerate(data):
        if t.dtype != data[0].dtype:
            raise TypeError(
                f"all inputs must have one type, but arg{i} is {str(t.dtype)[6:]} and arg0 {str(data[0].dtype)[6:]}"
            )


def _cat(data: tuple, dim: int) -> Tensor:
    if not data:
        raise ValueError("at least one array is needed")
    _check_types(data)
    axis = check_axis(dim, data[0].ndim, "dim")
    for i, t in enumerate(data):
        if t.ndim != data[0].ndim or any(a != b for j, (a, b) in enumerate(zip(t.shape, data[0].shape)) if j != axis):
            raise ValueError(
                f"Incompatible input shape: arg{i} has {tuple(t.shape)}, arg0 {tuple(data[0].shape)}; "
                f"only axis {axis} may differ"
            )
    return torch.cat(data, axis)


@op(
    "Concat",
    fresh_result=True,
    display=Display(output_named=True),
    aliases=("concat", "_sparse_concat"),
    variadic="num_args",
)
def concat(*data: Tensor, dim: int = 1) -> Tensor:
    """Join arrays along an existing axis ``dim``; their other axes must agree.

    Parameters
    ----------
    dim
        The axis to join along.

    Examples
    --------
    >>> mx.nd.concat(mx.nd.zeros((2, 3)), mx.nd.ones((2, 1)), dim=1).shape
    (2, 4)
    """
    return _cat(data, dim)


@op(
    "_rnn_param_concat",
    joins_parts=True,
    display=Display(output_named=True),
    aliases=("_npi_rnn_param_concat",),
    variadic="num_args",
)
def rnn_param_concat(*data: Tensor, dim: int = 1) -> Tensor:
    """Join the parameters of a recurrent layer to the one array which the RNN operator takes.

    As ``concat``, but the sizes of one or two unknown parameters are inferred from that of the result.

    Parameters
    ----------
    dim
        The axis to join along.
    """
    return _cat(data, dim)


def _concat_shapes(s: ShapeRule, p: SimpleNamespace) -> Optional[int]:
    """Spread what is known about the axes that must agree; gives the number of the joined axis."""
    known = next((s[n] for n in (*s.inputs, *s.outputs) if s[n] is not None), None)
    if known is None:
        return None
    axis = check_axis(p.dim, len(known), "dim")
    common: list = [None] * len(known)
    for name in (*s.inputs, *s.outputs):
        s.unify(name, common)
        common = [None if i == axis else n for i, n in enumerate(s[name])]
    for name in (*s.inputs, *s.outputs):
        s.unify(name, common)
    lengths = [s[n][axis] for n in s.inputs]
    if None not in lengths:
        s.unify("output", [sum(lengths) if i == axis else n for i, n in enumerate(common)])
    return axis


@concat.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    _concat_shapes(s, p)


@rnn_param_concat.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    axis = _concat_shapes(s, p)
    if axis is None or s["output"][axis] is None:
        return
    open_names = [n for n in s.inputs if s[n][axis] is None]
    rest = s["output"][axis] - sum(s[n][axis] or 0 for n in s.inputs)
    if open_names:
        if rest < 0 or len(open_names) > 2 or rest % len(open_names):
            raise ValueError(f"cannot divide the remaining size {rest} among {', '.join(open_names)}")
        for name in open_names:
            s.unify(name, [rest // len(open_names) if i == axis else n for i, n in enumerate(s[name])])


@op("stack", variadic="num_args")
def stack(*data: Tensor, axis: int = 0, num_args: int) -> Tensor:
    """Join arrays of one shape along a new axis, which becomes axis ``axis`` of the result."""
    if not data:
        raise ValueError("at least one array is needed")
    _check_types(data)
    for i, t in enumerate(data):
        if t.shape != data[0].shape:
            raise ValueError(f"arg{i} has shape {tuple(t.shape)}, arg0 {tuple(data[0].shape)}; they must be the same")
    return torch.stack(data, check_axis(axis, data[0].ndim + 1))


@stack.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same(*s.inputs)
    known = s[s.inputs[0]]
    out = s["output"]
    if known is None and out is None:
        return
    axis = check_axis(p.axis, len(known) + 1 if known is not None else len(out))
    if known is None:
        known = (None,) * (len(out) - 1)
    s.unify("output", (*known[:axis], len(s.inputs), *known[axis:]))


@op("tile", methods=True, display=Display(input_named=True), aliases=("_npi_tile",))
def tile(data: Tensor, *, reps: Shape) -> Tensor:
    """Repeat the whole array ``reps[i]`` times along axis ``i``; the shorter of both gets leading ones.

    Parameters
    ----------
    reps
        How often the array is repeated along each axis.
    """
    least = 0 if state.np_shape else 1  # without NumPy's shapes there are no empty arrays
    if any(r is None or r < least for r in reps):
        raise ValueError(f"reps must be integers from {least} up, got {reps}")
    return data.tile(reps) if reps else data.clone()


@op("repeat", methods=True, display=Display(input_named=True), aliases=("_np_repeat",))
def repeat(data: Tensor, *, repeats: int, axis: Optional[int] = None) -> Tensor:
    """Repeat each element ``repeats`` times along an axis; without one, the array is flattened first.

    Parameters
    ----------
    repeats
        How often each element comes.
    """
    if repeats < 0:
        raise ValueError(f"repeats cannot be a negative number, got {repeats}")
    if axis is not None:
        axis = check_axis(axis, data.ndim)
    if repeats == 0:
        return data.new_empty((0,))
    return data.repeat_interleave(repeats, axis)
