"""Parameters as text: what MXNet 1.9.1 was seen to read and to refuse, and shapes against their grammar."""

import re
from typing import Optional

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet._core.params import Double, Floats, LongNonNeg, NonNeg, OpenShape, Shape, Shapes, codec_for

SPACE = r"[ \t\n\v\f\r]*"
# shape := space (open (item (space , space item)* space ,?)? close | number) space, with brackets that may mix
GRAMMAR = re.compile(
    rf"{SPACE}([(\[]{SPACE}(?P<items>ITEM(?:{SPACE},{SPACE}ITEM)*{SPACE}(?:,{SPACE})?)?[)\]]|(?P<alone>ALONE)){SPACE}".replace(
        "ITEM", rf"[+-]?[0-9]+{SPACE}L?"
    ).replace("ALONE", "-?[0-9]+")
)


def read(annotation, text):
    """The decoded value, or None when it is refused."""
    try:
        return codec_for(annotation).decode(text)
    except ValueError as e:
        assert "got " in str(e)
        assert len(str(e)) < 600
        return None


def expected_shape(text):
    found = GRAMMAR.fullmatch(text)
    if found is None:
        return None
    return tuple(int(n) for n in re.findall("[+-]?[0-9]+", found["items"] or found["alone"] or ""))


@settings(max_examples=2000, deadline=None)
@given(st.text(alphabet="()[], \t-+0123LNx.", max_size=12))
@example("")
@example("(,)")
@example("(3,3")
@example("3 3")
@example("[[[1]]]")
@example("(")
@example("()")
@example("( 3 L,-4, )\n")
def test_shapes_are_read_as_the_grammar_says(text):
    assert read(Shape, text) == expected_shape(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1)), st.sampled_from([",", ", ", " ,\t"]), st.booleans(), st.data())
def test_texts_of_the_grammar_are_read(sizes, comma, trailing, data):
    text = comma.join(str(n) + data.draw(st.sampled_from(["", "L"])) for n in sizes)
    text += "," if trailing and sizes else ""
    text = data.draw(st.sampled_from("([")) + text + data.draw(st.sampled_from(")]"))
    assert read(Shape, text) == tuple(sizes)
    place = data.draw(st.integers(0, len(text)))
    damaged = text[:place] + data.draw(st.sampled_from("()[]x:;{}")) + text[place:]
    assert read(Shape, damaged) == expected_shape(damaged)


DAMAGED = [
    "(3,3",
    "3,3)",
    "3 3",
    "3,,3",
    "[3 3]",
    "",
    " ",
    "(3,3)x",
    "x(3,3)",
    "((3,3))",
    "3L",
    "3,3",
    "3,",
    "(,3)",
    "(3,None)",
    "(None)",
    "+3",
    "(3.0,3)",
    "3.5",
    "(1e1,3)",
    "(0x10,3)",
    "(3,3),",
    "(3,3)(3,3)",
    "(\uff13,3)",
    "(3_0,3)",
    "(True,3)",
    "(999999999999999999999,3)",
    "(3l,3)",
    "{3,3}",
    "3 ,3",
    "(3,3))",
    "'3'",
    "(,)",
    "(3,3,,)",
    "(- 3,3)",
    "(--3,3)",
    "L",
    "(L)",
    "(3,3\x00)",
    "[" * 2000 + "1" + "]" * 2000,
    "(" + "9" * 90_000 + ")",
    "(1," * 60_000,
]


@pytest.mark.parametrize("text", DAMAGED, ids=lambda t: t[:20])
def test_damaged_shapes(text):
    assert read(Shape, text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(3, 3)", (3, 3)),
        ("(3,3,)", (3, 3)),
        ("3", (3,)),
        ("(3)", (3,)),
        ("[3,3)", (3, 3)),
        ("( )", ()),
        ("(03,+3)", (3, 3)),
    ],
)
def test_sound_shapes(text, value):
    assert read(Shape, text) == value


def test_open_shapes():
    assert read(OpenShape, "(3, None)") == (3, None)
    assert read(OpenShape, "None") == (None,)
    assert read(Shape, "None") is None
    assert read(Optional[Shape], "None") is None


