"""Record MXNet's recurrent cells and layers.

``MXNET_ENGINE_TYPE=NaiveEngine MXNET_MKLDNN_ENABLED=0 MXNET_PYTHON tools/record_gluon_rnn.py cells``, and the same with
``MXNET_MKLDNN_ENABLED=1`` and ``layers``: it fails on the cells with MKL-DNN, now and then, and on the layers without.

Runs ``tests/unit/gluon_rnn_cases.py`` in the interpreter that runs this file, which must have mxnet 1.9.1, and writes
one line a case into ``tests/golden/gluon_rnn``.
"""

import json
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "tests" / "golden" / "gluon_rnn"


def main() -> None:
    sys.path.insert(0, str(ROOT / "tests" / "unit"))
    import gluon_rnn_cases as cases

    import mxnet as mx

    if mx.__version__ != "1.9.1" or Path(mx.__file__).is_relative_to(ROOT):
        sys.exit(f"this is not MXNet 1.9.1, but {mx.__version__} in {mx.__file__}")
    warnings.simplefilter("ignore")
    OUT.mkdir(parents=True, exist_ok=True)
    name = sys.argv[1]
    table, record = {"cells": (cases.CELLS, cases.cell), "layers": (cases.LAYERS, cases.layer)}[name]
    lines = [f"{json.dumps(case)}: {json.dumps(record(mx, case))}" for case in table]
    (OUT / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
