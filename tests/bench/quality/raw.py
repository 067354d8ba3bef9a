"""A float network on the raw window: samples, which are there, and how late; no dimension, no reference."""

import numpy as np
from motegate.firmware.device.layout import ABSENT, MISSING
from motegate.train import faults
from motegate.train.dataset import TRAIN, VALIDATION, Dataset, examples
from motegate.train.model import keras

from .candidates import SEED
from .judge import Judge

UNITS = (32, 16)
EPOCHS, PATIENCE, BATCH = 60, 8, 256
EACH = {TRAIN: 240, VALIDATION: 100}  # of a kind, as the gate has them


def judges(dataset: Dataset) -> dict[str, Judge]:
    """Parent -> its network, which learned from the same kinds in windows of the same parts."""
    parts = {part: _faulty(dataset, part) for part in (TRAIN, VALIDATION)}
    good = {part: _good(dataset, part) for part in parts}
    counts = np.where(good[TRAIN].counts == MISSING, np.nan, good[TRAIN].counts.astype(float))
    middle, spread = np.nanmean(counts, axis=(0, 2)), np.maximum(np.nanstd(counts, axis=(0, 2)), 1)

    def inputs(batch) -> np.ndarray:
        there = batch.counts != MISSING
        samples = np.where(there, (batch.counts - middle[:, None]) / spread[:, None], 0)
        late = np.where(batch.flags & ABSENT, 0, batch.lateness / 32768)
        flat = [samples.reshape(len(samples), -1), there.reshape(len(there), -1), late]
        return np.concatenate(flat, axis=1).astype(np.float32)

    made = {}
    for parent in dataset.plan.classifiers:
        sets = {}
        for part, found in parts.items():
            mine = [windows for windows, cells in found if faults.fails(dataset.plan, parent, cells).any()]
            rows = [inputs(good[part]), *(inputs(windows) for windows in mine)]
            fail = np.repeat([0.0, *[1.0] * len(mine)], [len(each) for each in rows])
            weight = np.repeat([1.0 / len(each) / (1 if k == 0 else len(mine)) for k, each in enumerate(rows)],
                               [len(each) for each in rows])  # fmt: skip
            sets[part] = np.concatenate(rows), fail, weight * len(fail) / weight.sum()
        made[parent.name] = _network(sets, inputs)
    return made


def _network(sets: dict[int, tuple], inputs) -> Judge:
    k = keras()
    k.utils.set_random_seed(SEED)
    x, fail, weight = sets[TRAIN]
    layers = [k.layers.Input((x.shape[1],)), *(k.layers.Dense(n, "relu") for n in UNITS), k.layers.Dense(1)]
    model = k.Sequential(layers)
    model.compile(k.optimizers.Adam(0.002), k.losses.BinaryCrossentropy(from_logits=True))
    stop = k.callbacks.EarlyStopping("val_loss", patience=PATIENCE, restore_best_weights=True)
    model.fit(
        x, fail, sample_weight=weight, validation_data=sets[VALIDATION], batch_size=BATCH, epochs=EPOCHS,
        callbacks=[stop], verbose=0,
    )  # fmt: skip
    kernels = [array for array in model.get_weights() if array.ndim == 2]
    return Judge(
        "float network on the raw window",
        lambda batch: np.asarray(model.predict(inputs(batch), batch_size=4096, verbose=0))[:, 0].astype(float),
        f"{4 * sum(array.size for array in model.get_weights())}",
        f"{sum(kernel.size for kernel in kernels)}",
    )


def _good(dataset: Dataset, part: int) -> faults.Windows:
    return dataset.windows(dataset.good(part))


def _faulty(dataset: Dataset, part: int) -> list[tuple[faults.Windows, np.ndarray]]:
    """Windows of each kind, and their homes."""
    rng = np.random.default_rng([SEED, part])
    good = dataset.good(part)
    found = []
    for kind in faults.kinds(dataset.plan, dataset.windows(good[:1])):
        asked = examples.spread(rng, examples.TRAINING, EACH[part])
        made = faults.inject(dataset.plan, dataset.windows(rng.choice(good, len(asked))), kind, asked, rng)
        shown = made.severity >= examples.SHOWN * np.minimum(asked, 1.0)
        if shown.any() and not made.raised:
            found.append((made.windows.take(np.flatnonzero(shown)), made.cell[shown]))
    return found
