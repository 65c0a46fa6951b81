"""Operators written in Python, and what operators there are and what they take."""

from __future__ import annotations

import ctypes  # noqa: F401  (for scripts: ``from mxnet.operator import *`` has always brought it, and NDArrayHandle)
import warnings
from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ._core.frontend.binding import argument_order
from ._core.ops import _user_code
from ._core.registry import all_names, get_op
from .base import MXNetError, NDArrayHandle  # noqa: F401
from .context import Context
from .ndarray import NDArray
from .symbol import _internal
from .util import is_np_array

_Prop = TypeVar("_Prop", bound=type)


# ------------------------------------------------------------------------------------------------ custom operators


class CustomOp:
    """What a custom operator computes. Derive from it, and give objects of it in ``CustomOpProp.create_operator``.

    Examples
    --------
    >>> import mxnet as mx
    >>> class Square(mx.operator.CustomOp):
    ...     def forward(self, is_train, req, in_data, out_data, aux):
    ...         self.assign(out_data[0], req[0], in_data[0] ** 2)
    ...     def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
    ...         self.assign(in_grad[0], req[0], 2 * in_data[0] * out_grad[0])
    >>> @mx.operator.register("square_of_the_docs")
    ... class SquareProp(mx.operator.CustomOpProp):
    ...     def create_operator(self, ctx, shapes, dtypes):
    ...         return Square()
    >>> mx.nd.Custom(mx.nd.array([3]), op_type="square_of_the_docs").item()
    9.0
    """

    def forward(
        self, is_train: bool, req: list[str], in_data: list[NDArray], out_data: list[NDArray], aux: list[NDArray]
    ) -> None:
        """Compute the outputs into ``out_data``. Nothing is recorded; an exception reaches the caller at once.

        Parameters
        ----------
        is_train : bool
        req : list of str
            What to do with each output; :meth:`assign` does it.
        in_data, out_data, aux : list of NDArray
            The inputs, where the outputs go, and the auxiliary states, which may be written.
        """

    def backward(
        self,
        req: list[str],
        out_grad: list[NDArray],
        in_data: list[NDArray],
        out_data: list[NDArray],
        in_grad: list[NDArray],
        aux: list[NDArray],
    ) -> None:
        """Compute the gradients of the inputs into ``in_grad``.

        Parameters
        ----------
        req : list of str
            What to do with each gradient (``"null"``: nobody needs it); :meth:`assign` does it.
        out_grad, in_data, out_data, in_grad, aux : list of NDArray
            Gradients of the outputs, inputs, outputs, where the gradients go, and auxiliary states. Arrays that
            ``declare_backward_dependency`` leaves out are empty.
        """

    def assign(self, dst: NDArray, req: str, src: NDArray | np.ndarray | float) -> None:
        """Write ``src`` into ``dst`` as ``req`` says: "null", "write", "inplace" or "add"."""
        key: Any = () if is_np_array() else slice(None)
        if req in ("write", "inplace"):
            dst[key] = src
        elif req == "add":
            dst[key] += src


class CustomOpProp:
    """What a custom operator takes and gives. Derive from it and :func:`register` the class.

    It is made with the parameters of the call as keyword arguments, all of them strings.

    Parameters
    ----------
    need_top_grad : bool
        Whether the gradient depends on that of the outputs; False for losses.
    """

    _array_class = NDArray  # of the arrays that the methods of operators get

    def __init__(self, need_top_grad: bool = True) -> None:
        self.need_top_grad_ = need_top_grad

    def infer_shape(self, in_shape: list[Any]) -> Any:
        """Shapes of arguments, outputs and (optionally) auxiliary states from what is known of the arguments'.

        Unknown shapes come as ``[]``, unknown sizes as -1. By default all have the shape of the first argument.
        """
        return in_shape, [in_shape[0]] * len(self.list_outputs()), []

    def infer_type(self, in_type: list[Any]) -> Any:
        """NumPy types of arguments, outputs and auxiliary states; by default all that of the first argument."""
        outputs, aux = ([in_type[0]] * len(names) for names in (self.list_outputs(), self.list_auxiliary_states()))
        return in_type, outputs, aux

    def infer_storage_type(self, in_stype: list[str]) -> Any:
        """Storage types of arguments, outputs and auxiliary states; by default only ``"default"`` is accepted."""
        _only_dense("infer_storage_type", "in_stype", in_stype)
        return in_stype, ["default"] * len(self.list_outputs()), ["default"] * len(self.list_auxiliary_states())

    def infer_storage_type_backward(
        self,
        ograd_stype: list[str],
        in_stype: list[str],
        out_stype: list[str],
        igrad_stype: list[str],
        aux_stype: list[str],
    ) -> Any:
        """Storage types in the backward pass; by default only ``"default"`` is accepted for gradients."""
        _only_dense("infer_storage_type_backward", "ograd_stype", ograd_stype)
        _only_dense("infer_storage_type_backward", "igrad_stype", [s for s in igrad_stype if s != "undefined"])
        return tuple(["default"] * len(s) for s in (ograd_stype, in_stype, out_stype, igrad_stype, aux_stype))

    def list_outputs(self) -> list[str]:
        """Names of the outputs."""
        return ["output"]

    def list_arguments(self) -> list[str]:
        """Names of the arguments."""
        return ["data"]

    def list_auxiliary_states(self) -> list[str]:
        """Names of the auxiliary states, which follow the arguments."""
        return []

    def declare_backward_dependency(self, out_grad: list[int], in_data: list[int], out_data: list[int]) -> list[int]:
        """Which arrays ``CustomOp.backward`` looks at, by the numbers that are given; others are not kept."""
        return [*(out_grad if self.need_top_grad_ else []), *in_data, *out_data]

    def create_operator(self, ctx: Context, in_shapes: list[list[int]], in_dtypes: list[int]) -> CustomOp:
        """Make the object that computes, for a context and for shapes and types (by number) of all inputs."""
        return CustomOp()


