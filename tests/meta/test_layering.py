"""Imports go down only and without cycles, as docs/design.md says.

For the layers only what runs when a module is imported counts; for cycles every import, those inside functions and
those that only a type checker sees too.
"""

import pytest

from tests.meta.sources import MODULES, cycles, imports

# From the bottom up. A unit is a module or subpackage of mxnet, or of mxnet._core, with everything in it. It may import
# what lies in rows above its own in this table, and nothing else.
LAYERS = [
    # Errors, and the user's environment, which everything may ask.
    {"_core.errors", "_core.grad_mode"},
    {"_core.absent", "_core.env", "_core.logs", "_core.processors"},
    {"_core.native"},
    # What needs nothing of ours.
    {
        "_core.backend",
        "_core.defaults",
        "_core.descriptions",
        "_core.flat_rnn",
        "_core.integers",
        "_core.rnn_steps",
        "_core.memory",
        "_core.foreign_wheel",
        "_core.spelling",
        "_core.integer_products",
        "_core.numpy_aliases",
        "_core.profiling",
        "_core.scopes",
        "base",
        "api",
        "engine",
        "libinfo",
        "log",
        "misc",
        "ndarray_doc",
        "registry",
        "runtime",
        "symbol_doc",
        "_core",
    },
    {"_core.image_size"},
    # Devices, types, files, switches.
    {
        "context",
        "error",
        "attribute",
        "name",
        "_core.dtypes",
        "_core.files",
        "_core.idx",
        "_core.layout",
        "_core.opencv",
        "_core.state",
        "_core.text",
        "_core.threads",
    },
    {"_core.array", "_core.types"},
    {"_core.gradients", "_core.history"},
    {"util", "_core.download", "_core.host", "_core.params", "_core.rng", "_core.shapes", "_core.tape"},
    # Operators: how they are declared, then all of them and the eager call.
    {"_core.opdef"},
    {"_core.registry"},
    {"_core.sparse"},
    {"_core.outputs"},
    {"_core.invoke", "_core.ops"},
    # Graphs, files of arrays, functions made of operators.
    {"_core.frontend", "_core.graph", "_core.serialization", "_core.unpickle"},
    {"_core.mixed_precision", "_core.execute"},
    # What a user holds in hands.
    {"ndarray"},
    {"executor", "numpy", "random"},
    {"symbol"},
    {"autograd", "_core.model", "numpy_extension", "operator"},
    # What training needs.
    {"initializer", "lr_scheduler", "metric", "monitor", "profiler", "recordio", "visualization"},
    {"io", "optimizer"},
    {"image", "kvstore"},
    {"executor_manager", "callback"},
    {"_training"},
    {"model"},
    {"gluon", "module", "rnn"},
    {"contrib", "interop", "onnx"},
    {"device", "library", "notebook", "numpy_dispatch_protocol", "numpy_op_fallback", "numpy_op_signature", "rtc"},
    {"_numpy_op_doc"},
    # What ``F.np`` and ``F.npx`` are, imported on first use.
    {"ndarray.numpy", "ndarray.numpy_extension", "symbol.numpy"},
    {"symbol.numpy_extension"},
    # The package itself, and what stands on all of it: mxnet imports test_utils on first use only.
    {"mxnet"},
    {"cli", "test_utils"},
    {"__main__"},
]
LEVEL = {unit: level for level, layer in enumerate(LAYERS) for unit in layer}


def unit_of(module):
    """The row entry that a module belongs to."""
    parts = module.split(".")[1:]
    if not parts:
        return "mxnet"
    inner = ".".join(parts[:2])
    return inner if parts[0] == "_core" or inner in LEVEL else parts[0]


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module):
    unit = unit_of(module)
    assert unit in LEVEL, f"say in LAYERS where {unit} belongs"
    wrong = {
        other
        for other in imports(module)
        if unit_of(other) != unit and LEVEL[unit_of(other)] >= LEVEL[unit]
        # `import mxnet.x` runs mxnet/_core/__init__.py, which is empty.
    }
    assert not wrong, f"{module} is in layer {LEVEL[unit]} and imports {sorted(wrong)}"


def test_the_check_sees_imports():
    """Guards the test above against seeing nothing."""
    assert "mxnet.base" in imports("mxnet.context")
    assert "mxnet._core.registry" in imports("mxnet._core.invoke")
    assert "mxnet.test_utils" not in imports("mxnet")  # for type checkers


# Cycles of imports that there still are: modules (names without "mxnet.", those of packages stand for all that is in
# them) and the reason. Those to be resolved have none; the list only gets shorter.
CYCLES = [
    ({"mxnet", "test_utils"}, "mxnet loads test_utils on first use; it tests the whole package as its users see it"),
]  # fmt: skip


def _allowed(module):
    """The numbers of the cycles that a module may be part of."""
    name = module.removeprefix("mxnet.")
    return {i for i, (names, _) in enumerate(CYCLES) for n in names if name == n or name.startswith(f"{n}.")}


def test_no_cycles():
    graph = {module: imports(module, everywhere=True) - {module} for module in MODULES}
    left = list(range(len(CYCLES)))
    for cycle in cycles(graph):
        fitting = set.intersection(*map(_allowed, cycle)) & set(left)
        assert fitting, f"modules import each other: {', '.join(cycle)}"
        left.remove(min(fitting))
    assert not left, f"these cycles are gone; remove them from the list: {[CYCLES[i] for i in left]}"


def test_the_check_sees_cycles():
    """Guards the test above against seeing nothing."""
    assert "mxnet.test_utils" in imports("mxnet", everywhere=True)
    assert cycles({"a": "b", "b": "c", "c": "ad", "d": "", "e": "f", "f": "e"}) == [["a", "b", "c"], ["e", "f"]]


def test_grad_mode_is_set_in_one_place():
    setters = ("set_grad_enabled", "enable_grad", "torch.no_grad", "inference_mode")
    found = {name for name, path in MODULES.items() if any(s in path.read_text(encoding="utf-8") for s in setters)}
    assert found == {"mxnet._core.grad_mode"}


def test_what_operators_raise_is_caught_by_one_name():
    """Lists of error types that end in ArithmeticError are those around operators."""
    found = {name for name, path in MODULES.items() if "LookupError, ArithmeticError" in path.read_text("utf-8")}
    assert found == {"mxnet._core.errors"}
