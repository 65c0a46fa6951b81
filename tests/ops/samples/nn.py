"""Layers: linear, convolution, pooling, normalization, activation, dropout, softmax, resizing."""

from tests.ops.rows import away, const, distinct, f, ints, row

ROWS = [
    row("FullyConnected", (2, 3), (4, 3), (4,), num_hidden=4),
    row("FullyConnected", (2, 3, 2), (4, 6), num_hidden=4, no_bias=True),
    row("FullyConnected", (2, 3, 2), (4, 2), (4,), num_hidden=4, flatten=False),
    row("FullyConnected", (3,), (2, 1), (2,), num_hidden=2),
    row("FullyConnected", (2, 3), (4, 3), (4, 1), num_hidden=4).set(golden=False, note="float64 only there"),
    row("FullyConnected", f(2, 3, dtype="float64"), f(4, 3, dtype="float64"), num_hidden=4, no_bias=True),
    row("FullyConnected", (2, 3), (4, 5), (4,), num_hidden=4).set(raises=r"weight"),
    row("FullyConnected", (2, 3), (4, 3), (4,), num_hidden=0).set(raises=r"num_hidden"),
    # ---------------------------------------------------------------- convolution
    row("Convolution", (1, 2, 5), (3, 2, 3), (3,), kernel=(3,), num_filter=3),
    row("Convolution", (1, 2, 4, 5), (3, 2, 3, 2), (3,), kernel=(3, 2), num_filter=3, pad=(1, 0), stride=(2, 1)),
    row(
        "Convolution", (2, 4, 4, 3), (4, 2, 2, 2), kernel=(2, 2), num_filter=4, num_group=2, no_bias=True, dilate=(2, 1)
    ),
    row(
        "Convolution",
        (1, 3, 4, 4),
        (3, 1, 3, 3),
        (3,),
        kernel=(3, 3),
        num_filter=3,
        num_group=3,
        pad=(1, 1),
        layout="NCHW",
    ),
    row("Convolution", (1, 1, 3, 3, 4), (2, 1, 2, 2, 2), (2,), kernel=(2, 2, 2), num_filter=2),
    row("Convolution", (1, 4, 5, 2), (3, 3, 2, 2), (3,), kernel=(3, 2), num_filter=3, layout="NHWC").set(
        golden=False, note="the wheel takes this layout on GPUs only"
    ),
    row("Convolution", (1, 2, 4, 5), (3, 3, 3, 3), (3,), kernel=(3, 3), num_filter=3).set(raises="weight"),
    row("Convolution", (1, 2, 4, 5), (3, 2, 5, 5), (3,), kernel=(5, 5), num_filter=3).set(raises="kernel size"),
    row("Convolution", (1, 2, 4, 5), (3, 2, 3, 3), (3,), kernel=(3, 3), num_filter=3, num_group=2).set(
        raises="num_filter must divide group size"
    ),
    row("Convolution", (1, 2, 4, 5), (3, 2, 3, 3), (3,), kernel=(3, 3), num_filter=3, stride=(1,)).set(raises="stride"),
    row("Convolution_v1", (1, 2, 4, 5), (3, 2, 3, 2), (3,), kernel=(3, 2), num_filter=3, pad=(1, 0), stride=(2, 1)),
    row("Convolution_v1", (1, 4, 4, 3), (2, 2, 2, 2), kernel=(2, 2), num_filter=2, num_group=2, no_bias=True),
    row("Deconvolution", (1, 2, 4), (2, 3, 3), kernel=(3,), num_filter=3, stride=(2,)),
    row(
        "Deconvolution",
        (1, 2, 3, 2),
        (2, 3, 3, 2),
        (3,),
        kernel=(3, 2),
        num_filter=3,
        no_bias=False,
        stride=(2, 3),
        pad=(1, 0),
        adj=(1, 2),
    ),
    row("Deconvolution", (1, 4, 3, 2), (4, 1, 2, 2), kernel=(2, 2), num_filter=2, num_group=2, stride=(2, 2)),
    row(
        "Deconvolution", (1, 1, 3, 3), (1, 2, 4, 4), kernel=(4, 4), num_filter=2, stride=(2, 2), target_shape=(6, 7)
    ).set(golden=False, note="oneDNN refuses"),
    row("Deconvolution", (1, 1, 2, 2, 2), (1, 2, 2, 1, 2), kernel=(2, 1, 2), num_filter=2, stride=(2, 1, 1)),
    row("Deconvolution", (1, 1, 3, 3), (1, 2, 2, 2), kernel=(2, 2), num_filter=2, adj=(1, 1)).set(raises="adj"),
    row("Deconvolution", (1, 1, 3, 3), (1, 2, 2, 2), kernel=(2, 2), num_filter=2, target_shape=(9, 9)).set(
        raises="too big target shape"
    ),
]

