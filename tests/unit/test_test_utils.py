"""The test helpers: what they accept, what they refuse, and their reports (recorded from MXNet 1.9.1)."""

import gzip
import http.server
import logging
import os
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet import test_utils as tu

A = np.arange(12, dtype="float32").reshape(3, 4)


def report(capsys, *args, check=tu.assert_almost_equal, **kwargs):
    with pytest.raises(AssertionError) as caught:
        check(*args, **kwargs)
    return capsys.readouterr().out, str(caught.value)


# ---------------------------------------------------------------------- comparisons


@pytest.mark.parametrize("wrap", [lambda x: x, mx.nd.array], ids=["numpy", "ndarray"])
def test_report_of_differences(capsys, wrap):
    b = A.copy()
    b[1, 2] += 1
    b[2, 3] = np.nan
    b[0, 0] = 3
    printed, message = report(capsys, wrap(A), wrap(b), names=("x", "y"))
    assert printed == (
        "\n*** Maximum errors for vector of size 12:  rtol=0.0001, atol=0.001\n\n"
        "  1: Error nan  Location of error: (2, 3), x=11.00000000, y=nan\n"
        "  2: Error 2307.692383  Location of error: (0, 0), x=0.00000000, y=3.00000000\n"
        "  3: Error 588.235291  Location of error: (1, 2), x=6.00000000, y=7.00000000\n"
    )
    assert message.startswith(
        "\nItems are not equal:\n"
        "Error nan exceeds tolerance rtol=1.000000e-04, atol=1.000000e-03 (mismatch 25.000000%).\n"
        "Location of maximum error: (2, 3), x=11.00000000, y=nan\n"
        " ACTUAL: array([[ 0.,  1.,  2.,  3.],"
    )


def test_report_counts_up_to_a_limit(capsys):
    printed, message = report(capsys, A, A + np.ones((3, 4)))
    assert printed.count("Error ") == 10 and "(mismatch at least 91.666667%)" in message
    assert " 10: Error 500.000000  Location of error: (2, 1), a=9.00000000, b=10.00000000" in printed
    printed, message = report(capsys, A, A + 1, mismatches=(2, 0))
    assert printed.count("Error ") == 2 and "(mismatch 100.000000%)" in message
    assert "Error 909.090942 exceeds tolerance" in message


def test_report_of_numbers(capsys):
    printed, message = report(capsys, np.float32(1), np.float32(2))
    assert printed == ""
    # NumPy 2 rounds and prints scalars in its own way: 833.333313, np.float32(1.0).
    message = message.replace("833.333313", "833.333333").replace("np.float32(", "").replace(")", "")
    assert message == (
        "\nItems are not equal:\nError 833.333333 exceeds tolerance rtol=1.000000e-04, atol=1.000000e-03.\n\n"
        " ACTUAL: 1.0\n DESIRED: 2.0"
    )
    assert "Error 100000000000000000000.000000" in report(capsys, 1, 2)[1]
    assert (
        "Location of maximum error: (1,), a=2.00000000, b=3.00000000"
        in report(capsys, np.array([1, 2], "uint8"), np.array([1, 3], "uint8"))[1]
    )


def test_reports_leave_print_options_alone(capsys):
    before = np.get_printoptions()
    report(capsys, A, A + 1)
    assert np.get_printoptions() == before


def test_assert_almost_equal_accepts():
    tu.assert_almost_equal(A, mx.nd.array(A) + 1e-5)
    tu.assert_almost_equal(mx.nd.array(A), A[None])
    tu.assert_almost_equal([1, 2], [1, 2])
    tu.assert_almost_equal(np.array([np.inf, np.nan]), np.array([np.inf, np.nan]), equal_nan=True)
    tu.assert_almost_equal(np.array([True, False]), np.array([True, False]))
    tu.assert_almost_equal(mx.nd.ones(2, dtype="bfloat16"), np.float32([1, 1.01]))
    tu.assert_almost_equal(mx.nd.ones(2), mx.nd.full((2,), 1.05, dtype="float16"))
    tu.assert_almost_equal(A, A + 1, rtol={np.dtype("float32"): 1}, atol={np.dtype("float32"): 1})


def test_assert_almost_equal_refuses(capsys):
    with pytest.raises(ValueError, match="broadcast"):
        tu.assert_almost_equal(A, A[:2])
    message = report(capsys, A, A[:1], use_broadcast=False)[1]
    assert "a.shape = (3, 4) and b.shape = (1, 4) are not equal" in message
    assert "(1, 0)" in report(capsys, A, A[:1])[0]  # broadcast: every place can be named
    report(capsys, np.array([True, False]), np.array([True, True]))
    report(capsys, np.array([np.nan]), np.array([np.nan]))
    report(capsys, A, A + 1e-5, check=tu.assert_allclose)


