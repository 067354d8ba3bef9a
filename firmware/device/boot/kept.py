"""The state at the start: which slot is the newest whole one, how the start before ended, and whether this is a safe
one."""

from array import array
from binascii import crc32

from ..hal import report
from ..keeping.state import State, Summed
from ..layout import (
    LAYOUT_VERSION,
    STATE_BEFORE,
    STATE_BITES,
    STATE_BODY,
    STATE_BOOTS,
    STATE_CAUSE,
    STATE_LAYOUT,
    STATE_MAGIC,
    STATE_MAGIC_WORD,
    STATE_OF_START,
    STATE_RESETS,
    STATE_ROW,
    STATE_SAFE_STARTS,
    STATE_SEQUENCE,
    STATE_SIZE,
    STATE_TRIES,
    STATE_UPTIME,
    UNFORESEEN,
)

try:
    import machine
except ImportError:
    machine = None

_IN_A_ROW = 3  # resets
_WITHIN = 600  # seconds


def keep(root, hal, writer, service):
    """Reads the newest slot into the counts of ``hal``, whose ``state`` it makes, and says which slots are none. Behind
    a deep sleep it goes on with the counts that this has kept, and is no start."""
    counts = hal.counts
    counts[STATE_SEQUENCE] = -1
    writes = service["writes_per_day"]
    wrong = []
    if hal.kept:
        kept = array("i", hal.kept.gate[: 4 * STATE_SIZE])
        for i in range(STATE_SIZE):
            counts[i] = kept[i]
    for k in (0, 1) if writes and not hal.kept else ():
        head, why = _look("%sstate.%d" % (root, k))
        if head is None:
            if why:
                wrong.append("state.%d: %s" % (k, why))
        elif counts[STATE_SEQUENCE] < 0 or 0 < (head[STATE_SEQUENCE] - counts[STATE_SEQUENCE]) & 0x1FFFFFFF < 1 << 28:
            for i in range(STATE_SIZE):
                counts[i] = head[i]
    counts[STATE_MAGIC] = STATE_MAGIC_WORD
    counts[STATE_LAYOUT] = LAYOUT_VERSION
    if counts[STATE_SEQUENCE] < 0:
        counts[STATE_SEQUENCE] = counts[STATE_BODY] = 0
    slots = None
    if writes:
        try:
            slots = [Summed(_open("%sstate.%d" % (root, k))) for k in (0, 1)]
        except OSError as e:
            wrong.append("state: %s: nothing is kept" % e)
    hal.state = State(counts, slots, 86400 // (writes or 1))
    if hal.kept:
        writer.boot = counts[STATE_BOOTS]
    else:
        _begin(hal, writer)
    for why in wrong:
        report(writer, ValueError(why))


def _begin(hal, writer):
    """Counts this start, says whether it is a safe one, and writes both down."""
    counts = hal.counts
    counts[STATE_BOOTS] += 1
    unforeseen = counts[STATE_CAUSE] == UNFORESEEN
    bitten = not counts[STATE_CAUSE] and _cause() == getattr(machine, "WDT_RESET", -1)
    counts[STATE_RESETS] += unforeseen
    counts[STATE_BITES] += bitten
    up = counts[STATE_UPTIME]
    if not (unforeseen or bitten):
        counts[STATE_ROW] = 0
    elif up > _WITHIN:
        counts[STATE_ROW] = 1
    else:
        counts[STATE_ROW] += 1
    few = counts[STATE_BEFORE] + up <= _WITHIN
    counts[STATE_BEFORE] = up
    safe = counts[STATE_ROW] >= _IN_A_ROW and few or counts[STATE_ROW] > 0 and counts[STATE_TRIES] > 0
    for i in range(STATE_OF_START, STATE_SIZE):
        counts[i] = 0
    writer.boot = counts[STATE_BOOTS]
    if safe or hal.broken:  # this start trusts nothing that was learned, and says so in every frame
        hal.state.safe = writer.safe = 1
        counts[STATE_SAFE_STARTS] += 1
    hal.state.save(None, hal)
    for name in hal.broken:
        report(writer, ValueError(name + " is not as it was built"), "self-test")


def _cause():
    return machine.reset_cause() if hasattr(machine, "reset_cause") else 0


def _look(path):
    """(the head of a whole slot, ""), or (None, what is wrong with it; "" where there is none)."""
    head = array("i", [0] * STATE_SIZE)
    block = bytearray(64)
    try:
        with open(path, "rb") as f:
            if f.readinto(head) < 4 * STATE_SIZE:
                return None, "torn" if f.tell() else ""
            if head[STATE_MAGIC] != STATE_MAGIC_WORD:
                return None, "not a state"
            if head[STATE_LAYOUT] != LAYOUT_VERSION:
                return None, "layout version %d, this firmware reads %d" % (head[STATE_LAYOUT], LAYOUT_VERSION)
            crc = crc32(bytes(head))
            left = head[STATE_BODY]
            while left > 0:
                n = f.readinto(block)
                if n < min(64, left):
                    return None, "torn"
                crc = crc32(memoryview(block)[: min(left, 64)], crc)
                left -= 64
            f.seek(4 * STATE_SIZE + head[STATE_BODY])
            if f.read(4) != bytes((crc & 255, crc >> 8 & 255, crc >> 16 & 255, crc >> 24 & 255)):
                return None, "the CRC does not match: torn or altered"
    except OSError:
        return None, ""
    return head, ""


def _open(path):
    try:
        return open(path, "r+b")
    except OSError:
        return open(path, "w+b")
