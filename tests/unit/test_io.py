"""Iterators: over arrays, over other iterators, and over files written by MXNet's users."""

from __future__ import annotations

import gc
import gzip
import pickle
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet.base import MXNetError
from tests.conftest import SHARED, Work, needs_shared

FIXTURES = SHARED / "fixtures" / "io"


def check_epochs(make_or_iter, expected, setting: str) -> None:
    """Compare every batch of every epoch with what MXNet gave: keys ``SETTING:EPOCH:BATCH:data0|label0|pad``."""
    it = make_or_iter
    epochs = sorted({int(k.split(":")[1]) for k in expected.files if k.startswith(f"{setting}:")})
    assert epochs, setting
    for epoch in epochs:
        batches = list(it)
        numbers = {int(k.split(":")[2]) for k in expected.files if k.startswith(f"{setting}:{epoch}:")}
        assert len(batches) == len(numbers), (setting, epoch)
        for i, batch in enumerate(batches):
            for kind, arrays in (("data", batch.data), ("label", batch.label)):
                for j, array in enumerate(arrays):
                    key = f"{setting}:{epoch}:{i}:{kind}{j}"
                    found = array.asnumpy()
                    assert found.dtype == expected[key].dtype, key
                    # MXNet's own parser of floats is off by a rounding here and there.
                np.testing.assert_allclose(found, expected[key], rtol=2e-7, err_msg=key)
            assert batch.pad == expected[f"{setting}:{epoch}:{i}:pad"]
        it.reset()


# ---------------------------------------------------------------------- descriptions and batches


def test_data_desc_is_a_pair():
    d = mx.io.DataDesc("data", (2, 3), np.float16, "TNC")
    assert d == ("data", (2, 3)) and d[0] == "data" and d.shape == (2, 3)
    assert (d.dtype, d.layout) == (np.float16, "TNC")
    assert repr(mx.io.DataDesc("x", (1,))) == "DataDesc[x,(1,),<class 'numpy.float32'>,NCHW]"
    again = pickle.loads(pickle.dumps(d))
    assert (again, again.dtype, again.layout) == (d, np.float16, "TNC")


@pytest.mark.parametrize(("layout", "axis"), [(None, 0), ("NCHW", 0), ("TNC", 1), ("CHW", -1)])
def test_batch_axis(layout, axis):
    assert mx.io.DataDesc.get_batch_axis(layout) == axis


def test_data_desc_list():
    shapes = [("a", (1,)), ("b", (2,))]
    assert [d.dtype for d in mx.io.DataDesc.get_list(shapes, [("a", "int32"), ("b", "int8")])] == ["int32", "int8"]
    assert mx.io.DataDesc.get_list(shapes, None) == shapes


def test_data_batch_prints_shapes_and_checks_lists():
    b = mx.io.DataBatch([mx.nd.ones((2, 3)), mx.nd.ones((7, 8))], [mx.nd.ones((4, 5))])
    assert str(b) == "DataBatch: data shapes: [(2, 3), (7, 8)] label shapes: [(4, 5)]"
    assert str(mx.io.DataBatch([mx.nd.ones((2, 3))])) == "DataBatch: data shapes: [(2, 3)] label shapes: None"
    with pytest.raises(AssertionError, match="Label must be list"):
        mx.io.DataBatch([], mx.nd.ones((1,)))


# ---------------------------------------------------------------------- NDArrayIter


@needs_shared
@pytest.mark.parametrize("handle", ["pad", "discard", "roll_over"])
@pytest.mark.parametrize("kind", ["numpy", "nd", "h5"])
def test_last_batch_handle_as_mxnet(handle, kind, tmp_path):
    a = np.arange(20, dtype=np.float32).reshape(10, 2)
    sources = {"a": a, "b": a * 10, "label": np.arange(10, dtype=np.float32)}
    file = None
    if kind == "nd":
        sources = {k: mx.nd.array(v) for k, v in sources.items()}
    elif kind == "h5":
        h5py = pytest.importorskip("h5py")
        file = h5py.File(tmp_path / "x.h5", "w")
        sources = {k: file.create_dataset(k, data=v) for k, v in sources.items()}
    label = sources.pop("label")
    it = mx.io.NDArrayIter(sources, label, batch_size=4, last_batch_handle=handle)
    check_epochs(it, np.load(FIXTURES / "ndarrayiter.npz"), handle)
    if file is not None:
        file.close()


