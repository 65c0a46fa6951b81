"""Automatic mixed precision: most of a network in float16 or bfloat16, the rest in float32."""

from .amp import *  # noqa: F403
