"""What all tests share: the data folder beside the checkout, the device, and fixed seeds."""

from __future__ import annotations

import os
import random
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parent.parent
# Files written by MXNet, data sets and recorded results. Tests read them in place: they are not part of the project.
SHARED = Path(os.environ.get("REMX_SHARED", ROOT.parent / "shared"))

needs_shared = pytest.mark.usefixtures("shared")


@pytest.fixture
def shared() -> Path:
    """The shared folder. Without it the test is skipped, but in CI it fails: what is not tested must be seen there."""
    if not SHARED.is_dir():
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"{SHARED} is not there: see 'Data for tests' in CONTRIBUTING.md")
    return SHARED


class Work:
    """Counts calls of Python and C functions while it is entered: what time costs, without a clock.

    Examples
    --------
    >>> with Work(at_most=1000):
    ...     sorted([2, 1])
    """

    def __init__(self, at_most: int) -> None:
        self.at_most = at_most
        self.calls = 0

    def _count(self, frame: object, event: str, argument: object) -> None:
        self.calls += event in ("call", "c_call")

    def __enter__(self) -> Work:
        self._before = sys.getprofile()
        sys.setprofile(self._count)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(self._before)
        if error[0] is None:
            assert self.calls <= self.at_most


@pytest.fixture
def ctx():
    """The context that tests run on: ``MXNET_TEST_DEFAULT_CTX``, else the CPU."""
    from mxnet.test_utils import default_context

    return default_context()


@pytest.fixture(autouse=True)
def _seeds(request: pytest.FixtureRequest) -> Iterator[None]:
    """Seed every generator with a number that depends on the test only, so that one test alone repeats its values.

    ``MXNET_TEST_SEED`` gives another one.
    """
    seed = int(os.environ.get("MXNET_TEST_SEED", zlib.crc32(request.node.nodeid.encode())))
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    from mxnet._core import rng

    rng.seed_all(seed % 2**31)
    yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if torch.cuda.is_available():
        return
    skip = pytest.mark.skip(reason="torch sees no CUDA device")
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(skip)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Long bytes are told apart by their length: archives hold the time, and workers must agree on names."""
    return f"{len(val)}-bytes" if isinstance(val, bytes) and len(val) > 20 else None
