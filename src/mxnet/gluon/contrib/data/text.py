"""Texts for language models, cut into sequences of equal length."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .... import ndarray as nd
from ...._core.defaults import Defaults
from ...._core.files import atomic_write
from ....base import data_dir
from ...data.dataset import _DownloadedDataset
from ...utils import check_sha1

if TYPE_CHECKING:
    from ....contrib.text.vocab import Vocabulary

__all__ = ["WikiText2", "WikiText103"]

_END_OF_SENTENCE = "<eos>"


class _LanguageModelDataset(_DownloadedDataset):
    """A text as numbers of its tokens. The vocabulary is made of the text when there is none."""

    def __init__(self, root: str, namespace: str, vocabulary: Vocabulary | None) -> None:
        self._vocab = vocabulary
        self._counter: Counter | None = None
        self._namespace = namespace
        super().__init__(root, None)

    @property
    def vocabulary(self) -> Any:
        """The numbers of the tokens."""
        return self._vocab

    @property
    def frequencies(self) -> Counter | None:
        """How often each token occurs."""
        return self._counter

    def _build_vocab(self, content: str) -> None:
        # Above this package; needed only when there is a text.
        from ....contrib.text import utils, vocab

        if not self._counter:
            self._counter = utils.count_tokens_from_str(content)
        if not self._vocab:
            self._vocab = vocab.Vocabulary(self._counter, reserved_tokens=[_END_OF_SENTENCE])


class _WikiText(Defaults, _LanguageModelDataset):
    _archive_file: tuple[str, str]  # name and SHA-1 sum
    _data_file: dict[str, tuple[str, str]]
    _folder: str

    def __init__(
        self, root: str = "", segment: str = "train", vocab: Vocabulary | None = None, seq_len: int = 35
    ) -> None:
        if segment not in self._data_file:
            raise ValueError(f"segment must be one of {', '.join(self._data_file)}, got {segment!r}")
        if seq_len < 1:
            raise ValueError(f"seq_len must be positive, got {seq_len}")
        self._segment, self._seq_len = segment, seq_len
        super().__init__(root, self._folder, vocab)

    def __getitem__(self, idx: int) -> tuple[Any, Any]:
        return self._data[idx], self._label[idx]

    def __len__(self) -> int:
        return len(self._label)

    def _get_data(self) -> None:
        name, sha1 = self._data_file[self._segment]
        path = os.path.join(self._root, name)
        if not os.path.exists(path) or not check_sha1(path, sha1):
            self._fetch()
        content = Path(path).read_text(encoding="utf8")
        self._build_vocab(content)
        tokens: list[str] = []
        for line in content.splitlines():
            words = line.split()
            if words:
                tokens += words
                tokens.append(_END_OF_SENTENCE)
        numbers = np.array(self.vocabulary.to_indices(tokens), dtype=np.int32)
        count = (len(numbers) - 1) // self._seq_len if len(numbers) else 0
        length = count * self._seq_len

        def sequences(part: np.ndarray) -> Any:
            return nd.array(part.reshape(count, self._seq_len), dtype=np.int32)

        self._data = sequences(numbers[:length])
        self._label = sequences(numbers[1 : length + 1])

    def _fetch(self) -> None:
        """Download the archive and take all files out of it."""
        from ...data.vision.datasets import _obtain

        with zipfile.ZipFile(_obtain(self._namespace, self._archive_file, self._root)) as archive:
            for member in archive.namelist():
                name = os.path.basename(member)
                if name:
                    with archive.open(member) as source, atomic_write(os.path.join(self._root, name)) as target:
                        shutil.copyfileobj(source, target)


class WikiText2(_WikiText, root=os.path.join(data_dir(), "datasets", "wikitext-2")):
    """WikiText-2, two million words of Wikipedia (Merity et al., 2016; https://arxiv.org/abs/1609.07843), CC BY-SA.

    A sample is a pair of int32 arrays of ``seq_len`` tokens: a piece of the text, and the same one token further. Every
    sentence ends with the token ``<eos>``.

    Parameters
    ----------
    root : str
        The folder of the files, which are downloaded when they are not there.
    segment : {"train", "validation", "test"}
    vocab : mxnet.contrib.text.vocab.Vocabulary, optional
        Numbers for the tokens; made of the text when not given.
    seq_len : int
    """

    _folder = "wikitext-2"
    _archive_file = ("wikitext-2-v1.zip", "3c914d17d80b1459be871a5039ac23e752a53cbe")
    _data_file = {
        "train": ("wiki.train.tokens", "863f29c46ef9d167fff4940ec821195882fe29d1"),
        "validation": ("wiki.valid.tokens", "0418625c8b4da6e4b5c7a0b9e78d4ae8f7ee5422"),
        "test": ("wiki.test.tokens", "c7b8ce0aa086fb34dab808c5c49224211eb2b172"),
    }


class WikiText103(_WikiText, root=os.path.join(data_dir(), "datasets", "wikitext-103")):
    """WikiText-103, a hundred million words of Wikipedia; see :class:`WikiText2`."""

    _folder = "wikitext-103"
    _archive_file = ("wikitext-103-v1.zip", "0aec09a7537b58d4bb65362fee27650eeaba625a")
    _data_file = {
        "train": ("wiki.train.tokens", "b7497e2dfe77e72cfef5e3dbc61b7b53712ac211"),
        "validation": ("wiki.valid.tokens", "c326ac59dc587676d58c422eb8a03e119582f92b"),
        "test": ("wiki.test.tokens", "8a5befc548865cec54ed4273cf87dbbad60d1e47"),
    }
