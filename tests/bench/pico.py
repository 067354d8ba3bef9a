"""What the bundle takes of an emulated Pico: heap, the time to start, the time for a window, by its own clock."""

import os
import re
import tempfile
from pathlib import Path

import numpy as np
from motegate.convert.bundle import build
from motegate.device_sim.machines.pico import VARIABLE, Pico
from motegate.firmware.link.flash import put
from motegate.firmware.link.transport import RawRepl

from ..conftest import shared_folder
from ..firmware import handmade
from . import UnableError

TITLE = "The emulated Pico"
STARTS = 4
EIGHT = "".join(
    handmade.PRESSURE.replace("pressure", f"pressure_{i}").replace("pin = 26", f"pin = {26 + i % 3}") for i in range(8)
)
EIGHT_CHANNELS = handmade.ONE_CHANNEL.replace(handmade.PRESSURE, EIGHT).replace('"pressure"', '"pressure_0"')
BEFORE = (181_584, 1_444, 5_694)
"""The same script on the first version (1b0b988): free bytes, least ms of a start, least us of a step."""
MEASURE = """
import gc, time
gc.collect()
t = time.ticks_us()
from motegate import main
from motegate.clock import Clock
from motegate.frames import Writer
from motegate.hal import Hal
class Quiet(Hal):
    def write(self, buf, n):
        pass
hal = Quiet(Clock())
gate = main.build("/", hal, Writer(hal.write))
t = time.ticks_diff(time.ticks_us(), t)
def deep(n):
    if n:
        deep(n - 1)
    return [0] * 40
deep(12)  # what the start left on the stack keeps nothing alive
gc.collect()
free = gc.mem_free()
while gate.windows < 14:
    gate.step()
gc.collect()
gc.disable()
least = 1 << 29
while gate.windows < 18:
    w = time.ticks_us()
    gate.step()
    least = min(least, time.ticks_diff(time.ticks_us(), w))
gc.enable()
print(free, t, least)
"""


def with_regimes(policy: str) -> str:
    """The same policy, whose contextual parent looks at regimes, too."""
    return policy.replace('"drift"]', '"drift", "regime"]')


def run() -> str:
    image = Path(os.environ.get(VARIABLE) or shared_folder() / "emulators" / "pico.uf2")
    if not image.is_file():
        raise UnableError(f"no MicroPython image for the Pico: set {VARIABLE}")
    one, regimes_of_one = (measure(image, policy, 1) for policy in both(handmade.ONE_CHANNEL))
    eight, regimes_of_eight = (measure(image, policy, 8) for policy in both(EIGHT_CHANNELS))
    was_free, was_ms, was_us = BEFORE
    return        found = []
        for _ in range(STARTS):
            link.enter_raw_repl()  # a soft reset, which runs no main.py
            out, error = link.exec_raw(MEASURE, timeout=600)
            if error:
                raise RuntimeError(error.decode())
            found.append([int(x) for x in re.findall(r"\d+", out.decode())])
            link.exit_raw_repl()
        link.close()
    free, start, step = np.array(found).min(axis=0)
    was_free, was_ms, was_us = BEFORE
    return f"""`python -m tests.bench pico`: the RPI_PICO bundle of tests/firmware/handmade.py, one channel, window 16,
hop 8, {len(made.files)} files, on MicroPython for the Pico under rp2040py, whose cycles are not validated on silicon.
By the board's own clock, the least of {STARTS} starts; frames are written to nowhere. A step varies by some 3 % with
where names happen to lie in MicroPython's tables.

| what | first version | now | ratio |
| --- | --- | --- | --- |
| heap free after the start, bytes | {was_free:,} | {free:,} | {free / was_free:.3f} |
| from the first import to the gate, hello said, ms | {was_ms:,} | {start / 1000:,.0f} | {start / 1000 / was_ms:.3f} |
| a block of a hop and its window, us | {was_us:,} | {step:,} | {step / was_us:.3f} |"""
