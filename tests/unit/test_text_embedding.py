"""contrib.text.embedding. Numbers, and which files are refused, are MXNet's unless a test says otherwise."""

import hashlib
import io
import tarfile
import warnings
import zipfile
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxnet as mx
from mxnet.base import MXNetError
from mxnet.contrib.text import embedding
from mxnet.contrib.text.embedding import CompositeEmbedding, CustomEmbedding
from mxnet.contrib.text.vocab import Vocabulary


@pytest.fixture
def load(tmp_path):
    def load(content, elem_delim=" ", **arguments):
        path = tmp_path / "vectors.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return CustomEmbedding(str(path), elem_delim, **arguments)

    return load


@pytest.fixture
def registry():
    """Classes that a test registers are gone after it."""
    from mxnet.registry import _REGISTRY

    kept = dict(_REGISTRY[embedding._TokenEmbedding])
    yield
    _REGISTRY[embedding._TokenEmbedding].clear()
    _REGISTRY[embedding._TokenEmbedding].update(kept)


def rows(e):
    return dict(zip(e.idx_to_token, e.idx_to_vec.asnumpy().tolist(), strict=True))


# ---------------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("content", "arguments", "expected"),
    [
        ("a 1 2\nb 3 4\n", {}, {"<unk>": [0, 0], "a": [1, 2], "b": [3, 4]}),
        ("a 1 2 \r\nb 3 4\t", {}, {"<unk>": [0, 0], "a": [1, 2], "b": [3, 4]}),
        ("a||1||2", {"elem_delim": "||"}, {"<unk>": [0, 0], "a": [1, 2]}),
        ("a 1 2", {"init_unknown_vec": mx.nd.ones}, {"<unk>": [1, 1], "a": [1, 2]}),
        ("a 1 2", {"init_unknown_vec": lambda shape: mx.nd.array([[7, 8]])}, {"<unk>": [7, 8], "a": [1, 2]}),
        ("<unk> 5 6\na 1 2", {}, {"<unk>": [5, 6], "a": [1, 2]}),
        ("<unk> 5\na 1 2", {}, {"<unk>": [5, 5], "a": [1, 2]}),
        ("<?> 5 6\na 1 2", {"unknown_token": "<?>"}, {"<?>": [5, 6], "a": [1, 2]}),
        ("a inf 1e400\nb 1_0 -2", {}, {"<unk>": [0, 0], "a": [np.inf, np.inf], "b": [10, -2]}),
        ("a\u2028b 1 2", {}, {"<unk>": [0, 0], "a\u2028b": [1, 2]}),
        ("ä 1 2".encode("latin-1"), {"encoding": "latin-1"}, {"<unk>": [0, 0], "ä": [1, 2]}),
        ("a 1 2\nb 3 4".encode("utf-16"), {"encoding": "utf-16"}, {"<unk>": [0, 0], "a": [1, 2], "b": [3, 4]}),
    ],
)
def test_files(load, content, arguments, expected):
    e = load(content, **arguments)
    assert rows(e) == expected
    assert e.vec_len == 2
    assert e.idx_to_vec.dtype == np.float32
    assert e.token_to_idx == {token: i for i, token in enumerate(expected)}


@pytest.mark.parametrize(
    ("content", "message", "kept"),
    [
        ("2 2\na 1 2\n", r"vectors.txt, line 1: .*'2' .* likely a header and is skipped", ["<unk>", "a"]),
        ("a 1 2\nb 5\n", r"line 2: .*'b' .* likely a header", ["<unk>", "a"]),
        ("a 1 2\na 3 4\n", r"line 2: .*'a' has been loaded and a duplicate", ["<unk>", "a"]),
        ("a 1 2\na 3 4 5\n", r"line 2: .*'a' has been loaded and a duplicate", ["<unk>", "a"]),
        ("<unk> 1 2\n<unk> 3 4\na 1 2\n", r"line 2: .*'<unk>' has been loaded and a duplicate", ["<unk>", "a"]),
    ],
)
def test_lines_that_are_skipped(load, content, message, kept):
    with pytest.warns(UserWarning, match=message) as found:
        e = load(content)
    assert e.idx_to_token == kept
    assert len(found) == 1
    assert e.idx_to_vec[1].asnumpy().tolist() == [1, 2]


