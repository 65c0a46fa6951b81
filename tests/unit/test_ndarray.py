"""NDArray: making, converting, sharing memory, printing, pickling, operators of Python, contexts."""

import copy
import pickle

import numpy as np
import pytest
import torch

import mxnet as mx

DTYPES = ["float16", "float32", "float64", "uint8", "int8", "int32", "int64", "bool"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_comes_and_goes(ctx, dtype):
    source = np.array([[0, 1], [1, 0]], dtype)
    x = mx.nd.array(source, ctx, dtype=dtype)
    assert x.dtype == np.dtype(dtype).type
    assert x.asnumpy().dtype == source.dtype
    np.testing.assert_array_equal(x.asnumpy(), source)
    assert x.astype("float32").dtype == np.float32


def test_bfloat16(ctx):
    x = mx.nd.array([1.0, 2.5], ctx).astype("bfloat16")
    assert x.astype("float32").asnumpy().tolist() == [1.0, 2.5]
    assert x.asnumpy().dtype.names == ("bfloat16",)


@pytest.mark.parametrize(
    ("make", "shape", "expected"),
    [
        (lambda c: mx.nd.zeros((2, 3), c), (2, 3), np.zeros((2, 3))),
        (lambda c: mx.nd.zeros(3, c), (3,), np.zeros(3)),
        (lambda c: mx.nd.ones((2,), c, dtype="int32"), (2,), np.ones(2)),
        (lambda c: mx.nd.full((2, 2), 7, c), (2, 2), np.full((2, 2), 7)),
        (lambda c: mx.nd.arange(5, ctx=c), (5,), np.arange(5)),
        (lambda c: mx.nd.arange(2, 10, 3, repeat=2, ctx=c), (6,), np.repeat(np.arange(2, 10, 3), 2)),
        (lambda c: mx.nd.eye(3, 4, 1, ctx=c), (3, 4), np.eye(3, 4, 1)),
        (lambda c: mx.nd.linspace(0, 1, 5, ctx=c), (5,), np.linspace(0, 1, 5)),
        (lambda c: mx.nd.linspace(0, 1, 4, endpoint=False, ctx=c), (4,), np.linspace(0, 1, 4, endpoint=False)),
        (lambda c: mx.nd.array(5, c), (), np.array(5)),
        (lambda c: mx.nd.array([[1, 2], [3, 4]], c), (2, 2), np.array([[1, 2], [3, 4]])),
        (lambda c: mx.nd.zeros_like(mx.nd.ones((2,), c)), (2,), np.zeros(2)),
        (lambda c: mx.nd.concat(mx.nd.ones((1, 2), c), mx.nd.zeros((1, 2), c), dim=0), (2, 2), [[1, 1], [0, 0]]),
        (lambda c: mx.nd.stack(mx.nd.ones((2,), c), mx.nd.zeros((2,), c), axis=1), (2, 2), [[1, 0], [1, 0]]),
        (
            lambda c: mx.nd.concatenate([mx.nd.ones((1, 2), c), mx.nd.zeros((2, 2), c)]),
            (3, 2),
            [[1, 1], [0, 0], [0, 0]],
        ),
        (lambda c: mx.nd.moveaxis(mx.nd.zeros((2, 3, 4), c), 0, -1), (3, 4, 2), np.zeros((3, 4, 2))),
    ],
)
def test_creation(ctx, make, shape, expected):
    x = make(ctx)
    assert x.shape == shape and x.context == ctx
    np.testing.assert_allclose(x.asnumpy(), expected)


def test_default_dtype_rules():
    assert mx.nd.array(np.arange(3)).dtype == np.float32
    assert mx.nd.array([1, 2]).dtype == np.float32
    assert mx.nd.array(mx.nd.array([1], dtype="int32")).dtype == np.int32
    assert mx.nd.zeros((1,)).dtype == np.float32


def test_array_copies():
    source = np.ones(2, np.float32)
    x = mx.nd.array(source)
    source[:] = 5
    assert x.asnumpy().tolist() == [1, 1]
    out = x.asnumpy()
    out[:] = 9
    assert x.asnumpy().tolist() == [1, 1]


@pytest.mark.parametrize("bad", ["text", [[1], [1, 2]], object()])
def test_array_refuses(bad):
    with pytest.raises(TypeError, match="array like"):
        mx.nd.array(bad)


def test_bad_dtype_and_shape():
    with pytest.raises(TypeError, match="float99"):
        mx.nd.zeros((2,), dtype="float99")
    with pytest.raises(ValueError, match="negative"):
        mx.nd.zeros((2, -1))
    with pytest.raises(mx.MXNetError, match="context string 'fpga'"):
        mx.nd.zeros((2,), ctx="fpga")


OPERATORS = ["+", "-", "*", "/", "%", "**", "==", "!=", ">", ">=", "<", "<="]


@pytest.mark.parametrize("operator", OPERATORS)
def test_python_operators(ctx, operator):
    a, b = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), np.array([2.0, 2.0], np.float32)
    x, y = mx.nd.array(a, ctx), mx.nd.array(b, ctx)
    scope = {"a": a, "b": b, "x": x, "y": y}
    for ours, numpy in (("x {} y", "a {} b"), ("x {} 2", "a {} 2"), ("2 {} x", "2 {} a"), ("x {} 1.5", "a {} 1.5")):
        found = eval(ours.format(operator), scope)
        expected = eval(numpy.format(operator), scope)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("operator", ["+=", "-=", "*=", "/=", "%="])
