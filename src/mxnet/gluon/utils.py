"""Splitting batches over contexts, clipping gradients, fetching files."""

from __future__ import annotations

import hashlib
import os
import uuid
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch

from .. import ndarray, numpy
from .._core import env
from .._core.descriptions import described_like
from .._core.download import fetch
from ..context import Context
from ..ndarray import NDArray
from ..ndarray.ndarray import wrap
from ..symbol import Symbol
from ..util import is_np_array, is_np_shape
from ._types import Operand

__all__ = ["check_sha1", "clip_global_norm", "download", "replace_file", "split_and_load", "split_data"]


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
            f"data with shape {data.shape} cannot be evenly split into {num_slice} slices along axis {batch_axis}; "
            "even_split=False makes some longer than others"
        )
    each, extra = divmod(size, num_slice)
    ends = np.cumsum([each + (i < extra) for i in range(num_slice)]).tolist()
    parts = zip([0, *ends], ends)
    if batch_axis == 0:
        return [data[a:b] for a, b in parts]
    return [ndarray.slice_axis(data, axis=batch_axis, begin=a, end=b) for a, b in parts]


def in_mode(x: Operand) -> Any:
    """A dense array of the library's as the mode wants it: as ``mx.np`` array under NumPy array semantics."""
    return x.as_np_ndarray() if is_np_array() and type(x) is NDArray else x


@described_like(split_data)
def split_and_load(
    data: Operand, ctx_list: Sequence[Context], batch_axis: int = 0, even_split: bool = True
) -> list[NDArray]:
    """Cut a batch into one slice for each context, and bring it there; see :func:`split_data`.

    Parameters
    ----------
    data : NDArray or array-like
    ctx_list : list of Context
    """
    array = numpy.array if is_np_array() else ndarray.array
    batch = data if isinstance(data, NDArray) else array(data, ctx=ctx_list[0])
    parts = [batch] if len(ctx_list) == 1 else split_data(batch, len(ctx_list), batch_axis, even_split)
    return [part.as_in_context(ctx) for part, ctx in zip(parts, ctx_list)]


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
    tensors = [a._t.data if a.stype == "default" else a.data._t.data for a in arrays]  # type: ignore[attr-defined]
    norms = torch._foreach_norm(tensors) if tensors else []
    total = torch.linalg.vector_norm(torch.stack([n.to(device) for n in norms])).reshape(1)
    if check_isfinite and not bool(torch.isfinite(total)):
        warnings.warn("clip_global_norm: the norm is nan or inf, so are the results", UserWarning, stacklevel=2)
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
        raise OSError(f"the downloaded file {src} could not be renamed to {dst}: {e}") from e


def download(
    url: str,
    path: str | None = None,
    overwrite: bool = False,
    sha1_hash: str | None = None,
    retries: int = 5,
    verify_ssl: bool = True,
) -> str:
    """Fetch a file, unless it is there already with the right content.

    The file appears when it is complete and its checksum is right. A connection that breaks is taken up where it was,
    when the server allows that. ``http_proxy``, ``https_proxy`` and ``no_proxy`` are honored.

    Parameters
    ----------
    url : str
    path : str, optional
        A file name or a folder; the last part of the address, in the current folder, when not given.
    overwrite : bool
        Fetch a file that is there already.
    sha1_hash : str, optional
        The SHA-1 sum that the content must have, in hexadecimal digits.
    retries : int
        How often to try (at least once).
    verify_ssl : bool
        Whether certificates are checked.

    Returns
    -------
    str
        The name of the local file.

    Raises
    ------
    OSError
        When the last attempt fails too.
    UserWarning
        When the content has another checksum; nothing is kept of it.
    """
    name = url.split("/")[-1]
    if path is None:
        if not name:
            raise AssertionError(f"download: {url!r} does not end in a file name; give one as path")
        path = name
    else:
        path = os.path.expanduser(path)
        if os.path.isdir(path):
            path = os.path.join(path, name)
    if retries < 0:
        raise AssertionError(f"download: retries must be at least 0, got {retries}")
    if not verify_ssl:
        warnings.warn(f"Unverified HTTPS request to {url}: verify_ssl=False accepts any server's answer", stacklevel=2)
    if not overwrite and os.path.exists(path) and (sha1_hash is None or check_sha1(path, sha1_hash)):
        return path
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    print(f"Downloading {path} from {url}...")
    temporary = f"{path}.{uuid.uuid4()}"
    try:
        fetch(url, temporary, max(retries, 1), verify_ssl, _try_again)
        if sha1_hash is not None and not check_sha1(temporary, sha1_hash):
            raise UserWarning(
                f"download: {url} gave a file for {path} without the expected SHA-1 sum {sha1_hash}; nothing is kept"
            )
        replace_file(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)
    return path


def _try_again(error: OSError, left: int) -> None:
    print(f"download failed due to {error!r}, retrying, {left} attempt{'s' if left > 1 else ''} left")


def _get_repo_url() -> str:
    """Where Gluon's data sets and trained networks are fetched from; ``MXNET_GLUON_REPO`` overrides it."""
    return env.text("MXNET_GLUON_REPO").rstrip("/") + "/"


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

    def __exit__(self, ptype: object, value: object, trace: object) -> None:
        self.detach()


def _check_all_np_ndarrays(out: object) -> None:
    """Raise TypeError unless nested lists hold arrays and symbols of the NumPy kind only."""
    if isinstance(out, (list, tuple)):
        for x in out:
            _check_all_np_ndarrays(x)
    elif isinstance(out, (NDArray, Symbol)) and type(out) in (NDArray, Symbol):
        raise TypeError(f"arrays of mxnet.numpy or their symbols are expected, got {type(out)}")


def _check_same_symbol_type(symbols: Sequence[Any]) -> type:
    """The kind of symbols, classic or of NumPy's, which must be the same for all."""
    kinds = {type(s) for s in symbols}
    if len(kinds) > 1:
        raise TypeError(f"symbols of one kind are expected, got {', '.join(sorted(k.__name__ for k in kinds))}")
    return kinds.pop()


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
