"""`motegate convert`: what train left becomes int8 models, verified against TFLM, as packs and as C arrays."""

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar, TypeVar

import numpy as np
from motegate.firmware import atomic, vm
from motegate.firmware.device.boot.reference import dump, set_threshold
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.errors import InputError, RefusedError
from motegate.firmware.progress import Progress, silent
from motegate.train import metrics, policy, threshold
from motegate.train.dataset import TEST, TRAIN, VALIDATION
from motegate.train.features import far_out, loud
from motegate.train.host import Trained
from motegate.train.policy import Plan
from motegate.train.policy import plan as plans

from . import infer, robustness
from .model import Classifier, Features, c_array, canaries, count_mapping, lower, oracle, pack, tflite_model

Form = TypeVar("Form")
PROBES = 1000  # random windows that a guarded model is verified on


@dataclass(frozen=True)
class Size:
    """What a model takes: bytes of both files, multiply-accumulates, parameters, TFLM's arena (None: unknown)."""

    tflite_bytes: int
    pack_bytes: int
    macs: int
    parameters: int
    arena_bytes: int | None


@dataclass(frozen=True)
class Converted:
    """One classifier. Scores are int8 (float: 256 p - 128), F1 is over windows of the test part.

    ``threshold``: a level of the network above it is a failure (firmware/device/network.py); ``score_threshold``: the
    same for who has only scores, as in the C array.
    """

    name: str
    size: Size
    threshold: int
    score_threshold: int
    test_windows: int
    f1_int8: float
    f1_float: float
    largest_score_difference: float
    verified_windows: int


@dataclass(frozen=True)
class Guarded:
    """One model that the gate guards."""

    name: str
    size: Size
    channel: str
    verified_windows: int


@dataclass(frozen=True)
class Conversion:
    """What convert.json holds."""

    oracle: str
    vm: str
    parents: tuple[Converted, ...]
    models: tuple[Guarded, ...]
    robustness: tuple[robustness.Tested, ...]

    def lines(self) -> list[str]:
        """For a person."""
        return [
            *(
                f"{p.name}: pack {p.size.pack_bytes} bytes (.tflite {p.size.tflite_bytes}), {p.size.macs} MACs, "
                f"arena {p.size.arena_bytes} bytes, threshold {p.threshold}; F1 {p.f1_int8:.3f} in int8, "
                f"{p.f1_float:.3f} in float; equal to {self.oracle} on {p.verified_windows} windows"
                for p in self.parents
            ),
            *(
                f"{m.name}: pack {m.size.pack_bytes} bytes (.tflite {m.size.tflite_bytes}), {m.size.macs} MACs; "
                f"equal to {self.oracle} on {m.verified_windows} random windows"
                for m in self.models
            ),
            *(line for tested in self.robustness for line in tested.lines()),
        ]


@dataclass(frozen=True)
class _Table:
    """features_<parent>.npz: x int8[n, k], fail bool[n], part uint8[n], clean bool[n], kind str[n] and severity
    float32[n] of its faults, in time order."""

    x: np.ndarray
    fail: np.ndarray
    part: np.ndarray
    clean: np.ndarray
    kind: np.ndarray
    severity: np.ndarray
    windows_per_day: float
    alarms_per_day: float | None
    ROWS: ClassVar = ("x", "fail", "part", "clean", "kind", "severity")

    @classmethod
    def read(cls, path: Path) -> "_Table":
        try:
            with np.load(path, allow_pickle=False) as file:
                alarms = float(file["alarms_per_day"])
                arrays = {key: file[key] for key in cls.ROWS}
                budget = None if np.isnan(alarms) else alarms
                return cls(**arrays, windows_per_day=float(file["windows_per_day"]), alarms_per_day=budget)
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: not what train writes ({error}); run: motegate train") from error

    def rows(self, chosen: np.ndarray) -> "_Table":
        """Some of the windows."""
        arrays = {name: getattr(self, name)[chosen] for name in self.ROWS}
        return replace(self, **arrays)

    def threshold(self, scores: np.ndarray, loud: np.ndarray | None = None, most: int = 127) -> int:
        """By the clean windows of validation and training (train/threshold.py). ``scores`` int[n], none can be above
        ``most``; ``loud``: those of single dimensions far out."""
        held = (self.part == VALIDATION) & self.clean
        seen = held | ((self.part == TRAIN) & self.clean)
        return threshold.of_parts(scores, held, seen, loud, self.windows_per_day, self.alarms_per_day, most)

    def drowned(self) -> bool:
        """Whether good windows that training may see are themselves as far out as a single dimension can be, in more
        runs than the alarm budget has: no threshold fails it then."""
        seen = self.clean & (self.part != TEST)
        return not threshold.affords(far_out(self.x[seen]), self.windows_per_day, self.alarms_per_day)


