"""mx.npx, and the namespaces ``F.np`` and ``F.npx`` of blocks."""

import inspect
import json

import numpy as np
import pytest

import mxnet as mx
from mxnet import npx

_OPERATORS = """
    activation arange_like batch_dot batch_flatten batch_norm cast constraint_check convolution deconvolution dropout
    embedding erf erfinv fully_connected gamma gammaln gather_nd layer_norm leaky_relu log_softmax multibox_detection
    multibox_prior multibox_target nonzero one_hot pick pooling relu reshape reshape_like rnn roi_pooling sequence_mask
    shape_array sigmoid slice smooth_l1 softmax topk
""".split()
_OTHERS = """
    Context cpu cpu_pinned current_context get_cuda_compute_capability gpu gpu_memory_info image is_np_array is_np_shape
    load num_gpus random reset_np save set_np waitall
""".split()


def test_names_of_mxnet():
    assert set(_OPERATORS) <= set(npx._op.__all__)
    assert {*_OPERATORS, *_OTHERS} <= set(dir(npx))
    assert {*_OPERATORS, *_OTHERS} <= set(npx.__all__)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "softmax", "activation"])
def test_operators_take_and_give_numpy_arrays(name):
    params = {"act_type": "tanh"} if name == "activation" else {}
    x = mx.np.array([[1.0, -2.0]])
    assert type(getattr(npx, name)(x, **params)) is mx.np.ndarray
    with pytest.raises(TypeError, match=r"must have ndarray type.*as_np_ndarray"):
        getattr(npx, name)(mx.nd.array([1.0]), **params)
    with pytest.raises(TypeError, match="must have ndarray type"):
        getattr(npx, name)([1.0], **params)


def test_operators_write_into_out():
    out = mx.np.zeros((2,))
    assert npx.relu(mx.np.array([-1.0, 2.0]), out=out) is out
    assert out.tolist() == [0.0, 2.0]


def test_signatures():
    assert str(inspect.signature(npx.reshape)) == "(a, newshape, reverse=False, order='C')"
    assert str(inspect.signature(npx.nonzero)) == "(a)"
    assert list(inspect.signature(npx.pick).parameters)[:5] == ["data", "index", "axis", "keepdims", "mode"]


@pytest.mark.parametrize(
    "values, expected",
    [
        ([[1, 0], [2, 3]], [[0, 0], [1, 0], [1, 1]]),
        (3.0, [[0]]),
        (0.0, np.zeros((0, 1))),
        (np.zeros((0, 3)), np.zeros((0, 2))),
        (np.zeros((2, 3)), np.zeros((0, 2))),
        ([True, False, True], [[0], [2]]),
    ],
)
def test_nonzero(values, expected):
    found = npx.nonzero(mx.np.array(values, dtype=np.asarray(values).dtype))
    assert found.dtype == np.int64 and found.shape == np.shape(expected)
    assert found.tolist() == np.asarray(expected).tolist()


def test_constraint_check():
    x = mx.np.array([1.0, 2.0])
    x.attach_grad()
    with mx.autograd.record():
        y = npx.constraint_check(x > 0, "not above zero") * x
    y.backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert npx.constraint_check(mx.np.ones((0,), dtype="bool")).item() is True
    with pytest.raises(ValueError, match="not below zero"):
        npx.constraint_check(x < 0, "not below zero")


@pytest.mark.parametrize("name, op", [("relu", "_npx_relu"), ("sigmoid", "_npx_sigmoid"), ("softmax", "softmax")])
def test_what_is_written_to_graphs(name, op):
    """MXNet writes some under names of their own; all load by the name that ``mx.npx`` has."""
    x = mx.np.array([[1.0, -2.0]])
    with mx.autograd.record():
        x.attach_grad()
        y = getattr(npx, name)(x)
    nodes = json.loads(mx.autograd.get_symbol(y).tojson())["nodes"]
    assert [n["op"] for n in nodes if n["op"] != "null"] == [op]


@pytest.mark.parametrize("alias", ["_npx_relu", "_npx_sigmoid", "_npx_softmax", "_npx_batch_flatten", "_npx_gamma"])
def test_graphs_with_names_of_npx_run(alias):
    graph = {
        "nodes": [
            {"op": "null", "name": "x", "inputs": []},
            {"op": alias, "name": "y", "inputs": [[0, 0, 0]]},
        ],
        "arg_nodes": [0],
        "heads": [[1, 0, 0]],
        "attrs": {"mxnet_version": ["int", 10901], "is_np_shape": ["int", 1]},
    }
    block = mx.gluon.SymbolBlock(mx.sym.fromjson(json.dumps(graph)), [mx.sym.var("x")])
    x = mx.np.array([[0.5, 2.5]])
    expected = getattr(npx, alias.removeprefix("_npx_"))(x)
    np.testing.assert_allclose(block(x).asnumpy(), expected.asnumpy(), rtol=1e-6)