def test_share_of_errors(capsys):
    b = A.copy()
    b[0, 0] = 9
    tu.assert_almost_equal_with_err(A, b, etol=0.1)
    assert "(mismatch 8.333333%)" in report(capsys, A, b, check=tu.assert_almost_equal_with_err, etol=0.05)[1]
    report(capsys, A, b, check=tu.assert_almost_equal_with_err)
    tu.assert_almost_equal_with_err(mx.nd.array(A), mx.nd.array(b), etol=0.1)


def test_ignoring_nan(capsys):
    a, b = np.array([1, np.nan, 3.0]), np.array([1, 5, np.nan])
    tu.assert_almost_equal_ignore_nan(a, b)
    report(capsys, a, b + 1, check=tu.assert_almost_equal_ignore_nan)


def test_same():
    assert tu.same(A, A.copy()) and not tu.same(A, A + 1) and not tu.same(A, A[:2])
    x = mx.nd.array(A)
    assert tu.same_array(x, x.reshape((3, 4))) and tu.same_array(x[1], x[1])
    assert not tu.same_array(x, x.copy()) and not tu.same_array(x[0], x[1])


def test_almost_equal():
    assert not tu.almost_equal(A, A + 1e-3) and tu.almost_equal(A, A + 1e-3, atol=1e-2)
    with pytest.raises(AssertionError):
        tu.almost_equal(A, A[:1], use_broadcast=False)


def test_tolerances():
    half, single = mx.nd.ones(1, dtype="float16"), np.ones(1, "float32")
    assert tu.get_tols(single, np.float64(1), None, None) == (1e-4, 1e-3)
    assert tu.get_tols(half, 3, None, None) == (1e-2, 1e-1)
    assert tu.get_tols(half, single, {np.dtype("float16"): 5}, 1) == (5, 1)
    assert tu.effective_dtype(single) == np.float32 and tu.effective_dtype(half) == np.float16
    assert tu.get_rtol() == 1e-5 and tu.get_rtol(3) == 3 and tu.get_atol(dtype=np.dtype("float16")) == 1e-1
    assert tu.get_etol() == 0 and tu.get_etol(0.5) == 0.5
    assert tu.default_numeric_eps()[np.dtype("float32")] == 2**-9
    assert tu.default_rtols()[np.dtype("int32")] == 0


@pytest.mark.gpu
def test_tf32_counts_as_float16():
    x = mx.nd.ones(1, ctx=mx.gpu(0))
    with tu.environment("NVIDIA_TF32_OVERRIDE", "0"):
        assert tu.effective_dtype(x) == np.float32


def test_compare_ndarray_tuple(capsys):
    x = mx.nd.ones(2)
    tu.compare_ndarray_tuple((x, (None, x)), (x, (None, x)))
    report(capsys, (x, (None, x)), (x, (None, x + 1)), check=tu.compare_ndarray_tuple)


# ---------------------------------------------------------------------- contexts and environment


def test_default_context():
    assert tu.default_context() == mx.current_context()
    with mx.cpu(3):
        assert tu.default_context() == mx.cpu(3)
        tu.set_default_context(mx.cpu(5))
        assert mx.current_context() == mx.cpu(5)
    assert mx.current_context() != mx.cpu(5)
    found = []

    def work():
        with tu.environment("MXNET_TEST_DEFAULT_CTX", "cpu(7)"):
            found.append(tu.default_context())
        tu.set_default_context(mx.cpu(8))
        found.append(mx.current_context())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [mx.cpu(7), mx.cpu(8)] and mx.current_context() != mx.cpu(8)


def test_environment(monkeypatch):
    monkeypatch.setenv("REMX_A", "1")
    monkeypatch.delenv("REMX_B", raising=False)
    with pytest.raises(KeyError), tu.environment({"REMX_A": None, "REMX_B": "2"}):
        assert "REMX_A" not in os.environ and os.environ["REMX_B"] == "2"
        raise KeyError
    assert os.environ["REMX_A"] == "1" and "REMX_B" not in os.environ
    with pytest.raises(AssertionError, match="environment takes a name and a value"), tu.environment("REMX_A"):
        pass


def test_retry():
    calls = []

    @tu.retry(3)
    def flaky(wanted, error):
        """Fails at first."""
        calls.append(1)
        if len(calls) < wanted:
            raise error

    flaky(3, AssertionError())
    assert len(calls) == 3 and flaky.__doc__ == "Fails at first."
    calls.clear()
    with pytest.raises(AssertionError):
        flaky(4, AssertionError())
    assert len(calls) == 3
    calls.clear()
    with pytest.raises(ValueError):
        flaky(2, ValueError())
    assert len(calls) == 1
    with pytest.raises(AssertionError):
        tu.retry(0)


