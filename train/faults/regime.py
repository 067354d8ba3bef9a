"""Faults of regime: sound samples of a process that runs in a way which is not known."""

import numpy as np
from motegate.firmware.device import layout as at

from ..host import engine, scan
from .fault import Job, Kind

STEPS = 7  # halvings of the way to the right strength
STRONGEST = 8.0  # widths of the band


def novel(job: Job) -> np.ndarray:
    """A level, a hump or another swing on one channel or on all, as strong as it takes to be ``size`` radii away.

    What the channels' physical range does not leave room for is not reached.
    """
    n_channels = len(job.plan.channels)
    before = job.windows.counts.copy()
    x = before.astype(np.float64)
    x[before == at.MISSING] = np.nan
    width = _widths(job)
    ends = np.array([channel.range for channel in job.plan.channels], np.float64)
    moved = job.rng.random((len(x), n_channels)) < 0.5
    moved[job.rows, job.rng.integers(0, n_channels, len(x))] = True
    sign = job.rng.choice([-1.0, 1.0], (len(x), n_channels))
    form = job.rng.integers(0, 3, len(x))
    i = np.arange(job.length) / job.length
    broad = job.rng.uniform(0.2, 0.6, len(x))[:, None]
    hump = np.clip(1 - np.abs(i - job.rng.random((len(x), 1))) / broad, 0, 1)
    turns, phase = job.rng.uniform(1, 8, (len(x), 1)), job.rng.uniform(0, 6.28, (len(x), 1))
    swing = np.sin(6.28 * turns * i + phase)
    shape = np.stack([np.ones_like(hump), hump, swing])[form, job.rows]

    def changed(strength: np.ndarray) -> np.ndarray:
        way = strength[:, None, None] * (width * sign * moved)[:, :, None] * shape[:, None]
        y = np.clip(x + way, ends[:, :1], ends[:, 1:])
        counts = np.where(np.isnan(y), at.MISSING, np.floor(np.nan_to_num(y) + 0.5))
        return counts.astype(np.int16)

    weak, strong = np.zeros(len(x)), np.full(len(x), STRONGEST)
    for _ in range(STEPS):
        middle = (weak + strong) / 2
        job.windows.counts[:] = changed(middle)
        enough = away(job) >= job.size
        strong, weak = np.where(enough, middle, strong), np.where(enough, weak, middle)
    job.windows.counts[:] = changed(strong)
    return away(job)


def _widths(job: Job) -> np.ndarray:
    """The band of every channel, counts: float64[N, C]."""
    base = at.REF_HEAD + at.REF_STRIDE * np.arange(len(job.plan.channels))
    low, high = (job.windows.references[:, base + edge] / 16384 for edge in (at.LO, at.HI))
    return high - low


def away(job: Job) -> np.ndarray:
    """Distance of each window from the nearest known regime, in its radii."""
    windows, plan = job.windows, job.plan
    stats = scan.scan(plan, windows.counts, windows.lateness, windows.flags, windows.carry, windows.status)
    found = []
    for row, reference in engine.against(plan, stats, windows.counts, windows.references, windows.prototypes):
        reference.regimes.fill(row)
        found.append(row[at.REGIME_AWAY] / 256)
    return np.array(found)


KINDS = (Kind("new regime", "regime", novel),)
