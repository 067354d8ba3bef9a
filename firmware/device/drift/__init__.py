"""Drift detectors, one a file: whether a number has left the level that it is expected to have.

Each has ``update(x)``, which gives ``drift_detected`` (the shape of river's detectors), ``since()`` and ``reset()``.
``x``: how far the number is from that level, Q8 standard deviations, clamped to MOST_AWAY. ``state``: int32, all that
it remembers. Nothing is allocated after the constructor.
"""
