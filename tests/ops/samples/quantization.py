"""Numbers of 8 bits that stand for a range."""

from tests.ops.rows import const, f, ints, row

_LOW, _HIGH = const([-1]), const([2])
_SUMS = const([[-(2**30), -(2**24), -1000, 0], [2**16, 2**23, 2**29, 3]], dtype="int32")
_TIES = const([0.5, 1.5, 2.5, -0.5, -1.5, 126.5, -127.0, 300.0, -300.0])


def _kinds(*types):
    """Each type with the range of the data, one that has negative numbers, and one that has none."""
    for out_type in types:
        yield {"out_type": out_type}
        for low in (-0.5, 0.0):
            yield {"out_type": out_type, "min_calib_range": low, "max_calib_range": 1.0}


ROWS = [
    row("_contrib_quantize", f(3, 4, low=-2, high=3), _LOW, _HIGH, out_type="int8").set(grad=False),
    row("_contrib_quantize", f(3, 4, low=-2, high=3), _LOW, _HIGH).set(grad=False),
    row("_contrib_quantize", f(2, 3, 2, 2), const([-3]), const([1]), out_type="int8").set(grad=False),
    row("_contrib_quantize", _TIES, const([0]), const([127]), out_type="int8").set(grad=False),
    row("_contrib_quantize", (2, 3), (2,), (1,)).set(raises="min_range"),
    row("_contrib_quantize", f(2, 3, dtype="float64"), _LOW, _HIGH).set(raises="float32"),
    row("_contrib_quantize_v2", ints(2, 3, low=-9, high=9, dtype="int8")).set(grad=False),
    row("_contrib_quantize_v2", ints(2, 3, high=9, dtype="uint8"), out_type="uint8").set(grad=False),
    row("_contrib_quantize_v2", (0,)).set(raises="no elements"),
    row("_contrib_dequantize", ints(3, 4, low=-128, high=128, dtype="int8"), _LOW, _HIGH).set(grad=False),
    row("_contrib_dequantize", ints(3, 4, high=256, dtype="uint8"), _LOW, _HIGH).set(grad=False),
    row("_contrib_dequantize", (2, 3), _LOW, _HIGH).set(raises="int8 or uint8"),
    row("_contrib_requantize", (2, 3), _LOW, _HIGH).set(raises="int32"),
]
ROWS += [
    row("_contrib_quantize_v2", f(3, 4, low=-2, high=3), **k).set(grad=False) for k in _kinds("auto", "int8", "uint8")
]
ROWS += [row("_contrib_requantize", _SUMS, _LOW, _HIGH, **k).set(grad=False) for k in _kinds("auto", "int8", "uint8")]
