"""Word vectors: trained by others, read from files, and looked up by token."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ... import ndarray as nd
from ... import registry
from ..._core.defaults import Defaults
from ..._core.files import extract
from ...base import ArgumentValueError, data_dir
from ...context import current_context
from ...gluon.utils import _get_repo_file_url, check_sha1, download
from ...util import is_np_array
from . import _published, vocab
from ._vectors import read_vectors

__all__ = [
    "CompositeEmbedding",
    "CustomEmbedding",
    "FastText",
    "GloVe",
    "create",
    "get_pretrained_file_names",
    "register",
]

T = TypeVar("T", bound=type)

_ROOT = os.path.join(data_dir(), "embeddings")


class _TokenEmbedding(vocab.Vocabulary):
    """A vocabulary with a vector for each token, the base class of all embeddings.

    The vector of number 0 stands for all unknown tokens: the one that a file has for ``unknown_token``, else what
    ``init_unknown_vec`` makes.

    Parameters
    ----------
    **kwargs
        See :class:`~mxnet.contrib.text.vocab.Vocabulary`. Tokens that are known from there but not in the file have the
        vector of unknown ones.
    """

    # What a subclass for published files defines: their names and SHA-1 sums, and, when they come in archives, those
    # of these.
    pretrained_file_name_sha1: dict[str, str] = {}

    _vec_len: int | None = None
    _idx_to_vec: Any = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    # ------------------------------------------------------------------ published files

    @classmethod
    def _check_pretrained_file_names(cls, pretrained_file_name: str) -> None:
        if pretrained_file_name not in cls.pretrained_file_name_sha1:
            raise KeyError(
                f"Cannot find pretrained file {pretrained_file_name} for token embedding {cls.__name__.lower()}: "
                f"choose one of {', '.join(cls.pretrained_file_name_sha1)}"
            )

    @classmethod
    def _get_download_file_name(cls, pretrained_file_name: str) -> str:
        """What is to be downloaded for a file: the file, or its archive."""
        return pretrained_file_name

    @classmethod
    def _get_pretrained_file_url(cls, pretrained_file_name: str) -> str:
        name = cls._get_download_file_name(pretrained_file_name)
        return _get_repo_file_url(f"gluon/embeddings/{cls.__name__.lower()}", name)

    @classmethod
    def _get_pretrained_file(cls, embedding_root: str, pretrained_file_name: str) -> str:
        """The path of a published file, which is downloaded unless it is there with the right checksum."""
        folder = os.path.join(os.path.expanduser(embedding_root), cls.__name__.lower())
        path = os.path.join(folder, pretrained_file_name)
        sha1 = cls.pretrained_file_name_sha1[pretrained_file_name]
        if os.path.exists(path) and check_sha1(path, sha1):
            return path
        url = cls._get_pretrained_file_url(pretrained_file_name)
        name = os.path.basename(url)
        archives = getattr(cls, "pretrained_archive_name_sha1", None)
        fetched = download(url, os.path.join(folder, name), sha1_hash=sha1 if archives is None else archives[name])
        if name.endswith((".zip", ".gz")):
            extract(fetched, pretrained_file_name, path, sha1)
        return path

    # ------------------------------------------------------------------ reading and joining

    def _load_embedding(
        self,
        pretrained_file_path: str,
        elem_delim: str | None,
        init_unknown_vec: Callable[..., Any],
        encoding: str = "utf8",
    ) -> None:
        """Take tokens and vectors from a file.

        Raises
        ------
        MXNetError
            When it is not there or malformed; also a ValueError and an AssertionError, as MXNet raises.
        """
        path = os.path.expanduser(pretrained_file_path)
        if not os.path.isfile(path):
            raise ArgumentValueError(f"pretrained_file_path must be a file of word vectors, there is none at {path!r}")
        vectors = read_vectors(path, elem_delim, encoding, self._token_to_idx)
        unset = [i for i in range(1, len(self)) if i not in vectors.filled]
        first = len(self)
        self._idx_to_token.extend(vectors.new)
        self._token_to_idx.update(zip(vectors.new, range(first, len(self))))
        self._vec_len = vectors.values.shape[1]
        values = nd.from_numpy(vectors.values).as_in_context(current_context())
        if 0 not in vectors.filled:
            unknown = init_unknown_vec(shape=self._vec_len)
            values[0] = unknown.as_nd_ndarray() if isinstance(unknown, nd.NDArray) else unknown
        if unset:
            values[_rows(unset)] = values[0]
        self._idx_to_vec = _of_mode(values)

    def _build_embedding_for_vocabulary(self, vocabulary: vocab.Vocabulary | None) -> None:
        """Keep the tokens of a vocabulary only, with its numbers; all without one."""
        if vocabulary is None:
            return
        _check_vocabulary(vocabulary)
        self._set_idx_to_vec_by_embeddings([self], len(vocabulary), vocabulary.idx_to_token)
        self._index_tokens_from_vocabulary(vocabulary)

    def _index_tokens_from_vocabulary(self, vocabulary: vocab.Vocabulary) -> None:
        self._token_to_idx = dict(vocabulary.token_to_idx)
        self._idx_to_token = list(vocabulary.idx_to_token)
        self._unknown_token = vocabulary.unknown_token
        self._reserved_tokens = None if vocabulary.reserved_tokens is None else list(vocabulary.reserved_tokens)

    def _set_idx_to_vec_by_embeddings(
        self, token_embeddings: Sequence[_TokenEmbedding], vocab_len: int, vocab_idx_to_token: Sequence[Any]
    ) -> None:
        """Join the vectors that embeddings have for ``vocab_len`` tokens, of which the first is the unknown one."""
        parts = [
            nd.take(e._vectors().as_nd_ndarray(), _rows([0, *e.to_indices(list(vocab_idx_to_token[1:vocab_len]))]))
            for e in token_embeddings
        ]
        joined = parts[0] if len(parts) == 1 else nd.concat(*parts, dim=1)
        self._vec_len = joined.shape[1]
        self._idx_to_vec = _of_mode(joined)

    # ------------------------------------------------------------------ what a user asks

    def _vectors(self) -> Any:
        if self._idx_to_vec is None:
            raise AssertionError(f"{type(self).__name__} has no vectors yet: load them from a file first")
        return self._idx_to_vec

    @property
    def vec_len(self) -> Any:
        """How many elements a vector has."""
        return self._vec_len

    @property
    def idx_to_vec(self) -> Any:
        """The vectors, a row for each token in the order of their numbers."""
        return self._idx_to_vec

    def get_vecs_by_tokens(self, tokens: Any, lower_case_backup: bool = False) -> Any:
        """The vector of a token, or a matrix of those of a list of tokens.

        Parameters
        ----------
        tokens : str or list of str
        lower_case_backup : bool
            Look for the lower-case form of tokens that are unknown.

        Examples
        --------
        >>> import os, tempfile
        >>> from mxnet.contrib.text.embedding import CustomEmbedding
        >>> path = os.path.join(tempfile.mkdtemp(), "vectors.txt")
        >>> with open(path, "w") as file:
        ...     _ = file.write("hello 1 2\\nworld 3 4\\n")
        >>> CustomEmbedding(path).get_vecs_by_tokens(["World", "?"], lower_case_backup=True).asnumpy().tolist()
        [[3.0, 4.0], [0.0, 0.0]]
        """
        wanted = tokens if isinstance(tokens, list) else [tokens]
        number = self._token_to_idx
        if lower_case_backup:
            wanted = [t if t in number else t.lower() for t in wanted]
        found = _of_mode(nd.take(self._vectors().as_nd_ndarray(), _rows(self.to_indices(wanted))))
        return found if isinstance(tokens, list) else found[0]

    def update_token_vectors(self, tokens: str | Sequence[str], new_vectors: Any) -> None:
        """Replace the vectors of some tokens.

        Parameters
        ----------
        tokens : str or list of str
        new_vectors : NDArray
            A row for each token; for a single one it may be a vector.

        Raises
        ------
        AssertionError
            For anything else.
        ValueError
            For unknown tokens. The vector of unknown tokens is changed by the name of ``unknown_token``.
        """
        vectors = self._vectors()
        wanted = tokens if isinstance(tokens, list) else [tokens]
        ranks = (1, 2) if len(wanted) == 1 else (2,)
        if not isinstance(new_vectors, nd.NDArray) or new_vectors.ndim not in ranks:
            raise AssertionError(
                f"new_vectors must be an NDArray of {' or '.join(map(str, ranks))} axes for {len(wanted)} tokens, got "
                f"{new_vectors.shape if isinstance(new_vectors, nd.NDArray) else type(new_vectors).__name__}"
            )
        shape = len(wanted), vectors.shape[1]
        if new_vectors.shape not in (shape, shape[2 - new_vectors.ndim :]):
            raise AssertionError(f"new_vectors must have shape {shape}, got {new_vectors.shape}")
        for token in wanted:
            if token not in self._token_to_idx:
                raise ValueError(
                    f"Token {token} is unknown. To change the vector of all unknown tokens, name the unknown_token, "
                    f"{self.unknown_token}."
                )
        vectors.as_nd_ndarray()[_rows(self.to_indices(wanted))] = new_vectors.as_nd_ndarray().reshape(shape)


def _rows(numbers: list[int]) -> Any:
    return nd.array(numbers, dtype="int64")


def _of_mode(array: Any) -> Any:
    """The array as ``mx.np.ndarray`` in NumPy mode."""
    return array.as_np_ndarray() if is_np_array() else array


def _check_vocabulary(vocabulary: Any) -> None:
    if not isinstance(vocabulary, vocab.Vocabulary):
        raise AssertionError(
            f"vocabulary must be a mxnet.contrib.text.vocab.Vocabulary, got {type(vocabulary).__name__}"
        )


_registered = registry.get_register_func(_TokenEmbedding, "token embedding")
_created = registry.get_create_func(_TokenEmbedding, "token embedding")


def register(embedding_cls: T) -> T:
    """Make a class of embeddings known to :func:`create`, under its name in lower case.

    Examples
    --------
    >>> from mxnet.contrib.text import embedding
    >>> @embedding.register
    ... class MyVectors(embedding._TokenEmbedding):
    ...     pass
    >>> type(embedding.create("myvectors")).__name__
    'MyVectors'
    """
    return _registered(embedding_cls)


def create(embedding_name: str, **kwargs: Any) -> Any:
    """Make an embedding by the name of its class.

    Parameters
    ----------
    embedding_name : str
        In any case, such as ``"glove"``; see :func:`get_pretrained_file_names`.
    **kwargs
        For the class, such as ``pretrained_file_name``.
    """
    return _created(embedding_name, **kwargs)


def get_pretrained_file_names(embedding_name: str | None = None) -> Any:
    """The names of the published files of word vectors.

    Parameters
    ----------
    embedding_name : str, optional
        Such as ``"glove"``.

    Returns
    -------
    list of str
        Those of one class of embeddings; without a name a dictionary of the lists of all classes.

    Raises
    ------
    KeyError
        When no class has this name.

    Examples
    --------
    >>> from mxnet.contrib.text import embedding
    >>> embedding.get_pretrained_file_names("glove")[1]
    'glove.6B.50d.txt'
    """
    known = registry.get_registry(_TokenEmbedding)
    names = {name: list(cls.pretrained_file_name_sha1) for name, cls in known.items()}  # type: ignore[attr-defined]
    if embedding_name is None:
        return names
    if embedding_name not in names:
        raise KeyError(f"Cannot find embedding_name {embedding_name}: choose one of {', '.join(names)}")
    return names[embedding_name]


class _Published(Defaults, _TokenEmbedding):
    """An embedding that there are published files of."""

    def __init_subclass__(cls, **defaults: Any) -> None:
        super().__init_subclass__(**defaults)
        files = _published.files_of(cls.__name__.lower())
        cls.pretrained_file_name_sha1 = {file.name: file.sha1 for file in files}
        cls.pretrained_archive_name_sha1 = {file.archive: file.archive_sha1 for file in files}
        cls._archives = {file.name: file.archive for file in files}

    _archives: dict[str, str]
    pretrained_archive_name_sha1: dict[str, str]

    @classmethod
    def _get_download_file_name(cls, pretrained_file_name: str) -> str:
        return cls._archives[pretrained_file_name]

    def __init__(
        self,
        pretrained_file_name: str = "",
        embedding_root: str = _ROOT,
        init_unknown_vec: Callable[..., Any] = nd.zeros,
        vocabulary: vocab.Vocabulary | None = None,
        **kwargs: Any,
    ) -> None:
        self._check_pretrained_file_names(pretrained_file_name)
        super().__init__(**kwargs)
        path = self._get_pretrained_file(embedding_root, pretrained_file_name)
        self._load_embedding(path, " ", init_unknown_vec)
        self._build_embedding_for_vocabulary(vocabulary)


@register
class GloVe(_Published, pretrained_file_name="glove.840B.300d.txt"):
    """Vectors of GloVe (Pennington, Socher and Manning, 2014; https://nlp.stanford.edu/projects/glove), PDDL.

    Parameters
    ----------
    pretrained_file_name : str
        See :func:`get_pretrained_file_names`.
    embedding_root : str
        The folder of the files, which are downloaded when they are not there.
    init_unknown_vec : function
        Makes the vector of unknown tokens from a keyword ``shape``.
    vocabulary : mxnet.contrib.text.vocab.Vocabulary, optional
        The tokens to keep, with their numbers; all that the file has when not given.
    **kwargs
        See :class:`~mxnet.contrib.text.vocab.Vocabulary`.
    """


@register
class FastText(_Published, pretrained_file_name="wiki.simple.vec"):
    """Vectors of fastText (Bojanowski, Grave, Joulin and Mikolov, 2017; https://fasttext.cc), CC BY-SA 3.0.

    Parameters
    ----------
    pretrained_file_name, embedding_root, init_unknown_vec, vocabulary, **kwargs
        As for :class:`GloVe`.
    """


class CustomEmbedding(_TokenEmbedding):
    """Vectors of the user's own file: on each line a token and its numbers.

    Parameters
    ----------
    pretrained_file_path : str
    elem_delim : str
        What is between a token and its numbers.
    encoding : str
    init_unknown_vec : function
        Makes the vector of unknown tokens from a keyword ``shape``.
    vocabulary : mxnet.contrib.text.vocab.Vocabulary, optional
        The tokens to keep, with their numbers; all that the file has when not given.
    **kwargs
        See :class:`~mxnet.contrib.text.vocab.Vocabulary`.
    """

    def __init__(
        self,
        pretrained_file_path: str,
        elem_delim: str = " ",
        encoding: str = "utf8",
        init_unknown_vec: Callable[..., Any] = nd.zeros,
        vocabulary: vocab.Vocabulary | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._load_embedding(pretrained_file_path, elem_delim, init_unknown_vec, encoding)
        self._build_embedding_for_vocabulary(vocabulary)


class CompositeEmbedding(_TokenEmbedding):
    """The vectors of several embeddings one after the other, for each token of a vocabulary.

    Parameters
    ----------
    vocabulary : mxnet.contrib.text.vocab.Vocabulary
    token_embeddings : embedding, or list of them
    """

    def __init__(self, vocabulary: vocab.Vocabulary, token_embeddings: Any) -> None:
        _check_vocabulary(vocabulary)
        embeddings = token_embeddings if isinstance(token_embeddings, list) else [token_embeddings]
        if not embeddings or not all(isinstance(e, _TokenEmbedding) for e in embeddings):
            raise AssertionError(f"token_embeddings must be one embedding or a list of them, got {token_embeddings!r}")
        self._index_tokens_from_vocabulary(vocabulary)
        self._set_idx_to_vec_by_embeddings(embeddings, len(self), self.idx_to_token)
