"""Checks of shapes that the linear algebra operators share."""

from torch import Tensor


def matrices(name: str, t: Tensor, square: bool = False) -> int:
    """The number of axes of a batch of (square) matrices; ValueError when it is none."""
    if t.ndim < 2:
        raise ValueError(f"{name} must have at least 2 axes, got shape {tuple(t.shape)}")
    if square and t.shape[-1] != t.shape[-2]:
        raise ValueError(f"{name} must hold square matrices, got shape {tuple(t.shape)}")
    return t.ndim


def same_batch(a: Tensor, b: Tensor) -> None:
    """Raise ValueError unless A and B are batches of matrices with equal leading axes."""
    if a.ndim != b.ndim or a.shape[:-2] != b.shape[:-2]:
        raise ValueError(f"A and B must agree in all axes but the last two, got {tuple(a.shape)} and {tuple(b.shape)}")


def one_axis(t: Tensor) -> Tensor:
    """The result of one matrix as a vector of one element; there are no arrays without axes."""
    return t.reshape(1) if t.ndim == 0 else t
