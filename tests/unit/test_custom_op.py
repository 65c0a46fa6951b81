"""Operators written in Python (``Custom``), and those of the older kinds (``_Native``, ``_NDArray``)."""

import multiprocessing
import pickle
import traceback

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError
from mxnet.operator import CustomOp, CustomOpProp
from mxnet.test_utils import assert_almost_equal, check_numeric_gradient


class Scaled(CustomOp):
    """Multiplies by a number, and counts its runs."""

    def __init__(self, factor):
        self.factor = factor
        self.runs = 0

    def forward(self, is_train, req, in_data, out_data, aux):
        self.runs += 1
        self.seen = {"is_train": is_train, "req": req, "recording": mx.autograd.is_recording()}
        self.seen["training"] = mx.autograd.is_training()
        self.assign(out_data[0], req[0], in_data[0] * self.factor)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.seen_back = {"req": req, "recording": mx.autograd.is_recording(), "training": mx.autograd.is_training()}
        self.assign(in_grad[0], req[0], out_grad[0] * self.factor)


@mx.operator.register("t_scaled")
class ScaledProp(CustomOpProp):
    made = []

    def __init__(self, factor="2", **others):
        super().__init__()
        self.factor = float(factor)
        self.others = others

    def create_operator(self, ctx, in_shapes, in_dtypes):
        assert in_shapes and isinstance(in_shapes[0], list)
        self.ctx, self.dtypes, self.operator = ctx, in_dtypes, Scaled(self.factor)
        ScaledProp.made.append(self)
        return self.operator


class MomentsProp(CustomOpProp):
    """Two inputs, two outputs of other shapes, one state that counts; all hooks of its own."""

    def __init__(self, keep="1"):
        super().__init__(need_top_grad=True)

    def list_arguments(self):
        return ["data", "weight"]

    def list_outputs(self):
        return ["total", "scaled"]

    def list_auxiliary_states(self):
        return ["count"]

    def infer_shape(self, in_shape):
        data = in_shape[0]
        return [data, (data[1],)], [(data[0],), data], [(1,)]

    def infer_type(self, in_type):
        return [in_type[0]] * 2, [in_type[0]] * 2, ["int32"]

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return Moments()


class Moments(CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        scaled = in_data[0] * in_data[1].reshape((1, -1))
        self.assign(out_data[0], req[0], scaled.sum(axis=1))
        self.assign(out_data[1], req[1], scaled)
        if is_train:
            aux[0][:] += 1

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        grad = out_grad[0].reshape((-1, 1)) + out_grad[1]
        self.assign(in_grad[0], req[0], grad * in_data[1].reshape((1, -1)))
        self.assign(in_grad[1], req[1], (grad * in_data[0]).sum(axis=0))


mx.operator.register("t_moments")(MomentsProp)


def test_eager_call_passes_parameters_as_strings():
    y = mx.nd.Custom(mx.nd.array([1.0, 2.0]), op_type="t_scaled", factor=3, shape=(1, 2), flag=True, nothing=None)
    assert y.asnumpy().tolist() == [3.0, 6.0]
    prop = ScaledProp.made[-1]
    assert prop.others == {"shape": "(1, 2)", "flag": "True", "nothing": "None"}
    assert prop.ctx == mx.cpu() and prop.dtypes == [0]
    assert prop.operator.seen == {"is_train": False, "req": ["write"], "recording": False, "training": False}


def test_recorded_call():
    x = mx.nd.array([1.0, 2.0])
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x * 1, op_type="t_scaled", factor=5)
        z = (y * y).sum()
    z.backward()
    assert x.grad.asnumpy().tolist() == [50.0, 100.0]
    operator = ScaledProp.made[-1].operator
    assert operator.seen == {"is_train": True, "req": ["write"], "recording": False, "training": True}
    assert operator.seen_back == {"req": ["write"], "recording": False, "training": True}


def test_each_eager_call_has_its_own_object():
    before = len(ScaledProp.made)
    x = mx.nd.ones((2,))
    mx.nd.Custom(x, op_type="t_scaled")
    mx.nd.Custom(x, op_type="t_scaled")
    assert [p.operator.runs for p in ScaledProp.made[before:]] == [1, 1]


