"""The virtual clock: MicroPython's `time`, in which only sleeping lets time pass.

It lies ahead of the built-in module on MICROPYPATH, so the device's code takes it for the board's own.
`utime` stays the real clock. Time is kept in microseconds since the start (a small integer of 63 bits on the
host's VM), and shown as a board shows it: ticks wrap at 2**30, `time()` counts from 1970 as on the unix and rp2 ports.
"""

import micropython
from utime import gmtime, localtime, mktime  # noqa: F401  (offered as they are)

TICKS = micropython.const(0x3FFFFFFF)
HALF = micropython.const(0x20000000)

us = 0  # virtual microseconds since the start
start_us = 0  # the start, in microseconds since 1970


def begin(seconds, millis):
    """Let the run start at this moment (seconds since 1970)."""
    global us, start_us
    us = 0
    start_us = seconds * 1000000 + millis * 1000


def at(seconds, millis):
    """Move on to this moment (seconds since 1970); the clock never goes back."""
    global us
    now = seconds * 1000000 + millis * 1000 - start_us
    if now > us:
        us = now


@micropython.native
def sleep_ms(n):
    global us
    if n > 0:
        us += n * 1000


@micropython.native
def sleep_us(n):
    global us
    if n > 0:
        us += n


def sleep(seconds):
    sleep_us(int(seconds * 1000000))


@micropython.native
def ticks_ms():
    return us // 1000 & 0x3FFFFFFF


@micropython.native
def ticks_us():
    return us & 0x3FFFFFFF


ticks_cpu = ticks_us


@micropython.native
def ticks_add(ticks, delta):
    return (ticks + delta) & 0x3FFFFFFF


@micropython.native
def ticks_diff(end, start):
    return ((end - start + 0x20000000) & 0x3FFFFFFF) - 0x20000000


def time():
    return (start_us + us) // 1000000


def time_ns():
    return (start_us + us) * 1000
