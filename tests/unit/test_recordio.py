"""RecordIO: MXNet's files are read and written to the byte, damage is reported, forks and pickles behave."""

import gc
import json
import os
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet import recordio
from tests.conftest import SHARED, needs_shared

FOLDER = SHARED / "fixtures" / "recordio"
HOSTILE = SHARED / "fixtures" / "hostile"
MAGIC = struct.pack("<I", 0xCED7230A)


def write(path, payloads):
    writer = recordio.MXRecordIO(str(path), "w")
    for payload in payloads:
        writer.write(payload)
    writer.close()


def read_all(path):
    reader = recordio.MXRecordIO(str(path), "r")
    found = []
    while (record := reader.read()) is not None:
        found.append(record)
    reader.close()
    return found


# ---------------------------------------------------------------------- MXNet's files


@needs_shared
def test_plain_file_both_ways(tmp_path):
    payloads = [bytes.fromhex(text) for text in json.loads((FOLDER / "plain.json").read_text())]
    assert read_all(FOLDER / "plain.rec") == payloads
    write(tmp_path / "again.rec", payloads)
    assert (tmp_path / "again.rec").read_bytes() == (FOLDER / "plain.rec").read_bytes()


@needs_shared
def test_indexed_file_both_ways(tmp_path):
    facts = json.loads((FOLDER / "indexed.json").read_text())
    reader = recordio.MXIndexedRecordIO(str(FOLDER / "indexed.idx"), str(FOLDER / "indexed.rec"), "r")
    assert reader.keys == [0, 7, 3, 100, 12]
    payloads = dict(zip(reader.keys, read_all(FOLDER / "indexed.rec")))
    for key in (12, 0, 100, 3, 7, 12):
        assert reader.read_idx(key) == payloads[key]
    assert [p.hex() for p in payloads.values()] == (list(facts.values()) if isinstance(facts, dict) else facts)
    paths = str(tmp_path / "x.idx"), str(tmp_path / "x.rec")
    writer = recordio.MXIndexedRecordIO(*paths, "w")
    for key, payload in payloads.items():
        writer.write_idx(key, payload)
    writer.close()
    for path, name in zip(paths, ("indexed.idx", "indexed.rec")):
        with open(path, "rb") as file:
            assert file.read() == (FOLDER / name).read_bytes()


@needs_shared
def test_images():
    reader = recordio.MXIndexedRecordIO(str(FOLDER / "images.idx"), str(FOLDER / "images.rec"), "r")
    with np.load(FOLDER / "images.npz") as expected:
        for i, key in enumerate(reader.keys):
            header, image = recordio.unpack_img(reader.read_idx(key), iscolor=1)
            np.testing.assert_array_equal(np.atleast_1d(header.label), np.atleast_1d(expected[f"label:{i}"]))
            assert [header.flag, header.id, header.id2] == expected[f"flag_id:{i}"].tolist()
            difference = image.astype(int) - expected[f"bgr_cv2:{i}"].astype(int)
            assert np.abs(difference).max() <= 2  # JPEG decoders differ by a unit or two


@needs_shared
@pytest.mark.parametrize(
    ("name", "good"),
    [("bad_magic.rec", 0), ("huge_length.rec", 0), ("truncated_early.rec", 1), ("truncated_tail.rec", 18)],
)
def test_hostile_files(name, good):
    reader = recordio.MXRecordIO(str(HOSTILE / name), "r")
    for _ in range(good):
        assert reader.read() is not None
    with pytest.raises(mx.MXNetError, match=rf"{name}', offset \d+"):
        reader.read()


# ---------------------------------------------------------------------- any payload

payloads = st.lists(
    st.lists(st.one_of(st.just(MAGIC), st.binary(max_size=6)), max_size=6).map(b"".join), min_size=1, max_size=8
)


@given(payloads)
@settings(max_examples=200, deadline=None)
def test_round_trip(tmp_path_factory, records):
    path = tmp_path_factory.mktemp("records") / "x.rec"
    write(path, records)
    assert read_all(path) == records
    data = path.read_bytes()
    assert len(data) % 4 == 0


