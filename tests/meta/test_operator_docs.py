"""The help of all operators has the same sections, and describes what there is."""

import inspect

import pytest

import mxnet as mx
from mxnet._core.frontend.arguments import DESCRIPTIONS
from mxnet._core.frontend.binding import argument_order
from mxnet._core.frontend.help import entries, split_sections
from mxnet._core.registry import all_ops

# In the order of numpydoc.
SECTIONS = ["Parameters", "Returns", "Raises", "Warns", "Notes", "References", "Examples"]
OPERATORS = {od.name: od for od in all_ops()}


def functions(space):
    """The functions of operators in a namespace and those below it."""
    for part in (space.op, space._internal, space.contrib, space.linalg, space.image, space.random, space.sparse):
        for shown in dir(part):
            function = getattr(part, shown, None)
            if hasattr(function, "operator"):
                yield f"{part.__name__}.{shown}", function


@pytest.mark.parametrize("space", [mx.nd, mx.sym], ids=["nd", "sym"])
def test_sections(space):
    wrong = []
    seen = 0
    for name, function in functions(space):
        seen += 1
        od = function.operator
        beginning, sections = split_sections(function.__doc__)
        first = beginning.partition("\n\n")[0]
        order = [SECTIONS.index(title) for title in sections if title in SECTIONS]
        parameters = entries(sections.get("Parameters", ""))
        expected = {*od.inputs, *od.params}
        if not first.strip() or not first.rstrip().endswith((".", ":", "!")):
            wrong.append(f"{name}: begins with {first!r}")
        if len(order) != len(sections) or order != sorted(order):
            wrong.append(f"{name}: sections {list(sections)}")
        if function.__doc__.count("\nParameters\n---") != 1 or function.__doc__.count("\nReturns\n---") != 1:
            wrong.append(f"{name}: sections that are there twice, or not at all")
        if not expected <= set(parameters):
            wrong.append(f"{name}: {sorted(expected - set(parameters))} are missing")
        unsaid = [n for n, description in parameters.items() if not description.strip()]
        if unsaid:
            wrong.append(f"{name}: nothing is said about {unsaid}")
        if "Tensor" in sections.get("Parameters", "") + sections.get("Returns", ""):
            wrong.append(f"{name}: speaks of tensors")
    assert not wrong
    assert seen > 700


@pytest.mark.parametrize("name", OPERATORS)
def test_what_is_described_exists(name):
    od = OPERATORS[name]
    _, sections = split_sections(inspect.cleandoc(od.doc))
    assert not set(entries(sections.get("Parameters", ""))) - {*od.inputs, *od.params, *argument_order(od)}


def test_a_text():
    text = mx.nd.Convolution.__doc__
    assert "\ndata : NDArray\n    ``(batch, channels, *spatial)``" in text
    assert "\nstride : Shape(tuple), optional, default=[]\n    One value a spatial axis.\n" in text
    assert "\nReturns\n-------\nNDArray\n    Along each spatial axis" in text
    assert "\nout : NDArray, optional\n" in text and "\nname : str, optional\n" in mx.sym.Convolution.__doc__


def test_shared_descriptions_are_of_arguments_that_there_are():
    names = {name for od in OPERATORS.values() for name in (*od.inputs, *od.params)}
    assert set(DESCRIPTIONS) <= names
