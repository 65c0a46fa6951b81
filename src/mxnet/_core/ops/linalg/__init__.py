"""Linear algebra: products (``dot``) and the ``linalg`` family over batches of matrices (``lapack``, ``gemm``, ``triangle``)."""
