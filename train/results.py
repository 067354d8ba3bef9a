"""metrics.json: how good the classifier of a parent is, beside the best of its dimensions and the largest of all."""

from collections.abc import Iterator

import numpy as np

from . import faults, metrics, threshold
from .dataset import LABELLED, Dataset, Table, split
from .features import Scaling
from .policy import Parent

MOST_SCORE = 127
MOST_VALUE = 32768  # above any value: a dimension that is always high keeps the budget, and finds nothing


FOURFOLD, HALF = "4", 0.5
AT = [f"n_{severity:g}" for severity in metrics.SEVERITIES]


def result(table: Table, scores: np.ndarray, loud: np.ndarray, scaling: Scaling, dataset: Dataset) -> dict:
    """metrics.json's entry of a parent, on the test part; ``loud``: the scores of features.loud.

    The classifier, and what a threshold alone would do: on the best single dimension, and on a window's largest value.
    """
    tables = []
    for j, name in enumerate(scaling.columns):
        alone = table.values[:, j].astype(np.int64)
        tables.append({"name": name} | _judged(table, alone, dataset, MOST_VALUE))
    best = max(tables, key=lambda found: found["macro_f1_4_16"] or 0.0)
    worst = table.values.max(axis=1).astype(np.int64)
    return {
        "classifier": _judged(table, scores, dataset, MOST_SCORE, loud),
        "best_dimension": best,
        "largest_value": _judged(table, worst, dataset, MOST_VALUE),
        "dimensions": {found["name"]: found["macro_f1_4_16"] for found in tables},
    }


