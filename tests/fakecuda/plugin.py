"""``pytest -p tests.fakecuda.plugin``: run tests where torch sees pretended CUDA devices.

``FAKECUDA_DEVICES``
    How many there are, 2 without it.
``FAKECUDA_CTX``
    The default context of every test, such as ``gpu(0)``; without it the CPU's. Tests marked ``cpu_only`` are skipped
    with it.
``FAKECUDA_LOG``
    A folder for reports: a JSON line for each test that failed or did what CUDA refuses, and at the end where
    waits and copies came from. Each process writes a file of its own.

A test fails when an array is made whose context is not the device of its tensor.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from . import cuda
from .watch import Watch, note

CTX = os.environ.get("FAKECUDA_CTX")
_LOG = os.environ.get("FAKECUDA_LOG")
_REFUSED = (
    *("context_mismatch", "d2h_async", "wrong_device", "wrong_generator", "device_assert", "no_int_kernel"),
    "cuda_only",
)
_total: Counter[tuple[str, str, str]] = Counter()

cuda.patch()


def _compare_devices() -> None:
    """Have every array compared with its tensor when it is made: the two must name one device.

    The code of ``wrap`` is exchanged, since modules have imported the function itself.
    """
    from mxnet.ndarray import _array

    def checked(tensor: Any, ctx: Any, _new: Any = _array._new, NDArray: Any = _array.NDArray) -> Any:
        array = _new(NDArray)
        array._t = tensor
        array._ctx = ctx
        if getattr(ctx, "device", None) is not None and ctx.device != getattr(tensor, "device", ctx.device):
            _note_mismatch("context_mismatch", f"{ctx} of a tensor on {tensor.device}")  # noqa: F821
        return array

    _array._note_mismatch = note
    _array.wrap.__code__, _array.wrap.__defaults__ = checked.__code__, checked.__defaults__


def pytest_configure(config: pytest.Config) -> None:
    _compare_devices()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not CTX:
        return
    for item in items:
        if marker := item.get_closest_marker("cpu_only"):
            item.add_marker(pytest.mark.skip(reason=f"only for the CPU: {marker.args[0]}"))


@pytest.fixture(autouse=True)
def _pretended_context() -> Iterator[None]:
    if not CTX:
        yield
        return
    from mxnet.context import _stack, parse_context

    before = list(_stack.entered)
    _stack.entered[:] = [parse_context(CTX)]
    try:
        yield
    finally:
        _stack.entered[:] = before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    failed: BaseException | None = None
    with Watch() as watch:
        try:
            yield
        except BaseException as error:
            failed = error
            raise
        finally:
            _total.update(watch.events)
            _report(item, watch, failed)
    wrong = [f"{name}, made at {where}" for kind, name, where in watch.events if kind == "context_mismatch"]
    if wrong:
        pytest.fail("arrays whose context is not where their tensor is:\n" + "\n".join(wrong), pytrace=False)


def _report(item: pytest.Item, watch: Watch, failed: BaseException | None) -> None:
    if not _LOG:
        return
    refused = [[*event, n] for event, n in watch.events.items() if event[0] in _REFUSED]
    if refused or (failed is not None and not isinstance(failed, pytest.skip.Exception)):
        error = [type(failed).__name__, str(failed)[:400], _last_line(failed)] if failed is not None else None
        _write({"test": item.nodeid, "refused": refused, "error": error})


def _last_line(error: BaseException) -> str:
    """The innermost line of mxnet that an error passed."""
    place, tb = "", error.__traceback__
    while tb is not None:
        file = tb.tb_frame.f_code.co_filename
        if "/mxnet/" in file:
            place = f"{file.split('/mxnet/')[-1]}:{tb.tb_lineno}"
        tb = tb.tb_next
    return place


def _write(row: dict[str, Any]) -> None:
    assert _LOG is not None
    folder = Path(_LOG)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.jsonl", "a") as file:
        file.write(json.dumps(row) + "\n")


def pytest_sessionfinish() -> None:
    if _LOG:
        _write({"events": [[*event, n] for event, n in _total.most_common(600)]})
