"""Networks of symbolic cells, and what MXNet 1.9.1 is asked about them.

``tools/record.py`` runs this module with MXNet's interpreter, so it imports NumPy alone.
"""

import json
import random
import warnings
import zlib

import numpy as np

T = 2  # steps: enough for names to be counted, and few enough for small files


def _steps(mx, prefix=""):
    return [mx.sym.Variable(f"{prefix}t{i}_data") for i in range(T)]


def _closed(mx, outputs, states=()):
    """One symbol of whatever an unroll gave; states may be nested."""
    flat = []
    for item in [outputs, states]:
        stack = [item]
        while stack:
            top = stack.pop(0)
            if isinstance(top, (list, tuple)):
                stack = list(top) + stack
            else:
                flat.append(top)
    return mx.sym.Group(flat)


def _unrolled(make, inputs="symbol", states=True, **kwargs):
    """A case that unrolls a cell."""

    def case(mx):
        cell = make(mx)
        data = mx.sym.Variable("data") if inputs == "symbol" else _steps(mx)
        outputs, last = cell.unroll(T, data, **kwargs)
        return _closed(mx, outputs, last if states else ())

    return case


def _fused(**kwargs):
    return lambda mx: mx.rnn.FusedRNNCell(4, **kwargs)


def _bidirectional(mx, kind="LSTMCell"):
    cell = getattr(mx.rnn, kind)
    return mx.rnn.BidirectionalCell(cell(3, prefix="l_"), cell(4, prefix="r_"), output_prefix="both_")


def _stack(mx):
    stack = mx.rnn.SequentialRNNCell()
    stack.add(mx.rnn.LSTMCell(4, prefix="l0_", forget_bias=2.0))
    stack.add(mx.rnn.DropoutCell(0.3))
    stack.add(mx.rnn.ResidualCell(mx.rnn.GRUCell(4, prefix="l1_")))
    stack.add(mx.rnn.ZoneoutCell(mx.rnn.RNNCell(4, activation="relu", prefix="l2_"), 0.2, 0.1))
    return stack


def _conv(kind, **kwargs):
    return lambda mx: getattr(mx.rnn, kind)(input_shape=(1, 3, 6, 5), num_hidden=2, **kwargs)


def _stepped(mx):
    cell = _stack(mx)
    states = cell.begin_state()
    for step in _steps(mx):
        output, states = cell(step, states)
    return _closed(mx, output, states)


def _state_variables(mx):
    cell = mx.rnn.LSTMCell(4)
    return _closed(mx, cell.unroll(T, mx.sym.Variable("data"), begin_state=cell.begin_state(func=mx.sym.Variable))[0])


def _state_ones(mx):
    cell = mx.rnn.FusedRNNCell(4, mode="gru", prefix="f_")
    begin = cell.begin_state(func=mx.sym.ones, dtype="float32")
    return _closed(mx, cell.unroll(T, mx.sym.Variable("data"), begin_state=begin, layout="TNC")[0])


def _shared_weights(mx):
    first = mx.rnn.GRUCell(4, prefix="a_")
    second = mx.rnn.GRUCell(4, prefix="b_", params=first.params)
    data = mx.sym.Variable("data")
    outputs = first.unroll(T, data, merge_outputs=True)[0]
    return _closed(mx, second.unroll(T, outputs, merge_outputs=True)[0])


def _unrolled_twice(mx):
    """Automatic names go on; those of the cell start anew."""
    cell = mx.rnn.ZoneoutCell(mx.rnn.LSTMCell(4), 0.5, 0.0)
    one, _ = cell.unroll(T, mx.sym.Variable("x"))
    two, _ = cell.unroll(T, mx.sym.Variable("y"), merge_outputs=True)
    return _closed(mx, one, two)


def _language_model(mx):
    stack = mx.rnn.SequentialRNNCell()
    for i in range(2):
        stack.add(mx.rnn.LSTMCell(num_hidden=4, prefix=f"lstm_l{i}_"))
    embed = mx.sym.Embedding(mx.sym.Variable("data"), input_dim=7, output_dim=5, name="embed")
    outputs, _ = stack.unroll(T, inputs=embed, merge_outputs=True)
    pred = mx.sym.FullyConnected(mx.sym.Reshape(outputs, shape=(-1, 4)), num_hidden=7, name="pred")
    return mx.sym.SoftmaxOutput(pred, mx.sym.Reshape(mx.sym.Variable("softmax_label"), shape=(-1,)), name="softmax")


