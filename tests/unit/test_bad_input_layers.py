"""Bad input to layers, losses, vision operators and update rules: an error at once that names operator and argument."""

import numpy as np
import pytest

import mxnet as mx
from mxnet._core.registry import get_op
from tests.conftest import Work
from tests.ops import runner

_CLEAR = (mx.MXNetError, ValueError, TypeError, IndexError)
NAN = float("nan")


# operator, shapes of its inputs, parameters, what the message has to say
CASES = [
    # Ranks and shapes that do not go together.
    ("Convolution", [(1, 2, 5), (3, 2, 3, 3), (3,)], {"kernel": (3, 3), "num_filter": 3}, "data should be 4D"),
    ("Convolution", [(1, 2, 5, 5), (3, 2, 3, 2), (3,)], {"kernel": (3, 3), "num_filter": 3}, "weight"),
    ("Convolution", [(1, 2, 5, 5), (3, 2, 3, 3), (2,)], {"kernel": (3, 3), "num_filter": 3}, "bias"),
    ("Convolution", [(1, 2, 5), (3, 2, 3), (3,)], {"kernel": (3,), "num_filter": 3, "layout": "NCHW"}, "layout NCHW"),
    ("Deconvolution", [(1, 2, 5, 5), (3, 2, 3, 3)], {"kernel": (3, 3), "num_filter": 2}, "weight"),
    ("FullyConnected", [(2, 3), (4, 5), (4,)], {"num_hidden": 4}, "weight"),
    ("BatchNorm", [(2, 3), (3,), (3,), (2,), (3,)], {}, "moving_mean"),
    ("LayerNorm", [(2, 3), (2,), (3,)], {}, "gamma"),
    ("GroupNorm", [(2, 3, 2), (2,), (2,)], {"num_groups": 2}, "groups"),
    ("InstanceNorm", [(2, 3, 2), (3,), (2,)], {}, "beta"),
    ("LeakyReLU", [(2, 3), (4,)], {"act_type": "prelu"}, "gamma"),
    ("softmax", [(2, 3), (3,)], {"use_length": True}, "length"),
    ("SoftmaxOutput", [(2, 3), (3,)], {}, "label"),
    ("LinearRegressionOutput", [(2, 3), (2, 2)], {}, "label"),
    ("CTCLoss", [(5, 2, 4), (3, 2)], {}, "label"),
    ("CTCLoss", [(2, 2, 4), (2, 3)], {}, "label has 3 positions, data only 2 steps"),
    ("RNN", [(3, 2, 2), (7,), (1, 2, 2)], {"mode": "gru", "state_size": 2, "num_layers": 1}, "parameters"),
    (
        "RNN",
        [(0, 2, 2), (30,), (1, 2, 2)],
        {"mode": "gru", "state_size": 2, "num_layers": 1},
        "data should not be empty",
    ),
    ("BilinearSampler", [(1, 2, 4, 4), (1, 3, 4, 4)], {}, "grid"),
    ("ROIPooling", [(1, 2, 4, 4), (1, 4)], {"pooled_size": (2, 2), "spatial_scale": 1.0}, "rois"),
    ("ROIPooling", [(0, 2, 4, 4), (1, 5)], {"pooled_size": (2, 2), "spatial_scale": 1.0}, "data should not be empty"),
    ("_contrib_box_nms", [(5,)], {}, "data"),
    ("_contrib_box_encode", [(1, 4), (1, 4), (1, 4, 3), (1, 2, 4), (4,), (4,)], {}, "anchors"),
    ("_contrib_MultiBoxPrior", [(1, 2, 3, 0)], {}, "data should have pixels"),
    (
        "_contrib_DeformableConvolution",
        [(1, 2, 4, 4), (1, 9, 4, 4), (2, 2, 3, 3), (2,)],
        {"kernel": (3, 3), "num_filter": 2},
        "offset",
    ),
    ("_contrib_interleaved_matmul_selfatt_qk", [(4, 2, 10)], {"heads": 2}, "heads"),
    ("_contrib_fft", [(0, 4)], {}, "data"),
    ("sgd_mom_update", [(2, 3), (2, 3), (3, 2)], {"lr": 0.1}, "mom"),
    ("adam_update", [(2, 3), (3, 2), (2, 3), (2, 3)], {"lr": 0.1}, "grad"),
    ("multi_sgd_update", [(2, 3), (2, 3), (2,)], {"lrs": (0.1, 0.1), "wds": (0, 0), "num_weights": 2}, "num_weights"),
    ("multi_sgd_update", [(2, 3), (2, 3)], {"lrs": (0.1, 0.1), "wds": (0,), "num_weights": 1}, "lrs"),
    # Inputs that the parameters do not ask for, or that are missing.
    ("FullyConnected", [(2, 3), (4, 3)], {"num_hidden": 4}, "data, weight, bias"),
    ("FullyConnected", [(2, 3), (4, 3), (4,)], {"num_hidden": 4, "no_bias": True}, "but got 3"),
    ("LeakyReLU", [(2, 3), (3,)], {}, "but got 2"),
    ("LeakyReLU", [(2, 3)], {"act_type": "prelu"}, "gamma"),
    ("softmax", [(2, 3), (2,)], {}, "but got 2"),
    # Numbers out of range and words that are none.
    ("Convolution", [(1, 2, 5, 5), (3, 2, 3, 3), (3,)], {"kernel": (3, 3), "num_filter": -1}, "num_filter"),
    (
        "Convolution",
        [(1, 2, 5, 5), (3, 2, 3, 3), (3,)],
        {"kernel": (3, 3), "num_filter": 3, "stride": (0, 1)},
        "stride",
    ),
    ("Convolution", [(1, 2, 5, 5), (3, 2, 3, 3), (3,)], {"kernel": (3, 3), "num_filter": 3, "pad": (-1, 1)}, "pad"),
    ("Convolution", [(1, 2, 5, 5), (3, 2, 3, 3), (3,)], {"kernel": (3, 3), "num_filter": 3, "num_group": 2}, "group"),
    (
        "Deconvolution",
        [(1, 2, 5, 5), (2, 3, 3, 3)],
        {"kernel": (3, 3), "num_filter": 3, "target_shape": (-1, -1)},
        "target_shape",
    ),
    ("Deconvolution", [(1, 2, 5, 5), (2, 3, 3, 3)], {"kernel": (3, 3), "num_filter": 3, "adj": (1, 1)}, "adj"),
    ("Pooling", [(1, 2, 5, 5)], {"kernel": (2, 2), "pool_type": "median"}, "pool_type"),
    ("Pooling", [(1, 2, 5, 5)], {"kernel": (2, 2), "stride": (-1, 1)}, "stride"),
    ("Activation", [(2, 3)], {"act_type": "swish"}, "act_type"),
    ("LeakyReLU", [(2, 3)], {"act_type": "rrelu", "lower_bound": NAN}, "lower_bound"),
    ("Dropout", [(2, 3)], {"p": 1.5}, "p expects"),
    ("Dropout", [(2, 3)], {"p": NAN}, "p expects"),
    ("softmax", [(2, 3)], {"axis": 2}, "axis"),
    ("LRN", [(1, 4, 2, 2)], {"nsize": 0}, "nsize"),
    ("BatchNorm", [(2, 3), (3,), (3,), (3,), (3,)], {"axis": 5}, "axis"),
    ("UpSampling", [(1, 2, 3, 3)], {"scale": 0, "sample_type": "nearest"}, "scale"),
    ("UpSampling", [(1, 2, 3, 0)], {"scale": 2, "sample_type": "nearest"}, "pixels"),
    ("_contrib_BilinearResize2D", [(1, 2, 3, 3)], {"scale_height": NAN, "scale_width": 1.0}, "scale_height"),
    ("_contrib_AdaptiveAvgPooling2D", [(1, 2, 3, 3)], {"output_size": (-1, 2)}, "output_size"),
    ("SoftmaxOutput", [(2, 3), (2,)], {"smooth_alpha": 2.0}, "smooth_alpha"),
    ("RNN", [(3, 2, 2), (30,), (1, 2, 2)], {"mode": "elman", "state_size": 2, "num_layers": 1}, "mode"),
    ("RNN", [(3, 2, 2), (30,), (1, 2, 2)], {"mode": "gru", "state_size": 2, "num_layers": 10**6}, "parameters"),
    ("ROIPooling", [(1, 2, 4, 4), (1, 5)], {"pooled_size": (2, 2), "spatial_scale": 2.0}, "spatial_scale"),
    ("ROIPooling", [(1, 2, 4, 4), (1, 5)], {"pooled_size": (2, 2), "spatial_scale": NAN}, "spatial_scale"),
    ("_contrib_ROIAlign", [(1, 2, 4, 4), (1, 5)], {"pooled_size": (0, 2), "spatial_scale": 1.0}, "pooled_size"),
    ("_contrib_MultiBoxPrior", [(1, 2, 3, 3)], {"ratios": (-1.0,)}, "ratios"),
    ("_contrib_Proposal", [(1, 4, 2, 3), (1, 8, 2, 3), (1, 3)], {"scales": (1, 2), "ratios": (0.0,)}, "ratios"),
    ("Correlation", [(1, 2, 4, 4), (1, 2, 4, 4)], {"kernel_size": 2}, "kernel_size"),
    ("_contrib_interleaved_matmul_selfatt_qk", [(4, 2, 12)], {"heads": 0}, "heads"),
    ("ftml_update", [(2,), (2,), (2,), (2,), (2,)], {"lr": 0.1, "t": 1, "beta1": 2.0}, "beta1"),
    ("sgd_update", [(2,), (2,)], {}, "lr"),
    ("sgd_update", [(2,), (2,)], {"lr": "fast"}, "lr"),
    ("multi_sum_sq", [(2,)], {"num_arrays": 10**9}, "num_arrays"),
]


