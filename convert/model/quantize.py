"""A Keras classifier to a full int8 .tflite whose input is the device's int8 features, with no error at its input.

TensorFlow is imported when used; what it writes to the terminal is kept off it.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from motegate.firmware.errors import InputError, RefusedError
from motegate.train.capture_output import capture_output
from motegate.train.model import keras

from . import tflite_model
from .input_quantization import set_input

Run = Callable[[bytes, np.ndarray], np.ndarray]  # (.tflite, int8[n, k]) -> int8[n]
Verdicts = Callable[[np.ndarray], np.ndarray]  # scores[n] -> bool[n]

ROWS = 1000  # of the representative set: enough to see each activation's range
FEW = 200  # at least so many, when the model is nearly always sure
RUNG = 1  # of a ladder, in int8 steps of a feature
SPANS = (np.inf, 12.0, 8.0, 5.0, 3.0)  # logits
SCALE = 128  # Keras sees int8 features / 128


class Classifier:
    """A .keras file: float scores, and the int8 model made from it."""

    def __init__(self, path: Path):
        try:
            with capture_output():
                self._model = keras().models.load_model(path, compile=False)
        except (OSError, ValueError) as error:  # Keras has both for a file that is missing or damaged
            raise InputError(f"{path}: not a model that train writes; run: motegate train") from error
        self.path = path

    def scores(self, features: np.ndarray) -> np.ndarray:
        """The float model on int8[n, k], float64[n], on the int8 score's scale: 256 p - 128."""
        x = features.astype(np.float32) / SCALE
        with capture_output():
            p = np.asarray(self._model.predict(x, batch_size=4096, verbose=0), np.float64)
        return p.reshape(len(x)) * 256 - 128

    def quantize(self, features: np.ndarray, run: Run, fails: Verdicts) -> bytes:
        """The int8 .tflite; ``features`` int8[n, k] of training and validation, ``run`` is our interpreter.

        An activation's range comes from the windows shown to the converter: wide, and the steps near the
        threshold are coarse; narrow, and what lies beyond is at a rail. So each of ``SPANS`` is tried, and the
        model is taken whose verdicts (``fails``) differ from the float model's on the fewest windows; then the one
        whose scores do. RefusedError when the output is not the logistic's int8.
        """
        exact = self.scores(features)
        wanted = fails(np.floor(exact + 0.5))
        pool = np.vstack([features, ladder(features[exact.argmin()])])
        certain = logits(self.scores(pool))
        found = []
        for span in SPANS:
            data = self._convert(pool[representative(certain, span)])
            scores = run(data, features)
            found.append((int((fails(scores) != wanted).sum()), float(np.abs(scores - exact).mean()), data))
        return min(found, key=lambda candidate: candidate[:2])[2]

    def _convert(self, rows: np.ndarray) -> bytes:
        name = self.path.stem
        with capture_output():
            import tensorflow as tf

            converter = tf.lite.TFLiteConverter.from_keras_model(self._model)
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([row[None]] for row in rows.astype(np.float32) / SCALE)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.int8
            data = converter.convert()
        data = set_input(data, 1 / SCALE, 0, name)
        check(data, name)
        return data


def logits(scores: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)) of float scores 256 p - 128; infinite where p is 1 or 0."""
    p = (scores + 128) / 256
    with np.errstate(divide="ignore"):
        return np.log(p) - np.log1p(-p)


def ladder(window: np.ndarray) -> np.ndarray:
    """int8[m, k]: ``window`` (int8[k]) with one feature at a time raised by degrees.

    On a steep model hardly any window of a recording lies between good and bad; these do.
    """
    steps = np.arange(-128, 128, RUNG).astype(np.int8)
    rows = np.tile(window, (len(window), len(steps), 1))
    for j in range(len(window)):
        rows[j, :, j] = steps
    return rows.reshape(-1, len(window))


def representative(certain: np.ndarray, span: float) -> np.ndarray:
    """Indices of at most ``ROWS`` windows whose logit (``certain``) lies within +-span."""
    far = np.abs(certain)
    order = np.argsort(far, kind="stable")
    chosen = np.sort(order[: max(int((far <= span).sum()), min(FEW, len(order)))])
    return chosen[np.linspace(0, len(chosen) - 1, min(ROWS, len(chosen))).astype(int)]


def check(data: bytes, name: str) -> None:
    """Refuses a model whose input is not the device's."""
    model = tflite_model.parse(data, name)
    if (model.input.scale, model.input.zero_point) != (1 / SCALE, 0):
        raise RefusedError(
            f"{name}: the converter wrote an input of scale {model.input.scale:.9g}, zero point "
            f"{model.input.zero_point}; needed is 1/128, 0"
        )
    if model.output.size != 1 or (model.output.scale, model.output.zero_point) != (1 / 256, -128):
        raise RefusedError(f"{name}: the output is not one logistic in int8 (scale 1/256, zero point -128)")
