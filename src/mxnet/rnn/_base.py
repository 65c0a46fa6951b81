"""What all cells share: parameters, first states, unrolling, and weights gate by gate.

The names of nodes are an interface: symbols that MXNet saved and symbols made here must be the same text, so automatic
names are taken in MXNet's order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

from .. import ndarray, symbol
from ..symbol import Symbol

# Of unrolling: the states before the first step, whether outputs are to be one symbol, outputs and last states.
States = list[Symbol] | None
Merge = bool | None
Unrolled = tuple[Any, list[Any]]


class RNNParams:
    """The variables of a cell, made when they are first asked for; cells that are given one container share weights.

    Parameters
    ----------
    prefix : str
        Goes before the names of the variables.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._params: dict[str, Symbol] = {}

    def get(self, name: str, **kwargs: Any) -> Symbol:
        """The variable ``prefix + name``; ``kwargs`` go to :func:`mxnet.sym.Variable` when it is made."""
        full = self._prefix + name
        found = self._params.get(full)
        if found is None:
            found = self._params[full] = symbol.Variable(full, **kwargs)
        return found


def split(length: Any, inputs: Symbol, axis: int, name: str = "split") -> list[Symbol]:
    """Take a sequence apart; ``name`` is the operator's alias, which automatic names come from."""
    # squeeze_axis is 1, not True, in MXNet's files.
    return list(getattr(symbol, name)(inputs, axis=axis, num_outputs=length, squeeze_axis=1))


def arrange(length: int | None, inputs: Any, layout: str, merge: bool | None) -> Any:
    """A sequence in the form that is wanted: a list of steps, or one symbol with a time axis.

    Parameters
    ----------
    length : int or None
        Number of steps; None takes as many as a list has.
    inputs : Symbol or list of Symbol
    layout : str
        Where "T" stands is the time axis of the one symbol.
    merge : bool or None
        False for a list, True for one symbol, None for what it is already.
    """
    assert inputs is not None, "the inputs to unroll are missing: make variables for them first"
    axis = layout.find("T")
    if axis < 0:
        raise ValueError(f"layout {layout!r} has no time axis: a 'T' is expected, as in 'NTC' or 'TNC'")
    if isinstance(inputs, Symbol):
        if merge is not False:
            return inputs
        count = len(inputs.list_outputs())
        assert count == 1, (
            f"a symbol of {count} outputs cannot be split into steps: give list(inputs), or a symbol with a time axis"
        )
        return split(length, inputs, axis)
    assert length is None or len(inputs) == length, f"{len(inputs)} inputs were given for {length} steps"
    if not merge:
        return inputs
    return symbol.Concat(*[symbol.expand_dims(step, axis=axis) for step in inputs], dim=axis)


