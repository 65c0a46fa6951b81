"""Ways to change an input."""

from __future__ import annotations

import json
import pickle
import pickletools
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

# Inputs do not get longer than this: faults that need long inputs show as soon as a few kilobytes are read too slowly.
LONGEST = 1 << 16

_NUMBERS = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 33, 64, 127, 128, 255, 256, 1000, 0x7FFF, 0x8000, 0xFFFF, 0x10000]
_NUMBERS += [2**k + d for k in (20, 24, 29, 30, 31, 32, 40, 62, 63, 64) for d in (-1, 0, 1)]
_NUMBERS += [-n for n in _NUMBERS]
_WORDS = [b"", b"0", b"-1", b"1e400", b"-1e-400", b"nan", b"inf", b"1_0", b"0x1F", b"1.", b".5", b"9" * 30, b"9" * 5000]
_WORDS += [b"(", b")", b"((2,), 3)", b"[" * 50, b"None", b"True", b"\xff", b"\xc3\xa9", b"\xd9\xa3", b"\0", b'"', b"#"]
_WORDS += [b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\r", b"\\", b"'", b"%s", b"{}", b"-", b"+", b"e", b"2147483648", b"-0"]
_SEPARATORS = [b",", b"\t", b" ", b"\n", b"\r\n", b":", b";", b""]
_WORD = re.compile(rb"[^\s,:;\"'()\[\]{}]+")


def _span(data: bytes, rng: Random) -> tuple[int, int]:
    """A range, short more often than long."""
    start = rng.randrange(len(data) + 1)
    length = min(rng.choice((1, 2, 4, 8, 16, 64, 1024, len(data))), len(data) - start)
    return start, start + length


# ---------------------------------------------------------------------- bytes


def flip(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    """A few bytes become others."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        if changed:
            at = rng.randrange(len(changed))
            changed[at] = rng.choice((changed[at] ^ 1 << rng.randrange(8), rng.randrange(256), 0, 255, 127, 128))
    return bytes(changed)


def number(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    """A number in the bytes (a length, an offset, a count) becomes another."""
    width = rng.choice((1, 2, 4, 4, 4, 8, 8))
    if len(data) < width:
        return data
    at = rng.randrange(0, len(data) - width + 1, rng.choice((1, min(width, 4))))
    order = rng.choice(("little", "little", "big"))
    if rng.random() < 0.4:
        value = int.from_bytes(data[at : at + width], order) + rng.choice((-2, -1, 1, 2, 4, 8))  # type: ignore[arg-type]
    elif rng.random() < 0.2:
        value = len(data) - at + rng.choice((-8, -4, -1, 0, 1))
    else:
        value = rng.choice(_NUMBERS)
    return data[:at] + (value % (1 << 8 * width)).to_bytes(width, order) + data[at + width :]  # type: ignore[arg-type]


def cut(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    """A range is gone; often the end."""
    start, stop = _span(data, rng)
    return data[:start] if rng.random() < 0.4 else data[:start] + data[stop:]


def repeat(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    """A range is there several times, or very often."""
    start, stop = _span(data, rng)
    times = rng.choice((2, 2, 2, 3, 10, 100, 5000))
    times = min(times, max(1, (LONGEST - len(data)) // max(1, stop - start)))
    return data[:start] + data[start:stop] * times + data[stop:]


def insert(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    """Bytes are put in."""
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice((rng.randbytes(rng.randrange(1, 9)), bytes(rng.randrange(1, 64)))) + data[at:]


def splice(data: bytes, rng: Random, seeds: Sequence[bytes]) -> bytes:
    """The beginning of one input and the end of another; or a range of the other in the first."""
    other = rng.choice(seeds)
    start, stop = _span(other, rng)
    at = rng.randrange(len(data) + 1)
    return data[:at] + (other[start:stop] + data[at:] if rng.random() < 0.5 else other[start:])


BYTES = (flip, flip, number, number, number, cut, repeat, insert, splice)

# ---------------------------------------------------------------------- text


def word(data: bytes, rng: Random, seeds: Sequence[bytes]) -> bytes:
    """A word becomes another, strange one, or one of another input."""
    found = list(_WORD.finditer(data))
    if not found:
        return data + rng.choice(_WORDS)
    place = rng.choice(found)
    new = rng.choice(_WORDS)
    if rng.random() < 0.3:
        new = rng.choice(_WORD.findall(rng.choice(seeds)) or [b""])
    elif rng.random() < 0.3:
        new = b"%d" % rng.choice(_NUMBERS)
    elif rng.random() < 0.2:
        new = place.group() + new
    return data[: place.start()] + new + data[place.end() :]


def separator(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    """What separates words becomes something else."""
    found = list(re.finditer(rb"[\s,:;]+", data))
    if not found:
        return data + rng.choice(_SEPARATORS)
    place = rng.choice(found)
    return data[: place.start()] + rng.choice(_SEPARATORS) + data[place.end() :]


def line(data: bytes, rng: Random, seeds: Sequence[bytes]) -> bytes:
    """Lines are doubled, dropped, exchanged or taken from another input."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    at = rng.randrange(len(lines))
    kind = rng.randrange(4)
    if kind == 0:
        lines.insert(rng.randrange(len(lines) + 1), lines[at])
    elif kind == 1:
        del lines[at]
    elif kind == 2:
        other = rng.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines.insert(at, rng.choice(rng.choice(seeds).splitlines(keepends=True) or [b""]))
    return b"".join(lines)


TEXT = (word, word, word, separator, line, line, *BYTES)

# ---------------------------------------------------------------------- JSON


def json_value(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    """A value somewhere in a JSON text is changed, dropped, doubled, or wrapped into a nest."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return data
    holder: Any = [tree]
    key: Any = 0
    while True:  # go down to a random place
        value = holder[key]
        if not isinstance(value, (dict, list)) or not value or rng.random() < 0.1:
            break
        holder, key = value, rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
    root: Any = {"": tree} if holder == [tree] and holder[0] is tree else None
    if root is not None:
        holder, key = root, ""
    _change(holder, key, rng)
    try:
        return json.dumps(tree if root is None else root.get("", None)).encode()
    except RecursionError:
        return data


def _change(holder: Any, key: Any, rng: Random) -> None:
    value = holder[key]
    kind = rng.randrange(6)
    if kind == 0 and (isinstance(holder, dict) or len(holder) > 1):
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), value)
    elif kind == 1:
        holder[rng.choice(("name", "attrs", "op", "extra", "", str(key) * 3))] = value
    elif kind == 2:
        for _ in range(rng.choice((1, 2, 30, 200, 900))):
            value = [value]
        holder[key] = value
    elif kind == 3 and isinstance(value, int):
        holder[key] = value + rng.choice((-1, 1)) if rng.random() < 0.5 else rng.choice(_NUMBERS)
    elif kind == 4 and isinstance(value, str):
        holder[key] = word(value.encode("utf-8", "replace"), rng, [b"x"]).decode("utf-8", "replace")
    else:
        strange = (
            None,
            True,
            0,
            -1,
            2**64,
            1.5,
            float("nan"),
            "",
            "x" * 3000,
            "\ud800",
            [],
            {},
            [[]],
            {"a": [1]},
            "null",
        )
        holder[key] = rng.choice(strange)


JSON = (json_value, json_value, json_value, word, *BYTES)

# ---------------------------------------------------------------------- pickles


def instruction(data: bytes, rng: Random, seeds: Sequence[bytes]) -> bytes:
    """An instruction of a pickle is dropped, doubled, moved, or another one is put in."""
    places = _instructions(data)
    if len(places) < 3:
        return data
    pieces = [data[a:b] for a, b in zip(places, places[1:])]
    at = rng.randrange(len(pieces))
    kind = rng.randrange(5)
    if kind == 0:
        del pieces[at]
    elif kind == 1:
        pieces.insert(rng.randrange(len(pieces)), pieces[at])
    elif kind == 2:
        pieces[at] = pieces[at] * rng.choice((2, 100, 3000))
    elif kind == 3:
        other = rng.choice(seeds)
        bounds = _instructions(other)
        if len(bounds) > 1:
            i = rng.randrange(len(bounds) - 1)
            pieces.insert(at, other[bounds[i] : bounds[min(i + rng.choice((1, 2, 5)), len(bounds) - 1)]])
    else:
        pieces.insert(at, rng.choice(_OPCODES) * rng.choice((1, 1, 2, 50)))
    return b"".join(pieces)[:LONGEST] + data[places[-1] :]


def _instructions(data: bytes) -> list[int]:
    """Where instructions begin, as far as they can be told apart."""
    places = []
    try:
        for _, _, position in pickletools.genops(data):
            places.append(position or 0)
    except Exception:  # noqa: BLE001 - genops raises anything for bytes that are no pickle
        pass
    return places


_OPCODES = [
    *(bytes([c]) for c in b"(.012}])l]teausbRQNpP\x85\x86\x87\x88\x89\x8f\x90\x91\x93\x94\x81\x92\x97\x98"),
    pickle.BINGET + b"\0",
    pickle.BINPUT + b"\0",
    pickle.BININT + b"\xff\xff\xff\x7f",
    pickle.LONG_BINGET + b"\xff\xff\xff\x7f",
    pickle.LONG_BINPUT + b"\xff\xff\xff\x7f",
    pickle.BINUNICODE8 + b"\xff" * 8,
    pickle.BINBYTES8 + b"\xff\xff\xff\x7f" + bytes(4),
    pickle.BYTEARRAY8 + b"\xff\xff\xff\x7f" + bytes(4),
    pickle.FRAME + b"\xff" * 8,
    pickle.LONG4 + b"\xff\xff\xff\x7f",
    pickle.LONG1 + b"\x08" + b"\xff" * 8,
    pickle.GLOBAL + b"builtins\nbytearray\n",
    pickle.GLOBAL + b"builtins\nset\n",
    pickle.GLOBAL + b"numpy.core.multiarray\nscalar\n",
    pickle.GLOBAL + b"numpy\ndtype\n",
    pickle.GLOBAL + b"mxnet.ndarray.ndarray\nNDArray\n",
    pickle.GLOBAL + b"mxnet.lr_scheduler\nFactorScheduler\n",
    pickle.GLOBAL + b"mxnet.optimizer.optimizer\nSGD\n",
    # A tuple of a tuple twice, again and again: hashing or comparing it takes exponential time.
    b"N\x85" + b"2\x86" * 60,
    b"N" + b"\x85" * 3000,
]

PICKLE = (instruction, instruction, instruction, *BYTES)


def mutated(data: bytes, mutations: Sequence[Callable[..., bytes]], rng: Random, seeds: Sequence[bytes]) -> bytes:
    """An input that went through one or a few mutations."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5))):
        data = rng.choice(mutations)(data, rng, seeds)
    return data[:LONGEST]
