"""A module that MXNet 1.9 has and that holds no public names: its functions are built at import and are internal."""
