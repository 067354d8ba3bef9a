"""Pass or fail of each parent at its boundary conditions, by the device's own code over what ships.

A parent fails where a window that has to pass does not, or one that has to fail does; where its score falls while a
dimension rises; where a dimension of a window is not what training measured, or a feature not what it trained on;
where the score is not TensorFlow Lite Micro's; and where its threshold is not that of the good window that sets it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.device import layout
from motegate.firmware.device.boot.pack import Pack
from motegate.firmware.device.network import Network
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.errors import InputError
from motegate.train.features import Scaling
from motegate.train.host import Panel, Trained
from motegate.train.policy import Plan

from .cases import FAIL, LADDER, LOUD, MOST, PASS, Cases, Edge, Windows, cases

FILE = "robustness.json"
READ_AS = ((0, -128), (256, -64), (512, 0), (1020, 127))  # value -> feature, whatever the dimension


@dataclass(frozen=True)
class Failing:
    """A case, and what is wrong with it."""

    case: str
    why: str


@dataclass(frozen=True)
class Tested:
    """``flips``: kind of fault -> the least severity from which on it fails this parent in all of the windows tried,
    None: it never does (it is another parent's, or cannot be seen). ``deaf``: dimensions that cannot fail it alone,
    since good windows of the recording are as far out."""

    parent: str
    cases: int
    failing: tuple[Failing, ...]
    flips: dict[str, float | None]
    deaf: tuple[str, ...] = ()
    edge: Edge | None = None

    @property
    def passes(self) -> bool:
        return not self.failing

    def lines(self) -> list[str]:
        """For a person."""
        if self.passes:
            return [f"{self.parent}: robust in {self.cases:,} cases{self._flips()}", *self._warning()]
        head = f"{self.parent}: fails {len(self.failing):,} of {self.cases:,} cases of its robustness test"
        shown = [f"  {failing.case}: {failing.why}" for failing in self.failing[:SHOWN]]
        left = len(self.failing) - SHOWN
        return [head, *shown, *([f"  and {left} more: {FILE}"] if left > 0 else []), *self._warning()]

    def _flips(self) -> str:
        """From which severity on which faults fail it."""
        found: dict[float, list[str]] = {}
        for kind, severity in self.flips.items():
            if severity is not None:
                found.setdefault(severity, []).append(kind)
        said = "; ".join(f"{severity:g} x limit by {', '.join(found[severity])}" for severity in sorted(found))
        return f"; fails from {said}" if said else ""

    def _warning(self) -> list[str]:
        if not self.deaf:
            return []
        return [
            f"warning: {self.parent} cannot fail by {', '.join(self.deaf)} alone: good windows of the recording are as "
            "far out; what helps: label those that are not good, or allow more in [alarms] per_day"
        ]


SHOWN = 5


@dataclass(frozen=True)
class Outputs:
    """What a parent made of its cases: ``values`` int16[n, n_columns], ``scores`` int8[n], ``levels`` int32[n] and
    ``passes`` bool[n]."""

    values: np.ndarray
    scores: np.ndarray
    levels: np.ndarray
    passes: np.ndarray

    def same_as(self, other: "Outputs") -> bool:
        """Whether nobody could tell the two apart by scores and verdicts."""
        return bool((self.scores == other.scores).all() and (self.passes == other.passes).all())


def judge(trained: Trained, windows: Windows, every: list[Cases]) -> list[Tested]:
    """``every``: of each parent, in the order of the classifiers."""
    measured = windows.measured(trained.plan, trained.reference)
    panel = Panel(trained)
    return [test(trained, windows, some, outputs(panel, measured, some)) for some in every]


def outputs(panel: Panel, measured: np.ndarray, some: Cases) -> Outputs:
    """``measured``: the dimensions of the windows as they are now."""
    values = some.values.copy()
    values[: some.windows] = measured
    scores, levels, passes = (part[:, some.parent.classifier] for part in panel.judge(values, some.no_data))
    return Outputs(values, scores, levels, passes)


def test(trained: Trained, windows: Windows, some: Cases, found: Outputs) -> Tested:
    """What came of one parent's cases."""
    failing = [
        *_definitions(some, found),
        *_values(trained, some, found),
        *_features(trained, some),
        *_limits(trained, some),
        *_verdicts(trained, some, found),
        *_ladders(trained, some, found),
        *_oracle(some, found),
        *_threshold(trained, some, found),
    ]
    n = len(some) + len(READ_AS) * len(some.parent.columns) + len(trained.plan.cells_of(some.parent)) + 1
    return Tested(some.parent.name, n, tuple(failing), _flips(windows, found), _deaf(trained, some, found), some.edge)


def _definitions(some: Cases, found: Outputs) -> list[Failing]:
    """Values and levels stay within what their types are proven for."""
    wrong = (found.values < 0) | (found.values > MOST)
    beyond = wrong.any(axis=1) | (np.abs(found.levels.astype(np.int64)) > layout.MOST_LEVEL)
    return [Failing(some.names[n], "a value or the level is beyond its bounds") for n in np.flatnonzero(beyond)]


def _values(trained: Trained, some: Cases, found: Outputs) -> list[Failing]:
    failing = []
    for column in some.parent.columns:
        now, was = found.values[: some.windows, column], some.values[: some.windows, column]
        name = trained.plan.columns[column].name
        failing += [
            Failing(some.names[n], f"{name} is {now[n]}; training measured {was[n]}")
            for n in np.flatnonzero(now != was)
        ]
    return failing


def _features(trained: Trained, some: Cases) -> list[Failing]:
    """By what the device's own scaling makes of values that everybody knows."""
    network = Network(Pack(trained.packs[some.parent.name]))
    failing = []
    columns = np.arange(len(some.parent.columns))
    for value, feature in READ_AS:
        network.scale(np.full(len(columns), value, np.int16), columns)
        for j in columns:
            read = network.input[j]
            if read != feature:
                name = trained.plan.columns[some.parent.columns[j]].name
                failing.append(Failing(f"{name} at {value}", f"is read as the feature {read}, not {feature}"))
    return failing


def _limits(trained: Trained, some: Cases) -> list[Failing]:
    plan = trained.plan
    reference = Reference(plan.for_device(), trained.reference, 0)
    failing = []
    for k in sorted(plan.cells_of(some.parent)):
        at = reference.limits + layout.LIMIT_STRIDE * k
        q99, q90 = reference.array[at + layout.Q99], reference.array[at + layout.Q90]
        cell = plan.cells[k]
        name = cell.dimension if cell.channel < 0 else f"{cell.dimension}.{plan.channels[cell.channel].name}"
        if q99 < reference.floors[k]:
            failing.append(Failing(f"limit of {name}", f"2^({q99} / 2^24) is below the least, {reference.floors[k]}"))
        if not q90 <= q99:
            failing.append(Failing(f"limit of {name}", f"q90, {q90}, is above q99, {q99}"))
    return failing


def _verdicts(trained: Trained, some: Cases, found: Outputs) -> list[Failing]:
    failing = []
    for n in np.flatnonzero((some.must == PASS) & ~found.passes):
        why = "is the loudest that may pass" if n == some.at_edge else "every dimension is ordinary"
        failing.append(Failing(some.names[n], f"fails, though {why}"))
    for n in np.flatnonzero((some.must == FAIL) & found.passes):
        columns = list(some.parent.columns)
        worst = columns[int(np.argmax(some.values[n, columns]))]
        why = "it has no data" if some.no_data[n] else f"{trained.plan.columns[worst].name} is {some.values[n, worst]}"
        failing.append(Failing(some.names[n], f"passes, though {why}"))
    return failing


def _ladders(trained: Trained, some: Cases, found: Outputs) -> list[Failing]:
    failing = []
    for ladder in some.ladders:
        levels = found.levels[ladder.start : ladder.stop]
        for n in np.flatnonzero(np.diff(levels) < 0):
            failing.append(
                Failing(some.names[ladder.start + n + 1], f"the level falls from {levels[n]} to {levels[n + 1]}")
            )
    return failing


def _oracle(some: Cases, found: Outputs) -> list[Failing]:
    apart = np.abs(found.scores.astype(int) - some.scores) > some.tolerance
    return [
        Failing(some.names[n], f"the score is {found.scores[n]}; TensorFlow Lite Micro has {some.scores[n]}")
        for n in np.flatnonzero(apart & ~some.no_data)
    ]


def _threshold(trained: Trained, some: Cases, found: Outputs) -> list[Failing]:
    if some.edge is None:
        return []
    reference = Reference(trained.plan.for_device(), trained.reference, 0)
    now = reference.trained_threshold(some.parent.classifier), int(found.levels[some.at_edge])
    made = some.edge.threshold, some.edge.level
    if now == made:
        return []
    why = f"the threshold is {now[0]} and its level {now[1]}; the conversion had {made[0]} and {made[1]}"
    return [Failing(some.names[some.at_edge], why)]


def _deaf(trained: Trained, some: Cases, found: Outputs) -> tuple[str, ...]:
    """Of the ladders with nothing else, which come first."""
    loudest = [ladder[LADDER.index(LOUD)] for ladder in some.ladders[: len(some.parent.columns)]]
    names = [trained.plan.columns[column].name for column in some.parent.columns]
    return tuple(name for name, n in zip(names, loudest, strict=True) if found.passes[n])


def _flips(windows: Windows, found: Outputs) -> dict[str, float | None]:
    flips: dict[str, float | None] = {}
    fails = ~found.passes[: len(windows.names)]
    for kind in dict.fromkeys(map(str, windows.kind[windows.kind != ""])):
        flips[kind] = None
        for severity in sorted(set(windows.severity[windows.kind == kind]), reverse=True):
            if not fails[(windows.kind == kind) & (windows.severity == severity)].all():
                break
            flips[kind] = float(severity)
    return flips


def write(tested: list[Tested], path: Path) -> None:
    """As robustness.json."""
    content = {
        one.parent: {"passes": one.passes, "cases": one.cases, "failing": [asdict(f) for f in one.failing],
                     "fails_from": one.flips, "deaf": one.deaf,
                     "edge": one.edge and asdict(one.edge)}
        for one in tested
    }  # fmt: skip
    path.write_text(json.dumps({"parents": content}, indent=1) + "\n")


def read(folder: Path) -> list[Tested]:
    """What the folder of a conversion says of its parents; InputError where nothing is said."""
    path = folder / FILE
    try:
        content = json.loads(path.read_text())["parents"]
        return [
            Tested(
                name,
                one["cases"],
                tuple(Failing(**failing) for failing in one["failing"]),
                one["fails_from"],
                tuple(one["deaf"]),
                _edge(one["edge"]),
            )
            for name, one in content.items()
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not what convert writes ({error}); run: motegate convert") from None


def _edge(entry: dict | None) -> Edge | None:
    return Edge(**(entry | {"features": tuple(entry["features"])})) if entry else None


def reopen(work: Path) -> tuple[Trained, Windows, list[Cases]]:
    """What a work folder's parents were tested on, so that they, or others, can be tested again."""
    trained, folder = Trained.load(work), work / "convert"
    windows = Windows.read(work / "train" / "boundary.npz")
    scaling = json.loads((work / "train" / "dimensions.json").read_text())["parents"]
    edges = {one.parent: one.edge for one in read(folder)}
    return trained, windows, every(trained.plan, windows, scaling, folder, edges)


def every(
    plan: Plan, windows: Windows, scaling: dict[str, dict], folder: Path, edges: dict[str, Edge | None]
) -> list[Cases]:
    """The cases of each parent in ``edges``, whose .tflite lies in ``folder``; ``scaling``: dimensions.json's."""
    return [
        cases(plan, name, windows, Scaling.of(scaling[name]), (folder / f"{name}.tflite").read_bytes(), edge)
        for name, edge in edges.items()
    ]
