"""The events of a training, each a base class for what wants to hear of it."""

from __future__ import annotations

from typing import Any

from .utils import _listed


class EventHandler:
    """What happens at events of a training. A handler derives from a class for each event that it hears of.

    Handlers run in the order of their attribute ``priority``, the lowest number first; 0 for those without.
    """


class TrainBegin(EventHandler):
    """Hears of the beginning of a training."""

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Called once by ``fit``, before anything else."""


class TrainEnd(EventHandler):
    """Hears of the end of a training."""

    def train_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Called once by ``fit``, after everything else."""


class EpochBegin(EventHandler):
    """Hears of the beginning of each pass over the data."""

    def epoch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Called before the first batch of a pass, in training and in validation."""


class EpochEnd(EventHandler):
    """Hears of the end of each pass over the data."""

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool | None:
        """Called after the last batch of a pass; what is true ends the training."""
        return False


class BatchBegin(EventHandler):
    """Hears of each batch before it is used."""

    def batch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Called with the keyword argument ``batch``."""


class BatchEnd(EventHandler):
    """Hears of each batch after it was used."""

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool | None:
        """Called with the keyword arguments ``batch``, ``pred``, ``label`` and ``loss``; what is true ends the pass.

        The pass ends, and so does the training if the handler says so at the end of the pass too.
        """
        return False


class _Periodic(TrainBegin, BatchEnd, EpochEnd):
    """Acts every so many epochs, and every so many batches of a training."""

    def __init__(self, epoch_period: int | None, batch_period: int | None) -> None:
        self.epoch_period, self.batch_period = epoch_period, batch_period
        self.current_epoch = self.current_batch = 0

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Count from zero."""
        self.current_epoch = self.current_batch = 0

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Act if it is time to."""
        if self.batch_period and (self.current_batch + 1) % self.batch_period == 0:
            self._act(estimator)
        self.current_batch += 1

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Act if it is time to."""
        if self.epoch_period and (self.current_epoch + 1) % self.epoch_period == 0:
            self._act(estimator)
        self.current_epoch += 1

    def _act(self, estimator: Any) -> None:
        raise NotImplementedError


def _check_event_handlers(handlers: object) -> list[EventHandler]:
    """A list of handlers from none, one or several."""
    return _listed(EventHandler, handlers, "handlers", "an event handler")
