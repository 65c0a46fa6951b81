"""Operators that pick elements out of arrays, or put elements in."""
