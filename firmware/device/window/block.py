"""A block of records on their way from the source into the ring, in arrays made once."""

from array import array


class Block:
    """Room for ``size`` records of ``n_channels``: values int16[size * n_channels], record by record; seconds int32
    since 2020-01-01 UTC; millis int16; seqs int32, negative where there is none."""

    def __init__(self, size, n_channels):
        self.size = size
        self.values = array("h", bytes(2 * size * n_channels))
        self.seconds = array("i", bytes(4 * size))
        self.millis = array("h", bytes(2 * size))
        self.seqs = array("i", [-1] * size)

    def read(self, source, n):
        """Takes up to ``n`` records from ``source``; how many, or -1 at its end."""
        if n > self.size:
            n = self.size
        return source.read(self.values, self.seconds, self.millis, self.seqs, 0, n)

    def fill(self, ring, start, n):
        """Puts records from ``start`` on into ``ring`` until a window is due; how many it took."""
        return ring.fill(self.values, self.seconds, self.millis, self.seqs, start, n)
