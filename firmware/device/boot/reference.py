"""A reference at the start: how each limit is kept, what stands in a blank one, and its file.

Constructors ask, and hosts that write files; a board unloads this module with the start.
"""

import struct
from array import array
from binascii import crc32

from ..compat import const
from ..layout import (
    CELL_BASE,
    CELL_MODE,
    CELL_STRIDE,
    FIXED,
    FOLLOW,
    FOLLOW_REGIME,
    LAYOUT_VERSION,
    PAIR,
    RARITY_DECADE,
    RARITY_ZERO,
    REF_HEAD,
    REF_STRIDE,
    REFERENCE_BODY,
    REFERENCE_CRC,
    REGIME,
    SHARES,
    THRESHOLD_STRIDE,
    TRAINED_THRESHOLD,
    WIDTH0,
)

_MAGIC = b"MGF1"
_TWICE = const(5046272)  # a decade's log10(2), 77 of 256
_NEVER = const(536870911)  # a threshold that no level exceeds


def worst_columns(cells, columns):
    """The columns with limits of their own: of several cells, none of which the policy fixes."""
    fixed = [mode in (FIXED, WIDTH0) for _, _, mode, _ in cells]
    found = []
    for j, (_, members) in enumerate(columns):
        if len(members) > 1 and not [k for k in members if fixed[k]]:
            found.append(j)
    return found


def describe(reference, cells, columns, worst, modules):
    """How each limit of ``cells`` and of the ``worst`` columns, as the plan has them, is kept, between what ends."""
    for k, (module, channel, mode, floor) in enumerate(cells):
        _describe(reference, k, mode, REF_HEAD + channel * REF_STRIDE if channel >= 0 else 0, floor)
        # with a threshold of the policy's its mode is FIXED
        if mode == FOLLOW_REGIME or modules[module] == "regime":
            reference.regime_cell = k
    for k, j in enumerate(worst, len(cells)):
        reference.worst[j] = k
        _describe_column(reference, k, columns[j][1])


def _describe(reference, k, mode, base, floor):
    reference.cells[CELL_STRIDE * k + CELL_MODE] = mode
    reference.cells[CELL_STRIDE * k + CELL_BASE] = base
    reference.floors[k] = floor


def _describe_column(reference, k, members):
    """The limits of a column lie between one cell's, were they all the same, and those of so many independent ones: a
    decade further for each factor of ten (Bonferroni 1936), where they begin."""
    limit = (RARITY_ZERO + RARITY_DECADE) << 16
    _describe(reference, k, FOLLOW, 0, limit)
    for cell in members:
        reference.in_worst[cell] = 1
    octaves = 0
    while len(members) >> octaves + 1:
        octaves += 1
    reference.ceilings[k] = limit + _TWICE * octaves + (_TWICE * (len(members) - (1 << octaves)) >> octaves)


def fill(reference):
    """A blank one: limits at their ends, a wide band, even shares, no partner, no threshold that a level exceeds."""
    a = reference.array
    a[REGIME] = -1
    for k in range(reference.n_cells):
        reference.set_limit(k, reference.floors[k], reference.floors[k])
    for k in range(reference.n_cells, reference.n_limits):
        limit = reference.ceilings[k]
        reference.set_limit(k, limit, limit - (RARITY_DECADE << 16))
    for k in range(reference.n_classifiers):
        set_threshold(reference, k, _NEVER)
    for c in range(reference.n_channels):
        at = REF_HEAD + c * REF_STRIDE
        a[at + PAIR] = -1
        reference.set_band(at, -8192 << 14, 8192 << 14)
        for i in range(16):
            a[at + SHARES + i] = (i + 1) << 11


def set_threshold(reference, classifier, threshold):
    """Replaces one trained threshold, and the site's with it."""
    reference.pull_threshold(classifier, threshold)
    reference.array[reference.thresholds + THRESHOLD_STRIDE * classifier + TRAINED_THRESHOLD] = threshold


def start_over(reference):
    """Before commissioning: nothing of a site but its training's regimes, limits and thresholds."""
    for k in range(reference.n_classifiers):
        reference.pull_threshold(k, reference.trained_threshold(k))
    if reference.regimes:
        reference.regimes.start_over()


def dump(reference):
    """The file: magic; version of the layout, number of channels, cells, columns and classifiers (uint16 each); the
    array (int32, little-endian); the prototypes (int16); CRC-32."""
    body = struct.pack("<4s5H", _MAGIC, *_shape(reference)) + bytes(reference.array)
    if reference.regimes:
        body += bytes(reference.regimes.prototypes)
    return body + struct.pack("<I", crc32(body))


def read(reference, data):
    """Takes over what a file holds; ValueError says why it is not this reference's."""
    if len(data) < REFERENCE_BODY or bytes(data[:4]) != _MAGIC:
        raise ValueError("reference: does not begin with MGF1")
    shape = struct.unpack("<5H", bytes(data[4:REFERENCE_BODY]))
    if shape[0] != LAYOUT_VERSION:
        raise ValueError("reference: layout version %d, this firmware reads %d" % (shape[0], LAYOUT_VERSION))
    if shape != _shape(reference):
        raise ValueError("reference: made for other channels, dimensions or classifiers")
    middle = REFERENCE_BODY + 4 * len(reference.array)
    size = middle + REFERENCE_CRC
    if reference.regimes:
        size += 2 * len(reference.regimes.prototypes)
    if len(data) != size:
        raise ValueError("reference: %d bytes, expected %d" % (len(data), size))
    if crc32(bytes(data[: size - REFERENCE_CRC])) != struct.unpack("<I", bytes(data[size - REFERENCE_CRC :]))[0]:
        raise ValueError("reference: CRC-32 does not match")
    reference.array = array("i", bytes(data[REFERENCE_BODY:middle]))
    if reference.regimes:
        reference.regimes.prototypes = array("h", bytes(data[middle : size - REFERENCE_CRC]))


def _shape(reference):
    columns = reference.n_limits - reference.n_cells
    return LAYOUT_VERSION, reference.n_channels, reference.n_cells, columns, reference.n_classifiers