def test_names_and_order():
    x = np.zeros((4, 2))
    assert mx.io.NDArrayIter(x, batch_size=2).provide_data == [("data", (2, 2))]
    assert [d.name for d in mx.io.NDArrayIter([x, x], batch_size=2).provide_data] == ["_0_data", "_1_data"]
    it = mx.io.NDArrayIter({"z": x, "a": x}, {"y": x, "b": x}, batch_size=2)
    assert [d.name for d in it.provide_data + it.provide_label] == ["a", "z", "b", "y"]
    it = mx.io.NDArrayIter(x, x, batch_size=2, data_name="d", label_name="l")
    assert (it.provide_data[0].name, it.provide_label[0].name) == ("d", "l")
    assert mx.io.NDArrayIter(x, [], batch_size=2).provide_label == []


def test_dtypes_as_mxnet():
    """NumPy data becomes float32, NDArrays keep their type."""
    it = mx.io.NDArrayIter(np.zeros((2, 2), np.int64), mx.nd.zeros((2,), dtype="int32"), batch_size=2)
    assert (it.provide_data[0].dtype, it.provide_label[0].dtype) == (np.float32, np.int32)
    batch = it.next()
    assert (batch.data[0].dtype, batch.label[0].dtype) == (np.float32, np.int32)


def test_writing_into_a_batch_leaves_the_data():
    data = mx.nd.arange(6).reshape((3, 2))
    it = mx.io.NDArrayIter(data, batch_size=3)
    it.next().data[0][:] = -1
    assert data.asnumpy().min() == 0


def test_pad_larger_than_the_data():
    it = mx.io.NDArrayIter(np.arange(10), batch_size=205)
    batch = it.next()
    np.testing.assert_array_equal(batch.data[0].asnumpy(), np.resize(np.arange(10), 205))
    assert batch.pad == 195


def test_shuffle_keeps_pairs_and_idx_tells_the_order():
    data = np.arange(40).reshape(20, 2)
    it = mx.io.NDArrayIter(data, np.arange(20), batch_size=3, shuffle=True)
    for _ in range(3):
        seen = []
        for b in it:
            n = 3 - b.pad
            labels = b.label[0].asnumpy()[:n].astype(int)
            np.testing.assert_array_equal(b.data[0].asnumpy()[:n], data[labels])
            seen += list(labels)
        assert sorted(seen) == list(range(20)) and seen != list(range(20))
        it.reset()
    first = mx.io.NDArrayIter(data, batch_size=20, shuffle=True)
    np.testing.assert_array_equal(first.next().data[0].asnumpy(), data[first.idx])


def test_shuffle_draws_what_mxnet_draws():
    """The orders of two epochs, with numpy.random seeded by 3, recorded from MXNet 1.9.1."""
    np.random.seed(3)
    it = mx.io.NDArrayIter(np.arange(8), batch_size=8, shuffle=True)
    assert it.next().data[0].asnumpy().tolist() == [5, 7, 4, 6, 3, 1, 0, 2]
    it.reset()
    assert it.next().data[0].asnumpy().tolist() == [1, 6, 2, 5, 3, 0, 4, 7]


