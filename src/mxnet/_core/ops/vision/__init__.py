"""Detection and spatial operators: sampling, regions of interest, boxes, anchors, proposals."""