@pytest.mark.parametrize("other", [2, np.float32(2), "array", "row"])
def test_in_place_operators_keep_memory(ctx, operator, other):
    a = np.array([[1.0, 2.0], [3.0, 5.0]], np.float32)
    x = mx.nd.array(a, ctx)
    view, tensor = x[0], x.as_torch()
    values = {"array": np.full((2, 2), 2, np.float32), "row": np.array([2, 3], np.float32)}
    operand = mx.nd.array(values[other], ctx) if isinstance(other, str) else other
    scope = {"x": x, "o": operand, "a": a, "p": values[other] if isinstance(other, str) else other}
    exec(f"x {operator} o; a {operator} p", scope)
    assert scope["x"] is x
    np.testing.assert_allclose(x.asnumpy(), a, rtol=1e-6)
    np.testing.assert_allclose(view.asnumpy(), a[0], rtol=1e-6)
    assert x.as_torch() is tensor


def test_dtypes_of_arithmetic():
    i = mx.nd.array([1, 2, 3], dtype="int32")
    assert (i + 1.5).asnumpy().tolist() == [2, 3, 4] and (i + 1.5).dtype == np.int32
    assert (i / 2).asnumpy().tolist() == [0, 1, 1]
    assert (i > 1).dtype == np.int32
    with pytest.raises(mx.MXNetError, match="int32"):
        i + mx.nd.ones((3,))


def test_operators_refuse_other_types():
    x = mx.nd.ones((2,))
    for bad in ("a", [1, 2], {}):
        with pytest.raises(TypeError, match="not supported"):
            x + bad
    assert (x == None) is False and (x != None) is True  # noqa: E711


def test_broadcasting_errors_name_the_operator():
    with pytest.raises(mx.MXNetError, match="broadcast_add") as caught:
        mx.nd.ones((2, 3)) + mx.nd.ones((4,))
    assert "(2, 3)" in str(caught.value) and "(4,)" in str(caught.value)


def test_numpy_on_the_left_defers():
    assert isinstance(np.float32(2) * mx.nd.ones((2,)), mx.nd.NDArray)
    assert np.asarray(mx.nd.ones((2,))).tolist() == [1, 1]
    assert np.array(mx.nd.ones((2,)), dtype=np.float64).dtype == np.float64


