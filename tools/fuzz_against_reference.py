#!/usr/bin/env python3
"""Compare operators with MXNet 1.9.1 on random parameters, shapes, types and values.

    python tools/fuzz_against_reference.py --python /path/to/mxnet-1.9.1/bin/python [--op NAME ...] [--family F ...]
        [--cases 20] [--seed 0] [--verbose]

A case starts from a sample row (tests/ops/samples) and changes it: other values, sizes, data types, parameters. Three
candidates are drawn for each case; most of those compared are such as remx computes, the rest such as it refuses. Both
packages run them in processes of their own; a process that dies or hangs costs the case it was at. Outputs, changed
inputs, gradients, their shapes and types, and whether an error is raised are compared. What disagrees is printed with
the case, which the seed reproduces; differences that are meant stand in tools/fuzz_known.py with their reasons.
Exit status 1 when a difference is not explained.
"""

import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from tests.ops import rows  # noqa: E402
from tools import fuzz_random  # noqa: E402

SECONDS_A_CASE = 20
# How many variations are drawn for each one that is compared.
CANDIDATES = 3
# Tolerances by type: kernels add up in another order, and float16 ones round in between or not.
TOLERANCES = {"float16": (2e-2, 2e-2), "float32": (2e-3, 2e-4), "float64": (1e-5, 1e-7)}


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", help="interpreter that has mxnet 1.9.1")
    parser.add_argument("--op", action="append", default=[], help="only these operators")
    parser.add_argument("--family", action="append", default=[], help="only rows of these sample modules")
    parser.add_argument("--cases", type=int, default=20, help="cases an operator (default 20)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true", help="print every difference, also the explained ones")
    parser.add_argument("--worker", nargs=2, metavar=("CASES", "OUT"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return work(*args.worker)
    if not args.python:
        parser.error("--python is needed")
    candidates = make_cases(args)
    cases, ours = choose(candidates, run_all(sys.executable, candidates), args.cases)
    theirs = run_all(args.python, cases)
    return report(cases, ours, theirs, args.verbose)


# --------------------------------------------------------------------------------------------------- making cases


def make_cases(args: argparse.Namespace) -> list[Any]:
    """Random variations of the sample rows, ``CANDIDATES`` times ``args.cases`` an operator."""
    by_op = collections.defaultdict(list)
    for family, r in rows.all_rows():
        if (r.golden or fuzz_random.is_random(r)) and not r.raises and (not args.family or family in args.family):
            by_op[r.op].append(r)
    cases = []
    for op in sorted(by_op):
        if args.op and op not in args.op:
            continue
        rng = random.Random(f"{args.seed} {op}")
        cases += [vary(rng.choice(by_op[op]), rng, number) for number in range(1, CANDIDATES * args.cases + 1)]
    return cases


def choose(candidates: list[Any], outcomes: list[Any], wanted: int) -> Any:
    """Cases to compare and what they gave: all that died, then up to three of four computed, the rest refused."""
    by_op = collections.defaultdict(list)
    for case, outcome in zip(candidates, outcomes):
        by_op[case.op].append((case, outcome))
    chosen = []
    for pairs in by_op.values():
        refused = [p for p in pairs if isinstance(p[1], str) and not p[1].startswith("crash")]
        others = [p for p in pairs if not isinstance(p[1], str) or p[1].startswith("crash")]
        others.sort(key=lambda p: not isinstance(p[1], str))  # stable: those that died come first
        computed = others[: max(wanted - len(refused), wanted - wanted // 4)]
        chosen += computed + refused[: wanted - len(computed)]
    return [c for c, _ in chosen], [o for _, o in chosen]


def vary(row: Any, rng: Any, number: int) -> Any:
    """One random variation of a row."""
    sizes, dtype = {}, None
    if rng.random() < 0.5:
        # Fixed values keep their shape; they and whole numbers may be indices, so that axes only grow beside them.
        fixed = {n for s in row.specs if s.kind == "const" for n in s.shape}
        found = sorted({n for s in row.specs for n in s.shape} - fixed)
        indices = any(s.kind in ("const", "ints") for s in row.specs)
        sizes = {n: rng.randint(min(n, 6) if indices else 1, 6) for n in found if rng.random() < 0.6}
    if rng.random() < 0.2:
        dtype = rng.choice(["float16", "float64", "int32", "int8", "uint8", "int64"])

    plain = {s.kind for s in row.specs} <= {"uniform", "away", "distinct"}
    special = plain and rng.random() < 0.1
    shape = None
    if plain and len({s.shape for s in row.specs}) == 1 and rng.random() < 0.2:
        shape = tuple(rng.randint(1, 4) for _ in range(rng.randint(1, 5)))

    def change(spec: Any) -> Any:
        if spec is None:
            return None
        found = vary_spec(spec, sizes, dtype)
        kind, args = ("special", ()) if special and found.kind != "ints" else (found.kind, found.args)
        return rows.Spec(shape or found.shape, kind, args, found.dtype, found.stype)

    params = vary_params(row, rng) if rng.random() < 0.6 else row.params
    varied = row.set(
        grad=row.grad and not special,  # at infinity derivatives are a matter of taste
        inputs=tuple(change(s) for s in row.inputs),
        named={k: change(s) for k, s in row.named.items()},
        params=params,
        salt=number,
    )
    return fuzz_random.many(varied, rng) if fuzz_random.is_random(row) else varied


def vary_spec(spec: Any, sizes: Any, dtype: Any) -> Any:
    """An input with other sizes and another type; constants keep theirs."""
    if spec.kind == "const":
        return spec
    shape = tuple(sizes.get(n, n) for n in spec.shape)
    if spec.kind in ("spd", "lower"):
        shape = spec.shape
    if dtype is None or spec.dtype != "float32" or spec.kind in ("ints", "spd", "lower"):
        return rows.Spec(shape, spec.kind, spec.args, spec.dtype, spec.stype)
    if dtype.startswith("float"):
        return rows.Spec(shape, spec.kind, spec.args, dtype, spec.stype)
    return rows.Spec(shape, "ints", (0 if dtype == "uint8" else -4, 9), dtype)


def vary_params(row: Any, rng: Any) -> Any:
    """Change, drop or add one or two parameters."""
    from mxnet._core.registry import get_op

    op = get_op(row.op)
    names = [n for n in op.params if n not in (op.variadic, "ctx")]
    params = dict(row.params)
    ndim = max((len(s.shape) for s in row.specs), default=1)
    for name in rng.sample(names, min(len(names), rng.randint(1, 2))):
        if name in params and rng.random() < 0.2:
            del params[name]
            continue
        value = random_value(name, op.params[name], params.get(name), ndim, rng)
        if value is not _KEEP:
            params[name] = value
    return params


_KEEP = object()


def random_value(name: str, param: Any, old: Any, ndim: int, rng: Any) -> Any:
    """A plausible value of a parameter."""
    codec = getattr(param.codec, "inner", param.codec)
    kind = codec.type_name
    if param.codec is not codec and rng.random() < 0.2:
        return None
    if kind == "boolean":
        return rng.random() < 0.5
    if hasattr(codec, "words"):
        return rng.choice(sorted(w for w in codec.words if w != "None"))
    if hasattr(codec, "names"):
        return rng.choice(sorted(codec.names - {"None", "bfloat16"}))
    axis = "ax" in name or name == "dim"
    if kind.startswith(("int", "long")):
        return rng.randint(-ndim - 1, ndim) if axis else max((old or 1) + rng.choice([-1, 1, 2]), -2)
    if kind.startswith("Shape") and axis:
        return tuple(rng.sample(range(-ndim, ndim), rng.randint(0, min(ndim, 3))))
    if kind.startswith("Shape") and old:
        old = old if isinstance(old, (tuple, list)) else (old,)
        return tuple(n if n is None else max(n + rng.choice([0, 0, 1, -1]), -1) for n in old)
    if kind in ("float", "double"):
        return rng.choice([0.0, 1.0, -1.0, 0.5, 2.0, round(rng.uniform(-3, 3), 3)])
    return _KEEP


# --------------------------------------------------------------------------------------------------- running them


def pack(row: Any) -> Any:
    """A row as JSON can hold it."""
    return {
        "op": row.op,
        "inputs": [s and pack_spec(s) for s in row.inputs],
        "named": {k: pack_spec(s) for k, s in row.named.items()},
        "params": row.params,
        "flags": {"train": row.train, "grad": row.grad, "salt": row.salt, "note": row.note},
    }


def pack_spec(spec: Any) -> Any:
    args = [a.hex() if isinstance(a, bytes) else a for a in spec.args]
    return [spec.shape, spec.kind, args, spec.dtype, spec.stype]


def _as_tuples(value: Any) -> Any:
    return tuple([_as_tuples(v) for v in value]) if isinstance(value, list) else value


def unpack(packed: Any) -> Any:
    """The inverse of :func:`pack`."""
    params = {k: _as_tuples(v) for k, v in packed["params"].items()}
    return rows.Row(
        packed["op"],
        tuple(s and unpack_spec(s) for s in packed["inputs"]),
        {k: unpack_spec(s) for k, s in packed["named"].items()},
        params,
        **packed["flags"],
    )


def unpack_spec(packed: Any) -> Any:
    shape, kind, args, dtype, stype = packed
    args = (args[0], bytes.fromhex(args[1])) if kind == "const" else tuple(args)
    return rows.Spec(tuple(shape), kind, args, dtype, stype)


def run_all(python: str, cases: list[Any]) -> Any:
    """The outcome of each case: a dictionary of arrays, or a text that says what went wrong."""
    outcomes: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        while len(outcomes) < len(cases):
            asked, out = Path(folder, "cases.json"), Path(folder, "out")
            asked.write_text(json.dumps([pack(c) for c in cases[len(outcomes) :]]))
            died = run_process([python, str(Path(__file__).resolve()), "--worker", str(asked), str(out)], folder, out)
            outcomes += read(out)
            if len(outcomes) < len(cases):
                outcomes.append(f"crash: {died}")
    return outcomes


def run_process(command: list[str], folder: Any, out: Any) -> Any:
    """Run a worker until it ends, or makes no progress for a while; says how it ended."""
    out.write_bytes(b"")
    env = {
        **os.environ,
        "MXNET_SUBGRAPH_BACKEND": "NONE",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": "",
        "MXNET_STORAGE_FALLBACK_LOG_VERBOSE": "0",
    }
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    size = -1
    while True:
        try:
            _, errors = process.communicate(timeout=SECONDS_A_CASE)
            last = errors.decode(errors="replace").strip().splitlines()[-1:] or [""]
            return f"exit status {process.returncode} {last[0]}"
        except subprocess.TimeoutExpired:
            if out.stat().st_size == size:
                process.kill()
                process.communicate()
                return f"no answer in {SECONDS_A_CASE} s"
            size = out.stat().st_size


def read(path: Any) -> Any:
    """The outcomes that a worker has written: a line of JSON, and bytes of arrays, each."""
    found = []
    with path.open("rb") as stream:
        for line in iter(stream.readline, b""):
            head = json.loads(line)
            if "error" in head:
                found.append(head["error"])
                continue
            arrays = {}
            for name, dtype, shape in head["arrays"]:
                count = int(np.prod(shape, dtype=int))
                data = stream.read(count * np.dtype(dtype).itemsize)
                arrays[name] = np.frombuffer(data, dtype).reshape(shape)
            found.append(arrays)
    return found


def work(asked: Any, out: Any) -> Any:
    """Runs in either environment."""
    from tests.ops import runner
    from tools.record import reason

    import mxnet as mx

    with open(out, "wb") as stream:
        for packed in json.loads(Path(asked).read_text()):
            row = unpack(packed)
            try:
                arrays = runner.forward(mx, row)
                if row.grad:
                    arrays.update(runner.gradient(mx, row))
                head: dict[str, Any] = {"arrays": [(name, a.dtype.str, a.shape) for name, a in arrays.items()]}
            except Exception as e:  # noqa: BLE001  whatever it is: the outcome of the case
                arrays, head = {}, {"error": f"{type(e).__name__}: {reason(e)[:300]}"}
            stream.write(json.dumps(head).encode() + b"\n" + b"".join(a.tobytes() for a in arrays.values()))
            stream.flush()
    return 0


# --------------------------------------------------------------------------------------------------- comparing


def difference(case: Any, ours: Any, theirs: Any) -> tuple[str, Any] | None:
    """What differs between two outcomes: a kind and details; None when nothing does."""
    if isinstance(ours, str) or isinstance(theirs, str):
        if isinstance(ours, str) and isinstance(theirs, str):
            return ("crash", ours) if ours.startswith("crash") else None
        if isinstance(ours, str):
            return "we refuse", ours
        return "it crashes" if theirs.startswith("crash") else "it refuses", theirs
    if fuzz_random.is_random(case):
        return fuzz_random.difference(case, ours, theirs)
    if sorted(ours) != sorted(theirs):
        return "results", f"{sorted(ours)} instead of {sorted(theirs)}"
    # An array of higher precision cannot be better than what it is computed from.
    least = TOLERANCES["float16"] if any(s.dtype == "float16" for s in case.specs) else (0, 0)
    for name, want in theirs.items():
        got = ours[name]
        kind = "gradient" if name.startswith("grad") else "values"
        if got.shape != want.shape:
            return "shape", f"{name}: {got.shape} instead of {want.shape}"
        if got.dtype != want.dtype:
            return "type", f"{name}: {got.dtype} instead of {want.dtype}"
        if want.dtype.kind == "f":
            with np.errstate(all="ignore"):
                rtol, atol = max(TOLERANCES[want.dtype.name], least)
                same = np.isclose(got, want, rtol, atol, equal_nan=True)
        else:
            same = got == want
        if not same.all():
            shown = [f"{g} instead of {w}" for g, w in zip(got[~same][:3].tolist(), want[~same][:3].tolist())]
            return kind, f"{name} at {np.argwhere(~same)[0].tolist()}: {', '.join(shown)}"
    return None


def report(cases: list[Any], ours: Any, theirs: Any, verbose: bool) -> Any:
    """Print differences and a table; 1 when one of them is not explained."""
    from tools.fuzz_known import explain

    table: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    unexplained = 0
    for case, mine, its in zip(cases, ours, theirs):
        table[case.op]["cases"] += 1
        found = difference(case, mine, its)
        if found is None:
            table[case.op]["both refuse" if isinstance(mine, str) else "same"] += 1
            continue
        why = explain(case, *found)
        kind = "explained" if why else found[0]
        table[case.op][kind] += 1
        unexplained += not why
        if verbose or not why:
            print(f"{case.id}\n    {found[0]}: {found[1]}" + (f"\n    explained: {why}" if why else ""))
    kinds = ["cases", "same", "both refuse", "explained"]
    kinds += sorted({k for counts in table.values() for k in counts} - set(kinds))
    print(f"\n{'operator':40}" + "".join(f"{k:>13}" for k in kinds))
    for op, counts in sorted(table.items()):
        if verbose or counts["same"] + counts["both refuse"] + counts["explained"] < counts["cases"]:
            print(f"{op:40}" + "".join(f"{counts[k] or '':>13}" for k in kinds))
    total: collections.Counter[str] = sum(table.values(), collections.Counter())
    print(f"{'all ' + str(len(table)) + ' operators':40}" + "".join(f"{total[k] or '':>13}" for k in kinds))
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
