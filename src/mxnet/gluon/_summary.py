"""The table that :meth:`Block.summary` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ndarray import NDArray

if TYPE_CHECKING:
    from ._block import Block

_ROW = "{:>20}  {:>42} {:>15}"
_WIDTH = 80


def _shapes(x: Any) -> Any:
    """Arrays in nested lists replaced by their shapes."""
    if isinstance(x, (list, tuple)):
        return [_shapes(i) for i in x]
    return x.shape if isinstance(x, NDArray) else x


def _shape_text(x: Any) -> str:
    shapes = _shapes(x)
    return str(shapes)[1:-1] if isinstance(shapes, list) else str(shapes)


class _Table:
    """Rows of the table, filled by hooks while the block runs."""

    def __init__(self, inputs: Any) -> None:
        self.rows: list[tuple[str, str, int]] = [("Input", _shape_text(inputs), 0)]
        self.trainable = 0
        self.shared = 0
        self._seen: set[int] = set()

    def hook(self, block: Block, _: Any, outputs: Any) -> None:
        """Add a block that has just run."""
        total = 0
        for p in block.params.values():
            size = p.data().size
            total += size
            if p.grad_req != "null":
                self.trainable += size
            if id(p) in self._seen:
                self.shared += size
            self._seen.add(id(p))
        self.rows.append((f"{type(block).__name__}-{len(self.rows)}", _shape_text(outputs), total))

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


def show(block: Block, inputs: tuple[Any, ...]) -> None:
    """Run a block, and print what its layers gave."""
    from .nn import HybridSequential, Sequential

    table = _Table(inputs)
    handles = []

    def watch(b: Block) -> None:
        if getattr(b, "_active", False):
            raise AssertionError(f'"{b.name}" must not be hybridized to print summary.')
        if not isinstance(b, (Sequential, HybridSequential)):
            handles.append(b.register_forward_hook(table.hook))

    try:
        block.apply(watch)
        block(*inputs)
    finally:
        for handle in handles:
            handle.detach()
    print(table.text())
