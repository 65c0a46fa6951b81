"""Language models of recurrent networks, and what reads sentences with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as onp

from mxnet import autograd, gluon, np, npx
from mxnet.gluon import nn, rnn

from .training import Network

WORDS, HIDDEN, LENGTH = 9, 6, 5
entropy = gluon.loss.SoftmaxCrossEntropyLoss()


def language_model(block: nn.Block, rng: onp.random.RandomState, rate: float = 0.5, inputs: int = 1) -> Network:
    """A network that guesses the next word from those so far; its gradients are clipped."""
    text = rng.randint(0, WORDS, (3, LENGTH + 1)).astype("int32")
    return Network(
        block, (text[:, :-1], text[:, 1:]), lambda net, x, y: entropy(net(x), y), rate=rate, clip=0.5, inputs=inputs
    )


# ------------------------------------------------------------------ cells by hand


class Recurrence(nn.HybridBlock):
    """A recurrent network whose gates are written out.

    Parameters
    ----------
    gates : str
        A letter for each gate, of which its parameters are named.
    step : function
        Of ``F``, the sums that each gate gets, what maps the state to such a sum, and the state: the next state.
    states : int
        How many arrays a state is; the first one is the output.
    """

    def __init__(self, gates: str, step: Callable[..., Any], states: int = 1) -> None:
        super().__init__()
        self.gates, self.step, self.states = gates, step, states
        for g in gates:
            setattr(self, f"x{g}", self.params.get(f"x{g}", shape=(WORDS, HIDDEN)))
            setattr(self, f"h{g}", self.params.get(f"h{g}", shape=(HIDDEN, HIDDEN)))
            setattr(self, f"b{g}", self.params.get(f"b{g}", shape=(HIDDEN,)))
        self.out = self.params.get("out", shape=(HIDDEN, WORDS))
        self.bias = self.params.get("bias", shape=(WORDS,))

    def hybrid_forward(self, F: Any, x: Any, out: Any, bias: Any, **weights: Any) -> Any:
        """Scores of all words, (batch, words, time)."""
        words = F.npx.one_hot(x.T, WORDS)
        nothing = F.np.zeros_like(F.np.dot(words[0], weights["x" + self.gates[0]]))
        state = [nothing] * self.states
        scores = []
        for t in range(LENGTH):
            fed = {g: F.np.dot(words[t], weights[f"x{g}"]) + weights[f"b{g}"] for g in self.gates}
            state = self.step(F, fed, lambda g, h: F.np.dot(h, weights[f"h{g}"]), *state)
            scores.append(F.np.dot(state[0], out) + bias)
        return F.np.stack(scores, axis=1)


def rnn_from_scratch(rng: onp.random.RandomState) -> Network:
    """One matrix for the words and one for the state."""

    def step(F: Any, fed: Any, of: Any, h: Any) -> Any:
        return [F.np.tanh(fed["h"] + of("h", h))]

    return language_model(Recurrence("h", step), rng)


def gru_from_scratch(rng: onp.random.RandomState) -> Network:
    """Gates that reset and update the state."""

    def step(F: Any, fed: Any, of: Any, h: Any) -> Any:
        update = F.npx.sigmoid(fed["z"] + of("z", h))
        reset = F.npx.sigmoid(fed["r"] + of("r", h))
        candidate = F.np.tanh(fed["h"] + of("h", reset * h))
        return [update * h + (1 - update) * candidate]

    return language_model(Recurrence("zrh", step), rng)


def lstm_from_scratch(rng: onp.random.RandomState) -> Network:
    """Gates that let in, forget and let out."""

    def step(F: Any, fed: Any, of: Any, h: Any, c: Any) -> Any:
        let_in, forget, let_out = (F.npx.sigmoid(fed[g] + of(g, h)) for g in "ifo")
        c = forget * c + let_in * F.np.tanh(fed["c"] + of("c", h))
        return [let_out * F.np.tanh(c), c]

    return language_model(Recurrence("ifoc", step, states=2), rng)


class Unrolled(nn.Block):
    """A plain recurrent network that goes over the words as Python does, and gives its last state on."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.back, self.out = (nn.Dense(n, flatten=False) for n in (HIDDEN, HIDDEN, WORDS))

    def forward(self, x: Any, state: Any = None) -> Any:
        """Scores (batch and time as one axis) and the state."""
        h = np.zeros((x.shape[0], HIDDEN), ctx=x.ctx) if state is None else state
        scores = []
        for words in npx.one_hot(x.T, WORDS):
            h = np.tanh(self.into(words) + self.back(h))
            scores.append(self.out(h))
        return np.concatenate(scores, axis=0), h


