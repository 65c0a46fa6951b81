"""Every environment variable of MXNet's: what it means, and whether it does anything here.

`VARIABLES` is the table that ``docs/env_vars.md`` shows. A variable is read through this module only, when it is
needed, so that a script may set it before or after ``import mxnet``; `backend.py` has what is read at import.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["flag", "int", "text"]
_FALSE, _TRUE = ("0", "false", "no", "off", ""), ("1", "true", "yes", "on")


@dataclass(frozen=True)
class Variable:
    """An environment variable: its name, type, value when it is not set, meaning, and what it does in remx."""

    name: str
    kind: Kind
    default: Any
    meaning: str
    effect: str
    acts: bool = True


def _acts(name: str, kind: Kind, default: object, meaning: str, effect: str) -> Variable:
    return Variable(name, kind, default, meaning, effect)


def _idle(name: str, kind: Kind, default: object, meaning: str, why: str) -> Variable:
    return Variable(name, kind, default, meaning, why, acts=False)


_ENGINE = "PyTorch schedules operators"
_POOL = "PyTorch's allocator has settings of its own (`PYTORCH_CUDA_ALLOC_CONF`)"
_FUSED = "nothing to switch: oneDNN is called by PyTorch"
_BULK = "operators are not bundled"
_CYTHON = "there is no C interface"
_DIST = "stores have nothing of the kind to tune"

_ROWS = [
    # remx's own.
    _acts("MXNET_NUMPY_ALIASES", "flag", True, "names that NumPy dropped come back", "0 leaves NumPy alone"),
    _acts(
        "MXNET_FLUSH_DENORMALS",
        "flag",
        True,
        "floats too small for full precision count as 0 in threads that compute",
        "0 keeps them, which makes networks that converge many times slower; when set before the import",
    ),
    _acts("MXNET_EXECUTOR", "text", "auto", "how steps of small graphs run", "`eager` switches tracing off"),
    # Places.
    _acts("MXNET_HOME", "text", None, "folder for what is downloaded", "`~/.mxnet` when not set"),
    _acts(
        "MXNET_GLUON_REPO",
        "text",
        "https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/",
        "server of data sets and trained networks",
        "downloads go there",
    ),
    _acts("MXNET_LIBRARY_PATH", "text", None, "the native library", "`libinfo.find_lib_path` gives it"),
    _acts("MXNET_INCLUDE_PATH", "text", None, "the C headers", "`libinfo.find_include_path` gives it"),
    _acts("MXNET_CONF_PATH", "text", None, "configuration of TVM's operators", "`libinfo.find_conf_path` gives it"),
    # Images.
    _acts(
        "MXNET_IMAGE_MAX_PIXELS",
        "int",
        1 << 28,
        "images that claim to have more pixels are not decoded",
        "keeps small files from taking gigabytes and minutes",
    ),
    # Threads.
    _acts(
        "MXNET_CPU_WORKER_NTHREADS",
        "int",
        1,
        "operators that run at once on the CPU",
        "`torch.set_num_interop_threads`, when set before the import",
    ),
    _acts(
        "MXNET_OMP_MAX_THREADS",
        "int",
        None,
        "threads of one operator on the CPU",
        "`torch.set_num_threads`, when set before the import (`OMP_NUM_THREADS` works too)",
    ),
    _acts("MXNET_MP_OPENCV_NUM_THREADS", "int", 0, "OpenCV's threads in a worker of a data loader", "as in MXNet"),
    _idle("MXNET_MP_WORKER_NTHREADS", "int", 1, "threads of a worker of a data loader", "one: OpenMP does not fork"),
    _idle("MXNET_CPU_PRIORITY_NTHREADS", "int", 4, "threads for urgent work on the CPU", _ENGINE),
    _idle("MXNET_CPU_NNPACK_NTHREADS", "int", 4, "threads of NNPACK", _ENGINE),
    _idle("MXNET_GPU_WORKER_NTHREADS", "int", 2, "threads of a GPU", _ENGINE),
    _idle("MXNET_GPU_WORKER_NSTREAMS", "int", 1, "streams of a GPU", _ENGINE),
    _idle("MXNET_GPU_COPY_NTHREADS", "int", 2, "threads that copy from and to a GPU", _ENGINE),
    _idle("MXNET_CPU_PARALLEL_SIZE", "int", 200000, "elements from which on threads are used", "PyTorch decides"),
    _idle("MXNET_USE_OPERATOR_TUNING", "text", None, "types whose operators are timed at import", "PyTorch decides"),
    _idle("MXNET_USE_NUM_CORES_OPERATOR_TUNING", "int", None, "cores for that timing", "PyTorch decides"),
    # How things are computed.
    _acts(
        "MXNET_ENGINE_TYPE",
        "text",
        "ThreadedEnginePerDevice",
        "how operators are scheduled",
        "`NaiveEngine` makes calls to a GPU wait for their end (`CUDA_LAUNCH_BLOCKING`), when set before the import; "
        "on the CPU they always do",
    ),
    _acts(
        "MXNET_CUDNN_AUTOTUNE_DEFAULT",
        "int",
        1,
        "convolutions try cuDNN's algorithms and keep the fastest: 0 no, 1 and 2 yes",
        "`torch.backends.cudnn.benchmark`, when set before the import; PyTorch's own choice (no) when not set",
    ),
    _acts(
        "MXNET_ENFORCE_DETERMINISM",
        "flag",
        False,
        "algorithms that repeat their results only; an error where there is none",
        "`torch.use_deterministic_algorithms`, when set before the import",
    ),
    _acts(
        "MXNET_CUDA_ALLOW_TENSOR_CORE",
        "flag",
        True,
        "whether tensor cores may be used",
        "0 forbids them for float32 (TF32), when set before the import",
    ),
    _acts(
        "MXNET_CUDA_TENSOR_OP_MATH_ALLOW_CONVERSION",
        "flag",
        False,
        "whether float32 may be rounded for tensor cores",
        "1 allows TF32 in matrix products too, when set before the import",
    ),
    _acts(
        "MXNET_FC_TRUE_FP16",
        "flag",
        False,
        "float16 products sum in float16 on GPUs",
        "`torch.backends.cuda.matmul.allow_fp16_accumulation`, when set before the import",
    ),
    _acts(
        "MXNET_MKLDNN_ENABLED",
        "flag",
        True,
        "whether oneDNN computes on the CPU",
        "0 switches PyTorch's use of it off, when set before the import",
    ),
    _acts(
        "MXNET_SUBGRAPH_BACKEND",
        "text",
        "MKLDNN",
        "what fuses operators in prediction",
        "`NONE` switches the fusing of convolutions off",
    ),
    _acts("MXNET_ELIMINATE_COMMON_EXPR", "flag", True, "equal operators of a graph run once", "as in MXNet"),
    _idle(
        "MXNET_SAFE_ACCUMULATION",
        "flag",
        False,
        "sums are taken in a larger type than their elements",
        "always so for float16",
    ),
    _idle(
        "MXNET_BACKWARD_DO_MIRROR", "flag", False, "results are computed again instead of kept for backward", "not yet"
    ),
    _idle("MXNET_USE_FUSION", "flag", True, "elementwise operators are fused on GPUs", "not yet"),
    _idle("MXNET_ENABLE_CUDA_GRAPHS", "flag", False, "graphs run as CUDA graphs", "not yet"),
    _idle("MXNET_EXEC_BULK_EXEC_INFERENCE", "flag", True, "operators are bundled in prediction", _BULK),
    _idle("MXNET_EXEC_BULK_EXEC_TRAIN", "flag", True, "operators are bundled in training", _BULK),
    _idle("MXNET_EXEC_BULK_EXEC_MAX_NODE_TRAIN", "int", 15, "the most in a bundle", _BULK),
    _idle("MXNET_EXEC_BULK_EXEC_MAX_NODE_TRAIN_FWD", "int", 15, "the same, forward", _BULK),
    _idle("MXNET_EXEC_BULK_EXEC_MAX_NODE_TRAIN_BWD", "int", 15, "the same, backward", _BULK),
    _idle("MXNET_USE_MKLDNN_RNN", "flag", True, "oneDNN computes recurrent layers", "PyTorch decides"),
    _idle("MXNET_MKLDNN_CACHE_NUM", "int", -1, "primitives that oneDNN keeps", _FUSED),
    _idle("MXNET_MKLDNN_FORCE_FC_AB_FORMAT", "flag", False, "weights of dense layers stay row-major", _FUSED),
    _idle("MXNET_DISABLE_MKLDNN_CONV_OPT", "flag", False, "convolutions are not fused", _FUSED),
    _idle("MXNET_DISABLE_MKLDNN_FC_OPT", "flag", False, "dense layers are not fused", _FUSED),
    # Memory.
    _acts(
        "MXNET_GPU_MEM_POOL_TYPE",
        "text",
        "Naive",
        "how freed memory of GPUs is kept",
        "`Unpooled` gives it back at once (`PYTORCH_NO_CUDA_MEMORY_CACHING`), when set before the import",
    ),
    _idle("MXNET_GPU_MEM_POOL_RESERVE", "int", 5, "percent of a GPU's memory that is left free", _POOL),
    _idle("MXNET_GPU_MEM_POOL_ROUND_LINEAR_CUTOFF", "int", 24, "how sizes are rounded", _POOL),
    _idle("MXNET_GPU_MEM_LARGE_ALLOC_ROUND_SIZE", "int", 2097152, "how large sizes are rounded", _POOL),
    _idle("MXNET_EXEC_ENABLE_INPLACE", "flag", True, "results may take their inputs' memory", "in prediction, always"),
    _idle("MXNET_EXEC_NUM_TEMP", "int", 1, "workspaces of a device", "PyTorch allocates them"),
    _idle("MXNET_CPU_TEMP_COPY", "int", 4, "workspaces of the CPU", "PyTorch allocates them"),
    _idle("MXNET_GPU_TEMP_COPY", "int", 1, "workspaces of a GPU", "PyTorch allocates them"),
    # Stores and optimizers.
    _acts("MXNET_UPDATE_ON_KVSTORE", "flag", True, "weights are updated by the store, where it can", "as in MXNet"),
    _acts("MXNET_OPTIMIZER_AGGREGATION_SIZE", "int", 4, "weights that are updated in one call", "0: one by one"),
    _acts("MXNET_KVSTORE_TIMEOUT", "int", 300, "seconds that workers wait for one another", "an error after that"),
    _idle("MXNET_UPDATE_AGGREGATION_SIZE", "int", 4, "weights that are handed to a store at once", "all of them"),
    _idle("MXNET_KVSTORE_REDUCTION_NTHREADS", "int", 4, "threads that sum large arrays", _DIST),
    _idle("MXNET_KVSTORE_BIGARRAY_BOUND", "int", 1000000, "elements of a large array", _DIST),
    _idle("MXNET_KVSTORE_USETREE", "flag", False, "GPUs sum along a tree", _DIST),
    _idle("MXNET_KVSTORE_SLICE_THRESHOLD", "int", 40000, "elements of a slice", _DIST),
    _idle("MXNET_ENABLE_GPU_P2P", "flag", True, "GPUs copy from one another", "PyTorch decides"),
    # Looking at a program, and testing it.
    _acts("MXNET_TEST_DEFAULT_CTX", "text", None, 'context of tests, such as "gpu(0)"', "`test_utils` reads it"),
    _acts("MXNET_PROFILER_AUTOSTART", "flag", False, "a profile is taken from the start", "written at the end"),
    _acts("MXNET_PROFILER_MODE", "flag", False, "0: operators of graphs, 1: all", "of `MXNET_PROFILER_AUTOSTART`"),
    _idle("MXNET_STORAGE_FALLBACK_LOG_VERBOSE", "flag", True, "warns of dense copies", "`stype` says what came out"),
    _idle("MXNET_EXEC_VERBOSE_LOGGING", "flag", False, "executors say what they do", "not yet"),
    _idle("MXNET_SUBGRAPH_VERBOSE", "flag", True, "says what was fused", "not yet"),
    _idle("MXNET_ENGINE_INFO", "flag", False, "the engine says what it does", _ENGINE),
    _idle("MXNET_ENABLE_CYTHON", "flag", True, "arrays use Cython", _CYTHON),
    _idle("MXNET_ENFORCE_CYTHON", "flag", False, "and fail without", _CYTHON),
]
VARIABLES = {row.name: row for row in _ROWS}


def _read(name: str, kind: Kind) -> tuple[Variable, str | None]:
    variable = VARIABLES[name]
    assert variable.kind == kind, f"{name} is declared as {variable.kind}"
    return variable, os.environ.get(name)


def _not_understood(variable: Variable, value: str) -> Any:
    warnings.warn(
        f"The environment variable {variable.name}={value!r} is no {variable.kind}; taken as {variable.default!r}",
        stacklevel=4,
    )
    return variable.default


def is_set(name: str) -> bool:
    """Whether the user has given a variable of the table."""
    return VARIABLES[name].name in os.environ


def flag(name: str) -> bool:
    """A variable that is on or off: 1 and 0, true and false."""
    variable, value = _read(name, "flag")
    if value is None:
        return variable.default
    word = value.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    try:
        return int(word) != 0
    except ValueError:
        return _not_understood(variable, value)


def integer(name: str) -> Any:
    """A whole number, or the default (which may be None)."""
    variable, value = _read(name, "int")
    if value is None:
        return variable.default
    try:
        return int(value)
    except ValueError:
        return _not_understood(variable, value)


def text(name: str) -> Any:
    """A text, or the default (which may be None)."""
    variable, value = _read(name, "text")
    return variable.default if value is None else value


def table(acts: bool) -> str:
    """The variables that do something here, or the others, as a table in Markdown."""
    last = "Here" if acts else "Why not here"
    lines = [f"| Variable | Type | Default | In MXNet | {last} |", "|---|---|---|---|---|"]
    for v in VARIABLES.values():
        if v.acts == acts:
            default = "" if v.default is None else str(int(v.default) if v.kind == "flag" else v.default)
            lines.append(f"| `{v.name}` | {v.kind} | {default} | {v.meaning} | {v.effect} |")
    return "\n".join(lines) + "\n"
