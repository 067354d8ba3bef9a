"""What adapting takes of an emulated Pico: heap, and the time for a window in each phase, by its own clock."""

import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from motegate.convert.bundle import build
from motegate.convert.model import canaries, pack
from motegate.device_sim.machines.pico import Pico
from motegate.firmware.device import layout as at
from motegate.firmware.link.flash import put
from motegate.firmware.link.transport import RawRepl
from motegate.train.policy import plan as plans

from tests.firmware import handmade

from ..judgement.gates import unguarded
from ..pico import image_of, with_regime

TITLE = "Adaptation on the emulated Pico"
RULES = "[adapt]\nenabled = true\nlearn = 16\n"
FOUR_CHANNELS = handmade.ONE_CHANNEL.replace(
    handmade.PRESSURE,
    "".join(
        handmade.PRESSURE.replace("pressure", f"pressure_{i}").replace("pin = 26", f"pin = {26 + i % 3}")
        for i in range(4)
    ),
).replace('"pressure"', '"pressure_0"')
SHORT, LONG = "length = 16, hop = 8", "length = 64, hop = 16"
ALARMS = "[adapt]\ndrift_alarms = true\n"
SCRIPT = f"""
import gc, time
gc.collect()
from motegate import main
from motegate.clock import Clock
from motegate.frames import Writer
from motegate.hal import Hal
class Quiet(Hal):
    def write(self, buf, n):
        pass
hal = Quiet(Clock())
gate = main.build("/", hal, Writer(hal.write))
def deep(n):
    if n:
        deep(n - 1)
    return [0] * 40
deep(12)
gc.collect()
free = gc.mem_free()
while gate.windows < 14:
    gate.step()
gc.collect()
gc.disable()
def steps(n):
    total = 0
    taken = gc.mem_alloc()
    end = gate.windows + n
    while gate.windows < end:
        w = time.ticks_us()
        gate.step()
        total += time.ticks_diff(time.ticks_us(), w)
    return total // n, gc.mem_alloc() - taken
cycle = state = None
for reader in gate.readers:
    if hasattr(reader, "roll_back"):
        cycle = reader
        state = cycle.state
        watch = gate.readers[gate.readers.index(cycle) - 2]
def turn(phase, left=0):
    if cycle:
        watch.changed[0] = 1
        state[{at.ADAPT_PHASE}] = phase
        state[{at.ADAPT_LEFT}] = left
def check(phase):
    assert not cycle or state[{at.ADAPT_PHASE}] == phase, state
calm = steps(8)
turn({at.WAIT}, 1)
gate.step()
learn = steps(8)
check({at.LEARN})
turn({at.TRIAL})
trial = steps(6)
check({at.TRIAL})
gc.enable()
data = 0
if cycle:
    from motegate.boot.plan import Plan
    from motegate.modules import load
    plan = Plan("/gate/")
    for _ in range(2):  # the first one loads code
        gc.collect()
        before = gc.mem_free()
        other = load("drift.watch").Watch(hal.writer, gate.ring, gate.scan.stats, gate.reference.n_classifiers)
        trends = load("drift.trends").Trends(hal.writer, plan, gate.ring, gate.reference, other)
        other = load("adaptation.cycle").Cycle(plan, gate, other, trends, hal.writer)
        gc.collect()
        data = before - gc.mem_free()
        gate.classifiers.heads = other = trends = None
print(free, calm[0], learn[0], trial[0], calm[1] + learn[1] + trial[1], data)
"""


@dataclass(frozen=True)
class Cost:
    """Bytes of heap free after the start; mean us of a block and its window in each phase (without adaptation: of the
    same windows); bytes allocated; bytes that watch, trends and cycle take, their code apart."""

    free: int
    calm: int
    learn: int
    trial: int
    allocated: int
    data: int


def _with_last_layers(work: Path, rng: np.random.Generator) -> None:
    """Gives the classifiers last layers that labels may teach, and as many canaries as training does."""
    for parent in plans.read(work / "convert" / "plan.json").classifiers:
        path = work / "convert" / f"{parent.name}.pack"
        packed = pack.read(path.read_bytes())
        *before, last, table = packed.layers
        last = replace(last, weights=np.abs(last.weights.astype(int)).clip(0, 127).astype(np.int8))
        rows = rng.integers(0, 256, (2 * canaries.EACH, last.weights.shape[1])).astype(np.uint8)
        kept = pack.Canaries(2000, rows[: canaries.EACH], rows[canaries.EACH :])
        path.write_bytes(pack.write(replace(packed, layers=(*before, last, table), canaries=kept)))


def measured(policy: str, channels: int, records: int = 400) -> Cost:
    rng = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as name, Pico(image_of()) as pico:
        folder = Path(name)
        work = handmade.work(folder / "work", policy)
        if RULES in policy:
            _with_last_layers(work, rng)
        (folder / "replay.bin").write_bytes(handmade.replay(handmade.quiet(rng, records, channels)))
        put(build(work, "RPI_PICO", folder / "replay.bin").folder, "RPI_PICO", pico.port)
        link = RawRepl(pico.port)
        link.enter_raw_repl()
        out, error = link.exec_raw(SCRIPT, timeout=600)
        if error:
            raise RuntimeError(error.decode())
        link.exit_raw_repl()
        link.close()
        return Cost(*(int(x) for x in re.findall(r"\d+", out.decode())[-6:]))


def run() -> str:
    rows = []
    longer = unguarded(handmade.ONE_CHANNEL.replace(SHORT, LONG))  # the guarded model takes 16 samples
    for name, policy, channels, records in (
        ("one, window 16, hop 8", handmade.ONE_CHANNEL, 1, 400),
        ("one, window 64, hop 16", longer, 1, 900),
        ("four, window 16, hop 8", FOUR_CHANNELS, 4, 400),
    ):
        text = with_regime(policy)
        without = measured(text, channels, records)
        alarms = measured(text + ALARMS, channels, records)
        adapts = measured(text + RULES, channels, records)
        for what, cost in (("neither", without), ("drift alarms", alarms), ("adaptation", adapts)):
            data = f"{cost.data:,}" if cost.data else ""
            parts = [name, what, f"{cost.free:,} ({without.free - cost.free:,} less)", data]
            for us, base in zip(
                (cost.calm, cost.learn, cost.trial), (without.calm, without.learn, without.trial), strict=True
            ):
                parts.append(f"{us:,} ({us / base - 1:+.0%})")
            rows.append(f"| {' | '.join([*parts, str(cost.allocated)])} |")
    table = "\n".join(rows)
    return f"""`python -m tests.bench board`: the RPI_PICO bundle of tests/firmware/handmade.py with regimes,
under rp2040py, whose cycles are not validated on silicon; the mean of 8 windows (trial: 6) by the board's own
clock, and against the same windows without, since one that fails costs more by itself. What adaptation takes of the
heap is code and data: two more references, the samples of a commissioning, the last 64 windows and their last layers'
inputs; canaries lie in the packs.

| channels | asked for | heap free, bytes | data of that | calm, us a block and window | learning | trial | allocated |
| --- | --- | --- | --- | --- | --- | --- | --- |
{table}"""