def test_truth_length_iteration_and_scalars():
    x = mx.nd.array([[1, 2], [3, 4]])
    assert len(x) == 2 and [r.asnumpy().tolist() for r in x] == [[1, 2], [3, 4]]
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)
    assert bool(mx.nd.ones((1,))) and not bool(mx.nd.zeros((1,)))
    assert mx.nd.array([3.5]).asscalar() == np.float32(3.5) and type(mx.nd.array([3.5]).asscalar()) is np.float32
    assert mx.nd.array([3]).item() == 3 and float(mx.nd.array([3])) == 3 and int(mx.nd.array([3])) == 3
    with pytest.raises(ValueError, match="not a scalar"):
        x.asscalar()
    for several in (x, mx.nd.array([]), mx.np.ones((2,))):
        for convert in (float, int, complex):
            for kind in (TypeError, ValueError):  # MXNet's, and that of 0.1
                with pytest.raises(kind, match="only arrays of one element"):
                    convert(several)
    assert [10, 20, 30][mx.nd.array([1], dtype="int32")] == 20
    with pytest.raises(TypeError):
        [10, 20][mx.nd.array([1])]


def test_views_share_memory(ctx):
    x = mx.nd.array(np.arange(6), ctx)
    y = x.reshape((2, 3))
    y[0, 0] = 100
    assert x[0].asscalar() == 100
    x.expand_dims(0, inplace=True)[0, 1] = 7
    assert x[1].asscalar() == 7
    assert x.flatten(inplace=True).shape == (6, 1)
    copied = x.copy()
    copied[:] = 0
    assert x[1].asscalar() == 7


@pytest.mark.parametrize(
    ("shape", "codes", "expected"),
    [
        ((2, 3, 4), (4, 0, 2), (4, 3, 2)),
        ((2, 3, 4), (-1,), (24,)),
        ((2, 3, 4), (6, 1, -1), (6, 1, 4)),
        ((2, 3, 4), (-2,), (2, 3, 4)),
        ((2, 3, 4), (2, -2), (2, 3, 4)),
        ((2, 3, 4), (-2, 1, 1), (2, 3, 4, 1, 1)),
        ((2, 3, 4), (-3, 4), (6, 4)),
        ((2, 3, 4, 5), (-3, -3), (6, 20)),
        ((2, 3, 4), (0, -3), (2, 12)),
        ((2, 3, 4), (-4, 1, 2, -2), (1, 2, 3, 4)),
        ((2, 3, 4), (2, -4, -1, 3, -2), (2, 1, 3, 4)),
    ],
)
def test_reshape_codes(shape, codes, expected):
    assert mx.nd.zeros(shape).reshape(codes).shape == expected
    assert mx.nd.zeros(shape).reshape(*codes).shape == expected


def test_reshape_reverse_and_errors():
    assert mx.nd.zeros((10, 5, 4)).reshape((-1, 0), reverse=True).shape == (50, 4)
    assert mx.nd.zeros((10, 5, 4)).reshape(shape=(-1, 0)).shape == (40, 5)
    with pytest.raises(ValueError, match="Shape must be provided"):
        mx.nd.zeros((2,)).reshape()
    with pytest.raises(TypeError, match="sheep"):
        mx.nd.zeros((2,)).reshape((2,), sheep=1)
    with pytest.raises((ValueError, mx.MXNetError)):
        mx.nd.zeros((2, 3)).reshape((4, 2))


def test_copies_between_arrays_and_contexts():
    x = mx.nd.array([1, 2])
    y = mx.nd.zeros((2,), dtype="int32")
    assert x.copyto(y) is y and y.asnumpy().tolist() == [1, 2]
    moved = x.copyto(mx.cpu(1))
    assert moved.context == mx.cpu(1) and moved.asnumpy().tolist() == [1, 2]
    moved[:] = 0
    assert x.asnumpy().tolist() == [1, 2]
    assert x.as_in_context(mx.cpu(0)) is x
    assert x.as_in_context(mx.cpu(3)).context == mx.cpu(3)
    with pytest.raises(ValueError, match="shape"):
        x.copyto(mx.nd.zeros((3,)))
    with pytest.raises(TypeError, match="copyto"):
        x.copyto("cpu")
    with pytest.raises(RuntimeError, match="itself"):
        x.copyto(x)


def test_results_live_on_the_context_of_their_inputs():
    x = mx.nd.ones((2,), mx.cpu(2))
    assert (x + x).context == (x + 1).context == mx.nd.relu(x).context == x.copy().context == mx.cpu(2)
    with mx.cpu(4):
        assert mx.nd.ones((1,)).context == mx.cpu(4)
    assert mx.nd.ones((1,)).context == mx.cpu(0)


