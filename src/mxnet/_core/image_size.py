"""How large the image in an encoded file says it is, read off its header before anybody decodes it.

A file of a kilobyte may claim a thousand megapixels, and a decoder believes it. OpenCV has a limit of its own, which it
reads from the environment when it is loaded; by then it may be too late to set it, and it is high.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import NamedTuple

from . import env
from .errors import MXNetError, shown_as_mxnet_error

# How many pixels a byte of a file can stand for at most. JPEG: a bit for a block of 64, with room to spare. Deflate
# packs 1032 bytes into one, of eight pixels each.
_PER_BYTE_JPEG = 1024
_PER_BYTE_PNG = 8 * 1040
# Files of any size may claim so many.
_SMALL = 1 << 20
_LONGEST_TEXT = 1 << 16


@shown_as_mxnet_error
class NotAnImageError(MXNetError):
    """Bytes that no decoder takes for an image."""


class Claim(NamedTuple):
    """What a header says; ``most`` is how many pixels the file can hold in fact, None when that cannot be told."""

    width: int
    height: int
    most: int | None = None


def _jpeg(data: memoryview) -> Claim | None:
    """The first frame header (SOF); the blocks before it are skipped by their lengths."""
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            at += 1  # padding, or damage that decoders skip too
            continue
        kind = data[at + 1]
        if kind == 0xFF:
            at += 1
        elif kind in (0x00, 0x01, 0xD8) or 0xD0 <= kind <= 0xD7:
            at += 2
        elif 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return Claim(width, height, _PER_BYTE_JPEG * len(data))
        elif kind in (0xD9, 0xDA):
            return None
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _png(data: memoryview) -> Claim:
    """The size in the header. Chunks must end inside the file: OpenCV allocates what a length says before it reads."""
    at, has_pixels = 8, False
    while at < len(data):
        length, left = int.from_bytes(data[at : at + 4], "big"), len(data) - at - 12
        if length > left:
            raise NotAnImageError(
                f"Decoding failed. Invalid image: the PNG chunk at offset {at} claims to have {length} bytes, "
                f"{max(left, 0)} are left"
            )
        kind = data[at + 4 : at + 8]
        has_pixels |= kind == b"IDAT"
        if kind == b"IEND" and has_pixels:
            break  # what is behind is not read; without pixels it is
        at += 12 + length
    width, height = struct.unpack_from(">II", data, 16)
    return Claim(width, height, _PER_BYTE_PNG * len(data))


def _bmp(data: memoryview) -> Claim:
    size = struct.unpack_from("<I", data, 14)[0]
    width, height = struct.unpack_from("<HH" if size == 12 else "<ii", data, 18)
    depth = struct.unpack_from("<H", data, 24 if size == 12 else 28)[0]
    packed = size > 12 and struct.unpack_from("<I", data, 30)[0] in (1, 2)  # runs of up to 255 pixels in two bytes
    return Claim(abs(width), abs(height), len(data) * (1024 if packed else 8) // (1 if packed else max(depth, 1)))


def _webp(data: memoryview) -> Claim | None:
    kind = bytes(data[12:16])
    if kind == b"VP8X":
        return Claim(*(1 + int.from_bytes(data[i : i + 3], "little") for i in (24, 27)))
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return Claim(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 ":
        return Claim(*(n & 0x3FFF for n in struct.unpack_from("<HH", data, 26)))
    return None


def _tiff(data: memoryview) -> Claim | None:
    order = "<" if data[0] == 0x49 else ">"
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    at = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0]
    count = struct.unpack_from(order + ("Q" if big else "H"), data, at)[0]
    at += 8 if big else 2
    found = {}
    for i in range(min(count, 4096)):
        entry = at + i * (20 if big else 12)
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        if tag in (256, 257) and kind in (3, 4, 16):
            code = {3: "H", 4: "I", 16: "Q"}[kind]
            found[tag] = struct.unpack_from(order + code, data, entry + (12 if big else 8))[0]
    return Claim(found[256], found[257]) if len(found) == 2 else None


def _gif(data: memoryview) -> Claim:
    return Claim(*struct.unpack_from("<HH", data, 6))


def _box(name: bytes, offset: int) -> Callable[[memoryview], Claim | None]:
    """Two numbers behind the name of a box, in files made of boxes."""

    def read(data: memoryview) -> Claim | None:
        sizes = []
        for match in re.finditer(name, data):
            sizes.append(struct.unpack_from(">II", data, match.end() + offset))
            if len(sizes) > 64:
                break
        return Claim(*max(sizes, key=lambda s: s[0] * s[1])) if sizes else None

    return read


def _jpeg2000(data: memoryview) -> Claim | None:
    size = _box(b"ihdr", 0)(data)
    return None if size is None else Claim(size.height, size.width)


def _codestream(data: memoryview) -> Claim:
    right, bottom, left, top = struct.unpack_from(">IIII", data, 8)
    return Claim(right - left, bottom - top)


def _exr(data: memoryview) -> Claim | None:
    match = re.search(rb"dataWindow\0box2i\0", data)
    if match is None:
        return None
    left, top, right, bottom = struct.unpack_from("<iiii", data, match.end() + 4)
    return Claim(right - left + 1, bottom - top + 1)


def _sun(data: memoryview) -> Claim:
    return Claim(*struct.unpack_from(">II", data, 4))


def _text(pattern: bytes, swapped: bool = False) -> Callable[[memoryview], Claim | None]:
    """Two decimal numbers in a header of text."""
    compiled = re.compile(pattern)

    def read(data: memoryview) -> Claim | None:
        match = compiled.search(data[:_LONGEST_TEXT])
        if match is None:
            return None
        first, second = (int(n[:20]) for n in match.groups())
        return Claim(second, first) if swapped else Claim(first, second)

    return read


_GAP = rb"(?:\s|#[^\n]*\n)+"
# Formats by how their files begin.
_FORMATS: list[tuple[re.Pattern[bytes], Callable[[memoryview], Claim | None]]] = [
    (re.compile(begin, re.DOTALL), read)
    for begin, read in (
        (rb"\xff\xd8\xff", _jpeg),
        (rb"\x89PNG\r\n", _png),
        (rb"BM", _bmp),
        (rb"RIFF....WEBP", _webp),
        (rb"II[*+]\0|MM\0[*+]", _tiff),
        (rb"GIF8", _gif),
        (rb"\0\0\0\x0cjP", _jpeg2000),
        (rb"\xff\x4f\xff\x51", _codestream),
        (rb"....ftyp", _box(b"ispe", 4)),
        (rb"\x76\x2f\x31\x01", _exr),
        (rb"\x59\xa6\x6a\x95", _sun),
        (rb"#\?R", _text(rb"[-+]Y\s+(\d+)\s+[-+]X\s+(\d+)", swapped=True)),
        (rb"P7", _text(rb"WIDTH\s+(\d+)[\s\S]*?HEIGHT\s+(\d+)")),
        (rb"P[1-6Ff]\s", _text(rb"^P." + _GAP + rb"(\d+)" + _GAP + rb"(\d+)")),
    )
]


def claimed_size(encoded: bytes | memoryview) -> Claim | None:
    """What the header of an encoded image says; None where there is none that is known.

    Parameters
    ----------
    encoded : bytes-like

    Examples
    --------
    >>> claimed_size(b"P5 640 480 255 ...")[:2]
    (640, 480)
    """
    data = memoryview(encoded)
    for begin, read in _FORMATS:
        if begin.match(data):
            try:
                return read(data)
            except (struct.error, IndexError):  # shorter than its header
                return None
    return None


def check_size(encoded: bytes | memoryview) -> None:
    """Raise before an image is decoded that is too large, or larger than its file can be.

    ``MXNET_IMAGE_MAX_PIXELS`` is the limit.

    Raises
    ------
    MXNetError
        Naming the size that the header claims.
    """
    claim = claimed_size(encoded)
    if claim is None:
        return
    pixels = claim.width * claim.height
    limit = env.integer("MXNET_IMAGE_MAX_PIXELS")
    said = f"Decoding failed: the image claims to have {claim.width} x {claim.height} pixels"
    if pixels > limit:
        raise MXNetError(f"{said}; at most {limit} are decoded (set MXNET_IMAGE_MAX_PIXELS for more)")
    if claim.most is not None and pixels > max(claim.most, _SMALL):
        raise MXNetError(f"{said}, which its {len(encoded)} bytes cannot hold")
