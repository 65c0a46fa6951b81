"""Checks of the arguments that all update operators share."""

from collections.abc import Sequence

from torch import Tensor


def same_shapes(weight: Tensor, **others: Tensor) -> None:
    """Raise ValueError unless all tensors have the weight's shape."""
    for name, t in others.items():
        if t.shape != weight.shape:
            raise ValueError(f"{name} must have the weight's shape {tuple(weight.shape)}, got {tuple(t.shape)}")


def columns(
    data: Sequence[Tensor],
    names: Sequence[str],
    given: int,
    count_name: str,
    extra: int = 0,
    **per_weight: Sequence[object],
) -> list[list[Tensor]]:
    """Sort the flat inputs of a ``multi_*`` operator, ``weight_0, grad_0, ..., weight_1, ...``, into one list a name.

    Parameters
    ----------
    data : sequence of Tensor
        The inputs, without the ``extra`` ones at the end.
    names : sequence of str
        What the inputs of one weight are.
    given : int
        The operator's count parameter (frontends that fill it in by themselves give the number of inputs).
    per_weight
        Parameters that must have one value a weight.

    Raises
    ------
    ValueError
        When the number of inputs or of values does not fit, or shapes of one weight differ.
    """
    stride = len(names)
    count, rest = divmod(len(data), stride)
    if rest or not count or given not in (count, len(data) + extra):
        raise ValueError(
            f"expected {count_name} * {stride} inputs ({', '.join(names)} of each weight)"
            f"{f' and {extra} more' if extra else ''}, got {len(data) + extra} with {count_name}={given}"
        )
    for name, values in per_weight.items():
        if len(values) != count:
            raise ValueError(f"{name} must have one value for each of the {count} weights, got {len(values)}")
    lists = [list(data[i::stride]) for i in range(stride)]
    for i, weight in enumerate(lists[0]):
        same_shapes(weight, **{f"{n}_{i}": column[i] for n, column in zip(names[1:], lists[1:])})
    return lists
