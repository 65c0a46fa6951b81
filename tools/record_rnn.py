"""Record what MXNet 1.9.1's ``mxnet.rnn`` makes: ``MXNET_SUBGRAPH_BACKEND=NONE MXNET_PYTHON tools/record_rnn.py``.

Runs the cases of ``tests/unit/rnn_cases.py`` in the interpreter that runs this file, which must have mxnet 1.9.1, and
writes ``tests/golden/rnn``: the text of each symbol, and all values in ``values.txt``.
"""

import json
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "tests" / "golden" / "rnn"


def main() -> None:
    sys.path.insert(0, str(ROOT / "tests" / "unit"))
    import rnn_cases as cases

    import mxnet as mx

    if mx.__version__ != "1.9.1" or Path(mx.__file__).is_relative_to(ROOT):
        sys.exit(f"this is not MXNet 1.9.1, but {mx.__version__} in {mx.__file__}")
    warnings.simplefilter("ignore")
    texts = {f"{name}.json": cases.symbol(mx, name).tojson() for name in cases.SYMBOLS}
    values = {
        "initialized": {name: cases.initialized(mx, name) for name in cases.FUSED},
        "batches": {name: cases.batches(mx, name) for name in cases.ITERATORS},
        "encoded": {name: cases.encoded(mx, name) for name in cases.ENCODINGS},
    }
    # One line a case, so that differences can be read.
    tables = []
    for kind, table in values.items():
        lines = ",\n".join(f'"{name}": {json.dumps(value)}' for name, value in table.items())
        tables.append(f'"{kind}": {{\n{lines}\n}}')
    texts["values.txt"] = "{" + ",\n".join(tables) + "}"
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    for name, text in texts.items():
        (OUT / name).write_text(text + "\n")
    print(f"{len(texts)} files, {sum(map(len, texts.values()))} characters")


if __name__ == "__main__":
    main()
