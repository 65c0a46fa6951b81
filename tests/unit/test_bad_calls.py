"""Errors are caught by the kinds that MXNet raises as well, and say what was wrong."""

import pytest

import mxnet as mx

from .bad_calls import ROWS, names


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    return names(mx, str(tmp_path_factory.mktemp("bad_calls")))


@pytest.mark.filterwarnings("ignore:Data provided by label_shapes")
@pytest.mark.parametrize(("kind", "call"), ROWS, ids=[call for _, call in ROWS])
def test_caught_as_in_mxnet(known, kind, call):
    with pytest.raises(eval(kind, known)) as caught:
        eval(call, known)
    assert isinstance(caught.value, mx.MXNetError)
    assert str(caught.value) == caught.value.args[0] and len(str(caught.value)) > 15
