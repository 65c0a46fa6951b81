"""The documents that describe the system: every code block of them runs as written, in document order.

A document has one namespace. What a document takes for granted (imports, data) is its prelude here. Blocks that are
not programs but quotations of the library's own source are listed in ``QUOTATIONS`` with what is tested instead;
nothing else may be left out: a block that is listed must not compile, so that a program cannot hide there.
"""

from __future__ import annotations

import inspect
import logging
import random
import re
import shutil
import sys
import textwrap
import types
import warnings
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet.executor import Executor
from mxnet.module.executor_group import DataParallelExecutorGroup
from tests.conftest import SHARED, needs_shared

pytestmark = needs_shared

# (document, block): what the block quotes.
QUOTATIONS = {
    ("000", 6): "Module.__init__ without a body, see test_module_constructor_is_as_quoted",
    ("000", 7): "Module.bind without a body, see test_bind_is_as_quoted",
    ("000", 8): "Module.init_params without a body, see test_init_params_is_as_quoted",
    ("000", 12): "DataParallelExecutorGroup.__init__ and its attributes, see test_executor_group_is_as_quoted",
    ("003", 0): "the indented source of Symbol.simple_bind, see test_simple_bind_is_as_quoted",
    ("003", 1): "the indented source of Symbol.bind, see test_bind_shares_the_arrays_as_quoted",
    ("003", 2): "the indented source of Executor.forward, see test_forward_is_as_quoted and its session",
    ("003", 3): "the indented source of Executor.backward, see test_backward_is_as_quoted and its session",
}

# (document, block): an error that the block ends with in MXNet 1.9.1 too.
ENDS_WITH = {
    # "%f" of the list of pairs that score() gives.
    ("000", 4): (TypeError, "must be real number, not list"),
}


def document(number: str) -> str:
    (path,) = (SHARED / "seeds").glob(f"{number}_*.txt")
    return path.read_text(encoding="utf-8")


def blocks(number: str) -> list[str]:
    found = re.findall(r"^([ \t]*)```python\n(.*?)^[ \t]*```", document(number), re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(code) if indent else code for indent, code in found]


