"""Files that are damaged, empty or strange: an error or a warning that says where, never silence."""

from __future__ import annotations

import gzip
import struct
import warnings

import numpy as np
import pytest

import mxnet as mx
from mxnet import MXNetError
from mxnet._core.text import quoted, shortened


@pytest.fixture
def write(tmp_path):
    """Writes a file and gives its path."""

    def make(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return make


# ---------------------------------------------------------------------- array files


def _array(values, device=(1, 0)):
    values = np.asarray(values, "float32")
    head = struct.pack(f"<Iii{values.ndim}q", 0xF993FAC9, 0, values.ndim, *values.shape)
    return head + struct.pack("<iii", *device, 0) + values.tobytes()


def _params(arrays, names):
    content = struct.pack("<QQQ", 0x112, 0, len(arrays)) + b"".join(arrays) + struct.pack("<Q", len(names))
    return content + b"".join(struct.pack("<Q", len(n)) + n for n in names)


_TWO = [_array([1, 2]), _array([3])]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_params(_TWO, [b"a", b"a"]), "several arrays with the name 'a', of which the last counts"),
        (_params(_TWO, [b"b", b"a"]) + b"more", "4 bytes behind the end of the arrays, at offset 126, are left out"),
        (_params(_TWO, []) + b"more", "4 bytes behind the end"),
        (_params([_array([1, 2], (77, 0)), _TWO[1]], [b"b", b"a"]), "device of the unknown kind 77; it is on the CPU"),
        (_params([_array([1, 2], (-1, 0)), _TWO[1]], [b"b", b"a"]), "device of the unknown kind -1"),
    ],
)
def test_strange_array_files_warn(write, content, words):
    path = write("x.params", content)
    with pytest.warns(UserWarning, match=words) as caught:
        loaded = mx.nd.load(path)
    assert path in str(caught[0].message) and caught[0].filename == __file__
    assert (loaded["a"] if isinstance(loaded, dict) else loaded[1]).asnumpy().tolist() == [3]
    with pytest.warns(UserWarning, match=words):
        mx.nd.load_frombuffer(content)


