"""The source of a gate that sleeps deeply: it hands out what was sampled, and when that is used up the board sleeps.

Until the reference is made, in safe mode and while a host talks the board stays awake, and its records come from the
polled sensors.
"""

from ..compat import const
from ..layout import (
    COUNT_SENSORS,
    DEEP_FAILED,
    DEEP_LATE,
    DEEP_LEAD,
    DEEP_OFFSET,
    DEEP_RECORDS,
    DEEP_SAID,
    DEEP_SIZE,
    DEEP_STARTED,
    DEEP_TROUBLED,
)
from .retained import blank, now, record_bytes
from .sampler import collect
from .whole import Whole

_HEAD_BYTES = const(4 * DEEP_SIZE)


class Napping:
    """Records for ``gate``, whose verdicts ``watchers`` read; ``polled``: the sensors as they are read awake.

    ``memory``: bytes that deep sleep keeps, ``root``: where the gate's file lies where they are too few. ``lead``:
    milliseconds that a start takes, until the board has seen one.
    """

    def __init__(self, polled, gate, hal, writer, watchers, memory, root, lead):
        self.polled = polled
        self._gate = gate
        self._hal = hal
        self._writer = writer
        self._watchers = watchers
        self._memory = memory
        self._root = root
        self._lead = lead
        self._kept = hal.kept
        self._given = 0

    def read(self, values, seconds, millis, seqs, start, n):
        """As of any source; it does not come back where the board sleeps."""
        kept = self._kept
        if kept is None or self._given == kept.head[DEEP_RECORDS]:
            if self._awake():
                if kept:  # the polled sensors go on where the naps were
                    self._hal.clock.tick_in(kept.due() - now())
                    self._kept = None
                return self.polled.read(values, seconds, millis, seqs, start, n)
            self._sleep()
            kept = self._kept
        if not self._given:
            self._say()
        count = min(n, kept.head[DEEP_RECORDS] - self._given)
        for k in range(start, start + count):
            kept.give(self._given, values, seconds, millis, k)
            seqs[k] = -1
            self._given += 1
        return count

    def status(self, out, newest):
        self.polled.status(out, newest)

    def _awake(self):
        hal = self._hal
        return hal.state.safe or not self._gate.reference.ready() or (hal.line and hal.line.talks())

    def _sleep(self):
        """Everything is kept, and the next window's records are taken, asleep in between."""
        hal = self._hal
        clock = hal.clock
        clock.drain()
        clock.look()
        before = self._kept
        kept = self._room()
        head = kept.head
        if before:
            kept.set_due(before.due())
            for k in range(DEEP_OFFSET, DEEP_SIZE):
                head[k] = before.head[k]
            head[DEEP_LEAD] = before.head[DEEP_LEAD]
        else:
            kept.set_due(now() + clock.to_tick())
            head[DEEP_LEAD] = self._lead
            head[DEEP_OFFSET] = 1000 * clock.seconds + clock.millis - now()
            head[DEEP_STARTED] = clock.seconds - clock.uptime
        head[DEEP_LATE] = clock.late
        head[DEEP_FAILED] = 0
        packed = Whole(self._gate, hal, self._writer, self._watchers).pack()
        kept.hold(packed, self._root, self._memory - _HEAD_BYTES - len(kept.records))
        self._kept = kept
        self._given = 0
        collect(kept, self.polled.readers, self.polled.supply)
        clock.look()  # the board did not sleep: a record was too near
        clock.late = head[DEEP_LATE]

    def _room(self):
        """For the records until the next window is due, or as many as there is memory for."""
        n_channels = self._gate.ring.n_channels
        most = (self._memory - _HEAD_BYTES) // record_bytes(n_channels)
        return blank(n_channels, self._hal.clock.period_ms, min(self._gate.ring.need(), most))

    def _say(self):
        """Which sensors failed while nobody was there, and which do their work again."""
        hal = self._hal
        head = self._kept.head
        hal.counts[COUNT_SENSORS] += head[DEEP_FAILED]
        head[DEEP_FAILED] = 0
        for c in range(self._gate.ring.n_channels):
            what = "channel %d" % c
            if head[DEEP_SAID] >> c & 1:
                hal.recall_trouble(what)
            if head[DEEP_TROUBLED] >> c & 1:
                hal.trouble(what, OSError("no reading"))
            else:
                hal.well(what)
        head[DEEP_SAID] = head[DEEP_TROUBLED]
