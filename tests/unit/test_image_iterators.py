"""ImageIter, ImageDetIter and the augmenters for detection."""

import logging
import random

import cv2
import numpy as np
import pytest

import mxnet as mx
from tests.conftest import SHARED, needs_shared

FOLDER = SHARED / "fixtures" / "recordio"
PICTURE = (np.arange(48 * 64 * 3) * 7 % 256).reshape(48, 64, 3).astype("uint8")
LABEL = np.array([[0, 0.1, 0.1, 0.4, 0.5], [1, 0.5, 0.4, 0.9, 0.95], [2, 0.3, 0.3, 0.35, 0.38]], "float32")


def _seed(number):
    random.seed(number)
    np.random.seed(number)


@pytest.fixture
def files(tmp_path):
    """Seven images of 20 by 24, each of one gray tone: ten times its number."""
    for i in range(7):
        cv2.imwrite(str(tmp_path / f"{i}.png"), np.full((20, 24, 3), 10 * i, np.uint8))
    return tmp_path


def _iterator(files, batch_size=3, **kwargs):
    entries = [[float(i), f"{i}.png"] for i in range(7)]
    return mx.image.ImageIter(batch_size, (3, 8, 8), imglist=entries, path_root=str(files), **kwargs)


def _labels(iterator):
    return [batch.label[0].asnumpy().tolist() for batch in iterator]


# ---------------------------------------------------------------------- like MXNet


@needs_shared
def test_like_mxnet():
    iterator = mx.image.ImageIter(3, (3, 20, 20), path_imgrec=str(FOLDER / "iter.rec"))
    with np.load(FOLDER / "iter.npz") as expected:
        for i, batch in enumerate(iterator):
            difference = batch.data[0].asnumpy() - expected[f"ImageIter:{i}:data"].astype("float32")
            assert np.abs(difference).max() <= 2  # JPEG decoders differ by a unit or two
            np.testing.assert_array_equal(batch.label[0].asnumpy(), expected[f"ImageIter:{i}:label"])
            assert batch.pad == expected[f"ImageIter:{i}:pad"]
    assert i == 2


@needs_shared
def test_detection_like_mxnet():
    iterator = mx.image.ImageDetIter(3, (3, 24, 24), path_imgrec=str(FOLDER / "det.rec"))
    batch = next(iterator)
    with np.load(FOLDER / "det.npz") as expected:
        np.testing.assert_allclose(batch.label[0].asnumpy(), expected["image:label"], atol=1e-6)
        difference = batch.data[0].asnumpy() - expected["image:data"].astype("float32")
        assert np.abs(difference).max() <= 3  # decoders, and bicubic resizing


# ---------------------------------------------------------------------- epochs


def test_last_batches(files):
    padded = _iterator(files)
    assert _labels(padded) == [[0, 1, 2], [3, 4, 5], [6, 0, 1]]
    assert [b.pad for b in padded] == []  # the epoch is over until it is reset
    padded.reset()
    assert [b.pad for b in padded] == [0, 0, 2]
    discarding = _iterator(files, last_batch_handle="discard")
    for _ in range(2):
        assert _labels(discarding) == [[0, 1, 2], [3, 4, 5]]
        discarding.reset()
    rolling = _iterator(files, last_batch_handle="roll_over")
    assert _labels(rolling) == [[0, 1, 2], [3, 4, 5]]
    rolling.reset()
    first = next(rolling)
    assert first.label[0].asnumpy().tolist() == [6, 0, 1]
    assert first.pad == 2
    assert first.data[0].asnumpy()[:, 0, 0, 0].tolist() == [60, 0, 10]
    assert _labels(rolling) == [[2, 3, 4]]
    rolling.hard_reset()
    assert _labels(rolling)[0] == [0, 1, 2]


def test_batches_larger_than_the_data(files):
    batch = next(_iterator(files, batch_size=16))
    assert batch.label[0].asnumpy().tolist() == [*range(7), *range(7), 0, 1]
    assert batch.pad == 9