# -------------------------------------------------------------------- pooling
_WINDOWS = [
    {"kernel": (2, 2)},
    {"kernel": (3, 2), "stride": (2, 2), "pad": (1, 1)},
    {"kernel": (2, 3), "stride": (2, 2), "pooling_convention": "full"},
    {"kernel": (2, 2), "global_pool": True},
]
ROWS += [row("Pooling", distinct(1, 2, 5, 4), pool_type=kind, **w) for kind in ("max", "sum") for w in _WINDOWS]
ROWS += [
    row("Pooling", f(1, 2, 5, 4), pool_type="avg", **w).set(
        golden="full" not in w.values(), note="the wheel's float32 gradient is wrong where a window hangs over"
    )
    for w in _WINDOWS
]
ROWS += [row("Pooling", f(1, 2, 5, 4, dtype="float64"), pool_type="avg", **_WINDOWS[2])]
ROWS += [
    row("Pooling", (1, 2, 5, 4), pool_type="avg", count_include_pad=False, **_WINDOWS[1]),
    row("Pooling", f(1, 2, 5, 4, low=0.1, high=1), pool_type="lp", p_value=2, **_WINDOWS[1]),
    row("Pooling", (1, 2, 5, 4), pool_type="lp", p_value=1, kernel=(2, 2)),
    row("Pooling", f(1, 1, 4, 4, low=0.1, high=1), pool_type="lp", p_value=3, kernel=(2, 2)),
    row("Pooling", const([[[[0.0, 0, 1], [0, 0, 2], [3, 4, 5]]]]), pool_type="lp", p_value=2, kernel=(2, 2)).set(
        numeric=False, note="the norm of a window is zero, and so is its gradient"
    ),
    row("Pooling", distinct(2, 1, 6), pool_type="max", kernel=(3,), stride=(2,)),
    row("Pooling", (2, 1, 6), pool_type="avg", kernel=(3,), stride=(2,), pad=(1,)),
    row("Pooling", distinct(1, 1, 3, 4, 3), pool_type="max", kernel=(2, 2, 2)),
    row("Pooling", (1, 1, 3, 4, 3), pool_type="avg", kernel=(2, 2, 2), stride=(1, 2, 1)),
    row("Pooling", distinct(1, 4, 5, 2), pool_type="max", kernel=(2, 2), layout="NHWC"),
    row("Pooling", (1, 4, 5, 2), pool_type="avg", kernel=(2, 2), stride=(2, 2), layout="NHWC"),
    row(
        "Pooling",
        distinct(1, 2, 7),
        pool_type="max",
        kernel=(3,),
        stride=(2,),
        pad=(0, 0, 0),
        pooling_convention="same",
    ).set(golden=False, note="the wheel reads past the parameter pad"),
    row("Pooling", (1, 2, 3, 3), pool_type="max", kernel=(2, 2), stride=(1, 1), pad=(2, 2)).set(
        golden=False, numeric=False, note="oneDNN refuses so much padding; the other kernel gives the lowest number"
    ),
    row("Pooling", (1, 2, 3, 3)).set(raises="kernel"),
    row("Pooling", (1, 2, 3, 3), kernel=(4, 4)).set(raises="kernel size"),
    row("Pooling", (1, 2, 3, 3), kernel=(2,)).set(raises="data should be 3D"),
    row("Pooling", (1, 2, 3, 3), kernel=(2, 2), pool_type="lp").set(raises="p_value"),
    row("Pooling", ints(1, 2, 3, 3, dtype="int32"), kernel=(2, 2)).set(raises="floating point"),
    row("Pooling_v1", distinct(1, 2, 5, 4), pool_type="max", kernel=(3, 2), stride=(2, 2), pad=(1, 1)),
    row(
        "Pooling_v1", (1, 2, 5, 4), pool_type="avg", kernel=(3, 2), stride=(2, 2), pad=(1, 1), pooling_convention="full"
    ),
    row("Pooling_v1", (1, 2, 5, 4), pool_type="sum", kernel=(2, 2), global_pool=True),
    row("_contrib_AdaptiveAvgPooling2D", (1, 2, 5, 4)),
    row("_contrib_AdaptiveAvgPooling2D", (1, 2, 5, 4), output_size=(3, 2)),
    row("_contrib_AdaptiveAvgPooling2D", (1, 2, 3, 4), output_size=4),
    row("_contrib_AdaptiveAvgPooling2D", (1, 2, 3, 4), output_size=(1, 2, 3)).set(raises="output_size"),
]

