"""``examples/gluon_digits.py``, as a user runs it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_trains_exports_and_reads_back(tmp_path):
    script = str(ROOT / "examples" / "gluon_digits.py")
    command = [sys.executable, "-W", "error", script, "--out", str(tmp_path), "--epochs", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1]) > 0.93
    assert {p.name for p in tmp_path.iterdir()} == {"digits-symbol.json", "digits-0000.params"}
