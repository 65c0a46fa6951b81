"""Data sets of images: well-known ones, record files, and folders of image files."""

from __future__ import annotations

import os
import tarfile
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from .... import image, recordio
from ...._core.defaults import Defaults
from ...._core.descriptions import described_like
from ...._core.files import atomic_write
from ...._core.idx import read_idx
from ....base import MXNetError, data_dir
from ....context import cpu
from ....ndarray.ndarray import NDArray, wrap
from ...utils import _get_repo_file_url, check_sha1, download, in_mode
from ..dataset import Dataset, RecordFileDataset, _DownloadedDataset

__all__ = ["CIFAR10", "CIFAR100", "MNIST", "FashionMNIST", "ImageFolderDataset", "ImageRecordDataset"]

Transform = Callable[[Any, Any], Any]
# The name of a file and its SHA-1 sum.
Signed = tuple[str, str]


def _folder(name: str) -> str:
    return os.path.join(data_dir(), "datasets", name)


def _has(root: str, file: Signed) -> bool:
    """Whether a file is in a folder, undamaged."""
    path = os.path.join(root, file[0])
    return os.path.exists(path) and check_sha1(path, file[1])


def _obtain(namespace: str, file: Signed, root: str) -> str:
    """The path of a data set's file, which is downloaded when it is not there; errors say which file to put where."""
    name, sha1 = file
    path = os.path.join(root, name)
    if _has(root, file):
        return path
    url = _get_repo_file_url(f"gluon/dataset/{namespace}", name)
    try:
        return download(url, path=root, sha1_hash=sha1)
    except (OSError, UserWarning) as e:
        state = "does not have the SHA-1 sum " + sha1 if os.path.exists(path) else "is not there"
        raise OSError(
            f"{path} {state}, and it could not be downloaded from {url} ({e}). Put the file there by hand, or name "
            "another folder with root=."
        ) from e


class _Published(Defaults, _DownloadedDataset):
    """A data set with a part for training and one for testing.

    Parameters
    ----------
    root : str
        The folder of the files, which are downloaded when they are not there.
    train : bool
        The part for training, or that for testing.
    transform : callable, optional
        Takes image and label of a sample.

    Raises
    ------
    OSError
        When a file is missing and cannot be downloaded.
    """

    _namespace: str
    _files: dict[bool, tuple[Signed, ...]]

    def __init__(self, root: str = "", train: bool = True, transform: Transform | None = None) -> None:
        self._train = train
        super().__init__(root, transform)

    @property
    def _part(self) -> tuple[Signed, ...]:
        return self._files[bool(self._train)]

    def _set(self, images: np.ndarray, labels: np.ndarray) -> None:
        self._data = in_mode(wrap(torch.from_numpy(images), cpu()))
        self._label = labels.astype(np.int32)


