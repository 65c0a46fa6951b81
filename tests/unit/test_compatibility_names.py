"""Names and side effects that programs rely on, and names of what is not there."""

import ctypes
import importlib
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
import remx
from mxnet._core import foreign_wheel
from mxnet.base import MissingFeatureError


def fresh(code, **variables):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **variables})


# ---------------------------------------------------------------------- side effects of the import


def test_submodules_are_there_after_the_import():
    names = """
        gluon gluon.nn gluon.rnn gluon.loss gluon.data.vision.transforms gluon.contrib.estimator gluon.model_zoo.vision
        gluon.utils gluon.block image image.det contrib.text contrib.amp contrib.onnx contrib.quantization contrib.quant
        contrib.tensorboard contrib.autograd operator rnn.rnn_cell visualization viz test_utils np.linalg npx.image
        profiler onnx library rtc device numpy_dispatch_protocol numpy_op_signature optimizer.contrib module.base_module
        executor_manager kvstore.kvstore_server notthere
    """.split()
    code = f"""if True:
        import multiprocessing, mxnet
        multiprocessing.pool.Pool, multiprocessing.queues.Queue
        missing = []
        for name in {names!r}:
            thing = mxnet
            for part in name.split("."):
                thing = getattr(thing, part, None)
            if thing is None:
                missing.append(name)
        print(missing)
    """
    done = fresh(code)
    assert done.stdout == "['notthere']\n", done.stderr


# ---------------------------------------------------------------------- what is there


def test_names_of_other_modules():
    assert mx.metric.ndarray is mx.nd
    assert mx.optimizer.sgd_update is mx.nd.sgd_update and mx.optimizer.optimizer.clip is mx.nd.clip
    assert mx.callback.save_checkpoint is mx.model.save_checkpoint
    assert mx.device.Device is mx.Context and mx.device.current_device() == mx.current_context()
    for module in (mx.optimizer, mx.callback, mx.contrib.amp.amp):
        with pytest.raises(AttributeError, match="notthere"):
            module.notthere  # noqa: B018


def test_amp_says_whether_it_is_on():
    code = """if True:
        import mxnet as mx
        from mxnet.contrib import amp
        print(amp.amp._amp_initialized, amp.amp._amp_loss_scale_initialized)
        amp.init("bfloat16")
        print(amp.amp._amp_initialized, amp.amp._amp_loss_scale_initialized, amp.amp._loss_scaler is not None)
    """
    assert fresh(code).stdout == "False False\nTrue False True\n"


def test_registered_names_of_numpy_functions():
    from mxnet.numpy_op_signature import _get_builtin_op

    assert _get_builtin_op("_np_sum") is mx.np.sum and _get_builtin_op("_npx_relu") is mx.npx.relu
    assert _get_builtin_op("_np_linalg_svd") is mx.np.linalg.svd and _get_builtin_op("Convolution") is None
    with pytest.raises(ValueError, match="nothing"):
        _get_builtin_op("_np_nothing")


def test_documented_operators():
    from mxnet import _numpy_op_doc

    assert _numpy_op_doc._np_amax is mx.np.amax and _numpy_op_doc._np__random_shuffle is mx.np.random.shuffle
    assert _numpy_op_doc._npx_nonzero is mx.npx.nonzero
    assert _numpy_op_doc._np_cumsum is mx.np.cumsum and _numpy_op_doc._npx__image_resize is mx.npx.image.resize


