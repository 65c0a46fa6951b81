"""Recorded results of sample rows: one file a family, an index and one block of bytes (hundreds of tiny arrays)."""

import io
import json
import os
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / "golden" / "ops"


def path_of(family):
    """The file of a family."""
    return FOLDER / f"{family}.npz"


def load(family):
    """Row id -> result name -> array, of a family; empty when nothing is recorded."""
    path = path_of(family)
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        index, block = json.loads(stored["index"].tobytes()), stored["block"].tobytes()
    found, offset = {}, 0
    for row_id, arrays in index.items():
        found[row_id] = {}
        for name, dtype, shape in arrays:
            a = np.frombuffer(block, dtype, int(np.prod(shape, dtype=int)), offset).reshape(shape)
            found[row_id][name] = a
            offset += a.nbytes
    return found


def save(family, results):
    """Write the results of a family, replacing the file at once."""
    index, block = {}, []
    for row_id in sorted(results):
        index[row_id] = [(name, a.dtype.str, a.shape) for name, a in results[row_id].items()]
        block += [np.ascontiguousarray(a).tobytes() for a in results[row_id].values()]
    path = path_of(family)
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        index=np.frombuffer(json.dumps(index, separators=(",", ":")).encode(), np.uint8),
        block=np.frombuffer(b"".join(block), np.uint8),
    )
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(buffer.getvalue())
    os.replace(temporary, path)