def test_assert_exception():
    tu.assert_exception(int, ValueError, "x")
    with pytest.raises(AssertionError, match="int did not raise"):
        tu.assert_exception(int, ValueError, "1")
    with pytest.raises(TypeError):
        tu.assert_exception(int, ValueError, [])


def test_discard_stderr(capfd):
    with tu.discard_stderr():
        os.write(2, b"lost")
        print("lost", file=sys.stderr)
    os.write(2, b"kept")
    assert capfd.readouterr().err == "kept"


def test_facts_of_the_machine():
    assert list(tu.list_gpus()) == list(range(mx.context.num_gpus()))
    assert not tu.has_tvm_ops() and tu.is_op_runnable()
    with tu.environment("CD_JOB", "1"):
        assert tu.is_cd_run()
    assert isinstance(tu.is_aarch64_run(), bool)


def test_im2rec_path(tmp_path):
    with tu.environment("MXNET_HOME", str(tmp_path)):
        with pytest.raises(OSError, match="im2rec"):
            tu.get_im2rec_path()
        (tmp_path / "tools").mkdir()
        (tmp_path / "tools" / "im2rec.py").write_text("")
        assert tu.get_im2rec_path() == str(tmp_path / "tools" / "im2rec.py")


# ---------------------------------------------------------------------- random data


def test_random_arrays():
    one = tu.random_arrays((2, 3))
    assert one.shape == (2, 3) and one.dtype == np.float32
    many = tu.random_arrays((2,), (), (3, 1))
    assert [x.shape for x in many] == [(2,), (), (3, 1)] and all(isinstance(x, np.ndarray) for x in many)
    (low,) = tu.random_uniform_arrays((1000,), low=5, high=6, dtype="float64")
    assert low.dtype == np.float64 and low.min() >= 5 and low.max() < 6
    with pytest.raises(TypeError, match="color"):
        tu.random_uniform_arrays((2,), color=1)
    assert sorted(tu.random_sample([1, 2, 3], 3)) == [1, 2, 3] and len(tu.random_sample([1, 2, 3], 2)) == 2
    with pytest.raises(AssertionError):
        tu.random_sample([1], 2)


def test_random_shapes():
    for _ in range(50):
        assert all(1 <= n <= 4 for n in tu.rand_shape_nd(5, dim=4))
        assert 1 <= tu.rand_shape_2d(3, 5)[1] <= 5 and len(tu.rand_shape_3d()) == 3
        x, y = tu.rand_coord_2d(1, 3, 10, 12)
        assert 1 <= x < 3 and 10 <= y < 12
    assert 0 in {n for _ in range(100) for n in tu.rand_shape_nd(2, 2, allow_zero_size=True)}
    assert all(type(n) is int for n in tu.rand_shape_nd(2))


def test_rand_ndarray(ctx):
    x = tu.rand_ndarray((2, 3), dtype="float16", ctx=ctx)
    assert x.dtype == np.float16 and x.context == ctx and x.stype == "default"
    for stype in ("csr", "row_sparse"):
        x = tu.rand_ndarray((30, 20), stype, density=0.3, ctx=ctx)
        assert x.stype == stype and x.shape == (30, 20) and x.context == ctx
        assert 0.15 < (x.asnumpy() != 0).mean() < 0.45


def test_random_rows():
    x, (values, rows) = tu.rand_sparse_ndarray(
        (5, 2), "row_sparse", rsp_indices=np.array([1, 3]), data_init=2, modifier_func=lambda v: v * 3
    )
    assert (values == 6).all() and (rows == [1, 3]).all()
    np.testing.assert_array_equal(x.asnumpy(), [[0, 0], [6, 6], [0, 0], [6, 6], [0, 0]])
    empty, (values, rows) = tu.rand_sparse_ndarray((5, 2), "row_sparse", density=0)
    assert empty.indices.shape == (0,) and len(values) == len(rows) == 0
    assert tu.create_sparse_array((5, 2), "row_sparse", rsp_indices=[3, 1]).indices.asnumpy().tolist() == [1, 3]
    assert tu.create_sparse_array_zd((5, 2), "row_sparse", 0.9).indices.shape == (0,)


