"""What is done with the graph of a hybridized block besides running it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .. import ndarray
from ..ndarray import NDArray
from ..symbol import Symbol
from ._flatten import Kinds
from ._parameter import Parameter


def check_inputs(names: Sequence[str], places: Mapping[str, int], params: Mapping[str, Parameter]) -> None:
    """Each input of a graph must be known by ``names``; warn of data and parameters that it does not use.

    ``places`` are the numbers of the data by name.
    """
    used = set(names)
    for name in names:
        if name not in places and name not in params:
            raise AssertionError(f"Unknown input to HybridBlock: {name}")
    inputs = [str(i) for name, i in places.items() if name not in used]
    for what, unused in (("input", inputs), ("parameter", [name for name in params if name not in used])):
        if unused:
            warnings.warn(f"HybridBlock: nothing is computed from {what} {', '.join(unused)}", stacklevel=6)


def partition(
    out: Symbol,
    backend: str,
    options: Mapping[str, Any],
    inputs: Iterable[Any],
    places: Mapping[str, int],
    params: Mapping[str, Parameter],
) -> Symbol:
    """A graph as a back end wants it, which is told of all arrays, and of the shapes that symbols have.

    ``places`` are the numbers of the data by name, counted without those that are None.
    """
    given = [a for a in inputs if a is not None]
    shapes: dict[str, Any] = {}

    def arrays(names: list[str]) -> dict[str, NDArray]:
        found = {}
        for name in names:
            if name not in places:
                found[name] = params[name].data()
            elif isinstance(given[places[name]], NDArray):
                found[name] = given[places[name]]
            elif given[places[name]].attr("__shape__"):
                text = given[places[name]].attr("__shape__")
                shapes[name] = tuple([int(n) for n in text.strip("()").split(",") if n.strip()])
        return found

    arguments, states = arrays(out.list_arguments()), arrays(out.list_auxiliary_states())
    contexts = Kinds(given).contexts
    return out.optimize_for(backend, arguments, states, contexts[0] if contexts else None, shapes, **options)


def export(out: Symbol, params: Iterable[Parameter], path: str, epoch: int, remove_amp_cast: bool) -> None:
    """Write a graph and its parameters; see :meth:`HybridBlock.export`."""
    out.save(f"{path}-symbol.json", remove_amp_cast=remove_amp_cast)
    kinds = {**dict.fromkeys(out.list_arguments(), "arg"), **dict.fromkeys(out.list_auxiliary_states(), "aux")}
    values = {}
    for param in params:
        if param.name in kinds:
            values[f"{kinds[param.name]}:{param.name}"] = param._reduce()
        else:
            warnings.warn(f'Parameter "{param.name}" is not found in the graph. ', stacklevel=3)
    ndarray.save(f"{path}-{epoch:04d}.params", values)
