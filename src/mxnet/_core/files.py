"""Writing files whole: a reader sees the old content or the new one, never half of it."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from ..base import MXNetError

try:
    import fcntl
except ImportError:  # Windows, where the system keeps open files from being removed
    fcntl = None  # type: ignore[assignment]

# File systems limit names to 255 bytes; a temporary one starts with as many characters of the file's as always fit.
_STEM = 50
_TEMPORARY = re.compile(r"\.[0-9a-f]{8}\.tmp\Z")


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

    The content is on the disk before the name is. Links are followed, an existing file's permissions are kept, and what
    is not a regular file (``/dev/stdout``, a pipe), or lies in a folder that takes no new files, is written directly.
    Temporary files that killed writers have left are removed.
    """
    target = os.path.realpath(path)
    try:
        existing = os.stat(target).st_mode
    except FileNotFoundError:
        existing = None
    made = _temporary(target, mode, kwargs) if existing is None or stat.S_ISREG(existing) else None
    if made is None:
        with open(path, mode, **kwargs) as file:
            yield file
        return
    temporary, file = made
    try:
        with file:
            yield file
            file.flush()
            _to_disk(file.fileno())
            if existing is not None:
                os.chmod(temporary, stat.S_IMODE(existing))
            if fcntl is not None:  # while the lock is held
                os.replace(temporary, target)
        if fcntl is None:
            os.replace(temporary, target)
    except BaseException:
        file.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _temporary(target: str, mode: str, kwargs: dict[str, Any]) -> tuple[str, IO[Any]] | None:
    """A new file beside the target, and its name; None where an existing target can only be written in its place."""
    folder, name = os.path.split(target)
    stem = os.path.join(folder, name[:_STEM])
    _remove_leftovers(folder, name[:_STEM])
    while True:
        temporary = f"{stem}.{secrets.token_hex(4)}.tmp"
        try:
            file = open(temporary, mode.replace("w", "x"), **kwargs)
        except PermissionError:
            if os.path.exists(target):
                return None
            raise
        if _lock(file) and os.path.exists(temporary):  # else another writer has taken it for a leftover just now
            return temporary, file
        file.close()


def _lock(file: IO[Any]) -> bool:
    """Mark a file as being written, for as long as it is open in this process; False when another one has it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # a file system without locks: nobody can take it for a leftover either
    return True


def _remove_leftovers(folder: str, stem: str) -> None:
    """Remove temporary files of the stem that nobody is writing any more."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            if name.startswith(stem) and _TEMPORARY.fullmatch(name, len(stem)):
                with contextlib.suppress(OSError):
                    _remove_leftover(os.path.join(folder, name))


def _remove_leftover(path: str) -> None:
    if fcntl is None:
        os.unlink(path)
        return
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)


def _to_disk(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as e:
        if e.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems cannot
            raise


def extract(archive: str, member: str, path: str, sha1: str) -> None:
    """Write one file of a downloaded ``.zip`` or ``.tar.gz`` archive to ``path``, if its checksum is right.

    Raises
    ------
    ValueError
        When the archive is damaged or does not hold the file, or the file has another checksum.
    """
    try:
        with _open_member(archive, member) as source, atomic_write(path) as target:
            digest = hashlib.sha1()
            while block := source.read(1 << 20):
                digest.update(block)
                target.write(block)
            if digest.hexdigest() != sha1:
                raise ValueError(f"the downloaded file {member} has another checksum than expected: try again")
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, KeyError) as error:
        raise ValueError(
            f"the downloaded file {os.path.basename(archive)} is no archive of {member}: {error}"
        ) from error


@contextlib.contextmanager
def _open_member(archive: str, member: str) -> Iterator[IO[bytes]]:
    """The content of a file in an archive."""
    if not archive.endswith(".gz"):
        with zipfile.ZipFile(archive) as zipped, zipped.open(member) as source:
            yield source
        return
    with tarfile.open(archive, "r:gz") as tarred:
        content = tarred.extractfile(member)
        if content is None:  # a folder, a device
            raise KeyError(f"{member} is not a file there")
        with content:
            yield content
