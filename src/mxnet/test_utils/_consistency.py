"""The same symbol on several devices or with several types: outputs and gradients must agree."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..executor import Executor
from ..ndarray import NDArray
from ..symbol import Symbol
from ._compare import assert_almost_equal
from ._defaults import get_tols

__all__ = ["check_consistency"]


def check_consistency(
    sym: Symbol,
    ctx_list: Sequence[dict[str, Any]],
    scale: float = 1.0,
    grad_req: str | Sequence[str] | dict[str, str] = "write",
    arg_params: dict[str, Any] | None = None,
    aux_params: dict[str, Any] | None = None,
    rtol: Any = None,
    atol: Any = None,
    raise_on_err: bool = True,
    ground_truth: dict[str, NDArray] | None = None,
    equal_nan: bool = False,
    use_uniform: bool = False,
    rand_type: Any = np.float64,
) -> dict[str, NDArray]:
    """Assert that a symbol gives the same outputs and gradients on several devices or with several data types.

    Parameters
    ----------
    sym : Symbol or list of Symbol
    ctx_list : list of dict
        What ``simple_bind`` is given each time: ``ctx``, shapes by argument, and ``type_dict``.
    scale : float
        The standard deviation of random arguments.
    grad_req : str, list or dict
    arg_params, aux_params : dict, optional
        Values of arguments (else random) and of auxiliary states (else 0).
    rtol, atol : float or dict, optional
        Tolerances of the comparison.
    raise_on_err : bool
        Whether to raise at the first difference, instead of printing all.
    ground_truth : dict of str to NDArray, optional
        What to compare with; the most precise executor's results when not given.
    equal_nan : bool
        Whether NaN equals NaN.
    use_uniform : bool
        Draw random arguments from a uniform distribution instead of a normal one.
    rand_type : type
        The data type of random arguments.

    Returns
    -------
    dict of str to NDArray
        What was compared with: outputs and gradients by name.

    Examples
    --------
    >>> import mxnet as mx, numpy as np
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=2, name="fc")
    >>> ctx_list = [{"ctx": mx.cpu(), "x": (2, 3), "type_dict": {"x": t}} for t in (np.float64, np.float32)]
    >>> _ = mx.test_utils.check_consistency(net, ctx_list)
    """
    executors, output_names, arg_names = _bind_all(sym, ctx_list, grad_req)
    arg_params = {} if arg_params is None else arg_params
    for name, array in sorted(executors[0].arg_dict.items()):
        if name not in arg_params:
            drawn = (
                np.random.uniform(-0.92 * scale, 0.92 * scale, array.shape)
                if use_uniform
                else np.random.normal(size=array.shape, scale=scale)
            )
            arg_params[name] = drawn.astype(rand_type)
    for executor in executors:
        _fill(executor, arg_params, aux_params or {}, grad_req)

    precisions = [np.dtype(e.outputs[0].dtype) for e in executors]
    best = int(np.argmax([t.itemsize for t in precisions]))
    compare = _Comparison(executors, precisions, best, rtol, atol, raise_on_err, equal_nan)
    for executor in executors:
        executor.forward(is_train=False)
    truth = ground_truth
    if truth is None:
        truth = executors[best].output_dict
        if grad_req != "null":
            truth.update(executors[best].grad_dict)
    compare("Predict", truth, output_names, [e.outputs for e in executors])

    if grad_req != "null":
        for executor in executors:
            executor.forward(is_train=True)
        heads = _common_head_gradients(executors)
        for executor in executors:
            executor.backward(
                [
                    nd.array(head, ctx=executor._ctx, dtype=out.dtype).tostype(out.stype)
                    for head, out in zip(heads, executor.outputs)
                ]
            )
        compare("Train", truth, output_names + arg_names, [e.outputs + e.grad_arrays for e in executors])
    return truth


def _bind_all(
    sym: Symbol, ctx_list: Sequence[dict[str, Any]], grad_req: str | Sequence[str] | dict[str, str]
) -> tuple[list[Any], list[str], list[str]]:
    symbols = list(sym) if isinstance(sym, (list, tuple)) else [sym] * len(ctx_list)
    if len(ctx_list) < 2 or len(symbols) != len(ctx_list):
        raise AssertionError(f"need two or more contexts, a symbol for each; got {len(ctx_list)} and {len(symbols)}")
    output_names, arg_names = symbols[0].list_outputs(), symbols[0].list_arguments()
    for s in symbols[1:]:
        if s.list_arguments() != arg_names or s.list_outputs() != output_names:
            raise AssertionError("the symbols must have the same arguments and outputs")
    executors = [s.simple_bind(grad_req=grad_req, **options) for s, options in zip(symbols, ctx_list)]
    return executors, output_names, arg_names


def _fill(
    executor: Executor,
    arg_params: Mapping[str, Any],
    aux_params: Mapping[str, Any],
    grad_req: str | Sequence[str] | dict[str, str],
) -> None:
    for name, array in executor.arg_dict.items():
        array[:] = arg_params[name]
    for name, array in executor.aux_dict.items():
        array[:] = aux_params.get(name, 0)
    if grad_req == "add":
        for array in executor.grad_arrays:  # type: ignore[assignment]
            array[:] = 0


def _common_head_gradients(executors: Sequence[Executor]) -> list[np.ndarray]:
    """The first executor's outputs, rounded to the least precise type that any executor has."""
    heads = []
    for several in zip(*[e.outputs for e in executors]):
        coarsest = min([out.dtype for out in several], key=lambda t: np.dtype(t).itemsize)
        heads.append(several[0].astype(coarsest).asnumpy())
    return heads