@given(
    payloads,
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=4),
    st.integers(0, 200),
)
@settings(max_examples=200, deadline=None)
def test_damaged_files(tmp_path_factory, records, edits, cut):
    path = tmp_path_factory.mktemp("records") / "x.rec"
    write(path, records)
    data = bytearray(path.read_bytes())
    for place, byte in edits:
        data[place % len(data)] = byte
    path.write_bytes(data[: max(0, len(data) - cut)])
    try:
        found = read_all(path)
    except mx.MXNetError as e:
        assert "offset" in str(e)
    else:
        assert sum(map(len, found)) <= len(data)


def test_layout_of_a_split_record(tmp_path):
    write(tmp_path / "x", [b"abcd" + MAGIC + b"e" + MAGIC, MAGIC])

    def part(kind, payload):
        return MAGIC + struct.pack("<I", kind << 29 | len(payload)) + payload + bytes(-len(payload) % 4)

    # Only the first of the two magic numbers of the first record is at a multiple of four.
    expected = part(1, b"abcd") + part(3, b"e" + MAGIC) + part(1, b"") + part(3, b"")
    assert (tmp_path / "x").read_bytes() == expected


def test_a_long_length_is_not_believed(tmp_path, monkeypatch):
    (tmp_path / "x").write_bytes(MAGIC + struct.pack("<I", (1 << 29) - 1) + b"abc")
    reader = recordio.MXRecordIO(str(tmp_path / "x"), "r")
    sizes = []
    read = reader._file.read
    monkeypatch.setattr(reader, "_file", Spy(reader._file, lambda n: sizes.append(n) or read(n)))
    with pytest.raises(mx.MXNetError, match="a record of 536870911 bytes does not fit"):
        reader.read()
    assert sizes == [8]


class Spy:
    def __init__(self, file, read):
        self._file = file
        self.read = read

    def __getattr__(self, name):
        return getattr(self._file, name)


def test_parts_out_of_place(tmp_path):
    for kind, message in ((2, "kind 2"), (3, "kind 3"), (5, "kind 5")):
        (tmp_path / "x").write_bytes(MAGIC + struct.pack("<I", kind << 29))
        with pytest.raises(mx.MXNetError, match=f"a part of {message} does not belong here"):
            read_all(tmp_path / "x")
    (tmp_path / "x").write_bytes((MAGIC + struct.pack("<I", 1 << 29)) + (MAGIC + struct.pack("<I", 0)))
    with pytest.raises(mx.MXNetError, match="offset 8: a part of kind 0"):
        read_all(tmp_path / "x")
    (tmp_path / "x").write_bytes(MAGIC + struct.pack("<I", 1 << 29))
    with pytest.raises(mx.MXNetError, match="offset 8: the file ends inside a record"):
        read_all(tmp_path / "x")


# ---------------------------------------------------------------------- use


def test_reset_and_reopen(tmp_path):
    path = str(tmp_path / "x")
    write(path, [b"a", b"b"])
    reader = recordio.MXRecordIO(path, "r")
    assert (reader.read(), reader.read(), reader.read(), reader.read()) == (b"a", b"b", None, None)
    reader.reset()
    assert reader.read() == b"a"
    reader.close()
    reader.close()
    with pytest.raises(mx.MXNetError, match="is closed"):
        reader.read()
    reader.open()
    assert reader.read() == b"a"
    writer = recordio.MXRecordIO(path, "w")
    writer.write(b"c")
    writer.reset()
    writer.write(b"d")
    del writer
    gc.collect()
    assert read_all(path) == [b"d"]


def test_wrong_use(tmp_path):
    path = str(tmp_path / "x")
    with pytest.raises(ValueError, match="Invalid flag a"):
        recordio.MXRecordIO(path, "a")
    with pytest.raises(mx.MXNetError, match="No such file"):
        recordio.MXRecordIO(path, "r")
    writer = recordio.MXRecordIO(path, "w")
    with pytest.raises(TypeError, match="a record must be bytes, got str"):
        writer.write("text")
    with pytest.raises(AssertionError, match="opened for writing"):
        writer.read()
    writer.close()
    with pytest.raises(mx.MXNetError, match="is closed"):
        writer.write(b"x")
    with pytest.raises(AssertionError, match="opened for reading"):
        recordio.MXRecordIO(path, "r").write(b"x")


