"""How many wrong models the robustness test notices, and that what the examples ship passes it."""

import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from motegate.convert import robustness
from motegate.convert.convert import convert
from motegate.convert.robustness import Tested, mutants
from motegate.train.training import train

from .judgement.gates import policy_text, unguarded
from .quality.quality import CASES

TITLE = "The robustness test and its mutants"
PROCESSES = 2


@dataclass(frozen=True)
class Found:
    """Of one parent of one example."""

    tested: Tested
    count: mutants.Count


def measure(name: str) -> list[Found]:
    """The parents of one example, trained and converted as it ships."""
    case = CASES[name]
    with tempfile.TemporaryDirectory(prefix="motegate-bench-") as folder:
        rules = Path(folder) / "policy.toml"
        rules.write_text(unguarded(policy_text(case.example)))
        train(rules, [case.files(Path(folder))[0]], Path(folder) / "work")
        tested = convert(Path(folder) / "work").robustness
        trained, windows, every = robustness.reopen(Path(folder) / "work")
        counts = [mutants.check(trained, windows, some) for some in every]
        return [Found(one, count) for one, count in zip(tested, counts, strict=True)]


def run() -> str:
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        found = dict(zip(CASES, pool.map(measure, CASES), strict=True))
    counts = [one.count for parents in found.values() for one in parents]
    changed, noticed = sum(count.changed for count in counts), sum(count.noticed for count in counts)
    lines = [
        "`python -m tests.bench robustness`: what each example ships, by its robustness test, and copies of it that",
        "are wrong by one number: a bit of a weight or of a bias, a multiplier, shift or zero point, the threshold,",
        "the scaling of a feature, the q90 or q99 of a limit. The test compares each case with TensorFlow Lite Micro",
        "and with what training measured, so a changed output is noticed. A mutant that changes none on any case",
        f"cannot be told from the model, and is counted apart. Of {sum(count.made for count in counts):,} mutants",
        f"{changed:,} change something, of which {noticed:,} are noticed ({noticed / changed:.1%}). A river is named",
        "by the one that is judged elsewhere; the model is the other's.",
        "",
        "| stream | parent | cases | fails | cannot fail by, alone | mutants | change nothing | noticed | missed |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, parents in found.items():
        for one in parents:
            tested, count = one.tested, one.count
            missed = "; ".join(count.missed[:3]) or "-"
            lines.append(
                f"| {name} | {tested.parent} | {tested.cases:,} | {len(tested.failing)} | "
                f"{', '.join(tested.deaf) or '-'} | {count.made} | {count.made - count.changed} | "
                f"{count.noticed} of {count.changed} | {missed} |"
            )
    return "\n".join(lines)
