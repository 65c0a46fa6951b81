"""Encoded images, alone and in the records that iterators read."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Sequence
from random import Random
from unittest import mock

import cv2
import numpy as np

import mxnet as mx
from tests.fuzz.mutations import BYTES
from tests.fuzz.reader import Reader, written
from tests.fuzz.readers.recordio import _record

_SIZES = (0, 1, 2, 3, 7, 9, 100, 4000, 0x7FFF, 0xFFFF)
_ENDINGS = (".jpg", ".png", ".bmp", ".tiff", ".webp", ".pgm", ".gif")
_GIF = b"GIF89a\2\0\2\0\x80\0\0\xff\0\0\0\0\xff,\0\0\0\0\2\0\2\0\0\2\2\x84Q\0;"
# Small files may hold large images: what memory the reader takes is measured with images that may not.
_LIMIT = {"MXNET_IMAGE_MAX_PIXELS": str(1 << 21)}


def _pictures() -> list[bytes]:
    """Small pictures of each kind that OpenCV writes."""
    rng = np.random.RandomState(0)
    made = []
    for shape in ((6, 5, 3), (4, 4), (3, 8, 4)):
        pixels = rng.randint(0, 255, shape).astype(np.uint8)
        for ending in _ENDINGS:
            if cv2.haveImageWriter("x" + ending) and (ending != ".pgm" or pixels.ndim == 2):
                made.append(cv2.imencode(ending, pixels)[1].tobytes())
    pixels = rng.randint(0, 255, (16, 16, 3)).astype(np.uint8)
    _, progressive = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    return [*made, progressive.tobytes(), _GIF]


def size(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    """The size in the header of a JPEG or PNG becomes another, with a right check sum."""
    changed = bytearray(data)
    width, height = rng.choice(_SIZES), rng.choice(_SIZES)
    if data[:4] == b"\x89PNG" and len(data) > 33:
        struct.pack_into(">II", changed, 16, width * rng.choice((1, 1, 60_000)), height)
        changed[24] = rng.choice((1, 2, 4, 8, 16, changed[24]))
        changed[25] = rng.choice((0, 2, 3, 4, 6, changed[25]))
        struct.pack_into(">I", changed, 29, zlib.crc32(changed[12:29]))
        return bytes(changed)
    for marker in (b"\xff\xc0", b"\xff\xc1", b"\xff\xc2"):
        at = data.find(marker)
        if 0 <= at < len(data) - 9:
            struct.pack_into(">HH", changed, at + 5, height, width)
            changed[at + 1] = rng.choice((0xC0, 0xC1, 0xC2, 0xC3, 0xC9))
            break
    return bytes(changed)


def _decode(data: bytes, _: str) -> None:
    mx.image.imdecode(data)


def _decode_gray(data: bytes, folder: str) -> None:
    mx.image.imread(written(data, folder, "x.jpg"), flag=0)


def _image_records() -> list[bytes]:
    header = mx.recordio.IRHeader
    return [mx.recordio.pack(header(0, label, 1, 0), p) for p in _pictures()[:4] for label in (2.0, [1, 2, 3])]


def _unpack(data: bytes, _: str) -> None:
    mx.recordio.unpack_img(data)


def _record_files() -> list[bytes]:
    header = mx.recordio.IRHeader
    objects = [2, 5, 0, 0.1, 0.1, 0.5, 0.5]
    pictures = _pictures()
    plain = [mx.recordio.pack(header(0, 1.0, i, 0), pictures[i]) for i in range(2)]
    boxed = [mx.recordio.pack(header(0, objects, i, 0), pictures[i]) for i in range(2)]
    return [_record(*plain), _record(*boxed), _record(*(plain + boxed))]


def _iterate(data: bytes, folder: str) -> None:
    path = written(data, folder, "i.rec")
    iterator = mx.io.ImageRecordIter(
        path_imgrec=path, data_shape=(3, 4, 4), batch_size=2, verbose=False, preprocess_threads=1, resize=4
    )
    _all(iterator)


def _iterate_boxes(data: bytes, folder: str) -> None:
    path = written(data, folder, "d.rec")
    _all(
        mx.io.ImageDetRecordIter(
            path_imgrec=path, data_shape=(3, 4, 4), batch_size=2, verbose=False, preprocess_threads=1
        )
    )


def _iterate_in_python(data: bytes, folder: str) -> None:
    path = written(data, folder, "p.rec")
    _all(mx.image.ImageIter(2, (3, 4, 4), path_imgrec=path, aug_list=[mx.image.ForceResizeAug((4, 4))]))


def _iterate_boxes_in_python(data: bytes, folder: str) -> None:
    _all(mx.image.ImageDetIter(2, (3, 4, 4), path_imgrec=written(data, folder, "q.rec")))


def _all(iterator: object) -> None:
    try:
        for _, _ in zip(range(100), iterator):  # type: ignore[call-overload]
            pass
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()


def _limited(read: Callable[[bytes, str], None]) -> Callable[[bytes, str], None]:
    def limited(data: bytes, folder: str) -> None:
        with mock.patch.dict(os.environ, _LIMIT):
            read(data, folder)

    return limited


_IMAGE = (size, size, *BYTES)

READERS = [
    Reader("image", _pictures, _limited(_decode), _IMAGE, weight=10),
    Reader("image file", _pictures, _limited(_decode_gray), _IMAGE, weight=5),
    Reader("image record", _image_records, _limited(_unpack), _IMAGE, weight=5),
    Reader("record iterator", _record_files, _limited(_iterate), _IMAGE, weight=2),
    Reader("box iterator", _record_files, _limited(_iterate_boxes), _IMAGE, weight=2),
    Reader("image iterator", _record_files, _limited(_iterate_in_python), _IMAGE, weight=2),
    Reader("python boxes", _record_files, _limited(_iterate_boxes_in_python), _IMAGE, weight=2),
]
