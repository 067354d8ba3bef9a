"""The work folder: what training leaves in it, the same bytes for the same inputs, whole or not at all."""

import io
import json
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .dataset import Dataset, Table, boundary
from .features import Scaling
from .model import network
from .policy import Policy


@dataclass(frozen=True)
class Learned:
    """A parent's classifier (a Keras model), what it learned from, and how its features are made."""

    model: object
    table: Table
    scaling: Scaling


def save(folder: Path, dataset: Dataset, parents: dict[str, Learned], seed: int, listed: Dataset | None = None) -> None:
    """WORK/train, for ``convert``; ``folder`` is there; ``listed`` as in boundary.py."""
    for name, one in parents.items():
        save_model(one.model, folder / f"{name}.keras")
        save_table(folder / f"features_{name}.npz", one.table, dataset)
    save_arrays(folder / "boundary.npz", boundary.boundary(dataset, seed, listed).arrays())
    dataset.plan.write(folder / "plan.json")
    write_json(folder / "dimensions.json", {"parents": {name: one.scaling.as_dict() for name, one in parents.items()}})
    (folder / "reference.bin").write_bytes(dataset.reference)


def save_model(model, path: Path) -> None:
    """Writes a .keras file whose bytes depend on the weights alone: Keras puts dates and addresses in it."""
    units = tuple(layer.units for layer in model.layers[:-1])
    bare = network.build(model.input_shape[1], model.layers[0].kernel_constraint is not None, units)
    bare.set_weights(model.get_weights())
    bare.save(path)
    with zipfile.ZipFile(path) as old:
        entries = {name: old.read(name) for name in sorted(old.namelist())}
    about = json.loads(entries["metadata.json"])
    about["date_saved"] = "2020-01-01@00:00:00"
    entries["metadata.json"] = json.dumps(about, sort_keys=True).encode()
    entries["config.json"] = re.sub(rb'"shared_object_id": \d+', b'"shared_object_id": null', entries["config.json"])
    write_zip(path, entries)


def npy(array: np.ndarray) -> bytes:
    """An array as a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def write_zip(path: Path, entries: dict[str, bytes]) -> None:
    """A zip archive without the time of day."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, data)


def save_table(path: Path, table: Table, dataset: Dataset) -> None:
    alarms = dataset.policy.alarms_per_day
    arrays: dict[str, np.ndarray] = {
        "x": table.x,
        "fail": table.fail,
        "part": table.part,
        # convert sets the threshold on these: benign changes must pass, too
        "clean": table.clean | np.char.startswith(table.kind, "benign:"),
        "kind": table.kind,
        "severity": table.severity.astype(np.float32),
        "windows_per_day": np.array(dataset.windows_per_day),
        "alarms_per_day": np.array(np.nan if alarms is None else alarms),
    }
    save_arrays(path, arrays)


def save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """As ``savez``, whose archive holds the time of day."""
    write_zip(path, {f"{name}.npy": npy(np.asarray(array)) for name, array in arrays.items()})


def copy_policy(policy: Policy, out: Path) -> None:
    """The policy and the files that it names, where the later steps find them."""
    beside = policy.path.parent
    named = [rule.file for rule in policy.rules.values() if rule.file] + [model.file for model in policy.models]
    for source in named:
        target = out / source.relative_to(beside)
        if source.exists() and source.resolve() != target.resolve():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    if policy.path.resolve() != (out / "policy.toml").resolve():
        shutil.copyfile(policy.path, out / "policy.toml")


def write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n")
