"""Operators that rearrange, join, split and pad arrays without computing on their values."""
