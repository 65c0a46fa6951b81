"""Layers and losses of Gluon whose numbers are recorded from MXNet and compared with it: runs with either."""

import json
import zlib

import numpy as np

# Layer -> shape of its input. Numbers are kept small: all values are recorded.
LAYERS = {
    "nn.Dense(3)": (2, 4),
    "nn.Dense(3, activation='tanh', use_bias=False, in_units=4)": (2, 4),
    "nn.Dense(2, flatten=False, weight_initializer='ones')": (2, 2, 3),
    "nn.Dense(3, bias_initializer=mx.init.One())": (2, 2, 2),
    "nn.Dropout(0)": (2, 3),
    "nn.Embedding(6, 2)": (3,),
    "nn.Embedding(6, 2, sparse_grad=True)": (2, 3),
    "nn.Flatten()": (2, 3, 2),
    "nn.BatchNorm()": (3, 2, 2),
    "nn.BatchNorm(axis=-1, epsilon=0.1, momentum=0.5)": (3, 2, 2),
    "nn.BatchNorm(scale=False, center=False, in_channels=2)": (3, 2, 2),
    "nn.BatchNorm(use_global_stats=True)": (3, 2, 2),
    "nn.BatchNormReLU()": (3, 2, 2, 1),
    "nn.InstanceNorm()": (2, 2, 4),
    "nn.InstanceNorm(axis=2, scale=True, center=False)": (2, 4, 2),
    "nn.LayerNorm()": (2, 4),
    "nn.LayerNorm(axis=1, epsilon=0.01, scale=False)": (2, 3, 2),
    "nn.GroupNorm(2)": (2, 4, 2),
    "nn.GroupNorm(scale=False)": (2, 4, 2),
    "nn.Activation('relu')": (2, 3),
    "nn.Activation('softsign')": (2, 3),
    "nn.LeakyReLU(0.3)": (2, 3),
    "nn.PReLU()": (2, 3),
    "nn.PReLU(in_channels=3)": (2, 3, 2),
    "nn.ELU(0.5)": (2, 3),
    "nn.SELU()": (2, 3),
    "nn.GELU()": (2, 3),
    "nn.Swish(2.0)": (2, 3),
    "nn.HybridLambda('square')": (2, 3),
    "nn.HybridLambda(lambda F, x: F.broadcast_add(x, F.sum(x, axis=1, keepdims=True)))": (2, 3),
    "nn.Conv1D(2, 3)": (2, 2, 5),
    "nn.Conv1D(4, 2, strides=2, padding=1, dilation=2, groups=2, activation='relu')": (1, 2, 6),
    "nn.Conv2D(2, 3, use_bias=False)": (1, 2, 4, 4),
    "nn.Conv2D(2, (2, 3), strides=(2, 1), padding=(1, 0), in_channels=2)": (1, 2, 4, 4),
    "nn.Conv3D(2, 2, groups=2)": (1, 2, 3, 3, 3),
    "nn.Conv1DTranspose(2, 3, strides=2, output_padding=1)": (1, 2, 3),
    "nn.Conv2DTranspose(4, 2, groups=2, in_channels=2)": (1, 2, 2, 2),
    "nn.Conv2DTranspose(2, 3, strides=2, use_bias=False, activation='sigmoid')": (1, 1, 2, 2),
    "nn.Conv3DTranspose(2, (1, 2, 1), strides=(1, 2, 1))": (1, 2, 2, 2, 2),
    "nn.MaxPool1D()": (2, 2, 5),
    "nn.MaxPool1D(3, 2, 1, 'NCW', True)": (2, 2, 6),
    "nn.MaxPool2D((2, 1), strides=1)": (1, 2, 3, 3),
    "nn.MaxPool3D(2, 1, 0, True)": (1, 1, 3, 3, 3),
    "nn.AvgPool1D(3, 2, 1, 'NCW', False, False)": (2, 2, 5),
    "nn.AvgPool2D()": (1, 2, 4, 5),
    "nn.AvgPool2D(3, 2, 1, False, 'NCHW', False)": (1, 1, 5, 5),
    "nn.AvgPool3D(pool_size=(1, 2, 2))": (1, 1, 2, 4, 4),
    "nn.GlobalMaxPool1D()": (2, 2, 3),
    "nn.GlobalMaxPool2D()": (2, 2, 3, 2),
    "nn.GlobalMaxPool3D()": (1, 2, 2, 2, 2),
    "nn.GlobalAvgPool1D()": (2, 2, 3),
    "nn.GlobalAvgPool2D()": (2, 2, 3, 2),
    "nn.GlobalAvgPool3D()": (1, 2, 2, 2, 2),
    "nn.ReflectionPad2D(1)": (1, 1, 3, 3),
    "nn.ReflectionPad2D((0, 0, 0, 0, 1, 2, 0, 1))": (1, 1, 3, 3),
    "contrib.nn.Identity()": (2, 3),
    "contrib.nn.SyncBatchNorm(num_devices=1)": (3, 2, 2),
    "contrib.nn.SyncBatchNorm(2, 1, 0.5, 0.1, False, False, True)": (3, 2, 2),
    "contrib.nn.PixelShuffle1D(3)": (1, 6, 2),
    "contrib.nn.PixelShuffle2D((1, 2))": (1, 4, 2, 3),
    "contrib.nn.PixelShuffle2D(2)": (1, 8, 2, 1),
    "contrib.nn.PixelShuffle3D((1, 2, 3))": (1, 12, 2, 1, 2),
    "contrib.cnn.DeformableConvolution(2, 2)": (1, 2, 3, 3),
    "contrib.cnn.DeformableConvolution(2, 3, 1, 1, offset_use_bias=False, use_bias=False, activation='relu')": (
        1,
        1,
        3,
        3,
    ),
}
# Layers whose operator MXNet has on GPUs only, or that need more than one call.
GRAPHS = [
    *LAYERS,
    "contrib.cnn.ModulatedDeformableConvolution(2, 2, num_deformable_group=2)",
    "contrib.cnn.ModulatedDeformableConvolution(2, 3, 2, 1, activation='relu', use_bias=False, in_channels=2)",
    "nn.Dropout(0.5, axes=(1,))",
    "nn.Conv2D(2, 3, layout='NHWC')",
    "nn.AvgPool2D(layout='NHWC')",
]

