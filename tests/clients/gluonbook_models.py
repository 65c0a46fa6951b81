"""gluonbook, the functions of the book's first edition: its training loops over arrays that stay attached."""

import os
import random

import gluonbook as gb
from common import draw, main, set_parameters

import mxnet as mx
from mxnet import gluon, init, nd
from mxnet.gluon import nn, rnn

CORPUS = [int(value) for value in abs(draw((203,), 2) * 5)]
SIZE = max(CORPUS) + 1
CHARACTERS = [chr(97 + number) for number in range(SIZE)]


def weights(hidden):
    """The parameters of a recurrent network from scratch."""
    shapes = (SIZE, hidden), (hidden, hidden), (hidden,), (hidden, SIZE), (SIZE,)
    arrays = [nd.array(draw(shape, seed, 0.1)) for seed, shape in enumerate(shapes)]
    for array in arrays:
        array.attach_grad()
    return arrays


def step(inputs, state, params):
    w_xh, w_hh, b_h, w_hq, b_q = params
    (hidden,), outputs = state, []
    for x in inputs:
        hidden = nd.tanh(nd.dot(x, w_xh) + nd.dot(hidden, w_hh) + b_h)
        outputs.append(nd.dot(hidden, w_hq) + b_q)
    return outputs, (hidden,)


def recurrent_from_scratch():
    params = weights(8)
    gb.train_and_predict_rnn(
        step,
        lambda: params,
        lambda batch, hidden, ctx: (nd.zeros((batch, hidden), ctx=ctx),),
        8,
        SIZE,
        mx.cpu(),
        CORPUS,
        CHARACTERS,
        {character: number for number, character in enumerate(CHARACTERS)},
        False,
        2,
        5,
        1.0,
        0.01,
        4,
        1,
        5,
        [CHARACTERS[0]],
    )
    return [array.sum().asscalar() for array in params]


class Model(nn.Block):
    """The book's model around a recurrent layer."""

    def __init__(self, layer):
        super().__init__()
        self.rnn, self.dense = layer, nn.Dense(SIZE)

    def forward(self, inputs, state):
        output, state = self.rnn(nd.one_hot(inputs.T, SIZE), state)
        return self.dense(output.reshape((-1, output.shape[-1]))), state

    def begin_state(self, *args, **kwargs):
        return self.rnn.begin_state(*args, **kwargs)


def recurrent():
    """The states of one batch go into the next although `s.detach()` returns what nobody takes."""
    model = Model(rnn.LSTM(8))
    model.initialize(init.Normal(0.01))
    state = model.begin_state(batch_size=4)
    set_parameters(model, nd.zeros((4, 5)), state)
    criterion, losses = gluon.loss.SoftmaxCrossEntropyLoss(), []
    trainer = gluon.Trainer(model.collect_params(), "sgd", {"learning_rate": 1.0, "momentum": 0, "wd": 0})
    for x, y in gb.data_iter_consecutive(CORPUS, 4, 5):
        for array in state:
            array.detach()
        with mx.autograd.record():
            output, state = model(x, state)
            loss = criterion(output, y.T.reshape((-1,))).mean()
        loss.backward()
        gb.grad_clipping([p.data() for p in model.collect_params().values()], 0.01, mx.cpu())
        trainer.step(1)
        losses.append(loss.asscalar())
    return losses


def images():
    return gluon.data.DataLoader(
        gluon.data.ArrayDataset(draw((16, 1, 28, 28), 1), (abs(draw((16,), 3) * 3) % 4).astype("int32")), batch_size=8
    )


def residual_network():
    net = gb.resnet18(4)
    net.initialize(mx.init.Xavier())
    set_parameters(net, nd.zeros((1, 1, 28, 28)))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.001})
    gb.train(images(), images(), net, gluon.loss.SoftmaxCrossEntropyLoss(), trainer, mx.cpu(), 1)
    return [net(nd.array(draw((2, 1, 28, 28), 5))).sum().asscalar()]


def perceptron():
    random.seed(0)
    params = [nd.array(draw((784, 16), 1, 0.03)), nd.zeros(16), nd.array(draw((16, 4), 2, 0.1)), nd.zeros(4)]
    for array in params:
        array.attach_grad()

    def net(x):
        return nd.dot(nd.relu(nd.dot(x.reshape((-1, 784)), params[0]) + params[1]), params[2]) + params[3]

    gb.train_ch3(net, images(), images(), gluon.loss.SoftmaxCrossEntropyLoss(), 2, 8, params, 0.1)
    return [array.sum().asscalar() for array in params] + [gb.evaluate_accuracy(images(), net)]


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "agg")
    main("gluonbook", [recurrent_from_scratch, recurrent, residual_network, perceptron])
