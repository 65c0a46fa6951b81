"""Sparse storage below the arrays: how it is kept, and how operators are dispatched on it."""
