"""`motegate train`: from a policy and recordings to a reference and a classifier per parent."""

import hashlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware import atomic
from motegate.firmware.errors import RefusedError
from motegate.firmware.progress import Progress, silent

from . import page, results, work
from . import policy as policies
from .dataset import Dataset, Examples, Table, TrainingError, examples, load, split, table_of, weights
from .features import Scaling, far_out, loud
from .model import candidates, network, tails

__all__ = ["Training", "TrainingError", "train"]


@dataclass(frozen=True)
class Training:
    """What was learned: ``metrics`` as in metrics.json, on the last part of the recording."""

    work: Path
    metrics: dict

    def lines(self) -> list[str]:
        """For a person."""
        found = [f"reference: follows {self.metrics['following']}"] if self.metrics["following"] else []
        parents = self.metrics["parents"].items()
        found += [results.line(name, parent) for name, parent in parents]
        found += [results.rivals(name, parent) for name, parent in parents]
        found += [note for name, parent in parents for note in results.notes(name, parent)]
        return [*found, f"{self.work}: trained"]

    def require(self, least: float) -> None:
        """RefusedError where a parent finds less than this share of its faults at 4 x limit."""
        short = [results.short_of(name, parent, least) for name, parent in self.metrics["parents"].items()]
        said = [why for why in short if why]
        if said:
            raise RefusedError("\n".join(said))


def train(
    policy_path: Path,
    data: list[Path],
    out: Path,
    seed: int | None = None,
    progress: Progress = silent,
    monotone: bool = True,
) -> Training:
    """Fills WORK/train, whole or not at all, and puts policy and split beside it.

    ``seed`` takes the place of the policy's. PolicyError, RecordingError, TrainingError: the input is wrong.
    RefusedError: no threshold keeps the alarm budget. The same inputs, versions and seed give the same bytes.
    """
    policy = policies.load(Path(policy_path))
    seed = policy.seed if seed is None else seed
    out = Path(out)
    progress("measure", 0, 1)
    dataset = load(policy, [Path(path) for path in ([data] if isinstance(data, str | Path) else data)])
    everything = learn_from(dataset, seed, progress)
    out.mkdir(parents=True, exist_ok=True)
    with atomic.folder(out / "train") as folder:
        measured = {}
        learned = {}
        judged = {}
        for i, name in enumerate(policy.classifiers):
            progress("train", i, len(policy.classifiers))
            scaling = Scaling.default(tuple(policy.columns[j] for j in policy.columns_of(name)))
            table = table_of(dataset, name, everything, scaling)
            found = classifiers(table, name, scaling, seed, policy.parent(name).model, monotone)
            chosen = candidates.choose(found)
            learned[name] = work.Learned(chosen.model, table, scaling)
            far = loud(table.x.shape[1])
            scores = {one.name: (network.scores(one.model, table.x), network.scores(one.model, far)) for one in found}
            judged[name] = scores[chosen.name][0]
            measured[name] = results.result(table, *scores[chosen.name], scaling, dataset, name) | {
                "model": chosen.name,
                "candidates": {
                    one.name: one.as_dict() | results.beside(table, *scores[one.name], dataset) for one in found
                },
            }
        tested = {"seed": seed, "severities": "multiples of the home dimension's limit"}
        tested |= {"following": dataset.following, "parents": measured}
        work.save(folder, dataset, learned, seed)
        work.write_json(folder / "metrics.json", tested)
        parents = {name: one.table for name, one in learned.items()}
        work.write_json(folder / page.FILE, page.collect(dataset, parents, judged, measured))
    work.copy_policy(policy, out)
    work.write_json(out / "split.json", _split(dataset, seed))
    progress("train", len(policy.classifiers), len(policy.classifiers))
    return Training(out, tested)


def learn_from(dataset: Dataset, seed: int, progress: Progress = silent) -> list[Examples]:
    """Examples of the three parts, in their order."""

    def within(part):
        return lambda share: progress("faults", round(100 * (part + share)), 300)

    training = [examples.training_set(dataset, part, seed, within(part)) for part in (split.TRAIN, split.VALIDATION)]
    return [*training, examples.test_set(dataset, seed, within(split.TEST))]


def classifiers(
    table: Table, name: str, scaling: Scaling, seed: int, asked: str = "auto", monotone: bool = True
) -> list[candidates.Candidate]:
    """The candidates of a parent that are ``asked`` for, one or "auto", the simplest first; ``scaling`` made its
    features."""
    training, held = (table.rows(table.part == part) for part in (split.TRAIN, split.VALIDATION))
    for part, what in ((training, "training"), (held, "validation")):
        if not part.clean.any():
            raise TrainingError(
                f"{name}: no clean window in the {what} part; give a longer recording, or one with less missing"
            )
        if not part.fail.any():
            raise TrainingError(f"{name}: nothing moves its dimensions in the {what} part; give it another child")
    # where good windows are as far out themselves, a dimension alone is no failure to be told from them
    seen = table.clean & (table.part != split.TEST)
    apart = bool(far_out(table.x[seen]).mean() <= candidates.FALSE)
    learned, validated = (
        _taught(part, scaling, what, seed, apart) for part, what in ((training, "training"), (held, "validation"))
    )
    found = []
    for kind in candidates.NAMES if asked == "auto" else [asked]:
        if kind == "rule":
            x, fail, _ = validated
            model = candidates.rule(scaling, training.x[training.clean], x[~fail])
        else:
            units = network.UNITS if kind == "network" else ()
            model = network.fit(*learned, validated, seed, monotone, units)
        found.append(candidates.candidate(kind, model, held))
    return found


def _taught(
    part: Table, scaling: Scaling, what: str, seed: int, apart: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, failures and weights that a candidate learns from or is stopped by: a part's own, its good windows with
    the tails of other sites, and, where those lie ``apart``, each dimension far out alone, which counts as much as a
    kind of fault."""
    x = tails.raised(part.x, part.clean, scaling, seed)
    if not apart:
        return x, part.fail, weights(part)
    more = tails.alone(part.x, part.clean, scaling, tails.EACH[what], seed)
    weight = weights(part)
    k = x.shape[1]
    share = k / (k + len(np.unique(part.kind[part.fail])))
    faulty = weight[part.fail].sum()
    weight[part.fail] *= 1 - share
    return (
        np.concatenate([x, more]),
        np.concatenate([part.fail, np.ones(len(more), bool)]),
        np.concatenate([weight, np.full(len(more), faulty * share / len(more))]),
    )


def _split(dataset: Dataset, seed: int) -> dict:
    """Which windows of the recording are in which part, by number from its first on, and what it was made with."""
    parts = {}
    for part, name in enumerate(split.NAMES):
        index = dataset.judged[dataset.split.indices(part)]
        ends = {"first": int(index[0]), "last": int(index[-1])} if len(index) else {}
        parts[name] = {"windows": len(index)} | ends
    return {
        "recordings": [
            {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in dataset.sources
        ],
        "tools": {name: importlib.metadata.version(name) for name in ("tensorflow", "keras", "numpy", "pyarrow")},
        "commissioning": int(dataset.judged[0]),
        "shares": list(dataset.split.shares),
        "seed": seed,
        "parts": parts,
    }
