#!/usr/bin/env python3
"""Train a small network through Module: handwritten digits, or the UCI letters.

    python examples/train_digits.py [--out build/demo] [--epochs 8]
    python examples/train_digits.py --data letter-recognition.data

Trains with a checkpoint after each epoch, stops half way, goes on from the checkpoint, and leaves in the output folder
the checkpoints, the learning curve and a drawing of the network.
"""

from __future__ import annotations

import argparse
import json
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import mxnet as mx


class Console(logging.StreamHandler):
    """Shows a progress bar in place on a terminal; elsewhere only a finished one."""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text.endswith("\r"):
            if self.stream.isatty():
                self.stream.write(text.rstrip("\r") + "\r")
                self.flush()
                return
            if "100%" not in text:
                return
        self.stream.write(text.rstrip("\r") + "\n")
        self.flush()


class LearningCurve:
    """Notes the accuracies of each epoch while Module.fit runs."""

    def __init__(self) -> None:
        self.training: dict[int, float] = {}
        self.validation: dict[int, float] = {}

    def batch(self, param: Any) -> None:
        """A batch_end_callback."""
        self.training[param.epoch] = dict(param.eval_metric.get_global_name_value())["accuracy"]

    def evaluated(self, param: Any) -> None:
        """An eval_end_callback."""
        self.validation[param.epoch] = dict(param.eval_metric.get_name_value())["accuracy"]

    def draw(self, path: Path) -> None:
        """Save a picture of the curve."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.subplots()
        for name, values in (("training", self.training), ("validation", self.validation)):
            axes.plot([epoch + 1 for epoch in values], list(values.values()), marker="o", label=name)
        axes.set(xlabel="epoch", ylabel="accuracy", title="Learning curve")
        axes.grid(alpha=0.3)
        axes.legend()
        figure.savefig(path, dpi=120)


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """1 797 pictures of handwritten digits, 8x8 pixels in [0, 1], and their numbers."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return (digits.images[:, None] / 16).astype("float32"), digits.target.astype("float32")


def load_letters(path: str) -> tuple[np.ndarray, np.ndarray]:
    """The UCI letters: 16 features in [0, 1], and the number of the letter."""
    rows = [line.split(",") for line in Path(path).read_text().split()]
    features = np.array([row[1:] for row in rows], dtype="float32") / 15
    return features, np.array([ord(row[0]) - ord("A") for row in rows], dtype="float32")


def picture_network(classes: int) -> Any:
    """Convolutions for pictures."""
    x = mx.sym.Variable("data")
    for i, filters in enumerate((16, 32), 1):
        x = mx.sym.Convolution(x, name=f"conv{i}", num_filter=filters, kernel=(3, 3), pad=(1, 1))
        x = mx.sym.BatchNorm(x, name=f"bn{i}", fix_gamma=False)
        x = mx.sym.Activation(x, name=f"relu{i}", act_type="relu")
        x = mx.sym.Pooling(x, name=f"pool{i}", pool_type="max", kernel=(2, 2), stride=(2, 2))
    x = mx.sym.FullyConnected(x, name="fc", num_hidden=classes)
    return mx.sym.SoftmaxOutput(x, name="softmax")


def feature_network(classes: int) -> Any:
    """Two dense layers for rows of features."""
    x = mx.sym.Variable("data")
    x = mx.sym.FullyConnected(x, name="fc1", num_hidden=128)
    x = mx.sym.Activation(x, name="relu1", act_type="relu")
    x = mx.sym.FullyConnected(x, name="fc2", num_hidden=classes)
    return mx.sym.SoftmaxOutput(x, name="softmax")


def draw_network(symbol: Any, shape: dict[str, Any], stem: Path) -> Path:
    """Draw the network to an image, with Graphviz where its program ``dot`` is installed."""
    import graphviz

    drawing = mx.viz.plot_network(symbol, shape=shape, save_format="png")
    drawing.save(f"{stem}.gv")
    try:
        return Path(drawing.render(outfile=f"{stem}.png"))
    except graphviz.ExecutableNotFound:
        print(f"Graphviz's program dot is not installed: {stem}.gv is for it, and {stem}.png is drawn by matplotlib.")
        return draw_chain(symbol, shape, Path(f"{stem}.png"))


