"""Operators over arrays of different shapes, and those that stretch arrays."""