def test_shuffled_h5_stays_with_its_labels(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as f:
        d = f.create_dataset("d", data=np.arange(10))
        it = mx.io.NDArrayIter(d, np.arange(10), batch_size=4, shuffle=True)
        for _ in range(3):
            for b in it:
                np.testing.assert_array_equal(b.data[0].asnumpy(), b.label[0].asnumpy())
            it.reset()
        assert it.provide_data[0].dtype == np.float32


def test_roll_over_after_an_unfinished_epoch_starts_afresh():
    it = mx.io.NDArrayIter(np.arange(5), batch_size=2, last_batch_handle="roll_over")
    it.next()
    it.reset()
    assert [b.data[0].asnumpy().tolist() for b in it] == [[0, 1], [2, 3]]
    it.reset()
    assert [b.data[0].asnumpy().tolist() for b in it] == [[4, 0], [1, 2], [3, 4]]
    it.hard_reset()
    assert it.next().data[0].asnumpy().tolist() == [0, 1]


def test_layout_with_another_batch_axis():
    data = np.arange(2 * 5 * 3).reshape(2, 5, 3)
    it = mx.io.NDArrayIter(data, np.arange(5), batch_size=2, layout="TNC")
    assert it.provide_data == [("data", (2, 2, 3))]
    batches = list(it)
    np.testing.assert_array_equal(batches[1].data[0].asnumpy(), data[:, 2:4])
    np.testing.assert_array_equal(batches[2].data[0].asnumpy(), data[:, [4, 0]])
    assert batches[2].label[0].asnumpy().tolist() == [4, 0]


def test_getters_between_iter_next():
    it = mx.io.NDArrayIter(np.arange(4), np.arange(4) * 2, batch_size=2)
    assert it.iter_next() and it.iter_next()
    assert (it.getdata()[0].asnumpy().tolist(), it.getlabel()[0].asnumpy().tolist()) == ([2, 3], [4, 6])
    assert (it.getpad(), it.getindex()) == (0, None)
    assert not it.iter_next()
    with pytest.raises(AssertionError, match="needs reset"):
        it.getdata()


def test_sparse_source():
    scipy_sparse = pytest.importorskip("scipy.sparse")
    dense = np.array([[0, 1], [2, 0], [0, 0], [3, 4], [5, 0]], np.float32)
    for source in (scipy_sparse.csr_matrix(dense), mx.nd.array(dense).tostype("csr")):
        it = mx.io.NDArrayIter(source, np.arange(5), batch_size=2, last_batch_handle="discard")
        batches = list(it)
        assert it.data[0][1].stype == "csr"
        assert [b.data[0].stype for b in batches] == ["default", "default"]  # as in MXNet
        np.testing.assert_array_equal(batches[1].data[0].asnumpy(), dense[2:4])
        with pytest.raises(NotImplementedError, match="discard"):
            mx.io.NDArrayIter(source, np.arange(5), batch_size=2)
        shuffled = mx.io.NDArrayIter(source, np.arange(5), batch_size=5, shuffle=True, last_batch_handle="discard")
        b = shuffled.next()
        np.testing.assert_array_equal(b.data[0].asnumpy(), dense[b.label[0].asnumpy().astype(int)])


@pytest.mark.parametrize(
    ("kwargs", "error", "words"),
    [
        ({"data": np.zeros((3, 2)), "label": np.zeros(2)}, ValueError, "softmax_label .* fewer samples than the 3"),
        ({"data": np.zeros((3, 2)), "last_batch_handle": "drop"}, ValueError, "last_batch_handle"),
        ({"data": np.zeros((3, 2)), "batch_size": 0}, ValueError, "batch_size"),
        ({"data": np.zeros((3, 2)), "layout": "CHW"}, ValueError, "layout"),
        ({"data": "abc"}, TypeError, "Input must be"),
        ({"data": {"x": "abc"}}, TypeError, "Invalid type .* for x"),
        ({"data": []}, AssertionError, "at least one"),
    ],
)
def test_ndarray_iter_errors(kwargs, error, words):
    with pytest.raises(error, match=words):
        mx.io.NDArrayIter(**kwargs)


@given(
    rows=st.integers(1, 12),
    size=st.integers(1, 15),
    handle=st.sampled_from(["pad", "discard", "roll_over"]),
    epochs=st.integers(1, 4),
)
@settings(max_examples=60, deadline=None)
def test_ndarray_iter_covers_the_data(rows, size, handle, epochs):
    """Whatever the sizes: batches are full, "pad" sees all of the data in order, "roll_over" goes round and round."""
    it = mx.io.NDArrayIter(np.arange(rows), batch_size=size, last_batch_handle=handle)
    stream = []
    for _ in range(epochs):
        seen = []
        for b in it:
            values = b.data[0].asnumpy().astype(int).tolist()
            assert len(values) == size
            seen += values[: size - b.pad] if handle == "pad" else values
        if handle == "pad":
            assert seen == list(range(rows))
        elif handle == "discard":
            assert seen == list(range(rows - rows % size))
        stream += seen
        it.reset()
    if handle == "roll_over":
        assert stream == [i % rows for i in range(len(stream))]


# ---------------------------------------------------------------------- ResizeIter, PrefetchingIter


def test_resize_starts_over_and_stops_early():
    base = mx.io.NDArrayIter(np.arange(4), batch_size=2)
    it = mx.io.ResizeIter(base, 3)
    assert [b.data[0].asnumpy().tolist() for b in it] == [[0, 1], [2, 3], [0, 1]]
    it.reset()
    assert len(list(it)) == 3 and it.batch_size == 2 and it.provide_data == base.provide_data
    keeps = mx.io.ResizeIter(mx.io.NDArrayIter(np.arange(6), batch_size=2), 1, reset_internal=False)
    assert keeps.next().data[0].asnumpy().tolist() == [0, 1]
    keeps.reset()
    assert keeps.next().data[0].asnumpy().tolist() == [2, 3]
    assert (keeps.getpad(), keeps.getindex(), keeps.getlabel()) == (0, None, [])


def test_prefetching_joins_iterators():
    a = mx.io.NDArrayIter(np.arange(5), np.arange(5), batch_size=2)
    b = mx.io.NDArrayIter(np.arange(5) * 10, batch_size=2)
    it = mx.io.PrefetchingIter(
        [a, b], rename_data=[{"data": "x"}, {"data": "y"}], rename_label=[{"softmax_label": "l"}, {}]
    )
    assert [d.name for d in it.provide_data] == ["x", "y"] and [d.name for d in it.provide_label] == ["l"]
    for _ in range(3):
        batches = list(it)
        assert [x.asnumpy().tolist() for x in batches[1].data] == [[2, 3], [20, 30]]
        assert [x.pad for x in batches] == [0, 0, 1]
        it.reset()
    assert it.iter_next() and it.getdata()[0].asnumpy().tolist() == [0, 1]


def test_prefetching_reads_ahead():
    started = threading.Event()

    class Slow(mx.io.DataIter):
        provide_data, provide_label = [mx.io.DataDesc("data", (1,))], []
        count = 0

        def next(self):
            self.count += 1
            if self.count == 2:
                started.set()
            return mx.io.DataBatch([mx.nd.zeros((1,))], [], 0)

    it = mx.io.PrefetchingIter(Slow(1))
    it.next()
    assert started.wait(5), "the second batch is read while the first is used"


def test_prefetching_raises_what_the_iterator_raises():
    class Broken(mx.io.DataIter):
        provide_data, provide_label = [mx.io.DataDesc("data", (1,))], []

        def next(self):
            raise OSError("disk is gone")

    it = mx.io.PrefetchingIter(Broken(1))
    with pytest.raises(OSError, match="disk is gone"):
        it.next()


def test_what_is_no_iterator_is_refused_by_its_argument():
    real = mx.io.NDArrayIter(np.zeros((4, 2)), batch_size=2)
    for call, name in (
        (lambda: mx.io.PrefetchingIter(3), "iters"),
        (lambda: mx.io.PrefetchingIter([real, 3]), "iters"),
        (lambda: mx.io.ResizeIter(3, 2), "data_iter"),
        (lambda: mx.io.MXDataIter(3), "handle"),
        (lambda: mx.test_utils.DummyIter(3), "real_iter"),
    ):
        for kind in (TypeError, mx.base.MXNetError):
            with pytest.raises(kind, match=f"{name} must be .*, got int, which has no"):
                call()


def test_labels_fewer_than_samples_are_an_mxnet_error():
    with pytest.raises(mx.base.MXNetError, match="softmax_label has shape .3,.: fewer samples than the 4 of data"):
        mx.io.NDArrayIter(np.zeros((4, 2)), np.zeros(3), batch_size=2)


def test_prefetching_mismatch_and_no_thread_left():
    a = mx.io.NDArrayIter(np.arange(2), batch_size=2)
    b = mx.io.NDArrayIter(np.arange(4), batch_size=2)
    it = mx.io.PrefetchingIter([a, b])
    it.next()
    with pytest.raises(AssertionError, match="mismatches"):
        it.next()
    del it
    gc.collect()
    deadline = time.time() + 5
    while any(t.name.startswith("PrefetchingIter") for t in threading.enumerate()) and time.time() < deadline:
        time.sleep(0.01)
    assert not any(t.name.startswith("PrefetchingIter") for t in threading.enumerate())


# ---------------------------------------------------------------------- files


@needs_shared
@pytest.mark.parametrize(
    ("setting", "extra"),
    [
        ("pad", {"label_csv": str(FIXTURES / "label.csv")}),
        ("no_round", {"label_csv": str(FIXTURES / "label.csv"), "round_batch": False}),
        ("no_label", {}),
        ("int32", {"data_csv": str(FIXTURES / "data_int.csv"), "data_shape": (6,), "batch_size": 7, "dtype": "int32"}),
        ("int64", {"data_csv": str(FIXTURES / "data_int.csv"), "data_shape": (6,), "batch_size": 7, "dtype": "int64"}),
    ],
)
def test_csv_as_mxnet(setting, extra):
    kwargs = {"data_csv": str(FIXTURES / "data.csv"), "data_shape": (2, 3), "batch_size": 3, **extra}
    check_epochs(mx.io.CSVIter(**kwargs), np.load(FIXTURES / "csv.npz"), setting)


@needs_shared
def test_csv_takes_strings_and_tells_its_shapes():
    it = mx.io.CSVIter(
        data_csv=str(FIXTURES / "data.csv"), data_shape="(2, 3)", batch_size="3", data_name="x", label_name="y"
    )
    assert it.provide_data == [("x", (3, 2, 3))] and it.provide_label == [("y", (3,))] and it.batch_size == 3
    assert it.next().index.tolist() == [0, 1, 2]
    it.reset()  # in the middle of an epoch
    assert it.iter_next() and it.getindex().tolist() == [0, 1, 2]
    assert it.getdata().shape == (3, 2, 3) and it.getlabel().shape == (3,) and it.getpad() == 0
    it.debug_skip_load()
    assert [it.next().index.tolist() for _ in range(4)] == [[0, 1, 2]] * 4


def csv(tmp_path, text, **kwargs):
    path = tmp_path / "data.csv"
    path.write_text(text)
    return mx.io.CSVIter(**{"data_csv": str(path), "data_shape": (2,), "batch_size": 1, **kwargs})


def test_csv_directory_blank_lines_and_many_pieces(tmp_path, monkeypatch):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.csv").write_text("1,2\n\n 3 , 4\n")
    (tmp_path / "d" / "b.csv").write_text("5,6\r\n7,8")
    monkeypatch.setattr("mxnet.io._csv._CHUNK", 4)
    it = mx.io.CSVIter(data_csv=str(tmp_path / "d"), data_shape=(2,), batch_size=4)
    assert it.next().data[0].asnumpy().tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]


