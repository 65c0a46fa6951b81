"""How modules update their parameters: the optimizer, and where it runs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from .. import optimizer as opt
from .._core.files import atomic_write
from ..context import Context
from ..kvstore import KVStore
from ..model import _create_kvstore, _initialize_kvstore
from ..optimizer import Optimizer
from ._inputs import Settings
from .base_module import BaseModule
from .executor_group import DataParallelExecutorGroup


class Optimizing(BaseModule):
    """A module that has an optimizer, and its parameters on devices."""

    _arg_params: Any
    _compression_params: Any
    _context: Sequence[Context]
    _exec_group: DataParallelExecutorGroup
    _param_names: Sequence[str]
    _sync_params_from_devices: Callable[[], None]

    def __init__(self, logger: Any = logging) -> None:
        super().__init__(logger)
        self._optimizer: Any = None
        self._kvstore: Any = None
        self._update_on_kvstore: bool | None = None
        self._updater: Any = None
        self._preload_opt_states: str | None = None

    def _init_optimizer(self, kvstore: Any, optimizer: Any, optimizer_params: Settings, force_init: bool) -> None:
        assert self.binded and self.params_initialized, "call bind and init_params first"
        if self._params_dirty:
            self._sync_params_from_devices()
        kvstore, update_on_kvstore = _create_kvstore(kvstore, len(self._context), self._arg_params)
        optimizer = self._make_optimizer(optimizer, optimizer_params, kvstore, update_on_kvstore)

        self._optimizer, self._updater = optimizer, None
        self._kvstore, self._update_on_kvstore = kvstore, update_on_kvstore
        if kvstore:
            if self._compression_params:
                kvstore.set_gradient_compression(self._compression_params)
            if update_on_kvstore:
                kvstore.set_optimizer(optimizer)
            weights = self._exec_group.param_arrays
            _initialize_kvstore(kvstore, weights, self._arg_params, self._param_names, update_on_kvstore)
        if not update_on_kvstore:
            self._updater = opt.get_updater(optimizer)
        self.optimizer_initialized = True
        file, self._preload_opt_states = self._preload_opt_states, None
        if file is not None:
            self.load_optimizer_states(file)

    def _make_optimizer(
        self, optimizer: Optimizer, optimizer_params: Any, kvstore: Any, update_on_kvstore: bool
    ) -> Any:
        """The optimizer object, told the names of the parameters it will see as numbers."""
        batch_size = self._exec_group.batch_size or 1
        if kvstore and "dist" in kvstore.type and "_sync" in kvstore.type:
            batch_size *= kvstore.num_workers
        rescale_grad = 1.0 / batch_size
        copies = 1 if update_on_kvstore else len(self._context)
        idx2name = {i * copies + k: name for i, name in enumerate(self._param_names) for k in range(copies)}
        if isinstance(optimizer, str):
            params = {"rescale_grad": rescale_grad, **dict(optimizer_params)}
            return opt.create(optimizer, sym=self.symbol, param_idx2name=idx2name, **params)
        assert isinstance(optimizer, opt.Optimizer), f"optimizer must be a name or an Optimizer, got {optimizer!r}"
        if optimizer.rescale_grad != rescale_grad:
            warnings.warn(
                "Optimizer created manually outside Module but rescale_grad is not normalized to "
                f"1.0/batch_size/num_workers ({optimizer.rescale_grad} vs. {rescale_grad}). Is this intended?",
                stacklevel=3,
            )
        if not optimizer.idx2name:
            optimizer.idx2name = idx2name
        return optimizer

    def borrow_optimizer(self, shared_module: Optimizing) -> None:
        """Use the optimizer, states and key-value store of another module with the same parameters."""
        assert shared_module.optimizer_initialized, "the other module has no optimizer"
        for name in ("_optimizer", "_kvstore", "_update_on_kvstore", "_updater"):
            setattr(self, name, getattr(shared_module, name))
        self.optimizer_initialized = True

    def save_optimizer_states(self, fname: str) -> None:
        """Write the optimizer's states to a file."""
        assert self.optimizer_initialized, "call init_optimizer first"
        if self._update_on_kvstore:
            self._kvstore.save_optimizer_states(fname)
        else:
            with atomic_write(fname) as f:
                f.write(self._updater.get_states())

    def load_optimizer_states(self, fname: str) -> None:
        """Read the optimizer's states from a file."""
        assert self.optimizer_initialized, "call init_optimizer first"
        if self._update_on_kvstore:
            if isinstance(self._kvstore, KVStore):
                self._kvstore._load_states(fname, self._kvstore._values, complete=True)
            else:
                self._kvstore.load_optimizer_states(fname)
            return
        with open(fname, "rb") as f:
            data = f.read()
        copies = len(self._context)
        weights = {i * copies + k: w for i, ws in enumerate(self._exec_group.param_arrays) for k, w in enumerate(ws)}
        self._updater._take(self._updater._read(data, weights, complete=True))
