"""Signatures of windows and their distances, as specified: see layout.py for the arrays."""

from ...compat import const
from ...layout import (
    BIN_COUNT,
    BINS,
    DX_BITS,
    DX_N,
    DX_SUM,
    FIRST_SEEN,
    HEAD,
    HI,
    KNOWN,
    LO,
    QUARTER_SUM,
    QUARTER_VALID,
    RADIUS,
    REF_HEAD,
    REF_STRIDE,
    REGIME_STRIDE,
    SHARES,
    SIGNATURE_QUARTERS,
    SIGNATURE_SHARES,
    SIGNATURE_STEP,
    SIGNATURE_STRIDE,
    STRIDE,
    SUM,
    VALID,
    VARIATION,
    WIDTH_LOG,
)
from .scan import bits

_NEAR = const(2048)  # radii, Q8
_FARTHEST = const(0x3FFFFFFF)


def _in_widths(way, width, extra):
    """``way``, Q4 counts, in Q11 widths, saturating at 16; ``width`` below 2**14, both shifted by ``extra``."""
    sign = 1
    if way < 0:
        way = -way
        sign = -1
    way >>= extra
    if way >= width << 4:
        return 32767 * sign
    return min((way << 11) // width, 32767) * sign


def _mean_q4(total, n):
    """Mean of ``n`` counts, Q4: |total| <= n * 32767."""
    return ((total + (n << 15)) << 4) // n - (1 << 19)


def sign(stats, ref, n_channels, out):
    """Fills ``out`` with the window's signature. A channel without a sample has its reference's own; an empty quarter
    has the window's mean."""
    for c in range(n_channels):
        sat = HEAD + c * STRIDE
        rat = REF_HEAD + c * REF_STRIDE
        at = c * SIGNATURE_STRIDE
        n = stats[sat + VALID]
        lo = ref[rat + LO] >> 10
        width = (ref[rat + HI] >> 10) - lo
        if width < 16:
            width = 16
        extra = 0
        while width > 16383:
            width >>= 1
            extra += 1
        held = 0
        for k in range(BIN_COUNT):
            held += stats[sat + BINS + k]
            out[at + SIGNATURE_SHARES + k] = (held << 6) // n if n else ref[rat + SHARES + k] >> 5
        mean = _mean_q4(stats[sat + SUM], n) - lo if n else width << extra >> 1
        for q in range(4):
            in_quarter = stats[sat + QUARTER_VALID + q]
            way = _mean_q4(stats[sat + QUARTER_SUM + q], in_quarter) - lo if in_quarter else mean
            out[at + SIGNATURE_QUARTERS + q] = _in_widths(way, width, extra)
        pairs = stats[sat + DX_N]
        if pairs:
            whole = stats[sat + DX_SUM] // pairs
            step = (whole << 4) + ((stats[sat + DX_SUM] - whole * pairs) << 4) // pairs
            octaves = (stats[sat + DX_BITS] << 14) // pairs
        else:
            step = ref[rat + VARIATION]
            octaves = bits(step >> 4) << 14
        octaves += (8 << 14) - ref[rat + WIDTH_LOG]
        here = _in_widths(min(step, 1 << 20) << 2, width, extra) + (octaves >> 6)
        out[at + SIGNATURE_STEP] = min(here, 32767)


def distance(x, x_at, y, y_at, size):
    """L1: at most 2**16 * size."""
    total = 0
    for i in range(size):
        total += abs(x[x_at + i] - y[y_at + i])
    return total


def nearest(ref, table, signature, prototypes, size, count, found):
    """The nearest of ``count`` prototypes in its own radius: ``found``: its number, its distance in radii Q8, and the
    same of the nearest known one (-1 and 0 where there is none). ``table``: where the regimes begin in ``ref``."""
    found[0] = found[2] = -1
    found[1] = found[3] = 0
    for r in range(count):
        radius = ref[table + REGIME_STRIDE * r + RADIUS]
        known = ref[table + REGIME_STRIDE * r + FIRST_SEEN] == KNOWN
        best = found[3] if known else found[1]
        # a distance that is no nearer than the best need not be known: at most 129 * 2**22
        enough = _FARTHEST
        if found[2 if known else 0] >= 0 and best < _NEAR:
            enough = (((best >> 4) + 1) * radius >> 4) + 1
        away = i = 0
        while i < size and away < enough:
            away += abs(signature[i] - prototypes[r * size + i])
            i += 1
        whole = away // radius
        ratio = (whole << 8) + ((away - whole * radius) << 8) // radius
        if found[0] < 0 or ratio < found[1]:
            found[0], found[1] = r, ratio
        if known and (found[2] < 0 or ratio < found[3]):
            found[2], found[3] = r, ratio


def blend(prototypes, at, signature, size, shift):
    """Moves a prototype by 1 / 2**shift of the way to the signature."""
    for i in range(size):
        prototypes[at + i] += (signature[i] - prototypes[at + i]) >> shift
