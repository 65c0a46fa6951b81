"""GluonNLP: language models with dropped and shared weights, BERT, translation with beam search, sampled softmax."""

import gluonnlp as nlp
import numpy as np
from common import fit, main, set_parameters
from gluonnlp.loss import MaskedSoftmaxCELoss

import mxnet as mx
from mxnet import gluon

VOCABULARY = nlp.Vocab(nlp.data.count_tokens(list("the quick brown fox jumps over the lazy dog")))


def tokens(rows, columns, size, seed=0):
    return mx.nd.array(np.random.RandomState(seed).randint(0, size, (rows, columns)))


def language_model():
    """Truncated back-propagation through an AWD-LSTM that shares its weights with the embedding."""
    net = nlp.model.train.AWDRNN(
        "lstm",
        30,
        embed_size=12,
        hidden_size=16,
        num_layers=2,
        dropout=0,
        weight_drop=0.0,
        drop_h=0,
        drop_i=0,
        drop_e=0,
    )
    net.initialize()
    data = tokens(21, 4, 30)
    set_parameters(net, data[:5], net.begin_state(4))
    criterion = gluon.loss.SoftmaxCELoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})
    net.hybridize()
    states, losses = net.begin_state(4), []
    for start in range(0, 20, 5):
        states = [[state.detach() for state in layer] for layer in states]
        with mx.autograd.record():
            output, states, _, _ = net(data[start : start + 5], states)
            loss = criterion(output.reshape((-3, -1)), data[start + 1 : start + 6].reshape((-1,))).mean()
        loss.backward()
        gluon.utils.clip_global_norm([p.grad() for p in net.collect_params().values()], 0.25)
        trainer.step(1)
        losses.append(loss.asscalar())
    return losses


def weight_drop():
    """With weights dropped each call differs; their mean comes near the call without dropping."""
    net = nlp.model.train.AWDRNN("lstm", 30, 12, 16, 1, dropout=0, weight_drop=0.5, drop_h=0, drop_i=0, drop_e=0.3)
    net.initialize()
    data = tokens(5, 4, 30)
    set_parameters(net, data, net.begin_state(4))
    with mx.autograd.train_mode():
        calls = [net(data, net.begin_state(4))[0].asnumpy() for _ in range(3)]
    assert not np.allclose(calls[0], calls[1]) and not np.allclose(calls[1], calls[2])
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    losses = fit(trainer, 1, 2, lambda: (net(data, net.begin_state(4))[0] ** 2).mean())
    assert losses[1] != losses[0]
    return [float((net(data, net.begin_state(4))[0] ** 2).mean().asscalar() > 0)]


def bert():
    encoder = nlp.model.BERTEncoder(
        units=16, hidden_size=32, num_layers=2, num_heads=2, max_length=12, dropout=0.0, output_attention=False
    )
    net = nlp.model.BERTModel(encoder, vocab_size=30, token_type_vocab_size=2, units=16, embed_size=16)
    net.initialize()
    words, kinds, positions = tokens(3, 12, 30), tokens(3, 12, 2, seed=1), tokens(3, 4, 12, seed=2)
    lengths = mx.nd.array([12, 9, 7])
    set_parameters(net, words, kinds, lengths, positions)
    net.hybridize(static_alloc=True)
    criterion = gluon.loss.SoftmaxCELoss()
    trainer = gluon.Trainer(net.collect_params(), "bertadam", {"learning_rate": 1e-2, "wd": 0.01})
    target, following = tokens(3, 4, 30, seed=3), mx.nd.array([0, 1, 0])

    def loss():
        _, _, sentence, word = net(words, kinds, lengths, positions)
        return criterion(word, target).mean() + criterion(sentence, following).mean()

    return fit(trainer, 1, 4, loss)


def bert_classifier():
    """Fine tuning: the classifier on top of BERT, with gradients that accumulate and a warming schedule."""
    encoder = nlp.model.BERTEncoder(units=16, hidden_size=32, num_layers=1, num_heads=4, max_length=12, dropout=0.0)
    base = nlp.model.BERTModel(
        encoder, 30, token_type_vocab_size=2, units=16, embed_size=16, use_decoder=False, use_classifier=False
    )
    net = nlp.model.BERTClassifier(base, num_classes=3, dropout=0.0)
    net.initialize()
    words, kinds, lengths = tokens(4, 12, 30), tokens(4, 12, 2, seed=1), mx.nd.array([12, 9, 7, 3])
    set_parameters(net, words, kinds, lengths)
    net.collect_params().setattr("grad_req", "add")
    criterion = gluon.loss.SoftmaxCELoss()
    trainer = gluon.Trainer(net.collect_params(), "bertadam", {"learning_rate": 1e-3}, update_on_kvstore=False)
    losses = []
    for step in range(4):
        with mx.autograd.record():
            loss = criterion(net(words, kinds, lengths), mx.nd.array([0, 1, 2, 0])).mean()
        loss.backward()
        losses.append(loss.asscalar())
        if step % 2:
            trainer.allreduce_grads()
            nlp.utils.clip_grad_global_norm([p for p in net.collect_params().values() if p.grad_req != "null"], 1)
            trainer.update(2)
            net.collect_params().zero_grad()
    return losses


