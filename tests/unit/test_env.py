"""Environment variables: how they are read, and what they do."""

import json
import os
import subprocess
import sys

import pytest
import torch

import mxnet as mx
from mxnet._core import env


@pytest.mark.parametrize(
    "value, meant", [("1", True), ("0", False), ("true", True), ("False", False), ("2", True), ("", False)]
)
def test_flags(monkeypatch, value, meant):
    monkeypatch.setenv("MXNET_ELIMINATE_COMMON_EXPR", value)
    assert env.flag("MXNET_ELIMINATE_COMMON_EXPR") is meant


def test_defaults(monkeypatch):
    for name in ("MXNET_ELIMINATE_COMMON_EXPR", "MXNET_OPTIMIZER_AGGREGATION_SIZE", "MXNET_HOME"):
        monkeypatch.delenv(name, raising=False)
        assert not env.is_set(name)
    assert env.flag("MXNET_ELIMINATE_COMMON_EXPR") is True
    assert env.integer("MXNET_OPTIMIZER_AGGREGATION_SIZE") == 4
    assert env.text("MXNET_HOME") is None


def test_nonsense_is_named_and_has_no_effect(monkeypatch):
    monkeypatch.setenv("MXNET_OPTIMIZER_AGGREGATION_SIZE", "many")
    with pytest.warns(UserWarning, match="MXNET_OPTIMIZER_AGGREGATION_SIZE='many' is no int; taken as 4"):
        assert mx.optimizer.SGD().aggregate_num == 4
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "perhaps")
    with pytest.warns(UserWarning, match="MXNET_UPDATE_ON_KVSTORE='perhaps' is no flag"):
        assert env.flag("MXNET_UPDATE_ON_KVSTORE") is True


def settings(**variables):
    """What torch is set to after an import with these variables."""
    code = """if True:
        import json, os, torch, mxnet
        print(json.dumps(dict(
            threads=torch.get_num_threads(), interop=torch.get_num_interop_threads(),
            benchmark=torch.backends.cudnn.benchmark, repeatable=torch.are_deterministic_algorithms_enabled(),
            cudnn_repeatable=torch.backends.cudnn.deterministic, tf32=torch.backends.cudnn.allow_tf32,
            matmul_tf32=torch.backends.cuda.matmul.allow_tf32, onednn=torch.backends.mkldnn.enabled,
            fp16=torch.backends.cuda.matmul.allow_fp16_accumulation,
            denormals=(torch.full((1,), 1e-40) * 1).item() > 0,
            blocking=os.environ.get("CUDA_LAUNCH_BLOCKING"),
            uncached=os.environ.get("PYTORCH_NO_CUDA_MEMORY_CACHING"),
        )))
    """
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("MXNET_", "CUDA_", "OMP_", "PYTORCH_"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, env={**clean, **variables}
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_torch_keeps_its_settings_when_nothing_is_set():
    code = "import torch; print(torch.get_num_threads(), torch.get_num_interop_threads())"
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("MXNET_", "OMP_"))}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=clean, check=True)
    found = settings()
    assert [found["threads"], found["interop"]] == [int(n) for n in done.stdout.split()]
    assert not found["benchmark"] and not found["repeatable"] and not found["cudnn_repeatable"] and found["onednn"]
    assert found["tf32"] == torch.backends.cudnn.allow_tf32 and not found["fp16"]
    assert found["blocking"] is found["uncached"] is None
    assert not found["denormals"]


def test_what_variables_set():
    found = settings(
        MXNET_CPU_WORKER_NTHREADS="3",
        MXNET_FLUSH_DENORMALS="0",
        MXNET_OMP_MAX_THREADS="1",
        MXNET_CUDNN_AUTOTUNE_DEFAULT="2",
        MXNET_ENFORCE_DETERMINISM="1",
        MXNET_CUDA_ALLOW_TENSOR_CORE="0",
        MXNET_FC_TRUE_FP16="1",
        MXNET_MKLDNN_ENABLED="0",
        MXNET_ENGINE_TYPE="NaiveEngine",
        MXNET_GPU_MEM_POOL_TYPE="Unpooled",
    )
    assert found == {
        "threads": 1,
        "interop": 3,
        "benchmark": True,
        "repeatable": True,
        "cudnn_repeatable": True,
        "tf32": False,
        "matmul_tf32": False,
        "onednn": False,
        "fp16": True,
        "denormals": True,
        "blocking": "1",
        "uncached": "1",
    }
    assert settings(MXNET_CUDNN_AUTOTUNE_DEFAULT="0")["benchmark"] is False
    assert settings(MXNET_CUDA_TENSOR_OP_MATH_ALLOW_CONVERSION="1")["matmul_tf32"] is True


def test_networks_run_without_onednn_and_deterministically():
    code = """if True:
        import mxnet as mx
        net = mx.gluon.nn.HybridSequential()
        net.add(mx.gluon.nn.Conv2D(4, 3), mx.gluon.nn.BatchNorm(), mx.gluon.nn.Activation("relu"), mx.gluon.nn.Dense(2))
        net.initialize(mx.init.One())
        net.hybridize()
        x = mx.nd.ones((2, 1, 8, 8))
        for _ in range(3):
            with mx.autograd.record():
                loss = net(x).sum()
            loss.backward()
        print(net(x).asnumpy().ravel().tolist())
    """
    outputs = []
    for variables in ({}, {"MXNET_MKLDNN_ENABLED": "0", "MXNET_ENFORCE_DETERMINISM": "1"}):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **variables}
        )
        assert done.returncode == 0, done.stderr
        outputs.append(json.loads(done.stdout))
    assert outputs[0] == pytest.approx(outputs[1], rel=1e-4)
