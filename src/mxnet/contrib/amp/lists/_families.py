"""Operators by what half precision does to them, in families; the lists for float16 and bfloat16 choose among these.

A name may be one of MXNet's that this package gives to no operator: files and callers can still mention it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# What is safe in the type it gets: it moves, selects or draws values, or stays within their range.
EITHER = {
    "images": """
        _image_crop _cvcopyMakeBorder _cvimdecode _cvimread _cvimresize _image_adjust_lighting
        _image_flip_left_right _image_flip_top_bottom _image_normalize _image_random_brightness
        _image_random_color_jitter _image_random_contrast _image_random_flip_left_right
        _image_random_flip_top_bottom _image_random_hue _image_random_lighting _image_random_saturation
        _image_resize _image_to_tensor _imdecode
    """,
    "quantized": """
        _contrib_dequantize _contrib_quantize _contrib_quantize_v2 _contrib_quantized_concat
        _contrib_quantized_conv _contrib_quantized_flatten _contrib_quantized_fully_connected
        _contrib_quantized_pooling _contrib_quantized_elemwise_add _contrib_quantized_act _contrib_requantize
        _sg_mkldnn_conv _sg_mkldnn_fully_connected
    """,
    "updates": """
        _adamw_update _contrib_group_adagrad_update _mp_adamw_update _sparse_adagrad_update _sparse_adam_update
        _sparse_ftrl_update _sparse_sgd_mom_update _sparse_sgd_update adam_update all_finite ftml_update
        ftrl_update mp_sgd_mom_update mp_sgd_update multi_all_finite multi_mp_sgd_mom_update multi_mp_sgd_update
        multi_sgd_mom_update multi_sgd_update rmsprop_update rmspropalex_update sgd_mom_update sgd_update
        signsgd_update signum_update
    """,
    "draws": """
        _random_exponential _random_exponential_like _random_gamma _random_gamma_like
        _random_generalized_negative_binomial _random_generalized_negative_binomial_like _random_negative_binomial
        _random_negative_binomial_like _random_normal _random_normal_like _random_poisson _random_poisson_like
        _random_randint _random_uniform _random_uniform_like _sample_exponential _sample_gamma
        _sample_generalized_negative_binomial _sample_multinomial _sample_negative_binomial _sample_normal
        _sample_poisson _sample_uniform _sample_unique_zipfian _shuffle normal random_exponential random_gamma
        random_generalized_negative_binomial random_negative_binomial random_normal random_poisson random_randint
        random_uniform sample_exponential sample_gamma sample_generalized_negative_binomial sample_multinomial
        sample_negative_binomial sample_normal sample_poisson sample_uniform shuffle uniform
    """,
    "scalars": """
        _DivScalar _EqualScalar _GreaterScalar _GreaterEqualScalar _LesserScalar _LesserEqualScalar
        _LogicalAndScalar _LogicalOrScalar _LogicalXorScalar _MaximumScalar _MinimumScalar _MinusScalar _ModScalar
        _MulScalar _NotEqualScalar _PlusScalar _RMinusScalar _RModScalar _div_scalar _equal_scalar _greater_scalar
        _greater_equal_scalar _lesser_scalar _lesser_equal_scalar _logical_and_scalar _logical_or_scalar
        _logical_xor_scalar _maximum_scalar _minimum_scalar _minus_scalar _mod_scalar _mul_scalar
        _not_equal_scalar _plus_scalar _rminus_scalar _rmod_scalar _scatter_minus_scalar _scatter_plus_scalar
    """,
    "sparse": """
        cast_storage _sparse_Embedding _sparse_FullyConnected _contrib_SparseEmbedding _contrib_getnnz
        _scatter_set_nd _sparse_abs _sparse_arccosh _sparse_arcsinh _sparse_arctan _sparse_cast_storage
        _sparse_cbrt _sparse_ceil _sparse_clip _sparse_concat _sparse_cos _sparse_degrees _sparse_fix
        _sparse_floor _sparse_negative _sparse_radians _sparse_relu _sparse_retain _sparse_rint _sparse_round
        _sparse_sigmoid _sparse_sign _sparse_sin _sparse_sinh _sparse_slice _sparse_sqrt _sparse_stop_gradient
        _sparse_tanh _sparse_trunc _sparse_zeros_like
    """,
    "layers": """
        BatchNorm BatchNorm_v1 BilinearSampler Crop Dropout Embedding GridGenerator Pooling Pooling_v1 ROIPooling
        SequenceLast SequenceMask SequenceReverse SpatialTransformer UpSampling _contrib_AdaptiveAvgPooling2D
        _contrib_BilinearResize2D _rnn_param_concat CuDNNBatchNorm
    """,
    "unary": """
        BlockGrad Cast cast _add _contrib_div_sqrt_dim _contrib_gradientmultiplier _contrib_ifft
        _contrib_quadratic _copy _copyto _grad_add _identity_with_attr_like_rhs abs amp_cast amp_multicast arccosh
        arcsinh arctan cbrt ceil clip cos degrees erf fix floor hard_sigmoid identity logical_not negative
        ones_like radians relu rint round sigmoid sign sin softsign sqrt stop_gradient tanh trunc zeros_like
    """,
    "fills": """
        _arange _linspace _eye _full _histogram _ones _set_value _zeros _zeros_without_dtype shape_array
        size_array
    """,
    "selections": """
        _contrib_bipartite_matching _contrib_boolean_mask _contrib_index_array _contrib_index_copy _onehot_encode
        _ravel_multi_index _unravel_index argmax argmax_channel argmin batch_take choose_element_0index
        fill_element_0index gather_nd max_axis max min min_axis one_hot pick ravel_multi_index scatter_nd sort
        take unravel_index
    """,
    "machinery": """
        _CachedOp _CrossDeviceCopy _CustomFunction _NoGradient _broadcast_backward _cond _foreach _while_loop
        _split_v2_backward _TensorRT
    """,
    "shapes": """
        Flatten Pad Reshape SliceChannel SwapAxis _crop_assign _crop_assign_scalar _slice_assign
        _slice_assign_scalar _split_v2 broadcast_axes broadcast_axis broadcast_like broadcast_to crop
        depth_to_space diag expand_dims flatten flip pad repeat reshape reshape_like reverse slice slice_axis
        slice_like space_to_depth split squeeze swapaxes tile transpose
    """,
}

# What overflows or loses its digits in float16: sums over many values, exponentials and powers, factorizations, losses.
FULL = {
    "linalg": """
        linalg_sumlogdiag _linalg_gelqf _linalg_gemm _linalg_gemm2 _linalg_potrf _linalg_potri _linalg_sumlogdiag
        _linalg_syevd _linalg_syrk _linalg_trmm _linalg_trsm _linalg_makediag _linalg_extractdiag
        _linalg_maketrian _linalg_extracttrian _linalg_inverse _linalg_det _linalg_slogdet linalg_syrk
        linalg_potrf linalg_potri linalg_gemm2 linalg_gemm linalg_gelqf linalg_trmm linalg_trsm linalg_makediag
        linalg_extractdiag linalg_maketrian linalg_extracttrian linalg_inverse linalg_det linalg_slogdet
    """,
    "outputs": """
        IdentityAttachKLSparseReg _contrib_hawkesll _sparse_make_loss SoftmaxOutput Softmax LinearRegressionOutput
        LogisticRegressionOutput MAERegressionOutput _sparse_LinearRegressionOutput
        _sparse_LogisticRegressionOutput _sparse_MAERegressionOutput SVMOutput softmax_cross_entropy smooth_l1
        MakeLoss make_loss CTCLoss _contrib_CTCLoss _contrib_ctc_loss ctc_loss
    """,
    "normalizations": """
        softmin _contrib_SyncBatchNorm softmax log_softmax InstanceNorm LayerNorm GroupNorm L2Normalization LRN
        SoftmaxActivation
    """,
    "sums": """
        _square_sum sum sum_axis nansum prod nanprod mean norm khatri_rao moments _sparse_mean _sparse_norm
    """,
    "order": """
        argsort topk
    """,
    "boxes": """
        _contrib_MultiBoxDetection _contrib_MultiBoxPrior _contrib_MultiBoxTarget
    """,
    "foreign": """
        Convolution_v1 _NDArray _Native _contrib_count_sketch _contrib_fft Custom _contrib_DeformableConvolution
        _contrib_DeformablePSROIPooling
    """,
    "curves": """
        arccos _sparse_arccos arcsin cosh _sparse_cosh erfinv sinh tan _sparse_tan arctanh _sparse_arcsin
        _sparse_arctanh exp expm1 _sparse_exp _sparse_expm1 log log10 log2 log1p broadcast_power square
        _sparse_square reciprocal _RDivScalar _rdiv_scalar rsqrt rcbrt _Power _PowerScalar _power _power_scalar
        _RPowerScalar _rpower_scalar _Hypot _HypotScalar _hypot _hypot_scalar broadcast_hypot gamma gammaln
        _sparse_gamma _sparse_gammaln _sparse_log _sparse_log10 _sparse_log1p _sparse_log2 _sparse_rsqrt
    """,
}

# What needs one type for several inputs: the widest among them.
WIDEST = {
    "densities": """
        random_pdf_gamma random_pdf_exponential random_pdf_uniform random_pdf_negative_binomial
        random_pdf_generalized_negative_binomial random_pdf_dirichlet random_pdf_normal random_pdf_poisson
        _random_pdf_gamma _random_pdf_exponential _random_pdf_uniform _random_pdf_negative_binomial
        _random_pdf_generalized_negative_binomial _random_pdf_dirichlet _random_pdf_normal _random_pdf_poisson
    """,
    "joins": """
        Concat concat ElementWiseSum _sparse_ElementWiseSum add_n _sparse_add_n stack where _sparse_where
        _sparse_sum
    """,
    "graphs": """
        _contrib_dgl_adjacency _contrib_dgl_csr_neighbor_non_uniform_sample
        _contrib_dgl_csr_neighbor_uniform_sample _contrib_dgl_graph_compact _contrib_dgl_subgraph _contrib_edge_id
    """,
    "attention": """
        _contrib_interleaved_matmul_encdec_qk _contrib_interleaved_matmul_encdec_valatt
        _contrib_interleaved_matmul_selfatt_qk _contrib_interleaved_matmul_selfatt_valatt
    """,
    "regions": """
        Correlation _contrib_MultiProposal _contrib_PSROIPooling _contrib_Proposal _contrib_ROIAlign
        _contrib_box_iou _contrib_box_nms _contrib_box_non_maximum_suppression
    """,
    "products": """
        batch_dot dot _sparse_dot
    """,
    "arithmetic": """
        _Plus _plus _Minus _sub _Mul _Div _div _scatter_elemwise_div _Mod _Not_Equal _Equal _equal _Greater
        _greater _Greater_Equal _greater_equal _Lesser _Lesser_Equal _lesser _lesser_equal _Logical_And
        _Logical_Or _Logical_Xor _logical_and _logical_or _logical_xor _maximum _minimum _minus _mod _mul
        _not_equal broadcast_add broadcast_plus broadcast_div broadcast_equal broadcast_greater
        broadcast_greater_equal broadcast_lesser broadcast_lesser_equal broadcast_logical_and broadcast_logical_or
        broadcast_logical_xor broadcast_maximum broadcast_minimum broadcast_minus broadcast_mod broadcast_mul
        broadcast_not_equal broadcast_sub elemwise_add elemwise_div elemwise_mul elemwise_sub _Maximum _Minimum
        _sparse_broadcast_add _sparse_broadcast_div _sparse_broadcast_minus _sparse_broadcast_mul
        _sparse_broadcast_plus _sparse_broadcast_sub _sparse_elemwise_add _sparse_elemwise_div
        _sparse_elemwise_mul _sparse_elemwise_sub
    """,
}

# Activation and LeakyReLU compute an exponential only under some settings: operator, parameter, its values.
CONDITIONAL = (
    ("Activation", "act_type", ("softrelu",)),
    ("LeakyReLU", "act_type", ("elu", "selu")),
)

# Layers at the end of a network whose gradient does not depend on the one that arrives, so that losses are scaled here.
LOSS_OUTPUTS = ("SoftmaxOutput", "LinearRegressionOutput", "LogisticRegressionOutput", "MAERegressionOutput")


def names(families: Mapping[str, str], skip: Iterable[str] = ()) -> list[str]:
    """The operators of all families, without some of them."""
    left_out = frozenset(skip)
    return [name for family in families.values() for name in family.split() if name not in left_out]


def conditional() -> list[tuple[str, str, list[str]]]:
    """The conditional operators, as lists of the caller's own."""
    return [(operator, parameter, list(values)) for operator, parameter, values in CONDITIONAL]
