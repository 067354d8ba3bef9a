"""Makes the model that the gate guards: a small int8 forecaster of pressure, from windows that passed.

    python -m motegate.examples.compressed_air.forecast --data skab_anomaly_free.csv

It takes a window's 64 samples and gives the mean of the next eight. Two dense layers, int8 in and out, so that the
device's interpreter runs it as it runs the gate's own classifiers.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from motegate.firmware.device.layout import MISSING
from motegate.firmware.errors import InputError
from motegate.train import policy, training
from motegate.train.capture_output import capture_output
from motegate.train.dataset import dataset
from motegate.train.features import Scaling
from motegate.train.model import network

HERE = Path(__file__).parent
AHEAD = 8
UNITS = 8
EPOCHS = 60
TRAIN_SHARE = 0.7


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes forecast.tflite from windows that the gate lets pass.")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="recordings of pressure")
    parser.add_argument("--policy", type=Path, default=HERE / "policy.toml")
    parser.add_argument("--out", type=Path, default=HERE / "forecast.tflite")
    args = parser.parse_args()
    try:
        windows, targets = passed(args.policy, args.data)
    except InputError as error:
        parser.error(str(error))
    print(make(windows, targets, args.out))


def passed(policy_path: Path, data: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    """Windows whose every classifier passes, float32[n, L], and the mean of the AHEAD samples behind each."""
    rules = policy.load(policy_path)
    with tempfile.TemporaryDirectory() as folder:
        learned = training.train(policy_path, data, Path(folder) / "work")
        found = dataset.load(rules, data)
        good = found.clean.copy()
        for name in rules.classifiers:
            columns = list(rules.columns_of(name))
            features = Scaling.default(tuple(rules.columns[j] for j in columns)).apply(found.values[:, columns])
            model = network.keras().models.load_model(learned.work / "train" / f"{name}.keras", compile=False)
            tested = json.loads((learned.work / "train" / "metrics.json").read_text())
            limit = tested["parents"][name]["classifier"]["threshold"]
            good &= network.scores(model, features) <= limit
    channel = rules.channels[0]
    starts = found.slots.windows[found.judged[good]]
    starts = starts[starts + rules.length + AHEAD <= found.slots.counts.shape[1]]
    counts = found.slots.counts[0][starts[:, None] + np.arange(rules.length + AHEAD)]
    samples = (counts * channel.resolution + channel.middle).astype(np.float32)
    there = counts != MISSING
    ahead = there[:, rules.length :]
    targets = (samples[:, rules.length :] * ahead).sum(axis=1) / np.maximum(ahead.sum(axis=1), 1)
    return _held(samples, there)[:, : rules.length][ahead.any(axis=1)], targets[ahead.any(axis=1)]


def _held(samples: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Missing samples repeat the one before them, and at the start the first: as the device fills the model's input."""
    newest = np.maximum.accumulate(np.where(there, np.arange(samples.shape[1]), 0), axis=1)
    newest = np.where(there[:, :1], newest, np.maximum(newest, there.argmax(axis=1)[:, None]))
    return np.take_along_axis(samples, newest, axis=1)


def make(windows: np.ndarray, targets: np.ndarray, out: Path, seed: int = 0) -> str:
    """Trains, quantizes and writes the forecaster; says in a line how good it is."""
    k = network.keras()
    import tensorflow as tf

    k.utils.set_random_seed(seed)
    cut = int(TRAIN_SHARE * len(windows))
    model = k.Sequential([k.layers.Input((windows.shape[1],)), k.layers.Dense(UNITS, "relu"), k.layers.Dense(1)])
    model.compile(k.optimizers.Adam(0.003), "mse")
    model.fit(windows[:cut], targets[:cut], batch_size=64, epochs=EPOCHS, verbose=0)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row[None]] for row in windows[:cut])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    with capture_output():
        data = converter.convert()
    out.write_bytes(data)
    errors = np.abs(np.asarray(model(windows[cut:]))[:, 0] - targets[cut:])
    last = np.abs(windows[cut:, -1] - targets[cut:])
    return (
        f"{out}: {len(windows)} windows passed; mean error on the last {len(windows) - cut}: {errors.mean():.3f}, "
        f"of the last sample taken for the next {AHEAD}: {last.mean():.3f}"
    )


if __name__ == "__main__":
    main()