def run(number: str, namespace: dict) -> dict[int, dict]:
    """Run a document's blocks; gives copies of the namespace after each."""
    after = {}
    for i, code in enumerate(blocks(number)):
        where = f"seed {number}, block {i}"
        if (number, i) in QUOTATIONS:
            with pytest.raises(SyntaxError):
                compile(code, where, "exec")
            continue
        program = compile(code, where, "exec")
        if (number, i) in ENDS_WITH:
            error, words = ENDS_WITH[number, i]
            with pytest.raises(error, match=words):
                exec(program, namespace)
        else:
            exec(program, namespace)
        after[i] = dict(namespace)
    return after


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """An empty working directory with the letter-recognition file, which download() then does not fetch."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(SHARED / "data" / "letter-recognition.data", tmp_path)
    level = logging.getLogger().level
    yield tmp_path
    logging.getLogger().setLevel(level)


def epochs_logged(messages: list[str], kind: str) -> list[tuple[int, float]]:
    pattern = re.compile(r"Epoch\[(\d+)\] " + re.escape(kind) + r"=(-?\d+\.\d+)")
    return [(int(m[1]), float(m[2])) for m in map(pattern.fullmatch, messages) if m]


def test_every_quotation_and_error_names_a_block():
    for number, i in [*QUOTATIONS, *ENDS_WITH]:
        assert i < len(blocks(number))


# ---------------------------------------------------------------------- seed 002: letters


# The documents' "for l in open(fname)" leaves closing the file to Python.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_letters_tutorial(place, caplog, capsys):
    with caplog.at_level(logging.INFO):
        after = run("002", {})
    # Block 3 trains by hand for five epochs, block 4 with fit for eight.
    printed = re.findall(r"Epoch (\d), Training \('accuracy', (\d\.\d+)\)", capsys.readouterr().out)
    assert [int(e) for e, _ in printed] == [0, 1, 2, 3, 4]
    by_hand = [float(v) for _, v in printed]
    assert by_hand[0] < by_hand[-1] and by_hand[-1] > 0.6
    assert after[6]["score"][0][0] == "accuracy" and 0.77 < after[6]["score"][0][1] <= 1
    trained = epochs_logged(caplog.messages, "Train-accuracy")
    validated = epochs_logged(caplog.messages, "Validation-accuracy")
    assert [e for e, _ in trained] == [*range(8), *range(5), *range(3, 21)]
    assert [e for e, _ in validated] == [*range(8)]
    assert validated[-1][1] == pytest.approx(after[6]["score"][0][1], abs=1e-6)
    assert len(epochs_logged(caplog.messages, "Time cost")) == len(trained)
    assert [m for m in caplog.messages if m.startswith("Saved checkpoint")] == [
        f'Saved checkpoint to "mx_mlp-000{i}.params"' for i in range(1, 6)
    ]
    assert after[5]["y"].shape == (4000, 26)
    np.testing.assert_allclose(after[5]["y"].asnumpy().sum(axis=1), 1, rtol=1e-4)
    # The parameters that block 8 loaded are those of the third epoch, and block 9 has trained on from them.
    saved = mx.nd.load("mx_mlp-0003.params")
    assert set(saved) == {f"arg:{n}" for n in after[8]["arg_params"]}
    last = trained[-1][1]
    assert last > trained[-18][1]


# ---------------------------------------------------------------------- seed 000: notes on Module


# The documents' "for l in open(fname)" leaves closing the file to Python.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_module_notes(place, caplog, capsys):
    prelude: dict = {}
    exec(blocks("002")[0], prelude)  # these notes go on with the data of seed 002
    with caplog.at_level(logging.INFO):
        after = run("000", prelude)
    assert after[1]["metric"].get()[1] > 0.6
    assert epochs_logged(caplog.messages, "Validation-accuracy")[7][1] > 0.77
    names = [name for name, _ in after[4]["score"]]
    assert names == ["mse", "accuracy"]
    assert set(after[5]["arg_params"]) == {"fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"}
    assert sorted(p.name for p in place.glob("mx_mlp*")) == [
        *[f"mx_mlp-000{i}.params" for i in range(1, 6)],
        "mx_mlp-symbol.json",
    ]

    # Block 11 defines _update_params with one call of the updater a parameter: it works on a module's arrays.
    mod = after[11]["mod"]
    group = mod._exec_group
    before = [w[0].asnumpy() for w in group.param_arrays]
    grads = [g[0].asnumpy() for g in group.grad_arrays]
    plain = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=1.0, rescale_grad=1.0, wd=0.0))
    after[11]["_update_params"](group.param_arrays, group.grad_arrays, updater=plain, num_device=1)
    for w, b, g in zip(group.param_arrays, before, grads):
        np.testing.assert_allclose(w[0].asnumpy(), b - g, rtol=1e-5, atol=1e-6)


def test_module_constructor_is_as_quoted():
    shown = inspect.signature(mx.mod.Module).parameters
    quoted = [
        "symbol",
        "data_names",
        "label_names",
        "logger",
        "context",
        "work_load_list",
        "fixed_param_names",
        "state_names",
    ]
    assert list(shown)[: len(quoted)] == quoted
    assert (shown["data_names"].default, shown["label_names"].default) == (("data",), ("softmax_label",))
    assert shown["context"].default == mx.cpu() and shown["logger"].default is logging
    net = mlp()
    mod = mx.mod.Module(net, fixed_param_names=["fc1_bias"])
    assert mod._param_names == ["fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"]
    assert mod._fixed_param_names == ["fc1_bias"]
    assert (mod._aux_names, mod._data_names, mod._label_names) == ([], ["data"], ["softmax_label"])
    assert (mod._state_names, mod._output_names) == ([], ["softmax_output"])
    assert (mod._arg_params, mod._aux_params, mod._params_dirty) == (None, None, False)


def mlp(hidden: int = 3, classes: int = 2):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), name="fc1", num_hidden=hidden)
    net = mx.sym.FullyConnected(mx.sym.Activation(net, act_type="relu"), name="fc2", num_hidden=classes)
    return mx.sym.SoftmaxOutput(net, name="softmax")


def bound(**kwargs):
    mod = mx.mod.Module(mlp())
    mod.bind([("data", (4, 5))], [("softmax_label", (4,))], **kwargs)
    return mod


def test_bind_is_as_quoted():
    shown = {n: p.default for n, p in inspect.signature(mx.mod.Module.bind).parameters.items()}
    assert shown == {
        "self": inspect.Parameter.empty,
        "data_shapes": inspect.Parameter.empty,
        "label_shapes": None,
        "for_training": True,
        "inputs_need_grad": False,
        "force_rebind": False,
        "shared_module": None,
        "grad_req": "write",
    }
    mod = bound()
    assert isinstance(mod._exec_group, DataParallelExecutorGroup)
    assert {n: a.shape for n, a in mod._arg_params.items()} == {
        "fc1_weight": (3, 5),
        "fc1_bias": (3,),
        "fc2_weight": (2, 3),
        "fc2_bias": (2,),
    }
    assert not any(a.asnumpy().any() for a in mod._arg_params.values()) and mod._aux_params == {}
    mod.init_params()
    other = mx.mod.Module(mlp())
    other.bind([("data", (2, 5))], [("softmax_label", (2,))], shared_module=mod)
    assert other.params_initialized and other._arg_params is mod._arg_params


def test_init_params_is_as_quoted():
    shown = {n: p.default for n, p in inspect.signature(mx.mod.Module.init_params).parameters.items()}
    assert isinstance(shown["initializer"], mx.init.Uniform) and shown["initializer"].scale == 0.01
    assert (shown["arg_params"], shown["aux_params"], shown["allow_missing"], shown["force_init"]) == (
        None,
        None,
        False,
        False,
    )
    mod = bound()
    mod.init_params(mx.init.One())
    assert mod.params_initialized and not mod._params_dirty
    on_device = dict(zip(mod._exec_group.param_names, mod._exec_group.param_arrays))
    for name, array in mod._arg_params.items():
        assert (array.asnumpy() == (0 if name.endswith("bias") else 1)).all()
        np.testing.assert_array_equal(on_device[name][0].asnumpy(), array.asnumpy())


def test_executor_group_is_as_quoted():
    quoted = [
        "symbol",
        "contexts",
        "workload",
        "data_shapes",
        "label_shapes",
        "param_names",
        "for_training",
        "inputs_need_grad",
        "shared_group",
        "logger",
        "fixed_param_names",
        "grad_req",
        "state_names",
    ]
    assert list(inspect.signature(DataParallelExecutorGroup).parameters)[: len(quoted)] == quoted
    group = bound()._exec_group
    attributes = re.findall(r"^# self\.(\w+) ?=", blocks("000")[12], re.MULTILINE)
    assert len(attributes) == 24
    for name in attributes:
        assert hasattr(group, name), name
    assert group.output_names == ["softmax_output"] and group.num_outputs == 1 and group.output_layouts == [0]
    assert group.grad_req == {
        "data": "null",
        "fc1_weight": "write",
        "fc1_bias": "write",
        "fc2_weight": "write",
        "fc2_bias": "write",
        "softmax_label": "null",
    }
    # "grad_arrays" are those of the executor: backward writes there.
    assert all(g[0] is group.execs[0].grad_dict[n] for n, g in zip(group.param_names, group.grad_arrays))


# ---------------------------------------------------------------------- seed 004: the Module tutorial


class SyntheticData:
    """Classes as clusters around random points, as the tutorial's ``data_iter`` module made them: ten batches of 32."""

    def __init__(self, num_classes: int, num_features: int) -> None:
        rng = np.random.RandomState(0)
        self.centers = rng.randn(num_classes, num_features)
        self.label = rng.randint(0, num_classes, 320)
        self.data = self.centers[self.label] + 0.5 * rng.randn(320, num_features)

    def get_iter(self, batch_size: int) -> mx.io.NDArrayIter:
        return mx.io.NDArrayIter(self.data, self.label, batch_size)


