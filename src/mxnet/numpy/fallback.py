"""Functions that NumPy computes on the host, with arrays copied there and back; they are not recorded."""

from __future__ import annotations

from ._host import hosted

# Some have left NumPy since MXNet 1.9.1 (``npv``, for example): those that the installed version has are here.
_NAMES = (
    "allclose alltrue apply_along_axis apply_over_axes argpartition argwhere array_equal array_equiv choose "
    "compress corrcoef correlate count_nonzero cov digitize divmod extract flatnonzero float_power frexp "
    "heaviside histogram2d histogram_bin_edges histogramdd i0 in1d interp intersect1d isclose isin ix_ lexsort "
    "min_scalar_type mirr modf msort nanargmax nanargmin nancumprod nancumsum nanmax nanmedian nanmin "
    "nanpercentile nanprod nanquantile nanstd nansum nanvar ndim npv packbits partition piecewise pmt poly "
    "polyadd polydiv polyfit polyint polymul polysub positive ppmt promote_types ptp pv rate real result_type "
    "rollaxis roots searchsorted select setdiff1d setxor1d signbit size spacing take_along_axis trapz "
    "tril_indices_from trim_zeros triu_indices_from union1d unpackbits unwrap vander"
).split()

_FUNCTIONS = hosted("numpy", _NAMES)
globals().update(_FUNCTIONS)

__all__ = [*_FUNCTIONS]