def _only_dense(method: str, what: str, stypes: Sequence[str]) -> None:
    for i, stype in enumerate(stypes):
        if stype != "default":
            raise AssertionError(
                f"{method}: {what}[{i}] is '{stype}', and a custom operator gets dense arrays unless it defines "
                "infer_storage_type and infer_storage_type_backward"
            )


def register(reg_name: str) -> Callable[[_Prop], _Prop]:
    """A decorator that registers a :class:`CustomOpProp` under a name, for ``mx.nd.Custom(..., op_type=reg_name)``.

    An earlier class of that name is replaced.
    """

    def do_register(prop_cls: _Prop) -> _Prop:
        _user_code.PROPS[reg_name] = prop_cls
        return prop_cls

    return do_register


register("custom_op")(CustomOpProp)


# ---------------------------------------------------------------------------------------- the older kinds of operators


class PythonOp:
    """What :class:`NumpyOp` and :class:`NDArrayOp` share. Deprecated: use :class:`CustomOp`.

    Parameters
    ----------
    need_top_grad : bool
        What :meth:`need_top_grad` gives.
    """

    _ref_holder: list[Any] = []
    _operator = ""

    def __init__(self, need_top_grad: bool = True) -> None:
        self.info_: Any = None
        self.need_top_grad_ = need_top_grad
        warnings.warn(f"{type(self).__name__} has been deprecated. Please use CustomOp", stacklevel=2)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.get_symbol(*args, **kwargs)

    def get_symbol(self, *args: Any, **kwargs: Any) -> Any:
        """A symbol that applies this operator to symbols."""
        raise NotImplementedError("Must override this")

    def forward(self, in_data: list[Any], out_data: list[Any]) -> None:
        """Compute the outputs into ``out_data``; by default the first is a copy of the first input."""
        out_data[0][:] = in_data[0]

    def backward(self, out_grad: list[Any], in_data: list[Any], out_data: list[Any], in_grad: list[Any]) -> None:
        """Compute the gradients of the inputs into ``in_grad``; by default ones."""
        in_grad[0][:] = 1.0

    def infer_shape(self, in_shape: list[Any]) -> Any:
        """Shapes of the arguments and of the outputs; by default the output is like the first argument."""
        return in_shape, [in_shape[0]]

    def list_outputs(self) -> list[str]:
        """Names of the outputs."""
        return ["output"]

    def list_arguments(self) -> list[str]:
        """Names of the arguments."""
        return ["data"]

    def need_top_grad(self) -> bool:
        """Whether the gradient depends on that of the outputs; False for losses."""
        return self.need_top_grad_

    def _symbol(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """A symbol of the operator, which stays alive in this process."""
        if self.info_ is None:
            self.info_ = format(id(self), "x")
            _user_code.LEGACY[self.info_] = _user_code.Definition(type(self).__name__, _LegacyProp(self))
            PythonOp._ref_holder.append(self)
        return getattr(_internal, self._operator)(*args, info=self.info_, **kwargs)

    def _views(self, arrays: list[NDArray]) -> list[Any]:
        """The arrays as the methods of the user want them."""
        return arrays

    def _take_back(self, arrays: list[NDArray], written: list[Any]) -> None:
        """Bring what the user's method has written into the arrays."""


class NumpyOp(PythonOp):
    """An operator over NumPy arrays. Deprecated: use :class:`CustomOp`."""

    _operator = "_Native"

    def get_symbol(self, *args: Any, **kwargs: Any) -> Any:
        """A symbol that applies this operator to symbols. It lives in this process: its graph cannot be saved."""
        return self._symbol(args, {"need_top_grad": self.need_top_grad(), **kwargs})

    def _views(self, arrays: list[NDArray]) -> list[Any]:
        return [a.asnumpy() for a in arrays]

    def _take_back(self, arrays: list[NDArray], written: list[Any]) -> None:
        for array, values in zip(arrays, written):
            array[:] = values


class NDArrayOp(PythonOp):
    """An operator over NDArrays. Deprecated: use :class:`CustomOp`."""

    _operator = "_NDArray"

    def get_symbol(self, *args: Any, **kwargs: Any) -> Any:
        """A symbol that applies this operator to symbols. It lives in this process: its graph cannot be saved."""
        return self._symbol(args, kwargs)

    def declare_backward_dependency(self, out_grad: list[int], in_data: list[int], out_data: list[int]) -> list[int]:
        """Which arrays :meth:`backward` looks at, by the numbers that are given; others are not kept."""
        return [*(out_grad if self.need_top_grad() else []), *in_data, *out_data]


class _LegacyProp(CustomOpProp):
    """Describes an operator of an older kind the way the newer ones are."""

    def __init__(self, legacy: PythonOp) -> None:
        super().__init__(legacy.need_top_grad())
        self._legacy = legacy
        self.infer_shape = legacy.infer_shape  # type: ignore[method-assign]
        self.list_arguments = legacy.list_arguments  # type: ignore[method-assign]
        self.list_outputs = legacy.list_outputs  # type: ignore[method-assign]
        if isinstance(legacy, NDArrayOp):
            self.declare_backward_dependency = legacy.declare_backward_dependency  # type: ignore[method-assign]

    def create_operator(self, ctx: Context, in_shapes: list[list[int]], in_dtypes: list[int]) -> CustomOp:
        return _LegacyOp(self._legacy)


class _LegacyOp(CustomOp):
    """Runs an operator of an older kind the way the newer ones are run."""

    def __init__(self, legacy: PythonOp) -> None:
        self._legacy = legacy

    def forward(
        self, is_train: bool, req: Sequence[str], in_data: list[NDArray], out_data: list[NDArray], aux: list[NDArray]
    ) -> None:
        outputs = self._legacy._views(out_data)
        self._legacy.forward(in_data=self._legacy._views(in_data), out_data=outputs)
        self._legacy._take_back(out_data, outputs)

    def backward(
        self,
        req: Sequence[str],
        out_grad: list[NDArray],
        in_data: list[NDArray],
        out_data: list[NDArray],
        in_grad: list[NDArray],
        aux: list[NDArray],
    ) -> None:
        heads, inputs, outputs, grads = map(self._legacy._views, (out_grad, in_data, out_data, in_grad))
        self._legacy.backward(out_grad=heads, in_data=inputs, out_data=outputs, in_grad=grads)
        self._legacy._take_back(in_grad, grads)


# ---------------------------------------------------------------------------------------- what operators there are

OperatorArguments = namedtuple("OperatorArguments", ["narg", "names", "types"])


def get_all_registered_operators() -> list[str]:
    """Names of all operators, aliases included, in order."""
    return sorted(all_names())


def get_operator_arguments(op_name: str) -> OperatorArguments:
    """The arguments of an operator: inputs, then parameters.

    Parameters
    ----------
    op_name : str
        A name or alias.

    Returns
    -------
    OperatorArguments
        ``narg``, ``names`` and ``types``, with types such as ``"NDArray-or-Symbol"`` and ``"int, required"``.

    Raises
    ------
    MXNetError
        When there is no such operator.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.operator.get_operator_arguments("Activation").names
    ['data', 'act_type']
    """
    if not isinstance(op_name, str):
        raise TypeError(f"op_name must be a str, got {type(op_name).__name__}")
    try:
        op = get_op(op_name)
    except MXNetError as e:
        raise MXNetError(f"get_operator_arguments: {e}") from None
    names = list(argument_order(op) if op.display.listed is None else op.display.listed)
    types = [
        op.display.printed.get(n) or (op.params[n].type_string if n in op.params else op.display.input_type)
        for n in names
    ]
    if op.variadic:
        types[names.index(op.inputs[-1])] += "[]"
    return OperatorArguments(len(names), names, types)