# Loss -> kinds and shapes of its inputs. The first is what gradients are taken for.
LOSSES = {
    "L2Loss()": {"pred": (2, 3), "label": (2, 3)},
    "L2Loss(weight=3, batch_axis=1)": {"pred": (2, 3), "label": (3, 2), "sample_weight": (1, 3)},
    "L1Loss()": {"pred": (4,), "label": (4,)},
    "L1Loss(weight=0.5)": {"pred": (2, 3), "label": (6,), "sample_weight": (2, 1)},
    "SigmoidBinaryCrossEntropyLoss()": {"pred": (2, 3), "bits": (2, 3)},
    "SigmoidBCELoss(weight=2)": {"pred": (2, 3), "bits": (2, 3), "sample_weight": (2, 1), "pos_weight": (1, 3)},
    "SigmoidBCELoss(from_sigmoid=True)": {"share": (2, 3), "bits": (2, 3)},
    "SigmoidBCELoss(True, 2.0)": {"share": (2, 3), "bits": (2, 3), "pos_weight": (1, 3)},
    "SoftmaxCrossEntropyLoss()": {"pred": (2, 4), "class": (2,)},
    "SoftmaxCELoss(axis=1, weight=2.0)": {"pred": (2, 4, 3), "class": (2, 3), "sample_weight": (2, 1, 1)},
    "SoftmaxCELoss(sparse_label=False)": {"pred": (2, 4), "share": (2, 4)},
    "SoftmaxCELoss(from_logits=True)": {"pred": (2, 4), "class": (2,)},
    "KLDivLoss()": {"pred": (2, 4), "share": (2, 4)},
    "KLDivLoss(from_logits=False, axis=1, weight=0.5)": {
        "pred": (2, 4, 2),
        "share": (2, 4, 2),
        "sample_weight": (2, 1, 1),
    },
    "CTCLoss()": {"pred": (2, 6, 5), "class": (2, 3)},
    "CTCLoss('TNC', 'TN', 2.0)": {"pred": (6, 2, 5), "class": (3, 2), "sample_weight": (2,)},
    "CTCLoss(layout='NTC')": {"pred": (2, 6, 5), "class": (2, 3), "pred_lengths": (2,), "label_lengths": (2,)},
    "CTCLoss(label_layout='TN')": {"pred": (2, 6, 5), "class": (3, 2), "label_lengths": (2,)},
    "CTCLoss(weight=0.5)": {"pred": (2, 6, 5), "class": (2, 3), "pred_lengths": (2,)},
    "HuberLoss()": {"pred": (2, 3), "label": (2, 3)},
    "HuberLoss(rho=0.2, weight=2)": {"pred": (2, 3), "label": (2, 3), "sample_weight": (2, 1)},
    "HingeLoss()": {"pred": (2, 3), "signs": (2, 3)},
    "HingeLoss(margin=0.5, weight=2)": {"pred": (2, 1), "signs": (2,), "sample_weight": (2, 1)},
    "SquaredHingeLoss(margin=2)": {"pred": (2, 3), "signs": (2, 3)},
    "LogisticLoss()": {"pred": (2, 3), "signs": (2, 3)},
    "LogisticLoss(weight=2, label_format='binary')": {"pred": (2, 3), "bits": (2, 3), "sample_weight": (2, 1)},
    "TripletLoss()": {"pred": (2, 3), "positive": (2, 3), "negative": (2, 3)},
    "TripletLoss(margin=3, weight=0.5)": {"pred": (2, 3), "positive": (6,), "negative": (2, 3)},
    "PoissonNLLLoss()": {"pred": (2, 3), "counts": (2, 3)},
    "PoissonNLLLoss(weight=2, from_logits=False)": {"share": (2, 3), "counts": (2, 3), "sample_weight": (2, 1)},
    "PoissonNLLLoss(compute_full=True)": {"pred": (2, 3), "counts": (2, 3)},
    "CosineEmbeddingLoss()": {"pred": (3, 4), "label": (3, 4), "sign": (3,)},
    "CosineEmbeddingLoss(weight=2, margin=0.1)": {
        "pred": (3, 4),
        "label": (3, 4),
        "sign": (3,),
        "sample_weight": (3, 1),
    },
    "SDMLLoss()": {"pred": (3, 4), "label": (3, 4)},
    "SDMLLoss(smoothing_parameter=0.1)": {"pred": (4, 2), "label": (4, 2)},
}
# Arguments that a caller may leave out; blocks take no arguments by name, so that what comes before must be None.
_OPTIONAL = {
    "CTCLoss": ("pred_lengths", "label_lengths", "sample_weight"),
    "SigmoidB": ("sample_weight", "pos_weight"),
    "": ("sample_weight",),
}


