"""Lists of tensors: torch's functions over them, how they are cut to fit a cache, gradients as the rules take them."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

Tensors = list[Tensor]

add = torch._foreach_add
add_ = torch._foreach_add_
sub_ = torch._foreach_sub_
mul = torch._foreach_mul
mul_ = torch._foreach_mul_
div_ = torch._foreach_div_
sqrt = torch._foreach_sqrt
sqrt_ = torch._foreach_sqrt_
lerp_ = torch._foreach_lerp_
addcmul_ = torch._foreach_addcmul_
addcdiv_ = torch._foreach_addcdiv_
copy_ = torch._foreach_copy_

# Temporaries of more bytes than this fall out of the processor's cache, which costs more than further calls do.
CHUNK_BYTES = 1 << 20


def chunks(tensors: Sequence[Tensor]) -> list[slice]:
    """Cut a list into runs whose temporaries stay in a CPU's cache; one run on other devices."""
    if not tensors or tensors[0].device.type != "cpu":
        return [slice(0, len(tensors))]
    runs, start, size = [], 0, 0
    for i, t in enumerate(tensors):
        n = t.numel() * t.element_size()
        if size and size + n > CHUNK_BYTES:
            runs.append(slice(start, i))
            start, size = i, 0
        size += n
    runs.append(slice(start, len(tensors)))
    return runs


def pieces(row: Sequence[Tensor | None]) -> list[tuple[Tensor | None, ...]]:
    """Cut the tensors of one parameter, which an elementwise rule updates, alike into parts that stay in a CPU's cache.

    They are left whole where that is not needed, or not possible without copies.
    """
    present = [t for t in row if t is not None]
    first = present[0]
    count = -(-first.numel() * first.element_size() // CHUNK_BYTES)
    if (
        count < 2
        or first.device.type != "cpu"
        or not _dense(first)
        or any(t.stride() != first.stride() or t.device != first.device for t in present)
    ):
        return [tuple(row)]
    length = -(-first.numel() // count)
    cut = [[None] * count if t is None else t.as_strided((t.numel(),), (1,)).split(length) for t in row]
    return list(zip(*cut))


def fusable(*lists: Sequence[Tensor]) -> bool:
    """Whether all tensors have one floating type and device, and lie densely in memory, equal ones alike."""
    first = lists[0][0]
    if first.dtype not in _FUSED_TYPES or first.device.type not in ("cpu", "cuda"):
        return False
    for row in zip(*lists):
        shape, stride = row[0].shape, row[0].stride()
        for t in row:
            if t.dtype is not first.dtype or t.device != first.device or t.shape != shape or t.stride() != stride:
                return False
        if not row[0].is_contiguous() and not _dense(row[0]):
            return False
    return True


def threaded(tensors: Sequence[Tensor]) -> bool:
    """Whether torch's fused functions pay for rules of one or two passes.

    On a CPU they start all threads even for the smallest tensor; its other functions do so from 32768 elements on.
    """
    return tensors[0].device.type != "cpu" or torch.get_num_threads() == 1 or any(t.numel() >= 32768 for t in tensors)


_FUSED_TYPES = frozenset((torch.float32, torch.float64))


def _dense(t: Tensor) -> bool:
    """Whether a tensor fills its memory without holes, in whatever order of axes."""
    expected = 1
    for stride, length in sorted(zip(t.stride(), t.shape)):
        if length != 1:
            if stride != expected:
                return False
            expected *= length
    return True


def ratio(a: float, b: float) -> float:
    """``a / b`` of floating point hardware: infinite, or not a number, where ``b`` is zero."""
    return a / b if b else math.copysign(math.inf, a) if a else math.nan


def clamp_(tensors: Tensors, bound: float) -> Tensors:
    """Bound all elements to ``[-bound, bound]``, in place."""
    torch._foreach_clamp_max_(tensors, bound)
    torch._foreach_clamp_min_(tensors, -bound)
    return tensors


def prepared(
    grads: Tensors, rescale_grad: float, clip_gradient: float, weights: Tensors | None = None, wd: float = 0.0
) -> Tensors:
    """``clip(rescale_grad * grad + wd * weight)`` as new tensors; the gradients themselves where that is the same."""
    fresh = grads
    if rescale_grad != 1.0:
        fresh = mul(grads, rescale_grad)
    if wd and weights is not None:
        if fresh is grads:
            fresh = add(grads, weights, alpha=wd)
        else:
            add_(fresh, weights, alpha=wd)
    if clip_gradient >= 0:
        fresh = torch._foreach_clamp_max(grads, clip_gradient) if fresh is grads else fresh
        clamp_(fresh, clip_gradient)
    return fresh