@pytest.mark.parametrize(
    ("text", "kwargs", "words"),
    [
        ("1,2\n3,4\n", {"data_shape": (3,)}, "the row has 2 fields, data of shape .3,. needs 3"),
        ("1,2\n3,x\n", {"batch_size": 2}, "line 2: .*'x'"),
        ("1,2\n3\n", {"batch_size": 2}, "line 2: the row has 1 fields"),
        ("1,2\n", {"batch_size": 5}, "bigger than batch size"),
        ("1,2\n", {"batch_size": 0}, "batch_size must be"),
        ("1,2\n", {"dtype": "float64"}, "float64 is not supported"),
        ("1,2\n", {"batch_size": "many"}, "Invalid value for parameter batch_size"),
        ("1,2\n", {"data_csv": "/no/such/file.csv"}, "Cannot find any files"),
    ],
)
def test_csv_errors(tmp_path, text, kwargs, words):
    with pytest.raises(MXNetError, match=words):
        list(csv(tmp_path, text, **kwargs))


def test_csv_too_few_labels(tmp_path):
    (tmp_path / "l.csv").write_text("1\n")
    it = csv(tmp_path, "1,2\n3,4\n", label_csv=str(tmp_path / "l.csv"))
    with pytest.raises(MXNetError, match="1 rows, fewer than"):
        list(it)