def test_out_and_names():
    x, out = mx.nd.array([2.0]), mx.nd.zeros((1,))
    assert mx.nd.Custom(x, op_type="t_scaled", out=out) is out
    assert out.asscalar() == 4.0
    assert mx.nd.Custom(data=x, op_type="t_scaled", name="anything").asscalar() == 4.0
    assert mx.nd.op.Custom(x, op_type="t_scaled").asscalar() == 4.0
    with pytest.raises(MXNetError, match="no input weight"):
        mx.nd.Custom(weight=x, op_type="t_scaled")


def test_several_outputs_and_states():
    x, w = mx.nd.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), mx.nd.array([1.0, 10.0, 100.0])
    count = mx.nd.zeros((1,), dtype="int32")
    x.attach_grad()
    w.attach_grad()
    with mx.autograd.record():
        total, scaled = mx.nd.Custom(count=count, weight=w, data=x, op_type="t_moments")
        head = (total * mx.nd.array([1.0, 2.0])).sum() + scaled.sum() * 0.5
    head.backward()
    assert total.asnumpy().tolist() == [321.0, 654.0]
    assert scaled.shape == (2, 3)
    assert count.asnumpy().tolist() == [1]
    grad = np.array([[1.5] * 3, [2.5] * 3])
    np.testing.assert_allclose(x.grad.asnumpy(), grad * w.asnumpy())
    np.testing.assert_allclose(w.grad.asnumpy(), (grad * x.asnumpy()).sum(0))
    mx.nd.Custom(x, w, count, op_type="t_moments")
    assert count.asnumpy().tolist() == [1]  # not in training


def test_unneeded_gradients_are_null():
    x, w = mx.nd.ones((2, 3)), mx.nd.ones((3,))
    w.attach_grad()
    seen = []

    @mx.operator.register("t_null")
    class Prop(MomentsProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            class Op(Moments):
                def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
                    seen.append(list(req))
                    super().backward(req, out_grad, in_data, out_data, in_grad, aux)

            return Op()

    with mx.autograd.record():
        total, _ = mx.nd.Custom(x, w, mx.nd.zeros((1,), dtype="int32"), op_type="t_null")
    total.backward()
    assert seen == [["null", "write"]]
    assert w.grad.asnumpy().tolist() == [2.0, 2.0, 2.0]


def test_symbol():
    net = mx.sym.Custom(data=mx.sym.var("x"), op_type="t_moments", name="m", keep=4)
    assert net.list_arguments() == ["x", "m_weight"]
    assert net.list_auxiliary_states() == ["m_count"]
    assert net.list_outputs() == ["m_total", "m_scaled"]
    assert net.infer_shape(x=(4, 5)) == ([(4, 5), (5,)], [(4,), (4, 5)], [(1,)])
    assert net.infer_type(x="float64") == ([np.float64] * 2, [np.float64] * 2, [np.int32])
    assert net.attr_dict()["m"] == {"op_type": "t_moments", "keep": "4"}
    assert net.infer_shape_partial()[0] == [(), ()]  # what the user's code cannot tell yet is no error
    loaded = mx.sym.load_json(net.tojson())
    assert loaded.tojson() == net.tojson()
    assert pickle.loads(pickle.dumps(net)).list_auxiliary_states() == ["m_count"]

    e = loaded.simple_bind(mx.cpu(), x=(2, 3))
    e.arg_dict["x"][:] = mx.nd.arange(6).reshape((2, 3))
    e.arg_dict["m_weight"][:] = 2
    for _ in range(5):  # more often than a step needs to be traced
        e.forward(is_train=True)
        e.backward([mx.nd.ones((2,)), mx.nd.zeros((2, 3))])
    assert e.outputs[0].asnumpy().tolist() == [6.0, 24.0]
    assert e.grad_dict["x"].asnumpy().tolist() == [[2.0] * 3] * 2
    assert e.grad_dict["m_weight"].asnumpy().tolist() == [3.0, 5.0, 7.0]
    assert e.aux_dict["m_count"].asnumpy().tolist() == [5]


def test_numeric_gradient():
    hooks = {name: getattr(MomentsProp, name) for name in vars(MomentsProp) if name != "infer_type"}
    mx.operator.register("t_moments_float")(type("Prop", (CustomOpProp,), {**hooks, "__init__": CustomOpProp.__init__}))
    net = mx.sym.Custom(mx.sym.var("x"), mx.sym.var("w"), mx.sym.var("n"), op_type="t_moments_float")
    values = [np.random.uniform(-1, 1, s) for s in ((2, 3), (3,))]
    check_numeric_gradient(net[1], values, [np.zeros(1)], rtol=1e-2, atol=1e-3)


def test_executor_keeps_its_object():
    before = len(ScaledProp.made)
    e = mx.sym.Custom(mx.sym.var("x"), op_type="t_scaled").bind(mx.cpu(), {"x": mx.nd.ones((2,))})
    for is_train in (False, False, True):
        e.forward(is_train=is_train)
    made = [p for p in ScaledProp.made[before:] if p.operator.runs]
    assert [p.operator.runs for p in made] == [3]
    other = mx.sym.Custom(mx.sym.var("x"), op_type="t_scaled").bind(mx.cpu(), {"x": mx.nd.ones((2,))})
    other.forward()
    assert ScaledProp.made[-1].operator.runs == 1


def test_loss_needs_no_head_gradient():
    class Loss(CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], mx.nd.softmax(in_data[0]))

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            assert out_grad[0].size == 0
            self.assign(in_grad[0], req[0], out_data[0] - mx.nd.one_hot(in_data[1], 3))

    @mx.operator.register("t_loss")
    class LossProp(CustomOpProp):
        def __init__(self):
            super().__init__(need_top_grad=False)

        def list_arguments(self):
            return ["data", "label"]

        def infer_shape(self, in_shape):
            return [in_shape[0], in_shape[0][:1]], [in_shape[0]], []

        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Loss()

    net = mx.sym.Custom(mx.sym.var("data"), name="loss", op_type="t_loss")
    e = net.simple_bind(mx.cpu(), data=(2, 3), grad_req={"data": "write", "loss_label": "null"})
    e.arg_dict["loss_label"][:] = mx.nd.array([0, 2])
    e.forward(is_train=True)
    e.backward()
    third = 1 / 3
    np.testing.assert_allclose(
        e.grad_dict["data"].asnumpy(), [[third - 1, third, third], [third, third, third - 1]], rtol=1e-5
    )


