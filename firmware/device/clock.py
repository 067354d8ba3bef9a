"""One clock: seconds since 2020-01-01 UTC and milliseconds, and the pace of the samples.

Seconds come from ``time.time()`` once and are carried on by ticks: on a 32-bit port ``time.time()`` is past
2^30 and allocates. ``ticks_ms`` wraps after 12.4 days, so the clock must be looked at once in 6 days.
"""

import time

from .compat import MICROPYTHON, const, micropython

try:
    import machine
except ImportError:
    machine = None

if MICROPYTHON:
    from time import sleep_ms, ticks_add, ticks_diff, ticks_ms
else:

    def ticks_ms():
        return int(time.monotonic() * 1000) & 0x3FFFFFFF

    def ticks_add(ticks, delta):
        return (ticks + delta) & 0x3FFFFFFF

    def ticks_diff(a, b):
        return ((a - b + 0x20000000) & 0x3FFFFFFF) - 0x20000000

    def sleep_ms(ms):
        time.sleep(ms / 1000)


PIECE_MS = 4000  # of a long sleep
_LONGEST_MS = const(1800000)  # ... of a light one that nothing has to interrupt: of rp2 at most 72 minutes
_LEAST_LIGHT_MS = const(5)  # below it waking up would cost more than it saves
_DAY_MS = const(86400000)
_BYTES_A_MS = const(11)  # of a line of 115,200 bits a second
_PLAUSIBLE = const(4 * 365 * 86400)  # 2024: no board wakes up later than that with its clock unset


def epoch():
    """2020-01-01 in seconds of the port's own time."""
    return 1577836800 if time.gmtime(0)[0] == 1970 else 631152000


