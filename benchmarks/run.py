"""Compare remx with the MXNet 1.9.1 wheel and with plain torch: alternating processes, medians, ratios.

    python benchmarks/run.py --reference /path/to/python-with-mxnet-1.9.1 [--rounds 3] [case ...]
    python benchmarks/run.py --before /path/to/another/checkout [--rounds 3] [case ...]

The first writes ``benchmarks/results.json`` and prints a table. A ratio over 1 means that remx is faster. The time of a
case is the median over alternating runs, so that whatever else the machine does hits both sides. The second compares
this checkout with another one of remx in the same way, and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import cases  # noqa: E402


def command(python: str, case: str, checkout: Path | None = None) -> tuple[list[str], dict[str, str]]:
    """What runs a case in a fresh process, with the remx of a checkout if one is given: arguments and environment."""
    env = {**os.environ, "PYTHONWARNINGS": "ignore"}
    for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):
        env.pop(name, None)
    if checkout:
        env["PYTHONPATH"] = str(checkout / "src")
    return [python, str(HERE / "cases.py"), case], env


def result_of(case: str, python: str, out: str, err: str) -> tuple[float, float]:
    """Wall and CPU seconds a call, out of what the process of a case has printed."""
    for line in out.splitlines():
        if line.startswith("RESULT"):
            wall, cpu = line.split()[2:]
            return float(wall), float(cpu)
    raise SystemExit(f"{case} failed under {python}:\n{err[-2000:]}")


def run_case(python: str, case: str, checkout: Path | None = None) -> float:
    """Seconds a call of one case in a fresh process."""
    arguments, env = command(python, case, checkout)
    done = subprocess.run(arguments, capture_output=True, text=True, env=env, cwd="/")
    return result_of(case, python, done.stdout, done.stderr)[0]


def import_time(python: str, what: str) -> float:
    """Seconds that an import takes in a fresh process, the interpreter's own start not counted."""
    code = f"import time; t = time.perf_counter(); import {what}; print(time.perf_counter() - t)"
    return float(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, cwd="/").stdout)


def compare_checkouts(before: Path, names: list[str], rounds: int) -> None:
    """Print how the cases run in this checkout and in another, best of alternating runs."""
    for name in names:
        old, new = [], []
        for _ in range(rounds):
            old.append(run_case(sys.executable, name, before))
            new.append(run_case(sys.executable, name, HERE.parent))
        a, b = min(old), min(new)
        print(f"{name:22s} before {a * 1e6:11.1f} us   now {b * 1e6:11.1f} us   ratio {a / b:6.3f}", flush=True)


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    against = parser.add_mutually_exclusive_group(required=True)
    against.add_argument("--reference", help="Python interpreter that has mxnet 1.9.1")
    against.add_argument("--before", type=Path, help="another checkout of remx")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", default=str(HERE / "results.json"))
    parser.add_argument("cases", nargs="*", help="names of cases; all by default")
    options = parser.parse_args()
    names = options.cases or [c.__name__ for c in cases.CASES]
    if options.before:
        return compare_checkouts(options.before.resolve(), names, options.rounds)
    found: dict[str, dict[str, float]] = {}
    for name in names:
        plain = f"torch_{name}" if cases.find(f"torch_{name}") else None
        ours, theirs, torch_s = [], [], []
        for _ in range(options.rounds):
            theirs.append(run_case(options.reference, name))
            ours.append(run_case(sys.executable, name))
            if plain:
                torch_s.append(run_case(sys.executable, plain))
        a, b = statistics.median(ours), statistics.median(theirs)
        found[name] = {"remx_s": a, "mxnet_s": b, "ratio": b / a}
        row = f"{name:16s} remx {a * 1e6:11.1f} us   MXNet {b * 1e6:11.1f} us   ratio {b / a:6.2f}"
        if plain:
            c = statistics.median(torch_s)
            found[name].update(torch_s=c, ratio_to_torch=c / a)
            row += f"   torch {c * 1e6:11.1f} us   ratio {c / a:6.2f}"
        print(row, flush=True)
    if not options.cases:
        ours = statistics.median(import_time(sys.executable, "mxnet") for _ in range(5))
        torch = statistics.median(import_time(sys.executable, "torch") for _ in range(5))
        found["import"] = {"remx_s": ours, "torch_s": torch, "ratio_to_torch": ours / torch}
        print(f"import mxnet {ours:.2f} s, torch {torch:.2f} s: {ours / torch:.2f} times")
    Path(options.out).write_text(
        json.dumps({"when": time.strftime("%Y-%m-%d"), "rounds": options.rounds, "cases": found}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
