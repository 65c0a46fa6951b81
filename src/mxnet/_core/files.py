"""Writing files whole: a reader sees the old content or the new one, never half of it."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from typing import IO, Any

from ..base import MXNetError


def local_path(uri: str) -> str:
    """The path of a local file name or ``file://`` address.

    Raises
    ------
    MXNetError
        For other schemes (``s3://``, ``hdfs://``), which need a copy to a local file first.
    """
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return uri
    if scheme == "file":
        return rest
    raise MXNetError(f"cannot open {uri!r}: only local files are supported, not {scheme}://")


@contextlib.contextmanager
def atomic_write(path: str, mode: str = "wb", **kwargs: Any) -> Iterator[IO[Any]]:
    """Open a temporary file beside ``path``, and rename it to ``path`` when the block ends without an error.

    Links are followed, an existing file's permissions are kept, and what is not a regular file (``/dev/stdout``, a
    pipe) is written directly.
    """
    target = os.path.realpath(path)
    try:
        existing = os.stat(target).st_mode
    except FileNotFoundError:
        existing = None
    if existing is not None and not stat.S_ISREG(existing):
        with open(path, mode, **kwargs) as file:
            yield file
        return
    temporary = f"{target}.{secrets.token_hex(4)}.tmp"
    try:
        with open(temporary, mode.replace("w", "x"), **kwargs) as file:
            yield file
        if existing is not None:
            os.chmod(temporary, stat.S_IMODE(existing))
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
