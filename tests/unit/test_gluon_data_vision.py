"""gluon.data.vision: data sets of images, and transforms."""

import gzip
import hashlib
import io
import pickle
import tarfile

import cv2
import numpy as np
import pytest

import mxnet as mx
from mxnet.gluon.data import DataLoader
from mxnet.gluon.data.vision import datasets, transforms
from tests.conftest import SHARED, needs_shared

PICTURE = (np.arange(48 * 64 * 3) * 7 % 256).reshape(48, 64, 3).astype("uint8")


def _picture(dtype="uint8"):
    return mx.nd.array(PICTURE, dtype=dtype)


@pytest.fixture
def offline(monkeypatch):
    """Nothing can be downloaded."""

    def refuse(url, **kwargs):
        raise OSError(f"no route to {url}")

    monkeypatch.setattr(datasets, "download", refuse)


def _signed(path):
    return path.name, hashlib.sha1(path.read_bytes()).hexdigest()


# ---------------------------------------------------------------------- published data sets


@needs_shared
def test_mnist(offline):
    digits = datasets.MNIST(root=str(SHARED / "data" / "mnist"), train=False)
    assert len(digits) == 10000
    image, label = digits[0]
    assert image.shape == (28, 28, 1)
    assert image.dtype == np.uint8
    assert label == 7
    assert label.dtype == np.int32
    assert np.bincount(digits._label).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    scaled = datasets.MNIST(
        str(SHARED / "data" / "mnist"), train=False, transform=lambda x, y: (x.astype("float32") / 255, y + 1)
    )
    image, label = scaled[0]
    assert image.max().asscalar() == 1.0
    assert label == 8


def test_missing_files_are_named(offline, tmp_path):
    with pytest.raises(OSError, match=r"train-images-idx3-ubyte.gz is not there.*by hand.*root="):
        datasets.FashionMNIST(root=str(tmp_path))
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"damaged")
    with pytest.raises(OSError, match=r"cifar-10-binary.tar.gz does not have the SHA-1 sum fab780"):
        datasets.CIFAR10(root=str(tmp_path))
    with pytest.raises(OSError, match="gluon/dataset/cifar100/cifar-100-binary.tar.gz"):
        datasets.CIFAR100(root=str(tmp_path), train=False)


def test_damaged_content(monkeypatch, offline, tmp_path):
    """Files with the right checksum that are not in the format."""
    paths = tmp_path / "images.gz", tmp_path / "labels.gz"
    good = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (2, 2, 3)) + bytes(range(12))
    labels = b"\0\0\x08\x01\0\0\0\x02\x05\x06"

    def read(images):
        paths[0].write_bytes(gzip.compress(images))
        paths[1].write_bytes(gzip.compress(labels))
        monkeypatch.setattr(datasets.MNIST, "_files", {True: tuple(_signed(p) for p in paths)})
        return datasets.MNIST(root=str(tmp_path))

    dataset = read(good)
    assert dataset[1][0].asnumpy()[..., 0].tolist() == [[6, 7, 8], [9, 10, 11]]
    assert dataset[1][1] == 6
    for bad in (good[:-1], good + b"x", b"\0\0\x0d" + good[3:], b"", good[:7]):
        with pytest.raises(mx.MXNetError, match="not a file of bytes"):
            read(bad)


@pytest.mark.parametrize(("kind", "labels"), [("CIFAR10", 1), ("CIFAR100", 2)])
def test_cifar_archives(kind, labels, monkeypatch, offline, tmp_path):
    dataset = getattr(datasets, kind)
    rows = np.random.randint(0, 256, (3, labels + 3072)).astype("uint8")
    content = rows.tobytes()
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as tar:
        for name in ("folder/a.bin", "../../outside.bin"):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    monkeypatch.setattr(dataset, "_archive", _signed(tmp_path / "x.tar.gz"))
    monkeypatch.setattr(dataset, "_files", {True: (("a.bin", hashlib.sha1(content).hexdigest()),)})
    made = dataset(root=str(tmp_path))
    assert len(made) == 3
    image, label = made[2]
    np.testing.assert_array_equal(image.asnumpy(), rows[2, labels:].reshape(3, 32, 32).transpose(1, 2, 0))
    assert label == rows[2, 0]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.bin", "x.tar.gz"]
    (tmp_path / "x.tar.gz").unlink()
    assert len(dataset(root=str(tmp_path))) == 3
    if kind == "CIFAR100":
        assert dataset(root=str(tmp_path), fine_label=True)[1][1] == rows[1, 1]


# ---------------------------------------------------------------------- own images


def test_records(tmp_path):
    paths = str(tmp_path / "x.idx"), str(tmp_path / "x.rec")
    writer = mx.recordio.MXIndexedRecordIO(*paths, "w")
    for i in range(3):
        writer.write_idx(
            i, mx.recordio.pack_img(mx.recordio.IRHeader(0, i * 1.5, i, 0), PICTURE + i, img_fmt=".png", quality=3)
        )
    writer.close()
    dataset = mx.gluon.data.vision.ImageRecordDataset(paths[1])
    assert len(dataset) == 3
    image, label = dataset[2]
    np.testing.assert_array_equal(image.asnumpy(), (PICTURE + 2)[:, :, ::-1])
    assert label == 3.0
    gray = mx.gluon.data.vision.ImageRecordDataset(paths[1], flag=0, transform=lambda x, y: (x.shape, -y))
    assert gray[1] == ((48, 64, 1), -1.5)
    loader = DataLoader(dataset.transform_first(transforms.ToTensor()), batch_size=3)
    ((data, labels),) = loader
    assert data.shape == (3, 3, 48, 64)
    assert labels.asnumpy().tolist() == [0, 1.5, 3]