def test_shuffled_parts(files):
    iterator = _iterator(files, batch_size=1, shuffle=True)
    orders = set()
    for _ in range(5):
        orders.add(tuple(x for (x,) in _labels(iterator)))
        iterator.reset()
    assert len(orders) > 1
    assert {tuple(sorted(o)) for o in orders} == {tuple(map(float, range(7)))}
    parts = [_labels(_iterator(files, batch_size=3, num_parts=2, part_index=i)) for i in range(2)]
    assert parts == [[[0, 1, 2]], [[3, 4, 5]]]


def test_list_files(files):
    (files / "x.lst").write_text("5\t1.5\t2.5\t3.png\n\n2\t0.5\t4.5\t1.png\n")
    iterator = mx.image.ImageIter(
        2, (3, 8, 8), label_width=2, path_imglist=str(files / "x.lst"), path_root=str(files), dtype="float64"
    )
    assert iterator.provide_label == [("softmax_label", (2, 2))]
    batch = next(iterator)
    assert batch.label[0].asnumpy().tolist() == [[1.5, 2.5], [0.5, 4.5]]
    assert batch.data[0].asnumpy()[:, 0, 0, 0].tolist() == [30, 10]
    (files / "bad.lst").write_text("5\tx\t3.png\n")
    with pytest.raises(ValueError, match="bad.lst, line 1: expected a number, labels and a file name"):
        mx.image.ImageIter(1, (3, 8, 8), path_imglist=str(files / "bad.lst"), path_root=str(files))


def test_records_with_an_index(files):
    writer = mx.recordio.MXIndexedRecordIO(str(files / "x.idx"), str(files / "x.rec"), "w")
    for i in range(4):
        header = mx.recordio.IRHeader(0, float(i), i, 0)
        writer.write_idx(i, mx.recordio.pack(header, (files / f"{i}.png").read_bytes()))
    writer.close()
    paths = {"path_imgrec": str(files / "x.rec"), "path_imgidx": str(files / "x.idx")}
    iterator = mx.image.ImageIter(2, (3, 8, 8), **paths, num_parts=2, part_index=1)
    assert _labels(iterator) == [[2, 3]]
    with pytest.raises(ValueError, match="path_imgidx"):
        mx.image.ImageIter(2, (3, 8, 8), path_imgrec=paths["path_imgrec"], shuffle=True)


def test_broken_images_are_named(files):
    (files / "3.png").write_bytes(b"no image")
    iterator = _iterator(files)
    next(iterator)
    with pytest.raises(RuntimeError, match="Broken image filename: 3.png"):
        next(iterator)


def test_subclasses_may_leave_images_out(files):
    class Picky(mx.image.ImageIter):
        def check_valid_image(self, data):
            if data[0, 0, 0].asscalar() == 20:
                raise RuntimeError("not this one")

        def augmentation_transform(self, data):
            return super().augmentation_transform(data) + 1

    entries = [[float(i), f"{i}.png"] for i in range(7)]
    iterator = Picky(3, (3, 8, 8), imglist=entries, path_root=str(files), last_batch_handle="discard")
    assert _labels(iterator) == [[0, 1, 3], [4, 5, 6]]
    iterator.reset()
    assert next(iterator).data[0].asnumpy()[:, 0, 0, 0].tolist() == [1, 11, 31]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"imglist": None}, "one of path_imgrec"),
        ({"dtype": "float16"}, "float16 label not supported"),
        ({"data_shape": (1, 8, 8)}, "3 channels"),
        ({"data_shape": (8, 8)}, "length 3"),
        ({"num_parts": 2, "part_index": 2}, "part_index should be from 0 to 1"),
    ],
)
def test_wrong_arguments(kwargs, message):
    given = {"data_shape": (3, 8, 8), "imglist": [[0, "x"]], **kwargs}
    with pytest.raises(ValueError, match=message):
        mx.image.ImageIter(2, **given)


# ---------------------------------------------------------------------- detection: augmenters


def test_random_cut_like_mxnet():
    _seed(11)
    image, label = mx.image.DetRandomCropAug(area_range=(0.2, 1.0))(mx.nd.array(PICTURE, dtype="uint8"), LABEL.copy())
    assert image.shape == (42, 43, 3)
    np.testing.assert_allclose(image.asnumpy().mean(), 127.47951, atol=1e-4)
    expected = [[0, 0, 0, 0.26977, 0.42857], [1, 0.4186, 0.31429, 1, 0.94286], [2, 0.12093, 0.2, 0.19535, 0.29143]]
    np.testing.assert_allclose(label, expected, atol=2e-5)


