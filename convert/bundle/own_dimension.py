"""A user's own dimension, tried before it goes to a board: hostile windows, on both Pythons, every integer checked."""

import inspect
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from motegate.firmware import vm
from motegate.firmware.device import layout
from motegate.firmware.device.boot.status import status_layout
from motegate.firmware.errors import RefusedError
from motegate.train.host import Engine, ring, scan, with_bins
from motegate.train.policy import Cell, Column, Plan, Policy

from .modules import device_tree
from .passes import fold

BOUND = 1 << 30  # a small int of a 32-bit port; past it the board allocates
_QUIET = 40  # windows, for a reference
_RANDOM = 60
_SCRIPT = """
import micropython, sys
from array import array

from motegate.dimensions.{name} import measure
width, n_ref, n = [int(a) for a in sys.argv[2:5]]
places = [int(a) for a in sys.argv[5:]]
s = array("i", [0] * width)
r = array("i", [0] * n_ref)
with open(sys.argv[1], "rb") as f:
    for w in range(n):
        f.readinto(s)
        f.readinto(r)
        for k in range(0, len(places), 2):
            try:
                measure(s, places[k], r, places[k + 1])
                micropython.heap_lock()
                try:
                    m = measure(s, places[k], r, places[k + 1])
                finally:
                    micropython.heap_unlock()
                print("m", m)
            except MemoryError:
                print("it allocates")
            except Exception as e:
                print(type(e).__name__ + ": " + str(e))
"""


@dataclass(frozen=True)
class Records:
    """As train/recording/records.py has them; ``names``: what each ``length`` records are."""

    counts: np.ndarray
    seconds: np.ndarray
    millis: np.ndarray
    seqs: np.ndarray
    status: np.ndarray
    names: list[str]


class Checked(int):
    """A small int of a 32-bit port: OverflowError for any result that does not fit one."""


def _checked(name: str):
    plain = getattr(int, name)

    def operate(self, *others):
        value = plain(self, *others)
        if type(value) is not int:
            return value
        if not -BOUND <= value < BOUND:
            raise OverflowError(f"an intermediate of {value} is beyond 2^30: a 32-bit board would allocate")
        return Checked(value)

    return operate


for _name in ("add", "sub", "mul", "floordiv", "mod", "lshift", "rshift", "and", "or", "xor"):
    setattr(Checked, f"__{_name}__", _checked(f"__{_name}__"))
    setattr(Checked, f"__r{_name}__", _checked(f"__r{_name}__"))
for _name in ("neg", "abs", "invert", "pos"):
    setattr(Checked, f"__{_name}__", _checked(f"__{_name}__"))


def check(policy: Policy, plan: Plan, name: str, seed: int = 0) -> int:
    """Runs dimension ``name`` over hostile windows of ``policy``'s stream; returns how many.

    RefusedError names the window where CPython and MicroPython differ, or where it raises, allocates, gives
    something else than an integer from 0 to 2^30 - 1, passes 2^30 on the way, or looks at the reference though its
    LIMIT is "own".
    """
    dimension = policy.dimension(name)
    file = dimension.file
    records = hostile(plan, np.random.default_rng(seed))
    stats, references, names = _measured(plan, records)
    places = _places(plan, name, dimension.scope)
    measure = inspect.unwrap(dimension.measure())  # as the file has it: what it raises is judged here
    there = _on_vm(file, name, stats, references, places)
    at = iter(there)
    for w, what in enumerate(names):
        s, r = ([Checked(v) for v in row.tolist()] for row in (stats[w], references[w]))
        if dimension.limit == "own":
            r = _Closed(r)
        for c, b in places:
            _judge(file, f"window {w} ({what})", _on_host(measure, s, c, r, b), next(at))
    return len(stats)


class _Closed(list):
    """A reference that nobody may look at: an adapting board measures such a dimension once, for two references."""

    def __getitem__(self, at):
        raise LookupError('LIMIT = "own", and it looks at the reference; expected "late"')


def _on_host(measure, s: list, c: int, r: list, b: int) -> object:
    try:
        return measure(s, c, r, b)
    except Exception as error:
        return error


def _judge(file: Path, where: str, here: object, there: str) -> None:
    """One window's result on CPython (a value, or what was raised) and on the VM (a line)."""
    if isinstance(here, OverflowError):
        raise RefusedError(f"{file}: {where}: {here}")
    if isinstance(here, Exception):
        raise RefusedError(f"{file}: {where}: raises {type(here).__name__}: {here}")
    if not isinstance(here, int) or isinstance(here, bool) or not 0 <= here < BOUND:
        raise RefusedError(f"{file}: {where}: gives {here!r}; expected an integer from 0 to 2^30 - 1")
    if there != f"m {here:d}":
        what = f"gives {there[2:]}, CPython {here:d}" if there.startswith("m ") else there
        raise RefusedError(f"{file}: {where}: on MicroPython: {what}")


