"""Mathematical functions of one array."""

import torch
from torch import Tensor

from ...registry import Display, Gradients, Params, Tensors, op
from .families import same_type, unary
from .scalar import within

for _name, _fn, _doc in (
    ("abs", torch.abs, "Absolute value."),
    ("sign", torch.sign, "-1, 0 or 1 by the sign."),
    ("square", torch.square, "Square, ``x**2``."),
    ("sqrt", torch.sqrt, "Square root; NaN for negative elements."),
    ("rsqrt", torch.rsqrt, "One over the square root."),
    ("exp", torch.exp, "Exponential, ``e**x``."),
    ("expm1", torch.expm1, "``exp(x) - 1``, exact for small ``x``."),
    ("log", torch.log, "Natural logarithm."),
    ("log10", torch.log10, "Logarithm to base 10."),
    ("log2", torch.log2, "Logarithm to base 2."),
    ("log1p", torch.log1p, "``log(1 + x)``, exact for small ``x``."),
    ("sin", torch.sin, "Sine of angles in radians."),
    ("cos", torch.cos, "Cosine of angles in radians."),
    ("tan", torch.tan, "Tangent of angles in radians."),
    ("arcsin", torch.asin, "Inverse sine, from -pi/2 to pi/2."),
    ("arccos", torch.acos, "Inverse cosine, from 0 to pi."),
    ("arctan", torch.atan, "Inverse tangent, from -pi/2 to pi/2."),
    ("sinh", torch.sinh, "Hyperbolic sine."),
    ("cosh", torch.cosh, "Hyperbolic cosine."),
    ("tanh", torch.tanh, "Hyperbolic tangent."),
    ("arcsinh", torch.asinh, "Inverse hyperbolic sine."),
    ("arccosh", torch.acosh, "Inverse hyperbolic cosine, for elements from 1 up."),
    ("arctanh", torch.atanh, "Inverse hyperbolic tangent, for elements between -1 and 1."),
    ("degrees", torch.rad2deg, "Radians to degrees."),
    ("radians", torch.deg2rad, "Degrees to radians."),
):
    unary(_name, _fn, _doc, sparse=True, methods=True)

unary("negative", torch.neg, "The negative, ``-x``.", sparse=True)
unary("reciprocal", torch.reciprocal, "One over each element.", methods=True)
unary("logical_not", torch.logical_not, "1 where the element is zero, else 0.", differentiable=False)


# ---------------------------------------------------------------------------------------------------- special functions


def _tgamma(x: Tensor) -> Tensor:
    """The gamma function through its logarithm, whose sign alternates below zero; NaN at its poles below zero."""
    if not x.is_floating_point():
        x = x.float()
    size = torch.lgamma(x).exp_()
    # Below zero, with m in (-2, 0] where x lies between even numbers, the sign is that of m * (m + 1): zero at the
    # poles, where the size is infinite.
    m = torch.fmod(x, 2)
    return torch.where(x < 0, torch.addcmul(m, m, m).sign_() * size, torch.copysign(size, x))


gamma = unary("gamma", _tgamma, "The gamma function.", "_npx_gamma", sparse=True)
gammaln = unary(
    "gammaln", torch.lgamma, "Logarithm of the absolute value of the gamma function.", "_npx_gammaln", sparse=True
)


def _digamma(x: Tensor) -> Tensor:
    """The derivative of ``gammaln``, which MXNet takes for infinite at the poles, whatever their side."""
    return torch.where((x <= 0) & (x == x.floor()), torch.inf, torch.digamma(x))


@gamma.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    return (grads[0] * _tgamma(inputs[0]) * _digamma(inputs[0]),)


@gammaln.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    return (grads[0] * _digamma(inputs[0]),)


unary("erf", torch.erf, "The error function.", "_npx_erf")
unary("erfinv", torch.erfinv, "Inverse of the error function, for elements between -1 and 1.", "_npx_erfinv")


