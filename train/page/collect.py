"""What the page shows of a training, gathered while the recording is in memory: WORK/train/page.json."""

from itertools import pairwise

import numpy as np
from motegate.firmware.device.layout import MISSING

from .. import metrics
from ..dataset import TEST, Dataset, Table, split

FILE = "page.json"
POINTS = 1500  # of a drawn channel
BARS = 48  # of a histogram of scores
WORST = 10


def collect(dataset: Dataset, tables: dict[str, Table], scores: dict[str, np.ndarray], measured: dict) -> dict:
    """``scores``: parent -> int8[n] of its table; ``measured``: metrics.json's entries."""
    return {
        "stream": dataset.plan.stream,
        "period_ms": dataset.plan.period_ms,
        "length": dataset.plan.length,
        "hop": dataset.plan.hop,
        "recording": _recording(dataset),
        "parents": {
            name: _parent(dataset, name, table, scores[name].astype(int), measured[name]["classifier"]["threshold"])
            for name, table in tables.items()
        },
    }


def _recording(dataset: Dataset) -> dict:
    """Each channel's extremes in groups of windows, the parts, and what is labelled."""
    n = len(dataset.judged)
    edges = np.unique(np.linspace(0, n, min(POINTS, n) + 1).astype(int))
    begin, length = dataset.slots.windows[dataset.judged], dataset.plan.length
    channels = []
    for channel, counts in zip(dataset.policy.channels, dataset.slots.counts, strict=True):
        low, high = [], []
        for a, b in pairwise(edges):
            x = counts[begin[a] + length - dataset.plan.hop : begin[b - 1] + length]
            x = x[x != MISSING].astype(float) * channel.resolution + channel.middle
            low.append(float(x.min()) if len(x) else None)
            high.append(float(x.max()) if len(x) else None)
        channels.append({"name": channel.name, "unit": channel.unit, "low": low, "high": high})
    return {
        "at": dataset.ends[edges[1:] - 1].tolist(),
        "channels": channels,
        "parts": [_part(dataset, part) for part in range(len(split.NAMES))],
        "labelled": {
            name: [[int(dataset.ends[a]), int(dataset.ends[b - 1])] for a, b in metrics.spans(fails)]
            for name, fails in dataset.fails.items()
        },
    }


def _part(dataset: Dataset, part: int) -> dict:
    spans = metrics.spans(dataset.split.part == part)
    return {
        "name": split.NAMES[part],
        "windows": int((dataset.split.part == part).sum()),
        "spans": [[int(dataset.ends[a]), int(dataset.ends[b - 1])] for a, b in spans],
    }


def _parent(dataset: Dataset, name: str, table: Table, scores: np.ndarray, limit: int) -> dict:
    test = table.part == TEST
    some, found = table.rows(test), scores[test]
    edges = np.linspace(-128.5, 127.5, BARS + 1)
    clean = some.clean & ~some.fail
    return {
        "threshold": limit,
        "confusion": _confusion(found > limit, some.fail, clean),
        "curve": _curve(found, some.fail, clean, limit),
        "bars": {
            "edges": edges.tolist(),
            "clean": np.histogram(found[clean], edges)[0].tolist(),
            "faulty": np.histogram(found[some.fail], edges)[0].tolist(),
        },
        "recall": _recall(some, found > limit),
        "worst": _worst(dataset, name, table, scores, limit),
    }


def _confusion(fails: np.ndarray, truth: np.ndarray, clean: np.ndarray) -> dict:
    return {
        "found": int((fails & truth).sum()),
        "missed": int((~fails & truth).sum()),
        "false": int((fails & clean).sum()),
        "passed": int((~fails & clean).sum()),
    }


def _curve(scores: np.ndarray, truth: np.ndarray, clean: np.ndarray, chosen: int) -> dict:
    """Precision and recall at every threshold, the ``chosen`` too, good and faulty windows weighing the same."""
    limits = np.unique(np.append(scores, [-129, chosen]))[::-1]
    recall = np.array([(scores[truth] > limit).mean() if truth.any() else np.nan for limit in limits])
    false = np.array([(scores[clean] > limit).mean() if clean.any() else np.nan for limit in limits])
    with np.errstate(invalid="ignore"):
        precision = np.where(recall + false > 0, recall / (recall + false), 1.0)
    return {
        "threshold": limits.tolist(),
        "recall": np.nan_to_num(recall).round(4).tolist(),
        "precision": np.nan_to_num(precision).round(4).tolist(),
    }


def _recall(some: Table, fails: np.ndarray) -> list[dict]:
    """Of each kind at 1, 2, 4 and 4 to 16 x limit, with its number of windows."""
    rows = []
    for kind in sorted({str(kind) for kind in some.kind[some.fail] if kind}):
        mine = some.fail & (some.kind == kind)
        for low, high, title in (
            *((severity * 0.999, severity * 1.001, f"{severity:g}") for severity in metrics.SEVERITIES),
            (4.0001, 16.0, "4 to 16"),
        ):
            here = mine & (some.severity >= low) & (some.severity <= high)
            recall = round(float(fails[here].mean()), 4) if here.any() else None
            rows.append({"kind": kind, "severity": title, "recall": recall, "n": int(here.sum())})
    return rows


def _worst(dataset: Dataset, name: str, table: Table, scores: np.ndarray, limit: int) -> list[dict]:
    """Windows as recorded that no training saw, those with the highest scores first and none that shares a sample with
    one before it."""
    rows = np.flatnonzero((table.kind == "") & (table.part != split.TRAIN) & (table.clean | table.fail))
    rows = rows[np.argsort(-scores[rows], kind="stable")]
    apart = -(-dataset.plan.length // dataset.plan.hop)
    taken: list[int] = []
    for n in rows:
        if all(abs(int(table.row[n]) - int(table.row[m])) >= apart for m in taken):
            taken.append(int(n))
        if len(taken) == WORST:
            break
    columns = [dataset.plan.columns[j].name for j in dataset.plan.parent(name).columns]
    found = []
    for n in taken:
        row = int(table.row[n])
        windows = dataset.windows(np.array([row]))
        samples = []
        for channel, counts in zip(dataset.policy.channels, windows.counts[0], strict=True):
            x = counts.astype(float) * channel.resolution + channel.middle
            samples.append([None if c == MISSING else round(v, 6) for c, v in zip(counts.tolist(), x, strict=True)])
        found.append(
            {
                "at": int(dataset.ends[row]),
                "part": split.NAMES[int(table.part[n])],
                "score": int(scores[n]),
                "fails": bool(scores[n] > limit),
                "labelled": bool(table.fail[n]),
                "samples": samples,
                "values": dict(zip(columns, table.values[n].tolist(), strict=True)),
            }
        )
    return found
