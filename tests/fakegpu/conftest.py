"""These tests need the pretended devices of :mod:`tests.fakecuda`."""

from __future__ import annotations

from pathlib import Path

import pytest

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.pluginmanager.hasplugin("tests.fakecuda.plugin"):
        return
    skip = pytest.mark.skip(reason="needs pretended CUDA devices: make fakegpu")
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(skip)
