"""Sequences from sequences, by recurrent networks that attend; attention without them."""

from __future__ import annotations

from typing import Any

import numpy as onp

from mxnet import gluon, np, npx
from mxnet.gluon import nn, rnn

from .training import Network

WORDS, WIDTH, LENGTH = 9, 8, 5
entropy = gluon.loss.SoftmaxCrossEntropyLoss()


class MaskedEntropy(gluon.loss.SoftmaxCELoss):
    """Cross entropy of the words that are within the lengths of their sentences."""

    def forward(self, scores: Any, words: Any, lengths: Any) -> Any:
        """One loss for each sentence."""
        weights = np.expand_dims(np.ones_like(words), axis=-1)
        weights = npx.sequence_mask(weights, lengths, True, axis=1)
        return super().forward(scores, words, weights)


def masked_softmax(F: Any, scores: Any, lengths: Any) -> Any:
    """Softmax over the last axis of (batch, queries, keys): of each query, over as many keys as ``lengths`` says."""
    rows = F.npx.sequence_mask(F.npx.reshape(scores, (-5, -1)), lengths.reshape(-1), True, value=-1e6, axis=1)
    return F.npx.softmax(F.npx.reshape_like(rows, scores), axis=-1)


def translation(block: nn.Block, rng: onp.random.RandomState, rate: float = 0.01) -> Network:
    """A network that is fed the wanted sentence, one word late."""
    source, target = rng.randint(1, WORDS, (3, LENGTH)), rng.randint(1, WORDS, (3, LENGTH))
    source_lengths, target_lengths = onp.array([5, 2, 4]), onp.array([3, 5, 4])
    masked = MaskedEntropy()

    def loss(net: Any, source: Any, source_lengths: Any, target: Any, target_lengths: Any) -> Any:
        start = np.zeros((target.shape[0], 1), ctx=target.ctx)
        scores = net(source, np.concatenate([start, target[:, :-1]], axis=1), source_lengths)
        return masked(scores, target, target_lengths)

    batch = tuple(a.astype("float32") for a in (source, source_lengths, target, target_lengths))
    return Network(block, batch, loss, inputs=0, optimizer="adam", rate=rate, clip=1.0)


# ------------------------------------------------------------------ recurrent


class Encoder(nn.Block):
    """Embedded words through a recurrent layer."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.embed, self.layer = nn.Embedding(WORDS, WIDTH), layer

    def forward(self, x: Any) -> Any:
        """Outputs, time first, and states."""
        x = self.embed(x).swapaxes(0, 1)
        return self.layer(x, self.layer.begin_state(batch_size=x.shape[1], ctx=x.ctx))


class FromContext(nn.Block):
    """Encoder and decoder: the last state of the encoder is beside each word that the decoder gets."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder(rnn.GRU(WIDTH, num_layers=2, dropout=0))
        self.embed, self.decoder = nn.Embedding(WORDS, WIDTH), rnn.GRU(WIDTH, num_layers=2, dropout=0)
        self.dense = nn.Dense(WORDS, flatten=False)

    def forward(self, source: Any, target: Any, lengths: Any) -> Any:
        """Scores of the words, (batch, time, words)."""
        _, state = self.encoder(source)
        words = self.embed(target).swapaxes(0, 1)
        context = np.broadcast_to(state[0][-1], (words.shape[0], *state[0][-1].shape))
        out, _ = self.decoder(np.concatenate((words, context), axis=2), state)
        return self.dense(out).swapaxes(0, 1)


def seq2seq(rng: onp.random.RandomState) -> Network:
    """GRUs of two layers."""
    return translation(FromContext(), rng)


