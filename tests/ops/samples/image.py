"""Images."""

from tests.ops.rows import const, f, ints, row

_BYTES = [ints(4, 5, 3, low=0, high=256, dtype="uint8"), ints(4, 5, 1, low=0, high=256, dtype="uint8")]
_SMALL = f(3, 4, 3, low=0, high=255)
# A red, a green, a blue and a gray pixel as PNG.
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a730000001649"
    "44415408d763f8cfc0c0f09f81b991e17f032323001e92040427ba960e0000000049454e44ae426082"
)
_ENCODED = const(list(_PNG), dtype="uint8")
_RANDOM = "random"
_MIDDLE = "the wheel leaves the middle column or row of odd sizes, or a gray image, undefined"
_IDENTITY = "MXNet hands the gradient on unchanged"
_NEVER = "MXNet's own gradient has the wrong shape, or is that of a copy"
_KINDS = ("uint8", "int8", "int32", "int64", "float16", "float32", "float64")
_FLOATS = ("float16", "float32", "float64")


def _color(name, data, **params):
    return row(f"_image_{name}", data, **params).set(numeric=False, note=_IDENTITY, rtol=1e-3, atol=1e-4)


def _resized(name, data, **params):
    bicubic = params["interp"] == 2 and data.dtype == "uint8"
    made = row(name, data, **params).set(grad=False, rtol=1e-3)
    return made.set(golden=False, note="OpenCV 3 and 4 differ by one in bytes") if bicubic else made


