"""mx.image: functions and augmenters for classification. Recorded numbers come from MXNet 1.9.1 with the same seeds."""

import json
import random

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet._core.ops.image.geometry import _interpolated
from tests.conftest import SHARED, needs_shared

FOLDER = SHARED / "fixtures" / "recordio"
# A picture with every byte in it.
PICTURE = (np.arange(48 * 64 * 3) * 7 % 256).reshape(48, 64, 3).astype("uint8")
WEIGHTS = np.cos(np.arange(PICTURE.size)).reshape(PICTURE.shape)


def _picture(dtype="uint8"):
    return mx.nd.array(PICTURE, dtype=dtype)


def _seed(number):
    random.seed(number)
    np.random.seed(number)


def _png(pixels):
    return cv2.imencode(".png", pixels)[1].tobytes()


# ---------------------------------------------------------------------- decoding


@needs_shared
@pytest.mark.parametrize("name", ["rgb", "gray"])
def test_decodes_files_like_mxnet(name):
    reader = mx.recordio.MXIndexedRecordIO(str(FOLDER / "images.idx"), str(FOLDER / "images.rec"), "r")
    with np.load(FOLDER / "images.npz") as expected:
        for i, key in enumerate(reader.keys):
            _, encoded = mx.recordio.unpack(reader.read_idx(key))
            pixels = mx.image.imdecode(encoded, flag=int(name == "rgb")).asnumpy()
            difference = pixels.astype(int) - expected[f"{name}:{i}"].astype(int)
            assert np.abs(difference).max() <= 2  # JPEG decoders differ by a unit or two


@pytest.mark.parametrize("convert", [bytes, bytearray, lambda b: np.frombuffer(b, np.uint8), "nd"])
def test_decodes_any_buffer(convert):
    encoded = _png(PICTURE)
    buffer = mx.nd.array(np.frombuffer(encoded, np.uint8), dtype="uint8") if convert == "nd" else convert(encoded)
    image = mx.image.imdecode(buffer)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image.asnumpy(), PICTURE[:, :, ::-1])
    np.testing.assert_array_equal(mx.image.imdecode(buffer, to_rgb=0).asnumpy(), PICTURE)
    assert mx.image.imdecode(buffer, flag=0).shape == (48, 64, 1)
    out = mx.nd.zeros((48, 64, 3), dtype="uint8")
    assert mx.image.imdecode(buffer, 1, True, out=out) is out
    np.testing.assert_array_equal(out.asnumpy(), PICTURE[:, :, ::-1])


def test_reads_files(tmp_path):
    path = tmp_path / "ä b.png"
    path.write_bytes(_png(PICTURE))
    np.testing.assert_array_equal(mx.img.imread(str(path), to_rgb=False).asnumpy(), PICTURE)
    with pytest.raises(mx.MXNetError, match="couldn't open file.*No such file"):
        mx.image.imread(str(tmp_path / "none.png"))
    with pytest.raises(mx.MXNetError, match="directory"):
        mx.image.imread(str(tmp_path))


def test_plain_files_are_not_turned():
    """MXNet ignores a camera's note on orientation behind a JFIF header, and follows it without one."""
    encoded = cv2.imencode(".jpg", PICTURE)[1].tobytes()
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # orientation 6: turn it by 90 degrees
    note = b"\xff\xe1" + (len(tiff) + 8).to_bytes(2, "big") + b"Exif\0\0" + tiff
    header_end = 4 + int.from_bytes(encoded[4:6], "big")
    assert encoded[2:4] == b"\xff\xe0"
    assert mx.image.imdecode(encoded[:header_end] + note + encoded[header_end:]).shape == (48, 64, 3)
    assert mx.image.imdecode(encoded[:2] + note + encoded[header_end:]).shape == (64, 48, 3)


def test_what_is_no_image():
    with pytest.raises(mx.MXNetError, match="empty buffer"):
        mx.image.imdecode(b"")
    for bad in (b"clearly not image content", _png(PICTURE)[:40], b"\x89PNG", b"\xff\xd8\xff\xe0"):
        with pytest.raises(mx.MXNetError, match="Invalid image"):
            mx.image.imdecode(bad)
    for bad in ("text", [1, 2], None):
        with pytest.raises(ValueError, match="buf must be of type"):
            mx.image.imdecode(bad)
    with pytest.raises(mx.MXNetError, match="uint8 buffer"):
        mx.image.imdecode(mx.nd.ones((3,)))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=60), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM", b"GIF89a"]))
