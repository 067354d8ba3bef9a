"""The plan: a policy compiled to integers, which device and host both read; docs/plan.md has its file's keys."""

import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from motegate.firmware.device.boot.plan import APART, FILES
from motegate.firmware.device.layout import FOLLOW_REGIME, READ_ALL

from .form import StatusField
from .graph import Graph

FORMAT = 6


@dataclass(frozen=True)
class Channel:
    """``range`` and ``rails`` in counts: low, high."""

    name: str
    range: tuple[int, int]
    rails: tuple[int, int]


@dataclass(frozen=True)
class Cell:
    """A dimension of one channel (-1: of the window, or of status fields). ``mode``: how its limit moves (layout.py);
    ``limit_q24``: log2 of the smallest limit, or of the policy's threshold, Q24."""

    dimension: str
    channel: int
    mode: int
    limit_q24: int


@dataclass(frozen=True)
class Column:
    """What a classifier sees: the largest value of its cells."""

    name: str
    cells: tuple[int, ...]


@dataclass(frozen=True)
class Parent:
    """``columns`` and ``children`` (parents) by position; ``classifier``: its bit in the verdict vector, -1: none."""

    name: str
    columns: tuple[int, ...]
    children: tuple[int, ...]
    classifier: int


@dataclass(frozen=True)
class Action:
    name: str
    do: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """``file``: its pack's name; ``channel``: whose counts it reads."""

    name: str
    file: str
    channel: int


@dataclass(frozen=True)
class ReferenceRule:
    """``windows`` to commission on; ``step_q24``: the outward step, Q24 widths, and ``rise_q24``: that of the regime's
    limit, Q24 octaves, taken once in ``every`` windows; ``reach_q12``: how far thresholds lie beyond the site's levels
    (plan_compiler.py)."""

    windows: int
    every: int
    step_q24: int
    rise_q24: int
    reach_q12: int


