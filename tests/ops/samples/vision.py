"""Detection and spatial operators."""

from tests.ops.rows import const, distinct, f, row

_BOXES = const([[0.1, 0.1, 0.4, 0.5], [0.15, 0.12, 0.45, 0.5], [0.6, 0.5, 0.9, 0.8], [0.5, 0.5, 0.7, 0.95]])
_ANCHORS = const(
    [
        [
            [0.1, 0.1, 0.4, 0.5],
            [0.15, 0.2, 0.5, 0.5],
            [0.6, 0.5, 0.9, 0.8],
            [0.5, 0.4, 0.7, 0.9],
            [0.0, 0.6, 0.3, 0.9],
            [0.3, 0.3, 0.7, 0.7],
        ]
    ]
)
_ROIS = const([[0, 0.6, 1.2, 6.3, 7.9], [1, 2.2, 0.3, 5.1, 4.4], [0, 3, 3, 12, 9]])
_DETECTIONS = const(
    [
        [
            [0, 0.9, 0.1, 0.1, 0.4, 0.5],
            [1, 0.3, 0.6, 0.5, 0.9, 0.8],
            [0, 0.7, 0.15, 0.12, 0.45, 0.5],
            [1, 0.8, 0.12, 0.1, 0.4, 0.52],
            [0, -0.2, 0.5, 0.5, 0.7, 0.95],
        ]
    ]
)
_FIXED = "regions hand no gradient on"
_NONE = "the gradient is zero by definition"