def test_random_bytes_never_crash(data, start):
    try:
        assert mx.image.imdecode(start + data).ndim == 3
    except mx.MXNetError as e:
        assert "Decoding failed" in str(e) or "empty" in str(e)


def test_old_imdecode():
    """The interfaces of MXNet 0.x."""
    encoded = _png(PICTURE)
    chw = PICTURE[:, :, ::-1].transpose(2, 0, 1).astype("float32")
    np.testing.assert_array_equal(mx.nd.imdecode(encoded).asnumpy()[0], chw)
    np.testing.assert_array_equal(mx.nd.imdecode(encoded, (1, 2, 6, 5)).asnumpy()[0], chw[:, 2:5, 1:6])
    out = mx.nd.zeros((2, 3, 48, 64))
    mean = mx.nd.array([2.0])
    mx.nd._internal._imdecode(mean, index=1, x0=0, y0=0, x1=0, y1=0, c=3, size=len(encoded), str_img=encoded, out=out)
    np.testing.assert_array_equal(out.asnumpy(), [chw * 0, chw - 2])
    with pytest.raises(mx.MXNetError, match="rectangle"):
        mx.nd.imdecode(encoded, (0, 0, 65, 5))


# ---------------------------------------------------------------------- sizes


def test_sizes():
    assert mx.image.scale_down((640, 480), (720, 120)) == (640, 106)
    assert mx.image.scale_down((360, 1000), (480, 500)) == (360, 375)
    assert mx.image.scale_down((300, 400), (0, 0)) == (0, 0)
    assert mx.image.resize_short(_picture(), 24).shape == (24, 32, 3)
    assert mx.image.resize_short(mx.nd.ones((9, 5, 1)), 10).shape == (18, 10, 1)
    assert mx.image.imresize(_picture(), 7, 9).shape == (9, 7, 3)


@pytest.mark.parametrize("interp", range(5))
def test_resizing_is_that_of_opencv(interp):
    resized = mx.image.resize_short(_picture(), 30, interp).asnumpy()
    np.testing.assert_array_equal(resized, cv2.resize(PICTURE, (40, 30), interpolation=interp))


def test_interpolation_by_sizes():
    method = mx.image.image._get_interp_method
    assert [method(9, s) for s in ((5, 5, 9, 9), (9, 9, 5, 5), (5, 9, 9, 5), ())] == [2, 3, 1, 2]
    assert {method(10) for _ in range(200)} == set(range(5))
    with pytest.raises(ValueError, match="Unknown interp method 7"):
        method(7)
    with pytest.raises(ValueError, match="old and the new"):
        method(9, (1, 2))


def test_cuts():
    """Rectangles are those which MXNet draws from the same seed."""
    _seed(7)
    image, rectangle = mx.image.random_crop(_picture(), (20, 30))
    assert rectangle == (20, 4, 20, 30)
    np.testing.assert_array_equal(image.asnumpy(), PICTURE[4:34, 20:40])
    image, rectangle = mx.image.random_crop(_picture(), (80, 30), 3)
    assert rectangle == (0, 20, 64, 24)
    assert image.shape == (30, 80, 3)
    assert mx.image.center_crop(_picture(), (21, 31))[1] == (21, 8, 21, 31)
    image, rectangle = mx.image.random_size_crop(_picture(), (20, 20), 0.1, (0.7, 1.5), interp=1)
    assert rectangle == (6, 11, 24, 18)
    np.testing.assert_array_equal(image.asnumpy(), cv2.resize(PICTURE[11:29, 6:30], (20, 20)))
    # Wide rectangles of nearly the whole area do not fit: the middle is taken.
    assert mx.image.random_size_crop(_picture(), (20, 20), (0.9, 1.0), (3.0, 4.0))[1] == (22, 14, 20, 20)


