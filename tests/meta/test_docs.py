"""What the documents name is there: files, modules, extras, make's targets."""

import importlib
import re
from pathlib import Path

import pytest

import mxnet as mx
from tests.conftest import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")])
FOLDERS = ("src", "docs", "tests", "tools", "examples", "benchmarks")
FILES = {
    path.relative_to(ROOT).as_posix() + "/" * path.is_dir()
    for folder in FOLDERS
    for path in [ROOT / folder, *(ROOT / folder).rglob("*")]
} | {path.name for path in ROOT.iterdir()}

# Named, but not ours: the data beside the checkout, what the tools write, what MXNet and other projects have.
ELSEWHERE = re.compile(
    r"(\.\./)?shared/|build/|dist/|\.venv/|~|-|.*(python_api|registries)\.json$"
    r"|(tools/)?(ops_test|parse_log|im2rec|rec2idx|diagnose|launch)\.py$"
)
# What upstream's tests are called, in the documents that say what of them passes.
UPSTREAM = re.compile(r"test_\w+\.py$")
_PATH = re.compile(r"[\w./-]+\.(?:py|pyi|md|toml|json|txt)|[\w.-]+(?:/[\w.-]+)*/")
_NAME = re.compile(r"(?:mx|mxnet)(?:\.[a-zA-Z_]\w*)+")


def spans(text):
    """What stands between backticks, outside of blocks of code and of what is to come."""
    text = re.sub(r"^## The core, as it is to be.*?(?=^## )", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE))


def is_there(path):
    return any(file == path or file.endswith("/" + path) for file in FILES)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files(document):
    text = document.read_text(encoding="utf-8")
    named = {span for span in spans(text) if _PATH.fullmatch(span)} | set(re.findall(r"\]\(([^)#:, ]+)\)", text))
    if document.name == "design.md":  # its picture of the folders
        (picture,) = re.findall(r"```\n(pyproject.*?)```", text, flags=re.DOTALL)
        named |= set(re.findall(r"[\w/.]+\.(?:py|md|toml)|\w+/(?=\s|$)", picture, flags=re.MULTILINE))
    missing = {
        path
        for path in named
        if not ELSEWHERE.match(path) and not is_there(path) and not (document.parent / path).exists()
    }
    assert not {path for path in missing if not UPSTREAM.match(path)}


# What was there once, and what is not there yet, is named in these two.
PRESENT = [d for d in DOCUMENTS if d.name not in ("CHANGELOG.md", "not_there_yet.md")]


@pytest.mark.parametrize("document", PRESENT, ids=lambda path: path.name)
def test_names(document):
    missing = []
    for name in {span.split("(")[0] for span in spans(document.read_text(encoding="utf-8"))}:
        if _NAME.fullmatch(name) and not Path(name).suffix == ".py":
            try:
                resolve(name)
            except AttributeError:
                missing.append(name)
    assert not missing


def resolve(name):
    """The object of a dotted name."""
    found = mx
    for i, part in enumerate(parts := name.split(".")[1:], 1):
        if not hasattr(found, part):
            try:
                importlib.import_module(".".join(["mxnet", *parts[:i]]))
            except ImportError as e:
                raise AttributeError(name) from e
        found = getattr(found, part)
    return found


def extras():
    """The extras of pyproject.toml (Python 3.10 has no reader of it)."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (table,) = re.findall(r"^\[project\.optional-dependencies\]\n(.*?)^\[", text, flags=re.DOTALL | re.MULTILINE)
    return set(re.findall(r"^(\w+) = \[", table, flags=re.MULTILINE))


def test_extras_that_are_named_exist():
    texts = [*DOCUMENTS, ROOT / "pyproject.toml", *(ROOT / "src").rglob("*.py")]
    named = {
        extra
        for path in texts
        for group in re.findall(r"remx\[([\w,]+)\]", path.read_text(encoding="utf-8"))
        for extra in group.split(",")
    }
    assert named <= extras()


def test_extras_are_asked_for():
    """Each is named by the error of what needs it, or gathers others."""
    asked = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    assert not {e for e in extras() - {"all", "demo", "test", "dev"} if f"remx[{e}]" not in asked}


def test_targets_of_make():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    named = {
        target
        for document in DOCUMENTS
        for target in re.findall(r"(?:`|^)make (\w+)", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }
    assert named <= set(phony.split())
