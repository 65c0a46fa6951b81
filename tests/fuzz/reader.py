"""What a fuzzer has to know of a reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from mxnet import MXNetError

# Makes another input of one, with the help of the other seeds.
Mutation = Callable[[bytes, Random, Sequence[bytes]], bytes]


@dataclass(frozen=True)
class Reader:
    """A way to read files.

    Attributes
    ----------
    name : str
    seeds : callable
        Gives good inputs, small ones: the smaller, the more mutations hit what matters.
    read : callable
        Reads an input; gets its bytes and the path of a folder in memory for files.
    mutations : sequence of Mutation
        Each input goes through one or more of these.
    errors : tuple of type
        What the reader's documentation says that it raises for bad files.
    weight : int
        Its share of the inputs.
    """

    name: str
    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes, str], object]
    mutations: Sequence[Mutation]
    errors: tuple[type[Exception], ...] = field(default=(MXNetError,))
    weight: int = 10


def written(data: bytes, folder: str, name: str) -> str:
    """The path of a new file with an input."""
    path = f"{folder}/{name}"
    with open(path, "wb") as file:
        file.write(data)
    return path