def _after_conv(mx):
    """The cell's own look at the shape of states takes an automatic name, too."""
    cell = mx.rnn.ConvRNNCell((1, 3, 6, 5), 2)
    data = mx.sym.Convolution(mx.sym.Variable("data"), num_filter=3, kernel=(1, 1))
    return _closed(mx, cell(data, cell.begin_state())[0])


SYMBOLS = {
    "rnn": _unrolled(lambda mx: mx.rnn.RNNCell(4)),
    "rnn_relu_list_merged": _unrolled(lambda mx: mx.rnn.RNNCell(4, "relu", "p_"), "list", merge_outputs=True),
    "rnn_callable": _unrolled(lambda mx: mx.rnn.RNNCell(4, activation=mx.sym.sin)),
    "lstm": _unrolled(lambda mx: mx.rnn.LSTMCell(4, forget_bias=0.5)),
    "lstm_tnc_merged": _unrolled(lambda mx: mx.rnn.LSTMCell(4), layout="TNC", merge_outputs=True),
    "gru": _unrolled(lambda mx: mx.rnn.GRUCell(4)),
    "gru_list": _unrolled(lambda mx: mx.rnn.GRUCell(4), "list", merge_outputs=False),
    "fused_lstm": _unrolled(_fused(num_layers=2, bidirectional=True, dropout=0.5, get_next_state=True), layout="TNC"),
    "fused_lstm_ntc": _unrolled(_fused(forget_bias=2.0, prefix="f_"), layout="NTC", merge_outputs=False),
    "fused_gru": _unrolled(_fused(mode="gru", get_next_state=True), "list", layout="TNC", merge_outputs=True),
    "fused_relu": _unrolled(_fused(mode="rnn_relu", num_layers=3), "list", layout="NTC"),
    "unfused_lstm": _unrolled(lambda mx: _fused(num_layers=2, bidirectional=True, dropout=0.5)(mx).unfuse()),
    "unfused_gru": _unrolled(lambda mx: _fused(num_layers=2, mode="gru", dropout=0.2)(mx).unfuse(), merge_outputs=True),
    "unfused_tanh": _unrolled(lambda mx: _fused(mode="rnn_tanh")(mx).unfuse()),
    "unfused_relu": _unrolled(lambda mx: _fused(mode="rnn_relu", prefix="q_")(mx).unfuse()),
    "stack": _unrolled(_stack),
    "stack_merged": _unrolled(_stack, merge_outputs=True),
    "stack_list": _unrolled(_stack, "list", layout="TNC", merge_outputs=False),
    "stack_stepped": _stepped,
    "bidirectional": _unrolled(_bidirectional),
    "bidirectional_merged": _unrolled(_bidirectional, "list", merge_outputs=True),
    "bidirectional_tnc": _unrolled(lambda mx: _bidirectional(mx, "GRUCell"), layout="TNC", merge_outputs=True),
    "bidirectional_fused": _unrolled(
        lambda mx: mx.rnn.BidirectionalCell(
            mx.rnn.FusedRNNCell(4, mode="gru", prefix="fl_"), mx.rnn.RNNCell(4, prefix="fr_")
        ),
        layout="TNC",
    ),
    "dropout": _unrolled(lambda mx: mx.rnn.DropoutCell(0.5), "list"),
    "dropout_split": _unrolled(lambda mx: mx.rnn.DropoutCell(0.5), merge_outputs=False),
    "dropout_none": _unrolled(lambda mx: mx.rnn.DropoutCell(0.0), merge_outputs=True),
    "residual_merged": _unrolled(lambda mx: mx.rnn.ResidualCell(mx.rnn.RNNCell(4)), merge_outputs=True),
    "residual_bidirectional": _unrolled(lambda mx: mx.rnn.ResidualCell(_bidirectional(mx)), merge_outputs=False),
    "zoneout_states": _unrolled(lambda mx: mx.rnn.ZoneoutCell(mx.rnn.LSTMCell(4), 0.0, 0.25)),
    "zoneout_twice": _unrolled_twice,
    "conv_rnn": _unrolled(_conv("ConvRNNCell"), "list"),
    "conv_lstm": _unrolled(_conv("ConvLSTMCell", i2h_weight_initializer="ones", activation="tanh"), "list"),
    "conv_lstm_dilated": _unrolled(
        _conv(
            "ConvLSTMCell",
            h2h_kernel=(5, 3),
            h2h_dilate=(1, 2),
            i2h_kernel=(2, 2),
            i2h_stride=(2, 1),
            i2h_pad=(0, 1),
            i2h_dilate=(2, 1),
            prefix="c_",
        ),
        "list",
    ),
    "conv_gru": _unrolled(_conv("ConvGRUCell"), "list", merge_outputs=True),
    "conv_after": _after_conv,
    "state_variables": _state_variables,
    "state_ones": _state_ones,
    "shared_weights": _shared_weights,
    "language_model": _language_model,
}