def convert(work: Path, progress: Progress = silent) -> Conversion:
    """Fills WORK/convert from WORK/train, whole or not at all.

    RefusedError when our interpreter differs from TFLM on any window of the test part, or when no threshold
    keeps the alarm budget.
    """
    work = Path(work)
    trained = work / "train"
    plan = _read(trained / "plan.json", plans.from_json)
    scaling = _read(trained / "dimensions.json", lambda content: content["parents"])
    rules = policy.load(work / "policy.toml")
    names = [parent.name for parent in plan.classifiers]
    total = len(names) + len(plan.models)
    run = _Run(_machine())
    with atomic.folder(work / "convert") as out:
        shutil.copyfile(trained / "plan.json", out / "plan.json")
        parents: list[Converted] = []
        for name in names:
            progress("convert", len(parents), total)
            parents.append(run.parent(name, trained, out, scaling[name], bool(plan.adapt)))
        models: list[Guarded] = []
        for entry in plan.models:
            progress("convert", len(parents) + len(models), total)
            channel = rules.channels[entry.channel]
            file = next(model.file for model in rules.models if model.name == entry.name)
            models.append(run.model(entry.name, file, channel, plan.length, out))
        limits = [parent.threshold for parent in parents]
        (out / "reference.bin").write_bytes(with_thresholds(plan, (trained / "reference.bin").read_bytes(), limits))
        tested = run.tested(plan, scaling, trained / "boundary.npz", out)
        robustness.write(tested, out / robustness.FILE)
        result = Conversion(run.oracle, run.machine, tuple(parents), tuple(models), tuple(tested))
        said = asdict(result)
        said.pop("robustness")  # a file of its own
        (out / "convert.json").write_text(json.dumps(said, indent=1) + "\n")
    progress("convert", total, total)
    return result


def with_thresholds(plan: Plan, reference: bytes, thresholds: list[int]) -> bytes:
    """A reference's file with other trained thresholds, one for each classifier; the rest stays.

    ValueError: not a reference of this plan.
    """
    edited = Reference(plan.for_device(), reference, 0)
    for classifier, limit in enumerate(thresholds):
        set_threshold(edited, classifier, limit)
    return dump(edited)


