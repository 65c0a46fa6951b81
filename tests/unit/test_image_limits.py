"""Images are refused before they are decoded when they claim to be larger than allowed, or than their file can hold."""

import struct
import warnings
import zlib

import numpy as np
import pytest

import mxnet as mx
from mxnet._core.image_size import check_size, claimed_size

cv2 = pytest.importorskip("cv2")

SMALL, LARGER = np.zeros((16, 24, 3), np.uint8), np.zeros((64, 96, 3), np.uint8)


def encoded(kind, image=SMALL, *parameters):
    return bytearray(cv2.imencode(kind, image, list(parameters))[1].tobytes())


def jpeg(width, height):
    data = encoded(".jpg")
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def png(width, height):
    data = encoded(".png")
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


def bmp(width, height):
    data = encoded(".bmp")
    data[18:26] = struct.pack("<ii", width, -height)
    return bytes(data)


def tiff(width, height):
    data = encoded(".tiff")
    at = struct.unpack_from("<I", data, 4)[0]
    for i in range(struct.unpack_from("<H", data, at)[0]):
        entry = at + 2 + 12 * i
        tag = struct.unpack_from("<H", data, entry)[0]
        if tag in (256, 257):
            data[entry + 2 : entry + 12] = struct.pack("<HII", 4, 1, width if tag == 256 else height)
    return bytes(data)


def webp(width, height):
    chunk = b"VP8X" + struct.pack("<II", 10, 0) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 100) + b"WEBP" + chunk + bytes(80)


def jpeg2000(width, height):
    data = encoded(".jp2", LARGER)
    at = data.index(b"ihdr")
    data[at + 4 : at + 12] = struct.pack(">II", height, width)
    return bytes(data)


def codestream(width, height):
    data = encoded(".jp2", LARGER)
    data = data[data.index(b"\xff\x4f\xff\x51") :]
    data[8:16] = struct.pack(">II", width, height)
    return bytes(data)


