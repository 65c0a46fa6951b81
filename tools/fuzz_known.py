"""Differences from MXNet 1.9.1 that the fuzz tool finds and that are meant."""

import fnmatch
from typing import Any

# operator pattern, kind of difference, text in the case or the details, reason
KNOWN = (
    ("*", "it crashes", "", "MXNet ends the process"),
    ("*", "it refuses", "", "MXNet refuses what we compute"),
    ("*", "we refuse", "not in a computational graph", "indices and truth values carry no gradient"),
    ("*", "we refuse", "out of bounds", "MXNet reads or writes beyond the array"),
    ("amp_cast", "values", "", "MXNet's MKL-DNN path rounds floats to integers; its Cast, and ours, truncate"),
    ("_mod_scalar", "gradient", "scalar=0.0", "a remainder by zero is the constant 0, so its gradient is 0"),
    ("_contrib_allclose", "we refuse", "tol must be", "a negative tolerance is an error"),
    ("_square_sum", "values", "exclude=True", "MXNet ignores exclude for sparse arrays"),
    ("_square_sum", "we refuse", "exclude=True", "MXNet ignores exclude for sparse arrays"),
    ("_square_sum", "results", "keepdims=True", "the result of a sum over rows is a dense array"),
    ("norm", "gradient", "instead of nan", "at zero the gradient is zero"),
    ("_arange", "values", "float16", "MXNet rounds start and step to whole numbers in float16"),
    ("_contrib_arange_like", "values", "float16", "MXNet rounds start and step to whole numbers in float16"),
    ("*power*", "gradient", "instead of nan", "the derivative of 0**x and of x**0 is zero"),
    (
        "_*_scalar",
        "values",
        "@uint8,scalar=-",
        "a negative number in an unsigned type wraps around; C++ leaves it open",
    ),
    ("clip", "values", "@uint8", "bounds outside of an integer type are brought into it; in MXNet they wrap around"),
    ("erf*", "values", "@", "not a number, and 1 - 1e-8, are no integers"),
    ("norm", "values", "@int", "MXNet rounds partial results to integers while it sums"),
    ("norm", "values", "@uint", "MXNet rounds partial results to integers while it sums"),
    # Neural layers and losses.
    ("Activation", "gradient", "act_type=softsign", "at infinity, where the value itself is not a number"),
    ("BatchNorm*", "results", "'after1'", "MXNet writes ones into gamma when fix_gamma is set"),
    ("_contrib_BatchNormWithReLU", "we refuse", "of gamma", "MXNet reads beyond the array"),
    ("_contrib_BilinearResize2D", "shape", "scale_width=", "MXNet ignores scale_width where scale_height is not given"),
    ("SoftmaxActivation", "gradient", "mode=instance", "wrong in MXNet for more than two axes (finite differences)"),
    ("SoftmaxActivation", "gradient", "3:3)", "wrong in MXNet for more than two axes (finite differences)"),
    ("SoftmaxOutput", "gradient", "out_grad=True", "MXNet multiplies by the output, not by the gradient from above"),
    ("CTCLoss", "*", "bb35b5f5,blank_label=last", "the blank among the labels has no meaning"),
    ("CTCLoss", "*", "4701d3af", "the blank among the labels has no meaning"),
    ("CTCLoss", "*", "afa61198)", "MXNet reads beyond the data for the label -1"),
    ("CTCLoss", "*", "afa61198,use_", "MXNet reads beyond the data for the label -1"),
    ("CTCLoss", "values", "afa61198,blank_label=first", "MXNet reads beyond the data for the label -1"),
    # Random numbers.
    ("_random_negative_binomial*", "we refuse", "p parameter", "MXNet draws garbage for p outside of (0, 1]"),
    ("_random_randint", "we refuse", "do not fit", "MXNet wraps bounds that the type does not hold"),
    ("_sample_unique_zipfian", "we refuse", "range_max must be", "MXNet never ends, or draws garbage"),
    # Infinities and NaN.
    ("_linalg_*", "values", "~special", "0 * NaN is NaN; BLAS passes over zeros, or gives up, as it likes"),
    ("_linalg_trsm", "gradient", "alpha=0.0", "MXNet divides by alpha"),
    ("*sort", "values", "~special", "MXNet leaves open where NaN goes; here it is above all numbers"),
    ("topk", "values", "~special", "MXNet leaves open where NaN goes; here it is above all numbers"),
    ("nansum", "values", "instead of nan", "MXNet's compensated sum subtracts infinity from infinity"),
    ("norm", "values", "instead of nan", "MXNet's compensated sum subtracts infinity from infinity"),
    ("moments", "values", "instead of nan", "MXNet's compensated sum subtracts infinity from infinity"),
    ("mean", "values", "~special@float16", "MXNet's sum overflows in float16"),
    ("Reshape", "we refuse", "cannot reshape", "MXNet drops elements, or reads beyond the array"),
    ("CTCLoss", "gradient", "e+", "MXNet has no alignment there, and divides by nearly nothing"),
    ("BatchNorm*", "results", "'after3', 'after4'", "MXNet moves the averages in the backward pass here"),
    ("BatchNorm", "we refuse", "of gamma", "MXNet reads beyond the array"),
    ("Dropout", "values", "", "random numbers"),
    ("Dropout", "gradient", "", "random numbers"),
    ("RNN", "*", "p=0.", "random numbers"),
    ("RNN", "*", "lstm_state_clip", "MXNet has clipping with cuDNN only, and ignores it on the CPU"),
    ("Convolution*", "values", "@int8", "MXNet's MKL-DNN path saturates int8"),
    ("LeakyReLU", "gradient", "act_type=selu", "wrong in MXNet below zero (finite differences)"),
    ("*onvolution", "values", "~special", "MXNet multiplies infinities with the zeros of the padding, too"),
    ("_contrib_BilinearResize2D", "values", "~special", "MXNet multiplies infinities with weights of zero, too"),
    ("_contrib_BilinearResize2D", "*", "scale_width=-", "MXNet ignores scale_width where scale_height is not given"),
    ("_contrib_SyncBatchNorm", "values", "output_mean_var=True", "MXNet leaves mean and variance unset in prediction"),
    ("_split_v2", "shape", "(1,) instead of ()", "nothing can use an array without axes"),
    ("cumsum", "gradient", "@float16", "MXNet adds up in float16"),
    ("cumsum", "values", "@float16", "MXNet adds up in float16"),
    ("im2col", "we refuse", "data must have", "MXNet passes over further axes"),
    (
        "soft*",
        "values",
        "temperature=-0",
        "MXNet looks for the maximum before it divides, and its exponentials overflow",
    ),
    (
        "soft*",
        "gradient",
        "temperature=-0",
        "MXNet looks for the maximum before it divides, and its exponentials overflow",
    ),
    ("LeakyReLU", "*", "act_type=rrelu", "MXNet leaves the mask unset in prediction, and it is random in training"),
    ("Pooling*", "values", "~special", "what is not a number is the maximum; in MXNet that depends on its place"),
    ("InstanceNorm", "values", "eps=0.0", "zero over zero is zero"),
    ("SoftmaxOutput", "values", "~special", "softmax of infinities is not a number"),
    ("LRN", "we refuse", "4D", "the documented rank; MXNet's MKL-DNN path takes matrices too"),
    ("LRN", "gradient", "alpha=-", "the norm to a fractional power has no derivative where it is not positive"),
    ("*Norm", "values", "~special", "the mean of infinities is infinite or not a number, by the order of operations"),
    ("_contrib_BilinearResize2D", "we refuse", "must be positive", "an image without pixels"),
    # Vision.
    ("Correlation", "we refuse", "max_displacement expects", "a distance is not negative"),
    ("*PSROIPooling", "we refuse", "data should have at least", "MXNet reads beyond the data"),
    ("*PSROIPooling", "we refuse", "trans should be", "MXNet reads beyond the offsets"),
    ("_contrib_MultiBoxTarget", "we refuse", "cls_pred should be", "MXNet reads beyond the scores"),
    ("_contrib_*Proposal", "we refuse", "feature_stride must be positive", "a stride of nothing divides by zero"),
    # Optimizers.
    ("all_finite", "values", "init_output=False", "the result starts from whatever is in a new array"),
    ("multi_all_finite", "values", "init_output=False", "the result starts from whatever is in a new array"),
    ("lamb_update_phase1", "values", "@float64", "MXNet holds beta in float32: 1 - beta**t is off by 1e-5"),
    ("nag_mom_update", "values", "after2", "MXNet decays the old weight here only if out is an array of its own"),
    (
        "rmspropalex_update",
        "values",
        "gamma1=0.0",
        "the difference of two equal numbers: all digits are rounding errors",
    ),
    ("*_update*", "values", "~special", "terms with a factor of zero are left out; MXNet's 0 * inf is not a number"),
    # Contrib.
    ("_contrib_interleaved_*", "we refuse", "multiple of", "MXNet truncates the head size and leaves parts undefined"),
    ("_contrib_interleaved_*", "we refuse", "heads expects", "no heads"),
    ("_contrib_interleaved_*", "we refuse", "attention should be", "MXNet reads beyond the array"),
)


def explain(case: Any, kind: str, details: Any) -> str | None:
    """The reason for a difference; None when there is none."""
    shown = f"{case.id}: {details}"
    for op, known_kind, text, reason in KNOWN:
        if fnmatch.fnmatchcase(kind, known_kind) and fnmatch.fnmatchcase(case.op, op) and text in shown:
            return reason
    return None