@pytest.mark.parametrize("op, shapes, params, words", CASES, ids=lambda v: v if isinstance(v, str) else None)
def test_error_names_operator_and_argument(op, shapes, params, words):
    given = [mx.nd.array(np.ones(s)) for s in shapes]
    with pytest.raises(_CLEAR) as caught, Work(at_most=5000):  # none does what the numbers ask for first
        runner.function(mx.nd, op)(*given, **params)
    assert op in str(caught.value)
    assert words in str(caught.value)


def test_regions_that_are_no_numbers_stay_inside():
    data = mx.nd.ones((1, 8, 5, 5))
    rois = mx.nd.array([[0, NAN, 1, 3, 3], [0, -float("inf"), 0, float("inf"), 4], [7, 0, 0, 2, 2]])
    for op, params in (
        ("ROIPooling", {"pooled_size": (2, 2)}),
        ("_contrib_PSROIPooling", {"pooled_size": 2, "output_dim": 2}),
        ("_contrib_DeformablePSROIPooling", {"pooled_size": 2, "output_dim": 2, "group_size": 2, "no_trans": True}),
    ):
        out = runner.function(mx.nd, op)(data, rois, spatial_scale=1.0, **params)
        assert out.shape[0] == 3, get_op(op)
        assert (out.asnumpy() <= 1).all()
