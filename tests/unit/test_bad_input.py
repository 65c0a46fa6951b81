"""Bad input to operators: a clear error, at once, that names the operator and the argument."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet._core.registry import get_op
from tests.ops import rows, runner

nd, internal, linalg = mx.nd, mx.nd._internal, mx.nd.linalg

_CLEAR = (mx.MXNetError, ValueError, TypeError, IndexError)

# One good call of each operator, to spoil.
_CALLS = {
    r.op: (family, r)
    for family, r in reversed(rows.all_rows())
    if not r.raises and all(s.stype == "default" for s in r.specs)
}
_of_each_family = pytest.mark.parametrize("family", rows.families())


def _calls(family):
    return [r for of, r in _CALLS.values() if of == family]


def _spoil(row, params=(), given=None):
    """The error of a call with other parameters or inputs; None when there is none."""
    given = runner.inputs(mx, mx.cpu(), row) if given is None else given
    try:
        runner.call(runner.function(nd, row.op), row, given, {**row.params, **dict(params)})
    except _CLEAR as e:
        return e
    return None


@_of_each_family
def test_what_is_no_array(family):
    """Every input in turn is a NumPy array."""
    for row in _calls(family):
        given = runner.inputs(mx, mx.cpu(), row)
        for i, x in enumerate(given):
            error = _spoil(row, given=[*given[:i], x.asnumpy(), *given[i + 1 :]])
            assert isinstance(error, TypeError), (row, error)
            assert row.op in str(error) and "ndarray" in str(error).lower()


@_of_each_family
def test_parameters_of_no_sense(family):
    """Every parameter in turn is an object that it cannot be."""
    for row in _calls(family):
        op = get_op(row.op)
        for name, param in op.params.items():
            if name == op.variadic or param.codec.type_name.startswith("string"):
                continue
            error = _spoil(row, {name: object()})
            assert error is not None, f"{row}: {name} takes any object"
            assert row.op in str(error) and name in str(error)


@_of_each_family
def test_missing_and_surplus_inputs(family):
    for row in _calls(family):
        if not row.specs or get_op(row.op).variadic:
            continue
        fn = runner.function(nd, row.op)
        with pytest.raises(_CLEAR, match=f"{row.op}|{fn.__name__}"):
            fn(**row.params)
        given = runner.inputs(mx, mx.cpu(), row)
        with pytest.raises(_CLEAR, match=f"{row.op}|{fn.__name__}"):
            fn(*given, *given * 20, **row.params)


X, Y, V = np.ones((2, 3)), np.ones((4, 5)), np.ones(3)

# operator, inputs, parameters, words of the message besides the operator's name
_CASES = [
    ("elemwise_add", (X, Y), {}, "lhs and rhs must have the same shape"),
    ("elemwise_mul", (X, X.astype("float32")), {}, "lhs and rhs must have the same data type"),
    ("add_n", (X, Y), {}, "same shape"),
    ("add_n", (), {}, "num_args"),
    ("broadcast_add", (X, Y), {}, "lhs and rhs cannot be broadcast together"),
    ("broadcast_greater", (X, Y), {}, "lhs and rhs cannot be broadcast together"),
    ("broadcast_logical_xor", (X, Y), {}, "lhs and rhs cannot be broadcast together"),
    ("broadcast_to", (X,), {"shape": (4, 3)}, "cannot be broadcast to"),
    ("broadcast_axis", (X,), {"axis": 5, "size": 4}, "axis 5 is out of range"),
    ("broadcast_like", (X, Y), {}, "cannot be broadcast"),
    ("clip", (X,), {}, "a_max"),
    ("_plus_scalar", (X,), {"scalar": "many"}, "scalar"),
    ("Cast", (X,), {"dtype": "float33"}, "dtype"),
    ("sum", (X,), {"axis": 2}, "axis 2 is out of range"),
    ("sum", (X,), {"axis": (0, 0)}, "axis"),
    ("norm", (X,), {"ord": 3}, "ord must be"),
    ("argmax", (X,), {"axis": 4}, "axis 4"),
    ("moments", (X,), {}, "axes must name"),
    ("_histogram", (X,), {"bin_cnt": 0, "range": (0, 1)}, "bin_cnt"),
    ("_histogram", (X,), {}, "bin_cnt and range"),
    ("Reshape", (X,), {"shape": (4, 2)}, "cannot reshape"),
    ("reshape_like", (X, Y), {}, "lhs"),
    ("transpose", (X,), {"axes": (0, 0)}, "axes"),
    ("expand_dims", (X,), {"axis": 5}, "axis"),
    ("squeeze", (X,), {"axis": 0}, "axis 0"),
    ("SwapAxis", (X,), {"dim1": 0, "dim2": 5}, "dim2 5"),
    ("Concat", (X, Y), {"dim": 0}, "arg1"),
    ("stack", (X, Y), {}, "arg1"),
    ("SliceChannel", (X,), {"num_outputs": 4}, "axis 1"),
    ("SliceChannel", (X,), {"num_outputs": 0}, "num_outputs"),
    ("_split_v2", (X,), {"indices": (0, 7), "axis": 0}, "indices"),
    ("tile", (X,), {"reps": (-1,)}, "reps"),
    ("repeat", (X,), {"repeats": -2}, "repeats"),
    ("Pad", (X,), {"mode": "constant", "pad_width": (1, 1)}, "4 or 5 axes"),
    ("space_to_depth", (np.ones((1, 1, 3, 3)),), {"block_size": 2}, "block_size"),
    ("slice", (X,), {"begin": (0, 0, 0), "end": (1, 1, 1)}, "begin"),
    ("slice", (X,), {"begin": (0,), "end": (2,), "step": (0,)}, "step"),
    ("slice_axis", (X,), {"axis": 3, "begin": 0, "end": 1}, "axis 3"),
    ("slice_like", (X, Y), {}, "shape_like"),
    ("take", (X, [7]), {"mode": "raise"}, "index 7 is out of bounds"),
    ("pick", (X, [0, 1, 2]), {}, "index must have the shape"),
    ("gather_nd", (X, [[0], [9]]), {}, "index 9 is out of bounds"),
    ("gather_nd", (X, np.ones((3, 1))), {}, "indices"),
    ("scatter_nd", (V, [[0, 1, 9]]), {"shape": (5,)}, "index 9 is out of bounds"),
    ("one_hot", (V,), {"depth": -1}, "depth"),
    ("where", (V, X, Y), {}, "x and y"),
    ("Embedding", (V, X), {"input_dim": 5, "output_dim": 3}, "weight"),
    ("_contrib_index_copy", (X, [5], np.ones((1, 3))), {}, "index 5 is out of bounds"),
    ("_contrib_boolean_mask", (X, V), {}, "index must have the shape"),
    ("topk", (X,), {"k": 9}, "k must not be greater"),
    ("topk", (X,), {"ret_typ": "all"}, "ret_typ"),
    ("sort", (X,), {"axis": 4}, "axis 4"),
    ("SequenceLast", (X,), {"use_sequence_length": True}, "sequence_length"),
    ("SequenceMask", (X, V[:2]), {"use_sequence_length": True}, "sequence_length"),
    ("dot", (X, Y), {}, r"\(2, 3\) X \(4, 5\)"),
    ("batch_dot", (X, Y), {}, "at least 3"),
    ("_linalg_gemm2", (X, Y), {}, "incompatible"),
    ("_linalg_potrf", (X,), {}, "A must hold square matrices"),
    ("_linalg_potrf", ([[1, 2], [2, 1]],), {}, "positive-definite"),
    ("_linalg_inverse", (np.zeros((2, 2)),), {}, "singular"),
    ("_linalg_maketrian", (np.ones(4),), {}, "last axis of A"),
    ("khatri_rao", (X, Y), {}, "same number of columns"),
    ("_zeros", (), {"shape": (2, -3)}, "shape"),
    ("_zeros", (), {"shape": (2**40, 2**40)}, "more than any memory holds"),
    ("_full", (), {"shape": (2,)}, "value"),
    ("_arange", (), {"start": 0, "stop": 5, "step": 0}, "step"),
    ("_arange", (), {"start": float("nan"), "stop": 5}, "start"),
    ("_random_uniform", (), {"low": 2, "high": 1, "shape": 2}, "low"),
    ("_sample_multinomial", (np.ones((2, 2)).astype("int32"),), {}, "floating point"),
    ("_random_pdf_normal", (X, V, V), {}, "sample"),
    ("_sample_normal", (V, X), {}, "parameters must have one shape"),
]


@pytest.mark.parametrize(("op", "arrays", "params", "words"), _CASES, ids=[f"{c[0]}-{c[3]}" for c in _CASES])
def test_mistakes(op, arrays, params, words):
    given = [nd.array(a, dtype=getattr(a, "dtype", "float32")) for a in arrays]
    with pytest.raises(_CLEAR, match=f"(?s){op}.*{words}|{words}.*{op}"):
        runner.function(nd, op)(*given, **params)


def test_split_v2_names_itself():
    for parts in (0, 2, -1):
        with pytest.raises(ValueError, match=f"split_v2.*into {parts} equal"):
            nd.split_v2(nd.ones((3, 2)), parts)
    with pytest.raises(ValueError, match="split_v2.*got 'x'"):
        nd.split_v2(nd.ones((3, 2)), "x")


@pytest.mark.parametrize("op", "_shuffle argmax_channel _histogram _slice_assign batch_take _grad_add".split())
def test_gradients_through_operators_that_have_none(op):
    _, row = _CALLS[op]
    given = runner.inputs(mx, mx.cpu(), row)
    leaf = next(x for x, s in zip(given, row.specs) if runner.is_float(s.dtype))
    leaf.attach_grad()
    with mx.autograd.record():
        found = runner.as_list(runner.call(runner.function(nd, op), row, given, row.params))
        loss = found[-1].sum() + leaf.sum()
    with pytest.raises(mx.MXNetError, match=f"{op} is non-differentiable"):
        loss.backward()