@pytest.mark.parametrize("kind", [1, 2, 3, 5])
def test_known_devices_do_not_warn(write, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = mx.nd.load(write("x.params", _params([_array([1, 2], (kind, 99))], [b"a"])))
    assert loaded["a"].asnumpy().tolist() == [1, 2]


def test_an_empty_array_of_impossible_lengths():
    head = struct.pack("<Iii3qiii", 0xF993FAC9, 0, 3, 0, 1 << 62, 1 << 62, 1, 0, 0)
    with pytest.raises(MXNetError, match="no array has the shape"):
        mx.nd.load_frombuffer(_params([head], []))


# ---------------------------------------------------------------------- records and their index


@pytest.fixture
def indexed(tmp_path, write):
    """Makes a reader of two records and an index of any content."""
    record = mx.recordio.MXRecordIO(str(tmp_path / "x.rec"), "w")
    record.write(b"rec0")
    record.write(b"rec1")
    record.close()
    return lambda index: mx.recordio.MXIndexedRecordIO(write("x.idx", index), str(tmp_path / "x.rec"), "r")


def test_index_that_is_no_text(indexed):
    with pytest.raises(MXNetError, match=r"x\.idx, line 2: it is not UTF-8 text: byte 0xff at position 0"):
        indexed(b"0\t0\n\xff\xfe\t12\n")
    with pytest.raises(MXNetError, match=r"x\.idx', line 1: expected a key, a tab and an offset, got 'a+\.\.\.") as e:
        indexed("a" * 100_000)
    assert len(str(e.value)) < 400


def test_index_with_a_byte_order_mark(indexed):
    reader = indexed(b"\xef\xbb\xbf0\t0\r\n1\t12\r\n")
    assert reader.keys == [0, 1] and reader.read_idx(1) == b"rec1"
    reader.close()


def test_index_with_a_key_twice_or_without_keys_warns(indexed):
    with pytest.warns(UserWarning, match=r"x\.idx, line 2: the key 0 has been there before") as caught:
        reader = indexed("0\t0\n0\t12\n")
    assert caught[0].filename == __file__
    assert reader.keys == [0, 0] and reader.read_idx(0) == b"rec1"
    reader.close()
    with pytest.warns(UserWarning, match=r"x\.idx is empty, .*x\.rec is not"):
        indexed("").close()


def test_a_key_of_thousands_of_digits_is_cut(indexed):
    reader = indexed("9" * 4000 + "\t1000\n")
    with pytest.raises(MXNetError, match="is at offset 1000, past the end of the file") as e:
        reader.read_idx(reader.keys[0])
    assert len(str(e.value)) < 1000
    reader.close()


def test_index_of_no_records_is_fine(tmp_path):
    paths = str(tmp_path / "e.idx"), str(tmp_path / "e.rec")
    mx.recordio.MXIndexedRecordIO(*paths, "w").close()
    reader = mx.recordio.MXIndexedRecordIO(*paths, "r")
    assert reader.keys == []
    reader.close()


def _record_iterator(tmp_path, count=2, **kwargs):
    path = str(tmp_path / "images.rec")
    record = mx.recordio.MXRecordIO(path, "w")
    for i in range(count):
        record.write(mx.recordio.pack_img((0, i, i, 0), np.zeros((4, 4, 3), "uint8"), 1, ".png"))
    record.close()
    return mx.io.ImageRecordIter(path_imgrec=path, data_shape=(3, 4, 4), batch_size=1, verbose=False, **kwargs)


def test_index_that_goes_past_the_end_is_no_end_of_the_epoch(tmp_path, write):
    with pytest.raises(MXNetError, match="a record is at offset 100000, past the end of the file"):
        list(_record_iterator(tmp_path, path_imgidx=write("i.idx", "0\t0\n1\t100000\n")))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("0\t5\ta\nx\t6\tb\n", "l.lst, line 2: expected a number, labels and a file name, got 'x.t6.tb'"),
        ("0\t5\ta\n\n1\tb\n", "l.lst, line 3: expected a number, labels and a file name"),
        ("0\t5\ta\n1\n", "l.lst, line 2"),
        ("0\t" + "x" * 100_000 + "\ta\n", "l.lst, line 1"),
        (b"0\t5\ta\n\xff\t6\tb\n", "l.lst, line 2: it is not UTF-8 text"),
    ],
)
def test_malformed_lists_name_list_and_line(tmp_path, write, content, words):
    path = write("l.lst", content)
    with pytest.raises(MXNetError, match=words) as e:
        mx.image.ImageIter(1, (3, 4, 4), path_imglist=path, path_root=str(tmp_path))
    assert len(str(e.value)) < 600
    with pytest.raises(MXNetError, match=words):
        _record_iterator(tmp_path, path_imglist=path)


def test_a_number_twice_in_a_list_warns(tmp_path, write):
    path = write("l.lst", "0\t5\ta\n1\t6\tb\n0\t7\ta\n")
    with pytest.warns(UserWarning, match="l.lst, line 3: there has been an image 0 before; the last one counts"):
        labels = [b.label[0].asnumpy().tolist() for b in _record_iterator(tmp_path, path_imglist=path)]
    assert labels == [[7], [6]]


def test_a_label_of_another_width_names_the_image(tmp_path):
    path = str(tmp_path / "x.rec")
    record = mx.recordio.MXRecordIO(path, "w")
    record.write(mx.recordio.pack_img((0, [1, 2, 3], 0, 0), np.zeros((4, 4, 3), "uint8"), 1, ".png"))
    record.close()
    with pytest.raises(MXNetError, match=r"image in the record file has a label of shape \(3,\), label_width is 1"):
        mx.image.ImageIter(1, (3, 4, 4), path_imgrec=path).next()


def test_widths_of_a_box_label_that_are_no_numbers(tmp_path):
    path = str(tmp_path / "x.rec")
    record = mx.recordio.MXRecordIO(path, "w")
    label = [2, float("nan"), 0, 0.1, 0.1, 0.5, 0.5]
    record.write(mx.recordio.pack_img((0, label, 0, 0), np.zeros((4, 4, 3), "uint8"), 1, ".png"))
    record.close()
    with pytest.raises(MXNetError, match="Label has the header width 2.0 and the annotation width nan"):
        mx.image.ImageDetIter(1, (3, 4, 4), path_imgrec=path)


_PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0) + b"\x8c\x9a\xc1\xa2"


# OpenCV goes on behind the end when there have been no pixels.
_AFTER_END = b"\0\0\0\0IEND\xaeB`\x82\x8c\x9a\xc1,\x9f"


@pytest.mark.parametrize(
    "rest",
    [
        b"\x70\0\0\0IDAT" + bytes(20),
        b"\xff\xff\xff\xffabcd" + bytes(20),
        b"\x7e\xe9\x08\x914\x01\0",
        b"\0\0\0\x08IDAT1234",
        _AFTER_END,
    ],
)
def test_png_chunks_that_end_outside_the_file(rest):
    """OpenCV allocates, and clears, what the length of a chunk says: two gigabytes for forty bytes."""
    words = "the PNG chunk at offset (33|45) claims to have"
    with pytest.raises(MXNetError, match=words):
        mx.image.imdecode(_PNG + rest)
    with pytest.warns(UserWarning, match=words):
        assert mx.recordio.unpack_img(mx.recordio.pack((0, 1, 2, 3), _PNG + rest))[1] is None


# ---------------------------------------------------------------------- empty files


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_empty_text_files(write, content):
    path = write("x.txt", content)
    with pytest.raises(MXNetError, match="x.txt"):
        mx.io.CSVIter(data_csv=path, data_shape=(2,), batch_size=1).next()
    with pytest.raises(MXNetError, match="x.txt"):
        mx.io.LibSVMIter(data_libsvm=path, data_shape=(2,), batch_size=1).next()


def test_empty_record_files_and_lists(tmp_path, write):
    path = write("x.rec", "")
    with pytest.raises(MXNetError, match="what is there is empty"):
        mx.io.ImageRecordIter(path_imgrec=path, data_shape=(3, 4, 4), batch_size=1)
    with pytest.raises(MXNetError, match="x.rec: there are no images"):
        mx.image.ImageIter(1, (3, 4, 4), path_imgrec=path)
    with pytest.raises(MXNetError, match="x.lst: there are no images"):
        mx.image.ImageIter(1, (3, 4, 4), path_imglist=write("x.lst", "\n"), path_root=str(tmp_path))
    with pytest.warns(UserWarning, match="x.idx is empty"), pytest.raises(MXNetError, match="x.idx has no records"):
        _record_iterator(tmp_path, path_imgidx=write("x.idx", ""))


def test_empty_files_in_a_list_of_files_are_passed_over(write):
    paths = ";".join(write(name, text) for name, text in (("a", ""), ("b", "1,2\n"), ("c", "")))
    iterator = mx.io.CSVIter(data_csv=paths, data_shape=(2,), batch_size=1)
    assert [b.data[0].asnumpy().tolist() for b in iterator] == [[[1, 2]]]


# ---------------------------------------------------------------------- numbers in text


def _csv(path, **kwargs):
    return [b.data[0].asnumpy().tolist() for b in mx.io.CSVIter(data_csv=path, data_shape=(2,), batch_size=1, **kwargs)]


@pytest.mark.parametrize(
    ("content", "dtype", "words"),
    [
        ("1,2\n3,4000000000\n", "int32", "line 2: '4000000000' is out of the range of int32"),
        ("1,2\n3,-2147483649\n", "int32", "line 2: '-2147483649' is out of the range of int32"),
        ("1,9223372036854775808\n", "int64", "line 1: '9223372036854775808' is out of the range of int64"),
        ("1,2\n\n1e300,4\n", "int64", "line 3: '1e300' is out of the range of int64"),
        ("nan,1\n", "int32", "line 1: expected int32 values, got 'nan'"),
        ("1,inf\n", "int64", "line 1: expected int64 values, got 'inf'"),
        (b"1,2\n\xff,4\n", "float32", r"line 2: expected float32 values, got '.*xff'"),
        ("1,2\n3,1_0\n", "float32", "line 2: expected float32 values, got '1_0'"),
        ("1,2\n3,0x10\n", "float32", "line 2: expected float32 values, got '0x10'"),
        ("1,2\n3,\u0663\n", "int32", "line 2: expected int32 values"),
        ("1,2\n,4\n", "float32", "line 2: expected float32 values, got ''"),
        ("1,2\n3,4,5\n", "float32", r"line 2: the row has 3 fields"),
        ("1,2\n" + "9" * 100_000 + ",4\n", "int32", "line 2"),
    ],
)
def test_csv_numbers(write, content, dtype, words):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MXNetError, match=words) as e:
            _csv(write("x.csv", content), dtype=dtype)
    assert "x.csv" in str(e.value) and len(str(e.value)) < 400