def hostile(plan: Plan, rng: np.random.Generator) -> Records:
    """Quiet windows for a reference, then extremes of every kind, each a window of its own, then random ones."""
    channels, fields, length = len(plan.channels), len(plan.status), plan.length
    shape = (length, channels)
    steps = np.arange(length)[:, None] + np.zeros(shape, int)
    missing = np.full(shape, layout.MISSING)
    one = missing.copy()
    one[length // 2] = 7
    kinds = {
        "all missing": missing,
        "one sample": one,
        "all zero": np.zeros(shape, int),
        "all at the upper end": np.full(shape, 32767),
        "all at the lower end": np.full(shape, -32767),
        "from end to end at each sample": np.where(steps % 2, 32767, -32767),
        "one step from end to end": np.where(steps < length // 2, -32767, 32767),
        "a ramp from end to end": np.linspace(-32767, 32767, length).astype(int)[:, None] + np.zeros(shape, int),
        "every other sample missing": np.where(steps % 2, layout.MISSING, rng.integers(-32767, 32768, shape)),
    }
    blocks = [(f"quiet {k}", rng.normal(0, 20, shape).astype(int)) for k in range(_QUIET)]
    blocks += list(kinds.items())
    for k in range(_RANDOM):
        counts = rng.integers(-32768, 32768, shape) >> rng.integers(0, 15)
        counts[rng.random(shape) < rng.choice([0, 0.1, 0.9])] = layout.MISSING
        blocks.append((f"random {k}", counts))
    n = len(blocks) * length
    pace = rng.choice([1, 0.8, 1.2, 1.4, 0, -3, 4, 1e5], n, p=[0.62, 0.1, 0.1, 0.1, 0.03, 0.02, 0.02, 0.01])
    pace[: (_QUIET + len(kinds)) * length] = 1
    ms = np.cumsum(np.round(pace * plan.period_ms).astype(np.int64)) % 10**12
    status = rng.choice([layout.MISSING_STATUS, -BOUND + 1, -1, 0, 1, 3000, BOUND - 1], (n, fields))
    return Records(
        np.concatenate([counts for _, counts in blocks]).astype(np.int16),
        (ms // 1000).astype(np.int32),
        (ms % 1000).astype(np.int16),
        np.cumsum(rng.choice([1, 1, 1, 0, 2], n)).astype(np.int32),
        status.astype(np.int32),
        [what for what, _ in blocks],
    )


def _measured(plan: Plan, records: Records) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Statistics, the reference before it and the name of each window after the quiet ones. The reference is that of
    a plan without the user's dimension, which may well raise."""
    spike = Cell("spike", 0, layout.FOLLOW, 0)
    bare = replace(plan, hop=plan.length, cells=(spike,), columns=(Column("spike", (0,)),))
    slots, stats = scan.measure(bare, records)
    run = Engine(bare, commission=_QUIET).run(slots, stats)
    counts = np.stack([ring.cut(bare, slots, np.array([w]))[0][0] for w in range(_QUIET, len(stats))])
    references = run.references[_QUIET:]
    names = [records.names[row // plan.length] for row in slots.last_row[_QUIET:]]
    return with_bins(bare, stats[_QUIET:], counts, references).astype("<i4"), references.astype("<i4"), names


def _places(plan: Plan, name: str, scope: str) -> list[tuple[int, int]]:
    """(c, b) of each of its cells: where its statistics and its part of the reference begin."""
    if scope != "channel":
        return [(status_layout(plan.for_device())[0].get(name, 0), 0)]
    every = range(len(plan.channels))
    return [(layout.HEAD + c * layout.STRIDE, layout.REF_HEAD + c * layout.REF_STRIDE) for c in every]


def _on_vm(
    file: Path, name: str, stats: np.ndarray, references: np.ndarray, places: list[tuple[int, int]]
) -> list[str]:
    """A line per window and place: ``m`` and the measure, or what went wrong."""
    with tempfile.TemporaryDirectory(prefix="motegate-own-") as folder:
        root = Path(folder)
        shutil.copytree(device_tree(), root, dirs_exist_ok=True)
        (root / "motegate" / "dimensions" / f"{name}.py").write_text(fold(file.read_text(), "dimensions"))
        (root / "cases").write_bytes(
            b"".join(s.tobytes() + r.tobytes() for s, r in zip(stats, references, strict=True))
        )
        (root / "run_it.py").write_text(_SCRIPT.format(name=name))
        numbers = [stats.shape[1], references.shape[1], len(stats), *(at for place in places for at in place)]
        done = vm.run(root / "run_it.py", [root / "cases", *map(str, numbers)], path=[root], timeout=120)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if done.returncode or len(lines) != len(stats) * len(places):
        raise RefusedError(f"{file}: on MicroPython: {lines[-1] if lines else 'nothing'}")
    return lines