def test_module_tutorial(place, caplog, capsys, monkeypatch):
    module = types.ModuleType("data_iter")
    module.SyntheticData = SyntheticData
    monkeypatch.setitem(sys.modules, "data_iter", module)
    with caplog.at_level(logging.INFO):
        after = run("004", {})
    out = capsys.readouterr().out
    assert eval("'shape of predict: %s' % (y.shape,)", after[3]) == "shape of predict: (320, 10)"
    assert re.findall(r"batch (\d), accuracy", out) == [str(i) for i in range(10)]
    assert out.count("True\n") == 1  # block 7: the loaded symbol is the saved one
    assert [m for m in caplog.messages if m.startswith("Saved checkpoint")] == [
        f'Saved checkpoint to "mx_mlp-000{i}.params"' for i in range(1, 6)
    ]
    assert [e for e, _ in epochs_logged(caplog.messages, "Train-accuracy")] == [*range(5), *range(5), 3, 4]
    assert epochs_logged(caplog.messages, "Validation-accuracy")[-1][1] > 0.9
    mod = after[10]["mod"]
    assert mod.output_shapes == [("softmax_output", (32, 10))]
    assert "([DataDesc[data,(32, 128),<class 'numpy.float32'>,NCHW]], [DataDesc[softmax_label,(32,)," in out
    arg_params, aux_params = mod.get_params()
    assert set(arg_params) == {"fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"} and aux_params == {}


