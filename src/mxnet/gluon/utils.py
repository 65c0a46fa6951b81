"""Splitting batches over contexts, clipping gradients, fetching files."""

from __future__ import annotations

import hashlib
import os
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch

from .. import ndarray
from ..context import Context
from ..ndarray import NDArray
from ..ndarray.ndarray import wrap
from ..util import is_np_shape

__all__ = ["check_sha1", "clip_global_norm", "replace_file", "split_and_load", "split_data"]


def split_data(data: NDArray, num_slice: int, batch_axis: int = 0, even_split: bool = True) -> list[NDArray]:
    """Cut a batch into slices.

    Parameters
    ----------
    data : NDArray
    num_slice : int
    batch_axis : int
        The axis to cut.
    even_split : bool
        Whether all slices must have the same length; else the first ones are longer by one where needed.

    Raises
    ------
    ValueError
        When the length is not divisible and ``even_split`` asks for it.

    Examples
    --------
    >>> import mxnet as mx
    >>> [x.shape for x in mx.gluon.utils.split_data(mx.nd.zeros((5, 2)), 2, even_split=False)]
    [(3, 2), (2, 2)]
    """
    size = data.shape[batch_axis]
    if even_split and size % num_slice:
        raise ValueError(
            f"data with shape {data.shape} cannot be evenly split into {num_slice} slices along axis {batch_axis}. Use "
            f"a batch size that's multiple of {num_slice} or set even_split=False to allow uneven partitioning of data."
        )
    each, extra = divmod(size, num_slice)
    ends = np.cumsum([each + (i < extra) for i in range(num_slice)]).tolist()
    parts = zip([0, *ends], ends)
    if batch_axis == 0:
        return [data[a:b] for a, b in parts]
    return [ndarray.slice_axis(data, axis=batch_axis, begin=a, end=b) for a, b in parts]


def split_and_load(
    data: Any, ctx_list: Sequence[Context], batch_axis: int = 0, even_split: bool = True
) -> list[NDArray]:
    """Cut a batch into one slice for each context, and bring it there; see :func:`split_data`.

    Parameters
    ----------
    data : NDArray or array-like
    ctx_list : list of Context
    batch_axis : int
    even_split : bool
    """
    if not isinstance(data, NDArray):
        data = ndarray.array(data, ctx=ctx_list[0])
    if len(ctx_list) == 1:
        return [data.as_in_context(ctx_list[0])]
    slices = split_data(data, len(ctx_list), batch_axis, even_split)
    return [x.as_in_context(ctx) for x, ctx in zip(slices, ctx_list)]


def clip_global_norm(arrays: Sequence[NDArray], max_norm: float, check_isfinite: bool = True) -> Any:
    """Scale arrays, in place, so that the norm of all their elements together is at most ``max_norm``.

    Pascanu et al. 2013, "On the difficulty of training recurrent neural networks".

    Parameters
    ----------
    arrays : list of NDArray
        Often gradients; they may live on different contexts.
    max_norm : float
    check_isfinite : bool
        Wait for the norm, and warn when it is not finite.

    Returns
    -------
    float or NDArray
        The norm before scaling; an array of shape (1,), without waiting, when ``check_isfinite`` is false.
    """
    if not arrays:
        raise AssertionError("clip_global_norm needs at least one array")
    first = arrays[0]
    device = first._t.device
    tensors = [a._t.data if a.stype == "default" else a.data._t.data for a in arrays]
    norms = torch._foreach_norm(tensors) if tensors else []
    total = torch.linalg.vector_norm(torch.stack([n.to(device) for n in norms])).reshape(1)
    if check_isfinite and not bool(torch.isfinite(total)):
        warnings.warn("nan or inf is detected. Clipping results will be undefined.", UserWarning, stacklevel=2)
    scale = (max_norm / (total + 1e-8)).clamp(max=1.0)
    for t in tensors:
        t.mul_(scale.to(t.device, t.dtype))
    return total.item() if check_isfinite else wrap(total, first.context)


# ---------------------------------------------------------------------- files


def check_sha1(filename: str, sha1_hash: str) -> bool:
    """Whether a file's content has this SHA-1 sum.

    Parameters
    ----------
    filename : str
    sha1_hash : str
        In hexadecimal digits.
    """
    digest = hashlib.sha1()
    with open(filename, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest() == sha1_hash


def replace_file(src: str, dst: str) -> None:
    """Rename a file over another one, in one step.

    Raises
    ------
    OSError
        When that fails; ``src`` is removed.
    """
    try:
        os.replace(src, dst)
    except OSError as e:
        if os.path.exists(src):
            os.remove(src)
        raise OSError(f"Moving downloaded temp file - {src}, to {dst} failed. Please retry the download.") from e


def _get_repo_url() -> str:
    """Where Gluon's data sets and trained networks are fetched from; ``MXNET_GLUON_REPO`` overrides it."""
    default = "https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/"
    return os.environ.get("MXNET_GLUON_REPO", default).rstrip("/") + "/"


def _get_repo_file_url(namespace: str, filename: str) -> str:
    """The address of a file there."""
    return f"{_get_repo_url()}{namespace}/{filename}"


# ---------------------------------------------------------------------- hooks, text, shapes


class HookHandle:
    """What registering a hook gives: :meth:`detach` removes the hook, as leaving a ``with`` block does."""

    def __init__(self) -> None:
        self._hooks: Any = None
        self._id: int | None = None

    def attach(self, hooks_dict: Any, hook: Any) -> None:
        """Put a hook into a dictionary of hooks."""
        if self._hooks is not None:
            raise AssertionError("The same handle cannot be attached twice.")
        self._id = id(hook)
        hooks_dict[self._id] = hook
        self._hooks = weakref.ref(hooks_dict)

    def detach(self) -> None:
        """Remove the hook."""
        hooks = None if self._hooks is None else self._hooks()
        if hooks is not None:
            hooks.pop(self._id, None)

    def __getstate__(self) -> Any:
        return None if self._hooks is None else self._hooks(), self._id

    def __setstate__(self, state: Any) -> None:
        hooks, self._id = state
        self._hooks = weakref.ref(OrderedDict() if hooks is None else hooks)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, ptype: Any, value: Any, trace: Any) -> None:
        self.detach()


def shape_is_known(shape: Any) -> bool:
    """Whether a shape is known completely; 0 is an unknown length, -1 under NumPy shape semantics."""
    if shape is None:
        return False
    unknown = -1 if is_np_shape() else 0
    if len(shape) == 0:
        return unknown == -1
    for n in shape:
        if n == unknown:
            return False
        if n < unknown:
            raise AssertionError(f"shape dimension size cannot be less than {unknown}, while received {n}")
    return True


def _indent(text: str, count: int) -> str:
    """Indent all lines but the first."""
    return text.replace("\n", "\n" + " " * count)


def _brief_print_list(names: Iterable[Any], limit: int = 7) -> str:
    """Names in quotes, the middle left out when there are many."""
    quoted = [f"'{n}'" for n in names]
    if len(quoted) > limit:
        half = limit // 2
        quoted = [*quoted[:half], "...", *quoted[-half - 1 :]]
    return ", ".join(quoted)
