"""The fused recurrent operator."""

from tests.ops.rows import const, f, row

_GATES = {"rnn_relu": 1, "rnn_tanh": 1, "gru": 3, "lstm": 4}


def _rnn(mode, steps=3, batch=2, inputs=2, hidden=2, layers=1, directions=1, projection=None, length=None, **params):
    """A row with parameters and states of the right sizes."""
    fed = projection or hidden
    count = 0
    for layer in range(layers):
        width = inputs if layer == 0 else fed * directions
        count += directions * (_GATES[mode] * hidden * (width + fed + 2) + (projection or 0) * hidden)
    states = [f(layers * directions, batch, fed)]
    if mode == "lstm":
        states.append(f(layers * directions, batch, hidden))
    if length:
        params.update(sequence_length=const(length), use_sequence_length=True)
    if projection:
        params["projection_size"] = projection
    if directions == 2:
        params["bidirectional"] = True
    params.update(mode=mode, state_size=hidden, num_layers=layers)
    return row("RNN", (steps, batch, inputs), (count,), *states, **params)


_MODES = list(_GATES)
_NO_CPU = "the wheel has this on GPUs only"

ROWS = [_rnn(mode, state_outputs=True).set(train=True) for mode in _MODES]
ROWS += [_rnn(mode, layers=2, directions=2, state_outputs=True).set(train=True) for mode in _MODES]
ROWS += [_rnn(mode, layers=2, hidden=1, steps=2) for mode in _MODES]
ROWS += [
    _rnn("lstm", hidden=3, projection=2, layers=2, state_outputs=True).set(
        grad=False, note="the wheel trains no projections on the CPU"
    ),
    _rnn("lstm", hidden=2, projection=2, layers=2, directions=2, state_outputs=True).set(
        grad=False, note="the wheel trains no projections on the CPU"
    ),
    _rnn("lstm", hidden=1, projection=2, state_outputs=True).set(
        grad=False, note="the wheel trains no projections on the CPU"
    ),
    _rnn("lstm", hidden=2, projection=1, state_outputs=True).set(train=True, golden=False, note=_NO_CPU),
    _rnn("lstm", state_outputs=True, lstm_state_clip_min=-0.3, lstm_state_clip_max=0.2).set(
        train=True, golden=False, numeric=False, note=_NO_CPU
    ),
    *(
        _rnn(mode, directions=2, length=[1, 3], state_outputs=True).set(
            train=True, golden=False, numeric=False, note=_NO_CPU
        )
        for mode in _MODES
    ),
    _rnn("gru", lstm_state_clip_min=-1.0, lstm_state_clip_max=1.0).set(raises="lstm_state_clip_min"),
    _rnn("lstm", lstm_state_clip_min=-1.0).set(raises="together"),
    _rnn("gru", projection=1).set(raises="projection_size"),
    _rnn("gru", hidden=0).set(raises="state_size"),
    row("RNN", (3, 2, 2), (7,), (1, 2, 2), mode="gru", state_size=2, num_layers=1).set(raises="parameters"),
    row("RNN", (3, 2, 2), (48,), (1, 2, 2), mode="lstm", state_size=2, num_layers=1).set(raises="state_cell"),
    row("RNN", (3, 2), (30,), (1, 2, 2), mode="gru", state_size=2, num_layers=1).set(raises="steps, batch, inputs"),
]
