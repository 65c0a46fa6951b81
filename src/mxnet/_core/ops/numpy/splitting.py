"""Cutting arrays along the second and along the third axis."""

from torch import Tensor

from ...params import Shape
from ...registry import OpDef, op
from ..shape.split import split_v2


def _split(name: str, place: int, doc: str) -> OpDef:
    def cut(data: Tensor, *, indices: Shape, axis: int = 1, squeeze_axis: bool = False, sections: int = 0) -> list:
        if data.ndim <= place and place > 1:
            raise ValueError(f"needs an array of {place + 1} axes or more, got shape {tuple(data.shape)}")
        along = min(place, data.ndim - 1)
        return split_v2.fn(data, indices=indices, axis=along, squeeze_axis=squeeze_axis, sections=sections)

    cut.__doc__ = doc
    return op(name, aliases_input=True, outputs=split_v2.outputs)(cut)


_ARGUMENTS = """

    ``axis`` says nothing: it is there for the sake of graphs.

    Parameters
    ----------
    data : Tensor
    indices : tuple of int
        Where parts begin, from 0.
    sections : int
        How many equal parts, when ``indices`` do not say.
"""

hsplit = _split(
    "_npi_hsplit", 1, f"Cut an array along its second axis, or the first where there is no other.{_ARGUMENTS}"
)
dsplit = _split("_npi_dsplit", 2, f"Cut an array along its third axis.{_ARGUMENTS}")
