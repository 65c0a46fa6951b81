"""Functions of automatic mixed precision: for training (``init``) and for trained networks (``convert_model``)."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Collection, Iterator
from typing import Any

from ..._core import logs, mixed_precision
from ..._core.dtypes import CODE_TO_NP, torch_dtype
from ..._core.graph.mixed_precision import reduce_precision
from ..._core.registry import has_op
from ..._core.types import ContextLike, DTypeLike
from ...context import gpu
from ...module import BucketingModule
from ...ndarray import NDArray
from ...optimizer import Optimizer
from ...symbol import Symbol
from ._listing import (
    _is_float16,
    list_conditional_fp32_ops,
    list_fp32_ops,
    list_loss_output_functions,
    list_lp16_fp32_ops,
    list_lp16_ops,
    list_lp16_use_fp32_params,
    list_widest_type_cast,
)
from ._rules import Condition, make_rules
from .loss_scaler import LossScaler

__all__ = [
    "convert_bucketing_module",
    "convert_hybrid_block",
    "convert_model",
    "convert_symbol",
    "init",
    "init_trainer",
    "list_conditional_fp32_ops",
    "list_fp32_ops",
    "list_loss_output_functions",
    "list_lp16_fp32_ops",
    "list_lp16_ops",
    "list_lp16_use_fp32_params",
    "list_widest_type_cast",
    "scale_loss",
    "unscale",
]

_GPU = gpu(0)

# ---------------------------------------------------------------------------------------------------- training

# The scaler of this process, once init() has been called; the first trainer gets it, and output layers follow it.
_scaler: LossScaler | None = None
_scaler_is_taken = False


def __getattr__(name: str) -> Any:
    """What is on now, under the names that MXNet's module keeps it in."""
    now: dict[str, Any] = {"_amp_initialized": _scaler is not None, "_amp_loss_scale_initialized": _scaler_is_taken}
    now["_loss_scaler"] = _scaler
    if name in now:
        return now[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def init(
    target_dtype: DTypeLike = "float16",
    target_precision_ops: list[str] | None = None,
    conditional_fp32_ops: list[Condition] | None = None,
    fp32_ops: list[str] | None = None,
) -> None:
    """Switch automatic mixed precision on, for the rest of the process and before networks are made.

    From then on eager calls and new symbols cast the inputs of the operators on the lists. A second call does nothing.
    On a CPU, eager calls cast to bfloat16 only, as in MXNet.

    Parameters
    ----------
    target_dtype : {'float16', 'bfloat16'}
    target_precision_ops : list of str, optional
        Operators in low precision, instead of :func:`list_lp16_ops`.
    conditional_fp32_ops : list of (str, str, list of str), optional
        Operators in float32 under some settings, instead of :func:`list_conditional_fp32_ops`.
    fp32_ops : list of str, optional
        Operators in float32, instead of :func:`list_fp32_ops`.

    Raises
    ------
    AttributeError
        When a list names no operator.
    """
    global _scaler
    if _scaler is not None:
        return
    _is_float16(target_dtype)
    given = [*(target_precision_ops or ()), *(fp32_ops or ()), *(c[0] for c in conditional_fp32_ops or ())]
    for name in given:
        if not has_op(name):
            raise AttributeError(f"amp.init: there is no operator {name!r}")

    def chosen(lists: Any, default: Any) -> Any:
        return default(target_dtype) if lists is None else lists

    scaler = LossScaler()
    rules = make_rules(
        torch_dtype(target_dtype),
        low=chosen(target_precision_ops, list_lp16_ops),
        full=chosen(fp32_ops, list_fp32_ops),
        widest=list_widest_type_cast(target_dtype),
        either=list_lp16_fp32_ops(target_dtype),
        conditional=chosen(conditional_fp32_ops, list_conditional_fp32_ops),
        losses=list_loss_output_functions(target_dtype),
        float32_inputs=list_lp16_use_fp32_params(target_dtype),
        scale=lambda: scaler.loss_scale,
    )
    mixed_precision.enable(rules)
    _scaler = scaler
    logs.root.info("Using AMP")


def _check_trainer(x: object) -> None:
    """TypeError unless this is a Gluon trainer."""
    if isinstance(x, Optimizer):
        raise TypeError("AMP is currently only compatible with Gluon Trainer")
    if not (hasattr(x, "_params") and hasattr(x, "_scale")):
        raise TypeError(f"optimizer_or_trainer: expected a gluon.Trainer, got {type(x)}")


def init_trainer(optimizer_or_trainer: Any) -> None:
    """Have a trainer scale losses, and skip the updates of overflown gradients.

    Parameters
    ----------
    optimizer_or_trainer : Trainer
        Gluon's; TypeError for others.
    """
    global _scaler_is_taken
    assert _scaler is not None, "AMP not initialized, did you forget to call amp.init()?"
    _check_trainer(optimizer_or_trainer)
    optimizer_or_trainer._amp_loss_scaler = LossScaler() if _scaler_is_taken else _scaler
    optimizer_or_trainer._amp_original_scale = optimizer_or_trainer._scale
    _scaler_is_taken = True


@contextlib.contextmanager
def scale_loss(loss: Any, optimizer_or_trainer: Any) -> Iterator[Any]:
    """A ``with`` block that gives the scaled loss to differentiate; the trainer divides by the scale again.

    Parameters
    ----------
    loss : NDArray or list of NDArray
    optimizer_or_trainer : Trainer
        One that :func:`init_trainer` has prepared.
    """
    scaler = getattr(optimizer_or_trainer, "_amp_loss_scaler", None)
    assert scaler is not None, "scale_loss: the trainer has no loss scaler, which amp.init_trainer gives it"
    scale = scaler.loss_scale
    optimizer_or_trainer._scale = optimizer_or_trainer._amp_original_scale / scale
    yield [part * scale for part in loss] if isinstance(loss, (list, tuple)) else loss * scale


def unscale(optimizer_or_trainer: Any) -> None:
    """Divide the gradients by the loss scale now, for code that looks at them (clipping, for instance).

    Parameters
    ----------
    optimizer_or_trainer : Trainer
    """
    _check_trainer(optimizer_or_trainer)
    for param in optimizer_or_trainer._params:
        for grad in param._grad or ():
            grad *= optimizer_or_trainer._scale
    optimizer_or_trainer._scale = 1.0


# ---------------------------------------------------------------------------------------------------- trained networks


def _list_of(what: str, names: object, default: list[Any]) -> list[Any]:
    if names is None:
        return default
    assert isinstance(names, list), f"{what} should be a list, got {type(names).__name__}"
    return names


def _check_lists(target_dtype: str, low: list[str], full: list[str], conditional: list[str]) -> None:
    """AssertionError for operators on two lists, and for those that have no place on these."""
    named = {"target_dtype_ops": set(low), "fp32_ops": set(full), "conditional_fp32_ops": set(conditional)}
    for a, b in itertools.combinations(named, 2):
        common = named[a] & named[b]
        assert not common, f"{a} and {b} both name {sorted(common)}"
    movable = {
        *list_lp16_ops(target_dtype),
        *list_fp32_ops(target_dtype),
        *list_lp16_fp32_ops(target_dtype),
        *(c[0] for c in list_conditional_fp32_ops(target_dtype)),
    }
    illegal = set().union(*named.values()) - movable
    assert not illegal, (
        f"Ops {sorted(illegal)} cannot be moved between types: choose among amp.list_lp16_ops, amp.list_fp32_ops, "
        f"amp.list_lp16_fp32_ops and amp.list_conditional_fp32_ops of {target_dtype}"
    )


def convert_symbol(
    sym: Symbol,
    target_dtype: str = "float16",
    target_dtype_ops: list[str] | None = None,
    fp32_ops: list[str] | None = None,
    conditional_fp32_ops: list[Condition] | None = None,
    excluded_sym_names: list[str] | None = None,
    data_names: Collection[str] | None = None,
    cast_optional_params: bool = False,
) -> Symbol:
    """A copy of a float32 network with casts, so that chosen operators run in low precision. Outputs stay float32.

    Parameters
    ----------
    sym : Symbol
    target_dtype : {'float16', 'bfloat16'}
    target_dtype_ops : list of str, optional
        Operators in low precision, instead of :func:`list_lp16_ops`.
    fp32_ops : list of str, optional
        Operators in float32, instead of :func:`list_fp32_ops`.
    conditional_fp32_ops : list of (str, str, list of str), optional
        Operators in float32 where a parameter has one of some values, instead of :func:`list_conditional_fp32_ops`.
    excluded_sym_names : list of str, optional
        Names of nodes that stay in float32.
    data_names : list of str, optional
        The inputs that are no parameters; by default those without a type of their own.
    cast_optional_params : bool
        Declare parameters of low-precision operators to be in low precision, instead of casting them at each run.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, no_bias=True, name="fc")
    >>> mx.contrib.amp.convert_symbol(net).get_internals().list_outputs()[-2:]
    ['fc_output', 'fc_output_amp_cast_float32_output']
    """
    assert isinstance(sym, Symbol), f"First argument to convert_symbol should be Symbol, got {type(sym).__name__}"
    assert target_dtype in ("float16", "bfloat16"), (
        f"Only target_dtype float16 and bfloat16 are supported currently, got {target_dtype!r}"
    )
    low = _list_of("target_dtype_ops", target_dtype_ops, list_lp16_ops(target_dtype))
    full = _list_of("fp32_ops", fp32_ops, list_fp32_ops(target_dtype))
    conditional = _list_of("conditional_fp32_ops", conditional_fp32_ops, list_conditional_fp32_ops(target_dtype))
    for entry in conditional:
        assert (
            len(entry) == 3 and isinstance(entry[0], str) and isinstance(entry[1], str) and isinstance(entry[2], list)
        ), f"conditional_fp32_ops should be a list of (str, str, list), got {entry!r}"
    excluded = _list_of("excluded_sym_names", excluded_sym_names, [])
    _check_lists(target_dtype, low, full, [c[0] for c in conditional])

    conditions: dict[str, dict[str, list[str]]] = {}
    for name, parameter, values in conditional:
        conditions.setdefault(name, {})[parameter] = values
    inputs = sym.list_inputs()
    if data_names is None:
        attrs = sym.attr_dict()
        data_names = [name for name in inputs if "__dtype__" not in attrs.get(name, {})]
    # Nodes carry the canonical names of operators. MXNet's lists mean those too: an alias among them, such as
    # _sparse_concat on another list than Concat, says nothing about the operator.
    graph = reduce_precision(
        sym._graph,
        torch_dtype(target_dtype),
        low=set(low),
        full=set(full),
        widest=set(list_widest_type_cast(target_dtype)),
        conditional=conditions,
        excluded=set(excluded),
        parameters=set(inputs).difference(data_names),
        cast_parameters=bool(cast_optional_params),
    )
    return Symbol(graph.heads)


def _converted(params: dict[str, NDArray], attrs: dict[str, dict[str, str]]) -> dict[str, NDArray]:
    """Parameters in the types that a converted network declares."""
    result = {}
    for name, array in params.items():
        code = attrs.get(name, {}).get("__dtype__", "-1")
        result[name] = array if code == "-1" else array.astype(CODE_TO_NP[int(code)], copy=False)
    return result


def convert_model(
    sym: Symbol,
    arg_params: dict[str, NDArray],
    aux_params: dict[str, NDArray],
    target_dtype: str = "float16",
    target_dtype_ops: list[str] | None = None,
    fp32_ops: list[str] | None = None,
    conditional_fp32_ops: list[Condition] | None = None,
    excluded_sym_names: list[str] | None = None,
    cast_optional_params: bool = False,
) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """A float32 network and its parameters in mixed precision, for predictions; see :func:`convert_symbol`.

    Parameters
    ----------
    sym : Symbol
    arg_params, aux_params : dict of str to NDArray
        These stay as they are.
    target_dtype, target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names
        See :func:`convert_symbol`.
    cast_optional_params : bool
        Convert parameters of low-precision operators, which takes less memory and no casts at each run.

    Returns
    -------
    sym, arg_params, aux_params
    """
    assert isinstance(sym, Symbol), f"convert_model: sym should be a Symbol, got {type(sym).__name__}"
    for which, params in (("arg_params", arg_params), ("aux_params", aux_params)):
        assert isinstance(params, dict), (
            f"convert_model: {which} should map names to arrays, got {type(params).__name__}"
        )
    data_names = set(sym.list_inputs()).difference(arg_params, aux_params)
    lists = target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names
    converted = convert_symbol(sym, target_dtype, *lists, data_names, cast_optional_params)
    attrs = converted.attr_dict()
    return converted, _converted(arg_params, attrs), _converted(aux_params, attrs)


def convert_hybrid_block(
    block: Any,
    target_dtype: str = "float16",
    target_dtype_ops: list[str] | None = None,
    fp32_ops: list[str] | None = None,
    conditional_fp32_ops: list[Condition] | None = None,
    excluded_sym_names: list[str] | None = None,
    ctx: ContextLike = _GPU,
    cast_optional_params: bool = False,
) -> Any:
    """A float32 block in mixed precision, for predictions; see :func:`convert_symbol`.

    Parameters
    ----------
    block : HybridBlock
        Hybridized, and run once.
    target_dtype, target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names, cast_optional_params
        See :func:`convert_symbol`.
    ctx : Context or list of Context
        Where the parameters of the new block live.

    Returns
    -------
    SymbolBlock
    """
    from ...gluon import HybridBlock, SymbolBlock

    assert isinstance(block, HybridBlock), f"block input should be a HybridBlock, got {type(block).__name__}"
    if not block._cached_graph:
        raise RuntimeError("convert_hybrid_block: the block has no graph yet; hybridize it and call it once")
    inputs, sym = block._cached_graph
    lists = target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names
    converted = convert_symbol(sym, target_dtype, *lists, [i.name for i in inputs], cast_optional_params)
    attrs = converted.attr_dict()
    auxiliary = set(converted.list_auxiliary_states())
    values = _converted({name: p._reduce() for name, p in block.collect_params().items()}, attrs)
    result = SymbolBlock(converted, inputs)
    params = result.collect_params()
    for name, param in params.items():
        if name in values and param.dtype != values[name].dtype:
            param.cast(values[name].dtype)
    params.load_dict({f"{'aux' if n in auxiliary else 'arg'}:{n}": v for n, v in values.items()}, ctx=ctx)
    return result


def convert_bucketing_module(
    bucketing_mod: BucketingModule,
    target_dtype: str = "float16",
    target_dtype_ops: list[str] | None = None,
    fp32_ops: list[str] | None = None,
    conditional_fp32_ops: list[Condition] | None = None,
    excluded_sym_names: list[str] | None = None,
    cast_optional_params: bool = False,
) -> BucketingModule:
    """A bucketing module whose networks are in mixed precision; see :func:`convert_symbol`.

    Parameters
    ----------
    bucketing_mod : BucketingModule
        Bound, with parameters. The buckets that it has seen are converted.
    target_dtype, target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names, cast_optional_params
        See :func:`convert_symbol`.
    """
    assert isinstance(bucketing_mod, BucketingModule), (
        f"module should be instance of bucketing module, got {type(bucketing_mod).__name__}"
    )
    assert bucketing_mod._buckets, "Bucketing Module should not be empty"
    assert bucketing_mod.params_initialized, "bucketing_mod params should be initialized for mixed precision conversion"
    current = bucketing_mod._curr_module
    # A module that was loaded and has not been bound yet has its parameters too.
    old_args, old_aux = (
        bucketing_mod.get_params() if bucketing_mod.binded else (current._arg_params, current._aux_params)
    )
    symbols, arg_params, aux_params = {}, {}, {}
    lists = target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names
    for key, module in bucketing_mod._buckets.items():
        symbols[key], args, aux = convert_model(
            module._symbol, old_args, old_aux, target_dtype, *lists, cast_optional_params
        )
        arg_params.update(args)
        aux_params.update(aux)
    buckets = symbols, bucketing_mod._sym_gen, bucketing_mod._default_bucket_key
    return BucketingModule.load_dict(*buckets, arg_params, aux_params, **bucketing_mod._settings)
