"""Record what MXNet 1.9.1's optimizers do: ``MXNET_PYTHON tools/record_optimizers.py``.

Runs the cases of ``tests/unit/optimizer_cases.py`` in the interpreter that runs this file, which must have mxnet 1.9.1,
and writes ``tests/golden/optimizer/updates.npz``.
"""

import sys
import warnings
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    sys.path.insert(0, str(ROOT / "tests" / "unit"))
    import optimizer_cases as cases

    import mxnet as mx

    if mx.__version__ != "1.9.1" or Path(mx.__file__).is_relative_to(ROOT):
        sys.exit(f"this is not MXNet 1.9.1, but {mx.__version__} in {mx.__file__}")
    warnings.simplefilter("ignore")
    out = {}
    for case_id, name, settings in cases.CASES:
        out[case_id] = cases.flattened(cases.run(mx, case_id, name, settings, together=True))
    target = ROOT / "tests" / "golden" / "optimizer" / "updates.npz"
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{target}.part", "wb") as f:
        np.savez_compressed(f, **out)
    Path(f"{target}.part").replace(target)
    print(f"{len(out)} cases, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