def test_file_iterator_arguments(tmp_path):
    with pytest.raises(TypeError, match="only accept keyword"):
        mx.io.CSVIter("a.csv")
    with pytest.raises(MXNetError, match="Required parameter data_shape of Shape"):
        mx.io.CSVIter(data_csv="a.csv", batch_size=1)
    with pytest.warns(UserWarning, match="no parameter batchsize, did you mean batch_size"):
        csv(tmp_path, "1,2\n", batchsize=3)
    with pytest.warns(UserWarning, match="data_nme, did you mean data_name.*round_bach, did you mean round_batch") as w:
        csv(tmp_path, "1,2\n", data_nme="x", round_bach=0)
    assert len(w) == 1 and w[0].filename == __file__
    csv(tmp_path, "1,2\n", input_shape=(1,), verbose=True)  # for other stages, as scripts give them
    assert "round_batch : boolean, optional, default=1" in mx.io.CSVIter.__doc__


@needs_shared
def test_csv_property_round_trip(tmp_path_factory):
    row = st.lists(st.integers(-(10**9), 10**9).map(lambda i: i / 1000), min_size=3, max_size=3)

    @given(st.lists(row, min_size=1, max_size=9), st.integers(1, 4), st.booleans())
    @settings(max_examples=30, deadline=None)
    def check(rows, size, round_batch):
        path = tmp_path_factory.mktemp("csv") / "x.csv"
        path.write_text("\n".join(",".join(map(repr, r)) for r in rows))
        if round_batch and size > len(rows):
            return
        it = mx.io.CSVIter(data_csv=str(path), data_shape=(3,), batch_size=size, round_batch=round_batch)
        got = [b.data[0].asnumpy()[: size - b.pad] for b in it]
        np.testing.assert_allclose(np.concatenate(got), np.array(rows, np.float32), rtol=1e-6)

    check()


