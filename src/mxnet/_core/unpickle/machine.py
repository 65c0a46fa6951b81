"""The stack machine of pickle's language, for the instructions that files of states need.

Each instruction costs what it allocates beyond the bytes that it takes in the file, and a file may spend so much and no
more: Python's own unpickler lets one byte make an empty set, and two bytes copy a megabyte again.
"""

from __future__ import annotations

import pickle
import pickletools
from collections.abc import Callable
from typing import Any

from . import classes
from .checks import Bases, Keys

# Bytes that may be allocated: so many, and so many times the size of the file.
_FREE, _PER_BYTE = 48 << 20, 12
# What things take, roughly.
_CONTAINER, _ENTRY, _SLOT, _OBJECT = 240, 128, 16, 400
# Numbers of more digits are not numbers of updates.
_LONGEST_INT = 255 * 8
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_LITERALS = frozenset(
    (
        "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE "
        "BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8"
    ).split()
)
_EMPTY = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_SET": set}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_IGNORED = frozenset(("PROTO", "FRAME"))


class Machine:
    """Runs a pickle.

    Parameters
    ----------
    data : bytes
    bases : Bases
        The classes whose objects it may make.
    """

    def __init__(self, data: bytes, bases: Bases) -> None:
        self._data = data
        self._bases = bases
        self._left = _FREE + _PER_BYTE * len(data)
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._keys = Keys()
        self._found: dict[tuple[object, object], Any] = {}

    def run(self) -> Any:
        """The value that the pickle describes.

        Raises
        ------
        pickle.UnpicklingError
            When it is damaged, or asks for what it may not have.
        ValueError
            When it is damaged.
        """
        for code, argument, _ in pickletools.genops(self._data):
            name = code.name
            if name in _LITERALS:
                self._literal(argument)
            elif name in _CONSTANTS:
                self._push(_CONSTANTS[name])
            elif name in _EMPTY:
                self._spend(_CONTAINER)
                self._push(_EMPTY[name]())
            elif name in _TUPLES:
                self._tuple_of([self._pop() for _ in range(_TUPLES[name])][::-1])
            elif name == "STOP":
                return self._pop()
            elif name not in _IGNORED:
                method = _METHODS.get(name)
                if method is None:
                    raise pickle.UnpicklingError(f"it uses {name}, which optimizer states do not need")
                if code.arg is None:
                    method(self)
                else:
                    method(self, argument)
        raise pickle.UnpicklingError("it has no end")

    # ------------------------------------------------------------------ stack and budget

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise pickle.UnpicklingError("it would take much more memory than its size explains")

    def _push(self, value: object) -> None:
        self._stack.append(value)

    def _floor(self) -> int:
        """Where the values above the last mark begin."""
        return self._marks[-1] if self._marks else 0

    def _pop(self) -> Any:
        if len(self._stack) <= self._floor():
            raise pickle.UnpicklingError("it takes a value from an empty stack")
        return self._stack.pop()

    def _top(self, kind: type | tuple[type, ...]) -> Any:
        """The value on top, which has to be a container of a kind."""
        if len(self._stack) <= self._floor() or not isinstance(self._stack[-1], kind):
            raise pickle.UnpicklingError("it adds items to what is no container")
        return self._stack[-1]

    def _since_mark(self) -> list[Any]:
        """Take all values above the last mark, and the mark."""
        if not self._marks:
            raise pickle.UnpicklingError("it takes values from the last mark on, and has set none")
        start = self._marks.pop()
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def _literal(self, value: object) -> None:
        if type(value) is int and value.bit_length() > _LONGEST_INT:
            raise pickle.UnpicklingError(f"a number has {value.bit_length()} bits")
        self._push(value)

    # ------------------------------------------------------------------ instructions: do_ and pickletools' names

    def do_mark(self) -> None:
        self._spend(_SLOT * 3)
        self._marks.append(len(self._stack))

    def do_pop_mark(self) -> None:
        self._since_mark()

    def do_dup(self) -> None:
        value = self._pop()
        self._stack += [value, value]

    def do_pop(self) -> None:
        if self._marks and len(self._stack) == self._marks[-1]:
            self._marks.pop()
        else:
            self._pop()

    def _tuple_of(self, values: list[Any]) -> None:
        self._spend(64 + _SLOT * len(values))
        self._push(tuple(values))

    def do_tuple(self) -> None:
        self._tuple_of(self._since_mark())

    def do_list(self) -> None:
        self._spend(_CONTAINER)
        self._push(self._since_mark())

    def do_dict(self) -> None:
        self._spend(_CONTAINER)
        values = self._since_mark()
        self._push({})
        self._fill(values)

    def do_frozenset(self) -> None:
        values = self._since_mark()
        self._spend(_CONTAINER + _ENTRY * len(values))
        self._push(frozenset(map(self._keys.check, values)))

    def do_append(self) -> None:
        value = self._pop()
        self._top(list).append(value)

    def do_appends(self) -> None:
        values = self._since_mark()
        self._top(list).extend(values)

    def _fill(self, values: list[Any]) -> None:
        target = self._top(dict)
        if len(values) % 2:
            raise pickle.UnpicklingError("it has a key without a value")
        self._spend(_ENTRY * (len(values) // 2))
        for key, value in zip(values[::2], values[1::2]):
            target[self._keys.check(key)] = value

    def do_setitem(self) -> None:
        value, key = self._pop(), self._pop()
        self._fill([key, value])

    def do_setitems(self) -> None:
        self._fill(self._since_mark())

    def do_additems(self) -> None:
        values = self._since_mark()
        self._spend(_ENTRY * len(values))
        self._top(set).update(map(self._keys.check, values))

    # The memo: values that are referred to again.

    def do_put(self, number: int) -> None:
        value = self._pop()
        if number < 0:
            raise pickle.UnpicklingError(f"it keeps a value as number {number}")
        if self._keys.check(number) not in self._memo:
            self._spend(_ENTRY)
        self._memo[number] = value
        self._push(value)

    def do_memoize(self) -> None:
        self.do_put(len(self._memo))

    def do_get(self, number: int) -> None:
        if number not in self._memo:
            raise pickle.UnpicklingError(f"it refers to value {number}, which there is not")
        self._push(self._memo[number])

    # Classes and objects.

    def _find(self, module: object, name: object) -> None:
        key = module, name
        if not (type(module) is str and type(name) is str and key in self._found):
            self._found[key] = classes.find(module, name, self._bases)
        self._push(self._found[key])

    def do_global(self, names: str) -> None:
        self._find(*names.split(" ", 1))

    def do_stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        self._find(module, name)

    def do_reduce(self) -> None:
        args, function = self._pop(), self._pop()
        self._spend(_OBJECT)
        self._push(classes.call(function, args, self._spend, self._keys, self._bases))

    def do_newobj(self) -> None:
        args, cls = self._pop(), self._pop()
        self._spend(_OBJECT)
        self._push(classes.new(cls, args, self._bases))

    def do_newobj_ex(self) -> None:
        named = self._pop()
        if type(named) is not dict or named:
            raise pickle.UnpicklingError("it makes an object with named arguments")
        self.do_newobj()

    def do_build(self) -> None:
        state, made = self._pop(), self._pop()
        classes.build(made, state, self._spend, self._bases)
        self._push(made)


# Instructions that do more than push a value. Persistent objects, extension codes, old-style instances and buffers
# outside the file are not among them.
_METHODS: dict[str, Callable[..., None]] = {
    name.removeprefix("do_").upper(): method for name, method in vars(Machine).items() if name.startswith("do_")
}
for _short, _longer in (("PUT", ("BINPUT", "LONG_BINPUT")), ("GET", ("BINGET", "LONG_BINGET"))):
    _METHODS.update(dict.fromkeys(_longer, _METHODS[_short]))
