"""`motegate train`: from a policy and recordings to a reference and a classifier per parent."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import faults, lessons, metrics, network, split, threshold
from . import policy as policies
from .features import Scaling
from .lessons import Lessons
from .material import Material, TrainingError, gather
from .policy import Policy

__all__ = ["Training", "TrainingError", "train"]

Progress = Callable[[str, int, int], None]
LABELLED = 2.0  # weight of all labelled failures together, against 1 for a kind of fault
BENIGN = 0.3  # of the good windows' weight


@dataclass(frozen=True)
class Table:
    """What one parent learns from: windows that say something about it, as features_<parent>.npz has them.

    x int8[n, k]; fail, clean bool[n]; part uint8[n]; kind str[n] and severity float[n] as in lessons.py;
    column int16[n, k]: the values behind x.
    """

    x: np.ndarray
    fail: np.ndarray
    clean: np.ndarray
    part: np.ndarray
    kind: np.ndarray
    severity: np.ndarray
    values: np.ndarray

    def rows(self, chosen: np.ndarray) -> "Table":
        return Table(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def scored(self, scores: np.ndarray) -> metrics.Scored:
        return metrics.Scored(scores, self.fail, self.clean, self.kind, self.severity)


@dataclass(frozen=True)
class Training:
    """What was learned: ``metrics`` as in metrics.json, on the last part of the recording."""

    work: Path
    metrics: dict

    def lines(self) -> list[str]:
        """For a person."""
        found = []
        for name, parent in self.metrics["parents"].items():
            table, single = parent["classifier"], parent["best_dimension"]
            if table["macro_f1_4_16"] is None:
                found.append(f"{name}: no fault to test on, {table['false_alarm_rate']:.1%} false alarms")
                continue
            found.append(
                f"{name}: F1 {table['macro_f1_4_16']:.3f} over {len(table['kinds'])} kinds of fault at 4 to 16 tails "
                f"({single['name']} alone: {single['macro_f1_4_16']:.3f}), {table['false_alarm_rate']:.1%} false alarms"
            )
        return [*found, f"{self.work}: trained"]


def train(
    policy_path: Path,
    data: list[Path],
    out: Path,
    seed: int | None = None,
    progress: Progress = lambda what, done, total: None,
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
    material = gather(policy, [Path(path) for path in ([data] if isinstance(data, str | Path) else data)])
    everything = learn_from(material, seed, progress)
    out.mkdir(parents=True, exist_ok=True)
    with _whole(out / "train") as folder:
        results = {}
        dimensions = {}
        for i, name in enumerate(policy.classifiers):
            progress("train", i, len(policy.classifiers))
            scaling = Scaling.default(tuple(policy.columns[j] for j in policy.columns_of(name)))
            table = table_of(material, name, everything, scaling)
            model = classifier(table, name, seed, monotone)
            network.save(model, folder / f"{name}.keras")
            _save_table(folder / f"features_{name}.npz", table, material)
            dimensions[name] = scaling.as_dict()
            results[name] = result(table, network.scores(model, table.x), scaling, material)
        measured = {"seed": seed, "severities": "tails of the home dimension", "parents": results}
        _write_json(folder / "plan.json", material.plan)
        _write_json(folder / "dimensions.json", {"parents": dimensions})
        _write_json(folder / "metrics.json", measured)
        (folder / "reference.bin").write_bytes(material.reference)
    _copy_policy(policy, out)
    _write_json(out / "split.json", _split(material, seed))
    progress("train", len(policy.classifiers), len(policy.classifiers))
    return Training(out, measured)


def learn_from(material: Material, seed: int, progress: Progress = lambda what, done, total: None) -> list[Lessons]:
    """Lessons of the three parts, in their order."""

    def within(part):
        return lambda share: progress("faults", round(100 * (part + share)), 300)

    taught = [lessons.teach(material, part, seed, within(part)) for part in (split.TRAIN, split.VALIDATION)]
    return [*taught, lessons.examine(material, seed, within(split.TEST))]


def table_of(material: Material, parent: str, everything: list[Lessons], scaling: Scaling) -> Table:
    """The windows that say something about a parent.

    Left out: failures that another parent's label or fault makes (they are no failure of this one, and no
    good window either), recorded windows that are not clean, and faults too small to ask for (below 1.1 tails in
    training, where the severities of the test part are all kept).
    """
    entry = next(p for p in material.plan["parents"] if p["name"] == parent)
    columns = np.array(entry["columns"])
    parts = []
    for part, found in enumerate(everything):
        recorded = found.kind == ""
        labelled = np.zeros(len(found), bool)
        if parent in material.fails:
            labelled = recorded & material.fails[parent][found.row]
        clean = recorded & material.clean[found.row]
        benign = np.char.startswith(found.kind, "benign:")
        own = faults.fails(material.plan, entry, found.cell) & ~recorded
        fail = labelled | (own & ~benign)
        kept = fail | clean | (benign & own)
        values = found.values[:, columns]
        table = Table(
            scaling.apply(values), fail, clean, np.full(len(found), part, np.uint8), found.kind, found.severity, values
        )
        parts.append(table.rows(kept))
    return Table(*(np.concatenate([getattr(p, name) for p in parts]) for name in Table.__dataclass_fields__))


def weights(table: Table) -> np.ndarray:
    """Good and faulty windows weigh the same in sum, each kind of fault as much as another; the mean is 1."""
    weight = np.zeros(len(table.fail))
    benign = np.char.startswith(table.kind, "benign:")
    weight[table.clean] = (1 - BENIGN) / max(1, table.clean.sum())
    weight[benign] = BENIGN / max(1, benign.sum())
    weight /= weight.sum() or 1
    faulty = np.zeros(len(table.fail))
    for kind in np.unique(table.kind[table.fail]):
        rows = table.fail & (table.kind == kind)
        faulty[rows] = (1.0 if kind else LABELLED) / rows.sum()
    weight += faulty / (faulty.sum() or 1)
    return weight * len(weight) / weight.sum()


def classifier(table: Table, name: str, seed: int, monotone: bool = True):
    """The trained Keras model of a parent."""
    taught, held = (table.rows(table.part == part) for part in (split.TRAIN, split.VALIDATION))
    for part, what in ((taught, "training"), (held, "validation")):
        if not part.clean.any():
            raise TrainingError(f"{name}: no clean window in the {what} part; a longer recording is wanted")
        if not part.fail.any():
            raise TrainingError(f"{name}: nothing moves its dimensions in the {what} part; give it another child")
    return network.fit(
        taught.x, taught.fail, weights(taught), (held.x, held.fail, weights(held)), seed, monotone
    )  # fmt: skip


def result(table: Table, scores: np.ndarray, scaling: Scaling, material: Material) -> dict:
    """metrics.json's entry of a parent: the classifier and the best of its dimensions, on the test part."""
    test = table.part == split.TEST
    budget = material.windows_per_day, material.policy.alarms_per_day
    quiet = (table.part == split.VALIDATION) & ~table.fail
    limit = threshold.lowest(scores[quiet], *budget)
    tables = []
    for j, name in enumerate(scaling.columns):
        alone = table.values[:, j].astype(np.int64)
        bound = value_threshold(alone[quiet], *budget)
        tables.append({"name": name} | metrics.summary(table.rows(test).scored(alone[test]), bound))
    best = max(tables, key=lambda found: found["macro_f1_4_16"] or 0.0)
    return {
        "classifier": metrics.summary(table.rows(test).scored(scores[test]), limit),
        "best_dimension": best,
        "dimensions": {found["name"]: found["macro_f1_4_16"] for found in tables},
    }


