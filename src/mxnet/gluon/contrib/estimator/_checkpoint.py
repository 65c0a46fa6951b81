"""Writing checkpoints while training, and going on from them."""

from __future__ import annotations

import contextlib
import os
import re
from typing import Any

from ...._core.descriptions import described_like
from ....metric import EvalMetric
from ._events import _Periodic
from ._monitoring import EarlyStoppingHandler, check_monitor, comparison, current_value, worst


@described_like(EarlyStoppingHandler)
class CheckpointHandler(_Periodic):
    """Writes the network and the state of its trainer every few epochs or batches.

    Files are called ``{model_prefix}-epoch{N}batch{M}.params`` and ``.states``; beside them are
    ``{model_prefix}-best.params`` and ``.states``, and ``{model_prefix}-symbol.json`` for a hybridized network. Each
    appears whole, and the ``.params`` of a checkpoint last: where it is, the checkpoint is complete.

    Parameters
    ----------
    model_dir : str
        The directory, which is made if need be.
    model_prefix : str
        What all file names begin with.
    monitor : EvalMetric, optional
        The metric that decides which checkpoint is the best one.
    verbose : int
        1 to log each checkpoint.
    save_best : bool
        Keep the best checkpoint too, as ``best``.
    epoch_period : int, optional
        Write every so many epochs.
    batch_period : int, optional
        Write every so many batches.
    max_checkpoints : int
        How many checkpoints to keep, not counting the best one. Older ones are removed.
    resume_from_checkpoint : bool
        Go on from the last checkpoint in ``model_dir``: ``fit`` then trains the epochs or batches that are left.

    Raises
    ------
    ValueError
        For ``save_best`` without a single metric, for files that look like checkpoints and have no numbers, and when
        the last checkpoint leaves nothing to train.
    """

    def __init__(
        self,
        model_dir: str,
        model_prefix: str = "model",
        monitor: EvalMetric | None = None,
        verbose: int = 0,
        save_best: bool = False,
        mode: str = "auto",
        epoch_period: int | None = 1,
        batch_period: int | None = None,
        max_checkpoints: int = 5,
        resume_from_checkpoint: bool = False,
    ) -> None:
        if save_best:
            check_monitor(monitor, "CheckpointHandler with save_best")
        os.makedirs(model_dir, exist_ok=True)
        self.model_dir, self.model_prefix = model_dir, model_prefix
        self.monitor, self.save_best = monitor, save_best
        self.verbose = verbose
        self.max_checkpoints = max_checkpoints
        self.resume_from_checkpoint = resume_from_checkpoint
        super().__init__(epoch_period, batch_period)
        self.trained_epoch = self.trained_batch = -1
        self.saved_checkpoints: list[str] = []
        if save_best:
            self.monitor_op = comparison(mode, monitor, "ModelCheckpoint")
            self.best = worst(self.monitor_op)

    # ------------------------------------------------------------------ events

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Count from zero, and load the last checkpoint if the training is to go on from it."""
        super().train_begin(estimator)
        if self.save_best:
            self.best = worst(self.monitor_op)
        if self.resume_from_checkpoint:
            self._check_period(estimator)
            self._resume_from_checkpoint(estimator)

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Write a checkpoint if it is time to; the graph of the network after the first batch."""
        if self.current_batch == 0:
            self._save_symbol(estimator)
        super().batch_end(estimator)

    # ------------------------------------------------------------------ writing

    def _save_symbol(self, estimator: Any) -> None:
        symbol_file = self._path(self.model_prefix, "-symbol.json")
        graph = getattr(estimator.net, "_cached_graph", None)
        if graph:
            graph[1].save(symbol_file)
        else:
            message = "CheckpointHandler: the graph is not written to %s; only a hybridized block has one"
            estimator.logger.info(message, symbol_file)

    def _act(self, estimator: Any) -> None:
        self._save_checkpoint(estimator)

    def _save_checkpoint(self, estimator: Any) -> None:
        epoch, batch = self.current_epoch, self.current_batch
        if self.resume_from_checkpoint:
            epoch += self.trained_epoch + 1
            # At the end of an epoch current_batch is a count already, after a batch it is that batch's number.
            batch += self.trained_batch if estimator.max_epoch else self.trained_batch + 1
        prefix = f"{self.model_prefix}-epoch{epoch}batch{batch}"
        self._save_params_and_trainer(estimator, prefix)
        if prefix in self.saved_checkpoints:
            self.saved_checkpoints.remove(prefix)
        self.saved_checkpoints.append(prefix)
        self._remove_old()
        if self.verbose > 0:
            so_far = f"{self.current_batch + 1} batches so far"
            self._log(estimator, f"{so_far}; model written to {self.model_dir} as {prefix}")
        if self.save_best:
            self._save_if_best(estimator)

    def _save_if_best(self, estimator: Any) -> None:
        assert self.monitor is not None
        name, value = current_value(self.monitor, "Skipping save best")
        if value is None:
            return
        better = self.monitor_op(value, self.best)
        best = self.model_prefix + "-best"
        if self.verbose > 0 and better:
            change = f"{name} went from {self.best:0.5f} to {value:0.5f}"
            self._log(estimator, f"{change}; best model written to {self.model_dir} as {best}")
        elif self.verbose > 0:
            self._log(estimator, f"{name} has not become better than {self.best:0.5f}; best model left as it is")
        if better:
            self._save_params_and_trainer(estimator, best)
            self.best = value

    def _log(self, estimator: Any, message: str) -> None:
        estimator.logger.info("[Epoch %d] CheckpointHandler: %s", self.current_epoch, message)

    def _save_params_and_trainer(self, estimator: Any, file_prefix: str) -> None:
        estimator.trainer.save_states(self._path(file_prefix, ".states"))
        estimator.net.save_parameters(self._path(file_prefix, ".params"))

    def _remove_old(self) -> None:
        while self.saved_checkpoints and len(self.saved_checkpoints) > self.max_checkpoints:
            prefix = self.saved_checkpoints.pop(0)
            for suffix in (".params", ".states"):
                with contextlib.suppress(FileNotFoundError):
                    os.remove(self._path(prefix, suffix))

    def _path(self, prefix: str, suffix: str) -> str:
        return os.path.join(self.model_dir, prefix + suffix)

    # ------------------------------------------------------------------ going on

    def _check_period(self, estimator: Any) -> None:
        """Raise AssertionError unless checkpoints are counted in what the training is counted in."""
        for limit, period, other in (
            (estimator.max_batch, self.batch_period, self.epoch_period),
            (estimator.max_epoch, self.epoch_period, self.batch_period),
        ):
            if limit and (not period or other):
                raise AssertionError(
                    "resume_from_checkpoint counts in the unit that training is limited by: save by epochs (and "
                    "batch_period=None) where fit is given epochs, by batches (and epoch_period=None) where it "
                    "is given batches"
                )

    def _resume_from_checkpoint(self, estimator: Any) -> None:
        found = self._find_checkpoints()
        self.saved_checkpoints = [f"{self.model_prefix}-epoch{epoch}batch{batch}" for epoch, batch in found]
        self.trained_epoch, self.trained_batch = found[-1] if found else (-1, -1)
        if found and estimator.max_epoch:
            estimator.max_epoch = self._left("epoch", estimator.max_epoch, self.trained_epoch)
        elif found:
            estimator.max_batch = self._left("batch", estimator.max_batch, self.trained_batch)
        left = f"{estimator.max_epoch} epochs" if estimator.max_epoch else f"{estimator.max_batch} batches"
        if not found:
            estimator.logger.info("CheckpointHandler: starts anew, there is no checkpoint; to come: %s", left)
            return
        params, states = (self._path(self.saved_checkpoints[-1], suffix) for suffix in (".params", ".states"))
        if not os.path.exists(states):
            raise AssertionError(f"Failed to load checkpoint, {states} does not exist")
        estimator.net.load_parameters(params, ctx=estimator.context)
        estimator.trainer.load_states(states)
        message = "CheckpointHandler: goes on after epoch %d, batch %d; to come: %s"
        estimator.logger.warning(message, self.trained_epoch, self.trained_batch, left)

    @staticmethod
    def _left(what: str, wanted: int, trained: int) -> int:
        left = wanted - trained - 1
        if left <= 0:
            raise ValueError(
                f"the newest checkpoint is of {what} {trained}, and {wanted} were asked for: nothing is left to train. "
                "resume_from_checkpoint=False starts anew"
            )
        return left

    def _find_checkpoints(self) -> list[tuple[int, int]]:
        """Numbers of epoch and batch of all checkpoints in the directory, the oldest first."""
        found = []
        for name in os.listdir(self.model_dir):
            if not (name.startswith(self.model_prefix + "-epoch") and name.endswith(".params")):
                continue
            numbers = re.fullmatch(r"(\d+)batch(\d+)\.params", name[len(self.model_prefix + "-epoch") :])
            if numbers is None:
                raise ValueError(
                    f"checkpoint {name}: expected a name such as {self.model_prefix}-epoch3batch70.params, with a "
                    ".states file of the same name beside it"
                )
            found.append((int(numbers[1]), int(numbers[2])))
        return sorted(found)
