"""The form of a policy: frozen values, and what follows from them by arithmetic and logic."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from motegate.firmware.device.layout import MISSING

from ..catalogue import Dimension, Sensor, built_in
from .expression import parse
from .graph import Graph, graph_of, vectors

PATIENT_DAYS = 20.0
"""How long a jump of 4 x the limit stays a failure, where the policy does not say it."""
CONFIRMS = ("labels", "operator", "auto")
MODELS = ("auto", "rule", "linear", "network")
LARGEST = 32767
"""Counts beyond it saturate."""


@dataclass(frozen=True)
class Channel:
    name: str
    unit: str
    resolution: float  # one count, in the unit
    range: tuple[float, float]  # physically possible, in the unit
    sensor: Sensor | None = None

    @property
    def middle(self) -> float:
        """The value of count 0."""
        return self.range[0] / 2 + self.range[1] / 2

    def count(self, values: np.ndarray) -> np.ndarray:
        """float64[n] in the unit -> int16[n] counts: NaN is missing, beyond +-32767 saturates.

        >>> Channel("t", "degC", 0.5, (0.0, 10.0)).count(np.array([5.0, 5.25, 5.24, np.nan, 1e9]))
        array([     0,      1,      0, -32768,  32767], dtype=int16)
        """
        counts = np.subtract(values, self.middle, dtype=np.float64)
        with np.errstate(over="ignore"):
            counts /= self.resolution
        counts += 0.5
        np.floor(counts, out=counts)
        np.clip(counts, -LARGEST, LARGEST, out=counts)
        np.copyto(counts, MISSING, where=np.isnan(counts))
        return counts.astype(np.int16)

    @property
    def range_counts(self) -> tuple[int, int]:
        """The range's ends in counts."""
        return self._counts(self.range)

    @property
    def rail_counts(self) -> tuple[int, int]:
        """The sensor's rails in counts, through scale and offset; without rails the range's ends."""
        if self.sensor is None or self.sensor.rails is None:
            return self.range_counts
        low, high = (self.sensor.scale * rail + self.sensor.offset for rail in self.sensor.rails)
        return self._counts((min(low, high), max(low, high)))

    def _counts(self, ends: tuple[float, float]) -> tuple[int, int]:
        low, high = self.count(np.array(ends))
        return int(low), int(high)


@dataclass(frozen=True)
class StatusField:
    """A bound on an integer beside the channels; it belongs to a dimension."""

    name: str
    dimension: str
    min: int | None
    max: int | None


@dataclass(frozen=True)
class DimensionRule:
    """What the policy says of a dimension: thresholds that take the limit's place, or a user's own dimension."""

    name: str
    thresholds: dict[str, float] = field(default_factory=dict)  # by channel
    threshold: float | None = None  # of a dimension without a channel
    own: Dimension | None = None

    @property
    def file(self) -> Path | None:
        """The user's own file."""
        return self.own.file if self.own else None


@dataclass(frozen=True)
class Parent:
    """``model``: which candidate is its classifier, one of MODELS; "auto": the simplest that is as good as the best.
    ``select``: training may let go of dimensions; ``must_show``: kinds of fault of which it shows no fewer then (None:
    all that its children are home to); ``auto``: its children are all dimensions, its failures what it must show."""

    name: str
    children: tuple[str, ...]
    model: str = MODELS[0]
    select: bool = True
    must_show: tuple[str, ...] | None = None
    auto: bool = False


@dataclass(frozen=True)
class Model:
    name: str
    file: Path
    channel: str | None


@dataclass(frozen=True)
class Action:
    name: str
    when: str | None
    do: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """How a board is kept in service: ``writes_per_day`` of its state, 0: it is not kept; how a person gets in while
    the gate runs (``repl``), by which ``pin`` (None: the board's own); who may change something down the line
    (``commands``); ``watchdog_ms`` after which it resets itself, 0: never."""

    writes_per_day: int = 24
    repl: str = "pin"
    pin: int | str | None = None
    commands: str = "open"
    watchdog_ms: int = 0


SLEEPS = "none", "light", "deep", "auto"
LOW_FRAMES = "all", "failures"


@dataclass(frozen=True)
class Power:
    """How a board waits for the next record (``sleep``, one of SLEEPS; "auto": as lasts longest), and on what
    ``battery`` (firmware/energy). Below ``low_mv`` of its supply, None: it does not look, it judges one window in
    ``low_hops`` and says of its verdicts ``low_frames`` (one of LOW_FRAMES)."""

    sleep: str = "none"
    battery: str = "2xAA"
    low_mv: int | None = None
    low_hops: int = 4
    low_frames: str = "failures"