def test_undeclared_arrays_are_not_kept():
    shapes = []

    class Op(CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], in_data[0])

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            shapes.append([a[0].shape for a in (out_grad, in_data, out_data, in_grad)])
            self.assign(in_grad[0], req[0], out_grad[0])

    @mx.operator.register("t_sparing")
    class Prop(CustomOpProp):
        def declare_backward_dependency(self, out_grad, in_data, out_data):
            assert (out_grad, in_data, out_data) == ([0], [1], [2])
            return out_grad

        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Op()

    x = mx.nd.ones((4,))
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x, op_type="t_sparing")
    y.backward()
    assert shapes == [[(4,), (0,), (0,), (4,)]]


def test_no_inputs():
    @mx.operator.register("t_source")
    class Prop(CustomOpProp):
        def __init__(self, length):
            super().__init__()
            self.length = int(length)

        def list_arguments(self):
            return []

        def infer_shape(self, in_shape):
            return [], [(self.length,)], []

        def infer_type(self, in_type):
            return [], [np.float64], []

        def create_operator(self, ctx, in_shapes, in_dtypes):
            class Op(CustomOp):
                def forward(self, is_train, req, in_data, out_data, aux):
                    self.assign(out_data[0], req[0], np.arange(out_data[0].size))

            return Op()

    x = mx.nd.Custom(length=3, op_type="t_source")
    assert x.dtype == np.float64 and x.asnumpy().tolist() == [0.0, 1.0, 2.0]
    y = (mx.sym.Custom(length=3, op_type="t_source") * 2).bind(mx.cpu(), {}).forward()[0]
    assert y.asnumpy().tolist() == [0.0, 2.0, 4.0]


