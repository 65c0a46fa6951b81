"""Networks that mixed precision is applied to, by the tests and by ``tools/record.py`` alike."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

INPUTS = ("data", "other", "softmax_label")


def cnn(mx: Any) -> Any:
    """Convolutions, a residual sum, a classifier: most of it in low precision."""
    s = mx.sym
    x = s.Convolution(s.var("data"), kernel=(3, 3), num_filter=4, name="conv1")
    x = s.Activation(s.BatchNorm(x, name="bn1"), act_type="relu", name="relu1")
    x = s.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool1")
    y = s.Convolution(x, kernel=(1, 1), num_filter=4, name="conv2", no_bias=True)
    x = s.Flatten(s.elemwise_add(x, y, name="add1"), name="flat")
    return s.SoftmaxOutput(s.FullyConnected(x, num_hidden=10, name="fc1"), name="softmax")


def inputs_only(mx: Any) -> Any:
    """A sum of variables, whose types nobody knows."""
    return mx.sym.broadcast_add(mx.sym.var("data"), mx.sym.var("other"), name="sum") * 2


def many_types(mx: Any) -> Any:
    """Each kind of operator behind the same two."""
    s = mx.sym
    e = s.exp(s.var("data"), name="e")
    fc = s.FullyConnected(e, num_hidden=3, name="fc1")
    return s.Group(
        [
            s.broadcast_add(e, fc, name="sum"),
            s.LeakyReLU(fc, act_type="elu", name="elu"),
            s.Activation(s.var("data"), act_type="softrelu", name="softrelu"),
            s.concat(fc, fc, name="joined"),
            s.topk(fc, name="top"),
        ]
    )


def shared_weight(mx: Any) -> Any:
    """A weight with two users, and one with a declared type."""
    s = mx.sym
    w, typed = s.var("w"), s.var("typed", dtype="float32")
    x = s.FullyConnected(s.var("data"), weight=w, no_bias=True, num_hidden=5, name="h1")
    x = s.FullyConnected(x, weight=typed, no_bias=True, num_hidden=5, name="fc1")
    return s.softmax(s.dot(x, w, name="product"), name="prob")


def recurrent(mx: Any) -> Any:
    """An operator of several outputs, with states."""
    rnn = mx.sym.RNN(mx.sym.var("data"), state_size=4, num_layers=1, mode="lstm", name="rnn", state_outputs=True)
    return mx.sym.Group([mx.sym.split(rnn[0], num_outputs=2, name="parts")[1], rnn[1]])


NETWORKS = (cnn, inputs_only, many_types, shared_weight, recurrent)


def cases(mx: Any) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """A key, a network, and the arguments of ``convert_symbol``."""
    options = itertools.product(("float16", "bfloat16"), (False, True), (False, True), (False, True))
    for network, (dtype, cast, tell_data, exclude) in itertools.product(NETWORKS, list(options)):
        with mx.name.NameManager():  # automatic names that do not depend on what was made before
            symbol = network(mx)
        yield (
            f"{network.__name__} {dtype} cast={cast:d} data={tell_data:d} exclude={exclude:d}",
            symbol,
            {
                "target_dtype": dtype,
                "cast_optional_params": cast,
                "data_names": [n for n in symbol.list_inputs() if n in INPUTS] if tell_data else None,
                "excluded_sym_names": ["fc1"] if exclude else None,
            },
        )


def nodes(text: str) -> list[Any]:
    """Operator, name, inputs and types of each node of a ``-symbol.json``, and the outputs at the end."""
    graph = json.loads(text)
    shown = ("dtype", "__dtype__", "num_outputs")
    found: list[Any] = [
        [n["op"], n["name"], [i[:2] for i in n["inputs"]], {k: v for k, v in n.get("attrs", {}).items() if k in shown}]
        for n in graph["nodes"]
    ]
    return [*found, [h[:2] for h in graph["heads"]]]
