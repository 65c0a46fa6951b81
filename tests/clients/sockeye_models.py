"""Sockeye 2.3: its command lines prepare data, train a Transformer, translate and score."""

import logging
import os
import pathlib
import sys
import tempfile

import numpy as np
from common import draw, main
from sockeye import prepare_data, score, train, translate

import mxnet as mx

SIZES = ["--num-layers", "1:1", "--transformer-model-size", "8", "--transformer-attention-heads", "2",
         "--transformer-feed-forward-num-hidden", "16"]  # fmt: skip
NO_DROPOUT = [
    argument for name in ("attention", "act", "prepost") for argument in (f"--transformer-dropout-{name}", "0")
] + ["--embed-dropout", "0"]


def call(program, *arguments):
    """Run one of the package's command lines in this process."""
    before = sys.argv
    sys.argv = [program.__name__, *map(str, arguments)]
    try:
        program.main()
    finally:
        sys.argv = before
        logging.getLogger().handlers.clear()


def corpus(folder):
    """Sentences of letters, and as translation the same letters reversed."""
    random = np.random.RandomState(0)
    lines = [[chr(97 + letter) for letter in random.randint(0, 6, random.randint(2, 7))] for _ in range(40)]
    (folder / "source").write_text("".join(" ".join(line) + "\n" for line in lines))
    (folder / "target").write_text("".join(" ".join(line[::-1]) + "\n" for line in lines))


def perplexities(folder):
    """Training and validation perplexity of each checkpoint, out of the file of metrics."""
    found = []
    for line in (folder / "model" / "metrics").read_text().splitlines():
        values = dict(field.split("=", 1) for field in line.split("\t")[1:])
        found += [float(values["perplexity-train"]), float(values["perplexity-val"])]
    return found


def transformer():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        corpus(folder)
        parallel = "--source", folder / "source", "--target", folder / "target"
        call(prepare_data, *parallel, "--output", folder / "prepared", "--max-seq-len", "10:10")
        fixed = ["--use-cpu", "--seed", 1, "--batch-type", "sentence", "--batch-size", 40, "--max-seq-len", "10:10",
                 "--bucket-width", 10, "--decode-and-evaluate", 0, "--checkpoint-interval", 2, "--max-updates", 4,
                 "--optimizer", "sgd", "--initial-learning-rate", 0.5, "--learning-rate-scheduler-type", "none",
                 "--label-smoothing", 0.1, *SIZES, *NO_DROPOUT, "--shared-vocab",
                 "--weight-tying-type", "src_trg_softmax"]  # fmt: skip
        validation = "--validation-source", folder / "source", "--validation-target", folder / "target"
        call(train, *parallel, *validation, "--output", folder / "first", *fixed, "--max-updates", 1,
             "--checkpoint-interval", 1)  # fmt: skip
        # the same training again, from parameters that depend on their names only
        parameters = mx.nd.load(str(folder / "first" / "params.best"))
        for key, value in parameters.items():
            value[:] = draw(value.shape, len(key), 0.2) if value.ndim > 1 else float("gamma" in key)
        mx.nd.save(str(folder / "initial"), parameters)
        call(train, *parallel, *validation, "--output", folder / "model", "--params", folder / "initial", *fixed)
        losses = perplexities(folder)
        call(translate, "--models", folder / "model", "--input", folder / "source", "--output", folder / "output",
             "--use-cpu", "--beam-size", 3, "--batch-size", 4)  # fmt: skip
        assert len((folder / "output").read_text().splitlines()) == 40
        call(score, "--model", folder / "model", *parallel, "--output", folder / "scores", "--use-cpu",
             "--batch-size", 8)  # fmt: skip
        return [*losses, np.loadtxt(folder / "scores").sum()]


if __name__ == "__main__":
    os.environ["MXNET_SUBGRAPH_BACKEND"] = "NONE"
    main("sockeye", [transformer])
