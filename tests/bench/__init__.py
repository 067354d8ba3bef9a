"""Benchmarks: they print ratios and write BENCHMARKS.md; they are not tests."""


class UnableError(Exception):
    """This machine lacks what the benchmark needs; the message says what."""
