"""What the bundle takes of an emulated Pico: heap, the time to start, the time for a window, by its own clock."""

import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from motegate.convert.bundle import build
from motegate.device_sim.machines.pico import VARIABLE, Pico
from motegate.firmware.device import layout as at
from motegate.firmware.link.flash import put
from motegate.firmware.link.transport import RawRepl
from motegate.train.dataset import regimes
from motegate.train.policy import plan as plans

from ..conftest import shared_folder
from ..firmware import handmade
from . import UnableError

TITLE = "The emulated Pico"
STARTS = 2
RECORDS = 160
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
hal.state.due = 1 << 29  # its own affairs come hours apart
def look(hal, gate, due):
    clock = hal.clock
    least = 1 << 29
    for _ in range(20):
        hal.due = due
        w = time.ticks_us()
        if clock.uptime >= hal.due:
            hal.tend(gate)
        least = min(least, time.ticks_diff(time.ticks_us(), w))
    return least
more = look(hal, gate, 0) - look(hal, gate, hal.state.due)
gc.enable()
print(free, t, least, more)
"""


def image_of() -> Path:
    """MicroPython for the Pico; UnableError where there is none."""
    image = Path(os.environ.get(VARIABLE) or shared_folder() / "emulators" / "pico.uf2")
    if not image.is_file():
        raise UnableError(f"no MicroPython image for the Pico: set {VARIABLE}")
    return image


def run() -> str:
    image = image_of()
    one, eight = handmade.ONE_CHANNEL, EIGHT_CHANNELS
    free, start, step, look = measured(image, one, 1)
    was_free, was_ms, was_us = BEFORE
    lines = [
        f"| one | no | {free:,} | {start:,.0f} | {step:,} |",
        _line("one", (free, step), measured(image, with_regime(one), 1)[:3]),
    ]
    free_8, start_8, step_8, _ = measured(image, eight, 8)
    lines.append(f"| eight | no | {free_8:,} | {start_8:,.0f} | {step_8:,} |")
    lines.append(_line("eight", (free_8, step_8), measured(image, with_regime(eight), 8)[:3]))
    table = "\n".join(lines)
    all_free, _, all_step, _ = measured(image, lean(one), 1, at.READ_ALL)
    some_free, _, some_step, _ = measured(image, lean(one), 1)
    return f"""`python -m tests.bench pico`: the RPI_PICO bundle of tests/firmware/handmade.py, window 16, hop 8, on
MicroPython for the Pico under rp2040py, whose cycles are not validated on silicon. By the board's own clock, the least
of {STARTS} starts; frames are written to nowhere. A step varies by some 3 % with where names happen to lie in
MicroPython's tables. One channel, no regimes:

| what | first version | now | ratio |
| --- | --- | --- | --- |
| heap free after the start, bytes | {was_free:,} | {free:,} | {free / was_free:.3f} |
| from the first import to the gate, hello said, ms | {was_ms:,} | {start:,.0f} | {start / was_ms:.3f} |
| a block of a hop and its window, us | {was_us:,} | {step:,} | {step / was_us:.3f} |

A look at an idle line takes {look} us, once every eight seconds at most: {look / step:.1%} of such a block, which is
eight seconds of records.

What all {at.MOST_REGIMES} regimes cost (a prototype is {2 * at.SIGNATURE_STRIDE} bytes a channel, the rest is code and
tables):

| channels | regimes | heap free, bytes | start, ms | a block of a hop and its window, us |
| --- | --- | --- | --- | --- |
{table}

What a scan leaves out that no dimension reads: one channel, window 64, hop 16, without spike, crest, rate_of_change,
noise, resolution, consistency and relevancy.

| scanned | heap free, bytes | a block of a hop and its window, us |
| --- | --- | --- |
| everything | {all_free:,} | {all_step:,} |
| what is read | {some_free:,} ({some_free - all_free:,} more) | {some_step:,} ({some_step / all_step - 1:+.0%}) |"""


def with_regime(policy: str) -> str:
    """The same policy, whose contextual parent looks at the regime, too."""
    return policy.replace('"drift"', '"drift", "regime"')


def lean(policy: str) -> str:
    """The same policy over longer windows, without the dimensions that ask for a part of a scan of their own."""
    for name in ("spike", "crest", "rate_of_change", "noise", "resolution", "consistency", "relevancy"):
        policy = policy.replace(f'"{name}", ', "").replace(f', "{name}"', "")
    model = policy[policy.index("[models.") : policy.index("[[actions]]")]  # it takes 16 samples
    return (
        policy.replace(model, "")
        .replace('"run:forecast", ', "")
        .replace("length = 16, hop = 8", "length = 64, hop = 16")
    )


def measured(image: Path, policy: str, channels: int, reads: int | None = None) -> tuple[int, float, int, int]:
    """Free bytes, ms of a start, us of a step, us of a look at the idle line. ``reads``: in place of the plan's."""
    rng = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as name, Pico(image) as pico:
        folder = Path(name)
        work = handmade.work(folder / "work", policy)
        _know_all(work)
        if reads is not None:
            _asked(work, reads)
        (folder / "replay.bin").write_bytes(
            handmade.replay(handmade.quiet(rng, RECORDS * (3 if "length = 64" in policy else 1), channels))
        )
        made = build(work, "RPI_PICO", folder / "replay.bin")
        put(made.folder, "RPI_PICO", pico.port)
        link = RawRepl(pico.port)
        found = []
        for _ in range(STARTS):
            link.enter_raw_repl()  # a soft reset, which runs no main.py
            out, error = link.exec_raw(MEASURE, timeout=600)
            if error:
                raise RuntimeError(error.decode())
            found.append([int(x) for x in re.findall(r"\d+", out.decode())])
            link.exit_raw_repl()
        link.close()
    free, start, step, look = np.array(found).min(axis=0).tolist()
    return free, start / 1000, step, look


def _asked(work: Path, reads: int) -> None:
    file = work / "convert" / "plan.json"
    replace(plans.read(file), reads=reads).write(file)


def _know_all(work: Path) -> None:
    """Ships as many regimes as there may be, where the policy asks for any."""
    plan = plans.read(work / "convert" / "plan.json")
    if not plan.has_regimes():
        return
    rng = np.random.default_rng(7)
    size = len(plan.channels) * at.SIGNATURE_STRIDE
    found = rng.integers(0, 2048, (at.MOST_REGIMES, size)).astype(np.int16), np.full(at.MOST_REGIMES, 1000)
    file = work / "convert" / "reference.bin"
    file.write_bytes(regimes.shipped(plan, file.read_bytes(), found))


def _line(channels: str, without: tuple[int, int], figures: tuple[int, float, int]) -> str:
    free, start, step = figures
    less, more = without[0] - free, step - without[1]
    return f"| {channels} | {at.MOST_REGIMES} | {free:,} ({less:,} less) | {start:,.0f} | {step:,} ({more:,} more) |"