ROWS = [
    # ---------------------------------------------------------------- sampling
    row("GridGenerator", (2, 6), transform_type="affine", target_shape=(3, 4)),
    row("GridGenerator", (1, 2, 3, 4), transform_type="warp"),
    row("GridGenerator", (2, 6), transform_type="affine").set(raises="target_shape"),
    row("BilinearSampler", (1, 2, 4, 3), f(1, 2, 3, 2, low=-1.3, high=1.3)),
    row("BilinearSampler", (1, 2, 4, 3), (2, 2, 3, 2)).set(raises="grid"),
    row(
        "SpatialTransformer",
        (2, 1, 4, 4),
        f(2, 6, low=-0.7, high=0.7),
        target_shape=(3, 4),
        transform_type="affine",
        sampler_type="bilinear",
    ),
    row("Correlation", (1, 2, 4, 5), (1, 2, 4, 5), max_displacement=1, pad_size=1),
    row(
        "Correlation",
        (1, 2, 5, 6),
        (1, 2, 5, 6),
        kernel_size=3,
        max_displacement=2,
        stride1=2,
        stride2=2,
        pad_size=3,
        is_multiply=False,
    ),
    row("Correlation", (1, 2, 4, 5), (1, 2, 4, 5), kernel_size=2).set(raises="odd"),
    row("Correlation", (1, 2, 4, 5), (1, 2, 4, 5), max_displacement=4).set(
        raises="max_displacement and kernel_size leave no position"
    ),
    # ---------------------------------------------------------------- regions
    row("ROIPooling", distinct(2, 2, 5, 6), _ROIS, pooled_size=(2, 3), spatial_scale=0.5).set(
        numeric=False, note=_FIXED
    ),
    row(
        "ROIPooling",
        distinct(1, 1, 4, 4),
        const([[0, 0, 0, 1, 1], [3, 0, 0, 3, 3], [0, 20, 20, 30, 30]]),
        pooled_size=(2, 2),
        spatial_scale=1.0,
    ).set(numeric=False, note="an image and a place that do not exist"),
    row("ROIPooling", (1, 1, 4, 4), (2, 4), pooled_size=(2, 2), spatial_scale=1.0).set(raises="rois"),
    row("_contrib_ROIAlign", (2, 2, 5, 6), _ROIS, pooled_size=(2, 3), spatial_scale=0.5).set(
        numeric=False, note=_FIXED
    ),
    row(
        "_contrib_ROIAlign",
        (2, 4, 5, 6),
        _ROIS,
        pooled_size=(2, 2),
        spatial_scale=0.5,
        sample_ratio=2,
        aligned=True,
        position_sensitive=True,
    ).set(numeric=False, note=_FIXED),
    row(
        "_contrib_RROIAlign",
        (2, 2, 5, 6),
        const([[0, 4, 4, 6, 3, 30], [1, 5, 3, 4, 4, -45]]),
        pooled_size=(2, 2),
        spatial_scale=0.5,
    ).set(grad=False, note="has none"),
    row("_contrib_PSROIPooling", (2, 8, 5, 6), _ROIS, spatial_scale=0.5, output_dim=2, pooled_size=2).set(
        numeric=False, note=_FIXED
    ),
    row("_contrib_PSROIPooling", (2, 8, 5, 6), _ROIS, spatial_scale=0.5, output_dim=3, pooled_size=2).set(
        raises="output_dim"
    ),
    row(
        "_contrib_DeformablePSROIPooling",
        (2, 8, 5, 6),
        _ROIS,
        (3, 2, 2, 2),
        spatial_scale=0.5,
        output_dim=2,
        group_size=2,
        pooled_size=2,
        sample_per_part=2,
        trans_std=0.1,
    ).set(numeric=False, note=_FIXED),
    row(
        "_contrib_DeformablePSROIPooling",
        (2, 8, 5, 6),
        _ROIS,
        spatial_scale=0.5,
        output_dim=2,
        group_size=2,
        pooled_size=2,
        sample_per_part=2,
        no_trans=True,
    ).set(numeric=False, note=_FIXED),
    row(
        "_contrib_DeformableConvolution",
        (1, 2, 4, 4),
        (1, 16, 3, 3),
        (2, 2, 2, 2),
        (2,),
        kernel=(2, 2),
        num_filter=2,
        num_deformable_group=2,
    ),
    row(
        "_contrib_DeformableConvolution",
        (1, 2, 4, 5),
        (1, 8, 3, 3),
        (2, 1, 2, 2),
        kernel=(2, 2),
        num_filter=2,
        num_group=2,
        stride=(1, 2),
        pad=(0, 1),
        no_bias=True,
    ),
    row(
        "_contrib_DeformableConvolution", (1, 2, 4, 4), (1, 4, 3, 3), (2, 2, 2, 2), (2,), kernel=(2, 2), num_filter=2
    ).set(raises="offset"),
    row(
        "_contrib_ModulatedDeformableConvolution",
        (1, 2, 4, 4),
        (1, 16, 3, 3),
        f(1, 8, 3, 3, low=0, high=1),
        (2, 2, 2, 2),
        (2,),
        kernel=(2, 2),
        num_filter=2,
        num_deformable_group=2,
    ).set(golden=False, note="the wheel has this on GPUs only"),
    # ---------------------------------------------------------------- boxes
    row("_contrib_box_iou", _BOXES, const([[0.1, 0.1, 0.4, 0.5], [0.4, 0.4, 0.8, 0.9]])).set(numeric=False, note=_NONE),
    row("_contrib_box_iou", _BOXES, _BOXES, format="center").set(numeric=False, note=_NONE),
    row("_contrib_box_iou", (3, 3), (2, 4)).set(raises="lhs"),
    *(
        row("_contrib_box_nms", _DETECTIONS, overlap_thresh=0.4, **p).set(numeric=False, note="rows move as a whole")
        for p in (
            {},
            {"id_index": 0},
            {"id_index": 0, "force_suppress": True, "topk": 2},
            {"id_index": 0, "background_id": 1, "out_format": "center"},
            {"in_format": "center"},
            {"valid_thresh": 2.0},
        )
    ),
    row("_contrib_box_nms", _DETECTIONS, score_index=3).set(raises="different columns"),
    row("_contrib_bipartite_matching", distinct(3, 4), threshold=-0.2).set(numeric=False, note=_NONE),
    row("_contrib_bipartite_matching", distinct(2, 3, 2), threshold=0.3, is_ascend=True, topk=1).set(
        numeric=False, note=_NONE
    ),
    row(
        "_contrib_box_encode",
        const([[1, 0, 1, 1]]),
        const([[0, 1, 1, 0]]),
        const([[[0.1, 0.1, 0.4, 0.5], [0.15, 0.12, 0.45, 0.5], [0.6, 0.5, 0.9, 0.8], [0.5, 0.5, 0.7, 0.95]]]),
        const([[[0.1, 0.2, 0.5, 0.5], [0.5, 0.4, 0.9, 0.9]]]),
        const([0.0, 0.1, 0.0, 0.1]),
        const([0.1, 0.1, 0.2, 0.2]),
    ).set(grad=False, note=_NONE),
    row("_contrib_box_decode", (2, 6, 4), _ANCHORS, std0=0.1, std1=0.1, std2=0.2, std3=0.2, clip=0.1).set(
        grad=False, note=_NONE
    ),
    row("_contrib_box_decode", (2, 6, 4), _ANCHORS, format="corner").set(grad=False, note=_NONE),
    # ---------------------------------------------------------------- anchors
    row("_contrib_MultiBoxPrior", (1, 2, 2, 3), sizes=(0.5, 0.3), ratios=(1, 2, 0.5)).set(grad=False, note=_NONE),
    row("_contrib_MultiBoxPrior", (1, 2, 2, 2), clip=True, steps=(0.4, 0.3), offsets=(0.2, 0.6)).set(
        grad=False, note=_NONE
    ),
    *(
        row(
            "_contrib_MultiBoxTarget",
            _ANCHORS,
            const(
                [
                    [[1, 0.1, 0.1, 0.4, 0.45], [0, 0.6, 0.5, 0.85, 0.8]],
                    [[2, 0.1, 0.6, 0.3, 0.95], [-1] * 5],
                    [[-1] * 5, [-1] * 5],
                ]
            ),
            f(3, 4, 6, low=-2, high=2),
            **p,
        ).set(grad=False, note=_NONE)
        for p in ({}, {"negative_mining_ratio": 2.0, "overlap_threshold": 0.3}, {"overlap_threshold": 0.0})
    ),
    *(
        row("_contrib_MultiBoxDetection", f(2, 3, 6, low=0, high=1), (2, 24), _ANCHORS, **p).set(grad=False, note=_NONE)
        for p in (
            {},
            {"force_suppress": True, "nms_threshold": 0.2, "clip": False},
            {"nms_topk": 2, "threshold": 0.5},
            {"nms_threshold": 0.0},
        )
    ),
    row("_contrib_MultiBoxDetection", (2, 3, 6), (2, 20), _ANCHORS).set(raises="loc_pred"),
    *(
        row(
            f"_contrib_{name}",
            f(1, 4, 2, 3, low=0, high=1),
            (1, 8, 2, 3),
            const([[30, 44, 1]]),
            scales=(1, 2),
            rpn_post_nms_top_n=5,
            rpn_min_size=4,
            output_score=True,
            **{"ratios": (1,), **p},
        ).set(grad=False, note=_NONE)
        for name in ("Proposal", "MultiProposal")
        for p in ({}, {"iou_loss": True, "threshold": 0.3}, {"rpn_pre_nms_top_n": 4, "ratios": (0.5,)})
    ),
    row(
        "_contrib_MultiProposal",
        f(2, 4, 2, 2, low=0, high=1),
        (2, 8, 2, 2),
        const([[32, 32, 1], [20, 30, 2]]),
        scales=(1, 2),
        ratios=(1,),
        rpn_post_nms_top_n=4,
    ).set(grad=False, note=_NONE),
    row(
        "_contrib_Proposal", (2, 4, 2, 2), (2, 8, 2, 2), const([[32, 32, 1], [20, 30, 2]]), scales=(1, 2), ratios=(1,)
    ).set(raises="one image"),
    row("_contrib_Proposal", (1, 5, 2, 2), (1, 8, 2, 2), const([[32, 32, 1]]), scales=(1, 2), ratios=(1,)).set(
        raises="cls_prob"
    ),
]
