"""Backward passes in several threads, within each other, and after passes that failed."""

import gc
import threading
import weakref

import pytest
import torch

import mxnet as mx
from mxnet import autograd, gluon
from mxnet._core import gradients, tape

DEEP = 70  # torch works on passes nested as deeply as this on other threads


def in_threads(count, fn):
    """Run fn(number) in several threads at once; the first error is raised here."""
    errors = []
    start = threading.Barrier(count)

    def run(number):
        try:
            start.wait()
            fn(number)
        except BaseException as e:  # noqa: BLE001
            errors.append(e)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if errors:
        raise errors[0]


class Calling(autograd.Function):
    """The identity; its backward calls a function first."""

    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x):
        return x * 1

    def backward(self, g):
        self.fn()
        return g


def deep(depth, fn):
    """Call fn within ``depth`` backward passes, one in the other."""
    if depth == 0:
        fn()
        return
    x = variable(1)
    with autograd.record():
        y = Calling(lambda: deep(depth - 1, fn))(x)
    y.backward()
    assert x.grad.item() == 1


@pytest.fixture(params=["first", "meanwhile"])
def place(request):
    """Whether a pass is the only one, or has another go on meanwhile."""
    if request.param == "first":
        yield
    else:
        with tape._by_leaf:
            yield


@pytest.mark.parametrize("hybridized", [False, True])
def test_gradients_are_the_same_whether_another_pass_goes_on(place, hybridized):
    net = mx.gluon.nn.Dense(2, in_units=2)
    net.initialize(mx.init.One())
    if hybridized:
        net.hybridize()
    x, unused, whole = variable(1, 2), variable(3), mx.nd.array([4], dtype="int32")
    whole.attach_grad()
    for _ in range(4):
        unused.grad[:] = 7
        with autograd.record():
            a, b = mx.nd.SliceChannel(mx.nd.concat(x, x, dim=0).reshape((1, 4)), num_outputs=2)
            y = net(a) * net(a) + mx.nd.zeros_like(unused) + whole.astype("float32")
        y.backward()
        assert x.grad.asnumpy().tolist() == [12, 12]
        assert net.weight.grad().asnumpy().tolist() == [[6, 12], [6, 12]]
        assert unused.grad.item() == 0
        assert whole.grad.item() == 2
    x.backward()
    assert x.grad.asnumpy().tolist() == [1, 1]


def variable(*values, grad_req="write"):
    x = mx.nd.array(values)
    x.attach_grad(grad_req)
    return x


def fail():
    raise KeyError("on purpose")


def failing(x):
    """A recorded result whose backward pass comes to x and then fails: torch begins with what was recorded last."""
    with autograd.record():
        late = Calling(fail)(variable(1))
        return late + x * 3


# ------------------------------------------------------------------ threads


@pytest.mark.parametrize("hybridized", [False, True])
def test_threads_with_variables_of_their_own(hybridized):
    def work(number):
        net = mx.gluon.nn.Dense(3, in_units=4)
        net.initialize(mx.init.One())
        if hybridized:
            net.hybridize()
        x = mx.nd.ones((2, 4)) * (number + 1)
        for _ in range(30):
            with autograd.record():
                y = net(x).sum()
            y.backward()
            assert (net.weight.grad().asnumpy() == 2 * (number + 1)).all()
            assert (net.bias.grad().asnumpy() == 2).all()

    in_threads(4, work)


@pytest.mark.parametrize("hybridized", [False, True])
def test_threads_add_to_one_buffer(hybridized):
    net = mx.gluon.nn.Dense(64, in_units=2000, use_bias=False)
    net.initialize(mx.init.One())
    if hybridized:
        net.hybridize()
    net.weight.grad_req = "add"
    x = mx.nd.ones((1, 2000))
    net(x)
    net.weight.zero_grad()

    def work(number):
        for _ in range(20):
            with autograd.record():
                y = net(x).sum()
            y.backward()

    in_threads(4, work)
    assert (net.weight.grad().asnumpy() == 80).all()


def test_threads_add_to_one_variable_through_several_calls():
    x = variable(1, 2, grad_req="add")

    def work(number):
        for _ in range(50):
            with autograd.record():
                y = x * x + 3 * x
            y.backward()

    in_threads(4, work)
    assert x.grad.asnumpy().tolist() == [200 * 5, 200 * 7]


def test_threads_write_the_gradient_of_one_variable():
    """Each pass writes what it has computed, not what another has."""
    x = variable(1)
    wrong = []

    def work(number):
        for _ in range(200):
            with autograd.record():
                y = x * 2
            y.backward()
            if x.grad.item() != 2:
                wrong.append(x.grad.item())

    in_threads(4, work)
    assert not wrong


