"""Operators that bring many elements to one."""
