"""d2l, the functions of "Dive into Deep Learning" in its MXNet edition, which uses `mx.np` throughout."""

import random

from common import draw, main, set_parameters
from d2l import mxnet as d2l

from mxnet import autograd, gluon, init, np, npx
from mxnet.gluon import nn, rnn

npx.set_np()
VOCABULARY = d2l.Vocab(list("the quick brown fox jumps over the lazy dog"))
SIZE = len(VOCABULARY)


def numbers(shape, size, seed=0, dtype="int32"):
    return np.array((abs(draw(shape, seed)) * 1000).astype("int64") % size, dtype=dtype)


def images(count=16):
    return gluon.data.DataLoader(
        gluon.data.ArrayDataset(draw((count, 1, 28, 28), 1), (abs(draw((count,), 3)) * 30 % 4).astype("int32")),
        batch_size=8,
    )


def lenet():
    losses = []
    for hybridize in False, True:
        net = nn.HybridSequential()
        net.add(
            nn.Conv2D(channels=6, kernel_size=5, padding=2, activation="sigmoid"),
            nn.AvgPool2D(pool_size=2, strides=2),
            nn.Conv2D(channels=16, kernel_size=5, activation="sigmoid"),
            nn.AvgPool2D(pool_size=2, strides=2),
            nn.Dense(120, activation="sigmoid"),
            nn.Dense(84, activation="sigmoid"),
            nn.Dense(4),
        )
        net.initialize(init.Xavier())
        set_parameters(net, np.zeros((1, 1, 28, 28)))
        if hybridize:
            net.hybridize()
        criterion = gluon.loss.SoftmaxCrossEntropyLoss()
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.9})
        metric = d2l.Accumulator(3)
        for x, y in images():
            with autograd.record():
                y_hat = net(x)
                loss = criterion(y_hat, y)
            loss.backward()
            trainer.step(x.shape[0])
            metric.add(loss.sum(), d2l.accuracy(y_hat, y), x.shape[0])
            losses.append(float(loss.mean()))
        losses.append(d2l.evaluate_accuracy_gpu(net, images()))
    return losses


def softmax_regression():
    net = nn.Sequential()
    net.add(nn.Dense(16, activation="relu"), nn.Dropout(0.0), nn.Dense(4))
    net.initialize(init.Normal(sigma=0.01))
    set_parameters(net, np.zeros((1, 1, 28, 28)))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "wd": 1e-3})
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    return [value for _ in range(2) for value in d2l.train_epoch_ch3(net, images(), loss, trainer.step)]


def linear_regression():
    """From scratch, with the book's own data iterator, squared loss and SGD."""
    random.seed(0)
    w, b = np.array(draw((2, 1), 1, 0.01)), np.zeros(1)
    features = np.array(draw((20, 2), 2))
    labels = np.dot(features, np.array([2.0, -3.4])) + 4.2
    w.attach_grad()
    b.attach_grad()
    losses = []
    for start in range(0, 20, 5):
        x, y = features[start : start + 5], labels[start : start + 5]
        with autograd.record():
            loss = d2l.squared_loss(d2l.linreg(x, w, b), y)
        loss.backward()
        d2l.sgd([w, b], 0.1, 5)
        losses.append(float(loss.mean()))
    assert len(list(d2l.load_array((features, labels), 5))) == 4
    return losses


def corpus():
    """Batches of a text as the book cuts it, of the two kinds."""
    text = [int(value) for value in numbers((203,), SIZE, seed=5).asnumpy()]
    random.seed(0)
    return list(d2l.seq_data_iter_sequential(text, 4, 5))


def recurrent_from_scratch():
    def params(size, hidden, device):
        shapes = (size, hidden), (hidden, hidden), (hidden,), (hidden, size), (size,)
        arrays = [np.array(draw(shape, seed, 0.1), ctx=device) for seed, shape in enumerate(shapes)]
        for array in arrays:
            array.attach_grad()
        return arrays

    def forward(inputs, state, params):
        w_xh, w_hh, b_h, w_hq, b_q = params
        (hidden,), outputs = state, []
        for x in inputs:
            hidden = np.tanh(np.dot(x, w_xh) + np.dot(hidden, w_hh) + b_h)
            outputs.append(np.dot(hidden, w_hq) + b_q)
        return np.concatenate(outputs, axis=0), (hidden,)

    device = d2l.try_gpu(100)
    net = d2l.RNNModelScratch(
        SIZE, 8, device, params, lambda batch, hidden, device: (np.zeros((batch, hidden), ctx=device),), forward
    )
    loss = gluon.loss.SoftmaxCrossEntropyLoss()

    def update(batch_size):
        d2l.sgd(net.params, 0.5, batch_size)

    result = [d2l.train_epoch_ch8(net, corpus(), loss, update, device, chosen)[0] for chosen in (False, True)]
    assert len(d2l.predict_ch8("the", 4, net, VOCABULARY, device)) == 7
    return result


def recurrent():
    net = d2l.RNNModel(rnn.GRU(8), SIZE)
    net.initialize()
    set_parameters(net, np.zeros((4, 5)), net.begin_state(batch_size=4))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
    loss, device = gluon.loss.SoftmaxCrossEntropyLoss(), d2l.try_gpu(100)
    result = [d2l.train_epoch_ch8(net, corpus(), loss, trainer.step, device, False)[0] for _ in range(2)]
    assert len(d2l.predict_ch8("the", 4, net, VOCABULARY, device)) == 7
    return result