class _Comparison:
    """Compares the arrays of all executors with those of the most precise one."""

    def __init__(
        self,
        executors: Sequence[Executor],
        precisions: Sequence[np.dtype],
        best: int,
        rtol: Any,
        atol: Any,
        raise_on_err: bool,
        equal_nan: bool,
    ) -> None:
        self.executors, self.precisions, self.best = executors, precisions, best
        self.rtol, self.atol, self.raise_on_err, self.equal_nan = rtol, atol, raise_on_err, equal_nan

    def __call__(self, stage: str, truth: Mapping[str, Any], names: Sequence[str], arrays: Sequence[Any]) -> None:
        for i, found in enumerate(arrays):
            if i == self.best:
                continue
            for name, array in zip(names, found):
                wanted = truth[name]
                if wanted is None:
                    if array is not None:
                        raise AssertionError(f"{stage}: executor {i} has an array {name}, executor {self.best} none")
                    continue
                try:
                    rtol, atol = self._tolerances(array, i, wanted)
                    assert_almost_equal(array, wanted, rtol=rtol, atol=atol, equal_nan=self.equal_nan)
                except AssertionError as e:
                    print(
                        f"{stage} Err: {np.dtype(array.dtype).name} {array.ctx} ctx {i} vs "
                        f"{np.dtype(wanted.dtype).name} {wanted.ctx} ctx {self.best} at {name}"
                    )
                    traceback.print_exc()
                    if self.raise_on_err:
                        raise
                    print(e)

    def _tolerances(self, array: NDArray, i: int, wanted: NDArray) -> tuple[Any, Any]:
        """Tolerances for arrays of executors whose outputs are less precise than these arrays.

        In a float16 network the float32 statistics of a BatchNorm are as precise as float16.
        """
        pairs = [(array, self.precisions[i]), (wanted, self.precisions[self.best])]
        rounded = [a if np.dtype(a.dtype).itemsize <= t.itemsize else a.astype(t) for a, t in pairs]
        if rounded[0] is array and rounded[1] is wanted:
            return self.rtol, self.atol
        return get_tols(rounded[0], rounded[1], self.rtol, self.atol)
