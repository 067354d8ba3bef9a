"""What each stage of a window takes of an emulated Pico: the cycles that an account of energy goes by."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.convert.bundle import build, gate_size
from motegate.device_sim.machines.pico import Pico
from motegate.firmware.link.flash import put
from motegate.firmware.link.transport import RawRepl
from motegate.train.policy import plan as plans

from ..firmware import handmade
from .pico import EIGHT_CHANNELS, image_of

TITLE = "The stages of a window"
MHZ = 125
RECORDS = 320
NAMES = ("sample", "slots", "scan", "dimensions", "classifiers", "follow", "frame", "action", "watch", "start")
MEASURE = """
import gc, time
t = time.ticks_us()
from motegate import main
from motegate.clock import Clock
from motegate.frames import Writer
from motegate.hal import Hal
class Quiet(Hal):
    sent = 0
    def write(self, buf, n):
        Quiet.sent += n
hal = Quiet(Clock())
gate = main.build("/", hal, Writer(hal.write))
start = time.ticks_diff(time.ticks_us(), t)
while not gate.reference.ready():
    gate.step()
gate.step()
gc.collect()
gc.disable()
def least(what, *arguments):
    best = 1 << 29
    for _ in range(4):
        t = time.ticks_us()
        what(*arguments)
        best = min(best, time.ticks_diff(time.ticks_us(), t))
    return best
stats, verdict, reference = gate.scan.stats, gate.verdict, gate.reference
scan = least(gate.scan.fill, gate.ring, reference.array)
dimensions = least(gate.dimensions.fill, stats, reference)
judge = least(gate.classifiers.judge, verdict, False)
follow = least(reference.follow, stats)
Quiet.sent = 0
frame = least(gate.readers[0].take, verdict)
sent = Quiet.sent // 4
action = least(gate.readers[1].take, verdict)
watch = sum([least(reader.take, verdict) for reader in gate.readers[2:]])
step = 1 << 29
for _ in range(4):
    t = time.ticks_us()
    gate.step()
    step = min(step, time.ticks_diff(time.ticks_us(), t))
slots = step - scan - dimensions - judge - follow - frame - action - watch
from array import array
from motegate.sensors import adc
from motegate.sensors.polled import Polled
polled = Polled([adc.make({}, [4096, 0, 14, 12, -134215680], 26) for _ in range(CHANNELS)], hal, 1)
values, seconds, millis, seqs = array("h", [0] * CHANNELS), array("i", [0]), array("h", [0]), array("i", [0])
sample = 1 << 29
for _ in range(4):
    time.sleep_ms(5)
    sample = min(sample, least(polled.read, values, seconds, millis, seqs, 0, 1))
print(sample, slots, scan, dimensions, judge, follow, frame, action, watch, start, sent)
"""


@dataclass(frozen=True)
class Measured:
    """Of one bundle: ``us`` of each of NAMES, ``sent`` bytes of a verdict's frame."""

    what: str
    channels: int
    length: int
    hop: int
    cells: int
    macs: int
    us: dict[str, int]
    sent: int


def measured(what: str, policy: str, channels: int) -> Measured:
    rng = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as name, Pico(image_of()) as pico:
        folder = Path(name)
        work = handmade.work(folder / "work", policy)
        plan = plans.read(work / "convert" / "plan.json")
        (folder / "replay.bin").write_bytes(handmade.replay(handmade.quiet(rng, RECORDS + 20 * plan.length, channels)))
        made = build(work, "RPI_PICO", folder / "replay.bin")
        put(made.folder, "RPI_PICO", pico.port)
        link = RawRepl(pico.port)
        link.enter_raw_repl()
        out, error = link.exec_raw(f"CHANNELS = {channels}\n{MEASURE}", timeout=900)
        link.close()
        if error:
            raise RuntimeError(error.decode())
    *us, sent = (int(x) for x in re.findall(r"-?\d+", out.decode()))
    macs = sum(gate_size.macs((made.folder / "gate" / f"{one.name}.pack").read_bytes()) for one in plan.classifiers)
    return Measured(
        what, channels, plan.length, plan.hop, len(plan.cells), macs, dict(zip(NAMES, us, strict=True)), sent
    )


def run() -> str:
    one, eight = handmade.ONE_CHANNEL, EIGHT_CHANNELS
    model = one[one.index("[models.") : one.index("[[actions]]")]  # it takes 16 samples
    long = (
        one.replace(model, "").replace('"run:forecast", ', "").replace("length = 16, hop = 8", "length = 64, hop = 64")
    )
    found = [
        measured("one channel", one, 1),
        measured("one channel, window 64", long, 1),
        measured("eight channels", eight, 8),
    ]
    head = " | ".join(one.what for one in found)
    rows = [f"| {name} | {' | '.join(f'{MHZ * one.us[name]:,}' for one in found)} |" for name in NAMES]
    about = [
        f"| {label} | {' | '.join(f'{getattr(one, key):,}' for one in found)} |"
        for label, key in (
            ("window", "length"),
            ("hop", "hop"),
            ("cells", "cells"),
            ("MACs", "macs"),
            ("bytes of a frame", "sent"),
        )
    ]
    return f"""`python -m tests.bench stages`: cycles of an emulated Pico (rp2040py, not checked on silicon), the least
of four: of a record's sample with the ADC driver, of the slots of a hop, of each stage of a window behind it, and of
the start from the first import to the gate. Slots are what the stages leave of a step's least, whose window is another
one: their error is all the others', and with eight channels nothing is left.

| cycles | {head} |
| --- |{" --- |" * len(found)}
{chr(10).join(about + rows)}"""
