"""Runs the soak: ``python -m tests.soak --minutes 30``."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
import tracemalloc
import warnings
from pathlib import Path

from .activities import ACTIVITIES, once
from .measure import Sample, growth, sample

# The share of the time after which levels have to be flat, and rounds that are needed in any case.
WARM_UP, FEWEST = 0.25, 3


def main() -> int:
    """Run until the time is over; 1 when something has grown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--only", nargs="*", choices=[a.__name__ for a in ACTIVITIES], help="these activities alone")
    parser.add_argument("--trace", action="store_true", help="show where Python objects that remain were made")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.getLogger().setLevel(logging.ERROR)
    chosen = [a for a in ACTIVITIES if not args.only or a.__name__ in args.only]
    start = time.monotonic()
    end = start + 60 * args.minutes
    samples: list[Sample] = []
    number = warm = 0
    before = None
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end or number < FEWEST + 6:
            once(number, Path(folder), chosen)
            number += 1
            samples.append(sample(samples[-1] if samples else None))
            if not warm and number >= FEWEST and time.monotonic() > start + WARM_UP * (end - start):
                warm = number
                if args.trace:
                    tracemalloc.start(12)
                    before = tracemalloc.take_snapshot()
            print(f"round {number:5d} {time.monotonic() - start:7.0f} s", *_shown(samples[-1]), flush=True)
    if before is not None:
        for line in tracemalloc.take_snapshot().compare_to(before, "traceback")[:8]:
            print(line, *line.traceback.format(), sep="\n  ")
    grown = growth(samples[warm:])
    for name, (first, last) in grown.items():
        print(f"{name} has grown from {first:.0f} to {last:.0f}")
    print("not flat" if grown else f"flat: {number} rounds, {number - warm} of them measured")
    return int(bool(grown))


def _shown(s: Sample) -> list[str]:
    return [f"{name} {value:.0f}" for name, value in s._asdict().items()]


if __name__ == "__main__":
    sys.exit(main())
