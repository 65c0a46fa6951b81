"""What the families share: the shape of a classifier, and constructors that can load trained parameters."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

from .... import base
from ....base import UnknownNameError
from ....context import Context, cpu
from ... import nn
from ...block import HybridBlock
from ..model_store import get_model_file

ROOT = os.path.join(base.data_dir(), "models")
CPU = cpu()
Contexts = Context | list[Context]


class Constructor(Protocol):
    """A function that makes one network of a family."""

    __name__: str
    __qualname__: str

    def __call__(
        self, pretrained: bool = False, ctx: Contexts = ..., root: str = ..., **kwargs: Any
    ) -> HybridBlock: ...


MODELS: dict[str, Constructor] = {}  # by the name that get_model and the files of parameters use


class Classifier(HybridBlock):
    """A network of two parts, ``features`` and ``output``.

    Parameters
    ----------
    classes : int, default 1000
        Number of outputs.
    """

    features: Any
    output: Any

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        return self.output(self.features(x))


def chain(*layers: HybridBlock) -> nn.HybridSequential:
    """The layers one after the other; the chain adds nothing to their names."""
    out = nn.HybridSequential(prefix="")
    out.add(*layers)
    return out


def look_up(table: dict[Any, Any], argument: str, value: object) -> Any:
    """The row of a family's table; its keys are what ``argument`` may be."""
    if value not in table:
        raise UnknownNameError(f"{argument} must be one of {', '.join(map(repr, table))}, got {value!r}")
    return table[value]


def with_parameters(net: HybridBlock, name: str, pretrained: bool, ctx: Contexts, root: str) -> HybridBlock:
    """``net``, with the trained parameters of the model ``name`` if they are wanted."""
    if pretrained:
        net.load_parameters(get_model_file(name, root=root), ctx=ctx)
    return net


def variant(
    name: str, family: Callable[..., HybridBlock], *args: Any, model: str | None = None, **fixed: Any
) -> Constructor:
    """The constructor called ``name`` of a row of a family's table, ``family(*args, **fixed)``, or of a class.

    ``model`` is the name for :func:`get_model` where it differs.
    """

    def build(pretrained: bool = False, ctx: Contexts = CPU, root: str = ROOT, **kwargs: Any) -> HybridBlock:
        if isinstance(family, type):
            return with_parameters(family(**kwargs), model or name, pretrained, ctx, root)
        return family(*args, pretrained=pretrained, ctx=ctx, root=root, **{**kwargs, **fixed})

    build.__name__ = build.__qualname__ = name
    build.__module__ = family.__module__
    build.__doc__ = f"""The network ``{model or name}``.

    Parameters
    ----------
    pretrained : bool, default False
        Whether to load trained parameters.
    ctx : Context or list of Context, default ``cpu()``
        Where they are put.
    root : str, default '~/.mxnet/models'
        The folder of their files; one that is missing there is downloaded.
    **kwargs
        What the network's class takes, such as ``classes``.

    Returns
    -------
    HybridBlock
    """
    MODELS[model or name] = build
    return build
