"""Operators that make arrays out of parameters."""
