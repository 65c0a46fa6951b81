"""The building blocks of networks; see the private modules beside this one."""

from __future__ import annotations

# Programs that extend Gluon import all of these from here.
# ruff: noqa: F401
from .. import initializer, ndarray, symbol
from ..base import MXNetError, mx_real_t
from ..ndarray import NDArray
from ..symbol import Symbol
from ..util import is_np_array
from ._block import Block
from ._flatten import flatten as _flatten
from ._flatten import gather_type_ctx_info as _gather_type_ctx_info
from ._flatten import regroup as _regroup
from ._hybrid import HybridBlock
from ._naming import _BlockScope
from ._symbol_block import SymbolBlock, _infer_param_types
from ._symbol_block import common_prefix as _common_prefix
from .parameter import DeferredInitializationError, Parameter, ParameterDict
from .utils import HookHandle, _brief_print_list, _check_all_np_ndarrays, _check_same_symbol_type, _indent

for _class in (Block, HybridBlock, SymbolBlock):
    _class.__module__ = __name__  # where pickles and MXNet's users look for them

__all__ = ["Block", "HybridBlock", "SymbolBlock"]
