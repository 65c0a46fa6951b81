"""Build the C++ module, once for each torch, Python and state of its sources."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

SOURCES = Path(__file__).with_name("src")
BUILD = Path(__file__).resolve().parents[2] / "build" / "fakecuda"


def built(torch_folder: Path) -> Path:
    """The shared library for the torch installed in a folder, compiled where it is not there yet (20 seconds).

    Torch itself is not imported: the library has to be there before it is.

    Raises
    ------
    RuntimeError
        When the compiler is missing or refuses the sources; its words are in the message.
    """
    texts = b"".join(path.read_bytes() for path in sorted(SOURCES.iterdir()))
    name = "-".join(
        (importlib.metadata.version("torch"), sys.implementation.cache_tag, hashlib.sha256(texts).hexdigest()[:12])
    )
    library = BUILD / name / "_fakecuda.so"
    if not library.exists():
        library.parent.mkdir(parents=True, exist_ok=True)
        _compile(torch_folder, library)
    return library


def _compile(torch_folder: Path, library: Path) -> None:
    # Written beside its place and renamed: two processes may build at once.
    descriptor, made = tempfile.mkstemp(suffix=".so", dir=library.parent)
    os.close(descriptor)
    includes = (
        torch_folder / "include",
        torch_folder / "include/torch/csrc/api/include",
        sysconfig.get_path("include"),
    )
    command = [
        *(os.environ.get("CXX", "g++"), "-std=c++20", "-O1", "-g0", "-w", "-fPIC", "-shared", "-o", made),
        str(SOURCES / "module.cpp"),
        *(f"-I{folder}" for folder in includes),
        f"-L{torch_folder / 'lib'}",
        *("-ltorch_cpu", "-lc10", "-ltorch", "-ltorch_python", f"-Wl,-rpath,{torch_folder / 'lib'}"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        os.unlink(made)
        raise RuntimeError(f"pretended CUDA devices need a C++ compiler: {command[0]} is not there") from None
    if done.returncode:
        os.unlink(made)
        raise RuntimeError(f"{command[0]} cannot build pretended CUDA devices:\n{done.stderr[-4000:]}")
    os.replace(made, library)
