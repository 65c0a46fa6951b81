"""ImageRecordIter and ImageDetRecordIter: reading, splitting, augmenting and normalizing images in record files."""

import random

import cv2
import numpy as np
import pytest

import mxnet as mx
from mxnet.io._image_augment import DefaultAugmenter, shift_hls
from mxnet.io._image_det import DetAugmenter, parse_label
from mxnet.io._image_parameters import Augmentation, DetAugmentation
from mxnet.io._record_split import RecordSplit
from tests.conftest import SHARED, needs_shared

FOLDER = SHARED / "fixtures" / "recordio"
# How the recorded batches were made.
SETTINGS = {
    "plain": {},
    "round_batch_off": {"round_batch": False},
    "resize": {"resize": 22},
    "mean_scale": {
        "mean_r": 100, "mean_g": 110, "mean_b": 120, "std_r": 2, "std_g": 3, "std_b": 4, "scale": 0.5,
    },
    "part": {"num_parts": 2, "part_index": 1},
    "uint8": {"dtype": "uint8"},
}  # fmt: skip
PICTURE = (np.arange(48 * 64 * 3) * 7 % 256).reshape(48, 64, 3).astype("uint8")


@pytest.fixture
def records(tmp_path):
    """Ten images of 12 by 16, each of one gray tone: ten times its number. With an index."""
    path = str(tmp_path / "x.rec")
    writer = mx.recordio.MXIndexedRecordIO(str(tmp_path / "x.idx"), path, "w")
    for i in range(10):
        image = np.full((12, 16, 3), 10 * i, np.uint8)
        header = mx.recordio.IRHeader(0, float(i), 100 + i, 0)
        writer.write_idx(i, mx.recordio.pack_img(header, image, img_fmt=".png", quality=1))
    writer.close()
    return path


def _iterator(path, name="ImageRecordIter", **kwargs):
    given = {"data_shape": (3, 8, 8), "batch_size": 2, "verbose": False, **kwargs}
    return getattr(mx.io, name)(path_imgrec=path, **given)


def _labels(iterator):
    return [int(v) for batch in iterator for v in batch.label[0].asnumpy()[: len(batch.index) - batch.pad]]


# ---------------------------------------------------------------------- like MXNet


@needs_shared
@pytest.mark.parametrize("setting", SETTINGS)
def test_like_mxnet(setting):
    iterator = _iterator(str(FOLDER / "iter.rec"), data_shape=(3, 20, 20), batch_size=3, **SETTINGS[setting])
    with np.load(FOLDER / "iter.npz") as expected:
        keys = sorted(k for k in expected.files if k.startswith(f"{setting}:") and k.endswith(":data"))
        assert keys
        epoch, batches = 0, list(iterator)
        for key in keys:
            _, e, b, _ = key.split(":")
            if int(e) != epoch:
                iterator.reset()
                epoch, batches = int(e), list(iterator)
            batch, want = batches[int(b)], expected[key]
            got = batch.data[0].asnumpy()
            difference = got[: len(want)].astype("float32") - want
            assert np.abs(difference).max() <= 2  # JPEG decoders differ by a unit or two
            label = expected[key.replace(":data", ":label")]
            np.testing.assert_array_equal(batch.label[0].asnumpy()[: len(label)], label)
            if setting == "round_batch_off":
                assert batch.pad == 3 - len(want)
                assert not got[len(want) :].any()
            elif setting != "uint8":
                assert batch.pad == expected[key.replace(":data", ":pad")]


@needs_shared
def test_detection_like_mxnet():
    kwargs = {"data_shape": (3, 24, 24), "batch_size": 3}
    batch = next(_iterator(str(FOLDER / "det.rec"), "ImageDetRecordIter", label_pad_width=20, **kwargs))
    with np.load(FOLDER / "det.npz") as expected:
        np.testing.assert_allclose(batch.label[0].asnumpy(), expected["record:label"], atol=1e-6)
        assert np.abs(batch.data[0].asnumpy() - expected["record:data"]).max() <= 2
    short = next(_iterator(str(FOLDER / "det.rec"), "ImageDetRecordIter", **kwargs))
    assert short.label[0].shape == (3, 16)  # the longest label
    with pytest.raises(mx.MXNetError, match="label_pad_width 7 smaller than estimated width 12"):
        _iterator(str(FOLDER / "det.rec"), "ImageDetRecordIter", label_pad_width=7, **kwargs)


