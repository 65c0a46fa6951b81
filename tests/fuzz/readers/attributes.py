"""Texts inside of graphs: parameters of operators, and initializers of variables."""

from __future__ import annotations

import mxnet as mx
from mxnet._core.registry import all_ops, get_op
from tests.fuzz.mutations import JSON, TEXT
from tests.fuzz.reader import Reader

_TEXTS = [
    "1",
    "-1",
    "2.5",
    "1e-5",
    "True",
    "None",
    "float32",
    "(3, 3)",
    "[0, 1]",
    "(1.5, 2)",
    "relu",
    "write",
    "cpu(0)",
    "()",
]


def _parameters() -> list[bytes]:
    """``operator/parameter/text``, one for each kind of parameter and text."""
    kinds = {p.codec.type_name: (op.name, name) for op in all_ops() for name, p in op.params.items()}
    return [f"{op}/{name}/{text}".encode() for op, name in kinds.values() for text in _TEXTS]


def _decode(data: bytes, _: str) -> None:
    op, _, rest = data.decode("utf-8", "replace").partition("/")
    name, _, text = rest.partition("/")
    get_op(op).decode(name, text)


def _initializers() -> list[bytes]:
    made = [mx.init.Xavier(), mx.init.Constant(0.5), mx.init.Orthogonal(), mx.init.LSTMBias(1.0), mx.init.MSRAPrelu()]
    return [*(i.dumps().encode() for i in made), b"zeros", b'{"initializer": "uniform", "scale": 0.1}']


def _create(data: bytes, _: str) -> None:
    weight = mx.sym.Variable("weight", attr={"__init__": data.decode("utf-8", "replace")})
    mx.init.Zero()(mx.init.InitDesc("weight", weight.attr_dict().get("weight")), mx.nd.zeros((4, 4)))


READERS = [
    Reader("parameters", _parameters, _decode, TEXT),
    Reader("initializers", _initializers, _create, JSON, weight=5),
]
