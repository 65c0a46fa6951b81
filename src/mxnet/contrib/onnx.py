"""ONNX files by their first interface: to come. What is here can be imported, and says so when it is used."""

from __future__ import annotations

from .._core.absent import absent

__all__ = [  # noqa: F822
    "export_model",
    "get_model_metadata",
    "import_model",
    "import_to_gluon",
    "mx2onnx",
    "onnx2mx",
]

__getattr__ = absent(__name__, __all__, "reading and writing ONNX files is to come")
