"""Modules whose computation is written in Python."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from .. import ndarray as nd
from ..io import DataBatch
from ..kvstore import KVStore
from ..monitor import Monitor
from ..ndarray import NDArray
from ..optimizer import Optimizer
from ._inputs import Settings
from .base_module import BaseModule, GradReq, Values


class PythonModule(BaseModule):
    """The base of modules without parameters: what concerns parameters does nothing.

    A subclass implements ``_compute_output_shapes`` and the computations.

    Parameters
    ----------
    data_names, label_names, output_names : list of str
    logger : Logger
    """

    def __init__(
        self,
        data_names: Sequence[str],
        label_names: Sequence[str] | None,
        output_names: Sequence[str],
        logger: Any = logging,
    ) -> None:
        super().__init__(logger=logger)
        self._data_names = list(data_names)
        self._label_names = None if label_names is None else list(label_names)
        self._output_names = output_names
        self._data_shapes: Any = None
        self._label_shapes: Any = None
        self._output_shapes: Any = None

    @property
    def data_names(self) -> list[str]:
        return self._data_names

    @property
    def output_names(self) -> Any:
        return self._output_names

    @property
    def data_shapes(self) -> Any:
        return self._data_shapes

    @property
    def label_shapes(self) -> Any:
        """Names and shapes of the labels."""
        return self._label_shapes

    @property
    def output_shapes(self) -> Any:
        return self._output_shapes

    def get_params(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Two empty dictionaries: there are no parameters."""
        return {}, {}

    def _init_params(self, initializer: Any, arg_params: Values, aux_params: Values, *how: bool) -> None:
        """Nothing: there are none."""

    def update(self) -> None:
        """Do nothing: there are no parameters."""

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric see the outputs, unless the module was bound without labels."""
        if self._label_shapes is not None:
            if pre_sliced:
                raise RuntimeError("PythonModule does not support presliced labels")
            eval_metric.update(labels, self.get_outputs())

    def _bind(self, data_shapes: Any, label_shapes: Any, rebind: bool, shared_module: Any, grad_req: GradReq) -> None:
        assert grad_req == "write", "Python module only support write gradient"
        names = [x[0] for x in data_shapes]
        assert names == self._data_names, f"data_shapes has {names}, the module takes {self._data_names}"
        self._data_shapes = data_shapes
        self._label_shapes = label_shapes
        if label_shapes is not None:
            names = [x[0] for x in label_shapes]
            assert names == self._label_names, f"label_shapes has {names}, the module takes {self._label_names}"
        self._output_shapes = self._compute_output_shapes()

    def _compute_output_shapes(self) -> Any:
        """Names and shapes of the outputs, from ``_data_shapes``."""
        raise NotImplementedError

    def init_optimizer(
        self,
        kvstore: str | KVStore | None = "local",
        optimizer: str | Optimizer = "sgd",
        optimizer_params: Settings = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Note that the optimizer is installed: there is nothing to optimize."""
        self.optimizer_initialized = True


class PythonLossModule(PythonModule):
    """A loss whose output is its data, and whose gradient is a Python function.

    Parameters
    ----------
    name : str
    data_names, label_names : list of one str
    logger : Logger
    grad_func : function, optional
        From (scores, labels) to the gradient of the scores. A subclass may implement ``_backward_impl`` instead.
    """

    def __init__(
        self,
        name: str = "pyloss",
        data_names: Sequence[str] = ("data",),
        label_names: Sequence[str] = ("softmax_label",),
        logger: Any = logging,
        grad_func: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        super().__init__(data_names, label_names, [name + "_output"], logger=logger)
        assert len(data_names) == 1, f"one data input is needed, got {data_names}"
        assert len(label_names) == 1, f"one label is needed, got {label_names}"
        assert grad_func is None or callable(grad_func), f"grad_func must be a function, got {grad_func!r}"
        self._name = name
        self._scores: Any = None
        self._labels: Any = None
        self._scores_grad: Any = None
        self._grad_func = grad_func

    def _compute_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(self._name + "_output", self._data_shapes[0][1])]

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Take the scores and, when training, the labels."""
        self._scores = data_batch.data[0]
        if self.for_training if is_train is None else is_train:
            self._labels = data_batch.label[0]

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The scores."""
        assert merge_multi_context is True, "a Python module runs on one device"
        return [self._scores]

    def backward(self, out_grads: NDArray | Sequence[NDArray] | None = None) -> None:
        """Compute the gradient of the scores."""
        assert out_grads is None, "For a loss module, out_grads should be None"
        assert self.for_training, "bind with for_training=True to run backward"
        self._backward_impl()

    def _backward_impl(self) -> None:
        """Set ``_scores_grad`` from ``_scores`` and ``_labels``."""
        if self._grad_func is None:
            raise NotImplementedError("give grad_func, or implement _backward_impl in a subclass")
        grad = self._grad_func(self._scores, self._labels)
        self._scores_grad = grad if isinstance(grad, nd.NDArray) else nd.array(grad)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradient of the scores."""
        assert merge_multi_context is True, "a Python module runs on one device"
        return [self._scores_grad]

    def install_monitor(self, mon: Monitor | None) -> None:
        """Refused: there is no executor to watch."""
        raise NotImplementedError("a Python module has no executor to monitor")
