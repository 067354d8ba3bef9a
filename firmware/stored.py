"""The windows that a board kept (`store`), read on a host. The format is in device/store.py."""

import struct
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from .errors import InputError

MODULUS = 1 << 29  # of the sequence number: the window after the last is 0


@dataclass(frozen=True)
class StoredWindow:
    """One window, oldest slot first: ``counts`` [channel][slot] (-32768: missing), ``lateness`` and ``flags``
    per slot; ``seconds`` since 2020-01-01 UTC and ``millis`` of its newest record; ``number`` from 0."""

    number: int
    seconds: int
    millis: int
    counts: tuple[tuple[int, ...], ...]
    lateness: tuple[int, ...]
    flags: tuple[int, ...]


def read(path: Path) -> list[StoredWindow]:
    """The whole windows in the file, oldest first; InputError when it is no such file."""
    data = Path(path).read_bytes()
    if len(data) < 16 or data[:4] != b"MGS1":
        raise InputError(f"{path}: not a store of windows (it does not begin with MGS1)")
    channels, length, records, size = struct.unpack_from("<HHII", data, 4)
    if not length or size != 16 + 2 * (channels + 2) * length:
        raise InputError(f"{path}: its header is damaged")
    found = []
    for at in range(16, min(len(data), 16 + records * size) - size + 1, size):
        record = data[at : at + size]
        if crc32(record[:-4]) != int.from_bytes(record[-4:], "little"):
            continue
        number, seconds, millis, head = struct.unpack_from("<IihH", record)
        ring = struct.unpack_from(f"<{(channels + 2) * length}h", record, 12)
        if head >= length:
            continue
        rows = [ring[i : i + length] for i in range(0, len(ring), length)]
        rows = [row[head:] + row[:head] for row in rows]
        found.append(StoredWindow(number, seconds, millis, tuple(rows[:-2]), rows[-2], rows[-1]))
    newest = found[0].number if found else 0
    for window in found:
        if (window.number - newest) % MODULUS < MODULUS // 2:
            newest = window.number
    return sorted(found, key=lambda window: (window.number - newest - 1) % MODULUS)
