"""The kinds of keys that a sensor's driver may ask a policy for: how each is read, and what it is on a board."""

from collections.abc import Callable
from dataclasses import dataclass

from motegate.firmware.boards import UNIX, Board

from ..table import Table, shown


class WiringError(ValueError):
    """A board has not what a key names: what is wrong and what is allowed."""


def _as_it_is(value, board: Board) -> list:
    return [value]


@dataclass(frozen=True)
class Kind:
    """``read(table, key, *bounds, default)``: the key's value, None and a note where it is wrong, required where
    ``default`` is None. ``wired(value, board)``: the arguments that the board's driver gets for it."""

    read: Callable
    wired: Callable[..., list] = _as_it_is


def _whole(at: Table, key: str, low: int, high: int, *, default: int | None) -> int | None:
    return at.whole(key, low, high, default=default, required=default is None)


def _truth(at: Table, key: str, *, default: bool) -> bool:
    return at.truth(key, default=default)


def pin(at: Table, key: str, *, default: int | str | None) -> int | str | None:
    """A number, or a name where the board's pins have names (``"A0"`` on a Nucleo)."""
    if isinstance(at.data.get(key), str):
        return at.text(key, longest=8)
    if isinstance(default, str):
        return default
    return _whole(at, key, 0, 99, default=default)


def _analogue(pin: int | str, board: Board) -> list:
    if board.name != UNIX and pin not in board.adc:
        pins = ", ".join(map(str, board.adc))
        raise WiringError(f"{pin} is no analogue pin of {board.name}; allowed: {pins}")
    return [pin]


def _bus(at: Table, key: str, *, default: int | None) -> int | None:
    return _whole(at, key, 0, 7, default=default)


def _bus_pins(number: int, board: Board) -> list:
    bus = next((bus for bus in board.i2c if bus.bus == number), None)
    if bus is None and board.name != UNIX:
        buses = ", ".join(str(bus.bus) for bus in board.i2c)
        raise WiringError(f"{board.name} has no bus {number}; allowed: {buses}")
    return [number, bus.scl, bus.sda] if bus else [number, 0, 0]


def _writes(at: Table, key: str, *, default: list | None) -> list[list[int]] | None:
    """Bytes written to registers once, in order."""
    value = at.anything(key)
    if value is None:
        return default
    if not isinstance(value, list) or not all(_is_write(pair) for pair in value):
        at.note(f"is {shown(value)}; expected [[register, value], ...], each from 0 to 255", key)
        return default
    return value


def _is_write(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(type(x) is int and 0 <= x <= 255 for x in pair)


KINDS = {
    "whole": Kind(_whole),
    "truth": Kind(_truth),
    "analogue pin": Kind(pin, _analogue),
    "I2C bus": Kind(_bus, _bus_pins),
    "register writes": Kind(_writes),
}
