"""SoftmaxOutput, the classification layer that brings its own gradient, and softmax_cross_entropy."""

from math import prod
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Ge, Le
from ...registry import Display, op
from ...shapes import ShapeRule
from ..nn._spatial import check_shape


def _label_shapes(data: tuple, multi_output: bool) -> list[tuple]:
    """Shapes that labels may have, the usual one first; with the data's own shape they are probabilities."""
    if not multi_output:
        return [data[:-1], data]
    spatial = data[2:]
    flat = (data[0], None if None in spatial else prod(spatial))
    return [flat, (data[0], *spatial), (data[0], 1, *spatial), data]


def _by_class(x: Tensor, multi_output: bool, preserve_shape: bool) -> Tensor:
    """View scores as examples by classes, by positions too with ``multi_output``."""
    if multi_output:
        return x.reshape(x.shape[0], x.shape[1], -1)
    return x.reshape(-1, x.shape[-1]) if preserve_shape or x.ndim == 1 else x.reshape(x.shape[0], -1)


@op("SoftmaxOutput", display=Display(output_named=True), aliases=("Softmax",), loss=True)
def softmax_output(
    data: Tensor,
    label: Tensor,
    *,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    multi_output: bool = False,
    use_ignore: bool = False,
    preserve_shape: bool = False,
    normalization: Literal["null", "batch", "valid"] = "null",
    out_grad: bool = False,
    smooth_alpha: Annotated[float, Ge(0), Le(1)] = 0.0,
) -> Tensor:
    """Softmax whose gradient is that of the cross entropy with the labels, whatever gradient comes from above.

    Parameters
    ----------
    data : Tensor
        Scores, ``(batch, classes)``. With more axes the softmax is over all but the first; with ``preserve_shape`` over
        the last; with ``multi_output`` over axis 1, each position being an example.
    label : Tensor
        Class numbers, one an example; or probabilities, of the data's shape.
    grad_scale : float
        Factor on the gradient.
    use_ignore, ignore_label
        Examples with this label get no gradient.
    normalization : {'null', 'batch', 'valid'}
        Divide the gradient by nothing, the number of examples, or the number of those whose label is not
        ``ignore_label``. With ``multi_output``, ``null`` and ``batch`` divide by the number of positions besides.
    out_grad : bool
        Multiply by the gradient from above instead of ignoring it.
    smooth_alpha : float
        How much of the label's probability is spread over the other classes.
    multi_output, preserve_shape
        Which axes belong to one example; see ``data``.
    """
    allowed = _label_shapes(tuple(data.shape), multi_output)
    if tuple(label.shape) not in allowed:
        check_shape("label", label, allowed[0])
    if multi_output:
        return torch.softmax(data, 1)
    if preserve_shape or data.ndim <= 2:
        return torch.softmax(data, -1)
    return torch.softmax(data.reshape(data.shape[0], -1), 1).view(data.shape)


# Up to this many scores, comparing each class with the label takes fewer kernels than scattering into a copy.
_FEW = 1 << 16


def _minus_labels(prob: Tensor, index: Tensor, alpha: float) -> Tensor:
    """Probabilities minus the (smoothed) labels; labels that are no class change nothing but the smoothing."""
    classes = prob.shape[1]
    if alpha == 0 and prob.numel() <= _FEW:
        numbers = torch.arange(classes, device=prob.device)
        return prob.add(index.unsqueeze(1) == (numbers.unsqueeze(1) if prob.ndim == 3 else numbers), alpha=-1)
    inside = index.clamp(0, classes - 1)
    amount = (inside == index).to(prob.dtype)
    if alpha == 0:
        return prob.scatter_add(1, inside.unsqueeze(1), amount.neg_().unsqueeze(1))
    spread = alpha / (classes - 1) if classes > 1 else 0.0
    return (prob - spread).scatter_add_(1, inside.unsqueeze(1), amount.mul_(alpha + spread - 1).unsqueeze(1))


@softmax_output.backward
def _(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace) -> tuple:
    out, label = outputs[0], inputs[1]
    if label.shape == out.shape:
        grad = (out - label).mul_(p.grad_scale)
        return (grad.mul_(grads[0]) if p.out_grad else grad,)
    prob = _by_class(out, p.multi_output, p.preserve_shape)
    index = label.reshape(prob.shape[0], -1) if p.multi_output else label.reshape(-1)
    index = index.to(torch.int64)
    used = index if p.multi_output or index.shape[0] == prob.shape[0] else index[: prob.shape[0]]
    grad = _minus_labels(prob, used, 0.0 if p.multi_output else p.smooth_alpha)
    ignored = int(p.ignore_label)
    if p.use_ignore:
        grad.masked_fill_((used == ignored).unsqueeze(1), 0.0)
    scale = p.grad_scale
    if p.normalization == "valid":
        valid = (index != ignored).sum().clamp_(min=1)
        grad.mul_(scale / valid)
    else:
        if p.multi_output:
            scale /= prob.shape[2]
        if p.normalization == "batch":
            scale /= index.shape[0]
        if scale != 1:
            grad.mul_(scale)
    grad = grad.view(out.shape)
    return (grad.mul_(grads[0]) if p.out_grad else grad,)


@softmax_output.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("data", "output")
    data, label = s["data"], s["label"]
    if data is None:
        return
    allowed = _label_shapes(data, p.multi_output)
    if label is None:
        s.unify("label", allowed[0])
    elif not any(_fits(label, shape) for shape in allowed):
        s.unify("label", allowed[0])  # raises, naming both


def _fits(a: tuple, b: tuple) -> bool:
    return len(a) == len(b) and all(x is None or y is None or x == y for x, y in zip(a, b))


@op("softmax_cross_entropy")
def softmax_cross_entropy(data: Tensor, label: Tensor) -> Tensor:
    """Cross entropy between the softmax of scores and class numbers, summed over the examples.

    Parameters
    ----------
    data : Tensor
        ``(batch, classes)``.
    label : Tensor
        ``(batch,)``.

    Returns
    -------
    Tensor
        ``(1,)``. A probability below 1e-8 counts as 1e-8.
    """
    if data.ndim != 2 or not data.shape[1] or tuple(label.shape) != (data.shape[0],):
        raise MXNetError(
            f"data should be (batch, classes) and label (batch,), got {tuple(data.shape)} and {tuple(label.shape)}"
        )
    chosen = torch.softmax(data, 1).gather(1, label.to(torch.int64).clamp(0, data.shape[1] - 1).unsqueeze(1))
    return chosen.clamp_(min=1e-8).log_().sum().neg_().reshape(1)


@softmax_cross_entropy.backward
def _(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace) -> tuple:
    data, label = inputs
    return (_minus_labels(torch.softmax(data, 1), label.to(torch.int64), 0.0).mul_(grads[0]),)


@softmax_cross_entropy.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.unify("output", (1,))
    if s["data"] is not None:
        s.unify("label", s["data"][:1])
