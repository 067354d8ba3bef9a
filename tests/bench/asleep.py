"""How long boards last asleep, whether deep sleep changes a verdict, and what is known beside the account of energy."""

import tempfile
from pathlib import Path

from motegate.convert.bundle import day_of, waiting
from motegate.firmware import boards
from motegate.firmware.energy import Account, account, batteries
from motegate.train import policy as policies
from motegate.train.policy import plan as plans

from ..device_sim import hand
from ..device_sim.test_deep_sleep import PERIOD_S, WAKE_MS, faulty, ran
from ..firmware import handmade
from . import UnableError
from .pico import image_of, lean, measured

TITLE = "Asleep"
PERIODS = {"a second": 1000, "5 minutes": 300_000, "15 minutes": 900_000}
HOPS = (8, 64)
DAYS = 30
CUTS = (500, 700, 1000)
"""Hops of eight records after which the power is cut."""
LONG = lean(handmade.ONE_CHANNEL).replace("length = 64, hop = 16", "length = 64, hop = HOP")
YEAR = 365.25
Accounts = dict[tuple[str, str, int, str], Account | None]
"""By board, pace, hop and way to wait."""


def run() -> str:
    found = _accounts()
    return f"""`python -m tests.bench asleep`

**How long two AA cells last**, in years (y) or days (d), with what one standard deviation of every figure makes of it,
ten years (their shelf life) at most: one channel on an ADC, window 64, {_about()}; three
classifiers; a frame a window with its dimensions. "-": the board has not got it, or not at this pace (`build` says
why). Bold: the longest of its board.

{_table(found)}

{_beyond(found)}

{_equal()}

{_against()}"""


def _day(name: str, period_ms: int, hop: int, folder: Path):
    text = LONG.replace("HOP", str(hop)).replace("period_ms = 1000", f"period_ms = {period_ms}")
    text = text.replace("pin = 26", f"pin = {_pin(name)}") + f'[deploy]\nboard = "{name}"\n'
    work = folder / f"{name}-{period_ms}-{hop}"
    handmade.work(work, text.replace("[status.supply_mv]", "[status.since_reset_s]").replace("min = 2400", "min = 0"))
    rules, converted = policies.load(work / "policy.toml"), work / "convert"
    plan = plans.read(converted / "plan.json")
    packs = {one.name: (converted / f"{one.name}.pack").read_bytes() for one in plan.classifiers}
    board = boards.load(name)
    return rules, board, day_of(rules, plan, packs, (converted / "reference.bin").read_bytes(), board)


def _pin(name: str) -> str:
    pin = boards.load(name).adc[0]
    return f'"{pin}"' if isinstance(pin, str) else str(pin)


def _about() -> str:
    with tempfile.TemporaryDirectory() as folder:
        _, _, work = _day("ESP32_GENERIC", 300_000, 64, Path(folder))
    return f"{work.cells} dimensions, {work.macs} MACs, {work.gate_bytes:,} bytes of gate"


def _accounts() -> Accounts:
    found: Accounts = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in boards.names():
            for pace, period_ms in PERIODS.items():
                for hop in HOPS:
                    rules, board, work = _day(name, period_ms, hop, Path(folder))
                    for way in waiting.ways(rules, board, work):
                        found[name, pace, hop, way.mode] = way.account
    return found


def _span(one: Account | None, best: bool) -> str:
    if one is None:
        return "-"
    unit, letter = (YEAR, "y") if one.days >= YEAR else (1.0, "d")
    mid, low, high = (
        f"{days / unit:.{0 if days / unit >= 10 else 1}f}" for days in (one.days, one.low_days, one.high_days)
    )
    text = f"{mid} {letter} ({low} to {high})"
    return f"**{text}**" if best else text


