"""Record what MXNet 1.9.1 makes of the networks' training, into ``losses.json``: null for what it cannot train.

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


def losses(name: str, hybrid: bool) -> list[float] | None:
    """The losses of a network, or None where MXNet cannot train it, which is told."""
    try:
        return train(make(name), hybrid).losses
    except Exception as error:  # noqa: BLE001  whatever MXNet raises
        mx.autograd.set_recording(False)
        print(f"{name}: {'hybridized ' * hybrid}raises {str(error).strip().splitlines()[-1][:150]}")
        return None


def main() -> None:
    """Train all networks, or those that are named, and say where hybridized ones go another way."""
    if mx.__version__ != "1.9.1" or not hasattr(mx.base, "_LIB"):
        sys.exit(f"this is not MXNet 1.9.1, but {mx.__version__} in {mx.__file__}")
    npx.set_np()
    found = {}
    for name in NETWORKS:
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        found[name] = losses(name, hybrid=False)
        hybrid = losses(name, hybrid=True)
        if found[name] and hybrid and not onp.allclose(hybrid, found[name], rtol=1e-5):
            print(f"{name}: hybridized {hybrid}, else {found[name]}")
    if sys.argv[1:]:
        found = {**json.loads(LOSSES.read_text()), **found}
    rows = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(found.items())]
    LOSSES.write_text("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main()
