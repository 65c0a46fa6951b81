"""What modules say they export exists, and importing the package stays cheap."""

import importlib
import subprocess
import sys

import pytest

from tests.meta.sources import MODULES

# Optional, or slow to import: they are imported by the functions that need them. (torch imports tqdm by itself.)
HEAVY = ["bokeh", "cv2", "graphviz", "h5py", "IPython", "matplotlib", "onnx", "pandas", "PIL", "scipy", "sklearn"]


@pytest.mark.parametrize("name", MODULES)
def test_module_exports(name):
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    missing = [n for n in exported if not hasattr(module, n)]
    assert not missing, f"{name}.__all__ names {missing}"
    assert len(set(exported)) == len(exported), f"{name}.__all__ names something twice"


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("mxnet.ndarray", "NDArray array zeros relu Convolution concat waitall random sparse"),
        ("mxnet.symbol", "Symbol var Variable relu Convolution concat random sparse"),
        ("mxnet.ndarray.op", "relu Activation"),
        ("mxnet.symbol.op", "relu Activation"),
        ("mxnet.ndarray.linalg", "gemm2 potrf"),
        ("mxnet.symbol.random", "uniform normal_like"),
        ("mxnet.ndarray.contrib", "box_nms rand_zipfian"),
    ],
)
def test_star_imports_bring_generated_functions(module, names):
    space: dict = {}
    exec(f"from {module} import *", space)
    assert set(names.split()) <= set(space)
    assert not {"install", "make_function", "annotations", "Any"} & set(space)


def test_import_brings_no_heavy_modules():
    code = f"import sys, mxnet; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_import_says_nothing():
    done = subprocess.run([sys.executable, "-W", "error", "-c", "import mxnet"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_version_is_that_of_the_interface():
    import mxnet as mx

    assert mx.__version__ == "1.9.1"