def _cube_root(x: Tensor) -> Tensor:
    """Torch has no cube root: a power, and one Newton step that makes cubes exact."""
    wide = x if x.dtype in (torch.float32, torch.float64) else x.float()
    size = wide.abs()
    root = size.pow(1 / 3)
    step = (size / (root * root)).sub_(root).nan_to_num_(0.0, 0.0, 0.0)  # 0 / 0 and infinities need none
    return torch.copysign(root.add(step, alpha=1 / 3), wide).to(x.dtype)


cbrt = unary("cbrt", _cube_root, "Cube root, of negative elements too.", sparse=True, methods=True)
rcbrt = unary(
    "rcbrt",
    lambda x: torch.reciprocal(_cube_root(x if x.is_floating_point() else x.float())),
    "One over the cube root.",
    methods=True,
)


@cbrt.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    return (grads[0] / (3 * outputs[0] * outputs[0]),)


@rcbrt.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    return (grads[0] * outputs[0] / (-3 * inputs[0]),)


# ------------------------------------------------------------------------------------------------------------- rounding


def _round_half_away(x: Tensor) -> Tensor:
    """As C rounds: halves go away from zero (torch sends them to the even neighbor)."""
    toward_zero = torch.trunc(x)
    return toward_zero + torch.where((x - toward_zero).abs() >= 0.5, torch.sign(x), torch.zeros_like(x))


def _round_half_down(x: Tensor) -> Tensor:
    """As MXNet's ``rint``: halves go to the lower neighbor."""
    below = torch.floor(x)
    return torch.where(x - below > 0.5, below + 1, below)


for _name, _fn, _doc in (
    ("ceil", torch.ceil, "The nearest whole number that is not smaller."),
    ("floor", torch.floor, "The nearest whole number that is not larger."),
    ("trunc", torch.trunc, "The nearest whole number toward zero."),
    ("fix", torch.fix, "The nearest whole number toward zero."),
    ("rint", _round_half_down, "The nearest whole number; of two equally near the lower one."),
    ("round", _round_half_away, "The nearest whole number; of two equally near the one farther from zero."),
):
    unary(_name, _fn, _doc, sparse=True, methods=True)


@op("_contrib_round_ste", aliases=("_sparse__contrib_round_ste",), same_shape=True)
def round_ste(data: Tensor) -> Tensor:
    """Round as ``round`` does; the gradient passes straight through."""
    return _round_half_away(data)


@op("_contrib_sign_ste", aliases=("_sparse__contrib_sign_ste",), same_shape=True)
def sign_ste(data: Tensor) -> Tensor:
    """The sign, -1, 0 or 1; the gradient passes straight through."""
    return torch.sign(data)


@round_ste.backward
@sign_ste.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    return grads


# -------------------------------------------------------------------------------------------------- polynomials, scales


@op("_contrib_quadratic", display=Display(input_named=True), same_shape=True)
def quadratic(data: Tensor, *, a: float = 0.0, b: float = 0.0, c: float = 0.0) -> Tensor:
    """``a * x**2 + b * x + c``.

    Parameters
    ----------
    a, b, c
        The coefficients.
    """
    return same_type((data * a + b) * data + c, data)


@op("_contrib_div_sqrt_dim", same_shape=True)
def div_sqrt_dim(data: Tensor) -> Tensor:
    """Divide by the square root of the last axis' size, as attention scores are."""
    root = data.shape[-1] ** 0.5
    return data / root if data.is_floating_point() else torch.div(data, int(root), rounding_mode="trunc")


@op("clip", methods=True, fusion="clip", aliases=("_npi_clip", "_sparse_clip"), same_shape=True)
def clip(data: Tensor, *, a_min: float, a_max: float) -> Tensor:
    """Limit elements to ``[a_min, a_max]``; the gradient passes inside and at the limits.

    With ``a_min > a_max`` the upper limit is tried first, as MXNet's kernel does.

    Parameters
    ----------
    a_min, a_max
        The limits.
    """
    low, high = within(a_min, data.dtype), within(a_max, data.dtype)
    if a_min > a_max:
        return data.masked_fill(data < a_min, low).masked_fill(data > a_max, high)
    return torch.clamp(data, low, high)
