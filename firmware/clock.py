"""Time as the device counts it."""

EPOCH_S = 1_577_836_800
"""2020-01-01 UTC in Unix time: from there the device counts."""
DAY_MS = 86_400_000
