"""Operators of ``contrib`` that belong to no other family."""

from tests.ops.rows import const, f, ints, row

_GPU = "MXNet has this operator on GPUs only"
_DATA = "MXNet refuses a gradient of events and lengths; tests/unit/test_ops_contrib.py checks the others"


def _hawkes(marks, lengths, **flags):
    n, t = len(marks), len(marks[0])
    return row(
        "_contrib_hawkesll",
        f(n, 3, low=0.5, high=2),
        f(3, low=0.1, high=0.5),
        f(3, low=0.5, high=2),
        f(n, 3, low=0, high=1),
        f(n, t, low=0.1, high=1),
        const(marks, dtype="int32"),
        const(lengths),
        f(n, low=6, high=9),
        **flags,
    ).set(grad=False, note=_DATA)


ROWS = [
    row("_contrib_interleaved_matmul_selfatt_qk", (4, 2, 12), heads=2),
    row("_contrib_interleaved_matmul_selfatt_qk", (3, 1, 9), heads=1),
    row("_contrib_interleaved_matmul_selfatt_qk", (3, 1, 9), heads=2).set(raises="heads"),
    row("_contrib_interleaved_matmul_selfatt_qk", (3, 9), heads=1).set(raises="queries_keys_values"),
    row("_contrib_interleaved_matmul_selfatt_valatt", (4, 2, 12), (4, 4, 4), heads=2),
    row("_contrib_interleaved_matmul_selfatt_valatt", (4, 2, 12), (4, 4, 3), heads=2).set(raises="attention"),
    row("_contrib_interleaved_matmul_selfatt_valatt", (4, 2, 12), (4, 3, 4), heads=2).set(raises="attention"),
    row("_contrib_interleaved_matmul_encdec_qk", (3, 2, 4), (5, 2, 8), heads=2),
    row("_contrib_interleaved_matmul_encdec_qk", (3, 2, 4), (5, 1, 8), heads=2).set(raises="keys_values"),
    row("_contrib_interleaved_matmul_encdec_valatt", (5, 2, 8), (4, 3, 5), heads=2),
    row("_contrib_interleaved_matmul_encdec_valatt", (5, 2, 8), (2, 3, 5), heads=2).set(raises="attention"),
    _hawkes([[0, 1, 0, 2, 1], [2, 2, 2, 0, 1]], [5, 3]),
    _hawkes([[1, 1]], [0]),
    _hawkes([[1, 3]], [2]).set(raises="index 3"),
    row("_contrib_hawkesll", (2, 3), (2,), (3,), (2, 3), (2, 4), (2, 4), (2,), (2,)).set(raises="alpha"),
    row("_contrib_fft", (2, 5)).set(golden=False, note=_GPU),
    row("_contrib_fft", (1, 2, 2, 4), compute_size=2).set(golden=False, note=_GPU),
    row("_contrib_fft", (2, 3, 4)).set(raises="2D or 4D"),
    row("_contrib_ifft", (2, 10)).set(golden=False, note=_GPU),
    row("_contrib_ifft", (2, 1, 2, 6)).set(golden=False, note=_GPU),
    row("_contrib_ifft", (2, 5)).set(raises="pairs"),
    row("_contrib_count_sketch", (3, 6), ints(1, 6, high=4), const([[1, -1, 1, 1, -1, -1]]), out_dim=4).set(
        golden=False, numeric=False, note=f"{_GPU}; the gradient reaches the data only"
    ),
    row("_contrib_count_sketch", (3, 6), ints(1, 6, low=4, high=9), (1, 6), out_dim=4).set(raises="out of bounds"),
    row("_contrib_count_sketch", (3, 6), (1, 5), (1, 6), out_dim=4).set(raises="h should"),
]
