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
    "active_ma",
    "idle_ma",
    "light_ma",
    "wake_us",
    "verdict_us",
)


@dataclass(frozen=True)
class Figure:
    """A number and where it is from: a document's section, or "estimated" and from what."""

    value: float
    source: str


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
    """One board. ``files_kb``: what its file system holds; ``supply_v``: where the currents are measured;
    ``stop``: the pin that opens the prompt when it is held at ground at the start, None: there is none;
    ``active_ma`` when it computes, ``idle_ma`` when it waits awake (sleep_ms), ``light_ma`` in light sleep; ``wake_us``
    and ``verdict_us``: at work for one sample, and for one window's verdict; ``no_light``: why it may not sleep so."""

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
    active_ma: Figure
    idle_ma: Figure
    light_ma: Figure
    wake_us: Figure
    verdict_us: Figure
    stop: int | str | None = None
    no_light: str = ""
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
    figures: dict[str, Any] = {key: Figure(**data.pop(key)) for key in FIGURES}
    pins = data.pop("pins")
    status = {key: StatusReader(**reader) for key, reader in data.pop("status", {}).items()}
    buses = tuple(Bus(**bus) for bus in pins["i2c"])
    return Board(name=name, adc=tuple(pins["adc"]), i2c=buses, stop=pins["stop"], status=status, **figures, **data)


def _unix() -> Board:
    """It has any pin (its hardware is simulated) and nothing that is worth an energy figure."""
    nothing = Figure(0, "a host has no such figure")
    figures: dict[str, Any] = dict.fromkeys(FIGURES, nothing)
    return Board(UNIX, "MicroPython's unix port", "x64", (), (), **figures)
