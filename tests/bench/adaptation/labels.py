"""A last layer that labels teach: what true ones give, and what lies take."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from motegate.examples.smart_meter.record import household
from motegate.firmware.device.adaptation.heads import Heads
from motegate.firmware.device.boot.pack import Pack
from motegate.firmware.device.judging.classifiers import Classifiers
from motegate.firmware.device.judging.verdict import Verdict
from motegate.firmware.device.layout import ADAPT_BOUND, ADAPT_CANARIES
from motegate.firmware.device.network import Network
from motegate.firmware.device.reference.reference import Reference
from motegate.train import faults, recording
from motegate.train.host import Trained
from motegate.train.host.adaptive import Measured

from ..judgement.gates import RIVERS, policy_text, recordings, unguarded
from . import compressor
from .changes import gate_of, measured_of, meter_gate
from .frozen import Score, Seen, State, Stretch

TITLE = "A last layer that labels teach"
RUNS = 100
LEAST, MOST = 0.5, 6.0  # limits of a fault: what labels may teach is faint
WINDOWS = 1000
LABELS = (20, 40)
LOST = 0.03  # F1
LIES = {"true": 0.0, "30 % lie": 0.3, "all lie": 1.0}
ADAPT = "\n[adapt]\nenabled = true\n"


@dataclass(frozen=True)
class Site:
    """A gate where it stands: its reference there, and what that makes of good and of faulty windows."""

    trained: Trained
    state: State
    good: Seen
    faulty: Seen
    homes: np.ndarray


def _site(trained: Trained, measured: Measured, seed: int) -> Site:
    first = trained.plan.reference.windows
    step = max(1, (len(measured) - first - 4) // WINDOWS)
    stretch = Stretch(trained, measured, first, len(measured) - 2, step, seed, LEAST, MOST)
    good, faulty = stretch.seen_by(stretch.own)
    return Site(trained, stretch.own, good, faulty, stretch.homes)


def _compressor() -> Site:
    trained, rules = gate_of(compressor.POLICY + ADAPT, compressor.recording([(48 * 2000, compressor.OLD)], 0))
    return _site(trained, measured_of(trained, rules, compressor.recording([(48 * 1500, compressor.OLD)], 5)), 3)


def _meter() -> Site:
    trained, rules = meter_gate(1)
    return _site(trained, measured_of(trained, rules, household(330, 7).text()), 3)


def _recorded(name: str, learned: str, judged: str) -> Site:
    first, second = recordings(learned, judged)
    trained, rules = gate_of(unguarded(policy_text(name)) + ADAPT, first.read_text())
    return _site(trained, Measured.of(trained, recording.read(rules, [second])), 3)


SITES: dict[str, Callable[[], Site]] = {
    "compressor": _compressor,
    "meter": _meter,
    "machine temperature": lambda: _recorded(
        "machine_temperature", "nab_machine_temperature.csv", "nab_machine_temperature.csv"
    ),
    "river, Franklin's gate at MainStreet": lambda: _recorded("river", *RIVERS),
}


@cache
def site(name: str) -> Site:
    return SITES[name]()


class Board:
    """The device's classifiers by a reference that stands still, and their last layers."""

    def __init__(self, one: Site):
        trained = one.trained
        form = trained.plan.for_device()
        self.reference = Reference(form, trained.reference, 0)
        self.reference.array = array("i", one.state.array.astype(np.int32).tobytes())
        networks = {name: Network(Pack(data)) for name, data in trained.packs.items()}
        self._classifiers = Classifiers(form, networks, self.reference)
        self._verdict = Verdict(array("h", bytes(2 * len(trained.plan.columns))), self._classifiers.features())
        self._row = np.frombuffer(self._verdict.values, np.int16)
        rules = form["adapt"]
        self.heads = Heads(self._classifiers.networks(), rules[ADAPT_BOUND], rules[ADAPT_CANARIES], 1)

    def fails(self, seen: Seen, row: int) -> np.ndarray:
        """bool[classifiers] of one window."""
        self._row[:] = seen.values[row]
        self._classifiers.judge(self._verdict, bool(seen.no_data[row]))
        return np.frombuffer(self._verdict.passes, np.int16) == 0

    def teach(self, seen: Seen, row: int, classifier: int, good: bool) -> None:
        self.fails(seen, row)
        self.heads.note(0, self._verdict)
        self.heads.learn(classifier, 0, int(good), self.reference.threshold(classifier))


def of_parent(one: Site, name: str) -> np.ndarray:
    """Which faulty windows are this parent's failures."""
    plan = one.trained.plan
    return np.flatnonzero(faults.fails(plan, plan.parent(name), one.homes))


def lesson(one: Site, classifier: int, name: str, lie: float, seed: int) -> list[float]:
    """F1 on windows that nobody spoke of: without a label, and after each number of LABELS. Every second label is of a
    faulty window."""
    rng = np.random.default_rng([seed, classifier])
    bad = rng.permutation(of_parent(one, name))
    good = rng.permutation(len(one.good.values))
    (bad, bad_later), (good, good_later) = (np.array_split(rows, 2) for rows in (bad, good))
    board = Board(one)

    def f1() -> float:
        found = [board.fails(one.faulty, row)[classifier] for row in bad_later]
        return Score.of(found, [board.fails(one.good, row)[classifier] for row in good_later]).f1

    scores = [f1()]
    for given in range(1, LABELS[-1] + 1):
        faulty = rng.random() < 0.5
        row = rng.choice(bad if faulty else good)
        said = not faulty
        if rng.random() < lie:
            said = not said
        board.teach(one.faulty if faulty else one.good, row, classifier, said)
        if given in LABELS:
            scores.append(f1() if board.heads.live() else scores[0])
    return scores


def measure(runs: int = RUNS) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    """(site, parent) -> who labels -> F1 [runs, 1 + len(LABELS)]."""
    found = {}
    for place in SITES:
        one = site(place)
        for i, name in enumerate(one.trained.packs):
            if len(of_parent(one, name)) < 20:
                continue
            found[place, name] = {
                who: np.array([lesson(one, i, name, lie, seed) for seed in range(runs)]) for who, lie in LIES.items()
            }
    return found


def run(seeds: int = RUNS) -> str:
    lines = [
        f"`python -m tests.bench labels`: {seeds} runs each; the policy's usual `head_bound` and `canary_errors`. Half",
        f"of the windows have a fault of {LEAST:g} to {MOST:g} limits of a reference commissioned at the site, which",
        "stands still. Somebody labels windows, every second a faulty one, of one half; F1 is of the other half:",
        "means, and of lies how many of the runs lost more than 3 points, and the worst. Development figures: which",
        "windows are canaries was chosen with these sites in view.",
        "",
        f"| site, classifier | F1 without labels | {LABELS[0]} true labels | {LABELS[1]} true labels | it judges then "
        f"| worst | {LABELS[1]} labels, 30 % lie | lost more than 3 points | worst | all lie | lost more | worst |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (place, name), who in measure(seeds).items():
        true = who["true"]
        cells = [f"{true[:, k].mean():.3f}" for k in range(3)]
        cells += [f"{(true[:, 2] != true[:, 0]).mean():.0%}", f"{(true[:, 2] - true[:, 0]).min():+.3f}"]
        for lie in ("30 % lie", "all lie"):
            change = who[lie][:, 2] - who[lie][:, 0]
            cells += [f"{who[lie][:, 2].mean():.3f}", f"{(change < -LOST).sum()}", f"{change.min():+.3f}"]
        lines.append(f"| {place}, {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
