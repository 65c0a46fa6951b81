"""Profiles: which operators they show, how often and where, and what a program measures itself."""

import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, gluon, nd, profiler
from mxnet._core import profiling


@pytest.fixture(autouse=True)
def profile(tmp_path):
    """A profile of its own, which is stopped in any case."""
    profiler.dumps(reset=True)
    profiler.set_config(
        filename=str(tmp_path / "profile.json"),
        profile_all=False,
        profile_symbolic=True,
        profile_imperative=True,
        profile_memory=True,
        continuous_dump=False,
    )
    yield
    profiler.set_state("stop")
    profiler.dumps(reset=True)


def counts(category="operator"):
    rows = json.loads(profiler.dumps(format="json"))["Time"].get(category, {})
    return {name: row["Count"] for name, row in rows.items()}


class Square(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], in_data[0] * in_data[0])

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], nd.broadcast_mul(out_grad[0], in_data[0]) * 2)


@mx.operator.register("profiled_square")
class SquareProp(mx.operator.CustomOpProp):
    def create_operator(self, ctx, shapes, dtypes):
        return Square()


def test_eager_calls():
    x = nd.ones((2, 2))
    nd.exp(x)
    profiler.set_state("run")
    y = nd.zeros((2, 2)) + 1
    y += 1
    y += y
    y = nd.sqrt(y) * nd.ones((1, 2))
    mx.np.exp(mx.np.ones((2,)))
    profiler.set_state("stop")
    nd.exp(x)
    found = counts()
    for name, count in {"_zeros": 1, "_ones": 1, "_plus_scalar": 2, "broadcast_add": 1, "sqrt": 1}.items():
        assert found[name] == count
    assert found["broadcast_mul"] == 1 and found["_npi_exp"] == 1 and "exp" not in found


def test_gradients_count_for_their_operator():
    x = nd.array([[1, 2], [3, 4]])
    x.attach_grad()
    profiler.set_state("run")
    for _ in range(3):
        with autograd.record():
            y = (nd.dot(x, x) * 2).sum()
        y.backward()
    profiler.set_state("stop")
    found = counts()
    assert {found[f"{way}{name}"] for name in ("dot", "sum", "_mul_scalar") for way in ("", "_backward_")} == {3}
    assert (x.grad == nd.array([[14, 22], [18, 26]])).asnumpy().all()


@pytest.mark.parametrize("imperative", [True, False])
def test_graphs_run_operator_by_operator(imperative):
    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Dense(4, activation="relu", in_units=3), gluon.nn.Dense(2, in_units=4))
    net.initialize()
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    x = nd.ones((5, 3))

    def step():
        with autograd.record():
            y = net(x)
        y.backward()
        trainer.step(1)

    for _ in range(6):  # traced by now
        step()
    profiler.set_config(profile_imperative=imperative)
    profiler.set_state("run")
    for _ in range(2):
        step()
    profiler.set_state("stop")
    found = counts()
    assert found["FullyConnected"] == found["_backward_FullyConnected"] == 4
    assert found["Activation"] == found["_backward_Activation"] == 2
    assert found.get("sgd_update", 0) == (2 if imperative else 0)


def test_executors():
    x = mx.sym.var("x")
    executor = mx.sym.sum(mx.sym.exp(x)).simple_bind(mx.cpu(), x=(2, 3))
    for i in range(8):
        if i == 5:
            profiler.set_config(profile_imperative=False)
            profiler.set_state("run")
        executor.forward(is_train=True)
        executor.backward(nd.ones((1,)))
    profiler.set_state("stop")
    assert counts() == {"exp": 3, "sum": 3, "_backward_exp": 3, "_backward_sum": 3}


@pytest.mark.parametrize("symbolic", [False, True])
def test_custom_operators(symbolic):
    profiler.set_state("run")
    if symbolic:
        out = mx.sym.Custom(mx.sym.var("x"), op_type="profiled_square")
        executor = out.bind(mx.cpu(), {"x": nd.ones((2,))}, {"x": nd.zeros((2,))})
        executor.forward(is_train=True)
        executor.backward(nd.ones((2,)))
    else:
        x = nd.ones((2,))
        x.attach_grad()
        with autograd.record():
            y = nd.Custom(x, op_type="profiled_square")
        y.backward()
    profiler.set_state("stop")
    found = counts("Custom Operator")
    assert found["profiled_square::pure_python"] == found["profiled_square::broadcast_mul"] == 1
    assert found["_backward_profiled_square::pure_python"] == 1
    assert found["_backward_profiled_square::_mul_scalar"] == 1


