"""Torch's grad mode: it is set here and nowhere else, for blocks of our own code only."""

from __future__ import annotations

import torch

is_enabled = torch.is_grad_enabled
set_enabled = torch._C._set_grad_enabled


class grad_mode:
    """The mode of a ``with`` block; torch's own managers take three times as long."""

    __slots__ = ("_before", "_on")

    def __init__(self, on: bool) -> None:
        self._on = on

    def __enter__(self) -> None:
        self._before = is_enabled()
        set_enabled(self._on)

    def __exit__(self, *exc: object) -> None:
        set_enabled(self._before)
