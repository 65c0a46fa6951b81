"""One module reads the environment, and docs/env_vars.md says what it reads."""

import ast
import re

import pytest
from tools import gen_env_vars

from mxnet._core import env
from tests.meta.sources import MODULES

# Modules that are about the environment as such, or read what other programs define.
FREE = {
    "mxnet._core.env",
    "mxnet._core.backend",  # CUBLAS_WORKSPACE_CONFIG and the like, for torch
    "mxnet._core.memory",  # MALLOC_*, for glibc
    "mxnet._core.processors",  # GOMP_SPINCOUNT, for OpenMP
    "mxnet.util",  # getenv, setenv
    "mxnet.test_utils._environment",
    "mxnet.test_utils._defaults",  # NVIDIA_TF32_OVERRIDE
    "mxnet.base",  # APPDATA
    "mxnet.kvstore._workers",  # RANK, OMPI_COMM_WORLD_RANK and the like, of launchers
    "mxnet.kvstore.kvstore_server",  # DMLC_ROLE
    "mxnet.profiler._recorder",  # KINETO_LOG_LEVEL
    "mxnet.cli.remedies",  # DISPLAY and MPLBACKEND, for Matplotlib
}


def reads_environment(tree):
    return [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]


@pytest.mark.parametrize("name", sorted(set(MODULES) - FREE))
def test_modules_ask_the_table(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    assert not reads_environment(tree), "declare the variable in mxnet/_core/env.py, and read it with env.flag or so"


def test_the_check_sees_reads():
    assert sorted(reads_environment(ast.parse("import os\nos.environ.get(a)\nos.getenv(b)"))) == ["environ", "getenv"]
    assert {"mxnet._core.env", "mxnet.util"} <= {
        name for name in MODULES if reads_environment(ast.parse(MODULES[name].read_text(encoding="utf-8")))
    }


def test_every_variable_that_sources_name_is_declared():
    named = {n for path in MODULES.values() for n in re.findall(r"\bMXNET_[A-Z0-9_]*[A-Z0-9]\b", path.read_text())}
    assert named - set(env.VARIABLES) == {"MXNET_EXAMPLE"}  # of a doctest


def test_variables_with_an_effect_are_read_somewhere():
    sources = "".join(path.read_text() for name, path in MODULES.items() if name != "mxnet._core.env")
    silent = [v.name for v in env.VARIABLES.values() if v.acts and f'"{v.name}"' not in sources]
    assert not silent


def test_document_is_fresh():
    assert gen_env_vars.PATH.read_text(encoding="utf-8") == gen_env_vars.document(), "run: tools/gen_env_vars.py"
