"""What a run costs a battery: the board's account of what it has done (firmware/energy), and what would save most."""

from collections.abc import Mapping
from dataclasses import dataclass

from motegate.convert.bundle import day_of, waiting
from motegate.firmware.boards import Board
from motegate.firmware.energy import KINDS, Account, Work, account, batteries
from motegate.train.policy import Plan, Policy

DAY_S = 86400


@dataclass(frozen=True)
class Energy:
    """``account``: of the run, by the way the board waits; ``ways``: what each would make of it; ``change``: what the
    policy could change to save most, in its own words, and the account then. ``note``: why it does not wait as the
    policy says."""

    account: Account
    ways: tuple[waiting.Way, ...]
    change: tuple[str, Account] | None
    note: str = ""

    @property
    def mwh(self) -> float:
        return sum(self.account.mwh.values())

    def as_json(self) -> dict:
        one = self.account
        days = {way.mode: None if way.account is None else round(way.account.days, 1) for way in self.ways}
        change = None
        if self.change:
            change = {"policy": self.change[0], "battery_days": round(self.change[1].days, 1)}
        return {
            "mWh": round(self.mwh, 4),
            "battery_days": round(one.days, 2),
            "battery_days_range": [round(one.low_days, 2), round(one.high_days, 2)],
            "average_ma": round(one.average_ma, 6),
            "battery": one.battery.title,
            "regulator": one.how,
            "supply_v": one.supply_v,
            "sleep": one.mode,
            "mWh_by_work": {kind: round(one.mwh[kind], 6) for kind in KINDS},
            "quality_share": round(one.quality_share, 6),
            "days_by_sleep": days,
            "saves_most": change,
        }

    def days(self) -> str:
        """What the battery is good for, and would be."""
        one = self.account
        if not one.days:
            return f"no figures for {one.board}"
        said = one.lasts()
        if self.change and self.change[1].days > 1.1 * one.days:
            said += f"; with {self.change[0]} for {self.change[1].span()}"
        return said


def spent(
    policy: Policy,
    plan: Plan,
    packs: Mapping[str, bytes],
    reference: bytes,
    board: Board,
    *,
    records: int,
    windows: int,
    sent: int,
    virtual_s: float,
    battery_mwh: float | None = None,
) -> Energy:
    """``packs`` by parent's name. ``sent``: bytes on the line. ``battery_mwh``: what the policy's kind of battery holds
    in place of the usual."""
    day = day_of(policy, plan, packs, reference, board)
    work = day.but(
        seconds=virtual_s, records=records, windows=windows, sent=sent, written=day.written * virtual_s / DAY_S
    )
    return of(policy, board, work, battery_mwh)


def of(policy: Policy, board: Board, work: Work, battery_mwh: float | None = None) -> Energy:
    battery = batteries()[policy.power.battery]
    if battery_mwh is not None:
        battery = battery.holding(battery_mwh)
    ways = waiting.ways(policy, board, work, battery)
    mode = policy.power.sleep
    refused = "" if mode == "auto" else waiting.refusal(policy, board, work, mode)
    if mode == "auto" or refused:
        mode = waiting.best(ways)
    changes = waiting.changes(policy, board, work, mode, battery)
    note = f'{board.name} has no "{policy.power.sleep}": {refused}; the account is of "{mode}"' if refused else ""
    return Energy(account(board, mode, work, battery), tuple(ways), changes[0] if changes else None, note)
