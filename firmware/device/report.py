"""The verdict frame: what the host is told of each window."""

from .layout import COMMISSIONING, NO_DATA, SEND_DIMENSIONS, SEND_SAMPLES


class Report:
    """Reads verdicts into frames. ``actions`` says what the frame of an action carries beyond its scores."""

    def __init__(self, writer, ring, actions):
        self._writer = writer
        self._ring = ring
        self._actions = actions

    def take(self, verdict):
        writer = self._writer
        writer.begin(b"verdict")
        writer.pair(b"t", verdict.seconds, verdict.millis)
        if verdict.why == COMMISSIONING:
            writer.literal(b',"why":"commissioning"')
        else:
            self._judged(verdict, writer)
        writer.end()

    def _judged(self, verdict, writer):
        n = len(verdict.passes)
        writer.numbers(b"p", verdict.passes, 0, n)
        writer.numbers(b"s", verdict.scores, 0, n)
        writer.number(b"a", verdict.action)
        sends = self._actions.sends(verdict.action)
        if sends & SEND_DIMENSIONS:
            writer.numbers(b"x", verdict.values, 0, len(verdict.values))
        if sends & SEND_SAMPLES:
            ring = self._ring
            writer.circular(b"w", ring.counts, ring.n_channels, ring.length, ring.head())
        if verdict.why == NO_DATA:
            writer.literal(b',"why":"no_data"')
