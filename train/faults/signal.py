"""Faults in the samples: what sensors, wiring and processes do to a signal."""

import numpy as np
from motegate.firmware.device.layout import LONGEST_RUN

from .fault import Job, Kind


def missing(job: Job) -> np.ndarray:
    """Cells stay empty in records that came."""
    x = job.signal()
    there = ~np.isnan(x)
    n = np.minimum(np.maximum(np.round(job.size), 1), there.sum(axis=1) - 1)
    x[job.pick(there, n)] = np.nan
    job.put(x)
    return n


def out_of_range(job: Job) -> np.ndarray:
    """Samples that cannot be: wiring off, or a decoder's invalid values."""
    return _replace(job, *job.scale.range(job.channel), beyond=True)


def clipping(job: Job) -> np.ndarray:
    """The signal is driven against a rail."""
    return _replace(job, *job.scale.rails(job.channel), beyond=False)


def _replace(job: Job, low: np.ndarray, high: np.ndarray, beyond: bool) -> np.ndarray:
    x = job.signal()
    n = np.minimum(np.maximum(np.round(job.size), 1), job.length)
    upper = job.rng.random(len(x)) < 0.5
    level = np.where(upper, high, low)[:, None] * np.ones_like(x)
    if beyond:
        room = np.where(upper, 32767 - high, 32767 + low)
        away = 1 + job.rng.random(x.shape) * np.minimum(room - 1, 0.2 * (high - low))[:, None]
        level += np.where(upper, 1, -1)[:, None] * np.floor(away)
    chosen = job.pick(~np.isnan(x), n)
    x[chosen] = level[chosen]
    job.put(x)
    return chosen.sum(axis=1).astype(float)


def spike(job: Job) -> None:
    """One to three lone samples stand out; the first of them by ``size``."""
    x = job.signal()
    for k in range(3):
        wanted = job.rng.random(len(x)) < (1.0, 0.3, 0.1)[k]
        p = job.one_of(_triples(x))
        height = job.size * (1.0 if k == 0 else job.rng.random(len(x)))
        x[job.rows, p] += np.where(wanted, job.signs() * height, 0.0)
    job.put(x)


def burst(job: Job) -> np.ndarray:
    """A lone sample stands out against a window that is else as quiet as ever: the crest factor rises."""
    x = job.signal()
    triples = _triples(x)
    n = np.maximum(triples.sum(axis=1), 1)
    total = np.nansum(np.abs(_second(x)), axis=1)
    ratio = 1 + job.size
    inside = 2 * ratio < 0.8 * n  # in the middle, a spike of h adds h to the largest and 2 h to the sum
    h = np.where(inside, ratio * total / np.maximum(n - 2 * ratio, 0.1 * n), 0.0)
    edge = 2 * np.minimum(ratio, 0.9 * n) * total / np.maximum(n - np.minimum(ratio, 0.9 * n), 0.05 * n)
    h = np.maximum(np.where(inside, h, edge), np.where(inside, 1.0, 2.0) * np.ceil(ratio))
    p = np.where(inside, job.one_of(triples), job.rng.choice([0, job.length - 1], len(x)))
    x[job.rows, p] += job.signs() * h
    job.put(x)
    second = np.abs(_second(job.signal()))
    n = np.maximum((~np.isnan(second)).sum(axis=1), 1)
    return (
        np.nanmax(np.where(np.isnan(second), -1, second), axis=1) * n / np.maximum(np.nansum(second, axis=1), 0.5 * n)
        - 1
    )


def surge(job: Job) -> None:
    """A jump between two records that dies away: faster than the process can."""
    x = job.signal()
    there = ~np.isnan(x)
    even = np.abs(job.windows.lateness.astype(int)) < 3277
    p = job.one_of(there & np.roll(there, 1, axis=1) & even & (np.arange(job.length) > 0))
    after = np.arange(job.length) - p[:, None]
    decay = np.exp(-np.maximum(after, 0) / job.rng.uniform(2, 12, len(x))[:, None])
    sign = np.sign(x[job.rows, p] - x[job.rows, p - 1])
    sign = np.where(sign == 0, job.signs(), np.nan_to_num(sign))
    x += (sign * job.size)[:, None] * decay * (after >= 0)
    job.put(x)


def stuck(job: Job) -> np.ndarray:
    """The same value again and again, from somewhere in the window or from long before it."""
    x = job.signal()
    n = np.maximum(np.round(job.size), 1) + 1
    whole = n >= job.length
    start = np.where(whole, 0, np.floor(job.rng.random(len(x)) * (job.length - np.minimum(n, job.length) + 1)))
    i = np.arange(job.length)
    held = (i >= start[:, None]) & (i < (start + n)[:, None])
    first = np.argmax(held & ~np.isnan(x), axis=1)
    value = x[job.rows, first][:, None]
    job.put(np.where(held & ~np.isnan(x) & ~np.isnan(value), value, x))
    hop = job.plan.hop
    before = np.stack([np.clip(n - hop, 0, LONGEST_RUN - hop), np.nan_to_num(value[:, 0])], axis=1).astype(np.int32)
    carry = job.windows.carry
    carry[job.rows, job.channel] = np.where(whole[:, None], before, carry[job.rows, job.channel])
    return n - 1


