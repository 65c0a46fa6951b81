"""The published files of word vectors, as ``published.txt`` lists them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class File(NamedTuple):
    """A file in an archive, and the SHA-1 sums of both."""

    archive: str
    archive_sha1: str
    name: str
    sha1: str


def files_of(embedding: str) -> list[File]:
    """The files of an embedding, in the order in which they are shown."""
    rows = map(str.split, Path(__file__).with_name("published.txt").read_text(encoding="ascii").splitlines())
    return [File(*row) for kind, *row in rows if kind == embedding]
