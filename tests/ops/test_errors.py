"""Sample rows that must fail: at once, with a message that names the operator and what is wrong."""

import re

import pytest

import mxnet as mx

from . import runner
from .support import select

_CLEAR = (mx.MXNetError, ValueError, TypeError, IndexError)


@select(lambda r: r.raises)
def test_raises(family, row, ctx):
    """The eager call raises, and its message names the operator."""
    given = runner.inputs(mx, ctx, row)
    with pytest.raises(_CLEAR, match=re.compile(row.raises, re.IGNORECASE)) as caught:
        runner.call(runner.function(mx.nd, row.op), row, given, row.params)
    assert row.op in str(caught.value)
