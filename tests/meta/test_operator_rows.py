"""No operator without a sample row, and no recording without its row."""

from pathlib import Path

from mxnet._core.registry import all_ops, get_op, has_op
from tests.ops import golden, rows

# Operators that have no row yet, one name a line. It only ever shrinks.
ALLOWED = Path(__file__).with_name("operators_without_rows.txt")
# Operators that need more than a row can say, and the file that tests them.
OWN_TESTS = Path(__file__).with_name("operators_with_own_tests.txt")
ROOT = Path(__file__).parents[2]


def _lines(path):
    return {line.strip() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")}


def _allowed():
    return _lines(ALLOWED)


def _tested_elsewhere():
    return dict(line.split() for line in _lines(OWN_TESTS))


def _covered():
    return {get_op(r.op).name for _, r in rows.all_rows() if has_op(r.op)}


def test_every_row_has_its_operator():
    """A misspelled name would never be tested."""
    unknown = sorted({f"{family}: {r.op}" for family, r in rows.all_rows() if not has_op(r.op)})
    assert not unknown


def test_every_operator_has_a_row():
    """A new operator comes with a sample row in tests/ops/samples."""
    known = _covered() | _allowed() | _tested_elsewhere().keys()
    missing = sorted(o.name for o in all_ops() if o.name not in known)
    assert not missing, f"{len(missing)} operators have no sample row: {', '.join(missing)}"


def test_allowlist_shrinks():
    """What has a row, or is no operator, leaves the list."""
    names = {o.name for o in all_ops()}
    stale = sorted(n for n in _allowed() if n in _covered() or n not in names)
    assert not stale, f"remove from {ALLOWED.name}: {', '.join(stale)}"


def test_own_tests_are_there():
    """An operator without a row is named by the file that is said to test it."""
    for name, path in _tested_elsewhere().items():
        assert has_op(name) and name not in _covered(), f"remove {name} from {OWN_TESTS.name}"
        assert name in (ROOT / path).read_text(), f"{path} does not test {name}"


def test_every_golden_has_its_row():
    """Recordings of rows that are gone are dropped by recording again."""
    for family in rows.families():
        ids = {r.id for r in rows.rows_of(family) if r.golden and not r.raises}
        stale = sorted(set(golden.load(family)) - ids)
        assert not stale, f"{family}: {stale[:3]}"


def test_every_exception_has_its_reason():
    """A row that is not compared with MXNet says why."""
    silent = sorted(r.id for _, r in rows.all_rows() if not r.golden and not r.note)
    assert not silent
