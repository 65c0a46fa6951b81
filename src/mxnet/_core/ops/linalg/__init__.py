"""Linear algebra: ``dot`` and its kin, and the ``linalg`` family over batches of matrices."""