def _mnist_files(*sums: str) -> dict[bool, tuple[Signed, ...]]:
    """The files of a data set in the format of MNIST, which have the same names, by their SHA-1 sums."""
    names = [f"{part}-{what}-ubyte.gz" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1")]
    files = tuple(zip(names, sums))
    return {True: files[:2], False: files[2:]}


@described_like()
class MNIST(_Published, root=_folder("mnist")):
    """Handwritten digits: 60 000 (``train``) or 10 000 images of shape (28, 28, 1), uint8, and labels 0 to 9.

    Parameters
    ----------
    root : str
        The folder of the files ``train-images-idx3-ubyte.gz`` and so on; they are downloaded when they are not there.
    """

    _namespace = "mnist"
    _files = _mnist_files(
        "6c95f4b05d2bf285e1bfb0e7960c31bd3b3f8a7d",
        "2a80914081dc54586dbdf242f9805a6b8d2a15fc",
        "c3a25af1f52dad7f726cce8cacb138654b760d48",
        "763e7fa3757d93b0cdec073cef058b2004252c17",
    )

    def _get_data(self) -> None:
        images, labels = (
            read_idx(_obtain(self._namespace, f, self._root), axes) for f, axes in zip(self._part, (3, 1))
        )
        self._set(images[..., None].copy(), labels)


@described_like()
class FashionMNIST(MNIST, root=_folder("fashion-mnist")):
    """Pictures of clothes in the format of :class:`MNIST` (Xiao, Rasul and Vollgraf, 2017)."""

    _namespace = "fashion-mnist"
    _files = _mnist_files(
        "0cf37b0d40ed5169c6b3aba31069a9770ac9043d",
        "236021d52f1e40852b06a4c3008d8de8aef1e40b",
        "626ed6a7c06dd17c0eec72fa3be1740f146a2863",
        "17f9ab60e7257a1620f4ad76bbbaf857c3920701",
    )


@described_like()
class CIFAR10(_Published, root=_folder("cifar10")):
    """Small photographs of ten kinds of things: 50 000 (``train``) or 10 000 of shape (32, 32, 3), uint8.

    Parameters
    ----------
    root : str
        The folder of the files ``data_batch_1.bin`` and so on, or of their archive ``cifar-10-binary.tar.gz``; it is
        downloaded when they are not there.
    """

    _namespace = "cifar10"
    _archive: Signed = ("cifar-10-binary.tar.gz", "fab780a1e191a7eda0f345501ccd62d20f7ed891")
    _files = {
        True: (
            ("data_batch_1.bin", "aadd24acce27caa71bf4b10992e9e7b2d74c2540"),
            ("data_batch_2.bin", "c0ba65cce70568cd57b4e03e9ac8d2a5367c1795"),
            ("data_batch_3.bin", "1dd00a74ab1d17a6e7d73e185b69dbf31242f295"),
            ("data_batch_4.bin", "aab85764eb3584312d3c7f65fd2fd016e36a258e"),
            ("data_batch_5.bin", "26e2849e66a845b7f1e4614ae70f4889ae604628"),
        ),
        False: (("test_batch.bin", "67eb016db431130d61cd03c7ad570b013799c88c"),),
    }
    # How many labels stand before an image, and which of them is wanted.
    _label_count, _label_place = 1, 0

    def _get_data(self) -> None:
        names = [name for name, _ in self._part]
        if not all(_has(self._root, f) for f in self._part):
            _unpack(_obtain(self._namespace, self._archive, self._root), names, self._root)
        images, labels = zip(*[self._read_batch(os.path.join(self._root, name)) for name in names])
        self._set(np.concatenate(images), np.concatenate(labels))

    def _read_batch(self, filename: str) -> tuple[np.ndarray, np.ndarray]:
        """Images and labels of one file."""
        rows = np.fromfile(filename, np.uint8).reshape(-1, self._label_count + 3 * 32 * 32)
        images = rows[:, self._label_count :].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        return images, rows[:, self._label_place]


def _unpack(archive: str, names: Sequence[str], root: str) -> None:
    """Take files out of an archive, wherever in it they are."""
    with tarfile.open(archive) as tar:
        for member in tar:
            name = os.path.basename(member.name)
            content = tar.extractfile(member) if name in names else None
            if content is not None:
                with atomic_write(os.path.join(root, name)) as file:
                    file.write(content.read())


@described_like()
class CIFAR100(CIFAR10):
    """Small photographs of a hundred kinds of things, in twenty groups. See :class:`CIFAR10`.

    Parameters
    ----------
    root : str
        The folder of the files ``train.bin`` and ``test.bin``, or of their archive ``cifar-100-binary.tar.gz``.
    fine_label : bool
        Label images with their kind, rather than its group.
    """

    _namespace = "cifar100"
    _archive = ("cifar-100-binary.tar.gz", "a0bb982c76b83111308126cc779a992fa506b90b")
    _files = {
        True: (("train.bin", "e207cd2e05b73b1393c74c7f5e7bea451d63e08e"),),
        False: (("test.bin", "8fb6623e830365ff53cf14adec797474f5478006"),),
    }
    _label_count = 2

    def __init__(
        self,
        root: str = _folder("cifar100"),
        fine_label: bool = False,
        train: bool = True,
        transform: Transform | None = None,
    ) -> None:
        self._label_place = int(fine_label)
        super().__init__(root, train, transform)


class ImageRecordDataset(RecordFileDataset):
    """The images in a record file with an index beside it, and their labels.

    Parameters
    ----------
    filename : str
        The path of the ``.rec`` file.
    flag : int
        1 for color (RGB), 0 for gray images.
    transform : callable, optional
        Takes image and label of a sample.
    """

    def __init__(self, filename: str, flag: int = 1, transform: Transform | None = None) -> None:
        super().__init__(filename)
        self._flag = flag
        self._transform = transform

    def __getitem__(self, idx: int) -> Any:
        header, encoded = recordio.unpack(super().__getitem__(idx))
        try:
            pixels = image.imdecode(encoded, self._flag)
        except MXNetError as e:
            raise MXNetError(f"sample {idx} of {self.filename}: {e}") from e
        return _sample(pixels, header.label, self._transform)


@described_like(ImageRecordDataset)
class ImageFolderDataset(Dataset):
    """The images in the subfolders of a folder: each subfolder is a class.

    Other files are left out, with a warning.

    Parameters
    ----------
    root : str
        The folder.

    Attributes
    ----------
    synsets : list of str
        The names of the classes; their places are the labels.
    items : list of tuple
        The path and label of each image.
    """

    def __init__(self, root: str, flag: int = 1, transform: Transform | None = None) -> None:
        self._flag, self._transform = flag, transform
        self._exts = [".jpg", ".jpeg", ".png"]
        self._root = os.path.expanduser(root)
        self._list_images(self._root)

    def _list_images(self, root: str) -> None:
        self.synsets: list[str] = []
        self.items: list[tuple[str, int]] = []
        for folder, path in [(name, os.path.join(root, name)) for name in sorted(os.listdir(root))]:
            if not os.path.isdir(path):
                warnings.warn(f"Ignoring {path}, which is not a directory.", stacklevel=3)
                continue
            label = len(self.synsets)
            self.synsets.append(folder)
            for name in sorted(os.listdir(path)):
                ext = os.path.splitext(name)[1]
                if ext.lower() in self._exts:
                    self.items.append((os.path.join(path, name), label))
                else:
                    supported = ", ".join(self._exts)
                    warnings.warn(
                        f"Ignoring {os.path.join(path, name)} of type {ext}. Only support {supported}", stacklevel=3
                    )

    def __getitem__(self, idx: int) -> Any:
        path, label = self.items[idx]
        return _sample(image.imread(path, self._flag), label, self._transform)

    def __len__(self) -> int:
        return len(self.items)


def _sample(data: NDArray, label: object, transform: Transform | None) -> Any:
    data = in_mode(data)
    return (data, label) if transform is None else transform(data, label)
