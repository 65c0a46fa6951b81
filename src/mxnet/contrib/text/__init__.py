"""Text: counting tokens, vocabularies that number them, and vectors for them."""

from __future__ import annotations

from . import embedding, utils, vocab

__all__ = ["embedding", "utils", "vocab"]
