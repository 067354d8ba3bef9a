"""What a run costs a battery: the board's currents times the time that it sleeps and works."""

from dataclasses import asdict, dataclass

from motegate.firmware.boards import Board

CELLS_MWH = 2 * 2500 * 1.2  # two alkaline AA cells: 2,500 mAh each at 1.2 V on average


@dataclass(frozen=True)
class Energy:
    """``mWh`` over the run; ``battery_days`` at the same pace; the rest are the assumptions behind both."""

    mWh: float  # noqa: N815 - the unit's own spelling
    battery_days: float
    battery_mWh: float  # noqa: N815
    supply_v: float
    sleep_ma: float
    active_ma: float
    wake_us: float
    verdict_us: float
    asleep_s: float
    active_s: float

    def as_json(self) -> dict:
        return {key: round(value, 4) for key, value in asdict(self).items()}


def spent(board: Board, records: int, windows: int, virtual_s: float, battery_mwh: float | None = None) -> Energy:
    """Each record wakes the board for its ``wake_us``, each window for ``verdict_us`` more; in between it sleeps.

    The battery gives all it holds at any current, and a converter on the way loses nothing: an upper bound.
    """
    volts, sleep_ma, active_ma = board.supply_v.value, board.sleep_ma.value, board.active_ma.value
    wake_us, verdict_us = board.wake_us.value, board.verdict_us.value
    battery = CELLS_MWH if battery_mwh is None else battery_mwh
    active_s = min(virtual_s, (records * wake_us + windows * verdict_us) / 1e6)
    asleep_s = virtual_s - active_s
    spent_mwh = volts * (asleep_s * sleep_ma + active_s * active_ma) / 3600
    days = battery / spent_mwh * virtual_s / 86400 if spent_mwh > 0 else 0.0
    return Energy(spent_mwh, days, battery, volts, sleep_ma, active_ma, wake_us, verdict_us, asleep_s, active_s)
