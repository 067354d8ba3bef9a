"""Deep sleep on the virtual board: each record is a start of its own, every verdict that of a board that is awake."""

import json
import re
from dataclasses import dataclass

import numpy as np
import pytest
from motegate.convert import bundle
from motegate.device_sim.machines.unix import hardware, launch
from motegate.device_sim.simulate import simulate
from motegate.device_sim.wiring import write_world
from motegate.firmware import vm
from motegate.firmware.link import Drift, Error, Health, Hello, Recovered, Verdict
from motegate.train import policy as policies
from motegate.train import recording

from tests.firmware import handmade

from . import hand

pytestmark = pytest.mark.device

PERIOD_S = 300
WAKE_MS = 420
START_MS = 1_767_225_600_000  # 2026-01-01
TWO = (
    hand.POLICY.replace("period_ms = 1000", "period_ms = 300000").replace('"drift"]', '"drift", "regime"]')
    + "[adapt]\ndrift_alarms = true\n"
)


@dataclass
class Ran:
    verdicts: list
    others: list
    seen: dict
    service: dict


def ran(folder, data, text, sleep, *, length=64, hop=8, cuts=(), **more) -> Ran:
    """The board's own drivers over a recording."""
    text += f'[power]\nsleep = "{sleep}"\n[deploy]\nboard = "ESP32_GENERIC"\n'
    work = hand.work(folder / sleep, data, length=length, hop=hop, policy=text, **more)
    rules = policies.load(work / "policy.toml")
    world = write_world(rules, [recording.read(rules, [data])], folder / f"{sleep}.bin")
    made = work / "firmware" / "UNIX"
    found = Ran([], [], {}, json.loads((made / "gate" / "service.json").read_text()))
    started = {"world": world, "start_ms": START_MS, "wake_ms": WAKE_MS, "cuts": cuts, "measure": 0, "heap_kb": 512}
    with launch(made, **started) as board:
        for item in board.frames():
            assert getattr(item, "form", None) is not None, item
            (found.verdicts if isinstance(item.form, Verdict) else found.others).append(item.form)
        found.seen = board.seen
    return found


