"""The boards: a TOML each, named as MicroPython names the board. Every figure says where it is from."""

import difflib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError

UNIX = "UNIX"
"""The virtual board: MicroPython's unix port on this host."""

ARCHITECTURES = (
    "bytecode", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp", "xtensa",
    "xtensawin", "rv32imc", "rv64imc",
)  # fmt: skip
"""By the number that MicroPython gives them (py/persistentcode.h), in `.mpy` files and `sys.implementation._mpy`."""

FIGURES = (
    "clock_mhz",
    "flash_kb",
    "files_kb",
    "ram_kb",
    "heap_kb",
    "supply_v",
    "least_v",
    "most_v",
    "active_ma",
    "idle_ma",
    "light_ma",
    "light_wake_us",
    "cycles",
    "erase_ms",
    "page_ms",
    "flash_ma",
)
DEEP_BYTES = 2048
"""Of the virtual board, as an ESP32."""
DEEP_FIGURES = ("deep_ma", "start_ms", "start_ma")
"""Of a board that can sleep deeply."""
TICKS, COUNTER = "ticks", "counter"
"""What goes on in a board's light sleep: ticks_ms, or its real-time clock alone (sleep/day_counter.py)."""


@dataclass(frozen=True)
class Figure:
    """A number and where it is from: a document's section, or "estimated" and from what. ``uncertainty``: one standard
    deviation, as a share of it."""

    value: float
    source: str
    uncertainty: float = 0.0


NONE = Figure(0.0, "the board has none")


@dataclass(frozen=True)
class Bus:
    """An I2C bus and the pins it is used on."""

    bus: int
    scl: int | str
    sda: int | str


@dataclass(frozen=True)
class StatusReader:
    """A status field on a converter: value = scale * raw (16 bits) + offset, rounded."""

    pin: int | str
    scale: float
    offset: float
    source: str


@dataclass(frozen=True)
class Board:
    """One board. ``files_kb``: what its file system holds; ``stop``: the pin that opens the prompt when it is held at
    ground at the start, None: there is none.

    ``supply_v``: where the currents are measured; it runs from ``least_v`` to ``most_v``, by a ``converter`` of its own
    or without. ``active_ma`` when it computes, ``idle_ma`` when it waits awake (sleep_ms), ``light_ma`` and ``deep_ma``
    asleep; ``light_wake_us`` until it computes again. ``start_ms``: from a deep sleep to the first line of main.py, at
    ``start_ma``. ``cycles``: of its own, on average, for one of an RP2040. ``erase_ms``, ``page_ms``: for 4,096 and 256
    bytes of its flash, which takes ``flash_ma`` more meanwhile.

    ``light``: TICKS or COUNTER. ``deep_bytes``: that a deep sleep keeps for MicroPython, 0: it cannot sleep so, and
    ``no_deep`` says why."""

    name: str
    title: str
    arch: str
    adc: tuple[int | str, ...]
    i2c: tuple[Bus, ...]
    clock_mhz: Figure
    flash_kb: Figure
    files_kb: Figure
    ram_kb: Figure
    heap_kb: Figure
    supply_v: Figure
    least_v: Figure
    most_v: Figure
    active_ma: Figure
    idle_ma: Figure
    light_ma: Figure
    light_wake_us: Figure
    cycles: Figure
    erase_ms: Figure
    page_ms: Figure
    flash_ma: Figure
    deep_ma: Figure = NONE
    start_ms: Figure = NONE
    start_ma: Figure = NONE
    stop: int | str | None = None
    converter: bool = False
    light: str = TICKS
    deep_bytes: int = 0
    no_deep: str = ""
    status: dict[str, StatusReader] = field(default_factory=dict)


def names() -> tuple[str, ...]:
    """The real boards, in the order of their names."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.toml")))


def load(name: str) -> Board:
    """The board of that name; InputError with the nearest names when there is none."""
    if name == UNIX:
        return _unix()
    if name not in names():
        near = difflib.get_close_matches(name.upper(), names(), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}? " if near else ""
        raise InputError(f"{name}: no such board; {hint}there are: {', '.join(names())}")
    data = tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text())
    given = (*FIGURES, *(key for key in DEEP_FIGURES if key in data))
    figures: dict[str, Any] = {key: Figure(**data.pop(key)) for key in given}
    pins = data.pop("pins")
    status = {key: StatusReader(**reader) for key, reader in data.pop("status", {}).items()}
    buses = tuple(Bus(**bus) for bus in pins["i2c"])
    return Board(name=name, adc=tuple(pins["adc"]), i2c=buses, stop=pins["stop"], status=status, **figures, **data)


def _unix() -> Board:
    """It has any pin (its hardware is simulated) and nothing that is worth an energy figure."""
    nothing = Figure(0, "a host has no such figure")
    figures: dict[str, Any] = dict.fromkeys(FIGURES, nothing)
    return Board(UNIX, "MicroPython's unix port", "x64", (), (), **figures, deep_bytes=DEEP_BYTES)
