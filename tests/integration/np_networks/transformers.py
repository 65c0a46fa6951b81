"""Transformers and BERT."""

from __future__ import annotations

import math
from typing import Any

import numpy as onp

from mxnet import np
from mxnet.gluon import nn

from .attention import LENGTH, WIDTH, WORDS, entropy, masked_softmax, translation
from .training import Network

HEADS = 2


class MultiHeadAttention(nn.HybridBlock):
    """Scaled products, in several heads."""

    def __init__(self, bias: bool = False) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Dense(WIDTH, use_bias=bias, flatten=False) for _ in range(4))

    def apart(self, F: Any, x: Any) -> Any:
        """(batch, time, width) as (batch * heads, time, width / heads)."""
        x = F.npx.reshape(x, (-2, -2, HEADS, -1))
        return F.npx.reshape(x.transpose((0, 2, 1, 3)), (-5, -2, -2))

    def hybrid_forward(self, F: Any, query: Any, key: Any, value: Any, lengths: Any) -> Any:
        """(batch, queries, width)."""
        query, key, value = (
            self.apart(F, dense(x)) for dense, x in ((self.query, query), (self.key, key), (self.value, value))
        )
        scores = F.npx.batch_dot(query, key, transpose_b=True) / math.sqrt(WIDTH / HEADS)
        found = F.npx.batch_dot(masked_softmax(F, scores, F.np.repeat(lengths, HEADS, axis=0)), value)
        found = F.npx.reshape(found, (-6, -1, HEADS, -2, -2)).transpose((0, 2, 1, 3))
        return self.out(F.npx.reshape(found, (-2, -2, -5)))


class Transformer(nn.HybridBlock):
    """A block of an encoder or, where it is given what an encoder has read, of a decoder."""

    def __init__(self, reads: bool = False, bias: bool = False) -> None:
        super().__init__()
        self.attention, self.norm1 = MultiHeadAttention(bias), nn.LayerNorm()
        self.reading, self.norm2 = (MultiHeadAttention(bias), nn.LayerNorm()) if reads else (None, None)
        self.dense1, self.dense2 = nn.Dense(12, flatten=False, activation="relu"), nn.Dense(WIDTH, flatten=False)
        self.norm3, self.dropout = nn.LayerNorm(), nn.Dropout(0)

    def hybrid_forward(self, F: Any, x: Any, lengths: Any, *read: Any) -> Any:
        """``lengths`` is how many keys each query sees; ``read`` is what an encoder gave, and how much of it counts."""
        x = self.norm1(x + self.dropout(self.attention(x, x, x, lengths)))
        if self.reading is not None:
            found, found_lengths = read
            x = self.norm2(x + self.dropout(self.reading(x, found, found, found_lengths)))
        return self.norm3(x + self.dropout(self.dense2(self.dense1(x))))


def positions(length: int) -> onp.ndarray:
    """Sines and cosines of falling frequencies, (1, length, width)."""
    angles = onp.arange(length)[:, None] / 10000 ** (onp.arange(0, WIDTH, 2) / WIDTH)
    table = onp.zeros((1, length, WIDTH), "float32")
    table[0, :, 0::2], table[0, :, 1::2] = onp.sin(angles), onp.cos(angles)
    return table


class Embedded(nn.HybridBlock):
    """Words as vectors with their positions added."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(WORDS, WIDTH)
        self.positions = self.params.get_constant("positions", np.array(positions(LENGTH)))

    def hybrid_forward(self, F: Any, x: Any, positions: Any) -> Any:
        """(batch, time, width)."""
        return self.embed(x) * math.sqrt(WIDTH) + positions


class Translator(nn.Block):
    """An encoder and a decoder of one block each."""

    def __init__(self) -> None:
        super().__init__()
        self.source, self.target = Embedded(), Embedded()
        self.encode, self.decode = Transformer(), Transformer(reads=True)
        self.dense = nn.Dense(WORDS, flatten=False)

    def forward(self, source: Any, target: Any, lengths: Any) -> Any:
        """Scores of the words, (batch, time, words)."""
        batch, time = target.shape
        all_queries = np.repeat(np.expand_dims(lengths, 1), time, axis=1)
        read = self.encode(self.source(source), all_queries)
        # Each word sees those before it and itself.
        seen = np.tile(np.arange(1, time + 1, ctx=source.ctx), (batch, 1))
        return self.dense(self.decode(self.target(target), seen, read, all_queries))


def transformer(rng: onp.random.RandomState) -> Network:
    """Encoder and decoder."""
    return translation(Translator(), rng)


class SentenceClassifier(nn.HybridBlock):
    """Two blocks of an encoder, and the mean of what they give."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded, self.decide = Embedded(), nn.Dense(3)
        self.blocks = nn.HybridSequential()
        self.blocks.add(Transformer(), Transformer(bias=True))

    def hybrid_forward(self, F: Any, x: Any, lengths: Any) -> Any:
        """Scores of the classes."""
        x = self.embedded(x)
        for block in self.blocks:
            x = block(x, lengths)
        return self.decide(x.mean(axis=1))


