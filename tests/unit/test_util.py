"""NumPy semantics switches, environment variables, and the small modules: engine, libinfo, runtime, misc, docs."""

import logging
import threading

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet import util


@pytest.fixture(autouse=True)
def _legacy_semantics():
    yield
    util.reset_np()


# ---------------------------------------------------------------------- shape and array semantics


def test_set_np_shape_gives_the_value_before():
    assert [util.set_np_shape(v) for v in (True, True, False)] == [False, True, True]
    assert not util.is_np_shape()


def test_scopes_nest_and_restore():
    with util.np_shape():
        assert util.is_np_shape()
        with util.np_shape(False):
            assert not util.is_np_shape()
        with util.np_shape(None):
            assert util.is_np_shape()
        assert util.is_np_shape()
    with pytest.raises(KeyError), util.np_array():
        assert util.is_np_array() and not util.is_np_shape()
        raise KeyError
    assert not util.is_np_array()


def test_one_scope_object_can_be_entered_again():
    scope = util.np_shape()
    with scope, scope:
        assert util.is_np_shape()
    assert not util.is_np_shape()


def test_semantics_belong_to_a_thread():
    util.set_np()
    seen = []
    thread = threading.Thread(target=lambda: seen.append((util.is_np_shape(), util.is_np_array())))
    thread.start()
    thread.join()
    assert seen == [(False, False)] and util.is_np_shape() and util.is_np_array()


def test_array_semantics_need_shape_semantics():
    with pytest.raises(ValueError, match="array=True needs shape=True"):
        util.set_np(shape=False, array=True)
    util.set_np()
    with pytest.raises(ValueError, match="cannot be switched off"):
        util.set_np_shape(False)


def test_decorated_functions():
    @util.use_np
    def inside(x):
        """Doc."""
        return x, util.is_np_shape(), util.is_np_array()

    assert inside(1) == (1, True, True) and inside.__doc__ == "Doc."
    assert not util.is_np_shape()
    with pytest.raises(TypeError, match="use_np_shape can only decorate classes and callable objects, got .*int"):
        util.use_np_shape(3)


def test_decorated_classes():
    class Base:
        def inherited(self):
            return util.is_np_shape()

    @util.use_np_shape
    class Decorated(Base):
        def __init__(self):
            self.at_start = util.is_np_shape()

        def method(self):
            return util.is_np_shape()

        @staticmethod
        def static(x):
            return x, util.is_np_shape()

        @classmethod
        def of_class(cls):
            return cls, util.is_np_shape()

        @property
        def value(self):
            return util.is_np_shape()

        @value.setter
        def value(self, new):
            self.set_to = new

    x = Decorated()
    assert x.at_start and x.method() and x.value and x.inherited()
    assert x.static(3) == Decorated.static(3) == (3, True)
    assert x.of_class() == (Decorated, True)
    x.value = 4
    assert x.set_to == 4
    assert not Base().inherited()


def test_set_module():
    @util.set_module("somewhere")
    def f():
        pass

    assert f.__module__ == "somewhere"


def test_ufunc_options():
    assert util.np_ufunc_legal_option("casting", "safe") and not util.np_ufunc_legal_option("casting", "x")
    assert util.np_ufunc_legal_option("dtype", np.float32) and util.np_ufunc_legal_option("dtype", "int8")
    assert not util.np_ufunc_legal_option("dtype", "x") and not util.np_ufunc_legal_option("dtype", "complex64")
    assert util.np_ufunc_legal_option("subok", False) and not util.np_ufunc_legal_option("subok", 1)
    assert not util.np_ufunc_legal_option("other", True)

    @util.wrap_np_unary_func
    def double(x, out=None):
        return x * 2

    @util.wrap_np_binary_func
    def plus(x1, x2, out=None):
        return x1 + x2

    assert double(3, where=True, order="K") == 6 and plus(1, 2, dtype=None) == 3
    with pytest.raises(TypeError, match="nope is an invalid keyword to function 'double'"):
        double(3, nope=1)
    with pytest.raises(NotImplementedError, match="casting=safe is not implemented yet"):
        plus(1, 2, casting="safe")
    with pytest.raises(TypeError, match="casting=x not understood"):
        plus(1, 2, casting="x")


# ---------------------------------------------------------------------- environment and devices


def test_environment(monkeypatch):
    monkeypatch.delenv("MXNET_TEST_X", raising=False)
    assert util.getenv("MXNET_TEST_X") is None
    util.setenv("MXNET_TEST_X", "5")
    assert util.getenv("MXNET_TEST_X") == "5"
    util.setenv("MXNET_TEST_X", None)
    util.setenv("MXNET_TEST_X", None)
    assert util.getenv("MXNET_TEST_X") is None


