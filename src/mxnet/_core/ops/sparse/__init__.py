"""Kernels over sparse arrays, and the operators that exist for them alone. A file is a family."""
