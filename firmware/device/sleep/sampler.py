"""One wake-up from deep sleep: a record is taken and kept, and the board sleeps again, until the gate has to start.

main.py asks this first, before anything of the gate is loaded. The board wakes up ahead of a record by what its start
took the last times, and waits for the record's own moment.
"""

import json
import time

import machine

from ..compat import const
from ..layout import (
    DEEP_FAILED,
    DEEP_LATE,
    DEEP_LEAD,
    DEEP_OFFSET,
    DEEP_PERIOD,
    DEEP_RECORDS,
    DEEP_ROOM,
    DEEP_TROUBLED,
    MISSING,
)
from ..modules import unload
from .retained import now, recall

_LEAST_MS = const(20)  # of a deep sleep
_MARGIN_MS = const(5)
_LONGEST_LEAD_MS = const(10000)


def sample(root):
    """Comes back when the gate has to start: true where it goes on, false where nothing was kept."""
    kept = recall()
    if kept is None:
        return False
    _learn_lead(kept, now() - kept.wake())
    from ..boot.wiring import readers_of, supply_of

    with open(root + "gate/sensors.json") as f:
        sensors = json.load(f)
    collect(kept, readers_of(sensors["channels"]), supply_of(sensors))
    kept.keep()
    unload("boot")  # the gate loads its own
    unload("sensors")
    return True


def _learn_lead(kept, took):
    """``took``: milliseconds from when the board was to wake up until it can take a record. Up at once, down slowly."""
    head = kept.head
    lead = max(0, min(took + _MARGIN_MS, _LONGEST_LEAD_MS))
    head[DEEP_LEAD] = max(lead, head[DEEP_LEAD] - ((head[DEEP_LEAD] - lead) >> 3))


def collect(kept, readers, supply):
    """Takes records until there is no more room. Where the next is far enough away the board sleeps deeply, and this
    does not come back."""
    head = kept.head
    warm = supply.warm_up_ms if supply else 0
    while head[DEEP_RECORDS] < head[DEEP_ROOM]:
        due = kept.due()
        early = head[DEEP_LEAD] + warm
        ahead = due - now()
        if ahead - early > _LEAST_MS:
            kept.set_wake(due - early)
            kept.keep()
            machine.deepsleep(ahead - early)
        if supply:
            _wait(due - warm)
            supply.on()
            _wait(now() + warm)
        _wait(due)
        late = now() - due
        period = head[DEEP_PERIOD]
        if late > max(period >> 3, 2):
            head[DEEP_LATE] += 1
            due += late // period * period  # records that were due meanwhile are skipped, not made up for
        kept.add(now() + head[DEEP_OFFSET], [_read(kept, readers, c) for c in range(len(readers))])
        if supply:
            supply.off()
        kept.set_due(due + period)


def _wait(until):
    ahead = until - now()
    while ahead > 0:
        time.sleep_ms(ahead)
        ahead = until - now()


def _read(kept, readers, c):
    """A count; a sensor that raises is asked once more, then its sample is missing."""
    head = kept.head
    for _ in range(2):
        try:
            value = readers[c].count()
            head[DEEP_TROUBLED] &= ~(1 << c)
            return value
        except Exception:
            head[DEEP_TROUBLED] |= 1 << c
    head[DEEP_FAILED] += 1
    return MISSING