def _read(path: Path, made: Callable[[dict], Form]) -> Form:
    """What ``made`` makes of a JSON file of the training's."""
    try:
        return made(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not what train writes ({error}); run: motegate train") from error


def _machine() -> str:
    """The real MicroPython where there is one; the same device code on CPython where not."""
    try:
        vm.find()
    except InputError:
        return "cpython"
    return "micropython"


class _Run:
    """One conversion: which machine runs our interpreter, and whose arithmetic it was held against."""

    def __init__(self, machine: str):
        self.machine = machine
        self.oracle = "none: no model"
        self._edges: dict[str, robustness.Edge | None] = {}

    def parent(self, name: str, trained: Path, out: Path, scaling: dict, adapts: bool) -> Converted:
        """``adapts``: its pack gets the canaries that bound what labels teach."""
        table = _Table.read(trained / f"features_{name}.npz")
        test = table.part == TEST
        classifier = Classifier(trained / f"{name}.keras")
        seen = (table.part == TRAIN) | (table.part == VALIDATION)
        learned = table.rows(seen)
        data = classifier.quantize(learned.x, self._scores, lambda s: s > learned.threshold(s))
        far = loud(table.x.shape[1])
        mapping = Features(*(tuple(scaling[key]) for key in ("centre", "mult", "shift")))
        results, levels = self._run(data, np.concatenate([table.x, far]))
        n = len(table.x)
        (scores, far_scores), (levels, far_levels) = np.split(results[:, 0], [n]), np.split(levels, [n])
        arena = self._verify(name, data, table.x[test], scores[test])
        limit = table.threshold(levels, far_levels, int(max(levels.max(), far_levels.max())))
        score_limit = table.threshold(scores, far_scores)
        self._edges[name] = self._edge(table, levels, limit)
        model = tflite_model.parse(data, name)
        packed = lower.lower(model, mapping)
        if adapts:
            packed = self._with_canaries(packed, model, learned, levels[seen], limit)
        size = self._write(name, data, model, packed, score_limit, arena, out)
        exact = classifier.scores(table.x)
        rounded = np.floor(exact + 0.5)  # the float model's own threshold, by the same rule
        return Converted(
            name,
            size,
            limit,
            score_limit,
            int(test.sum()),
            _f1(levels[test] > limit, table.fail[test]),
            _f1(rounded[test] > table.threshold(rounded, np.floor(classifier.scores(far) + 0.5)), table.fail[test]),
            round(float(np.abs(scores - exact)[test].max(initial=0)), 3),
            int(test.sum()),
        )

    @staticmethod
    def _edge(table: _Table, levels: np.ndarray, limit: int) -> robustness.Edge | None:
        """The loudest good window that may pass, of those that set the threshold."""
        rows = np.flatnonzero((levels <= limit) & table.clean & (table.part != TEST))
        if not len(rows):
            return None
        loudest = rows[np.argmax(levels[rows])]
        return robustness.Edge(tuple(table.x[loudest].tolist()), int(levels[loudest]), limit, table.drowned())

    def tested(self, plan: Plan, scaling: dict, boundary: Path, out: Path) -> list[robustness.Tested]:
        """The robustness test of every parent, on what ``out`` holds; they have been converted by this run."""
        windows = robustness.Windows.read(boundary)
        cases = robustness.every(plan, windows, scaling, out, self._edges)
        packs = {name: (out / f"{name}.pack").read_bytes() for name in self._edges}
        return robustness.judge(Trained(plan, packs, (out / "reference.bin").read_bytes()), windows, cases)

    def _run(self, data: bytes, rows: np.ndarray) -> infer.Result:
        return infer.run([(pack.write(lower.lower(tflite_model.parse(data))), rows)], self.machine)[0]

    def _with_canaries(
        self, packed: pack.Pack, model: tflite_model.Model, table: _Table, levels: np.ndarray, limit: int
    ) -> pack.Pack:
        bad, good = canaries.choose(levels, limit, table.fail, table.clean, table.kind, table.severity)
        inputs = table.x
        before = canaries.before_last(replace(packed, mapping=None))
        if before is not None:
            inputs = infer.run([(pack.write(before), table.x)], self.machine)[0][0]
        margin = canaries.margin(model.accumulator_scale)
        return canaries.with_canaries(packed, (inputs.astype(np.int16) + 128).astype(np.uint8), bad, good, margin)

    def _scores(self, data: bytes, rows: np.ndarray) -> np.ndarray:
        return self._run(data, rows)[0][:, 0]

    def model(self, name: str, file: Path, channel, length: int, out: Path) -> Guarded:
        model = tflite_model.read(file)
        if model.input.size != length:
            raise InputError(f"models.{name}.file: takes {model.input.size} values; the window's length is {length}")
        data = file.read_bytes()
        mapping = count_mapping.count_mapping(channel.middle, channel.resolution, model.input)
        rows = np.random.default_rng(0).integers(-128, 128, (PROBES, length)).astype(np.int8)
        packed = lower.lower(model, mapping)
        results = infer.run([(pack.write(packed), rows)], self.machine)[0][0]
        arena = self._verify(name, data, rows, results)
        size = self._write(name, data, model, packed, None, arena, out)
        return Guarded(name, size, channel.name, PROBES)

    def _verify(self, name: str, data: bytes, rows: np.ndarray, results: np.ndarray) -> int | None:
        judge = oracle.load(data)
        self.oracle = judge.name + (f", within {judge.tolerance} steps" if judge.tolerance else "")
        apart = np.abs(judge.run(rows).reshape(len(rows), -1).astype(int) - results.reshape(len(rows), -1))
        wrong = int((apart > judge.tolerance).any(axis=1).sum())
        if wrong:
            raise RefusedError(f"{name}: our interpreter differs from {judge.name} on {wrong} of {len(rows)} windows")
        return judge.arena_bytes

    def _write(
        self, name: str, data: bytes, model: tflite_model.Model, packed: pack.Pack, limit: int | None,
        arena: int | None, out: Path,
    ) -> Size:  # fmt: skip
        written = pack.write(packed)
        (out / f"{name}.tflite").write_bytes(data)
        (out / f"{name}.pack").write_bytes(written)
        (out / f"{name}_model.h").write_text(c_array.header(name, model, packed.mapping, limit))
        (out / f"{name}_model.cc").write_text(c_array.source(name, data))
        return Size(len(data), len(written), model.macs, model.parameters, arena)


def _f1(fails: np.ndarray, truth: np.ndarray) -> float:
    return round(metrics.windows(fails, truth).f1, 4)
