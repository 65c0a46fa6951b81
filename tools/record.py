#!/usr/bin/env python3
"""Record what MXNet 1.9.1 does, into ``tests/golden``.

    python tools/record.py --python /path/to/mxnet-1.9.1/bin/python rnn amp
    python tools/record.py --python ... ops --family elemwise [--force]
    python tools/record.py --list

``ops`` are the sample rows: only those without a recording are run unless ``--force`` is given, and recordings whose
row is gone are dropped. They run in batches: a batch that dies is run again row by row, so one crash costs one row.
Everything else is a row of ``RECORDINGS``: cases under ``tests/unit``, all of which are recorded anew.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from tests.ops import golden, rows  # noqa: E402

GOLDEN = ROOT / "tests" / "golden"
BATCH = 200
Arrays = dict[str, np.ndarray]


# ------------------------------------------------------------------ cases of unit tests; these run inside MXNet


def text_of(table: dict[str, Any]) -> str:
    """JSON with one line a case, so that differences can be read."""
    return "{\n" + ",\n".join(f"{json.dumps(case)}: {json.dumps(value)}" for case, value in table.items()) + "\n}\n"


def each(mx: Any, cases: Iterable[str], record: Callable[[Any, str], Any]) -> str:
    """What ``record`` says of each case."""
    return text_of({case: record(mx, case) for case in cases})


def amp(mx: Any, cases: Any) -> dict[str, str]:
    """The nodes of networks that mixed precision converted."""
    from mxnet.contrib import amp

    table = {
        key: cases.nodes(amp.convert_symbol(symbol, **arguments).tojson(remove_amp_cast=False))
        for key, symbol, arguments in cases.cases(mx)
    }
    return {"graphs.json": text_of(table)}


def control_flow(mx: Any, cases: Any) -> dict[str, str]:
    """The graphs of loops and branches, and their values."""
    files, values = {}, {}
    for name in cases.BY_NAME:
        net = cases.symbol(mx, name)
        files[f"{name}.json"] = net.tojson() + "\n"
        try:
            values[name] = cases.run(mx, name, net)
        except mx.MXNetError as e:
            mx.autograd.set_recording(False)
            print(f"MXNet cannot run {name}: {reason(e)[:150]}")
    return {**files, "values.txt": text_of(values)}


def gluon_nn(mx: Any, cases: Any) -> dict[str, str]:
    """Layers and losses."""
    return {
        "layers.json": each(mx, cases.LAYERS, cases.layer),
        "graphs.json": each(mx, cases.GRAPHS, cases.graph),
        "losses.json": each(mx, cases.LOSSES, cases.loss),
    }


def model_zoo(mx: Any, cases: Any) -> dict[str, str]:
    """Digests of all networks of the model zoo, and the outputs of some."""
    names = sorted(mx.gluon.model_zoo.model_store._model_sha1)
    return {
        "model_zoo.json": each(mx, names, cases.digests),
        "model_zoo_outputs.json": each(mx, cases.OUTPUTS, cases.output),
    }


def optimizer(mx: Any, cases: Any) -> dict[str, bytes]:
    """Weights and states after some updates."""
    out = {
        case: cases.flattened(cases.run(mx, case, name, settings, together=True))
        for case, name, settings in cases.CASES
    }
    packed = io.BytesIO()
    np.savez_compressed(packed, **out)
    return {"updates.npz": packed.getvalue()}


def rnn(mx: Any, cases: Any) -> dict[str, str]:
    """The graphs of symbolic cells; fused weights, batches of the bucketing iterator, encoded sentences."""
    files = {f"{name}.json": cases.symbol(mx, name).tojson() + "\n" for name in cases.SYMBOLS}
    kinds = {
        "initialized": (cases.FUSED, cases.initialized),
        "batches": (cases.ITERATORS, cases.batches),
        "encoded": (cases.ENCODINGS, cases.encoded),
    }
    values = [f'"{kind}": {each(mx, *table).rstrip()}' for kind, table in kinds.items()]
    return {**files, "values.txt": "{" + ",\n".join(values) + "}\n"}


@dataclass(frozen=True)
class Recording:
    """A folder of ``tests/golden``, the module of cases in ``tests/unit``, and what makes its files of them."""

    folder: str
    cases: str
    files: Callable[[Any, Any], dict[str, Any]]
    environment: dict[str, str] = field(default_factory=dict)


# MXNet fails on the cells with MKL-DNN, now and then, and on the layers without.
_CELLS = {"MXNET_ENGINE_TYPE": "NaiveEngine", "MXNET_MKLDNN_ENABLED": "0"}
_LAYERS = {"MXNET_ENGINE_TYPE": "NaiveEngine", "MXNET_MKLDNN_ENABLED": "1"}
RECORDINGS = {
    "amp": Recording("amp", "amp_cases", amp),
    "control_flow": Recording("control_flow", "control_flow_cases", control_flow),
    "gluon_nn": Recording("gluon_nn", "gluon_cases", gluon_nn),
    "gluon_cells": Recording(
        "gluon_rnn", "gluon_rnn_cases", lambda mx, c: {"cells.json": each(mx, c.CELLS, c.cell)}, _CELLS
    ),
    "gluon_layers": Recording(
        "gluon_rnn", "gluon_rnn_cases", lambda mx, c: {"layers.json": each(mx, c.LAYERS, c.layer)}, _LAYERS
    ),
    "model_zoo": Recording("gluon_nn", "model_zoo_cases", model_zoo),
    "numpy_graphs": Recording(
        "numpy_graphs", "numpy_graph_cases", lambda mx, c: {"graphs.json": each(mx, c.CASES, c.record)}
    ),
    "optimizer": Recording("optimizer", "optimizer_cases", optimizer),
    "rnn": Recording("rnn", "rnn_cases", rnn),
}


def work(name: str) -> None:
    """Write the files of a recording."""
    import mxnet as mx

    recording = RECORDINGS[name]
    warnings.simplefilter("ignore")
    files = recording.files(mx, importlib.import_module(f"tests.unit.{recording.cases}"))
    target = GOLDEN / recording.folder
    target.mkdir(parents=True, exist_ok=True)
    if sum(r.folder == recording.folder for r in RECORDINGS.values()) == 1:  # files of cases that are gone
        for old in target.iterdir():
            old.unlink()
    for file, content in files.items():
        (target / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    print(f"{name}: {len(files)} files")


# ------------------------------------------------------------------ sample rows of operators


def work_on_rows(family: str, asked: str, out: str) -> None:
    """Run rows inside MXNet: arrays named ``<number> <result>``."""
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


def reason(error: Exception) -> str:
    """The line of an error that says what happened: MXNet puts a traceback before it."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return next((line for line in lines if line.startswith("MXNetError:")), lines[0])