@needs_shared
@pytest.mark.parametrize("index", [False, True])
def test_parts_like_mxnet(index):
    kwargs = {"path_imgidx": str(FOLDER / "iter.idx")} if index else {}
    parts = [
        [
            int(i)
            for batch in _iterator(str(FOLDER / "iter.rec"), batch_size=1, num_parts=3, part_index=n, **kwargs)
            for i in batch.index
        ]
        for n in range(3)
    ]
    # Equal in bytes without an index, in records with one.
    assert parts == ([[0, 1, 2], [3, 4, 5], [6]] if index else [[0, 1, 2], [3, 4], [5, 6]])


# ---------------------------------------------------------------------- records


def test_parts_of_any_payload(tmp_path):
    """Every record belongs to exactly one part, records that hold the magic number included."""
    magic = (0xCED7230A).to_bytes(4, "little")
    payloads = [bytes([i]) * (i % 7) + magic * (i % 3) + b"x" * (i % 5) for i in range(60)]
    paths = []
    for name, part in (("a.rec", payloads[:40]), ("b.rec", payloads[40:])):
        paths.append(str(tmp_path / name))
        writer = mx.recordio.MXRecordIO(paths[-1], "w")
        for payload in part:
            writer.write(payload)
        writer.close()
    for parts in range(1, 12):
        found = []
        for n in range(parts):
            split = RecordSplit(";".join(paths), "", n, parts, False, 0)
            taken = split.take(1000)
            split.rewind()
            assert split.take(3) == taken[:3]
            found += taken
            split.close()
        assert found == payloads


def test_shuffling(records):
    for kwargs in ({}, {"path_imgidx": records[:-3] + "idx"}, {"shuffle": False, "shuffle_chunk_size": 4}):
        iterator = _iterator(records, **{"shuffle": True, **kwargs})
        orders = []
        for _ in range(3):
            orders.append(_labels(iterator))
            iterator.reset()
        assert all(sorted(order) == list(range(10)) for order in orders)
        assert len({tuple(order) for order in orders}) == 3
        again = _iterator(records, **{"shuffle": True, **kwargs})
        assert _labels(again) == orders[0]
        other = _iterator(records, **{"shuffle": True, "seed": 5, **kwargs})
        assert _labels(other) != orders[0]


def test_reset_in_mid_epoch(records):
    iterator = _iterator(records, batch_size=3)
    next(iterator), next(iterator)
    iterator.reset()
    assert _labels(iterator) == list(range(10))
    iterator.reset()
    assert _labels(iterator)[:3] == [2, 3, 4]  # the last batch had two images of this epoch


def test_label_lists(records, tmp_path):
    (tmp_path / "x.lst").write_text("".join(f"{100 + i}\t{i}.5\t{-i}\tname {i}\n" for i in range(10)))
    iterator = _iterator(records, path_imglist=str(tmp_path / "x.lst"), label_width=2)
    assert next(iterator).label[0].asnumpy().tolist() == [[0.5, 0], [1.5, -1]]
    (tmp_path / "x.lst").write_text("100\t1\tname\n")
    with pytest.raises(mx.MXNetError, match=r"image 101 of .*x.rec: there is no label"):
        _iterator(records, path_imglist=str(tmp_path / "x.lst"))
    (tmp_path / "x.lst").write_text("100\tone\tname\n")
    with pytest.raises(mx.MXNetError, match="expected a number, labels and a file name"):
        _iterator(records, path_imglist=str(tmp_path / "x.lst"))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"path_imgrec": ""}, "path_imgrec is empty"),
        ({"path_imgrec": "/nowhere/x.rec"}, "Cannot find any files"),
        ({"data_shape": (2, 8, 8)}, "Invalid output shape"),
        ({"data_shape": (8, 8)}, "wrong dimensions"),
        ({"batch_size": 0}, "at least 1"),
        ({"label_width": 2}, "1-dimensional label, but label_width is 2"),
        ({"dtype": "float64"}, "unknown dtype float64"),
        ({"aug_seq": "nope"}, "unknown augmenter 'nope'"),
        ({"num_parts": 2, "part_index": 2}, "part_index should be"),
        ({"batch_size": 30}, "bigger than the batch size: 10 images"),
        ({"data_shape": (4, 8, 8)}, "Expected 4 channels of bytes, got 3"),
        ({"aug_seq": ""}, r"its size is \(12, 16\)"),
        ({"random_resized_crop": True, "rand_crop": True}, "chooses size and place by itself"),
        ({"max_crop_size": 13, "min_crop_size": 3}, "smaller than max_crop_size"),
        ({"inter_method": 7, "resize": 20}, "Unknown interp method 7"),
        ({"rand_crop": "maybe"}, "Invalid value for parameter rand_crop"),
    ],
)
def test_wrong_parameters(records, kwargs, message):
    given = {"path": records, **{("path" if k == "path_imgrec" else k): v for k, v in kwargs.items()}}
    with pytest.raises(mx.MXNetError, match=message):
        for _ in _iterator(**given):
            pass