@needs_shared
@pytest.mark.parametrize(
    ("setting", "extra"),
    [
        ("flat", {"flat": True}),
        ("image", {}),
        ("part", {"flat": True, "batch_size": 2, "num_parts": 2, "part_index": 1}),
    ],
)
def test_mnist_as_mxnet(setting, extra):
    it = mx.io.MNISTIter(
        **{
            "image": str(FIXTURES / "tiny-images-idx3-ubyte"),
            "shuffle": False,
            "silent": True,
            "label": str(FIXTURES / "tiny-labels-idx1-ubyte"),
            "batch_size": 4,
            **extra,
        }
    )
    check_epochs(it, np.load(FIXTURES / "mnist.npz"), setting)


@needs_shared
def test_mnist_shuffle_seed_and_log(caplog):
    def read(seed):
        it = mx.io.MNISTIter(
            image=str(FIXTURES / "tiny-images-idx3-ubyte"),
            seed=seed,
            batch_size=5,
            label=str(FIXTURES / "tiny-labels-idx1-ubyte"),
        )
        images = np.load(FIXTURES / "mnist.npz")["images"]
        for b in it:
            wanted = images[b.index.astype(int)].astype(np.float32)[:, None] / 256
            np.testing.assert_allclose(b.data[0].asnumpy(), wanted)
        it.reset()
        return np.concatenate([b.label[0].asnumpy() for b in it]).tolist()

    with caplog.at_level("INFO"):
        assert read(1) == read(1) != read(2)
    assert "MNISTIter: load 10 images, shuffle=1, shape=(5, 1, 5, 4)" in caplog.messages
    assert sorted(read(1)) == [0, 0, 1, 2, 4, 5, 5, 5, 7, 7]


@needs_shared
def test_mnist_reads_the_real_test_set_and_refuses_others(tmp_path):
    mnist = SHARED / "data" / "mnist"
    it = mx.io.MNISTIter(
        image=str(mnist / "t10k-images-idx3-ubyte.gz"),
        label=str(mnist / "t10k-labels-idx1-ubyte.gz"),
        batch_size=100,
        shuffle=False,
        silent=True,
    )
    batches = list(it)
    assert len(batches) == 100 and batches[0].data[0].shape == (100, 1, 28, 28)
    assert batches[0].label[0].asnumpy()[:5].tolist() == [7, 2, 1, 0, 4]
    labels = str(FIXTURES / "tiny-labels-idx1-ubyte")
    with pytest.raises(MXNetError, match="invalid mnist format"):
        mx.io.MNISTIter(image=labels, label=labels)
    short = tmp_path / "short"
    short.write_bytes(gzip.open(mnist / "t10k-images-idx3-ubyte.gz").read(1000))
    with pytest.raises(MXNetError, match="needs 7840000 bytes, the file has 984"):
        mx.io.MNISTIter(image=str(short), label=labels)
    with pytest.raises(MXNetError, match="No such file"):
        mx.io.MNISTIter()
    with pytest.raises(MXNetError, match="only 10 images"):
        mx.io.MNISTIter(image=str(FIXTURES / "tiny-images-idx3-ubyte"), label=labels, batch_size=40)