def test_old_name_of_area():
    with pytest.warns(DeprecationWarning, match="min_area"):
        mx.image.random_size_crop(_picture(), (5, 5), None, (1, 1), min_area=0.5)
    with pytest.warns(DeprecationWarning, match="min_area"):
        assert mx.image.RandomSizedCropAug((5, 5), None, (1, 1), min_area=0.5).area == 0.5
    with pytest.raises(TypeError, match="unexpected keyword.*max_area"):
        mx.image.random_size_crop(_picture(), (5, 5), 0.5, (1, 1), max_area=0.5)


def test_frame():
    framed = mx.image.copyMakeBorder(_picture(), 1, 2, 3, 4, type=0, values=(10, 20, 30)).asnumpy()
    assert framed.shape == (51, 71, 3)
    np.testing.assert_array_equal(framed[1:-2, 3:-4], PICTURE)
    assert (framed[0] == [10, 20, 30]).all()


# ---------------------------------------------------------------------- rotation


@pytest.mark.parametrize(
    ("zoom", "mean", "weighted"),
    [({}, 0.92043, 12.066), ({"zoom_in": True}, 1.14284, 20.059), ({"zoom_out": True}, 0.40212, 3.515)],
)
def test_rotation_like_mxnet(zoom, mean, weighted):
    x = (np.arange(2 * 20 * 31) % 17 / 7.0).reshape(1, 2, 20, 31).astype("float32")
    rotated = mx.image.imrotate(mx.nd.array(x), 33.0, **zoom).asnumpy()
    np.testing.assert_allclose(rotated.mean(), mean, atol=1e-4)
    np.testing.assert_allclose((rotated * np.cos(np.arange(x.size)).reshape(x.shape)).sum(), weighted, atol=5e-3)


def test_quarter_turns():
    x = mx.nd.array(np.arange(18).reshape(2, 3, 3))
    np.testing.assert_allclose(mx.image.imrotate(x, 90).asnumpy(), np.rot90(x.asnumpy(), 1, (1, 2)), atol=1e-4)
    batch = mx.image.imrotate(mx.nd.stack(x, x), mx.nd.array([0, 180]))
    np.testing.assert_allclose(batch[0].asnumpy(), x.asnumpy(), atol=1e-4)
    np.testing.assert_allclose(batch[1].asnumpy(), x.asnumpy()[:, ::-1, ::-1], atol=1e-4)


def test_wrong_rotations():
    x = mx.nd.ones((1, 3, 4))
    with pytest.raises(ValueError, match="cannot be both"):
        mx.image.imrotate(x, 3, True, True)
    with pytest.raises(TypeError, match="float32.*float64"):
        mx.image.imrotate(x.astype("float64"), 3)
    with pytest.raises(TypeError, match="one image takes one number"):
        mx.image.imrotate(x, mx.nd.array([3.0]))
    with pytest.raises(ValueError, match="2 images need as many angles, got 3"):
        mx.image.imrotate(mx.nd.stack(x, x), mx.nd.ones(3))
    with pytest.raises(ValueError, match="one image or a batch"):
        mx.image.imrotate(mx.nd.ones((3, 4)), 3)


def test_random_rotation_draws_one_angle_an_image():
    x = mx.nd.random.uniform(shape=(1, 6, 6))
    both = mx.image.random_rotate(mx.nd.stack(x, x), (-40, 40)).asnumpy()
    assert not np.allclose(both[0], both[1])
    np.testing.assert_allclose(mx.image.random_rotate(x, (0, 0)).asnumpy(), x.asnumpy(), atol=1e-5)


# ---------------------------------------------------------------------- augmenters

_EIGENVALUES = np.array([55.46, 4.794, 1.148])
_EIGENVECTORS = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])

# Mean of the result, and its sum weighted with WEIGHTS, from the seed 7.
RECORDED = {
    "brightness": (lambda: mx.image.BrightnessJitterAug(0.4), 109.5309, -315.41),
    "contrast": (lambda: mx.image.ContrastJitterAug(0.4), 127.5000, -323.96),
    "saturation": (lambda: mx.image.SaturationJitterAug(0.4), 127.5000, -338.35),
    "hue": (lambda: mx.image.HueJitterAug(0.4), 127.3964, 161.05),
    "jitter": (lambda: mx.image.ColorJitterAug(0.1, 0.2, 0.3), 115.9813, -356.58),
    "lighting": (lambda: mx.image.LightingAug(0.3, _EIGENVALUES, _EIGENVECTORS), 111.2579, -359.69),
    "gray": (lambda: mx.image.RandomGrayAug(0.9), 127.5000, -149.05),
    "flip": (lambda: mx.image.HorizontalFlipAug(0.9), 127.5000, -369.14),
}


