"""Docstrings name the parameters that functions have, and their examples run."""

import doctest
import importlib
import inspect
import re

import numpy as np
import pytest

import mxnet as mx
from tests.meta.sources import MODULES

_SECTION = re.compile(r"^Parameters\n-{3,}\n(.*?)(?=^[A-Z][A-Za-z ]+\n-{3,}$|\Z)", re.MULTILINE | re.DOTALL)
PUBLIC = [name for name in MODULES if not any(part.startswith("_") for part in name.split(".")[1:])]


def documented(doc):
    """The names in the "Parameters" section of a NumPy-style docstring."""
    section = _SECTION.search(inspect.cleandoc(doc or ""))
    if section is None:
        return []
    heads = [line.split(" :")[0] for line in section[1].splitlines() if line and not line[0].isspace()]
    return [name.strip().lstrip("*") for head in heads for name in head.split(",")]


def members(module):
    """The functions, classes and methods that a module defines, with their names."""
    for name, thing in vars(module).items():
        if getattr(thing, "__module__", None) != module.__name__ or name.startswith("_"):
            continue
        if inspect.isfunction(thing):
            yield name, thing
        elif inspect.isclass(thing):
            yield name, thing
            for inner, method in vars(thing).items():
                if inspect.isfunction(method):
                    yield f"{name}.{inner}", method


@pytest.mark.parametrize("name", PUBLIC)
def test_documented_parameters_exist(name):
    wrong = []
    for label, thing in members(importlib.import_module(name)):
        names = documented(thing.__doc__)
        if not names:
            continue
        try:
            parameters = inspect.signature(thing).parameters
        except (TypeError, ValueError):  # classes whose constructor is not written in Python
            continue
        if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            continue
        wrong += [f"{label}: {n}" for n in names if n not in parameters]
    assert not wrong, f"{name} documents parameters that are not there: {wrong}"


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(name)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.testmod(module, optionflags=flags, extraglobs={"mx": mx, "np": np})
    assert not failed


def test_the_check_reads_docstrings():
    """Guards the tests above against seeing nothing."""
    doc = """Text.

    Parameters
    ----------
    a, b : int
        What.
    *rest : str
    c

    Returns
    -------
    x : int
    """
    assert documented(doc) == ["a", "b", "rest", "c"]
    assert documented("Text.") == []
