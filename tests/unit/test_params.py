"""Parameter codecs: native values, attribute strings, type strings."""

from typing import Annotated, Literal, Optional

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import example, given

from mxnet._core.params import (
    Double,
    DType,
    DTypeOf,
    Floats,
    Ge,
    Le,
    NonNeg,
    OpenShape,
    Shape,
    Shapes,
    codec_for,
)
from mxnet._core.registry import all_ops


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (int, "3", 3),
        (int, np.int64(3), 3),
        (int, "-1", -1),
        (float, "1e-3", 1e-3),
        (float, 2, 2.0),
        (bool, "True", True),
        (bool, "0", False),
        (bool, 1, True),
        (str, "abc", "abc"),
        (Shape, "(3, 3)", (3, 3)),
        (Shape, "[3,3]", (3, 3)),
        (Shape, "(3L, 4L)", (3, 4)),
        (Shape, 3, (3,)),
        (Shape, "()", ()),
        (OpenShape, "(None, 2)", (None, 2)),
        (Shape, np.array([1, 2]), (1, 2)),
        (Floats, "(0.5, 1)", (0.5, 1.0)),
        (Shapes, "((1, 2), (3, 4))", ((1, 2), (3, 4))),
        (Optional[int], "None", None),
        (Optional[int], "7", 7),
        (Literal["a", "b"], "a", "a"),
        (Literal[None, "a"], None, None),
        (DType, "float16", torch.float16),
        (DType, np.int32, torch.int32),
        (DType, "bfloat16", torch.bfloat16),
        (Annotated[Optional[torch.dtype], DTypeOf("None", "float32")], "None", None),
    ],
)
def test_decodes(annotation, value, expected):
    found = codec_for(annotation).decode(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "value", "words"),
    [
        (int, "abc", "int"),
        (int, 1.5, "int"),
        (NonNeg, "-1", ">= 0"),
        (float, "x", "float"),
        (bool, "maybe", "boolean"),
        (Shape, "(1, x)", "Shape"),
        (Annotated[int, Ge(1), Le(9)], 10, "<= 9"),
        (Literal["a", "b"], "c", "'a', 'b'"),
        (Literal["a", "b"], ["a"], "'a', 'b'"),
        (DType, "float99", "float32"),
    ],
)
def test_refuses(annotation, value, words):
    with pytest.raises(ValueError, match=".*") as caught:
        codec_for(annotation).decode(value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("annotation", "default", "expected"),
    [
        (int, 1, "int, optional, default='1'"),
        (NonNeg, 1, "int (non-negative), optional, default=1"),
        (float, 0.9, "float, optional, default=0.899999976"),
        (Double, 1.0, "double, optional, default=1"),
        (bool, False, "boolean, optional, default=0"),
        (Shape, (), "Shape(tuple), optional, default=[]"),
        (Optional[int], None, "int or None, optional, default='None'"),
        (Optional[float], None, "float or None, optional, default=None"),
        (Optional[Shape], None, "Shape or None, optional, default=None"),
        (Literal["b", "a"], "a", "{'a', 'b'},optional, default='a'"),
        (Optional[Literal["a"]], None, "{None, 'a'},optional, default='None'"),
        (
            Annotated[Optional[torch.dtype], DTypeOf("None", "float32")],
            None,
            "{'None', 'float32'},optional, default='None'",
        ),
        (Optional[Annotated[torch.dtype, DTypeOf("float32")]], None, "{None, 'float32'},optional, default='None'"),
    ],
)
def test_type_strings_are_those_of_mxnet(annotation, default, expected):
    assert codec_for(annotation).type_string(False, default) == expected


def test_required_type_string():
    assert codec_for(int).type_string(True, None) == "int, required"


@given(st.lists(st.integers(-(2**31), 2**31), max_size=6))
def test_shapes_survive_their_text(dims):
    assert codec_for(Shape).decode(str(tuple(dims))) == tuple(dims)


@example("²")
@given(st.text(max_size=40))
def test_any_text_is_decoded_or_refused(text):
    for annotation in (int, float, bool, Shape, Floats, Shapes, Optional[int], DType, Literal["a"]):
        try:
            codec_for(annotation).decode(text)
        except ValueError as e:
            assert "got " in str(e)  # says what was expected and what came


def test_values_of_plain_types_decode_to_themselves():
    samples = {int: (-3, 0, 7), float: (-0.5, float("inf")), bool: (True, False), str: ("", "x"), type(None): (None,)}
    for od in all_ops():
        for param in od.params.values():
            for kind in param.codec.plain:
                for value in samples[kind]:
                    assert param.codec.decode(value) is value, (od.name, param.name)


@pytest.mark.parametrize("value", [(np.int8(1), 1), (np.int64(1), 1), [1, 1], np.array([1, 1]), "(1, 1)"])
def test_tuples_hold_python_ints_whatever_they_are_given_as(value):
    found = codec_for(Shape).decode(value)
    assert found == (1, 1) and [type(v) for v in found] == [int, int]


def test_tuples_of_ints_refuse_floats():
    with pytest.raises(ValueError, match="Shape"):
        codec_for(Shape).decode((1.0, 2))
