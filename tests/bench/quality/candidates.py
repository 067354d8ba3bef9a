"""A gate learned once, with all of its candidates through ``convert``: int8, by the device's own code."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from motegate.convert.convert import Size, convert
from motegate.train import learning as training
from motegate.train import policy, work
from motegate.train.dataset import Dataset, Table
from motegate.train.features import Scaling
from motegate.train.host import Panel, Trained
from motegate.train.model import network
from motegate.train.model.candidates import NAMES

from .judge import Batch, Judge

SEED = 0


@dataclass(frozen=True)
class Learned:
    """``tables``: parent -> what it learned from; ``chosen``: parent -> the candidate that is shipped; ``models``:
    (parent, candidate) -> its Keras model; ``trained``: candidate -> work folder in which every parent has it."""

    dataset: Dataset
    tables: dict[str, Table]
    scalings: dict[str, Scaling]
    chosen: dict[str, str]
    models: dict[tuple[str, str], object]
    trained: dict[str, Trained]
    sizes: dict[tuple[str, str], Size]

    @property
    def gate(self) -> Trained:
        """For a stream: what all candidates share."""
        return self.trained[NAMES[0]]

    def features(self, parent: str, values: np.ndarray) -> np.ndarray:
        """int8[n, k] of values int16[n, columns]."""
        return self.scalings[parent].apply(values[:, list(self.dataset.plan.parent(parent).columns)])

    def candidate(self, parent: str, name: str) -> Judge:
        """The device's level, int32."""
        panel, number = Panel(self.trained[name]), self.dataset.plan.parent(parent).classifier

        def score(batch: Batch) -> np.ndarray:
            return panel.judge(batch.values, batch.no_data)[1][:, number].astype(float)

        size = self.sizes[parent, name]
        return Judge(name, score, f"{size.pack_bytes}", f"{size.macs}")

    def float_candidate(self, parent: str, name: str) -> Judge:
        """The same before its weights were quantized: the logit, float32."""
        model = self.models[parent, name]
        return Judge(
            f"{name} in float",
            lambda batch: network.logits(model, self.features(parent, batch.values)).astype(float),
            f"{4 * sum(weights.size for weights in model.get_weights())}",
            f"{self.sizes[parent, name].macs}",
        )


def learn(rules_file: Path, data: list[Path], folder: Path) -> Learned:
    """As ``train`` and ``convert`` do, but with every candidate."""
    rules = policy.load(rules_file)
    gate = training.learn(rules, data, SEED)
    dataset = gate.dataset
    tables = {name: one.table for name, one in gate.parents.items()}
    scalings = {name: one.scaling for name, one in gate.parents.items()}
    chosen = {name: one.chosen.name for name, one in gate.parents.items()}
    models = {(name, one.name): one.model for name, parent in gate.parents.items() for one in parent.found}
    trained, sizes = {}, {}
    for kind in NAMES:
        out = folder / kind
        made = out / "train"
        made.mkdir(parents=True)
        parents = {name: work.Learned(models[name, kind], table, scalings[name]) for name, table in tables.items()}
        work.save(made, dataset, parents, SEED, gate.listed)
        shutil.copyfile(rules_file, out / "policy.toml")
        sizes |= {(parent.name, kind): parent.size for parent in convert(out).parents}
        trained[kind] = Trained.load(out)
    return Learned(dataset, tables, scalings, chosen, models, trained, sizes)


def shipped(learned: Learned, parent: str) -> Judge:
    return replace(learned.candidate(parent, learned.chosen[parent]), name="shipped")