@needs_shared
@pytest.mark.parametrize(
    ("setting", "extra"),
    [
        ("one", {"batch_size": 2}),
        ("labels", {"batch_size": 5, "label_libsvm": str(FIXTURES / "label.libsvm"), "label_shape": (3,)}),
    ],
)
def test_libsvm_as_mxnet(setting, extra):
    expected = np.load(FIXTURES / "libsvm.npz")
    kwargs = {"data_libsvm": str(FIXTURES / "data.libsvm"), "data_shape": (4,), **extra}
    check_epochs(mx.io.LibSVMIter(**kwargs), expected, setting)
    data = mx.io.LibSVMIter(**kwargs).next().data[0]
    assert data.stype == "csr"
    for part in ("indptr", "indices"):
        np.testing.assert_array_equal(getattr(data, part).asnumpy(), expected[f"{setting}:0:0:data0:{part}"])


def test_libsvm_parts_share_the_lines(tmp_path):
    path = tmp_path / "x.libsvm"
    path.write_text("".join(f"{i} {i % 3}:{i}.5\n" for i in range(20)))
    for parts in (1, 2, 3, 7):
        seen = []
        for k in range(parts):
            it = mx.io.LibSVMIter(data_libsvm=str(path), data_shape=(3,), batch_size=1, num_parts=parts, part_index=k)
            seen += [int(b.label[0].asscalar()) for b in it]
        assert seen == list(range(20)), parts


@pytest.mark.parametrize(
    ("text", "kwargs", "words"),
    [
        ("1 0:1\n2 3:1\n", {}, r"line 2: index 3 is not in \[0, 3\)"),
        ("1 0:1\n2 -1:1\n", {}, "line 2: index -1"),
        ("1 0:x\n", {}, "not a LibSVM file"),
        ("1 0\n", {}, "not a LibSVM file"),
        ("1 0:1\n", {"round_batch": False}, "round_batch=True only"),
        ("1 0:1\n", {"label_shape": (2,)}, "label_shape must be"),
        ("1 0:1\n", {"data_shape": (2, 2)}, "dimension of data_shape"),
        ("1 0:1\n", {"part_index": 1}, "part_index"),
    ],
)
def test_libsvm_errors(tmp_path, text, kwargs, words):
    path = tmp_path / "x.libsvm"
    path.write_text(text)
    with pytest.raises(MXNetError, match=words):
        mx.io.LibSVMIter(**{"data_libsvm": str(path), "data_shape": (3,), "batch_size": 1, **kwargs})


def test_libsvm_weights_and_queries_are_passed_over(tmp_path):
    path = tmp_path / "ranking.libsvm"
    path.write_text("1 qid:3 0:1 2:5\n0:0.5 qid:4 1:2\n2\n")
    batch = mx.io.LibSVMIter(data_libsvm=str(path), data_shape=(4,), batch_size=3).next()
    assert batch.data[0].asnumpy().tolist() == [[1, 0, 5, 0], [0, 2, 0, 0], [0, 0, 0, 0]]
    assert batch.label[0].asnumpy().tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    "head", ["9" * 50_000, "1:" + "9" * 50_000 + "x", "1 qid:" + "9" * 50_000 + "x", "1 " * 30_000]
)
def test_libsvm_lines_that_are_long_are_refused_at_once(tmp_path, head):
    path = tmp_path / "long.libsvm"
    path.write_text(f"{head} 0:\n")
    with Work(at_most=3000), pytest.raises(MXNetError, match="line 1: not a LibSVM file"):
        mx.io.LibSVMIter(data_libsvm=str(path), data_shape=(4,), batch_size=1)


def test_csv_numbers_beyond_float32_are_infinite(tmp_path):
    path = tmp_path / "large.csv"
    path.write_text("1e300,-1e39\n")
    found = mx.io.CSVIter(data_csv=str(path), data_shape=(2,), batch_size=1).next().data[0].asnumpy()
    assert found.tolist() == [[float("inf"), -float("inf")]]
