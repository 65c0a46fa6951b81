"""What the soak does: functions that are called with the number of the round and an empty folder."""

from __future__ import annotations

import gc
import os
import threading
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import mxnet as mx
from mxnet import autograd, gluon
from mxnet.gluon import nn

FEATURES, CLASSES, BATCH = 12, 4, 8


def samples(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Data and labels, the same for one seed."""
    rng = np.random.RandomState(seed)
    return rng.rand(count, FEATURES).astype(np.float32), rng.randint(0, CLASSES, count).astype(np.float32)


def classifier() -> mx.sym.Symbol:
    """A symbol with a loss, batch normalization and dropout."""
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=16, name="fc1")
    net = mx.sym.Dropout(mx.sym.BatchNorm(net, name="bn"), p=0.2)
    net = mx.sym.FullyConnected(mx.sym.Activation(net, act_type="relu"), num_hidden=CLASSES, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def module(number: int, folder: Path) -> None:
    """Module: fit, evaluate, save, load with optimizer states, go on."""
    data, label = samples(40, number)
    train = mx.io.NDArrayIter(data, label, BATCH, shuffle=True)
    contexts = [mx.cpu(0), mx.cpu(1)] if number % 2 else mx.cpu()
    mod = mx.mod.Module(classifier(), context=contexts)
    mod.fit(train, num_epoch=3, optimizer="adam", kvstore="device", eval_metric=["acc", "ce"])
    mod.score(train, "acc")
    mod.predict(train)
    mod.save_checkpoint(str(folder / "m"), 1, save_optimizer_states=True)
    train.reset()
    again = mx.mod.Module.load(str(folder / "m"), 1, load_optimizer_states=True, context=contexts)
    again.fit(train, num_epoch=1, optimizer="adam", kvstore="device")


def buckets(number: int, folder: Path) -> None:
    """BucketingModule over sentences of several lengths."""
    rng = np.random.RandomState(number)
    sentences = [list(rng.randint(1, 20, rng.choice([4, 6, 9]))) for _ in range(40)]
    train = mx.rnn.BucketSentenceIter(sentences, 4, buckets=[5, 10], invalid_label=0)

    def sym_gen(length: int) -> Any:
        embedded = mx.sym.Embedding(mx.sym.var("data"), input_dim=20, output_dim=6, name="embed")
        outputs, _ = mx.rnn.LSTMCell(8, prefix="lstm_").unroll(length, embedded, merge_outputs=True)
        scores = mx.sym.FullyConnected(mx.sym.reshape(outputs, (-1, 8)), num_hidden=20, name="pred")
        label = mx.sym.reshape(mx.sym.var("softmax_label"), (-1,))
        return mx.sym.SoftmaxOutput(scores, label, name="softmax"), ("data",), ("softmax_label",)

    mod = mx.mod.BucketingModule(sym_gen, default_bucket_key=train.default_bucket_key)
    mod.fit(train, num_epoch=1, eval_metric=mx.metric.Perplexity(0))


def network() -> Any:
    """A small convolutional network."""
    net = nn.HybridSequential()
    net.add(nn.Conv2D(6, 3, activation="relu"), nn.BatchNorm(), nn.MaxPool2D(), nn.Flatten(), nn.Dense(CLASSES))
    net.initialize(mx.init.Xavier())
    return net


def train(net: Any, trainer: Any, images: Any, labels: Any, steps: int) -> None:
    """Some steps of training."""
    loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
    metric = mx.metric.Accuracy()
    for _ in range(steps):
        with autograd.record():
            out = net(images)
            loss = loss_of(out, labels)
        loss.backward()
        trainer.step(images.shape[0])
        metric.update([labels], [out])
    metric.get()


def gluon_training(number: int, folder: Path) -> None:
    """Gluon, eager and hybridized: training, batches of two sizes, parameters, states, export and import."""
    rng = np.random.RandomState(number)
    for hybridize in (False, True):
        net = network()
        if hybridize:
            net.hybridize(static_alloc=bool(number % 2))
        trainer = gluon.Trainer(net.collect_params(), ("sgd", "adam")[number % 2], {"learning_rate": 0.01})
        for size in (BATCH, BATCH - 3):
            images = mx.nd.array(rng.rand(size, 3, 10, 10))
            train(net, trainer, images, mx.nd.array(rng.randint(0, CLASSES, size)), 5)
        net.save_parameters(str(folder / "p"))
        trainer.save_states(str(folder / "s"))
        net.load_parameters(str(folder / "p"))
        trainer.load_states(str(folder / "s"))
        train(net, trainer, images, mx.nd.zeros((BATCH - 3,)), 2)
        if hybridize:
            net.export(str(folder / "e"))
            block = gluon.SymbolBlock.imports(str(folder / "e-symbol.json"), ["data"], str(folder / "e-0000.params"))
            block(images).wait_to_read()


def recurrent(number: int, folder: Path) -> None:
    """States that are carried from batch to batch, with and without ``detach``."""
    layer = gluon.rnn.LSTM(8, input_size=FEATURES)
    layer.initialize()
    trainer = gluon.Trainer(layer.collect_params(), "sgd", {"learning_rate": 0.1})
    state = layer.begin_state(2)
    for i in range(8):
        if i % 2:
            state = [s.detach() for s in state]
        with autograd.record():
            out, state = layer(mx.nd.ones((3 + i % 2, 2, FEATURES)), state)
            loss = out.sum()
        loss.backward()
        trainer.step(2)


def eager(number: int, folder: Path) -> None:
    """Arrays, views, sparse ones, files of arrays, second derivatives."""
    a = mx.nd.random.uniform(shape=(30, 20))
    a.attach_grad()
    with autograd.record():
        b = (a[2:9] * a[:7]).sum() + a.T.slice_axis(0, 0, 3).mean() + mx.nd.dot(a, a, transpose_b=True).norm()
        (slope,) = autograd.grad(b, [a], create_graph=True)
        (slope * slope).sum().backward()
    rows = mx.nd.sparse.row_sparse_array(([[1.0, 2.0]] * 3, [0, 4, 9]), shape=(12, 2))
    mx.nd.save(str(folder / "a"), {"a": a, "rows": rows})
    mx.nd.load(str(folder / "a"))
    mx.nd.waitall()


def mistakes(number: int, folder: Path) -> None:
    """Errors, whose tracebacks hold arrays, and files that are damaged."""
    (folder / "x").write_bytes(b"damaged" * 20)
    x = mx.nd.ones((64, 64))
    for wrong in (
        lambda: mx.nd.dot(x, mx.nd.ones((3, 3))),
        lambda: x.reshape((5, 5)),
        lambda: mx.nd.load(str(folder / "x")),
        lambda: mx.sym.load(str(folder / "x")),
        lambda: gluon.nn.Dense(3)(x),
        lambda: mx.image.imdecode(b"no image"),
        lambda: mx.optimizer.get_updater(mx.optimizer.create("adam")).set_states(b"no states"),
        lambda: classifier().simple_bind(mx.cpu(), data=(0,)),
    ):
        try:
            wrong()
        except Exception:  # noqa: BLE001 (whatever it is)
            continue
        raise AssertionError("a mistake was not noticed")


def symbols(number: int, folder: Path) -> None:
    """Graphs with names of their own: binding, reshaping, JSON, shapes."""
    net = classifier()
    executor = net.simple_bind(mx.cpu(), data=(BATCH, FEATURES))
    for size in (BATCH, BATCH - 2):
        executor = executor.reshape(data=(size, FEATURES), softmax_label=(size,))
        for _ in range(5):
            executor.forward(is_train=True, data=mx.nd.ones((size, FEATURES)))
            executor.backward()
    mx.sym.load_json(net.tojson()).infer_shape(data=(2, FEATURES))


class Doubled(mx.operator.CustomOp):
    """Twice its input."""

    def forward(self, is_train: bool, req: Any, in_data: Any, out_data: Any, aux: Any) -> None:
        self.assign(out_data[0], req[0], in_data[0] * 2)

    def backward(self, req: Any, out_grad: Any, in_data: Any, out_data: Any, in_grad: Any, aux: Any) -> None:
        self.assign(in_grad[0], req[0], out_grad[0] * 2)


@mx.operator.register("soak_doubled")
class DoubledProp(mx.operator.CustomOpProp):
    """How :class:`Doubled` is used."""

    def create_operator(self, ctx: Any, in_shapes: Any, in_dtypes: Any) -> Doubled:
        return Doubled()


def custom_operators(number: int, folder: Path) -> None:
    """Operators in Python, eager and in a graph, and control flow."""
    x = mx.nd.ones((4, 3))
    x.attach_grad()
    with autograd.record():
        y = mx.nd.Custom(x, op_type="soak_doubled")
        z, _ = mx.nd.contrib.foreach(lambda row, state: (row * state, state + 1), y, mx.nd.ones((3,)))
    z.backward()
    executor = mx.sym.Custom(mx.sym.var("x"), op_type="soak_doubled").simple_bind(mx.cpu(), x=(4, 3))
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((4, 3)))


class Numbered(gluon.data.Dataset):
    """Arrays large enough to travel in shared memory."""

    def __len__(self) -> int:
        return 24

    def __getitem__(self, i: int) -> Any:
        return np.full((120, 100), i, np.float32), i


def loaders(number: int, folder: Path) -> None:
    """Loaders with processes and threads: to the end, and dropped in the middle, in cycles too."""
    for kwargs in ({"num_workers": 2}, {"num_workers": 2, "thread_pool": True}, {}):
        loader = gluon.data.DataLoader(Numbered(), 4, shuffle=True, **kwargs)  # type: ignore[arg-type]
        assert sum(len(y) for _, y in loader) == 24
        kept = next(iter(loader))
        cycle = [iter(loader), loader]
        cycle.append(cycle)
        next(cycle[0])  # type: ignore[call-overload]
        del loader, cycle
        kept[0].asnumpy()


def images(number: int, folder: Path) -> None:
    """Record files of images: written, read to the end, reset, dropped in the middle."""
    path = str(folder / "images")
    writer = mx.recordio.MXIndexedRecordIO(path + ".idx", path + ".rec", "w")
    for i in range(24):
        pixels = np.random.RandomState(i).randint(0, 256, (20, 24, 3), np.uint8)
        writer.write_idx(i, mx.recordio.pack_img(mx.recordio.IRHeader(0, float(i), i, 0), pixels))
    writer.close()
    given = {"path_imgrec": path + ".rec", "data_shape": (3, 16, 16), "batch_size": 4, "preprocess_threads": 2}
    it = mx.io.ImageRecordIter(**given, rand_crop=True, rand_mirror=True, shuffle=True)
    for _ in range(2):
        assert sum(1 for _ in it) == 6
        it.reset()
    it.next()
    for dropped in (mx.io.ImageRecordIter(**given), mx.io.PrefetchingIter(mx.io.ImageRecordIter(**given))):
        dropped.next()
    python = mx.image.ImageIter(4, (3, 16, 16), path_imgrec=path + ".rec", path_imgidx=path + ".idx", rand_crop=True)
    assert sum(1 for _ in python) == 6
    dataset = gluon.data.vision.ImageRecordDataset(path + ".rec").transform_first(
        gluon.data.vision.transforms.ToTensor()
    )
    list(gluon.data.DataLoader(dataset, 8))


def text_files(number: int, folder: Path) -> None:
    """CSV and LibSVM."""
    data, _ = samples(20, number)
    np.savetxt(folder / "x.csv", data, delimiter=",")
    it = mx.io.CSVIter(data_csv=str(folder / "x.csv"), data_shape=(FEATURES,), batch_size=3)
    assert sum(1 for _ in it) == 7
    (folder / "x.svm").write_text("".join(f"{i % 2} 0:{i} 3:1\n" for i in range(10)))
    next(mx.io.LibSVMIter(data_libsvm=str(folder / "x.svm"), data_shape=(5,), batch_size=2))


def threads(number: int, folder: Path) -> None:
    """Threads of the user's that come, train, and go."""
    failed: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            net = network()
            net.hybridize()
            trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
            train(net, trainer, mx.nd.ones((2, 3, 10, 10)), mx.nd.zeros((2,)), 3)
        except BaseException as e:  # noqa: BLE001 (raised in the main thread)
            failed.append(e)

    running = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for t in running:
        t.start()
    for t in running:
        t.join()
    if failed:
        raise failed[0]


def forks(number: int, folder: Path) -> None:
    """Children that inherit everything, use a little of it, and end."""
    net = network()
    inherited = mx.nd.ones((2, 3, 10, 10))
    net(inherited).wait_to_read()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = 0 if float((inherited * 2).sum().asscalar()) == 1200 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


ACTIVITIES = (
    module,
    buckets,
    gluon_training,
    recurrent,
    eager,
    mistakes,
    symbols,
    custom_operators,
    loaders,
    images,
    text_files,
    threads,
    forks,
)


def once(number: int, folder: Path, activities: Sequence[Callable[[int, Path], None]] = ACTIVITIES) -> None:
    """Do everything once, in order."""
    for activity in activities:
        mx.random.seed(number)
        np.random.seed(number)
        place = folder / activity.__name__
        place.mkdir()
        try:
            activity(number, place)
        except Exception as e:
            e.add_note(f"in the soak's activity {activity.__name__}, round {number}")
            raise
        for path in sorted(place.rglob("*")):
            path.unlink()
        place.rmdir()
    gc.collect()
