"""What CUDA's operators allow: tables that the C++ module asks."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

# Tensors of more than one device may meet in these.
MIXING = [
    *("aten::copy_", "aten::_copy_from", "aten::index", "aten::_index_put_impl_", "aten::set_", "aten::_pin_memory"),
    *("aten::resize_as_", "aten::_has_compatible_shallow_copy_type"),
]

# The size of their result depends on values, so the host waits for the device.
WAITING = [
    *("aten::nonzero", "aten::nonzero.out", "aten::masked_select", "aten::masked_select.out", "aten::_unique2"),
    *("aten::_unique", "aten::unique_dim", "aten::unique_consecutive", "aten::unique_dim_consecutive", "aten::equal"),
    *("aten::repeat_interleave.Tensor", "aten::bincount", "aten::multinomial", "aten::_ctc_loss"),
    *("aten::_ctc_loss.Tensor", "aten::is_set_to_", "aten::linalg_eig", "aten::_linalg_eigvals"),
]

# Kernels that a CPU has for integers and CUDA has not.
NO_INTEGERS = [
    *("aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm", "aten::addmv", "aten::dot", "aten::vdot"),
    *("aten::addmm_", "aten::addbmm", "aten::convolution", "aten::convolution_backward"),
    *("aten::max_pool2d_with_indices", "aten::max_pool3d_with_indices", "aten::avg_pool2d", "aten::avg_pool3d"),
    *("aten::adaptive_max_pool2d", "aten::_adaptive_avg_pool2d", "aten::upsample_bilinear2d", "aten::col2im"),
    *("aten::im2col_", "aten::reflection_pad2d", "aten::grid_sampler_2d"),
]


def taking_scalars() -> list[str]:
    """Operators whose CUDA kernels leave the check of devices to TensorIterator: they take scalars of the CPU."""
    spec = find_spec("torchgen")
    assert spec is not None and spec.origin is not None
    declarations = Path(spec.origin).parent / "packaged/ATen/native/native_functions.yaml"
    found: list[str] = []
    delegates: dict[str, str] = {}
    name = ""
    for line in declarations.read_text().splitlines():
        if declared := re.match(r"- func: ([\w.]+)\(", line):
            name = declared.group(1)
        elif re.match(r"\s+device_check: NoCheck", line):
            found.append("aten::" + name)
        elif delegate := re.match(r"\s+structured_delegate: ([\w.]+)", line):
            delegates[name] = delegate.group(1)
    known = set(found)
    return found + ["aten::" + name for name, to in delegates.items() if "aten::" + to in known]