def test_torch_and_dlpack_share_memory():
    x = mx.nd.ones((2,))
    x.as_torch()[0] = 5
    assert x.asnumpy().tolist() == [5, 1]
    t = torch.zeros(2)
    y = mx.nd.from_torch(t)
    y[:] = 3
    assert t.tolist() == [3, 3]
    z = mx.nd.from_dlpack(x.to_dlpack_for_write())
    z[1] = 8
    assert x.asnumpy().tolist() == [5, 8]
    assert mx.nd.from_dlpack(x.to_dlpack_for_read()).asnumpy().tolist() == [5, 8]
    with pytest.raises(TypeError, match="complex64"):
        mx.nd.from_torch(torch.zeros(1, dtype=torch.complex64))


def test_from_numpy():
    source = np.ones((2, 2), np.float32)
    x = mx.nd.from_numpy(source)
    x[0, 0] = 4
    assert source[0, 0] == 4 and not source.flags.writeable
    with pytest.raises(ValueError, match="contiguous"):
        mx.nd.from_numpy(np.ones((2, 3)).T)
    assert mx.nd.from_numpy(np.ones(2), zero_copy=False).dtype == np.float64


@pytest.mark.parametrize("dtype", [*DTYPES, "bfloat16"])
def test_pickling(dtype):
    x = mx.nd.array([[1, 0, 1]]).astype(dtype)
    y = pickle.loads(pickle.dumps(x))
    assert y.dtype == x.dtype and y.shape == x.shape
    np.testing.assert_array_equal(y.astype("float32").asnumpy(), x.astype("float32").asnumpy())
    for other in (copy.copy(x), copy.deepcopy(x)):
        assert other is not x and other.shape == x.shape


def test_printing():
    assert str(mx.nd.array([[1, 2]])) == "\n[[1. 2.]]\n<NDArray 1x2 @cpu(0)>"
    assert repr(mx.nd.ones((1,), mx.cpu(1))).endswith("<NDArray 1 @cpu(1)>")


def test_out_is_written_in_place():
    x, out = mx.nd.array([1, 2]), mx.nd.zeros((2,))
    tensor = out.as_torch()
    assert mx.nd.square(x, out=out) is out
    assert tensor.tolist() == [1, 4]
    with pytest.raises(mx.MXNetError, match="out has shape"):
        mx.nd.square(x, out=mx.nd.zeros((3,)))


def test_operator_results_never_share_memory_with_inputs():
    x = mx.nd.ones((2, 3))
    for y in (
        mx.nd.reshape(x, shape=(3, 2)),
        mx.nd.transpose(x),
        mx.nd.identity(x),
        mx.nd.slice(x, begin=(0, 0), end=(1, 2)),
        mx.nd.Dropout(x, p=0.5),
        mx.nd.broadcast_to(x, shape=(2, 3)),
        mx.nd.cast(x, dtype="float32"),
        *mx.nd.split(x, num_outputs=3, axis=1),
    ):
        y[:] = 5
        assert x.asnumpy().tolist() == [[1, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: mx.nd.FullyConnected(x, x, num_hiden=2, no_bias=True), "did you mean 'num_hidden'"),
        (lambda x: mx.nd.FullyConnected(x, x, no_bias=True), "num_hidden"),
        (lambda x: mx.nd.FullyConnected(x, x, num_hidden="many", no_bias=True), "num_hidden expects int, got 'many'"),
        (lambda x: mx.nd.Activation(x, act_type="relo"), "act_type expects one of"),
        (lambda x: mx.nd.elemwise_add(x, mx.nd.ones((3,))), "elemwise_add"),
        (lambda x: mx.nd.reshape(x, shape=(7, 7)), "[Rr]eshape"),
        (lambda x: mx.nd.relu(), "relu"),
    ],
)
def test_errors_of_operator_calls(call, words):
    with pytest.raises(mx.MXNetError, match=words):
        call(mx.nd.ones((2, 2)))


def test_unknown_operator_suggests_the_nearest():
    with pytest.raises(AttributeError, match="did you mean 'FullyConnected'"):
        _ = mx.nd.FulyConnected
    with pytest.raises(mx.MXNetError, match="did you mean 'FullyConnected'"):
        mx._core.registry.get_op("FulyConnected")


