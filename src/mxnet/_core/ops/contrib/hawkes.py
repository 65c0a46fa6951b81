"""Log likelihood of Hawkes processes."""

from types import SimpleNamespace

import torch
from torch import Tensor

from ....base import MXNetError
from ...registry import op
from ...shapes import ShapeRule, TypeRule
from ..indexing.places import check_bounds


@op(
    "_contrib_hawkesll",
    outputs=("output", "out_state"),
    inert=("state", "lags", "marks", "valid_length", "max_time"),
)
def hawkesll(
    lda: Tensor,
    alpha: Tensor,
    beta: Tensor,
    state: Tensor,
    lags: Tensor,
    marks: Tensor,
    valid_length: Tensor,
    max_time: Tensor,
) -> tuple[Tensor, Tensor]:
    """Log likelihood of marked event sequences under independent, exponentially decaying Hawkes processes.

    Process ``k`` has the intensity ``lda + alpha * beta * sum(exp(-beta * (t - t_i)))`` over its events ``t_i < t``.
    The gradient of the likelihood reaches ``lda``, ``alpha`` and ``beta``; everything else is data. See Bacry et al.,
    "Hawkes processes in finance", 2015.

    Parameters
    ----------
    lda : Tensor
        Background intensities, ``(n, k)``.
    alpha, beta : Tensor
        Branching ratios and decay rates, ``(k,)``.
    state : Tensor
        What earlier events still add at the start, ``(n, k)``.
    lags : Tensor
        Times since the event before, ``(n, t)``.
    marks : Tensor
        Which process each event belongs to, ``(n, t)`` of int32.
    valid_length : Tensor
        How many events each sequence has, ``(n,)``.
    max_time : Tensor
        How long each sequence was observed, ``(n,)``.

    Returns
    -------
    tuple of Tensor
        Log likelihoods ``(n,)`` and the states at the end ``(n, k)``.
    """
    if lda.ndim != 2 or lags.ndim != 2:
        raise MXNetError(f"lda and lags should have two axes, got {tuple(lda.shape)} and {tuple(lags.shape)}")
    (n, k), t = lda.shape, lags.shape[1]
    for name, x, expected_shape in (
        ("alpha", alpha, (k,)),
        ("beta", beta, (k,)),
        ("state", state, (n, k)),
        ("lags", lags, (n, t)),
        ("marks", marks, (n, t)),
        ("valid_length", valid_length, (n,)),
        ("max_time", max_time, (n,)),
    ):
        if tuple(x.shape) != expected_shape:
            raise MXNetError(f"{name} should have shape {expected_shape}, got {tuple(x.shape)}")
    state, lags, end = state.detach(), lags.detach(), max_time.detach().unsqueeze(1)
    # Events of one process beside each other, in order of time; what is past the end of a sequence comes last.
    real = torch.arange(t, device=lags.device) < valid_length.detach().unsqueeze(1)
    check_bounds(marks.masked_fill(~real, 0), 1, k, low=0)
    mark, order = marks.long().masked_fill(~real, k).sort(dim=1, stable=True)
    time = lags.cumsum(1).gather(1, order)
    real = mark < k
    process = mark.clamp(max=k - 1)
    first = torch.ones_like(real)
    first[:, 1:] = mark[:, 1:] != mark[:, :-1]
    since = time - torch.where(first, 0.0, time.roll(1, 1))
    since = since.masked_fill(~real, 0.0)

    decay = torch.exp(-beta[process] * since)
    # What is left of the events before each event: decay * (1 + what was left at the one before).
    carry = decay.masked_fill(first, 0.0)
    fresh = decay * torch.where(first, state.gather(1, process), 1.0)
    left, last = [], torch.zeros_like(end[:, 0])
    for c, f in zip(carry.unbind(1), fresh.unbind(1)):
        last = torch.addcmul(f, c, last)
        left.append(last)
    before = torch.stack(left, 1) if left else fresh
    intensity = lda.gather(1, process) + (alpha * beta)[process] * before
    found = torch.where(real, intensity, 1.0).log().sum(1)

    # The last event of each process, and what it leaves at the end of the observation.
    numbers = torch.arange(k, device=mark.device).expand(n, k).contiguous()
    at = torch.searchsorted(mark, numbers, right=True)
    count = at - torch.searchsorted(mark, numbers)
    some = count > 0
    index = (at - 1).clamp(min=0)
    if t:
        final = torch.where(some, 1 + before.gather(1, index), state)
        rest = end - torch.where(some, time.gather(1, index), 0.0)
    else:
        final, rest = state, end
    out_state = final * torch.exp(-beta * rest)
    # All that was added and is gone by now has decayed under the curve: the integral of the intensity.
    expected = (lda * end + alpha * (state + count - out_state)).sum(1)
    return found - expected, out_state.detach()


@hawkesll.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    lda, lags = s["lda"], s["lags"]
    n = lda[0] if lda else lags[0] if lags else None
    k, t = lda[1] if lda else None, lags[1] if lags else None
    for name in ("lda", "state", "out_state"):
        s.unify(name, (n, k))
    for name in ("alpha", "beta"):
        s.unify(name, (k,))
    for name in ("lags", "marks"):
        s.unify(name, (n, t))
    for name in ("valid_length", "max_time", "output"):
        s.unify(name, (n,))


@hawkesll.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    t.same(*(n for n in (*t.inputs, *t.outputs) if n != "marks"))
    t.unify("marks", torch.int32)
