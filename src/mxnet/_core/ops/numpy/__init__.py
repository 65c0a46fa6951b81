"""Operators with NumPy's semantics, which the functions of ``mxnet.numpy`` run.

Arrays may have no axes or no elements, comparisons give booleans, and operands of different types are promoted.
"""
