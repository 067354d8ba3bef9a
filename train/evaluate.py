"""`motegate evaluate`: a recording's verdicts against its ``fail.<parent>`` columns.

The recording is judged as a device of its own would: the reference is commissioned on its first windows, which are not
scored, and follows. Every window behind them is; nothing is tuned.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from motegate.firmware.clock import DAY_MS
from motegate.firmware.errors import InputError
from motegate.firmware.progress import Progress, silent

from . import metrics, policy, recording
from .dataset import split
from .host import Trained, Verdicts, before_after, judge, judge_as_device, ring
from .policy import Plan
from .recording import Records

VMS = ("numpy", "cpython")


def evaluate(
    work: Path,
    data: list[Path],
    vm: str = "numpy",
    out: Path | None = None,
    progress: Progress | None = None,
    judged: Callable[[Trained, Records, Progress | None], Verdicts] | None = None,
    labels: Path | None = None,
) -> dict:
    """{"parents": {NAME: ...}} for each parent that the recording has labels of; ``out`` gets it as JSON, too.

    ``judged`` takes the place of the host's own judging (a VM's, say). Where the policy adapts "adaptation" has what
    that gives, with the ``labels`` of a person in a CSV: "before" a change, "without" adaptation after it, and "with".
    """
    trained = Trained.load(work)
    rules = policy.load(Path(work) / "policy.toml")
    rules.install_dimensions()
    records = recording.read(rules, data)
    if not records.fails:
        raise InputError(f"{data[0]}: no fail.<parent> column, so there is no truth to hold verdicts against")
    if judged is None:
        if vm not in VMS:
            raise InputError(f"--vm {vm}: expected {' or '.join(VMS)}")
        judged = judge.judge if vm == "numpy" else judge_as_device
    found = compare(rules, trained.plan, records, judged(trained, records, progress))
    if trained.plan.adapt:
        said = [] if labels is None else recording.read_labels(labels, [p.name for p in trained.plan.classifiers])
        found["adaptation"] = _adaptation(rules, trained, records, said, progress or silent)
    elif labels is not None:
        raise InputError("--labels: this policy does not adapt; set [adapt] enabled = true")
    if out is not None:
        Path(out).write_text(json.dumps(found, indent=1) + "\n")
    return found


def _adaptation(
    rules: policy.Policy, trained: Trained, records: Records, said: list[recording.Label], progress: Progress
) -> dict:
    seen = before_after(trained, records, said, progress)
    told: dict = {"noticed": seen.when, "labels": seen.labels, "swaps": seen.swaps, "taught": seen.taught}
    for name, verdicts in (("before", seen.before), ("without", seen.without), ("with", seen.with_)):
        told[name] = None if verdicts is None else compare(rules, trained.plan, records, verdicts)["parents"]
    return told


def compare(rules: policy.Policy, plan: Plan, records: Records, verdicts: Verdicts) -> dict:
    """Truth against verdicts: a window is a failure when at least ``label_share`` of its records are.

    Per parent: ``window`` and ``event`` scores (metrics.py says what an event is), false alarms per 1,000 good windows,
    false alarm events per day, and ``delay_s``: from the first labelled record of an event that was found to the
    end of the first window of it that failed, on the mean.
    """
    slots = ring.expand(plan, records)
    here = slice(verdicts.first, verdicts.first + len(verdicts.passes))
    starts = slots.windows[here]
    fails = verdicts.fails(plan)
    newest = slots.last_row[here]
    seconds = records.seconds[newest] + records.millis[newest] / 1000
    days = len(starts) * rules.hop * rules.period_ms / DAY_MS
    parents = {}
    for name, labels in records.fails.items():
        truth = split.label_shares(slots.row, starts, rules.length, labels) >= rules.label_share
        said = fails[name]
        events = metrics.events(said, truth)
        good = max(1, int((~truth).sum()))
        parents[name] = {
            "windows": len(starts),
            "failures": int(truth.sum()),
            "events": len(metrics.spans(truth)),
            "window": metrics.windows(said, truth).as_dict(),
            "event": events.as_dict(),
            "false_alarms_per_1000": round(1000 * int((said & ~truth).sum()) / good, 3),
            "false_alarms_per_day": round(events.false / days, 4) if days else 0.0,
            "delay_s": _delay(records, slots, starts, rules.length, labels, seconds, said, truth),
        }
    return {"parents": parents}


def _delay(records, slots, starts, length, labels, seconds, said, truth) -> float | None:
    delays = []
    for first, last in metrics.spans(truth):
        caught = np.flatnonzero(said[first:last])
        if len(caught):
            rows = slots.row[starts[first] : starts[last - 1] + length]
            rows = rows[rows >= 0]
            began = rows[labels[rows]][:1]
            if len(began):
                start = records.seconds[began[0]] + records.millis[began[0]] / 1000
                delays.append(float(seconds[first + caught[0]] - start))
    return round(float(np.mean(delays)), 1) if delays else None
