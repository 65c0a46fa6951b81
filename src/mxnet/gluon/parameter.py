"""Parameters of networks: weights with their gradients on one or several contexts."""

from __future__ import annotations

from ._arrays import DeferredInitializationError
from ._constant import Constant
from ._parameter import Parameter
from ._parameter_dict import ParameterDict, tensor_types

for _class in (Constant, DeferredInitializationError, Parameter, ParameterDict):
    _class.__module__ = __name__  # where pickles and MXNet's users look for them

__all__ = ["Constant", "DeferredInitializationError", "Parameter", "ParameterDict", "tensor_types"]
