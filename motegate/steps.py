"""Which steps of a work folder are out of date: as build tools do it, by the SHA-256 of what each step read.

`WORK/steps.json` (step_record.py) holds for each step how it was called and the hash of every file that it read and
made. A step is stale when one of them differs or is gone, or when a step before it is stale. All of them are hashed
every time: size and time stay the same where a disk or a card has lost a bit, and a recording takes a second a
gigabyte. A folder that was moved or copied, to a machine without the recordings or TensorFlow too, is not stale:
files of the work folder and of Motegate go by their place in it.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from . import __version__, step_record
from .firmware import device as device_package
from .firmware.errors import InputError
from .firmware.progress import Progress, silent
from .step_record import Step

DEVICE = Path(device_package.__file__).parent
SKIPPED = {"__pycache__", "report.html"}  # what no step reads


class Steps:
    """The record of a work folder's steps; `ensure_train`, `ensure_convert` and `ensure_build` redo what is stale."""

    def __init__(self, work: Path, say: Callable[[str], None], progress: Progress | None = None):
        self.work = Path(work)
        self.path = self.work / "steps.json"
        self.say = say
        self.progress = progress or silent
        self.steps = step_record.read(self.path)

    def board(self) -> str:
        """The board that the trained policy names."""
        self.ensure_train()
        from .train.policy import load

        return load(self.work / "policy.toml").board

    # what each step reads
    def _train_inputs(self, policy: Path, data: Iterable[Path]) -> list[Path]:
        return [policy, *_beside(policy), *data]

    def _convert_inputs(self) -> list[Path]:
        return [*_files(self.work / "train"), *self._policy()]

    def _build_inputs(self, replay: Iterable[Path]) -> list[Path]:
        accepted = self.work.glob("accepted.json")
        return [*_files(self.work / "convert"), *self._policy(), *accepted, *_files(DEVICE, "*.py"), *replay]

    def _policy(self) -> list[Path]:
        """The policy as it was trained, and the files that it names."""
        policy = self.work / "policy.toml"
        return [policy, *_beside(policy)] if policy.is_file() else []

    def _outputs(self, name: str) -> list[Path]:
        """What the step makes; the board's bundle for `build BOARD`."""
        if name == "train":
            return [*_files(self.work / "train"), *self._policy(), *self.work.glob("split.json")]
        return _files(self.work / "convert" if name == "convert" else self.work / "firmware" / name.split()[1])

    # the steps
    def train(
        self,
        policy: Path,
        data: Iterable[Path],
        seed: int | None = None,
        synthetic_only: bool = False,
        search: tuple[str, int] | None = None,
    ):
        """Trains now, and records it; ``search``: ("trials" or "seconds", so many)."""
        from .train.learning import Limit
        from .train.training import train

        policy, data = Path(policy), [Path(path) for path in data]
        inputs = self._train_inputs(policy, data)
        limit = Limit.of(*search) if search else None
        result = train(
            policy, data, self.work, seed=seed, progress=self.progress, synthetic_only=synthetic_only, search=limit
        )
        named: dict = {"policy": _absolute(policy), "data": [_absolute(path) for path in data], "seed": seed}
        named |= {"synthetic_only": synthetic_only, "search": search}
        self._done("train", named, inputs)
        return result

    def convert(self):
        """Converts now, after a training that is up to date, and records it."""
        from .convert.convert import convert

        self.ensure_train()
        inputs = self._convert_inputs()
        result = convert(self.work, progress=self.progress)
        self._done("convert", {}, inputs)
        return result

    def build(self, board: str, replay: Iterable[Path] = ()):
        """Builds the bundle now, after a conversion that is up to date, and records it; ``replay``: the recordings
        that the board judges in place of its sensors."""
        from .convert.bundle import build

        self.ensure_convert()
        replay = [Path(path) for path in replay]
        inputs = self._build_inputs(replay)
        result = build(self.work, board, data=replay)
        self._done(f"build {board}", {"replay": [_absolute(path) for path in replay]}, inputs)
        return result

    def ensure_train(self) -> None:
        """Redoes the training when it is stale."""
        step = self.steps.get("train")
        if step is None:
            if not (self.work / "train" / "plan.json").exists():
                raise InputError(
                    f"{self.work}: nothing was trained here; first: motegate train POLICY --data CSV --out {self.work}"
                )
            return  # trained without the command line: nothing says with what
        policy, data = Path(step.arguments["policy"]), [Path(path) for path in step.arguments["data"]]
        missing = [path for path in (policy, *data) if not path.exists()]
        if missing:
            why = self._damage("train")
            if why:
                needed = ", ".join(map(str, missing))
                raise InputError(f"{self.work}: train must be done again, {why}; it needs, and cannot find: {needed}")
            return
        why = self._why("train", self._train_inputs(policy, data))
        if why:
            self.say(f"train: again, {why}")
            told = step.arguments
            self.train(policy, data, told.get("seed"), told.get("synthetic_only", False), told.get("search"))

    def ensure_convert(self) -> None:
        """Redoes training and conversion as far as they are stale."""
        self.ensure_train()
        why = self._why("convert", self._convert_inputs())
        if why:
            self.say(f"convert: {why}")
            self.convert()

    def ensure_build(self, board: str) -> Path:
        """Redoes all steps up to the bundle as far as they are stale, with the recordings that it was built to replay;
        returns the bundle's folder."""
        self.ensure_convert()
        step = self.steps.get(f"build {board}")
        replay = [Path(path) for path in step.arguments.get("replay", [])] if step else []
        there = [path for path in replay if path.exists()]
        why = self._why(f"build {board}", self._build_inputs(there), set(replay) - set(there))
        if why:
            self.say(f"build {board}: {why}")
            self.build(board, replay)
        return self.work / "firmware" / board

    # the record
    def _why(self, name: str, inputs: list[Path], lost: Iterable[Path] = ()) -> str | None:
        """Why the step is stale, in words; None when it is not. ``lost``: recordings that are no longer there."""
        step = self.steps.get(name)
        if step is None:
            return "not done yet"
        if step.arguments.get("motegate") != __version__:
            return f"it was made by motegate {step.arguments.get('motegate')}"
        now = {self._place(path): path for path in inputs}
        for path in now:
            if path not in step.inputs:
                return f"{_short(path)} is new"
        excused = {self._place(path) for path in lost}
        for path, old in step.inputs.items():
            if path in excused:
                continue
            if path not in now:
                return f"{_short(path)} is gone"
            if _sha256(now[path]) != old:
                return f"{_short(path)} has changed"
        return self._damage(name)

    def _damage(self, name: str) -> str | None:
        """Which output of a step is not as it was made, in words; None where all are."""
        outputs = self.steps[name].outputs
        made = {self._place(path): path for path in self._outputs(name)}
        for path, old in outputs.items():
            if path not in made or _sha256(made[path]) != old:
                return f"its output {path.removeprefix('WORK/')} is {'damaged' if path in made else 'gone'}"
        return None if outputs else "what it made was not noted"

    def _done(self, name: str, arguments: dict, inputs: list[Path]) -> None:
        self.steps[name] = Step(
            {**arguments, "motegate": __version__},
            {self._place(path): _sha256(path) for path in inputs},
            {self._place(path): _sha256(path) for path in self._outputs(name)},
        )
        step_record.write(self.path, self.steps)

    def _place(self, path: Path) -> str:
        """What a file is called in the record: the same wherever the work folder and Motegate lie."""
        for name, folder in (("WORK", self.work.absolute()), ("DEVICE", DEVICE.absolute())):
            if path.absolute().is_relative_to(folder):
                return f"{name}/{path.absolute().relative_to(folder).as_posix()}"
        return _absolute(path)


def _beside(policy: Path) -> list[Path]:
    """Files that the policy names (own dimensions, guarded models): a change of one is a change of the policy."""
    import tomllib

    try:
        read = tomllib.loads(policy.read_text())
    except (OSError, ValueError, RecursionError):
        return []  # training says what is wrong with it
    tables = [read.get(kind) for kind in ("dimensions", "models")]
    entries = [entry for table in tables if isinstance(table, dict) for entry in table.values()]
    files = [entry.get("file") for entry in entries if isinstance(entry, dict)]
    named = [policy.parent / file for file in files if isinstance(file, str) and "\0" not in file]
    return [path for path in named if path.is_file()]


def _files(folder: Path, pattern: str = "*") -> list[Path]:
    found = (path for path in folder.rglob(pattern) if path.is_file() and not SKIPPED & set(path.parts))
    return sorted(found)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _absolute(path: Path) -> str:
    return os.path.abspath(path)


def _short(path: str) -> str:
    return os.path.relpath(path) if path.startswith(os.getcwd() + os.sep) else Path(path).name