def test_broken_images_are_named(tmp_path):
    path = str(tmp_path / "x.rec")
    writer = mx.recordio.MXRecordIO(path, "w")
    writer.write(mx.recordio.pack(mx.recordio.IRHeader(0, 0.0, 42, 0), b"no image"))
    writer.close()
    with pytest.raises(mx.MXNetError, match=r"image 42 of .*x.rec: Decoding failed"):
        _iterator(path, batch_size=1)


# ---------------------------------------------------------------------- numbers


def test_types(records):
    for name, dtype in (
        ("ImageRecordUInt8Iter", "uint8"),
        ("ImageRecordInt8Iter", "int8"),
        ("ImageRecordIter", "int8"),
    ):
        kwargs = {"dtype": "int8"} if name == "ImageRecordIter" else {}
        batch = list(_iterator(records, name, mean_r=85.4, mean_g=0, mean_b=220, **kwargs))[4]
        assert batch.data[0].dtype == np.dtype(dtype)
        expected = [90, 90, 90] if dtype == "uint8" else [5, 90, -128]
        assert batch.data[0].asnumpy()[1, :, 0, 0].tolist() == expected
    gray = next(_iterator(records, data_shape=(1, 8, 8)))
    assert gray.data[0].shape == (2, 1, 8, 8)
    assert gray.data[0].asnumpy()[1].max() == 10


def test_mean_image(records, tmp_path):
    path = str(tmp_path / "mean.nd")
    made = _iterator(records, mean_img=path, batch_size=4)
    ((name, mean),) = mx.nd.load(path).items()
    assert name == "mean_img"
    np.testing.assert_allclose(mean.asnumpy(), np.full((3, 8, 8), 45.0))
    for iterator in (made, _iterator(records, mean_img=path, batch_size=4)):
        first = next(iterator)
        assert first.data[0].asnumpy()[:, 0, 0, 0].tolist() == [-45, -35, -25, -15]
    mx.nd.save(path, mx.nd.ones((3, 4, 4)))
    with pytest.raises(mx.MXNetError, match="Invalid mean image file format"):
        _iterator(records, mean_img=path)


def test_random_numbers(records):
    kwargs = {"max_random_contrast": 0.5, "max_random_illumination": 10, "batch_size": 10}
    first, second = next(_iterator(records, **kwargs)), next(_iterator(records, **kwargs))
    np.testing.assert_array_equal(first.data[0].asnumpy(), second.data[0].asnumpy())
    ratios = first.data[0].asnumpy()[:, 0, 0, 0]
    assert len(set(np.round(ratios[1:] / (10 * np.arange(1, 10)), 4))) == 9
    iterator = _iterator(records, seed_aug=3, **kwargs)
    fixed = next(iterator).data[0].asnumpy()
    iterator.reset()
    np.testing.assert_array_equal(next(iterator).data[0].asnumpy(), fixed)
    assert not np.array_equal(next(_iterator(records, seed_aug=4, **kwargs)).data[0].asnumpy(), fixed)


def test_mirroring(tmp_path):
    path = str(tmp_path / "x.rec")
    writer = mx.recordio.MXRecordIO(path, "w")
    for i in range(30):
        writer.write(mx.recordio.pack_img(mx.recordio.IRHeader(0, 0.0, i, 0), PICTURE, img_fmt=".png", quality=1))
    writer.close()
    plain = PICTURE[:, :, ::-1].transpose(2, 0, 1)
    kwargs = {"data_shape": (3, 48, 64), "dtype": "uint8"}
    np.testing.assert_array_equal(next(_iterator(path, **kwargs)).data[0].asnumpy()[0], plain)
    np.testing.assert_array_equal(next(_iterator(path, mirror=True, **kwargs)).data[0].asnumpy()[1], plain[:, :, ::-1])
    seen = {x.tobytes() for b in _iterator(path, rand_mirror=True, **kwargs) for x in b.data[0].asnumpy()}
    assert seen == {plain.tobytes(), plain[:, :, ::-1].tobytes()}


