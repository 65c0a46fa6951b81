"""Blocks made of symbols."""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from .. import symbol
from .._core.descriptions import described_like
from .._core.dtypes import STORAGE_TYPES
from .._core.graph.passes import convolution_weights
from .._core.types import Contexts, DTypeLike
from ..base import MXNetError, mx_real_t
from ..context import current_context
from ..ndarray import NDArray
from ..symbol import Symbol
from ._flatten import flatten, regroup
from ._hybrid import HybridBlock
from ._numpy_graph import as_kind
from ._parameter import Parameter
from ._parameter_dict import ParameterDict
from ._types import Operand
from ._version_counter import VersionedDict

common_prefix = os.path.commonprefix  # what all names begin with
_ROW_SPARSE = str(STORAGE_TYPES["row_sparse"])  # as the attribute __storage_type__ spells it
# The endings of a batch normalization's parameters: variance, mean, scale, shift.
_NORMALIZATIONS = (("running_var", "running_mean", "gamma", "beta"), ("moving_var", "moving_mean", "gamma", "beta"))


class SymbolBlock(HybridBlock):
    """A block that computes what a symbol says.

    Parameters
    ----------
    outputs : Symbol or list of Symbol
        What to compute.
    inputs : Symbol or list of Symbol
        Variables to be fed in each call; all others become parameters.
    params : ParameterDict, optional
        Parameters that are shared by name.

    Examples
    --------
    >>> import mxnet as mx
    >>> data = mx.sym.var("data")
    >>> block = mx.gluon.SymbolBlock(mx.sym.FullyConnected(data, num_hidden=2, name="fc"), data)
    >>> block.initialize()
    >>> block(mx.nd.ones((4, 3))).shape
    (4, 2)
    """

    def __init__(self, outputs: Any, inputs: Any, params: ParameterDict | None = None) -> None:
        super().__init__()
        self._params = ParameterDict("", params)
        self._prefix = self._params.prefix
        single = isinstance(inputs, Symbol) and len(inputs.list_outputs()) == 1
        variables, self._in_format = flatten([inputs] if single else inputs, "input")
        one_of_list = isinstance(outputs, (list, tuple)) and len(outputs) == 1
        heads, self._out_format = flatten(outputs[0] if one_of_list else outputs, "output")
        for v in variables:
            if len(v.get_internals().list_outputs()) != 1:
                raise AssertionError(f"Input symbols must be variable, but {v} is an output of operators")
        for head in heads:
            for node in head.get_internals():
                if node.attr("__storage_type__") == _ROW_SPARSE:
                    raise AssertionError(
                        f"SymbolBlock doesn't support Parameter '{node.name}' because its storage type is 'row_sparse'."
                    )
        self._cached_graph = [as_kind(Symbol, v) for v in variables], symbol.Group(heads)
        self._make_params({v.name for v in variables})

    def _make_params(self, inputs: set[str]) -> None:
        """Make a parameter of each variable that is no input."""
        variables, out = self._cached_graph
        arguments, states = out.list_arguments(), out.list_auxiliary_states()
        argument_types, state_types = _infer_param_types(variables, out, arguments, states)
        convolutions = convolution_weights(out._graph)
        for name, dtype in zip(arguments, argument_types):
            if name not in inputs:
                param = self.params.get(name, allow_deferred_init=True, dtype=dtype)
                param._channels_last = name in convolutions
        for name, dtype in zip(states, state_types):
            if name not in inputs:
                self.params.get(name, grad_req="null", allow_deferred_init=True, dtype=dtype)
        skip = len(common_prefix(list(self.params.keys())))
        self._reg_params = VersionedDict({name[skip:]: p for name, p in self.params.items()})

    @staticmethod
    @described_like(ParameterDict.load_dict)
    def imports(
        symbol_file: str,
        input_names: Sequence[str],
        param_file: str | None = None,
        ctx: Contexts = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> SymbolBlock:
        """Read a network that :meth:`HybridBlock.export` or ``Module.save_checkpoint`` wrote.

        Parameters
        ----------
        symbol_file : str
        input_names : str or list of str
            The variables that are inputs.
        param_file : str, optional
            The parameters' values; their types become those of the parameters.
        """
        sym = symbol.load(symbol_file)
        names = [input_names] if isinstance(input_names, str) else input_names
        # Without values there is nothing else to know the types from.
        dtype = mx_real_t if param_file is None else None
        block = SymbolBlock(sym, [symbol.var(n, dtype=dtype) for n in names])
        if param_file is not None:
            block.collect_params().load(
                param_file, ctx, allow_missing, ignore_extra, cast_dtype=True, dtype_source="saved"
            )
        return block

    def __repr__(self) -> str:
        inputs, out = self._cached_graph
        return f"{type(self).__name__}(\n{out} : {len(inputs)} -> {len(out.list_outputs())}\n)"

    def forward(self, x: Operand, *args: Any) -> Any:
        """Run the graph on arrays, or put symbols into the place of its inputs."""
        if isinstance(x, NDArray):
            if x._ctx == current_context():
                return self._call_cached_op(x, *args)
            with x._ctx:
                return self._call_cached_op(x, *args)
        if not isinstance(x, Symbol):
            raise AssertionError(f"{self.name}: the first input must be Symbol or NDArray, got {type(x)}")
        given, fmt = flatten([x, *args], "input")
        if fmt != self._in_format:
            raise AssertionError(f"Invalid input format {fmt}, expected {self._in_format}")
        variables, out = self._cached_graph
        out = copy.copy(out)
        out._compose(**{v.name: g for v, g in zip(variables, given)})
        return regroup([as_kind(type(given[0]), head) for head in out], self._out_format)

    def _has_graph(self, args: tuple[Any, ...]) -> bool:
        return True  # there is nothing but the graph

    def _clear_cached_op(self) -> None:
        graph = self._cached_graph
        super()._clear_cached_op()
        self._cached_graph = graph

    @described_like(HybridBlock.cast)
    def cast(self, dtype: DTypeLike) -> None:
        """Change the data type of the parameters; batch normalizations keep float32 in a float16 network."""
        super().cast(dtype)
        if np.dtype(dtype).name != "float16":
            return
        names = set(self._cached_graph[1].list_inputs())
        for name in names:
            for variance, *others in _NORMALIZATIONS:
                lead = name.removesuffix(variance)
                group = [name, *[lead + o for o in others]]
                if lead != name and names.issuperset(group):
                    for member in group:
                        self.params.get(member).cast("float32")

    def hybrid_forward(self, F: ModuleType, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Not used: the graph is given."""
        raise NotImplementedError("a SymbolBlock runs its graph")

    @described_like(Parameter.reset_ctx)
    def reset_ctx(self, ctx: Contexts) -> None:
        """Move the parameters to other contexts."""
        params = {id(p): p for p in self.collect_params().values()}
        params.update({id(p): p for is_input, p in self._cached_op_args if not is_input})
        for p in params.values():
            p.reset_ctx(ctx)


def _infer_param_types(
    in_params: list[Any],
    out_params: Any,
    arg_params: list[str],
    aux_params: list[str],
    default_dtype: object = mx_real_t,
) -> tuple[list[Any], list[Any]]:
    """The types of a symbol's arguments and auxiliary states by those of its inputs, else the default."""
    known = {}
    for v in in_params:
        types = v.infer_type_partial()[0]
        if types and types[0] is not None:
            known[v.name] = types[0]
    arguments = states = None
    if len(known) == len(in_params):
        with contextlib.suppress(MXNetError):
            arguments, _, states = out_params.infer_type(**known)
    return (
        list(arguments) if arguments and len(arguments) == len(arg_params) else [default_dtype] * len(arg_params),
        list(states) if states and len(states) == len(aux_params) else [default_dtype] * len(aux_params),
    )