@pytest.mark.parametrize("name", RECORDED)
def test_augmenters_like_mxnet(name):
    make, mean, weighted = RECORDED[name]
    augmenter = make()
    _seed(7)
    result = augmenter(_picture("float32")).asnumpy().astype("float64")
    np.testing.assert_allclose(result.mean(), mean, atol=1e-3)
    np.testing.assert_allclose((result * WEIGHTS).sum(), weighted, atol=0.1)


def test_normalizing_is_in_place():
    x = _picture("float32")
    mean, std = mx.nd.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 8.0])
    assert mx.image.ColorNormalizeAug(mean, std)(x) is x
    np.testing.assert_allclose(x.asnumpy(), (PICTURE - mean.asnumpy()) / std, rtol=1e-6)
    assert mx.image.color_normalize(x, None) is x


def test_usual_list():
    augmenters = mx.image.CreateAugmenter(
        (3, 24, 20), resize=30, rand_crop=True, rand_resize=True, rand_mirror=True, mean=True, std=True,
        brightness=0.3, hue=0.1, pca_noise=0.1, rand_gray=0.5,
    )  # fmt: skip
    described = [a.dumps() for a in augmenters]
    assert described[:4] == [
        '["resizeaug", {"size": 30, "interp": 2}]',
        '["randomsizedcropaug", {"size": [20, 24], "area": 0.08, "ratio": [0.75, 1.3333333333333333], "interp": 2}]',
        '["horizontalflipaug", {"p": 0.5}]',
        '["castaug", {"type": "float32"}]',
    ]
    assert described[4] == ["colorjitteraug", ['["brightnessjitteraug", {"brightness": 0.3}]']]
    assert [json.loads(d)[0] for d in described[5:]] == [
        "huejitteraug",
        "lightingaug",
        "randomgrayaug",
        "colornormalizeaug",
    ]
    assert json.loads(described[-1])[1]["mean"] == [123.68000030517578, 116.27999877929688, 103.52999877929688]
    x = _picture()
    for augmenter in augmenters:
        x = augmenter(x)
    assert x.shape == (24, 20, 3)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(_picture().asnumpy(), PICTURE)


def test_several_augmenters():
    resize, cast = mx.image.ForceResizeAug((5, 7)), mx.image.CastAug()
    both = mx.image.SequentialAug([resize, cast])
    assert both(_picture()).shape == (7, 5, 3)
    assert both.dumps() == ["sequentialaug", [resize.dumps(), cast.dumps()]]
    orders = set()
    for _ in range(50):
        calls = []
        steps = [lambda x, c=c, calls=calls: calls.append(c) or x for c in "abc"]
        mx.image.RandomOrderAug(steps)(_picture())
        orders.add("".join(calls))
    assert len(orders) == 6


def test_wrong_augmenters():
    with pytest.raises(ValueError, match="needs rand_crop"):
        mx.image.CreateAugmenter((3, 4, 4), rand_resize=True)
    with pytest.raises(ValueError, match="mean should be True, or an array"):
        mx.image.CreateAugmenter((3, 4, 4), mean=[1, 2, 3])
    with pytest.raises(NotImplementedError):
        mx.image.Augmenter(p=1)(_picture())


# ---------------------------------------------------------------------- operators


def test_gradients():
    """Those of MXNet where it has right ones; else the derivative."""
    x = mx.nd.random.uniform(shape=(4, 6, 3))
    x.attach_grad()
    weights = mx.nd.random.uniform(shape=(3, 4, 6))
    with mx.autograd.record():
        y = (mx.nd.image.normalize(mx.nd.image.to_tensor(x), mean=(0.1, 0.2, 0.3), std=(2, 4, 5)) * weights).sum()
    y.backward()
    expected = weights.asnumpy().transpose(1, 2, 0) / 255 / np.array([2, 4, 5])
    np.testing.assert_allclose(x.grad.asnumpy(), expected, rtol=1e-5)
    with mx.autograd.record():
        y = mx.nd.image.flip_left_right(x) * mx.nd.arange(6).reshape((1, 6, 1))
    y.backward()
    np.testing.assert_allclose(x.grad.asnumpy()[0, :, 0], [5, 4, 3, 2, 1, 0])
    with mx.autograd.record(), pytest.raises(mx.MXNetError, match="no gradient through interpolation 3"):
        mx.nd.image.resize(x, (2, 2), interp=3)


