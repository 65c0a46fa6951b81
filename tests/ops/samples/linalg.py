"""Linear algebra: products, factorizations, triangles."""

from tests.ops.rows import const, f, lower, row, spd

_SYMMETRIC = "only a triangle is read, but the gradient is that of a symmetric matrix"

ROWS = [
    row("dot", (3,), (3,)),
    row("dot", (2, 3), (3, 4)),
    row("dot", (3, 2), (3, 4), transpose_a=True),
    row("dot", (2, 3), (4, 3), transpose_b=True),
    row("dot", (3, 2), (4, 3), transpose_a=True, transpose_b=True),
    row("dot", (2, 2, 3), (3, 2, 2)),
    row("dot", (3, 2, 2), (3, 4), transpose_a=True),
    row("dot", (2, 3), (2, 2, 3), transpose_b=True),
    row("dot", (3,), (3, 4)),
    row("dot", (2, 3), (3,)),
    row("dot", (3,), (3, 4), transpose_a=True),
    row("dot", (2, 3), (3,), transpose_b=True),
    row("dot", f(2, 3, dtype="float64"), f(3, 2, dtype="float64")),
    row("dot", (2, 3), (4, 3)).set(raises="shape error"),
    row("dot", (3,), (3,), transpose_a=True).set(raises="transpose vectors"),
    row("batch_dot", (2, 2, 3), (2, 3, 4)),
    row("batch_dot", (2, 3, 2), (2, 3, 4), transpose_a=True),
    row("batch_dot", (2, 2, 3), (2, 4, 3), transpose_b=True),
    row("batch_dot", (2, 3, 2), (2, 4, 3), transpose_a=True, transpose_b=True),
    row("batch_dot", (2, 2, 2, 3), (2, 2, 3, 2)),
    row("batch_dot", (2, 3), (3, 4)).set(raises="at least 3"),
    row("batch_dot", (2, 2, 3), (1, 3, 4)).set(raises="shape error"),
    row("khatri_rao", (2, 3), (4, 3)).set(grad=False, note="MXNet has no gradient of it"),
    row("khatri_rao", (2, 3), (1, 3), (3, 3)).set(grad=False, note="MXNet has no gradient of it"),
    row("khatri_rao", (2, 3), (4, 2)).set(raises="columns"),
]

ROWS += [
    row("_linalg_gemm", (2, 3), (3, 4), (2, 4), alpha=2.0, beta=0.5),
    row("_linalg_gemm", (2, 3, 2), (2, 3, 4), (2, 2, 4), transpose_a=True),
    row("_linalg_gemm", (2, 3), (4, 3), (2, 4), transpose_b=True, beta=0.0),
    row("_linalg_gemm", (2, 2, 1, 3), (2, 3, 1, 2), (2, 2, 1, 2), axis=1),
    row("_linalg_gemm", (2, 3), (3, 4), (2, 3)).set(raises="C"),
    row("_linalg_gemm2", (2, 3), (3, 4), alpha=2.0),
    row("_linalg_gemm2", (2, 3, 2), (2, 4, 3), transpose_a=True, transpose_b=True),
    row("_linalg_gemm2", (2, 2, 1, 3), (2, 3, 1, 2), axis=-3),
    row("_linalg_gemm2", (2, 3), (2, 4)).set(raises="incompatible"),
    row("_linalg_gemm2", (2, 2, 3), (3, 3, 4)).set(raises="agree"),
    row("_linalg_syrk", (2, 3), alpha=2.0),
    row("_linalg_syrk", (2, 2, 3), transpose=True),
]

for _transpose in (False, True):
    for _right in (False, True):
        for _low in (True, False):
            _settings = {"transpose": _transpose, "rightside": _right, "lower": _low, "alpha": 2.0}
            _other = f(2, 2, 3) if _right else f(2, 3, 2)
            ROWS += [
                row("_linalg_trmm", f(2, 3, 3), _other, **_settings),
                row("_linalg_trsm", f(2, 3, 3, low=1, high=2), _other, **_settings).set(rtol=1e-3),
            ]

ROWS += [
    row("_linalg_trmm", (3, 2), (2, 2)).set(raises="square"),
    row("_linalg_trsm", (3, 3), (2, 2)).set(raises="incompatible"),
    row("_linalg_potrf", spd(3, 3)).set(numeric=False, note=_SYMMETRIC),
    row("_linalg_potrf", spd(2, 2, 2)).set(numeric=False, note=_SYMMETRIC),
    row("_linalg_potrf", spd(3, 3), lower=False).set(numeric=False, note=_SYMMETRIC),
    row("_linalg_potrf", const([[-1.0]])).set(raises="positive"),
    row("_linalg_potri", lower(3, 3)),
    row("_linalg_potri", lower(2, 2, 2)),
    row("_linalg_potri", lower(3, 3), lower=False),
    row("_linalg_gelqf", (2, 3)),
    row("_linalg_gelqf", (2, 3, 3)),
    row("_linalg_gelqf", (3, 2)).set(raises="rows"),
    row("_linalg_syevd", spd(3, 3)).set(numeric=False, note=_SYMMETRIC),
    row("_linalg_syevd", spd(2, 2, 2)).set(numeric=False, note=_SYMMETRIC),
    row("_linalg_inverse", lower(3, 3)),
    row("_linalg_inverse", spd(2, 2, 2)),
    row("_linalg_inverse", (2, 3)).set(raises="square"),
    row("_linalg_det", (3, 3)),
    row("_linalg_det", (2, 2, 2)),
    row("_linalg_det", const([[1.0, 2.0], [2.0, 4.0]])).set(numeric=False, note="singular: no gradient"),
    row("_linalg_slogdet", (3, 3)),
    row("_linalg_slogdet", (2, 3, 3)),
    row("_linalg_slogdet", const([[1.0, 2.0], [2.0, 4.0]])).set(numeric=False, note="singular: no gradient"),
    row("_linalg_sumlogdiag", spd(3, 3)),
    row("_linalg_sumlogdiag", spd(2, 2, 2)),
]

for _offset in (0, 1, -1):
    ROWS += [
        row("_linalg_extractdiag", (3, 3), offset=_offset),
        row("_linalg_makediag", (3,), offset=_offset),
        row("_linalg_extractdiag", (2, 2, 2), offset=_offset),
        row("_linalg_makediag", (2, 2), offset=_offset),
    ]
    for _low in (True, False):
        ROWS += [
            row("_linalg_extracttrian", (3, 3), offset=_offset, lower=_low),
            row("_linalg_extracttrian", (2, 2, 2), offset=_offset, lower=_low),
            row("_linalg_maketrian", (6,), offset=_offset, lower=_low),
            row("_linalg_maketrian", (2, 3), offset=_offset, lower=_low),
        ]

ROWS += [
    row("_linalg_extractdiag", (2, 2), offset=2).set(raises="offset"),
    row("_linalg_maketrian", (4,)).set(raises="triangle"),
]
