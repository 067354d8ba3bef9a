"""A channel's sensor as the policy names it: its driver, whose own file says what keys it takes, and its scaling."""

import importlib
import pkgutil
from dataclasses import dataclass, field
from types import ModuleType

from motegate.firmware.boards import Board
from motegate.firmware.device import sensors as package

from ..table import Table, nearest, quoted
from .sensor_key import KINDS, WiringError, pin

MOST_WARM_UP_MS = 60000


@dataclass(frozen=True)
class Reading:
    """What a driver reads: an integer of ``bits`` at ``place``, a pin or register as simulated hardware calls it."""

    place: str
    bits: int
    signed: bool
    low_first: bool


@dataclass(frozen=True)
class Sensor:
    """``keys``: the driver's, checked, defaults filled in. value = ``scale`` * raw + ``offset``; ``rails`` are raw.
    ``power_pin``: an output that switches its supply, None: it is always on; ``warm_up_ms`` before a record from then
    on; ``current_ma`` that it draws while it is on."""

    driver: str
    keys: dict = field(default_factory=dict)
    scale: float = 1.0
    offset: float = 0.0
    rails: tuple[float, float] | None = None
    power_pin: int | str | None = None
    warm_up_ms: int = 0
    current_ma: float = 0.0

    @property
    def reading(self) -> Reading | None:
        """None for a driver that brings whole records: the replay."""
        module = drivers()[self.driver]
        return Reading(*module.reading(self.keys)) if hasattr(module, "reading") else None

    def wired(self, board: Board) -> list:
        """The values of its keys as a board's driver takes them; WiringError names the key that the board cannot
        serve."""
        found: list = []
        for key, (kind, *_) in drivers()[self.driver].KEYS.items():
            try:
                found += KINDS[kind].wired(self.keys[key], board)
            except WiringError as error:
                raise WiringError(f"{key}: {error}") from None
        return found


def drivers() -> dict[str, ModuleType]:
    """The drivers' files by name (firmware/device/sensors/__init__.py says what each holds)."""
    names = [found.name for found in pkgutil.iter_modules(package.__path__)]
    modules = {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "KEYS")}


def read_sensor(at: Table) -> Sensor | None:
    """The sensor in a policy's table; None when there is no such driver."""
    driver = at.text("driver", required=True)
    if driver is None:
        return None
    known = drivers()
    if driver not in known:
        at.note(f"{quoted(driver)} is no driver; {nearest(driver, known)}", "driver")
        return None
    module = known[driver]
    defaults = getattr(module, "DEFAULTS", {})
    keys = {
        key: KINDS[kind].read(at, key, *bounds, default=defaults.get(key))
        for key, (kind, *bounds) in module.KEYS.items()
    }
    scaled = hasattr(module, "reading")
    sensor = Sensor(driver, keys, *_scaling(at), *_supply(at)) if scaled else Sensor(driver, keys)
    at.close()
    return sensor


def _supply(at: Table) -> tuple[int | str | None, int, float]:
    power_pin = pin(at, "power_pin", default=None) if at.has("power_pin") else None
    warm_up_ms = at.whole("warm_up_ms", 0, MOST_WARM_UP_MS, default=0) or 0
    if warm_up_ms and power_pin is None:
        at.note("is there without power_pin; expected both, or neither", "warm_up_ms")
    current_ma = at.number("current_ma", "a number from 0 on", lambda x: x >= 0, default=0.0) or 0.0
    return power_pin, warm_up_ms, current_ma


def _scaling(at: Table) -> tuple[float, float, tuple[float, float] | None]:
    rails = at.pair("rails") if at.has("rails") else None
    scale = at.number("scale", "a number other than 0", lambda x: x != 0, default=1.0)
    offset = at.number("offset", default=0.0)
    assert scale is not None  # it has a default
    assert offset is not None
    return scale, offset, rails