def noise(job: Job) -> None:
    """White noise, uniform noise or a hum at half the sampling rate, of mean spike measure ``size``."""
    x = job.signal()
    forms = [job.rng.normal(size=x.shape), job.rng.uniform(-1, 1, x.shape)]
    forms.append(np.where(np.arange(job.length) % 2, 1.0, -1.0) + 0.1 * job.rng.normal(size=x.shape))
    e = np.stack(forms)[job.rng.choice(3, len(x), p=[0.6, 0.2, 0.2]), job.rows]
    e -= e.mean(axis=1, keepdims=True)
    job.put(x + e * (job.size / np.nanmean(np.abs(_second(e)), axis=1))[:, None])


def attenuation(job: Job) -> np.ndarray:
    """The signal loses its swing around its own mean."""
    x = job.signal()
    mean = np.nanmean(x, axis=1, keepdims=True)
    variation = np.maximum(job.scale.variation(job.channel), 1e-9)
    now = np.maximum(_mean_step(x), 1e-9)
    factor = np.minimum(variation / (1 + job.size) / now, 1.0)
    job.put(mean + (x - mean) * factor[:, None])
    y = job.signal()
    pairs = np.maximum((~np.isnan(np.diff(y, axis=1))).sum(axis=1), 1)
    return np.maximum(variation / np.maximum(_mean_step(y), 1 / pairs) - 1, 0)


def step(job: Job) -> None:
    """The level shifts somewhere in the window and stays."""
    x = job.signal()
    p = job.rng.uniform(0.2, 0.8, len(x))
    splits = np.array([0.25, 0.5, 0.75])
    seen = np.where(splits < p[:, None], (1 - p[:, None]) / (1 - splits), p[:, None] / splits).max(axis=1)
    after = np.arange(job.length) >= np.round(p * job.length)[:, None]
    job.put(x + (job.signs() * job.size / seen)[:, None] * after)


def rounding(job: Job) -> np.ndarray:
    """Bits are lost: the samples fall on a coarser grid."""
    x = job.signal()
    base = x[job.rows, np.argmax(~np.isnan(x), axis=1)][:, None]
    best, reached = x.copy(), np.zeros(len(x))
    n = (~np.isnan(x)).sum(axis=1)
    for grid in 2.0 ** np.arange(0, 16, 0.25):
        y = base + np.floor((x - base) / grid + 0.5) * np.floor(grid)
        ordered = np.sort(y, axis=1)
        distinct = 1 + (np.diff(ordered, axis=1) > 0).sum(axis=1)
        ratio = n / distinct - 1
        take = reached < job.size
        best[take], reached[take] = y[take], ratio[take]
    job.put(best)
    return reached


def decoupled(job: Job) -> None:
    """The channel wanders on its own, away from the one that explains it."""
    x = job.signal()
    i = np.arange(job.length) / job.length
    wave = np.zeros_like(x)
    for _ in range(3):
        turns, phase = job.rng.uniform(0.5, 4, (2, len(x), 1)) * [[[1.0]], [[2.0]]]
        wave += np.sin(2 * np.pi * turns * i + phase)
    wave -= wave.mean(axis=1, keepdims=True)
    job.put(x + wave * (job.size / np.abs(wave).mean(axis=1))[:, None])


def _second(x: np.ndarray) -> np.ndarray:
    """x1 - (x0 + x2) / 2 of each triple, NaN where one is missing."""
    return x[:, 1:-1] - (x[:, :-2] + x[:, 2:]) / 2


def _triples(x: np.ndarray) -> np.ndarray:
    """bool[N, L]: slots that stand between two others, all three there."""
    inner = ~np.isnan(_second(x))
    return np.pad(inner, ((0, 0), (1, 1)))


def _mean_step(x: np.ndarray) -> np.ndarray:
    d = np.abs(np.diff(x, axis=1))
    return np.nansum(d, axis=1) / np.maximum((~np.isnan(d)).sum(axis=1), 1)


KINDS = (
    Kind("missing cells", "completeness", missing),
    Kind("out of range", "validity", out_of_range),
    Kind("clipping", "saturation", clipping),
    Kind("spike", "spike", spike),
    Kind("burst", "crest", burst),
    Kind("surge", "rate_of_change", surge),
    Kind("stuck", "flatline", stuck),
    Kind("noise", "noise", noise),
    Kind("attenuation", "attenuation", attenuation),
    Kind("step", "step", step),
    Kind("rounding", "resolution", rounding),
    Kind("decoupled", "consistency", decoupled),
)
