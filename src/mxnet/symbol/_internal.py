"""Operators over Symbols of the ``_internal`` namespace, generated from the registry."""

from typing import TYPE_CHECKING, Any

from .._core.frontend.namespaces import install
from .._core.registry import get_op
from ._create import create
from ._creation import fromjson
from ._functions import make_function
from ._subgraph import call_params
from ._symbol import Symbol

if TYPE_CHECKING:
    from ._stubs._internal import *  # noqa: F403


_CALL = make_function(get_op("_CachedOp"), "_CachedOp")


def _CachedOp(*data: Symbol, subgraph: str | None = None, name: str | None = None, **kwargs: Any) -> Symbol:
    """A graph as one node, whose inputs are the values of its variables in the order of ``list_inputs()``.

    Parameters
    ----------
    *data : Symbol
        Without ``subgraph`` the graph comes first.
    subgraph : str, optional
        The graph, as :meth:`mxnet.sym.Symbol.tojson` gives it.
    name : str, optional
    """
    if subgraph is None:
        return _CALL(*data, name=name, **kwargs)
    graph = fromjson(subgraph)
    return create(get_op("_CachedOp"), list(data), {}, call_params(graph), name=name, subgraphs=[graph])


install(__name__, "_internal", make_function)
