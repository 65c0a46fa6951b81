"""Training loops: :class:`Estimator`, what it does with a batch, and what happens at the events of a training."""

from . import batch_processor, estimator, event_handler, utils
from .batch_processor import BatchProcessor
from .estimator import Estimator
from .event_handler import *  # noqa: F403

__all__ = ["BatchProcessor", "Estimator", "batch_processor", "estimator", "event_handler", "utils"]
__all__ += event_handler.__all__
