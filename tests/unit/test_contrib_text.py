"""contrib.text and the data sets of gluon.contrib.data.text."""

import hashlib
import zipfile
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxnet.contrib.text.utils import count_tokens_from_str
from mxnet.contrib.text.vocab import Vocabulary
from mxnet.gluon.contrib.data.text import WikiText2, WikiText103

TEXT = "a b c\n\n = b = \n d a b c e\n"


def test_counting():
    assert count_tokens_from_str(" Life is great ! \n life is good . \n") == Counter(
        {"is": 2, "Life": 1, "life": 1, "great": 1, "!": 1, "good": 1, ".": 1}
    )
    before = Counter({"life": 2})
    assert count_tokens_from_str("*Life*is#life*", r"\*", "#", True, before) is before
    assert before == {"life": 4, "is": 1}


def test_vocabulary_order_and_limits():
    counter = Counter(["a", "b", "b", "c", "c", "c", "some_word$"])
    assert Vocabulary(counter).idx_to_token == ["<unk>", "c", "b", "a", "some_word$"]
    assert Vocabulary(counter, min_freq=2).idx_to_token == ["<unk>", "c", "b"]
    assert Vocabulary(counter, most_freq_count=1).idx_to_token == ["<unk>", "c"]
    words = Vocabulary(counter, None, 1, "<?>", ["b", "<pad>"])
    assert words.idx_to_token == ["<?>", "b", "<pad>", "c", "a", "some_word$"]
    assert (words.unknown_token, words.reserved_tokens, len(words)) == ("<?>", ["b", "<pad>"], 6)
    assert Vocabulary().idx_to_token == ["<unk>"] and Vocabulary().reserved_tokens is None


@given(st.lists(st.text(max_size=3), max_size=30))
def test_vocabulary_round_trip(tokens):
    words = Vocabulary(Counter(tokens), unknown_token=None)
    assert words.to_tokens(words.to_indices(tokens)) == tokens
    assert words.to_indices("four letters") == 0
    assert [words.token_to_idx[t] for t in words.idx_to_token] == list(range(len(words)))


@pytest.mark.parametrize(
    "arguments", [{"min_freq": 0}, {"reserved_tokens": ["a", "a"]}, {"reserved_tokens": ["<unk>"]}, {"counter": {}}]
)
def test_vocabulary_refuses(arguments):
    with pytest.raises(AssertionError, match=r"min_freq|reserved_tokens|counter"):
        Vocabulary(**arguments)


@pytest.mark.parametrize("index", [3, -1, "a", [0, 7]])
def test_tokens_of_wrong_indices(index):
    with pytest.raises(ValueError, match="invalid"):
        Vocabulary(Counter("ab")).to_tokens(index)


def _sha1(content):
    return hashlib.sha1(content).hexdigest()


class Small(WikiText2):
    _data_file = {"train": ("wiki.train.tokens", _sha1(TEXT.encode()))}


def test_wikitext(tmp_path):
    """The numbers are those that MXNet gives for this text."""
    (tmp_path / "wiki.train.tokens").write_text(TEXT)
    data = Small(str(tmp_path), seq_len=3)
    assert len(data) == 4
    x, y = data[0]
    assert x.dtype == np.int32
    assert (x.asnumpy().tolist(), y.asnumpy().tolist()) == ([4, 2, 5], [2, 5, 1])
    assert data.vocabulary.idx_to_token == ["<unk>", "<eos>", "b", "=", "a", "c", "d", "e"]
    assert data.frequencies["b"] == 3
    own = Vocabulary(Counter(["b"]))
    assert Small(str(tmp_path), vocab=own, seq_len=13)[0][0].asnumpy().tolist() == [
        0,
        1,
        *[0] * 3,
        1,
        *[0] * 4,
        1,
        0,
        0,
    ]


def test_wikitext_from_its_archive(tmp_path):
    archive = tmp_path / "small.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("folder/", "")
        file.writestr("folder/wiki.train.tokens", TEXT)

    class Packed(Small):
        _archive_file = ("small.zip", _sha1(archive.read_bytes()))

    assert len(Packed(str(tmp_path), seq_len=3)) == 4
    assert (tmp_path / "wiki.train.tokens").read_text() == TEXT


@pytest.mark.parametrize("arguments", [{"segment": "all"}, {"seq_len": 0}])
def test_wikitext_refuses(tmp_path, arguments):
    with pytest.raises(ValueError, match=r"segment|seq_len"):
        WikiText103(str(tmp_path), **arguments)
