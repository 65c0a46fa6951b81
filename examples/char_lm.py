#!/usr/bin/env python3
"""Learn to write like a text, letter by letter: a recurrent network over lines of different lengths.

    python examples/char_lm.py shakespeare.txt [--out build/char_lm] [--epochs 5] [--mode gru]

Lines of about the same length make a batch (``mx.rnn.BucketSentenceIter``), each length has a network of its own and
all networks have the same parameters (``mx.mod.BucketingModule``). Layers are trained fused into one operator;
checkpoints store their weights gate by gate, so that cells which go one step at a time can take them, and write a few
lines in the end.
"""

from __future__ import annotations

import argparse
import logging
import math
import random
from pathlib import Path
from typing import Any

import numpy as np

import mxnet as mx

BUCKETS = [10, 20, 30, 40, 50, 60]
END = "\n"  # stands before the first and after the last letter of a line
PAD, PAD_LABEL = "", 0  # after the end of lines shorter than others in a batch; not learned, not counted


def load(path: str, batch_size: int, layout: str = "TN") -> tuple[Any, Any, dict[str, int]]:
    """Batches to train and to validate with (every tenth line), and the numbers of the letters."""
    lines = [END + line + END for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    coded, vocab = mx.rnn.encode_sentences(lines, invalid_key=PAD, invalid_label=PAD_LABEL, start_label=1)
    parts = [line for i, line in enumerate(coded) if i % 10], coded[::10]
    training, validation = (
        mx.rnn.BucketSentenceIter(part, batch_size, buckets=BUCKETS, invalid_label=PAD_LABEL, layout=layout)
        for part in parts
    )
    return training, validation, vocab


def predictions(outputs: Any, args: argparse.Namespace, letters: int) -> Any:
    """Scores of the next letter."""
    return mx.sym.FullyConnected(mx.sym.Reshape(outputs, shape=(-1, args.hidden)), num_hidden=letters, name="pred")


def embedded(args: argparse.Namespace, letters: int) -> Any:
    """Letters as vectors."""
    return mx.sym.Embedding(mx.sym.Variable("data"), input_dim=letters, output_dim=args.embed, name="embed")


def train(cell: Any, args: argparse.Namespace, training: Any, validation: Any, letters: int) -> dict[int, float]:
    """Fit, with a checkpoint after each epoch; the perplexity over the validation lines by epoch."""

    def network(length: int) -> tuple[Any, list[str], list[str]]:
        outputs, _ = cell.unroll(length, embedded(args, letters), layout="TNC", merge_outputs=True)
        label = mx.sym.Reshape(mx.sym.Variable("softmax_label"), shape=(-1,))
        scores = predictions(outputs, args, letters)
        loss = mx.sym.SoftmaxOutput(
            scores, label, use_ignore=True, ignore_label=PAD_LABEL, normalization="valid", name="softmax"
        )
        return loss, ["data"], ["softmax_label"]

    found: dict[int, float] = {}

    def evaluated(param: Any) -> None:
        found[param.epoch] = dict(param.eval_metric.get_name_value())["perplexity"]

    module = mx.mod.BucketingModule(network, training.default_bucket_key, context=mx.gpu() if args.gpu else mx.cpu())
    module.fit(
        training,
        validation,
        num_epoch=args.epochs,
        eval_metric=mx.metric.Perplexity(PAD_LABEL),
        optimizer="adam",
        optimizer_params={"learning_rate": args.lr, "clip_gradient": 5.0},
        initializer=mx.init.Xavier(factor_type="in", magnitude=2.34),
        batch_end_callback=mx.callback.Speedometer(args.batch_size, 200),
        eval_end_callback=evaluated,
        epoch_end_callback=mx.rnn.do_rnn_checkpoint(cell, str(args.out / "char_lm")),
    )
    return found


def write(cell: Any, args: argparse.Namespace, vocab: dict[str, int], count: int, heat: float = 0.7) -> list[str]:
    """Lines that the network of the last checkpoint makes up."""
    stack = cell.unfuse()
    _, weights, _ = mx.rnn.load_rnn_checkpoint(stack, str(args.out / "char_lm"), args.epochs)
    first = stack.begin_state(func=mx.sym.Variable)
    outputs, last = stack(embedded(args, len(vocab)), first)
    step = mx.sym.Group([mx.sym.softmax(predictions(outputs, args, len(vocab)) / heat), *last])
    states = {state.name: mx.nd.zeros((1, args.hidden)) for state in first}
    executor = step.bind(mx.cpu(), {**weights, **states, "data": mx.nd.zeros((1,))}, grad_req="null")
    letters = {number: letter for letter, number in vocab.items()}

    lines = []
    for _ in range(count):
        line, letter, current = "", vocab[END], [mx.nd.zeros((1, args.hidden)) for _ in first]
        while len(line) < max(BUCKETS):
            chances, *current = executor.forward(data=mx.nd.array([letter]), **dict(zip(states, current)))
            p = np.float64(chances.asnumpy()[0])
            letter = int(np.random.choice(len(vocab), p=p / p.sum()))
            if letters[letter] == END:
                break
            line += letters[letter]
        lines.append(line)
    return lines


def main(argv: list[str] | None = None) -> dict[int, float]:
    """Command line; the perplexity by epoch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", help="a text file, such as Shakespeare's plays")
    parser.add_argument("--out", type=Path, default=Path("build/char_lm"), help="folder for checkpoints")
    parser.add_argument("--mode", choices=["lstm", "gru", "rnn_tanh", "rnn_relu"], default="lstm")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--embed", type=int, default=32)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--lr", type=float, default=0.003)
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    for seed in (random.seed, np.random.seed, mx.random.seed):
        seed(args.seed)

    training, validation, vocab = load(args.text, args.batch_size)
    cell = mx.rnn.FusedRNNCell(args.hidden, args.layers, args.mode, dropout=args.dropout)
    print(f"{len(vocab)} letters; guessing blindly, the perplexity is {len(vocab)}")
    found = train(cell, args, training, validation, len(vocab))
    for epoch, value in found.items():
        print(f"epoch {epoch + 1}: perplexity {value:.2f}, {math.log2(value):.2f} bits a letter")
    print(*write(cell, args, vocab, 5), sep="\n")
    return found


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