def rnn_over_parts(rng: onp.random.RandomState) -> Network:
    """The state of one part of the text goes into the next, without its gradient."""
    text = rng.randint(0, WORDS, (3, 2 * LENGTH + 1)).astype("int32")

    def loss(net: Any, x: Any, y: Any) -> Any:
        with autograd.pause():
            _, state = net(x[:, :LENGTH])
        scores, _ = net(x[:, LENGTH:], state.detach())
        return entropy(scores, y[:, LENGTH:].T.reshape(-1))

    return Network(Unrolled(), (text[:, :-1], text[:, 1:]), loss, inputs=0, rate=0.5, clip=1.0)


# ------------------------------------------------------------------ layers of Gluon


class LayerModel(nn.Block):
    """A recurrent layer over one-hot words, begun from its own state, and a dense layer over all of its outputs."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer, self.dense = layer, nn.Dense(WORDS)

    def forward(self, x: Any) -> Any:
        """Scores of all words, (batch, time, words)."""
        words = npx.one_hot(x.T, WORDS)
        out, _ = self.layer(words, self.layer.begin_state(batch_size=x.shape[0], ctx=x.ctx))
        scores = self.dense(out.reshape(-1, out.shape[-1]))
        return scores.reshape(LENGTH, -1, WORDS).swapaxes(0, 1)


class WholeModel(nn.HybridBlock):
    """The same as one graph: the layer begins from zeros when it is given no state."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer, self.dense = layer, nn.Dense(WORDS, flatten=False)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of all words, (batch, time, words)."""
        return self.dense(self.layer(F.npx.one_hot(x, WORDS)))


def rnn_concise(rng: onp.random.RandomState) -> Network:
    """The layer of plain cells."""
    return language_model(LayerModel(rnn.RNN(HIDDEN)), rng)


def gru_concise(rng: onp.random.RandomState) -> Network:
    """The layer of gated cells."""
    return language_model(LayerModel(rnn.GRU(HIDDEN)), rng)


def lstm_concise(rng: onp.random.RandomState) -> Network:
    """The layer of cells with memory."""
    return language_model(LayerModel(rnn.LSTM(HIDDEN)), rng)


def lstm_deep(rng: onp.random.RandomState) -> Network:
    """Two layers over each other."""
    return language_model(LayerModel(rnn.LSTM(HIDDEN, num_layers=2)), rng)


def lstm_bidirectional(rng: onp.random.RandomState) -> Network:
    """Both directions."""
    return language_model(LayerModel(rnn.LSTM(HIDDEN, bidirectional=True)), rng)


def lstm_as_one_graph(rng: onp.random.RandomState) -> Network:
    """No state is given, batches come first."""
    return language_model(WholeModel(rnn.LSTM(HIDDEN, layout="NTC")), rng)


def gru_as_one_graph(rng: onp.random.RandomState) -> Network:
    """Two layers in both directions."""
    return language_model(WholeModel(rnn.GRU(HIDDEN, num_layers=2, layout="NTC", bidirectional=True)), rng)


class CellModel(nn.HybridBlock):
    """Cells that are unrolled over embedded words."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.dense = nn.Embedding(WORDS, HIDDEN), nn.Dense(WORDS, flatten=False)
        self.cells = rnn.HybridSequentialRNNCell()
        self.cells.add(rnn.LSTMCell(HIDDEN))
        self.cells.add(rnn.ResidualCell(rnn.GRUCell(HIDDEN)))

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of all words, (batch, time, words)."""
        out, _ = self.cells.unroll(LENGTH, self.embed(x), layout="NTC", merge_outputs=True)
        return self.dense(out)


