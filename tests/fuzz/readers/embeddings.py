"""Files of word vectors."""

from __future__ import annotations

from mxnet.contrib.text.embedding import CustomEmbedding
from tests.fuzz.mutations import TEXT
from tests.fuzz.reader import Reader, written


def _seeds() -> list[bytes]:
    return [b"a 1 2\nb 3 4\n", b"2 3\nhello 0.1 -2e3 5\r\n<unk> 1 2 3\r\n", "\u00e9 1\na 2\na 3\n".encode(), b"x\n"]


def _read(data: bytes, folder: str) -> None:
    vectors = CustomEmbedding(written(data, folder, "vectors.txt"))
    vectors.get_vecs_by_tokens(["a", "nothing"]).asnumpy()


READERS = [Reader("word vectors", _seeds, _read, TEXT)]