# Outside training mode the wheel keeps no positions of maxima, and its gradient is garbage.
ROWS = [r.set(train=True) if r.op == "Pooling" and not r.raises else r for r in ROWS]

# -------------------------------------------------------------------- resizing
ROWS += [
    row("_contrib_BilinearResize2D", (1, 2, 3, 4), height=5, width=3),
    row("_contrib_BilinearResize2D", (1, 2, 3, 4), height=1, width=6, align_corners=False),
    row("_contrib_BilinearResize2D", (1, 2, 3, 4), scale_height=2.0, scale_width=0.5),
    row("_contrib_BilinearResize2D", (1, 2, 3, 4), scale_height=2.0, scale_width=0.5, mode="odd_scale"),
    row("_contrib_BilinearResize2D", (1, 2, 3, 4), (1, 1, 5, 2), mode="like"),
    *(
        row("_contrib_BilinearResize2D", (1, 2, 3, 4), mode=f"to_{parity}_{way}")
        for parity in ("even", "odd")
        for way in ("up", "down")
    ),
    row("UpSampling", (1, 2, 2, 3), scale=2, sample_type="nearest"),
    row("UpSampling", (1, 2, 2, 1), (1, 1, 4, 2), scale=4, sample_type="nearest"),
    row("UpSampling", (1, 2, 2, 1), (1, 2, 4, 2), scale=4, sample_type="nearest", multi_input_mode="sum"),
    row("UpSampling", (1, 2, 2, 3), (2, 1, 4, 4), scale=2, sample_type="bilinear", num_filter=2),
    row("UpSampling", (1, 1, 2, 3), (1, 1, 5, 5), scale=3, sample_type="bilinear", num_filter=1),
    row("UpSampling", (1, 2, 2, 1), (1, 2, 3, 2), scale=4, sample_type="nearest").set(raises="does not divide"),
]

# -------------------------------------------------------------------- normalization
_UPDATES = "MXNet updates moving averages in the backward pass"
_FIXED = "no gradient goes to the moving averages"


def _states(c):
    return f(c), f(c, low=0.5, high=2)