# ---------------------------------------------------------------------- npx.image


def test_images():
    pictures = mx.np.array(np.arange(12).reshape(2, 2, 3), dtype="uint8")
    assert npx.image.to_tensor(pictures).shape == (3, 2, 2)
    assert type(npx.image.resize(pictures, size=4)) is mx.np.ndarray
    assert npx.image.CastAug is mx.image.CastAug  # as in MXNet, all of mx.image is there
    assert {"imdecode", "to_tensor", "ImageIter"} <= set(dir(npx.image))
    with pytest.raises(AttributeError, match="no attribute 'no_such'"):
        npx.image.no_such  # noqa: B018


# ---------------------------------------------------------------------- F.np and F.npx


def test_namespaces_of_blocks():
    assert mx.nd.np is mx.nd.numpy and mx.nd.npx is mx.nd.numpy_extension
    assert mx.nd.np.__name__ == "mxnet.ndarray.numpy"
    x = mx.np.array([[1.0, 2.0], [3.0, 4.0]])
    assert mx.nd.np.sum(x, axis=0).tolist() == [4.0, 6.0]
    assert mx.nd.np.add(x, 1)[0, 0].item() == 2.0
    assert mx.nd.np._internal.add_scalar(x, scalar=2.0)[0, 0].item() == 3.0
    assert mx.nd.npx.relu(x).shape == (2, 2)
    assert mx.nd.np.linalg.norm(x).shape == ()
    assert mx.nd.np.random.uniform(size=(2,)).shape == (2,)
    assert list(inspect.signature(mx.nd.np.sum).parameters)[:2] == ["a", "axis"]


def test_generated_functions_of_blocks_refuse_classic_arrays():
    with pytest.raises(TypeError, match="must have ndarray type"):
        mx.nd.np.sum(mx.nd.array([1.0]))


# ---------------------------------------------------------------------- what NumPy computes

_FINANCE = {  # with the values of NumPy 1.19, which was the last to have these
    "npv": ((0.281, [-100, 39, 59, 55, 20]), -0.0084785916384548798),
    "pv": ((0.05 / 12, 120, -100, 15692.93), -100.00067131625819),
    "pmt": ((0.075 / 12, 180, 200000), -1854.0247200054619),
    "ppmt": ((0.1 / 12, 1, 60, 55000), -710.25412578642055),
    "rate": ((10, 0, -3500, 10000), 0.11069085371426901),
    "mirr": (([-120000, 39000, 30000, 21000, 37000, 46000], 0.10, 0.12), 0.126094130366),
}


@pytest.mark.parametrize("name", _FINANCE)
def test_finance(name):
    args, expected = _FINANCE[name]
    np.testing.assert_allclose(getattr(mx.np, name)(*args), expected, rtol=1e-6)


def test_finance_over_arrays():
    paid = mx.np.pmt(mx.np.array([0.0, 0.1], dtype="float64"), 10, 100)
    np.testing.assert_allclose(paid.asnumpy(), [-10.0, -16.27453949], rtol=1e-6)
    np.testing.assert_allclose(mx.np.ppmt(0.1, 1, 10, 100, when="begin"), mx.np.pmt(0.1, 10, 100, when=1))
    assert np.isnan(mx.np.mirr([1.0, 2.0], 0.1, 0.1))
    with pytest.raises(ValueError, match="when must be one of"):
        mx.np.pv(0.1, 10, 100, when="sometimes")


def test_functions_of_the_host_show_the_signature_of_numpy():
    assert inspect.signature(mx.np.cov) == inspect.signature(np.cov)
    assert type(mx.np.cov(mx.np.ones((2, 3)))) is mx.np.ndarray


@pytest.mark.parametrize("name", ["in1d", "trapz", "alltrue", "msort"])
def test_functions_that_numpy_dropped(name):
    """They are there under any NumPy, and do not warn."""
    arguments = ([1, 2], [2]) if name == "in1d" else ([3.0, 1.0],)
    found = getattr(mx.np, name)(*(mx.np.array(a) for a in arguments))
    expected = {"in1d": [False, True], "trapz": 2.0, "alltrue": True, "msort": [1.0, 3.0]}[name]
    assert np.asarray(found).tolist() == expected


def test_modules_of_mxnet():
    assert mx.np.function_base.meshgrid is mx.np.meshgrid
    assert mx.np.stride_tricks.broadcast_arrays is mx.np.broadcast_arrays
    assert mx.np.io.genfromtxt is mx.np.genfromtxt
    assert mx.np.arrayprint.set_printoptions is mx.np.set_printoptions
    assert mx.np.iinfo("int8").max == 127
    assert mx.np.utils._STR_2_DTYPE_["float"] is np.float64