def test_time_of_what_is_called_is_not_counted_twice():
    profiler.set_state("run")
    nd.Custom(nd.ones((400, 400)), op_type="profiled_square")
    profiler.set_state("stop")
    trace = profiler._tables.trace(profiler.recorder)["traceEvents"]
    whole = {e["name"]: e["ts"] for e in trace if e["ph"] == "B"}
    for e in trace:
        if e["ph"] == "E":
            whole[e["name"]] = e["ts"] - whole[e["name"]]
    rows = json.loads(profiler.dumps(format="json"))["Time"]["Custom Operator"]
    inside = rows["profiled_square::broadcast_mul"]["Total"]
    spent = rows["profiled_square::pure_python"]["Total"]
    assert inside > 0 and spent == pytest.approx(whole["profiled_square::pure_python"] / 1000 - inside, abs=1e-2)


def test_memory_in_use():
    profiler.set_state("run")
    x = nd.zeros((256, 1024))  # a megabyte
    y = nd.zeros((256, 1024))
    del x
    profiler.set_state("stop")
    (row,) = json.loads(profiler.dumps(format="json"))["Memory"]["Device Storage"].values()
    assert row["Max"] >= 2048 and row["Min"] < 2048
    assert "Memory: cpu/0" in profiler.dumps() and y.shape == (256, 1024)


def test_all_threads_are_seen_without_memory():
    profiler.set_config(profile_memory=False)
    profiler.set_state("run")
    thread = threading.Thread(target=lambda: nd.sqrt(nd.array([4])))
    thread.start()
    thread.join()
    profiler.set_state("stop")
    found = json.loads(profiler.dumps(format="json"))
    assert found["Time"]["operator"]["sqrt"]["Count"] == 1 and not found["Memory"]


def test_a_profile_of_memory_is_stopped_by_the_main_thread():
    profiler.set_state("run")
    errors = []

    def stop():
        try:
            profiler.set_state("stop")
        except mx.MXNetError as e:
            errors.append(str(e))

    thread = threading.Thread(target=stop)
    thread.start()
    thread.join()
    assert "main thread" in errors[0]


def test_what_a_program_measures(tmp_path):
    domain = profiler.Domain("reading")
    task, frame, event = domain.new_task("labels"), domain.new_frame("batch"), profiler.Event("all")
    counter, marker = domain.new_counter("waiting", 3), domain.new_marker("now")
    assert [str(x) for x in (domain, task, frame, event, counter)] == ["reading", "labels", "batch", "all", "waiting"]
    task.stop()  # has not begun
    profiler.set_state("run")
    for _ in range(2):
        for part in (task, frame, event):
            part.start()
        for part in (task, frame, event):
            part.stop()
    counter += 2
    counter -= 1
    counter.increment(5)
    counter.decrement(3)
    counter.set_value("7")
    marker.mark()
    with profiler.scope("outer"), profiler.scope("inner"):
        pass
    profiler.set_state("stop")
    event.start()
    event.stop()
    assert counts("reading") == {"labels": 2} and counts("reading,frame") == {"batch": 2}
    assert counts("event") == {"all": 2} and counts("scope") == {"outer:inner:": 1, "outer:": 1}
    row = json.loads(profiler.dumps(format="json"))["Counter"]["reading"]["waiting"]
    assert row == {"Count": 5, "Min": 4, "Max": 9, "Avg": (5 + 4 + 9 + 6 + 7) / 5}
    profiler.dump()
    events = json.loads((tmp_path / "profile.json").read_text())["traceEvents"]
    assert [e["ph"] for e in events if e["name"] == "labels"] == ["b", "e"] * 2
    assert [e["args"]["waiting"] for e in events if e["name"] == "waiting"] == [5, 4, 9, 6, 7]
    assert [(e["cat"], e["ph"], e["s"]) for e in events if e["name"] == "now"] == [("reading,instant_marker", "i", "p")]


def test_files_hold_nested_ranges(tmp_path):
    x = nd.ones((4, 4))
    x.attach_grad()
    profiler.set_state("run")
    with autograd.record():
        y = nd.softmax(nd.Custom(nd.dot(x, x), op_type="profiled_square"))
    y.backward()
    sizes = []
    for _ in range(2):
        profiler.dump(finished=False)
        sizes.append(os.path.getsize(tmp_path / "profile.json"))
        nd.dot(x, x)
    profiler.set_state("stop")
    profiler.dump()
    events = json.loads((tmp_path / "profile.json").read_text())
    assert events["displayTimeUnit"] == "ms" and sizes[1] > sizes[0]
    open_ranges = {}
    for e in events["traceEvents"]:
        if e["ph"] == "B":
            open_ranges.setdefault(e["tid"], []).append(e["name"])
        elif e["ph"] == "E":
            assert open_ranges[e["tid"]].pop() == e["name"]
    assert not any(open_ranges.values())
    assert counts() == {}  # finished


