"""Augmenters for detection, and the iterator over images with boxes."""

from ..ndarray._internal import _cvcopyMakeBorder as copyMakeBorder  # noqa: F401
from ._det_augmenters import *  # noqa: F403
from ._det_iterator import ImageDetIter as ImageDetIter
