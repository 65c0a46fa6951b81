"""Graphs with loops and branches, which MXNet 1.9.1 is asked to write and to run.

``tools/record.py`` runs this module with MXNet's interpreter, so it imports NumPy alone.
"""

import zlib
from collections import defaultdict

import numpy as np


def _group(mx, *results):
    """One symbol of nested lists of symbols."""
    flat, waiting = [], list(results)
    while waiting:
        first = waiting.pop(0)
        if isinstance(first, (list, tuple)):
            waiting = list(first) + waiting
        else:
            flat.append(first)
    return mx.sym.Group(flat)


def _vars(mx, names):
    return [mx.sym.var(n) for n in names.split()]


def foreach_sum(mx):
    x, s = _vars(mx, "x s")
    return _group(mx, *mx.sym.contrib.foreach(lambda row, total: (row + total, row + total), x, s))


def foreach_lists(mx):
    """Several data and states, nested, and a value of outside; the order of use is not that of the arguments."""
    x, y, s, t, w = _vars(mx, "x y s t w")
    outside = w * 2

    def body(rows, states):
        out = states[1][0] * 3 + rows[1] + outside * states[0]
        return [out, rows[0] * 2], [out + rows[0], [states[1][0] - out]]

    return _group(mx, *mx.sym.contrib.foreach(body, [x, y], [s, [t]]))


def foreach_layer(mx):
    """A layer whose parameters are variables made in the body."""
    x, s = _vars(mx, "x s")

    def body(row, states):
        hidden = mx.sym.tanh(mx.sym.FullyConnected(row, num_hidden=3, name="fc") + states[0])
        return hidden, [hidden]

    return _group(mx, *mx.sym.contrib.foreach(body, x, [s]))


def foreach_no_states(mx):
    x, w = _vars(mx, "x w")
    return _group(mx, *mx.sym.contrib.foreach(lambda row, _: (row * w, []), x, []))


def foreach_no_outputs(mx):
    x, s = _vars(mx, "x s")
    return _group(mx, *mx.sym.contrib.foreach(lambda row, states: ([], [row * states[0]]), x, [s]))


def foreach_vectors(mx):
    x, s = _vars(mx, "x s")
    return _group(mx, *mx.sym.contrib.foreach(lambda row, states: ([row * states[0]], [states[0] * 2]), x, [s]))


def foreach_identity(mx):
    """Outputs and states that nothing computes."""
    x, s = _vars(mx, "x s")
    return _group(mx, *mx.sym.contrib.foreach(lambda row, states: ([row, states[0]], states), x, [s]))


def foreach_batch_norm(mx):
    x, s = _vars(mx, "x s")

    def body(row, states):
        normal = mx.sym.BatchNorm(row, name="bn", fix_gamma=False, momentum=0.5)
        return normal + states[0], states

    return _group(mx, *mx.sym.contrib.foreach(body, x, [s]))


def foreach_nested(mx):
    x, s = _vars(mx, "x s")

    def inner(row, states):
        return row * 2 + states[0], [row * 2 + states[0]]

    def body(matrix, states):
        rows, _ = mx.sym.contrib.foreach(inner, matrix, states)
        return rows, [mx.sym.sum(rows, axis=0)]

    return _group(mx, *mx.sym.contrib.foreach(body, x, [s]))


def foreach_cond(mx):
    """A branch in a loop; its condition depends on the state."""
    x, s, w = _vars(mx, "x s w")

    def body(row, states):
        small = mx.sym.sum(states[0]) < 4
        new = mx.sym.contrib.cond(small, lambda: row + states[0] * w, lambda: row - states[0])
        return new, [new]

    return _group(mx, *mx.sym.contrib.foreach(body, x, [s]))


def foreach_twice(mx):
    """The second loop reads what the first one gives; both have variables of the same names."""
    x, s = _vars(mx, "x s")
    first, states = mx.sym.contrib.foreach(lambda row, st: (row + 1, [st[0] * row]), x, [s])
    return _group(mx, *mx.sym.contrib.foreach(lambda row, st: (row * states[0], [st[0] + row]), first, states))


def foreach_lstm(mx):
    x, h, c = _vars(mx, "x h c")
    cell = mx.rnn.LSTMCell(3, prefix="lstm_")
    return _group(mx, *mx.sym.contrib.foreach(cell, x, [h, c]))


def while_sum(mx):
    i, s = _vars(mx, "i s")
    return _group(
        mx,
        *mx.sym.contrib.while_loop(
            lambda i, s: i < 4, lambda i, s: ([i + s], [i + 1, s + i]), [i, s], max_iterations=4
        ),
    )


