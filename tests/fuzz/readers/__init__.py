"""The readers that are fuzzed."""

from __future__ import annotations

from tests.fuzz.readers import (
    arrays,
    attributes,
    csv,
    embeddings,
    image_list,
    images,
    libsvm,
    mnist,
    numpy_arrays,
    recordio,
    saved_block,
    states,
    symbols,
)

READERS = [
    *arrays.READERS,
    *symbols.READERS,
    *attributes.READERS,
    *recordio.READERS,
    *images.READERS,
    *image_list.READERS,
    *csv.READERS,
    *libsvm.READERS,
    *mnist.READERS,
    *numpy_arrays.READERS,
    *embeddings.READERS,
    *states.READERS,
    *saved_block.READERS,
]
