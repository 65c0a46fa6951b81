"""Misspelled names: one warning that says which name was meant."""

import warnings

import pytest

import mxnet as mx
from mxnet._core.spelling import suggestion, warn_unknown


def test_suggestion():
    assert suggestion("wieght", ["bias", "weight"]) == "; did you mean 'weight'?"
    assert suggestion("color", ["bias", "weight"]) == ""


def test_one_warning_names_all_strangers():
    with pytest.warns(UserWarning) as caught:
        warn_unknown("f", ["a_lhpa", "beta", "zzz"], ["alpha", "beta"])
    assert [str(w.message) for w in caught] == ["f has no argument 'a_lhpa'; did you mean 'alpha'?, 'zzz'"]


def test_only_similar_names():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_unknown("f", ["zzz"], ["alpha"], only_similar=True)
    with pytest.warns(UserWarning, match="f has no argument 'alhpa'; did you mean 'alpha'"):
        warn_unknown("f", ["zzz", "alhpa"], ["alpha"], only_similar=True)


def test_the_warning_shows_the_line_of_the_user():
    def public(**kwargs):
        warn_unknown("public", kwargs, ["size"])

    with pytest.warns(UserWarning) as caught:
        public(sise=1)
    assert caught[0].filename == __file__
    assert caught[0].lineno == public.__code__.co_firstlineno + 4


@pytest.mark.parametrize("method", ["set_lr_mult", "set_wd_mult"])
def test_multipliers_of_no_parameter(method):
    optimizer = mx.optimizer.SGD(param_idx2name={0: "fc_weight", 1: "fc_bias"})
    with pytest.warns(
        UserWarning, match=f"{method}: the network has no argument 'wieght'; did you mean 'fc_weight'"
    ) as w:
        getattr(optimizer, method)({"wieght": 0, "fc_bias": 2, 0: 3})
    assert len(w) == 1
    assert w[0].filename == __file__


def test_multipliers_before_the_names_are_known():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer = mx.optimizer.SGD()
        optimizer.set_lr_mult({"wieght": 0})
    assert optimizer.lr_mult == {"wieght": 0}


def test_simple_bind():
    net = mx.sym.SoftmaxOutput(mx.sym.Variable("data"), mx.sym.Variable("label"))
    with pytest.warns(UserWarning, match="simple_bind has no argument 'lable'; did you mean 'label'") as w:
        net.simple_bind(mx.cpu(), data=(2, 3), lable=(2,))
    assert len(w) == 1
    assert w[0].filename == __file__


def test_simple_bind_of_a_part_takes_shapes_of_the_whole():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="softmax")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        executor = net.simple_bind(mx.cpu(), data=(2, 3), softmax_label=(2,))
    assert set(executor.arg_dict) == {"data", "softmax_weight", "softmax_bias"}
