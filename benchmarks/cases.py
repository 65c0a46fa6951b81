"""What is measured. Each case runs unchanged under remx and under the MXNet 1.9.1 wheel, in a process of its own.

A case is a function of the imported ``mxnet`` that prepares its work and returns ``(step, number of calls a round)``;
``torch_*`` are the same work in plain torch. Times are seconds a call: the median over rounds.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import gluon_cases

ROUNDS = 7


def measure(step, calls):
    """Median wall and CPU seconds a call, after one round of warming up."""
    for _ in range(max(calls // 2, 5)):
        step()
    times = []
    for _ in range(ROUNDS):
        begin, cpu = time.perf_counter(), time.process_time()
        for _ in range(calls):
            step()
        times.append(((time.perf_counter() - begin) / calls, (time.process_time() - cpu) / calls))
    return [statistics.median(column) for column in zip(*times)]


def _letters(mx):
    rng = np.random.RandomState(0)
    data = rng.randint(0, 16, (16000, 16)).astype(np.float32)
    label = rng.randint(0, 26, (16000,)).astype(np.float32)
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(net, name="fc1", num_hidden=64)
    net = mx.sym.Activation(net, name="relu1", act_type="relu")
    net = mx.sym.FullyConnected(net, name="fc2", num_hidden=26)
    net = mx.sym.SoftmaxOutput(net, name="softmax")
    return net, mx.io.NDArrayIter(data, label, 32, shuffle=True)


def module_fit(mx):
    """Seconds an epoch of Module.fit on the letters MLP (500 batches of 32)."""
    net, train = _letters(mx)
    mod = mx.mod.Module(net)
    mod.fit(train, num_epoch=1, optimizer_params={"learning_rate": 0.1})

    def epoch():
        mod.fit(train, num_epoch=1, optimizer_params={"learning_rate": 0.1})

    return epoch, 1


def module_step(mx):
    """Forward, backward and update of the letters MLP."""
    net, train = _letters(mx)
    mod = mx.mod.Module(net)
    mod.bind(train.provide_data, train.provide_label)
    mod.init_params(mx.init.Uniform(0.1))
    mod.init_optimizer(optimizer_params={"learning_rate": 0.01})
    batch = next(train)
    count = 0

    def step():
        nonlocal count
        mod.forward(batch, is_train=True)
        mod.backward()
        mod.update()
        count += 1
        if count % 50 == 0:
            mx.nd.waitall()

    return step, 500


def eager_add(mx):
    """``a + b`` of two 10x10 arrays."""
    a, b = mx.nd.ones((10, 10)), mx.nd.ones((10, 10))
    count = 0

    def step():
        nonlocal count
        a + b
        count += 1
        if count % 500 == 0:
            mx.nd.waitall()

    return step, 20000


def _resnet18(mx):
    """ResNet-18 (v2 units) as a symbol."""
    sym = mx.sym

    def unit(data, filters, stride, match, name):
        a = sym.Activation(sym.BatchNorm(data, fix_gamma=False, name=name + "_bn1"), act_type="relu")
        c = sym.Convolution(
            a, num_filter=filters, kernel=(3, 3), stride=stride, pad=(1, 1), no_bias=True, name=name + "_conv1"
        )
        b = sym.Activation(sym.BatchNorm(c, fix_gamma=False, name=name + "_bn2"), act_type="relu")
        c = sym.Convolution(b, num_filter=filters, kernel=(3, 3), pad=(1, 1), no_bias=True, name=name + "_conv2")
        if not match:
            data = sym.Convolution(a, num_filter=filters, kernel=(1, 1), stride=stride, no_bias=True, name=name + "_sc")
        return c + data

    net = sym.Convolution(
        sym.Variable("data"), num_filter=64, kernel=(7, 7), stride=(2, 2), pad=(3, 3), no_bias=True, name="conv0"
    )
    net = sym.Activation(sym.BatchNorm(net, fix_gamma=False, name="bn0"), act_type="relu")
    net = sym.Pooling(net, kernel=(3, 3), stride=(2, 2), pad=(1, 1), pool_type="max")
    for i, filters in enumerate((64, 128, 256, 512)):
        for j in range(2):
            stride = (2, 2) if i and not j else (1, 1)
            net = unit(net, filters, stride, match=(j > 0 or i == 0), name=f"stage{i}_unit{j}")
    net = sym.Activation(sym.BatchNorm(net, fix_gamma=False, name="bn1"), act_type="relu")
    net = sym.Pooling(net, global_pool=True, kernel=(7, 7), pool_type="avg")
    return sym.SoftmaxOutput(sym.FullyConnected(sym.Flatten(net), num_hidden=1000, name="fc"), name="softmax")


def resnet18_train(mx):
    """A training step of ResNet-18 through Module, batch 8 of 224x224."""
    mod = mx.mod.Module(_resnet18(mx))
    mod.bind([("data", (8, 3, 224, 224))], [("softmax_label", (8,))])
    mod.init_params(mx.init.Xavier())
    mod.init_optimizer(optimizer_params={"learning_rate": 0.01, "momentum": 0.9})
    batch = mx.io.DataBatch([mx.nd.array(np.random.RandomState(0).rand(8, 3, 224, 224))], [mx.nd.array(np.arange(8))])

    def step():
        mod.forward_backward(batch)
        mod.update()
        mod.get_outputs()[0].wait_to_read()
        mx.nd.waitall()

    return step, 1


def nd_save(mx):
    """nd.save of 40 arrays, 40 MB together."""
    arrays = {f"arg:w{i}": mx.nd.ones((500, 500)) for i in range(40)}
    path = os.path.join(tempfile.mkdtemp(), "x.params")
    return (lambda: mx.nd.save(path, arrays)), 5


def nd_load(mx):
    """nd.load of 40 arrays, 40 MB together."""
    arrays = {f"arg:w{i}": mx.nd.ones((500, 500)) for i in range(40)}
    path = os.path.join(tempfile.mkdtemp(), "x.params")
    mx.nd.save(path, arrays)
    return (lambda: mx.nd.load(path)), 5


def adam_updater(mx):
    """Adam over 160 tensors (256x576 and 256x1) in one call of the updater."""
    return _updates(mx, mx.optimizer.Adam(rescale_grad=1 / 32), [(256, 576), (256, 1)] * 80), 5


def sgd_updater(mx):
    """SGD over the four weights of the letters MLP in one call of the updater."""
    return _updates(mx, mx.optimizer.SGD(learning_rate=1e-6), [(64, 16), (64,), (26, 64), (26,)]), 5000


def _updates(mx, optimizer, shapes):
    weights = [mx.nd.ones(s) for s in shapes]
    grads = [mx.nd.ones(s) * 0.1 for s in shapes]
    indices = list(range(len(shapes)))
    updater = mx.optimizer.get_updater(optimizer)
    count = 0

    def step():
        nonlocal count
        updater(indices, grads, weights)
        count += 1
        if len(shapes) > 100 or count % 50 == 0:
            mx.nd.waitall()

    return step


def torch_module_step():
    """The letters MLP as a torch user writes it."""
    import torch
    from torch import nn

    rng = np.random.RandomState(0)
    net = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 26))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    x = torch.from_numpy(rng.randint(0, 16, (32, 16)).astype(np.float32))
    y = torch.from_numpy(rng.randint(0, 26, (32,)))

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()

    return step, 500


def torch_eager_add():
    """``a + b`` of two 10x10 tensors."""
    import torch

    a, b = torch.ones(10, 10), torch.ones(10, 10)
    return (lambda: a + b), 20000


def torch_resnet18_train():
    """The same network as :func:`_resnet18` as a torch user writes it, in torch's default memory format."""
    import torch
    from torch import nn

    class Unit(nn.Module):
        def __init__(self, inputs, filters, stride, match):
            super().__init__()
            self.bn1, self.bn2 = nn.BatchNorm2d(inputs), nn.BatchNorm2d(filters)
            self.conv1 = nn.Conv2d(inputs, filters, 3, stride, 1, bias=False)
            self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
            self.sc = None if match else nn.Conv2d(inputs, filters, 1, stride, bias=False)

        def forward(self, x):
            a = torch.relu(self.bn1(x))
            out = self.conv2(torch.relu(self.bn2(self.conv1(a))))
            return out + (x if self.sc is None else self.sc(a))

    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for i, filters in enumerate((64, 128, 256, 512)):
        for j in range(2):
            layers.append(Unit(inputs, filters, 2 if i and not j else 1, j > 0 or i == 0))
            inputs = filters
    layers += [nn.BatchNorm2d(512), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000)]
    net = nn.Sequential(*layers)
    torch.set_flush_denormal(True)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    x, y = torch.rand(8, 3, 224, 224), torch.arange(8)

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()

    return step, 1


CASES = [
    module_fit,
    module_step,
    eager_add,
    resnet18_train,
    nd_save,
    nd_load,
    adam_updater,
    sgd_updater,
    *gluon_cases.CASES,
]


def find(name):
    """A case, or its counterpart in torch; None when there is none."""
    return globals().get(name) or getattr(gluon_cases, name, None)


def main():
    """Measure the named case; prints ``RESULT name wall_seconds cpu_seconds``."""
    name = sys.argv[1]
    if name.startswith("torch_"):
        step, calls = find(name)()
    else:
        import mxnet as mx

        step, calls = find(name)(mx)
    print("RESULT", name, *measure(step, calls), flush=True)


if __name__ == "__main__":
    main()
