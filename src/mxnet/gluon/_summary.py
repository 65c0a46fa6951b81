"""The table that :meth:`Block.summary` prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..ndarray import NDArray
from ._parameter import Parameter

_ROW = "{:>20}  {:>42} {:>15}"
_WIDTH = 80


def _shapes(x: object) -> Any:
    """Arrays in nested lists replaced by their shapes."""
    if isinstance(x, (list, tuple)):
        return [_shapes(i) for i in x]
    return x.shape if isinstance(x, NDArray) else x


def _shape_text(x: object) -> str:
    shapes = _shapes(x)
    return str(shapes)[1:-1] if isinstance(shapes, list) else str(shapes)


class Table:
    """Rows of the table, filled by hooks while the block runs."""

    def __init__(self, inputs: Any) -> None:
        self.rows: list[tuple[str, str, int]] = [("Input", _shape_text(inputs), 0)]
        self.trainable = 0
        self.shared = 0
        self._seen: set[int] = set()

    def add(self, kind: str, params: Iterable[Parameter], outputs: Any) -> None:
        """Add a block that has just run, by the name of its class."""
        total = 0
        for p in params:
            size = p.data().size
            total += size
            if p.grad_req != "null":
                self.trainable += size
            if id(p) in self._seen:
                self.shared += size
            self._seen.add(id(p))
        self.rows.append((f"{kind}-{len(self.rows)}", _shape_text(outputs), total))

    def text(self) -> str:
        """The whole table."""
        total = sum(row[2] for row in self.rows)
        return "\n".join(
            [
                "-" * _WIDTH,
                _ROW.format("Layer (type)", "Output Shape", "Param #"),
                "=" * _WIDTH,
                *[_ROW.format(*row) for row in self.rows],
                "=" * _WIDTH,
                "Parameters in forward computation graph, duplicate included",
                f"   Total params: {total}",
                f"   Trainable params: {self.trainable}",
                f"   Non-trainable params: {total - self.trainable}",
                f"Shared params in forward computation graph: {self.shared}",
                f"Unique parameters in model: {total - self.shared}",
                "-" * _WIDTH,
            ]
        )
