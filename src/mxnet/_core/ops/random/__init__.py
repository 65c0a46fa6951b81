"""Operators that draw random numbers, and densities of the distributions they draw from."""
