"""The server side of a key-value store that spans machines. A store of one process runs everything in the worker."""

from __future__ import annotations

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
        """Serve until the workers are done: at once, since the workers of one process need no server."""