def _table(found: Accounts) -> str:
    columns = [(pace, hop) for pace in PERIODS for hop in HOPS]
    lines = [
        "| board | sleep | " + " | ".join(f"{pace}, hop {hop}" for pace, hop in columns) + " |",
        "| --- | --- |" + " --- |" * len(columns),
    ]
    for name in boards.names():
        for mode in ("none", "light", "deep"):
            cells = []
            for pace, hop in columns:
                days = [one.days for way in ("none", "light", "deep") if (one := found[name, pace, hop, way])]
                one = found[name, pace, hop, mode]
                cells.append(_span(one, one is not None and one.days == max(days)))
            lines.append(f"| {name} | {mode} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _beyond(found: Accounts) -> str:
    lines = [
        """**Beyond three years at a record in five minutes, hop 8**, and what the quality work (scan to action) takes:

| board | sleep | average mA | lasts | quality | most goes into |
| --- | --- | --- | --- | --- | --- |"""
    ]
    for name in boards.names():
        for mode in ("none", "light", "deep"):
            one = found[name, "5 minutes", 8, mode]
            if one and one.days > 3 * YEAR:
                most = sorted(one.mah, key=lambda kind: -one.mah[kind])[:2]
                share = sum(one.mah.values())
                said = ", ".join(f"{kind} {one.mah[kind] / share:.0%}" for kind in most)
                lines.append(
                    f"| {name} | {mode} | {one.average_ma:.4f} | {one.span()} | {one.quality_share:.2%} | {said} |"
                )
    return "\n".join(lines)


def _equal() -> str:
    lines = [
        f"""**Deep sleep on the virtual ESP32**, a record in five minutes, {DAYS} days, faults among them, against the
same bundle awake. A cut comes where a record is due, so that windows end at the same times.

| hop | gate lies in | cuts | starts | windows awake | windows asleep | lost to cuts | same frame | same verdict |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |"""
    ]
    text = hand.POLICY.replace("period_ms = 1000", "period_ms = 300000")
    large = text.replace('"drift"]', '"drift", "regime"]') + "[adapt]\ndrift_alarms = true\n"
    rtc, cut = "RTC memory", CUTS
    runs = (8, text, rtc, ()), (64, text, rtc, ()), (8, large, "a file", ()), (8, text, rtc, cut)
    for hop, policy, where, cuts in runs:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            data = hand.recording_of(folder / "d.csv", faulty(DAYS * 86400 // PERIOD_S, 3), period_s=PERIOD_S)
            at = tuple(1000 * PERIOD_S * hop * k - WAKE_MS for k in cuts)
            awake = ran(folder, data, policy, "none", hop=hop, windows=12).verdicts
            slept = ran(folder, data, policy, "deep", hop=hop, windows=12, cuts=at)
        known = {one.t: one for one in awake}
        same = sum(known.get(one.t) == one for one in slept.verdicts)
        passes = sum(one.t in known and known[one.t].passes == one.passes for one in slept.verdicts)
        lines.append(
            f"| {hop} | {where} | {len(cuts)} | {slept.seen['starts']:,} | {len(awake):,} | {len(slept.verdicts):,} | "
            f"{len(awake) - len(slept.verdicts)} | {same:,} | {passes:,} |"
        )
    return "\n".join(lines)


def _against() -> str:
    lines = [
        """**The account against what is known.** Its lines of cycles come from three bundles (`stages`); a fourth,
which they have not seen, on the emulated Pico, a hop of 16 and its window:

| | measured us | the account us | |
| --- | --- | --- | --- |"""
    ]
    policy = LONG.replace("HOP", "16")
    with tempfile.TemporaryDirectory() as folder:
        _, board, day = _day("RPI_PICO", 1000, 16, Path(folder))
    try:
        us = measured(image_of(), policy, 1)[2]
        per = day.but(windows=1, records=16, sent=130)
        cycles = per.quality_cycles() + per.following_cycles() + per.frame_cycles() + 16 * 1150
        said = cycles / board.clock_mhz.value
        lines.append(f"| one channel, window 64, fewer dimensions | {us:,} | {said:,.0f} | {said / us - 1:+.0%} |")
    except UnableError as why:
        lines.append(f"| {why} | | | |")
    lines += ["", "Published currents, measured by others:", "",
              "| board | what | published mA | the account, mA at the board's supply | source |",
              "| --- | --- | --- | --- | --- |"]  # fmt: skip
    for name, what, published, mode, period_ms, source in (
        ("RPI_PICO", "waits awake", "21", "none", 5000, "micropython issue 8770, 5 V on VSYS"),
        ("RPI_PICO", "lightsleep(5000) in a loop", "0.99 to 1.3", "light", 5000, "micropython PR 8832; issue 8770"),
        ("ESP32_GENERIC_C3", "waits in light sleep", "0.35", "light", 60_000, "R. Dobson (2023)"),
        ("ESP32_GENERIC_S3", "deepsleep(1000) in a loop: 26.5 mC and 418 ms a start", "18.7 and its sleep's",
         "deep", 1418, "upy-esp32-experiments"),
    ):  # fmt: skip
        board = boards.load(name)
        idle = day.but(windows=0.0, sent=0.0, written=0.0, records=86_400_000 / period_ms, period_ms=period_ms)
        one = account(board, mode, idle, batteries()["2xAA"])
        ma = sum(one.mah.values()) / 24
        lines.append(f"| {name} | {what} | {published} | {ma:.3g} | {source} |")
    return "\n".join(lines)
