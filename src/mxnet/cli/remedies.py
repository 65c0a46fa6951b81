"""What keeps old scripts from running today, and what is done about it.

`REMEDIES` is the whole list. ``remx run`` applies it to a script; a notebook can do so itself:

    from mxnet.cli import remedies
    remedies.apply()

A remedy says on standard error what it did, once.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from .._core import env, numpy_aliases
from . import imports, python2

Say = Callable[[str], None]


@dataclass(frozen=True)
class Remedy:
    """A row of the table: its name, what it does and why, whom it helps, and how."""

    name: str
    what: str
    why: str
    clients: str
    start: Callable[[Say], None]


def _numpy_names(say: Say) -> None:
    if not env.flag("MXNET_NUMPY_ALIASES"):
        return
    numpy_aliases.restore()
    given = numpy_aliases.given
    if given:
        say(f"NumPy {np.__version__} has its old names again: {', '.join(given[:6])} ... ({len(given)} in all)")


def _ragged(say: Say) -> None:
    def tolerant(make: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(make)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            try:
                return make(*args, **kwargs)
            except ValueError as error:
                if "inhomogeneous" not in str(error) or len(args) != 1 or kwargs.get("dtype") is not None:
                    raise
            say("rows of different lengths became an array of objects, as before NumPy 1.24")
            return make(*args, **{**kwargs, "dtype": object})

        return wrapper

    # np.save and np.savez look np.asanyarray up when they are called.
    for name in ("array", "asarray", "asanyarray"):
        setattr(np, name, tolerant(getattr(np, name)))


def _gluoncv(say: Say) -> None:
    def patch(check: ModuleType) -> None:
        def refuse(*versions: str) -> None:
            say("gluoncv accepts no torch from 2 on; its part for MXNet is used, without that for torch")
            raise ImportError("gluoncv's part for torch is not used beside remx")

        if hasattr(check, "_require_pytorch_version"):  # ImportError is what gluoncv takes for "there is no torch"
            check._require_pytorch_version = refuse  # type: ignore[attr-defined]

    imports.after_import("gluoncv.check", patch)


def _python2(say: Say) -> None:
    if python2.available():
        imports.transform_user_code(lambda source, path: python2.mend(source, path, say))
    else:
        imports.transform_user_code(lambda source, path: python2.explain(source, path, say))


# Back ends of Matplotlib that draw into memory or files.
_WITHOUT_DISPLAY = ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


def _display() -> bool:
    return sys.platform in ("win32", "darwin") or any(os.environ.get(v) for v in ("DISPLAY", "WAYLAND_DISPLAY"))


def _matplotlib(say: Say) -> None:
    if _display():
        return

    def drawable(backend: str) -> str:
        if backend.startswith("module://") or backend.lower() in _WITHOUT_DISPLAY:
            return backend
        say(f"there is no display: Matplotlib draws into memory instead of {backend}; figures can be saved")
        return "agg"

    def patch(matplotlib: ModuleType) -> None:
        use = matplotlib.use

        @functools.wraps(use)
        def wrapper(backend: str, *args: Any, **kwargs: Any) -> None:
            use(drawable(backend))  # the rest is `warn` and `force`, which only older releases know

        matplotlib.use = wrapper  # type: ignore[attr-defined]

    def patch_pyplot(pyplot: ModuleType) -> None:
        switch, show = pyplot.switch_backend, pyplot.show
        pyplot.switch_backend = lambda newbackend: switch(drawable(newbackend))  # type: ignore[attr-defined]

        @functools.wraps(show)
        def nothing_to_show(*args: Any, **kwargs: Any) -> None:
            say("there is no display: plt.show() shows nothing; figures can be saved")

        pyplot.show = nothing_to_show  # type: ignore[attr-defined]

    chosen = os.environ.get("MPLBACKEND", "agg")
    os.environ["MPLBACKEND"] = chosen if chosen.lower() in _WITHOUT_DISPLAY else "agg"
    imports.after_import("matplotlib", patch)
    imports.after_import("matplotlib.pyplot", patch_pyplot)


REMEDIES = (
    Remedy(
        "numpy-names",
        "np.bool, np.int, np.float_, np.product and the like, from the first line on",
        "NumPy 1.24 and 2 dropped them; `import mxnet` gives them back, but scripts import NumPy first",
        "GluonCV, GluonNLP, GluonTS, most scripts of that time",
        _numpy_names,
    ),
    Remedy(
        "ragged",
        "np.array and np.save of lists of different lengths",
        "NumPy 1.24 made an error of what was an array of objects",
        "scripts that store lists of boxes or sentences",
        _ragged,
    ),
    Remedy(
        "gluoncv",
        "gluoncv beside today's torch",
        "it raises RuntimeError for torch 2 and later, which remx is built on",
        "GluonCV 0.10.5",
        _gluoncv,
    ),
    Remedy(
        "python2",
        "Python 2 code of the script and its own modules, mended in memory (needs remx[python2])",
        "print statements, xrange, iteritems, `except E, e`, division of integers",
        "MXNet's examples before 1.2, scripts of 2015 to 2018",
        _python2,
    ),
    Remedy(
        "matplotlib",
        "Matplotlib without a display",
        "matplotlib.use('TkAgg') and plt.show() fail or warn on servers",
        "training scripts that plot their curves",
        _matplotlib,
    ),
)
_started: set[str] = set()


def _speaker() -> Say:
    said: set[str] = set()

    def say(text: str) -> None:
        kind = text.partition(":")[0]
        if kind not in said:
            said.add(kind)
            print(f"remx: {text}", file=sys.stderr)

    return say


def apply(without: Iterable[str] = (), quiet: bool = False) -> None:
    """Turn all remedies on for this process, once.

    Parameters
    ----------
    without : iterable of str
        Names of remedies to leave out.
    quiet : bool
        Say nothing, for processes that another one has started.

    Raises
    ------
    ValueError
        When there is no remedy of such a name.
    """
    unknown = set(without) - {remedy.name for remedy in REMEDIES}
    if unknown:
        raise ValueError(f"there are no remedies {sorted(unknown)}; there are {[r.name for r in REMEDIES]}")
    for remedy in REMEDIES:
        if remedy.name not in without and remedy.name not in _started:
            _started.add(remedy.name)
            remedy.start((lambda text: None) if quiet else _speaker())


def left_out() -> tuple[str, ...]:
    """The remedies that are not on in this process."""
    return tuple(remedy.name for remedy in REMEDIES if remedy.name not in _started)