def test_random_csr():
    x, (indptr, indices, data) = tu.rand_sparse_ndarray((6, 8), "csr", density=0.5)
    assert data.shape == (24,) and indptr.asnumpy()[-1] == 24
    rows = [indices.asnumpy()[a:b] for a, b in zip(indptr.asnumpy(), indptr.asnumpy()[1:])]
    assert all((np.diff(row) > 0).all() for row in rows)
    shuffled, parts = tu.rand_sparse_ndarray((6, 80), "csr", density=0.5, shuffle_csr_indices=True, data_init=3)
    rows = [parts[1].asnumpy()[a:b] for a, b in zip(parts[0].asnumpy(), parts[0].asnumpy()[1:])]
    assert any((np.diff(row) < 0).any() for row in rows)
    assert set(np.unique(shuffled.asnumpy())) == {0, 3}
    power, (indptr, _, _) = tu.rand_sparse_ndarray((5, 16), "csr", density=0.5, distribution="powerlaw")
    assert np.diff(indptr.asnumpy()).tolist() == [2, 4, 8, 16, 10]
    assert tu.create_sparse_array_zd((4, 5), "csr", 0.4).data.shape == (8,)


@pytest.mark.parametrize(
    "args, error",
    [
        (((4, 4), "csr", 1.5), ValueError),
        (((0, 4), "csr", 0.5), ValueError),
        (((4, 4), "coo", 0.5), AssertionError),
        (((4, 4), "csr", 0.1, None, "powerlaw"), ValueError),
        (((4, 4), "csr", 0.5, None, "cauchy"), AssertionError),
        (((4, 4), "row_sparse", 0.5, None, "powerlaw"), AssertionError),
        (((1, 4), "csr", 1.0, None, "powerlaw"), ValueError),
    ],
)
def test_impossible_sparse_arrays(args, error):
    with pytest.raises(error):
        tu.rand_sparse_ndarray(*args)


def test_small_helpers():
    np.testing.assert_array_equal(tu.assign_each(A, lambda v: v * 2), A * 2)
    np.testing.assert_array_equal(tu.assign_each(A, None), A)
    np.testing.assert_array_equal(tu.assign_each2(A, A, lambda v, w: v + w), A * 2)
    np.testing.assert_array_equal(tu.assign_each2(A, A, None), A)
    with pytest.raises(AssertionError):
        tu.assign_each2(A, A[:1], max)
    np.testing.assert_array_equal(tu.create_2d_tensor(3, 2).asnumpy(), [[0, 0], [1, 1], [2, 2]])
    assert tu.create_vector(4).asnumpy().tolist() == [0, 1, 2, 3] and tu.create_vector(4).dtype == np.int64
    np.testing.assert_array_equal(tu.get_identity_mat(3).asnumpy(), np.eye(3))
    np.testing.assert_array_equal(tu.get_identity_mat_batch(2).asnumpy(), [np.eye(2)] * 2)
    x = np.arange(24.0).reshape(2, 3, 4)
    for axis in (None, 1, (0, 2)):
        for keep in (False, True):
            np.testing.assert_array_equal(tu.np_reduce(x, axis, keep, np.sum), x.sum(axis, keepdims=keep))
    np.testing.assert_array_equal(tu.collapse_sum_like(x, (3, 1)), x.sum((0, 2)).reshape(3, 1))
    assert tu.collapse_sum_like(np.zeros((0, 3)), (1, 3)).tolist() == [[0, 0, 0]]
    for shape in ((2, 1), (1, 1, 1, 1)):
        with pytest.raises(AssertionError):
            tu.collapse_sum_like(x, shape)


def test_matrices_with_known_eigenvalues():
    m = tu.new_matrix_with_real_eigvals_nd((2, 4, 4))
    assert m.shape == (2, 4, 4) and abs(np.linalg.eigvals(m).imag).max() < 1e-6
    s = tu.new_sym_matrix_with_real_eigvals_nd((3, 4, 4))
    np.testing.assert_allclose(s, np.swapaxes(s, 1, 2), atol=1e-9)
    assert abs(np.linalg.eigvalsh(s)).max() <= 10 + 1e-9
    q = tu.new_orthonormal_matrix_2d(5)
    np.testing.assert_allclose(q.T @ q, np.eye(5), atol=1e-9)
    assert tu.new_matrix_with_real_eigvals_nd((3, 3)).shape == (3, 3)


# ---------------------------------------------------------------------- symbols

X, Y = mx.sym.Variable("x"), mx.sym.Variable("y")


def wrong_gradient():
    """Its forward pass doubles, its gradient does not."""
    return mx.sym.BlockGrad(X) + X


def test_simple_forward():
    assert tu.simple_forward(X * 2, x=[1, 2]).tolist() == [2, 4]
    assert [a.tolist() for a in tu.simple_forward(mx.sym.Group([X, X + Y]), x=[1], y=[2])] == [[1], [3]]