class AdditiveAttention(nn.HybridBlock):
    """Queries and keys are scored by a small network."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.score = (
            nn.Dense(units, use_bias=False, flatten=False) for units in (WIDTH, WIDTH, 1)
        )

    def hybrid_forward(self, F: Any, query: Any, key: Any, value: Any, lengths: Any) -> Any:
        """Weighted sums of the values, (batch, queries, width)."""
        pairs = F.np.tanh(F.np.expand_dims(self.query(query), 2) + F.np.expand_dims(self.key(key), 1))
        weights = masked_softmax(F, F.np.squeeze(self.score(pairs), axis=-1), lengths)
        return F.npx.batch_dot(weights, value)


class Attending(nn.Block):
    """Encoder and decoder: before each word, the state of the decoder asks for what the encoder has read."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder(rnn.LSTM(WIDTH))
        self.attention = AdditiveAttention()
        self.embed, self.decoder = nn.Embedding(WORDS, WIDTH), rnn.LSTM(WIDTH)
        self.dense = nn.Dense(WORDS, flatten=False)

    def forward(self, source: Any, target: Any, lengths: Any) -> Any:
        """Scores of the words, (batch, time, words)."""
        read, state = self.encoder(source)
        read, outputs = read.swapaxes(0, 1), []
        for word in self.embed(target).swapaxes(0, 1):
            query = np.expand_dims(state[0][-1], axis=1)
            context = self.attention(query, read, read, np.expand_dims(lengths, 1))
            step = np.concatenate((context, np.expand_dims(word, axis=1)), axis=-1)
            out, state = self.decoder(step.swapaxes(0, 1), state)
            outputs.append(out)
        return self.dense(np.concatenate(outputs, axis=0)).swapaxes(0, 1)


def seq2seq_attention(rng: onp.random.RandomState) -> Network:
    """LSTMs, and attention of the additive kind."""
    return translation(Attending(), rng)


class KernelRegression(nn.HybridBlock):
    """Attention with one weight: the nearer a key is, the more its value counts."""

    def __init__(self) -> None:
        super().__init__()
        self.w = self.params.get("w", shape=(1,))

    def hybrid_forward(self, F: Any, query: Any, key: Any, value: Any, w: Any) -> Any:
        """One number for each query."""
        weights = F.npx.softmax(-(((F.np.expand_dims(query, 1) - key) * w) ** 2) / 2)
        return F.npx.batch_dot(F.np.expand_dims(weights, 1), F.np.expand_dims(value, -1)).reshape(-1)


def kernel_regression(rng: onp.random.RandomState) -> Network:
    """A noisy curve; no point may see itself."""
    x = onp.sort(rng.rand(8) * 5).astype("float32")
    y = (2 * onp.sin(x) + 0.3 * rng.randn(8)).astype("float32")
    others = ~onp.eye(8, dtype=bool)
    key, value = (onp.tile(a, (8, 1))[others].reshape(8, 7) for a in (x, y))
    square = gluon.loss.L2Loss()
    batch = (x, key, value, y)
    return Network(KernelRegression(), batch, lambda net, q, k, v, y: square(net(q, k, v), y), inputs=3, rate=0.5)


# ------------------------------------------------------------------ inference between sentences


def perceptron(flatten: bool) -> nn.HybridSequential:
    """Two dense layers."""
    block = nn.HybridSequential()
    for _ in range(2):
        block.add(nn.Dropout(0), nn.Dense(WIDTH, activation="relu", flatten=flatten))
    return block


class Decomposable(nn.HybridBlock):
    """Two sentences are aligned with each other, compared word by word, and summed up."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.decide = nn.Embedding(WORDS, WIDTH), nn.Dense(3)
        self.attend, self.compare, self.join = perceptron(False), perceptron(False), perceptron(True)

    def hybrid_forward(self, F: Any, premise: Any, hypothesis: Any) -> Any:
        """Scores of entailment, contradiction and neither."""
        a, b = self.embed(premise), self.embed(hypothesis)
        scores = F.npx.batch_dot(self.attend(a), self.attend(b), transpose_b=True)
        beta = F.npx.batch_dot(F.npx.softmax(scores), b)
        alpha = F.npx.batch_dot(F.npx.softmax(scores.transpose(0, 2, 1)), a)
        compared = [self.compare(F.np.concatenate(pair, axis=2)).sum(axis=1) for pair in ([a, beta], [b, alpha])]
        return self.decide(self.join(F.np.concatenate(compared, axis=1)))


def natural_language_inference(rng: onp.random.RandomState) -> Network:
    """Attention without order."""
    premise, hypothesis = (rng.randint(0, WORDS, (4, n)).astype("float32") for n in (5, 4))
    labels = rng.randint(0, 3, 4).astype("float32")
    batch = (premise, hypothesis, labels)
    return Network(Decomposable(), batch, lambda net, a, b, y: entropy(net(a, b), y), inputs=2)


NETWORKS = [kernel_regression, seq2seq, seq2seq_attention, natural_language_inference]