def _judged(table: Table, scores: np.ndarray, dataset: Dataset, most: int, loud: np.ndarray | None = None) -> dict:
    """The test part by the threshold that keeps the alarm budget on validation's good windows and hears what is
    ``loud``; no score is above ``most``."""
    quiet = (table.part == split.VALIDATION) & ~table.fail
    budget = dataset.windows_per_day, dataset.policy.alarms_per_day
    limit = threshold.lowest(scores[quiet], *budget, most=most)
    if loud is not None:
        limit = threshold.heard(limit, loud, scores[(table.part != split.TEST) & ~table.fail], *budget)
    test = table.part == split.TEST
    overlap = 0 if loud is None else -(-dataset.plan.length // dataset.plan.hop)  # rivals go without intervals
    return metrics.summary(table.rows(test).scored(scores[test], overlap), limit)


def beside(table: Table, scores: np.ndarray, loud: np.ndarray, dataset: Dataset) -> dict:
    """What a candidate would have done on the test part: recall at 1, 2 and 4 x limit, false alarms, intervals."""
    found = _judged(table, scores, dataset, MOST_SCORE, loud)
    return {key: found[key] for key in ("recall", "false_alarms", "clean_windows", "intervals")}


def homes(dataset: Dataset, parent: str) -> dict[str, str]:
    """The kinds of fault that this parent should show, and the dimension that each is home to."""
    entry = dataset.plan.parent(parent)
    some = dataset.windows(np.flatnonzero(dataset.clean)[:1])
    own = [kind for kind in faults.kinds(dataset.plan, some) if _fails(dataset, entry, kind)]
    return {kind.name: kind.home for kind in own}


def _fails(dataset: Dataset, entry: Parent, kind: faults.Kind) -> bool:
    return bool(faults.fails(dataset.plan, entry, np.array(dataset.plan.homes[kind.home])).any())


def line(name: str, found: dict) -> str:
    """What was measured of a parent, for a person."""
    table, single = found["classifier"], found["best_dimension"]
    false = table["false_alarms"]
    quiet = f"{false} false alarm{'' if false == 1 else 's'} in {table['clean_windows']:,} good windows"
    if table["false_alarm_bound"] is not None:
        quiet += f", at most {table['false_alarm_bound']:.1%} (95 %)"
    if not table["kinds"]:
        return f"{name}: no fault to test on; {quiet}"
    windows = sum(kind["n"] for kind in table["kinds"].values())
    at = " / ".join(f"{severity:g}" for severity in metrics.SEVERITIES)
    return (
        f"{name}: of {len(table['kinds'])} kinds of fault, {windows:,} windows, {recalls(table)} are found at {at} x "
        f"limit ({single['name']} alone {recalls(single)}); {quiet}"
    )


def selected(name: str, found: dict) -> str:
    """Which dimensions a parent keeps, and why the others could go."""
    one = found["selection"]
    if not one["dropped"]:
        return f"{name}: keeps all of its {len(one['kept'])} dimensions: without any of them it would miss more"
    first, last = one["path"][0]["loss"], one["loss"]
    return (
        f"{name}: keeps {len(one['kept'])} of {len(one['candidates'])} dimensions, {', '.join(one['kept'])}; without "
        f"{', '.join(one['dropped'])} a linear model misses {last:.3f} of validation's faults, with them {first:.3f} "
        f"(standard error {one['standard_error']:.3f})"
    )


def rivals(name: str, found: dict) -> str:
    """Which candidate is shipped, and what each missed of the validation's faults."""
    rivals = found["candidates"]
    missed = ", ".join(f"{kind} {one['loss']:.3f}" for kind, one in rivals.items())
    error = min(rivals.values(), key=lambda one: one["loss"])["standard_error"]
    why = "the policy's" if len(rivals) == 1 else f"the simplest within a standard error, {error:.3f}, of the best"
    return f"{name}: ships the {found['model']}, {why}; of validation's faults missed: {missed}"


def searched(name: str, found: dict) -> str:
    """What a search found, and whether it is worth more than what is usual."""
    one, rivals = found["search"], found["candidates"]
    said = f"{name}: {one['trials']} trials of a search, {one['given_up']} given up"
    if "searched" not in rivals:
        return f"{said}: none is within the budget"
    best, usual = rivals["searched"], min(rivals[kind]["loss"] for kind in rivals if kind != "searched")
    better = usual - best["loss"]
    verdict = "ships it" if found["model"] == "searched" else f"no more than chance: ships the {found['model']}"
    return (
        f"{said}: the best misses {best['loss']:.3f}, {better:+.3f} better than without "
        f"(± {best['standard_error']:.3f}); {verdict}"
    )


def recalls(table: dict) -> str:
    """At 1, 2 and 4 x limit, of a table of metrics.json."""
    ends = table.get("intervals", {}).get("recall", {})
    return " / ".join(
        "-" if share is None else f"{share:.2f}" + _between(ends.get(at)) for at, share in table["recall"].items()
    )


def _between(ends: list[float] | None) -> str:
    """An interval behind its figure."""
    return "" if ends is None else f" ({ends[0]:.2f} to {ends[1]:.2f})"


def events(name: str, found: dict) -> Iterator[str]:
    """What is labelled, how rare it is, and how much of it is found when it is held out."""
    rare = found["labelled"]
    if rare is None:
        return
    share = rare["windows"] / rare["of"]
    yield (
        f"{name}: {rare['events']} labelled events, {rare['windows']:,} of {rare['of']:,} windows ({share:.2%}); in "
        f"training they weigh as {LABELLED:g} kinds of fault, good and faulty windows as much as each other; the "
        "threshold is the alarm budget's"
    )
    held = found["cross_validation"]
    if held is not None and held["events"]:
        yield (
            f"{name}: {held['way']}, {held['folds']} folds: {held['found']} of {held['events']} events found"
            f"{_between(held['interval'])}, {held['false_alarm_runs']} false alarm runs in {held['good_windows']:,} "
            "good windows" + (f"; {held['skipped']} folds had nothing to learn from" if held["skipped"] else "")
        )


def notes(name: str, found: dict) -> Iterator[str]:
    """What a parent could not be tested on, and what it does not see."""
    kinds = found["classifier"]["kinds"]
    unseen = [kind for kind in found["homes"] if not any(kinds.get(kind, {}).get(n) for n in AT)]
    if unseen:
        yield f"{name}: not tested, since this recording cannot show it: {', '.join(unseen)}"
    share = found["classifier"]["recall"][FOURFOLD]
    if share is not None and share < HALF:
        blind = [(kind, entry[f"recall_{FOURFOLD}"]) for kind, entry in kinds.items()]
        worst = sorted((share, kind) for kind, share in blind if share is not None and share < HALF)
        named = ", ".join(f"{kind} {share:.2f}" for share, kind in worst)
        own = sorted({found["homes"][kind] for _, kind in worst if kind in found["homes"]})
        yield (
            f"warning: {name} misses half of its faults at {FOURFOLD} x limit: {named}; what helps: a threshold for "
            f"{' or '.join(own)} in [dimensions], a larger [alarms] budget, or a longer recording"
        )


def short_of(name: str, found: dict, least: float) -> str | None:
    """Why a parent does not find the share ``least`` of its faults at 4 x limit; None where it does."""
    share = found["classifier"]["recall"][FOURFOLD]
    if share is None:
        return f"{name}: no fault of {FOURFOLD} x limit could be shown; {least:g} of them are required"
    if share < least:
        return f"{name}: finds {share:.2f} of its faults at {FOURFOLD} x limit; {least:g} is required"
    return None