def test_threads_ask_for_gradients_while_others_run_backward():
    x = variable(2, grad_req="add")

    def work(number):
        for _ in range(50):
            with autograd.record():
                y = x * x
            if number % 2:
                y.backward()
            else:
                assert autograd.grad(y, x)[0].item() == 4

    in_threads(4, work)
    assert x.grad.item() == 100 * 4


def test_two_threads_in_one_pass_make_one_list():
    """Gradients that arrive on several threads, as those of several devices do, are all delivered."""
    leaves = [variable(1) for _ in range(8)]
    with gradients.Pass(True) as this:
        in_threads(8, lambda i: _receive(this, leaves[i]))
    gradients.deliver(this.arrived)
    assert [x.grad.item() for x in leaves] == [5] * 8


def _receive(this, x):
    with this_thread_works_on(this):
        gradients.receive([(gradients.buffer_of(x._t), mx.nd.array([5])._t)])


class this_thread_works_on:
    def __init__(self, this):
        self.this = this

    def __enter__(self):
        gradients._carry(gradients._KEY, self.this)

    def __exit__(self, *exc):
        gradients._carry(gradients._KEY, None)


# ------------------------------------------------------------------ passes within passes


def test_a_pass_within_a_pass_delivers_to_its_own_variables():
    x, inner = variable(3), variable(4)

    def run():
        with autograd.record():
            y = inner * inner
        y.backward()
        assert inner.grad.item() == 8
        assert x.grad.item() == 0  # the outer pass is not over

    with autograd.record():
        y = Calling(run)(x * 2)
    y.backward()
    assert x.grad.item() == 2


def test_grad_within_backward_and_backward_within_grad():
    x, inner = variable(3), variable(4)

    def ask():
        with autograd.record():
            y = inner * inner
        assert autograd.grad(y, inner)[0].item() == 8

    def run():
        with autograd.record():
            y = inner * 5
        y.backward()

    with autograd.record():
        y = Calling(ask)(x * 2)
    y.backward()
    assert (x.grad.item(), inner.grad.item()) == (2, 0)
    x.grad[:] = 0
    with autograd.record():
        y = Calling(run)(x * 2)
    assert autograd.grad(y, x)[0].item() == 2
    assert (x.grad.item(), inner.grad.item()) == (0, 5)


@pytest.mark.parametrize("hybridized", [False, True])
def test_passes_nested_deeper_than_one_thread_takes(hybridized):
    net = mx.gluon.nn.Dense(1, in_units=2)
    net.initialize(mx.init.One())
    if hybridized:
        net.hybridize()
    threads = set()

    def run():
        threads.add(threading.get_ident())
        for _ in range(4):
            with autograd.record():
                y = net(mx.nd.array([[1, 2]]))
            y.backward()
        assert net.weight.grad().asnumpy().tolist() == [[1, 2]]

    deep(DEEP, run)
    assert threads != {threading.get_ident()}


# ------------------------------------------------------------------ passes that fail


def test_a_pass_that_fails_changes_no_buffer_and_leaves_nothing():
    x = variable(1)
    with autograd.record():
        y = x * 7
    y.backward()
    for grad_req in ("write", "add"):
        grad = x.grad.copy()
        mx.autograd.mark_variables(x, grad, grad_req)
        x.grad._fresh = False
        z = failing(x)
        with pytest.raises(KeyError, match="on purpose"):
            z.backward()
        assert x.grad.item() == 7
        assert not x.grad._fresh
        assert gradients.current_pass() is None
    with autograd.record():
        y = x * 2
    y.backward()
    assert x.grad.item() == 9


@pytest.mark.parametrize("depth", [0, *range(57, 64), DEEP])  # at one of them the pass moves to another thread
def test_nothing_holds_what_a_failed_pass_computed(depth):
    left = []

    def run():
        x = variable(1)
        with pytest.raises(KeyError):
            failing(x).backward()
        assert x.grad.item() == 0
        left.append(weakref.ref(x.grad))
        with autograd.record():
            y = x * 2
        y.backward()
        assert x.grad.item() == 2

    deep(depth, run)
    gc.collect()
    assert left[0]() is None
    assert gradients.current_pass() is None


def test_failing_and_good_passes_in_threads():
    x = variable(1, grad_req="add")

    def work(number):
        for _ in range(30):
            if number % 2:
                z = failing(x)
                with pytest.raises(KeyError):
                    z.backward()
            else:
                with autograd.record():
                    y = x * 2
                y.backward()

    in_threads(4, work)
    assert x.grad.item() == 2 * 60


def test_grad_that_fails_leaves_nothing():
    x = variable(1)
    with autograd.record():
        y = Calling(fail)(x * 2)
    with pytest.raises(KeyError):
        autograd.grad(y, x)
    assert gradients.current_pass() is None
    assert x.grad.item() == 0


# ------------------------------------------------------------------ settings of user code


