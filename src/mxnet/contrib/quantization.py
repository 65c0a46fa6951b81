"""Networks of eight-bit integers: to come. What is here can be imported, and says so when it is used."""

from __future__ import annotations

from .._core.absent import absent

__all__ = [  # noqa: F822
    "calib_graph",
    "combine_histogram",
    "quantize_graph",
    "quantize_model",
    "quantize_model_mkldnn",
    "quantize_net",
    "quantize_net_v2",
]

__getattr__ = absent(__name__, __all__, "quantizing networks is to come")