def test_random_frame_like_mxnet():
    _seed(11)
    image, label = mx.image.DetRandomPadAug()(mx.nd.array(PICTURE, dtype="uint8"), LABEL.copy())
    assert image.shape == (92, 93, 3)
    np.testing.assert_allclose(image.asnumpy().mean(), 127.82048, atol=1e-4)
    np.testing.assert_allclose(label[0], [0, 0.24086, 0.35652, 0.44731, 0.56522], atol=2e-5)
    x, y = round(0.24086 * 93 - 6.4), round(0.35652 * 92 - 4.8)
    np.testing.assert_array_equal(image.asnumpy()[y : y + 48, x : x + 64], PICTURE)


def test_flip():
    image, label = mx.image.DetHorizontalFlipAug(1.0)(mx.nd.array(PICTURE, dtype="uint8"), LABEL.copy())
    np.testing.assert_array_equal(image.asnumpy(), PICTURE[:, ::-1])
    np.testing.assert_allclose(label[0], [0, 0.6, 0.1, 0.9, 0.5], atol=1e-6)
    np.testing.assert_array_equal(label[:, [0, 2, 4]], LABEL[:, [0, 2, 4]])


def test_cuts_keep_their_promises():
    aug = mx.image.DetRandomCropAug(min_object_covered=0.6, area_range=(0.1, 0.5), aspect_ratio_range=(0.5, 2))
    cut = 0
    for _ in range(60):
        image, label = aug(mx.nd.array(PICTURE, dtype="uint8"), LABEL.copy())
        assert len(label) >= 1
        assert label[:, 1:].min() >= 0
        assert label[:, 1:].max() <= 1
        if image.shape != PICTURE.shape:
            h, w, _ = image.shape
            cut += 1
            assert 0.1 * 48 * 64 <= h * w <= 0.5 * 48 * 64
            # Every object left shows more than 60 % of its area.
            for row in label:
                (whole,) = LABEL[LABEL[:, 0] == row[0]]
                part = (row[3] - row[1]) * w * (row[4] - row[2]) * h
                assert part > 0.6 * (whole[3] - whole[1]) * 64 * (whole[4] - whole[2]) * 48 - 1e-3
    assert cut > 10


def test_useless_ranges_are_warned_of(caplog):
    with pytest.warns(UserWarning, match="Skip DetRandomCropAug due to invalid area_range"):
        aug = mx.image.DetRandomCropAug(area_range=(0.9, 0.5))
    image, label = aug(mx.nd.array(PICTURE), LABEL)
    assert label is LABEL
    assert image.shape == PICTURE.shape
    with pytest.warns(UserWarning, match="Skip DetRandomPadAug due to invalid aspect_ratio_range"):
        mx.image.DetRandomPadAug(aspect_ratio_range=(0, 1))
    with caplog.at_level(logging.INFO):
        assert mx.image.DetRandomCropAug(area_range=0.5).area_range == (0.5, 0.5)
    assert "fixed area range" in caplog.text
    with pytest.raises(ValueError, match="area_range should be a number"):
        mx.image.DetRandomPadAug(area_range="x")


def test_selection():
    borrowed = mx.image.DetBorrowAug(mx.image.CastAug())
    assert borrowed.dumps() == ["detborrowaug", '["castaug", {"type": "float32"}]']
    select = mx.image.DetRandomSelectAug([borrowed], 0.5)
    types = {select(mx.nd.array(PICTURE, dtype="uint8"), LABEL)[0].dtype for _ in range(40)}
    assert types == {np.uint8, np.float32}
    assert mx.image.DetRandomSelectAug([]).skip_prob == 1
    with pytest.raises(ValueError, match="DetAugmenter in list only"):
        mx.image.DetRandomSelectAug([mx.image.CastAug()])
    with pytest.raises(TypeError, match="invalid Augmenter"):
        mx.image.DetBorrowAug(3)