def test_resizing_on_a_device_is_that_of_opencv():
    """What torch does where OpenCV cannot: here because a gradient is wanted."""
    x = mx.nd.random.uniform(shape=(2, 5, 7, 3))
    for interp in (0, 1, 2):
        for size in ((9, 4), (3, 11)):
            plain = mx.nd.image.resize(x, size, interp=interp).asnumpy()
            x.attach_grad()
            with mx.autograd.record():
                y = mx.nd.image.resize(x, size, interp=interp)
            y.backward()
            np.testing.assert_allclose(y.asnumpy(), plain, rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(x.grad.asnumpy().sum(), y.size, rtol=1e-4)
            x = x.detach()


@pytest.mark.parametrize("interp", [0, 1, 2])
def test_resizing_bytes_on_a_device(interp):
    """Torch resizes bytes as OpenCV does, but for their rounding."""
    for width, height in ((20, 30), (100, 70)):
        pixels = _interpolated(torch.from_numpy(PICTURE), width, height, interp).numpy()
        assert pixels.dtype == np.uint8
        expected = cv2.resize(PICTURE, (width, height), interpolation=interp)
        assert np.abs(pixels.astype(int) - expected).max() <= (1 if interp else 0)


def test_random_operators_stay_in_their_ranges():
    x = mx.nd.full((8, 8, 3), 100.0)
    factors = {round(float(mx.nd.image.random_brightness(x, 0.5, 1.5)[0, 0, 0].asscalar()) / 100, 4) for _ in range(50)}
    assert len(factors) > 40
    assert min(factors) >= 0.5
    assert max(factors) < 1.5
    pictures = {mx.nd.image.random_flip_left_right(_picture()).asnumpy().tobytes() for _ in range(40)}
    assert pictures == {PICTURE.tobytes(), PICTURE[:, ::-1].tobytes()}
    pictures = {mx.nd.image.random_flip_top_bottom(_picture()).asnumpy().tobytes() for _ in range(40)}
    assert pictures == {PICTURE.tobytes(), PICTURE[::-1].tobytes()}
    same = mx.nd.image.random_color_jitter(_picture(), 0, 0, 0, 0)
    np.testing.assert_array_equal(same.asnumpy(), PICTURE)
    shift = mx.nd.image.random_lighting(x, alpha_std=0.1).asnumpy() - 100
    assert np.ptp(shift, axis=(0, 1)).max() < 1e-4
    assert np.abs(shift).max() > 0


def test_seed_repeats_operators():
    def draw():
        mx.random.seed(5)
        return mx.nd.image.random_color_jitter(_picture(), 0.3, 0.3, 0.3, 0.3).asnumpy()

    np.testing.assert_array_equal(draw(), draw())


@pytest.mark.gpu
def test_operators_on_a_device():
    x = _picture()
    g = x.as_in_context(mx.gpu())
    for name, args in (
        ("to_tensor", ()),
        ("flip_left_right", ()),
        ("crop", (3, 4, 10, 20)),
        ("random_brightness", (0.7, 0.7)),
        ("random_contrast", (0.7, 0.7)),
        ("random_saturation", (0.7, 0.7)),
        ("random_hue", (0.2, 0.2)),
        ("adjust_lighting", ((0.1, 0.2, 0.3),)),
        ("resize", ((30, 20),)),
        ("random_color_jitter", (0, 0, 0, 0)),
    ):
        operator = getattr(mx.nd.image, name)
        got, want = operator(g, *args), operator(x, *args)
        assert got.context == mx.gpu()
        np.testing.assert_allclose(got.asnumpy().astype(float), want.asnumpy().astype(float), atol=1)
    assert mx.nd.image.random_flip_left_right(g).shape == g.shape
    assert mx.nd._internal._cvcopyMakeBorder(g, 1, 1, 1, 1).context == mx.gpu()
