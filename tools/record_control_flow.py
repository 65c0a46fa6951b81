"""Record what MXNet 1.9.1 makes of loops and branches.

    MXNET_SUBGRAPH_BACKEND=NONE MXNET_PYTHON tools/record_control_flow.py

Runs the cases of ``tests/unit/control_flow_cases.py`` in the interpreter that runs this file, which must have mxnet
1.9.1, and writes ``tests/golden/control_flow``: the text of each graph, and all values in ``values.txt``.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "tests" / "golden" / "control_flow"


def main() -> None:
    sys.path.insert(0, str(ROOT / "tests" / "unit"))
    import control_flow_cases as cases

    import mxnet as mx

    if mx.__version__ != "1.9.1" or Path(mx.__file__).is_relative_to(ROOT):
        sys.exit(f"this is not MXNet 1.9.1, but {mx.__version__} in {mx.__file__}")
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    values = {}
    for name in cases.BY_NAME:
        net = cases.symbol(mx, name)
        (OUT / f"{name}.json").write_text(net.tojson() + "\n")
        try:
            values[name] = cases.run(mx, name, net)
        except mx.MXNetError as e:
            mx.autograd.set_recording(False)
            print(f"MXNet cannot run {name}: {str(e).strip().splitlines()[-1][:150]}")
    lines = ",\n".join(f'"{name}": {json.dumps(value)}' for name, value in values.items())
    (OUT / "values.txt").write_text(f"{{{lines}}}\n")
    print(f"{len(values)} cases")


if __name__ == "__main__":
    main()
