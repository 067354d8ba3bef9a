"""Learning: of each parent the dimensions that it keeps and the candidates for its classifier."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
from motegate.firmware.errors import RefusedError
from motegate.firmware.progress import Progress, silent

from .. import metrics, results, threshold
from ..dataset import Dataset, Examples, Table, TrainingError, cache, check_parts, examples, split, table_of
from ..features import Scaling, far_out, loud
from ..model import Candidate, candidates, network, tails
from ..policy import Policy, PolicyError
from ..table import nearest, quoted
from .classifiers import classifiers, taught
from .search import Limit, Searched, search
from .selection import Selection, select

ROOM = 0.1  # of the way from the median good window to a dimension far out
SEARCHABLE = "auto", "network"
LEAST_EVENTS = 5
"""Labelled events of a parent without which nothing can be learned from some and said of others."""


@dataclass(frozen=True)
class Learned:
    """A parent: ``table`` and ``scaling`` of the dimensions that it keeps, the ``selection`` among those listed (None:
    it was not to choose), ``homes``: each kind of fault that it should show, and the listed dimension that it is home
    to; the candidates ``found`` for its classifier, which was ``chosen``, and the search, if there was one."""

    table: Table
    scaling: Scaling
    selection: Selection | None
    homes: dict[str, str]
    found: list[Candidate]
    chosen: Candidate
    searched: Searched | None = None


@dataclass(frozen=True)
class Gate:
    """``dataset``: by the dimensions that are kept; ``listed``: by all that the policy lists."""

    dataset: Dataset
    listed: Dataset
    parents: dict[str, Learned]


@dataclass(frozen=True)
class Search:
    """``limit`` of a parent's search; ``folder``: where the studies are kept, a file each."""

    limit: Limit
    folder: Path


def learn(
    policy: Policy, paths: list[Path], seed: int, progress: Progress = silent, monotone: bool = True,
    searching: Search | None = None,
) -> Gate:  # fmt: skip
    """PolicyError: a parent must show what none of its children is home to; TrainingError: too few labelled events;
    RefusedError: nothing keeps the policy's budget. Other errors as ``load`` has them."""
    progress("measure", 0, 1)
    listed = dataset = cache.load(policy, paths)
    check_events(dataset)
    homes = {name: results.homes(dataset, name) for name in policy.classifiers}
    _check_must_show(policy, homes)
    everything = cache.examples_of(dataset, seed, lambda: learn_from(dataset, seed, progress))
    parents: dict[str, Learned] = {}
    for name in policy.classifiers:
        progress("train", len(parents), len(policy.classifiers))
        parents[name] = _parent(dataset, name, everything, homes[name], seed, monotone)
        if searching is not None and policy.parent(name).model in SEARCHABLE:
            parents[name] = _searched(policy, name, parents[name], seed, monotone, searching, progress)
    kept = dataset.policy.keeping({name: one.scaling.columns for name, one in parents.items()})
    if kept != dataset.policy:
        dataset = replace(cache.load(kept, paths), following=listed.following)
    most = policy.budget.state_bytes
    if most is not None and len(dataset.reference) > most:
        raise RefusedError(
            f"{policy.path}: budget.state_bytes: the reference of these dimensions takes {len(dataset.reference)} "
            f"bytes; at most {most} are allowed"
        )
    return Gate(dataset, listed, parents)


def _parent(
    dataset: Dataset, name: str, everything: list[Examples], homes: dict[str, str], seed: int, monotone: bool
) -> Learned:
    """The smallest set of its dimensions with which it misses no more, within a standard error, than with all of them,
    by what is shipped; where no classifier of all of them keeps the budget, the smallest that does."""
    entry, columns = dataset.policy.parent(name), dataset.policy.columns_of(name)
    scaling = Scaling.default(tuple(dataset.policy.columns[j] for j in columns))
    must_show = list(homes) if entry.must_show is None else list(entry.must_show)
    cares = {homes[kind] for kind in must_show} if entry.auto else None
    table = table_of(dataset, name, everything, scaling, cares)
    check_parts(table, name)
    found = classifiers(table, scaling, seed, entry.model, monotone)
    if not entry.select or len(columns) == 1:
        return Learned(table, scaling, None, homes, found, _chosen(dataset.policy, name, found))
    needed = [k for k, column in enumerate(columns) if dataset.plan.needs_regimes(column)]
    selection = select(table, scaling, homes, must_show, seed, needed)
    whole, squeezed = candidates.choose(found), not _fitting(dataset.policy, found)
    for step in selection.allowed:
        if len(step.kept) == len(columns):
            break
        fewer, scaled = table.with_columns(step.kept), scaling.keeping(step.kept)
        tried = classifiers(fewer, scaled, seed, entry.model, monotone)
        fitting = _fitting(dataset.policy, tried)
        if not fitting:
            continue
        one = candidates.choose(fitting)
        if squeezed or (
            one.loss <= whole.loss + whole.error
            and _finds_as_much(whole, table, one, fewer, step.kept, scaling, must_show, seed)
            and _hears(dataset, one, fewer)
        ):
            return Learned(fewer, scaled, selection.taking(step), homes, tried, _chosen(dataset.policy, name, tried))
    return Learned(
        table, scaling, selection.taking(selection.path[0]), homes, found, _chosen(dataset.policy, name, found)
    )


def _fitting(policy: Policy, found: list[Candidate]) -> list[Candidate]:
    """Those within the policy's budget."""
    return [one for one in found if policy.budget.fits(one.bytes, one.macs)]