def test_same_symbol_structure():
    assert tu.same_symbol_structure(X + Y, mx.sym.Variable("a") + mx.sym.Variable("b"))
    assert not tu.same_symbol_structure(X + Y, X * Y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_check_numeric_gradient(ctx, dtype):
    point = {"x": np.random.rand(2, 3), "y": np.random.rand(2, 3) + 0.5}
    tu.check_numeric_gradient(mx.sym.exp(X) / Y, point, dtype=dtype, ctx=ctx, rtol=1e-2)
    tu.check_numeric_gradient(mx.sym.exp(X) / Y, list(point.values()), grad_nodes=["y"], dtype=dtype, rtol=1e-2)
    tu.check_numeric_gradient(X * Y, point, grad_nodes={"x": "add", "y": "null"}, dtype=dtype, rtol=1e-2)
    with pytest.raises(AssertionError, match="NUMERICAL_x=.*BACKWARD_x="):
        tu.check_numeric_gradient(wrong_gradient(), [point["x"]], dtype=dtype)
    with pytest.raises(ValueError, match="Invalid grad_req|grad_req"):
        tu.check_numeric_gradient(X * Y, point, grad_nodes={"x": "replace", "y": "write"}, dtype=dtype)
    with pytest.raises(ValueError, match="should name the arguments"):
        tu.check_numeric_gradient(X * Y, {"x": point["x"]})
    with pytest.raises(ValueError, match="grad_nodes"):
        tu.check_numeric_gradient(X * Y, point, grad_nodes="x")
    with pytest.raises(AssertionError, match="dtype"):
        tu.check_numeric_gradient(X * Y, point, dtype=np.int32)


def test_check_numeric_gradient_with_states_and_sparse_buffers():
    net = mx.sym.BatchNorm(X, name="bn", fix_gamma=False, momentum=0.5)
    point = [np.random.rand(6, 3) * 4, np.random.rand(3) + 1, np.random.rand(3)]
    tu.check_numeric_gradient(net, point, [np.zeros(3), np.ones(3)], numeric_eps=1e-3, rtol=0.1, atol=1e-2)
    tu.check_numeric_gradient(
        mx.sym.dot(X, Y), [np.random.rand(2, 3), np.random.rand(3, 2)], rtol=1e-2, grad_stype_dict={"y": "row_sparse"}
    )
    with pytest.raises(ValueError, match="aux_states should name"):
        tu.check_numeric_gradient(net, point, {"bn_mean": np.zeros(3)})


def test_numeric_grad():
    executor = (X * X).simple_bind(mx.cpu(), x=(3,))
    point = np.array([1.0, 2, 3])
    found = tu.numeric_grad(executor, {"x": point}, eps=2**-6, dtype=np.float64)
    np.testing.assert_allclose(found["x"], 2 * point, rtol=1e-4)
    np.testing.assert_array_equal(executor.arg_dict["x"].asnumpy(), point)  # the point is restored
    assert point.tolist() == [1, 2, 3]


def test_check_symbolic_forward(ctx):
    point = [np.array([[1.0, 2]]), np.array([[3.0], [4]])]
    outputs = tu.check_symbolic_forward(mx.sym.dot(X, Y), point, [[[11.0]]], ctx=ctx)
    assert outputs[0].asnumpy().tolist() == [[11]]
    named = mx.sym.dot(X, Y, name="dot")
    tu.check_symbolic_forward(named, dict(zip("xy", point)), {"dot_output": np.array([[11.0]])}, dtype=np.float64)
    ints = tu.check_symbolic_forward(X + Y, [np.array([1]), np.array([2])], [np.array([3])], dtype="asnumpy")
    assert ints[0].dtype == np.int64
    with pytest.raises(AssertionError, match="EXPECTED_dot_output=12.*FORWARD_dot_output=11"):
        tu.check_symbolic_forward(named, point, [np.array([[12.0]])])
    with pytest.raises(ValueError, match="location should name.*got"):
        tu.check_symbolic_forward(named, {"z": point[0], "x": point[0]}, [np.array([[12.0]])])
    with pytest.raises(AssertionError, match="expected a list"):
        tu.check_symbolic_forward(named, 5, [])


def test_check_symbolic_backward(ctx):
    point, head = [np.array([1.0, 2]), np.array([3.0, 4])], [np.array([1.0, 10])]
    expected = [np.array([3.0, 40]), np.array([1.0, 20])]
    for req in ("write", "add", ["write", "add"], {"x": "add", "y": "write"}):
        found = tu.check_symbolic_backward(X * Y, point, head, expected, grad_req=req, ctx=ctx)
    np.testing.assert_allclose(found["y"].asnumpy(), expected[1])
    tu.check_symbolic_backward(X * Y, point, head, {"y": expected[1]}, grad_req={"x": "null", "y": "write"})
    product = mx.sym.elemwise_mul(X, Y, name="product")
    tu.check_symbolic_backward(product, point, {"product_output": head[0]}, expected, dtype=np.float64)
    with pytest.raises(AssertionError, match="EXPECTED_y=.*BACKWARD_y="):
        tu.check_symbolic_backward(X * Y, point, head, [expected[0], expected[0]])
    with pytest.raises(AssertionError, match="out_grads must be"):
        tu.check_symbolic_backward(X * Y, point, 3, expected)


def test_check_speed(ctx):
    for typ in ("whole", "forward"):
        assert 0 < tu.check_speed(X * 2, ctx=ctx, N=2, typ=typ, x=(2, 3)) < 10
    assert tu.check_speed(X * 2, {"x": np.ones((2, 3))}, N=1) > 0
    with pytest.raises(ValueError, match="whole"):
        tu.check_speed(X, typ="backward", x=(1,))
    with pytest.raises(AssertionError, match="Expect dict"):
        tu.check_speed(X, [1])


def test_check_consistency(capsys):
    net = mx.sym.FullyConnected(X, num_hidden=2, name="fc")
    types = (np.float64, np.float32, np.float16)
    ctx_list = [{"ctx": mx.cpu(), "x": (2, 3), "type_dict": {"x": t}} for t in types]
    for req in ("write", "add", "null"):
        truth = tu.check_consistency(net, ctx_list, grad_req=req, scale=0.5, use_uniform=req == "add")
        assert truth["fc_output"].dtype == np.float64
    assert {"fc_output", "x", "fc_weight"} <= set(tu.check_consistency(net, ctx_list))
    two = [mx.sym.identity(X * 2, name="a"), mx.sym.identity(X * 3, name="a")]
    with pytest.raises(AssertionError):
        tu.check_consistency(two, ctx_list[:2])
    assert "Predict Err: float32 cpu(0) ctx 1 vs float64 cpu(0) ctx 0 at a_output" in capsys.readouterr().out
    tu.check_consistency(two, ctx_list[:2], raise_on_err=False)
    assert capsys.readouterr().out.count("Err:") == 3
    with pytest.raises(AssertionError, match="two or more contexts"):
        tu.check_consistency(net, ctx_list[:1])
    with pytest.raises(AssertionError, match="same arguments"):
        tu.check_consistency([net, X * 2], ctx_list[:2])


# ---------------------------------------------------------------------- statistics and training


def test_generators():
    draw = np.random.RandomState(0)
    buckets, probs = tu.gen_buckets_probs_with_ppf(lambda q: 4 * q, 4)
    assert buckets == [(0, 1), (1, 2), (2, 3), (3, 4)] and probs == [0.25] * 4
    p, observed, expected = tu.chi_square_check(lambda n: draw.uniform(0, 4, n), buckets, probs, 10_000)
    assert 0.001 < p <= 1 and observed.sum() == 10_000 and expected.tolist() == [2500] * 4
    p, observed, _ = tu.chi_square_check(lambda n: np.repeat([0, 1, 2], [30, 50, 20]), [0, 1, 2], [0.3, 0.5, 0.2], 100)
    assert p == 1 and observed.tolist() == [30, 50, 20]
    p, _, _ = tu.chi_square_check(lambda n: np.repeat([0, 1], [60, 40]), [0, 1], [0.5, 0.5], 100)
    assert p == pytest.approx(0.0455, abs=1e-4)  # a deviation of two standard errors
    assert len(tu.verify_generator(lambda n: draw.uniform(0, 4, n), buckets, probs, 10_000, nrepeat=3)) == 3
    with pytest.raises(AssertionError, match="Generator test fails"):
        tu.verify_generator(lambda n: draw.uniform(0, 4.2, n), buckets, probs, 10_000)
    with pytest.raises(AssertionError, match="ascending"):
        tu.chi_square_check(lambda n: draw.rand(n), [(1, 0), (1, 2)], [0.5, 0.5], 10)
    with pytest.raises(AssertionError, match="one probability each"):
        tu.chi_square_check(lambda n: draw.rand(n), [(0, 1)], [0.5, 0.5], 10)
    with pytest.raises(AssertionError):
        tu.gen_buckets_probs_with_ppf(lambda q: q, 0)
    assert tu.mean_check(lambda n: draw.normal(2, 1, n), 2, 1, 10_000)
    assert not tu.mean_check(lambda n: draw.normal(2.2, 1, n), 2, 1, 10_000)
    assert tu.var_check(lambda n: draw.normal(2, 1, n), 1, 10_000)
    assert not tu.var_check(lambda n: draw.normal(2, 1.2, n), 1, 10_000)


def test_compare_optimizer(ctx):
    def sgd(rate=0.1, **kwargs):
        return mx.optimizer.SGD(learning_rate=rate, **kwargs)

    tu.compare_optimizer(sgd(momentum=0.9), sgd(momentum=0.9), (3, 4), "float32")
    tu.compare_optimizer(sgd(), sgd(), (3, 4), "float32", w_stype="row_sparse", g_stype="row_sparse")
    with pytest.raises(AssertionError):
        tu.compare_optimizer(sgd(), sgd(0.2), (3, 4), "float32")
    with pytest.raises(AssertionError, match="list of shapes"):
        tu.compare_optimizer(sgd(), sgd(), (3, 4), "float32", ntensors=2)
    with pytest.raises(ValueError, match="'coo' is not supported"):
        tu.compare_optimizer(sgd(), sgd(), (3, 4), "float32", g_stype="coo")
    tu.compare_optimizer(sgd(), sgd(), [(3, 4), (2,)], "float32", ntensors=2)


def test_dummy_iter():
    real = mx.io.NDArrayIter(np.arange(8.0), np.arange(8.0), batch_size=2)
    dummy = tu.DummyIter(real)
    assert dummy.provide_data == real.provide_data and dummy.batch_size == 2
    batches = [batch for batch, _ in zip(dummy, range(10))]
    assert len(batches) == 10 and all(b is batches[0] for b in batches)
    assert batches[0].data[0].asnumpy().tolist() == [0, 1]


# ---------------------------------------------------------------------- downloads


class Site(http.server.BaseHTTPRequestHandler):
    """A web site, and a proxy for any other: it answers by the last part of the address."""

    requests: list = []
    files: dict = {}

    def do_GET(self):
        self.requests.append(self.path)
        name = self.path.rsplit("/", 1)[-1]
        body = self.files.get(name)
        failures = self.requests.count(self.path)
        if body is None or (name == "flaky" and failures < 3):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) + (100 if name == "broken" else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Site, "requests", [])
    monkeypatch.setattr(Site, "files", {"a.txt": b"hello", "flaky": b"at last", "broken": b"half"})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def read(path):
    return Path(path).read_text()