@dataclass(frozen=True)
class Plan:
    """``table``: the action for each verdict vector, bit i of which is set where classifier i passes. ``adapt``: the
    rules of an adaptation (firmware/device/layout.py, ADAPT_RULES); empty: there is none. ``reads``: the parts of a
    scan that are asked for (READ_BINS and so on)."""

    stream: str
    period_ms: int
    length: int
    hop: int
    channels: tuple[Channel, ...]
    status: tuple[StatusField, ...]  # those of one dimension stand together
    cells: tuple[Cell, ...]
    columns: tuple[Column, ...]
    parents: tuple[Parent, ...]
    table: tuple[int, ...]
    actions: tuple[Action, ...]
    models: tuple[Model, ...]
    reference: ReferenceRule
    drift_alarms: bool = False
    adapt: tuple[int, ...] = ()
    reads: int = READ_ALL

    @cached_property
    def homes(self) -> dict[str, list[int]]:
        """The cells of each dimension in use, by its name."""
        found: dict[str, list[int]] = {}
        for k, cell in enumerate(self.cells):
            found.setdefault(cell.dimension, []).append(k)
        return found

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions in use, in the order of the cells."""
        return tuple(self.homes)

    @cached_property
    def graph(self) -> Graph:
        return Graph(
            tuple(parent.children for parent in self.parents), tuple(parent.classifier for parent in self.parents)
        )

    @property
    def classifiers(self) -> tuple[Parent, ...]:
        """The parents with a classifier, in the order of the verdict vector."""
        return tuple(sorted((p for p in self.parents if p.classifier >= 0), key=lambda parent: parent.classifier))

    def parent(self, name: str) -> Parent:
        return next(parent for parent in self.parents if parent.name == name)

    def below(self, parent: Parent) -> set[str]:
        """The names of the parents below one, at any depth."""
        return {self.parents[child].name for child in self.graph.below(self.parents.index(parent))}

    def cells_of(self, parent: Parent) -> set[int]:
        """The cells that a parent's classifier sees."""
        return {k for column in parent.columns for k in self.columns[column].cells}

    def column_of(self, cell: int) -> int:
        """The first column that holds a cell."""
        return next(j for j, column in enumerate(self.columns) if cell in column.cells)

    def has_regimes(self) -> bool:
        """Whether a dimension asks how near a window is to a known regime."""
        return any(map(needs_regimes, self.cells))

    def needs_regimes(self, column: int) -> bool:
        """Whether a column does."""
        return any(needs_regimes(self.cells[cell]) for cell in self.columns[column].cells)

    def stores(self) -> bool:
        """Whether an action stores windows."""
        return any("store" in action.do for action in self.actions)

    def commissioned_on(self, windows: int) -> "Plan":
        """The same plan, commissioned on that many windows."""
        return replace(self, reference=replace(self.reference, windows=windows))

    def for_device(self) -> dict:
        """The mapping that device classes take, and what plan.json holds."""
        dimensions = list(self.dimensions)
        return {
            "format": FORMAT,
            "stream": self.stream,
            "period_ms": self.period_ms,
            "length": self.length,
            "hop": self.hop,
            "channels": [asdict(channel) for channel in self.channels],
            "status": [asdict(field) for field in self.status],
            "modules": dimensions,
            "cells": [
                [dimensions.index(cell.dimension), cell.channel, cell.mode, cell.limit_q24] for cell in self.cells
            ],
            "columns": [[column.name, list(column.cells)] for column in self.columns],
            "parents": [asdict(parent) for parent in self.parents],
            "table": list(self.table),
            "actions": [asdict(action) for action in self.actions],
            "models": [asdict(model) for model in self.models],
            "reference": asdict(self.reference),
            "drift_alarms": int(self.drift_alarms),
            "adapt": list(self.adapt),
            "reads": self.reads,
        }

    def files(self) -> dict[str, bytes]:
        """The plan as a board reads it (firmware/device/boot/plan.py), a key a line; the action table and the actions
        have a file of their own, so that they are replaced without the rest."""
        whole = self.for_device()
        apart = {key: whole.pop(key) for key in APART}
        return dict(zip(FILES, (_lines(whole), _lines(apart)), strict=True))

    def write(self, path: Path) -> None:
        """plan.json as a work folder holds it."""
        path.write_text(json.dumps(self.for_device(), indent=1) + "\n")


def needs_regimes(cell: Cell) -> bool:
    """Whether a cell asks how near a window is to a known regime."""
    return cell.mode == FOLLOW_REGIME or cell.dimension == "regime"


def read(*paths: Path) -> Plan:
    """The plan in a work folder's file or in a bundle's two; OSError or ValueError where there is none."""
    return from_json({key: value for path in paths for key, value in json.loads(path.read_text()).items()})


def from_json(data: dict) -> Plan:
    """What ``for_device`` gave; ValueError for anything else."""
    try:
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']}, expected {FORMAT}")
        names = data["modules"]
        return Plan(
            data["stream"],
            data["period_ms"],
            data["length"],
            data["hop"],
            tuple(Channel(c["name"], tuple(c["range"]), tuple(c["rails"])) for c in data["channels"]),
            tuple(StatusField(**field) for field in data["status"]),
            tuple(Cell(names[module], channel, mode, limit) for module, channel, mode, limit in data["cells"]),
            tuple(Column(name, tuple(cells)) for name, cells in data["columns"]),
            tuple(
                Parent(p["name"], tuple(p["columns"]), tuple(p["children"]), p["classifier"]) for p in data["parents"]
            ),
            tuple(data["table"]),
            tuple(Action(action["name"], tuple(action["do"])) for action in data["actions"]),
            tuple(Model(**model) for model in data["models"]),
            ReferenceRule(**data["reference"]),
            data["drift_alarms"] == 1,
            tuple(data["adapt"]),
            data["reads"],
        )
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"not a plan: {type(error).__name__}: {error}") from error


def _lines(data: dict) -> bytes:
    pairs = (_compact(key) + b":" + _compact(value) for key, value in data.items())
    return b"{\n" + b",\n".join(pairs) + b"\n}\n"


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
