"""What an estimator does with one batch."""

from __future__ import annotations

from typing import Any

from .... import autograd
from ...._core.descriptions import described_like
from ....context import Context
from ....ndarray import NDArray
from ...utils import split_and_load

__all__ = ["BatchProcessor"]

Shares = list[NDArray]  # one array a context
Results = tuple[Shares, Shares, Shares, Shares]  # data, labels, predictions, losses


def _run(net: Any, loss: Any, data: Shares, label: Shares) -> tuple[Shares, Shares]:
    """Predictions and losses."""
    pred = [net(x) for x in data]
    return pred, [loss(p, y) for p, y in zip(pred, label)]


class BatchProcessor:
    """Runs the networks of an estimator on batches. Subclass it for batches or losses of another form.

    Examples
    --------
    A network with two inputs:

    >>> import mxnet as mx
    >>> from mxnet.gluon.contrib.estimator import BatchProcessor
    >>> class TwoInputs(BatchProcessor):
    ...     def fit_batch(self, estimator, train_batch, batch_axis=0):
    ...         left, right, label = train_batch
    ...         with mx.autograd.record():
    ...             pred = estimator.net(left, right)
    ...             loss = estimator.loss(pred, label)
    ...         loss.backward()
    ...         return [left, right], [label], [pred], [loss]
    """

    def _get_data_and_label(self, batch: Any, ctx: list[Context], batch_axis: int = 0) -> tuple[Shares, Shares]:
        """Split the first two parts of a batch over contexts."""
        data, label = (split_and_load(part, ctx_list=ctx, batch_axis=batch_axis) for part in batch[:2])
        return data, label

    def evaluate_batch(self, estimator: Any, val_batch: Any, batch_axis: int = 0) -> Results:
        """Run the validation network on a batch.

        Parameters
        ----------
        estimator : Estimator
        val_batch : list or tuple of NDArray
            Data and label.
        batch_axis : int
            The axis that is split over contexts.

        Returns
        -------
        data, label, pred, loss : list of NDArray
            One array a context each.
        """
        data, label = self._get_data_and_label(val_batch, estimator.context, batch_axis)
        return data, label, *_run(estimator.val_net, estimator.val_loss, data, label)

    @described_like(evaluate_batch)
    def fit_batch(self, estimator: Any, train_batch: Any, batch_axis: int = 0) -> Results:
        """Run the network on a batch, and compute the gradients of its parameters.

        Parameters
        ----------
        train_batch : list or tuple of NDArray
            Data and label.
        """
        data, label = self._get_data_and_label(train_batch, estimator.context, batch_axis)
        with autograd.record():
            pred, loss = _run(estimator.net, estimator.loss, data, label)
        for share in loss:
            share.backward()
        return data, label, pred, loss
