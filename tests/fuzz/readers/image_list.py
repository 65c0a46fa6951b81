"""Lists of images (``.lst``)."""

from __future__ import annotations

import mxnet as mx
from mxnet.io._image_list import read_image_list
from tests.fuzz.mutations import TEXT
from tests.fuzz.reader import Reader, written
from tests.fuzz.seeds import fixtures


def _seeds() -> list[bytes]:
    return [b"0\t1\ta.png\n1\t2.5\tb.png\n", b"5\t1\t2\t3\ta b.jpg\n", b"3 1 c.png\r\n", *fixtures("recordio/*.lst")]


def _read(data: bytes, folder: str) -> None:
    path = written(data, folder, "x.lst")
    read_image_list(path)
    mx.image.ImageIter(1, (3, 4, 4), path_imglist=path, path_root=folder, aug_list=[])


READERS = [Reader("image list", _seeds, _read, TEXT)]
