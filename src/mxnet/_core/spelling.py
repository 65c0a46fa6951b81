"""Names that are not known: which one was meant, for messages and warnings."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable


def suggestion(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """``"; did you mean 'nearest'?"`` for the end of a message, or nothing when no known name is near.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        What there is.
    cutoff : float
        How alike names have to be, from 0 to 1 (the ratio of :mod:`difflib`).
    """
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"; did you mean {near[0]!r}?" if near else ""


def warn_unknown(
    where: str,
    names: Iterable[str],
    known: Iterable[str],
    stacklevel: int = 3,
    *,
    cutoff: float = 0.6,
    only_similar: bool = False,
) -> None:
    """Warn once of all names that are not known, with the nearest known one beside each.

    Parameters
    ----------
    where : str
        What they were given to, as the user knows it: ``"hybridize"``.
    names : iterable of str
        All names that were given; known ones are passed over.
    known : iterable of str
        The right names.
    stacklevel : int
        Whose line the warning shows: that of the caller's caller, unless told otherwise.
    cutoff : float
        How alike names have to be to be suggested, from 0 to 1.
    only_similar : bool
        Whether to keep silent about names that resemble no known one, where strangers are to be expected.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_unknown("hybridize", ["static_aloc"], ["static_alloc", "static_shape"])
    >>> str(caught[0].message)
    "hybridize has no argument 'static_aloc'; did you mean 'static_alloc'?"
    """
    known = list(known)
    hints = {name: suggestion(name, known, cutoff) for name in names if name not in known}
    told = [f"{name!r}{hint}" for name, hint in hints.items() if hint or not only_similar]
    if told:
        warnings.warn(f"{where} has no argument {', '.join(told)}", UserWarning, stacklevel)
