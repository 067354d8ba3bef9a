"""What the simulated pins show: a recording turned back into the raw values that the board's own drivers would read.

raw = (value - offset) / scale, rounded and held to the sensor's width; a missing cell holds the value before it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from motegate.firmware.device.layout import MISSING
from motegate.firmware.errors import InputError
from motegate.train.catalogue import Reading, Sensor
from motegate.train.policy import Channel, Policy
from motegate.train.recording import Records

from .machines import World

WIDEST = 16  # bits of a raw value in the file
ROWS = 2048  # a block's, as in board/world.py
MAX_HOLD_MS = 0xFFFFFFFF


class Wires:
    """Where each channel's sensor is read, and what it reads there. ``pins``: by place the channel's number;
    ``little``: registers whose low byte comes first. InputError for a channel without a sensor on a pin or a bus."""

    def __init__(self, policy: Policy):
        self._channels = policy.channels
        self._sensors = [_read(channel) for channel in policy.channels]
        self.pins: dict[str, int] = {}
        for column, (channel, (_, reading)) in enumerate(zip(policy.channels, self._sensors, strict=True)):
            if reading.place in self.pins:
                where = f"{policy.path}: stream.channels.{channel.name}.sensor"
                raise InputError(f"{where}: {reading.place} is another channel's")
            self.pins[reading.place] = column
        self.little = tuple(reading.place for _, reading in self._sensors if reading.low_first)

    def raw(self, counts: np.ndarray) -> np.ndarray:
        """int64[n, channels] from counts[n, channels]."""
        columns = zip(self._channels, self._sensors, counts.T, strict=True)
        return np.stack([_raw(channel, *read, column) for channel, read, column in columns], axis=1)

    def nothing(self) -> np.ndarray:
        """int64[channels]: what is held before anything has come."""
        return self.raw(np.zeros((1, len(self._channels))))[0]

    def held(self, counts: np.ndarray, before: np.ndarray) -> np.ndarray:
        """The same of counts some of which are missing: the value before stands there, in the first row ``before``."""
        missing = np.concatenate((np.zeros((1, len(before)), bool), counts == MISSING))
        return _hold(np.concatenate((before[None], self.raw(counts))), missing)[1:]


def write_world(policy: Policy, chunks: Iterable[Records], out: Path) -> World:
    """Writes the file that `board/world.py` reads; InputError for a channel without a sensor on a pin or a bus."""
    wires = Wires(policy)
    held = wires.nothing()
    newest: tuple[np.ndarray, np.ndarray] | None = None  # time and raw values of the record that is still held
    with open(out, "wb") as file:
        file.write(np.array([len(policy.channels)], "<u4").tobytes())
        for records in chunks:
            stamps = records.seconds.astype(np.int64) * 1000 + records.millis
            raw = wires.held(records.counts, held)
            held = raw[-1]
            if newest is not None:
                stamps, raw = np.concatenate((newest[0], stamps)), np.concatenate((newest[1], raw))
            stamps = np.maximum.accumulate(stamps)  # time that goes backwards: the later record is never seen
            _write_blocks(file, np.diff(stamps), raw[:-1])
            newest = stamps[-1:], raw[-1:]
        if newest is not None:
            _write_blocks(file, np.array([policy.period_ms]), newest[1])
    return World(out, wires.pins, wires.little)


def _write_blocks(file: BinaryIO, holds_ms: np.ndarray, raw: np.ndarray) -> None:
    """Rows that are held for the same time make a block; those held for none are left out."""
    kept = holds_ms > 0
    holds_ms, raw = np.minimum(holds_ms[kept], MAX_HOLD_MS), raw[kept]
    if not len(holds_ms):
        return
    edges = np.flatnonzero(np.diff(holds_ms)) + 1
    for begin, end in zip(np.append(0, edges), np.append(edges, len(holds_ms)), strict=True):
        for start in range(begin, end, ROWS):
            rows = raw[start : min(start + ROWS, end)]
            file.write(np.array([len(rows), holds_ms[start]], "<u4").tobytes() + rows.astype("<u2").tobytes())


def _read(channel: Channel) -> tuple[Sensor, Reading]:
    """The channel's sensor and what it reads."""
    sensor = channel.sensor
    reading = sensor.reading if sensor else None
    if sensor is None or reading is None or reading.bits > WIDEST:
        raise InputError(
            f"stream.channels.{channel.name}.sensor: --drivers board needs a sensor that reads at most {WIDEST} bits "
            "of a pin or a register"
        )
    return sensor, reading


def _raw(channel: Channel, sensor: Sensor, reading: Reading, counts: np.ndarray) -> np.ndarray:
    """int64[n], as 16 bits hold them: two's complement where the sensor is signed."""
    values = counts * channel.resolution + channel.middle
    raw = np.floor((values - sensor.offset) / sensor.scale + 0.5)
    bits = reading.bits
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if reading.signed else (0, (1 << bits) - 1)
    return np.clip(raw, low, high).astype(np.int64) & 0xFFFF


def _hold(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """The last value that was there, in place of each missing one; the first row is always there."""
    at = np.where(missing, 0, np.arange(len(values))[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(at, axis=0), axis=0)
