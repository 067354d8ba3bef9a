"""The reference's following, as specified: see reference/reference.py for the rule, layout.py for the arrays."""

from ...layout import (
    BIN_LO,
    BIN_MULT,
    BIN_SHIFT,
    CELL_BASE,
    CELL_MODE,
    CELL_STRIDE,
    FIXED,
    HEAD,
    HELD,
    HELD_BAD,
    HI,
    HI0,
    LIMIT_STEP,
    LIMIT_STRIDE,
    LO,
    LO0,
    MAX,
    MIN,
    OUTSIDE,
    Q90,
    Q99,
    REF_HEAD,
    REF_STRIDE,
    RUN,
    STEP,
    STRIDE,
    VALID,
    WIDTH0,
    WIDTH_LOG,
)
from .value import log2_q14


def lay_bins(ref, rat):
    """Lays the sixteen bins and the width's logarithm over the present band of the channel at ``rat``."""
    lo, hi = ref[rat + LO], ref[rat + HI]
    width = max((hi - lo) >> 10, 16)  # Q4 counts
    ref[rat + BIN_LO] = ((lo >> 6) - 7 * width + 128) >> 8
    extra = shift = 0
    while width > 16383:
        width >>= 1
        extra += 1
    while (128 << shift) // width < 4096:
        shift += 1
    ref[rat + BIN_MULT] = (128 << shift) // width
    ref[rat + BIN_SHIFT] = shift + extra
    ref[rat + WIDTH_LOG] = log2_q14(max((hi - lo) >> 6, 256))


def follow(ref, limits, cells, n_limits, logs, floors, ceilings, stats, n_channels, length):
    """One step of the reference after a window, on its measures alone. A limit without a channel, or of several, waits
    when any channel does. While a window is held edges move outwards alone, and no farther than they were commissioned:
    else the band would close on what is left of a process, one of whose regimes is held. Of a window that is held and
    bad, as somebody has said, a channel that lies within a quarter of a width of its band is followed: the others have
    the fault."""
    frozen = 0
    for c in range(n_channels):
        rat = REF_HEAD + c * REF_STRIDE
        sat = HEAD + c * STRIDE
        valid = stats[sat + VALID]
        if (length - valid) * 8 > length or stats[sat + OUTSIDE] * 8 > length or stats[sat + RUN] >= 3 * length:
            frozen |= 1 << c
            continue
        lo, hi = ref[rat + LO], ref[rat + HI]
        least, most = stats[sat + MIN] << 14, stats[sat + MAX] << 14
        near = hi - lo >> 2
        hold = n_limits == HELD or n_limits == HELD_BAD and (most > hi + near or least < lo - near)
        if hold:
            least, most = max(least, min(lo, ref[rat + LO0])), min(most, max(hi, ref[rat + HI0]))
        far = ((hi - lo) >> 2) * 3
        step = ref[rat + STEP]
        if most - far > hi or least + far < lo:
            step >>= 3
        back = 0 if hold else step // 20 or 1
        if most > hi:
            hi += min(step, most - hi)
        else:
            hi -= min(back, hi - most)
        if least < lo:
            lo -= min(step, lo - least)
        else:
            lo += min(back, least - lo)
        if hi - lo >= 16384:
            ref[rat + LO], ref[rat + HI] = lo, hi
            lay_bins(ref, rat)
    for k in range(n_limits):
        mode = cells[CELL_STRIDE * k + CELL_MODE]
        if mode == FIXED or mode == WIDTH0:
            continue
        rat = cells[CELL_STRIDE * k + CELL_BASE]
        if frozen and (rat == 0 or frozen >> ((rat - REF_HEAD) // REF_STRIDE) & 1):
            continue
        at = limits + LIMIT_STRIDE * k
        q99 = min(_moved(ref[at + Q99], logs[k], ref[LIMIT_STEP], 99, floors[k]), ceilings[k])
        ref[at + Q99] = q99
        ref[at + Q90] = min(_moved(ref[at + Q90], logs[k], ref[LIMIT_STEP], 9, 0), q99)


def _moved(limit, log, step, slower, floor):
    """A quantile's limit after a window, so that one in ``slower`` + 1 exceeds it where it settles."""
    over = log - (limit >> 10)
    if over > 32768:
        step >>= 3
    if over > 0:
        return limit + min(step, over << 10)
    return max(limit - (step // slower or 1), floor)