def results_of(python: str, family: str, ids: list[str]) -> dict[str, Arrays]:
    """Results of some rows from the other interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        asked, out = Path(folder, "ids.json"), Path(folder, "out.npz")
        asked.write_text(json.dumps(ids))
        status = start(python, "ops", family, str(asked), str(out))
        if status == 0:
            with np.load(out, allow_pickle=False) as stored:
                found: dict[str, Arrays] = {}
                for key in stored.files:
                    number, name = key.split(" ", 1)
                    found.setdefault(ids[int(number)], {})[name] = stored[key]
            return found
    if len(ids) == 1:
        print(f"{family}: {ids[0]} ends the interpreter (exit status {status})")
        return {}
    return {k: v for i in ids for k, v in results_of(python, family, [i]).items()}


def record_rows(python: str, families: Iterable[str], force: bool) -> int:
    """Record rows; how many of them failed."""
    failed = 0
    for family in families:
        wanted = [r.id for r in rows.rows_of(family) if r.golden and not r.raises]
        have = {} if force else {k: v for k, v in golden.load(family).items() if k in wanted}
        todo = [i for i in wanted if i not in have]
        for i in range(0, len(todo), BATCH):
            have.update(results_of(python, family, todo[i : i + BATCH]))
        golden.save(family, have)
        missing = [i for i in todo if i not in have]
        failed += len(missing)
        print(
            f"{family}: {len(todo) - len(missing)} recorded, {len(missing)} failed, {len(have)} in all, "
            f"{golden.path_of(family).stat().st_size // 1024} KiB"
        )
    return failed


# ------------------------------------------------------------------ the command


def start(python: str, *arguments: str, **environment: str) -> int:
    """Run this file in MXNet's interpreter, away from the checkout: the exit status."""
    env = {**os.environ, "MXNET_SUBGRAPH_BACKEND": "NONE", "OMP_NUM_THREADS": "1", **environment}
    env.pop("PYTHONPATH", None)
    command = [python, str(Path(__file__).resolve()), "--worker", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(command, cwd=folder, env=env, check=False).returncode


def worker(what: str, *arguments: str) -> None:
    """What MXNet's interpreter is started for."""
    import mxnet as mx

    if mx.__version__ != "1.9.1" or Path(mx.__file__).is_relative_to(ROOT):
        sys.exit(f"this is not MXNet 1.9.1, but {mx.__version__} in {mx.__file__}")
    if what == "ops":
        work_on_rows(*arguments)
    else:
        work(what)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"any of: ops {' '.join(RECORDINGS)}")
    parser.add_argument("--python", help="interpreter that has mxnet 1.9.1")
    parser.add_argument("--family", action="append", help="sample module; may be repeated (default: all)")
    parser.add_argument("--force", action="store_true", help="record rows again that are recorded")
    parser.add_argument("--list", action="store_true", help="only list rows without a recording")
    parser.add_argument("--worker", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    families = args.family or rows.families()
    if args.worker:
        worker(*args.worker)
        return 0
    if args.list:
        for family in families:
            have = golden.load(family)
            for row in rows.rows_of(family):
                if row.golden and not row.raises and row.id not in have:
                    print(f"{family}: {row.id}")
        return 0
    if not args.python or not args.what:
        parser.error("--python and what to record are needed")
    unknown = set(args.what) - RECORDINGS.keys() - {"ops"}
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}: ops {' '.join(RECORDINGS)}")
    failed = 0
    for what in args.what:
        if what == "ops":
            failed += record_rows(args.python, families, args.force)
        else:
            failed += start(args.python, what, **RECORDINGS[what].environment) != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
