"""The report: one self-contained page on which a person sees what the gate did to a stream.

The page is `report.html` with `report.css` and `report.js` put in, and the data as JSON whose arrays are base64 of
little-endian integers. A long run is brought down to WINDOWS groups of windows (a failure in a group shows, and each
dimension's largest value) and the stream to the points of a `Series`, so that the page stays fast.
"""

import base64
import json
import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.device import layout
from motegate.firmware.link import Adapt, Drift, Hello, stamp
from motegate.train.policy import Channel, Plan

from ..recorder import NONE, REASONS, WindowLog
from .series import Series

HERE = Path(__file__).parent
WINDOWS = 50_000
RUNS = 40
LIMIT = layout.RARITY_DECADE  # at the limit, which one good window in a hundred exceeds
GIVEN = layout.FIXED, layout.WIDTH0  # the limit is the policy's or the band's: a value says a multiple, not a rarity
NOTICES = REASONS.index("asked"), REASONS.index("absorbed")
FAIL, PASS, UNJUDGED, NO_DATA = 0, 1, 2, 3


def page(plan: Plan, channels: Sequence[Channel], log: WindowLog, series: Series, summary: dict) -> str:
    """The page; ``summary`` as summary.json has it."""
    html = (HERE / "report.html").read_text()
    text = json.dumps(data(plan, channels, log, series, summary), separators=(",", ":")).replace("<", "\\u003c")
    for mark, content in (
        ("/*CSS*/", (HERE / "report.css").read_text()),
        ("/*JS*/", (HERE / "report.js").read_text()),
        ("TITLE", escape(plan.stream)),
        ("DATA", text),
    ):
        html = html.replace(mark, content, 1)
    return html


