"""`motegate features`: the dimensions of each window, integers as on the device, computed in one of three ways.

"micropython": the shipped main loop on the real VM. "cpython": the device's own ring and scan, run by CPython record by
record. "numpy": their vectorised form. The integers are the same.
"""

import json
import tempfile
from array import array
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from motegate.convert import atomic
from motegate.firmware import boards
from motegate.firmware.device.measure import Dimensions
from motegate.firmware.device.reference import Reference
from motegate.firmware.device.ring import Ring
from motegate.firmware.device.scan import Scan
from motegate.firmware.device.sensors.replay import Replay
from motegate.firmware.errors import InputError
from motegate.firmware.frames import Frame
from motegate.train import policy as policies
from motegate.train import recording
from motegate.train.engine import Engine
from motegate.train.policy import Policy
from motegate.train.windows import measure

from .journal import EPOCH_S, Scribe
from .launch import launch
from .taken import REPLAY, take, too_few

Progress = Callable[[str, int, int], None]
Found = tuple[np.ndarray, np.ndarray]
"""When each window ended, int64[k] milliseconds since 1970, and its dimensions, int16[k, columns]."""
ENOUGH_KB = 512


def features(
    work: Path,
    data: Iterable[Path],
    out: Path,
    *,
    vm: str = "micropython",
    progress: Progress = lambda what, done, total: None,
) -> int:
    """Writes a CSV of ``window``, ``t_ms`` (its newest record) and the columns of the plan; returns its rows."""
    work, data = Path(work), [Path(path) for path in data]
    plan, (ends, values) = compute(work, data, vm, progress)
    table = np.column_stack((np.arange(len(ends)), ends, values))
    head = ",".join(["window", "t_ms", *(name for name, _ in plan["columns"])])
    body = "\n".join(",".join(map(str, row)) for row in table.tolist())
    atomic.write(Path(out), f"{head}\n{body}\n".encode() if body else f"{head}\n".encode())
    return len(ends)


def compute(work: Path, data: list[Path], vm: str, progress: Progress) -> tuple[dict, Found]:
    """The plan, and what the chosen way makes of the recording."""
    ways = {"micropython": on_micropython, "cpython": on_cpython, "numpy": in_numpy}
    if vm not in ways:
        raise InputError(f"--vm: {vm}; allowed: {', '.join(ways)}")
    policy = policies.load(work / "policy.toml")
    plan = json.loads((work / "train" / "plan.json").read_text())
    return plan, ways[vm](work, policy, plan, data, progress)


def in_numpy(work: Path, policy: Policy, plan: dict, data: list[Path], progress: Progress) -> Found:
    records = recording.read(policy, data)
    engine = Engine(plan, (work / "train" / "reference.bin").read_bytes())
    slots, stats = measure(plan, records, engine.pairs)
    run = engine.run(slots, stats)
    ends = (records.seconds.astype(np.int64) + EPOCH_S) * 1000 + records.millis
    return ends[slots.last_row], run.values


def on_cpython(work: Path, policy: Policy, plan: dict, data: list[Path], progress: Progress) -> Found:
    with tempfile.TemporaryDirectory(prefix="motegate-data-") as scratch:
        taken = take(policy, data, Path(scratch), progress=progress)
        few = too_few(policy, plan, taken.records, data)
        reference = Reference(plan, (work / "train" / "reference.bin").read_bytes(), None if few is None else 0)
        with open(Path(scratch) / REPLAY, "rb") as file:
            source = Replay(file, len(plan["channels"]), len(plan["status"]))
            return _step_by_step(plan, reference, source, taken.records // plan["hop"], progress)


def _step_by_step(plan: dict, reference: Reference, source: Replay, expected: int, progress: Progress) -> Found:
    ring, scan, dimensions = Ring(plan), Scan(plan), Dimensions(plan)
    ends, values = array("q"), array("h")
    hop = plan["hop"]
    counts, millis = array("h", bytes(2 * hop * len(plan["channels"]))), array("h", bytes(2 * hop))
    seconds, seqs, status = (array("i", bytes(4 * n)) for n in (hop, hop, len(plan["status"])))
    while (got := source.read(counts, seconds, millis, seqs, 0, hop)) > 0:
        at = 0
        while at < got:
            at += ring.fill(counts, seconds, millis, seqs, at, got - at)
            if not ring.due():
                continue
            scan.fill(ring, reference.array)
            if len(status):
                source.status(status, at - 1)
                scan.fill_status(status)
            dimensions.fill(scan.stats, reference)
            values.extend(dimensions.values)
            ends.append((ring.seconds() + EPOCH_S) * 1000 + ring.millis())
            if reference.ready():
                reference.follow(scan.stats)
            else:
                reference.commission(ring, scan.stats)
            progress("features", len(ends), expected)
    return np.array(ends, np.int64), np.array(values, np.int16).reshape(len(ends), -1)


def on_micropython(work: Path, policy: Policy, plan: dict, data: list[Path], progress: Progress) -> Found:
    scribe = Scribe(plan)
    with tempfile.TemporaryDirectory(prefix="motegate-data-") as scratch:
        taken = take(policy, data, Path(scratch), progress=progress)
        few = too_few(policy, plan, taken.records, data)
        with launch(
            work / "firmware" / boards.UNIX,
            replay=taken.replay,
            commission=None if few is None else 0,
            heap_kb=ENOUGH_KB,
        ) as running:
            for item in running.frames():
                if isinstance(item, Frame) and item.kind == "verdict":
                    scribe.verdict(item.body)
                    progress("features", len(scribe), taken.records // plan["hop"])
        assert running.values is not None  # the tap is open
        return scribe.close().ends_ms, running.values
