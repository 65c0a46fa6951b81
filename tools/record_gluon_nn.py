"""Record MXNet's layers, losses and model zoo: ``MXNET_SUBGRAPH_BACKEND=NONE MXNET_PYTHON tools/record_gluon_nn.py``.

Runs ``tests/unit/gluon_cases.py`` and ``tests/unit/model_zoo_cases.py`` in the interpreter that runs this file, which
must have mxnet 1.9.1, and writes one line a case into ``tests/golden/gluon_nn``.
"""

import json
import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "tests" / "golden" / "gluon_nn"


def main() -> None:
    sys.path.insert(0, str(ROOT / "tests" / "unit"))
    import gluon_cases
    import model_zoo_cases

    import mxnet as mx

    if mx.__version__ != "1.9.1" or Path(mx.__file__).is_relative_to(ROOT):
        sys.exit(f"this is not MXNet 1.9.1, but {mx.__version__} in {mx.__file__}")
    warnings.simplefilter("ignore")

    def write(name: str, cases: Iterable[str], record: Callable[..., Any]) -> None:
        lines = ",\n".join(f"{json.dumps(case)}: {json.dumps(record(mx, case))}" for case in cases)
        (OUT / f"{name}.json").write_text("{\n" + lines + "\n}\n")

    OUT.mkdir(parents=True, exist_ok=True)
    write("layers", gluon_cases.LAYERS, gluon_cases.layer)
    write("graphs", gluon_cases.GRAPHS, gluon_cases.graph)
    write("losses", gluon_cases.LOSSES, gluon_cases.loss)
    models = sorted(mx.gluon.model_zoo.model_store._model_sha1)
    write("model_zoo", models, model_zoo_cases.digests)
    write("model_zoo_outputs", model_zoo_cases.OUTPUTS, model_zoo_cases.output)


if __name__ == "__main__":
    main()