def settings():
    return (
        autograd.is_training(),
        autograd.is_recording(),
        mx.util.is_np_shape(),
        mx.util.is_np_array(),
        mx.current_context(),
    )


@pytest.mark.parametrize("train_mode", [True, False])
def test_function_runs_with_the_settings_of_the_caller(train_mode):
    found = []
    x = variable(1)
    with mx.util.np_shape(True), mx.util.np_array(True), mx.cpu(3):

        def run():
            with autograd.record():
                y = Calling(lambda: found.append((threading.get_ident(), settings())))(x)
            y.backward(train_mode=train_mode)

        deep(DEEP, run)
    ((thread, seen),) = found
    assert thread != threading.get_ident()
    assert seen == (train_mode, False, True, True, mx.cpu(3))
    assert settings() == (False, False, False, False, mx.cpu())


def test_changes_that_user_code_makes_hold_for_what_it_calls():
    found = []

    def run():
        with mx.util.np_shape(False), mx.cpu(5), autograd.predict_mode():
            x = mx.nd.ones((1,))
            x.attach_grad()
            y = mx.nd.Custom(x, op_type="settings_of_backward_threads")
            found.append(mx.current_context())
            with autograd.record():
                y = mx.nd.Custom(x, op_type="settings_of_backward_threads")
            y.backward()

    SEEN.clear()
    with mx.util.np_shape(True):
        deep(DEEP, run)
    assert found == [mx.cpu(5)]
    assert [s[2] for s in SEEN] == [False, False, False]


SEEN = []


class _Settings(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        SEEN.append(settings())
        self.assign(out_data[0], req[0], in_data[0])

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        SEEN.append(settings())
        self.assign(in_grad[0], req[0], out_grad[0])


@mx.operator.register("settings_of_backward_threads")
class _SettingsProp(mx.operator.CustomOpProp):
    def create_operator(self, ctx, in_shapes, in_dtypes):
        return _Settings()


def test_custom_operator_of_an_executor_runs_with_the_settings_of_the_caller():
    SEEN.clear()
    sym = mx.sym.Custom(mx.sym.var("x"), op_type="settings_of_backward_threads")

    def run():
        exe = sym.bind(mx.cpu(), {"x": mx.nd.ones((1,))}, {"x": mx.nd.zeros((1,))})
        exe.forward(is_train=True)
        exe.backward([mx.nd.ones((1,))])
        assert exe.grad_arrays[0].item() == 1

    with mx.util.np_shape(True):
        deep(DEEP, run)
    assert [s[:4] for s in SEEN] == [(True, False, True, False)] * 2


@pytest.mark.parametrize("req, expected", [("write", 12), ("add", 13)])
def test_a_backward_pass_that_torch_runs_itself_sums_what_arrives_in_parts(req, expected):
    net = gluon.nn.Dense(1, use_bias=False, in_units=1, weight_initializer=mx.init.Constant(2))
    net.initialize()
    net.hybridize(inline_limit=0)
    x = mx.nd.ones((1, 1))
    for _ in range(4):  # it is traced from the third call on
        with autograd.record():
            net(x).backward()
    weight = net.weight.data()
    weight.attach_grad(req)
    weight.grad[:] = 1
    with autograd.record():  # two traces deliver by themselves, and an operator through its leaf
        y = net(x * 3) + net(x * 4) + weight * 5
    y._t.sum().backward()
    assert weight.grad.item() == expected
    assert len(gradients._foreign) == 0


def test_a_backward_pass_of_torch_that_fails_leaves_nothing():
    x, z = variable(2), variable(3)

    class Fails(torch.autograd.Function):
        @staticmethod
        def forward(ctx, t):
            return t.clone()

        @staticmethod
        def backward(ctx, grad):
            raise ValueError("no")

    with autograd.record():
        y, w = x * 1, z * 1
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            (Fails.apply(y._t) + w._t).sum().backward(retain_graph=True)
        assert len(gradients._foreign) == 0
    assert x.grad.item() == z.grad.item() == 0


def test_a_backward_pass_that_torch_runs_itself_delivers_at_once():
    x = variable(2)
    with autograd.record():
        y = x * x
    y._t.sum().backward()
    assert x.grad.item() == 4


@pytest.mark.parametrize("failing", [False, True])
def test_threads_end_without_an_object_of_their_passes(failing):
    """Torch would drop it when the thread counts as joined, under a lock that a fork leaves locked in the child."""
    carried = []

    def inner():
        x = variable(1)
        with autograd.record():
            y = x * 2
        y.backward()
        if failing:
            raise ValueError("on purpose")

    def work(_):
        x = variable(1)
        with autograd.record():
            y = Calling(inner)(x)
        if failing:
            with pytest.raises(ValueError, match="on purpose"):
                y.backward()
        else:
            y.backward()
        carried.append(torch._C._is_key_in_tls(gradients._KEY))

    in_threads(1, work)
    assert carried == [False]
