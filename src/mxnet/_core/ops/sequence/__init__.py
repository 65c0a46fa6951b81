"""Operators over batches of sequences of different lengths."""
