"""The root logger belongs to the user: messages go through it, and it is never configured."""

import ast
import logging
import subprocess
import sys

import pytest

import mxnet as mx
from tests.meta.sources import MODULES

SCRIPT = """
import logging, sys, warnings
warnings.simplefilter("ignore")
import numpy as np, mxnet as mx
{before}
assert not logging.getLogger().handlers

def everything(folder):
    image, label = folder + "/i", folder + "/l"
    open(image, "wb").write(bytes([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 2]) + bytes(16))
    open(label, "wb").write(bytes([0, 0, 8, 1, 0, 0, 0, 4]) + bytes(4))
    mx.io.MNISTIter(image=image, label=label, batch_size=2)
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2), name="softmax")
    data = mx.io.NDArrayIter(np.zeros((8, 3), "float32"), np.zeros(8, "float32"), 4)
    mod = mx.mod.Module(net)
    mod.fit(data, data, num_epoch=1, batch_end_callback=mx.callback.Speedometer(4, 1),
            epoch_end_callback=mx.callback.do_checkpoint(folder + "/m"),
            optimizer_params={{"lr_scheduler": mx.lr_scheduler.FactorScheduler(1, 0.5)}})
    mod.bind(data.provide_data, data.provide_label)  # already bound
    mx.optimizer.create("lbsgd")
    with warnings.catch_warnings():
        mx.model.FeedForward(net, num_epoch=1).fit(data)

everything(sys.argv[1])
assert not logging.getLogger().handlers, logging.getLogger().handlers
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="mine %(filename)s %(message)s")
everything(sys.argv[1])
"""


def run(before, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(before=before), str(tmp_path)], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout, done.stderr


def test_a_later_basic_config_works(tmp_path):
    out, err = run("", tmp_path)
    assert "INFO" not in err, "nobody has asked for it"
    assert "WARNING:root:Already bound, ignoring bind()" in err
    for line in ("_mnist.py MNISTIter: load 4 images", "base_module.py Epoch[0] Train-accuracy=1.000000", "Time cost="):
        assert f"mine {line}" in out or line in out, out
    assert "mine callback.py" in out and "mine model.py Saved checkpoint" in out


def test_level_without_handlers_shows_messages(tmp_path):
    """Scripts of MXNet's time only set the level; ``logging.info`` made the rest."""
    out, err = run("logging.getLogger().setLevel(logging.DEBUG)", tmp_path)
    assert "INFO:root:Epoch[0] Train-accuracy=1.000000" in err
    assert "INFO:root:MNISTIter: load 4 images" in err


def test_loggers_that_are_given_are_used(caplog):
    logger = logging.getLogger("my.module")
    mod = mx.mod.Module(mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2), label_names=None, logger=logger)
    mod.bind([("data", (1, 2))])
    mod.bind([("data", (1, 2))])
    assert [r.name for r in caplog.records] == ["my.module"]
    assert mx.mod.Module(mx.sym.var("data"), label_names=None).logger is logging, "as MXNet's"


@pytest.mark.parametrize("module", MODULES)
def test_no_module_calls_what_configures_the_root_logger(module):
    configures = {"debug", "info", "warning", "error", "critical", "exception", "log", "basicConfig"}
    wrong = [
        node.lineno
        for node in ast.walk(ast.parse(MODULES[module].read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in configures
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "logging"
    ]
    assert not wrong, "use mxnet._core.logs"
