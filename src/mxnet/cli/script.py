"""Run a script or a module as ``python`` runs it: the same ``__main__``, arguments, paths, tracebacks and exit code.

Processes that are spawned (`multiprocessing` with "spawn" or "forkserver") import the script again: they are told to
turn the same remedies on first.
"""

from __future__ import annotations

import builtins
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from . import imports, remedies

# The command's own ``__main__``, which Python would empty if it were dropped.
_kept: list[types.ModuleType] = []


def run_script(path: str, arguments: Sequence[str]) -> None:
    """Run the file ``path`` as ``__main__``."""
    absolute = os.path.abspath(path)
    _set_path(os.path.dirname(os.path.realpath(path)))
    sys.argv = [path, *arguments]
    try:
        with open(absolute, "rb") as file:
            source = file.read()
    except OSError as error:
        print(f"remx: can't open file {absolute!r}: [Errno {error.errno}] {error.strerror}", file=sys.stderr)
        sys.exit(2)
    loader = importlib.machinery.SourceFileLoader("__main__", absolute)
    _run(lambda: imports.compile_source(source, absolute), __file__=absolute, __cached__=None, __loader__=loader)


def run_module(name: str, arguments: Sequence[str]) -> None:
    """Run the module ``name``, or the ``__main__`` of the package, as ``__main__``."""
    _set_path(os.getcwd())
    spec = _find(name)
    sys.argv = [str(spec.origin), *arguments]
    loader: Any = spec.loader
    _run(
        lambda: loader.get_code(spec.name),
        __file__=spec.origin,
        __cached__=spec.cached,
        __loader__=loader,
        __spec__=spec,
        __package__=spec.parent,
    )


def _find(name: str) -> importlib.machinery.ModuleSpec:
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except ModuleNotFoundError:
        spec = None
    if spec is None or not hasattr(spec.loader, "get_code"):
        print(f"remx: no module named {name} that can be run", file=sys.stderr)
        sys.exit(1)
    return spec


def _set_path(folder: str) -> None:
    """Put the script's folder where ``python`` had put the command's."""
    if not getattr(sys.flags, "safe_path", sys.flags.isolated):  # a flag of Python 3.11
        sys.path[0] = folder


def _run(code: Callable[[], Any], **attributes: Any) -> None:
    """Make ``__main__`` and run it."""
    main = types.ModuleType("__main__")
    vars(main).update({"__builtins__": builtins, "__annotations__": {}, **attributes})
    _kept.append(sys.modules["__main__"])
    sys.modules["__main__"] = sys.modules["__mp_main__"] = main  # the second as `multiprocessing` sets it
    _tell_spawned_processes()
    try:
        compiled = code()
    except SyntaxError as error:
        _die(error, None)
    try:
        exec(compiled, vars(main))
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001
        _die(error, error.__traceback__ and error.__traceback__.tb_next)


def _die(error: BaseException, traceback: types.TracebackType | None) -> NoReturn:
    """End as Python does after an error, but show the script's frames only."""
    sys.excepthook(type(error), error.with_traceback(traceback), traceback)
    sys.excepthook = lambda *args: None
    raise error


class _Remedies:
    """Turns the remedies on where it is unpickled."""

    def __reduce__(self) -> Any:
        return _in_spawned_process, (remedies.left_out(),)


def _tell_spawned_processes() -> None:
    from multiprocessing import spawn

    prepare = spawn.get_preparation_data

    def with_remedies(name: str) -> dict[str, Any]:
        return {"remx": _Remedies(), **prepare(name)}

    spawn.get_preparation_data = with_remedies


def _in_spawned_process(left_out: tuple[str, ...]) -> None:
    from multiprocessing import spawn

    remedies.apply(left_out, quiet=True)
    _tell_spawned_processes()

    def import_script(path: str) -> None:
        """Import the script under the name that `multiprocessing` gives it, from mended source."""
        if getattr(sys.modules["__main__"], "__file__", None) == path:
            return
        main = types.ModuleType("__mp_main__")
        main.__file__ = path
        spawn.old_main_modules.append(sys.modules["__main__"])
        with open(path, "rb") as file:
            source = file.read()
        sys.modules["__mp_main__"] = main
        exec(imports.compile_source(source, path), vars(main))
        sys.modules["__main__"] = main

    spawn._fixup_main_from_path = import_script  # type: ignore[attr-defined]
