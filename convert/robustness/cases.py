"""What the robustness test looks at: windows at the boundaries, each dimension raised alone, good windows at the
threshold, and what is expected of each."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.device import layout
from motegate.firmware.errors import InputError
from motegate.train.dataset import boundary
from motegate.train.features import Scaling
from motegate.train.policy import Parent, Plan

from ..model import oracle

LADDER = (0, 64, 128, 192, 224, 254, 255, 256, 257, 258, 288, 320, 384, 512, 640, 768, 896, 1019, 1020, 1021, 2048)
"""Values of a dimension, up to beyond what a feature can tell: 256 is its limit."""
MOST = layout.RARITY_MOST
LOUD = 1020  # three decades beyond the limit, as much as a feature can tell: nobody may pass that
OPEN, PASS, FAIL = 0, 1, -1


@dataclass(frozen=True)
class Edge:
    """The loudest good window of the recording that may pass, by its features and its ``level``; ``threshold``
    of the conversion; ``drowned``: good windows are as far out as a single dimension can be, too often for any
    threshold to fail it."""

    features: tuple[int, ...]
    level: int
    threshold: int
    drowned: bool


@dataclass(frozen=True)
class Cases:
    """Of one parent. ``names`` str[n], ``values`` int16[n, n_columns] as they have to be, ``no_data`` bool[n], ``must``
    int8[n] (PASS, FAIL, OPEN), ``scores`` int8[n] that TensorFlow Lite Micro has for them. The first ``windows`` of
    them are the windows of ``boundary``; ``ladders``: runs of cases along which nothing but one dimension rises;
    ``at_edge``: the case of ``edge``, -1 without.
    ``tolerance``: of ``scores``, in steps."""

    parent: Parent
    names: list[str]
    values: np.ndarray
    no_data: np.ndarray
    must: np.ndarray
    scores: np.ndarray
    tolerance: int
    windows: int
    ladders: list[range]
    at_edge: int
    edge: Edge | None

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Windows:
    """WORK/train/boundary.npz (train/dataset/boundary.py)."""

    names: np.ndarray
    kind: np.ndarray
    severity: np.ndarray
    values: np.ndarray
    no_data: np.ndarray
    counts: np.ndarray
    lateness: np.ndarray
    flags: np.ndarray
    carry: np.ndarray
    status: np.ndarray

    @classmethod
    def read(cls, path: Path) -> "Windows":
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls(**{name: file[name] for name in cls.__dataclass_fields__})
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: not what train writes ({error}); run: motegate train") from error

    def measured(self, plan: Plan, reference: bytes) -> np.ndarray:
        """The dimensions against a reference, by the device's code: int16[n, n_columns]."""
        slots = (getattr(self, name) for name in boundary.KEPT)
        return boundary.measure(plan, boundary.against(plan, reference, *slots))


def cases(plan: Plan, name: str, windows: Windows, scaling: Scaling, model: bytes, edge: Edge | None) -> Cases:
    """All cases of a parent; ``model``: its .tflite, which TFLM runs over them."""
    parent = plan.parent(name)
    columns = list(parent.columns)
    names, values = list(map(str, windows.names)), [windows.values]
    no_data = windows.no_data if _over_samples(plan, parent) else np.zeros(len(names), bool)
    ladders: list[range] = []
    for title, base in (("nothing else", np.zeros(len(plan.columns), np.int16)), *_ordinary(windows)):
        for column in columns:
            rungs = np.repeat(base[None], len(LADDER), axis=0)
            rungs[:, column] = np.maximum(rungs[:, column], LADDER)
            ladders.append(range(len(names), len(names) + len(LADDER)))
            names += [f"{plan.columns[column].name} at {value}, with {title}" for value in LADDER]
            values.append(rungs)
    at = -1
    if edge is not None:
        at = len(names)
        row = np.zeros((1, len(plan.columns)), np.int16)
        row[0, columns] = [_value(scaling, j, x) for j, x in enumerate(edge.features)]
        names.append("the loudest good window that may pass")
        values.append(row)
    joined = np.concatenate(values)
    held = np.concatenate([no_data, np.zeros(len(names) - len(no_data), bool)])
    judge = oracle.load(model)
    scores = judge.run(scaling.apply(joined[:, columns])).reshape(-1)
    must = _expected(joined[:, columns], held, edge is not None and edge.drowned)
    if edge is not None:
        must[at] = PASS
    return Cases(parent, names, joined, held, must, scores, judge.tolerance, len(windows.names), ladders, at, edge)


def _expected(values: np.ndarray, no_data: np.ndarray, drowned: bool) -> np.ndarray:
    """What the definitions say: a window without data, or with a dimension as far out as can be told, fails; one in
    which every dimension is ordinary passes. Where good windows are as far out (``drowned``), nothing is expected of a
    dimension that is."""
    must = np.full(len(values), OPEN, np.int8)
    must[(values <= 0).all(axis=1)] = PASS
    loud = (values >= LOUD).any(axis=1)
    must[loud] = OPEN if drowned else FAIL
    must[no_data] = FAIL
    return must


def _ordinary(windows: Windows) -> list[tuple[str, np.ndarray]]:
    return [(str(windows.names[n]), windows.values[n]) for n in range(2)]


def _over_samples(plan: Plan, parent: Parent) -> bool:
    """Whether the no-data rule holds for a parent: it does not for one that reads nothing of samples."""
    cells = [plan.cells[k] for k in plan.cells_of(parent)]
    return any(cell.channel >= 0 or cell.mode == layout.FOLLOW_REGIME for cell in cells)


def _value(scaling: Scaling, j: int, feature: int) -> int:
    """A value that is read as this feature."""
    return max(0, -(-(feature << scaling.shift[j]) // scaling.mult[j]) + scaling.centre[j])
