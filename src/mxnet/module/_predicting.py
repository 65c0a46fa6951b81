"""Prediction over whole data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import metric, ndarray
from ..io import DataBatch, DataIter
from ..metric import EvalMetric
from ..model import BatchEndParam


def notify(callbacks: Any, *args: Any) -> None:
    """Call a callback, or each of a list of them."""
    for callback in callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]:
        callback(*args)


class Predicting:
    """What any module does with a data set once it has parameters."""

    binded: bool
    params_initialized: bool
    prepare: Any
    forward: Any
    get_outputs: Any
    update_metric: Any

    def _update_metric_of(self, eval_metric: str | EvalMetric | None, batch: Any) -> None:
        """Update a metric with the outputs for a batch, or for a list of batches, one a device."""
        if isinstance(batch, list):
            self.update_metric(eval_metric, [b.label for b in batch], pre_sliced=True)
        else:
            self.update_metric(eval_metric, batch.label)

    def _forward_all(
        self, eval_data: DataIter, num_batch: int | None, reset: bool, sparse_row_id_fn: Any
    ) -> Iterator[tuple[int, Any]]:
        """Run forward over a data set in prediction mode; gives the batches as their outputs become available."""
        assert self.binded and self.params_initialized, "call bind and init_params first"
        if reset:
            eval_data.reset()
        for nbatch, batch in enumerate(eval_data):
            if nbatch == num_batch:
                return
            self.prepare(batch, sparse_row_id_fn=sparse_row_id_fn)
            self.forward(batch, is_train=False)
            yield nbatch, batch

    def score(
        self,
        eval_data: DataIter,
        eval_metric: EvalMetric | str,
        num_batch: int | None = None,
        batch_end_callback: Callable[..., Any] | None = None,
        score_end_callback: Any = None,
        reset: bool = True,
        epoch: int = 0,
        sparse_row_id_fn: Callable[..., Any] | None = None,
    ) -> list[tuple[str, float]]:
        """Evaluate on a data set.

        Parameters
        ----------
        eval_data : DataIter
        eval_metric : EvalMetric, str, or list of them
        num_batch : int, optional
            How many batches; all when not given.
        batch_end_callback, score_end_callback : function or list of functions, optional
            Called with a :class:`~mxnet.model.BatchEndParam` after each batch and at the end.
        reset : bool
            Whether to begin with the first batch.
        epoch : int
            What callbacks are told.
        sparse_row_id_fn : function, optional
            See :meth:`prepare`.

        Returns
        -------
        list of (str, float)
            Names and values of the metric.
        """
        if not isinstance(eval_metric, metric.EvalMetric):
            eval_metric = metric.create(eval_metric)
        eval_metric.reset()
        count = 0
        for nbatch, eval_batch in self._forward_all(eval_data, num_batch, reset, sparse_row_id_fn):
            self._update_metric_of(eval_metric, eval_batch)
            if batch_end_callback is not None:
                notify(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
            count = nbatch + 1
        if score_end_callback:
            notify(score_end_callback, BatchEndParam(epoch, count, eval_metric, locals()))
        return eval_metric.get_name_value()

    def _unpadded_outputs(self, batch: DataBatch) -> list[Any]:
        pad = getattr(batch, "pad", None) or 0
        return [out[0 : out.shape[0] - pad] for out in self.get_outputs()]

    def iter_predict(
        self,
        eval_data: DataIter,
        num_batch: int | None = None,
        reset: bool = True,
        sparse_row_id_fn: Callable[..., Any] | None = None,
    ) -> Iterator[tuple[list[Any], int, Any]]:
        """Predict batch by batch.

        Parameters are those of :meth:`score`.

        Yields
        ------
        (list of NDArray, int, DataBatch)
            The outputs without padding, the batch's number, and the batch.
        """
        for nbatch, batch in self._forward_all(eval_data, num_batch, reset, sparse_row_id_fn):
            yield self._unpadded_outputs(batch), nbatch, batch

    def predict(
        self,
        eval_data: DataIter | None,
        num_batch: int | None = None,
        merge_batches: bool = True,
        reset: bool = True,
        always_output_list: bool = False,
        sparse_row_id_fn: Callable[..., Any] | None = None,
    ) -> Any:
        """Predict for a data set, or for one array.

        Parameters
        ----------
        eval_data : DataIter, NDArray or numpy.ndarray
        num_batch, reset, sparse_row_id_fn
            As in :meth:`score`.
        merge_batches : bool
            Whether to join the batches' outputs.
        always_output_list : bool
            Whether a single joined output comes in a list too.

        Returns
        -------
        NDArray, list of NDArray, or list of list of NDArray
            The joined outputs; without ``merge_batches`` a list of outputs for each batch.
        """
        assert self.binded and self.params_initialized, "call bind and init_params first"
        if isinstance(eval_data, np.ndarray):
            eval_data = ndarray.array(eval_data)
        if isinstance(eval_data, ndarray.NDArray):
            self.forward(DataBatch([eval_data]), is_train=False)
            return self.get_outputs()[0]
        if not isinstance(eval_data, DataIter):
            raise ValueError(f"eval_data must be of type NDArray or DataIter, got {type(eval_data).__name__}")
        batches = [
            [out.copy() for out in self._unpadded_outputs(batch)]
            for _, batch in self._forward_all(eval_data, num_batch, reset, sparse_row_id_fn)
        ]
        if not batches or not merge_batches:
            return batches
        if len({len(outputs) for outputs in batches}) > 1:
            raise AssertionError(
                "Cannot merge batches, as num of outputs is not the same in mini-batches. Maybe bucketing is used?"
            )
        merged = [ndarray.concatenate(list(parts)) for parts in zip(*batches)]
        return merged[0] if len(merged) == 1 and not always_output_list else merged
