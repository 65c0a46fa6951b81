"""What ``mx.operator`` says about operators."""

from __future__ import annotations

import pytest

import mxnet as mx


def test_arguments_are_inputs_and_parameters_with_types():
    found = mx.operator.get_operator_arguments("sgd_update")
    assert found.narg == 7 == len(found.types)
    assert found.names == ["weight", "grad", "lr", "wd", "rescale_grad", "clip_gradient", "lazy_update"]
    assert found.types[:3] == ["NDArray-or-Symbol", "NDArray-or-Symbol", "float, required"]
    assert found.types[6] == "boolean, optional, default=1"


def test_lists_of_arrays():
    assert mx.operator.get_operator_arguments("concat") == (
        3,
        ["data", "num_args", "dim"],
        ["NDArray-or-Symbol[]", "int, required", "int, optional, default='1'"],
    )
    assert mx.operator.get_operator_arguments("add_n") == (1, ["args"], ["NDArray-or-Symbol[]"])


def test_order_and_types_of_its_own():
    names = {
        "_random_normal_like": ["loc", "scale", "data"],
        "_sample_gamma": ["alpha", "shape", "dtype", "beta"],
        "_random_pdf_uniform": ["sample", "low", "is_log", "high"],
        "_CrossDeviceCopy": [],
    }
    for op, expected in names.items():
        assert mx.operator.get_operator_arguments(op).names == expected
    assert mx.operator.get_operator_arguments("_copyto").types == ["NDArray"]
    assert mx.operator.get_operator_arguments("_set_value").types == ["real_t"]


def test_every_registered_operator_can_be_described():
    names = mx.operator.get_all_registered_operators()
    assert names == sorted(names) and {"Convolution", "elemwise_add", "_plus_scalar"} <= set(names)
    for name in names:
        found = mx.operator.get_operator_arguments(name)
        assert found.narg == len(found.names) == len(found.types)


def test_unknown_operator():
    with pytest.raises(mx.base.MXNetError, match="Convolutionn is not registered; did you mean 'Convolution'"):
        mx.operator.get_operator_arguments("Convolutionn")
    with pytest.raises(TypeError, match="got int"):
        mx.operator.get_operator_arguments(3)