def test_record_length_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(recordio, "_MAX_LENGTH", 10)
    writer = recordio.MXRecordIO(str(tmp_path / "x"), "w")
    writer.write(bytes(10))
    with pytest.raises(mx.MXNetError, match="less than 11 bytes, got 11"):
        writer.write(bytes(11))
    writer.close()
    monkeypatch.undo()
    assert read_all(tmp_path / "x") == [bytes(10)]


@pytest.fixture
def indexed(tmp_path):
    paths = str(tmp_path / "x.idx"), str(tmp_path / "x.rec")
    writer = recordio.MXIndexedRecordIO(*paths, "w")
    offsets = []
    for i in range(5):
        offsets.append(writer.tell())
        writer.write_idx(i, b"record %d" % i)
    assert offsets == [0, 16, 32, 48, 64] and writer.idx[4] == 64
    writer.close()
    return paths


def test_indexed(indexed):
    reader = recordio.MXIndexedRecordIO(*indexed, "r")
    assert reader.read_idx(3) == b"record 3" and reader.read() == b"record 4" and reader.read() is None
    assert reader.read_idx(0) == b"record 0"
    with pytest.raises(KeyError):
        reader.read_idx(9)
    names = recordio.MXIndexedRecordIO(*indexed, "r", key_type=str)
    assert names.read_idx("2") == b"record 2"


def test_damaged_index(indexed):
    path, _ = indexed
    for text in ("1 2\n", "1\tx\n", "x\t1\n", "1\t-4\n", "1\t99999999999999999999\n", "\n"):
        with open(path, "w") as file:
            file.write("0\t0\n" + text)
        with pytest.raises(mx.MXNetError, match=r"x.idx', line 2: expected a key, a tab and an offset"):
            recordio.MXIndexedRecordIO(*indexed, "r")
    with open(path, "w") as file:
        file.write(f"0\t9999\n1\t8\n2\t{2**63 - 1}\n")
    reader = recordio.MXIndexedRecordIO(*indexed, "r")
    with pytest.raises(mx.MXNetError, match="key 2 is at offset 9223372036854775807, past the end"):
        reader.read_idx(2)
    with pytest.raises(mx.MXNetError, match="key 0 is at offset 9999, past the end"):
        reader.read_idx(0)
    with pytest.raises(mx.MXNetError, match="offset 8: a record must begin with"):
        reader.read_idx(1)


def test_readers_can_be_pickled(indexed):
    reader = recordio.MXIndexedRecordIO(*indexed, "r")
    assert reader.read() == b"record 0"
    copy = pickle.loads(pickle.dumps(reader))
    assert copy.read() == b"record 0" and copy.read_idx(4) == b"record 4"
    assert reader.read() == b"record 1"  # the original goes on
    reader.close()
    assert not pickle.loads(pickle.dumps(reader)).is_open


def test_open_writers_cannot(tmp_path):
    path = tmp_path / "x"
    writer = recordio.MXRecordIO(str(path), "w")
    writer.write(b"a")
    with pytest.raises(RuntimeError, match="an open writer cannot be pickled"):
        pickle.dumps(writer)
    writer.close()
    assert not pickle.loads(pickle.dumps(writer)).is_open
    assert read_all(path) == [b"a"]


