"""Applying operators to symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.graph import build
from .._core.graph.attrs import attr_text, stored_key
from .._core.registry import OpDef
from ..attribute import AttrScope
from ..name import NameManager
from ._symbol import Symbol, _single


def create(
    op: OpDef,
    positional: Sequence[Symbol | None],
    named: Mapping[str, Symbol],
    params: Mapping[str, Any],
    name: str | None = None,
    attr: dict[str, str] | None = None,
    hint: str | None = None,
    subgraphs: Sequence[Symbol] = (),
    kind: type[Symbol] = Symbol,
) -> Any:
    """Apply an operator to symbols: what every function ``mx.sym.X`` does.

    Parameters
    ----------
    op : OpDef
    positional, named : Symbol
        Its inputs. Those which are not given become variables ``{name}_{input}``.
    params : dict
        Parameters (any values; stored as text) and user attributes.
    name : str, optional
        The current name manager finds one when not given.
    attr : dict of str to str, optional
        Further attributes, over those of the current ``AttrScope``.
    hint : str, optional
        What automatic names begin with.
    subgraphs : list of Symbol
        The bodies of a control-flow operator.
    kind : class
        Of what kind the result is when there are no inputs, else it is that of the first one.

    Raises
    ------
    MXNetError
        For unknown, missing or bad parameters, and for unknown inputs.
    """
    name = NameManager._current.value.get(name, op.hint if hint is None else hint)
    attrs: dict[str, str] = {}
    for key, value in {**AttrScope._current.value.get(attr), **params}.items():
        text = attr_text(value)
        attrs[stored_key(key, text)] = text
    if op.variadic in op.params and op.variadic not in attrs and op.params[op.variadic].required:
        attrs[op.variadic] = str(len(subgraphs) + len(positional) + len(named))
    inputs = [None if s is None else _single(s, f"{op.name}: Argument {i}") for i, s in enumerate(positional)]
    keywords = {key: _single(s, f"{op.name}: Keyword Argument {key}") for key, s in named.items()}
    node = build.apply_op(op, name, attrs, inputs, keywords, [s._graph for s in subgraphs])
    if op.cast_rule is not None:
        op.cast_rule.symbolic(node, lambda begin: NameManager._current.value.get(None, begin))
    kind = next((type(s) for s in (*positional, *named.values()) if s is not None), kind)
    return kind([(node, i) for i in range(node.num_visible)])._outputs()