def test_autograd_inside_of_forward():
    """The gradient of a function that the operator differentiates itself."""

    class Op(CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            x = in_data[0].copy()
            x.attach_grad()
            with mx.autograd.record():
                y = (x**3).sum()
            y.backward()
            self.assign(out_data[0], req[0], x.grad)

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            self.assign(in_grad[0], req[0], 6 * in_data[0] * out_grad[0])

    @mx.operator.register("t_inner_autograd")
    class Prop(CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Op()

    x = mx.nd.array([1.0, 2.0])
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x, op_type="t_inner_autograd")
    assert mx.autograd.is_recording() is False
    y.backward()
    assert y.asnumpy().tolist() == [3.0, 12.0]
    assert x.grad.asnumpy().tolist() == [6.0, 12.0]


def _failing(name, where, error):
    class Op(CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            if where == "forward":
                raise error
            self.assign(out_data[0], req[0], in_data[0])

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            raise error

    @mx.operator.register(name)
    class Prop(CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Op()


@pytest.mark.parametrize("error", [ValueError("wrong value"), AssertionError("wrong value"), KeyError("wrong value")])
def test_errors_in_forward(error):
    _failing("t_fails", "forward", error)
    x = mx.nd.ones((2,))
    x.attach_grad()
    symbol = mx.sym.Custom(mx.sym.var("x"), op_type="t_fails", name="culprit").bind(mx.cpu(), {"x": x})
    for recording in (False, True):
        with mx.autograd.pause() if not recording else mx.autograd.record():
            with pytest.raises(MXNetError, match="wrong value") as caught:
                mx.nd.Custom(x, op_type="t_fails")
        shown = "".join(traceback.format_exception(caught.value))
        assert "t_fails.forward" in str(caught.value) and "raise error" in shown
        assert error in (caught.value.__cause__, getattr(caught.value.__cause__, "__cause__", None))
    with pytest.raises(MXNetError, match="culprit"):
        symbol.forward()
    assert (mx.autograd.is_recording(), mx.autograd.is_training()) == (False, False)
    if isinstance(error, ValueError):
        with pytest.raises(ValueError, match="wrong value"):
            mx.nd.Custom(x, op_type="t_fails")


def test_errors_in_backward():
    _failing("t_fails_back", "backward", ValueError("no gradient today"))
    x = mx.nd.ones((2,))
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x, op_type="t_fails_back")
    with pytest.raises(MXNetError, match=r"t_fails_back.backward.*no gradient today") as caught:
        y.backward()
    assert "raise error" in str(caught.value)
    assert (mx.autograd.is_recording(), mx.autograd.is_training()) == (False, False)
    e = mx.sym.Custom(mx.sym.var("x"), op_type="t_fails_back").bind(mx.cpu(), {"x": x}, {"x": mx.nd.zeros((2,))})
    e.forward(is_train=True)
    with pytest.raises(MXNetError, match="no gradient today"):
        e.backward(mx.nd.ones((2,)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"infer_shape": lambda self, s: s}, "must return 2 or 3 lists"),
        ({"infer_shape": lambda self, s: (s, [])}, "must return 1 output shapes, got 0"),
        ({"infer_shape": lambda self, s: ([], s)}, "must return 1 input shapes, got 0"),
        ({"infer_shape": lambda self, s: (s, s, s)}, "must return 0 aux shapes, got 1"),
        ({"infer_shape": lambda self, s: ([(7,)], s)}, r"takes data of shape \(7,\), got \(2,\)"),
        ({"infer_shape": lambda self, s: (s, [(0,)])}, "does not tell shape and type of output"),
        ({"infer_type": lambda self, t: (t, [])}, "must return 1 output types, got 0"),
        ({"infer_type": lambda self, t: (t, ["complex64"])}, "complex64"),
        ({"list_outputs": lambda self: 1 / 0}, "list_outputs.*division by zero"),
        ({"create_operator": lambda self, *args: 1 / 0}, "create_operator.*division by zero"),
        ({"create_operator": lambda self, *args: None}, "forward"),
    ],
)
def test_bad_properties(changes, message):
    mx.operator.register("t_bad")(type("BadProp", (CustomOpProp,), changes))
    with pytest.raises(MXNetError, match=message):
        mx.nd.Custom(mx.nd.ones((2,)), op_type="t_bad")


def test_bad_calls():
    x = mx.nd.ones((2,))
    with pytest.raises(MXNetError, match="Cannot find custom operator nobody"):
        mx.nd.Custom(x, op_type="nobody")
    with pytest.raises(MXNetError, match="Cannot find custom operator nobody"):
        mx.sym.Custom(mx.sym.var("x"), op_type="nobody")
    with pytest.raises(MXNetError, match="op_type"):
        mx.nd.Custom(x)
    with pytest.raises(MXNetError, match=r"expects 3 inputs for t_moments \(data, weight, count\), but got 1"):
        mx.nd.Custom(x, op_type="t_moments")
    with pytest.raises(MXNetError, match="unexpected keyword"):
        mx.nd.Custom(x, op_type="t_moments", unknown=3)
    with pytest.raises(MXNetError, match="infer_shape"):
        mx.sym.Custom(mx.sym.var("x"), op_type="t_moments").infer_shape(x=(2,))