def test_download(site, caplog):
    caplog.set_level(logging.INFO)
    assert tu.download(site + "a.txt") == "a.txt" and read("a.txt") == "hello"
    assert caplog.messages[-1] == f"downloaded {site}a.txt into a.txt successfully"
    tu.download(site + "a.txt")
    assert len(Site.requests) == 1 and caplog.messages[-1] == "a.txt exists, skipping download"
    Site.files["a.txt"] = b"changed"
    tu.download(site + "a.txt", overwrite=True)
    assert read("a.txt") == "changed"
    assert tu.download(site + "a.txt", "b.txt", "deep/folder") == os.path.join("deep/folder", "b.txt")
    assert tu.download(site + "a.txt", "other/c.txt") == "other/c.txt" and os.path.exists("other/c.txt")


def test_download_tries_again(site, capsys):
    tu.download(site + "flaky")
    assert read("flaky") == "at last" and len(Site.requests) == 3
    assert capsys.readouterr().out == (
        "download failed, retrying, 4 attempts left\ndownload failed, retrying, 3 attempts left\n"
    )
    with pytest.raises(OSError, match="failed to open .*missing: HTTP status 404"):
        tu.download(site + "missing", retries=2)
    with pytest.raises(OSError, match="4 of 104 bytes"):
        tu.download(site + "broken", retries=1)
    assert sorted(os.listdir()) == ["flaky"]  # nothing half is left behind
    with pytest.raises(OSError, match="failed to open"):
        tu.download("http://127.0.0.1:1/x", retries=0)
    with pytest.raises(AssertionError, match="at least 0"):
        tu.download(site + "a.txt", retries=-1)


