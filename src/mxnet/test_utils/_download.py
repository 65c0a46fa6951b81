"""Fetching files, data sets and trained networks over HTTP."""

from __future__ import annotations

import bz2
import gzip
import os
import shutil
import zipfile
from typing import Any

import numpy as np

from .._core import logs
from .._core.download import fetch
from .._core.files import atomic_write
from .._core.idx import read_idx
from ..io import MNISTIter

__all__ = [
    "download",
    "download_model",
    "get_bz2_data",
    "get_cifar10",
    "get_mnist",
    "get_mnist_iterator",
    "get_mnist_pkl",
    "get_mnist_ubyte",
    "get_zip_data",
]

_SITE = "http://data.mxnet.io/"
# MXNet's own host went away with the project: what others mirror is fetched from there first.
_MNIST = ("https://ossci-datasets.s3.amazonaws.com/mnist/", _SITE + "data/mnist/")
_MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def download(
    url: str, fname: str | None = None, dirname: str | None = None, overwrite: bool = False, retries: int = 5
) -> str:
    """Fetch a file, unless it is there already.

    The variables ``http_proxy``, ``https_proxy`` and ``no_proxy`` are honored, and ``file://`` addresses work. The
    file appears when it is complete: a broken connection leaves nothing behind.

    Parameters
    ----------
    url : str
    fname : str, optional
        The name of the local file; the last part of the address when not given.
    dirname : str, optional
        The folder, made when it does not exist; that of ``fname`` or the current one when not given.
    overwrite : bool
        Fetch a file that is there already.
    retries : int
        How often to try (at least once).

    Returns
    -------
    str
        The name of the local file.

    Raises
    ------
    OSError
        When the last attempt fails too.
    """
    if retries < 0:
        raise AssertionError("Number of retries should be at least 0")
    fname = url.split("/")[-1] if fname is None else fname
    fname, folder = (fname, os.path.dirname(fname)) if dirname is None else (os.path.join(dirname, fname), dirname)
    if folder:
        os.makedirs(folder, exist_ok=True)
    if os.path.exists(fname) and not overwrite:
        logs.root.info("%s exists, skipping download", fname)
        return fname
    fetch(url, fname, max(retries, 1), failed=_try_again)
    logs.root.info("downloaded %s into %s successfully", url, fname)
    return fname


def _try_again(error: OSError, left: int) -> None:
    print(f"download failed, retrying, {left} attempt{'s' if left > 1 else ''} left")


def _download_from(addresses: Any, name: str, dirname: str | None = None) -> str:
    """Fetch a file from the first of several hosts that has it."""
    for host in addresses[:-1]:
        try:
            return download(host + name, dirname=dirname, retries=1)
        except OSError as e:
            logs.root.info("%s", e)
    return download(addresses[-1] + name, dirname=dirname, retries=2)


def get_zip_data(data_dir: str, url: str, data_origin_name: str) -> None:
    """Fetch an archive into ``data_dir`` and unpack it there, unless it is there already."""
    archive = os.path.join(data_dir, data_origin_name)
    if not os.path.exists(archive):
        download(url, fname=data_origin_name, dirname=data_dir)
        with zipfile.ZipFile(archive) as file:
            file.extractall(data_dir)


def get_bz2_data(data_dir: str, data_name: str, url: str, data_origin_name: str) -> None:
    """Fetch a bz2 file and unpack it to ``data_name`` in ``data_dir``, unless that is there already."""
    target = os.path.join(data_dir, data_name)
    if not os.path.exists(target):
        packed = download(url, fname=data_origin_name, dirname=data_dir)
        with bz2.open(packed) as source, atomic_write(target) as file:
            shutil.copyfileobj(source, file)
        os.remove(packed)


# ---------------------------------------------------------------------- data sets


def get_mnist() -> dict[str, np.ndarray]:
    """The MNIST data set; its four ``.gz`` files are looked for in the current folder, and fetched if need be.

    Returns
    -------
    dict
        ``train_data`` and ``test_data``, float32 of shape ``(n, 1, 28, 28)`` in [0, 1], and ``train_label`` and
        ``test_label``, int8.
    """
    train_images, train_labels, test_images, test_labels = [
        read_idx(_download_from(_MNIST, name + ".gz")) for name in _MNIST_FILES
    ]
    return {
        "train_data": _pictures(train_images),
        "train_label": train_labels.view(np.int8),
        "test_data": _pictures(test_images),
        "test_label": test_labels.view(np.int8),
    }