def test_graphs_of_unknown_operators_do_not_load():
    text = mx.sym.Custom(mx.sym.var("x"), op_type="t_scaled").tojson().replace("t_scaled", "t_gone")
    with pytest.raises(MXNetError, match="Cannot find custom operator t_gone"):
        mx.sym.load_json(text)


def test_attribute_scopes_are_not_parameters():
    with mx.AttrScope(ctx_group="dev1"):
        net = mx.sym.Custom(mx.sym.var("x"), op_type="t_scaled", name="c")
    assert net.attr("ctx_group") == "dev1"
    assert net.eval(x=mx.nd.ones((1,)))[0].asscalar() == 2.0


def test_equal_operators_are_both_run():
    """An operator of the user's may do anything: two equal ones are never merged."""
    before = len(ScaledProp.made)
    x = mx.sym.var("x")
    pair = mx.sym.Custom(x, op_type="t_scaled") + mx.sym.Custom(x, op_type="t_scaled")
    assert pair.eval(x=mx.nd.ones((1,)))[0].asscalar() == 4.0
    assert sum(p.operator.runs for p in ScaledProp.made[before:]) == 2


def test_input_and_output_of_one_name():
    @mx.operator.register("t_same_name")
    class Prop(ScaledProp):
        def list_outputs(self):
            return ["data"]

        def infer_shape(self, in_shape):
            return in_shape, [(1, *in_shape[0])]

        def create_operator(self, ctx, in_shapes, in_dtypes):
            class Op(CustomOp):
                def forward(self, is_train, req, in_data, out_data, aux):
                    out_data[0][:] = in_data[0].expand_dims(0)

            return Op()

    net = mx.sym.Custom(mx.sym.var("x"), op_type="t_same_name", name="c")
    assert net.infer_shape(x=(2,))[1] == [(1, 2)]
    assert net.eval(x=mx.nd.ones((2,)))[0].shape == (1, 2)


def test_assign():
    op, dst = CustomOp(), mx.nd.ones((2,))
    for req, expected in (("null", 1), ("write", 5), ("inplace", 5), ("add", 10)):
        op.assign(dst, req, mx.nd.full((2,), 5))
        assert dst.asnumpy().tolist() == [expected] * 2


def test_defaults_of_properties():
    prop = CustomOpProp()
    assert (prop.list_arguments(), prop.list_outputs(), prop.list_auxiliary_states()) == (["data"], ["output"], [])
    assert prop.declare_backward_dependency([0], [1], [2]) == [0, 1, 2]
    assert CustomOpProp(need_top_grad=False).declare_backward_dependency([0], [1], [2]) == [1, 2]
    assert prop.infer_storage_type(["default"]) == (["default"], ["default"], [])
    assert prop.infer_storage_type_backward(["default"], ["csr"], ["csr"], ["undefined"], []) == (
        ["default"],
        ["default"],
        ["default"],
        ["default"],
        [],
    )
    with pytest.raises(AssertionError, match=r"in_stype\[0\] is 'csr'"):
        prop.infer_storage_type(["csr"])
    with pytest.raises(AssertionError, match="ograd_stype"):
        prop.infer_storage_type_backward(["csr"], ["default"], ["default"], ["default"], [])
    assert type(prop.create_operator(mx.cpu(), [[1]], [0])) is CustomOp


def _run_in_child(queue):
    queue.put(mx.nd.Custom(mx.nd.array([1.0]), op_type="t_scaled", factor=7).asscalar())


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_process():
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_run_in_child, args=(queue,))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert queue.get() == 7.0


# --------------------------------------------------------------------------------------------------- sparse arrays


class CsrSquare(CustomOp):
    """Squares the stored values; counts its runs in a state that is sparse where the data are."""

    seen = []

    def forward(self, is_train, req, in_data, out_data, aux):
        CsrSquare.seen = [a[0].stype for a in (in_data, out_data, aux)]
        if in_data[0].stype == "default":
            self.assign(out_data[0], req[0], in_data[0] ** 2)
        else:
            x = in_data[0]
            made = mx.nd.sparse.csr_matrix((x.data * x.data, x.indices, x.indptr), shape=x.shape)
            self.assign(out_data[0], req[0], made)
            aux[0][:] = x

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        CsrSquare.seen += [a[0].stype for a in (out_grad, in_data, out_data, in_grad)]
        self.assign(in_grad[0], req[0], 2 * mx.nd.sparse.elemwise_mul(in_data[0], out_grad[0]))


