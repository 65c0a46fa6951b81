"""Connectionist temporal classification."""

from types import SimpleNamespace
from typing import Any, Literal, Optional

import torch
from torch import Tensor

from ....base import MXNetError
from ...grad_mode import grad_mode
from ...registry import op
from ...shapes import ShapeRule, TypeRule
from ...tape import gradients


def _inputs(p: SimpleNamespace) -> tuple[str, ...]:
    return (
        "data",
        "label",
        *(("data_lengths",) if p.use_data_lengths else ()),
        *(("label_lengths",) if p.use_label_lengths else ()),
    )


def _check(data: Tensor, label: Tensor, data_lengths: Tensor | None, label_lengths: Tensor | None) -> None:
    if data.ndim != 3 or label.ndim != 2 or data.shape[1] != label.shape[0]:
        raise MXNetError(
            "data should be (sequence_length, batch, alphabet) and label (batch, label_sequence_length), "
            f"got {tuple(data.shape)} and {tuple(label.shape)}"
        )
    if 0 in data.shape or not label.shape[1]:
        raise MXNetError(f"data and label should not be empty, got {tuple(data.shape)} and {tuple(label.shape)}")
    if label.shape[1] > data.shape[0]:
        raise MXNetError(f"label has {label.shape[1]} positions, data only {data.shape[0]} steps to emit them in")
    for name, lengths in (("data_lengths", data_lengths), ("label_lengths", label_lengths)):
        if lengths is not None and tuple(lengths.shape) != (data.shape[1],):
            raise MXNetError(
                f"{name} should be a vector of the batch's size, {data.shape[1]}, got shape {tuple(lengths.shape)}"
            )


@op(
    "CTCLoss",
    aliases=("ctc_loss", "_contrib_CTCLoss", "_contrib_ctc_loss", "_npx_ctc_loss"),
    inputs=_inputs,
    outputs=("output0", "output1"),
    visible=1,
    inert=("label", "data_lengths", "label_lengths"),
)
def ctc_loss(
    data: Tensor,
    label: Tensor,
    data_lengths: Optional[Tensor] = None,
    label_lengths: Optional[Tensor] = None,
    *,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal["first", "last"] = "first",
) -> tuple[Tensor, Tensor]:
    """Negative log probability of label sequences under all their alignments with the data.

    Parameters
    ----------
    data : Tensor
        Scores before softmax, ``(sequence_length, batch, alphabet)``; the alphabet includes the blank.
    label : Tensor
        ``(batch, label_sequence_length)``. The blank is class 0, or the last class with ``blank_label='last'``; unless
        lengths are given, a sequence ends at its first 0 or -1, respectively.
    data_lengths, label_lengths : Tensor, optional
        ``(batch,)``, with ``use_data_lengths`` and ``use_label_lengths``.
    use_data_lengths, use_label_lengths
        Whether these lengths are given.
    blank_label
        ``first`` or ``last``: which class is the blank.

    Returns
    -------
    Tensor
        ``(batch,)``; zero where the data is too short for the label.
    """
    if use_label_lengths and not use_data_lengths and label_lengths is None:
        data_lengths, label_lengths = None, data_lengths  # given by position
    _check(data, label, data_lengths, label_lengths)
    steps, batch, alphabet = data.shape
    if data.is_meta:
        return data.new_empty(batch), data
    target = label.to(torch.int64)
    if not use_label_lengths or label_lengths is None:
        padding = 0 if blank_label == "first" else -1
        label_lengths = (target != padding).to(torch.int64).cumprod(1).sum(1)
    if not use_data_lengths or data_lengths is None:
        data_lengths = torch.full((batch,), steps, dtype=torch.int64, device=data.device)
    else:
        # What lies after the end may be anything, NaN too, and must not reach the gradient.
        after = torch.arange(steps, device=data.device).unsqueeze(1) >= data_lengths
        data = data.masked_fill(after.unsqueeze(2), 0.0)
    blank = 0 if blank_label == "first" else alphabet - 1
    # Padding is never read, but has to be a class. A label that no alignment gives costs nothing. PyTorch has no kernel
    # for half precision.
    wide = torch.float32 if data.dtype in (torch.float16, torch.bfloat16) else data.dtype
    loss = torch.ctc_loss(
        torch.log_softmax(data, 2, dtype=wide),
        target.clamp(0, alphabet - 1),
        data_lengths.to(torch.int64),
        label_lengths.to(torch.int64),
        blank,
        0,
        True,
    )
    return loss.to(data.dtype), data


@ctc_loss.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data = s["data"]
    if data is None or len(data) != 3:
        return
    s.unify("output0", (data[1],))
    s.unify("output1", data)
    s.unify("label", (data[1], None))
    for name in ("data_lengths", "label_lengths"):
        if name in s:
            s.unify(name, (data[1],))


@ctc_loss.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    t.same("data", "output0", "output1")
    for name in t.inputs[1:]:
        if t[name] is None:
            t.unify(name, t["data"])


@op("WarpCTC", loss=True)
def warp_ctc(data: Tensor, label: Tensor, *, label_length: int = 0, input_length: int = 0) -> Tensor:
    """Softmax whose gradient is that of :func:`CTCLoss`, whatever gradient comes from above (of old builds of MXNet).

    Parameters
    ----------
    data : Tensor
        Scores before softmax, ``(input_length * batch, alphabet)``, those of a step together. The blank is class 0.
    label : Tensor
        ``(batch * label_length,)``; zeros are no labels, wherever they stand.
    label_length, input_length : int
        How many labels a sequence has at most, and how many steps.
    """
    if input_length < 1 or data.ndim != 2 or data.shape[0] % input_length:
        raise MXNetError(
            f"data must be (input_length * batch, alphabet) for input_length={input_length}, got {tuple(data.shape)}"
        )
    if label_length < 1 or label.numel() != label_length * (data.shape[0] // input_length):
        raise MXNetError(
            f"label must have label_length={label_length} elements for each of the {data.shape[0] // input_length} "
            f"sequences, its shape is {tuple(label.shape)}"
        )
    return torch.softmax(data, 1)


@warp_ctc.backward
def _(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace) -> tuple:
    data, label = inputs
    label = label.to(torch.int64).reshape(-1, p.label_length)
    rank = torch.argsort((label == 0).to(torch.int8), dim=1, stable=True)  # labels to the left
    with grad_mode(True):
        scores = data.detach().requires_grad_(True)
        steps = scores.view(p.input_length, -1, data.shape[1])
        loss, _ = ctc_loss(steps, label.gather(1, rank))
        return tuple(gradients([loss], [scores], [torch.ones_like(loss)]))


@warp_ctc.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("data", "output")
    data = s["data"]
    if data is not None and data[0] is not None and p.input_length > 0:
        s.unify("label", (data[0] // p.input_length * p.label_length,))


@warp_ctc.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    t.same("data", "output")
    if t["label"] is None:
        t.unify("label", torch.int32)
