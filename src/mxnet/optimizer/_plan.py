"""One optimizer step over many parameters, prepared once: which tensors are updated together, and how.

What costs time per parameter (looking up states and multipliers, checking shapes, grouping, cutting into chunks) is
done when the plan is made. A step then only verifies that nothing has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter, is_
from typing import Any

import torch

from .._core import layout, profiling
from .._core.ops.optimizer import kernels
from ..context import Context
from ..ndarray.ndarray import NDArray
from ..ndarray.sparse import BaseSparseNDArray
from ._arrays import check_arrays
from ._base import Optimizer, Step

_tensor = attrgetter("_t")
_mults = attrgetter("lr_mult", "wd_mult")

# A subclass from elsewhere that overrides one of these expects to be asked for each parameter.
_HOOKS = (
    "update",
    "update_multi_precision",
    "_update_count",
    "_get_lr",
    "_get_lrs",
    "_get_wd",
    "_get_wds",
    "_multipliers",
    "_split_state",
)


def plannable(optimizer: Optimizer) -> bool:
    """Whether the optimizer can be run by plans: it has a rule over lists, and nobody overrides how it is applied."""
    cls = type(optimizer)
    return (
        cls._step is not Optimizer._step
        and cls.update is Optimizer.update
        and cls.learning_rate is Optimizer.learning_rate
        and all(getattr(cls, name).__module__.startswith("mxnet.optimizer.") for name in _HOOKS)
        and not any(name in vars(optimizer) for name in _HOOKS)
    )


class _Run:
    """Tensors that one call of the rule updates.

    Attributes
    ----------
    targets, grads : list of Tensor
    states : list
        One list for each array of a state, or None.
    halves : list of Tensor, optional
        The low-precision weights that the targets, float32 copies, are written back to.
    positions : list of int
        Where the parameters are in the plan.
    """

    __slots__ = ("grads", "halves", "lr_mult", "positions", "states", "step", "targets", "wd_mult")

    def __init__(
        self,
        targets: list[torch.Tensor],
        grads: list[torch.Tensor],
        states: list[Any],
        halves: list[torch.Tensor] | None,
        mults: tuple[float, float],
        positions: list[int],
        step: Step,
    ) -> None:
        self.targets = targets
        self.grads = grads
        self.states = states
        self.halves = halves
        self.lr_mult, self.wd_mult = mults
        self.positions = positions
        self.step = step
        present = [s for s in states if s is not None]
        step.fused = kernels.fusable(targets, *present) and all(
            g.stride() == t.stride() and (halves is not None or g.dtype is t.dtype) for g, t in zip(grads, targets)
        )
        step.threaded = step.fused and kernels.threaded(targets)


class Plan:
    """A step of an optimizer over certain arrays.

    Parameters
    ----------
    optimizer : Optimizer
    given : tuple
        The indices as the caller gives them, by which the plan is recognized.
    indices : tuple
        The same as the optimizer keeps them.
    weights, grads : sequence of NDArray
    states : dict
        The updater's states, of which the plan uses those of ``indices``.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        given: tuple[Any, ...],
        indices: tuple[Any, ...],
        weights: Sequence[NDArray],
        grads: Sequence[NDArray],
        states: dict[Any, Any],
    ) -> None:
        self.optimizer = optimizer
        self.given = given
        self.indices = indices
        self.states = [states[i] for i in indices]
        self.all_states = states
        self.weight_tensors = [w._t for w in weights]
        self.grad_tensors = [g._t for g in grads]
        self.device_id = weights[0]._ctx.device_id
        self.moves = layout.storage_version
        self._note_multipliers()
        self.runs = self._group(weights, grads)

    @staticmethod
    def possible(optimizer: Optimizer, indices: Sequence[Any], weights: Sequence[Any], grads: Sequence[Any]) -> bool:
        """Whether a plan can be made: a rule over lists, dense arrays, and no parameter twice."""
        return (
            bool(indices)
            and plannable(optimizer)
            and len(set(indices)) == len(indices)
            and not any(isinstance(x, BaseSparseNDArray) for x in (*weights, *grads))
        )

    # ------------------------------------------------------------------ is it still right?

    def fits(self, optimizer: Optimizer, given: Sequence[Any], weights: Sequence[Any], grads: Sequence[Any]) -> bool:
        """Whether the plan is for these arrays, and states and multipliers are what they were."""
        return (
            optimizer is self.optimizer
            and layout.storage_version == self.moves
            and tuple(given) == self.given
            and len(weights) == len(grads) == len(self.given)
            and all(map(is_, map(_tensor, weights), self.weight_tensors))
            and all(map(is_, map(_tensor, grads), self.grad_tensors))
            and all(map(is_, map(self.all_states.get, self.indices), self.states))
            and self._same_multipliers()
        )

    def _note_multipliers(self) -> None:
        o = self.optimizer
        self.parameters = [o.param_dict[i] for i in self.indices if i in o.param_dict]
        self.param_dict, self.idx2name = o.param_dict, o.idx2name
        self.parameter_mults = list(map(_mults, self.parameters))
        self.lr_mult, self.wd_mult = dict(o.lr_mult), dict(o.wd_mult)

    def _same_multipliers(self) -> bool:
        o = self.optimizer
        return (
            o.param_dict is self.param_dict
            and o.idx2name is self.idx2name
            and o.lr_mult == self.lr_mult
            and o.wd_mult == self.wd_mult
            and list(map(_mults, self.parameters)) == self.parameter_mults
        )

    # ------------------------------------------------------------------ making it

    def _group(self, weights: Sequence[NDArray], grads: Sequence[NDArray]) -> list[_Run]:
        """Put together what can share one call: type, device, multipliers, kind of state."""
        o = self.optimizer
        groups: dict[Any, list[Any]] = {}
        for position, (i, w, g, state) in enumerate(zip(self.indices, weights, grads, self.states)):
            check_arrays(i, w, g)
            low = o.multi_precision and w._t.dtype is torch.float16
            master, arrays = o._split_state(state, low)
            key = (
                w._t.dtype,
                g._t.dtype,
                w._t.device,
                o._multipliers(i),
                o._group_key(i),
                low,
                tuple(a is not None for a in arrays),
            )
            groups.setdefault(key, []).append((position, w, g, master, arrays))
        runs = []
        for (*_, mults, key, low, _), members in groups.items():
            rows = [row for m in members for row in self._rows(*m)]
            for part in kernels.chunks([r[1][0] for r in rows]):
                runs.append(self._run(rows[part], mults, key, low, weights[0]._ctx))
        return runs

    def _rows(
        self, position: int, w: NDArray, g: NDArray, master: NDArray | None, arrays: Sequence[NDArray | None]
    ) -> list[tuple[int, tuple[Any, ...]]]:
        """A parameter's position with its tensors: what to update, gradient, low-precision weight, states."""
        target = w if master is None else master
        row = [
            target._t.data,
            g._t.detach(),
            None if master is None else w._t.data,
            *[None if a is None else a._t.data for a in arrays],
        ]
        cut = kernels.pieces(row) if self.optimizer._elementwise else [tuple(row)]
        return [(position, tensors) for tensors in cut]

    def _run(
        self, rows: list[tuple[int, tuple[Any, ...]]], mults: tuple[float, float], key: object, low: bool, ctx: Context
    ) -> _Run:
        targets, grads, weights, *states = map(list, zip(*[tensors for _, tensors in rows]))
        positions = [position for position, _ in rows]
        step = Step(tuple([self.indices[p] for p in positions]), 0, ctx, key)
        return _Run(
            targets,
            grads,
            [None if s[0] is None else s for s in states],
            weights if low else None,
            mults,
            positions,
            step,
        )

    # ------------------------------------------------------------------ running it

    def count(self) -> int | None:
        """Count an update of all parameters; gives the step number, None when they are not all at the same one."""
        o = self.optimizer
        counts = o._index_update_count
        found = set(map(counts.get, self.indices))
        if len(found) != 1:
            return None
        last = found.pop()
        t = (o.begin_num_update if last is None else last) + 1
        counts.update(dict.fromkeys(self.indices, t))
        if t > o.num_update:
            object.__setattr__(o, "num_update", t)  # it is no setting, which would be made a number
        return t

    def run(self, t: int) -> None:
        """Do step ``t``."""
        o = self.optimizer
        lr = o.lr if o.lr_scheduler is None else o.learning_rate
        wd = o.wd
        scalars = o._step_scalars(len(self.indices), t)
        update = profiling.named(f"{type(o).__name__.lower()}_update", o._step) if profiling.eager else o._step
        for r in self.runs:
            step = r.step
            step.t = t
            if scalars is not None:
                step.scalars = [scalars[p] for p in r.positions]
            grads = r.grads if r.halves is None else [g.to(t.dtype) for g, t in zip(r.grads, r.targets)]
            update(r.targets, grads, r.states, lr * r.lr_mult, wd * r.wd_mult, step)
            if r.halves is not None:
                torch._foreach_copy_(r.halves, r.targets)
