"""Parameters, constants, and dictionaries of them."""

import copy

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, gluon
from mxnet.gluon import Constant, DeferredInitializationError, Parameter, ParameterDict, nn

CPUS = [mx.cpu(0), mx.cpu(1)]


def ready(**kwargs):
    p = Parameter("w", **{"shape": (2, 3), **kwargs})
    p.initialize(init="ones", ctx=kwargs.pop("ctx", None))
    return p


def test_facts():
    p = Parameter("w", shape=4, dtype="float64", lr_mult=2.0)
    assert (p.shape, p.dtype, p.grad_req, p.lr_mult, p.wd_mult) == ((4,), "float64", "write", 2.0, 1.0)
    assert repr(p) == "Parameter w (shape=(4,), dtype=float64)"
    with pytest.raises(RuntimeError, match="Parameter 'w' has not been initialized"):
        p.data()
    with pytest.raises(RuntimeError, match="'w' has not been initialized"):
        p.list_ctx()
    with pytest.raises(AssertionError, match="grad_req must be .* 'sum'"):
        p.grad_req = "sum"
    with pytest.raises(AssertionError, match="stype for Parameter 'v' must be"):
        Parameter("v", stype="dense")


def test_several_contexts():
    p = Parameter("w", shape=(2,))
    p.initialize(init="normal", ctx=CPUS)
    assert p.list_ctx() == CPUS
    np.testing.assert_array_equal(p.data(mx.cpu(0)).asnumpy(), p.data(mx.cpu(1)).asnumpy())
    assert p.data(mx.cpu(1)).context == mx.cpu(1) and p.grad(mx.cpu(1)).context == mx.cpu(1)
    assert p.data() is p.data(mx.cpu(0))  # the current context's
    with mx.cpu(1):
        assert p.data() is p.data(mx.cpu(1))
    assert p.data(mx.Context("cpu_pinned", 1)) is p.data(mx.cpu(1))
    with pytest.raises(RuntimeError, match=r"'w' was not initialized on context cpu\(2\)"):
        p.data(mx.cpu(2))
    p.data(mx.cpu(1))[:] = p.data(mx.cpu(0)) + 2
    p.reset_ctx(mx.cpu(3))  # the mean of the copies
    assert p.list_ctx() == [mx.cpu(3)] and p.data().context == mx.cpu(3) and p.grad().context == mx.cpu(3)


def test_deferred_initialization():
    p = Parameter("w", shape=(0, 3))
    with pytest.raises(ValueError, match=r"Cannot initialize Parameter 'w': its shape \(0, 3\) has unknown sizes"):
        p.initialize()
    p = Parameter("w", shape=(0, 3), allow_deferred_init=True)
    p.initialize(ctx=CPUS)
    assert p.list_ctx() == CPUS
    with pytest.raises(DeferredInitializationError, match="'w' has not been initialized yet: its shape"):
        p.data()
    with pytest.raises(AssertionError, match=r"'w'.*\(5, 4\) is incompatible with given shape \(0, 3\)"):
        p.shape = (5, 4)
    p.shape = (5, 3)
    p._finish_deferred_init()
    assert p.data(mx.cpu(1)).shape == (5, 3)


def test_values_set_before_the_shape_is_known():
    net = nn.Dense(2)
    net.initialize()
    net.weight.set_data(mx.nd.ones((2, 3)))
    assert net(mx.nd.ones((1, 3))).asnumpy().tolist() == [[3, 3]]
    with pytest.raises(AssertionError, match="incompatible"):
        net.weight.set_data(mx.nd.ones((2, 4)))


def test_initializers():
    p = Parameter("w", shape=(2,), init="ones")
    p.initialize(default_init="zeros")
    assert p.data().asnumpy().tolist() == [1, 1]
    with pytest.warns(UserWarning, match="'w' is already initialized"):
        p.initialize(init="zeros")
    p.initialize(init="zeros", force_reinit=True)
    assert p.data().asnumpy().tolist() == [0, 0]


