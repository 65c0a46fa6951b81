"""The arithmetic of recurrent cells that begins where the input and the hidden state have been mapped to all gates.

``F`` is ``mx.nd`` or ``mx.sym``; names of nodes and their order are those that MXNet's graphs have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Step = tuple[Any, list[Any]]  # the output and the new states
Activate = Callable[..., Any]


def rnn_step(i2h: Any, h2h: Any, name: str, activate: Activate) -> Step:
    """``h' = activate(i2h + h2h)``."""
    output = activate(i2h + h2h, name=f"{name}out")
    return output, [output]


def lstm_step(
    F: Any, i2h: Any, h2h: Any, states: Any, name: str, activate: Activate, out: str = "out", **split: Any
) -> Step:
    """``c' = f * c + i * activate(g)`` and ``h' = o * activate(c')``; ``split`` may say which axis gates are along."""
    gates = F.SliceChannel(i2h + h2h, num_outputs=4, name=f"{name}slice", **split)
    in_gate = F.Activation(gates[0], act_type="sigmoid", name=f"{name}i")
    forget_gate = F.Activation(gates[1], act_type="sigmoid", name=f"{name}f")
    candidate = activate(gates[2], name=f"{name}c")
    out_gate = F.Activation(gates[3], act_type="sigmoid", name=f"{name}o")
    cell = F.elemwise_add(forget_gate * states[1], in_gate * candidate, name=f"{name}state")
    hidden = F.elemwise_mul(out_gate, activate(cell), name=f"{name}{out}")
    return hidden, [hidden, cell]


def gru_step(
    F: Any, i2h: Any, h2h: Any, states: Any, name: str, activate: Activate, under: str = "", **split: Any
) -> Step:
    """``h' = (1 - z) * activate(i + r * h2h) + z * h``, as cuDNN has it: the reset gate acts after the hidden map."""
    i2h_r, i2h_z, i2h_o = F.SliceChannel(i2h, num_outputs=3, name=f"{name}{under}i2h_slice", **split)
    h2h_r, h2h_z, h2h_o = F.SliceChannel(h2h, num_outputs=3, name=f"{name}{under}h2h_slice", **split)
    reset = F.Activation(i2h_r + h2h_r, act_type="sigmoid", name=f"{name}{under}r_act")
    update = F.Activation(i2h_z + h2h_z, act_type="sigmoid", name=f"{name}{under}z_act")
    candidate = activate(i2h_o + reset * h2h_o, name=f"{name}{under}h_act")
    hidden = F.elemwise_add((1.0 - update) * candidate, update * states[0], name=f"{name}out")
    return hidden, [hidden]
