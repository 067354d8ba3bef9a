"""`motegate features`: the dimensions of each window, integers as on the device, computed in one of three ways.

"micropython": the shipped main loop on the real VM. "cpython": the device's own gate, run by CPython record by
record. "numpy": ring and scan in their vectorised form. The integers are the same.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from motegate.firmware import atomic, boards
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.errors import InputError
from motegate.firmware.link import Verdict
from motegate.firmware.progress import Progress, silent
from motegate.train import policy as policies
from motegate.train import recording
from motegate.train.host import Engine, HostGate, measure
from motegate.train.policy import Plan, Policy
from motegate.train.policy import plan as plans

from .machines import launch
from .recorder import Recorder
from .staged import stage, too_few

Found = tuple[np.ndarray, np.ndarray]
"""When each window ended, int64[k] milliseconds since 1970, and its dimensions, int16[k, columns]."""
ENOUGH_KB = 512


def features(
    work: Path,
    data: Iterable[Path],
    out: Path,
    *,
    vm: str = "micropython",
    progress: Progress = silent,
) -> int:
    """Writes a CSV of ``window``, ``t_ms`` (its newest record) and the columns of the plan; returns its rows."""
    work, data = Path(work), [Path(path) for path in data]
    plan, (ends, values) = compute(work, data, vm, progress)
    table = np.column_stack((np.arange(len(ends)), ends, values))
    head = ",".join(["window", "t_ms", *(column.name for column in plan.columns)])
    body = "\n".join(",".join(map(str, row)) for row in table.tolist())
    atomic.write(Path(out), f"{head}\n{body}\n".encode() if body else f"{head}\n".encode())
    return len(ends)


def compute(work: Path, data: list[Path], vm: str, progress: Progress) -> tuple[Plan, Found]:
    """The plan, and what the chosen way makes of the recording."""
    ways = {"micropython": on_micropython, "cpython": on_cpython, "numpy": in_numpy}
    if vm not in ways:
        raise InputError(f"--vm: {vm}; allowed: {', '.join(ways)}")
    policy = policies.load(work / "policy.toml")
    plan = plans.read(work / "train" / "plan.json")
    return plan, ways[vm](work, policy, plan, data, progress)


def in_numpy(work: Path, policy: Policy, plan: Plan, data: list[Path], progress: Progress) -> Found:
    policy.install_dimensions()
    records = recording.read(policy, data)
    engine = Engine(plan, (work / "train" / "reference.bin").read_bytes())
    slots, stats = measure(plan, records, engine.pairs)
    run = engine.run(slots, stats)
    ends = (records.seconds.astype(np.int64) + EPOCH_S) * 1000 + records.millis
    return ends[slots.last_row], run.values


def on_cpython(work: Path, policy: Policy, plan: Plan, data: list[Path], progress: Progress) -> Found:
    policy.install_dimensions()
    reference = (work / "train" / "reference.bin").read_bytes()
    gate = HostGate(plan, None, reference, recording.read(policy, data))
    gate.run("features", progress)
    ends = gate.ends()
    return (ends[:, 0] + EPOCH_S) * 1000 + ends[:, 1], gate.columns()


def on_micropython(work: Path, policy: Policy, plan: Plan, data: list[Path], progress: Progress) -> Found:
    recorder = Recorder(plan)
    with tempfile.TemporaryDirectory(prefix="motegate-data-") as scratch:
        staged = stage(policy, data, Path(scratch), progress=progress)
        few = too_few(policy, plan, staged.records, data)
        with launch(
            work / "firmware" / boards.UNIX,
            replay=staged.replay,
            commission=None if few is None else 0,
            heap_kb=ENOUGH_KB,
        ) as running:
            for item in running.frames():
                if isinstance(item.form, Verdict):
                    recorder.verdict(item.form)
                    progress("features", len(recorder), staged.records // plan.hop)
        assert running.values is not None  # the tap is open
        return recorder.close().ends_ms, running.values