def test_grad_req():
    p = ready()
    for req, expected in (("write", 2), ("add", 4), ("null", None), ("write", 2)):
        p.grad_req = req
        for _ in range(2):
            with autograd.record():
                y = p.data() * 2 + mx.nd.zeros((1, 1))
            if expected is not None:
                y.backward()
        if expected is None:
            with pytest.raises(RuntimeError, match="because grad_req='null'"):
                p.grad()
        else:
            assert (p.grad().asnumpy() == expected).all()
    p.zero_grad()
    assert not p.grad().asnumpy().any()
    assert Parameter("f", shape=(1,), differentiable=False).grad_req == "null"


def test_cast():
    p = ready()
    p.cast("float64")
    assert p.dtype == "float64" and p.data().dtype == np.float64 and p.grad().dtype == np.float64
    with autograd.record():
        y = p.data() * 3
    y.backward()
    assert (p.grad().asnumpy() == 3).all()
    p.dtype = "float16"
    assert p.data().dtype == np.float16


def test_var():
    p = Parameter("w", shape=(2, 0), lr_mult=0.5, init=mx.init.Normal(0.5))
    attrs = p.var().attr_dict()["w"]
    assert (attrs["__shape__"], attrs["__lr_mult__"], attrs["__dtype__"]) == ("(2, 0)", "0.5", "0")
    assert attrs["__init__"] == '["normal", {"sigma": 0.5}]'
    assert p.var() is p.var()


def test_unknown_lengths_under_numpy_shapes():
    p = Parameter("w", shape=(0, 3), allow_deferred_init=True)
    with mx.np_shape():
        assert p.shape == (-1, 3)
        p.initialize()
        p.shape = (2, 3)
        p._finish_deferred_init()
    assert p.data().shape == (2, 3)


def test_sparse_parameters_need_a_trainer():
    p = Parameter("w", shape=(3, 2), stype="row_sparse", init="ones")
    p.initialize()
    with pytest.raises(RuntimeError, match=r"'w' .*via data\(\) because its storage type is row_sparse"):
        p.data()
    with pytest.raises(RuntimeError, match="'w' cannot be read when no Trainer"):
        p.row_sparse_data(mx.nd.array([1]))
    with pytest.raises(TypeError, match="row_id must have NDArray type"):
        p.row_sparse_data([1])
    gluon.Trainer([p], "sgd")
    rows = p.row_sparse_data(mx.nd.array([1]))
    assert rows.stype == "row_sparse" and rows.asnumpy().tolist() == [[0, 0], [1, 1], [0, 0]]
    assert p._reduce().asnumpy().tolist() == [[1, 1]] * 3
    with pytest.raises(RuntimeError, match="because its storage type is default"):
        ready().row_sparse_data(mx.nd.array([1]))


def test_copies_are_independent():
    p = ready()
    q = copy.deepcopy(p)
    with autograd.record():
        y = q.data() * 2
    y.backward()
    assert (q.grad().asnumpy() == 2).all() and not p.grad().asnumpy().any()


# ---------------------------------------------------------------------- constants


def test_constant():
    c = Constant("c", [[1, 2], [3, 4]])
    c.initialize(ctx=CPUS)
    assert repr(c) == "Constant c (shape=(2, 2), dtype=<class 'numpy.float32'>)"
    assert c.data(mx.cpu(1)).asnumpy().tolist() == [[1, 2], [3, 4]]
    with pytest.warns(UserWarning, match='grad_req of "c" stays "null"'):
        c.grad_req = "write"
    assert c.grad_req == "null"
    c.set_data(mx.nd.zeros((2, 2)))
    assert not c.data(mx.cpu(0)).asnumpy().any()


def test_a_constant_in_a_graph_says_its_values():
    """So that a module can initialize it in another process."""
    c = Constant("c", [0.5, 2])
    args = (c.var() * 2).simple_bind(mx.cpu()).arg_dict
    mx.init.Uniform()(mx.init.InitDesc("c", c.var().attr_dict()["c"]), args["c"])
    assert args["c"].asnumpy().tolist() == [0.5, 2]


# ---------------------------------------------------------------------- dictionaries