def while_closure(mx):
    """Stops before its limit; a value of outside in the body; a nested structure; no outputs."""
    i, s, w = _vars(mx, "i s w")
    outside = mx.sym.exp(w)

    def func(i, inner):
        return None, [i + 1, [inner[0] * outside + i]]

    return _group(mx, *mx.sym.contrib.while_loop(lambda i, inner: i < 3, func, [i, [s]], max_iterations=9))


def while_never(mx):
    i, s = _vars(mx, "i s")
    _, states = mx.sym.contrib.while_loop(lambda i, s: i < -9, lambda i, s: ([s], [i, s * 2]), [i, s], 3)
    return _group(mx, states)


def cond_then(mx):
    a, b = _vars(mx, "a b")
    return _group(mx, mx.sym.contrib.cond(a * b < 5, lambda: (a + 5) * (b + 5), lambda: a - b))


def cond_else(mx):
    """Both branches give lists, and have a variable of their own of the same name."""
    a, b = _vars(mx, "a b")

    def branch(sign):
        w = mx.sym.var("w")
        return [w * a * sign, a + w]

    return _group(mx, mx.sym.contrib.cond(b > 5, lambda: branch(1), lambda: branch(-1), name="choice"))


# What the graphs are fed: shapes of the arguments.
CASES = {
    foreach_sum: {"x": (4, 2), "s": (2,)},
    foreach_lists: {"x": (3, 2), "y": (3, 2), "s": (2,), "t": (2,), "w": (2,)},
    foreach_layer: {"x": (3, 2, 4), "s": (2, 3)},
    foreach_no_states: {"x": (3, 2), "w": (2,)},
    foreach_no_outputs: {"x": (3, 2), "s": (2,)},
    foreach_vectors: {"x": (3,), "s": (1,)},
    foreach_identity: {"x": (2, 2), "s": (3,)},
    foreach_batch_norm: {"x": (2, 4, 3), "s": (4, 3)},
    foreach_nested: {"x": (2, 3, 2), "s": (2,)},
    foreach_cond: {"x": (5, 2), "s": (2,), "w": (2,)},
    foreach_twice: {"x": (3, 2), "s": (2,)},
    foreach_lstm: {"x": (3, 2, 2), "h": (2, 3), "c": (2, 3)},
    while_sum: {"i": (1,), "s": (1,)},
    while_closure: {"i": (1,), "s": (1,), "w": (1,)},
    while_never: {"i": (1,), "s": (2,)},
    cond_then: {"a": (1,), "b": (1,)},
    cond_else: {"a": (1,), "b": (1,), "w": (1,)},
}
# MXNet cannot differentiate these.
FORWARD_ONLY = {"foreach_batch_norm"}
BY_NAME = {fn.__name__: fn for fn in CASES}


def symbol(mx, name):
    """The graph of a case, with names that do not depend on what was made before."""
    mx.AttrScope._subgraph_names = defaultdict(int)
    with mx.name.NameManager():
        return BY_NAME[name](mx)


def arrays(name, shapes):
    """Values for arguments of these shapes; loop counters begin at zero."""
    rng = np.random.RandomState(zlib.crc32(name.encode()) % 2**31)
    return {
        k: np.zeros(s, "float32") if k == "i" else rng.uniform(0.2, 1.2, s).astype("float32") for k, s in shapes.items()
    }


def run(mx, name, net):
    """Outputs and gradients of one training step, or the outputs of a prediction."""
    shapes = dict(CASES[BY_NAME[name]])
    if name == "foreach_layer":
        shapes.update(fc_weight=(3, 4), fc_bias=(3,))
    elif name == "foreach_lstm":
        shapes.update(lstm_i2h_weight=(12, 2), lstm_i2h_bias=(12,), lstm_h2h_weight=(12, 3), lstm_h2h_bias=(12,))
    elif name == "foreach_batch_norm":
        shapes.update({f"bn_{n}": (3,) for n in ("gamma", "beta", "moving_mean", "moving_var")})
    args = {k: mx.nd.array(v) for k, v in arrays(name, shapes).items()}
    grads = {k: mx.nd.zeros(s) for k, s in shapes.items()}
    train = name not in FORWARD_ONLY
    e = net.bind(mx.cpu(), args, grads if train else None)
    shown = [o.asnumpy() for o in e.forward(is_train=train)]
    if train:
        heads = arrays(name + " heads", {str(k): o.shape for k, o in enumerate(shown)})
        e.backward([mx.nd.array(heads[str(k)]) for k in range(len(shown))])

    def plain(array):
        return np.round(array.astype("float64"), 6).tolist()

    return {
        "outputs": [plain(o) for o in shown],
        "gradients": {k: plain(g.asnumpy()) for k, g in sorted(grads.items())} if train else {},
    }