def transformer_encoder(rng: onp.random.RandomState) -> Network:
    """An encoder alone, as one graph."""
    text = rng.randint(0, WORDS, (4, LENGTH)).astype("float32")
    lengths = onp.repeat([[5], [2], [3], [4]], LENGTH, axis=1).astype("float32")
    labels = rng.randint(0, 3, 4).astype("float32")
    return Network(SentenceClassifier(), (text, lengths, labels), lambda net, x, n, y: entropy(net(x, n), y), inputs=2)


# ------------------------------------------------------------------ BERT


class Bert(nn.HybridBlock):
    """An encoder of words, segments and learned positions."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.segments = nn.Embedding(WORDS, WIDTH), nn.Embedding(2, WIDTH)
        self.positions = self.params.get("positions", shape=(1, LENGTH, WIDTH))
        self.blocks = nn.HybridSequential()
        for _ in range(2):
            self.blocks.add(Transformer(bias=True))

    def hybrid_forward(self, F: Any, words: Any, segments: Any, lengths: Any, positions: Any) -> Any:
        """(batch, time, width)."""
        x = self.words(words) + self.segments(segments) + positions
        for block in self.blocks:
            x = block(x, lengths)
        return x


class MaskedWords(nn.Block):
    """Guesses words at given places."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.HybridSequential()
        self.layers.add(
            nn.Dense(WIDTH, flatten=False, activation="relu"), nn.LayerNorm(), nn.Dense(WORDS, flatten=False)
        )

    def forward(self, x: Any, places: Any) -> Any:
        """Scores of the words, (batch, places, words)."""
        batch, count = places.shape
        rows = np.repeat(np.arange(batch, ctx=x.ctx), count).astype("int32")
        found = x[rows, places.reshape(-1).astype("int32")]
        return self.layers(found.reshape(batch, count, -1))


class Pretraining(nn.Block):
    """BERT with both of its tasks."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.masked_words = Bert(), MaskedWords()
        self.hidden, self.follows = nn.Dense(WIDTH, activation="tanh"), nn.Dense(2)

    def forward(self, words: Any, segments: Any, lengths: Any, places: Any) -> Any:
        """Scores of the masked words, and of whether one segment follows the other."""
        x = self.encoder(words, segments, lengths)
        return self.masked_words(x, places), self.follows(self.hidden(x[:, 0, :]))


def bert_batch(rng: onp.random.RandomState) -> tuple[onp.ndarray, ...]:
    """Words, segments, lengths, masked places, the words there, which of them count, and whether segments follow."""
    words, segments = rng.randint(0, WORDS, (3, LENGTH)), onp.array([[0, 0, 1, 1, 1]] * 3)
    lengths = onp.repeat([[5], [3], [4]], LENGTH, axis=1)
    places, there = onp.array([[1, 3], [2, 0], [1, 2]]), rng.randint(0, WORDS, (3, 2))
    counts, follows = onp.array([[1, 1], [1, 0], [1, 1]]), onp.array([0, 1, 1])
    return tuple(a.astype("float32") for a in (words, segments, lengths, places, there, counts, follows))


def bert_loss(net: Any, words: Any, segments: Any, lengths: Any, places: Any, *labels: Any) -> Any:
    """The sum of both tasks' losses."""
    there, counts, follows = labels
    scores, next_scores = net(words, segments, lengths, places)
    masked = entropy(scores.reshape(-1, WORDS), there.reshape(-1), counts.reshape(-1, 1))
    return masked.sum() / (counts.sum() + 1e-8) + entropy(next_scores, follows).mean()


def bert_pretraining(rng: onp.random.RandomState) -> Network:
    """Masked words are taken by arrays of indices."""
    return Network(Pretraining(), bert_batch(rng), bert_loss, inputs=0, optimizer="adam", rate=0.01)


class BertWithHeads(nn.HybridBlock):
    """BERT with both of its tasks as one graph: masked words are gathered by an operator."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.hidden, self.follows = Bert(), nn.Dense(WIDTH, activation="tanh"), nn.Dense(2)
        self.guess = nn.HybridSequential()
        self.guess.add(
            nn.Dense(WIDTH, flatten=False, activation="relu"), nn.LayerNorm(), nn.Dense(WORDS, flatten=False)
        )

    def hybrid_forward(self, F: Any, words: Any, segments: Any, lengths: Any, places: Any) -> Any:
        """Scores of the masked words, and of whether one segment follows the other."""
        x = self.encoder(words, segments, lengths)
        rows = F.npx.arange_like(places, axis=0)
        rows = F.np.expand_dims(rows, 1) + places * 0
        found = F.npx.gather_nd(x, F.np.stack([rows, places]))
        return self.guess(found), self.follows(self.hidden(x[:, 0, :]))


def bert_as_one_graph(rng: onp.random.RandomState) -> Network:
    """Masked words are taken by an operator."""
    return Network(BertWithHeads(), bert_batch(rng), bert_loss, inputs=4, optimizer="adam", rate=0.01)


NETWORKS = [transformer, transformer_encoder, bert_pretraining, bert_as_one_graph]
