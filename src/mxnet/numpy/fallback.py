"""Functions that NumPy computes on the host, with arrays copied there and back; they are not recorded."""

from __future__ import annotations

from . import _finance
from ._host import hosted, hosted_function

_NAMES = (
    "allclose alltrue apply_along_axis apply_over_axes argpartition argwhere array_equal array_equiv choose "
    "compress corrcoef correlate count_nonzero cov digitize divmod extract flatnonzero float_power frexp "
    "heaviside histogram2d histogram_bin_edges histogramdd i0 in1d interp intersect1d isclose isin ix_ lexsort "
    "min_scalar_type modf msort nanargmax nanargmin nancumprod nancumsum nanmax nanmedian nanmin "
    "nanpercentile nanprod nanquantile nanstd nansum nanvar ndim packbits partition piecewise poly "
    "polyadd polydiv polyfit polyint polymul polysub positive promote_types ptp real result_type "
    "rollaxis roots searchsorted select setdiff1d setxor1d signbit size spacing take_along_axis trapz "
    "tril_indices_from trim_zeros triu_indices_from union1d unpackbits unwrap vander"
).split()

_FINANCE = ("mirr", "npv", "pmt", "ppmt", "pv", "rate")

_FUNCTIONS = hosted("numpy", _NAMES)
# Those that have left NumPy.
_FUNCTIONS.update({name: hosted_function(getattr(_finance, name), name) for name in _FINANCE})
globals().update(_FUNCTIONS)

__all__ = [*_FUNCTIONS]
