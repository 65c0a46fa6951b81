"""Functions over NDArrays, made from operator declarations."""

from __future__ import annotations

from typing import Any, NoReturn

from ...base import MXNetError, _Null
from ..array import Array, require_array
from ..invoke import invoke
from ..registry import OpDef
from .binding import argument_order, described

_TAIL = ("out", "name")
_IGNORED = frozenset(("name", "attr", "__layout__", "__profiler_scope__"))


def make_function(od: OpDef, shown: str, array: type[Array]) -> Any:
    """The eager function of an operator on arrays of a kind."""
    fn = _variadic(od, array) if od.variadic else _fixed(od, array)
    return described(fn, od, shown, _TAIL, "NDArray")


def _fixed(od: OpDef, array: type[Array]) -> Any:
    """A function whose tensor inputs are known by name."""
    inputs = od.inputs
    count = len(inputs)
    position = {name: i for i, name in enumerate(inputs)}
    order = argument_order(od) + _TAIL
    plain_order = od.arg_order is None
    plain, nothing = _plain_types(od), frozenset[type]()
    required = frozenset(od.required)
    required_inputs = tuple(i for i, n in enumerate(inputs) if n not in od.optional_inputs)
    omitted = tuple((position[n], flag, od.defaults.get(flag)) for n, flag in od.omit.items())
    least = len(required_inputs)
    counted = od.inputs_of is not None
    # As in MXNet and in mx.sym, operators without parameters ignore any that they are given.
    has_params = bool(od.params) or od.open_params

    def call(*args: Any, **kwargs: Any) -> Any:
        out = None
        arrays: list[Any]
        params: dict[str, Any] = {}
        n = len(args)
        if plain_order and n <= count:
            arrays = [*args, *[None] * (count - n)] if n < count else list(args)
        else:
            arrays = [None] * count
            if n > len(order):
                raise TypeError(f"{od.name}() takes at most {len(order)} positional arguments, got {n}")
            for name, value in zip(order, args):
                i = position.get(name)
                if i is not None:
                    arrays[i] = value
                elif name == "out":
                    out = value
                elif value is not _Null and name != "name":
                    params[name] = od.decode(name, value)
        for name, value in kwargs.items():
            i = position.get(name)
            if i is not None:
                arrays[i] = value
            elif type(value) in plain.get(name, nothing):
                params[name] = value
            elif name == "out":
                out = value
            elif has_params and value is not _Null and name not in _IGNORED:
                params[name] = od.decode(name, value)
        last = -1
        for i, a in enumerate(arrays):
            if a is not None:
                if not isinstance(a, array):
                    require_array(a, inputs[i], od.name, array)
                last = i
        for i in required_inputs:
            if arrays[i] is None:
                raise MXNetError(f"Operator {od.name}: required input {inputs[i]} is missing")
        for i, flag, default in omitted:
            if (arrays[i] is None) is not params.get(flag, default):
                _wrong_inputs(od, arrays, params)
        if counted and last + 1 != least:  # some optional input is given
            _check_optional(od, arrays, params)
        if required and not required <= params.keys():
            missing = ", ".join(sorted(required - params.keys()))
            raise MXNetError(f"Required parameter {missing} is not presented, in operator {od.name}")
        return invoke(od, arrays[: last + 1], params, out, array)

    return call


def _plain_types(od: OpDef) -> dict[str, frozenset[type]]:
    """By parameter the types of values that need no decoding, as most that are given."""
    return {p.name: p.codec.plain for p in od.params.values() if p.name not in _IGNORED}


def _check_optional(od: OpDef, arrays: list[Any], params: dict[str, Any]) -> None:
    """Raise unless as many inputs are given as the parameters ask for."""
    names = od.input_names(od.namespace(params))
    if sum(a is not None for a in arrays) != len(names):
        _wrong_inputs(od, arrays, params)


def _wrong_inputs(od: OpDef, arrays: list[Any], params: dict[str, Any]) -> NoReturn:
    names = od.input_names(od.namespace(params))
    given = [n for n, a in zip(od.inputs, arrays) if a is not None]
    raise MXNetError(
        f"Operator {od.name} expects {len(names)} inputs with these parameters ({', '.join(names)}), "
        f"but got {len(given)} instead ({', '.join(given)})"
    )


def _variadic(od: OpDef, array: type[Array]) -> Any:
    """A function that takes any number of arrays, one by one or as lists."""
    plain, nothing = _plain_types(od), frozenset[type]()
    count_name = od.variadic or ""
    # A count with a default is the caller's to give (multi_sgd_update): inputs are more than one a weight.
    takes_count = count_name in od.takes
    fills_count = takes_count and od.params[count_name].required

    def call(*args: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        arrays: list[Any] = []
        for a in args:
            if isinstance(a, (list, tuple)):
                arrays.extend(a)
            else:
                arrays.append(a)
        params: dict[str, Any] = {}
        by_name: list[tuple[str, Any]] = []
        for name, value in kwargs.items():
            if isinstance(value, array) or (isinstance(value, (list, tuple)) and value and isinstance(value[0], array)):
                by_name.append((name, value))
            elif type(value) in plain.get(name, nothing):
                params[name] = value
            elif value is not _Null and name not in _IGNORED:
                params[name] = od.decode(name, value)
        if by_name and od.open_params:
            arrays = _in_order(od, arrays, dict(by_name), params)
        else:
            for _, value in by_name:
                arrays.extend(value if isinstance(value, (list, tuple)) else [value])
        for a in arrays:
            if not isinstance(a, array):
                require_array(a, od.inputs[-1], od.name, array)
        given = params.pop(count_name, None)
        if given is not None and given != len(arrays) and count_name == "num_args":
            raise MXNetError(f"Operator {od.name}: {count_name} is {given}, but {len(arrays)} arrays were given")
        if fills_count or (takes_count and given is not None):
            params[count_name] = len(arrays) if given is None else given
        missing = [n for n in od.required if n not in params and n != count_name]
        if missing:
            raise MXNetError(f"Required parameter {', '.join(missing)} is not presented, in operator {od.name}")
        return invoke(od, arrays, params, out, array)

    return call


def _in_order(od: OpDef, arrays: list[Any], by_name: dict[str, Any], params: dict[str, Any]) -> list[Any]:
    """All inputs of an operator whose parameters say what the inputs are called."""
    names = od.input_names(od.parse(params))
    for name in by_name:
        if name not in names[len(arrays) :]:
            raise MXNetError(f"Operator {od.name} has no input {name} that is free; its inputs are {', '.join(names)}")
    return arrays + [by_name[n] for n in names if n in by_name]
