"""What the simulated pins show: a recording turned back into the raw values that the board's own drivers would read.

raw = (value - offset) / scale, rounded and held to the sensor's width; a missing cell holds the value before it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from motegate.firmware.device.layout import MISSING
from motegate.firmware.errors import InputError
from motegate.train.policy import Channel, Policy
from motegate.train.recording import Records

from .launch import World

ROWS = 2048  # a block's, as in board/world.py
MAX_HOLD_MS = 0xFFFFFFFF


def write_world(policy: Policy, chunks: Iterable[Records], out: Path) -> World:
    """Writes the file that `board/world.py` reads; InputError for a channel without a sensor on a pin or a bus."""
    pins: dict[str, int] = {}
    little: list[str] = []
    for column, channel in enumerate(policy.channels):
        key = _key(channel)
        if key in pins:
            raise InputError(f"{policy.path}: stream.channels.{channel.name}.sensor: {key} is another channel's")
        pins[key] = column
        if not _sensor(channel).get("big_endian", True):
            little.append(key)
    held = np.array([_raw(channel, np.zeros(1))[0] for channel in policy.channels], np.int64)
    newest: tuple[np.ndarray, np.ndarray] | None = None  # time and raw values of the record that is still held
    with open(out, "wb") as file:
        file.write(np.array([len(policy.channels)], "<u4").tobytes())
        for records in chunks:
            stamps = records.seconds.astype(np.int64) * 1000 + records.millis
            raw = np.stack([_raw(c, records.counts[:, i]) for i, c in enumerate(policy.channels)], axis=1)
            missing = np.concatenate((np.zeros((1, len(held)), bool), records.counts == MISSING))
            raw = _hold(np.concatenate((held[None], raw)), missing)[1:]
            held = raw[-1]
            if newest is not None:
                stamps, raw = np.concatenate((newest[0], stamps)), np.concatenate((newest[1], raw))
            stamps = np.maximum.accumulate(stamps)  # time that goes backwards: the later record is never seen
            _write_blocks(file, np.diff(stamps), raw[:-1])
            newest = stamps[-1:], raw[-1:]
        if newest is not None:
            _write_blocks(file, np.array([policy.period_ms]), newest[1])
    return World(out, pins, tuple(little))


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


def _sensor(channel: Channel) -> dict:
    return channel.sensor or {}


def _key(channel: Channel) -> str:
    sensor = _sensor(channel)
    if sensor.get("driver") == "adc":
        return str(sensor["pin"])
    if sensor.get("driver") == "i2c" and sensor["bytes"] <= 2:
        return f"{sensor['address']}:{sensor['register']}"
    raise InputError(
        f"stream.channels.{channel.name}.sensor: --drivers board needs a sensor with driver adc, or i2c of 1 or 2 bytes"
    )


def _raw(channel: Channel, counts: np.ndarray) -> np.ndarray:
    """int64[n], as 16 bits hold them: two's complement where the sensor is signed."""
    sensor = _sensor(channel)
    values = counts * channel.resolution + channel.middle
    raw = np.floor((values - sensor["offset"]) / sensor["scale"] + 0.5)
    bits = 16 if sensor["driver"] == "adc" else 8 * sensor["bytes"]
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if sensor.get("signed") else (0, (1 << bits) - 1)
    return np.clip(raw, low, high).astype(np.int64) & 0xFFFF


def _hold(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """The last value that was there, in place of each missing one; the first row is always there."""
    at = np.where(missing, 0, np.arange(len(values))[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(at, axis=0), axis=0)
