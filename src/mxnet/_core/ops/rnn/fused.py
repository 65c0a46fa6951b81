"""RNN: whole stacks of recurrent layers in one operator, over torch's fused kernels.

The parameters are one flat vector, in the order that cuDNN made the custom: for each layer and direction the
input-to-hidden, hidden-to-hidden and, when there is a projection, hidden-to-recurrent matrices; after all of them, for
each layer and direction the input-to-hidden and hidden-to-hidden biases. Gates are stacked as torch stacks them: input,
forget, cell, output for LSTM; reset, update, new for GRU.
"""

import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Annotated, Any, Literal, NamedTuple, Optional

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Double, Ge, Le, NonNeg
from ...registry import Display, Generator, TrainMode, op
from ...shapes import ShapeRule, TypeRule
from ..nn._spatial import check_shape
from ..nn.dropout import dropout_mask

Mode = Literal["rnn_relu", "rnn_tanh", "lstm", "gru"]

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}
_FUSED = {"rnn_relu": torch.rnn_relu, "rnn_tanh": torch.rnn_tanh, "gru": torch.gru, "lstm": torch.lstm}


class _Sizes(NamedTuple):
    """What the shapes of a stack follow from."""

    mode: str
    layers: int
    directions: int
    state: int
    projection: int | None

    @property
    def hidden(self) -> int:
        """Size of the state that is fed back."""
        return self.projection or self.state

    def weights(self, inputs: int) -> Iterator[tuple[int, int]]:
        """Shapes of all matrices, in the order of the parameter vector."""
        rows = GATES[self.mode] * self.state
        for layer in range(self.layers):
            width = inputs if layer == 0 else self.hidden * self.directions
            for _ in range(self.directions):
                yield rows, width
                yield rows, self.hidden
                if self.projection:
                    yield self.projection, self.state

    def count(self, inputs: int) -> int:
        """Length of the parameter vector."""
        rows = GATES[self.mode] * self.state
        widths = inputs + (self.layers - 1) * self.hidden * self.directions
        per_layer = rows * (self.hidden + 2) + (self.projection or 0) * self.state
        return self.directions * (rows * widths + self.layers * per_layer)


def _sizes(mode: str, num_layers: int, bidirectional: bool, state_size: int, projection_size: int | None) -> _Sizes:
    if num_layers < 1 or state_size < 1:
        raise MXNetError(f"num_layers and state_size must be positive, got {num_layers} and {state_size}")
    if projection_size is not None and (mode != "lstm" or not 0 < projection_size):
        raise MXNetError(f"projection_size is for mode 'lstm' and positive, got {projection_size} with mode {mode!r}")
    return _Sizes(mode, num_layers, 2 if bidirectional else 1, state_size, projection_size)


def _split(parameters: Tensor | tuple[Tensor, ...], z: _Sizes, inputs: int) -> list[list[Tensor]]:
    """Views of the parameters: one list for each layer and direction, in the order torch wants.

    They may come apart already, as the vector that they would make if joined.
    """
    shapes = list(z.weights(inputs))
    rows = GATES[z.mode] * z.state
    sizes = [a * b for a, b in shapes] + [rows] * (2 * z.layers * z.directions)
    if isinstance(parameters, tuple):
        pieces = parameters
        if [piece.numel() for piece in pieces] != sizes:
            raise MXNetError(f"the parameters must have sizes {sizes}, got {[piece.numel() for piece in pieces]}")
    else:
        pieces = parameters.split(sizes)
    matrices = [piece.view(shape) for piece, shape in zip(pieces, shapes)]
    vectors = pieces[len(shapes) :]
    per = 3 if z.projection else 2
    cells = []
    for i in range(z.layers * z.directions):
        w_ih, w_hh, *w_hr = matrices[per * i : per * (i + 1)]
        cells.append([w_ih, w_hh, vectors[2 * i], vectors[2 * i + 1], *w_hr])
    return cells


