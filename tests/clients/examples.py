"""Run examples of MXNet's repository on small made data: `UPSTREAM=checkout python examples.py [NAME ...]`.

Each runs in a process and a folder of its own. What an example would download is made here, and what it would import
besides MXNet (`gym`) is a stand-in, so that the example's own lines run unchanged.
"""

from __future__ import annotations

import os
import runpy
import struct
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import numpy as np

import mxnet as mx

UPSTREAM = Path(os.environ.get("UPSTREAM", "."))


def start(folder, script, *arguments, run_name="__main__"):
    """Run a script of the checkout as if from its own folder; return its names."""
    path = UPSTREAM.resolve() / "example" / folder
    sys.path.insert(0, str(path))
    sys.argv = [script, *map(str, arguments)]
    return runpy.run_path(str(path / script), run_name=run_name)


def digits(count, seed):
    """Images of one bright column each, whose place is the label."""
    random = np.random.RandomState(seed)
    labels = random.randint(0, 10, count).astype("uint8")
    images = (random.rand(count, 28, 28) * 100).astype("uint8")
    for image, label in zip(images, labels):
        image[:, 2 * label : 2 * label + 3] = 255
    return images, labels


def ratings(folder):
    """MovieLens' lines: user::movie::rating::time."""
    random = np.random.RandomState(0)
    lines = [f"{random.randint(1, 500)}::{random.randint(1, 400)}::{random.randint(1, 6)}::0\n" for _ in range(3000)]
    folder.mkdir(parents=True)
    (folder / "r1.train").write_text("".join(lines))
    (folder / "r1.test").write_text("".join(lines[:600]))


def dsd():
    os.mkdir("data")
    for name, count in ("train", 6000), ("t10k", 1000):
        images, labels = digits(count, count)
        head = struct.pack(">IIII", 2051, count, 28, 28)
        Path(f"data/{name}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        Path(f"data/{name}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 2049, count) + labels.tobytes())
    start("dsd", "mlp.py", "--pruning_switch_epoch", "1,2", "--weight_sparsity", "0,50", "--bias_sparsity", "0,50")


def sparse_matrix_factorization():
    ratings(Path("data/ml-10M100K"))
    start("sparse/matrix_factorization", "train.py", "--num-epoch", 1, "--factor-size", 8)


def model_parallel():
    ratings(Path("ml-10M100K"))
    mx.gpu = mx.cpu
    start("model-parallel/matrix_factorization", "train.py", "--num-epoch", 1, "--factor-size", 8, "--num-gpus", 2)


def autoencoder():
    names = start("autoencoder/variational_autoencoder", "VAE.py")
    data = (np.random.RandomState(0).rand(200, 30) > 0.5).astype("float32")
    model = names["VAE"](
        n_latent=2, num_hidden_ecoder=16, num_hidden_decoder=16, x_train=data, x_valid=data[:100], batch_size=50,
        learning_rate=0.01, num_epoch=3, optimizer="adam",
    )  # fmt: skip
    assert model.training_loss[-1] < model.training_loss[0]


RBM = ["--num-epoch", 1, "--k", 2, "--num-hidden", 20, "--ais-num-batch", 1, "--ais-intermediate-steps", 2,
       "--ais-burn-in-steps", 1, "--batch-size", 100, "--ais-batch-size", 100, "--no-cuda"]  # fmt: skip


def no_windows():
    """`plt.show(image)` was an argument of old back ends."""
    import matplotlib.pyplot

    matplotlib.pyplot.show = lambda *_: None


def boltzmann_module():
    no_windows()

    def mnist():
        images, labels = digits(400, 1)
        data = images[:, None].astype("float32") / 255
        return {"train_data": data, "train_label": labels, "test_data": data[:200], "test_label": labels[:200]}

    mx.test_utils.get_mnist = mnist
    start("restricted-boltzmann-machine", "binary_rbm_module.py", *RBM)


def boltzmann_gluon():
    no_windows()

    class MNIST(mx.gluon.data.ArrayDataset):
        def __init__(self, train=True, transform=None):
            images, labels = digits(400 if train else 200, 1)
            rows = [
                transform(mx.nd.array(image[..., None], dtype="uint8"), label) for image, label in zip(images, labels)
            ]
            super().__init__([data for data, _ in rows], labels)

    mx.gluon.data.vision.MNIST = MNIST
    start("restricted-boltzmann-machine", "binary_rbm_gluon.py", *RBM, "--data-loader-num-worker", 0)


