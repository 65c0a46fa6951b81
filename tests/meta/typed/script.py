"""A user's script, which a type checker accepts: see test_user_types.py."""

from __future__ import annotations

import numpy as onp

import mxnet as mx
from mxnet import autograd, gluon, nd, np, npx


def classic() -> mx.nd.NDArray:
    """Arrays, operators, methods."""
    x = nd.random.uniform(0, 1, shape=(2, 3, 8, 8), ctx=mx.cpu())
    w = mx.nd.ones((4, 3, 3, 3))
    y = nd.Convolution(data=x, weight=w, kernel=(3, 3), num_filter=4, no_bias=True)
    y = nd.Activation(y, act_type="relu").reshape((2, -1)).sum(axis=1, keepdims=True)
    z = nd.concat(y, y * 2 + 1, dim=1)
    print(z.shape, z.dtype, z[0], z.asnumpy().mean(), nd.stack(z, z, axis=0).T)
    return nd.dot(z, z, transpose_b=True)


def symbolic() -> mx.mod.Module:
    """Graphs and modules."""
    data = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(data, name="fc", num_hidden=10)
    net = mx.sym.SoftmaxOutput(net, name="softmax", grad_scale=0.5)
    train = mx.io.NDArrayIter(onp.zeros((20, 4)), onp.zeros(20), batch_size=5, shuffle=True)
    module = mx.mod.Module(net, context=[mx.cpu(0)])
    module.fit(
        train, optimizer="sgd", optimizer_params={"learning_rate": 0.1}, num_epoch=1, eval_metric=mx.metric.Accuracy()
    )
    return module


class Net(gluon.HybridBlock):
    """A block of a user's own."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        with self.name_scope():
            self.dense = gluon.nn.Dense(3, activation="relu")

    def hybrid_forward(self, F, x):  # type: ignore[no-untyped-def]
        """As written for any version of MXNet."""
        return F.softmax(self.dense(x), axis=-1)


def imperative() -> None:
    """Gluon."""
    net = Net()
    net.initialize(mx.init.Xavier(), ctx=mx.cpu())
    net.hybridize(static_alloc=True)
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 1e-3})
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    loader = gluon.data.DataLoader(gluon.data.ArrayDataset(onp.zeros((8, 4)), onp.zeros(8)), batch_size=4)
    for data, label in loader:
        with autograd.record():
            value = loss(net(data), label)
        value.backward()
        trainer.step(data.shape[0])


def arrays() -> mx.np.ndarray:
    """NumPy's interface."""
    a = np.arange(6, dtype="float32").reshape(2, 3)
    b = np.concatenate([a, a + 1], axis=0).mean(axis=1, keepdims=True)
    c = npx.softmax(np.where(b > 1, b, -b).T, axis=-1)
    return np.linalg.norm(c) + np.random.uniform(size=(2,)) + c[0]
