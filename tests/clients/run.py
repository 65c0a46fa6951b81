"""Import and train the published packages that build on MXNet: ``make clients`` runs this in an environment of its own.

usage: run.py [--record PYTHON] [CLIENT ...]

Each script of this folder runs in a process of its own, and its losses are compared with those in ``recorded.json``,
which ``--record PYTHON`` writes by running the same scripts with an interpreter that has the MXNet 1.9.1 wheel. What
MXNet itself cannot train there is not compared.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
RECORDED = HERE / "recorded.json"
TOLERANCE = 1e-4
# Networks that multiply rounding errors at every step. gluonbook's sums outputs after steps over normalized batches of
# eight: -0.909731 in float64, from which the wheel's is 5.8e-5 away; weights changed by their last bit move it by 8e-5.
LOOSE = {"gluoncv.ssd": 1e-3, "gluonbook.residual_network": 2e-4}
# These do not start without a remedy (docs/clients.md): `python -m mxnet run` has it.
REMEDIES = {"gluoncv", "cnstd", "sockeye"}
# Everything in one thread, as sums of several threads differ from run to run; figures without a display.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "MXNET_SUBGRAPH_BACKEND": "NONE"}


def run(script: Path, python: str, remedies: bool) -> dict:
    """Run one script; return what it reports, or its last lines as a failure."""
    command = [python, "-W", "ignore", *(["-m", "mxnet", "run"] if remedies else []), script.name]
    done = subprocess.run(
        command, cwd=HERE, env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, timeout=900
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines or not lines[-1].startswith('{"modules"'):
        return {"modules": 0, "losses": {}, "failures": ["".join(done.stderr.splitlines(keepends=True)[-15:])]}
    return json.loads(lines[-1])


def differences(client: str, losses: dict, recorded: dict) -> list[str]:
    """Compare losses with the recorded ones; return a line for each training that differs."""
    found = []
    for training, expected in recorded.items():
        got, tolerance = losses.get(training), LOOSE.get(f"{client}.{training}", TOLERANCE)
        if got is None:
            continue  # its failure is reported
        wrong = [abs(a - b) > tolerance * max(1, abs(b)) or a != a for a, b in zip(got, expected)]
        if len(got) != len(expected) or any(wrong):
            found.append(f"{training}: {got}, recorded {expected}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clients", nargs="*")
    parser.add_argument("--record", metavar="PYTHON", help="interpreter that has MXNet 1.9.1 and the packages")
    arguments = parser.parse_args()
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    scripts = {path.stem.removesuffix("_models"): path for path in sorted(HERE.glob("*_models.py"))}
    failed = 0
    for client in arguments.clients or scripts:
        start = time.perf_counter()
        result = run(scripts[client], arguments.record or sys.executable, client in REMEDIES and not arguments.record)
        if arguments.record:
            recorded[client] = result["losses"]
            RECORDED.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n")
        problems = result["failures"] + differences(client, result["losses"], recorded.get(client, {}))
        compared = len(set(result["losses"]) & set(recorded.get(client, {})))
        print(
            f"{client:12} {'FAILED' if problems else 'ok':6} {result['modules']:4} modules, "
            f"{len(result['losses'])} trainings, {compared} compared, {time.perf_counter() - start:.0f} s",
            flush=True,
        )
        for problem in problems:
            print("    " + problem.strip().replace("\n", "\n    "), flush=True)
        failed += bool(problems)
    print(f"{len(arguments.clients or scripts) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
