"""Record what MXNet's mixed precision makes of some networks: ``tests/golden/amp/graphs.json``.

Run it with an interpreter that has mxnet 1.9.1, from a folder other than the checkout::

    MXNET_SUBGRAPH_BACKEND=NONE python tools/record_amp.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "unit"))

import amp_cases  # noqa: E402

import mxnet as mx  # noqa: E402
from mxnet.contrib import amp  # noqa: E402


def main() -> None:
    """Convert each network in each way, and write the nodes of the results."""
    found = {}
    for key, symbol, arguments in amp_cases.cases(mx):
        converted = amp.convert_symbol(symbol, **arguments)
        found[key] = amp_cases.nodes(converted.tojson(remove_amp_cast=False))
    target = ROOT / "tests" / "golden" / "amp" / "graphs.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in found.items()]
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