def _pictures(images: np.ndarray) -> np.ndarray:
    return images.reshape(-1, 1, 28, 28).astype(np.float32) / 255


def get_mnist_pkl() -> None:
    """Fetch ``data/mnist.pkl.gz``."""
    download("http://deeplearning.net/data/mnist/mnist.pkl.gz", dirname="data")


def get_mnist_ubyte() -> None:
    """Fetch the MNIST data set and unpack its four files into the folder ``data``."""
    try:
        for name in _MNIST_FILES:
            target = os.path.join("data", name)
            if not os.path.exists(target):
                packed = _download_from(_MNIST, name + ".gz", "data")
                with gzip.open(packed) as source, atomic_write(target) as file:
                    shutil.copyfileobj(source, file)
    except OSError:  # MXNet's own archive, where somebody serves it
        with zipfile.ZipFile(download(_SITE + "mxnet/data/mnist.zip", dirname="data")) as archive:
            archive.extractall("data")


def get_cifar10() -> None:
    """Fetch the CIFAR-10 data set and unpack it into ``data/cifar``."""
    names = ("train.rec", "test.rec", "train.lst", "test.lst")
    if not all(os.path.exists(os.path.join("data", "cifar", n)) for n in names):
        with zipfile.ZipFile(download(_SITE + "mxnet/data/cifar10.zip", dirname="data")) as archive:
            archive.extractall("data")


def get_mnist_iterator(
    batch_size: int, input_shape: tuple[int, ...], num_parts: int = 1, part_index: int = 0
) -> tuple[Any, Any]:
    """Iterators over the training and the test part of MNIST in the folder ``data``.

    Parameters
    ----------
    batch_size : int
    input_shape : tuple of int
        ``(784,)`` or ``(1, 28, 28)``.
    num_parts, part_index : int
        Read one of several parts of each epoch.
    """
    get_mnist_ubyte()
    common = {
        "input_shape": input_shape,
        "batch_size": batch_size,
        "flat": len(input_shape) != 3,
        "num_parts": num_parts,
        "part_index": part_index,
    }
    paths = [os.path.join("data", name) for name in _MNIST_FILES]
    return (
        MNISTIter(image=paths[0], label=paths[1], shuffle=True, **common),
        MNISTIter(image=paths[2], label=paths[3], **common),
    )


# ---------------------------------------------------------------------- trained networks


def _model(path: str, epoch: int = 0) -> dict[str, str]:
    return {"symbol": f"{_SITE}models/{path}-symbol.json", "params": f"{_SITE}models/{path}-{epoch:04d}.params"}


_MODELS = {
    "imagenet1k-inception-bn": _model("imagenet/inception-bn/Inception-BN", 126),
    **{f"imagenet1k-resnet-{n}": _model(f"imagenet/resnet/{n}-layers/resnet-{n}") for n in (18, 34, 50, 101, 152)},
    **{f"imagenet1k-resnext-{n}": _model(f"imagenet/resnext/{n}-layers/resnext-{n}") for n in (50, 101)},
    "imagenet1k-resnext-101-64x4d": _model("imagenet/resnext/101-layers/resnext-101-64x4d"),
    "imagenet11k-resnet-152": _model("imagenet-11k/resnet-152/resnet-152"),
    "imagenet11k-place365ch-resnet-152": _model("imagenet-11k-place365-ch/resnet-152"),
    "imagenet11k-place365ch-resnet-50": _model("imagenet-11k-place365-ch/resnet-50"),
}


def download_model(
    model_name: str, dst_dir: str = "./", meta_info: dict[str, dict[str, str]] | None = None
) -> tuple[str | None, int]:
    """Fetch the symbol and the parameters of a trained network.

    Parameters
    ----------
    model_name : str
    dst_dir : str
        The folder to save them in.
    meta_info : dict, optional
        Name -> ``{"symbol": address, "params": address}``; MXNet's own list when not given.

    Returns
    -------
    str, int
        Prefix and epoch for :func:`mxnet.model.load_checkpoint`; ``(None, 0)`` for an unknown name.
    """
    addresses = (_MODELS if meta_info is None else meta_info).get(model_name)
    if addresses is None:
        return None, 0
    for part in ("symbol", "params"):
        if part not in addresses:
            raise AssertionError(f"the entry of {model_name} has no address of its {part} file")
    os.makedirs(dst_dir, exist_ok=True)
    prefix = os.path.join(dst_dir, model_name)
    download(addresses["symbol"], f"{prefix}-symbol.json")
    download(addresses["params"], f"{prefix}-0000.params")
    return prefix, 0