def cells_unrolled(rng: onp.random.RandomState) -> Network:
    """A cell with memory and a gated one that adds to its input."""
    return language_model(CellModel(), rng)


# ------------------------------------------------------------------ readers of sentences


class Sentiment(nn.Block):
    """A bidirectional network whose first and last outputs decide."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(WORDS, 4)
        self.encode = rnn.LSTM(HIDDEN, num_layers=2, bidirectional=True, input_size=4)
        self.decide = nn.Dense(2)

    def forward(self, x: Any) -> Any:
        """Scores of the two opinions."""
        out = self.encode(self.embed(x.T))
        return self.decide(np.concatenate((out[0], out[-1]), axis=1))


class TextConvolution(nn.HybridBlock):
    """Convolutions of several widths over learned and constant embeddings, each at its greatest place."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.constant = nn.Embedding(WORDS, 4), nn.Embedding(WORDS, 4)
        self.constant.collect_params().setattr("grad_req", "null")
        self.widths, self.pool, self.decide = nn.HybridSequential(), nn.GlobalMaxPool1D(), nn.Dense(2)
        for width in (2, 3):
            self.widths.add(nn.Conv1D(5, width, activation="relu"))

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the two opinions."""
        words = F.np.concatenate((self.embed(x), self.constant(x)), axis=2).transpose((0, 2, 1))
        found = [F.np.squeeze(self.pool(convolve(words)), axis=-1) for convolve in self.widths]
        return self.decide(F.np.concatenate(found, axis=1))


def reader(block: nn.Block, rng: onp.random.RandomState) -> Network:
    """A network that tells opinions in noise apart."""
    text = rng.randint(0, WORDS, (4, LENGTH)).astype("float32")
    opinions = onp.array([0, 1, 1, 0], "float32")
    return Network(block, (text, opinions), lambda net, x, y: entropy(net(x), y), rate=0.05, optimizer="adam")


def sentiment_rnn(rng: onp.random.RandomState) -> Network:
    """Two layers in both directions."""
    return reader(Sentiment(), rng)


def sentiment_cnn(rng: onp.random.RandomState) -> Network:
    """Convolutions over time."""
    return reader(TextConvolution(), rng)


class Vectors(nn.HybridBlock):
    """The vectors of words as centers and as contexts."""

    def __init__(self) -> None:
        super().__init__()
        self.centers, self.contexts = nn.Embedding(WORDS, 4), nn.Embedding(WORDS, 4)

    def hybrid_forward(self, F: Any, center: Any, context: Any) -> Any:
        """Products of each center with its contexts, (batch, 1, contexts)."""
        return F.npx.batch_dot(self.centers(center), self.contexts(context).swapaxes(1, 2))


def skip_gram(rng: onp.random.RandomState) -> Network:
    """Negative sampling: binary labels, of which the padding does not count."""
    center, context = rng.randint(0, WORDS, (4, 1)), rng.randint(0, WORDS, (4, 6))
    label, lengths = rng.randint(0, 2, (4, 6)), onp.array([[6], [4], [5], [3]])
    mask = onp.arange(6)[None] < lengths
    binary = gluon.loss.SigmoidBCELoss()

    def loss(net: Any, center: Any, context: Any, label: Any, mask: Any) -> Any:
        scores = net(center, context).reshape(label.shape)
        return binary(scores, label, mask) * mask.shape[1] / mask.sum(axis=1)

    batch = tuple(a.astype("float32") for a in (center, context, label, mask))
    return Network(Vectors(), batch, loss, inputs=2, optimizer="adam", rate=0.05)


NETWORKS = [
    rnn_from_scratch,
    gru_from_scratch,
    lstm_from_scratch,
    rnn_over_parts,
    rnn_concise,
    gru_concise,
    lstm_concise,
    lstm_deep,
    lstm_bidirectional,
    lstm_as_one_graph,
    gru_as_one_graph,
    cells_unrolled,
    sentiment_rnn,
    sentiment_cnn,
    skip_gram,
]
