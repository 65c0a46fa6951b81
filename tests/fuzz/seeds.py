"""Good files to mutate: those that MXNet wrote, where they are at hand, beside what each reader makes itself."""

from __future__ import annotations

from tests.conftest import SHARED

_FIXTURES = SHARED / "fixtures"


def fixtures(pattern: str, largest: int = 4096) -> list[bytes]:
    """The small files of a pattern among MXNet's fixtures; none without the shared folder."""
    return [p.read_bytes() for p in sorted(_FIXTURES.glob(pattern)) if p.stat().st_size <= largest]
