"""The demo of `make demo`, run small as a user runs it."""

import os
import re
import subprocess
import sys

import pytest

import mxnet as mx
from tests.conftest import ROOT, SHARED, needs_shared


def run(folder, *arguments):
    """The demo's output; warnings are errors."""
    script = str(ROOT / "examples" / "train_digits.py")
    command = [sys.executable, "-W", "error", script, "--out", str(folder), *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # tiny layers: threads only wait for each other
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def accuracy(text):
    return float(re.search(r"^Final validation accuracy: (\S+)$", text, re.MULTILINE)[1])


def test_digits(tmp_path):
    text = run(tmp_path, "--epochs", "4")
    assert accuracy(text) > 0.9
    assert "Total params: 5226" in text and "conv1(Convolution)" in text
    assert text.count("Saved checkpoint to") == 4 and "Resuming from it" in text
    stored, live = re.search(r"accuracy (\S+), as the network that wrote it: (\S+)$", text, re.MULTILINE).groups()
    assert stored == live
    assert "Speed:" in text and "[========================================] 100%" in text
    for name in ("learning_curve.png", "network.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    symbol, arguments, auxiliary = mx.model.load_checkpoint(str(tmp_path / "digits"), 4)
    assert set(arguments) | {"data", "softmax_label"} == set(symbol.list_arguments())
    assert set(auxiliary) == set(symbol.list_auxiliary_states())


@needs_shared
@pytest.mark.slow
def test_letters(tmp_path):
    text = run(tmp_path, "--epochs", "3", "--data", str(SHARED / "data" / "letter-recognition.data"))
    assert accuracy(text) > 0.7


def test_too_few_epochs(tmp_path):
    script = str(ROOT / "examples" / "train_digits.py")
    done = subprocess.run([sys.executable, script, "--epochs", "1"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2 and "--epochs: at least 2" in done.stderr
