"""Files of word vectors: a token and its numbers on each line."""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..._core.text import quoted
from ...base import ArgumentValueError

# Beyond this many characters a line is not one of word vectors. What is in memory beside the vectors is a line.
_LONGEST_LINE = 1 << 20


class Vectors(NamedTuple):
    """What a file of word vectors holds.

    Attributes
    ----------
    values : numpy.ndarray
        A row for each token that was known before, then one for each of ``new``.
    new : list of str
        Tokens of the file that were not known, in its order.
    filled : set of int
        Rows of known tokens that the file has vectors for.
    """

    values: np.ndarray
    new: list[str]
    filled: set[int]


def read_vectors(path: str, delimiter: str | None, encoding: str, known: Mapping[Any, int]) -> Vectors:
    """Read a file of word vectors.

    Of a token that occurs more than once the first vector counts, and a line with one number only is a header: both are
    warned of. The unknown token, which has the number 0, is the exception: one number is the value of all its elements.

    Parameters
    ----------
    path : str
    delimiter : str, optional
        What is between a token and its numbers; any white space when not given.
    encoding : str
    known : dict of str to int
        Tokens that have rows already.

    Raises
    ------
    ArgumentValueError
        For a line that is not a token and numbers, or has another count of them than the lines before; the message
        names file and line. For a file without vectors.
    """
    values = array("f")
    new: list[str] = []
    seen: set[str] = set()
    early: dict[int, tuple[int, str, np.ndarray]] = {}  # what the rows of known tokens will hold
    length = first_line = 0
    for number, line in _lines(path, encoding):
        token, *texts = line.rstrip().split(delimiter)
        if not texts:
            raise ArgumentValueError(f"{path}, line {number}: expected a token and its vector, got {quoted(token)}")
        vector = _numbers(path, number, token, texts)
        row = known.get(token)
        if row == 0 and token not in seen:
            early[0] = number, token, vector
        elif token in seen:
            _warn(
                f"{path}, line {number}: the vector of token {quoted(token)} has been loaded and a duplicate is skipped"
            )
            continue
        elif len(vector) == 1:
            _warn(
                f"{path}, line {number}: token {quoted(token)} with 1-dimensional vector [{vector[0]:g}] is likely a "
                "header and is skipped"
            )
            continue
        else:
            if not length:
                length, first_line = len(vector), number
                values.frombytes(bytes(4 * length * len(known)))
            if len(vector) != length:
                raise ArgumentValueError(_unequal(path, number, token, vector, length, first_line))
            if row is None:
                values.frombytes(vector.tobytes())
                new.append(token)
            else:
                early[row] = number, token, vector
        seen.add(token)
    if not length:
        raise ArgumentValueError(f"{path}: the file holds no vectors")

    matrix = np.frombuffer(values, np.float32).reshape(-1, length)
    for row, (number, token, vector) in early.items():
        if row == 0 and len(vector) not in (1, length):
            raise ArgumentValueError(_unequal(path, number, token, vector, length, first_line))
        matrix[row] = vector
    return Vectors(matrix, new, set(early))


def _lines(path: str, encoding: str) -> Iterator[tuple[int, str]]:
    """The lines of a file and their numbers, none longer than the limit, all of them text."""
    number = 0
    with open(path, encoding=encoding, errors="surrogateescape") as file:
        while True:
            number += 1
            try:
                line = file.readline(_LONGEST_LINE)
            except UnicodeError as e:
                raise ArgumentValueError(
                    f"{path}, line {number} or soon after: it is not {encoding} text: {e}"
                ) from None
            if not line:
                return
            if len(line) == _LONGEST_LINE and not line.endswith("\n"):
                raise ArgumentValueError(f"{path}, line {number}: longer than {_LONGEST_LINE} characters")
            if not line.isascii():
                _check_text(path, number, line, encoding)
            yield number, line


def _check_text(path: str, number: int, line: str, encoding: str) -> None:
    """Raise if a line has bytes that the encoding does not know."""
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as e:
        byte = ord(line[e.start]) & 0xFF
        raise ArgumentValueError(
            f"{path}, line {number}: it is not {encoding} text: byte {byte:#04x} after {e.start} characters"
        ) from None


def _numbers(path: str, line: int, token: str, texts: list[str]) -> np.ndarray:
    """A vector of its texts, all in one call."""
    try:
        with np.errstate(over="ignore"):
            return np.array(texts, dtype=np.float32)
    except ValueError:
        place, wrong = next((i, text) for i, text in enumerate(texts, 1) if not _is_number(text))
        raise ArgumentValueError(
            f"{path}, line {line}: element {place} of the vector of {quoted(token)} must be a number, got "
            f"{quoted(wrong)}"
        ) from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _unequal(path: str, line: int, token: str, vector: np.ndarray, length: int, first_line: int) -> str:
    return (
        f"{path}, line {line}: the vector of {quoted(token)} has {len(vector)} elements, that of line {first_line} has "
        f"{length}: all must have the same dimension"
    )


def _warn(message: str) -> None:
    # Reader, loader, constructor of the embedding: the line that is meant is the user's.
    warnings.warn(message, UserWarning, stacklevel=5)
