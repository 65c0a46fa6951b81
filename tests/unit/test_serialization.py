"""Array files: what MXNet wrote is read, what is written is MXNet's to the byte, damage is reported."""

import io
import json
import os
import pickle
import stat

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet._core import serialization
from mxnet._core.files import atomic_write
from tests.conftest import SHARED, needs_shared

FIXTURES = SHARED / "fixtures"
MANIFEST = json.loads((FIXTURES / "manifest.json").read_text())["files"] if FIXTURES.is_dir() else {}
ARRAY_FILES = {
    name: facts
    for name, facts in MANIFEST.items()
    if name.endswith((".params", ".npy_params", ".v0")) and "arrays" in facts
}
HOSTILE = [name for name in MANIFEST if name.startswith("hostile/") and name.endswith(".params")]
# Written by hand or by MXNet under NumPy semantics; all others must come out again as they are.
NOT_OUR_LAYOUT = {
    "legacy/legacy_ndarray.v0",
    *("ndarray/layout_v0.params", "ndarray/layout_v1.params", "ndarray/mixed_v0_v1_v2.params"),
    *("ndarray/reserved_nonzero.params", "ndarray/saved_on_gpu3.params"),
}

V2_HEADER = bytes.fromhex("c9fa93f9 00000000")


def values(x):
    """An array as float64, bfloat16 too."""
    return x.tostype("default").as_torch().double().cpu().numpy()


def named(loaded):
    """What load gave, with names as the manifest has them."""
    return loaded if isinstance(loaded, dict) else {str(i): x for i, x in enumerate(loaded)}


@needs_shared
@pytest.mark.parametrize("name", ARRAY_FILES)
def test_reads_as_the_manifest_says(name):
    facts = ARRAY_FILES[name]
    loaded = mx.nd.load(str(FIXTURES / name))
    assert isinstance(loaded, dict) == (facts["container"] == "dict")
    assert set(named(loaded)) == set(facts["arrays"])
    for key, expected in facts["arrays"].items():
        x = named(loaded)[key]
        assert list(x.shape) == expected["shape"]
        assert mx._core.dtypes.dtype_name(x.dtype) == expected["dtype"]
        assert x.stype == expected.get("stype", "default")
        assert x.context == mx.cpu(0)
        finite = values(x)[np.isfinite(values(x))]
        assert finite.size + expected.get("non_finite", 0) == values(x).size
        if "sum" in expected:
            np.testing.assert_allclose(finite.sum(), expected["sum"], rtol=1e-12)
            np.testing.assert_allclose(np.abs(finite).sum(), expected["abs_sum"], rtol=1e-12)


@needs_shared
@pytest.mark.parametrize("name", [n for n in ARRAY_FILES if n not in NOT_OUR_LAYOUT])
def test_writes_the_same_bytes(name, tmp_path):
    original = (FIXTURES / name).read_bytes()
    target = str(tmp_path / "again.params")
    numpy_shapes = name.endswith(".npy_params") or "np_shape" in name
    with mx.util.np_shape(numpy_shapes):
        mx.nd.save(target, mx.nd.load(str(FIXTURES / name)))
    with open(target, "rb") as file:
        assert file.read() == original


@needs_shared
@pytest.mark.parametrize("name", ["npx_dict", "sparse_as_dense", "bfloat16_as_float32"])
def test_values(name):
    stem = {"sparse_as_dense": "sparse", "bfloat16_as_float32": "bfloat16"}.get(name, name)
    path = FIXTURES / "ndarray" / f"{stem}{'.npy_params' if stem.startswith('npx') else '.params'}"
    loaded = mx.nd.load(str(path))
    with np.load(FIXTURES / "ndarray" / f"{name}.npz") as expected:
        assert set(expected) == set(loaded)
        for key in expected:
            np.testing.assert_array_equal(values(loaded[key]), expected[key].astype("float64"))
            assert loaded[key].shape == expected[key].shape


