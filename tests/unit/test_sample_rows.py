"""The machinery of sample rows: drawing, golden files, and what the fuzz tool does with rows."""

import random

import numpy as np
import pytest
from tools import fuzz_against_reference as fuzz

from tests.ops import golden, rows
from tests.ops.rows import const, f, ints, row


def test_rows_draw_the_same_values_every_time():
    r = row("relu", (2, 3), f(4, low=2, high=3, dtype="float64"), ints(5, high=3))
    a, b, c = r.draw()
    assert [x.tolist() for x in r.draw()] == [a.tolist(), b.tolist(), c.tolist()]
    assert a.dtype == np.float32 and np.abs(a).max() <= 1
    assert b.dtype == np.float64 and b.min() >= 2
    assert set(c) <= {0, 1, 2}
    assert r.set(salt=1).draw()[0].tolist() != a.tolist()


def test_rows_take_inputs_by_name_and_leave_some_out():
    r = row("op", (2,), None, mask=ints(3), k=2)
    assert r.params == {"k": 2}
    assert [s.shape for s in r.specs] == [(2,), (3,)]
    assert r.id == "op(2,None,mask=3~ints:0:10,k=2)"


def test_constants_are_told_apart():
    assert row("op", const([1.0, 2.0])).id != row("op", const([1.0, 3.0])).id
    assert row("op", const([1.5])).draw()[0].tolist() == [1.5]


def test_a_family_cannot_have_a_row_twice(monkeypatch):
    from tests.ops.samples import elemwise

    monkeypatch.setattr(elemwise, "ROWS", [row("relu", (2,)), row("relu", (2,))])
    with pytest.raises(ValueError, match="two rows"):
        rows.rows_of("elemwise")


def test_golden_files_keep_values_types_and_shapes(tmp_path, monkeypatch):
    monkeypatch.setattr(golden, "FOLDER", tmp_path)
    stored = {
        "a": {"out0": np.float32([[1, 2], [3, np.nan]]), "grad0": np.float16([])},
        "b": {"out0": np.array(5, np.int64), "out1@csr": np.array([True, False])},
    }
    golden.save("family", stored)
    read = golden.load("family")
    assert read.keys() == stored.keys()
    for row_id, arrays in stored.items():
        for name, array in arrays.items():
            found = read[row_id][name]
            assert (found.dtype, found.shape) == (array.dtype, array.shape)
            np.testing.assert_array_equal(found, array)
    assert golden.load("unknown") == {}
    assert [p.name for p in tmp_path.iterdir()] == ["family.npz"]


def test_fuzz_cases_survive_the_way_to_another_process():
    for _, r in rows.all_rows()[::7]:
        case = fuzz.vary(r, random.Random(1), 3) if not r.raises else r
        back = fuzz.unpack(fuzz.json.loads(fuzz.json.dumps(fuzz.pack(case))))
        assert back.id == case.id
        assert [a.tobytes() for a in back.draw()] == [a.tobytes() for a in case.draw()]


@pytest.mark.parametrize(
    "ours, theirs, kind",
    [
        ({"out0": np.float32([1])}, {"out0": np.float32([1.0001])}, None),
        ({"out0": np.float32([np.nan])}, {"out0": np.float32([np.nan])}, None),
        ({"out0": np.float32([1])}, {"out0": np.float32([1.1])}, "values"),
        ({"grad0": np.float32([1])}, {"grad0": np.float32([1.1])}, "gradient"),
        ({"out0": np.int32([1])}, {"out0": np.int64([1])}, "type"),
        ({"out0": np.int32([1])}, {"out0": np.int32([[1]])}, "shape"),
        ({"out0": np.int32([1])}, {"out0": np.int32([1]), "after1": np.int32([1])}, "results"),
        ("MXNetError: no", "MXNetError: other words", None),
        ("MXNetError: no", {"out0": np.int32([1])}, "we refuse"),
        ({"out0": np.int32([1])}, "MXNetError: no", "it refuses"),
        ({"out0": np.int32([1])}, "crash: exit status -11", "it crashes"),
        ("crash: exit status -11", "MXNetError: no", "crash"),
    ],
)
def test_what_the_fuzz_tool_calls_a_difference(ours, theirs, kind):
    relu = next(r for _, r in rows.all_rows() if r.op == "relu")
    found = fuzz.difference(relu, ours, theirs)
    assert (found and found[0]) == kind