@pytest.mark.parametrize(
    ("content", "dtype", "expected"),
    [
        ("1,2,\n3,4,\n", "float32", [[[1, 2]], [[3, 4]]]),
        ("\ufeff1,2\n3,4\n", "float32", [[[1, 2]], [[3, 4]]]),
        ("1,2\n3,4.7\n-0.5,-4.7\n", "int32", [[[1, 2]], [[3, 4]], [[0, -4]]]),
        ("2147483647,-2147483648\n", "int32", [[[2147483647, -2147483648]]]),
        ("9223372036854775807,-9223372036854775808\n1.0,2\n", "int64", [[[2**63 - 1, -(2**63)]], [[1, 2]]]),
    ],
)
def test_csv_reads_what_mxnet_reads(write, content, dtype, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _csv(write("x.csv", content), dtype=dtype) == expected


@pytest.mark.parametrize("digits", ["7" * 300_000, "7" * 300_000 + "x", "." + "7" * 300_000 + "e"])
def test_long_numbers_are_read_in_linear_time(write, digits):
    """Patterns that try all ways to split the digits would take hours."""
    with pytest.raises(MXNetError):
        _csv(write("x.csv", f"1,2\n3,{digits}\n"), dtype="int32")
    with pytest.raises(MXNetError):
        mx.io.LibSVMIter(data_libsvm=write("x.libsvm", f"1 {digits}:2"), data_shape=(4,), batch_size=1)


@pytest.mark.parametrize("line", ["1 0:3 5", "1 2 0:3:1", "1 :3", "1 0:", "qid 0:3", "1 nan:2", "1 1e400:2", "1 0:1_0"])
def test_libsvm_lines_that_are_none(write, line):
    path = write("x.libsvm", f"# a comment\n1 0:1\n{line}\n1 2:2\n")
    with pytest.raises(MXNetError, match=r"x\.libsvm, line 3: "):
        mx.io.LibSVMIter(data_libsvm=path, data_shape=(4,), batch_size=1)


# ---------------------------------------------------------------------- MNIST

_IMAGES = struct.pack(">4I", 2051, 4, 2, 2) + bytes(range(16))
_LABELS = struct.pack(">2I", 2049, 4) + bytes(4)


@pytest.mark.parametrize(
    ("name", "images", "words"),
    [
        ("i", _IMAGES + b"x", r"shape \(4, 2, 2\) needs 16 bytes, the file has more"),
        ("i", _IMAGES[:-1], r"shape \(4, 2, 2\) needs 16 bytes, the file has 15"),
        ("i", _IMAGES[:10], "it ends inside its header"),
        ("i", b"", "expected 3 axes, it begins with nothing"),
        ("i", _LABELS, "expected 3 axes, it begins with 00 00 08 01"),
        ("i", struct.pack(">4I", 2051, 2**32 - 1, 0, 2**32 - 1), "has no values"),
        ("i", struct.pack(">4I", 2051, *[2**32 - 1] * 3), "needs 79228162458924105385300197375 bytes"),
        ("i.gz", gzip.compress(_IMAGES, mtime=0)[:-10], "damaged gzip file"),
        ("i.gz", gzip.compress(_IMAGES, mtime=0)[:20] + b"\xff" * 30, "damaged gzip file"),
        ("i.gz", _IMAGES, "damaged gzip file"),
    ],
)
def test_mnist_headers(write, name, images, words):
    with pytest.raises(MXNetError, match=words) as e:
        mx.io.MNISTIter(image=write(name, images), label=write("l", _LABELS), batch_size=2, silent=True)
    assert name in str(e.value)


# ---------------------------------------------------------------------- texts inside of graphs


@pytest.mark.parametrize(
    "text",
    ["nope", "[", "[]", "{}", "3", '["xavier"]', '["xavier", {"z": 1}]', '["uniform", [1]]', "[1, {}]", "[" * 100_000],
)
def test_initializers_in_attributes(text):
    weight = mx.sym.Variable("w", attr={"__init__": text})
    module = mx.mod.Module(weight * mx.sym.Variable("data"), label_names=None)
    module.bind([("data", (2,))])
    with pytest.raises(MXNetError, match="the attribute __init__ of 'w' must be") as e:
        module.init_params()
    assert type(e.value) is MXNetError and len(str(e.value)) < 1000


def test_messages_about_graphs_are_short_and_of_a_public_kind():
    for text in (
        "[" * 100_000,
        '{"nodes": [{"op": "%s", "name": "x", "inputs": []}], "arg_nodes": [], "heads": [[0, 0]]}' % ("x" * 100_000),
        '{"nodes": [{"op": "null", "name": "%s", "inputs": 1}], "arg_nodes": [], "heads": [[0, 0]]}' % ("x" * 100_000),
        '{"nodes": %s, "arg_nodes": [], "heads": [[0, 0]]}' % ("[" * 500 + "]" * 500),
        '{"%s": 1}' % ("x" * 100_000),
    ):
        with pytest.raises(MXNetError) as e:
            mx.sym.load_json(text)
        assert type(e.value) is MXNetError
        assert len(str(e.value)) < 1000


def test_names_that_are_no_inputs():
    out = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3), name="softmax")
    module = mx.mod.Module(out)
    with pytest.warns(UserWarning, match="label_names"), pytest.raises(MXNetError, match="'softmax_labels', which is"):
        module.bind([("data", (2, 3))], [("softmax_labels", (2,))])
    with pytest.raises(MXNetError, match="Accuracy: label_names has 'x', the batch has b"):
        mx.metric.Accuracy(label_names=["x"]).update_dict({"b": mx.nd.zeros(2)}, {"a": mx.nd.zeros((2, 2))})


