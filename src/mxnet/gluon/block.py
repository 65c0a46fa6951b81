"""The building blocks of networks; see the private modules beside this one."""

from __future__ import annotations

from ._block import Block
from ._hybrid import HybridBlock
from ._naming import _BlockScope
from ._structure import flatten as _flatten
from ._structure import regroup as _regroup
from ._symbol_block import SymbolBlock, _infer_param_types

for _class in (Block, HybridBlock, SymbolBlock):
    _class.__module__ = __name__  # where pickles and MXNet's users look for them

# Programs that extend Gluon import these from here.
_BlockScope, _flatten, _regroup, _infer_param_types = _BlockScope, _flatten, _regroup, _infer_param_types

__all__ = ["Block", "HybridBlock", "SymbolBlock"]
