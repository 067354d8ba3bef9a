"""The simulated hardware: MicroPython's `machine`, as far as a mote uses it.

It lies ahead of the built-in stub on MICROPYPATH. Converters and buses show the recording (`world`), time is
the virtual clock (`time`), pins remember their level, and a watchdog that was fed too late is counted.
"""

import time

import micropython

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

RESET = 3  # exit status of a board that has reset itself; a world at its end raises SystemExit without one
ASLEEP = 4  # of one that sleeps deeply: the runner starts it again
MEMORY = 2048  # bytes that a deep sleep keeps, as an ESP32's

world = None  # what converters and buses show: the runner sets it where the board's own drivers run
levels = {}  # pin -> level last written
writes = {}  # pin -> how often its level changed
bites = 0  # times that a watchdog would have reset the board
light_ms = 0  # in light sleep
deep_ms = 0  # in deep sleep
starts = 0  # behind a deep sleep
start_ms = 0  # that such a start takes, until main.py runs: the runner sets it
cuts = []  # virtual milliseconds at which the power is cut, if the board sleeps deeply then
cause = PWRON_RESET  # of the present start
kept = b""  # what the RTC's memory holds


def unique_id():
    return b"MOTEGATE"


def reset_cause():
    return cause


def freq(hertz=None):
    return 125000000


def idle():
    time.sleep_us(1000)  # a board wakes at its next tick


def lightsleep(ms=0):
    global light_ms
    light_ms += ms
    time.sleep_ms(ms)


def deepsleep(ms=0):
    """The board starts afresh behind it, by its timer or since its power was cut and came back."""
    global deep_ms, starts, cause, kept
    if cuts and cuts[0] * 1000 <= time.us + ms * 1000:
        ms = max(cuts.pop(0) - time.us // 1000, 0)
        cause = PWRON_RESET
        kept = b""
    else:
        cause = DEEPSLEEP_RESET
    deep_ms += ms
    starts += 1
    time.sleep_ms(ms + start_ms)
    raise SystemExit(ASLEEP)


def reset():
    raise SystemExit(RESET)


soft_reset = reset


def disable_irq():
    return 0


def enable_irq(state=0):
    pass


class Pin:
    IN, OUT, OPEN_DRAIN, ALT = 0, 1, 2, 3
    PULL_UP, PULL_DOWN = 1, 2
    IRQ_RISING, IRQ_FALLING = 1, 2

    def __init__(self, id, mode=-1, pull=-1, value=None, **more):
        self.id = id
        if pull == Pin.PULL_UP:
            levels.setdefault(id, 1)
        if value is not None:
            self.value(value)

    def init(self, mode=-1, pull=-1, value=None, **more):
        if value is not None:
            self.value(value)

    def value(self, level=None):
        """Set, or read: of a pin that shows a channel of the recording, whether its present value is not 0."""
        if level is None:
            if world and str(self.id) in world.pins:
                return 1 if world.block[world.at() + world.column(str(self.id))] else 0
            return levels.get(self.id, 0)
        level = 1 if level else 0
        if levels.get(self.id) != level:
            levels[self.id] = level
            writes[self.id] = writes.get(self.id, 0) + 1

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def toggle(self):
        self.value(1 - self.value())


class ADC:
    """A converter: 16 bits of the record that holds now."""

    def __init__(self, id, **more):
        pin = id.id if isinstance(id, Pin) else id
        self.world = world
        self.column = self.world.column(str(pin))
        self.width = self.world.width

    @micropython.native
    def read_u16(self):
        seen = self.world
        now = time.us
        if now >= seen.end:
            seen.next()
        if seen.fault:
            seen.fail()
        return seen.block[(now - seen.begin) // seen.step * self.width + self.column]


class I2C:
    """A bus whose registers hold the recording's channels, two bytes or one each."""

    def __init__(self, id=0, scl=None, sda=None, freq=400000, timeout=50000, **more):
        self.world = world

    def scan(self):
        return sorted({int(key.split(":")[0]) for key in self.world.pins if ":" in key})

    def readfrom_mem_into(self, address, register, buffer, addrsize=8):
        seen = self.world
        key = "%d:%d" % (address, register)
        raw = seen.block[seen.at() + seen.column(key)]
        last = len(buffer) - 1
        for i in range(last + 1):
            buffer[i if key in seen.little else last - i] = raw >> 8 * i & 255

    def readfrom_mem(self, address, register, n, addrsize=8):
        buffer = bytearray(n)
        self.readfrom_mem_into(address, register, buffer)
        return buffer

    def writeto_mem(self, address, register, data, addrsize=8):
        pass  # a device's setup


SoftI2C = I2C


class RTC:
    """Set by writing datetime(); the virtual clock goes on from there."""

    def __init__(self, id=0):
        pass

    def memory(self, data=None):
        """What deep sleep keeps."""
        global kept
        if data is None:
            return kept
        if len(data) > MEMORY:
            raise ValueError("buffer too long")
        kept = bytes(data)

    def datetime(self, value=None):
        if value is None:
            year, month, day, hour, minute, second, weekday = time.gmtime(time.time())[:7]
            return (year, month, day, weekday, hour, minute, second, 0)
        year, month, day, _, hour, minute, second, _ = value
        time.start_us = time.mktime((year, month, day, hour, minute, second, 0, 0)) * 1000000 - time.us


class WDT:
    """Counts what a real one would have ended with a reset."""

    def __init__(self, id=0, timeout=5000):
        self.timeout = timeout * 1000
        self.fed = time.us

    @micropython.native
    def feed(self):
        global bites
        now = time.us
        if now - self.fed > self.timeout:
            bites += 1
        self.fed = now