def test_gpus():
    count = util.get_gpu_count()
    assert count == mx.context.num_gpus()
    with pytest.raises(mx.MXNetError, match="is not available"):
        util.get_gpu_memory(count)
    with pytest.raises(OSError, match="is not available"):
        util.get_cuda_compute_capability(mx.gpu(count))
    with pytest.raises(ValueError, match=r"only a GPU.*cpu\(0\)"):
        util.get_cuda_compute_capability(mx.cpu())


@pytest.mark.gpu
def test_facts_about_a_gpu():
    free, total = util.get_gpu_memory(0)
    assert 0 < free <= total
    assert util.get_cuda_compute_capability(mx.gpu(0)) >= 50


# ---------------------------------------------------------------------- small modules


def test_engine():
    assert mx.engine.set_bulk_size(10) == 0
    assert mx.engine.set_bulk_size(20) == 10
    with mx.engine.bulk(5):
        assert mx.engine.set_bulk_size(6) == 5
    assert mx.engine.set_bulk_size(0) == 20


def test_features():
    features = mx.runtime.Features()
    assert features is mx.runtime.Features() and len(features) == 32
    assert [f.name for f in mx.runtime.feature_list()] == list(features)
    assert features.is_enabled("opencv") and not features.is_enabled("TVM_OP")
    assert features.is_enabled("CUDA") == (mx.context.num_gpus() > 0)
    assert features.is_enabled("PROFILER") and not features.is_enabled("CUDA_RTC")  # which is to come
    assert features.is_enabled("DIST_KVSTORE") == torch.distributed.is_available()
    assert repr(features["OPENCV"]) == "✔ OPENCV" and "✖ TVM_OP" in repr(features)
    with pytest.raises(RuntimeError, match="Feature 'NOPE' is unknown, known features are: .*CUDA"):
        features.is_enabled("nope")


def test_libinfo(monkeypatch, tmp_path):
    assert mx.libinfo.__version__ == mx.__version__ == "1.9.1"
    for function, variable, target in (
        (mx.libinfo.find_include_path, "MXNET_INCLUDE_PATH", tmp_path),
        (mx.libinfo.find_conf_path, "MXNET_CONF_PATH", tmp_path / "lib.so"),
    ):
        monkeypatch.delenv(variable, raising=False)
        with pytest.raises(RuntimeError, match=f"Cannot find .* Set {variable}"):
            function()
        monkeypatch.setenv(variable, str(tmp_path / "missing"))
        with pytest.raises(RuntimeError, match="which is not there"):
            function()
        (tmp_path / "lib.so").touch()
        monkeypatch.setenv(variable, str(target))
        assert function() in (str(target), [str(target)])


def test_old_schedulers(caplog):
    schedule = mx.misc.FactorScheduler(step=10, factor=0.1)
    schedule.base_lr = 1.0
    with caplog.at_level(logging.INFO):
        rates = [schedule(i) for i in (0, 9, 10, 19, 20)]
    np.testing.assert_allclose(rates, [1, 1, 0.1, 0.1, 0.01])
    assert [r.getMessage() for r in caplog.records] == [
        "At Iteration [10]: Swith to new learning rate 0.10000",
        "At Iteration [20]: Swith to new learning rate 0.01000",
    ]
    with pytest.raises(ValueError, match="at least|greater or equal than 1"):
        mx.misc.FactorScheduler(step=0)
    with pytest.raises(ValueError, match="less than 1"):
        mx.misc.FactorScheduler(step=1, factor=1.0)
    with pytest.raises(NotImplementedError):
        mx.misc.LearningRateScheduler()(1)


def test_internal_errors_ask_for_a_report():
    error = mx.error.InternalError("it broke")
    assert str(error).startswith("it broke\nMXNet hint: ") and isinstance(error, mx.MXNetError)
    assert str(mx.error.InternalError(str(error))) == str(error)


def test_loggers(tmp_path, capsys):
    path = tmp_path / "log.txt"
    logger = mx.log.get_logger("mxnet.test.file", str(path), level=mx.log.INFO)
    logger.info("hello %d", 1)
    logger.debug("not this")
    assert mx.log.get_logger("mxnet.test.file") is logger and len(logger.handlers) == 1
    for handler in logger.handlers:
        handler.close()
    assert path.read_text() == "hello 1\n"
    colored = mx.log.get_logger("mxnet.test.stream")
    colored.warning("careful")
    colored.info("not this")
    line = capsys.readouterr().err
    assert line.startswith("\x1b[31mW") and line.endswith("]\x1b[0m careful\n") and "test_util.py:test_loggers:" in line
    assert line.count("\n") == 1
    with pytest.warns(DeprecationWarning, match="Use get_logger instead"):
        assert mx.log.getLogger("mxnet.test.stream") is colored
