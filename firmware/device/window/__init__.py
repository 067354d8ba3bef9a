"""From records to the dimensions of a window: block, ring, scan, measures."""
