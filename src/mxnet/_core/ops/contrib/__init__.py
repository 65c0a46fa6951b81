"""Operators that MXNet keeps under ``contrib`` and that belong to no other family."""
