"""The base class of all optimizers, and their registry."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch

from .._core.host import number
from .._core.ops.optimizer import kernels
from .._core.spelling import suggestion, warn_unknown
from .._core.text import quoted
from ..base import ArgumentTypeError, MXNetError
from ..ndarray.ndarray import NDArray
from ..ndarray.sparse import BaseSparseNDArray, CSRNDArray, RowSparseNDArray
from ..registry import warn_of_another
from ..util import is_np_array
from ._arrays import arrays_of, check_arrays, writable

T = TypeVar("T", bound=type)
Built = TypeVar("Built", bound="type[Optimizer]")


class Optimizer:
    """The base class of all optimizers.

    A subclass overrides :meth:`create_state` and :meth:`update`, and is made known by :meth:`register`.

    Parameters
    ----------
    rescale_grad : float
        Gradients are multiplied by it first, often ``1 / batch_size``.
    param_idx2name : dict of int to str, optional
        Names of the parameters, for multipliers that are given by name. Weight decay then applies only to those whose
        names end in ``_weight`` or ``_gamma``.
    wd : float
        The weight decay (L2 penalty).
    clip_gradient : float, optional
        Bound gradients to ``[-clip_gradient, clip_gradient]``.
    learning_rate : float, optional
        The learning rate, 0.01 when there is no scheduler either. It becomes the base rate of a scheduler.
    lr_scheduler : LRScheduler, optional
        Gives the learning rate of each update number.
    sym : Symbol, optional
        Its arguments' ``lr_mult`` and ``wd_mult`` attributes are the default multipliers.
    begin_num_update : int
        The update number to start from.
    multi_precision : bool
        Update float32 copies of float16 weights.
    param_dict : dict of int to gluon.Parameter, optional
        Where the multipliers of each parameter are looked up first.

    Examples
    --------
    >>> import mxnet as mx
    >>> weight, grad = mx.nd.ones((2,)), mx.nd.ones((2,))
    >>> sgd = mx.optimizer.create("sgd", learning_rate=0.5)
    >>> sgd.update(0, weight, grad, sgd.create_state(0, weight))
    >>> weight.asnumpy().tolist()
    [0.5, 0.5]
    """

    opt_registry: dict[str, type[Optimizer]] = {}
    # Attributes that are numbers, whatever they are set to; and the arguments that they come from.
    _numbers = {"rescale_grad": "rescale_grad", "lr": "learning_rate", "wd": "wd", "clip_gradient": "clip_gradient"}
    # Whether ``_step`` treats each element by itself, so that large tensors can be cut into pieces.
    _elementwise = True
    # Whether a bound of 0 on gradients is one; else it means none.
    _bounds_to_zero = False
    # Whether its rule also goes on with a state that has a momentum where it would make none, and the other way round.
    _optional_momentum = False

    def __init__(
        self,
        rescale_grad: float = 1.0,
        param_idx2name: dict[int, str] | None = None,
        wd: float = 0.0,
        clip_gradient: float | None = None,
        learning_rate: float | None = None,
        lr_scheduler: Any = None,
        sym: Any = None,
        begin_num_update: int = 0,
        multi_precision: bool = False,
        param_dict: dict[Any, Any] | None = None,
    ) -> None:
        if param_idx2name is not None and not isinstance(param_idx2name, dict):
            raise ArgumentTypeError(
                f"param_idx2name should be a dict of parameter indices to names, got {param_idx2name!r}"
            )
        learning_rate = number("learning_rate", learning_rate)
        if learning_rate is None and lr_scheduler is None:
            learning_rate = 0.01
        elif learning_rate is not None and lr_scheduler is not None and lr_scheduler.base_lr != learning_rate:
            warnings.warn(
                "learning rate from ``lr_scheduler`` has been overwritten by ``learning_rate`` in optimizer.",
                UserWarning,
                stacklevel=3,
            )
            lr_scheduler.base_lr = learning_rate
        self.rescale_grad = rescale_grad
        self.lr_scheduler = lr_scheduler
        self.lr: Any = learning_rate  # may be None where there is a scheduler
        self.wd = wd
        self.clip_gradient = clip_gradient
        self.multi_precision = multi_precision
        # How often each parameter was updated, a dict a device. The current one is that of the last set context.
        self.begin_num_update = begin_num_update
        self.num_update = begin_num_update
        self._all_index_update_counts: dict[int, dict[Any, int]] = {0: {}}
        self._index_update_count = self._all_index_update_counts[0]
        self.aggregate_num = 0
        self.idx2name = dict(param_idx2name or {})
        self.sym_info = () if sym is None else (sym.attr_dict(), sym.list_arguments())
        self.param_dict = param_dict or {}
        self.allow_np_array = is_np_array()
        self.lr_mult: dict[Any, float] = {}
        self.wd_mult: dict[Any, float] = {}
        self.set_lr_mult({})
        self.set_wd_mult({})

    def __setattr__(self, name: str, value: object) -> None:
        if type(value) is not float and name in self._numbers:
            value = number(f"{type(self).__name__}: {self._numbers[name]}", value)
        object.__setattr__(self, name, value)

    # ------------------------------------------------------------------ registry

    @staticmethod
    def register(klass: T) -> T:
        """Make an optimizer class known to :func:`create`, under its name in lower case.

        Examples
        --------
        >>> import mxnet as mx
        >>> @mx.optimizer.register
        ... class MyOptimizer(mx.optimizer.Optimizer):
        ...     pass
        >>> type(mx.optimizer.create("myoptimizer")).__name__
        'MyOptimizer'
        """
        if not isinstance(klass, type):
            raise ArgumentTypeError(f"register expects a class, got {klass!r}")
        name = klass.__name__.lower()
        warn_of_another("optimizer", klass, Optimizer.opt_registry.get(name))
        Optimizer.opt_registry[name] = klass
        return klass

    @staticmethod
    def create_optimizer(name: str, **kwargs: Any) -> Optimizer:
        """Make an optimizer by its registered name (in any case).

        Raises
        ------
        ValueError
            When no optimizer has this name.
        """
        klass = Optimizer.opt_registry.get(name.lower())
        if klass is None:
            raise ValueError(f"Cannot find optimizer {name}{suggestion(name.lower(), Optimizer.opt_registry)}")
        return klass(**kwargs)

    # ------------------------------------------------------------------ learning rate and multipliers

    @property
    def learning_rate(self) -> float:
        """The current learning rate: the scheduler's for the current update number, else the fixed one."""
        return self.lr if self.lr_scheduler is None else number("lr_scheduler", self.lr_scheduler(self.num_update))

    def set_learning_rate(self, lr: float) -> None:
        """Change the fixed learning rate.

        Raises
        ------
        UserWarning
            When there is a scheduler, which the rate would have no effect on.
        """
        if self.lr_scheduler is not None:
            raise UserWarning(
                "set_learning_rate would have no effect: the rate comes from the optimizer's lr_scheduler, whose "
                "base_lr can be set instead"
            )
        self.lr = lr

    def set_lr_scale(self, args_lrscale: Any) -> None:
        """Removed in favor of :meth:`set_lr_mult`; always raises DeprecationWarning."""
        raise DeprecationWarning("set_lr_scale is gone, use set_lr_mult")

    def set_lr_mult(self, args_lr_mult: dict[Any, float]) -> None:
        """Set learning rate multipliers by parameter name or index, over the symbol's ``lr_mult`` attributes."""
        self._warn_unknown_parameters("set_lr_mult", args_lr_mult)
        self.lr_mult = {**self._symbol_multipliers("__lr_mult__"), **args_lr_mult}

    def set_wd_mult(self, args_wd_mult: dict[Any, float]) -> None:
        """Set weight decay multipliers by parameter name or index, over the symbol's ``wd_mult`` attributes.

        Parameters with a known name that ends neither in ``_weight`` nor in ``_gamma`` start with 0.
        """
        self._warn_unknown_parameters("set_wd_mult", args_wd_mult)
        self.wd_mult = {
            **self._undecayed(("_weight", "_gamma")),
            **self._symbol_multipliers("__wd_mult__"),
            **args_wd_mult,
        }

    def _warn_unknown_parameters(self, where: str, multipliers: dict[Any, float]) -> None:
        """Warn of names that no parameter has, once the names of parameters are known."""
        known = {*self.idx2name.values(), *(self.sym_info[1] if self.sym_info else ())}
        if known:
            names = [n for n in multipliers if isinstance(n, str)]
            warn_unknown(f"{where}: the network", names, known, stacklevel=4)

    def _undecayed(self, decayed: tuple[str, ...]) -> dict[Any, float]:
        """Zero for each named parameter that does not end in one of ``decayed``."""
        return {n: 0.0 for n in self.idx2name.values() if not n.endswith(decayed)}

    def _symbol_multipliers(self, attribute: str) -> dict[Any, float]:
        """The multipliers that the symbol's arguments carry as attributes."""
        if not self.sym_info:
            return {}
        attributes, arguments = self.sym_info
        found = {}
        for n in arguments:
            if attribute in attributes.get(n, ()):
                try:
                    found[n] = float(attributes[n][attribute])
                except ValueError:
                    raise MXNetError(
                        f"{attribute} of variable {n!r} is {quoted(attributes[n][attribute])}, expected a number"
                    ) from None
        return found

    def _multipliers(self, index: Any) -> tuple[float, float]:
        """The multipliers of learning rate and weight decay of a parameter."""
        parameter = self.param_dict.get(index)
        if parameter is not None:
            return parameter.lr_mult, parameter.wd_mult
        name = self.idx2name.get(index)
        return (
            self.lr_mult[index] if index in self.lr_mult else self.lr_mult.get(name, 1.0),
            self.wd_mult[index] if index in self.wd_mult else self.wd_mult.get(name, 1.0),
        )

    def _get_lrs(self, indices: Sequence[Any]) -> list[float]:
        """The learning rate of each parameter at the current update number."""
        lr = self.learning_rate
        return [lr * self._multipliers(i)[0] for i in indices]

    def _get_lr(self, index: int | str) -> float:
        """The learning rate of a parameter at the current update number."""
        return self._get_lrs([index])[0]

    def _get_wds(self, indices: Sequence[Any]) -> list[float]:
        """The weight decay of each parameter."""
        return [self.wd * self._multipliers(i)[1] for i in indices]

    def _get_wd(self, index: int | str) -> float:
        """The weight decay of a parameter."""
        return self._get_wds([index])[0]

    # ------------------------------------------------------------------ update counts

    def _set_current_context(self, device_id: int) -> None:
        """Count the updates that follow for this device."""
        counts = self._all_index_update_counts.setdefault(device_id, {})
        if counts is not self._index_update_count:
            self._index_update_count = counts

    def _update_count(self, index: int | str) -> None:
        """Count an update of one parameter or of a list of them."""
        for i in index if isinstance(index, (list, tuple)) else (index,):
            count = self._index_update_count.get(i, self.begin_num_update) + 1
            self._index_update_count[i] = count
            if count > self.num_update:
                self.num_update = count

    # ------------------------------------------------------------------ states

    def create_state(self, index: int | str, weight: NDArray) -> Any:
        """Make what the optimizer keeps for a weight (momentum, ...): None, an array, or a tuple of these."""

    def create_state_multi_precision(self, index: int | str, weight: NDArray) -> Any:
        """Make the state of a weight; for float16 under ``multi_precision``: ``(float32 copy, state of the copy)``."""
        if self._keeps_master(weight):
            master = weight.astype(np.float32)
            return master, self.create_state(index, master)
        return self.create_state(index, weight)

    def _keeps_master(self, weight: NDArray) -> bool:
        """Whether a float32 copy of the weight is what gets updated; warns of float16 without one."""
        if weight.dtype != np.float16:
            return False
        if not self.multi_precision:
            warnings.warn(
                "weights are float16 and updated in float16, where small steps are lost: "
                f"{type(self).__name__}(multi_precision=True) keeps a float32 copy",
                stacklevel=4,
            )
        return self.multi_precision

    def _split_state(self, state: Any, low: bool) -> tuple[NDArray | None, tuple[NDArray | None, ...]]:
        """The float32 copy (``low``: there is one) and the arrays of a state, in the order ``_step`` takes them."""
        master, rest = state if low else (None, state)
        return master, arrays_of(rest)

    # ------------------------------------------------------------------ updates

    def update(self, index: int | str, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Update a weight in place.

        Parameters
        ----------
        index : int or str
            The parameter's number, by which its update count and multipliers are kept. The optimizers of this package
            take a list too, with lists of weights, gradients and states.
        weight, grad : NDArray
        state
            What :meth:`create_state` made for it; updated in place.
        """
        if type(self)._step is Optimizer._step:
            raise NotImplementedError(f"{type(self).__name__} does not define update")
        self._update_each(index, weight, grad, state, low=False)

    def update_multi_precision(self, index: int | str, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Update a weight in place, by way of its float32 copy when :meth:`create_state_multi_precision` made one."""
        first = weight[0] if isinstance(index, (list, tuple)) else weight
        low = self.multi_precision and first.dtype == np.float16
        if type(self)._step is not Optimizer._step:
            if type(self).update is Optimizer.update:
                self._update_each(index, weight, grad, state, low)
                return
            index = self._number_of(index)
        if low:
            master, rest = state
            self.update(index, master, grad.astype(np.float32), rest)
            weight._t.data.copy_(master._t.data)
        else:
            self.update(index, weight, grad, state)

    def _number_of(self, index: int | str) -> Any:
        """The number of a parameter that a store knows by name.

        MXNet's own optimizers update lists, so that a store never calls ``update`` of their subclasses, which expect
        the numbers that they get without a store.
        """
        if not isinstance(index, str):
            return index
        return next((number for number, name in self.idx2name.items() if name == index), index)

    def _update_each(self, index: Any, weight: Any, grad: Any, state: Any, low: bool) -> None:
        """Update one weight, or some of them one after the other, by the optimizer's ``_step``."""
        if not isinstance(index, (list, tuple)):
            index, weight, grad, state = (index,), (weight,), (grad,), (state,)
        for i, w, g, s in zip(index, weight, grad, state, strict=True):
            check_arrays(i, w, g)
            self._update_count(i)
            lr, wd = self._get_lr(i), self._get_wd(i)
            step = Step((i,), self._index_update_count[i], w._ctx, self._group_key(i))
            step.scalars = self._step_scalars(1, step.t)
            master, states = self._split_state(s, low)
            if isinstance(g, BaseSparseNDArray) or isinstance(w, BaseSparseNDArray):
                self._update_sparse(w, g, master, states, lr, wd, step)
            else:
                target = w if master is None else master
                tensors = [None if x is None else [x._t.data] for x in states]
                self._step([target._t.data], [g._t.detach().to(target._t.dtype)], tensors, lr, wd, step)
                if master is not None:
                    w._t.data.copy_(master._t.data)

    def _update_sparse(
        self,
        weight: NDArray,
        grad: NDArray,
        master: NDArray | None,
        states: tuple[NDArray | None, ...],
        lr: float,
        wd: float,
        step: Step,
    ) -> None:
        """Update where weight or gradient are sparse: lazily, only the gradient's rows, if the optimizer does."""
        changed = [weight if master is None else master, *[s for s in states if s is not None]]
        tensors = {id(x): writable(x) for x in changed}
        target = tensors[id(changed[0])]
        present = [None if s is None else tensors[id(s)] for s in states]
        if self._lazy() and isinstance(grad, RowSparseNDArray):
            kernels.on_rows(
                lambda w, g, *s: self._step(w, g, list(s), lr, wd, step),
                target,
                grad._indices,
                grad._values.to(target.dtype),
                present,
            )
        else:
            self._step(
                [target],
                [grad._t.detach().to(target.dtype)],
                [None if t is None else [t] for t in present],
                lr,
                wd,
                step,
            )
        for x in changed:
            if isinstance(x, CSRNDArray):
                x._replace(tensors[id(x)])
        if master is not None:
            weight[:] = master.astype(weight.dtype)

    def _lazy(self) -> bool:
        """Whether row-sparse gradients update only their rows."""
        return getattr(self, "lazy_update", False)

    # What an optimizer of this package defines: its rule over lists of tensors. All of its tensors share learning rate
    # and weight decay. ``states`` holds one list for each array of a state, or None for an absent one.
    def _step(
        self, w: list[torch.Tensor], g: list[torch.Tensor], states: list[Any], lr: float, wd: float, step: Step
    ) -> None:
        raise NotImplementedError

    def _group_key(self, index: int | str) -> Any:
        """Parameters with different keys never share a ``_step``."""
        return None

    def _step_scalars(self, count: int, t: int) -> list[Any] | None:
        """Further scalars for each of ``count`` parameters, in the order they are updated."""
        return None

    def _scaling(self, *names: str) -> dict[str, Any]:
        """What the update rules do to gradients first (a negative bound is none), beside attributes of some names."""
        bound = self.clip_gradient
        none = bound is None or (bound == 0 and not self._bounds_to_zero)
        scalars = {"rescale_grad": self.rescale_grad, "clip_gradient": -1.0 if none else bound}
        for name in names:
            scalars[name] = getattr(self, name)
        return scalars

    # ------------------------------------------------------------------ pickling

    def __getstate__(self) -> dict[str, Any]:
        """All but ``param_dict``, which belongs to the trainer."""
        return {k: v for k, v in self.__dict__.items() if k != "param_dict"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = {**state, "param_dict": {}}


@dataclass(slots=True, eq=False)
class Step:
    """What a rule may want to know besides the arrays: which parameters these are, and how far they are.

    Attributes
    ----------
    indices : tuple
        Of the parameters.
    t : int
        How often they were updated, this time included.
    ctx : Context
    key
        What ``_group_key`` gave for them.
    fused : bool
        torch's fused functions can take these tensors.
    threaded : bool
        They are large enough for rules of few passes to use them.
    scalars : list, optional
        What ``_step_scalars`` gave for each.
    """

    indices: tuple[Any, ...]
    t: int
    ctx: Any
    key: Any
    fused: bool = False
    threaded: bool = False
    scalars: list[Any] | None = None


register = Optimizer.register
create = Optimizer.create_optimizer


def builtin(klass: Built) -> Built:
    """Register an optimizer of this package, under the path where pickles and MXNet's users look for it."""
    klass.__module__ = "mxnet.optimizer.optimizer"
    arguments = inspect.signature(klass).parameters.values()
    found = [p.name for p in arguments if p.annotation in ("float", "float | None", "int")]
    klass._numbers = klass._numbers | {name: name for name in found}
    return register(klass)
