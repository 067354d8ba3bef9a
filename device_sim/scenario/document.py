"""A scenario's file, checked whole: the stream, part after part, a schedule of faults, and expectations."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from motegate.firmware.errors import InputError
from motegate.firmware.printable import printable
from motegate.train.policy import Policy
from motegate.train.table import Table, nearest, quoted

from ..testing import FAULTS, seconds

MOST_COMMISSIONING = 65_535


class ScenarioError(InputError):
    """The scenario is wrong: one line per fault, each with its key and what is allowed."""


@dataclass(frozen=True)
class Part:
    """Of the stream: rows ``first`` to ``last`` of a ``recording`` (None: all), or for ``for_s`` seconds values around
    each channel's ``level`` with that ``noise`` (one standard deviation) and ``slope`` (an hour), in its unit."""

    recording: Path | None = None
    rows: tuple[int, int] | None = None
    for_s: float = 0.0
    level: dict[str, float] = field(default_factory=dict)
    noise: dict[str, float] = field(default_factory=dict)
    slope: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """From ``at_s`` on for ``for_s`` seconds every sensor fails ``how`` (session.py)."""

    at_s: float
    for_s: float
    how: str


@dataclass(frozen=True)
class Expectation:
    """Of the windows that end from ``from_s`` to ``until_s``: one at least has this ``action``, or of this ``parent``
    ``passes``; none, where ``never``. ``lost``: windows that are missed at most, in the whole run."""

    what: str
    from_s: float = 0.0
    until_s: float = float("inf")
    action: str | None = None
    parent: str | None = None
    passes: bool = True
    never: bool = False
    lost: int | None = None


@dataclass(frozen=True)
class Scenario:
    """``commission``: windows to make the reference of; None: the policy's; 0: the training's reference judges."""

    name: str
    path: Path
    seed: int
    commission: int | None
    stream: tuple[Part, ...]
    faults: tuple[Fault, ...]
    expectations: tuple[Expectation, ...]


def load(path: Path | str, policy: Policy) -> Scenario:
    """The scenario in a TOML file, for a board with that policy; ScenarioError holds a line per fault."""
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error.strerror}); expected a scenario in TOML") from None
    except ValueError as error:
        raise ScenarioError(f"{path}: is not TOML: {printable(str(error))}") from None
    lines: list[str] = []
    top = Table(data, lambda where, what: lines.append(f"{path}: {where}: {what}"))
    stream = tuple(_part(row, path.parent, policy) for row in top.rows("stream", required=True))
    faults = tuple(_fault(row) for row in top.rows("fault"))
    expectations = tuple(_expectation(row, policy) for row in top.rows("expect", required=True))
    scenario = Scenario(
        top.text("name", default=path.stem) or path.stem,
        path,
        top.whole("seed", 0, (1 << 31) - 1, default=0) or 0,
        top.whole("commission", 0, MOST_COMMISSIONING),
        stream,
        tuple(sorted(faults, key=lambda fault: fault.at_s)),
        expectations,
    )
    top.close()
    if lines:
        raise ScenarioError(*lines)
    return scenario


def _span(at: Table, key: str, default: float | None = None) -> float:
    """A span of time, in seconds; required where there is no default."""
    value = at.anything(key)
    if value is None:
        if default is None:
            at.note('missing; expected a span of time, as "5 min"', key)
        return default or 0.0
    try:
        if not isinstance(value, int | float | str) or isinstance(value, bool):
            raise ValueError(f"is {value!r}; expected a number of seconds, or a text as " + '"5 min"')
        return seconds(value)
    except ValueError as error:
        at.note(printable(str(error)), key)
        return 0.0


def _numbers(at: Table, key: str, policy: Policy, required: bool = False) -> dict[str, float]:
    """A number for each channel that is named."""
    table = at.table(key, required=required)
    names = [channel.name for channel in policy.channels]
    found = {name: table.number(name, required=required and name in names) or 0.0 for name in names}
    table.close()
    return found


def _part(at: Table, folder: Path, policy: Policy) -> Part:
    if at.has("recording"):
        file = at.text("recording", longest=500) or ""
        rows = at.pair("rows") if at.has("rows") else None
        if file and not (folder / file).is_file():
            at.note(f"{quoted(file)}: there is no such file beside the scenario", "recording")
        at.close()
        return Part(folder / file, None if rows is None else (int(rows[0]), int(rows[1])))
    part = Part(
        for_s=_span(at, "for"),
        level=_numbers(at, "level", policy, required=True),
        noise=_numbers(at, "noise", policy),
        slope=_numbers(at, "slope", policy),
    )
    at.close()
    return part


def _fault(at: Table) -> Fault:
    how = at.one_of("how", tuple(FAULTS), default=next(iter(FAULTS)))
    fault = Fault(_span(at, "at"), _span(at, "for"), how or next(iter(FAULTS)))
    at.close()
    return fault


def _known(at: Table, key: str, names: list[str]) -> str | None:
    name = at.text(key)
    if name is not None and name not in names:
        at.note(f"{quoted(name)} is none of this policy; {nearest(name, names)}", key)
    return name


def _expectation(at: Table, policy: Policy) -> Expectation:
    kinds: dict[str, Callable[[], Expectation]] = {
        "action": lambda: _of_action(at, policy),
        "verdict": lambda: _of_verdict(at, policy),
        "windows_lost": lambda: Expectation(
            "windows lost", lost=at.whole("windows_lost", 0, 1 << 29, required=True) or 0
        ),
    }
    given = [kind for kind in kinds if at.has(kind)]
    if len(given) != 1:
        at.note(f"names {' and '.join(given) or 'nothing'}; expected one of {', '.join(kinds)}")
        return Expectation("")
    found = kinds[given[0]]()
    at.close()
    return found


def _times(at: Table) -> tuple[float, float]:
    start = _span(at, "from", 0.0)
    return start, start + _span(at, "within", float("inf"))


def _of_action(at: Table, policy: Policy) -> Expectation:
    action = _known(at, "action", [action.name for action in policy.actions])
    never = at.truth("never", default=False)
    start, until = _times(at)
    return Expectation(f"{'never ' if never else ''}action {action}", start, until, action=action, never=never)


def _of_verdict(at: Table, policy: Policy) -> Expectation:
    parent = _known(at, "verdict", list(policy.classifiers))
    passes, never = at.truth("passes", default=True), at.truth("never", default=False)
    start, until = _times(at)
    what = f"{'never ' if never else ''}{parent} {'passes' if passes else 'fails'}"
    return Expectation(what, start, until, parent=parent, passes=passes, never=never)
