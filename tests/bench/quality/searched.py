"""Whether a search is worth its time: its best network against what is shipped without it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.train import policy
from motegate.train.dataset import TEST, Table
from motegate.train.learning import Learned, Limit, Search, learn
from motegate.train.model import Candidate, network

from ..judgement.gates import policy_text, unguarded
from ..judgement.intervals import mean_over_kinds
from ..judgement.scores import threshold
from .quality import CASES, FALSE_ALARMS

TITLE = "What a search is worth"
TRIALS = 40
NAMES = ("machine temperature", "compressed air", "river, MainStreet", "household")


@dataclass(frozen=True)
class Found:
    """Of one parent: ``more`` the recall of the search's best above that of what is shipped without it, on the test
    part, with its 95 % interval; ``ships``: with the search."""

    usual: Candidate
    best: Candidate
    ships: str
    trials: int
    given_up: int
    seconds: float
    more: tuple[float, float, float]


def measure(name: str, trials: int = TRIALS) -> dict[str, Found]:
    """Every parent of one example, by training's own test part: hardly one that a search has seen."""
    case = CASES[name]
    with tempfile.TemporaryDirectory(prefix="motegate-bench-") as folder:
        file = Path(folder) / "policy.toml"
        file.write_text(unguarded(policy_text(case.example)))
        data = [case.files(Path(folder))[0]]
        rules = policy.load(file)
        plain = learn(rules, data, 0)
        searched = learn(rules, data, 0, searching=Search(Limit(trials=trials), Path(folder) / "search"))
    return {parent: _compared(plain.parents[parent].chosen, one) for parent, one in searched.parents.items()}


def _compared(usual: Candidate, one: Learned) -> Found:
    assert one.searched is not None
    best = one.searched.candidate
    assert best is not None
    test = one.table.rows(one.table.part == TEST)
    kinds = np.char.add(test.kind[test.fail], test.severity[test.fail].astype(str))
    apart = _hits(best, test).astype(float) - _hits(usual, test)
    told = one.searched.as_dict()
    return Found(
        usual, best, one.chosen.name, told["trials"], told["given_up"], told["seconds"], mean_over_kinds(kinds, apart)
    )


def _hits(one: Candidate, test: Table) -> np.ndarray:
    levels = network.logits(one.model, test.x).astype(float)
    return levels[test.fail] > threshold(levels[~test.fail], FALSE_ALARMS)


def run(trials: int = TRIALS) -> str:
    lines = [
        f"`python -m tests.bench searched`: {trials} trials of `train --search` for each parent. Missed: the share of",
        "validation's faults, by which a search chooses. More: recall of its best above what ships without it, on the",
        f"test part's faults, each by the threshold that {FALSE_ALARMS:.0%} of the part's good windows exceed, with a",
        "95 % bootstrap interval. What it ships is decided by validation alone.",
        "",
        "| stream | parent | without: missed, bytes | best: missed, bytes | more recall | ships | given up | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in NAMES:
        for parent, one in measure(name, trials).items():
            more = "{:+.3f} ({:+.3f} to {:+.3f})".format(*one.more)
            lines.append(
                f"| {name} | {parent} | {one.usual.name} {one.usual.loss:.3f}, {one.usual.bytes} | "
                f"{one.best.loss:.3f}, {one.best.bytes} | {more} | {one.ships} | {one.given_up} of {one.trials} | "
                f"{one.seconds:.0f} |"
            )
    return "\n".join(lines)
