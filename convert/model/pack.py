"""The pack: a model as firmware/device/boot/pack.py reads it; docs/pack.md is the format."""

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from motegate.firmware.device import layout
from motegate.firmware.device.boot import pack as device
from motegate.firmware.errors import InputError


class PackError(InputError):
    """Bytes that are no pack, or numbers that don't fit one."""


@dataclass(frozen=True)
class Dense:
    """A fully connected layer, the zero points folded in.

    acc = bias + sum(weights * (input + 128)); output = clamp(requantized acc + zero, low, high), where zero,
    low and high are + 128. weights int8[n_out, n_in], bias int32[n_out], multipliers int32 Q31 and shifts
    int8, [1] or [n_out].
    """

    weights: np.ndarray
    bias: np.ndarray
    multipliers: np.ndarray
    shifts: np.ndarray
    low: int
    high: int
    zero: int


@dataclass(frozen=True)
class Table:
    """Each value replaced by another: entry q + 128 holds the new value + 128."""

    values: bytes


@dataclass(frozen=True)
class Features:
    """input[i] = clamp((value - centre) * mult >> shift), a triple per input."""

    centre: tuple[int, ...]
    mult: tuple[int, ...]
    shift: tuple[int, ...]


@dataclass(frozen=True)
class Counts:
    """input[i] = clamp((count * mult + bias) >> shift), one triple for the window."""

    bias: int
    mult: int
    shift: int


@dataclass(frozen=True)
class Canaries:
    """Windows that bound what labels may teach (canaries.py), as the inputs of the last fully connected layer + 128:
    ``bad`` and ``good`` uint8[n, k]; ``margin``: of a label, in accumulators, below 2^28."""

    margin: int
    bad: np.ndarray
    good: np.ndarray

    def __len__(self) -> int:
        return len(self.bad) + len(self.good)


@dataclass(frozen=True)
class Pack:
    """``mapping`` fills the input (None: the caller does)."""

    inputs: int
    outputs: int
    layers: tuple[Dense | Table, ...]
    mapping: Features | Counts | None = None
    canaries: Canaries | None = None


def write(pack: Pack) -> bytes:
    """The pack's bytes, read back by the device's own reader; PackError when it refuses them."""
    try:
        parts = [_head(pack), _mapping(pack.mapping), *map(_layer, pack.layers), _canaries(pack.canaries)]
    except struct.error as error:
        raise PackError(f"pack: a number does not fit its field ({error})") from error
    body = b"".join(parts)
    data = body + struct.pack("<I", zlib.crc32(body))
    _check(data)
    return data


def read(data: bytes) -> Pack:
    """The inverse of ``write``; PackError says what is wrong."""
    reader = _check(data)
    at = 12
    mapping, at = _read_mapping(data, at, reader)
    layers, width = [], reader.inputs
    for _ in range(data[7]):
        layer, at, width = _read_layer(data, at, width)
        layers.append(layer)
    return Pack(reader.inputs, reader.outputs, tuple(layers), mapping, _read_canaries(data, layers, reader))


def _check(data: bytes) -> device.Pack:
    try:
        return device.Pack(data)
    except ValueError as error:
        raise PackError(str(error)) from error


def _head(pack: Pack) -> bytes:
    kind = {type(None): layout.MAP_PLAIN, Features: layout.MAP_FEATURES, Counts: layout.MAP_COUNTS}[type(pack.mapping)]
    canaries = len(pack.canaries) if pack.canaries else 0
    fields = (layout.PACK_VERSION, kind, canaries, len(pack.layers), pack.inputs, pack.outputs)
    return b"MGP1" + struct.pack("<BBBBHH", *fields)


def _mapping(mapping: Features | Counts | None) -> bytes:
    if isinstance(mapping, Features):
        return b"".join(struct.pack("<hHB", *t) for t in zip(mapping.centre, mapping.mult, mapping.shift, strict=True))
    if isinstance(mapping, Counts):
        return struct.pack("<iHB", mapping.bias, mapping.mult, mapping.shift)
    return b""


def _canaries(canaries: Canaries | None) -> bytes:
    if canaries is None:
        return b""
    return struct.pack("<iB", canaries.margin, len(canaries.bad)) + canaries.bad.tobytes() + canaries.good.tobytes()


def _read_canaries(data: bytes, layers: list[Dense | Table], reader: device.Pack) -> Canaries | None:
    if reader.canaries is None:
        return None
    number, bad, at, margin = reader.canaries
    width = next(layer.weights.shape[1] for layer in reversed(layers) if isinstance(layer, Dense))
    rows = np.frombuffer(data[at : at + number * width], np.uint8).reshape(number, width)
    return Canaries(margin, rows[:bad], rows[bad:])


def _layer(layer: Dense | Table) -> bytes:
    if isinstance(layer, Table):
        return bytes([layout.TABLE]) + layer.values
    n_out = len(layer.bias)
    head = (layout.FULLY_CONNECTED, n_out, len(layer.multipliers) > 1, layer.low, layer.high, layer.zero)
    scales = (struct.pack("<ib", *pair) for pair in zip(layer.multipliers, layer.shifts, strict=True))
    bias = np.asarray(layer.bias).astype("<i4").tobytes()
    weights = (layer.weights.astype(np.int16) + 128).astype(np.uint8).tobytes()
    return struct.pack("<BHBBBB", *head) + b"".join(scales) + bias + weights


def _read_mapping(data: bytes, at: int, reader: device.Pack) -> tuple[Features | Counts | None, int]:
    if reader.mapping == layout.MAP_FEATURES:
        end = at + 5 * reader.inputs
        return Features(*zip(*struct.iter_unpack("<hHB", data[at:end]), strict=True)), end
    if reader.mapping == layout.MAP_COUNTS:
        return Counts(*struct.unpack_from("<iHB", data, at)), at + 7
    return None, at


def _read_layer(data: bytes, at: int, width: int) -> tuple[Dense | Table, int, int]:
    if data[at] == layout.TABLE:
        return Table(data[at + 1 : at + 257]), at + 257, width
    _, n_out, per_channel, low, high, zero = struct.unpack_from("<BHBBBB", data, at)
    scales_at = at + 7
    bias_at = scales_at + 5 * (n_out if per_channel else 1)
    weights_at = bias_at + 4 * n_out
    end = weights_at + width * n_out
    multipliers, shifts = zip(*struct.iter_unpack("<ib", data[scales_at:bias_at]), strict=True)
    weights = np.frombuffer(data[weights_at:end], np.uint8).reshape(n_out, width).astype(np.int16) - 128
    layer = Dense(
        weights.astype(np.int8),
        np.frombuffer(data[bias_at:weights_at], "<i4").astype(np.int32),
        np.array(multipliers, np.int32),
        np.array(shifts, np.int8),
        low,
        high,
        zero,
    )
    return layer, end, n_out