def test_usual_lists():
    several = mx.image.det.CreateMultiRandCropAugmenter(min_object_covered=[0.1, 0.3], area_range=[(0.1, 1), (0.2, 1)])
    assert [a.min_object_covered for a in several.aug_list] == [0.1, 0.3]
    with pytest.raises(ValueError, match="area_range should be one value or a list of 3"):
        mx.image.CreateMultiRandCropAugmenter(min_object_covered=[1, 2, 3], area_range=[1, 2])
    augmenters = mx.image.CreateDetAugmenter(
        (3, 24, 20), rand_crop=0.5, rand_pad=0.5, rand_mirror=True, std=True, min_object_covered=[0.1, 0.3]
    )
    described = [a.dumps() for a in augmenters]
    pad = '"aspect_ratio_range": [0.75, 1.33], "area_range": [1.0, 3.0], "max_attempts": 50, "pad_val": [127, 127, 127]'
    assert described[1:] == [
        '["dethorizontalflipaug", {"p": 0.5}]',
        ["detrandomselectaug", ['["detrandompadaug", {' + pad + "}]"]],
        ["detborrowaug", '["forceresizeaug", {"size": [20, 24], "interp": 2}]'],
        ["detborrowaug", '["castaug", {"type": "float32"}]'],
        ["detborrowaug", '["colornormalizeaug", {"mean": null, "std": [58.395, 57.12, 57.375]}]'],
    ]


# ---------------------------------------------------------------------- detection: the iterator


def _detection(files, counts=(1, 3, 2), **kwargs):
    entries = [[2, 5, *LABEL[:n].ravel().tolist(), f"{i}.png"] for i, n in enumerate(counts)]
    return mx.image.ImageDetIter(2, (3, 8, 10), imglist=entries, path_root=str(files), **kwargs)


def test_labels_are_filled_up(files):
    iterator = _detection(files)
    assert iterator.provide_label == [("label", (2, 3, 5))]
    first, second = list(iterator)
    assert (first.label[0].asnumpy()[0, 1:] == -1).all()
    np.testing.assert_allclose(first.label[0].asnumpy()[1], LABEL)
    assert second.pad == 1
    assert first.data[0].shape == (2, 3, 8, 10)


def test_shapes_of_two_iterators(files):
    one, two = _detection(files, (1,)), _detection(files, (3, 1))
    assert one.sync_label_shape(two) is two
    assert one.label_shape == two.label_shape == (3, 5)
    assert next(one).label[0].shape == (2, 3, 5)
    one.reshape((3, 9, 9), (4, 5))
    assert one.provide_data == [("data", (2, 3, 9, 9))]
    for shape, message in (((1, 5), "reduce label count"), ((4, 6), "width inconsistent"), ((4,), "length 2")):
        with pytest.raises(ValueError, match=message):
            one.reshape(None, shape)
    with pytest.raises(TypeError, match="invalid iterator"):
        one.sync_label_shape(3)


@pytest.mark.parametrize(
    ("label", "message"),
    [([2, 5], "Label shape is invalid"), ([2, 5, *range(6)], "inconsistent"), ([2, 5, 0, 1, 1, 0, 0], "no valid label"),
     ([2, 0, 0, 0, 0, 1, 1], "inconsistent"), ([-1, 5, 0, 0, 0, 1, 1], "inconsistent")],
)  # fmt: skip
def test_wrong_labels(files, label, message):
    with pytest.raises(RuntimeError, match=message):
        mx.image.ImageDetIter(1, (3, 8, 8), imglist=[[*label, "0.png"]], path_root=str(files))


def test_drawing(files):
    iterator = _detection(files, (3,))
    (plain,) = _detection(files, (3,)).draw_next(color=(0, 0, 0), thickness=1)
    (drawn,) = iterator.draw_next(color=(255, 0, 0), thickness=1, id2labels={1: "x"})
    assert drawn.dtype == np.uint8
    assert drawn.shape == (8, 10, 3)
    assert tuple(drawn[0, 1]) == (0, 0, 255)  # BGR
    assert (plain == 0).all()
