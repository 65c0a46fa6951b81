"""Settings of PyTorch that MXNet's environment variables ask for.

Only what the user has set is passed on: a program that sets none of these variables keeps PyTorch's own settings, but
for denormal floats, and for threads where there are more of them than processors to run on.
"""

from __future__ import annotations

import os
import warnings

import torch

from . import env, processors


def flush_denormals() -> None:
    """Make this thread round denormal floats to zero; each thread that computes has to.

    Networks that converge produce them, and they slow a CPU down by an order of magnitude.
    """
    if env.flag("MXNET_FLUSH_DENORMALS"):
        torch.set_flush_denormal(True)


def apply_environment() -> None:
    """Pass on what the environment says; called once, by the import."""
    flush_denormals()
    if env.is_set("MXNET_OMP_MAX_THREADS") and env.integer("MXNET_OMP_MAX_THREADS") > 0:
        torch.set_num_threads(env.integer("MXNET_OMP_MAX_THREADS"))
    elif "OMP_NUM_THREADS" not in os.environ and processors.usable() < torch.get_num_threads():
        torch.set_num_threads(processors.usable())
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=compute_alone)
    if env.is_set("MXNET_CPU_WORKER_NTHREADS") and env.integer("MXNET_CPU_WORKER_NTHREADS") > 0:
        _interop_threads(env.integer("MXNET_CPU_WORKER_NTHREADS"))
    if env.is_set("MXNET_CUDNN_AUTOTUNE_DEFAULT"):
        torch.backends.cudnn.benchmark = env.integer("MXNET_CUDNN_AUTOTUNE_DEFAULT") > 0
    if env.flag("MXNET_ENFORCE_DETERMINISM"):
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS asks for it, before it is first used
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.deterministic = True
        torch.utils.deterministic.fill_uninitialized_memory = False  # nothing here reads memory it has not written
    if not env.flag("MXNET_CUDA_ALLOW_TENSOR_CORE"):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    elif env.flag("MXNET_CUDA_TENSOR_OP_MATH_ALLOW_CONVERSION"):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    if env.flag("MXNET_FC_TRUE_FP16"):
        torch.backends.cuda.matmul.allow_fp16_accumulation = True
    if not env.flag("MXNET_MKLDNN_ENABLED"):
        torch.backends.mkldnn.set_flags(False)
    # These two are read when CUDA is first used, which importing torch does not.
    if env.text("MXNET_ENGINE_TYPE") == "NaiveEngine":
        os.environ.setdefault("CUDA_LAUNCH_BLOCKING", "1")
    if env.text("MXNET_GPU_MEM_POOL_TYPE") == "Unpooled":
        os.environ.setdefault("PYTORCH_NO_CUDA_MEMORY_CACHING", "1")


def compute_alone() -> None:
    """Compute in one thread. Forked processes begin so: OpenMP's threads stayed in the parent."""
    torch.set_num_threads(1)
    flush_denormals()


def _interop_threads(count: int) -> None:
    """Torch takes this number once only, before it has run anything in parallel."""
    if torch.get_num_interop_threads() == count:
        return
    try:
        torch.set_num_interop_threads(count)
    except RuntimeError:
        warnings.warn(
            f"MXNET_CPU_WORKER_NTHREADS={count} comes too late: torch already runs {torch.get_num_interop_threads()}",
            stacklevel=4,
        )
