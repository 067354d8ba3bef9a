"""Streams that change for good, and back: when it is said, what an adaptation gives back, what coming back costs."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from motegate.convert.convert import convert
from motegate.examples.smart_meter.record import car, household, panels
from motegate.firmware.device.layout import ASKED, LEARN
from motegate.firmware.link import Decoder, Drift, Frame
from motegate.train import policy, recording
from motegate.train.host import Trained
from motegate.train.host.adaptive import AdaptiveGate, Measured
from motegate.train.policy.form import Adaptation
from motegate.train.policy.plan_compiler import compile_policy
from motegate.train.training import train

from ..judgement.gates import policy_text
from . import compressor
from .frozen import State, Stretch
from .person import DELAY, Person

TITLE = "Adaptation to a change"
SEEDS = 5
WITHIN = 50  # windows that share no sample, from the alarm on
LABELS = 10  # at most
DAY = 96
PANELS, OVER, CAR = 150, 330, 7.4


@dataclass(frozen=True)
class Story:
    """A stream and its gate: it changes at window ``change``, and is as before again from ``over`` on. ``lasting``: the
    change shows in every window."""

    name: str
    trained: Trained
    rules: policy.Policy
    measured: Measured
    change: int
    over: int
    lasting: bool = True

    @property
    def every(self) -> int:
        plan = self.trained.plan
        return -(-plan.length // plan.hop)

    def adapting(self, confirm: str = "labels") -> "policy.Plan":
        """Its plan with adaptation, the usual rules."""
        rules = replace(self.rules, adapt=Adaptation(confirm=confirm), drift_alarms=True)
        return replace(self.trained.plan, adapt=compile_policy(rules).adapt, drift_alarms=True)


@dataclass(frozen=True)
class Outcome:
    """``asked``, ``alarm``: windows that share no sample from the change to its question and its alarm, None: none. F1
    ``before`` the change; on the changed process that of a reference commissioned there, the ``most`` to be had, of the
    one of ``before``, and of those ``WITHIN`` windows behind the first of both ``without`` and ``with_`` adaptation;
    ``labels`` given. Of the process come back: F1 ``back``, without adaptation
    ``back_without``, and how many shadows ``learned`` then."""

    asked: int | None
    alarm: int | None
    before: float
    most: float
    after: float
    without: float
    with_: float
    labels: int
    back: float
    back_without: float
    learned: int

    @property
    def regained(self) -> float:
        """The share of what was lost."""
        return (self.with_ - self.after) / max(self.before - self.after, 1e-9)


def stories(seeds: int) -> Iterator[Story]:
    for seed in range(1, seeds + 1):
        yield meter(seed, "panels, 4 kWp")
    for seed in range(1, seeds + 1):
        yield meter(seed, "car, 7.4 kW")
    for name in compressor.NEW:
        for seed in range(1, seeds + 1):
            yield new_compressor(name, seed)


@cache
def meter_gate(seed: int) -> tuple[Trained, policy.Policy]:
    return gate_of(policy_text("smart_meter"), household(365, seed).text())


@cache
def compressor_gate() -> tuple[Trained, policy.Policy]:
    return gate_of(compressor.POLICY, compressor.recording([(48 * 2000, compressor.OLD)], 0))


def gate_of(rules: str, csv: str) -> tuple[Trained, policy.Policy]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "policy.toml").write_text(rules)
        (folder / "data.csv").write_text(csv)
        train(folder / "policy.toml", [folder / "data.csv"], folder / "work")
        convert(folder / "work")
        return Trained.load(folder / "work"), policy.load(folder / "work" / "policy.toml")


def measured_of(trained: Trained, rules: policy.Policy, csv: str) -> Measured:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "data.csv"
        path.write_text(csv)
        return Measured.of(trained, recording.read(rules, [path]))


def meter(seed: int, name: str) -> Story:
    """A household of its own year, then panels or a car from day 150 to day 330."""
    trained, rules = meter_gate(seed)
    days = OVER + 100
    house = household(days, seed)
    if name.startswith("panels"):
        laid = -panels(house.times, 4.0, PANELS, seed=seed)
    else:
        laid = car(house.times, CAR, PANELS, seed)
    laid[OVER * DAY :] = 0
    hop = rules.hop
    change, over = ((day * DAY - rules.length) // hop + 1 for day in (PANELS, OVER))
    text = house.plus(laid).text()
    return Story(f"meter, {name}", trained, rules, measured_of(trained, rules, text), change, over, "panels" in name)


def new_compressor(name: str, seed: int) -> Story:
    trained, rules = compressor_gate()
    change, over = 600, 1400
    parts = [(48 * change, compressor.OLD), (48 * (over - change), compressor.NEW[name]), (48 * 600, compressor.OLD)]
    text = compressor.recording(parts, seed)
    return Story(f"compressor, {name}", trained, rules, measured_of(trained, rules, text), change, over)


def frames(said: bytes) -> list[Frame]:
    decoder = Decoder()
    return [item for item in decoder.feed(bytes(said)) if isinstance(item, Frame)]


def alarms(said: bytes) -> list[Drift]:
    return [
        frame.form
        for frame in frames(said)
        if isinstance(frame.form, Drift) and frame.form.changed and not frame.form.what
    ]


def run_story(
    story: Story, plan: policy.Plan, looks: dict[int, str], labels: int = LABELS
) -> tuple[AdaptiveGate, dict[str, State], int]:
    """The gate at the end, its references at the windows of ``looks``, and how many labels were given: true ones, of
    windows that share no sample, each one late by ``DELAY`` of those."""
    gate = AdaptiveGate(story.trained, story.measured, plan)
    states: dict[str, State] = {}
    person = Person(gate, story.every, lambda window: True, labels)
    for window in gate:
        person.look(window)
        if window in looks:
            states[looks[window]] = State(*gate.reference())
    return gate, states, person.given


def alarm_of(story: Story) -> tuple[int | None, int | None]:
    """The windows of the first question behind the change, and of the first alarm; None: there was none."""
    gate = AdaptiveGate(story.trained, story.measured, story.trained.plan)
    asked = alarm = None
    for window in gate:
        if window >= story.over or alarm is not None:
            break
        if window > story.change and asked is None and gate.gate.reference.array[ASKED]:
            asked = window
        if window > story.change and any(gate.watch.changed):
            alarm = window
    return asked, alarm


def outcome(story: Story, seed: int) -> Outcome:
    every, trained, measured = story.every, story.trained, story.measured
    first = trained.plan.reference.windows
    asked, alarm = alarm_of(story)
    then = min([w for w in (asked, alarm) if w is not None], default=story.change) + WITHIN * every
    end = len(measured) - 1
    looks = {story.change - every: "before", then: "then", end: "end"}
    _, plain, _ = run_story(story, trained.plan, looks, 0)
    gate, states, labels = run_story(story, story.adapting(), looks)
    step = max(1, (story.change - first) // 400)
    old = Stretch(trained, measured, first, story.change - every, step, seed)
    new = Stretch(trained, measured, story.change + every, story.over - every, step, seed)
    come_back = story.over + every
    phases = gate.phases[come_back:]
    return Outcome(
        *(None if window is None else -(-(window - story.change) // every) for window in (asked, alarm)),
        old.score(states["before"]).f1,
        new.score(new.own).f1,
        new.score(states["before"]).f1,
        new.score(plain["then"]).f1,
        new.score(states["then"]).f1,
        labels,
        old.score(states["end"]).f1,
        old.score(plain["end"]).f1,
        int((np.diff((phases == LEARN).astype(int)) == 1).sum()),
    )  # fmt: skip


def measure(seeds: int = SEEDS) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for story in stories(seeds):
        found.setdefault(story.name, []).append(outcome(story, seed=1))
    return found


def run(seeds: int = SEEDS) -> str:
    lines = [
        f"`python -m tests.bench changes`: a process changes, and is as before again later; {seeds} seeds each.",
        "Meters are the example's (its policy, `patience_days = 20`, each seed a household with a gate of its",
        "own), compressors are `tests/bench/adaptation/compressor.py`. F1 is of a frozen reference on the changed",
        "process, every second window with a fault of 3 to 16 limits (of a reference commissioned on that very",
        f"stretch). Times are windows that share no sample: days of a meter. At most {LABELS} true labels, each",
        f"{DELAY} windows late; F1 then is {WITHIN} windows behind the first sign of the change. Median, and the",
        "worst and best seed.",
        "",
        "| change | asked after | alarm after | F1 before | after, commissioned anew | the same reference "
        "| then, without | with labels | of what was lost, regained | the old process come back: F1, without | with "
        "| learned anew |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, some in measure(seeds).items():
        cells = [
            _times([one.asked for one in some]),
            _times([one.alarm for one in some]),
            _spread([one.before for one in some]),
            _spread([one.most for one in some]),
            _spread([one.after for one in some]),
            _spread([one.without for one in some]),
            _spread([one.with_ for one in some]),
            _spread([one.regained for one in some], 2),
            _spread([one.back_without for one in some]),
            _spread([one.back for one in some]),
            str(sum(one.learned for one in some)),
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread(values: list[float], digits: int = 3) -> str:
    return f"{np.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _times(values: list[int | None]) -> str:
    there = [value for value in values if value is not None]
    never = f", {len(values) - len(there)} never" if len(there) < len(values) else ""
    return f"{np.median(there):.0f} ({min(there)} to {max(there)}){never}" if there else "never"