def data(plan: Plan, channels: Sequence[Channel], log: WindowLog, series: Series, summary: dict) -> dict:
    """What the page draws, as JSON takes it."""
    zero, tick = _clock(log, series)
    verdicts = _verdicts(plan, log)
    group = max(1, math.ceil(len(log.why) / WINDOWS))
    order, share = _loudest(log)
    columns = [column.name for column in plan.columns]
    return {
        "stream": plan.stream,
        "summary": summary,
        "zero": zero,
        "tick": tick,
        "period": plan.period_ms,
        "hop": plan.hop,
        "length": plan.length,
        "group": group,
        "perPoint": series.per_point,
        "channels": [
            {
                "name": channel.name,
                "unit": channel.unit,
                "resolution": channel.resolution,
                "middle": channel.middle,
                "low": _pack(series.low[:, i], "<i2"),
                "high": _pack(series.high[:, i], "<i2"),
                "band": [_pack(_every(log.bands[:, i, edge], group, "last"), "<i2") for edge in (0, 1)]
                if log.bands is not None
                else None,
            }
            for i, channel in enumerate(channels)
        ],
        "first": _pack((series.first_ms - zero) // tick, "<u4"),
        "last": _pack((series.last_ms - zero) // tick, "<u4"),
        "ends": _pack((_every(log.ends_ms, group, "last") - zero) // tick, "<u4"),
        "parents": [
            {
                "name": parent.name,
                "classifier": parent.classifier,
                "columns": [columns[i] for i in parent.columns],
                "children": [plan.parents[i].name for i in parent.children],
                "verdicts": _pack(_worst(verdicts[:, i], group), "u1"),
                "scores": _pack(_every(log.scores[:, parent.classifier], group, "max"), "i1")
                if parent.classifier >= 0
                else "",
                "passesTo": _passes_to(log, parent.classifier),
                "fails": [[(a - zero) // tick, (b - zero) // tick] for a, b in series.fails.get(parent.name, [])],
            }
            for i, parent in enumerate(plan.parents)
        ],
        "actions": {
            "names": [action.name for action in plan.actions],
            "does": [", ".join(action.do) for action in plan.actions],
            "taken": _pack(_rarest(log.actions, group), "u1"),
        },
        "dimensions": [
            {
                "name": columns[i],
                "share": round(float(share[i]), 5),
                "given": any(plan.cells[cell].mode in GIVEN for cell in plan.columns[i].cells),
                "values": _pack(_every(log.values[:, i], group, "max"), "<i2"),
            }
            for i in order
        ],
        "runs": _runs(plan, log, zero, tick),
        "regimes": _regimes(log, group, zero, tick),
        "changes": _changes(plan, log, zero, tick),
    }


def _clock(log: WindowLog, series: Series) -> tuple[int, int]:
    """(milliseconds since 1970 at the left edge, milliseconds a unit of the page's 32-bit times)."""
    moments = [series.first_ms, series.last_ms, log.ends_ms]
    least = min((int(m.min()) for m in moments if len(m)), default=0)
    most = max((int(m.max()) for m in moments if len(m)), default=0)
    return least, max(1, math.ceil((most - least) / 4_000_000_000))


def _verdicts(plan: Plan, log: WindowLog) -> np.ndarray:
    """uint8[n, parents]: FAIL, PASS, UNJUDGED or NO_DATA."""
    verdicts = log.parents(plan).astype(np.uint8)
    verdicts[(log.why == 2)[:, None] & (verdicts == FAIL)] = NO_DATA
    verdicts[~log.judged] = UNJUDGED
    return verdicts


def _passes_to(log: WindowLog, classifier: int) -> int | None:
    """The highest score with which a window has passed: beyond it lies the threshold."""
    passing = log.scores[log.judged & (log.passes[:, classifier] == 1), classifier] if classifier >= 0 else []
    return int(max(passing)) if len(passing) else None


def _loudest(log: WindowLog) -> tuple[np.ndarray, np.ndarray]:
    """(columns, the one that spoke most often first; share of judged windows in which each spoke)."""
    judged = log.values[log.judged]
    share = (judged > LIMIT).mean(axis=0) if len(judged) else np.zeros(log.values.shape[1])
    mean = judged.mean(axis=0) if len(judged) else share
    return np.lexsort((-mean, -share)), share


def _runs(plan: Plan, log: WindowLog, zero: int, tick: int) -> list[dict]:
    """The longest failing runs of each classifier, the longest first, with the dimensions that caused each."""
    found = []
    names = [column.name for column in plan.columns]
    for i, parent in enumerate(plan.parents):
        if parent.classifier < 0:
            continue
        failing = log.judged & (log.passes[:, parent.classifier] == 0)
        edges = np.flatnonzero(np.diff(np.concatenate(([0], failing.astype(np.int8), [0]))))
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            found.append((int(end - begin), int(begin), i))
    span = plan.hop * plan.period_ms
    runs = []
    for n, begin, i in sorted(found, key=lambda run: (-run[0], run[1]))[:RUNS]:
        end = begin + n
        own = list(plan.parents[i].columns)
        mean = log.values[begin:end, own].mean(axis=0) if own else np.zeros(0)
        loud = [k for k in np.argsort(-mean, kind="stable")[:3] if mean[k] >= LIMIT] or list(np.argsort(-mean)[:1])
        taken = log.actions[begin:end]
        taken = taken[taken != NONE]
        runs.append(
            {
                "parent": i,
                "from": max(0, int(log.ends_ms[begin]) - span - zero) // tick,
                "to": (int(log.ends_ms[end - 1]) - zero) // tick,
                "windows": n,
                "noData": int((log.why[begin:end] == 2).sum()),
                "action": int(np.bincount(taken).argmax()) if len(taken) else -1,
                "causes": [[names[own[k]], round(float(mean[k]))] for k in loud],
            }
        )
    return runs


def _regimes(log: WindowLog, group: int, zero: int, tick: int) -> dict | None:
    """Each window's regime (of a group the last one's; 255: none), what is known of each, and when a new one was asked
    about and absorbed. None where the plan has none."""
    if log.known is None:
        return None

    def moment(i: int) -> int:
        return (int(log.ends_ms[i]) - zero) // tick

    known = []
    for r, (radius, candidate) in enumerate(zip(log.known.radius, log.known.candidate, strict=True)):
        own = np.flatnonzero(log.regimes == r)
        seen = {"first": moment(own[0]), "last": moment(own[-1])} if len(own) else {}
        known.append({"radius": radius, "candidate": candidate >= 0, "windows": len(own)} | seen)
    return {
        "of": _pack(_every(np.where(log.regimes < 0, NONE, log.regimes), group, "last"), "u1"),
        "known": known,
        "notices": [[REASONS[log.why[i]], moment(i)] for i in np.flatnonzero(np.isin(log.why, NOTICES))],
    }


def _changes(plan: Plan, log: WindowLog, zero: int, tick: int) -> dict | None:
    """What the board has said of changes: ``said`` in words, the ``phases`` of its cycle, each from a time on, and the
    ``labels`` that it was given, 1: good. None where it said nothing."""
    if not (log.drifts or log.notices or log.adapts or log.labels):
        return None
    names = Hello(parents=tuple(parent.name for parent in plan.classifiers))

    def moment(ms: int) -> int:
        return (ms - zero) // tick

    forms: list[Drift | Adapt] = [*log.drifts, *log.notices, *log.adapts]
    said = [(moment(milliseconds(form.t)), form.line(names).removeprefix(f"{stamp(form.t)} ")) for form in forms]
    return {
        "said": sorted(said, key=lambda one: one[0]),
        "phases": [[moment(milliseconds(form.t)), form.phase_name] for form in log.adapts],
        "labels": [[moment(ms), good] for ms, good in log.labels],
    }


def milliseconds(t: tuple[int, int]) -> int:
    """Of a frame's time, since 1970."""
    return (t[0] + EPOCH_S) * 1000 + t[1]


# groups of windows
def _grouped(values: np.ndarray, group: int):
    return np.arange(0, len(values), group)


def _every(values: np.ndarray, group: int, how: str) -> np.ndarray:
    if group == 1 or not len(values):
        return values
    starts = _grouped(values, group)
    if how == "last":
        return values[np.append(starts[1:], len(values)) - 1]
    return np.maximum.reduceat(values, starts)


def _worst(verdicts: np.ndarray, group: int) -> np.ndarray:
    """A failure in a group shows: FAIL before NO_DATA before PASS before UNJUDGED."""
    if group == 1 or not len(verdicts):
        return verdicts
    rank = np.array([0, 2, 3, 1], np.uint8)
    back = np.array([FAIL, NO_DATA, PASS, UNJUDGED], np.uint8)
    return back[np.minimum.reduceat(rank[verdicts], _grouped(verdicts, group))]


def _rarest(actions: np.ndarray, group: int) -> np.ndarray:
    """Of the actions of a group, the one that the run took least often."""
    if group == 1 or not len(actions):
        return actions
    count = np.bincount(actions, minlength=256)
    order = np.argsort(np.where(np.arange(256) == NONE, 1 << 40, count), kind="stable")
    rank = np.empty(256, np.uint8)
    rank[order] = np.arange(256, dtype=np.uint8)
    return order[np.minimum.reduceat(rank[actions], _grouped(actions, group))]


def _pack(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode()