def test_folders(tmp_path):
    for name in ("b/2.PNG", "b/1.jpg", "a/3.jpeg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(cv2.imencode(".png", PICTURE)[1].tobytes())
    (tmp_path / "a" / "notes.txt").write_text("")
    (tmp_path / "list").write_text("")
    with pytest.warns(UserWarning) as warned:
        dataset = mx.gluon.data.vision.ImageFolderDataset(str(tmp_path), transform=lambda x, y: (x, y * 10))
    assert sorted(str(w.message).split("/")[-1] for w in warned) == [
        "list, which is not a directory.",
        "notes.txt of type .txt. Only support .jpg, .jpeg, .png",
    ]
    assert dataset.synsets == ["a", "b"]
    assert [(p[len(str(tmp_path)) + 1 :], label) for p, label in dataset.items] == [
        ("a/3.jpeg", 0),
        ("b/1.jpg", 1),
        ("b/2.PNG", 1),
    ]
    assert len(dataset) == 3
    image, label = dataset[1]
    assert label == 10
    np.testing.assert_array_equal(image.asnumpy(), PICTURE[:, :, ::-1])


# ---------------------------------------------------------------------- transforms


@pytest.mark.parametrize("hybridize", [False, True])
def test_operators(hybridize):
    """Transforms that are one operator."""
    x, f = _picture(), mx.nd.random.uniform(shape=(3, 5, 6))
    operators = mx.nd.image
    for transform, data, expected in (
        (transforms.ToTensor(), x, operators.to_tensor(x)),
        (transforms.Cast("float16"), x, x.astype("float16")),
        (transforms.Normalize((0, 1, 2), 3.0), f, operators.normalize(f, mean=(0, 1, 2), std=3.0)),
        (transforms.Resize((20, 10)), x, operators.resize(x, size=(20, 10))),
        (transforms.Resize(30, keep_ratio=True, interpolation=0), x, operators.resize(x, (30,), True, 0)),
        (transforms.CropResize(2, 3, 10, 12), x, x[3:15, 2:12]),
        (transforms.CropResize(2, 3, 10, 12, size=(5, 4)), x, operators.resize(x[3:15, 2:12], (5, 4))),
        (transforms.RandomColorJitter(), x, x),
        (transforms.RandomBrightness(0), x, x),
        (transforms.RandomContrast(0), x, x),
        (transforms.RandomSaturation(0), x, x),
        (transforms.RandomLighting(0), x, x),
    ):
        if hybridize:
            transform.hybridize()
        result = transform(data)
        assert result.dtype == expected.dtype, transform
        np.testing.assert_array_equal(result.asnumpy(), expected.asnumpy(), str(transform))


def test_blocks():
    x = _picture()
    np.testing.assert_array_equal(transforms.CenterCrop((20, 10))(x).asnumpy(), PICTURE[19:29, 22:42])
    assert transforms.CenterCrop(100)(x).shape == (100, 100, 3)
    assert transforms.RandomResizedCrop((7, 9), (0.2, 0.5), (0.5, 2))(x).shape == (9, 7, 3)
    f = mx.nd.random.uniform(shape=(2, 3, 8, 8))
    np.testing.assert_allclose(transforms.Rotate(180)(f).asnumpy(), f.asnumpy()[:, :, ::-1, ::-1], atol=1e-4)
    assert transforms.RandomRotation((-10, 10))(f).shape == f.shape
    assert transforms.RandomRotation((-10, 10), rotate_with_proba=0)(x) is x
    for transform in (transforms.Rotate(3), transforms.RandomRotation((1, 2))):
        with pytest.raises(TypeError, match="float32, got uint8"):
            transform(x)
    with pytest.raises(ValueError, match="ordered tuple"):
        transforms.RandomRotation((3, 3))
    with pytest.raises(ValueError, match="between 0 and 1"):
        transforms.RandomRotation((1, 3), rotate_with_proba=1.5)


def test_random_flips():
    both = {PICTURE.tobytes(), PICTURE[:, ::-1].tobytes()}
    assert {transforms.RandomFlipLeftRight()(_picture()).asnumpy().tobytes() for _ in range(30)} == both
    both = {PICTURE.tobytes(), PICTURE[::-1].tobytes()}
    assert {transforms.RandomFlipTopBottom()(_picture()).asnumpy().tobytes() for _ in range(30)} == both


def test_jitter_draws_between_its_limits():
    x = mx.nd.full((2, 2, 3), 100.0)
    factors = [transforms.RandomBrightness(0.3)(x)[0, 0, 0].asscalar() / 100 for _ in range(100)]
    assert 0.7 <= min(factors) < 0.8
    assert 1.2 < max(factors) <= 1.3
    assert min(transforms.RandomBrightness(3)(x)[0, 0, 0].asscalar() for _ in range(100)) >= 0


def test_compose():
    parts = [transforms.Resize(40), transforms.RandomFlipTopBottom(), transforms.CenterCrop(32), transforms.ToTensor()]
    transform = transforms.Compose(parts)
    assert len(parts) == 4
    assert [type(t).__name__ for t in transform] == ["HybridSequential", "CenterCrop", "ToTensor"]
    for size in ((50, 60), (41, 40)):  # images of any size
        assert transform(mx.nd.ones((*size, 3), dtype="uint8")).shape == (3, 32, 32)
    assert pickle.loads(pickle.dumps(transforms.Resize(3)))(_picture()).shape == (3, 3, 3)


def test_apply():
    apply = transforms.RandomApply([transforms.CenterCrop(8), transforms.ToTensor()], p=0.5)
    assert {apply(_picture()).shape for _ in range(40)} == {(48, 64, 3), (3, 8, 8)}
    assert transforms.RandomApply(transforms.ToTensor(), p=1)(_picture()).shape == (3, 48, 64)
