"""``examples/char_lm.py``: bucketed sentences, fused cells trained by BucketingModule, unfused ones that write."""

import importlib.util
import random

import numpy as np
import pytest

import mxnet as mx
from tests.conftest import ROOT, SHARED, needs_shared

TEXT = SHARED / "data" / "text" / "tinyshakespeare.txt"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("char_lm", ROOT / "examples" / "char_lm.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_shared
@pytest.mark.parametrize("mode", ["lstm", "gru"])
def test_perplexity_falls_and_lines_are_written(example, tmp_path, capsys, mode):
    text = tmp_path / "play.txt"
    text.write_text("\n".join(TEXT.read_text().splitlines()[:900]))
    found = example.main(
        [
            str(text),
            "--out",
            str(tmp_path),
            "--mode",
            mode,
            "--epochs",
            "4",
            "--hidden",
            "32",
            "--batch-size",
            "16",
            "--lr",
            "0.01",
            "--layers",
            "2",
        ]
    )
    assert list(found) == [0, 1, 2, 3]
    assert found[0] < 40 and found[3] < 17 and found[3] < 0.75 * found[0]
    assert (tmp_path / "char_lm-0004.params").exists()
    said = capsys.readouterr().out.splitlines()
    assert said[-6].startswith("epoch 4: perplexity")
    assert all(len(line) <= 60 for line in said[-5:]) and any(said[-5:])


def test_lines_become_batches(example, tmp_path):
    text = tmp_path / "lines.txt"
    text.write_text("ab\n\ncab\n" * 15)
    random.seed(0)
    training, validation, vocab = example.load(str(text), 2)
    assert vocab == {"": 0, "\n": 1, "a": 2, "b": 3, "c": 4}
    batch = next(iter(training))
    assert batch.data[0].shape == (10, 2) and batch.bucket_key == 10
    lines = {tuple(column) for column in batch.data[0].asnumpy().T.astype(int)}
    assert lines <= {(1, 2, 3, 1, 0, 0, 0, 0, 0, 0), (1, 4, 2, 3, 1, 0, 0, 0, 0, 0)}
    np.testing.assert_array_equal(batch.label[0].asnumpy()[:-1], batch.data[0].asnumpy()[1:])
    assert sum(1 for _ in training) + 1 == 13 and sum(1 for _ in validation) == 1


def test_writing_agrees_with_the_fused_network(example, tmp_path):
    """One step at a time through unfused cells gives what the whole sequence gives through the operator."""
    cell = mx.rnn.FusedRNNCell(6, 2, "gru", prefix="f_")
    outputs, _ = cell.unroll(4, mx.sym.Variable("data"), layout="TNC", merge_outputs=True)
    size = outputs.infer_shape(data=(4, 1, 3))[0][outputs.list_arguments().index("f_parameters")]
    weights = {"f_parameters": mx.nd.random.uniform(-0.5, 0.5, shape=size)}
    mx.rnn.save_rnn_checkpoint(cell, str(tmp_path / "net"), 1, outputs, weights, {})
    data = mx.nd.random.uniform(-1, 1, shape=(4, 1, 3))
    (expected,) = outputs.eval(data=data, **weights)

    stack = cell.unfuse()
    _, weights, _ = mx.rnn.load_rnn_checkpoint(stack, str(tmp_path / "net"), 1)
    first = stack.begin_state(func=mx.sym.Variable)
    output, last = stack(mx.sym.Variable("data"), first)
    states = [mx.nd.zeros((1, 6)) for _ in first]
    for x, y in zip(data, expected):
        given = dict(zip((s.name for s in first), states))
        found, *states = mx.sym.Group([output, *last]).eval(data=x, **given, **weights)
        np.testing.assert_allclose(found.asnumpy(), y.asnumpy(), rtol=1e-4, atol=1e-6)
