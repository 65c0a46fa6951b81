"""Sentences of different lengths: words to numbers, and batches of sentences of about the same length."""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from .. import ndarray
from .._core.types import DTypeLike
from ..io import DataBatch, DataDesc, DataIter

__all__ = ["BucketSentenceIter", "encode_sentences"]


def encode_sentences(
    sentences: Iterable[Iterable[Hashable]],
    vocab: dict | None = None,
    invalid_label: int = -1,
    invalid_key: Hashable = "\n",
    start_label: int = 0,
    unknown_token: Hashable | None = None,
) -> tuple[list[list[int]], dict]:
    """Replace the words of sentences by numbers.

    Parameters
    ----------
    sentences : iterable of iterable of str
    vocab : dict of str to int, optional
        Known words. By default a new vocabulary is made of all words.
    invalid_label : int
        The number of ``invalid_key`` in a new vocabulary, such as that of an end of a sentence; no word gets it.
    invalid_key : str
    start_label : int
        New words get numbers from this one on, leaving out those in use.
    unknown_token : str, optional
        What words that are not in the given ``vocab`` are taken for; it joins the vocabulary with the first of them.

    Returns
    -------
    list of list of int
        The sentences.
    dict of str to int
        The vocabulary; ``vocab`` itself, if it was given.

    Raises
    ------
    AssertionError
        When a word is not in the given vocabulary and there is no ``unknown_token``.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.rnn.encode_sentences([["a", "b"], ["b", "c"]])
    ([[0, 1], [1, 2]], {'\\n': -1, 'a': 0, 'b': 1, 'c': 2})
    """
    growing = vocab is None
    if vocab is None:
        vocab = {invalid_key: invalid_label}
    taken = {invalid_label, *vocab.values()}
    free = (number for number in itertools.count(start_label) if number not in taken)
    coded = []
    for sentence in sentences:
        row = []
        for word in sentence:
            if word not in vocab:
                assert growing or unknown_token, f"Unknown token {word}"
                word = word if growing else unknown_token
                if word not in vocab:
                    vocab[word] = next(free)
            row.append(vocab[word])
        coded.append(row)
    return coded, vocab


class BucketSentenceIter(DataIter):
    """Batches of encoded sentences for language models; the label of each step is the next word.

    Sentences are padded to the size of the smallest bucket that they fit into; a batch is of one bucket, which its
    ``bucket_key`` says. Sentences that fit into none, and the last few of each bucket that fill no batch, are left out
    of the epoch. Order is random (Python's and NumPy's generators), and new after each :meth:`reset`.

    Parameters
    ----------
    sentences : list of list of int
    batch_size : int
    buckets : list of int, optional
        Lengths. By default all lengths that at least ``batch_size`` sentences have.
    invalid_label : int
        What pads sentences, and follows the last word in the labels.
    data_name, label_name : str
    dtype : str
    layout : {'NT', 'TN'}
        Whether batches are ``(batch_size, length)`` or ``(length, batch_size)``.

    Raises
    ------
    ValueError
        When no sentence fits into a bucket, or the layout is none of these.
    """

    def __init__(
        self,
        sentences: Sequence[Sequence[int]],
        batch_size: int,
        buckets: Sequence[int] | None = None,
        invalid_label: int = -1,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: Any = "float32",
        layout: str = "NT",
    ) -> None:
        super().__init__(batch_size)
        self.major_axis = layout.find("N")
        if self.major_axis not in (0, 1):
            raise ValueError(f"Invalid layout {layout}: must be NT (batch major) or TN (time major)")
        if not buckets:
            counts = np.bincount([len(sentence) for sentence in sentences])
            buckets = [length for length, count in enumerate(counts) if count >= batch_size]
        sizes = sorted(buckets)
        members: list[list[Sequence[int]]] = [[] for _ in sizes]
        discarded = 0
        for sentence in sentences:
            place = bisect.bisect_left(sizes, len(sentence))
            if place == len(sizes):
                discarded += 1
            else:
                members[place].append(sentence)
        print(f"WARNING: discarded {discarded} sentences longer than the largest bucket.")

        filled = [(size, inside) for size, inside in zip(sizes, members) if inside]
        if not filled:
            raise ValueError(f"none of the {len(sentences)} sentences fits into one of the buckets {sizes}")
        self.buckets = [size for size, _ in filled]
        self.data = [_padded(inside, size, invalid_label, dtype) for size, inside in filled]
        self.data_name = data_name
        self.label_name = label_name
        self.dtype = dtype
        self.invalid_label = invalid_label
        self.layout = layout
        self.default_bucket_key = max(self.buckets)
        shape = (batch_size, self.default_bucket_key)
        shape = shape[::-1] if self.major_axis == 1 else shape
        self.provide_data = [DataDesc(name=data_name, shape=shape, layout=layout)]
        self.provide_label = [DataDesc(name=label_name, shape=shape, layout=layout)]
        # Where batches start: (bucket, first row).
        self.idx = [
            (i, j) for i, rows in enumerate(self.data) for j in range(0, len(rows) - batch_size + 1, batch_size)
        ]
        self.nddata: list[Any] = []
        self.ndlabel: list[Any] = []
        self.curr_idx = 0
        self.reset()

    def reset(self) -> None:
        """Begin a new epoch: shuffle the order of the batches, and the sentences of each bucket."""
        self.curr_idx = 0
        random.shuffle(self.idx)
        self.nddata, self.ndlabel = [], []
        for rows in self.data:
            np.random.shuffle(rows)
            labels = np.full_like(rows, self.invalid_label)
            labels[:, :-1] = rows[:, 1:]
            self.nddata.append(ndarray.array(rows, dtype=self.dtype))
            self.ndlabel.append(ndarray.array(labels, dtype=self.dtype))

    def next(self) -> DataBatch:
        """The next batch, with ``bucket_key``, ``provide_data`` and ``provide_label``; StopIteration after the last."""
        if self.curr_idx >= len(self.idx):
            raise StopIteration
        (i, j), self.curr_idx = self.idx[self.curr_idx], self.curr_idx + 1
        data, label = (arrays[i][j : j + self.batch_size] for arrays in (self.nddata, self.ndlabel))
        if self.major_axis == 1:
            data, label = data.T, label.T
        described = [
            [DataDesc(name, x.shape, layout=self.layout)]
            for name, x in ((self.data_name, data), (self.label_name, label))
        ]
        return DataBatch([data], [label], 0, None, self.buckets[i], *described)


def _padded(sentences: list[Sequence[int]], size: int, fill: int, dtype: DTypeLike) -> np.ndarray:
    """Sentences as the rows of an array."""
    lengths = np.array([len(sentence) for sentence in sentences])
    rows = np.full((len(sentences), size), fill, dtype=dtype)
    rows[np.arange(size) < lengths[:, None]] = list(itertools.chain.from_iterable(sentences))
    return rows
