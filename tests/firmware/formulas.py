"""The dimensions again, in float64 and from the samples themselves: what the integers are held against.

A window is given by its slots: ``x`` float64[C, L] counts (NaN: missing), ``absent`` bool[L], ``dt`` float64[L]
periods since the record before (NaN in absent slots), ``flags`` int[L], ``run_before`` the length of the run
that reaches in. Each formula returns the measure in natural units (counts, slots, periods, bins, ratios).
"""

import numpy as np
from motegate.firmware.device import layout as at


def _pairs(x):
    return np.abs(np.diff(x))[~np.isnan(np.diff(x))]


def _triples(x):
    s = np.abs(x[1:-1] - (x[:-2] + x[2:]) / 2)
    return s[~np.isnan(s)]


def uniqueness(w, c):
    return np.sum((w.flags & at.DUPLICATE) != 0)


def ordering(w, c):
    return np.sum((w.flags & at.BACKWARDS) != 0)


def continuity(w, c):
    return np.sum(w.absent) + np.sum((w.flags & at.SEQ_GAP) != 0)


def timeliness(w, c):
    late = np.clip(w.dt[~w.absent] - 1, -1, 1)
    return np.mean(np.abs(late)) if len(late) else 0


def completeness(w, c):
    return np.sum(np.isnan(w.x[c]) & ~w.absent)


def validity(w, c):
    return np.sum((w.x[c] < w.range[0]) | (w.x[c] > w.range[1]))


def saturation(w, c):
    return np.sum((w.x[c] <= w.rails[0]) | (w.x[c] >= w.rails[1]))


def spike(w, c):
    return np.max(_triples(w.x[c]), initial=0)


def noise(w, c):
    s = _triples(w.x[c])
    return np.mean(s) if len(s) else 0


def crest(w, c):
    s = _triples(w.x[c])
    return max(0, s.max() / max(s.mean(), 0.5) - 1) if len(s) else 0


def rate_of_change(w, c):
    d, dt = np.abs(np.diff(w.x[c])), np.clip(w.dt[1:], None, 2)
    good = ~np.isnan(d) & (dt > 0)
    return np.max(d[good] / dt[good], initial=0)


def flatline(w, c):
    x = w.x[c][~np.isnan(w.x[c])]
    longest = run = 0
    last = None
    for v in x:
        run = run + 1 if v == last else 1
        longest, last = max(longest, run), v
    return max(longest - 1, 0)


def attenuation(w, c):
    d = _pairs(w.x[c])
    if not len(d):
        return 0
    return max(0, w.channel(c, at.VARIATION) / 16 / max(d.mean(), 1 / len(d)) - 1)


def step(w, c):
    x, n = w.x[c], w.x.shape[1]
    quarter = 4 * np.arange(n) // n
    worst = 0
    for q in (1, 2, 3):
        left, right = x[quarter < q], x[quarter >= q]
        left, right = left[~np.isnan(left)], right[~np.isnan(right)]
        if len(left) and len(right):
            worst = max(worst, abs(right.mean() - left.mean()))
    return worst


def resolution(w, c):
    x = w.x[c][~np.isnan(w.x[c])]
    return len(x) / len(np.unique(x)) - 1 if len(x) else 0


def consistency(w, c):
    pair = w.channel(c, at.PAIR)
    if pair < 0:
        return 0
    r = w.x[c] - np.floor(w.channel(c, at.GAIN) * w.x[pair] / 4096)
    r = r[~np.isnan(r)]
    # the residual and its mean are whole counts by definition
    return np.mean(np.abs(r - np.floor(r.mean() + 0.5))) if len(r) else 0


def offset(w, c):
    lo, hi = w.band(c)
    x = w.x[c][~np.isnan(w.x[c])]
    return abs(x.mean() - (lo + hi) / 2) if len(x) else 0


def excursion(w, c):
    lo, hi = w.band(c)
    x = w.x[c][~np.isnan(w.x[c])]
    return max(0, x.max() - hi, lo - x.min()) if len(x) else 0


