"""Facts about operators are declared with them: nothing else in the engine knows an operator by its name."""

import ast
from collections.abc import Iterator

import pytest

from mxnet._core.registry import all_names
from tests.meta.sources import PACKAGE, python_files

# What only an operator is called: words such as "sum" or "exp" mean other things too.
UNMISTAKABLE = frozenset(name for name in all_names() if "_" in name or name[0].isupper())

# File -> names, and why they stand there.
EXCEPTIONS = {
    "mixed_precision.py": {"amp_cast", "amp_multicast"},  # what automatic names of casts begin with, as in saved graphs
    "graph/passes.py": {"_copy"},  # the end of a name
    "frontend/multi_tensor.py": {  # functions written by hand around the operators of these names
        "_adamw_update",
        "_mp_adamw_update",
        "_multi_adamw_update",
        "_multi_mp_adamw_update",
        "_multi_lamb_update",
        "_multi_mp_lamb_update",
    },
}

FILES = {
    name: path
    for path in python_files("src/mxnet/_core")
    if not (name := str(path.relative_to(PACKAGE / "_core"))).startswith("ops/")
}


def texts(tree: ast.AST) -> Iterator[str]:
    """String constants other than docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def looked_up(tree: ast.AST) -> Iterator[str]:
    """Constants that are looked up as the name of an operator, or compared with one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("get_op", "has_op")):
            yield from (a.value for a in node.args if isinstance(a, ast.Constant))
        elif isinstance(node, ast.Compare) and ast.unparse(node.left).endswith("op.name"):
            yield from (n.value for c in node.comparators for n in ast.walk(c) if isinstance(n, ast.Constant))


@pytest.mark.parametrize("name", FILES)
def test_the_engine_knows_no_operator_by_name(name):
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    found = UNMISTAKABLE.intersection(texts(tree)) | set(looked_up(tree))
    assert found == EXCEPTIONS.get(name, set())


def test_the_check_sees_names():
    tree = ast.parse('"""Convolution"""\nif node.op.name in ("sum", "exp"):\n    get_op("dot"), "BatchNorm"\n')
    assert set(looked_up(tree)) == {"sum", "exp", "dot"}
    assert UNMISTAKABLE.intersection(texts(tree)) == {"BatchNorm"}
