"""Parameters that many take and one describes: the others have ``help`` show its words.

In source, a docstring says what is particular; signatures stay written out, so that editors and type checkers see them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

_Thing = TypeVar("_Thing", bound=Callable[..., Any])

_ORDER = ("", "Parameters", "Attributes", "Returns", "Raises", "Notes", "Examples")
_HEADING = re.compile(rf"^({'|'.join(_ORDER[1:])})\n-{{3,}}\n", re.MULTILINE)
_ENTRY = re.compile(r"\n(?=\S)")  # what is indented belongs to the name before it
_TAKEN_WHOLE = ("Raises", "Notes")


def described_like(*models: object) -> Callable[[_Thing], _Thing]:
    """Complete the docstring of a class or function by those of others; without any, of a class by those of its bases.

    Each parameter of the signature that it does not describe is described as in the first of ``models`` that does. The
    sections "Raises" and "Notes" are taken over where it has none.
    """

    def decorate(thing: _Thing) -> _Thing:
        complete(thing, *models)
        return thing

    return decorate


def complete(thing: Any, *models: object) -> None:
    """What :func:`described_like` does, for code that makes classes."""
    if thing.__doc__ is None:  # as under python -OO
        return
    models = models or thing.__mro__[1:-1]
    sections = _sections(thing)
    order = {name: i for i, name in enumerate(inspect.signature(thing).parameters)}
    entries = _entries(sections)
    known = {name.lstrip("*") for names, _ in entries for name in names}
    for model in models:
        theirs = _sections(model)
        for names, rest in _entries(theirs):
            missing = [name for name in names if name.lstrip("*") in order.keys() - known]
            known.update(name.lstrip("*") for name in missing)
            if missing:
                entries.append((missing, rest))
        for heading in _TAKEN_WHOLE:
            if heading in theirs:
                sections.setdefault(heading, theirs[heading])
    if entries:
        entries.sort(key=lambda entry: order.get(entry[0][0].lstrip("*"), len(order)))
        sections["Parameters"] = "\n".join([", ".join(names) + rest for names, rest in entries])
    parts = sorted(sections.items(), key=lambda part: _ORDER.index(part[0]))
    thing.__doc__ = "\n\n".join([f"{h}\n{'-' * len(h)}\n{text}" if h else text for h, text in parts]) + "\n"


def _sections(thing: object) -> dict[str, str]:
    """The parts of a docstring by heading; ``""`` is the beginning."""
    parts = [part.strip("\n") for part in _HEADING.split(inspect.getdoc(thing) or "")]
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2]))}


def _entries(sections: dict[str, str]) -> list[tuple[list[str], str]]:
    """The names that each entry of the section "Parameters" begins with, and the rest of it."""
    found = []
    for entry in _ENTRY.split(sections.get("Parameters", "")):
        names = re.match(r"[\w*]+(?:, [\w*]+)*", entry)
        if names:
            found.append((names[0].split(", "), entry[names.end() :].rstrip()))
    return found
