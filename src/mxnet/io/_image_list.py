"""Reading lists of images (``.lst``): lines of a number, labels and a file name, with tabs between them."""

from __future__ import annotations

import warnings
from typing import NamedTuple

from .._core.text import lines_of, quoted
from ..base import OperatorValueError


class ListedImage(NamedTuple):
    """A line of a list."""

    labels: list[float]
    name: str


def read_image_list(path: str) -> dict[int, ListedImage]:
    """The images of a list by their number.

    Fields may have spaces between them instead of tabs. Of two lines with one number the last counts, with a warning.

    Raises
    ------
    MXNetError
        For a line that is none of a list; the message says which. It is a ``ValueError`` too.
    """
    found: dict[int, ListedImage] = {}
    again = None
    for number, line in lines_of(path):
        fields = line.strip().split("\t") if "\t" in line else line.split()
        if not line.strip():
            continue
        try:
            if len(fields) < 3:
                raise ValueError
            key, labels = int(fields[0]), [float(v) for v in fields[1:-1]]
        except ValueError:
            raise OperatorValueError(
                f"{path}, line {number}: expected a number, labels and a file name, got {quoted(line)}"
            ) from None
        if again is None and key in found:
            again = number, key
        found[key] = ListedImage(labels, fields[-1])
    if again is not None:
        warnings.warn(
            f"{path}, line {again[0]}: there has been an image {quoted(again[1])} before; the last one counts",
            stacklevel=4,
        )
    return found