@mx.operator.register("t_csr_square")
class CsrSquareProp(CustomOpProp):
    def list_auxiliary_states(self):
        return ["last"]

    def infer_shape(self, in_shape):
        return in_shape, [in_shape[0]], [in_shape[0]]

    def infer_storage_type(self, in_stype):
        return in_stype, [in_stype[0]], [in_stype[0]]

    def infer_storage_type_backward(self, ograd_stype, in_stype, out_stype, igrad_stype, aux_stype):
        assert igrad_stype == ["undefined"]
        return ["default"], in_stype, out_stype, in_stype, aux_stype

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return CsrSquare()


_MATRIX = np.array([[0, 2.0, 0], [3.0, 0, 0]], "float32")


def test_sparse_arrays():
    x, last = mx.nd.array(_MATRIX).tostype("csr"), mx.nd.sparse.zeros("csr", (2, 3))
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x, last, op_type="t_csr_square")
    y.backward(mx.nd.full((2, 3), 10))
    assert CsrSquare.seen == ["csr"] * 3 + ["default", "csr", "csr", "csr"]
    assert y.stype == "csr" and y.asnumpy().tolist() == (_MATRIX**2).tolist()
    assert x.grad.asnumpy().tolist() == (20 * _MATRIX).tolist()
    assert last.asnumpy().tolist() == _MATRIX.tolist()
    assert mx.nd.Custom(x, last, op_type="t_csr_square").stype == "csr"
    dense = mx.nd.Custom(mx.nd.array(_MATRIX), mx.nd.zeros((2, 3)), op_type="t_csr_square")
    assert dense.stype == "default" and CsrSquare.seen == ["default"] * 3


def test_sparse_arrays_in_graphs():
    net = mx.sym.Custom(mx.sym.var("x", stype="csr"), mx.sym.var("last"), op_type="t_csr_square")
    x = mx.nd.array(_MATRIX).tostype("csr")
    grad = mx.nd.sparse.zeros("csr", (2, 3))
    e = net.bind(mx.cpu(), {"x": x}, {"x": grad}, aux_states={"last": mx.nd.sparse.zeros("csr", (2, 3))})
    out = e.forward(is_train=True)[0]
    assert out.stype == "csr" and out.asnumpy().tolist() == (_MATRIX**2).tolist()
    e.backward(mx.nd.ones((2, 3)))
    assert grad.asnumpy().tolist() == (2 * _MATRIX).tolist()


def test_sparse_output_of_dense_input():
    @mx.operator.register("t_to_csr")
    class Prop(CustomOpProp):
        def infer_storage_type(self, in_stype):
            return ["default"], ["csr"], []

        def infer_storage_type_backward(self, ograd_stype, in_stype, out_stype, igrad_stype, aux_stype):
            return ["default"], in_stype, out_stype, ["default"], aux_stype

        def create_operator(self, ctx, in_shapes, in_dtypes):
            class Op(CustomOp):
                def forward(self, is_train, req, in_data, out_data, aux):
                    self.assign(out_data[0], req[0], in_data[0].tostype("csr"))

                def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
                    self.assign(in_grad[0], req[0], out_grad[0] * 2)

            return Op()

    x = mx.nd.array(_MATRIX)
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x, op_type="t_to_csr")
    y.backward(mx.nd.ones((2, 3)))
    assert y.stype == "csr" and y.asnumpy().tolist() == _MATRIX.tolist()
    assert x.grad.asnumpy().tolist() == [[2.0] * 3] * 2


def test_sparse_arrays_are_refused_by_default():
    with pytest.raises(MXNetError, match=r"in_stype\[0\] is 'csr'"):
        mx.nd.Custom(mx.nd.array(_MATRIX).tostype("csr"), op_type="t_scaled")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"infer_storage_type": lambda self, s: (s, ["dense"], [])}, "names the storage type 'dense'"),
        ({"infer_storage_type": lambda self, s: (s, [], [])}, "must return 1 output storage_types, got 0"),
    ],
)
def test_bad_storage_types(changes, message):
    mx.operator.register("t_bad_storage")(type("BadProp", (CustomOpProp,), changes))
    with pytest.raises(MXNetError, match=message):
        mx.nd.Custom(mx.nd.ones((2, 2)), op_type="t_bad_storage")


