"""Fetching a file over HTTP: it appears when it is complete, and a connection that breaks is taken up again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import IO
from urllib.request import urlopen

from .files import atomic_write

_TIMEOUT = 60  # seconds without any data
_BLOCK = 1 << 16


def fetch(
    url: str,
    path: str,
    attempts: int = 1,
    verify: bool = True,
    failed: Callable[[OSError, int], None] = lambda error, left: None,
) -> None:
    """Fetch a file, over one that exists too.

    The variables ``http_proxy``, ``https_proxy`` and ``no_proxy`` are honored, and ``file://`` addresses work. What an
    attempt has brought is kept for the next one, when the server can go on from there.

    Parameters
    ----------
    url, path : str
    attempts : int
        How often to try.
    verify : bool
        Whether certificates are checked.
    failed : function
        Called with the error and the number of attempts that are left, before the next one.

    Raises
    ------
    OSError
        When the last attempt fails.
    """
    with atomic_write(path) as file:
        version = ""
        for left in range(attempts - 1, -1, -1):
            try:
                version = _continue(url, file, version, verify)
                return
            except _BrokenOff as e:
                version, error = e.version, OSError(f"failed to open {url}: {e}")
            except OSError as e:  # as all errors of requests are
                error = OSError(f"failed to open {url}: {e}")
            if left == 0:
                raise error
            failed(error, left)


class _BrokenOff(OSError):
    """The connection ended too early.

    Parameters
    ----------
    version : str
        What identifies the file on the server, for going on.
    """

    def __init__(self, text: str, version: str) -> None:
        super().__init__(text)
        self.version = version


def _continue(url: str, file: IO[bytes], version: str, verify: bool) -> str:
    """Fetch what is missing in a file: everything, or the rest when the server still has the same version of it."""
    if url.startswith("file:"):  # requests has no such thing
        with urlopen(url) as local:
            shutil.copyfileobj(local, file)
        return ""

    import requests
    from urllib3.exceptions import HTTPError

    # Some sites refuse the default name. The bytes are wanted as they are stored, not compressed for the way.
    headers = {"User-Agent": "remx", "Accept-Encoding": "identity"}
    if version and file.tell():
        headers |= {"Range": f"bytes={file.tell()}-", "If-Range": version}
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT, verify=verify) as response:
        if response.status_code not in (200, 206):
            raise OSError(f"HTTP status {response.status_code}")
        if response.status_code != 206:
            file.seek(0)
            file.truncate()
        start = file.tell()
        length = response.headers.get("Content-Length")
        version = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        if version.startswith("W/"):  # says nothing about the bytes
            version = ""
        try:
            while block := response.raw.read(_BLOCK):
                file.write(block)
        except HTTPError as e:
            raise _BrokenOff(f"the connection broke after {_progress(file, start, length)} ({e})", version) from e
        if length is not None and file.tell() - start != int(length):
            raise _BrokenOff(f"the connection ended after {_progress(file, start, length)}", version)
    return version


def _progress(file: IO[bytes], start: int, length: str | None) -> str:
    whole = "" if length is None else f" of {start + int(length)}"
    return f"{file.tell()}{whole} bytes"
