"""What operators there are, and what they take."""

from __future__ import annotations

from collections import namedtuple

from ._core.frontend.binding import argument_order
from ._core.registry import all_names, get_op
from .base import MXNetError

OperatorArguments = namedtuple("OperatorArguments", ["narg", "names", "types"])


def get_all_registered_operators() -> list[str]:
    """Names of all operators, aliases included, in order."""
    return sorted(all_names())


def get_operator_arguments(op_name: str) -> OperatorArguments:
    """The arguments of an operator: inputs, then parameters.

    Parameters
    ----------
    op_name : str
        A name or alias.

    Returns
    -------
    OperatorArguments
        ``narg``, ``names`` and ``types``, with types such as ``"NDArray-or-Symbol"`` and ``"int, required"``.

    Raises
    ------
    MXNetError
        When there is no such operator.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.operator.get_operator_arguments("Activation").names
    ['data', 'act_type']
    """
    if not isinstance(op_name, str):
        raise TypeError(f"op_name must be a str, got {type(op_name).__name__}")
    try:
        op = get_op(op_name)
    except MXNetError as e:
        raise MXNetError(f"get_operator_arguments: {e}") from None
    names = list(argument_order(op) if op.listed is None else op.listed)
    types = [op.printed.get(n) or (op.params[n].type_string if n in op.params else op.input_type) for n in names]
    if op.variadic:
        types[names.index(op.inputs[-1])] += "[]"
    return OperatorArguments(len(names), names, types)
