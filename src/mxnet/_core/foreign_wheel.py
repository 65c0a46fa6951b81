"""Notices when Apache MXNet's own wheel was installed into the same folder, where it and remx overwrite each other."""

from __future__ import annotations

import os
import re
import warnings

# Files that its wheels bring and remx has not.
_FOREIGN = ("libmxnet.so", "libmxnet.dll", "libmxnet.dylib", "_ctypes", "_cy3", "_ffi", "COMMIT_HASH")
_DISTRIBUTION = re.compile(r"(mxnet(?:_cu\d+)?(?:_?mkl)?)-([^-]+)\.(?:dist|egg)-info", re.IGNORECASE)


def foreign_files(folder: str) -> list[str]:
    """What lies in the package's folder and comes from MXNet's wheel."""
    return sorted(set(_FOREIGN).intersection(os.listdir(folder)))


def explain(folder: str, files: list[str]) -> str:
    """What has happened, and how to repair it."""
    names = [_DISTRIBUTION.fullmatch(entry) for entry in os.listdir(os.path.dirname(folder))]
    found = [(match[1].replace("_", "-"), match[2]) for match in names if match]
    installed = " and ".join(f"{name} {version}" for name, version in found) or "a wheel of Apache MXNet"
    packages = " ".join(name for name, _ in found) or "mxnet"
    return (
        f"{installed} was installed into the folder of remx ({folder} has {', '.join(files)}): both are imported as "
        f"mxnet, and each has overwritten files of the other. To repair it:\n"
        f"    pip uninstall -y {packages} remx\n    rm -r {folder}\n    pip install remx"
    )


def check(folder: str) -> None:
    """Warn of a mixture; costs one look into the folder."""
    files = foreign_files(folder)
    if files:
        warnings.warn(explain(folder, files), RuntimeWarning, stacklevel=3)
