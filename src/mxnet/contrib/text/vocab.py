"""Vocabularies: tokens and their numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

__all__ = ["Vocabulary"]


class Vocabulary:
    """Numbers for tokens: 0 for unknown ones, then the reserved ones, then the others from the most frequent on.

    Tokens that are equally frequent are in alphabetical order.

    Parameters
    ----------
    counter : collections.Counter, optional
        How often each token occurs.
    most_freq_count : int, optional
        How many tokens, apart from unknown and reserved ones, are numbered at most.
    min_freq : int
        How often a token must occur to be numbered.
    unknown_token : hashable
        What stands for all others.
    reserved_tokens : list of hashable, optional
        Tokens with numbers of their own whether they occur or not.

    Examples
    --------
    >>> from collections import Counter
    >>> from mxnet.contrib.text.vocab import Vocabulary
    >>> words = Vocabulary(Counter(["b", "a", "c", "b"]), reserved_tokens=["<pad>"])
    >>> words.idx_to_token
    ['<unk>', '<pad>', 'b', 'a', 'c']
    >>> words.to_indices(["c", "z"])
    [4, 0]
    """

    def __init__(
        self,
        counter: Counter | None = None,
        most_freq_count: int | None = None,
        min_freq: int = 1,
        unknown_token: Any = "<unk>",
        reserved_tokens: list[Any] | None = None,
    ) -> None:
        if min_freq <= 0:
            raise AssertionError(f"min_freq must be positive, got {min_freq}")
        reserved = list(reserved_tokens or ())
        known = {unknown_token, *reserved}
        if len(known) != 1 + len(reserved):
            raise AssertionError(
                f"reserved_tokens must not contain a token twice, nor unknown_token ({unknown_token!r}), got {reserved}"
            )
        if counter is not None and not isinstance(counter, Counter):
            raise AssertionError(f"counter must be a collections.Counter, got {type(counter).__name__}")
        self._unknown_token = unknown_token
        self._reserved_tokens = None if reserved_tokens is None else reserved
        found = [(t, n) for t, n in (counter or Counter()).items() if n >= min_freq and t not in known]
        ordered = sorted(sorted(found, key=lambda entry: entry[0]), key=lambda entry: -entry[1])
        self._idx_to_token = [unknown_token, *reserved, *[t for t, _ in ordered[:most_freq_count]]]
        self._token_to_idx = {t: i for i, t in enumerate(self._idx_to_token)}

    def __len__(self) -> int:
        return len(self._idx_to_token)

    @property
    def token_to_idx(self) -> dict[Any, int]:
        """The number of each token."""
        return self._token_to_idx

    @property
    def idx_to_token(self) -> list[Any]:
        """The tokens in the order of their numbers."""
        return self._idx_to_token

    @property
    def unknown_token(self) -> Any:
        """What stands for tokens without a number."""
        return self._unknown_token

    @property
    def reserved_tokens(self) -> list[Any] | None:
        """Tokens that have numbers in any case."""
        return self._reserved_tokens

    def to_indices(self, tokens: Any) -> Any:
        """The number of a token, or a list with those of a list of tokens; 0 for unknown ones."""
        number = self._token_to_idx
        return [number.get(t, 0) for t in tokens] if isinstance(tokens, list) else number.get(tokens, 0)

    def to_tokens(self, indices: Any) -> Any:
        """The token of a number, or a list with those of a list of numbers.

        Raises
        ------
        ValueError
            For anything else than a number of a token.
        """
        wanted = indices if isinstance(indices, list) else [indices]
        for i in wanted:
            if not isinstance(i, int) or not 0 <= i < len(self):
                raise ValueError(f"Token index {i} in the provided `indices` is invalid: there are {len(self)} tokens.")
        tokens = [self._idx_to_token[i] for i in wanted]
        return tokens if isinstance(indices, list) else tokens[0]