def test_warnings_point_at_the_user(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("2 2\na 1 2\n")
    with pytest.warns(UserWarning, match="header") as found:
        CustomEmbedding(str(path))
    assert found[0].filename == __file__


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a 1 2\n\nb 3 4", r"vectors.txt, line 2: expected a token and its vector, got ''"),
        ("a 1 2\nb", r"line 2: expected a token and its vector, got 'b'"),
        ("a 1 2\nb 3 4 5", r"line 2: .*'b' has 3 elements, that of line 1 has 2"),
        ("<unk> 1 2 3\na 1 2", r"line 1: .*'<unk>' has 3 elements, that of line 2 has 2"),
        ("a 1 x", r"line 1: element 2 of the vector of 'a' must be a number, got 'x'"),
        ("a 1  2", r"line 1: element 2 of the vector of 'a' must be a number, got ''"),
        ("a 1 2\na 1 x", r"line 2: element 2"),
        (b"a 1 2\n\xff 3 4", r"line 2: it is not utf8 text: byte 0xff after 0 characters"),
        (b"a 1 2\nb 3 \xed\xa0\x80", r"line 2: it is not utf8 text"),
        ("", r"vectors.txt: the file holds no vectors"),
        ("<unk> 1 2", r"vectors.txt: the file holds no vectors"),
        ("a " + "1 " * (1 << 20), r"line 1: longer than \d+ characters"),
    ],
)
def test_malformed_files(load, content, message):
    """The errors are those that MXNet raises too, ValueError or AssertionError."""
    with pytest.raises(MXNetError, match=message) as found:
        load(content)
    assert isinstance(found.value, ValueError)
    assert isinstance(found.value, AssertionError)


def test_messages_are_short(load):
    with pytest.raises(MXNetError) as found:
        load("x" * 100_000 + " y" * 100_000)
    assert len(str(found.value)) < 600


def test_encoding_without_a_beginning(load):
    with pytest.raises(MXNetError, match=r"line 1 or soon after: it is not utf-16 text"):
        load(b"\x00\xd8a", encoding="utf-16")


