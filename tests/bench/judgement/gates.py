"""Gates to measure: a policy trained and converted, once for each seed in a process."""

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from motegate.convert.convert import convert
from motegate.train import policy, recording
from motegate.train.host import Panel, Trained
from motegate.train.policy import Plan, Policy
from motegate.train.recording import Records
from motegate.train.training import train

from tests.conftest import shared_folder

from .. import UnableError

ROOT = Path(__file__).resolve().parents[3]
POLICIES = Path(__file__).resolve().parents[1] / "policies"
RIVERS = ("lro_FranklinBasin2014.csv", "lro_MainStreet2019.csv")


@dataclass(frozen=True)
class Gate:
    """What a work folder holds: ``rules`` the policy, ``trained`` the rest."""

    work: Path
    rules: Policy
    trained: Trained

    @property
    def plan(self) -> Plan:
        return self.trained.plan

    def read(self, *files: str) -> Records:
        """The records of shared recordings, one after the other."""
        return recording.read(self.rules, list(recordings(*files)))

    def judge(
        self, values: np.ndarray, no_data: np.ndarray, silent: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scores int8, levels int32 and passes bool, [n, classifiers] each, of dimensions that are there already, by
        the device's own classifiers, whose thresholds were pulled by ``silent`` ones, int16[m, columns]."""
        panel = Panel(self.trained)
        panel.commission(silent)
        return panel.judge(values, no_data)


def recordings(*files: str) -> tuple[Path, ...]:
    """Where shared recordings lie; UnableError where they do not."""
    data = shared_folder() / "data"
    if not data.is_dir():
        raise UnableError(f"no recordings at {data}: set MOTEGATE_SHARED")
    return tuple(data / file for file in files)


@cache
def learned(name: str, files: tuple[str, ...], seed: int) -> Gate:
    """The policy of an example, or of ``tests/bench/policies``, trained on shared recordings."""
    paths = recordings(*files)
    folder = _scratch() / f"{name}-{Path(files[0]).stem}-{seed}"
    folder.mkdir()
    (folder / "policy.toml").write_text(unguarded(policy_text(name)))
    work = folder / "work"
    train(folder / "policy.toml", list(paths), work, seed=seed)
    convert(work)
    return Gate(work, policy.load(work / "policy.toml"), Trained.load(work))


def policy_text(name: str) -> str:
    own = POLICIES / f"{name}.toml"
    return (own if own.exists() else ROOT / "examples" / name / "policy.toml").read_text()


def unguarded(text: str) -> str:
    """A policy without its guarded model, which plays no part in a verdict and may not have been made."""
    lines, skip = [], False
    for line in text.splitlines():
        if line.startswith("["):
            skip = line.startswith("[models.")
        if not skip:
            lines.append(line.replace("run:forecast", "store"))
    return "\n".join(lines) + "\n"


@cache
def _scratch() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="motegate-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