class AttentionDecoder(d2l.AttentionDecoder):
    """The book's decoder with additive attention."""

    def __init__(self, size, embedding, hidden, layers):
        super().__init__()
        self.attention = d2l.AdditiveAttention(hidden, 0)
        self.embedding = nn.Embedding(size, embedding)
        self.rnn = rnn.GRU(hidden, layers)
        self.dense = nn.Dense(size, flatten=False)

    def init_state(self, enc_outputs, enc_valid_lens, *args):
        outputs, hidden_state = enc_outputs
        return outputs.swapaxes(0, 1), hidden_state, enc_valid_lens

    def forward(self, X, state):
        enc_outputs, hidden_state, enc_valid_lens = state
        outputs = []
        for x in self.embedding(X).swapaxes(0, 1):
            query = np.expand_dims(hidden_state[0][-1], axis=1)
            context = self.attention(query, enc_outputs, enc_outputs, enc_valid_lens)
            x = np.concatenate((context, np.expand_dims(x, axis=1)), axis=-1)
            out, hidden_state = self.rnn(x.swapaxes(0, 1), hidden_state)
            outputs.append(out)
        return self.dense(np.concatenate(outputs, axis=0)).swapaxes(0, 1), [enc_outputs, hidden_state, enc_valid_lens]


def translate(net):
    source, target = numbers((3, 6), SIZE, 1), numbers((3, 5), SIZE, 2)
    lengths, target_lengths = np.array([6, 4, 3]), np.array([5, 3, 2])
    net.initialize(init.Xavier())
    set_parameters(net, source, target, lengths)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})
    criterion, losses = d2l.MaskedSoftmaxCELoss(), []
    for _ in range(3):
        start = np.array([1] * 3).reshape(-1, 1)
        inputs = np.concatenate([start.astype("int32"), target[:, :-1]], 1)
        with autograd.record():
            output, _ = net(source, inputs, lengths)
            loss = criterion(output, target, target_lengths)
        loss.backward()
        d2l.grad_clipping(net, 1)
        trainer.step(target_lengths.sum())
        losses.append(float(loss.sum() / target_lengths.sum()))
    return losses


def attention():
    return translate(d2l.EncoderDecoder(d2l.Seq2SeqEncoder(SIZE, 8, 8, 1), AttentionDecoder(SIZE, 8, 8, 1)))


def transformer():
    """The encoder alone, whose outputs are classified."""
    encoder = d2l.TransformerEncoder(SIZE, 8, 16, 2, 1, 0.0)
    head = nn.Dense(4)
    source, lengths = numbers((3, 6), SIZE, 1), np.array([6, 4, 3])
    for block in encoder, head:
        block.initialize()
    set_parameters(encoder, source, lengths)
    set_parameters(head, encoder(source, lengths))
    trainer = gluon.Trainer({**encoder.collect_params(), **head.collect_params()}, "sgd", {"learning_rate": 0.1})
    criterion, losses = gluon.loss.SoftmaxCrossEntropyLoss(), []
    for _ in range(3):
        with autograd.record():
            loss = criterion(head(encoder(source, lengths)), np.array([0, 1, 2]))
        loss.backward()
        trainer.step(3)
        losses.append(float(loss.mean()))
    return losses


def bert():
    net = d2l.BERTModel(SIZE, num_hiddens=8, ffn_num_hiddens=16, num_heads=2, num_layers=1, dropout=0.0, max_len=12)
    net.initialize(init.Xavier())
    tokens, segments, positions = numbers((2, 8), SIZE), numbers((2, 8), 2, 1), numbers((2, 3), 8, 2)
    lengths, masked, following = np.array([8, 6]), numbers((2, 3), SIZE, 3), np.array([0, 1])
    set_parameters(net, tokens, segments, lengths, positions)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    criterion, weights = gluon.loss.SoftmaxCELoss(), np.array([[1, 1, 0], [1, 0, 0]], dtype="float32")
    losses = []
    for _ in range(3):
        with autograd.record():
            _, words, sentences = net(tokens, segments, lengths.reshape(-1), positions)
            loss = criterion(words.reshape((-1, SIZE)), masked.reshape(-1), weights.reshape((-1, 1)))
            total = loss.sum() / (weights.sum() + 1e-8) + criterion(sentences, following).mean()
        total.backward()
        trainer.step(1)
        losses.append(float(total))
    return losses


def detection():
    """Anchors, targets and non-maximum suppression, all in `mx.np`."""
    anchors = d2l.multibox_prior(np.zeros((1, 3, 4, 4)), sizes=[0.75, 0.25], ratios=[1, 2])
    labels = np.array([[[0, 0.1, 0.08, 0.52, 0.92], [1, 0.55, 0.2, 0.9, 0.88]]])
    offsets, mask, classes = d2l.multibox_target(anchors, labels)
    scores = np.array(abs(draw((1, 3, anchors.shape[1]), 4)))
    found = d2l.multibox_detection(npx.softmax(scores, axis=1), offsets.reshape((1, -1)) * 0.1, anchors)
    return [float(array.sum()) for array in (anchors, offsets, mask, classes, found)]


if __name__ == "__main__":
    main(
        "d2l.mxnet",
        [
            lenet,
            softmax_regression,
            linear_regression,
            recurrent_from_scratch,
            recurrent,
            attention,
            transformer,
            bert,
            detection,
        ],
    )
