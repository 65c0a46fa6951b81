"""No file grows past what can be read."""

import pytest

from tests.conftest import ROOT
from tests.meta.sources import python_files

LIMITS = {"src": 500}
ELSEWHERE = 800
FILES = python_files("src", "tests", "tools", "examples", "benchmarks")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_length(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    limit = LIMITS.get(path.relative_to(ROOT).parts[0], ELSEWHERE)
    assert lines <= limit, f"{lines} lines; split it before it reaches {limit}"
