"""Images and augmenters for classification, and the iterator over them."""

from ._augmenters import *  # noqa: F403
from ._functions import *  # noqa: F403
from ._functions import _get_interp_method as _get_interp_method
from ._iterator import ImageIter as ImageIter