@dataclass(frozen=True)
class Adaptation:
    """How a board adapts: who confirms a change (``confirm``, one of CONFIRMS), how many windows that share no sample a
    shadow learns from, how many of the last ten labels say *good* (``quorum``), and the bounds of what may be taken
    over: how far a limit may rise in one swap, and a band lie from the one first commissioned. A last layer learns from
    labels within ``head_bound`` of its largest weight, 0: not at all, while it errs on no more than ``canary_errors``
    of the canaries that it had right."""

    confirm: str = CONFIRMS[0]
    learn: int = 32
    quorum: int = 8
    limits_octaves: float = 2.0
    level_widths: float = 4.0
    head_bound: float = 0.25
    canary_errors: int = 1


@dataclass(frozen=True)
class Budget:
    """What a classifier may take at most: ``bytes`` of its pack, ``macs`` of an inference; and the reference
    ``state_bytes``. None: as much as it does."""

    bytes: int | None = None
    macs: int | None = None
    state_bytes: int | None = None

    def fits(self, size: int, macs: int) -> bool:
        return (self.bytes is None or size <= self.bytes) and (self.macs is None or macs <= self.macs)


@dataclass(frozen=True)
class Policy:
    name: str
    path: Path
    period_ms: int
    length: int
    hop: int
    channels: tuple[Channel, ...]
    status: tuple[StatusField, ...]  # those of one dimension stand together
    rules: dict[str, DimensionRule]
    parents: tuple[Parent, ...]
    models: tuple[Model, ...]
    actions: tuple[Action, ...]
    reference_windows: int = 200
    patience_days: float = PATIENT_DAYS  # 0: for ever
    follow_per_day: float | None = None  # None: training finds it
    alarms_per_day: float | None = None
    board: str = "RPI_PICO"
    label_share: float = 0.1
    seed: int = 0
    data_licence: str = ""  # of the recordings, for the model card
    synthetic_only: bool = False  # labelled windows are left out, neither good nor failures to learn from
    service: Service = Service()
    power: Power = Power()
    budget: Budget = Budget()
    drift_alarms: bool = False
    adapt: Adaptation | None = None  # None: it does not

    def parent(self, name: str) -> Parent:
        return next(parent for parent in self.parents if parent.name == name)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The distinct dimension children of all parents, in order of first appearance."""
        parents = {parent.name for parent in self.parents}
        children = (child for parent in self.parents for child in parent.children)
        return tuple(dict.fromkeys(child for child in children if child not in parents))

    @cached_property
    def classifiers(self) -> tuple[str, ...]:
        """Parents with a dimension, in the policy's order; their verdicts are the verdict vector."""
        return tuple(parent.name for parent in self.parents if self.columns_of(parent.name))

    def columns_of(self, parent: str) -> tuple[int, ...]:
        """Where the dimensions of a parent stand in ``columns``."""
        children = next(p.children for p in self.parents if p.name == parent)
        return tuple(self.columns.index(child) for child in children if child in self.columns)

    @cached_property
    def graph(self) -> Graph:
        return graph_of({parent.name: parent.children for parent in self.parents}, self.classifiers)

    def dimension(self, name: str) -> Dimension:
        """A built-in dimension, or the policy's own."""
        rule = self.rules.get(name)
        return rule.own if rule and rule.own else built_in()[name]

    def keeping(self, kept: dict[str, tuple[str, ...]]) -> "Policy":
        """The policy whose parents have no other dimensions than ``kept``, parent -> columns; parents below stay."""
        names = {parent.name for parent in self.parents}
        parents = tuple(
            replace(parent, children=tuple(c for c in parent.children if c in names or c in kept[parent.name]))
            if parent.name in kept
            else parent
            for parent in self.parents
        )
        return replace(self, parents=parents)

    def install_dimensions(self) -> None:
        """Puts the policy's own dimensions in use among the device's; InputError: one does not load."""
        for name in dict.fromkeys(column.partition(".")[0] for column in self.columns):
            self.dimension(name).install()

    def passed(self) -> list[dict[str, bool]]:
        """Whether each parent passes, for each of the 2 ** len(classifiers) verdict vectors: bit i of a vector says
        that classifier i does."""
        names = [parent.name for parent in self.parents]
        passes = self.graph.passes(vectors(len(self.classifiers)))
        return [dict(zip(names, row, strict=True)) for row in passes.tolist()]

    def action_table(self) -> tuple[int, ...]:
        """The first action that matches, by index, for each verdict vector."""
        return self._action_table

    @cached_property
    def _action_table(self) -> tuple[int, ...]:
        whens = [None if action.when is None else parse(action.when) for action in self.actions]
        return tuple(
            next(i for i, when in enumerate(whens) if when is None or when.holds(passed)) for passed in self.passed()
        )