@needs_shared
def test_sparse_parts():
    loaded = mx.nd.load(str(FIXTURES / "ndarray" / "sparse.params"))
    with np.load(FIXTURES / "ndarray" / "sparse_parts.npz") as expected:
        for key in expected:
            name, part = key.split(":")
            got = getattr(loaded[name], part)
            np.testing.assert_array_equal(got.asnumpy(), expected[key])
            assert got.dtype == expected[key].dtype


@needs_shared
def test_special_values_bit_for_bit():
    loaded = mx.nd.load(str(FIXTURES / "ndarray" / "special_values.params"))
    tiny = np.float32(1e-45)  # flushing denormals must not touch what is only stored
    assert tiny in loaded["f4"].asnumpy() and np.isnan(loaded["f4"].asnumpy()).sum() == 1
    assert np.signbit(loaded["f8"].asnumpy()[loaded["f8"].asnumpy() == 0]).sum() == 1


@needs_shared
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name, limited_allocations):
    path = FIXTURES / name
    limited_allocations(path.stat().st_size)
    with pytest.raises(mx.MXNetError, match=r"offset \d+"):
        mx.nd.load(str(path))
    with pytest.raises(mx.MXNetError, match=r"offset \d+"):
        mx.nd.load_frombuffer(path.read_bytes())


@pytest.fixture
def limited_allocations(monkeypatch):
    """Fail when more is allocated for values than the file has bytes."""

    def limit(size):
        for library in (torch, np):

            def checked(shape, dtype, empty=library.empty):
                made = empty((0,), dtype=dtype)
                assert int(np.prod(shape, dtype=object)) * made.itemsize <= size
                return empty(shape, dtype=dtype)

            monkeypatch.setattr(library, "empty", checked)

    return limit


def sample_file():
    """A file with every kind of array in it."""
    arrays = {
        "w": mx.nd.array([[1, 2, 3], [4, 5, 6]]),
        "half": mx.nd.array([1, 2], dtype="float16"),
        "brain": mx.nd.array([1, 2], dtype="bfloat16"),
        "flags": mx.nd.array([True, False], dtype="bool"),
        "csr": mx.nd.array([[0, 1, 0], [2, 0, 3]]).tostype("csr"),
        "rows": mx.nd.array([[0, 0], [1, 2], [0, 0]]).tostype("row_sparse"),
    }
    buffer = io.BytesIO()
    buffer.write(serialization._U64x3.pack(serialization.LIST_MAGIC, 0, len(arrays)))
    for x in arrays.values():
        serialization.write_array(buffer.write, x, False)
    buffer.write(len(arrays).to_bytes(8, "little"))
    for key in arrays:
        buffer.write(len(key).to_bytes(8, "little") + key.encode())
    return buffer.getvalue()


SAMPLE = sample_file()


@given(
    edits=st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), max_size=6),
    cut=st.one_of(st.none(), st.integers(0, len(SAMPLE))),
)
@settings(max_examples=400, deadline=None)
def test_damaged_files_never_do_anything_else(edits, cut):
    data = bytearray(SAMPLE)
    for place, byte in edits:
        data[place] = byte
    del data[cut:]
    try:
        loaded = mx.nd.load_frombuffer(bytes(data))
    except mx.MXNetError as e:
        assert "offset" in str(e)
    else:
        for x in named(loaded).values():  # what was read is sound: it can be used and written again
            assert serialization.load_array(serialization.dump_array(x), mx.nd.NDArray).shape == x.shape


@pytest.mark.parametrize("length", range(0, len(SAMPLE), 7))
def test_every_truncation_is_noticed(length):
    with pytest.raises(mx.MXNetError, match="offset"):
        mx.nd.load_frombuffer(SAMPLE[:length])


DTYPES = ["float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool", "bfloat16"]


