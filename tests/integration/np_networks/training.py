"""What a small network is made of, and how it is trained for a few steps.

Needs NumPy and ``mxnet`` alone: MXNet's own environment runs the same files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as onp

import mxnet as mx
from mxnet import autograd, gluon, np

STEPS = 4


@dataclass
class Network:
    """A block with made data to train it on.

    Attributes
    ----------
    block : Block
        Everything that has parameters.
    batch : tuple of numpy.ndarray
        Each with the batch as its first axis.
    loss : function
        Of the block and the arrays of the batch, the loss to be minimized.
    inputs : int
        How many arrays, from the first one on, the block itself takes; 0 when it is only a holder of others.
    rate : float
        The learning rate.
    optimizer : str
    clip : float, optional
        What the norm of all gradients is brought down to.
    rivals : tuple of pairs of Block and function, optional
        Instead of ``loss``: parts of the block that are trained in turns, each by its own loss.
    """

    block: Any
    batch: tuple[onp.ndarray, ...]
    loss: Callable[..., Any] | None = None
    inputs: int = 1
    rate: float = 0.1
    optimizer: str = "sgd"
    clip: float | None = None
    rivals: tuple[tuple[Any, Callable[..., Any]], ...] = ()

    @property
    def phases(self) -> tuple[tuple[Any, Callable[..., Any]], ...]:
        """What a step trains, one after the other, and by which losses."""
        return self.rivals or ((self.block, self.loss),)


@dataclass
class Trained:
    """What came of training: the loss of each phase of each step, and the parameters by their paths."""

    losses: list[float] = field(default_factory=list)
    parameters: dict[str, onp.ndarray] = field(default_factory=dict)


def first_value(rng: onp.random.RandomState, path: str, shape: tuple[int, ...]) -> onp.ndarray:
    """What a parameter starts from: noise that keeps the scale of activations, or what a normalization expects."""
    if path.endswith(("gamma", "running_var")):
        return onp.ones(shape, "float32")
    if path.endswith("running_mean"):
        return onp.zeros(shape, "float32")
    if len(shape) < 2:
        return rng.uniform(-0.1, 0.1, shape).astype("float32")
    return (rng.randn(*shape) / onp.sqrt(onp.prod(shape[1:]))).astype("float32")


def prepare(network: Network, contexts: list[mx.Context]) -> None:
    """Give the parameters their first values, which follow from their paths and shapes alone."""
    network.block.initialize(ctx=contexts)
    parts = split(network.batch, contexts)
    for _, loss in network.phases:
        loss(network.block, *parts[0])  # sizes that follow from data are known now
    rng = onp.random.RandomState(7)
    for path, parameter in sorted(network.block._collect_params_with_prefix().items()):
        if not isinstance(parameter, gluon.Constant):
            parameter.set_data(np.array(first_value(rng, path, parameter.shape)))


def split(batch: tuple[onp.ndarray, ...], contexts: list[mx.Context]) -> list[tuple[Any, ...]]:
    """The batch's share of each context."""
    return list(zip(*[gluon.utils.split_and_load(np.array(a, dtype=a.dtype), contexts) for a in batch]))


def clip(block: Any, most: float, contexts: list[mx.Context]) -> None:
    """Scale the gradients down to a norm, on each device for itself."""
    learned = [p for p in block.collect_params().values() if p.grad_req != "null"]
    for context in contexts:
        norm = float(np.sqrt(sum((p.grad(context) ** 2).sum() for p in learned)))
        if norm > most:
            for p in learned:
                p.grad(context)[:] *= most / norm


def train(
    network: Network, hybrid: bool = False, contexts: list[mx.Context] | None = None, **settings: bool
) -> Trained:
    """Train a network that was just made for a few steps.

    Parameters
    ----------
    network : Network
    hybrid : bool
        Whether its blocks run as graphs.
    contexts : list of Context, optional
        The devices that share each batch.
    **settings
        Those of ``hybridize``.

    Returns
    -------
    Trained
    """
    contexts = contexts or [mx.cpu()]
    prepare(network, contexts)
    if hybrid:
        network.block.hybridize(**settings)
    phases = [
        (gluon.Trainer(part.collect_params(), network.optimizer, {"learning_rate": network.rate}), loss)
        for part, loss in network.phases
    ]
    parts, trained = split(network.batch, contexts), Trained()
    for _ in range(STEPS):
        for trainer, loss in phases:
            with autograd.record():
                losses = [loss(network.block, *part).mean() for part in parts]
            autograd.backward(losses)
            if network.clip is not None:
                clip(network.block, network.clip, contexts)
            trainer.step(len(contexts))
            trained.losses.append(sum(float(x) for x in losses) / len(losses))
    for path, parameter in network.block._collect_params_with_prefix().items():
        trained.parameters[path] = parameter.data(contexts[0]).asnumpy()
    return trained
