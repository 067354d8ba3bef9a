"""Faults of level: sound samples that are not where this process has them, now or since it was commissioned."""

import numpy as np
from motegate.firmware.device import layout as at
from motegate.firmware.device.kernels import follow

from ..host import engine
from .fault import Job, Kind


def offset(job: Job) -> np.ndarray:
    """The whole window lies ``size`` from the middle of the band."""
    return _move(job, job.size)


def foreign(job: Job) -> np.ndarray:
    """Another process: the same noise at another level, half of them with another shape too."""
    bin_counts = job.scale.width(job.channel) / 8
    x = job.signal()
    turns, phase = job.rng.uniform(0.5, 2, len(x)), job.rng.uniform(0, 6.28, len(x))
    wave = np.sin(2 * np.pi * turns[:, None] * np.arange(job.length) / job.length + phase[:, None])
    high = np.where(job.rng.random(len(x)) < 0.5, np.minimum(job.size, 4) * 0.5 * bin_counts, 0.0)
    job.put(x + wave * high[:, None])
    _move(job, job.size * bin_counts)
    return _away(job)


def _away(job: Job) -> np.ndarray:
    """Distance of each window's distribution from the reference's, in bins: beyond the last bin it grows no more."""
    held = engine.bins(job.windows.counts, job.windows.references)[job.rows, job.channel].cumsum(axis=1)
    column = at.REF_HEAD + job.channel * at.REF_STRIDE + at.SHARES
    shares = job.windows.references[job.rows[:, None], column[:, None] + np.arange(at.BIN_COUNT)] / 32768
    return np.abs(held / np.maximum(held[:, -1:], 1) - shares)[:, :-1].sum(axis=1)


def _move(job: Job, away: np.ndarray) -> np.ndarray:
    """Moves the window's mean ``away`` counts from the band's middle, up or down, inside the physical range."""
    x = job.signal()
    low, high = job.scale.band(job.channel)
    middle = (low + high) / 2
    floor, ceiling = job.scale.range(job.channel)
    mean = np.nanmean(x, axis=1)
    up = np.maximum(ceiling - _largest(x) + mean - middle, 0)
    down = np.maximum(middle - mean + _smallest(x) - floor, 0)
    sign = np.where((up >= away) & (down >= away), job.signs(), np.where(up >= down, 1.0, -1.0))
    reached = np.minimum(away, np.where(sign > 0, up, down))
    job.put(x + (middle + sign * reached - mean)[:, None])
    return reached


def peak(job: Job) -> np.ndarray:
    """Part of the window leaves the band by ``size``: a hump, a plateau, or a ramp up to its end."""
    x = job.signal()
    low, high = job.scale.band(job.channel)
    floor, ceiling = job.scale.range(job.channel)
    up, down = np.maximum(ceiling - high, 0), np.maximum(low - floor, 0)
    sign = np.where((up >= job.size) & (down >= job.size), job.signs(), np.where(up >= down, 1.0, -1.0))
    reached = np.minimum(job.size, np.where(sign > 0, up, down))
    target = np.where(sign > 0, high + reached, low - reached)
    p = job.one_of(~np.isnan(x))
    broad = np.maximum(job.rng.uniform(0.05, 0.5, len(x)) * job.length, 2)[:, None]
    away = np.abs(np.arange(job.length) - p[:, None])
    hump = 0.5 + 0.5 * np.cos(np.pi * np.minimum(away / broad, 1))
    ramp = (np.arange(job.length) + 1) / job.length * np.ones_like(x)
    form = job.rng.choice(3, len(x), p=[0.5, 0.25, 0.25])
    shape = np.stack([hump, (away <= broad / 2) * 1.0, ramp])[form, job.rows]
    p = np.where(form == 2, job.length - 1, p)
    from_here = np.where(np.isnan(x[job.rows, p]), np.nanmean(x, axis=1), x[job.rows, p])
    job.put(x + shape * (target - from_here)[:, None])
    return reached


def ageing(job: Job) -> np.ndarray:
    """The process has crept away and the band has followed it: ``size`` from where it was commissioned."""
    x = job.signal()
    low, high = job.scale.band(job.channel)
    low0, high0 = job.scale.commissioned(job.channel)
    floor, ceiling = job.scale.range(job.channel)
    up = job.size - np.maximum(low - low0, high - high0)
    down = job.size + np.minimum(low - low0, high - high0)
    room_up = ceiling - np.maximum(_largest(x), high)
    room_down = np.minimum(_smallest(x), low) - floor
    sign = np.where(
        (room_up >= up) & (room_down >= down), job.signs(), np.where(room_up - up >= room_down - down, 1.0, -1.0)
    )
    want = np.where(sign > 0, up, down)
    shift = sign * np.minimum(want, np.maximum(np.where(sign > 0, room_up, room_down), 0))
    shift = np.round(shift)
    job.put(x + shift[:, None])
    references = job.windows.references
    base = at.REF_HEAD + job.channel * at.REF_STRIDE
    for edge in (at.LO, at.HI):
        references[job.rows, base + edge] += (shift * 16384).astype(np.int32)
    for row, begin in zip(references, base, strict=True):
        laid = row.tolist()
        follow.lay_bins(laid, int(begin))
        row[:] = laid
    low, high = job.scale.band(job.channel)
    return np.maximum(np.abs(low - low0), np.abs(high - high0))


def _largest(x: np.ndarray) -> np.ndarray:
    return np.nan_to_num(x, nan=-np.inf).max(axis=1)


def _smallest(x: np.ndarray) -> np.ndarray:
    return np.nan_to_num(x, nan=np.inf).min(axis=1)


KINDS = (
    Kind("offset", "offset", offset),
    Kind("peak", "excursion", peak),
    Kind("foreign regime", "relevancy", foreign),
    Kind("ageing", "drift", ageing),
)
