"""The interface of MXNet's execution engine.

PyTorch runs an operator when it is called (on a GPU it queues it), so there is nothing to bundle: the sizes are kept
and given back.
"""

from __future__ import annotations

import threading


class _Bulk(threading.local):
    size = 0


_bulk = _Bulk()


def set_bulk_size(size: int) -> int:
    """Set how many operators MXNet would have run as one, and give back the number before."""
    before, _bulk.size = _bulk.size, int(size)
    return before


class _BulkScope:
    def __init__(self, size: int) -> None:
        self._size = size
        self._before: list[int] = []

    def __enter__(self) -> _BulkScope:
        self._before.append(set_bulk_size(self._size))
        return self

    def __exit__(self, *exc: object) -> None:
        set_bulk_size(self._before.pop())


def bulk(size: int) -> _BulkScope:
    """A ``with`` scope with another bulk size.

    Examples
    --------
    >>> import mxnet as mx
    >>> with mx.engine.bulk(10):
    ...     x = mx.nd.zeros((1,)) + 1
    """
    return _BulkScope(size)
