"""Text: counting tokens, and vocabularies that number them."""

from __future__ import annotations

from . import utils, vocab

__all__ = ["utils", "vocab"]
