"""What the flat vector of parameters of the ``RNN`` operator consists of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .errors import ArgumentValueError

# By mode what names the gates in weights, in the order that they are stacked in.
GATES: Mapping[str, tuple[str, ...]] = {
    "rnn_relu": ("",),
    "rnn_tanh": ("",),
    "lstm": ("_i", "_f", "_c", "_o"),
    "gru": ("_r", "_z", "_o"),
}


class FlatParameters(NamedTuple):
    """The layers whose weights and biases are in the vector."""

    prefix: str
    num_hidden: int
    num_layers: int
    mode: str
    bidirectional: bool

    @property
    def directions(self) -> tuple[str, ...]:
        """What names the directions."""
        return ("l", "r") if self.bidirectional else ("l",)

    def parts(self, num_input: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the parts, in their order: all weights, then all biases."""
        h = self.num_hidden
        layers = [
            (f"{self.prefix}{direction}{layer}_", num_input if layer == 0 else h * len(self.directions))
            for layer in range(self.num_layers)
            for direction in self.directions
        ]
        for kind in ("weight", "bias"):
            for name, width in layers:
                for group, columns in (("i2h", width), ("h2h", h)):
                    for gate in GATES[self.mode]:
                        yield f"{name}{group}{gate}_{kind}", (h, columns) if kind == "weight" else (h,)

    def num_input(self, size: int, name: str) -> int:
        """The number of input features that makes the vector, which is called ``name``, that long."""
        h, directions = self.num_hidden, len(self.directions)
        rows, rest = divmod(size, directions * len(GATES[self.mode]) * h)
        found = rows - (self.num_layers - 1) * (h * directions + h + 2) - h - 2
        if rest or found < 1:
            raise ArgumentValueError(
                f"{name} of {size} numbers fits no {self.mode} with {self.num_layers} layers of {h} units in "
                f"{directions} direction(s)"
            )
        return found
