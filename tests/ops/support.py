"""What the suites share: the rows as test parameters, and comparison of results."""

import numpy as np
import pytest
import torch

from . import golden, rows

_ALL = rows.all_rows()
_GOLDEN = {}

# numpy's element types in which a result can be a little off
_FLOATS = "fc"


def select(keep):
    """A decorator: run a test for each row that ``keep`` accepts."""
    chosen = [pytest.param(family, r, id=f"{family}-{r.id}") for family, r in _ALL if keep(r)]
    return pytest.mark.parametrize("family, row", chosen)


def recorded(family, row):
    """What MXNet gave for a row."""
    if family not in _GOLDEN:
        _GOLDEN[family] = golden.load(family)
    found = _GOLDEN[family].get(row.id)
    if found is None:
        pytest.fail(f"nothing is recorded for {row.id}: python tools/record.py --python ... ops --family {family}")
    return found


def assert_same(got, want, row, rtol=None, atol=None):
    """Fail unless two sets of named arrays agree in names, shapes, types and values."""
    assert sorted(got) == sorted(want)
    for name, expected in want.items():
        actual = got[name]
        assert actual.dtype == expected.dtype, f"{name}: type"
        assert actual.shape == expected.shape, f"{name}: shape"
        if expected.dtype.kind in _FLOATS:
            np.testing.assert_allclose(
                actual, expected, row.rtol if rtol is None else rtol, row.atol if atol is None else atol, err_msg=name
            )
        else:
            np.testing.assert_array_equal(actual, expected, err_msg=name)


def as_text(value):
    """A parameter's value as MXNet's files spell it."""
    return str(value)


@pytest.fixture(autouse=True)
def _one_thread():
    """Arrays are tiny: threads would only cost."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