class BaseRNNCell:
    """Base class of cells: a cell maps the input of a step and states to an output and new states.

    Subclasses define ``__call__`` and ``state_info``; those with weights also ``_gate_names`` and ``_num_hidden``.

    Parameters
    ----------
    prefix : str
        Goes before the names of nodes, and of weights unless ``params`` is given.
    params : RNNParams, optional
        Weights to share with other cells.
    """

    # The cells inside a container.
    _cells: Sequence[BaseRNNCell] = ()
    _is_stepped = True  # not for whole sequences only
    # What follows "i2h" and "h2h" in the names of weights gate by gate; nothing means that there are no weights.
    _gate_names: Sequence[str] = ()
    _num_hidden: int

    def __init__(self, prefix: str = "", params: RNNParams | None = None) -> None:
        self._own_params = params is None
        self._params = RNNParams(prefix) if params is None else params
        self._prefix = prefix
        self._modified = False  # True when a modifier stands before this cell
        self.reset()

    def reset(self) -> None:
        """Count steps and states from zero again, before the cell is used in another graph."""
        self._init_counter = -1
        self._counter = -1
        for cell in self._cells:
            cell.reset()

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Make the graph of one step.

        Parameters
        ----------
        inputs : Symbol
            ``(batch, units)``.
        states : list of Symbol
            From the step before, or from :meth:`begin_state`.

        Returns
        -------
        output : Symbol
        states : list of Symbol
        """
        raise NotImplementedError(f"{type(self).__name__} must define __call__")

    @property
    def params(self) -> RNNParams:
        """The parameters; who asks for them may share them, so they are no longer the cell's own."""
        self._own_params = False
        return self._params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """For each state the keywords that make it: ``shape``, with 0 for the batch, and ``__layout__``."""
        raise NotImplementedError(f"{type(self).__name__} must define state_info")

    @property
    def state_shape(self) -> list[tuple[int, ...]]:
        """The shapes of the states."""
        return [info["shape"] for info in self.state_info]

    @property
    def _num_gates(self) -> int:
        return len(self._gate_names)

    def _check_unmodified(self) -> None:
        assert not self._modified, (
            f"a modifier (ZoneoutCell, ResidualCell, ...) is around this {type(self).__name__}: call that instead"
        )

    def _step_name(self) -> str:
        """Count a step; the prefix of its nodes."""
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"

    def begin_state(self, func: Callable[..., Symbol] = symbol.zeros, **kwargs: Any) -> list[Symbol]:
        """Symbols for the states before the first step.

        Parameters
        ----------
        func : callable
            Makes a symbol from ``name``, ``shape`` and ``__layout__``: ``mx.sym.zeros``, ``mx.sym.Variable`` (to feed
            states from outside), ``mx.sym.random.uniform``, ...
        **kwargs
            More arguments of ``func``, such as ``dtype``.

        Returns
        -------
        list of Symbol

        Examples
        --------
        >>> import mxnet as mx
        >>> mx.rnn.LSTMCell(8, prefix="a_").begin_state(func=mx.sym.Variable)
        [<Symbol a_begin_state_0>, <Symbol a_begin_state_1>]
        """
        self._check_unmodified()
        states = []
        for info in self.state_info:
            self._init_counter += 1
            name = f"{self._prefix}begin_state_{self._init_counter}"
            states.append(func(name=name, **{**kwargs, **(info or {})}))
        return states

    def _stacked(self) -> Iterator[tuple[str, list[str]]]:
        """The name of each stacked weight and bias, and those of its parts; none for a cell without gates."""
        for group, kind in product(("i2h", "h2h") if self._gate_names else (), ("weight", "bias")):
            yield f"{self._prefix}{group}_{kind}", [f"{self._prefix}{group}{gate}_{kind}" for gate in self._gate_names]

    def unpack_weights(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take this cell's weights apart, gate by gate.

        Parameters
        ----------
        args : dict of str to NDArray
            As of ``Module.get_params()[0]``; it is not changed.

        Returns
        -------
        dict of str to NDArray
            The same with copies such as ``lstm_i2h_f_weight`` in the place of ``lstm_i2h_weight``.

        Raises
        ------
        KeyError
            When a weight is missing.
        """
        args = args.copy()
        for whole, parts in self._stacked():
            stacked, h = args.pop(whole), self._num_hidden
            args.update({part: stacked[j * h : (j + 1) * h].copy() for j, part in enumerate(parts)})
        return args

    def pack_weights(self, args: dict[str, Any]) -> dict[str, Any]:
        """Put together what :meth:`unpack_weights` took apart.

        Parameters
        ----------
        args : dict of str to NDArray
            It is not changed.

        Returns
        -------
        dict of str to NDArray

        Raises
        ------
        KeyError
            When a part is missing.
        """
        args = args.copy()
        for whole, parts in self._stacked():
            args[whole] = ndarray.concatenate([args.pop(part) for part in parts])
        return args

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: list[Symbol] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """Make the graph of all steps of a sequence.

        Parameters
        ----------
        length : int
            Number of steps.
        inputs : Symbol or list of Symbol
            One symbol, ``(batch, length, ...)`` with layout "NTC" or ``(length, batch, ...)`` with "TNC", or a symbol
            ``(batch, ...)`` for each step.
        begin_state : list of Symbol, optional
            The first states, from :meth:`begin_state` or another cell; zeros by default.
        layout : str
            Of the inputs and outputs that are one symbol.
        merge_outputs : bool, optional
            True for one symbol, False for a list of one for each step, None for what is faster.

        Returns
        -------
        outputs : Symbol or list of Symbol
        states : list of Symbol
            The states after the last step.

        Examples
        --------
        >>> import mxnet as mx
        >>> outputs, states = mx.rnn.GRUCell(8).unroll(3, mx.sym.Variable("data"), merge_outputs=True)
        >>> outputs.infer_shape(data=(2, 3, 5))[1]
        [(2, 3, 8)]
        """
        self.reset()
        return self._unroll(length, inputs, begin_state, layout, merge_outputs)

    def _unroll(self, length: int, inputs: Any, begin_state: States, layout: str, merge: Merge) -> Unrolled:
        """What :meth:`unroll` does after the reset; cells that do it in another way define this."""
        steps = arrange(length, inputs, layout, False)
        states = self.begin_state() if begin_state is None else begin_state
        outputs = []
        for i in range(length):
            output, states = self(steps[i], states)
            outputs.append(output)
        return arrange(length, outputs, layout, merge), states

    def _get_activation(self, inputs: Symbol, activation: Any, **kwargs: Any) -> Symbol:
        """Apply an activation given by name or as a function of a symbol."""
        if isinstance(activation, str):
            return symbol.Activation(inputs, act_type=activation, **kwargs)
        return activation(inputs, **kwargs)
