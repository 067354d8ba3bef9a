"""The device's time on the host: where it counts from, and how long a day is."""

EPOCH_S = 1_577_836_800  # 2020-01-01 UTC in Unix time
DAY_MS = 86_400_000
