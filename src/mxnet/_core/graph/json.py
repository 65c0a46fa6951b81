"""Reading and writing ``-symbol.json`` files.

Written byte for byte as MXNet 1.9.1 does; every dialect since 0.8 is read (``upgrade.py`` brings old ones up to date).
A file is input from outside: everything in it is checked, and errors name the node.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from ...base import MXNetError
from ..registry import get_op
from ..text import quoted, shortened
from .attrs import parse_params
from .node import Entry, Graph, Node
from .upgrade import VERSION, upgrade

_log = logging.getLogger(__name__)

# --------------------------------------------------------------------------------------------------- writing

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def to_json(graph: Graph, np_shape: bool = False) -> str:
    """The text of a ``-symbol.json`` file for a graph."""
    graph_attrs = {"mxnet_version": f'["int", {VERSION}]'}
    if np_shape:
        graph_attrs["is_np_shape"] = '["int", 1]'
    return _graph(graph, "", graph_attrs)


def _graph(graph: Graph, indent: str, graph_attrs: dict[str, str] | None) -> str:
    nodes = graph.nodes
    index = {n: i for i, n in enumerate(nodes)}
    inner = indent + "  "
    row_ptr = [0]
    for n in nodes:
        row_ptr.append(row_ptr[-1] + n.num_outputs)
    fields = {
        "nodes": _list([_node(n, index, inner + "  ") for n in nodes], inner, multi_line=True),
        "arg_nodes": _list([str(i) for i, n in enumerate(nodes) if n.op is None], inner),
        "node_row_ptr": _list([str(i) for i in row_ptr], inner),
        "heads": _list([f"[{index[n]}, {i}, 0]" for n, i in graph.heads], inner),
    }
    if graph_attrs:
        fields["attrs"] = _map(graph_attrs, inner)
    return _object(fields, indent)


def _node(node: Node, index: dict[Node, int], indent: str) -> str:
    inner = indent + "  "
    versions = node.in_versions or (0,) * len(node.inputs)
    fields = {"op": '"null"' if node.op is None else _string(node.op.name), "name": _string(node.name)}
    if node.attrs:
        fields["attrs"] = _map({k: _string(v) for k, v in node.attrs.items()}, inner)
    fields["inputs"] = _list([f"[{index[n]}, {i}, {v}]" for (n, i), v in zip(node.inputs, versions)], inner)
    if node.subgraphs:
        fields["subgraphs"] = _list([_graph(g, inner + "  ", None) for g in node.subgraphs], inner, multi_line=True)
    return _object(fields, indent)


def _string(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _list(items: Sequence[str], indent: str, multi_line: bool = False) -> str:
    """One line up to ten items, else one item a line. Commas have a space behind them even at the end of a line."""
    if not items or not (multi_line or len(items) > 10):
        return f"[{', '.join(items)}]"
    return f"[\n{indent}  " + f", \n{indent}  ".join(items) + f"\n{indent}]"


def _map(items: dict[str, str], indent: str) -> str:
    ordered = {k: items[k] for k in sorted(items)}
    if len(ordered) == 1:
        ((key, value),) = ordered.items()
        return f"{{{_string(key)}: {value}}}"
    return _object(ordered, indent)


def _object(fields: dict[str, str], indent: str) -> str:
    body = f", \n{indent}  ".join(f"{_string(k)}: {v}" for k, v in fields.items())
    return f"{{\n{indent}  {body}\n{indent}}}"


# --------------------------------------------------------------------------------------------------- reading

_GRAPH_FIELDS = frozenset(("nodes", "arg_nodes", "heads", "node_row_ptr", "attrs"))
_NODE_FIELDS = frozenset(
    ("op", "name", "inputs", "attrs", "attr", "param", "control_deps", "subgraphs", "backward_source_id")
)
_MAX_SUBGRAPH_DEPTH = 64


def from_json(text: str, np_shape: bool = False) -> list[Entry]:
    """Read a graph; gives its outputs.

    Parameters
    ----------
    text : str
        The content of a ``-symbol.json`` file of any version since 0.8.
    np_shape : bool
        Whether NumPy shapes are in force, where 0 is a size and -1 the unknown one.

    Raises
    ------
    MXNetError
        When the text is no such file; the message names the node.
    """
    try:
        return _read(text, np_shape)
    except MXNetError as e:
        raise MXNetError(shortened(str(e))) from None  # names in a file may be as long as they like


def _read(text: str, np_shape: bool) -> list[Entry]:
    try:
        data = json.loads(text, strict=False)
        if "\\ud" in text.lower():
            json.dumps(data, ensure_ascii=False).encode()  # a lone half of a surrogate pair could not be saved again
    except (ValueError, RecursionError) as e:
        raise MXNetError(f"Invalid symbol file: not valid JSON: {e}") from None
    version, written_with_np_shape = _graph_attrs(data)
    heads = _read_graph(data, version, written_with_np_shape, 0)
    if np_shape and not written_with_np_shape:
        _to_np_shapes(heads)
    return heads


def _read_graph(data: Any, version: int, numpy: bool, depth: int) -> list[Entry]:
    if depth > _MAX_SUBGRAPH_DEPTH:
        raise MXNetError(f"Invalid symbol file: subgraphs nested deeper than {_MAX_SUBGRAPH_DEPTH}")
    _check_fields(data, _GRAPH_FIELDS, ("nodes", "arg_nodes", "heads"), "the graph")
    records = _expect(data["nodes"], list, "nodes")
    nodes = [_read_node(record, i, version, numpy, depth) for i, record in enumerate(records)]
    for node, record in zip(nodes, records):
        entries = [
            _read_entry(e, nodes, f"an input of node {node.name!r}")
            for e in _expect(record["inputs"], list, f"inputs of node {node.name!r}")
        ]
        node.inputs = [(n, i) for n, i, _ in entries]
        versions = tuple(v for _, _, v in entries)
        node.in_versions = versions if any(versions) else ()
    _refuse_cycles(nodes)
    for i in _expect(data["arg_nodes"], list, "arg_nodes"):
        _node_at(i, nodes, "arg_nodes")
    heads = [_read_entry(e, nodes, "a head")[:2] for e in _expect(data["heads"], list, "heads")]
    if not heads:
        raise MXNetError("Invalid symbol file: the graph has no heads")
    upgrade(Graph(heads).nodes, version)
    for node in Graph(heads).nodes:
        _check_node(node)
    for node, index in heads:
        _check_output(node, index, "a head")
    return heads


def _read_node(record: Any, position: int, version: int, numpy: bool, depth: int) -> Node:
    """A node with its attributes, not yet connected."""
    where = f"node {position}"
    if isinstance(record, dict) and isinstance(record.get("name"), str):
        where = f"node {record['name']!r}"
    _check_fields(record, _NODE_FIELDS, ("op", "name", "inputs"), where)
    name = _expect(record["name"], str, f"name of {where}")
    op_name = _expect(record["op"], str, f"op of {where}")
    attrs: dict[str, str] = {}
    for field in ("param", "attr", "attrs"):
        for key, value in _expect(record.get(field, {}), dict, f"{field} of {where}").items():
            attrs[key] = _expect(value, str, f"attribute {key} of {where}")
    try:
        op = None if op_name == "null" else get_op(op_name)
    except MXNetError as e:
        raise MXNetError(f"Failed loading node {name!r} of type {op_name}: {e}") from None
    if numpy and op is not None and op.numpy_twin is not None:
        op = op.numpy_twin  # MXNet writes one name for both
    node = Node(op, name, attrs=attrs)
    for subgraph in _expect(record.get("subgraphs", []), list, f"subgraphs of {where}"):
        node.subgraphs.append(Graph(_read_graph(subgraph, version, numpy, depth + 1)))
    return node


def _check_node(node: Node) -> None:
    """Decode the parameters of an operator and hold its inputs against them."""
    if node.op is None:
        if node.inputs:
            raise MXNetError(f"Invalid symbol file: variable {node.name!r} has inputs")
        return
    if node.params is None:
        node.params = parse_params(node.op, node.attrs, node.name)
    for source, index in node.inputs:
        _check_output(source, index, f"an input of node {node.name!r}")
    for what, found, expected in (
        ("inputs", len(node.inputs), len(node.op.input_names(node.params))),
        ("subgraphs", len(node.subgraphs), len(node.op.subgraphs)),
    ):
        if found != expected:
            raise MXNetError(
                f"Invalid symbol file: node {node.name!r} ({node.op.name}) has {found} {what}, expected {expected}"
            )


def _check_output(source: Node, index: int, what: str) -> None:
    if index >= source.num_outputs:
        raise MXNetError(
            f"Invalid symbol file: {what} is output {index} of node {source.name!r}, which has {source.num_outputs}"
        )


def _read_entry(entry: Any, nodes: Sequence[Node], what: str) -> tuple[Node, int, int]:
    """``[node, output]`` or ``[node, output, version]``."""
    _expect(entry, list, what)
    if len(entry) not in (2, 3):
        raise MXNetError(f"Invalid symbol file: {what} must be [node, output, version], got {quoted(entry)}")
    for number in entry[1:]:
        if type(number) is not int or number < 0:
            raise MXNetError(f"Invalid symbol file: {what} must consist of non-negative integers, got {quoted(entry)}")
    return _node_at(entry[0], nodes, what), entry[1], entry[2] if len(entry) == 3 else 0


def _node_at(number: object, nodes: Sequence[Node], what: str) -> Node:
    if type(number) is not int or not 0 <= number < len(nodes):
        raise MXNetError(
            f"Invalid symbol file: {what} refers to node {quoted(number)}, but there are {len(nodes)} nodes"
        )
    return nodes[number]


def _refuse_cycles(nodes: Sequence[Node]) -> None:
    """Raise when a node depends on itself."""
    waiting = {n: len(n.inputs) for n in nodes}
    users: dict[Node, list[Node]] = {}
    for n in nodes:
        for source, _ in n.inputs:
            users.setdefault(source, []).append(n)
    ready = [n for n in nodes if not n.inputs]
    while ready:
        done = ready.pop()
        del waiting[done]
        for user in users.get(done, ()):
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    if waiting:
        stuck = next(iter(waiting))
        raise MXNetError(f"Invalid symbol file: node {stuck.name!r} depends on itself or on a node that does")


def _graph_attrs(data: object) -> tuple[int, bool]:
    """The version that wrote the file, and whether NumPy shapes were in force then."""
    attrs = _expect(_expect(data, dict, "the graph").get("attrs", {}), dict, "attrs of the graph")
    for key, value in attrs.items():
        if not (isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)):
            raise MXNetError(f'Invalid symbol file: graph attribute {key} must be ["type", value], got {quoted(value)}')
    version = attrs.get("mxnet_version", ["int", 800])[1]
    if type(version) is not int:
        raise MXNetError(f"Invalid symbol file: mxnet_version must be an integer, got {quoted(version)}")
    if version > VERSION:
        _log.warning(
            "loading symbol saved by MXNet version %d with lower version of MXNet v%d. May cause undefined behavior.",
            version,
            VERSION,
        )
    return version, bool(attrs.get("is_np_shape", ["int", 0])[1])


def _check_fields(record: Any, allowed: frozenset[str], required: Iterable[str], where: str) -> None:
    _expect(record, dict, where)
    for key in record:
        if key not in allowed:
            raise MXNetError(
                f"Invalid symbol file: unknown field {quoted(key)} in {where}, known are {sorted(allowed)}"
            )
    for key in required:
        if key not in record:
            raise MXNetError(f"Invalid symbol file: missing field {key!r} in {where}")


def _expect(value: object, kind: type, what: str) -> Any:
    if not isinstance(value, kind):
        raise MXNetError(f"Invalid symbol file: {what} must be a {kind.__name__}, got {quoted(value)}")
    return value


def _to_np_shapes(heads: Sequence[Entry]) -> None:
    """Respell unknown dimensions of variables, written as 0, for NumPy shapes, where they are -1."""
    for node in Graph(heads).variables:
        text = node.attrs.get("__shape__")
        if text is not None:
            words = text.strip("()[] ").replace(",", " ").split()
            sizes = ["-1" if w in ("0", "None") else w for w in words]
            node.attrs["__shape__"] = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