def test_print_options():
    before = np.get_printoptions()
    try:
        mx.np.set_printoptions(2, suppress=True)
        assert str(mx.np.array([1.23456])) == "[1.23]"
    finally:
        np.set_printoptions(**before)


# ---------------------------------------------------------------------- signatures of NumPy


def test_einsum_takes_operands():
    x = mx.np.array([[1.0, 2.0], [3.0, 4.0]])
    assert mx.np.einsum("ij,jk", x, x, optimize=True).tolist() == [[7.0, 10.0], [15.0, 22.0]]
    with pytest.raises(TypeError, match="subscripts as text"):
        mx.np.einsum(x, [0, 1])
    with pytest.raises(TypeError, match="unknown keywords: axes"):
        mx.np.einsum("ij", x, axes=1)


def test_keywords_of_ufuncs():
    x = mx.np.ones((2, 2))
    assert mx.np.matmul(x, x, casting="same_kind").tolist() == [[2.0, 2.0], [2.0, 2.0]]
    with pytest.raises(TypeError, match="invalid keyword to function 'matmul'"):
        mx.np.matmul(x, x, axes=3)
    with pytest.raises(NotImplementedError, match="normed, density and weights"):
        mx.np.histogram(x, density=True)


# ---------------------------------------------------------------------- graphs of MXNet with custom operators


def _custom(arguments, **attrs):
    inputs = [{"op": "null", "name": name, "inputs": []} for name in arguments]
    node = {"op": "Custom", "name": "custom0", "attrs": attrs, "inputs": [[i, 0, 0] for i in range(len(inputs))]}
    graph = {
        "nodes": [*inputs, node],
        "arg_nodes": [*range(len(inputs))],
        "heads": [[len(inputs), 0, 0]],
        "attrs": {"mxnet_version": ["int", 10901], "is_np_shape": ["int", 1]},
    }
    symbol = mx.sym.fromjson(json.dumps(graph))
    return mx.gluon.SymbolBlock(symbol, [mx.sym.var(name) for name in arguments])


@mx.util.use_np
def test_custom_operators_of_mxnet():
    resize = _custom(["x"], op_type="resize_fallback", new_shape="(2, 3)")
    assert resize(mx.np.array([1.0, 2.0])).tolist() == [[1.0, 2.0, 1.0], [2.0, 1.0, 2.0]]
    like = _custom(["x"], op_type="empty_like_fallback", dtype="int32", order="C", subok="False", shape="None")
    assert like(mx.np.ones((2, 1))).dtype == np.int32
    places = _custom(["x"], op_type="unravel_index_fallback", shape="(2, 3)")
    assert places(mx.np.array([1, 5], dtype="int64")).tolist() == [[0, 1], [1, 2]]
    draw = _custom(["m", "c"], op_type="mvn_fallback", size="(5,)")
    assert draw(mx.np.zeros((3, 2)), mx.np.array([[1.0, 0.0], [0.0, 1.0]])).shape == (5, 3, 2)


@mx.util.use_np
def test_custom_operators_of_mxnet_have_no_gradient():
    resize = _custom(["x"], op_type="resize_fallback", new_shape="3")
    x = mx.np.array([1.0, 2.0])
    x.attach_grad()
    with mx.autograd.record():
        y = resize(x)
    with pytest.raises(mx.MXNetError, match="resize has no gradient"):
        y.backward()


@mx.util.use_np
def test_custom_operators_of_mxnet_are_functions():
    assert mx.numpy_op_fallback.ResizeProp("3").list_arguments() == ["a"]
    internal = mx.nd.np._internal
    assert internal.resize_fallback(mx.np.array([1.0, 2.0]), new_shape=3).tolist() == [1.0, 2.0, 1.0]


# ---------------------------------------------------------------------- names of MXNet 2


def test_masked_softmax():
    x = mx.np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    mask = mx.np.array([[True, True, False], [False, False, False]], dtype="bool")
    found = npx.masked_softmax(x, mask).asnumpy()
    np.testing.assert_allclose(found, [[0.26894142, 0.73105858, 0.0], [0.0, 0.0, 0.0]], rtol=1e-6)
    logs = npx.masked_log_softmax(x, mx.np.array([[1.0, 1.0, 0.0]]), temperature=2.0).asnumpy()
    np.testing.assert_allclose(logs[0], [-0.97407699, -0.47407698, -np.inf], rtol=1e-6)
    x.attach_grad()
    with mx.autograd.record():
        y = npx.masked_softmax(x, mask)[0, 0]
    y.backward()
    np.testing.assert_allclose(x.grad.asnumpy()[0], [0.19661193, -0.19661193, 0.0], rtol=1e-5)
    with pytest.raises(TypeError, match="must be of a floating type, got int32"):
        npx.masked_softmax(x.astype("int32"), mask)


