"""Shared machines: how many processors a process takes itself to have, how its threads wait, and forks."""

import json
import multiprocessing
import os
import subprocess
import sys

import numpy as np
import pytest

import mxnet as mx
from mxnet._core import processors

OURS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def machine(root, group, files):
    """A folder that looks like the parts of a machine's root that say what control groups grant."""
    for path, text in {"proc/self/cgroup": group, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.mark.parametrize(
    ("group", "files", "expected"),
    [
        ("0::/\n", {}, float("inf")),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "max 100000\n"}, float("inf")),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "50000 100000\n"}, 0.5),
        ("0::/a/b\n", {"sys/fs/cgroup/a/cpu.max": "150000 100000\n", "sys/fs/cgroup/a/b/cpu.max": "max 100000\n"}, 1.5),
        ("0::/gone\n", {"sys/fs/cgroup/cpu.max": "400000 100000\n"}, 4),
        (
            "5:memory:/x\n4:cpu,cpuacct:/x\n",
            {"sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us": "200000\n",
             "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us": "100000\n"},
            2,
        ),
        (
            "1:cpu:/\n",
            {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"},
            float("inf"),
        ),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "nonsense\n"}, float("inf")),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "1 0\n"}, float("inf")),
    ],
)  # fmt: skip
def test_quotas(tmp_path, group, files, expected):
    root = machine(tmp_path, group, files)
    assert processors._quota(root) == expected
    assert processors.usable(root) == max(1, min(OURS, expected if expected == float("inf") else int(expected)))


def test_quotas_where_there_are_no_groups(tmp_path):
    assert processors._quota(tmp_path) == float("inf") and processors.usable(tmp_path) == OURS


def in_python(code, **variables):
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("MXNET_", "OMP_", "GOMP_"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, env={**clean, **variables}, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


SEEN = """if True:
    import json, os, sys
    class Finder:  # is asked for every module that is imported
        def find_spec(self, name, path=None, target=None):
            if name == "torch":
                seen.append(os.environ.get("GOMP_SPINCOUNT"))
    seen = []
    sys.meta_path.insert(0, Finder())
    import mxnet
    print(json.dumps([*seen, os.environ.get("GOMP_SPINCOUNT")]))
"""


def test_threads_wait_briefly_unless_told_otherwise():
    assert json.loads(in_python(SEEN)) == ["1000", None]
    assert json.loads(in_python(SEEN, GOMP_SPINCOUNT="7")) == ["7", "7"]
    assert json.loads(in_python(SEEN, OMP_WAIT_POLICY="active")) == [None, None]


def _work(n):
    x = mx.nd.ones((n, n))
    with mx.autograd.record():
        x.attach_grad()
        y = mx.nd.dot(x, x).sum()
    y.backward()
    return float(y.asscalar()), float(x.grad.sum().asscalar()), os.getpid()


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="nothing forks here")
def test_forked_processes_compute_after_their_parent_has():
    code = """if True:
        import multiprocessing, torch
        import mxnet as mx
        from tests.unit.test_processors import _work
        torch.set_num_threads(2)
        expected = _work(600)[:2]  # in two threads
        with multiprocessing.get_context("fork").Pool(2) as pool:
            found = pool.map_async(_work, [600] * 4).get(60)
        assert all(result[:2] == expected for result in found)
        print("fine")
    """
    assert in_python(code, PYTHONPATH=os.pathsep.join(sys.path)) == "fine\n"


def test_results_do_not_depend_on_the_number_of_threads():
    np.testing.assert_allclose(_work(64)[0], 64.0**3)
