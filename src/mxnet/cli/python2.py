"""Python 2 sources, mended in memory: `fissix` rewrites syntax and names, and integers are divided as they were.

A source is taken for Python 2 when it does not compile, or uses a name or module that only Python 2 has where nothing
shows that it knows of Python 3 (an assignment of the name, a ``try``, a test of the version). Others stay as they are.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import logging
import operator
import os
import re
import sys
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import numpy as np

_NAMES = frozenset("basestring cmp execfile long raw_input reduce reload unichr unicode xrange".split())
_MODULES = frozenset(
    "BaseHTTPServer ConfigParser HTMLParser Queue StringIO Tkinter __builtin__ cPickle cStringIO commands "
    "cookielib httplib itertools.imap tkMessageBox urllib2 urlparse".split()
)
_KNOWS_PYTHON3 = re.compile(r"version|PY2|PY3|six|python", re.IGNORECASE)
# What mended code calls to divide: a name of its own among the builtins, so that sources keep their line numbers.
_DIVIDE, _DIVIDE_IN_PLACE = "__remx_divide__", "__remx_divide_in_place__"


def available() -> bool:
    """Whether `fissix` is installed."""
    return importlib.util.find_spec("fissix") is not None


def mend(source: bytes, path: str, say: Callable[[str], None]) -> CodeType:
    """The code of a source, which may be Python 2."""
    error = _why_python2(source, path)
    if error is None:
        return compile(source, path, "exec", dont_inherit=True)
    text = _decode(source)
    tree = _parse(_rewrite(text, path), path)
    if tree is None:  # no Python at all, or Python 3 after all
        return compile(source, path, "exec", dont_inherit=True)
    _support()
    if not re.search(r"^from\s+__future__\s+import\b.*\bdivision\b", text, re.MULTILINE):
        tree = ast.fix_missing_locations(_OldDivision().visit(tree))
    say(f"{os.path.basename(path)} is Python 2 code, mended in memory: {_reason(error)}")
    return compile(tree, path, "exec", dont_inherit=True)


def explain(source: bytes, path: str, say: Callable[[str], None]) -> CodeType:
    """The code of a source; where it is Python 2, say what would mend it."""
    error = _why_python2(source, path)
    if error is not None:
        name = os.path.basename(path)
        say(f"{name} looks like Python 2 ({_reason(error)}): pip install 'remx[python2]' to have it mended")
    return compile(source, path, "exec", dont_inherit=True)


def _parse(text: str, path: str) -> ast.Module | None:
    try:
        return ast.parse(text, path)
    except SyntaxError:
        return None


def _reason(error: SyntaxError | str) -> str:
    return error if isinstance(error, str) else f"{error.msg}, line {error.lineno}"


def _decode(source: bytes) -> str:
    """The text; sources without a declared coding may hold bytes of Latin-1."""
    try:
        return importlib.util.decode_source(source)
    except (UnicodeDecodeError, SyntaxError):
        return source.decode("latin-1").replace("\r\n", "\n")


# ---------------------------------------------------------------------- is it Python 2?


def _why_python2(source: bytes, path: str) -> SyntaxError | str | None:
    """Why a source is Python 2: the error of compiling it, or what it uses. None when it is not."""
    try:
        tree = ast.parse(source, path)
    except SyntaxError as error:
        return error
    except ValueError:  # zero bytes
        return None
    bound = _bound(tree)
    for word in _certain(tree):
        if word not in bound:
            return f"it uses {word}"
    return None


def _bound(tree: ast.AST) -> set[str]:
    """The names that a module assigns, imports, defines or takes as arguments anywhere."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name) for alias in node.names if alias.name not in _MODULES}
            if any(alias.name == "*" for alias in node.names):
                found |= _NAMES  # they may come from there
    return found


def _certain(tree: ast.AST) -> Iterator[str]:
    """Names and modules of Python 2 that are used outside of what may be there for both."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Try):
            continue
        if isinstance(node, (ast.If, ast.IfExp)) and _KNOWS_PYTHON3.search(ast.unparse(node.test)):
            continue
        if isinstance(node, ast.Name) and node.id in _NAMES and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Expr) and _prints_more(node.value):
            yield "print as a statement"
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in _MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in _MODULES and not node.level:
            yield node.module
        yield from _certain(node)


def _prints_more(node: ast.expr) -> bool:
    """Whether this begins with what Python 3 takes for a call, and goes on: ``print ("%d") % 1``, ``print (a), b``."""
    part = node
    while True:
        match part:
            case ast.Call(func=ast.Name(id="print")):
                return part is not node
            case ast.Call(func=inner) | ast.BinOp(left=inner) | ast.Attribute(value=inner) | ast.Subscript(value=inner):
                part = inner
            case ast.Tuple(elts=[inner, *_]):
                part = inner
            case _:
                return False


# ---------------------------------------------------------------------- mending


def _rewrite(text: str, path: str) -> str:
    """The source in Python 3, by all of fissix's rules."""
    from fissix import pgen2, refactor

    # Its log of what it does is for its own command.
    logging.getLogger("RefactoringTool").setLevel(logging.CRITICAL)
    logging.getLogger("fissix").setLevel(logging.CRITICAL)
    text = re.sub(r"^[ \t]+", lambda blank: blank[0].expandtabs(8), text.rstrip() + "\n", flags=re.MULTILINE)
    rules = refactor.get_fixers_from_package("fissix.fixes")
    for options in ({}, {"print_function": True}):
        try:
            return str(refactor.RefactoringTool(rules, options).refactor_string(text, path))
        except (pgen2.parse.ParseError, pgen2.tokenize.TokenError):
            continue
    return text


class _OldDivision(ast.NodeTransformer):
    """``/`` becomes a call that divides integers as Python 2 did."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """``a / b``."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div) or any(
            isinstance(side, ast.Constant) and isinstance(side.value, float) for side in (node.left, node.right)
        ):
            return node
        return ast.copy_location(ast.Call(ast.Name(_DIVIDE, ast.Load()), [node.left, node.right], []), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """``a /= b``, where reading the target twice does no harm."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div) or any(isinstance(part, ast.Call) for part in ast.walk(node.target)):
            return node
        before = ast.parse(ast.unparse(node.target), mode="eval").body
        value = ast.Call(ast.Name(_DIVIDE_IN_PLACE, ast.Load()), [before, node.value], [])
        return ast.copy_location(ast.Assign([node.target], value), node)


def _whole(x: object) -> bool:
    return isinstance(x, (int, np.integer)) or (isinstance(x, np.ndarray) and x.dtype.kind in "iu")


def divide(a: Any, b: Any) -> Any:
    """``a / b`` of Python 2: integers are rounded down."""
    return a // b if _whole(a) and _whole(b) else a / b


def divide_in_place(a: Any, b: Any) -> Any:
    """``a /= b`` of Python 2."""
    return operator.ifloordiv(a, b) if _whole(a) and _whole(b) else operator.itruediv(a, b)


def _support() -> None:
    """Put what mended code needs where it finds it."""
    vars(builtins).update({_DIVIDE: divide, _DIVIDE_IN_PLACE: divide_in_place})
    if not hasattr(sys, "setdefaultencoding"):
        sys.setdefaultencoding = lambda name: None  # type: ignore[attr-defined]  # text is Unicode now
