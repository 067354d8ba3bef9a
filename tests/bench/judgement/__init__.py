"""Benchmarks of the verdicts: faint faults, false alarms, the public recordings, a stationary stream.

Each module has ``measure(...)``, which returns numbers, and ``run(...)``, which makes a page's section of them.
"""