ROWS = [
    # ---------------------------------------------------------------- decoding
    *[
        row("_cvimdecode", _ENCODED, **p).set(grad=False, symbol=False, infer=False)
        for p in ({}, {"flag": 0}, {"flag": 1, "to_rgb": False})
    ],
    row("_cvimdecode", const(list(_PNG[:30]), dtype="uint8")).set(raises="Invalid image"),
    row("_cvimdecode", ints(3)).set(raises="uint8 buffer"),
    row("_cvimdecode", _ENCODED, flag=-1).set(raises="flag expects"),
    row("_cvimread", filename="/nowhere/x.png").set(raises="couldn't open file"),
    row("_imdecode", (1,), index=0, x0=0, y0=0, x1=0, y1=0, c=3, size=0).set(raises="empty buffer"),
    # ---------------------------------------------------------------- to networks
    *[row("_image_to_tensor", ints(2, 3, 3, high=100, dtype=t)).set(grad=False, note=_NEVER) for t in _KINDS],
    row("_image_to_tensor", ints(2, 2, 3, 1, high=256, dtype="uint8")).set(grad=False),
    row("_image_to_tensor", (2, 3)).set(raises=r"expected an image \(height, width, channels\)"),
    *[
        row("_image_normalize", f(3, 2, 4, dtype=t), mean=(0.1, 1.2, 2), std=(0.5, 1, 3))
        for t in ("float32", "float64")
    ],
    row("_image_normalize", f(3, 2, 2, dtype="float16"), mean=0.5, std=0.3).set(grad=False, rtol=1e-3, atol=1e-3),
    row("_image_normalize", ints(3, 2, 2, low=20, high=90, dtype="uint8"), mean=(2.5,), std=(0.5,)).set(grad=False),
    row("_image_normalize", (2, 1, 2, 3), mean=(0.5,), std=2),
    row("_image_normalize", (2, 3, 2, 3), mean=(0.5,), std=(1, 2, 3)),
    row("_image_normalize", (3, 2, 2)).set(raises="Invalid mean"),
    row("_image_normalize", (1, 2, 2), mean=1, std=(1, 2, 3)).set(raises="Invalid std"),
    row("_image_normalize", (2, 2, 2), mean=1, std=1).set(raises="1 or 3 channels"),
    row("_image_normalize", (2, 2), mean=1, std=1).set(raises=r"expected an image \(channels, height, width\)"),
    # ---------------------------------------------------------------- cutting and mirroring
    *[row("_image_crop", ints(4, 5, 3, high=100, dtype=t), x=1, y=2, width=3, height=2) for t in _KINDS],
    row("_image_crop", (2, 3, 4, 1), x=0, y=1, width=4, height=1),
    row("_image_crop", (4, 5, 3), x=3, y=0, width=3, height=1).set(raises="x \\+ width"),
    row("_image_crop", (4, 5, 3), x=3, y=-1, width=1, height=1).set(raises="y should not be negative"),
    row("_image_crop", (4, 5, 3), x=0, y=0, width=0, height=1).set(raises="height and width should be positive"),
    row("_image_crop", (4, 5, 2), x=0, y=0, width=1, height=1).set(raises="1 or 3"),
    row("_image_crop", (4, 5), x=0, y=0, width=1, height=1).set(raises="shape"),
    *[
        row(f"_image_flip_{s}", ints(4, 2, 3, high=100, dtype=t)).set(
            grad=False, note="MXNet forgets to flip gradients"
        )
        for s in ("left_right", "top_bottom")
        for t in _KINDS
    ],
    *[row(f"_image_flip_{s}", (3, 3, 3)).set(golden=False, note=_MIDDLE) for s in ("left_right", "top_bottom")],
    *[row(f"_image_flip_{s}", (2, 2, 2, 3)).set(raises="shape") for s in ("left_right", "top_bottom")],
    *[
        row(f"_image_random_flip_{s}", (2, 4, 3)).set(golden=False, grad=False, note=_RANDOM)
        for s in ("left_right", "top_bottom")
    ],
    # ---------------------------------------------------------------- resizing and framing
    *[
        _resized("_image_resize", d, size=(7, 3), interp=i)
        for i in range(5)
        for d in (*_BYTES, f(4, 5, 3), f(4, 5, 1, dtype="float64"))
    ],
    row("_image_resize", (4, 5, 3), size=3).set(grad=False, note=_NEVER),
    row("_image_resize", (6, 4, 3), size=3, keep_ratio=True).set(grad=False),
    row("_image_resize", (2, 4, 7, 3), size=2, keep_ratio=True).set(grad=False),
    row("_image_resize", (2, 4, 3, 1), size=(2, 5)).set(grad=False),
    row("_image_resize", (2, 3, 6), size=(2, 1)).set(grad=False),
    row("_image_resize", ints(4, 5, 3, dtype="int32"), size=3, interp=0).set(grad=False),
    row("_image_resize", (3, 4, 1), size=(5, 2)).set(golden=False, note=_NEVER),
    row("_image_resize", (4, 5, 3)).set(raises="dimension must be 1 or 2"),
    row("_image_resize", (4, 5, 3), size=(0, 2)).set(raises="greater than 0"),
    row("_image_resize", f(4, 5, 3, dtype="float16"), size=2).set(raises="float16"),
    row("_image_resize", (4, 5, 3), size=2, interp=11).set(raises="interp|resize"),
    *[_resized("_cvimresize", d, w=3, h=6, interp=i) for i in range(5) for d in (*_BYTES, f(4, 5, 3))],
    row("_cvimresize", (4, 5), w=2, h=2).set(raises="src must have shape"),
    row("_cvimresize", (4, 5, 3), w=0, h=2).set(raises="w expects"),
    *[
        row("_cvcopyMakeBorder", d, top=1, bot=2, left=1, right=0, type=i, value=9.4).set(grad=False)
        for i in range(5)
        for d in (ints(3, 3, 3, low=0, high=256, dtype="uint8"), f(3, 3, 1))
    ],
    row("_cvcopyMakeBorder", f(2, 2, 4), top=1, bot=0, left=0, right=0, values=(1, 2, 3, 4)).set(grad=False),
    row("_cvcopyMakeBorder", ints(2, 2, 3, dtype="int32"), top=0, bot=0, left=2, right=0, value=7).set(grad=False),
    row("_cvcopyMakeBorder", (2, 2, 3), top=-1, bot=0, left=0, right=0).set(raises="top must not be negative"),
    row("_cvcopyMakeBorder", (2, 2), top=1, bot=0, left=0, right=0).set(raises="src must have shape"),
    row("_cvcopyMakeBorder", (2, 2, 3), top=1, bot=0, left=0, right=0, values=(1, 2, 3, 4, 5)).set(raises="four"),
    # ---------------------------------------------------------------- colors
    *[
        _color(f"random_{name}", d, min_factor=v, max_factor=v)
        for name, v in (("brightness", 1.3), ("contrast", 0.6), ("saturation", 1.4), ("hue", 0.3))
        for d in (_BYTES[0], _SMALL, *[ints(2, 3, 3, high=60, dtype=t) for t in ("int32", "float16", "float64")])
    ],
    *[_color(f"random_{name}", _BYTES[1], min_factor=1.3, max_factor=1.3) for name in ("brightness", "contrast")],
    *[
        row(f"_image_random_{name}", _BYTES[1], min_factor=1.3, max_factor=1.3).set(
            grad=False, golden=False, note=_MIDDLE
        )
        for name in ("saturation", "hue")
    ],
    row("_image_random_brightness", (2, 3, 3), min_factor=-1, max_factor=1).set(raises="min_factor"),
    row("_image_random_contrast", (2, 3, 2), min_factor=1, max_factor=1).set(raises="1 or 3 channels"),
    row("_image_random_color_jitter", _BYTES[0], brightness=0.4, contrast=0.3, saturation=0.2, hue=0.1).set(
        golden=False, grad=False, note=_RANDOM
    ),
    _color("adjust_lighting", _BYTES[0], alpha=(0.5, -0.3, 0.2)),
    _color("adjust_lighting", _SMALL, alpha=(0.5, -0.3, 0.2)),
    row("_image_adjust_lighting", _SMALL, alpha=(0.5, 1)).set(raises="three numbers"),
    _color("random_lighting", _SMALL, alpha_std=0.0),
    row("_image_random_lighting", _BYTES[0]).set(golden=False, grad=False, note=_RANDOM),
]
