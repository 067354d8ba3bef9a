"""`motegate train`: from a policy and recordings to a reference and a classifier per parent."""

import hashlib
import importlib.metadata
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from motegate.firmware import atomic
from motegate.firmware.errors import RefusedError
from motegate.firmware.progress import Progress, silent

from . import metrics, page, results, work
from . import policy as policies
from .dataset import Dataset, Table, TrainingError, split
from .features import loud
from .learning import Learned, Limit, Search, classifiers, cross_validate, learn
from .model import network

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
        found += [results.selected(name, parent) for name, parent in parents if parent["selection"]]
        found += [results.rivals(name, parent) for name, parent in parents]
        found += [results.searched(name, parent) for name, parent in parents if parent["search"]]
        found += [line for name, parent in parents for line in results.events(name, parent)]
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
    synthetic_only: bool = False,
    search: Limit | None = None,
) -> Training:
    """Fills WORK/train, whole or not at all, and puts policy and split beside it.

    ``seed`` takes the place of the policy's, and ``synthetic_only`` of its false. A ``search`` keeps its studies in
    WORK/search and goes on with them. PolicyError, RecordingError, TrainingError: the input is wrong. RefusedError:
    no threshold keeps the alarm budget. The same inputs, versions and seed give the same bytes.
    """
    policy = policies.load(Path(policy_path))
    policy = replace(policy, synthetic_only=policy.synthetic_only or synthetic_only)
    seed = policy.seed if seed is None else seed
    out = Path(out)
    paths = [Path(path) for path in ([data] if isinstance(data, str | Path) else data)]
    searching = None if search is None else Search(search, out / "search")
    learned = learn(policy, paths, seed, progress, monotone, searching)
    dataset = learned.dataset
    out.mkdir(parents=True, exist_ok=True)
    with atomic.folder(out / "train") as folder:
        measured: dict[str, dict] = {}
        judged: dict[str, np.ndarray] = {}
        for name, parent in learned.parents.items():
            progress("train", len(measured), len(learned.parents))
            far = loud(parent.table.x.shape[1])
            scores = {
                one.name: (network.scores(one.model, parent.table.x), network.scores(one.model, far))
                for one in parent.found
            }
            judged[name] = scores[parent.chosen.name][0]
            measured[name] = results.result(parent.table, *scores[parent.chosen.name], parent.scaling, dataset) | {
                "homes": parent.homes,
                "selection": None if parent.selection is None else parent.selection.as_dict(),
                "labelled": _labelled(dataset, name),
                "cross_validation": _cross_validated(dataset, name, parent, seed),
                "search": None if parent.searched is None else parent.searched.as_dict(),
                "model": parent.chosen.name,
                "candidates": {
                    one.name: one.as_dict() | results.beside(parent.table, *scores[one.name], dataset)
                    for one in parent.found
                },
            }
        tested = {"seed": seed, "severities": "multiples of the home dimension's limit"}
        tested |= {"following": dataset.following, "parents": measured}
        kept = {name: work.Learned(one.chosen.model, one.table, one.scaling) for name, one in learned.parents.items()}
        work.save(folder, dataset, kept, seed, learned.listed)
        work.write_json(folder / "metrics.json", tested)
        tables = {name: one.table for name, one in learned.parents.items()}
        work.write_json(folder / page.FILE, page.collect(dataset, tables, judged, measured))
    work.copy_policy(policy, out)
    work.write_json(out / "split.json", _split(dataset, seed))
    progress("train", len(learned.parents), len(learned.parents))
    return Training(out, tested)


def _labelled(dataset: Dataset, name: str) -> dict | None:
    """How much of the recording is labelled a failure of a parent that learns from it."""
    if name not in dataset.fails or dataset.policy.synthetic_only or not dataset.fails[name].any():
        return None
    fails = dataset.fails[name]
    return {"events": len(metrics.spans(fails)), "windows": int(fails.sum()), "of": len(fails)}


def _cross_validated(dataset: Dataset, name: str, parent: Learned, seed: int) -> dict | None:
    """Of a parent with labelled failures, its kind of classifier learned anew without each."""
    if _labelled(dataset, name) is None:
        return None

    def levels(fold: Table) -> np.ndarray:
        (only,) = classifiers(fold, parent.scaling, seed, parent.chosen.name)
        return network.levels(only.model, fold.x)

    return cross_validate(dataset, name, parent.table, levels).as_dict()


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
        "policy_sha256": hashlib.sha256(dataset.policy.path.read_bytes()).hexdigest(),
        "data_licence": dataset.policy.data_licence,
        "commissioning": int(dataset.judged[0]),
        "shares": list(dataset.split.shares),
        "seed": seed,
        "parts": parts,
    }