def test_strings_and_positions_for_parameters():
    x = mx.nd.array([[1, -2]])
    assert mx.nd.clip(x, 0, 1).asnumpy().tolist() == [[1, 0]]
    assert mx.nd.clip(x, a_min="0", a_max="1").asnumpy().tolist() == [[1, 0]]
    assert mx.nd.transpose(x, (1, 0)).shape == (2, 1)
    with pytest.raises(TypeError, match="NDArray"):
        mx.nd.relu(np.ones(2))


def test_contexts():
    assert mx.cpu() == mx.Context("cpu") == mx.Context(mx.cpu(0)) and mx.cpu(0) != mx.cpu(1) != mx.gpu(1)
    assert str(mx.gpu(2)) == "gpu(2)" and len({mx.cpu(0), mx.cpu(0), mx.cpu(1)}) == 2
    assert mx.cpu_pinned().device_type == "cpu_pinned" and mx.Context("cpu_shared", 0).device_typeid == 5
    with mx.cpu(1):
        with mx.Context("cpu", 2):
            assert mx.current_context() == mx.cpu(2)
        assert mx.current_context() == mx.cpu(1)
    assert mx.Context.default_ctx == mx.cpu(0)
    assert pickle.loads(pickle.dumps(mx.gpu(3))) == mx.gpu(3)


def test_default_context_can_be_set():
    with mx.cpu(1):
        mx.Context.default_ctx = mx.cpu(3)
        assert mx.current_context() == mx.Context.default_ctx == mx.nd.ones(2).context == mx.cpu(3)
    assert mx.current_context() == mx.cpu(0)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), 0], ids=str)
def test_unknown_shapes(shape):
    """Outside of np_shape these stand for shapes that are not known, of which no array can be made."""
    made = [mx.nd.zeros, mx.nd.ones, lambda s: mx.nd._internal._zeros(shape=s), lambda s: mx.nd.random.normal(shape=s)]
    for make in made:
        with pytest.raises(mx.MXNetError, match="is unknown"):
            make(shape)
        with mx.util.np_shape():
            assert make(shape).shape == ((0,) if shape == 0 else shape)
    assert mx.nd.array(np.ones((0, 2))).shape == (0, 2) and mx.nd.full((2, 0), 1).size == 0


def test_arange_ignores_infer_range():
    with pytest.warns(DeprecationWarning, match="infer_range"):
        assert mx.nd.arange(3, infer_range=True).asnumpy().tolist() == [0, 1, 2]


def test_histogram_without_a_range():
    """Counts and bounds are float32 then, whatever the type of the data, as MXNet gives them."""
    for dtype in ("float32", "float64", "int32"):
        counts, bounds = mx.nd.histogram(mx.nd.array([1, 2, 2, 5], dtype=dtype), 4)
        assert counts.dtype == bounds.dtype == np.float32
        assert counts.asnumpy().tolist() == [1, 2, 0, 1] and bounds.asnumpy().tolist() == [1, 2, 3, 4, 5]
    assert mx.nd.histogram(mx.nd.ones(3), 2)[0].asnumpy().tolist() == [0, 3]
    assert mx.nd.histogram(mx.nd.ones(3), 2, (0, 2))[0].dtype == np.int64


def test_power_names_its_arguments():
    assert mx.nd.power(base=mx.nd.array([2]), exp=3).asscalar() == 8
    assert mx.nd.power(2, mx.nd.array([3])).asscalar() == 8


def test_missing_gpu_says_so():
    number = torch.cuda.device_count() + 5
    with pytest.raises(mx.MXNetError, match=rf"gpu\({number}\) is not available"):
        mx.nd.ones((1,), mx.gpu(number))


@pytest.mark.gpu
def test_arrays_on_the_gpu():
    x = mx.nd.ones((2,), mx.gpu(0))
    assert x.context == mx.gpu(0) and (x + 1).context == mx.gpu(0)
    assert x.as_in_context(mx.cpu()).asnumpy().tolist() == [1, 1]
    free, total = mx.context.gpu_memory_info(0)
    assert 0 < free <= total
