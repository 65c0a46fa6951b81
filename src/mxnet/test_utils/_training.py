"""Checking optimizers and Gluon blocks, and feeding one batch again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from .. import autograd, io
from .. import random as mx_random
from ..initializer import Initializer
from ..io.io import check_iterator
from ..ndarray import NDArray
from ..util import np_array, np_shape
from ._arrays import rand_ndarray
from ._compare import assert_almost_equal, compare_ndarray_tuple
from ._defaults import default_context

__all__ = ["DummyIter", "check_gluon_hybridize_consistency", "compare_optimizer"]


class DummyIter(io.DataIter):
    """An iterator that gives the first batch of another one for ever, to time training without reading data.

    Parameters
    ----------
    real_iter : DataIter
    """

    def __init__(self, real_iter: io.DataIter) -> None:
        check_iterator("real_iter", real_iter, "batch_size", "provide_data", "provide_label", "__next__")
        super().__init__(real_iter.batch_size)
        self.provide_data, self.provide_label = real_iter.provide_data, real_iter.provide_label
        self.real_iter = real_iter
        self.the_batch = next(real_iter)

    def __iter__(self) -> DummyIter:
        return self

    def next(self) -> io.DataBatch:
        """The batch; there is no end."""
        return self.the_batch


def compare_optimizer(
    opt1: Any,
    opt2: Any,
    shape: Any,
    dtype: Any,
    w_stype: str = "default",
    g_stype: str = "default",
    rtol: float = 1e-4,
    atol: float = 1e-5,
    compare_states: bool = True,
    ntensors: int = 1,
) -> None:
    """Assert that two optimizers make the same update of random weights and gradients.

    Parameters
    ----------
    opt1, opt2 : Optimizer
        The first works on dense arrays.
    shape : tuple of int, or list of them
        A list makes the second optimizer update ``ntensors`` weights in one call.
    dtype : type
    w_stype, g_stype : str
        Storage types of the second optimizer's weight and gradient.
    rtol, atol : float
    compare_states : bool
        Whether the states must be equal too.
    ntensors : int
    """
    if isinstance(shape, list):
        _compare_aggregated(opt1, opt2, shape[:ntensors], dtype, rtol, atol, compare_states)
        return
    if ntensors != 1:
        raise AssertionError("several tensors need a list of shapes")
    optimizers = opt1, opt2
    weights = _pair(shape, w_stype, dtype, density=1)
    gradients = _pair(shape, g_stype, dtype, density=None)
    states = [opt.create_state_multi_precision(0, w) for opt, w in zip(optimizers, weights)]
    if compare_states:
        compare_ndarray_tuple(*states)
    for opt, w, g, state in zip(optimizers, weights, gradients, states):
        opt.update_multi_precision(0, w, g, state)
    if compare_states:
        compare_ndarray_tuple(states[0], states[1], rtol, atol)
    assert_almost_equal(*weights, rtol=rtol, atol=atol)


def _pair(shape: tuple[int, ...], stype: str, dtype: Any, density: float | None) -> tuple[NDArray, NDArray]:
    """A dense array and one of a storage type with the same elements."""
    if stype == "default":
        array = mx_random.uniform(shape=shape, ctx=default_context(), dtype=dtype)
        return array.copy(), array
    if stype not in ("row_sparse", "csr"):
        raise ValueError(f"storage type {stype!r} is not supported")
    array = rand_ndarray(shape, stype, density=density, dtype=dtype)
    return array.tostype("default"), array


def _compare_aggregated(
    opt1: Any, opt2: Any, shapes: Sequence[tuple[int, ...]], dtype: Any, rtol: float, atol: float, compare_states: bool
) -> None:
    draw = {"ctx": default_context(), "dtype": dtype}
    weights = tuple([mx_random.uniform(shape=s, **draw) for s in shapes])
    gradients = tuple([mx_random.uniform(shape=s, **draw) for s in shapes])
    together, gradients2 = deepcopy(weights), deepcopy(gradients)
    states = [opt2.create_state_multi_precision(0, w) for w in together]
    opt2.update_multi_precision(list(range(len(shapes))), together, gradients2, states)
    for i, (w, g) in enumerate(zip(weights, gradients)):
        state = opt1.create_state_multi_precision(i, w)
        opt1.update_multi_precision(i, w, g, state)
        if compare_states:
            compare_ndarray_tuple(state, states[i], rtol, atol)
        compare_ndarray_tuple(w, together[i], rtol, atol)


def check_gluon_hybridize_consistency(
    net_builder: Callable[..., Any],
    data_l: Sequence[NDArray],
    numpy_func: Callable[..., Any] | None = None,
    test_grad: bool = True,
    rtol: float = 1e-4,
    atol: float = 1e-4,
) -> None:
    """Assert that a block gives the same outputs and gradients hybridized and not, under NumPy semantics.

    Parameters
    ----------
    net_builder : callable
        Makes the block; takes ``prefix``. The block must not draw random numbers.
    data_l : list of mx.np.ndarray
        The inputs.
    numpy_func : callable, optional
        A function over NumPy arrays that the block must equal.
    test_grad : bool
        Whether to compare gradients of the inputs too.
    rtol, atol : float
    """
    with np_shape(True), np_array(True):
        params: dict[str, Any] | None = None
        output, gradients = None, None
        for hybridize in (False, True):
            for record in (False, True) if test_grad else (False,):
                net = net_builder(prefix="net_")
                net.initialize() if params is None else net.initialize(_from_values(params))
                if hybridize:
                    net.hybridize()
                found, found_grads = _run(net, [x.copy() for x in data_l], record)
                if params is None:
                    params = {k: v.data().asnumpy() for k, v in net.collect_params().items()}
                    output = found
                assert_almost_equal(found, output, rtol=rtol, atol=atol)
                if record and gradients is None:
                    gradients = found_grads
                for a, b in zip(found_grads, gradients or ()):
                    assert_almost_equal(a, b, rtol=rtol, atol=atol)
        if numpy_func is not None:
            assert_almost_equal(output, numpy_func(*[x.asnumpy() for x in data_l]), rtol=rtol, atol=atol)


def _run(net: Any, data: list[Any], record: bool) -> tuple[Any, list[Any]]:
    """The output of a block and, when asked for, the gradients of its inputs with the output as head gradient."""
    if not record:
        return net(*data).asnumpy(), []
    for x in data:
        x.attach_grad()
    with autograd.record():
        out = net(*data)
    out.backward(out)
    return out.asnumpy(), [x._grad.asnumpy() for x in data]


def _from_values(values: dict[str, Any]) -> Any:
    """An initializer that gives parameters known values."""

    class FromValues(Initializer):
        def _init_weight(self, name: Any, arr: NDArray) -> None:
            arr[()] = values[name]

    return FromValues()