@pytest.mark.parametrize(
    "value", [(True, 3), (3, False), True, ("3", 3), (2.5, 3), (2.0, 3), 2.5, (None, 3), None, {"a": 1}]
)
def test_values_that_are_no_sizes(value):
    assert read(Shape, value) is None


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (
            int,
            {"3": 3, " 3\n": 3, "+3": 3, "-3": -3, "03": 3},
            ["", "3_0", "True", "\uff13", "3.0", "99999999999", "3x", "1 2"],
        ),
        (NonNeg, {"4294967295": 2**32 - 1}, ["4294967296", "-1", "True"]),
        (LongNonNeg, {"99999999999": 99999999999}, ["9" * 30, "-1", "1e3"]),
        (
            float,
            {"1.5": 1.5, ".5": 0.5, "5.": 5, "-inf": -np.inf, "1.5f": 1.5},
            ["1_0", "\uff11", "1e400", "0x10", "1,5", "x"],
        ),
        (Double, {"1e-3": 0.001}, ["1_0", "1e400", "inff"]),
        (
            Floats,
            {"(0.5, 1)": (0.5, 1), "0.5": (0.5,)},
            ["(0.5", "0.5 1", "(nan,)", "(3L,)", "(True,)", "+1", "(0x10,)"],
        ),
        (
            Shapes,
            {"((0, 1), (2,))": ((0, 1), (2,))},
            ["((0, 1)", "((0, 1.5),)", "(((0,),),)", "((True,),)", "[" * 5000],
        ),
    ],
)
def test_numbers(annotation, good, bad):
    assert {t: read(annotation, t) for t in good} == good
    assert [t for t in bad if read(annotation, t) is not None] == []


def test_damaged_texts_in_operators_and_graphs():
    x = mx.sym.Variable("x")
    for make in (
        lambda: mx.sym.Pooling(x, kernel="(3,3", pool_type="max"),
        lambda: mx.nd.Pooling(mx.nd.ones((1, 1, 4, 4)), kernel="3 3", pool_type="max"),
        lambda: mx.sym.transpose(x, axes="[[[1, 0]]]"),
        lambda: mx.sym.zeros(shape=("2", 3)),
        lambda: mx.sym.FullyConnected(x, num_hidden=True),
        lambda: mx.nd.random.uniform(shape=(True, 3)),
    ):
        with pytest.raises(mx.MXNetError):
            make()


@pytest.mark.parametrize("make", [mx.nd.ones, mx.nd.zeros, mx.nd.empty, lambda s: mx.nd.full(s, 1)])
@pytest.mark.parametrize(
    "shape", [(2.5, 3), (2.0, 3), 2.5, ("2", 3), "(2, 3", (True, 3), np.array([2.0, 3.0]), None, [[2, 3]]]
)
def test_sizes_of_new_arrays_are_integers(make, shape):
    with pytest.raises(mx.MXNetError, match="shape"):
        make(shape)
    assert make("(2, 3)").shape == make(np.array([2, 3])).shape == make([np.int64(2), 3]).shape == (2, 3)


@pytest.mark.parametrize("shape", [(-2, 4), (2**70, 4)])
def test_sizes_that_no_array_has_in_inference(shape):
    net = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=2)
    for run in (
        lambda: net.infer_shape(x=shape),
        lambda: net.simple_bind(mx.cpu(), x=shape),
        lambda: mx.sym.Variable("x", shape=shape).infer_shape(),
    ):
        with pytest.raises(mx.MXNetError, match=str(shape[0])):
            run()


@pytest.mark.parametrize("axes", [(5,), (2,), (-3,), (0, 7)])
@pytest.mark.parametrize("mode", ["training", "always"])
def test_axes_of_dropout(axes, mode):
    with pytest.raises(mx.MXNetError, match="out of range"):
        mx.nd.Dropout(mx.nd.ones((2, 3)), axes=axes, mode=mode)
    with pytest.raises(mx.MXNetError, match="out of range"):
        mx.sym.Dropout(mx.sym.Variable("x"), axes=axes, mode=mode).infer_shape(x=(2, 3))