BOMBS = {
    "jpeg": jpeg,
    "png": png,
    "bmp": bmp,
    "tiff": tiff,
    "webp": webp,
    "jpeg2000": jpeg2000,
    "codestream": codestream,
    "gif": lambda w, h: b"GIF89a" + struct.pack("<HH", min(w, 65535), min(h, 65535)) + bytes(100),
    "ppm": lambda w, h: b"P6\n# a comment\n%d  %d\n255\n" % (w, h) + bytes(100),
    "pam": lambda w, h: b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH 3\nMAXVAL 255\nENDHDR\n" % (w, h) + bytes(100),
    "pfm": lambda w, h: b"PF\n%d %d\n-1.0\n" % (w, h) + bytes(100),
    "hdr": lambda w, h: b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n" % (h, w) + bytes(100),
    "sun": lambda w, h: b"\x59\xa6\x6a\x95" + struct.pack(">IIIIIII", w, h, 24, 0, 1, 0, 0) + bytes(100),
    "exr": lambda w, h: (
        b"\x76\x2f\x31\x01\x02\0\0\0dataWindow\0box2i\0" + struct.pack("<Iiiii", 16, 0, 0, w - 1, h - 1)
    ),
    "avif": lambda w, h: (
        b"\0\0\0\x1cftypavif" + bytes(16) + b"\0\0\0\x14ispe" + struct.pack(">III", 0, w, h) + bytes(50)
    ),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_claims_beyond_the_limit(kind):
    data = BOMBS[kind](30000, 30001)
    assert claimed_size(data)[:2] == (30000, 30001)
    with pytest.raises(mx.MXNetError, match="30000 x 30001 pixels.*MXNET_IMAGE_MAX_PIXELS"):
        mx.image.imdecode(data)


@pytest.mark.parametrize(
    "kind", [".jpg", ".png", ".bmp", ".tiff", ".webp", ".jp2", ".ppm", ".pam", ".sr", ".hdr", ".pfm"]
)
@pytest.mark.parametrize("shape", [(1, 1), (16, 24), (301, 70)])
def test_true_claims(kind, shape):
    shape = (64 + shape[0], shape[1] + 64) if kind == ".jp2" else shape  # OpenCV writes no small ones
    image = np.random.RandomState(0).randint(0, 256, (*shape, 3), np.uint8)
    image = image.astype(np.float32) if kind in (".hdr", ".pfm") else image
    data = bytes(encoded(kind, image))
    assert claimed_size(data)[:2] == shape[::-1]
    check_size(data)


@pytest.mark.parametrize(
    "kind, parameters",
    [(".jpg", (cv2.IMWRITE_JPEG_PROGRESSIVE, p, cv2.IMWRITE_JPEG_OPTIMIZE, 1)) for p in (0, 1)]
    + [(".png", (cv2.IMWRITE_PNG_COMPRESSION, 9)), (".webp", ()), (".png", (cv2.IMWRITE_PNG_BILEVEL, 1))],
)
def test_large_empty_images_are_no_bombs(kind, parameters):
    data = bytes(encoded(kind, np.zeros((4000, 4000), np.uint8), *parameters))
    assert mx.image.imdecode(data, 0).shape == (4000, 4000, 1)


def test_limit_is_configurable(monkeypatch):
    data = bytes(encoded(".png"))
    monkeypatch.setenv("MXNET_IMAGE_MAX_PIXELS", "383")
    with pytest.raises(mx.MXNetError, match="24 x 16 pixels; at most 383"):
        mx.image.imdecode(data)
    monkeypatch.setenv("MXNET_IMAGE_MAX_PIXELS", "384")
    assert mx.image.imdecode(data).shape == (16, 24, 3)


@pytest.mark.parametrize("kind", ["jpeg", "png", "bmp"])
def test_claims_that_the_file_cannot_hold(kind):
    with pytest.raises(mx.MXNetError, match="12000 x 12000 pixels, which its .* bytes cannot hold"):
        mx.image.imdecode(BOMBS[kind](12000, 12000))


# ---------------------------------------------------------------------- every reader, with file and index


@pytest.fixture
def bomb(tmp_path):
    """A record file, an image file and a list, of a good image and a bad one."""
    good, bad = bytes(encoded(".jpg")), jpeg(30000, 30000)
    writer = mx.recordio.MXIndexedRecordIO(str(tmp_path / "x.idx"), str(tmp_path / "x.rec"), "w")
    for i, data in enumerate((good, bad)):
        writer.write_idx(i, mx.recordio.pack(mx.recordio.IRHeader(0, float(i), i, 0), data))
        (tmp_path / "class").mkdir(exist_ok=True)
        (tmp_path / "class" / f"{i}.jpg").write_bytes(data)
    writer.close()
    writer = mx.recordio.MXRecordIO(str(tmp_path / "o.rec"), "w")
    for i, data in enumerate((good, bad)):
        label = np.array([2, 5, 0, 0.1, 0.1, 0.9, 0.9], np.float32)
        writer.write(mx.recordio.pack(mx.recordio.IRHeader(0, label, i, 0), data))
    writer.close()
    (tmp_path / "x.lst").write_text("0\t0\tclass/0.jpg\n1\t1\tclass/1.jpg\n")
    return tmp_path


READERS = {
    "imread": (lambda p: mx.image.imread(str(p / "class" / "1.jpg")), "class/1.jpg"),
    "mx.nd.imdecode": (lambda p: mx.nd.imdecode((p / "class" / "1.jpg").read_bytes()), ""),
    "unpack_img": (
        lambda p: mx.recordio.unpack_img(
            mx.recordio.MXIndexedRecordIO(str(p / "x.idx"), str(p / "x.rec"), "r").read_idx(1)
        ),
        "image 1",
    ),
    "ImageRecordIter": (
        lambda p: list(mx.io.ImageRecordIter(path_imgrec=str(p / "x.rec"), data_shape=(3, 16, 24), batch_size=2)),
        "image 1 of .*x.rec",
    ),
    "ImageDetRecordIter": (
        lambda p: list(mx.io.ImageDetRecordIter(path_imgrec=str(p / "o.rec"), data_shape=(3, 16, 24), batch_size=2)),
        "image 1 of .*o.rec",
    ),
    "ImageIter": (
        lambda p: list(
            mx.image.ImageIter(2, (3, 16, 24), path_imgrec=str(p / "x.rec"), path_imgidx=str(p / "x.idx"), aug_list=[])
        ),
        "index: 1",
    ),
    "ImageIter of files": (
        lambda p: list(
            mx.image.ImageIter(2, (3, 16, 24), path_imglist=str(p / "x.lst"), path_root=str(p), aug_list=[])
        ),
        "class/1.jpg",
    ),
    "ImageFolderDataset": (lambda p: mx.gluon.data.vision.ImageFolderDataset(str(p))[1], "class/1.jpg"),
    "ImageRecordDataset": (
        lambda p: mx.gluon.data.vision.ImageRecordDataset(str(p / "x.rec"))[1],
        "sample 1 of .*x.rec",
    ),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.filterwarnings("ignore:Ignoring")
def test_every_reader_refuses_and_says_where(name, bomb):
    read, where = READERS[name]
    with pytest.raises((mx.MXNetError, RuntimeError), match=f"(?s){where}.*30000 x 30000"):
        read(bomb)


# ---------------------------------------------------------------------- truncated files


def photo():
    image = np.random.RandomState(0).randint(0, 256, (40, 60, 3), np.uint8)
    return cv2.GaussianBlur(image, (0, 0), 3)


@pytest.mark.parametrize("progressive", [0, 1])
@pytest.mark.parametrize("lost", [1, 2])
def test_a_jpeg_without_its_end_mark(progressive, lost):
    data = bytes(encoded(".jpg", photo(), cv2.IMWRITE_JPEG_PROGRESSIVE, progressive))
    whole = mx.image.imdecode(data).asnumpy()
    with pytest.warns(UserWarning, match=f"JPEG of {len(data) - lost} bytes and 60 x 40 pixels lacks its end"):
        found = mx.image.imdecode(data[:-lost]).asnumpy()
    np.testing.assert_array_equal(found, whole)


def test_half_a_jpeg(tmp_path):
    data = bytes(encoded(".jpg", photo()))
    half = data[: (len(data) + data.index(b"\xff\xda")) // 2]
    (tmp_path / "half.jpg").write_bytes(half)
    whole = mx.image.imdecode(data).asnumpy()
    with pytest.warns(UserWarning, match="lacks its end"):
        found = mx.image.imread(str(tmp_path / "half.jpg")).asnumpy()
    np.testing.assert_array_equal(found[:8], whole[:8])
    with pytest.raises(mx.MXNetError, match="Decoding failed"):
        mx.image.imdecode(data[: data.index(b"\xff\xda")])


def test_truncated_jpegs_in_records(tmp_path):
    data = bytes(encoded(".jpg", photo()))
    record = mx.recordio.pack(mx.recordio.IRHeader(0, 5.0, 7, 0), data[:-1])
    with pytest.warns(UserWarning, match="lacks its end"):
        mx.recordio.unpack_img(record)
    writer = mx.recordio.MXRecordIO(str(tmp_path / "x.rec"), "w")
    writer.write(record)
    writer.close()
    with pytest.warns(UserWarning, match="lacks its end"):
        it = mx.io.ImageRecordIter(path_imgrec=str(tmp_path / "x.rec"), data_shape=(3, 40, 60), batch_size=1)
        batch = it.next()
    np.testing.assert_array_equal(
        batch.data[0].asnumpy()[0].transpose(1, 2, 0), mx.image.imdecode(data).asnumpy().astype(np.float32)
    )


def test_nothing_is_said_of_whole_ones():
    data = bytes(encoded(".jpg", photo()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole, longer = mx.image.imdecode(data), mx.image.imdecode(data + b"trailing")
    np.testing.assert_array_equal(whole.asnumpy(), longer.asnumpy())
