"""Operators on numbers of 8 bits that stand for a range of real numbers."""
