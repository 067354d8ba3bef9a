"""How long a board may keep silent: counted by the clock that it goes by itself.

A real board's clock is ours. An emulated one is as slow as the machine that it runs on lets it be, so who starts one
puts its clock here, and a wait on its port ends by that.
"""

import time
from collections.abc import Callable

Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {}
"""Seconds, by port, of boards that have not got ours."""
SLICE_S = 0.05  # of our time, after which the board's is looked at again


def clock_of(port: str) -> Clock:
    """The clock that a wait on this port is counted by."""
    return CLOCKS.get(port, time.monotonic)


def patient(line, clock: Clock, seconds: float):
    """The serial line, whose ``read(n)`` gives fewer bytes only after ``seconds`` of that clock."""
    read = line.read
    line.timeout = SLICE_S

    def wait(size: int = 1) -> bytes:
        data = read(size)
        end = clock() + seconds
        while len(data) < size and clock() < end:
            data += read(size - len(data))
        return data

    line.read = wait
    return line