def symbol(mx, name):
    """The network of a case, with automatic names counted from zero."""
    with warnings.catch_warnings(), mx.name.NameManager():
        warnings.simplefilter("ignore")
        return SYMBOLS[name](mx)


# ------------------------------------------------------------------ first values of fused parameters

FUSED = {
    f"{mode}{layers}{'b' if both else ''}": {"num_layers": layers, "mode": mode, "bidirectional": both}
    for mode in ("rnn_relu", "lstm", "gru")
    for layers, both in ((1, False), (2, True))
}
WIDTH, HIDDEN = 3, 2


def _numbered(mx):
    """An initializer whose values say which part it was given, and where in it they stand."""

    class Numbered(mx.init.Initializer):
        def _init_weight(self, name, arr):
            start = zlib.crc32(str(name).encode()) % 1000
            arr[:] = (start + np.arange(arr.size).reshape(arr.shape)).astype("float32")

        _init_bias = _init_weight

    return Numbered()


def initialized(mx, name):
    """The flat parameters of a fused cell after a module's initialization, under several initializers."""
    results = {}
    for label, start in (("numbered", _numbered(mx)), ("default", mx.init.Constant(0.5)), ("one", mx.init.One())):
        cell = mx.rnn.FusedRNNCell(HIDDEN, prefix="x_", forget_bias=3.0, **FUSED[name])
        net, _ = cell.unroll(T, mx.sym.Variable("data"), layout="TNC", merge_outputs=True)
        module = mx.mod.Module(net, label_names=None)
        module.bind([("data", (T, 2, WIDTH))], for_training=False)
        module.init_params(start)
        results[label] = module.get_params()[0]["x_parameters"].asnumpy().tolist()
    own = mx.init.FusedRNN(mx.init.Constant(0.25), HIDDEN, forget_bias=3.0, **FUSED[name])
    flat = mx.nd.zeros((len(results["one"]),))
    own._init_weight(mx.init.InitDesc("parameters"), flat)  # from a variable's text, MXNet cannot make it
    results["own"] = flat.asnumpy().tolist()
    results["dumps"] = own.dumps()
    return results


# ------------------------------------------------------------------ sentences

ITERATORS = {
    "automatic": {},
    "buckets": {"buckets": [9, 3, 6]},
    "time_major": {"buckets": [4, 8], "layout": "TN", "invalid_label": 0, "data_name": "x", "label_name": "y"},
    "int32": {"buckets": [10], "dtype": "int32", "invalid_label": -2},
}


def sentences():
    """Sentences of one to nine numbers."""
    rng = np.random.RandomState(7)
    return [rng.randint(1, 20, size=n).tolist() for n in rng.randint(1, 10, size=40)]


def batches(mx, name):
    """All batches of two epochs, with their descriptions."""
    random.seed(3)
    np.random.seed(3)
    it = mx.rnn.BucketSentenceIter(sentences(), 4, **ITERATORS[name])
    found = [_described(it), it.default_bucket_key, it.batch_size, [list(i) for i in it.idx]]
    for _ in range(2):
        for b in it:
            found.append(
                [
                    _described(b),
                    b.bucket_key,
                    b.pad,
                    str(np.dtype(b.data[0].dtype)),
                    b.data[0].asnumpy().tolist(),
                    b.label[0].asnumpy().tolist(),
                ]
            )
        it.reset()
    return json.loads(json.dumps(found))


def _described(batch):
    return [
        [d.name, list(d.shape), str(np.dtype(d.dtype)), d.layout] for d in [*batch.provide_data, *batch.provide_label]
    ]


ENCODINGS = {
    "new": {},
    "labels": {"invalid_label": 2, "invalid_key": "<eos>", "start_label": 1},
    "known": {"vocab": {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}},
    "one_unknown": {"vocab": {"a": 1, "b": 2, "c": 3, "d": 4}, "unknown_token": "UNK"},
}


def encoded(mx, name):
    """Encoded sentences and the vocabulary."""
    settings = {k: dict(v) if isinstance(v, dict) else v for k, v in ENCODINGS[name].items()}
    return list(mx.rnn.encode_sentences([["a", "b", "c"], ["d", "e"], [], ["c", "a"]], **settings))