@pytest.mark.parametrize("sort_by", ["total", "avg", "min", "max", "count"])
def test_order(sort_by):
    profiler.set_state("run")
    for name, times in {"sqrt": 3, "exp": 1, "abs": 2}.items():
        for _ in range(times):
            getattr(nd, name)(nd.ones((3,)))
    profiler.set_state("stop")
    for ascending in (False, True):
        found = json.loads(profiler.dumps(format="json", sort_by=sort_by, ascending=ascending))
        assert found["Unit"] == {"Time": "ms", "Memory": "kB"}
        for category in found["Time"].values():
            values = [row[sort_by.capitalize()] for row in category.values()]
            assert values == sorted(values, reverse=not ascending)
    lines = profiler.dumps(sort_by="count").splitlines()
    rows = [line.split()[0] for line in lines if line.startswith(("sqrt", "exp", "abs"))]
    assert rows == ["sqrt", "abs", "exp"]


def test_pause():
    profiler.resume()  # nothing to go on with
    assert not profiling.eager
    profiler.set_state("run")
    nd.exp(nd.ones((1,)))
    profiler.pause()
    nd.sqrt(nd.ones((1,)))
    profiler.dumps()
    assert not profiling.eager and not profiling.graphs
    profiler.resume()
    nd.exp(nd.ones((1,)))
    profiler.set_state("stop")
    profiler.resume()
    assert not profiling.eager
    assert counts()["exp"] == 2 and "sqrt" not in counts()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: profiler.set_config(file="x"), mx.MXNetError, "filename"),
        (lambda: profiler.set_config(profile_all="maybe"), mx.MXNetError, "profile_all expects boolean"),
        (lambda: profiler.set_config(profile_process="nobody"), mx.MXNetError, "worker, server"),
        (lambda: profiler.set_config(profile_process="server"), mx.MXNetError, "servers"),
        (lambda: profiler.set_state("walk"), KeyError, "stop, run"),
        (lambda: profiler.set_state("run", "nobody"), KeyError, "worker, server"),
        (lambda: profiler.dumps(format="xml"), AssertionError, "table, json"),
        (lambda: profiler.dumps(sort_by="name"), AssertionError, "total, avg"),
        (lambda: profiler.Task("domain", "task"), TypeError, "domain must be a Domain"),
        (lambda: profiler.Domain(3), TypeError, "name must be a string"),
        (lambda: profiler.Counter(profiler.Domain("d"), "c", "x"), ValueError, "invalid literal"),
        (lambda: profiler.Domain("d").new_marker("m").mark("here"), mx.MXNetError, "global, process"),
    ],
)
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_old_names():
    with pytest.warns(UserWarning, match="set_config"):
        profiler.profiler_set_config("all", profiler._config["filename"])
    with pytest.warns(UserWarning, match="set_state"):
        profiler.profiler_set_state("run")
    nd.exp(nd.ones((1,)))
    with pytest.warns(UserWarning, match=r"profiler\.dump"):
        profiler.dump_profile()
    assert os.path.getsize(profiler._config["filename"]) > 0


def _run(code, tmp_path, **settings):
    env = {**os.environ, **settings}
    return subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True)


def test_nothing_was_run(tmp_path):
    done = _run("import mxnet as mx; mx.profiler.dump()", tmp_path)
    assert "no profile has been taken" in done.stderr


@pytest.mark.parametrize("mode", ["0", "1"])
def test_from_the_start_to_the_end_of_a_process(tmp_path, mode):
    code = "import mxnet as mx; mx.sym.exp(mx.sym.var('x')).eval(x=mx.nd.ones((2,)) + 1)"
    done = _run(code, tmp_path, MXNET_PROFILER_AUTOSTART="1", MXNET_PROFILER_MODE=mode)
    assert done.returncode == 0 and not done.stderr
    names = {e["name"] for e in json.loads((tmp_path / "profile.json").read_text())["traceEvents"]}
    assert "exp" in names and ("_plus_scalar" in names) == (mode == "1")


@pytest.mark.parametrize("memory", [True, False])
def test_processes_may_end_in_a_profile(tmp_path, memory):
    start = f"mx.profiler.set_config(profile_memory={memory}); mx.profiler.set_state('run'); mx.nd.ones((2,)) + 1"
    assert _run(f"import mxnet as mx; {start}", tmp_path).returncode == 0
    in_thread = f"import threading; t = threading.Thread(target=lambda: exec({start!r})); t.start(); t.join()"
    assert _run(f"import mxnet as mx; {in_thread}", tmp_path).returncode == 0
    assert not list(tmp_path.iterdir())


def test_results_are_the_same():
    x = nd.array(np.arange(6.0).reshape(2, 3))
    weight = nd.array(np.arange(12.0).reshape(4, 3) / 10)
    plain = nd.FullyConnected(x, weight, num_hidden=4, no_bias=True)
    profiler.set_state("run")
    seen = nd.FullyConnected(x, weight, num_hidden=4, no_bias=True)
    with pytest.raises(mx.MXNetError, match="FullyConnected"):
        nd.FullyConnected(x, weight, num_hidden=5, no_bias=True)
    profiler.set_state("stop")
    assert (plain == seen).asnumpy().all()
