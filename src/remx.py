"""The ``remx`` command (and ``python -m remx``): `mxnet.cli`, or a word on what keeps it from running.

It lies beside the package because MXNet's own wheel, installed later, overwrites files of the package.
"""

from __future__ import annotations

import importlib.util
import os
import sys


def trouble() -> str | None:
    """What is wrong with the package ``mxnet`` that Python finds; None when it is remx's. Does not import it."""
    spec = importlib.util.find_spec("mxnet")
    if spec is None or not spec.submodule_search_locations:
        return "there is no package mxnet: pip install --force-reinstall remx"
    folder = list(spec.submodule_search_locations)[0]
    path = os.path.join(folder, "_core", "foreign_wheel.py")
    if not os.path.exists(path):
        return f"the package mxnet that Python finds ({folder}) is another one: pip uninstall mxnet, or mend sys.path"
    loaded = importlib.util.spec_from_file_location("_remx_foreign_wheel", path)
    assert loaded is not None and loaded.loader is not None
    foreign_wheel = importlib.util.module_from_spec(loaded)
    loaded.loader.exec_module(foreign_wheel)
    files = foreign_wheel.foreign_files(folder)
    return foreign_wheel.explain(folder, files) if files else None


def main() -> None:
    """Run the command line."""
    wrong = trouble()
    if wrong:
        print(f"remx: {wrong}", file=sys.stderr)
        sys.exit(1)
    from mxnet.cli import main

    main()


if __name__ == "__main__":
    main()
