"""What a frame's keys may hold: read with every bound checked, ValueError or KeyError where one is not kept."""

import time

from ...clock import EPOCH_S

Time = tuple[int, int]
"""Seconds since 2020-01-01 UTC, milliseconds."""


def stamp(t: Time) -> str:
    """A frame's time as UTC.

    >>> stamp((150000000, 250))
    '2024-10-02 02:40:00.250'
    """
    seconds, millis = t
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(EPOCH_S + seconds)) + f".{millis:03d}"


def name_of(names: tuple[str, ...], index: int) -> str:
    return names[index] if 0 <= index < len(names) else str(index)


def text(body: dict, key: str) -> str:
    if not isinstance(body[key], str):
        raise ValueError(key)
    return body[key]


def texts(body: dict, key: str) -> tuple[str, ...]:
    if not all(isinstance(text, str) for text in items(body[key])):
        raise ValueError(key)
    return tuple(body[key])


def whole(body: dict, key: str, low: int = -(1 << 31), high: int = (1 << 31) - 1) -> int:
    return wholes([body[key]], low, high)[0]


def wholes(values: object, low: int = -(1 << 31), high: int = (1 << 31) - 1) -> tuple[int, ...]:
    found = items(values)
    if not all(type(value) is int and low <= value <= high for value in found):
        raise ValueError(f"not from {low} to {high}")
    return tuple(found)


def items(value: object) -> list:
    if not isinstance(value, list):
        raise ValueError("no list")
    return value


def time_of(body: dict) -> Time:
    seconds, millis = wholes(body["t"])
    return seconds, millis
