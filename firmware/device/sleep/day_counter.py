"""Time by the real-time clock of an STM32, which goes on in the stop mode, where ticks stand still.

MicroPython's pyb.RTC: ``datetime()`` ends in hours, minutes, seconds and subseconds, which count down from 255 to 0.
So it resolves 3.9 ms.
"""


class DayCounter:
    """``rtc``: machine.RTC() of such a board."""

    def __init__(self, rtc):
        self._rtc = rtc

    def now(self):
        """Milliseconds of the day, below 2**27."""
        _, _, _, _, hours, minutes, seconds, left = self._rtc.datetime()
        return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ((255 - left) * 1000 >> 8)
