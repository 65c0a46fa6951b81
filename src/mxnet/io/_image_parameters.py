"""The parameters of iterators over images, in groups."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from typing import Annotated, Any, Literal, Optional

from .._core.params import DType, Floats, Ge, LongNonNeg, NonNeg, Shape
from ..base import MXNetError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reading:
    """Where images come from, and how batches of them are made."""

    path_imglist: str = ""
    path_imgrec: str = ""
    path_imgidx: str = ""
    aug_seq: str = "aug_default"
    label_width: int = 1
    data_shape: Shape
    preprocess_threads: Annotated[int, Ge(1)] = 4
    verbose: bool = True
    num_parts: int = 1
    part_index: int = 0
    device_id: int = 0
    shuffle_chunk_size: LongNonNeg = 0
    shuffle_chunk_seed: int = 0
    seed_aug: Optional[int] = None
    shuffle: bool = False
    seed: int = 0
    batch_size: NonNeg
    round_batch: bool = True
    prefetch_buffer: LongNonNeg = 4
    ctx: Literal["cpu", "gpu"] = "gpu"
    dtype: Optional[DType] = None

    def __post_init__(self) -> None:
        shape = self.data_shape
        if len(shape) != 3 or any(v is None or v < 1 for v in shape):
            raise MXNetError(
                f"value {shape} for Parameter data_shape has wrong dimensions, expected (channels, height, width)"
            )
        if shape[0] not in (1, 3, 4):
            raise MXNetError(f"Invalid output shape {shape}: images have 1, 3 or 4 channels")
        if self.batch_size < 1:
            raise MXNetError(f"batch_size must be at least 1, got {self.batch_size}")
        if not self.path_imgrec:
            raise MXNetError("must specify image_rec: path_imgrec is empty")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Augmentation:
    """What may happen to images for classification."""

    resize: int = -1
    rand_crop: bool = False
    random_resized_crop: bool = False
    max_rotate_angle: int = 0
    max_aspect_ratio: float = 0.0
    min_aspect_ratio: Optional[float] = None
    max_shear_ratio: float = 0.0
    max_crop_size: int = -1
    min_crop_size: int = -1
    max_random_scale: float = 1.0
    min_random_scale: float = 1.0
    max_random_area: float = 1.0
    min_random_area: float = 1.0
    max_img_size: float = 1e10
    min_img_size: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    pca_noise: float = 0.0
    random_h: int = 0
    random_s: int = 0
    random_l: int = 0
    rotate: int = -1
    fill_value: int = 255
    inter_method: int = 1
    pad: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Normalization:
    """From bytes to the numbers that a network takes."""

    mirror: bool = False
    rand_mirror: bool = False
    mean_img: str = ""
    mean_r: float = 0.0
    mean_g: float = 0.0
    mean_b: float = 0.0
    mean_a: float = 0.0
    std_r: float = 1.0
    std_g: float = 1.0
    std_b: float = 1.0
    std_a: float = 1.0
    scale: float = 1.0
    max_random_contrast: float = 0.0
    max_random_illumination: float = 0.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class DetReading(Reading):
    """As :class:`Reading`, for images with labels of any length."""

    path_imgrec: str = "./data/imgrec.rec"
    aug_seq: str = "det_aug_default"
    label_width: int = -1
    label_pad_width: int = 0
    label_pad_value: float = -1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class DetAugmentation:
    """What may happen to images for detection."""

    resize: int = -1
    rand_crop_prob: float = 0.0
    min_crop_scales: Floats = (0.0,)
    max_crop_scales: Floats = (1.0,)
    min_crop_aspect_ratios: Floats = (1.0,)
    max_crop_aspect_ratios: Floats = (1.0,)
    min_crop_overlaps: Floats = (0.0,)
    max_crop_overlaps: Floats = (1.0,)
    min_crop_sample_coverages: Floats = (0.0,)
    max_crop_sample_coverages: Floats = (1.0,)
    min_crop_object_coverages: Floats = (0.0,)
    max_crop_object_coverages: Floats = (1.0,)
    num_crop_sampler: int = 1
    crop_emit_mode: Literal["center", "overlap"] = "center"
    emit_overlap_thresh: Annotated[float, Ge(0)] = 0.3
    max_crop_trials: Shape = (25,)
    rand_pad_prob: float = 0.0
    max_pad_scale: float = 1.0
    max_random_hue: int = 0
    random_hue_prob: float = 0.0
    max_random_saturation: int = 0
    random_saturation_prob: float = 0.0
    max_random_illumination: int = 0
    random_illumination_prob: float = 0.0
    max_random_contrast: float = 0.0
    random_contrast_prob: float = 0.0
    rand_mirror_prob: float = 0.0
    fill_value: int = 127
    inter_method: int = 1
    resize_mode: Literal["fit", "force", "shrink"] = "force"


@dataclasses.dataclass(frozen=True, kw_only=True)
class DetNormalization:
    """As :class:`Normalization`; a deviation of 0 leaves its channel alone."""

    mean_img: str = ""
    mean_r: float = 0.0
    mean_g: float = 0.0
    mean_b: float = 0.0
    mean_a: float = 0.0
    std_r: float = 0.0
    std_g: float = 0.0
    std_b: float = 0.0
    std_a: float = 0.0
    scale: float = 1.0


def types_of(groups: tuple[type, ...]) -> dict[str, Any]:
    """The annotations of all parameters in some groups."""
    return {n: hint for group in groups for n, hint in typing.get_type_hints(group, include_extras=True).items()}


def signature_of(groups: tuple[type, ...]) -> inspect.Signature:
    """A signature with all parameters in some groups, by keyword."""
    return inspect.Signature([p for group in groups for p in inspect.signature(group).parameters.values()])


def pick(group: type, given: dict[str, Any]) -> Any:
    """The parameters of one group, from all that are given."""
    return group(**{f.name: given[f.name] for f in dataclasses.fields(group) if f.name in given})
