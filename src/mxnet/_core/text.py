"""Text files that may be anything, and messages about what is in them."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator

from ..base import MXNetError

# What a message quotes of a file, and how long all of it may get.
_QUOTED, _MESSAGE = 60, 600
_short = reprlib.Repr()
_short.maxstring = _short.maxother = _QUOTED


def lines_of(path: str) -> Iterator[tuple[int, str]]:
    """The lines of a UTF-8 file, without their ends, and their numbers from 1. A byte order mark is left out.

    Raises
    ------
    MXNetError
        For a line that is not UTF-8; the message says which.
    """
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as e:
                raise MXNetError(
                    f"{path}, line {number}: it is not UTF-8 text: byte {line[e.start]:#04x} at position {e.start}"
                ) from None
            yield number, text.rstrip("\r\n")


def quoted(value: object) -> str:
    """The representation of a value, cut to what a message can hold: long texts, lists and deep nests too."""
    text = _short.repr(value)
    return text if len(text) <= _QUOTED else text[: _QUOTED - 3] + "..."


def shortened(message: str) -> str:
    """A message without its middle where it is too long to be read."""
    if len(message) <= _MESSAGE:
        return message
    begin, end = message[: _MESSAGE * 2 // 3], message[-_MESSAGE // 4 :]
    return f"{begin} [... {len(message) - len(begin) - len(end)} characters ...] {end}"