def test_download_through_a_proxy(site, monkeypatch):
    """The address of the tutorial on Module, which is answered by the proxy."""
    monkeypatch.setenv("http_proxy", site)
    Site.files["letter-recognition.data"] = b"T,2,8,3,5\n"
    url = "http://archive.ics.uci.edu/ml/machine-learning-databases/letter-recognition/letter-recognition.data"
    fname = mx.test_utils.download(url)
    assert np.genfromtxt(fname, delimiter=",")[1:].tolist() == [2, 8, 3, 5]
    assert Site.requests == [url]


def test_download_of_local_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a.txt").write_text("here")
    assert read(tu.download((tmp_path / "source" / "a.txt").as_uri())) == "here"


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


@pytest.fixture
def digits():
    rs = np.random.RandomState(0)
    return {
        "train-images-idx3-ubyte": rs.randint(0, 256, (5, 28, 28)).astype("uint8"),
        "train-labels-idx1-ubyte": np.arange(5, dtype="uint8"),
        "t10k-images-idx3-ubyte": rs.randint(0, 256, (3, 28, 28)).astype("uint8"),
        "t10k-labels-idx1-ubyte": np.arange(3, dtype="uint8"),
    }


def test_mnist_from_local_files(tmp_path, monkeypatch, digits):
    monkeypatch.chdir(tmp_path)
    for name, array in digits.items():
        with gzip.open(f"{name}.gz", "wb") as file:
            file.write(idx(array))
    found = tu.get_mnist()
    assert found["train_data"].shape == (5, 1, 28, 28) and found["train_data"].dtype == np.float32
    np.testing.assert_allclose(found["test_data"][:, 0], digits["t10k-images-idx3-ubyte"] / 255.0, rtol=1e-6)
    assert found["train_label"].tolist() == [0, 1, 2, 3, 4] and found["test_label"].dtype == np.int8
    for content in (b"\0\0\x0b\1\0\0\0\5" + b"1" * 5, idx(digits["train-labels-idx1-ubyte"])[:-1]):
        with gzip.open("train-labels-idx1-ubyte.gz", "wb") as file:
            file.write(content)
        with pytest.raises(mx.MXNetError, match="train-labels-idx1-ubyte.gz"):
            tu.get_mnist()