def test_numpy_protocols():
    from mxnet import numpy_dispatch_protocol as protocol

    assert {"sum", "concatenate", "linalg.norm"} <= set(protocol._NUMPY_ARRAY_FUNCTION_LIST)
    assert {"add", "exp", "less"} <= set(protocol._NUMPY_ARRAY_UFUNC_LIST)
    assert not {"average", "linspace", "log1p"} & {
        *protocol._NUMPY_ARRAY_FUNCTION_LIST,
        *protocol._NUMPY_ARRAY_UFUNC_LIST,
    }
    assert protocol._NUMPY_ARRAY_FUNCTION_DICT[np.linalg.norm] is mx.np.linalg.norm
    assert protocol._NUMPY_ARRAY_FUNCTION_DICT[np.concatenate] is mx.np.concatenate
    assert protocol._NUMPY_ARRAY_UFUNC_DICT["exp"] is mx.np.exp
    x = mx.np.ones((2, 3))
    assert all(isinstance(getattr(np, n)(x), mx.np.ndarray) for n in ("sum", "mean", "transpose", "exp"))

    @protocol.with_array_function_protocol
    def fails():
        raise KeyError("why")

    with pytest.raises(RuntimeError, match=r"fails .*array function.*why"):
        fails()


def test_shared_memory():
    x = mx.nd.array([[1, 2, 3]], dtype="int32")
    pid, descriptor, shape, dtype = x._to_shared_mem()
    assert (pid, shape, dtype) == (os.getpid(), (1, 3), np.int32)
    y = mx.nd.NDArray(mx.nd.ndarray._new_from_shared_mem(pid, descriptor, shape, dtype))
    y[0, 1] = 7
    assert x.asnumpy().tolist() == y.asnumpy().tolist() == [[1, 7, 3]]
    with pytest.raises(ValueError, match="view"):
        mx.nd.ones((3, 2))[1:]._to_shared_mem()


def _fill(description):
    pid, descriptor, shape, dtype = description
    mx.nd.NDArray(mx.nd.ndarray._new_from_shared_mem(pid, descriptor.detach(), shape, dtype))[:] = 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="descriptors are inherited by a fork")
def test_shared_memory_of_two_processes():
    x = mx.nd.zeros((2, 2))
    pid, descriptor, shape, dtype = x._to_shared_mem()
    duplicate = multiprocessing.reduction.DupFd(descriptor)
    process = multiprocessing.get_context("spawn").Process(target=_fill, args=((pid, duplicate, shape, dtype),))
    process.start()
    process.join()
    assert process.exitcode == 0 and x.asnumpy().tolist() == [[5, 5], [5, 5]]


# ---------------------------------------------------------------------- what is not there


@pytest.mark.parametrize(
    "path",
    [
        "mxnet.onnx.export_model",
        "mxnet.contrib.onnx.import_model",
        "mxnet.contrib.quantization.quantize_net",
        "mxnet.rtc.CudaModule",
        "mxnet.base._LIB.MXNDArraySyncCopyToCPU",
    ],
)
def test_absent_things_import_and_say_so_when_used(path):
    module, _, name = path.rpartition(".")
    if "_LIB" in module:
        thing = getattr(mx.base._LIB, name)
    else:
        thing = getattr(importlib.import_module(module), name)
    assert not isinstance(3, thing) and name in repr(thing)
    uses = (
        lambda: thing(1, a=2),
        lambda: thing.anything,
        lambda: thing[0],
        lambda: list(thing),
        lambda: type("Mine", (object,), {}) and thing.__mro_entries__(()),
    )
    for use in uses:
        with pytest.raises(MissingFeatureError, match=rf"{path.replace('.', '[.]')} is not in remx: \w+"):
            use()
    assert issubclass(MissingFeatureError, mx.MXNetError) and not hasattr(thing, "anything")


@pytest.mark.parametrize("module", ["onnx", "contrib.onnx", "contrib.quantization", "rtc"])
def test_absent_modules(module):
    module = importlib.import_module(f"mxnet.{module}")
    assert all(callable(getattr(module, name)) for name in module.__all__)
    with pytest.raises(AttributeError, match="notthere"):
        module.notthere  # noqa: B018