def faulty(n: int, seed: int) -> np.ndarray:
    """Quiet, with a window of spikes, a stuck one and one that is foreign."""
    values = hand.stream(n, seed)
    rng = np.random.default_rng(seed)
    values[n // 2 : n // 2 + 64 : 9] += 1.5
    values[n * 5 // 8 : n * 5 // 8 + 70] = values[n * 5 // 8]
    values[n * 3 // 4 : n * 3 // 4 + 200] += 2 + 0.1 * rng.normal(size=200)
    return values


@pytest.mark.parametrize("hop", [8, 64])
def test_every_verdict_is_that_of_a_board_that_never_slept(hop, tmp_path):
    data = hand.recording_of(tmp_path / "data.csv", faulty(2600, 3), period_s=PERIOD_S)
    text = hand.POLICY.replace("period_ms = 1000", "period_ms = 300000")
    awake, deep = (ran(tmp_path, data, text, sleep, hop=hop, windows=12) for sleep in ("none", "deep"))
    assert len(awake.verdicts) > 30
    assert {v.passes for v in awake.verdicts[12:]} > {(1, 1, 1)}
    assert deep.verdicts == awake.verdicts
    assert deep.seen["starts"] > 1500
    assert deep.seen["deep_ms"] > 0.98 * 1000 * PERIOD_S * deep.seen["starts"]
    assert sum(isinstance(form, Hello) for form in deep.others) == 1  # one start, as far as anybody outside knows
    health = [form for form in deep.others if isinstance(form, Health)]
    assert all(form.adds_up and form.late == 0 for form in health)


def test_a_gate_that_the_memory_cannot_hold_goes_through_a_file(tmp_path):
    """Regimes and drift alarms: more than 2,048 bytes."""
    data = hand.recording_of(tmp_path / "data.csv", faulty(1000, 5), period_s=PERIOD_S)
    awake, deep = (ran(tmp_path, data, TWO, sleep, windows=12) for sleep in ("none", "deep"))
    assert deep.verdicts == awake.verdicts
    kinds = (Drift, Error, Recovered)
    assert [f for f in deep.others if isinstance(f, kinds)] == [f for f in awake.others if isinstance(f, kinds)]
    work = tmp_path / "deep"
    made = bundle.build(work, "ESP32_GENERIC_S3")
    wear = [re.search(r"writes ([\d,]+) bytes of the gate at each window", note) for note in made.notes]
    assert [int(found[1].replace(",", "")) > 2048 for found in wear if found] == [True]


def test_a_power_cut_costs_the_ring_and_what_was_learned_since_the_state_was_written(tmp_path):
    """The cut comes where the first record behind it is due, so that windows end at the same times."""
    data = hand.recording_of(tmp_path / "data.csv", faulty(1600, 7), period_s=PERIOD_S)
    text = hand.POLICY.replace("period_ms = 1000", "period_ms = 300000")
    cut = 75 * 8 * 1000 * PERIOD_S - WAKE_MS
    awake = ran(tmp_path, data, text, "none", windows=12)
    deep = ran(tmp_path, data, text, "deep", windows=12, cuts=(cut,))
    known = {v.t: v for v in awake.verdicts}
    lost = [v for v in awake.verdicts if v.t not in {other.t for other in deep.verdicts}]
    assert len(lost) == -(-64 // 8) - 1
    assert all(v.passes == known[v.t].passes for v in deep.verdicts)
    hellos = [form for form in deep.others if isinstance(form, Hello)]
    assert len(hellos) == 2
    assert hellos[1].kept
    behind = START_MS / 1000 - 1_577_836_800 + cut / 1000 - hellos[1].saved
    assert 0 <= behind <= 3600 + 8 * PERIOD_S


def test_a_summary_says_how_it_slept(tmp_path):
    data = hand.recording_of(tmp_path / "data.csv", hand.stream(704), period_s=PERIOD_S)
    text = hand.POLICY.replace("period_ms = 1000", "period_ms = 300000") + '[deploy]\nboard = "ESP32_GENERIC"\n'
    work = hand.work(tmp_path / "work", data, hop=64, windows=2, policy=text + '[power]\nsleep = "auto"\n')
    summary = simulate(work, [data], tmp_path / "out", drivers="board")
    assert summary.starts > 400
    assert summary.deep_s > 0.5 * summary.virtual_s
    assert summary.records == 704
    assert summary.energy.account.mode == "deep"
    assert summary.as_json()["energy"]["days_by_sleep"]["none"] < summary.energy.account.days
    replayed = simulate(work, [data], tmp_path / "replayed")  # the same bundle on the bench stays awake
    assert replayed.starts == 0
    assert replayed.verdicts == summary.verdicts


def test_main_py_takes_a_record_before_anything_of_the_gate_is_loaded(tmp_path):
    """The board's own main.py, started as behind a deep sleep: one record more, and it sleeps on."""
    rules = handmade.ONE_CHANNEL.replace("period_ms = 1000", "period_ms = 300000")
    text = rules + '[power]\nsleep = "deep"\n[deploy]\nboard = "ESP32_GENERIC"\n[serial]\nrepl = "open"\n'
    made = bundle.build(handmade.work(tmp_path / "work", text), "UNIX").folder
    script = tmp_path / "wake.py"
    script.write_text(f"""
import os, sys
os.chdir({str(made)!r})
import machine, time
class Adc:
    def __init__(self, id, **more):
        pass
    def read_u16(self):
        return 32000
machine.ADC = Adc
time.begin(1767225600, 0)
machine.cause = machine.DEEPSLEEP_RESET
from motegate.sleep import retained
kept = retained.blank(1, 300000, 4)
kept.set_due(retained.now() + 120)
kept.set_wake(retained.now() - 400)
kept.keep()
del retained, kept
for name in [n for n in sys.modules if n.startswith("motegate")]:
    del sys.modules[name]
try:
    exec(open("main.py").read(), {{"__name__": "__main__"}})
except SystemExit as end:
    print("status", end.args)
print("loaded", sorted(n for n in sys.modules if n.startswith("motegate.")))
from motegate.sleep import retained
kept = retained.recall()
print("records", kept.head[4], "ahead", kept.due() - kept.wake(), "slept", machine.deep_ms)
""")
    done = vm.run(script, path=[hardware(), made / "lib"])
    said = done.stdout.decode() if isinstance(done.stdout, bytes) else done.stdout
    assert "status (4,)" in said, said + str(done.stderr)
    loaded = next(line for line in said.splitlines() if line.startswith("loaded"))
    assert "gate" not in re.sub(r"motegate", "", loaded)
    assert "records 1" in said
    assert int(said.split("slept ")[1]) > 299_000
