"""A recording made ready for the virtual board: read once, into the board's file and into its picture."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.errors import InputError
from motegate.firmware.progress import Progress, silent
from motegate.train import recording
from motegate.train.host import ring
from motegate.train.policy import Plan, Policy

from . import wiring
from .report import Downsampler, Series

REPLAY = "replay.bin"


@dataclass(frozen=True)
class Staged:
    """``replay``: the file for the replay sensor, or ``world``: what the pins show. ``start_ms``, ``end_ms``: first
    and latest record, milliseconds since 1970."""

    records: int
    start_ms: int
    end_ms: int
    series: Series
    replay: Path | None = None
    world: wiring.World | None = None


def stage(
    policy: Policy,
    data: list[Path],
    folder: Path,
    drivers: str = "replay",
    progress: Progress = silent,
) -> Staged:
    """Fills ``folder`` with what the board reads; ``drivers`` "replay" or "board"."""
    downsampler = Downsampler(policy.period_ms, len(policy.channels))
    span = [1 << 62, -(1 << 62), 0]

    def seen(records: recording.Records) -> recording.Records:
        stamps = (records.seconds.astype(np.int64) + EPOCH_S) * 1000 + records.millis
        downsampler.add(stamps, records.counts, records.fails)
        if span[2] == 0:
            span[0] = int(stamps[0])
        span[1] = max(span[1], int(stamps.max()))
        span[2] += len(stamps)
        progress("recording", span[2], 0)
        return records

    replay = world = None
    if drivers == "board":
        world = wiring.write_world(policy, map(seen, recording.chunks(policy, data)), folder / "world.bin")
    else:
        replay = folder / REPLAY
        for _ in map(seen, recording.chunks(policy, data)):
            pass
        recording.write_replay(policy, data, replay)
    if not span[2]:
        raise InputError(f"{', '.join(map(str, data))}: no records")
    return Staged(span[2], span[0], span[1], downsampler.series(), replay, world)


def too_few(policy: Policy, plan: Plan, records: int, data: list[Path]) -> int | None:
    """How many windows the recording has when they are too few to commission on; None when they are enough.

    A window holds at most ``length`` records, so a long recording need not be looked at again.
    """
    wanted = policy.reference_windows
    if wanted == 0 or records >= policy.length * (wanted + 2):
        return None
    there = len(ring.expand(plan, recording.read(policy, data)).windows)
    return there if there <= wanted else None
