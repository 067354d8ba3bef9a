"""How a board waits for its next record: which ways it has, how long each lasts, and which one `auto` takes."""

from dataclasses import dataclass

from motegate.firmware.boards import Board
from motegate.firmware.energy import Account, Battery, Work, account, batteries
from motegate.train.policy import SLEEPS, Plan, Policy

DAY_S = 86400
NUMBERS = 75
"""Bytes of a verdict's frame without its lists: kind, numbers, time, CRC."""
A_NUMBER = 5
HEALTH = 230 / 64
"""Bytes of a health frame, for each window."""
ENDURANCE = 100_000
"""Erases that a flash block stands: data sheets of NOR flash, 100,000."""
SECTOR = 4096


@dataclass(frozen=True)
class Way:
    """One way to wait: its account, or why the board does not have it for this policy."""

    mode: str
    account: Account | None
    refused: str = ""


def a_day(policy: Policy, plan: Plan, macs: int, gate_bytes: int = 0, in_flash: bool = False) -> Work:
    """What a day of this policy is, where windows pass: its most frequent action's frames."""
    records = 1000 * DAY_S / policy.period_ms
    windows = records / policy.hop
    usual = policy.actions[policy.action_table()[-1]]
    sent = NUMBERS + HEALTH + 2 * A_NUMBER * len(plan.classifiers)
    if "send:dimensions" in usual.do or "send:samples" in usual.do:
        sent += A_NUMBER * len(plan.columns)
    if "send:samples" in usual.do:
        sent += A_NUMBER * policy.length * len(policy.channels)
    sensors = [channel.sensor for channel in policy.channels if channel.sensor]
    switched = [sensor for sensor in sensors if sensor.power_pin is not None]
    return Work(
        seconds=DAY_S,
        period_ms=policy.period_ms,
        records=records,
        channels=len(policy.channels),
        windows=windows,
        length=policy.length,
        cells=len(plan.cells),
        classifiers=len(plan.classifiers),
        macs=macs,
        sent=sent * windows,
        written=policy.service.writes_per_day * max(gate_bytes, SECTOR),
        watched=policy.drift_alarms,
        fed=policy.service.watchdog_ms > 0,
        sensor_ma=sum(sensor.current_ma for sensor in sensors if sensor.power_pin is None),
        switched_ma=sum(sensor.current_ma for sensor in switched),
        warm_up_ms=max((sensor.warm_up_ms for sensor in switched), default=0),
        gate_bytes=gate_bytes,
        kept_in_flash=in_flash,
    )


def ways(policy: Policy, board: Board, work: Work, battery: Battery | None = None) -> list[Way]:
    """None, light and deep, each with what it makes of the ``battery`` (the policy's), at the pace of ``work``."""
    battery = battery or batteries()[policy.power.battery]
    found = []
    for mode in SLEEPS[:3]:
        why = refusal(policy, board, work, mode)
        found.append(Way(mode, None if why else account(board, mode, work, battery), why))
    return found


def refusal(policy: Policy, board: Board, work: Work, mode: str) -> str:
    """Why the board cannot wait so; empty where it can."""
    if mode != "deep":
        return ""
    if not board.deep_bytes:
        return board.no_deep
    if policy.adapt:
        return "what a shadow learns and the windows that labels name do not outlast it; adapt.enabled keeps it awake"
    start_ms = board.start_ms.value + 1000 * one_start_s(board, work)
    if start_ms >= policy.period_ms:
        return f"the gate's start takes {start_ms:,.0f} ms, as long as {policy.period_ms:,} ms from record to record"
    return ""


def one_start_s(board: Board, work: Work) -> float:
    """Seconds of a start of the gate."""
    cycles = work.start_cycles() / work.windows if work.windows else 0.0
    return cycles * board.cycles.value / (1e6 * board.clock_mhz.value) if board.clock_mhz.value else 0.0


def best(found: list[Way]) -> str:
    """The way that lasts longest."""
    return max((way for way in found if way.account), key=lambda way: way.account.days if way.account else 0.0).mode


def told(found: list[Way], chosen: str) -> list[str]:
    """A line for each."""
    lines = []
    for way in found:
        mark = "*" if way.mode == chosen else " "
        if way.account is None:
            lines.append(f"{mark} {way.mode:<5}  no: {way.refused}")
        else:
            lines.append(f"{mark} {way.mode:<5}  {way.account.average_ma:.3g} mA, {way.account.lasts()}")
    return lines


def wear(board: Board, work: Work) -> str:
    """What writing the gate at each window does to the flash, in words."""
    sectors = -(-work.gate_bytes // SECTOR) + 1
    a_day = sectors * work.windows * DAY_S / work.seconds
    years = ENDURANCE * board.files_kb.value * 1024 / SECTOR / a_day / 365.25
    return (
        f"deep sleep writes {work.gate_bytes:,} bytes of the gate at each window, beside writes_per_day: "
        f"{a_day:,.0f} erases a day, of which the flash stands {years:,.0f} years"
    )


def changes(policy: Policy, board: Board, work: Work, mode: str, battery: Battery) -> list[tuple[str, Account]]:
    """What the policy could change, in its own words, and the account then: the one that lasts longest first."""
    ideas = [
        (f'power.sleep = "{other}"', other, work)
        for other in SLEEPS[:3]
        if other != mode and not refusal(policy, board, work, other)
    ]
    if policy.hop < policy.length:
        fewer = work.windows * policy.hop / policy.length
        ideas.append(
            (f"window.hop = {policy.length}", mode, work.but(windows=fewer, sent=work.sent * fewer / work.windows))
        )
    ideas.append(
        (
            f"stream.period_ms = {2 * policy.period_ms}",
            mode,
            work.but(
                period_ms=2 * policy.period_ms, records=work.records / 2, windows=work.windows / 2, sent=work.sent / 2
            ),
        )
    )
    scores = (NUMBERS + 2 * A_NUMBER * work.classifiers) * work.windows
    if work.sent > 1.5 * scores:
        ideas.append(("actions without send: for windows that pass", mode, work.but(sent=scores)))
    if work.sensor_ma:
        switched = work.but(sensor_ma=0.0, switched_ma=work.switched_ma + work.sensor_ma)
        ideas.append(("sensor.power_pin, for what the sensors draw", mode, switched))
    made = [(text, account(board, how, other, battery)) for text, how, other in ideas]
    return sorted(made, key=lambda pair: -pair[1].days)