def test_module_has_what_the_tutorial_lists():
    mod = bound()
    text = document("004")
    names = re.findall(r"^- \*\*(?:binded|(\w+))(?:\(\))?\*\*:", text, re.MULTILINE)
    assert len(names) >= 12
    for name in ["binded", *filter(None, names)]:
        assert hasattr(mod, name), name


# ---------------------------------------------------------------------- seed 003: notes on executors


def test_executor_notes(capsys):
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    c = 2 * a + b
    e = c.bind(mx.cpu(), [mx.nd.array([1, 2]), mx.nd.array([2, 3])], [mx.nd.ones((2,)), mx.nd.ones((2,))])
    arrays = [x.asnumpy() for x in e.arg_arrays]
    after = run("003", {"mx": mx, "e": e, "c": c})
    # Block 4: "val -= grad" reaches the executor, "val = val - grad" does not.
    for x, before in zip(e.arg_arrays, arrays):
        np.testing.assert_array_equal(x.asnumpy(), before - 1)
    assert capsys.readouterr().out == "[2. 3.]\n[2. 4.]\n"
    assert after[6]["arg_shape"] == [(2, 3), (2, 3)] and after[6]["out_shape"] == [(2, 3)]
    assert after[6]["arg_type"] == [np.float32, np.float32] and after[6]["out_type"] == [np.float32]
    assert after[6]["arg_name"] == ["a", "b"]


def sessions(number: str, block: int) -> list[tuple[str, list[float]]]:
    """The ``>>>`` sessions of a docstring: code, and the numbers that it printed. Python 2's print is translated."""
    found: list[tuple[str, list[float]]] = []
    code: list[str] = []
    numbers: list[float] = []
    for line in blocks(number)[block].splitlines():
        line = line.strip()
        if line.startswith(">>>"):
            if numbers:
                found.append(("\n".join(code), numbers))
                code, numbers = [], []
            code.append(re.sub(r"^print (?!\()(.*)$", r"print(\1)", line[4:]))
        elif code and line.startswith("["):
            numbers += [float(x) for x in re.findall(r"-?\d+\.\d*", line)]
    if code:
        found.append(("\n".join(code), numbers))
    return found


def test_backward_session():
    steps = sessions("003", 3)
    assert [len(numbers) for _, numbers in steps] == [6, 24, 2, 2, 2]
    shown: list = []
    namespace = {"mx": mx, "print": shown.append}
    for code, numbers in steps:
        exec(code, namespace)
        np.testing.assert_allclose(shown.pop().reshape(-1), numbers, rtol=1e-5)
    assert not shown


def test_forward_session():
    namespace: dict = {"mx": mx, "print": lambda *_: None}
    exec(sessions("003", 3)[0][0], namespace)  # makes texec
    namespace["mydata"] = mx.nd.array([[1, 0, 2, 0]])
    (step,) = sessions("003", 2)
    with pytest.warns(UserWarning, match="Calling forward the second time"):
        exec(step[0], namespace)
    np.testing.assert_array_equal(namespace["texec"].arg_dict["data"].asnumpy(), [[1, 0, 2, 0]])
    logits = 3.0 + np.array([1, 4, 4, 4, 5, 6])
    softmax = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(namespace["outputs"][0].asnumpy()[0], softmax, rtol=1e-5)


def test_simple_bind_is_as_quoted():
    shown = inspect.signature(mx.sym.Symbol.simple_bind).parameters
    assert list(shown)[:3] == ["self", "ctx", "grad_req"] and {"type_dict", "group2ctx"} <= set(shown)
    e = mlp().simple_bind(mx.cpu(), data=(4, 5))
    assert [x.shape for x in e.arg_arrays] == [(4, 5), (3, 5), (3,), (2, 3), (2,), (4,)]
    assert not any(x.asnumpy().any() for x in [*e.arg_arrays, *e.grad_arrays])
    assert mlp().simple_bind(mx.cpu(), grad_req="null", data=(4, 5)).grad_arrays == [None] * 6
    halves = mlp().simple_bind(mx.cpu(), type_dict={"data": "float64"}, data=(4, 5))
    assert {x.dtype for x in halves.arg_arrays} == {np.float64}


