"""All optimizers at MXNet's own path; see the private modules beside this one."""

from __future__ import annotations

from typing import Any

from .. import ndarray
from ..ndarray import abs as NDabs
from ._adam import FTML, Adam, Adamax, Nadam
from ._adaptive import AdaDelta, AdaGrad, Ftrl, RMSProp
from ._base import Optimizer, create, register
from ._layerwise import LAMB, LARS, LBSGD
from ._sgd import DCASGD, NAG, SGD, SGLD, Signum, Test, ccSGD
from ._updater import Updater, get_updater

# Operators that programs take from here, as MXNet's module imports them.
_OPERATORS = (
    "adam_update array cast clip ftml_update ftrl_update maximum mp_nag_mom_update mp_sgd_mom_update "
    "mp_sgd_update multiply nag_mom_update rmsprop_update rmspropalex_update sgd_mom_update sgd_update "
    "signsgd_update signum_update sqrt square zeros"
).split()


def __getattr__(name: str) -> Any:
    if name in _OPERATORS:
        return getattr(ndarray, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "DCASGD",
    "FTML",
    "LAMB",
    "LARS",
    "LBSGD",
    "NAG",
    "SGD",
    "SGLD",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "Adamax",
    "Ftrl",
    "NDabs",
    "Nadam",
    "Optimizer",
    "RMSProp",
    "Signum",
    "Test",
    "Updater",
    "ccSGD",
    "create",
    "get_updater",
    "register",
]