def _chosen(policy: Policy, name: str, found: list[Candidate]) -> Candidate:
    """Of those within the policy's budget; RefusedError where none is."""
    fitting = _fitting(policy, found)
    if not fitting:
        least = min(found, key=lambda one: one.bytes)
        raise RefusedError(
            f"{policy.path}: budget: {name} has no classifier within it; the smallest, the {least.name}, takes "
            f"{least.bytes} bytes and {least.macs} MACs"
        )
    return candidates.choose(fitting)


def _searched(
    policy: Policy, name: str, parent: Learned, seed: int, monotone: bool, searching: Search, progress: Progress
) -> Learned:
    """The parent with what the search found among its candidates."""

    def told(done: int, total: int, best: float | None) -> None:
        progress(f"search {name}" + ("" if best is None else f", best {best:.3f}"), done, total)

    given = taught(parent.table, parent.scaling, seed)
    held = parent.table.rows(parent.table.part == split.VALIDATION)
    study = searching.folder / f"{name}.json"
    found = search(given, held, seed, searching.limit, policy.budget, study, monotone, told)
    every = [*parent.found, *([found.candidate] if found.candidate else [])]
    return replace(parent, found=every, chosen=_chosen(policy, name, every), searched=found)


def _finds_as_much(
    whole: Candidate, table: Table, one: Candidate, fewer: Table, kept: tuple[int, ...], scaling: Scaling,
    must_show: Iterable[str], seed: int,
) -> bool:  # fmt: skip
    """Whether ``one`` that reads ``fewer`` dimensions misses no more of validation's faults than ``whole`` does, within
    a standard error of the difference on the same windows: by its good windows as they are, and with the tails of other
    sites. And whether it misses no more of a kind that must be shown than the interval, of all kinds together
    (Bonferroni); there training's faults count, too: of one kind validation alone has too few to tell."""
    held = table.part == split.VALIDATION
    good = held & ~table.fail
    validated, seen = held & table.fail, (table.part != split.TEST) & table.fail
    if not validated.any():
        return True
    far = table.x.copy()
    far[held] = tails.raised(table.x[held], table.clean[held], scaling, seed)

    def lost(rows: np.ndarray, quiet: np.ndarray) -> tuple[dict[str, float], dict[str, float]]:
        """Of each kind what is found less often, and its standard error; good windows as in ``quiet``."""
        hits = []
        for model, x, still in ((whole.model, table.x, quiet), (one.model, fewer.x, quiet[:, list(kept)])):
            limit = candidates.limit_of(network.logits(model, still[good]))
            hits.append((network.logits(model, x[rows]) > limit).astype(float))
        apart = {str(name): (hits[0] - hits[1])[table.kind[rows] == name] for name in np.unique(table.kind[rows])}
        error = {name: float(found.std() / np.sqrt(len(found))) for name, found in apart.items()}
        return {name: float(found.mean()) for name, found in apart.items()}, error

    for quiet in (table.x, far):
        less, error = lost(validated, quiet)
        if np.mean(list(less.values())) > np.linalg.norm(list(error.values())) / len(less) + 1e-9:
            return False
    less, error = lost(seen, table.x)
    width = NormalDist().inv_cdf(1 - 0.025 / len(less))
    return not any(less[name] > width * error[name] + 1e-9 for name in less if name in must_show)


def _hears(dataset: Dataset, one: Candidate, fewer: Table) -> bool:
    """Whether each dimension that is left fails its parent alone, far out, by a threshold that keeps the alarm budget;
    where good windows are as far out themselves nothing could."""
    good = ~fewer.fail & (fewer.part != split.TEST)
    budget = dataset.windows_per_day, dataset.policy.alarms_per_day
    if not threshold.affords(far_out(fewer.x[good]), *budget):
        return True
    levels, far = (network.levels(one.model, x) for x in (fewer.x, loud(fewer.x.shape[1])))
    most = int(max(levels.max(), far.max())) + 1
    held = good & (fewer.part == split.VALIDATION)
    # in int8 it lies a little elsewhere: what holds by a hair may not hold then
    far -= round(ROOM * (int(far.min()) - int(np.median(levels[good]))))
    return bool(far.min() > threshold.of_parts(levels, held, good, far, *budget, most))


def check_events(dataset: Dataset) -> None:
    """TrainingError where a parent has failing events, but too few to learn from some and be tested on others."""
    if dataset.policy.synthetic_only:
        return
    lines = []
    for name, fails in dataset.fails.items():
        n = len(metrics.spans(fails))
        if 0 < n < LEAST_EVENTS:
            several = "s" if n > 1 else ""
            lines.append(
                f"fail.{name}: {n} failing event{several} behind commissioning; at least {LEAST_EVENTS} are needed, or "
                "--synthetic-only, which learns from injected faults alone and leaves labelled windows out"
            )
    if lines:
        raise TrainingError(*lines)


def learn_from(dataset: Dataset, seed: int, progress: Progress = silent) -> list[Examples]:
    """Examples of the three parts, in their order."""

    def within(part):
        return lambda share: progress("faults", round(100 * (part + share)), 300)

    training = [examples.training_set(dataset, part, seed, within(part)) for part in (split.TRAIN, split.VALIDATION)]
    return [*training, examples.test_set(dataset, seed, within(split.TEST))]


def _check_must_show(policy: Policy, homes: dict[str, dict[str, str]]) -> None:
    lines = [
        f"{policy.path}: parents.{name}.must_show: {quoted(kind)} is no kind of fault that its dimensions can show; "
        f"{nearest(kind, found)}"
        for name, found in homes.items()
        for kind in policy.parent(name).must_show or ()
        if kind not in found
    ]
    if lines:
        raise PolicyError(*lines)