# ---------------------------------------------------------------------- augmenters


def _augment(height=20, width=30, seed=0, image=PICTURE, **kwargs):
    return DefaultAugmenter(Augmentation(**kwargs), height, width)(image, random.Random(seed))


def test_sizes():
    np.testing.assert_array_equal(_augment(), PICTURE[14:34, 17:47])
    np.testing.assert_array_equal(_augment(resize=24), cv2.resize(PICTURE, (32, 24))[2:22, 1:31])
    assert _augment(96, 10).shape == (96, 10, 3)  # enlarged first
    framed = _augment(52, 68, pad=2, fill_value=9)
    assert (framed[:2] == 9).all()
    np.testing.assert_array_equal(framed[2:-2, 2:-2], PICTURE)
    crops = {_augment(seed=s, rand_crop=True).tobytes() for s in range(20)}
    assert len(crops) > 15
    assert _augment(min_crop_size=10, max_crop_size=40, rand_crop=True).shape == (20, 30, 3)
    assert _augment(random_resized_crop=True, min_random_area=0.1, max_aspect_ratio=0.3).shape == (20, 30, 3)
    assert _augment(image=PICTURE[:, :, 0], resize=24, brightness=0.3, random_h=3, pca_noise=1).shape == (20, 30)


def test_warps():
    turned = _augment(48, 64, rotate=180, fill_value=0)
    # Rotating around the center between pixels moves the edge by one.
    np.testing.assert_array_equal(turned[1:, 1:], PICTURE[:0:-1, :0:-1])
    larger = _augment(48, 64, min_random_scale=2, max_random_scale=2)
    assert larger.shape == (48, 64, 3)
    limited = DefaultAugmenter(Augmentation(max_img_size=32, resize=-1), 20, 20)(PICTURE, random.Random(0))
    assert limited.shape == (20, 20, 3)
    sheared = {
        _augment(seed=s, max_shear_ratio=0.5, max_rotate_angle=10, max_aspect_ratio=0.2).tobytes() for s in range(5)
    }
    assert len(sheared) == 5


def test_colors():
    for kwargs in ({"brightness": 0.4}, {"contrast": 0.4}, {"saturation": 0.4}, {"pca_noise": 0.2}):
        results = [_augment(48, 64, seed=s, **kwargs).astype(int) for s in range(30)]
        assert len({r.tobytes() for r in results}) > 15
        middle = np.mean(results, 0)
        assert np.abs(middle - PICTURE).mean() < 25
    assert _augment(48, 64, random_l=30).dtype == np.uint8
    black = np.zeros((2, 2, 3), np.uint8)
    assert (shift_hls(black, 0, 100, 0) == 100).all()
    assert (shift_hls(black, 0, -5, 0) == 0).all()
    assert (shift_hls(black + 250, 0, 30, 0) == 255).all()


# ---------------------------------------------------------------------- detection

LABEL = np.array([2, 5, 0, 0.1, 0.1, 0.4, 0.5, 1, 0.5, 0.4, 0.9, 0.95], "float32")


def _det(seed=0, label=LABEL, **kwargs):
    return DetAugmenter(DetAugmentation(**kwargs), 24, 32)(PICTURE, label, random.Random(seed))


def test_labels():
    header, objects = parse_label(LABEL)
    assert header.tolist() == [2, 5]
    assert objects.shape == (2, 5)
    assert len(parse_label(np.array([2, 5, 0, 0.5, 0.5, 0.5, 0.6]))[1]) == 0
    for bad in ([2, 5, 0], [1, 5, 0, 0, 0, 1, 1], [2, 4, 0, 0, 0, 1, 1], [2, 5, *range(6)], [9, 5, 0, 0, 0, 1, 1]):
        with pytest.raises(mx.MXNetError, match="label"):
            parse_label(np.array(bad, "float32"))


