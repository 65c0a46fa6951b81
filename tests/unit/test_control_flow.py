"""Loops and branches: ``foreach``, ``while_loop`` and ``cond`` over arrays and in graphs (_foreach, _while_loop, _cond)."""
