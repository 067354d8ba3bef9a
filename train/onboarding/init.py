"""A first policy for a recording that nobody has described yet, every line with where it came from."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.clock import DAY_MS

from ..catalogue import built_in
from ..dataset import SHORTEST_DAYS
from ..policy import MOST_CHANNELS, MOST_COUNTS, PATIENT_DAYS, loads
from ..recording import RecordingError
from ..table import is_label, is_reserved, key_path, quoted
from . import rhythm
from .survey import Column, Survey, survey

FEWEST_ROWS = 200
ENOUGH_WINDOWS = 300
WINDOWS = ((64, 64), (32, 32), (16, 16), (16, 8), (8, 4))
"""Lengths and hops, the first that gives enough windows is taken."""
LONGEST = 320  # rows of a window that a cycle may ask for: a day at five minutes
WEEKS = 21  # days that show a week
NOTE = "# note: "
INTRINSIC = [
    "completeness",
    "validity",
    "spike",
    "crest",
    "rate_of_change",
    "flatline",
    "attenuation",
    "noise",
    "step",
    "resolution",
]
CONTEXTUAL = ["timeliness", "offset", "excursion", "relevancy", "regime"]
INTEGRITY = ["uniqueness", "ordering", "continuity"]


def init(path: str | Path) -> str:
    """The text of a policy on which ``train`` runs for this recording (CSV or Parquet)."""
    seen = survey(path)
    period_ms = round(seen.step_ms)
    if not 1 <= period_ms <= DAY_MS:
        raise RecordingError(f"{path}: rows are {seen.step_ms:g} ms apart; expected 1 to {DAY_MS}")
    if seen.rows < FEWEST_ROWS:
        raise RecordingError(f"{path}: has {seen.rows} rows; expected at least {FEWEST_ROWS} to learn from")
    columns, skipped = _sorted_out(seen)
    if not columns:
        reasons = "; ".join(f"{quoted(name)} {why}" for name, why in skipped)
        raise RecordingError(
            f"{path}: has no column for a channel ({reasons or 'only time'}); expected numbers that vary"
        )
    text = "\n".join(map(str, _lines(seen, period_ms, columns, skipped))) + "\n"
    loads(text, Path(path).with_name("policy.toml"))
    return text


def _sorted_out(seen: Survey) -> tuple[list[Column], list[tuple[str, str]]]:
    """The columns that become channels, and the others with the reason."""
    columns: list[Column] = []
    skipped: list[tuple[str, str]] = []
    for column in seen.columns:
        why = _why_not(seen, column)
        if why is None and len(columns) == MOST_CHANNELS:
            why = f"is one more than the {MOST_CHANNELS} channels that a policy may have"
        if why is None:
            columns.append(column)
        else:
            skipped.append((column.name, why))
    return columns, skipped


def _why_not(seen: Survey, column: Column) -> str | None:
    if is_reserved(column.name):
        return "has a meaning of its own"
    if column.name in seen.repeated:
        return "is the name of more than one column"
    if not is_label(column.name):
        return "is no name that a policy can use"
    if column.text is not None:
        return f"holds text ({column.text})"
    if column.missing == column.rows:
        return "is empty"
    if column.low >= column.high:
        return "never changes"
    if column.missing > 0.5 * column.rows:
        return f"is empty in {100 * column.missing / column.rows:.0f} % of the rows"
    if column.counts_up:
        return "only counts the rows"
    return None


@dataclass(frozen=True)
class _Line:
    """``key = value`` with where the value came from."""

    key: str
    value: str
    why: str

    def __str__(self) -> str:
        return f"{f'{self.key} = {self.value}':<35} # {self.why}"


@dataclass(frozen=True)
class _Plan:
    """What the recording's own time proposes: the window with its reason, and windows to commission on with theirs."""

    length: int
    hop: int
    why: str
    commission: int
    reason: str
    notes: tuple[str, ...]


