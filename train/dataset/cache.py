"""What training measured before: a recording's windows and the faults put into them, kept by the hash of all that they
come from: recordings, seed, what the policy says of the stream, and the code that measures.

In ``$MOTEGATE_CACHE``, else where the system keeps caches; empty: nothing is kept. At most LARGEST bytes stay.
"""

import functools
import hashlib
import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import platformdirs

from ..policy import Budget, Policy, Service, compile_policy
from . import dataset, examples
from .dataset import Dataset
from .examples import Examples

VARIABLE = "MOTEGATE_CACHE"
LARGEST = "1G"
_ROOT = Path(__file__).resolve().parents[2]


def load(policy: Policy, paths: list[Path]) -> Dataset:
    """As dataset.py's."""
    found = _kept(_key(policy, paths), lambda: dataset.load(policy, paths))
    policy = replace(policy, follow_per_day=found.policy.follow_per_day)
    return replace(found, policy=policy, plan=compile_policy(policy), sources=tuple(paths))


def examples_of(data: Dataset, seed: int, make: Callable[[], list[Examples]]) -> list[Examples]:
    """What ``make`` makes of a dataset that ``load`` gave."""
    return _kept(f"{_key(data.policy, list(data.sources))} {seed} {examples.PER_KIND}", make)


def _made(key: str, make: Callable[[], Any]) -> Any:
    return make()


def _kept(key: str, make: Callable[[], Any]) -> Any:
    """What ``make`` has made before under the same ``key``, or makes now."""
    where = os.environ.get(VARIABLE)
    folder = platformdirs.user_cache_path("motegate") if where is None else Path(where)
    if where == "":
        return make()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="joblib")  # what cannot be written or read is measured anew
        memory = joblib.Memory(_usable(folder), verbose=0)
        found = memory.cache(_made, ignore=["make"])(key, make)
        memory.reduce_size(LARGEST)
    return found


def _usable(folder: Path) -> Path | None:
    """The folder, where one may be made and only its owner gets in: what lies in it is run when it is read."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine = not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
        return folder if mine and os.access(folder, os.W_OK) else None
    except OSError:
        return None


def _stream(policy: Policy) -> Policy:
    """What the policy says of the stream: all that measuring it asks for."""
    parents = tuple(replace(one, model="", select=True, must_show=None) for one in policy.parents)
    return replace(
        policy, path=Path(), actions=(), models=(), parents=parents, board="", service=Service(), budget=Budget(),
        data_licence="", drift_alarms=False, adapt=None,
    )  # fmt: skip


def _key(policy: Policy, paths: list[Path]) -> str:
    own = [rule.file for rule in policy.rules.values() if rule.file is not None]
    found = hashlib.sha256(f"{_code()} {np.__version__} {_stream(policy)}".encode())
    for path in [*own, *paths]:
        with path.open("rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()


@functools.cache
def _code() -> str:
    """The hash of what measures: this package, its neighbours and the device's code."""
    found = hashlib.sha256()
    for folder in ("firmware", "train"):
        for path in sorted((_ROOT / folder).rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()