def draw_chain(symbol: Any, shape: dict[str, Any], path: Path) -> Path:
    """Draw the layers from top to bottom with their output shapes."""
    from matplotlib.figure import Figure

    layers = [node for node in json.loads(symbol.tojson())["nodes"] if node["op"] != "null"]
    internals = symbol.get_internals()
    shapes = dict(zip(internals.list_outputs(), internals.infer_shape_partial(**shape)[1]))
    labels = [f"{node['op']} {node['name']}\n{shapes.get(node['name'] + '_output', '')}" for node in layers]
    figure = Figure(figsize=(3.2, 0.8 * len(labels) + 0.4), layout="constrained")
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(-len(labels) + 0.4, 0.6))
    axes.axis("off")
    for i, label in enumerate(labels):
        box = {"boxstyle": "round", "facecolor": "#fdf0d5", "edgecolor": "#555555"}
        axes.text(0.5, -i, label, ha="center", va="center", fontsize=8, bbox=box)
        if i:
            axes.annotate("", (0.5, -i + 0.3), (0.5, -i + 0.7), arrowprops={"arrowstyle": "->", "color": "#555555"})
    figure.savefig(path, dpi=120)
    return path


def fit(module: Any, data: tuple[Any, Any], epochs: range, prefix: str, curve: LearningCurve) -> None:
    """Train for some epochs with a checkpoint after each."""
    train, validation = data
    batches = -(-train.num_data // train.batch_size)
    module.fit(
        train,
        eval_data=validation,
        eval_metric="acc",
        optimizer="sgd",
        optimizer_params={"learning_rate": 0.1, "momentum": 0.9},
        initializer=mx.init.Xavier(),
        begin_epoch=epochs.start,
        num_epoch=epochs.stop,
        batch_end_callback=[
            curve.batch,
            mx.callback.ProgressBar(total=batches - 1, length=40),
            mx.callback.Speedometer(train.batch_size, frequent=max(1, batches // 2), auto_reset=False),
        ],
        eval_end_callback=curve.evaluated,
        epoch_end_callback=mx.callback.module_checkpoint(module, prefix, save_optimizer_states=True),
    )


def main(arguments: list[str] | None = None) -> float:
    """Run the demo and return the final validation accuracy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="the UCI file letter-recognition.data, instead of the digits")
    parser.add_argument("--out", default="build/demo", type=Path, help="folder for checkpoints and pictures")
    parser.add_argument("--epochs", default=8, type=int)
    parser.add_argument("--batch-size", default=32, type=int)
    args = parser.parse_args(arguments)
    if args.epochs < 2:
        parser.error("--epochs: at least 2, one of them after resuming")
    logging.basicConfig(level=logging.INFO, handlers=[Console()], force=True)
    logging.getLogger("matplotlib").setLevel(logging.WARNING)
    args.out.mkdir(parents=True, exist_ok=True)
    mx.random.seed(1)
    np.random.seed(1)

    x, y = load_letters(args.data) if args.data else load_digits()
    order = np.random.permutation(len(x))
    x, y = x[order], y[order]
    split = int(0.8 * len(x))
    train = mx.io.NDArrayIter(x[:split], y[:split], args.batch_size, shuffle=True)
    validation = mx.io.NDArrayIter(x[split:], y[split:], args.batch_size)
    symbol = (feature_network if args.data else picture_network)(int(y.max()) + 1)
    context = mx.gpu(0) if mx.context.num_gpus() else mx.cpu()
    shape = {"data": (args.batch_size, *x.shape[1:])}
    mx.viz.print_summary(symbol, shape={"data": (1, *x.shape[1:])})

    prefix, half = str(args.out / ("letters" if args.data else "digits")), args.epochs // 2
    curve = LearningCurve()
    module = mx.mod.Module(symbol, context=context)
    print(f"Training on {split} samples, {args.epochs} epochs, on {context}")
    fit(module, (train, validation), range(half), prefix, curve)

    before = dict(module.score(validation, "acc"))["accuracy"]
    stored = mx.mod.Module.load(prefix, half, context=context)
    stored.bind(validation.provide_data, validation.provide_label, for_training=False)
    after = dict(stored.score(validation, "acc"))["accuracy"]
    print(f"Checkpoint {prefix}-{half:04d}.params: accuracy {after:.4f}, as the network that wrote it: {before:.4f}")
    print("Resuming from it")
    module = mx.mod.Module.load(prefix, half, load_optimizer_states=True, context=context)
    # fit() says that it keeps the parameters which the module has; here that is the point.
    warnings.filterwarnings("ignore", "Parameters already initialized", UserWarning)
    fit(module, (train, validation), range(half, args.epochs), prefix, curve)

    accuracy = dict(module.score(validation, "acc"))["accuracy"]
    curve.draw(args.out / "learning_curve.png")
    network = draw_network(symbol, shape, args.out / "network")
    print(f"Final validation accuracy: {accuracy:.4f}")
    print(f"Pictures: {args.out / 'learning_curve.png'}, {network}")
    return accuracy


if __name__ == "__main__":
    main()