def _plan(seen: Survey, columns: list[Column]) -> _Plan:
    turn = rhythm.cycle(seen, columns)
    notes = []
    length, hop = next((w for w in WINDOWS if _windows(seen.rows, *w) >= ENOUGH_WINDOWS), WINDOWS[-1])
    why = ""
    if turn is not None:
        named = f"{'a day' if turn.daily else 'a cycle'} of {turn.rows} rows in {turn.channel}"
        asked = turn.rows if turn.daily else -(-2 * turn.rows // 8) * 8
        step = max(1, asked // 12 if turn.daily else asked // 2)
        while step > 1 and _windows(seen.rows, asked, step) < ENOUGH_WINDOWS:
            step //= 2
        if not 8 <= asked <= LONGEST:
            notes.append(f"{named}: no window of at most {LONGEST} rows holds it; its phases will be regimes")
        elif _windows(seen.rows, asked, step) < ENOUGH_WINDOWS:
            notes.append(f"too short for windows that hold {named}: {asked + step * ENOUGH_WINDOWS} rows would do")
        else:
            length, hop = asked, step
            why = f"{named}; " if turn.daily else f"two times {named}; "
    windows = _windows(seen.rows, length, hop)
    commission, reason = min(200, windows // 5), "commissioning: at most a fifth of the recording's windows"
    apart = rhythm.ways(columns, length)
    if apart is not None:
        told = f"{apart.channel} runs at two {apart.what}s"
        needed = None if apart.seen is None else apart.seen * length // hop
        if needed is not None and needed <= windows // 2:
            commission, reason = max(commission, needed), f"{told}, each seen twice in so many windows"
        else:
            notes.append(f"{told}: too short for a reference of both, which takes twice what shows each of them twice")
    days = seen.rows * seen.step_ms / DAY_MS
    if days < SHORTEST_DAYS:
        notes.append(
            f"too short to show a season: {days:.3g} days; from {SHORTEST_DAYS} on train finds how fast to follow"
        )
    if turn is not None and turn.daily and days < WEEKS:
        notes.append(f"too short to show a week: {days:.3g} days of {WEEKS}")
    notes.append(
        "no channel has a sensor: train, simulate and evaluate need none; a board does: sensor = { driver = ... }"
    )
    return _Plan(length, hop, why, commission, reason, tuple(notes))


def notes(text: str) -> list[str]:
    """What a policy of ``init``'s says of the recording beside its values."""
    return [line.removeprefix(NOTE) for line in text.splitlines() if line.startswith(NOTE)]


def _lines(seen: Survey, period_ms: int, columns: list[Column], skipped: Sequence[tuple[str, str]]) -> Iterable[object]:
    name = seen.path.name
    plan = _plan(seen, columns)
    windows = _windows(seen.rows, plan.length, plan.hop)
    yield f"# A first policy, made by motegate init from {_comment(name)}: {seen.rows} rows. Make it yours."
    yield ""
    yield "[stream]"
    stem = "".join(c for c in seen.path.stem if c.isprintable()).strip()[:64].strip() or "stream"
    yield _Line("name", quoted(stem), "the file's name")
    yield _Line("period_ms", str(period_ms), "the median step between rows")
    about = f"{plan.why}gives about {windows} windows here"
    yield _Line("window", f"{{ length = {plan.length}, hop = {plan.hop} }}", _comment(about))
    for note in plan.notes:
        yield NOTE + _comment(note)
    for left_out, why in skipped:
        yield f"# column {_comment(quoted(left_out))} is left out: it {why}"
    for column in columns:
        yield ""
        yield from _channel(column)
    yield ""
    yield from _graph(len(columns))
    yield ""
    yield "[reference]"
    yield _Line("windows", str(plan.commission), _comment(plan.reason))
    yield _Line(
        "patience_days", f"{PATIENT_DAYS:g}", "a jump of 4 x the limit fails so long, then it is known; 0: for ever"
    )
    yield _Line("follow_per_day", '"auto"', "train finds how fast slow change is followed; or widths a day")
    yield ""
    yield "[deploy]"
    yield _Line("board", '"RPI_PICO"', "the default")


def _windows(rows: int, length: int, hop: int) -> int:
    return max(0, (rows - length) // hop + 1)


def _channel(column: Column) -> Iterable[object]:
    low, high = column.usual
    margin = (high - low) / 2
    grain = one_two_five((high - low) / 20, up=True)
    ends = math.floor((low - margin) / grain) * grain, math.ceil((high + margin) / grain) * grain
    finest = one_two_five((ends[1] - ends[0]) / MOST_COUNTS, up=True)
    step = one_two_five(column.step) if column.step > 0 else 0.0
    if column.step > 1.01 * step > 0:
        step = one_two_five(column.step / 4)  # a step of its own kind: rounding it to a count must not beat with it
    sample = column.sample
    outside = 100 * float(np.mean((sample < ends[0]) | (sample > ends[1])))
    unit = re.fullmatch(r".*[(\[]\s*([^()\[\]]{1,16}?)\s*[)\]]", column.name)
    yield f"[{key_path('stream', 'channels', column.name)}]"
    yield _Line(
        "unit", quoted(unit[1] if unit else ""), "from the column's name" if unit else "not known: yours to fill in"
    )
    why = (
        f"the common step between values is {column.step:.3g}"
        if step >= finest
        else f"the range in at most {MOST_COUNTS} counts"
    )
    yield _Line("resolution", f"{max(step, finest):.10g}", why)
    far = f"; {outside:.2g} % of the values lie beyond and count as invalid" if outside else ""
    yield _Line(
        "range",
        f"[{ends[0]:.10g}, {ends[1]:.10g}]",
        f"seen: {low:.6g} to {high:.6g}, and half of that width more on each side{far}",
    )
    if column.missing:
        yield f"# {100 * column.missing / column.rows:.2g} % of the cells are empty"


def _graph(n_channels: int) -> Iterable[object]:
    known = built_in()
    intrinsic = [*INTRINSIC, "consistency"] if n_channels > 1 else INTRINSIC
    together = "" if n_channels > 1 else "; no consistency, which needs two channels"
    parents = {
        "intrinsic": (intrinsic, f"is the signal clean in itself{together}"),
        "contextual": (CONTEXTUAL, "does it fit its time and place"),
        "data_integrity": (["intrinsic", "contextual", *INTEGRITY], "the records themselves, over the two above"),
    }
    for name, (children, why) in parents.items():
        there = [child for child in children if child in known or child in parents]
        yield f"[parents.{name}]  # {why}"
        yield f"children = [{', '.join(map(quoted, there))}]"
    yield ""
    yield "[[actions]]  # the first that matches is taken"
    yield _Line("name", '"use"', "sound in every respect")
    yield _Line("when", '"data_integrity"', "which stands over all the others")
    yield _Line("do", '["send:dimensions"]', "a small frame; send:samples sends the window itself")
    yield "[[actions]]"
    yield _Line("name", '"store"', "clean, but foreign")
    yield _Line("when", '"intrinsic and not contextual"', "worth a look later")
    yield _Line("do", '["store"]', "kept in the device's flash")
    yield "[[actions]]"
    yield _Line("name", '"discard"', "everything else")


def one_two_five(x: float, up: bool = False) -> float:
    """The nearest 1, 2 or 5 times a power of ten at most ``x``, or at least ``x`` with ``up``.

    >>> one_two_five(0.0244), one_two_five(0.0244, up=True), one_two_five(0.01), one_two_five(0.01, up=True)
    (0.02, 0.05, 0.01, 0.01)
    """
    power = math.floor(math.log10(x))
    steps = [float(f"{m}e{power + e}") for e in (-1, 0, 1) for m in (1, 2, 5)]
    if up:
        return next(s for s in steps if s >= x * (1 - 1e-6))
    return next(s for s in reversed(steps) if s <= x * (1 + 1e-6))


def _comment(text: str) -> str:
    """Text that stays on its line."""
    return "".join(c if c.isprintable() else "?" for c in text)
