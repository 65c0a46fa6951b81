"""Recurrent cells and layers of Gluon whose numbers and graphs are recorded from MXNet: runs with either."""

import hashlib
import json
import zlib

import numpy as np

STEPS, BATCH, CHANNELS = 3, 2, 4

# How a cell is made -> arguments of unroll in addition to those of every case.
CELLS = {
    "rnn.RNNCell(3)": {},
    "rnn.RNNCell(3, 'relu', input_size=4)": {"layout": "TNC"},
    "rnn.RNNCell(3, 'softrelu', i2h_bias_initializer='ones')": {"merge_outputs": False},
    "rnn.LSTMCell(3)": {},
    "rnn.LSTMCell(3, activation='relu', recurrent_activation='softsign')": {"merge_outputs": True},
    "rnn.LSTMCell(3, prefix='lstm_')": {"layout": "TNC", "lengths": (3, 2), "merge_outputs": False},
    "rnn.GRUCell(3)": {"lengths": (1, 3)},
    "rnn.GRUCell(3, prefix='gru_')": {"states": True, "merge_outputs": True},
    "rnn.ResidualCell(rnn.RNNCell(4))": {},
    "rnn.ResidualCell(rnn.GRUCell(4), )": {"lengths": (2, 1), "merge_outputs": True},
    "rnn.ZoneoutCell(rnn.LSTMCell(3), 0.3, 0.2)": {},
    "rnn.ZoneoutCell(rnn.RNNCell(3))": {"layout": "TNC", "merge_outputs": True},
    "rnn.DropoutCell(0.3)": {"merge_outputs": True},
    "rnn.DropoutCell(0.3, axes=(1,))": {"merge_outputs": False},
    "rnn.BidirectionalCell(rnn.LSTMCell(3), rnn.GRUCell(2))": {"merge_outputs": True},
    "rnn.BidirectionalCell(rnn.RNNCell(3), rnn.RNNCell(3), 'both_')": {"merge_outputs": False},
    "rnn.BidirectionalCell(rnn.RNNCell(3), rnn.RNNCell(2))": {
        "layout": "TNC",
        "lengths": (3, 1),
        "merge_outputs": True,
    },
    "rnn.BidirectionalCell(rnn.GRUCell(3), rnn.GRUCell(2))": {"lengths": (2, 3), "merge_outputs": True, "states": True},
    "stack(rnn.SequentialRNNCell(), rnn.LSTMCell(3), rnn.DropoutCell(0.2), rnn.RNNCell(2))": {},
    "stack(rnn.HybridSequentialRNNCell(), rnn.GRUCell(3), rnn.ResidualCell(rnn.LSTMCell(3)))": {"merge_outputs": True},
    "stack(rnn.SequentialRNNCell(), rnn.BidirectionalCell(rnn.RNNCell(2), rnn.RNNCell(2)), rnn.GRUCell(2))": {},
    "crnn.LSTMPCell(5, 3)": {"merge_outputs": True},
    "crnn.LSTMPCell(4, 2, prefix='p_')": {"layout": "TNC", "states": True},
    "crnn.VariationalDropoutCell(rnn.LSTMCell(3), 0.2, 0.3, 0.4)": {},
    "crnn.VariationalDropoutCell(rnn.RNNCell(3), drop_inputs=0.2, drop_outputs=0.1)": {"merge_outputs": True},
    "crnn.VariationalDropoutCell(rnn.GRUCell(3), 0.5)": {"lengths": (1, 2), "merge_outputs": True},
    "crnn.Conv1DRNNCell((4, 6), 2, 3, 3)": {"shape": (4, 6), "merge_outputs": True},
    "crnn.Conv1DLSTMCell((4, 6), 2, (2,), (3,))": {"shape": (4, 6)},
    "crnn.Conv2DLSTMCell((2, 5, 4), 3, 3, (1, 3), i2h_pad=1, h2h_dilate=(1, 2), prefix='c_')": {"shape": (2, 5, 4)},
    "crnn.Conv2DGRUCell((2, 4, 4), 2, (3, 2), 3, i2h_dilate=(1, 2), activation='relu')": {"shape": (2, 4, 4)},
    "crnn.Conv3DRNNCell((1, 3, 3, 3), 2, 2, 1)": {"shape": (1, 3, 3, 3)},
    "crnn.Conv3DGRUCell((1, 3, 3, 3), 1, 1, 3)": {"shape": (1, 3, 3, 3)},
    "rnn.LSTM(3, 2, bidirectional=True, dropout=0.2)._unfuse()": {"merge_outputs": True, "layout": "TNC"},
    "rnn.RNN(3, 2)._unfuse()": {},
}

LAYERS = {
    "rnn.RNN(3)": {},
    "rnn.RNN(3, 2, 'tanh', 'NTC', bidirectional=True)": {},
    "rnn.LSTM(3, 2)": {},
    "rnn.LSTM(3, layout='NTC', input_size=4)": {"states": True},
    "rnn.LSTM(4, 2, bidirectional=True, projection_size=2)": {"states": True},
    "rnn.GRU(3, 2, bidirectional=True, prefix='g_')": {"states": True},
}