def test_index_add_and_update():
    x = mx.np.zeros((2, 3))
    places = mx.np.array([[0, 1, 0], [1, 2, 1]], dtype="int32")
    assert npx.index_add(x, places, mx.np.array([1.0, 2.0, 3.0])).tolist() == [[0, 4, 0], [0, 0, 2]]
    assert npx.index_update(x, places[:1, :2], mx.np.array([5.0, 6.0, 7.0])).tolist() == [[5, 6, 7], [5, 6, 7]]
    with pytest.raises(IndexError, match="index 3 is out of bounds for axis 1 with size 3"):
        npx.index_add(x, places + 1 - mx.np.array([[1], [0]], dtype="int32"), mx.np.array(1.0))
    with pytest.raises(mx.MXNetError, match="_npx_index_add: ind must have a row for each"):
        npx.index_add(x, mx.np.array([1]), mx.np.array(1.0))


@pytest.mark.parametrize(
    "name, classic",
    [
        ("broadcast_like", "broadcast_like"),
        ("group_norm", "GroupNorm"),
        ("instance_norm", "InstanceNorm"),
        ("stop_gradient", "BlockGrad"),
        ("ctc_loss", "CTCLoss"),
        ("deformable_convolution", "_contrib_DeformableConvolution"),
        ("interleaved_matmul_selfatt_qk", "_contrib_interleaved_matmul_selfatt_qk"),
    ],
)
def test_names_of_classic_operators(name, classic):
    assert getattr(npx, name).operator.name == classic


def test_control_flow():
    outputs, state = npx.foreach(lambda x, s: (x * 2, s + x), mx.np.array([1.0, 2.0, 3.0]), mx.np.array(0.0))
    assert outputs.tolist() == [2.0, 4.0, 6.0] and state.item() == 6.0
    _, (i, s) = npx.while_loop(
        lambda i, s: i < 3, lambda i, s: (s, [i + 1, s * 2]), [mx.np.array(0.0), mx.np.array(1.0)], max_iterations=5
    )
    assert (i.item(), s.item()) == (3.0, 8.0)
    chosen = npx.cond(mx.np.array(1.0), lambda: mx.np.array(2.0), lambda: mx.np.array(3.0))
    assert type(chosen) is mx.np.ndarray and chosen.item() == 2.0


# ---------------------------------------------------------------------- files


def test_files_of_numpy(tmp_path):
    path = str(tmp_path / "arrays")
    npx.savez(path, mx.np.array([1.0, 2.0]), b=mx.np.array(3, dtype="int64"))
    found = npx.load(path)
    assert found["arr_0"].tolist() == [1.0, 2.0] and found["b"].dtype == np.int64 and found["b"].shape == ()
    np.savez_compressed(path + ".npz", a=np.zeros((0, 2), "float64"))
    assert npx.load(path + ".npz")["a"].shape == (0, 2)
    np.save(path + ".npy", np.arange(6, dtype="int32").reshape(2, 3).T)
    (single,) = npx.load(path + ".npy")
    assert single.dtype == np.int32 and single.tolist() == [[0, 3], [1, 4], [2, 5]]
    with pytest.raises(ValueError, match="several arrays for the names arr_0"):
        npx.savez(path, mx.np.ones(1), arr_0=mx.np.ones(1))
    with pytest.raises(TypeError, match="savez needs mxnet.numpy.ndarray, got list"):
        npx.savez(path, [1.0])


def test_files_of_numpy_that_are_not_read(tmp_path):
    path = tmp_path / "arrays.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(mx.MXNetError, match="arrays with the header .*O.* are not read"):
        npx.load(str(path))
    np.save(path, np.ones((2, 3)))
    whole = path.read_bytes()
    for damaged in (
        whole[:-1],
        whole[:20],
        whole.replace(b"(2, 3)", b"(2, 9)"),
        whole.replace(b"\x01\x00", b"\x09\x00"),
        whole.replace(b"<f8", b"|b0"),
    ):
        path.write_bytes(damaged)
        with pytest.raises(mx.MXNetError, match="is no file of arrays that NumPy wrote"):
            npx.load(str(path))
    path.write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(mx.MXNetError, match="is no file of arrays that NumPy wrote"):
        npx.load(str(path))


@pytest.mark.parametrize(
    "given, error",
    [
        (mx.nd.ones((2,)), ValueError),
        (np.ones(2), ValueError),
        ([mx.nd.ones((2,))], TypeError),
        ({"a": 3}, TypeError),
        ({3: mx.np.ones(2)}, TypeError),
    ],
)
def test_what_is_not_saved(given, error, tmp_path):
    with pytest.raises(error, match="save needs"):
        npx.save(str(tmp_path / "x"), given)
