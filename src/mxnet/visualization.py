"""Looking at networks: a table of layers, and a drawing."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ._core.graph.node import Entry, Node
from .symbol import Symbol

__all__ = ["plot_network", "print_summary"]

_COLUMNS = ("Layer (type)", "Output Shape", "Param #", "Previous Layer")


def print_summary(
    symbol: Symbol,
    shape: dict[str, tuple[int, ...]] | None = None,
    line_length: int = 120,
    positions: list[float] = [0.44, 0.64, 0.74, 1.0],  # noqa: B006  (MXNet's signature)
) -> None:
    """Print a table of a network's layers with their output shapes, numbers of parameters and inputs.

    As in MXNet, parameters of Convolution, FullyConnected, BatchNorm and Embedding are counted, from the number of
    channels that come in.

    Parameters
    ----------
    symbol : Symbol
    shape : dict of str to tuple, optional
        Shapes of the inputs; without them the table has no shapes.
    line_length : int
        Characters a line.
    positions : list of float
        Where the columns end, as parts of the line or as numbers of characters.

    Raises
    ------
    ValueError
        When the shapes do not suffice.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=10, name="fc1")
    >>> mx.viz.print_summary(net, {"data": (8, 20)}, line_length=80)  # doctest: +NORMALIZE_WHITESPACE
    ________________________________________________________________________________
    Layer (type)                     Output Shape     Param #    Previous Layer
    ================================================================================
    data(null)                       20               0
    ________________________________________________________________________________
    fc1(FullyConnected)              10               210        data
    ================================================================================
    Total params: 210
    ________________________________________________________________________________
    """
    if not isinstance(symbol, Symbol):
        raise TypeError("symbol must be Symbol")
    shape_of = None if shape is None else _lookup(symbol, "shape", shape)
    nodes = symbol._graph.nodes
    # Variables are layers of their own when they come first or are the result.
    shown = {nodes[0], symbol._heads[0][0]}
    ends = [int(line_length * p) for p in positions] if positions[-1] <= 1 else [int(p) for p in positions]

    def row(*fields: Any) -> None:
        line = ""
        for field, end in zip(fields, ends):
            line = f"{line}{field}"[:end].ljust(end)
        print(line)

    def output_shape(node: Node) -> tuple[int, ...]:
        """Without the batch axis; empty when nothing is known or the outputs are numbered."""
        if shape_of is None or node.output_name(0) not in (node.name, f"{node.name}_output"):
            return ()
        return shape_of((node, 0))[1:]

    print("_" * line_length)
    row(*_COLUMNS)
    print("=" * line_length)
    total = 0
    for i, node in enumerate(nodes):
        if node.op is None and i > 0:
            continue
        before = [n for n, _ in node.inputs if n.op is not None or n in shown]
        channels = sum(s[0] for s in map(output_shape, before) if s)
        own = output_shape(node)
        count = _count_parameters(node, channels, own)
        total += count
        kind = "null" if node.op is None else node.op.name
        row(f"{node.name}({kind})", "x".join(map(str, own)), count, before[0].name if before else "")
        for other in before[1:]:
            row("", "", "", other.name)
        print(("=" if i == len(nodes) - 1 else "_") * line_length)
    print(f"Total params: {total}")
    print("_" * line_length)


def _count_parameters(node: Node, channels: int, own: tuple[int, ...]) -> int:
    """How many numbers a layer learns, given the channels that come in and its own output shape."""
    p = node.params
    match None if node.op is None else node.op.name:
        case "Convolution":
            count = channels * p.num_filter // p.num_group
            for size in p.kernel:
                count *= size
            return count if p.no_bias else count + p.num_filter
        case "FullyConnected":
            return (channels + (not p.no_bias)) * p.num_hidden
        case "BatchNorm":
            return own[0] * 2 if own else 0
        case "Embedding":
            return p.input_dim * p.output_dim
    return 0


def _lookup(symbol: Symbol, what: str, known: dict[str, Any]) -> Callable[[Entry], Any]:
    """A function from each visible output in the graph to its shape or type."""
    internals = symbol.get_internals()
    _, found, _ = (internals.infer_shape if what == "shape" else internals.infer_type)(**known)
    if found is None:
        raise ValueError(f"Input {what} is incomplete")
    return dict(zip(internals._heads, found)).__getitem__


# --------------------------------------------------------------------------------------------------- drawing

_NODE_STYLE = {"shape": "box", "fixedsize": "true", "width": "1.3", "height": "0.8034", "style": "filled"}
_COLORS = {
    "Convolution": "#fb8072",
    "FullyConnected": "#fb8072",
    "BatchNorm": "#bebada",
    "Activation": "#ffffb3",
    "LeakyReLU": "#ffffb3",
    "Pooling": "#80b1d3",
    "Concat": "#fdb462",
    "Flatten": "#fdb462",
    "Reshape": "#fdb462",
}
_COLOR_OF_INPUTS, _COLOR_OF_OTHERS = "#8dd3c7", "#fccde5"
_WEIGHT_ENDINGS = (
    "_weight",
    "_bias",
    "_beta",
    "_gamma",
    "_moving_var",
    "_moving_mean",
    "_running_var",
    "_running_mean",
)


def plot_network(
    symbol: Symbol,
    title: str = "plot",
    save_format: str = "pdf",
    shape: dict[str, tuple[int, ...]] | None = None,
    dtype: dict[str, Any] | None = None,
    node_attrs: dict[str, str] = {},  # noqa: B006  (MXNet's signature)
    hide_weights: bool = True,
) -> Any:
    """Draw a network with Graphviz.

    Parameters
    ----------
    symbol : Symbol
    title : str
        The name of the drawing, and of the file that ``render`` writes.
    save_format : str
        ``"pdf"``, ``"png"``, ``"svg"``, ...
    shape : dict of str to tuple, optional
        Shapes of the inputs; then shapes are written beside the edges.
    dtype : dict of str to dtype, optional
        Types of the inputs; then types are written beside the edges.
    node_attrs : dict of str to str
        Graphviz attributes of all nodes, such as ``{"shape": "oval", "fixedsize": "false"}``.
    hide_weights : bool
        Leave out what feeds weights, biases and statistics.

    Returns
    -------
    graphviz.Digraph

    Raises
    ------
    ImportError
        Without the ``graphviz`` package: ``pip install remx[graphviz]``.
    ValueError
        When shapes or types do not suffice.
    """
    if not isinstance(symbol, Symbol):
        raise TypeError("symbol must be a Symbol")
    try:
        from graphviz import Digraph
    except ImportError as e:
        raise ImportError("plot_network requires the graphviz package: pip install remx[graphviz]") from e
    shape_of = None if shape is None else _lookup(symbol, "shape", shape)
    type_of = None if dtype is None else _lookup(symbol, "type", dtype)
    nodes = symbol._graph.nodes
    _warn_repeated(nodes)
    drawing = Digraph(name=title, format=save_format)
    style = {**_NODE_STYLE, **node_attrs}
    hidden = set()
    for node in nodes:
        if node.op is None:
            if node.name.endswith(_WEIGHT_ENDINGS):
                if hide_weights:
                    hidden.add(node)
                continue
            drawing.node(name=node.name, label=node.name, **{**style, "shape": "oval", "fillcolor": _COLOR_OF_INPUTS})
        else:
            color = _COLORS.get(node.op.name, _COLOR_OF_OTHERS)
            drawing.node(name=node.name, label=_label(node), **{**style, "fillcolor": color})
    for node in nodes:
        for source, index in _drawn_inputs(node):
            if source in hidden:
                continue
            text = "" if shape_of is None else "x".join(map(str, shape_of((source, index))[1:]))
            if type_of is not None:
                text += f"({getattr(type_of((source, index)), '__name__', type_of((source, index)))})"
            drawing.edge(tail_name=node.name, head_name=source.name, dir="back", arrowtail="open", label=text)
    return drawing


def _drawn_inputs(node: Node) -> list[Entry]:
    """The inputs to draw; the second one of a resize only lends its shape."""
    resize = node.op is not None and node.op.name == "_contrib_BilinearResize2D"
    return node.inputs[:1] if resize else node.inputs


def _warn_repeated(nodes: list[Node]) -> None:
    names = [n.name for n in nodes]
    repeated = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) < len(names) else []
    if repeated:
        warnings.warn(
            f"There are multiple variables with the same name in your graph ({', '.join(repeated)}): each name is "
            "drawn once, which may close circles",
            RuntimeWarning,
            stacklevel=3,
        )


def _label(node: Node) -> str:
    """What is written into a node."""
    p = node.params

    def sizes(name: str, otherwise: str) -> str:
        return "x".join(map(str, getattr(p, name))) if name in node.attrs else otherwise

    match node.op.name:  # type: ignore[union-attr]
        case "Convolution":
            return f"Convolution\n{sizes('kernel', '')}/{sizes('stride', '1')}, {p.num_filter}"
        case "FullyConnected":
            return f"FullyConnected\n{p.num_hidden}"
        case "Activation":
            return f"Activation\n{p.act_type}"
        case "LeakyReLU":
            return f"LeakyReLU\n{node.attrs.get('act_type', 'Leaky')}"
        case "Pooling":
            return f"Pooling\n{p.pool_type}, {sizes('kernel', '[]')}/{sizes('stride', '1')}"
        case "Custom":
            return node.attrs["op_type"]
    return node.name
