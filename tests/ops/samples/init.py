"""Operators that make arrays."""

from tests.ops.rows import f, ints, row

_TYPES = "float16 float32 float64 uint8 int8 int32 int64".split()

ROWS = [row(name, shape=(2, 3), dtype=t) for name in ("_zeros", "_ones") for t in [*_TYPES, "bool"]]
ROWS += [row("_full", shape=(2, 3), dtype=t, value=2.7) for t in [*_TYPES, "bool"]]
ROWS += [
    row("_zeros", shape=(2, 3)),
    row("_zeros", shape=4),
    row("_zeros", shape=(2, 3), dtype="bfloat16").set(golden=False, note="MXNet's frontend lacks the name"),
    row("_zeros", shape=(-1, 3)).set(raises="shape"),
    row("_zeros", shape=(10**9, 10**9)).set(raises="memory"),
    row("_full", shape=(2,)).set(raises="value"),
    row("_zeros_without_dtype", shape=(2, 3)).set(golden=False, infer=False, note="no type: fails in MXNet"),
    row("_zeros_without_dtype", shape=(2, 3), dtype=4).set(golden=False, note="MXNet's frontend takes no codes"),
    row("_zeros_without_dtype", shape=(2,), dtype=99).set(raises="dtype"),
    row("_set_value", src=2.5).set(golden=False, infer=False, note="MXNet's wants out"),
    row("zeros_like", (2, 3)).set(numeric=False),
    row("ones_like", (2, 3)).set(numeric=False),
    row("zeros_like", ints(2, 3, dtype="int32")),
    row("ones_like", ints(2, 3, dtype="int32")),
]
_RANGES = (
    {"start": 0, "stop": 5},
    {"start": 5},
    {"start": 1, "stop": 2, "step": 0.25},
    {"start": 5, "stop": -1, "step": -2},
    {"start": 0, "stop": 3, "repeat": 2},
    {"start": 0.5, "stop": 7.2, "step": 1.3},
    {"start": 0, "stop": 1, "step": 0.1},
)
ROWS += [row("_arange", **p) for p in _RANGES]
ROWS += [
    row("_arange", start=1.7, stop=9.2, step=1.5, dtype=t).set(
        golden=t != "float16", note="MXNet rounds start and step to whole numbers in float16"
    )
    for t in _TYPES
]
ROWS += [
    row("_arange", start=3, stop=3).set(raises="range"),
    row("_arange", start=0, stop=5, step=0).set(raises="step"),
    row("_arange", start=0, stop=5, step=-1).set(raises="range"),
    row("_arange", start=0, stop=5, repeat=0).set(raises="repeat"),
    row("_arange", start=0, stop=1e300).set(raises="memory"),
    row("_arange", stop=5).set(raises="start"),
    row("_linspace", start=0, stop=1, num=5),
    row("_linspace", start=2, stop=-1, num=7, endpoint=False),
    row("_linspace", start=0, stop=9, num=4, dtype="int32"),
    row("_linspace", start=3, stop=9, num=1),
    row("_linspace", start=0, stop=1, num=-2).set(raises="shape"),
    row("_eye", N=3),
    row("_eye", N=2, M=4, k=1, dtype="int32"),
    row("_eye", N=4, M=3, k=-2),
    row("_eye", N=2, M=3, k=7),
    row("_contrib_arange_like", (2, 3)).set(grad=False),
    row("_contrib_arange_like", (2, 3), start=1.0, step=0.5, axis=1).set(grad=False),
    row("_contrib_arange_like", (2, 3), axis=-2).set(grad=False),
    row("_contrib_arange_like", (2, 3), repeat=2).set(grad=False),
    row("_contrib_arange_like", f(2, 3, dtype="float64"), start=0.1).set(grad=False),
    row("_contrib_arange_like", (2, 3), axis=3).set(raises="out of range"),
]

# ---------------------------------------------------------------------- those of NumPy's semantics

ROWS += [row(name, shape=(2, 3), dtype=t) for name in ("_npi_zeros", "_npi_ones") for t in [*_TYPES, "bool"]]
ROWS += [row("_npi_arange", **p) for p in _RANGES if p.get("repeat", 1) == 1]
ROWS += [
    row("_npi_zeros", shape=(2, -3)).set(raises="negative"),
    row("_npi_zeros", shape=(10**9, 10**9)).set(raises="memory"),
    row("_npi_arange", start=1.0, stop=5.0, step=0.5, dtype="int32"),
    row("_npi_arange", start=0, stop=5, step=0).set(raises="step"),
    row("_npi_arange", start=0, stop=1e300).set(raises="memory"),
    row("_npi_eye", N=3),
    row("_npi_eye", N=2, M=4, k=1, dtype="int32"),
    row("_npi_eye", N=-2).set(raises="negative"),
    row("_npi_identity", shape=(3, 3)),
    row("_npi_identity", shape=(2, 2), dtype="bool"),
    row("_npi_identity", shape=(2, 3)).set(raises="equal"),
    row("_npi_logspace", start=0, stop=2, num=3),
    row("_npi_logspace", start=1, stop=3, num=4, endpoint=False, base=2.0, dtype="float64"),
    row("_npi_logspace", start=0, stop=2, num=-1).set(raises="negative"),
    row("_npi_indices", dimensions=(2, 3)),
    row("_npi_indices", dimensions=(4,), dtype="float32"),
    row("_npi_indices", dimensions=(2, -3)).set(raises="negative"),
    row("_npi_full_like", (2, 3), fill_value=2.5).set(numeric=False),
    row("_npi_full_like", ints(2, 3, dtype="int32"), fill_value=2.5),
    row("_npi_full_like", (2, 3), fill_value=2.5, dtype="int32").set(grad=False),
]
ROWS += [row(f"_npi_{name}", M=5) for name in ("blackman", "hamming", "hanning")]
ROWS += [row(f"_npi_{name}", M=6, dtype="float64") for name in ("blackman", "hamming", "hanning")]
ROWS += [row("_npi_hanning").set(raises="M")]
