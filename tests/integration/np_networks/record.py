"""Record what MXNet 1.9.1 makes of the networks' training, into ``losses.json``.

cd CHECKOUT && MXNET_SUBGRAPH_BACKEND=NONE /path/to/mxnet-1.9.1/bin/python -m tests.integration.np_networks.record
"""

from __future__ import annotations

import json
import sys

import numpy as onp

import mxnet as mx
from mxnet import npx
from tests.integration.np_networks import LOSSES, NETWORKS, make
from tests.integration.np_networks.training import train


def main() -> None:
    """Train all networks, or those that are named, and say where hybridized ones go another way."""
    if mx.__version__ != "1.9.1" or not hasattr(mx.base, "_LIB"):
        sys.exit(f"this is not MXNet 1.9.1, but {mx.__version__} in {mx.__file__}")
    npx.set_np()
    found = {}
    for name in NETWORKS:
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        found[name] = train(make(name)).losses
        try:
            hybrid = train(make(name), hybrid=True).losses
            if not onp.allclose(hybrid, found[name], rtol=1e-5):
                print(f"{name}: hybridized {hybrid}, else {found[name]}")
        except Exception as error:  # noqa: BLE001  whatever MXNet raises: this is told, not recorded
            print(f"{name}: hybridized raises {str(error).strip().splitlines()[-1][:150]}")
    if sys.argv[1:]:
        found = {**json.loads(LOSSES.read_text()), **found}
    rows = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(found.items())]
    LOSSES.write_text("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main()
