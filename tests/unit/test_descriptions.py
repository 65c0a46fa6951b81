"""Docstrings that take over what others say of the same parameters."""

import inspect

import pytest

import mxnet as mx
from mxnet._core.descriptions import described_like


class Base:
    """A base.

    Parameters
    ----------
    a, b : int
        Two numbers.
    c : str
        A text of
        two lines.
    d
    **rest
        More.

    Raises
    ------
    ValueError
        For others.

    Examples
    --------
    >>> 1
    1
    """

    def __init__(self, a, b, c, d, **rest):
        pass


def test_what_is_left_out_is_taken_over():
    @described_like(Base)
    class Row(Base):
        """A row.

        Parameters
        ----------
        e : int
            Its own.
        b : float
            Not as in the base.
        """

        def __init__(self, c, b, a, e, **rest):
            pass

    want = """A row.

    Parameters
    ----------
    c : str
        A text of
        two lines.
    b : float
        Not as in the base.
    a : int
        Two numbers.
    e : int
        Its own.
    **rest
        More.

    Raises
    ------
    ValueError
        For others."""
    assert inspect.getdoc(Row) == inspect.cleandoc(want)


def test_without_models_the_bases_are_taken_and_the_nearest_wins():
    class Near(Base):
        """Nearer.

        Parameters
        ----------
        c : bool
        """

    @described_like()
    class Row(Near):
        """A row."""

        def __init__(self, c, d):
            pass

    assert inspect.getdoc(Row).split("\n\n")[1] == "Parameters\n----------\nc : bool\nd"


def test_functions():
    def first(x, y):
        """First.

        Parameters
        ----------
        x : int
            One.
        y : int
        """

    @described_like(first)
    def second(x):
        """Second."""

    assert inspect.getdoc(second) == "Second.\n\nParameters\n----------\nx : int\n    One."


def test_nothing_is_written_where_there_is_no_docstring():
    @described_like(Base)
    def bare(a):
        pass

    assert bare.__doc__ is None


@pytest.mark.parametrize(
    "layer",
    [mx.gluon.nn.Conv2DTranspose, mx.gluon.nn.AvgPool3D, mx.gluon.rnn.GRUCell, mx.gluon.contrib.rnn.Conv1DLSTMCell],
)
def test_help_of_a_row_describes_all_that_its_constructor_takes(layer):
    from tests.meta.test_docstrings import documented

    names = [n for n, p in inspect.signature(layer).parameters.items() if p.kind is not p.VAR_KEYWORD]
    assert documented(layer.__doc__) == [n for n in documented(layer.__doc__) if n in names]
    assert set(documented(layer.__doc__)) >= set(names)
    assert "{layouts}" not in layer.__doc__
