"""The account: how long a board works and waits, at which current, and what a battery makes of that.

A figure of a board is known to some share of itself, one standard deviation (firmware/boards). The range of a result is
what each figure alone moves it by, together as the root of the squares (JCGM 100:2008, 5.1.2: independent inputs).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

from ..boards import Board, Figure
from .battery import Battery, feed
from .work import Work

KINDS = ("waiting", "waking", "sampling", "sensors", "quality", "following", "frames", "starts", "flash", "regulator")
QUALITY = "quality"
PAGE, SECTOR = 256, 4096
LINE_BYTES_A_S = 11520
"""Of a line of 115,200 bits a second."""
OVERHEAD_SECTORS = 1
"""Erased beside a file's own when it is written: littlefs writes a folder's pair of blocks now and then."""
HOURS = 3600.0
DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Account:
    """Of one board in one way to wait. ``mah``: by kind of work (KINDS), at the board's own supply; ``average_ma``:
    of the battery, its self-discharge included; ``days``: that it lasts, with the range of one standard deviation, the
    battery's shelf life at most."""

    board: str
    mode: str
    battery: Battery
    how: str
    supply_v: float
    mah: dict[str, float]
    average_ma: float
    days: float
    low_days: float
    high_days: float

    @property
    def mwh(self) -> dict[str, float]:
        return {kind: mah * self.supply_v for kind, mah in self.mah.items()}

    @property
    def quality_share(self) -> float:
        total = sum(self.mah.values())
        return self.mah[QUALITY] / total if total else 0.0

    def lasts(self) -> str:
        """In words: `two AA cells for 3.4 years (2.9 to 3.9)`."""
        return f"{self.battery.title} for {self.span()}"

    def span(self) -> str:
        unit, name = (DAYS_A_YEAR, "years") if self.days >= 2 * DAYS_A_YEAR else (1.0, "days")
        if self.low_days == self.days > 0:
            return f"{_short(self.days / unit)} {name}, its shelf life"
        mid, low, high = (_short(days / unit) for days in (self.days, self.low_days, self.high_days))
        return f"{mid} {name} ({low} to {high})"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"


def account(board: Board, mode: str, work: Work, battery: Battery) -> Account:
    """``mode``: none, light or deep."""
    fed = feed(board, battery)
    usable = battery.mah.value * fed.usable
    average = _average(board, mode, work, battery)
    days = spread = 0.0
    if average:
        days = usable / average / 24

        def days_of(other: Board, cells: Battery) -> float:
            return cells.mah.value * fed.usable / _average(other, mode, work, cells) / 24

        spread = sqrt(sum((days_of(*other) - days) ** 2 for other in _moved(board, battery)))
    mah = charges(board, mode, work)
    volts = board.supply_v.value
    span = (min(some, battery.shelf_years * DAYS_A_YEAR) for some in (days, max(0.0, days - spread), days + spread))
    return Account(board.name, mode, battery, fed.how, volts, mah, average, *span)


def charges(board: Board, mode: str, work: Work) -> dict[str, float]:
    """mAh by kind, at the board's supply."""
    active = board.active_ma.value
    busy = {
        "sampling": _s(board, work.sample_cycles()),
        "quality": _s(board, work.quality_cycles()),
        "following": _s(board, work.following_cycles()),
        "frames": _s(board, work.frame_cycles()),
    }
    mah = {kind: seconds * active / HOURS for kind, seconds in busy.items()}
    awake_s = sum(busy.values())
    erased = work.written / SECTOR
    if mode == "deep" and work.kept_in_flash:
        erased += work.windows * _sectors(work)
    flash_s = erased * (board.erase_ms.value + SECTOR // PAGE * board.page_ms.value) / 1000
    mah["flash"] = flash_s * (active + board.flash_ma.value) / HOURS
    awake_s += flash_s
    on_s = work.records * work.warm_up_ms / 1000 + busy["sampling"]
    mah["sensors"] = (work.sensor_ma * work.seconds + work.switched_ma * on_s) / HOURS
    warm_s = work.records * work.warm_up_ms / 1000 if mode == "deep" else 0.0
    mah["waking"] = mah["starts"] = 0.0
    if mode == "light":
        wake_s = work.pieces * board.light_wake_us.value / 1e6
        sent_s = work.sent / LINE_BYTES_A_S
        mah["waking"] = (wake_s * active + sent_s * board.idle_ma.value) / HOURS
        awake_s += wake_s + sent_s
    if mode == "deep":
        wake_s = work.records * board.start_ms.value / 1000
        start_s = _s(board, work.start_cycles())
        sent_s = work.sent / LINE_BYTES_A_S
        mah["waking"] = (wake_s * board.start_ma.value + (warm_s + sent_s) * board.idle_ma.value) / HOURS
        mah["starts"] = start_s * active / HOURS
        awake_s += wake_s + start_s + sent_s + warm_s
    waiting = {"none": board.idle_ma, "light": board.light_ma, "deep": board.deep_ma}[mode].value
    mah["waiting"] = max(0.0, work.seconds - awake_s) * waiting / HOURS
    return {kind: mah.get(kind, 0.0) for kind in KINDS}


def _s(board: Board, cycles: float) -> float:
    """Seconds of so many cycles of an RP2040."""
    return cycles * board.cycles.value / (1e6 * board.clock_mhz.value) if board.clock_mhz.value else 0.0


def _sectors(work: Work) -> float:
    return -(-work.gate_bytes // SECTOR) + OVERHEAD_SECTORS


def _average(board: Board, mode: str, work: Work, battery: Battery) -> float:
    """mA of the battery."""
    hours = work.seconds / HOURS
    board_ma = sum(charges(board, mode, work).values()) / hours if hours else 0.0
    fed = feed(board, battery)
    volts = battery.cells * battery.mean_v
    drawn = board_ma if fed.direct else board_ma * board.supply_v.value / (volts * fed.efficiency.value)
    lost = battery.mah.value * battery.lost_a_year.value / (DAYS_A_YEAR * 24)
    return drawn + fed.quiescent.value + lost if board_ma else 0.0


def _moved(board: Board, battery: Battery) -> Iterator[tuple[Board, Battery]]:
    """Board and battery with one figure each time more by its uncertainty."""
    for name, figure in _unsure(board):
        yield replace(board, **{name: figure}), battery
    for name, figure in _unsure(battery):
        yield board, replace(battery, **{name: figure})


def _unsure(owner: Board | Battery) -> Iterator[tuple[str, Any]]:
    for name, figure in vars(owner).items():
        if isinstance(figure, Figure) and figure.uncertainty:
            yield name, replace(figure, value=figure.value * (1 + figure.uncertainty))
