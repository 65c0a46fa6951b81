"""Fetching a file over HTTP: it appears when it is complete, and a connection that breaks is taken up again."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import IO

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

    The variables ``http_proxy``, ``https_proxy`` and ``no_proxy`` are honoured, and ``file://`` addresses work. What an
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
            except OSError as e:
                error = _named(e, url)
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
    request = urllib.request.Request(url, headers={"User-Agent": "remx"})  # some sites refuse Python's default
    if version and file.tell():
        request.add_header("Range", f"bytes={file.tell()}-")
        request.add_header("If-Range", version)
    # The module's own opener keeps the proxies it has found first.
    opener = urllib.request.build_opener(*([] if verify else [urllib.request.HTTPSHandler(context=_unverified())]))
    with opener.open(request, timeout=_TIMEOUT) as response:
        if getattr(response, "status", None) != 206:
            file.seek(0)
            file.truncate()
        start = file.tell()
        length = response.headers.get("Content-Length")
        version = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        if version.startswith("W/"):  # says nothing about the bytes
            version = ""
        try:
            while block := response.read(_BLOCK):
                file.write(block)
        except (TimeoutError, ConnectionError, ssl.SSLError) as e:
            raise _BrokenOff(f"the connection broke after {file.tell()} bytes ({e})", version) from e
        if length is not None and file.tell() - start != int(length):
            raise _BrokenOff(f"the connection ended after {file.tell()} of {start + int(length)} bytes", version)
    return version


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _named(error: OSError, url: str) -> OSError:
    """The error with the address in its message."""
    if isinstance(error, urllib.error.HTTPError):
        return OSError(f"failed to open {url}: HTTP status {error.code}")
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return OSError(f"failed to open {url}: {reason}")
