"""Images: decoding, cutting, resizing, colours, and their way into a network."""
