"""The committed type stubs are those that tools/gen_stubs.py makes of the registry."""

import ast
import inspect

import pytest
from tools import gen_stubs

import mxnet as mx
from mxnet._core.registry import get_op

STUBS = gen_stubs.stubs()


@pytest.mark.parametrize("path", STUBS, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_stub_is_fresh(path):
    assert path.exists() and path.read_text(encoding="utf-8") == STUBS[path], "run: python tools/gen_stubs.py"


def functions(path):
    return {
        node.name: node
        for node in ast.parse(STUBS[path]).body
        if isinstance(node, ast.FunctionDef) and node.name != "_generated"
    }


@pytest.mark.parametrize(
    "path",
    [p for p in STUBS if p.stem in gen_stubs.SPACES and p.parts[-3] in gen_stubs.FRONTENDS],
    ids=lambda p: f"{p.parts[-3]}-{p.stem}",
)
def test_stub_names_the_arguments_of_the_function(path):
    module = getattr(getattr(mx, path.parent.parent.name), path.stem)
    for name, node in functions(path).items():
        stubbed = [a.arg for a in node.args.args]
        real = [p.name for p in inspect.signature(getattr(module, name)).parameters.values()]
        if node.args.vararg is None:
            assert [*stubbed, "kwargs"] == real, name


def test_a_function():
    text = gen_stubs.function(get_op("FullyConnected"), "FullyConnected", "NDArray", True)
    assert text.splitlines()[0] == (
        "def FullyConnected(data: NDArray, weight: NDArray, bias: NDArray | None = None, num_hidden: int = ..., "
        "no_bias: bool = False, flatten: bool = True, out: NDArray | None = None, name: str | None = None) -> NDArray:"
    )
    assert gen_stubs.function(get_op("Concat"), "concat", "Symbol", False).startswith(
        "def concat(*data: Symbol | Sequence[Symbol], num_args: int = ..., dim: int = 1, name: str | None = None,"
    )


def test_check_finds_stale_stubs(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gen_stubs, "ROOT", tmp_path)
    monkeypatch.setattr(gen_stubs, "stubs", lambda: {tmp_path / "a" / "x.pyi": "new\n"})
    assert gen_stubs.main(["--check"]) == 1
    assert "stale: a/x.pyi" in capsys.readouterr().err
    assert gen_stubs.main([]) == 0 and gen_stubs.main(["--check"]) == 0
    assert (tmp_path / "a" / "x.pyi").read_text() == "new\n"
