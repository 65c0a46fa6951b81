"""NumPy's removed names come back with `import mxnet`."""

import os
import subprocess
import sys
import types
import warnings

import numpy as np
import pytest

from mxnet._core.numpy_aliases import ALIASES, restore


def run(code, *, options=("-W", "error"), **env):
    done = subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, env={**os.environ, **env}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_old_scripts_write():
    code = """if True:
        import numpy as np, mxnet as mx
        assert np.zeros(2, np.bool).dtype == np.bool_ and np.zeros(2, np.int).dtype == np.int64
        assert np.zeros(2, np.float).dtype == np.float64 and np.zeros(2, np.object).dtype == np.object_
        assert np.zeros(2, np.complex).dtype == np.complex128 and np.array(["a"], np.str).dtype.kind == "U"
        assert np.array(["a"], np.unicode).dtype.kind == "U" and np.float_ is np.float64
        assert np.zeros(2, np.long).dtype.kind == "i" and np.Inf == np.inf == np.infty and np.NaN != np.NaN
        assert np.product([2, 3]) == 6 and np.alltrue([1, 1]) and np.sometrue([0, 1]) and np.asscalar(np.ones(1)) == 1
        assert np.in1d([[1, 2]], [2]).tolist() == [False, True] and np.trapz([1.0, 2.0]) == 1.5
        assert np.row_stack([[1], [2]]).shape == (2, 1) and np.msort(np.array([2, 1])).tolist() == [1, 2]
        assert mx.nd.array([1], dtype=np.float).dtype == np.float64
        print("ok")
    """
    # Names that NumPy still has, but will drop, go on warning.
    assert run(code, options=("-W", "ignore::DeprecationWarning")) == "ok\n"


def test_the_variable_leaves_numpy_alone():
    code = "import numpy as np; before = set(vars(np)); import mxnet; print(sorted(set(vars(np)) - before & {*%r}))"
    names = sorted(ALIASES)
    assert eval(run(code % (names,), MXNET_NUMPY_ALIASES="0")) == []
    assert {"int", "float", "object"} <= set(eval(run(code % (names,), MXNET_NUMPY_ALIASES="1")))


def test_numpys_own_meanings_stay():
    module = types.ModuleType("numpy")
    module.bool = module.long = np.bool_
    given = restore(module)
    assert module.bool is np.bool_ and module.long is np.bool_
    assert {"bool", "long"}.isdisjoint(given) and "int" in given and module.int is int


def test_deprecated_names_are_not_touched_nor_warned_of():
    module = types.ModuleType("numpy")
    module.__deprecated_attrs__ = {"math": (None, "gone soon")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "math" not in restore(module)
    assert not hasattr(module, "math")


def test_a_second_time_changes_nothing():
    module = types.ModuleType("numpy")
    assert restore(module) and restore(module) == []


def test_star_imports_of_numpy_keep_pythons_names():
    assert run("import mxnet; from numpy import *; print(int, object)") == "<class 'int'> <class 'object'>\n"


@pytest.mark.parametrize("name", ALIASES)
def test_every_name_means_something(name):
    module = types.ModuleType("numpy")
    restore(module)
    assert hasattr(module, name) or name in vars(np), name


CALLS = {
    "in1d": [(([1, 2, 3], [2]), {}), (([[1, 2], [3, 4]], [4, 1]), {"invert": True}), (([], [1]), {})],
    "msort": [(([[3, 1], [2, 5]],), {})],
    "asfarray": [(([1, 2],), {}), (([1, 2], np.float32), {}), (([1, 2], np.int8), {}), (([1, 2], "c16"), {})],
    "find_common_type": [
        (([np.float32], [np.int64, np.float64]), {}),
        (([np.float32], [complex]), {}),
        (([np.int8, np.int16], []), {}),
        (([], [np.int8, np.float32]), {}),
        ((["u1"], ["i8"]), {}),
        (([bool], ["u1"]), {}),
    ],
    "issctype": [((np.int32,), {}), ((list,), {}), ((1.1,), {}), ((np.dtype("str"),), {}), (("f4",), {})],
    "obj2sctype": [
        ((np.array([1.0]),), {}),
        (("i4",), {}),
        ((np.float32,), {}),
        (("nonsense",), {}),
        ((np.int8(3),), {}),
    ],
    "issubsctype": [(("S8", str), {}), ((np.array([1]), int), {}), ((np.array([1]), float), {})],
    "issubclass_": [((np.int32, int), {}), ((np.int32, np.integer), {}), ((3, int), {})],
    "maximum_sctype": [((int,), {}), ((np.uint8,), {}), ((complex,), {}), ((str,), {}), (("f2",), {})],
    "sctype2char": [((np.float32,), {}), ((np.complex128,), {}), ((str,), {})],
    "round_": [(([1.26, 2.5],), {"decimals": 1})],
    "product": [(([[1, 2], [3, 4]],), {"axis": 0})],
    "cumproduct": [(([1, 2, 3],), {})],
    "alltrue": [(([[1, 0]],), {"axis": 0})],
    "sometrue": [(([[1, 0]],), {"axis": 1})],
    "fastCopyAndTranspose": [((np.arange(6).reshape(2, 3),), {})],
    "safe_eval": [(("[1, 2]",), {})],
}


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) >= "2.0.0", reason="NumPy 2 has nothing to compare with")
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_functions_do_what_numpys_did(name):
    module = types.ModuleType("numpy")
    restore(module)
    for args, kwargs in CALLS[name]:
        ours, theirs = getattr(module, name)(*args, **kwargs), getattr(np, name)(*args, **kwargs)
        np.testing.assert_equal(ours, theirs, err_msg=f"{name}{args}")
        assert getattr(ours, "dtype", None) == getattr(theirs, "dtype", None), (name, args)
