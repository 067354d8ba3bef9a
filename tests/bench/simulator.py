"""How much faster than real time the virtual board is: the shipped main loop on the real VM, frames checked here."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from motegate.device_sim.machines.unix import launch
from motegate.device_sim.recorder import Recorder
from motegate.device_sim.wiring import write_world
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.link.frames import Error, Verdict
from motegate.train.policy.document import load
from motegate.train.recording.records import Records

from tests.device_sim import hand

TITLE = "The simulator"
DAYS = 100
START = 189302400  # 2026-01-01, seconds since 2020
CHUNK = 1 << 16
STATUS = """
[status.since_reset_s]
dimension = "trust"
min = 0
[status.clock_set]
dimension = "enrichment"
min = 1
[status.schema]
dimension = "integration"
min = 1
[status.zone]
dimension = "location"
min = 1
[status.consent]
dimension = "privacy"
min = 1
"""
ALL = (
    hand.POLICY.replace('"resolution"', '"resolution", "consistency"').replace(
        '"continuity"]', '"continuity", "integration", "enrichment", "location", "trust", "privacy"]'
    )
    + STATUS
)
"""Every dimension there is. The board has no schema, zone or consent, so integrity fails and dimensions are sent."""


def records(counts: np.ndarray) -> Iterator[Records]:
    """One channel at 1 Hz."""
    for i in range(0, len(counts), CHUNK):
        part = counts[i : i + CHUNK]
        n = len(part)
        seconds = np.arange(START + i, START + i + n, dtype=np.int32)
        nothing = np.zeros(n, np.int16)
        yield Records(part[:, None], seconds, nothing, np.full(n, -1, np.int32), np.zeros((n, 5), np.int32), {})


def replay(path: Path, counts: np.ndarray) -> Path:
    """The replay sensor's file (train/recording/records.py), without the detour over a CSV of 300 MB."""
    rows = np.zeros(len(counts), [("s", "<i4"), ("ms", "<i2"), ("count", "<i2"), ("seq", "<i4"), ("status", "<i4", 5)])
    rows["s"], rows["count"], rows["seq"] = START + np.arange(len(counts)), counts, -1
    head = b"MGR1" + np.array([1, 5], "<u2").tobytes() + np.array([len(counts), 0], "<u4").tobytes()
    path.write_bytes(head + rows.tobytes())
    return path


def watch(bundle: Path, **source) -> tuple[float, int, dict]:
    """(seconds from the VM's start to its end, windows, what the runner saw), every frame's CRC checked."""
    began = time.perf_counter()
    with launch(bundle, start_ms=(START + EPOCH_S) * 1000, heap_kb=96, tap=False, **source) as running:
        recorder = Recorder(running.plan)
        for item in running.frames():
            if item.form is None or isinstance(item.form, Error):
                raise RuntimeError(f"not a frame: {item}")
            if isinstance(item.form, Verdict):
                recorder.verdict(item.form)
    if running.decoder.damaged or running.decoder.lost:
        raise RuntimeError("frames were damaged or lost")
    return time.perf_counter() - began, len(recorder), running.seen


def run(days: float = DAYS) -> str:
    n = int(days * 86400)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        learned = hand.recording_of(folder / "learned.csv", hand.stream(64 * 300))
        work = hand.work(folder / "work", learned, windows=200, policy=ALL, pack_of=hand.deep)
        policy = load(work / "policy.toml")
        counts = policy.channels[0].count(hand.stream(n, seed=1))
        bundle = work / "firmware" / "UNIX"
        driven, windows, seen = watch(bundle, world=write_world(policy, records(counts), folder / "world.bin"))
        blocks, same, _ = watch(bundle, replay=replay(folder / "replay.bin", counts))
    dimensions = len(policy.columns)
    if windows != same:
        raise RuntimeError(f"{windows} windows through the drivers, {same} through the replay")
    return f"""One channel at 1 Hz, window and hop 64, all {dimensions} dimensions, three parents of 16-8-1,
{days:g} days of virtual time ({n:,} records, {windows:,} windows), the VM's start included,
every frame's CRC checked by the host:

| records come | seconds | times real time |
| --- | --- | --- |
| through the board's own driver, over a simulated `machine` and clock | {driven:.1f} | {n / driven:,.0f} |
| from a file, in blocks of a hop | {blocks:.1f} | {n / blocks:,.0f} |

Target: 300,000 through the board's own driver. Heap free at the start and at the end: {seen["free_start"]:,} and
{seen["free_end"]:,} bytes; {seen["allocated"]} bytes allocated in {seen["measured"]} windows with the collector off.
"""