def _draw(key, shape, kind="pred"):
    """Numbers that depend on the case only."""
    draw = np.random.RandomState(zlib.crc32(key.encode()))
    if kind in ("share", "sample_weight", "pos_weight"):
        values = draw.uniform(0.1, 0.9, size=shape)
    elif kind == "bits":
        values = draw.randint(0, 2, size=shape)
    elif kind in ("signs", "sign"):
        values = np.where(np.arange(np.prod(shape)) % 2, -1, 1).reshape(shape)
    elif kind == "class":
        values = draw.randint(0, 4, size=shape)
    elif kind == "counts":
        values = draw.randint(1, 6, size=shape)
    elif kind == "pred_lengths":
        values = np.array([6, 5])
    elif kind == "label_lengths":
        values = np.array([2, 3])
    else:
        values = draw.uniform(-2, 2, size=shape)
    return values.astype("float32")


def _numbers(array):
    return [float(f"{value:.6g}") for value in array.asnumpy().ravel()]


def make(mx, text):
    """A layer or loss, named as the first of its kind."""
    scope = (
        {"mx": mx, "nn": mx.gluon.nn, "contrib": mx.gluon.contrib} if "." in text.split("(")[0] else vars(mx.gluon.loss)
    )
    with mx.name.NameManager():
        return eval(text, dict(scope))


def _fill(mx, text, parameters):
    for parameter in parameters:
        kind = "share" if "var" in parameter.name or "gamma" in parameter.name else "pred"
        parameter.set_data(mx.nd.array(_draw(text + parameter.name.split("_", 1)[-1], parameter.shape, kind)))


def layer(mx, text, hybridize=False):
    """What a layer prints, its parameters, and what it gives in training, with gradients, and in prediction."""
    block = make(mx, text)
    shown = repr(block)
    shape = LAYERS[text]
    x = mx.nd.array(_draw(text, shape, "class" if "Embedding" in text else "pred"))
    block.initialize()
    block(x)
    parameters = list(block.collect_params().values())
    _fill(mx, text, parameters)
    if hybridize:
        block.hybridize()
    embedding = "Embedding" in text
    if not embedding:
        x.attach_grad()
    with mx.autograd.record():
        out = block(x)
    out.backward()
    facts = {
        "repr": shown,
        "parameters": [[p.name, list(p.shape), p.grad_req] for p in parameters],
        "shape": list(out.shape),
        "training": _numbers(out),
        "prediction": _numbers(block(x)),
    }
    if not embedding:
        facts["grad"] = _numbers(x.grad)
    facts["grads"] = {p.name: _numbers(p.grad()) for p in parameters if p.grad_req != "null"}
    facts["states"] = {p.name: _numbers(p.data()) for p in parameters if "running" in p.name}
    return facts


def graph(mx, text):
    """The nodes of a layer's symbol."""
    block = make(mx, text)
    nodes = json.loads(block(mx.sym.var("data")).tojson())["nodes"]
    return [[node["op"], node["name"], node.get("attrs", {}), node["inputs"]] for node in nodes]


def loss(mx, text, hybridize=False):
    """A loss and its gradient."""
    block = make(mx, text)
    if hybridize:
        block.hybridize()
    arrays = {kind: mx.nd.array(_draw(text + kind, shape, kind)) for kind, shape in LOSSES[text].items()}
    first = next(iter(arrays.values()))
    first.attach_grad()
    optional = next(names for kind, names in _OPTIONAL.items() if text.startswith(kind))
    inputs = [array for kind, array in arrays.items() if kind not in optional]
    last = max((i for i, kind in enumerate(optional) if kind in arrays), default=-1)
    inputs += [arrays.get(kind) for kind in optional[: last + 1]]
    if "compute_full" in text:  # MXNet writes in place there, which it cannot differentiate
        return {"repr": repr(block), "loss": _numbers(block(*inputs))}
    with mx.autograd.record():
        out = block(*inputs)
    out.backward()
    return {"repr": repr(block), "shape": list(out.shape), "loss": _numbers(out), "grad": _numbers(first.grad)}
