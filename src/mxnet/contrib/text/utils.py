"""Counting tokens."""

from __future__ import annotations

import re
from collections import Counter

__all__ = ["count_tokens_from_str"]


def count_tokens_from_str(
    source_str: str,
    token_delim: str = " ",
    seq_delim: str = "\n",
    to_lower: bool = False,
    counter_to_update: Counter | None = None,
) -> Counter:
    """Count how often each token occurs in a text.

    Parameters
    ----------
    source_str : str
    token_delim, seq_delim : str
        Regular expressions of what is between tokens, and between sequences of them.
    to_lower : bool
        Count lower-case forms.
    counter_to_update : collections.Counter, optional
        To which the counts are added.

    Examples
    --------
    >>> from mxnet.contrib.text.utils import count_tokens_from_str
    >>> sorted(count_tokens_from_str("Life is great !\\nlife is good .", to_lower=True).items())[-3:]
    [('great', 1), ('is', 2), ('life', 2)]
    """
    tokens = [t for t in re.split(f"{token_delim}|{seq_delim}", source_str) if t]
    if to_lower:
        tokens = [t.lower() for t in tokens]
    counter = Counter() if counter_to_update is None else counter_to_update
    counter.update(tokens)
    return counter