def translation():
    encoder, decoder, one_step = nlp.model.transformer.get_transformer_encoder_decoder(
        num_layers=1, num_heads=2, units=16, hidden_size=32, dropout=0.0, max_src_length=10, max_tgt_length=10
    )
    net = nlp.model.translation.NMTModel(
        VOCABULARY, VOCABULARY, encoder, decoder, one_step, embed_size=16, share_embed=True, tie_weights=True
    )
    net.initialize()
    size = len(VOCABULARY)
    source, target = tokens(3, 8, size), tokens(3, 7, size, seed=1)
    source_lengths, target_lengths = mx.nd.array([8, 6, 5]), mx.nd.array([7, 7, 4])
    set_parameters(net, source, target, source_lengths, target_lengths)
    net.hybridize()
    criterion = MaskedSoftmaxCELoss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 1e-3, "epsilon": 1e-6})

    def loss():
        output, _ = net(source, target[:, :-1], source_lengths, target_lengths - 1)
        return criterion(output, target[:, 1:], target_lengths - 1).mean()

    losses = fit(trainer, 1, 3, loss)
    outputs, _ = net.encode(source, valid_length=source_lengths)
    states = net.decoder.init_state_from_encoder(outputs, source_lengths)

    def step(step_input, states):
        output, states, _ = net.decode_step(step_input, states)
        return mx.nd.log_softmax(output), states

    sampler = nlp.model.BeamSearchSampler(
        beam_size=3, decoder=step, eos_id=1, scorer=nlp.model.BeamSearchScorer(0.6), max_length=6
    )
    _, scores, lengths = sampler(mx.nd.array([2, 2, 2]), states)
    return [*losses, scores.mean().asscalar(), lengths.sum().asscalar()]


def embedding_and_sampling():
    """Row-sparse gradients: noise contrastive estimation over sampled classes."""
    net = nlp.model.train.BigRNN(
        40, 8, 12, 1, 8, num_sampled=10, sparse_weight=True, sparse_grad=True, embed_dropout=0.0
    )
    net.initialize(mx.init.Xavier())
    data, label = tokens(5, 3, 40), tokens(5, 3, 40, seed=1)
    drawn = mx.nd.array(np.arange(10)), mx.nd.full((10,), 0.1), mx.nd.full((5, 3), 0.2)
    states = net.begin_state(batch_size=3)
    criterion = gluon.loss.SoftmaxCELoss()
    trainer = gluon.Trainer(net.collect_params(), "adagrad", {"learning_rate": 0.1})
    net(data, label, states, drawn)
    set_parameters(net)
    losses = []
    for _ in range(3):
        with mx.autograd.record():
            output, _, target = net(data, label, states, drawn)
            loss = criterion(output, target).mean()
        loss.backward()
        trainer.step(1)
        losses.append(loss.asscalar())
    return losses


def pipeline():
    """Batches by length, padding, stacking and a loader over text; returns sums of what comes out."""
    lines = [line.split() for line in ["a b c", "d e", "a a b c d", "e", "c d e a", "b b"]]
    vocabulary = nlp.Vocab(nlp.data.count_tokens([word for line in lines for word in line]))
    data = gluon.data.SimpleDataset([(vocabulary[line], float(len(line) % 2)) for line in lines])
    batches = nlp.data.FixedBucketSampler([len(words) for words, _ in data], 2, num_buckets=2, shuffle=False)
    batchify = nlp.data.batchify.Tuple(
        nlp.data.batchify.Pad(axis=0, pad_val=0, ret_length=True), nlp.data.batchify.Stack()
    )
    loader = gluon.data.DataLoader(data, batch_sampler=batches, batchify_fn=batchify)
    return [float(array.sum().asscalar()) for (words, lengths), label in loader for array in (words, lengths, label)]


if __name__ == "__main__":
    main(
        "gluonnlp", [language_model, weight_drop, bert, bert_classifier, translation, embedding_and_sampling, pipeline]
    )