def actor_critic():
    class Walk:
        """A point on a line that has to stay near zero."""

        observation_space, action_space = types.SimpleNamespace(shape=(4,)), types.SimpleNamespace(n=2)

        def seed(self, seed):
            self.random = np.random.RandomState(seed)

        def reset(self):
            self.state, self.steps = self.random.randn(4) * 0.1, 0
            return self.state

        def step(self, action):
            self.state = self.state + 0.1 * (2 * action - 1) + 0.1 * self.random.randn(4)
            self.steps += 1
            return self.state, 1.0, bool(self.steps > 20 or abs(self.state[0]) > 1), {}

    sys.modules["gym"] = types.SimpleNamespace(make=lambda name: Walk())
    start("reinforcement-learning/parallel_actor_critic", "train.py", "--env-type", "CartPole-v0", "--num-envs", 4,
          "--t-max", 5, "--num-episodes", 4, "--save-every", 2)  # fmt: skip


def faster_rcnn():
    """Training with proposals, targets by a Python operator, and losses that are reshaped, for both backbones."""
    import cv2

    random = np.random.RandomState(0)
    cv2.imwrite("image.png", random.randint(0, 255, (160, 160, 3)).astype("uint8"))
    record = {"index": "0", "image": "image.png", "height": 160, "width": 160, "flipped": False,
              "boxes": np.array([[16, 16, 100, 110], [40, 50, 150, 140]], "float32"),
              "gt_classes": np.array([1, 2])}  # fmt: skip
    os.mkdir("model")
    for network in "resnet50", "vgg16":
        arguments = ["--network", network, "--epochs", 1, "--rcnn-num-classes", 3, "--img-short-side", 160,
                     "--img-long-side", 160, "--rpn-pre-nms-topk", 200, "--rpn-post-nms-topk", 50,
                     "--rcnn-batch-rois", 16,
                     "--rpn-batch-rois", 32, "--rpn-anchor-scales", "(2, 4, 8)", "--rpn-min-size", 4,
                     "--log-interval", 1]  # fmt: skip
        names = start("rcnn", "train.py", *arguments, run_name="train")
        options = names["parse_args"]()
        symbol = names["get_network"](network, options)
        # In place of a trained backbone: its parameters at random, where the example would load them.
        shapes = {"data": (1, 3, 160, 160), "im_info": (1, 3), "gt_boxes": (1, 100, 5)}
        arguments_shapes, _, states_shapes = symbol.infer_shape_partial(**shapes)
        saved = {}
        for kind, found, sizes in (
            ("arg", symbol.list_arguments(), arguments_shapes),
            ("aux", symbol.list_auxiliary_states(), states_shapes),
        ):
            for name, shape in zip(found, sizes):
                if name not in shapes and "label" not in name and not name.startswith("bbox_"):
                    saved[f"{kind}:{name}"] = mx.nd.array(initial(name, shape, random))
        mx.nd.save(options.pretrained, saved)
        names["train_net"](symbol, [dict(record), {**record, "index": "1"}], options)
        assert Path(f"{options.save_prefix}-0001.params").exists()


def initial(name, shape, random):
    if name.endswith(("gamma", "var")):
        return np.ones(shape, "float32")
    if len(shape) == 1:
        return np.zeros(shape, "float32")
    return (random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype("float32")


EXAMPLES = [dsd, sparse_matrix_factorization, model_parallel, autoencoder, boltzmann_module, boltzmann_gluon,
            actor_critic, faster_rcnn]  # fmt: skip


def main():
    names = sys.argv[1:]
    if os.environ.get("EXAMPLE"):
        globals()[os.environ["EXAMPLE"]]()
        return 0
    failed = 0
    wanted = [example.__name__ for example in EXAMPLES if not names or example.__name__ in names]
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-W", "ignore", str(Path(__file__).resolve())],
                cwd=folder, capture_output=True, text=True, timeout=900,
                env={**os.environ, "EXAMPLE": name, "UPSTREAM": str(UPSTREAM.resolve()), "MPLBACKEND": "agg",
                     "OMP_NUM_THREADS": "1"},
            )  # fmt: skip
        print(f"{name:28} {'FAILED' if done.returncode else 'ok'}", flush=True)
        if done.returncode:
            print("    " + "\n    ".join(done.stderr.splitlines()[-12:]), flush=True)
        failed += bool(done.returncode)
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
