"""The operators that ``opperf.py`` times: inputs of two sizes, and parameters.

An input is a shape, or a pair of a kind and a shape: ``"i8"`` whole numbers below 8, ``"+"`` positive values, ``"p"``
rows that sum to 1, ``"spd"`` positive definite matrices, ``"roi"`` boxes. A parameter of None follows from the inputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

SMALL, LARGE = (8, 8), (1024, 1024)
_IMAGE = ((1, 4, 8, 8), (8, 64, 56, 56))


def table() -> dict[str, tuple[list[Any], list[Any], dict[str, Any]]]:
    """Row -> (operator, small inputs, large inputs, parameters)."""
    table: dict[str, Any] = {}

    def add(name: str, small: list[Any], large: list[Any], _op: str | None = None, **params: Any) -> None:
        table[name] = (_op or name, [_input(x) for x in small], [_input(x) for x in large], params)

    def _input(x: Any) -> tuple[str, tuple[int, ...]]:
        return x if isinstance(x[0], str) else ("", x)

    for name in (
        "abs exp sigmoid relu tanh square sin cos erf floor sign softsign negative reciprocal_p sqrt_p log_p rsqrt_p "
        "cbrt gamma_p log1p_p expm1 arctan softrelu"
    ).split():
        op, _, positive = name.partition("_p")
        kind = "+" if name.endswith("_p") else ""
        if op == "softrelu":
            add("Activation(softrelu)", [SMALL], [LARGE], "Activation", act_type="softrelu")
        else:
            add(op, [(kind, SMALL)], [(kind, LARGE)])
    for name in (
        "elemwise_add elemwise_sub elemwise_mul elemwise_div broadcast_add broadcast_mul broadcast_maximum "
        "broadcast_greater broadcast_hypot"
    ).split():
        add(name, [("+", SMALL)] * 2, [("+", LARGE)] * 2)
    add("broadcast_add(row)", [SMALL, (1, 8)], [LARGE, (1, 1024)], "broadcast_add")
    add("broadcast_mul(column)", [SMALL, (8, 1)], [LARGE, (1024, 1)], "broadcast_mul")
    add("_plus_scalar", [SMALL], [LARGE], scalar=2.0)
    add("_mul_scalar", [SMALL], [LARGE], scalar=2.0)
    add("_power_scalar", [("+", SMALL)], [("+", LARGE)], scalar=2.5)
    add("_maximum_scalar", [SMALL], [LARGE], scalar=0.0)
    add("clip", [SMALL], [LARGE], a_min=-0.5, a_max=0.5)
    for name in "sum mean max min prod nansum".split():
        add(f"{name}(all)", [SMALL], [LARGE], name)
        add(f"{name}(axis=1)", [SMALL], [LARGE], name, axis=1)
    add("sum(axis=0)", [SMALL], [LARGE], "sum", axis=0)
    add("norm", [SMALL], [LARGE], "norm")
    add("argmax", [SMALL], [LARGE], axis=1)
    add("softmax", [SMALL], [LARGE], axis=-1)
    add("log_softmax", [SMALL], [LARGE], axis=-1)
    add("SoftmaxActivation", [SMALL], [LARGE])
    add("SoftmaxOutput", [SMALL, ("i8", (8,))], [LARGE, ("i1024", (1024,))])
    add("softmax_cross_entropy", [SMALL, ("i8", (8,))], [LARGE, ("i1024", (1024,))])
    add("dot", [SMALL] * 2, [LARGE] * 2)
    add("dot(T)", [SMALL] * 2, [LARGE] * 2, "dot", transpose_b=True)
    add("batch_dot", [(4, 8, 8)] * 2, [(32, 128, 128)] * 2)
    add("_linalg_gemm2", [(2, 8, 8)] * 2, [(16, 256, 256)] * 2)
    add("_linalg_potrf", [("spd", (8, 8))], [("spd", (256, 256))])
    add("_linalg_syrk", [SMALL], [(512, 512)])
    add("FullyConnected", [SMALL, (16, 8), (16,)], [(128, 1024), (1024, 1024), (1024,)], num_hidden=None)
    conv = {"kernel": (3, 3), "pad": (1, 1), "num_filter": None}
    add("Convolution(3x3)", [_IMAGE[0], (8, 4, 3, 3), (8,)], [_IMAGE[1], (64, 64, 3, 3), (64,)], "Convolution", **conv)
    add(
        "Convolution(1x1)",
        [_IMAGE[0], (8, 4, 1, 1), (8,)],
        [_IMAGE[1], (128, 64, 1, 1), (128,)],
        "Convolution",
        kernel=(1, 1),
        num_filter=None,
    )
    add(
        "Convolution(depthwise)",
        [_IMAGE[0], (4, 1, 3, 3), (4,)],
        [_IMAGE[1], (64, 1, 3, 3), (64,)],
        "Convolution",
        num_group=None,
        **conv,
    )
    add(
        "Deconvolution",
        [_IMAGE[0], (4, 8, 4, 4)],
        [(4, 64, 28, 28), (64, 32, 4, 4)],
        kernel=(4, 4),
        stride=(2, 2),
        pad=(1, 1),
        num_filter=None,
        no_bias=True,
    )
    for kind in ("max", "avg"):
        pool = {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1), "pool_type": kind}
        add(f"Pooling({kind})", [_IMAGE[0]], [_IMAGE[1]], "Pooling", **pool)
    add("Pooling(global)", [_IMAGE[0]], [_IMAGE[1]], "Pooling", global_pool=True, pool_type="avg", kernel=(1, 1))
    states = lambda c: [("+", (c,))] * 4  # noqa: E731
    add("BatchNorm", [_IMAGE[0], *states(4)], [_IMAGE[1], *states(64)], fix_gamma=False)
    add("LayerNorm", [SMALL, (8,), (8,)], [LARGE, (1024,), (1024,)])
    add("InstanceNorm", [_IMAGE[0], (4,), (4,)], [_IMAGE[1], (64,), (64,)])
    add("GroupNorm", [_IMAGE[0], (2,), (2,)], [_IMAGE[1], (2,), (2,)], num_groups=2)
    add("L2Normalization", [SMALL], [LARGE])
    add("LRN", [_IMAGE[0]], [_IMAGE[1]], nsize=5)
    for kind in "leaky elu gelu selu".split():
        add(f"LeakyReLU({kind})", [SMALL], [LARGE], "LeakyReLU", act_type=kind)
    add("Dropout", [SMALL], [LARGE], p=0.5)
    add("Embedding", [("i8", (8,)), SMALL], [("i1024", (32, 35)), LARGE], input_dim=None, output_dim=None)
    add("UpSampling", [_IMAGE[0]], [(4, 32, 28, 28)], scale=2, sample_type="nearest")
    add("transpose", [SMALL], [LARGE])
    add("reshape", [SMALL], [LARGE], shape=(-1, 4))
    add("slice", [SMALL], [LARGE], begin=(1, 1), end=(7, 7))
    add("slice_axis", [SMALL], [LARGE], axis=1, begin=0, end=4)
    add("concat", [SMALL] * 3, [LARGE] * 3, dim=1)
    add("stack", [SMALL] * 3, [LARGE] * 3, axis=0)
    add("split", [SMALL], [LARGE], num_outputs=2, axis=1)
    add("tile", [SMALL], [(256, 256)], reps=(2, 2))
    add("repeat", [SMALL], [(256, 256)], repeats=2, axis=1)
    add("expand_dims", [SMALL], [LARGE], axis=0)
    add("flip", [SMALL], [LARGE], axis=1)
    add("pad", [_IMAGE[0]], [_IMAGE[1]], mode="constant", pad_width=(0, 0, 0, 0, 1, 1, 1, 1))
    add("where", [("i2", SMALL), SMALL, SMALL], [("i2", LARGE), LARGE, LARGE])
    add("take", [SMALL, ("i8", (4,))], [LARGE, ("i1024", (4096,))])
    add("pick", [SMALL, ("i8", (8,))], [LARGE, ("i1024", (1024,))], axis=1)
    add("gather_nd", [SMALL, ("i8", (2, 8))], [LARGE, ("i1024", (2, 4096))])
    add("one_hot", [("i8", (8,))], [("i1024", (1024,))], depth=1024)
    add("topk", [SMALL], [LARGE], k=5, axis=1)
    add("sort", [SMALL], [LARGE], axis=1)
    add("argsort", [SMALL], [LARGE], axis=1)
    add("SequenceMask", [(4, 8, 8), ("i4", (8,))], [(64, 64, 256), ("i64", (64,))], use_sequence_length=True)
    add("SequenceReverse", [(4, 8, 8)], [(64, 64, 256)])
    add("smooth_l1", [SMALL], [LARGE], scalar=1.0)
    add("cast", [SMALL], [LARGE], dtype="float64")
    add("add_n", [SMALL] * 3, [LARGE] * 3)
    add("cumsum", [SMALL], [LARGE], axis=1)
    add("_random_uniform", [], [], shape=None)
    add("_random_normal", [], [], shape=None)
    add("_sample_multinomial", [("p", SMALL)], [("p", LARGE)])
    add("_shuffle", [SMALL], [LARGE])
    add("_zeros", [], [], shape=None)
    add("_arange", [], [], start=0, stop=None)
    add("sgd_mom_update", [SMALL] * 3, [LARGE] * 3, lr=0.1, momentum=0.9)
    add("adam_update", [*[SMALL] * 3, ("+", SMALL)], [*[LARGE] * 3, ("+", LARGE)], lr=0.1)
    rnn = {"mode": "lstm", "num_layers": 1, "state_size": None, "state_outputs": True}
    add(
        "RNN(lstm)",
        [(4, 2, 8), (4 * 8 * 18,), (1, 2, 8), (1, 2, 8)],
        [(35, 32, 200), (4 * 200 * 402,), (1, 32, 200), (1, 32, 200)],
        "RNN",
        **rnn,
    )
    add("CTCLoss", [(8, 4, 8), ("i7", (4, 3))], [(50, 32, 64), ("i63", (32, 10))])
    add(
        "ROIPooling",
        [_IMAGE[0], ("roi", (2, 5))],
        [(2, 64, 28, 28), ("roi", (32, 5))],
        pooled_size=(7, 7),
        spatial_scale=1.0,
    )
    add("_contrib_box_nms", [("+", (1, 16, 6))], [("+", (1, 1000, 6))])
    add("_contrib_BilinearResize2D", [_IMAGE[0]], [(4, 32, 28, 28)], height=56, width=56)
    return table


NOT_DIFFERENTIATED = frozenset(
    "argmax one_hot sort argsort topk _random_uniform _random_normal _sample_multinomial _shuffle _zeros _arange "
    "sgd_mom_update adam_update _contrib_box_nms broadcast_greater floor sign softmax_cross_entropy cast".split()
)


def fill(name: str, inputs: list[Any], params: dict[str, Any], large: bool) -> dict[str, Any]:
    """The parameters of a call, those that depend on the inputs filled in."""
    shape = LARGE if large else SMALL
    filled = dict(params)
    for key, value in params.items():
        if value is not None:
            continue
        if key == "num_filter":
            filled[key] = inputs[1][1][1 if name == "Deconvolution" else 0]
        elif key == "num_group":
            filled[key] = inputs[1][1][0]
        elif key == "num_hidden":
            filled[key] = inputs[1][1][0]
        elif key in ("input_dim", "output_dim"):
            filled[key] = inputs[1][1][0 if key == "input_dim" else 1]
        elif key == "shape":
            filled[key] = shape
        elif key == "stop":
            filled[key] = shape[0] * shape[1]
        elif key == "state_size":
            filled[key] = inputs[2][1][2]
    return filled


def make(mx: Any, kind: str, shape: tuple[int, ...], rng: Any) -> Any:
    """An input array of a kind."""
    if kind.startswith("i"):
        data = rng.randint(0, int(kind[1:]), shape)
    elif kind == "+":
        data = rng.uniform(0.1, 1.0, shape)
    elif kind == "p":
        data = rng.uniform(0.1, 1.0, shape)
        data /= data.sum(-1, keepdims=True)
    elif kind == "spd":
        a = rng.normal(size=shape)
        data = a @ a.T + shape[0] * np.eye(shape[0])
    elif kind == "roi":
        data = np.concatenate([np.zeros((shape[0], 1)), np.tile([0, 0, 6, 6], (shape[0], 1))], 1)
    else:
        data = rng.normal(size=shape)
    return mx.nd.array(data.astype("float32"))