def test_mnist_is_fetched_and_unpacked(site, monkeypatch, digits):
    downloads = sys.modules["mxnet.test_utils._download"]
    monkeypatch.setattr(downloads, "_MNIST", (site + "gone/", site))
    monkeypatch.setattr(downloads, "_SITE", site)
    Site.files.update({f"{name}.gz": gzip.compress(idx(array)) for name, array in digits.items()})
    missing = Site.files.pop("t10k-labels-idx1-ubyte.gz")
    with pytest.raises(OSError, match="mnist.zip"):  # what is tried last
        tu.get_mnist_ubyte()
    Site.files["t10k-labels-idx1-ubyte.gz"] = missing
    train, test = tu.get_mnist_iterator(batch_size=2, input_shape=(784,))
    assert train.provide_data[0].shape == (2, 784)
    assert set(next(test).label[0].asnumpy()) < {0, 1, 2}
    count = len(Site.requests)
    tu.get_mnist_ubyte()
    assert len(Site.requests) == count


def test_archives(site, monkeypatch):
    import bz2
    import io

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("train.rec", "test.rec", "train.lst", "test.lst"):
            archive.writestr(f"cifar/{name}", name)
    Site.files.update({"d.zip": packed.getvalue(), "cifar10.zip": packed.getvalue(), "x.bz2": bz2.compress(b"1 2:3")})
    tu.get_zip_data("data", site + "d.zip", "d.zip")
    assert read("data/cifar/test.lst") == "test.lst"
    tu.get_bz2_data("data", "x", site + "x.bz2", "x.bz2")
    assert read("data/x") == "1 2:3" and not os.path.exists("data/x.bz2")
    count = len(Site.requests)
    tu.get_zip_data("data", site + "d.zip", "d.zip")
    tu.get_bz2_data("data", "x", site + "x.bz2", "x.bz2")
    tu.get_cifar10()
    assert len(Site.requests) == count
    os.remove("data/cifar/train.rec")
    monkeypatch.setattr(sys.modules["mxnet.test_utils._download"], "_SITE", site)
    tu.get_cifar10()
    assert os.path.exists("data/cifar/train.rec")
    Site.files["mnist.pkl.gz"] = b"p"
    monkeypatch.setenv("http_proxy", site)
    tu.get_mnist_pkl()
    assert os.path.exists("data/mnist.pkl.gz")


def test_download_model(site):
    assert tu.download_model("unheard-of") == (None, 0)
    Site.files.update({"n-symbol.json": b"{}", "n-0007.params": b"p"})
    addresses = {"n": {"symbol": site + "n-symbol.json", "params": site + "n-0007.params"}}
    assert tu.download_model("n", "models", addresses) == (os.path.join("models", "n"), 0)
    assert sorted(os.listdir("models")) == ["n-0000.params", "n-symbol.json"]
    with pytest.raises(AssertionError, match="no address of its params"):
        tu.download_model("m", meta_info={"m": {"symbol": site}})
    models = sys.modules["mxnet.test_utils._download"]._MODELS
    assert models["imagenet1k-resnet-50"]["params"].endswith("/imagenet/resnet/50-layers/resnet-50-0000.params")