def in_fork(check):
    """The result of a function in a forked process."""
    end, other = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = check()
        except BaseException as e:  # noqa: BLE001  (the child must not return into pytest)
            answer = type(e).__name__
        os.write(other, answer.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(other)
    with os.fdopen(end) as file:
        return file.read()


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forks(tmp_path, indexed):
    reader = recordio.MXIndexedRecordIO(*indexed, "r")
    assert reader.read() == b"record 0"
    assert in_fork(lambda: repr(reader.read())) == "RuntimeError"
    assert in_fork(lambda: reader.read_idx(3).decode()) == "record 3"
    assert reader.read() == b"record 1"  # the child has not moved the parent's position


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_writes_nothing_of_its_parents_twice(tmp_path):
    paths = str(tmp_path / "x.idx"), str(tmp_path / "x.rec")
    writer = recordio.MXIndexedRecordIO(*paths, "w")
    writer.write_idx(0, b"a")
    assert in_fork(lambda: repr(writer.write(b"b"))) == "RuntimeError"
    assert in_fork(lambda: str(writer.close())) == "None"
    writer.write_idx(1, b"c")
    writer.close()
    assert read_all(paths[1]) == [b"a", b"c"]
    assert recordio.MXIndexedRecordIO(*paths, "r").keys == [0, 1]


# ---------------------------------------------------------------------- headers and images


def test_pack():
    header = recordio.IRHeader(0, 4, 2574, 0)
    packed = recordio.pack(header, b"picture")
    assert packed == struct.pack("<IfQQ", 0, 4, 2574, 0) + b"picture"
    assert recordio.unpack(packed) == ((0, 4.0, 2574, 0), b"picture")
    assert repr(recordio.unpack(packed)[0]) == "HEADER(flag=0, label=4.0, id=2574, id2=0)"
    assert pickle.loads(pickle.dumps(header)) == header


@pytest.mark.parametrize("label", [[1, 2.5, 3], (7,), np.arange(4.0), np.float32(2), [], [[1, 2], [3, 4]]])
def test_labels(label):
    header, rest = recordio.unpack(recordio.pack((9, label, 1, 2), b"xyz"))
    values = np.asarray(label, np.float32).ravel()
    assert rest == b"xyz" and (header.id, header.id2) == (1, 2)
    if np.ndim(label) and values.size:
        assert header.flag == values.size and header.label.dtype == np.float32
        np.testing.assert_array_equal(header.label, values)
    else:
        assert header.flag == 0 and header.label == (values[0] if values.size else 0)


def test_ndarray_label():
    header, _ = recordio.unpack(recordio.pack((0, mx.nd.array([1, 2]), 0, 0), b""))
    assert header.label.tolist() == [1, 2]


def test_short_records():
    with pytest.raises(mx.MXNetError, match="at least 24 bytes, got 3"):
        recordio.unpack(b"123")
    with pytest.raises(mx.MXNetError, match="with 3 labels has at least 36 bytes, got 30"):
        recordio.unpack(recordio.pack((0, [1, 2, 3], 0, 0), b"")[:30])
    with pytest.raises(mx.MXNetError, match="labels"):
        recordio.unpack(struct.pack("<IfQQ", 2**32 - 1, 0, 0, 0))
    for short in (b"123", recordio.pack((0, [1, 2, 3], 0, 0), b"")[:30]):
        with pytest.raises(struct.error):
            recordio.unpack_img(short)


def test_records_without_an_image():
    with pytest.raises(mx.MXNetError, match="not an image: Input cannot be an empty buffer"):
        recordio.unpack_img(recordio.pack((0, 1, 0, 0), b""))
    whole = recordio.pack_img((0, 1, 7, 0), np.ones((8, 8, 3), np.uint8), img_fmt=".png")
    for record in (recordio.pack((0, 1, 7, 0), b"no image"), whole[:50]):
        with pytest.warns(UserWarning, match="image 7: the [0-9]+ bytes after the header are not an image"):
            header, image = recordio.unpack_img(record)
        assert header.id == 7 and image is None


def test_images_are_packed():
    image = np.random.randint(0, 255, (8, 6, 3), dtype=np.uint8)
    header, found = recordio.unpack_img(recordio.pack_img((0, 1, 2, 0), image, quality=3, img_fmt=".png"))
    np.testing.assert_array_equal(found, image)
    assert header.id == 2
    smooth = np.full((8, 8, 3), 128, np.uint8)
    sizes = {}
    for quality in (10, 95):
        packed = recordio.pack_img((0, 1, 2, 0), image, quality=quality, img_fmt=".JPG")
        sizes[quality] = len(packed)
    assert sizes[10] < sizes[95]
    _, found = recordio.unpack_img(recordio.pack_img((0, 1, 2, 0), smooth))
    assert np.abs(found.astype(int) - 128).max() <= 2
    _, gray = recordio.unpack_img(recordio.pack_img((0, 1, 2, 0), smooth), iscolor=0)
    assert gray.shape == (8, 8)
    with pytest.raises(mx.MXNetError, match="cannot encode the image as .xyz"):
        recordio.pack_img((0, 1, 2, 0), image, img_fmt=".xyz")
