"""Write docs/env_vars.md from the table of environment variables in mxnet/_core/env.py."""

from __future__ import annotations

from pathlib import Path

from mxnet._core import env

PATH = Path(__file__).resolve().parent.parent / "docs" / "env_vars.md"
TEXT = """# Environment variables

What the variables of MXNet 1.9.1 do in remx, and remx's own. Settings of PyTorch are touched only where the first table
says so and the variable is set. Flags take 1 and 0, true and false. Written by `tools/gen_env_vars.py`.

## With an effect

{acts}
## Without one

They may stay set.

{idle}"""


def document() -> str:
    """The text of the file."""
    return TEXT.format(acts=env.table(acts=True), idle=env.table(acts=False))


if __name__ == "__main__":
    PATH.write_text(document(), encoding="utf-8")
