"""Cases beside other busy processes, and with half a processor, against the MXNet 1.9.1 wheel: wall and CPU time.

    python benchmarks/loaded.py --reference /path/to/python-with-mxnet-1.9.1 [--busy 0 1 2 4] [--rounds 3] [case ...]

Writes ``benchmarks/loaded.json`` when all cases are run. Other processes compute without a pause, one thread each. The
column "half" is a process that may run half of the time, as in a container with a quota of half a processor: it is
stopped and continued every few milliseconds. Both sides run in turn; each figure is the median over rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import cases  # noqa: E402
from run import command, result_of  # noqa: E402

CASES = ["eager_add", "module_step", "gluon_mlp", "gluon_mlp_hybrid", "gluon_mlp_inference", "lstm_train"]
CASES += ["resnet50_inference"]
HALF = "half"
SLICE = 0.005  # seconds that a process with a quota runs, and is stopped


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that do nothing but compute."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for p in others:
            p.kill()
            p.wait()


def measure(python: str, case: str, load: str) -> tuple[float, float]:
    """Wall and CPU seconds a call of a case in a fresh process."""
    arguments, env = command(python, case)
    with busy(0 if load == HALF else int(load)):
        process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd="/"
        )
        while load == HALF and process.poll() is None:
            for change in (signal.SIGSTOP, signal.SIGCONT):
                process.send_signal(change)
                time.sleep(SLICE)
        out, err = process.communicate()
    return result_of(case, python, out, err)


def main() -> None:
    """Run the comparison and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", required=True, help="Python interpreter that has mxnet 1.9.1")
    parser.add_argument("--busy", nargs="*", default=["0", "1", "2", "4", HALF], help="other processes, or 'half'")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", default=str(HERE / "loaded.json"))
    parser.add_argument("cases", nargs="*", help=f"names of cases; {', '.join(CASES)} by default")
    options = parser.parse_args()
    for name in options.cases:
        if not cases.find(name):
            parser.error(f"no such case: {name}")
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name in options.cases or CASES:
        for load in options.busy:
            rounds = [
                (*measure(sys.executable, name, load), *measure(options.reference, name, load))
                for _ in range(options.rounds)
            ]
            ours, our_cpu, theirs, their_cpu = map(statistics.median, zip(*rounds))
            found.setdefault(name, {})[load] = {
                "remx_s": ours, "mxnet_s": theirs, "ratio": theirs / ours,
                "remx_cpu_s": our_cpu, "mxnet_cpu_s": their_cpu, "cpu_ratio": their_cpu / our_cpu,
            }  # fmt: skip
            print(
                f"{name:20s} beside {load:>4s}: remx {ours * 1e6:11.1f} us   MXNet {theirs * 1e6:11.1f} us   "
                f"ratio {theirs / ours:6.2f}   of CPU time {their_cpu / our_cpu:6.2f}",
                flush=True,
            )
    if not options.cases:
        result = {
            "when": time.strftime("%Y-%m-%d"), "rounds": options.rounds, "processors": os.cpu_count(), "cases": found
        }  # fmt: skip
        Path(options.out).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