@given(st.binary(max_size=60) | st.text("a1. \n\t<unk>-e", max_size=60).map(str.encode))
def test_any_bytes(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            e = CustomEmbedding(str(path))
        except MXNetError as error:
            assert "any.txt" in str(error)
        else:
            assert e.idx_to_vec.shape == (len(e), e.vec_len)


@pytest.mark.parametrize("name", ["missing.txt", ""])
def test_no_file(tmp_path, name):
    with pytest.raises(MXNetError, match="pretrained_file_path") as found:
        CustomEmbedding(str(tmp_path / name))
    assert isinstance(found.value, ValueError)


# ---------------------------------------------------------------------- vocabularies


def test_tokens_that_are_known_before(load):
    """MXNet gives these tokens a second number, and the first ones the vectors of other tokens."""
    e = load("a 1 2\n<pad> 3 4\n", reserved_tokens=["<pad>", "<end>"], init_unknown_vec=mx.nd.ones)
    assert rows(e) == {"<unk>": [1, 1], "<pad>": [3, 4], "<end>": [1, 1], "a": [1, 2]}
    assert rows(load("b 1 2\nd 3 4\n", counter=Counter("abc"))) == {
        "<unk>": [0, 0],
        "a": [0, 0],
        "b": [1, 2],
        "c": [0, 0],
        "d": [3, 4],
    }


def test_vocabulary_chooses_tokens(load):
    words = Vocabulary(Counter("bbz"), unknown_token="<?>", reserved_tokens=["<pad>"])
    e = load("a 1 2\nb 3 4\n", vocabulary=words, init_unknown_vec=mx.nd.ones)
    assert rows(e) == {"<?>": [1, 1], "<pad>": [1, 1], "b": [3, 4], "z": [1, 1]}
    assert (e.unknown_token, e.reserved_tokens) == ("<?>", ["<pad>"])
    e.idx_to_token.append("own copy")
    assert words.idx_to_token == ["<?>", "<pad>", "b", "z"]
    assert rows(load("a 1 2\n", vocabulary=Vocabulary())) == {"<unk>": [0, 0]}
    with pytest.raises(AssertionError, match="vocabulary must be"):
        load("a 1 2\n", vocabulary=["a"])


def test_composite(load):
    first = load("a 1 2\nb 3 4\n", init_unknown_vec=mx.nd.ones)
    second = load("b 5 6 7\n<unk> 8 8 9\n")
    words = Vocabulary(Counter("bbca"))
    e = CompositeEmbedding(words, [first, second])
    assert rows(e) == {"<unk>": [1, 1, 8, 8, 9], "b": [3, 4, 5, 6, 7], "a": [1, 2, 8, 8, 9], "c": [1, 1, 8, 8, 9]}
    assert e.vec_len == 5
    e.update_token_vectors("a", mx.nd.zeros((5,)))
    assert rows(first)["a"] == [1, 2]
    assert rows(CompositeEmbedding(words, first))["b"] == [3, 4]


@pytest.mark.parametrize("embeddings", [5, [], [Vocabulary()]])
def test_composite_refuses(embeddings):
    with pytest.raises(AssertionError, match="token_embeddings"):
        CompositeEmbedding(Vocabulary(), embeddings)
    with pytest.raises(AssertionError, match="vocabulary"):
        CompositeEmbedding(5, embeddings)
    with pytest.raises(AssertionError, match="no vectors yet"):
        CompositeEmbedding(Vocabulary(), embedding._TokenEmbedding())


# ---------------------------------------------------------------------- looking up and changing


def test_look_up(load):
    e = load("a 1 2\nB 3 4\n")
    assert e.get_vecs_by_tokens("a").asnumpy().tolist() == [1, 2]
    assert e.get_vecs_by_tokens(["a"]).asnumpy().tolist() == [[1, 2]]
    assert e.get_vecs_by_tokens(["A", "B", "b"]).asnumpy().tolist() == [[0, 0], [3, 4], [0, 0]]
    assert e.get_vecs_by_tokens(["A", "B", "b"], lower_case_backup=True).asnumpy().tolist() == [[1, 2], [3, 4], [0, 0]]
    assert e.get_vecs_by_tokens(["a", "<unk>"])[0].asnumpy().tolist() == [1, 2]


def test_update(load):
    e = load("a 1 2\nb 3 4\n")
    e.update_token_vectors(["b", "<unk>"], mx.nd.array([[5, 6], [7, 8]]))
    e.update_token_vectors("a", mx.nd.array([[9, 9]]))
    assert rows(e) == {"<unk>": [7, 8], "a": [9, 9], "b": [5, 6]}
    e.update_token_vectors(["a"], mx.nd.array([1, 0]))
    assert rows(e)["a"] == [1, 0]


@pytest.mark.parametrize(
    ("tokens", "vectors", "error", "message"),
    [
        ("?", (2,), ValueError, r"Token \? is unknown.*<unk>"),
        (["a", "?"], (2, 2), ValueError, r"Token \? is unknown"),
        ("a", (3,), AssertionError, r"shape \(1, 2\), got \(3,\)"),
        ("a", (2, 2), AssertionError, r"shape \(1, 2\), got \(2, 2\)"),
        ("a", (1, 1, 2), AssertionError, "1 or 2 axes"),
        (["a", "b"], (2,), AssertionError, "2 axes for 2 tokens"),
        (["a", "b"], None, AssertionError, "NDArray"),
    ],
)
def test_update_refuses(load, tokens, vectors, error, message):
    e = load("a 1 2\nb 3 4\n")
    with pytest.raises(error, match=message):
        e.update_token_vectors(tokens, vectors if vectors is None else mx.nd.ones(vectors))
    assert rows(e) == {"<unk>": [0, 0], "a": [1, 2], "b": [3, 4]}


def test_numpy_mode(load):
    with mx.util.np_array(True):
        e = load("a 1 2\nb 3 4\n", init_unknown_vec=mx.np.ones)
        assert type(e.idx_to_vec) is mx.np.ndarray
        assert type(e.get_vecs_by_tokens("a")) is mx.np.ndarray
        e.update_token_vectors("a", mx.np.array([5, 6]))
        assert type(CompositeEmbedding(Vocabulary(Counter("a")), e).idx_to_vec) is mx.np.ndarray
    assert rows(e) == {"<unk>": [1, 1], "a": [5, 6], "b": [3, 4]}


# ---------------------------------------------------------------------- published files


def test_published_names():
    names = embedding.get_pretrained_file_names()
    assert {"glove", "fasttext"} <= set(names)
    assert (len(names["glove"]), len(names["fasttext"])) == (10, 327)
    assert embedding.get_pretrained_file_names("glove")[:2] == ["glove.42B.300d.txt", "glove.6B.50d.txt"]
    with pytest.raises(KeyError, match="fasttext, glove|glove, fasttext"):
        embedding.get_pretrained_file_names("GloVe")


@pytest.mark.parametrize("cls", [embedding.GloVe, embedding.FastText])
def test_every_file_has_its_archive(cls):
    for name, sha1 in cls.pretrained_file_name_sha1.items():
        assert len(sha1) == len(cls.pretrained_archive_name_sha1[cls._get_download_file_name(name)]) == 40


def test_addresses(monkeypatch):
    monkeypatch.setenv("MXNET_GLUON_REPO", "http://here")
    assert (
        embedding.GloVe._get_pretrained_file_url("glove.twitter.27B.50d.txt")
        == "http://here/gluon/embeddings/glove/glove.twitter.27B.zip"
    )
    assert (
        embedding.FastText._get_pretrained_file_url("wiki-news-300d-1M.vec")
        == "http://here/gluon/embeddings/fasttext/wiki-news-300d-1M.zip"
    )


@pytest.mark.parametrize("name", ["glove", "fasttext"])
def test_unpublished_name(name):
    with pytest.raises(KeyError, match=f"nothing.txt for token embedding {name}: choose one of .*300d"):
        embedding.create(name, pretrained_file_name="nothing.txt")


CONTENT = b"hello 1 2\nworld 3 4\n"


def sha1(content):
    return hashlib.sha1(content).hexdigest()


def zipped(name):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../other.txt", "not wanted")
        archive.writestr(name, CONTENT)
    return stream.getvalue()


def tarred(name):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(CONTENT)
        archive.addfile(info, io.BytesIO(CONTENT))
    return stream.getvalue()


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Puts a file where embeddings are downloaded from."""
    monkeypatch.setenv("MXNET_GLUON_REPO", f"file://{tmp_path}/server")

    def put(path, content):
        place = tmp_path / "server" / "gluon" / "embeddings" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    return put


@pytest.mark.parametrize(
    ("cls", "name", "archive"),
    [
        (embedding.GloVe, "glove.6B.50d.txt", "glove.6B.zip"),
        (embedding.FastText, "wiki.simple.vec", "wiki.simple.zip"),
    ],
)
def test_download(tmp_path, monkeypatch, server, cls, name, archive):
    content = zipped(name)
    server(f"{cls.__name__.lower()}/{archive}", content)
    monkeypatch.setitem(cls.pretrained_archive_name_sha1, archive, sha1(content))
    monkeypatch.setitem(cls.pretrained_file_name_sha1, name, sha1(CONTENT))
    root = tmp_path / "root"

    def make():
        words = Vocabulary(Counter(["world"]))
        return embedding.create(
            cls.__name__, pretrained_file_name=name, embedding_root=str(root), vocabulary=words, unknown_token="?"
        )

    assert rows(make()) == {"<unk>": [0, 0], "world": [3, 4]}
    folder = root / cls.__name__.lower()
    assert sorted(p.name for p in folder.iterdir()) == sorted([name, archive])
    assert not (root / "other.txt").exists()

    # What is there is used, unless it is damaged.
    (tmp_path / "server").rename(tmp_path / "gone")
    make()
    (folder / name).write_bytes(b"hello 1")
    make()
    assert (folder / name).read_bytes() == CONTENT


@pytest.mark.parametrize(("suffix", "pack"), [(".vec", None), (".zip", zipped), (".tar.gz", tarred)])
@pytest.mark.usefixtures("registry")
def test_own_class(tmp_path, server, suffix, pack):
    content = pack("own.vec") if pack else CONTENT

    @embedding.register
    class Own(embedding._TokenEmbedding):
        pretrained_file_name_sha1 = {"own.vec": sha1(CONTENT)}

        @classmethod
        def _get_download_file_name(cls, pretrained_file_name):
            return "own" + suffix

        def __init__(self, embedding_root, **kwargs):
            Own._check_pretrained_file_names("own.vec")
            super().__init__(**kwargs)
            self._load_embedding(Own._get_pretrained_file(embedding_root, "own.vec"), " ", mx.nd.zeros)

    if pack:
        Own.pretrained_archive_name_sha1 = {"own" + suffix: sha1(content)}
    server("own/own" + suffix, content)
    assert embedding.get_pretrained_file_names("own") == ["own.vec"]
    e = embedding.create("own", embedding_root=str(tmp_path))
    assert rows(e) == {"<unk>": [0, 0], "hello": [1, 2], "world": [3, 4]}


@pytest.mark.parametrize("content", [zipped("else.txt"), tarred("else.txt"), b"no archive", tarred("a")[:40]])
@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
@pytest.mark.usefixtures("registry")
def test_archives_without_the_file(tmp_path, server, content, suffix):
    class Own(embedding._TokenEmbedding):
        pretrained_file_name_sha1 = {"own.vec": sha1(CONTENT)}
        pretrained_archive_name_sha1 = {"own" + suffix: sha1(content)}

        @classmethod
        def _get_download_file_name(cls, pretrained_file_name):
            return "own" + suffix

    server("own/own" + suffix, content)
    with pytest.raises(ValueError, match="no archive of own.vec"):
        Own._get_pretrained_file(str(tmp_path), "own.vec")
    assert not (tmp_path / "own" / "own.vec").exists()
