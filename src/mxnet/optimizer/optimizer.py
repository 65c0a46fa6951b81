"""All optimizers at MXNet's own path; see the private modules beside this one."""

from __future__ import annotations

from ..ndarray import abs as NDabs
from ._adam import FTML, Adam, Adamax, Nadam
from ._adaptive import AdaDelta, AdaGrad, Ftrl, RMSProp
from ._base import Optimizer, create, register
from ._layerwise import LAMB, LARS, LBSGD
from ._sgd import DCASGD, NAG, SGD, SGLD, Signum, Test, ccSGD
from ._updater import Updater, get_updater

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
