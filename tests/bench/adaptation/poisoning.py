"""Lies: what a thousand people who mislead a board make of it, over the whole path from the alarm to a swap."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from motegate.firmware.device.layout import ADAPT_EARLIER
from motegate.train.host.adaptive import AdaptiveGate, Measured

from . import compressor
from .changes import Story, compressor_gate, measured_of
from .frozen import State, Stretch
from .person import DELAY, Person

TITLE = "Poisoned adaptation"
RUNS = 1000
LOST = 0.03  # F1
CHANGE, OVER, END = 260, 560, 700  # windows
FAULTS = {
    "the pressure sensor 2 bar high": lambda t: (2.0 + 0 * t, 1.0),
    "the current sensor at half": lambda t: (0 * t, 0.5),
    "the pressure creeps up by 3 bar": lambda t: (3.0 * t, 1.0),
    "the pressure swings": lambda t: (1.5 * np.sin(t * 16), 1.0),
}
LIES = {
    "30 % of the labels lie": lambda rng, n: rng.random(n) < 0.3,
    "every label lies": lambda rng, n: np.ones(n, bool),
    "nobody says anything": None,
}


@dataclass(frozen=True)
class Poisoned:
    """F1 on the process as it is again, by the reference at the end, less that of the same gate without adaptation,
    of each run; ``swaps``: runs that took anything over; ``back``: of those, by the better of
    the reference at the end and the one after a rollback."""

    lost: np.ndarray
    swaps: int
    back: np.ndarray


@cache
def stream(seed: int, fault: str) -> tuple[Measured, Stretch]:
    """A compressor whose sensor fails from window CHANGE to OVER, and how a reference judges the windows behind."""
    trained, rules = compressor_gate()
    lines = compressor.recording([(48 * END, compressor.OLD)], seed).splitlines()
    rows = np.array([line.split(",") for line in lines[1:]], float)
    here = slice(48 * CHANGE, 48 * OVER)
    more, factor = FAULTS[fault](np.linspace(0, 1, 48 * (OVER - CHANGE)))
    rows[here, 1] += more
    rows[here, 2] *= factor
    text = "\n".join([lines[0], *(f"{int(ms)},{bar:.4f},{amp:.3f}" for ms, bar, amp in rows)]) + "\n"
    measured = measured_of(trained, rules, text)
    return measured, Stretch(trained, measured, OVER + 4, END - 2, 1, seed)


def one(seed: int, fault: str, lie: str, rng: np.random.Generator) -> tuple[State, State | None]:
    """The reference at the end, and after a rollback, None where nothing was taken over."""
    trained, rules = compressor_gate()
    measured, _ = stream(seed, fault)
    story = Story("", trained, rules, measured, CHANGE, END)
    gate = AdaptiveGate(trained, measured, story.adapting())
    lies = LIES[lie]
    person = Person(gate, story.every, lambda of: bool(lies(rng, 1)[0]) == (CHANGE <= of < OVER), np.inf if lies else 0)
    for window in gate:
        person.look(window)
    end = State(*gate.reference())
    state = gate.cycle.state
    if not state[ADAPT_EARLIER]:
        return end, None
    gate.cycle.roll_back(gate.gate.verdict)
    return end, State(*gate.reference())


@cache
def plain(seed: int, fault: str) -> State:
    """The reference at the end without adaptation."""
    trained, _ = compressor_gate()
    gate = AdaptiveGate(trained, stream(seed, fault)[0], replace(trained.plan, adapt=()))
    for _ in gate:
        pass
    return State(*gate.reference())


def measure(runs: int = RUNS) -> dict[str, Poisoned]:
    """Lie -> what came of it, the faults in turn."""
    found = {}
    for lie in LIES:
        n = runs // 2 if LIES[lie] else len(FAULTS)
        lost, back = [], []
        for k in range(n):
            fault = list(FAULTS)[k % len(FAULTS)]
            seed = 1 + k // len(FAULTS) % 5
            stretch = stream(seed, fault)[1]
            end, before = one(seed, fault, lie, np.random.default_rng([k, len(lie)]))
            base = _score(stretch, plain(seed, fault))
            lost.append(base - _score(stretch, end))
            if before is not None:
                back.append(min(lost[-1], base - _score(stretch, before)))
        found[lie] = Poisoned(np.array(lost), len(back), np.array(back))
    return found


_known: dict[tuple[int, bytes], float] = {}


def _score(stretch: Stretch, state: State) -> float:
    """F1; many runs end with the same reference."""
    key = id(stretch), state.array.tobytes() + state.prototypes.tobytes()
    if key not in _known:
        _known[key] = stretch.score(state).f1
    return _known[key]


def run(seeds: int = RUNS) -> str:
    lines = [
        f"`python -m tests.bench poisoning`: {seeds} runs. A compressor's sensor fails in one of {len(FAULTS)} ways",
        f"for {OVER - CHANGE} windows, creeping and swinging among them, and is well again for {END - OVER}. Somebody",
        f"labels failing windows, one of each length, {DELAY} lengths late, while the board asks. F1 is of the",
        "reference at the end, frozen, on the good process, against that of the same gate without adaptation.",
        "",
        "| who labels | runs | something was taken over | F1 lost: median, 99 %, worst "
        "| runs that lost more than 3 points | with a rollback where it helps, worst |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for lie, one_ in measure(seeds).items():
        lost = one_.lost
        figures = f"{np.median(lost):.3f}, {np.quantile(lost, 0.99):.3f}, {lost.max():.3f}"
        back = f"{one_.back.max():.3f}" if len(one_.back) else "-"
        lines.append(f"| {lie} | {len(lost)} | {one_.swaps} | {figures} | {(lost > LOST).sum()} | {back} |")
    return "\n".join(lines)
