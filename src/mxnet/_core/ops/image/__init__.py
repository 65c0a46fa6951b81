"""Images: decoding, cutting, resizing, colors, and their way into a network."""
