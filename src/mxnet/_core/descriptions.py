"""Parameters that many take and one describes: the others have ``help`` show its words.

In source, a docstring says what is particular; signatures stay written out, so that editors and type checkers see them.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

_Thing = TypeVar("_Thing", bound=Callable[..., Any])

_ORDER = ("", "Parameters", "Attributes", "Returns", "Raises", "Notes", "Examples")
_HEADING = re.compile(rf"^({'|'.join(_ORDER[1:])})\n-{{3,}}\n", re.MULTILINE)
_ENTRY = re.compile(r"\n(?=\S)")  # what is indented belongs to the name before it
_NAMES = re.compile(r"[\w*]+(?:, [\w*]+)*")
_TAKEN_WHOLE = ("Returns", "Raises", "Notes")


def described_like(*models: Any) -> Callable[[_Thing], _Thing]:
    """Complete the docstring of a class or function by those of others; without any, of a class by those of its bases.

    Each parameter of the signature that it does not describe is described as in the first of ``models`` that does. The
    sections "Returns", "Raises" and "Notes" are taken over where it has none.
    """

    def decorate(thing: _Thing) -> _Thing:
        complete(thing, *models)
        return thing

    return decorate


def complete(thing: Any, *models: Any) -> None:
    """What :func:`described_like` does, for code that makes classes."""
    if thing.__doc__ is None:  # as under python -OO
        return
    own, own_entries = _parsed(thing.__doc__)
    sections, entries = dict(own), list(own_entries)
    order = {name: i for i, name in enumerate(_arguments(thing))}
    known = {name for names, _ in entries for name in names}
    before = len(known), len(sections)
    for model in models or thing.__mro__[1:-1]:
        theirs, described = _parsed(vars(model).get("__doc__") if isinstance(model, type) else model.__doc__)
        for names, rest in described:
            missing = [name for name in names if name.lstrip("*") in order and name not in known]
            if missing:
                known.update(missing)
                entries.append((missing, rest))
        for heading in _TAKEN_WHOLE:
            if heading in theirs:
                sections.setdefault(heading, theirs[heading])
    if (len(known), len(sections)) == before:
        return
    if entries:
        entries.sort(key=lambda entry: order.get(entry[0][0].lstrip("*"), len(order)))
        sections["Parameters"] = "\n".join([", ".join(names) + rest for names, rest in entries])
    parts = sorted(sections.items(), key=lambda part: _ORDER.index(part[0]))
    thing.__doc__ = "\n\n".join([f"{h}\n{'-' * len(h)}\n{text}" if h else text for h, text in parts]) + "\n"


def _arguments(thing: Any) -> tuple[str, ...]:
    """The names of the arguments; ``inspect.signature`` would take most of the time that the import of layers does."""
    code = (thing.__init__ if inspect.isclass(thing) else thing).__code__
    stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + stars]


@functools.cache
def _parsed(doc: str | None) -> tuple[dict[str, str], list[tuple[list[str], str]]]:
    """The parts of a docstring by heading (``""`` is the beginning), and the entries of "Parameters"."""
    parts = [part.strip("\n") for part in _HEADING.split(inspect.cleandoc(doc or ""))]
    sections = {"": parts[0], **dict(zip(parts[1::2], parts[2::2]))}
    entries = []
    for entry in _ENTRY.split(sections.get("Parameters", "")):
        names = _NAMES.match(entry)
        if names:
            entries.append((names[0].split(", "), entry[names.end() :].rstrip()))
    return sections, entries
