"""A graph that is called as one operator, as ``autograd.get_symbol`` shows hybridized blocks."""

from types import SimpleNamespace
from typing import Annotated, Any

from torch import Tensor

from ...base import MXNetError
from ..params import Ge, Longs
from ..registry import Subgraphs, TrainMode, op
from ..shapes import ShapeRule, TypeRule


@op(
    "_CachedOp",
    variadic="num_args",
    inputs=lambda p: tuple([f"data{i}" for i in range(p.num_args - 1)]),
    outputs=lambda p: ("output",) if p.num_outputs == 1 else tuple([f"output{i}" for i in range(p.num_outputs)]),
    mutates=lambda p: tuple([f"data{i}" for i in p.state_locs]),
    subgraphs=("graph",),
    opaque=True,
)
def cached_op(
    *data: Tensor,
    num_args: Annotated[int, Ge(1)],
    num_outputs: Annotated[int, Ge(1)],
    state_locs: Longs = (),
    subgraphs: Subgraphs = None,
    is_train: TrainMode = False,
) -> list[Tensor]:
    """Run a graph on a value for each of its variables, in their order.

    ``state_locs`` says which of them are auxiliary states.

    Parameters
    ----------
    state_locs
        Which inputs are states.
    """
    if subgraphs is None:
        raise MXNetError("runs inside of a graph only; for arrays there is mx.nd.CachedOp")
    found = subgraphs[0](data, is_train)
    return [t.clone() if any(t is x for x in data) else t for t in found]


@cached_op.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    _by_the_graph(s)


@cached_op.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    _by_the_graph(t)


def _by_the_graph(rule: Any) -> None:
    count = len(rule.inputs)
    feed, results = rule.subgraphs[0](rule.values()[:count], rule.values()[count:])
    for i, value in enumerate([*feed, *results]):
        rule.unify(i, value)
