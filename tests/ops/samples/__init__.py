"""One module a family, each with ``ROWS``."""
