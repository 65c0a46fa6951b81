"""``python -m tests.fuzz --inputs N``: all readers, with a table of what came of it."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

import torch

from tests.fuzz.driver import Report, fuzz, minimized
from tests.fuzz.readers import READERS


def main() -> int:
    """Run the fuzzers; 1 when there are faults."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="how many, over all readers")
    parser.add_argument("--seed", type=int, default=None, help="to repeat a run; the clock by default")
    parser.add_argument("--readers", default="", help="names with commas between them; all by default")
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"), help="where inputs with faults are put")
    args = parser.parse_args()
    seed = int(time.time()) if args.seed is None else args.seed
    chosen = args.readers.split(",") if args.readers else [r.name for r in READERS]
    unknown = set(chosen) - {r.name for r in READERS}
    if unknown:
        parser.error(f"no such reader: {', '.join(sorted(unknown))}; there are {', '.join(r.name for r in READERS)}")
    readers = [r for r in READERS if r.name in chosen]
    torch.set_num_threads(1)  # children are forked
    shutil.rmtree(args.out, ignore_errors=True)
    print(
        f"seed {seed}\n{'reader':<16}{'inputs':>9}{'read':>9}{'refused':>9}{'faults':>7}{'ms each':>9}{'restarts':>9}"
    )
    total = sum(r.weight for r in readers)
    reports = []
    for reader in readers:
        report = fuzz(reader, -(-args.inputs * reader.weight // total), seed)
        reports.append(report)
        _print(report)
        _keep(report, args.out)
    inputs, faults = sum(r.inputs for r in reports), sum(r.counts.total() for r in reports)
    print(f"{inputs} inputs in {sum(r.seconds for r in reports):.0f} s, {faults} faults")
    return int(faults > 0)


def _print(report: Report) -> None:
    each = 1000 * report.seconds / max(1, report.inputs)
    print(
        f"{report.reader.name:<16}{report.inputs:>9}{report.read:>9}{report.refused:>9}{report.counts.total():>7}"
        f"{each:>9.2f}{report.restarts:>9}",
        flush=True,
    )
    for signature, count in report.counts.most_common():
        print(f"    {count} x {signature}", flush=True)


def _keep(report: Report, out: Path) -> None:
    """Write the inputs with faults, made small, and what they do."""
    for number, (signature, fault) in enumerate(report.faults.items()):
        out.mkdir(parents=True, exist_ok=True)
        path = out / f"{report.reader.name.replace(' ', '-')}-{number}"
        data = minimized(report.reader, fault)
        path.with_suffix(".bin").write_bytes(data)
        path.with_suffix(".txt").write_text(f"{signature}\n{fault.outcome.detail}\n{data[:2000]!r}\n")


if __name__ == "__main__":
    sys.exit(main())