def test_libraries_of_operators(tmp_path):
    (tmp_path / "ops.so").touch()
    (tmp_path / "ops.txt").touch()
    for path, message in (
        (tmp_path / "none.so", "no file"),
        (tmp_path / "ops.txt", "expected a library"),
        (tmp_path / "ops.so", "CustomOp"),
        (Path("setup.cfg"), "no file"),
    ):
        with pytest.raises(mx.MXNetError, match=message):
            mx.library.load(str(path))


def test_native_library(tmp_path):
    from mxnet.base import _LIB, check_call

    writer = mx.recordio.MXRecordIO(str(tmp_path / "a.rec"), "w")
    positions = []
    for text in (b"a", b"bcdefg", b"h"):
        position = ctypes.c_size_t()
        check_call(_LIB.MXRecordIOWriterTell(writer.handle, ctypes.byref(position)))
        positions.append(position.value)
        writer.write(text)
    writer.close()
    reader = mx.recordio.MXRecordIO(str(tmp_path / "a.rec"), "r")
    for expected in positions:
        check_call(_LIB.MXRecordIOReaderTell(reader.handle, ctypes.byref(position)))
        assert position.value == expected
        reader.read()
    version = ctypes.c_int()
    check_call(_LIB.MXGetVersion(ctypes.byref(version)))
    assert version.value == 10901
    assert not hasattr(_LIB, "__array__") and mx.base.SymbolHandle is ctypes.c_void_p


def test_find_lib_path(monkeypatch, tmp_path):
    monkeypatch.delenv("MXNET_LIBRARY_PATH", raising=False)
    paths = mx.libinfo.find_lib_path()
    assert paths == [] and str(paths) == "[]"  # what upstream's diagnose.py prints
    with pytest.raises(RuntimeError, match="Cannot find the native library.*MXNET_LIBRARY_PATH"):
        paths[0]
    monkeypatch.setenv("MXNET_LIBRARY_PATH", str(tmp_path / "missing"))
    with pytest.raises(RuntimeError, match="which is not there"):
        mx.libinfo.find_lib_path()
    (tmp_path / "lib.so").touch()
    monkeypatch.setenv("MXNET_LIBRARY_PATH", str(tmp_path / "lib.so"))
    assert mx.libinfo.find_lib_path() == [str(tmp_path / "lib.so")]


# ---------------------------------------------------------------------- two packages in one folder


@pytest.fixture
def installed(tmp_path):
    """A folder of packages with remx in it."""
    package = tmp_path / "mxnet"
    package.mkdir()
    for entry in Path(mx.__file__).parent.iterdir():
        (package / entry.name).symlink_to(entry)
    return tmp_path


def test_the_wheel_beside_remx_is_named_at_import(installed):
    (installed / "mxnet" / "libmxnet.so").touch()
    (installed / "mxnet" / "_ctypes").mkdir()
    for name in ("mxnet_cu112-1.9.1.dist-info", "mxnet_tools-1.0.dist-info"):
        (installed / name).mkdir()
    done = fresh("import mxnet; print(mxnet.nd.ones(1).asscalar())", PYTHONPATH=str(installed))
    assert done.stdout == "1.0\n"
    assert "RuntimeWarning: mxnet-cu112 1.9.1 was installed into the folder of remx" in done.stderr
    assert "libmxnet.so" in done.stderr and "pip uninstall -y mxnet-cu112 remx\n" in done.stderr
    assert "pip install remx" in done.stderr and "mxnet-tools" not in done.stderr


def remx_command(folder):
    path = os.pathsep.join([str(folder), str(Path(remx.__file__).parent)])
    return subprocess.run(
        [sys.executable, "-m", "remx", "--help"], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )


def test_the_command_says_so_when_the_wheel_has_overwritten_the_package(installed):
    (installed / "mxnet" / "__init__.py").unlink()
    (installed / "mxnet" / "__init__.py").write_text("raise AttributeError('np.bool')")
    (installed / "mxnet" / "libmxnet.so").touch()
    (installed / "mxnet-1.9.1.dist-info").mkdir()
    done = remx_command(installed)
    assert done.returncode == 1 and done.stderr.startswith("remx: mxnet 1.9.1 was installed into the folder of remx")