# ---------------------------------------------------------------------------------------------------------- Gluon


@pytest.mark.parametrize("hybrid", [False, True])
def test_in_blocks(hybrid):
    class Net(mx.gluon.HybridBlock):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            with self.name_scope():
                self.weight = self.params.get("weight", shape=(3,), init="ones")
                self.count = self.params.get("count", shape=(1,), dtype="int32", init="zeros", grad_req="null")

        def hybrid_forward(self, F, x, weight, count):
            total, scaled = F.Custom(x * 2, weight, count, op_type="t_moments")
            return total + F.sum(scaled, axis=1)

    net = Net()
    net.initialize()
    if hybrid:
        net.hybridize()
    x = mx.nd.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    x.attach_grad()
    for _ in range(2):
        with mx.autograd.record():
            y = net(x)
        y.backward()
    assert y.asnumpy().tolist() == [24.0, 60.0]
    assert x.grad.asnumpy().tolist() == [[4.0] * 3] * 2
    assert net.weight.grad().asnumpy().tolist() == [20.0, 28.0, 36.0]
    assert net.count.data().asscalar() == 2


# ------------------------------------------------------------------------------------------------- the older kinds


def _softmax_op(base):
    class Softmax(base):
        def list_arguments(self):
            return ["data", "label"]

        def infer_shape(self, in_shape):
            return [in_shape[0], (in_shape[0][0],)], [in_shape[0]]

        def forward(self, in_data, out_data):
            self.kinds = {type(a) for a in in_data + out_data}
            out_data[0][:] = in_data[0] * 2

        def backward(self, out_grad, in_data, out_data, in_grad):
            in_grad[0][:] = out_data[0] - in_data[1].reshape((-1, 1))

    with pytest.warns(UserWarning, match="Softmax has been deprecated"):
        return Softmax(need_top_grad=False)


@pytest.mark.parametrize(
    ("base", "operator", "kind"),
    [(mx.operator.NumpyOp, "_Native", np.ndarray), (mx.operator.NDArrayOp, "_NDArray", mx.nd.NDArray)],
)
def test_legacy_operators(base, operator, kind):
    op = _softmax_op(base)
    net = op(mx.sym.var("data"), name="softmax")
    assert net.attr("op_name") == operator
    assert net.list_arguments() == ["data", "softmax_label"]
    assert net.infer_shape(data=(2, 3)) == ([(2, 3), (2,)], [(2, 3)], [])
    e = net.simple_bind(mx.cpu(), data=(2, 3))
    e.arg_dict["data"][:] = 1
    e.arg_dict["softmax_label"][:] = mx.nd.array([0, 1])
    e.forward(is_train=True)
    e.backward()
    assert op.kinds == {kind}
    assert e.outputs[0].asnumpy().tolist() == [[2.0] * 3] * 2
    assert e.grad_dict["data"].asnumpy().tolist() == [[2.0] * 3, [1.0] * 3]


def test_legacy_defaults():
    with pytest.warns(UserWarning, match="deprecated"):
        op = mx.operator.NumpyOp()
    assert op.need_top_grad() and op.list_arguments() == ["data"] and op.list_outputs() == ["output"]
    e = op.get_symbol(mx.sym.var("x")).bind(mx.cpu(), {"x": mx.nd.full((2,), 3)}, {"x": mx.nd.zeros((2,))})
    e.forward(is_train=True)
    e.backward(mx.nd.ones((2,)))
    assert_almost_equal(e.outputs[0], np.full(2, 3.0))
    assert_almost_equal(e.grad_arrays[0], np.ones(2))
    with pytest.warns(UserWarning, match="deprecated"), pytest.raises(NotImplementedError):
        mx.operator.PythonOp()()


def test_legacy_graphs_live_in_their_process():
    op = _softmax_op(mx.operator.NumpyOp)
    text = op(mx.sym.var("data"), name="old").tojson()
    assert mx.sym.load_json(text).list_arguments() == ["data", "old_label"]
    with pytest.raises(MXNetError, match="no Python operator 123 in this process"):
        mx.sym.load_json(text.replace(op.info_, "123"))
