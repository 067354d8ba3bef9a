"""A Keras classifier to a full int8 .tflite whose input is the device's int8 features, with no error at the door.

TensorFlow is imported when used; what it writes to the terminal is kept off it.
"""

from pathlib import Path

import numpy as np
from motegate.firmware.errors import RefusedError
from motegate.train.network import keras

from . import tflite_model
from .quiet import captured

ROWS = 1000  # of the representative set: enough to see each activation's range
SCALE = 128  # Keras sees int8 features / 128


class Classifier:
    """A .keras file: float scores, and the int8 model made from it."""

    def __init__(self, path: Path):
        with captured():
            self._model = keras().models.load_model(path, compile=False)
        self.path = path

    def scores(self, features: np.ndarray) -> np.ndarray:
        """The float model on int8[n, k], float64[n], on the int8 score's scale: 256 p - 128."""
        x = features.astype(np.float32) / SCALE
        with captured():
            p = np.asarray(self._model.predict(x, batch_size=4096, verbose=0), np.float64)
        return p.reshape(len(x)) * 256 - 128

    def quantize(self, features: np.ndarray) -> bytes:
        """The int8 .tflite; ``features`` int8[n, k] of the training part give the activations' ranges.

        RefusedError when the converter wrote another input than scale 1/128, zero point 0, or another output
        than the logistic's int8.
        """
        rows = representative(features)
        with captured():
            import tensorflow as tf

            converter = tf.lite.TFLiteConverter.from_keras_model(self._model)
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([row[None]] for row in rows)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.int8
            data = converter.convert()
        check(data, self.path.stem)
        return data


def representative(features: np.ndarray) -> np.ndarray:
    """float32[m, k], m <= ROWS + 2: rows spread over ``features`` (int8[n, k]), and both rails of the input.

    A rail is one feature of a row that lies near it already, so that the other activations keep their range.
    """
    spread = features[np.linspace(0, len(features) - 1, min(ROWS, len(features))).astype(int)]
    low, high = (spread[spread.max(axis=1).argmin()].copy(), spread[spread.max(axis=1).argmax()].copy())
    low[low.argmin()] = -128
    high[high.argmax()] = 127
    return np.vstack([spread, low, high]).astype(np.float32) / SCALE


def check(data: bytes, name: str) -> None:
    """Refuses a model whose door is not the device's."""
    model = tflite_model.parse(data, name)
    if (model.input.scale, model.input.zero_point) != (1 / SCALE, 0):
        raise RefusedError(
            f"{name}: the converter wrote an input of scale {model.input.scale:.9g}, zero point "
            f"{model.input.zero_point}; needed is 1/128, 0"
        )
    if model.output.size != 1 or (model.output.scale, model.output.zero_point) != (1 / 256, -128):
        raise RefusedError(f"{name}: the output is not one logistic in int8 (scale 1/256, zero point -128)")
