"""Functions of automatic mixed precision."""