def test_bind_shares_the_arrays_as_quoted():
    shown = list(inspect.signature(mx.sym.Symbol.bind).parameters)
    assert shown == ["self", "ctx", "args", "args_grad", "grad_req", "aux_states", "group2ctx", "shared_exec"]
    a = mx.sym.Variable("a")
    args, grads = [mx.nd.array([1, 2])], [mx.nd.zeros((2,))]
    e = (a * a).bind(mx.cpu(), args, grads)
    assert isinstance(e, Executor) and e.arg_arrays[0] is args[0] and e.grad_arrays[0] is grads[0]
    e.forward(is_train=True)
    e.backward(mx.nd.ones((2,)))
    assert grads[0].asnumpy().tolist() == [2, 4]
    with pytest.raises(TypeError, match="ontext"):
        a.bind("cpu", args)
    with pytest.raises(ValueError, match="grad_req"):
        a.bind(mx.cpu(), args, grads, grad_req="often")


def test_forward_is_as_quoted():
    e = (mx.sym.Variable("a") + 1).bind(mx.cpu(), [mx.nd.zeros((2,))])
    array = e.arg_dict["a"]
    assert e.forward(a=np.array([1, 2]))[0].asnumpy().tolist() == [2, 3]
    assert e.arg_dict["a"] is array and array.asnumpy().tolist() == [1, 2], "written, not replaced"
    with pytest.raises(ValueError, match="must be an NDArray or a numpy.ndarray"):
        e.forward(a=[1, 2])
    with pytest.raises(TypeError, match="Unknown argument b"):
        e.forward(b=np.array([1, 2]))
    with pytest.raises(ValueError, match=r"Shape not match! Argument a, need: \(2,\), received: \(3,\)"):
        e.forward(a=np.zeros(3))
    e.forward(is_train=True)
    with pytest.warns(UserWarning, match="Calling forward the second time after forward"):
        e.forward(is_train=True)


def test_backward_is_as_quoted():
    def make():
        a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
        e = mx.sym.Group([a * 2, b * 3]).bind(mx.cpu(), [mx.nd.ones((2,))] * 2, [mx.nd.zeros((2,)), mx.nd.zeros((2,))])
        e.forward(is_train=True)
        return e

    one, two = mx.nd.ones((2,)), mx.nd.ones((2,)) * 2
    for by_name in (False, True):
        e = make()
        e.backward(dict(zip(e._symbol.list_outputs(), [one, two])) if by_name else [one, two])
        assert [g.asnumpy().tolist() for g in e.grad_arrays] == [[2, 2], [6, 6]]
    with pytest.raises(TypeError, match="inputs must be NDArray"):
        make().backward([1, 2])
    e = make()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        e.backward([one, two])
    with pytest.warns(UserWarning, match="Calling backward without calling forward"):
        e.backward([one, two])


# ---------------------------------------------------------------------- 001: linear regression, by hand and with Gluon


def fenced(number: str, after: str, until: str) -> list[str]:
    """The code between two headings of a document that does not say the language of its code."""
    text = document(number).split(after, 1)[1].split(until, 1)[0]
    return re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def run_regression(after: str, until: str) -> dict:
    namespace: dict = {"nd": mx.nd, "autograd": mx.autograd, "random": random, "batch_size": 10}
    for i, code in enumerate(fenced("001", after, until)):
        with warnings.catch_warnings():
            # "%f" of an array with one element, which NumPy is about to refuse.
            warnings.filterwarnings("ignore", category=DeprecationWarning, message="Conversion of an array")
            exec(compile(code, f"seed 001, {after} {i}", "exec"), namespace)
    return namespace


def last_loss(printed: str) -> float:
    lines = printed.splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch 1", "epoch 2", "epoch 3"]
    return float(lines[-1].split()[-1])


def test_regression_by_hand(capsys):
    found = run_regression("### mxnet定义", "### gluon定义")
    assert last_loss(capsys.readouterr().out) == pytest.approx(0.5, abs=0.1)  # the noise has variance 1
    np.testing.assert_allclose(found["w"].asnumpy().ravel(), [2, -3.4], atol=0.15)
    np.testing.assert_allclose(found["b"].asnumpy(), [4.2], atol=0.15)


def test_regression_with_gluon(capsys):
    net = run_regression("### gluon定义", "# Question")["net"]
    assert last_loss(capsys.readouterr().out) == pytest.approx(0.5, abs=0.1)
    np.testing.assert_allclose(net[0].weight.data().asnumpy().ravel(), [2, -3.4], atol=0.15)
    np.testing.assert_allclose(net[0].bias.data().asnumpy(), [4.2], atol=0.15)
    assert net[0].weight.grad().shape == (1, 2)