class Clock:
    """``seconds`` and ``millis`` are the time of the last look; ``uptime`` the seconds since the start. ``period_ms``:
    the pace; 0: there is none, and no look, as under a replay. ``piece``: milliseconds of a long sleep, ``usual`` of
    one while nobody talks. ``is_light``: it waits in light sleep (machine.lightsleep), in which the memory stays.
    ``late``: records taken more than an eighth of a period after their tick, since the start."""

    def __init__(self):
        self.uptime = 0
        self.piece = self.usual = PIECE_MS
        self.period_ms = 0
        self.is_light = False
        self.late = 0
        self._due = self._late_ms = 0
        self._counter = None
        self.synchronise()
        self._sent = self._ticks

    def synchronise(self):
        """Take the time from the port's own clock (whose epoch is 1970 or 2000)."""
        self._ticks = ticks_ms()
        self.seconds = int(time.time()) - epoch()
        self.millis = 0

    def is_set(self):
        """1 if the time can be true, 0 if the board woke up without it."""
        return 1 if self.seconds >= _PLAUSIBLE else 0

    @micropython.native
    def look(self):
        """Bring ``seconds``, ``millis`` and ``uptime`` up to now."""
        ticks = ticks_ms()
        millis = self.millis + ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        if millis >= 1000:
            self.seconds += millis // 1000
            self.uptime += millis // 1000
            millis %= 1000
        self.millis = millis

    def set(self, seconds, millis):
        """Somebody knows the time better: from now on it is this one, in the port's own clock too where it has one."""
        self.look()
        self.seconds = seconds
        self.millis = millis
        if hasattr(machine, "RTC"):
            t = time.gmtime(seconds + epoch())
            machine.RTC().datetime((t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0))

    def between(self):
        """Has its turn before each piece of a sleep; whoever has something to do there puts it here."""

    def sleep(self, milliseconds):
        """Whatever happens meanwhile: at most a second."""
        sleep_ms(milliseconds)

    def light(self, fed=False, counter=None):
        """From now on it waits in light sleep, where the port has one.

        ``fed``: a watchdog asks for pieces. ``counter``: where ticks stand still in light sleep, what goes on,
        ``now() -> milliseconds of the day`` (sleep/day_counter.py); None: they go on.
        """
        self.is_light = hasattr(machine, "lightsleep")
        self._counter = counter
        if self.is_light and not fed:
            self.piece = self.usual = _LONGEST_MS

    def sent(self, n):
        """``n`` bytes were given to the line: it has its clock until they are through."""
        self._sent = ticks_add(ticks_ms(), self._sending() + n // _BYTES_A_MS + 2)

    def _sending(self):
        """Milliseconds until all that was sent is through; days later the ticks have come round, and it is."""
        ahead = ticks_diff(self._sent, ticks_ms())
        return ahead if 0 < ahead < PIECE_MS else 0

    def _rest(self, milliseconds):
        """At most so long: a light sleep may end early, and what is still being sent comes first."""
        if self.is_light:
            sending = self._sending()
            if sending:
                milliseconds = min(milliseconds, sending)
            elif milliseconds >= _LEAST_LIGHT_MS:
                if self._counter:
                    self._sleep_by_counter(milliseconds)
                else:
                    machine.lightsleep(milliseconds)
                return
        sleep_ms(milliseconds)

    def _sleep_by_counter(self, milliseconds):
        """Ticks have stood still meanwhile: whatever was to come at some tick comes earlier."""
        began = self._counter.now()
        machine.lightsleep(milliseconds)
        slept = (self._counter.now() - began) % _DAY_MS
        self._due = ticks_add(self._due, -slept)
        self._ticks = ticks_add(self._ticks, -slept)
        self._sent = ticks_add(self._sent, -slept)

    def drain(self):
        """Until all that was sent is through."""
        sleep_ms(self._sending())

    def resume(self, milliseconds, started):
        """Behind a deep sleep: it is ``milliseconds`` since 2020, and the uptime counts from second ``started``."""
        self._ticks = ticks_ms()
        self.seconds = milliseconds // 1000
        self.millis = milliseconds % 1000
        self.uptime = self.seconds - started

    def pause(self, milliseconds):
        """Sleeps, in pieces: about so long."""
        while milliseconds > 0:
            piece = min(milliseconds, self.piece)
            self.between()
            self._rest(piece)
            milliseconds -= piece

    def every(self, period_ms):
        """Set the pace for ``tick``: the first one is now."""
        self.period_ms = period_ms
        self._late_ms = max(period_ms >> 3, 2)
        self._due = ticks_ms()

    def tick_in(self, milliseconds):
        """The next tick is in so many milliseconds, from there on the pace goes on."""
        self._due = ticks_add(ticks_ms(), milliseconds)

    def to_tick(self):
        """Milliseconds until the next tick; negative: it has passed."""
        return ticks_diff(self._due, ticks_ms())

    def wait(self, before=0):
        """Sleeps in pieces until ``before`` milliseconds before the next tick. One that ends too late is counted."""
        ahead = self.to_tick() - before
        while ahead > 0:
            self.between()
            self._rest(min(ahead, self.piece))
            self.look()
            ahead = self.to_tick() - before
        if -ahead > self._late_ms + before:
            self.late += 1

    @micropython.native
    def tick(self, seconds, millis, i):
        """Sleep until the next tick of the pace, then write the time into ``seconds[i]`` and ``millis[i]``.

        Ticks that passed meanwhile are skipped, not made up for. One call, since it is made for every record.
        """
        due = self._due
        ahead = ticks_diff(due, ticks_ms())
        if ahead > self.piece or (ahead > 0 and self.is_light):
            self.wait()
            due = self._due
        elif ahead > 0:
            sleep_ms(ahead)
        elif ahead < 0:
            if -ahead > self._late_ms:
                self.late += 1
            due = ticks_add(due, -ahead // self.period_ms * self.period_ms)
        self._due = ticks_add(due, self.period_ms)
        self.look()
        seconds[i] = self.seconds
        millis[i] = self.millis
