"""Output layers for regression and margins, and MakeLoss: identity or sigmoid forwards, a loss' gradient backwards."""

from collections.abc import Callable
from math import prod
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Ge, Le
from ...registry import Display, OpDef, op
from ...shapes import ShapeRule, show
from ..nn._spatial import check_shape


def _regression(name: str, forward: Callable, difference: Callable, doc: str) -> OpDef:
    """Register a regression layer: ``forward`` of the data, and the gradient ``difference(output, label)``."""

    def fn(data: Tensor, label: Tensor, *, grad_scale: float = 1.0) -> Tensor:
        if label.numel() != data.numel() or label.shape[0] != data.shape[0]:
            check_shape("label", label, tuple(data.shape))
        return forward(data)

    fn.__doc__ = f"""{doc}

    The gradient ignores what comes from above; it is scaled by ``grad_scale`` over the number of outputs an example.

    Parameters
    ----------
    data : Tensor
        ``(batch, ...)``.
    label : Tensor
        As many elements as ``data``, with the same first axis.
    """
    fn.__name__ = name
    od = op(name, aliases=(f"_sparse_{name}",), aliases_input=True, loss=True)(fn)

    @od.backward
    def _(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace) -> tuple:
        out, label = outputs[0], inputs[1]
        grad = difference(out, label.reshape(out.shape))
        scale = p.grad_scale * label.shape[0] / max(label.numel(), 1)
        return (grad.mul_(scale) if scale != 1 else grad,)

    od.infer_shape(_regression_shapes)
    return od


def _regression_shapes(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("data", "output")
    data, label = s["data"], s["label"]
    if data is None or None in data:
        return
    if label is None:
        # One output an example may come with a vector of labels.
        s.unify("label", data[:1] if len(data) == 2 and data[1] == 1 else data)
    elif None not in label and (label[0] != data[0] or prod(label) != prod(data)):
        raise MXNetError(f"Shape inconsistent, Provided = {show(label)}, inferred shape={show(data)}, of label")


_regression(
    "LinearRegressionOutput",
    lambda x: x,
    lambda out, label: out - label,
    "Hand the data through; the gradient is that of half the squared error.",
)
_regression(
    "LogisticRegressionOutput",
    torch.sigmoid,
    lambda out, label: out - label,
    "Sigmoid of the data; the gradient is that of the cross entropy.",
)
_regression(
    "MAERegressionOutput",
    lambda x: x,
    lambda out, label: (out - label).sign_(),
    "Hand the data through; the gradient is that of the absolute error.",
)


@op("SVMOutput", display=Display(output_named=True), aliases_input=True, loss=True)
def svm_output(
    data: Tensor,
    label: Tensor,
    *,
    margin: float = 1.0,
    regularization_coefficient: float = 1.0,
    use_linear: bool = False,
) -> Tensor:
    """Hand scores through; the gradient is that of a support vector machine's one-against-all hinge losses.

    Parameters
    ----------
    data : Tensor
        Scores, ``(batch, classes)``.
    label : Tensor
        Class numbers, ``(batch,)``.
    margin : float
        How far a score must be on the right side.
    regularization_coefficient : float
        Factor on the gradient.
    use_linear : bool
        The hinge loss, rather than its square.
    """
    check_shape("label", label, tuple(data.shape[:-1]))
    return data


@svm_output.backward
def _(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace) -> tuple:
    out, label = outputs[0], inputs[1]
    # +1 for the class of the label, -1 for the others.
    classes = torch.arange(out.shape[-1], device=out.device)
    side = (label.to(torch.int64).unsqueeze(-1) == classes).to(out.dtype).mul_(2).sub_(1)
    slack = p.margin - side * out
    if p.use_linear:
        return (side.mul_(slack > 0).mul_(-p.regularization_coefficient),)
    return (side.mul_(slack.clamp_(min=0)).mul_(-2 * p.regularization_coefficient),)


@svm_output.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("data", "output")
    if s["data"] is not None:
        s.unify("label", s["data"][:-1])


@op("MakeLoss", display=Display(input_named=True, output_named=True), same_shape=True, aliases_input=True, loss=True)
def make_loss(
    data: Tensor,
    *,
    grad_scale: float = 1.0,
    valid_thresh: float = 0.0,
    normalization: Literal["null", "batch", "valid"] = "null",
) -> Tensor:
    """Hand the data through and make it a loss: its gradient is ``grad_scale``, whatever comes from above.

    Parameters
    ----------
    data : Tensor
    grad_scale : float
    normalization : {'null', 'batch', 'valid'}
        Divide the gradient by nothing, the number of rows (all axes but the last), or the number of elements which
        are greater than ``valid_thresh``.
    valid_thresh
        See ``normalization``.
    """
    return data


@make_loss.backward
def _(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace) -> tuple:
    data = inputs[0]
    if p.normalization == "valid":
        valid = (data > p.valid_thresh).sum().clamp_(min=1)
        return (torch.ones_like(data).mul_(p.grad_scale / valid),)
    return (torch.full_like(data, p.grad_scale / (prod(data.shape[:-1]) if p.normalization == "batch" else 1)),)


Unit = Annotated[float, Ge(0), Le(1)]


@op(
    "IdentityAttachKLSparseReg",
    initializers={"moving_avg": '["zero", {}]'},
    display=Display(input_named=True),
    mutates=("moving_avg",),
    aliases_input=True,
    arg_order=("data", "sparseness_target", "penalty", "momentum"),  # the state is given by name only
)
def identity_attach_kl_sparse_reg(
    data: Tensor, moving_avg: Tensor, *, sparseness_target: Unit = 0.1, penalty: float = 0.001, momentum: Unit = 0.9
) -> Tensor:
    """Hand sigmoid activations through, adding to their gradient that of a penalty on how often units are active.

    Parameters
    ----------
    data : Tensor
        Activations between 0 and 1, ``(batch, units)``.
    moving_avg : Tensor
        Average activation of each unit, ``(units,)``; updated in the backward pass.
    sparseness_target : float
        The wanted average activation.
    penalty : float
        Weight of the divergence from it.
    """
    return data


@identity_attach_kl_sparse_reg.backward
def _(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace) -> tuple:
    data, moving = inputs[0], inputs[1].data  # no version check: the state may move on
    rows = data.reshape(data.shape[0], -1)
    moving.mul_(p.momentum).add_(rows.mean(0), alpha=1 - p.momentum)
    push = (1 - p.sparseness_target) / (1 - moving) - p.sparseness_target / moving
    return ((grads[0].reshape(rows.shape) + p.penalty * push).reshape(data.shape),)


@identity_attach_kl_sparse_reg.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("data", "output")
    if s["data"] is not None:
        s.unify("moving_avg", (s["data"][1],))
