"""Loss layers. Most bring a gradient of their own, which no finite difference gives."""

from tests.ops.rows import const, f, ints, row

_OWN = "brings its own gradient"


def _own(name, *inputs, **params):
    return row(name, *inputs, **params).set(numeric=False, note=_OWN)


_LABEL = const([0, 2, 1])
_SCORES = f(3, 4, low=-2, high=2)
_MAP = f(2, 3, 2, 2, low=-2, high=2)

ROWS = [
    _own("SoftmaxOutput", _SCORES, _LABEL, **p)
    for p in (
        {},
        {"grad_scale": 0.5, "normalization": "batch"},
        {"normalization": "valid", "use_ignore": True, "ignore_label": 2},
        {"normalization": "valid", "ignore_label": 2},
        {"use_ignore": True, "ignore_label": 1, "smooth_alpha": 0.2},
        {"smooth_alpha": 0.1},
    )
]
ROWS += [
    _own("SoftmaxOutput", _SCORES, const([0, 4, -1])),  # labels that are no class
    _own("SoftmaxOutput", _SCORES, f(3, 4, low=0, high=1), grad_scale=2.0),  # probabilities as labels
    _own("SoftmaxOutput", (2, 3, 2), ints(2, 3, high=2), preserve_shape=True, normalization="batch"),
    _own("SoftmaxOutput", (2, 3, 2), ints(2, 3, high=2)),
    *(
        _own(
            "SoftmaxOutput",
            _MAP,
            ints(*shape, high=3),
            multi_output=True,
            normalization=n,
            use_ignore=True,
            ignore_label=1,
        )
        for shape in ((2, 4), (2, 2, 2), (2, 1, 2, 2))
        for n in ("null", "batch", "valid")
    ),
    _own("SoftmaxOutput", f(2, 3, dtype="float64"), ints(2, high=3, dtype="float64")),
    _own("SoftmaxOutput", _SCORES, _LABEL, out_grad=True).set(
        golden=False, note="the wheel multiplies by the output, not by the gradient from above"
    ),
    row("SoftmaxOutput", _SCORES, (2,)).set(raises="label"),
    row("SoftmaxOutput", _SCORES, _LABEL, normalization="all").set(raises="normalization"),
    row("softmax_cross_entropy", _SCORES, ints(3, high=4)).set(grad=False, note="the wheel refuses label gradients"),
    row("softmax_cross_entropy", f(2, 4, low=-2, high=2), ints(2, high=4)).set(golden=False, note="see above"),
    row("softmax_cross_entropy", _SCORES, (2,)).set(raises="label"),
]
for _name in ("LinearRegressionOutput", "LogisticRegressionOutput", "MAERegressionOutput"):
    ROWS += [
        _own(_name, (2, 3), (2, 3)),
        _own(_name, (4, 1), (4,), grad_scale=0.5),
        row(_name, (2, 3), (3, 2)).set(raises="label"),
    ]
ROWS += [
    _own("SVMOutput", _SCORES, _LABEL),
    _own("SVMOutput", _SCORES, _LABEL, use_linear=True, margin=0.5, regularization_coefficient=0.3),
    row("SVMOutput", _SCORES, (4,)).set(raises="label"),
    *(_own("MakeLoss", (2, 3), grad_scale=0.5, normalization=n, valid_thresh=0.1) for n in ("null", "batch", "valid")),
    _own("MakeLoss", (2, 3, 2), normalization="batch"),
    _own("IdentityAttachKLSparseReg", f(3, 2, low=0.1, high=0.9), moving_avg=f(2, low=0.1, high=0.9), penalty=0.1).set(
        golden=False, note="in the wheel the function of arrays has no place for the moving average"
    ),
]

# ---------------------------------------------------------------- CTC
_CTC = f(5, 2, 4, low=-2, high=2)
ROWS += [
    row("CTCLoss", _CTC, const([[1, 2, 0], [3, 3, 1]])).set(numeric=False, note="labels are not differentiable"),
    row("CTCLoss", _CTC, const([[1, 2, -1], [0, 0, 1]]), blank_label="last").set(
        numeric=False, note="labels are not differentiable"
    ),
    row("CTCLoss", _CTC, ints(2, 3, low=1, high=4)),
    row(
        "CTCLoss",
        _CTC,
        const([[1, 2, 3], [3, 3, 1]]),
        const([4, 5]),
        const([2, 3]),
        use_data_lengths=True,
        use_label_lengths=True,
    ).set(numeric=False, note="lengths are not differentiable"),
    row("CTCLoss", _CTC, const([[1, 2, 3], [3, 3, 1]]), label_lengths=const([1, 2]), use_label_lengths=True).set(
        numeric=False, note="lengths are not differentiable"
    ),
    row("CTCLoss", f(3, 1, 4), const([[1, 1, 1]])).set(
        golden=False, numeric=False, note="too short for the label: zero; the wheel's gradient is garbage"
    ),
    row("CTCLoss", f(3, 2, 4), const([[1, 1, 1]])).set(raises="label"),
    row("CTCLoss", f(2, 1, 4), const([[1, 1, 1]])).set(raises="steps to emit them in"),
]

_OLD = "of a plugin, which the wheel does not have"
ROWS += [
    row("WarpCTC", f(10, 4, low=-2, high=2), const([1, 2, 0, 0, 3, 1]), label_length=3, input_length=5).set(
        golden=False, numeric=False, note=_OLD
    ),
    row("WarpCTC", f(10, 4), const([1, 2, 0]), label_length=3, input_length=5).set(raises="label must have", note=_OLD),
    row("WarpCTC", f(10, 4), const([1, 2, 0]), label_length=3).set(raises="input_length", note=_OLD),
]
