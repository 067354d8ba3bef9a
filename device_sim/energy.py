"""What a run costs a battery: the board's currents times the time that it works and waits."""

from dataclasses import asdict, dataclass

from motegate.firmware.boards import Board

CELLS_MWH = 2 * 2500 * 1.2  # two alkaline AA cells: 2,500 mAh each at 1.2 V on average


@dataclass(frozen=True)
class Energy:
    """``mWh`` over the run; ``battery_days`` at the same pace, and ``light_days`` if it waited in light sleep (0: the
    board has none); the rest are the assumptions behind them: how it waits (``sleep``), the currents, and the work for
    one record and one window."""

    mWh: float  # noqa: N815 - the unit's own spelling
    battery_days: float
    light_days: float
    battery_mWh: float  # noqa: N815
    supply_v: float
    sleep: str
    waiting_ma: float
    active_ma: float
    wake_us: float
    verdict_us: float
    waiting_s: float
    active_s: float

    def as_json(self) -> dict:
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}

    def days(self) -> str:
        """What the battery is good for, in words."""
        gained = ""
        if self.sleep == "none" and self.light_days > self.battery_days:
            gained = f', {_days(self.light_days)} with power.sleep = "light"'
        holds = "two AA cells" if self.battery_mWh == CELLS_MWH else f"{self.battery_mWh:,g} mWh"
        return f"{holds} for {_days(self.battery_days)}{gained}"


def _days(days: float) -> str:
    return f"{days:,.0f} days" if days >= 10 else f"{days:.1f} days"


def spent(
    board: Board, records: int, windows: int, virtual_s: float, sleep: str = "none", battery_mwh: float | None = None
) -> Energy:
    """Each record takes ``wake_us`` of work, each window ``verdict_us`` more; in between the board waits as ``sleep``
    (train/policy/form.py, SLEEPS) says.

    The battery gives all it holds at any current, and a converter on the way loses nothing: an upper bound. Start,
    flash and serial line are not in it.
    """
    volts, active_ma = board.supply_v.value, board.active_ma.value
    wake_us, verdict_us = board.wake_us.value, board.verdict_us.value
    battery = CELLS_MWH if battery_mwh is None else battery_mwh
    active_s = min(virtual_s, (records * wake_us + windows * verdict_us) / 1e6)
    waiting_s = virtual_s - active_s

    def drawn(waiting_ma: float) -> tuple[float, float]:
        """mWh, and days of the battery."""
        mwh = volts * (waiting_s * waiting_ma + active_s * active_ma) / 3600
        return mwh, battery / mwh * virtual_s / 86400 if mwh > 0 else 0.0

    waiting_ma = board.light_ma.value if sleep == "light" else board.idle_ma.value
    light_days = 0.0 if board.no_light else drawn(board.light_ma.value)[1]
    return Energy(
        *drawn(waiting_ma), light_days, battery, volts, sleep, waiting_ma, active_ma, wake_us, verdict_us, waiting_s,
        active_s,
    )  # fmt: skip