@given(
    st.lists(
        st.tuples(st.sampled_from(DTYPES), st.lists(st.integers(0, 4), min_size=1, max_size=5)), min_size=1, max_size=4
    ),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_round_trip(tmp_path_factory, specs, as_dict):
    path = str(tmp_path_factory.mktemp("files") / "x.params")
    arrays = [mx.nd.array(np.random.randint(0, 2, shape), dtype=dtype) for dtype, shape in specs]
    data = {f"n{i}·": x for i, x in enumerate(arrays)} if as_dict else arrays
    mx.nd.save(path, data)
    loaded = mx.nd.load(path)
    assert type(loaded) is type(data)
    for key, x in named(data).items():
        y = named(loaded)[key]
        assert y.shape == x.shape and y.dtype == x.dtype
        assert torch.equal(y.as_torch(), x.as_torch())


def test_layout_of_an_array():
    dumped = serialization.dump_array(mx.nd.array([1, 2]))
    assert dumped == V2_HEADER + bytes.fromhex(
        "01000000 0200000000000000  01000000 00000000  00000000  0000803f 00000040"
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_of_any_size(dtype, tmp_path):
    path = str(tmp_path / "x.params")
    x = mx.nd.array(np.random.randint(0, 2, (70, 300)), dtype=dtype)  # more bytes than are allocated through NumPy
    mx.nd.save(path, x)
    assert torch.equal(mx.nd.load(path)[0].as_torch(), x.as_torch())


def test_strided_arrays_are_written_in_order(tmp_path):
    path = str(tmp_path / "x.params")
    x = mx.nd.arange(24).reshape((1, 2, 3, 4))
    channels_last = mx.nd.from_torch(x.as_torch().contiguous(memory_format=torch.channels_last))
    mx.nd.save(path, [channels_last, x.transpose((3, 2, 1, 0))])
    first, second = mx.nd.load(path)
    np.testing.assert_array_equal(first.asnumpy(), x.asnumpy())
    np.testing.assert_array_equal(second.asnumpy(), x.asnumpy().transpose(3, 2, 1, 0))


def test_loaded_arrays_can_be_written(tmp_path):
    path = str(tmp_path / "x.params")
    mx.nd.save(path, mx.nd.ones((2, 2)))
    (x,) = mx.nd.load(path)
    x[:] = 3
    assert x.asnumpy().sum() == 12
    (y,) = mx.nd.load(path)
    assert y.asnumpy().sum() == 4


def test_bools_are_normalized():
    data = bytearray(serialization.dump_array(mx.nd.array([1, 0], dtype="bool")))
    data[-2] = 7
    loaded = serialization.load_array(bytes(data), mx.nd.NDArray)
    assert loaded.asnumpy().view(np.uint8).tolist() == [1, 0]


def test_other_contexts(tmp_path):
    path = str(tmp_path / "x.params")
    mx.nd.save(path, mx.nd.ones((2,), ctx=mx.cpu(1)))
    with open(path, "rb") as file:
        assert file.read()[44:52] == bytes.fromhex("01000000 01000000")
    assert mx.nd.load(path)[0].context == mx.cpu(0)  # as MXNet, which does not restore CPU numbers


@pytest.mark.gpu
def test_gpu_arrays_return_to_their_gpu(tmp_path):
    path = str(tmp_path / "x.params")
    mx.nd.save(path, {"a": mx.nd.ones((2, 3), ctx=mx.gpu(0)), "b": mx.nd.ones((2, 3))})
    loaded = mx.nd.load(path)
    assert loaded["a"].context == mx.gpu(0) and loaded["a"].as_torch().is_cuda
    assert loaded["b"].context == mx.cpu(0)


# ---------------------------------------------------------------------- wrong use


@pytest.mark.parametrize("data", [(1,), "x", 3, None])
def test_save_refuses_other_containers(tmp_path, data):
    with pytest.raises(ValueError, match="save: data must be an NDArray"):
        mx.nd.save(str(tmp_path / "x"), data)


def test_save_refuses_other_items(tmp_path):
    for data in ([1], {"a": np.ones(2)}, {1: mx.nd.ones((2,))}):
        with pytest.raises(TypeError, match="save: expected .* in data"):
            mx.nd.save(str(tmp_path / "x"), data)
    assert not list(tmp_path.iterdir())


def test_wrong_names(tmp_path):
    with pytest.raises(TypeError, match="fname required to be a string"):
        mx.nd.load(b"x")
    with pytest.raises(TypeError, match="fname required to be a string"):
        mx.nd.save(tmp_path, mx.nd.ones((1,)))
    with pytest.raises(TypeError, match="buf required to be a string or bytes"):
        mx.nd.load_frombuffer(bytearray(b"x"))
    with pytest.raises(mx.MXNetError, match="No such file"):
        mx.nd.load(str(tmp_path / "missing"))
    with pytest.raises(mx.MXNetError, match="directory"):
        mx.nd.load(str(tmp_path))
    with pytest.raises(mx.MXNetError, match="No such file"):
        mx.nd.save(str(tmp_path / "no" / "folder"), mx.nd.ones((1,)))
    with pytest.raises(mx.MXNetError, match="s3://"):
        mx.nd.load("s3://bucket/x")


def test_file_addresses(tmp_path):
    mx.nd.save(f"file://{tmp_path}/x", mx.nd.ones((2,)))
    assert (tmp_path / "x").stat().st_size == 72
    assert mx.nd.load(f"file://{tmp_path}/x")[0].shape == (2,)


# ---------------------------------------------------------------------- files appear whole


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.params"
    mx.nd.save(str(path), mx.nd.ones((2,)))
    before = path.read_bytes()

    def broken(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(serialization, "write_array", broken)
    with pytest.raises(mx.MXNetError, match="No space left"):
        mx.nd.save(str(path), mx.nd.zeros((2,)))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_atomic_write_keeps_links_and_permissions(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    with atomic_write(str(link), "w") as file:
        file.write("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new" and link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_atomic_write_to_what_is_no_file():
    with atomic_write(os.devnull) as file:
        file.write(b"x")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


# ---------------------------------------------------------------------- pickles


@pytest.mark.parametrize("dtype", DTYPES)
def test_pickled_arrays(dtype):
    x = mx.nd.array([[1, 0], [0, 1]], dtype=dtype)
    y = pickle.loads(pickle.dumps(x))
    assert y.dtype == x.dtype and torch.equal(y.as_torch(), x.as_torch())


def test_pickles_are_mxnets():
    # pickle.dumps(mx.nd.ones((2,)), 4) of MXNet 1.9.1
    theirs = (
        b"\x80\x04\x95\x7f\x00\x00\x00\x00\x00\x00\x00\x8c\x15mxnet.ndarray.ndarray\x94\x8c\x07NDArray\x94\x93\x94N\x85\x94R"
        b"\x94}\x94\x8c\x06handle\x94\x8c\x08builtins\x94\x8c\tbytearray\x94\x93\x94C(\xc9\xfa\x93\xf9\x00\x00\x00\x00\x01\x00"
        b"\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x80?"
        b"\x94\x85\x94R\x94sb."
    )
    assert pickle.dumps(mx.nd.ones((2,)), 4) == theirs
    assert pickle.loads(theirs).asnumpy().tolist() == [1, 1]


def test_pickled_sparse_arrays():
    for stype in ("csr", "row_sparse"):
        x = mx.nd.array([[0, 1, 0], [2, 0, 3]]).tostype(stype)
        y = pickle.loads(pickle.dumps(x))
        assert y.stype == stype
        np.testing.assert_array_equal(y.asnumpy(), x.asnumpy())


def test_damaged_pickled_array():
    x = mx.nd.ones((2,))
    with pytest.raises(mx.MXNetError, match="offset"):
        x.__setstate__({"handle": bytearray(b"\x00\x01")})
    with pytest.raises(mx.MXNetError, match="holds bytes, got int"):
        x.__setstate__({"handle": 10**12})