def test_the_command_says_so_when_another_package_is_found(tmp_path):
    (tmp_path / "mxnet").mkdir()
    (tmp_path / "mxnet" / "__init__.py").write_text("raise AttributeError('np.bool')")
    done = remx_command(tmp_path)
    assert done.returncode == 1 and "is another one: pip uninstall mxnet" in done.stderr


def test_the_command_runs(installed):
    done = remx_command(installed)
    assert done.returncode == 0 and "Usage: remx" in done.stdout and done.stderr == ""


def test_remx_alone_says_nothing(installed):
    done = fresh("import mxnet", PYTHONPATH=str(installed))
    assert (done.returncode, done.stderr) == (0, "")
    assert foreign_wheel.foreign_files(str(Path(mx.__file__).parent)) == []


@pytest.mark.parametrize(
    "entry, name",
    [
        ("mxnet-1.9.1.dist-info", "mxnet 1.9.1"),
        ("mxnet_cu102mkl-1.6.0.post0.dist-info", "mxnet-cu102mkl 1.6.0.post0"),
        ("mxnet_mkl-1.6.0.egg-info", "mxnet-mkl 1.6.0"),
        ("gluoncv-0.10.5.dist-info", "a wheel of Apache MXNet"),
    ],
)
def test_distributions_are_found_by_their_folders(tmp_path, entry, name):
    (tmp_path / entry).mkdir()
    assert foreign_wheel.explain(str(tmp_path / "mxnet"), ["libmxnet.so"]).startswith(f"{name} was installed")


def test_native_library_takes_over_a_dlpack_capsule():
    from mxnet.base import _LIB, NDArrayHandle, check_call

    x = mx.nd.array([[1, 2], [3, 4]])
    capsule = mx.nd.to_dlpack_for_read(x)
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    handle = NDArrayHandle()
    check_call(
        _LIB.MXNDArrayFromDLPack(
            ctypes.c_void_p(get_pointer(ctypes.py_object(capsule), b"dltensor")), ctypes.byref(handle)
        )
    )
    ctypes.pythonapi.PyCapsule_SetName(ctypes.py_object(capsule), b"used_dltensor")
    y = mx.nd.NDArray(handle=handle)
    x[0] = 7
    assert y.asnumpy().tolist() == [[7, 7], [3, 4]]


def test_a_graph_as_one_node():
    a, b = mx.sym.var("a"), mx.sym.var("b")
    called = mx.sym._internal._CachedOp(a, b, subgraph=(a * b).tojson(), name="call") * 2
    assert called.list_arguments() == ["a", "b"] and called.infer_shape(a=(2, 3), b=(2, 3))[1] == [(2, 3)]
    values = {"a": mx.nd.array([3.0]), "b": mx.nd.array([5.0])}
    for symbol in (called, mx.sym.fromjson(called.tojson())):
        executor = symbol.bind(mx.cpu(), values, args_grad={name: mx.nd.zeros(1) for name in values})
        assert executor.forward(is_train=True)[0].asscalar() == 30
        executor.backward(mx.nd.ones(1))
        assert [g.asscalar() for g in executor.grad_arrays] == [10, 6]


def test_helpers_of_training_loops_of_ones_own():
    """Networks for faces copy ``fit`` and import what it calls."""
    from mxnet.model import _multiple_callbacks
    from mxnet.module.base_module import _check_names_match

    seen = []
    _multiple_callbacks([seen.append, lambda x: seen.append(-x)], 2)
    _multiple_callbacks(seen.append, 3)
    _multiple_callbacks(None, 4)
    _multiple_callbacks(lambda *, key: seen.append(key), key=5)
    assert seen == [2, -2, 3, 5]
    with pytest.raises(ValueError, match="data_shapes"):
        _check_names_match(["data"], [mx.io.DataDesc("x", (1,))], "data", True)
