"""The server side of a key-value store that spans machines. Here workers do all of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from ..base import MXNetError

__all__ = ["KVStoreServer"]


class KVStoreServer:
    """Serves a key-value store: applies the commands that its workers send.

    Parameters
    ----------
    kvstore : KVStore
    """

    def __init__(self, kvstore: Any) -> None:
        self.kvstore = kvstore
        self.handle = kvstore.handle

    def _controller(self) -> Callable[[int, Any, Any], None]:
        """The function that handles a command: number 0 carries an optimizer for the store."""

        def server_controller(cmd_id: int, cmd_body: Any, _: Any = None) -> None:
            if cmd_id != 0:
                print(f"server {self.kvstore.rank}, unknown command ({cmd_id}, {cmd_body})")
                return
            if isinstance(cmd_body, (bytes, bytearray, str)):
                raise MXNetError("a pickled optimizer is not accepted: unpickling what a network brings runs its code")
            self.kvstore.set_optimizer(cmd_body)

        return server_controller

    def run(self) -> None:
        """Serve until the workers are done: at once, since they need no server."""


def _end_what_is_no_worker() -> None:
    """End a process that MXNet's launchers start as a server or scheduler: workers need neither."""
    role = os.environ.get("DMLC_ROLE")
    if role in ("server", "scheduler"):
        print(f"mxnet: this process is a {role} (DMLC_ROLE), which has nothing to do: workers do it", file=sys.stderr)
        sys.exit(0)


_end_what_is_no_worker()
