"""GluonFR: a network for faces with the margin losses of face recognition."""

import gluonfr
from common import draw, fit, main, set_parameters

import mxnet as mx
from mxnet import gluon


def features():
    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Dense(8, activation="tanh"), gluon.nn.Dense(4))
    net.initialize()
    set_parameters(net, mx.nd.zeros((1, 6)))
    return net, mx.nd.array(draw((6, 6), 11)), mx.nd.array([0, 1, 2, 3, 0, 1])


def margin_losses():
    """Losses of logits and labels, each with a network that starts anew."""
    losses = []
    for name, options in {
        "ArcLoss": {"classes": 4, "m": 0.5, "s": 8, "easy_margin": False},
        "CosLoss": {"classes": 4, "m": 0.35, "s": 8},
        "L2Softmax": {"classes": 4, "alpha": 8},
        "ASoftmax": {"classes": 4, "m": 2, "s": 8},
        "SVXSoftmax": {"classes": 4, "s": 8, "t": 1.2, "m3": 0.2},
    }.items():
        net, data, label = features()
        criterion = getattr(gluonfr.loss, name)(**options)
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
        net.hybridize()
        losses += fit(trainer, 6, 3, lambda net=net, data=data, label=label, f=criterion: f(net(data) * 0.1, label))
    return losses


def center_loss():
    net, data, label = features()
    criterion = gluonfr.loss.CenterLoss(4, 4, 0.1)
    criterion.initialize()
    set_parameters(criterion)
    criterion.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    centers = gluon.Trainer(criterion.collect_params(), "sgd", {"learning_rate": 0.5})
    losses = []
    for _ in range(3):
        with mx.autograd.record():
            embedding = net(data)
            loss = criterion(embedding, label, embedding)
        loss.backward()
        trainer.step(6)
        centers.step(6)
        losses.append(loss.mean().asscalar())
    return losses


def triplets():
    net, data, _ = features()
    criterion = gluonfr.loss.TripletLoss(margin=1)
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01, "epsilon": 1e-4})
    return fit(trainer, 2, 3, lambda: criterion(net(data[:2]), net(data[2:4]), net(data[4:])))


def faces():
    net = gluonfr.model_zoo.get_model("mobilefacenet", classes=4, weight_norm=True, feature_norm=True)
    net.initialize()
    net.cast("float64")
    data = mx.nd.array(draw((4, 3, 112, 112), 5), dtype="float64")
    set_parameters(net, data)  # not hybridized: MXNet then gives the slopes of PReLU no gradient
    criterion = gluonfr.loss.ArcLoss(4, m=0.2, s=8, dtype="float64")
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3, "momentum": 0.9})
    label = mx.nd.array([0, 1, 2, 3], dtype="float64")
    return fit(trainer, 4, 2, lambda: criterion(net(data)[-1], label))


if __name__ == "__main__":
    main("gluonfr", [margin_losses, center_loss, triplets, faces])
