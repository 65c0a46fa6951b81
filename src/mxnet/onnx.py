"""ONNX files: to come. What is here can be imported, and says so when it is used."""

from __future__ import annotations

from ._core.absent import absent

__all__ = ["export_model", "get_operator_support", "mx2onnx"]  # noqa: F822

__getattr__ = absent(__name__, __all__, "writing ONNX files is to come")
