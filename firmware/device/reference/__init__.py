"""What the stream looks like when it is good: the reference, and how it is commissioned."""