ROWS += [
    row("BatchNorm", (2, 3, 2, 2), const([1, 1, 1]), (3,), *_states(3)).set(numeric=False, note=_FIXED),
    row("BatchNorm", (2, 3, 2, 2), (3,), (3,), *_states(3), fix_gamma=False, eps=1e-2).set(numeric=False, note=_FIXED),
    row("BatchNorm", (2, 3), (3,), (3,), *_states(3), fix_gamma=False, output_mean_var=True).set(
        numeric=False, note=_FIXED
    ),
    row("BatchNorm", (2, 2, 3), (3,), (3,), *_states(3), fix_gamma=False, axis=-1, use_global_stats=True).set(
        train=True, numeric=False, note=_FIXED
    ),
    row(
        "BatchNorm",
        f(2, 3, 2, dtype="float64"),
        f(3, dtype="float64"),
        f(3, dtype="float64"),
        f(3, dtype="float64"),
        f(3, low=0.5, high=2, dtype="float64"),
        fix_gamma=False,
    ).set(numeric=False, note=_FIXED),
    row("BatchNorm", f(2, 3, 2, 2, dtype="float16"), (3,), (3,), *_states(3), fix_gamma=False).set(
        rtol=1e-2, atol=1e-2, numeric=False, note="float16 data, float32 parameters"
    ),
    row("BatchNorm", (2, 3, 2, 2), (3,), (3,), *_states(3), fix_gamma=False).set(
        train=True, golden=False, note=_UPDATES
    ),
    row("BatchNorm", (4, 2, 3), (3,), (3,), *_states(3), fix_gamma=True, axis=2, output_mean_var=True).set(
        train=True, golden=False, numeric=False, note=_UPDATES + "; mean and variance hand no gradient on"
    ),
    row("BatchNorm", (2, 3, 2, 2), (2,), (2,), (2,), (2,)).set(raises="gamma"),
    row("BatchNorm", (2, 3), (3,), (3,), (3,), (3,), axis=2).set(raises="axis"),
    row("_contrib_SyncBatchNorm", (2, 3, 2, 2), const([1, 1, 1]), (3,), *_states(3), key="a").set(
        numeric=False, note=_FIXED
    ),
    row("_contrib_SyncBatchNorm", (2, 3, 2, 2), (3,), (3,), *_states(3), key="b", fix_gamma=False).set(
        train=True, golden=False, note=_UPDATES
    ),
    row("_contrib_BatchNormWithReLU", (2, 3, 2, 2), (3,), (3,), *_states(3), fix_gamma=False).set(
        train=True, golden=False, note=_UPDATES
    ),
    row("_contrib_BatchNormWithReLU", (2, 3, 2, 2), const([1, 1, 1]), (3,), *_states(3)).set(
        grad=False, note="the wheel's gradient outside training mode is that of training"
    ),
    row(
        "BatchNorm_v1", (2, 3, 2, 2), (3,), (3,), moving_mean=f(3), moving_var=f(3, low=0.5, high=2), fix_gamma=False
    ).set(train=True, golden=False, note="in the wheel the function of arrays has no place for the moving averages"),
    row("LayerNorm", (2, 3, 4), (4,), (4,)),
    row("LayerNorm", (2, 3, 4), (3,), (3,), axis=1, eps=1e-2),
    row("LayerNorm", (2, 5), (5,), (5,), output_mean_var=True).set(numeric=False, note="moments hand no gradient on"),
    row("LayerNorm", (2, 5), (4,), (5,)).set(raises="gamma"),
    row("GroupNorm", (2, 4, 3), (2,), (2,), num_groups=2),
    row("GroupNorm", (2, 3, 2, 2), (1,), (1,), output_mean_var=True).set(
        numeric=False, note="moments hand no gradient on"
    ),
    row("GroupNorm", (2, 3, 2, 2), (2,), (2,), num_groups=2).set(raises="divisible"),
    row("InstanceNorm", (2, 3, 4), (3,), (3,)),
    row("InstanceNorm", (2, 2, 3, 2), (2,), (2,), eps=1e-2),
    row("InstanceNorm", (2, 3), (3,), (3,)).set(raises="rank"),
    *(row("L2Normalization", (2, 3, 2, 2), mode=mode, eps=1e-3) for mode in ("instance", "channel", "spatial")),
    row("L2Normalization", (2, 3)),
    row("L2Normalization", (2, 3), mode="spatial").set(raises="at least 3"),
    row("LRN", (1, 5, 2, 2), nsize=3),
    row("LRN", (1, 4, 2, 2), nsize=5, alpha=0.5, beta=0.5, knorm=1.0),
    row("LRN", (1, 5, 2, 2), nsize=4, alpha=0.5),
    row("LRN", (1, 4, 2, 2), nsize=0).set(raises="nsize"),
]