def values(name, shape):
    """Numbers that depend on the name only."""
    start = zlib.crc32(name.encode()) % 1000
    count = int(np.prod(shape))
    return (np.sin(np.arange(count) * 0.7 + start) * 0.6).astype("float32").reshape(shape)


def _made(mx, expression):
    names = {"rnn": mx.gluon.rnn, "mx": mx}
    if "crnn" in expression:
        names["crnn"] = mx.gluon.contrib.rnn

    def stack(outer, *cells):
        for cell in cells:
            outer.add(cell)
        return outer

    with mx.name.NameManager():
        return eval(expression, {**names, "stack": stack})


def _fill(mx, net):
    for p in net.collect_params().values():
        p.set_data(mx.nd.array(values(p.name, p.shape)))


def _rounded(x):
    return [list(x.shape), [float(f"{v:.5g}") for v in x.asnumpy().ravel()]]


def _digest(outputs):
    """Of the graph: operators, names, attributes and connections."""
    graph = json.loads(outputs.tojson())
    graph["attrs"] = None
    return hashlib.sha1(json.dumps(graph, sort_keys=True).encode()).hexdigest()


def cell(mx, expression):
    """Facts about a cell: its text, parameters, states, the graph of three steps, and what they give in inference."""
    options = dict(CELLS[expression])
    shape, layout = options.pop("shape", (CHANNELS,)), options.get("layout", "NTC")
    lengths, with_states = options.pop("lengths", None), options.pop("states", False)
    net = _made(mx, expression)
    facts = {"text": repr(net), "states": [list(i["shape"]) for i in net.state_info(BATCH)]}
    whole = len(shape) == 1

    def unroll(target, inputs, **more):
        if lengths is not None:
            more["valid_length"] = mx.sym.var("length") if target is mx.sym else mx.nd.array(lengths)
        outputs, states = target_net.unroll(STEPS, inputs, **options, **more)
        return (list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]), states

    target_net = net
    variables = mx.sym.var("data") if whole else [mx.sym.var(f"t{i}") for i in range(STEPS)]
    with mx.name.NameManager():
        outputs, states = unroll(mx.sym, variables)
    facts["graph"] = _digest(mx.sym.Group([*outputs, *states]))

    target_net = net = _made(mx, expression)  # counters and masks begin anew
    net.initialize()
    if whole:
        sizes = {"N": BATCH, "T": STEPS, "C": CHANNELS}
        inputs = mx.nd.array(values("data", tuple(sizes[a] for a in layout)))
    else:
        inputs = [mx.nd.array(values(f"data{i}", (BATCH, *shape))) for i in range(STEPS)]
    unroll(mx.nd, inputs)  # finds the shapes
    _fill(mx, net)
    begin = None
    if with_states:
        begin = [mx.nd.array(values(f"state{i}", s["shape"])) for i, s in enumerate(net.state_info(BATCH))]
    arrays = inputs if isinstance(inputs, list) else [inputs]
    for x in arrays:
        x.attach_grad()
    with mx.autograd.record(train_mode=False):
        outputs, states = unroll(mx.nd, inputs, begin_state=begin)
        total = sum((o * mx.nd.array(values("weight", o.shape))).sum() for o in [*outputs, *states])
    total.backward()
    params = sorted(net.collect_params().items())
    facts["parameters"] = [[name, list(p.shape)] for name, p in params]
    facts["outputs"] = [_rounded(o) for o in outputs]
    facts["final"] = [_rounded(s) for s in states]
    facts["gradients"] = [_rounded(x.grad) for x in arrays] + [_rounded(p.grad()) for _, p in params[:2]]
    return facts


def layer(mx, expression, hybridize=False):
    """Facts about a layer: its text, parameters, graph, and what it gives."""
    options = LAYERS[expression]
    net = _made(mx, expression)
    facts = {"text": repr(net), "structure": sorted(net._collect_params_with_prefix())}
    with mx.name.NameManager():
        outputs = net(mx.sym.var("data"))
    facts["graph"] = _digest(outputs)

    net = _made(mx, expression)
    net.initialize()
    if hybridize:
        net.hybridize()
    shape = (BATCH, STEPS, CHANNELS) if "'NTC'" in expression else (STEPS, BATCH, CHANNELS)
    x = mx.nd.array(values("data", shape))
    net(x)
    _fill(mx, net)
    infos = net.state_info(BATCH)
    begin = [mx.nd.array(values(f"state{i}", s["shape"])) for i, s in enumerate(infos)] if "states" in options else None
    x.attach_grad()
    with_gradients = "projection_size" not in expression  # MXNet cannot train those on a CPU
    with mx.autograd.record(train_mode=False) if with_gradients else mx.autograd.predict_mode():
        outputs = net(x, begin)
        outputs = [outputs] if begin is None else [outputs[0], *outputs[1]]
        total = sum((o * mx.nd.array(values("weight", o.shape))).sum() for o in outputs)
    params = sorted(net.collect_params().items())
    facts["parameters"] = [[name, list(p.shape)] for name, p in params]
    facts["outputs"] = [_rounded(o) for o in outputs]
    if with_gradients:
        total.backward()
        facts["gradients"] = [_rounded(x.grad)] + [_rounded(p.grad()) for _, p in params]
    return facts