@pytest.mark.parametrize("shape", [(1 << 40, 1 << 40), (1 << 62,), (10**30,), 10**20, (1 << 46,)])
@pytest.mark.parametrize("module", [mx.nd, mx.np], ids=["nd", "np"])
@pytest.mark.parametrize("name", ["zeros", "ones", "empty"])
def test_sizes_too_large(module, name, shape):
    with pytest.raises(MXNetError, match="memory|cannot make an array of shape") as e:
        getattr(module, name)(shape)
    assert "frame #" not in str(e.value)


def test_texts_that_are_no_parameters_are_cut():
    for attributes in ({"num_hidden": "x" * 100_000}, {"no_bias": "x" * 100_000}, {"x" * 100_000: "1"}):
        with pytest.raises(MXNetError) as e:
            mx.sym.FullyConnected(mx.sym.Variable("x"), **{"num_hidden": 3, **attributes})
        assert len(str(e.value)) < 2000


@pytest.mark.parametrize("text", ["1f4", "(1)float32", "(1,)f4", "f4,f4", "[('a', 'f4')]", "1float32"])
def test_texts_of_types_that_numpy_evaluates(text):
    with pytest.raises(MXNetError, match="dtype"):
        mx.sym.Cast(mx.sym.Variable("x"), dtype=text)


def test_saved_blocks_that_are_none(write, tmp_path):
    net = mx.gluon.nn.Dense(2)
    for text in (
        "",
        '{"dense0": {"orig_name": 3, "hybridized": false, "children": {}}}',
        "[1]",
        "{}",
        '{"dense0": 3}',
        b"\xff",
        "[" * 100_000,
    ):
        write("net-model.json", text)
        with pytest.raises((MXNetError, ValueError), match="net-model.json|not in the saved model"):
            net.load(str(tmp_path / "net"))


def test_cutting_messages():
    assert shortened("short") == "short"
    long = shortened("begin" + "x" * 100_000 + "end")
    assert len(long) < 700 and long.startswith("begin") and long.endswith("end") and "99" in long
    assert quoted("short") == "'short'"
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for value in ("x" * 1000, b"x" * 1000, [["x" * 50] * 50] * 50, deep, {str(i): i for i in range(1000)}):
        assert len(quoted(value)) <= 60
    while deep:  # the interpreter would free it recursively
        deep = deep[0]