# -------------------------------------------------------------------- activation
_STEEP = const([[-25.0, -3.0, -0.5], [0.5, 3.0, 25.0]])
_KINK = const([0.0, -0.0, 1e-3, -1e-3, float("inf")])
ROWS += [row("Activation", _STEEP, act_type=a) for a in ("relu", "sigmoid", "softrelu", "softsign", "tanh")]
ROWS += [row("Activation", _KINK, act_type="relu").set(numeric=False)]
ROWS += [row("Activation", (2, 3), act_type="linear").set(raises="act_type")]
ROWS += [row("LeakyReLU", away(2, 3), act_type=a) for a in ("leaky", "elu", "gelu")]
ROWS += [
    row("LeakyReLU", away(2, 3), act_type="leaky", slope=0.1),
    row("LeakyReLU", away(2, 3), act_type="elu", slope=0.7),
    row("LeakyReLU", away(2, 3), act_type="selu").set(golden=False, note="the wheel's gradient below zero is wrong"),
    row("LeakyReLU", away(2, 3, 2), (3,), act_type="prelu"),
    row("LeakyReLU", away(2, 3), (1,), act_type="prelu"),
    row("LeakyReLU", away(2, 3, 2), (2, 3), act_type="prelu"),
    row("LeakyReLU", away(2, 3), act_type="rrelu", lower_bound=0.25, upper_bound=0.25).set(
        train=True, golden=False, numeric=False, note="without a range nothing is random; the slopes are an output"
    ),
    row("LeakyReLU", _KINK, act_type="leaky").set(numeric=False),
    row("Dropout", (2, 3), p=0.5),
    row("Dropout", (2, 3), p=0.0).set(train=True),
    row("Dropout", (2, 3), p=1.0, mode="always").set(numeric=False, note="zero times infinity"),
    row("Dropout", (2, 3), p=1.5).set(raises="p"),
]

# -------------------------------------------------------------------- softmax
ROWS += [
    row(op, f(2, 4, low=-3, high=3), **p)
    for op in ("softmax", "log_softmax", "softmin")
    for p in ({}, {"axis": 0}, {"temperature": 2.0})
]
ROWS += [
    row("softmax", f(2, 3, dtype="float16"), dtype="float32").set(rtol=1e-3, atol=1e-3, numeric=False),
    row("softmax", (2, 3), dtype="float64").set(numeric=False, note="nothing to compare: float64 throughout"),
    row("softmax", (2, 3, 2), const([[1, 2], [3, 0]], dtype="int32"), axis=1, use_length=True),
    row("softmax", (2, 3, 2), const([1, 2], dtype="int32"), axis=1, use_length=True).set(raises="length"),
    row("softmax", ints(2, 3, dtype="int32")).set(raises="floating point"),
    row("softmax", (2, 3), axis=2).set(raises="axis"),
    row("SoftmaxActivation", f(2, 3, low=-3, high=3)),
    row("SoftmaxActivation", f(2, 3, 2, low=-3, high=3), mode="channel"),
    row("SoftmaxActivation", f(2, 3, 2, low=-3, high=3)).set(
        golden=False, note="the wheel's gradient for more than two axes is not that of its output"
    ),
]
