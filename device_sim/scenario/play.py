"""Plays scenarios on the virtual board, and says of each expectation whether it was met."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.device.layout import MISSING
from motegate.firmware.link import Verdict
from motegate.train import policy as policies
from motegate.train import recording
from motegate.train.policy import Policy

from ..testing import START_MS, Session
from .document import Expectation, Part, Scenario, load


@dataclass(frozen=True)
class Result:
    """Of one expectation: ``why`` it was not met; empty where it was."""

    what: str
    why: str = ""

    @property
    def met(self) -> bool:
        return not self.why


@dataclass(frozen=True)
class Played:
    """``windows`` judged in ``virtual_s`` seconds."""

    name: str
    path: Path
    results: tuple[Result, ...]
    windows: int
    virtual_s: float

    @property
    def met(self) -> bool:
        return all(result.met for result in self.results)

    def lines(self) -> list[str]:
        """For a person."""
        head = (
            f"{self.name}: {'ok' if self.met else 'NOT AS EXPECTED'}, {self.windows:,} windows in {self.virtual_s:g} s"
        )
        return [
            head,
            *(f"  {'ok ' if one.met else 'NOT'} {one.what}{one.why and ': '}{one.why}" for one in self.results),
        ]


def play_all(work: Path, files: Iterable[Path], jobs: int = 1) -> list[Played]:
    """All of them, ``jobs`` boards at once; ScenarioError before any runs where one is wrong."""
    rules = policies.load(Path(work) / "policy.toml")
    scenarios = [load(file, rules) for file in files]
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda one: play(work, one), scenarios))


def play(work: Path, scenario: Scenario) -> Played:
    """One board from its start to the stream's end."""
    with Session(work, commission=scenario.commission) as board:
        rng = np.random.default_rng(scenario.seed)
        for part in scenario.stream:
            board.feed(values_of(part, board.policy, rng))
        total_s = board.fed_s
        for fault in scenario.faults:
            _run_to(board, min(fault.at_s, total_s))
            board.fault(fault.how, for_=fault.for_s)
        _run_to(board, total_s)
        verdicts, lost = board.verdicts, _lost(board)
        names = [action.name for action in board.policy.actions]
        results = tuple(
            _judge(one, verdicts, lost, names, list(board.policy.classifiers)) for one in scenario.expectations
        )
        return Played(scenario.name, scenario.path, results, len(verdicts), total_s)


def values_of(part: Part, policy: Policy, rng: np.random.Generator) -> np.ndarray:
    """float[n, channels], in the channels' units; NaN where a recording has none."""
    if part.recording is not None:
        counts = recording.read(policy, [part.recording]).counts[slice(*(part.rows or (None, None)))]
        columns = [column * one.resolution + one.middle for one, column in zip(policy.channels, counts.T, strict=True)]
        return np.where(counts == MISSING, np.nan, np.stack(columns, axis=1))
    n = round(1000 * part.for_s / policy.period_ms)
    hours = np.arange(n) * policy.period_ms / 3_600_000
    return np.stack(
        [
            part.level[one.name] + part.slope[one.name] * hours + part.noise[one.name] * rng.normal(size=n)
            for one in policy.channels
        ],
        axis=1,
    )


def _run_to(board: Session, at_s: float) -> None:
    if at_s > board.now_s:
        board.run(at_s - board.now_s)


def _lost(board: Session) -> int:
    """Windows that were due and of which nothing was said."""
    rules = board.policy
    records = round(1000 * board.now_s / rules.period_ms)
    due = max(0, (records - rules.length) // rules.hop + 1)
    return due - sum(isinstance(item.form, Verdict) for item in board.frames)


def _ends_s(verdict: Verdict) -> float:
    """Seconds of the run at a window's newest record."""
    seconds, millis = verdict.t
    return ((seconds + EPOCH_S) * 1000 + millis - START_MS) / 1000


def _judge(one: Expectation, verdicts: list[Verdict], lost: int, actions: list[str], parents: list[str]) -> Result:
    if one.lost is not None:
        return Result(one.what, "" if lost <= one.lost else f"{lost}, expected at most {one.lost}")
    there = [verdict for verdict in verdicts if one.from_s <= _ends_s(verdict) <= one.until_s]
    found = [verdict for verdict in there if _holds(one, verdict, actions, parents)]
    if one.never:
        return Result(one.what, f"at {_ends_s(found[0]):g} s" if found else "")
    if found:
        return Result(one.what)
    seen = ", ".join(dict.fromkeys(actions[v.action] for v in there if v.action is not None)) or "none"
    return Result(one.what, f"in none of {len(there)} windows; actions there: {seen}")


def _holds(one: Expectation, verdict: Verdict, actions: list[str], parents: list[str]) -> bool:
    if one.action is not None:
        return verdict.action == actions.index(one.action)
    assert one.parent is not None
    return bool(verdict.passes[parents.index(one.parent)]) == one.passes