def test_detection_augmenter():
    image, label = _det()
    np.testing.assert_array_equal(image, cv2.resize(PICTURE, (32, 24)))
    np.testing.assert_array_equal(label, LABEL)
    image, label = _det(rand_mirror_prob=1.0, resize=24)
    np.testing.assert_allclose(label[2:7], [0, 0.6, 0.1, 0.9, 0.5], atol=1e-6)
    assert np.abs(image.astype(int) - cv2.resize(PICTURE, (32, 24))[:, ::-1]).max() <= 1
    image, label = _det(rand_pad_prob=1.0, max_pad_scale=3.0, fill_value=7, seed=3)
    old, new = LABEL[2:].reshape(2, 5), label[2:].reshape(2, 5)
    scale = (old[:, 3] - old[:, 1]) / (new[:, 3] - new[:, 1])
    assert 1.05 < scale[0] <= 3
    np.testing.assert_allclose(scale, scale[0], rtol=1e-4)
    assert (image == 7).all(-1).any()
    for mode, shape in (("fit", (24, 32)), ("shrink", (24, 32))):
        assert _det(resize_mode=mode)[0].shape[:2] == shape
    small = DetAugmenter(DetAugmentation(resize_mode="shrink"), 100, 100)(PICTURE, LABEL, random.Random(0))[0]
    assert small is PICTURE
    fitted = DetAugmenter(DetAugmentation(resize_mode="fit"), 100, 100)(PICTURE, LABEL, random.Random(0))[0]
    assert fitted.shape == (75, 100, 3)


@pytest.mark.parametrize("mode", ["center", "overlap"])
def test_detection_cuts(mode):
    kept = set()
    for seed in range(60):
        _, label = _det(
            seed, rand_crop_prob=1.0, num_crop_sampler=2, min_crop_scales=(0.3, 0.6), max_crop_scales=(0.5, 0.9),
            min_crop_object_coverages=(0.5,), crop_emit_mode=mode, emit_overlap_thresh=0.5,
        )  # fmt: skip
        objects = label[2:].reshape(-1, 5)
        assert 1 <= len(objects) <= 2
        assert objects[:, 1:].min() >= 0
        assert objects[:, 1:].max() <= 1
        assert (objects[:, 3] > objects[:, 1]).all()
        kept.add(tuple(objects[:, 0]))
    assert {(0.0,), (1.0,)} <= kept


def test_wrong_samplers():
    with pytest.raises(mx.MXNetError, match="min_crop_scales should be one number or 2"):
        _det(num_crop_sampler=2, min_crop_scales=(0.1, 0.2, 0.3))
    with pytest.raises(mx.MXNetError, match="in order"):
        _det(min_crop_scales=(0.5,), max_crop_scales=(0.4,))


def test_detection_colors():
    for kwargs in (
        {"max_random_hue": 30, "random_hue_prob": 1.0},
        {"max_random_saturation": 90, "random_saturation_prob": 1.0},
        {"max_random_illumination": 90, "random_illumination_prob": 1.0},
        {"max_random_contrast": 0.5, "random_contrast_prob": 1.0},
    ):
        images = {_det(s, **kwargs)[0].tobytes() for s in range(5)}
        assert len(images) > 3
        (name,) = [k for k in kwargs if k.endswith("_prob")]
        assert len({_det(s, **{**kwargs, name: 0.0})[0].tobytes() for s in range(5)}) == 1


def test_parameters_as_text(records):
    batch = next(_iterator(records, data_shape="(3, 4, 6)", batch_size="5", rand_crop="True", mean_r="1.5"))
    assert batch.data[0].shape == (5, 3, 4, 6)
    assert "data_shape : Shape(tuple), required" in mx.io.ImageRecordIter.__doc__
    assert "dtype : " in mx.io.ImageDetRecordIter.__doc__


def test_the_last_reference_may_go_away_in_a_decoding_thread(records):
    iterator = _iterator(records, batch_size=2, data_shape=(3, 12, 16))
    source = iterator.handle
    source._pool.submit(source.close).result(timeout=20)  # raised "cannot join current thread"
    iterator.handle = None


@pytest.mark.parametrize(
    "wrong, right", [("rand_crp", "rand_crop"), ("round_bach", "round_batch"), ("mean_R", "mean_r")]
)
def test_misspelled_parameters(records, wrong, right):
    with pytest.warns(UserWarning, match=f"ImageRecordIter has no parameter {wrong}, did you mean {right}"):
        _iterator(records, batch_size=2, data_shape=(3, 12, 16), **{wrong: 1})