class _Stack(NamedTuple):
    """A run over a sequence: its sizes and how it is done."""

    z: _Sizes
    train: bool
    lengths: Tensor | None
    clip: tuple[float, float, bool] | None

    def run(self, x: Tensor, state: Tensor, cell: Tensor | None, cells: list[list[Tensor]]) -> tuple:
        """Outputs and final states of as many layers as ``cells`` are for."""
        # torch takes a projection to the size of the cell state for none at all.
        if cell is not None and (self.clip is not None or self.z.projection == self.z.state):
            return self._stepwise(x, state, cell, cells)
        fused = _FUSED[self.z.mode]
        hx = state if cell is None else (state, cell)
        flat = [w for c in cells for w in c]
        layers = len(cells) // self.z.directions
        both = self.z.directions == 2
        if self.lengths is not None and not x.is_meta:
            return self._packed(self.lengths, fused, x, hx, flat, layers, both)
        if self.z.projection:
            with warnings.catch_warnings():  # oneDNN has no projections, and torch says so once
                warnings.simplefilter("ignore", UserWarning)
                return fused(x, hx, flat, True, layers, 0.0, self.train, both, False)
        return fused(x, hx, flat, True, layers, 0.0, self.train, both, False)

    def _packed(
        self,
        lengths: Tensor,
        fused: Callable[..., Any],
        x: Tensor,
        hx: Any,
        flat: list[Tensor],
        layers: int,
        both: bool,
    ) -> tuple:
        """Sequences of different lengths: each example's states stop at its end, outputs after it are zero."""
        lengths, order = lengths.to("cpu", torch.int64).sort(descending=True, stable=True)
        order = order.to(x.device)
        packed, batch_sizes = torch._VF._pack_padded_sequence(x.index_select(1, order), lengths, False)
        hx = tuple(h.index_select(1, order) for h in hx) if isinstance(hx, tuple) else hx.index_select(1, order)
        out, *states = fused(packed, batch_sizes, hx, flat, True, layers, 0.0, self.train, both)
        out, _ = torch._VF._pad_packed_sequence(out, batch_sizes, False, 0.0, x.shape[0])
        back = order.argsort()
        return (out.index_select(1, back), *(h.index_select(1, back) for h in states))

    def _stepwise(self, x: Tensor, state: Tensor, cell: Tensor, cells: list[list[Tensor]]) -> tuple:
        """LSTM layers step by step: with every cell state clipped to a range, or what torch has no kernel for."""
        lengths = None if self.lengths is None or x.is_meta else self.lengths.to(x.device)
        d = self.z.directions
        last_h, last_c = [], []
        for layer in range(len(cells) // d):
            outs = []
            for direction in range(d):
                i = layer * d + direction
                out, h, c = _lstm_steps(x, state[i], cell[i], cells[i], direction == 1, self.clip, lengths)
                outs.append(out)
                last_h.append(h)
                last_c.append(c)
            x = torch.cat(outs, 2) if d == 2 else outs[0]
        return x, torch.stack(last_h), torch.stack(last_c)


def _lstm_steps(
    x: Tensor,
    h: Tensor,
    c: Tensor,
    weights: list[Tensor],
    reverse: bool,
    clip: tuple[float, float, bool] | None,
    lengths: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """One direction of one layer."""
    w_ih, w_hh, b_ih, b_hh, *w_hr = weights
    low, high, clip_nan = clip or (-torch.inf, torch.inf, False)
    projected = torch.nn.functional.linear(x, w_ih, b_ih + b_hh)
    outs: list[Any] = [None] * x.shape[0]
    for t in reversed(range(x.shape[0])) if reverse else range(x.shape[0]):
        i, f, g, o = (projected[t] + h @ w_hh.t()).chunk(4, 1)
        c_new = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        if clip_nan:
            c_new = torch.where(c_new.isnan(), low, c_new)
        if clip is not None:
            c_new = c_new.clamp(low, high)
        h_new = torch.sigmoid(o) * torch.tanh(c_new)
        if w_hr:
            h_new = h_new @ w_hr[0].t()
        if lengths is None:
            h, c, outs[t] = h_new, c_new, h_new
        else:
            alive = (lengths > t).unsqueeze(1)
            h, c = torch.where(alive, h_new, h), torch.where(alive, c_new, c)
            outs[t] = h_new * alive
    return torch.stack(outs), h, c


def _inputs(p: SimpleNamespace) -> tuple[str, ...]:
    return (
        "data",
        "parameters",
        "state",
        *(("state_cell",) if p.mode == "lstm" else ()),
        *(("sequence_length",) if p.use_sequence_length else ()),
    )


def _outputs(p: SimpleNamespace) -> tuple[str, ...]:
    names = ("output", "state_output", "statecell_output")
    return names[: 1 + p.state_outputs * (1 + (p.mode == "lstm"))]


def _clip_range(mode: str, low: float | None, high: float | None, nan: bool) -> tuple[float, float, bool] | None:
    if low is None and high is None:
        return None
    if mode != "lstm":
        raise MXNetError(f"lstm_state_clip_min and lstm_state_clip_max are for mode 'lstm', got mode {mode!r}")
    if low is None or high is None or low > high:
        raise MXNetError(
            f"lstm_state_clip_min and lstm_state_clip_max must be given together, in order, got {low} and {high}"
        )
    return low, high, nan


@op(
    "RNN",
    parts="parameters",
    display=Display(output_named=True),
    aliases=("_npx_rnn",),
    inputs=_inputs,
    outputs=_outputs,
    inert=("sequence_length",),
)
def rnn(
    data: Tensor,
    parameters: Tensor,
    state: Tensor,
    state_cell: Optional[Tensor] = None,
    sequence_length: Optional[Tensor] = None,
    *,
    state_size: NonNeg,
    num_layers: NonNeg,
    bidirectional: bool = False,
    mode: Mode,
    p: Annotated[float, Ge(0), Le(1)] = 0.0,
    state_outputs: bool = False,
    projection_size: Optional[int] = None,
    lstm_state_clip_min: Optional[Double] = None,
    lstm_state_clip_max: Optional[Double] = None,
    lstm_state_clip_nan: bool = False,
    use_sequence_length: bool = False,
    is_train: TrainMode = False,
    rng: Generator = None,
) -> tuple[Tensor, ...]:
    """Run a stack of recurrent layers over a sequence.

    Parameters
    ----------
    data : Tensor
        ``(sequence length, batch, inputs)``.
    parameters : Tensor
        All weights, then all biases, as one vector; see the module for the order.
    state, state_cell : Tensor
        Initial states ``(layers * directions, batch, state_size)``, with ``projection_size`` for ``state`` if there is
        one. Cell states are for LSTM only.
    sequence_length : Tensor, optional
        With ``use_sequence_length``: the length of each example, ``(batch,)``. Outputs after it are zero.
    mode : {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'}
        The kind of cell.
    p : float
        Dropout rate of the outputs of each layer but the last, in training.
    state_outputs : bool
        Give the final states too.
    projection_size : int, optional
        Project the hidden state of LSTM layers to this size.
    lstm_state_clip_min, lstm_state_clip_max : float, optional
        Range to which LSTM cell states are clipped; with ``lstm_state_clip_nan`` NaN becomes the minimum.
    state_size
        The length of the hidden state.
    num_layers
        How many layers are stacked.
    bidirectional
        Whether each layer also runs backward, which doubles its outputs.
    lstm_state_clip_nan
        Whether NaN in cell states is clipped too.

    Returns
    -------
    Tensor or tuple of Tensor
        Outputs ``(sequence length, batch, directions * state_size)``, and final states with ``state_outputs``.
    """
    if sequence_length is None and use_sequence_length and mode != "lstm":
        state_cell, sequence_length = None, state_cell  # given by position
    z = _sizes(mode, num_layers, bidirectional, state_size, projection_size)
    _check(z, data, parameters, state, state_cell, sequence_length, use_sequence_length)
    clip = _clip_range(mode, lstm_state_clip_min, lstm_state_clip_max, lstm_state_clip_nan)
    # cuDNN keeps what the backward pass needs in training mode only.
    train = is_train or torch.is_grad_enabled()
    stack = _Stack(z, train, sequence_length if use_sequence_length else None, clip)
    cells = _split(parameters, z, data.shape[2])
    cell = state_cell if mode == "lstm" else None
    if p > 0 and is_train and num_layers > 1:
        results = _with_dropout(stack, data, state, cell, cells, p, rng)
    else:
        results = stack.run(data, state, cell, cells)
    return tuple(results) if state_outputs else results[0]


def _with_dropout(
    stack: _Stack, x: Tensor, state: Tensor, cell: Tensor | None, cells: list[list[Tensor]], p: float, rng: Generator
) -> tuple:
    """Layer by layer, so that what is dropped comes from the context's own generator."""
    d = stack.z.directions
    states = []
    for layer in range(stack.z.layers):
        if layer:
            x = x * dropout_mask(x, p, rng)
        part = slice(layer * d, (layer + 1) * d)
        x, *last = stack.run(x, state[part], None if cell is None else cell[part], cells[part])
        states.append(last)
    return (x, *(torch.cat(s) for s in zip(*states)))


def _check(
    z: _Sizes,
    data: Tensor,
    parameters: Tensor,
    state: Tensor,
    state_cell: Tensor | None,
    sequence_length: Tensor | None,
    use_sequence_length: bool,
) -> None:
    if data.ndim != 3:
        raise MXNetError(f"data should have the axes (steps, batch, inputs), got shape {tuple(data.shape)}")
    if 0 in data.shape:
        raise MXNetError(f"data should not be empty, got shape {tuple(data.shape)}")
    batch = data.shape[1]
    if not isinstance(parameters, tuple):
        check_shape("parameters", parameters, (z.count(data.shape[2]),))
    check_shape("state", state, (z.layers * z.directions, batch, z.hidden))
    if z.mode == "lstm":
        if state_cell is None:
            raise MXNetError("mode 'lstm' needs the input state_cell")
        check_shape("state_cell", state_cell, (z.layers * z.directions, batch, z.state))
    if use_sequence_length:
        if sequence_length is None:
            raise MXNetError("use_sequence_length=True needs the input sequence_length")
        check_shape("sequence_length", sequence_length, (batch,))


@rnn.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data = s["data"]
    if data is None:
        return
    if len(data) != 3:
        raise MXNetError(f"data should have the axes (steps, batch, inputs), got shape {data}")
    z = _sizes(p.mode, p.num_layers, p.bidirectional, p.state_size, p.projection_size)
    steps, batch, inputs = data
    states = z.layers * z.directions
    if inputs is not None:
        s.unify("parameters", (z.count(inputs),))
    for name in ("state", "state_output"):
        if name in s:
            s.unify(name, (states, batch, z.hidden))
    for name in ("state_cell", "statecell_output"):
        if name in s:
            s.unify(name, (states, batch, z.state))
    if "sequence_length" in s:
        s.unify("sequence_length", (batch,))
    s.unify("output", (steps, batch, z.directions * z.hidden))
    known = s["output"]
    s.unify("data", (known[0], s["state"][1] if known[1] is None else known[1], inputs))


@rnn.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    t.same(*(n for n in (*t.inputs, *t.outputs) if n != "sequence_length"))
    if "sequence_length" in t and t["sequence_length"] is None:
        t.unify("sequence_length", t["data"])