def test_get():
    params = ParameterDict("net_")
    w = params.get("w", shape=(2, 0), dtype="float32")
    assert w.name == "net_w" and params["net_w"] is w and list(params) == ["net_w"]
    assert params.get("w", shape=(0, 3), dtype=np.float32) is w and w.shape == (2, 3)
    for what, value in (("shape", (2, 4)), ("lr_mult", 2.0), ("dtype", "float64")):
        with pytest.raises(AssertionError, match=f"'net_w' exists with {what}="):
            params.get("w", **{what: value})
    assert repr(params) == f"net_ (\n  {w}\n)"


def test_shared():
    first = ParameterDict("a_")
    w = first.get("w", shape=(1,))
    second = ParameterDict("a_", shared=first)
    assert second.get("w") is w
    assert second.get("v") is not first.get("v")


def test_get_constant():
    params = ParameterDict("net_")
    with pytest.raises(KeyError, match="No constant named 'net_c'"):
        params.get_constant("c")
    c = params.get_constant("c", mx.nd.array([1, 2]))
    assert params.get_constant("c") is c and params.get_constant("c", np.array([1, 2])) is c
    with pytest.raises(AssertionError, match="'net_c' exists with another value"):
        params.get_constant("c", np.array([1, 3]))
    params.get("w", shape=(1,))
    with pytest.raises(AssertionError, match="'net_w' exists and is not a constant"):
        params.get_constant("w", np.array([1]))


def test_update():
    a, b = ParameterDict("a_"), ParameterDict("a_")
    w = a.get("w")
    b.update(a)
    assert b["a_w"] is w
    other = ParameterDict("a_")
    other.get("w")
    with pytest.raises(AssertionError, match="Both dictionaries have a Parameter 'a_w'"):
        b.update(other)


def test_all_together():
    params = ParameterDict("p_")
    for name in "ab":
        params.get(name, shape=(2,), init="ones")
    params.setattr("lr_mult", 0.5)
    assert [p.lr_mult for p in params.values()] == [0.5, 0.5]
    params.initialize(ctx=CPUS)
    assert params.list_ctx() == CPUS
    for p in params.values():
        for g in p.list_grad():
            g[:] = 7
    params.zero_grad()
    assert not any(g.asnumpy().any() for p in params.values() for g in p.list_grad())
    params.reset_ctx(mx.cpu(2))
    assert params.list_ctx() == [mx.cpu(2)]
    with pytest.warns(UserWarning, match="already initialized"):
        params.initialize()


def test_save_and_load(tmp_path):
    path = str(tmp_path / "p.params")
    params = ParameterDict("net_")
    params.get("w", shape=(2, 2), init="ones")
    params.get("b", shape=(2,), init="zeros")
    params.initialize()
    params.save(path, strip_prefix="net_")
    assert set(mx.nd.load(path)) == {"w", "b"}
    with pytest.raises(ValueError, match="strip_prefix is 'x_'.* 'net_w' does not start"):
        params.save(path, strip_prefix="x_")
    other = ParameterDict("net_")
    w = other.get("w", shape=(2, 0))
    with pytest.raises(AssertionError, match="'b' loaded from file: .* is not present here"):
        other.load(path, restore_prefix="net_")
    other.load(path, ctx=CPUS, restore_prefix="net_", ignore_extra=True)
    assert w.list_ctx() == CPUS and w.data(mx.cpu(1)).asnumpy().tolist() == [[1, 1], [1, 1]]
    other.get("c", shape=(1,))
    with pytest.raises(AssertionError, match="'c' is missing in file"):
        other.load(path, restore_prefix="net_", ignore_extra=True)
    other.load(path, restore_prefix="net_", ignore_extra=True, allow_missing=True)
    with pytest.raises(AssertionError, match="restore_prefix is 'x_'"):
        other.load(path, restore_prefix="x_")
    with pytest.raises(AssertionError, match=r"Parameter 'net_w' cannot be loaded on \[cpu\(5\)\]"):
        other.load_dict({"net_w": mx.nd.ones((2, 2))}, ctx=mx.cpu(5), allow_missing=True)
    with pytest.raises(AssertionError, match="shape incompatible expected .* vs saved"):
        other.load_dict({"arg:net_w": mx.nd.ones((2, 3))}, allow_missing=True)