def relevancy(w, c):
    x = w.x[c][~np.isnan(w.x[c])]
    if not len(x):
        return 0
    size = 2.0 ** w.channel(c, at.BIN_SHIFT) / w.channel(c, at.BIN_MULT)
    shares = np.array([w.channel(c, at.SHARES + i) for i in range(15)]) / 32768
    return np.sum(np.abs(cumulative(x, w.channel(c, at.BIN_LO) + size * np.arange(16))[:15] - shares))


def cumulative(x, middles):
    """Shares of ``x`` up to each bin: a sample between two middles is part of both, by its distance from them in
    sixteenths."""
    place = np.floor(16 * (x - middles[0]) / (middles[1] - middles[0])) / 16
    return np.array([np.mean(np.clip(k + 1 - place, 0, 1)) for k in range(15)] + [1.0])


def drift(w, c):
    lo, hi = w.band(c)
    return max(abs(lo - w.channel(c, at.LO0) / 16384), abs(hi - w.channel(c, at.HI0) / 16384))


def signature(w):
    """float64[C, 21] in widths: cumulative shares, halved; means of quarters above the lower edge; 4 * mean |dx| and an
    eighth of their mean bits above the width's."""
    rows = []
    for c, x in enumerate(w.x):
        lo, width = _edges(w, c)
        good, quarter = ~np.isnan(x), 4 * np.arange(len(x)) // len(x)
        size = 2.0 ** w.channel(c, at.BIN_SHIFT) / w.channel(c, at.BIN_MULT)
        middles = w.channel(c, at.BIN_LO) + size * np.arange(16)
        mean = lo + width / 2
        shares = [w.channel(c, at.SHARES + k) / 32768 for k in range(16)]
        if good.any():
            mean = x[good].mean()
            shares = cumulative(x[good], middles)
        quarters = [x[good & (quarter == q)].mean() if (good & (quarter == q)).any() else mean for q in range(4)]
        d = _pairs(x)
        step = d.mean() if len(d) else w.channel(c, at.VARIATION) / 16
        bits = np.frexp(d)[1].mean() if len(d) else np.frexp(np.floor(step))[1]
        octaves = bits - max(np.log2(w.band(c)[1] - w.band(c)[0]), 0)
        linear = np.minimum(4 * step / width, 32767 / 2048)
        rows.append([*(np.array(shares) / 2), *((np.array(quarters) - lo) / width), linear + octaves / 8])
    return np.clip(rows, -32767 / 2048, 32767 / 2048)


def _edges(w, c):
    """Lower edge and width of the band in whole sixteenths of a count, as the signature's definition has them."""
    lo, hi = (np.floor(16 * edge) / 16 for edge in w.band(c))
    return lo, max(hi - lo, 1)


def _known(w):
    """(prototype in widths, radius in widths) of each known regime."""
    r = w.reference
    for k in range(r.array[at.REGIME_COUNT]):
        entry = r.regimes.table + at.REGIME_STRIDE * k
        if r.array[entry + at.FIRST_SEEN] == at.KNOWN:
            prototype = np.array(r.regimes.prototypes[k * r.regimes.size : (k + 1) * r.regimes.size])
            yield prototype.reshape(len(w.x), -1) / 2048, r.array[entry + at.RADIUS] / 2048


def regime(w, c):
    found = signature(w)
    return min((np.abs(found - prototype).sum() / radius for prototype, radius in _known(w)), default=0)


def regime_slack(w):
    """Each entry is rounded down to Q11 of a width, means and steps before that to a sixteenth of a count."""
    away = 0.0
    for c in range(len(w.x)):
        away += (21 + 8 * 2048 / 16 / _edges(w, c)[1]) / 2048
    return away / min((radius for _, radius in _known(w)), default=1)


def _status(w, name):
    fields = [(v, f) for v, f in zip(w.status, w.fields, strict=True) if f.dimension == name]
    worst = 0
    for v, f in fields:
        if v == at.MISSING_STATUS:
            return 2**29
        low = -np.inf if f.min is None else f.min
        high = np.inf if f.max is None else f.max
        worst = max(worst, low - v, v - high)
    return min(worst, 2**29)


def integration(w, c):
    return _status(w, "integration")


def enrichment(w, c):
    return _status(w, "enrichment")


def location(w, c):
    return _status(w, "location")


def trust(w, c):
    return _status(w, "trust")


def privacy(w, c):
    return _status(w, "privacy")