def value_threshold(values: np.ndarray, windows_per_day: float, alarms_per_day: float | None) -> int:
    """The alarm budget's threshold on a dimension's value, by the same rule as a score's: values ranked into int8."""
    levels = np.unique(values)
    if len(levels) > 250:
        levels = levels[-250:]  # the budget is kept near the top
    ranks = np.searchsorted(levels, values, side="left") - 128
    rank = threshold.lowest(ranks, windows_per_day, alarms_per_day)
    return int(levels[rank + 128]) if rank + 128 < len(levels) else int(levels[-1])


def _save_table(path: Path, table: Table, material: Material) -> None:
    """Without ``savez``, whose archive holds the time of day."""
    alarms = material.policy.alarms_per_day
    arrays = {
        "x": table.x,
        "fail": table.fail,
        "part": table.part,
        # convert sets the threshold on these: benign changes must pass, too
        "clean": table.clean | np.char.startswith(table.kind, "benign:"),
        "kind": table.kind,
        "severity": table.severity.astype(np.float32),
        "windows_per_day": np.float64(material.windows_per_day),
        "alarms_per_day": np.float64(np.nan if alarms is None else alarms),
    }
    network.write_zip(path, {f"{name}.npy": network.npy(array) for name, array in arrays.items()})


def _split(material: Material, seed: int) -> dict:
    """Which windows of the recording are in which part, by number from its first on."""
    parts = {}
    for part, name in enumerate(split.NAMES):
        index = material.judged[material.split.indices(part)]
        parts[name] = {"windows": len(index), "first": int(index.min(initial=0)), "last": int(index.max(initial=0))}
    return {
        "recordings": [path.name for path in material.sources],
        "commissioning": int(material.judged[0]),
        "shares": list(material.split.shares),
        "seed": seed,
        "parts": parts,
    }


def _copy_policy(policy: Policy, out: Path) -> None:
    """The policy and the files that it names, where the later steps find them."""
    beside = policy.path.parent
    named = [rule.file for rule in policy.rules.values() if rule.file] + [model.file for model in policy.models]
    for source in named:
        target = out / os.path.relpath(source, beside)
        if out.resolve() not in target.resolve().parents:
            raise TrainingError(f"{policy.path}: {source} lies outside the policy's folder; put it beside the policy")
        if source.exists() and source.resolve() != target.resolve():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    if policy.path.resolve() != (out / "policy.toml").resolve():
        shutil.copyfile(policy.path, out / "policy.toml")


def _write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n")


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A folder that takes the place of ``path`` when it is filled, and is removed when something fails."""
    fresh = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield fresh
        fresh.chmod(0o755)
        if path.exists():
            shutil.rmtree(path)
        os.replace(fresh, path)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
