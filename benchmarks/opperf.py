"""Time common operators, eager, small and large, forward and forward with backward, against the MXNet 1.9.1 wheel.

    python benchmarks/opperf.py --reference /path/to/python-with-mxnet-1.9.1 [--rounds 3] [operator ...]

Both sides run this file's workload in fresh alternating processes; a number is the best of all rounds, each a median of
repetitions. Writes ``benchmarks/opperf.json`` and ``benchmarks/opperf.md``. A ratio over 1 means that remx is faster.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from opperf_cases import NOT_DIFFERENTIATED, fill, make  # noqa: E402
from opperf_cases import table as operators  # noqa: E402


def _time(fn: Any, wait: Any) -> float:
    """Seconds a call: the median of several runs of as many calls as take some milliseconds."""
    for _ in range(3):
        fn()
    wait()
    start = time.perf_counter()
    fn()
    wait()
    once = time.perf_counter() - start
    calls = max(1, min(300, int(0.004 / max(once, 1e-6))))
    found = []
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(calls):
            fn()
        wait()
        found.append((time.perf_counter() - start) / calls)
    return statistics.median(found)


def work(names: list[str]) -> None:
    """Time operators in this process; prints a line of JSON."""
    import numpy as np

    import mxnet as mx

    wait = mx.nd.waitall
    found: dict[str, float] = {}
    for name, (op, *sizes, params) in operators().items():
        if names and name not in names:
            continue
        fn = getattr(mx.nd, op, None) or getattr(mx.nd._internal, op, None)
        if fn is None:
            for prefix in ("contrib", "linalg", "random"):
                fn = fn or getattr(getattr(mx.nd, prefix), op.replace(f"_{prefix}_", ""), None)
        for size, inputs in zip(("small", "large"), sizes):
            rng = np.random.RandomState(0)
            given = fill(op, inputs, params, size == "large")
            arrays = [make(mx, kind, shape, rng) for kind, shape in inputs]

            def forward(fn: Any = fn, arrays: Any = arrays, given: Any = given) -> Any:
                return fn(*arrays, **given)

            if op.endswith("_update"):
                given["out"] = arrays[0]
            with mx.autograd.train_mode() if op == "Dropout" else mx.autograd.predict_mode():
                found[f"{name}/{size}/forward"] = _time(forward, wait)
            if op in NOT_DIFFERENTIATED:
                continue
            for x, (kind, _) in zip(arrays, inputs):
                if not kind.startswith("i") and kind != "roi":
                    x.attach_grad()

            def both(forward: Any = forward) -> None:
                with mx.autograd.record():
                    y = forward()
                    y = y if isinstance(y, mx.nd.NDArray) else y[0]
                y.backward()

            found[f"{name}/{size}/backward"] = _time(both, wait)
    print("RESULT " + json.dumps(found))


def run(python: str, names: list[str]) -> dict[str, float]:
    """Seconds by case, from a fresh process."""
    env = {**os.environ, "PYTHONWARNINGS": "ignore"}
    env.pop("PYTHONPATH", None)
    done = subprocess.run(
        [python, str(HERE / "opperf.py"), "--work", *names], capture_output=True, text=True, env=env, cwd="/"
    )
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            return json.loads(line[7:])
    raise SystemExit(f"opperf failed under {python}:\n{done.stderr[-3000:]}")


def table(found: dict[str, tuple[float, float]]) -> str:
    """The comparison as a Markdown table, the geometric mean first."""
    ratios = {k: theirs / ours for k, (ours, theirs) in found.items()}
    mean = math.exp(statistics.fmean(math.log(r) for r in ratios.values()))
    lines = [
        f"Geometric mean over {len(ratios)} cases: **{mean:.2f}x** MXNet 1.9.1 (over 1: remx is faster).",
        "",
        "| operator | small, forward | small, with backward | large, forward | large, with backward |",
        "|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(k.split("/")[0] for k in ratios):
        cells = [ratios.get(f"{name}/{size}/{way}") for size in ("small", "large") for way in ("forward", "backward")]
        lines.append(f"| {name} | " + " | ".join("" if c is None else f"{c:.2f}" for c in cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", help="Python interpreter that has mxnet 1.9.1")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("operators", nargs="*", help="names of the table's rows; all by default")
    options = parser.parse_args()
    if options.work:
        work(options.operators)
        return
    if not options.reference:
        parser.error("--reference is needed")
    best: dict[str, list[float]] = {}
    for _ in range(options.rounds):
        for side, python in enumerate((sys.executable, options.reference)):
            for case, seconds in run(python, options.operators).items():
                pair = best.setdefault(case, [math.inf, math.inf])
                pair[side] = min(pair[side], seconds)
    found = {case: (a, b) for case, (a, b) in best.items()}
    text = table(found)
    print(text)
    if not options.operators:
        (HERE / "opperf.md").write_text(text)
        data = {c: {"remx_us": a * 1e6, "mxnet_us": b * 1e6, "ratio": b / a} for c, (a, b) in found.items()}
        (HERE / "opperf.json").write_text(json.dumps(data, indent=1) + "\n")


if __name__ == "__main__":
    main()
