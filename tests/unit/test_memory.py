"""What is told to the C library's allocator."""

import os
import subprocess
import sys

import pytest

CODE = """
import mxnet as mx, resource
x = mx.nd.ones((1024, 1024))
for _ in range(5):
    y = x + x * 2
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    y = x + x * 2
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(**env):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")} | env
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=env)
    return int(done.stdout)


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or "libc" not in os.confstr("CS_GNU_LIBC_VERSION"), reason="glibc only"
)
def test_memory_of_large_arrays_is_used_again():
    assert 4 * page_faults() < page_faults(MALLOC_TRIM_THRESHOLD_="131072")
