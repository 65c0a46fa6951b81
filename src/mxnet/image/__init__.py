"""Images (``mx.image``): reading, resizing and cutting them, augmenters, and iterators over files of images."""

from .. import io, recordio
from .. import ndarray as nd
from ..util import is_np_array
from . import _augmenters, _det_augmenters, _functions, detection, image
from . import detection as det
from .image import *  # noqa: F403

from .detection import *  # noqa: F403  isort: skip  (its copyMakeBorder is the operator)
from .detection import ImageDetIter
from .image import ImageIter

__all__ = ["ImageDetIter", "ImageIter", "det", "detection", "image", "io", "is_np_array", "nd", "recordio"]
__all__ += [*_augmenters.__all__, *_det_augmenters.__all__, *_functions.__all__]
