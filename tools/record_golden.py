#!/usr/bin/env python3
"""Record what MXNet 1.9.1 computes for sample rows, into ``tests/golden/ops/<family>.npz``.

    python tools/record_golden.py --python /path/to/mxnet-1.9.1/bin/python --family elemwise
    python tools/record_golden.py --python ... --all [--force]
    python tools/record_golden.py --list

Only rows without a recording are run unless ``--force`` is given; recordings whose row is gone are dropped. The rows
run in the other interpreter, in batches: a batch that dies is run again row by row, so one crash costs one row.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from tests.ops import golden, rows  # noqa: E402

BATCH = 200


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", help="interpreter that has mxnet 1.9.1")
    parser.add_argument("--family", action="append", default=[], help="sample module; may be repeated")
    parser.add_argument("--all", action="store_true", help="all families")
    parser.add_argument("--force", action="store_true", help="record again what is recorded")
    parser.add_argument("--list", action="store_true", help="only list rows without a recording")
    parser.add_argument("--worker", nargs=3, metavar=("FAMILY", "IDS", "OUT"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return work(*args.worker)
    families = args.family if args.family and not args.all else rows.families()
    if not args.list and not args.python:
        parser.error("--python is needed")
    failed = 0
    for family in families:
        wanted = {r.id: r for r in rows.rows_of(family) if r.golden and not r.raises}
        have = {} if args.force else {k: v for k, v in golden.load(family).items() if k in wanted}
        todo = [i for i in wanted if i not in have]
        if args.list:
            print("".join(f"{family}: {i}\n" for i in todo), end="")
            continue
        for start in range(0, len(todo), BATCH):
            have.update(run(args.python, family, todo[start : start + BATCH]))
        golden.save(family, have)
        missing = [i for i in todo if i not in have]
        failed += len(missing)
        print(
            f"{family}: {len(todo) - len(missing)} recorded, {len(missing)} failed, {len(have)} in all, "
            f"{golden.path_of(family).stat().st_size // 1024} KiB"
        )
    return 1 if failed else 0


def run(python: str, family: str, ids: list[str]) -> Any:
    """Results of some rows from the other interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        asked, out = Path(folder, "ids.json"), Path(folder, "out.npz")
        asked.write_text(json.dumps(ids))
        env = {**os.environ, "MXNET_SUBGRAPH_BACKEND": "NONE", "OMP_NUM_THREADS": "1"}
        env.pop("PYTHONPATH", None)
        command = [python, str(Path(__file__).resolve()), "--worker", family, str(asked), str(out)]
        done = subprocess.run(command, cwd=folder, env=env, check=False)
        if done.returncode == 0:
            with np.load(out, allow_pickle=False) as stored:
                found: dict[str, Any] = {}
                for key in stored.files:
                    number, name = key.split(" ", 1)
                    found.setdefault(ids[int(number)], {})[name] = stored[key]
            return found
    if len(ids) == 1:
        print(f"{family}: {ids[0]} ends the interpreter (exit status {done.returncode})")
        return {}
    return {k: v for i in ids for k, v in run(python, family, [i]).items()}


def reason(error: Exception) -> str:
    """The line of an error that says what happened: MXNet puts a traceback before it."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return next((line for line in lines if line.startswith("MXNetError:")), lines[0])


def work(family: str, asked: str, out: str) -> int:
    """Runs inside MXNet's environment: rows to arrays named ``<number> <result>``."""
    from tests.ops import runner

    import mxnet as mx

    by_id = {r.id: r for r in rows.rows_of(family)}
    arrays = {}
    for number, row_id in enumerate(json.loads(Path(asked).read_text())):
        row = by_id[row_id]
        try:
            results = runner.forward(mx, row)
            if row.grad:
                results.update(runner.gradient(mx, row))
        except Exception as e:  # noqa: BLE001  whatever MXNet raises: the row is reported and has no golden
            print(f"{family}: {row_id} fails: {reason(e)}")
            continue
        arrays.update({f"{number} {name}": a for name, a in results.items()})
    np.savez(out, **arrays)
    return 0


if __name__ == "__main__":
    sys.exit(main())
