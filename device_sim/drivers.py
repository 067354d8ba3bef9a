"""What the simulated pins show: a recording turned back into the raw values that the board's own drivers would read.

raw = (value - offset) / scale, rounded and held to the sensor's width; a missing cell holds the value before it.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from motegate.firmware.errors import InputError
from motegate.train.policy import Channel, Policy
from motegate.train.recording import Records

from .launch import World

MISSING = -32768


def write_world(policy: Policy, chunks: Iterable[Records], out: Path) -> World:
    """Writes the file that `board/world.py` reads; InputError for a channel without a sensor on a pin or a bus."""
    pins: dict[str, int] = {}
    little: list[str] = []
    for column, channel in enumerate(policy.channels):
        key = _key(channel)
        if key in pins:
            raise InputError(f"{policy.path}: stream.channels.{channel.name}.sensor: {key} is another channel's")
        pins[key] = column
        if channel.sensor["driver"] == "i2c" and not channel.sensor["big_endian"]:
            little.append(key)
    n = len(policy.channels)
    width = n + n % 2
    row = np.dtype([("hold", "<u4"), ("raw", "<u2", (width,))])
    held = np.array([_raw(channel, np.zeros(1))[0] for channel in policy.channels], np.int64)
    before = None
    with open(out, "wb") as file:
        file.write(np.array([width], "<u4").tobytes())
        for records in chunks:
            stamps = records.seconds.astype(np.int64) * 1000 + records.millis
            if before is not None:
                stamps = np.concatenate((before[0], stamps))
            newest = np.maximum.accumulate(stamps)
            raw = np.stack([_raw(c, records.counts[:, i]) for i, c in enumerate(policy.channels)], axis=1)
            missing = records.counts == MISSING
            raw = _hold(np.concatenate((held[None], raw)), np.concatenate((np.zeros((1, n), bool), missing)))[1:]
            held = raw[-1]
            rows = np.zeros(len(raw) if before is None else len(raw) + 1, row)
            rows["raw"][-len(raw) :, :n] = raw
            if before is not None:
                rows[0] = before[1]
            rows["hold"][:-1] = np.minimum(np.diff(newest), 0xFFFFFFFF)
            file.write(rows[:-1].tobytes())
            before = (newest[-1:], rows[-1])
        if before is not None:
            before[1]["hold"] = policy.period_ms
            file.write(before[1].tobytes())
    return World(out, pins, tuple(little))


def _key(channel: Channel) -> str:
    sensor = channel.sensor or {}
    if sensor.get("driver") == "adc":
        return str(sensor["pin"])
    if sensor.get("driver") == "i2c" and sensor["bytes"] <= 2:
        return f"{sensor['address']}:{sensor['register']}"
    raise InputError(
        f"stream.channels.{channel.name}.sensor: --drivers board needs a sensor with driver adc, or i2c of 1 or 2 bytes"
    )


def _raw(channel: Channel, counts: np.ndarray) -> np.ndarray:
    """int64[n], as 16 bits hold them: two's complement where the sensor is signed."""
    sensor = channel.sensor
    values = counts * channel.resolution + channel.middle
    raw = np.floor((values - sensor["offset"]) / sensor["scale"] + 0.5)
    bits = 16 if sensor["driver"] == "adc" else 8 * sensor["bytes"]
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if sensor.get("signed") else (0, (1 << bits) - 1)
    return np.clip(raw, low, high).astype(np.int64) & 0xFFFF


def _hold(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """The last value that was there, in place of each missing one; the first row is always there."""
    at = np.where(missing, 0, np.arange(len(values))[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(at, axis=0), axis=0)
