"""The classifier of a parent: a small Keras network over int8 features, larger = worse.

Dense 16, 8, 1 with non-negative kernels: since every feature grows with a fault, so does the score; no weight
can trade one fault against another. Trained on int8 / 128, as the .tflite reads it. The same data, seed and
TensorFlow give the same weights.
"""

import contextlib
import functools
import os
from dataclasses import dataclass

import numpy as np

from ..capture_output import capture_output
from .trainer import Trainer, Watch

UNITS = (16, 8)
FINE = 1 << 12
RATE = 0.02
# Where clean windows come to lie on the logistic: their median at 0.02, their 99 % quantile at 0.27, none above 0.9
MEDIAN, HIGH, TOP = -4.0, -1.0, 2.2


@functools.cache
def keras():
    """Keras, quiet and deterministic: one thread, ordered sums."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    with capture_output():
        import tensorflow as tf

        # refused when TensorFlow has run in this process already; sums of this size stay on one thread anyway
        with contextlib.suppress(RuntimeError):
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
        tf.constant(0)
    return tf.keras


def build(n_inputs: int, monotone: bool = True, units: tuple[int, ...] = UNITS):
    """The untrained network, with so many hidden units in each layer."""
    k = keras()
    limit = k.constraints.NonNeg() if monotone else None
    layers = [k.layers.Input((n_inputs,), name="features")]
    layers += [k.layers.Dense(n, "relu", kernel_constraint=limit, name=f"hidden_{i}") for i, n in enumerate(units)]
    layers += [k.layers.Dense(1, "sigmoid", kernel_constraint=limit, name="failure")]
    return k.Sequential(layers, name="parent")


@dataclass(frozen=True)
class Settings:
    """How a network is trained: hidden ``units`` of each layer (none: it is linear), learning ``rate``, weight
    ``decay`` (Loshchilov and Hutter 2019), how many times the weight of good windows ``faulty`` ones have together, and
    which ``restart`` from other first weights it is."""

    units: tuple[int, ...] = UNITS
    rate: float = RATE
    decay: float = 0.0
    faulty: float = 1.0
    restart: int = 0


SETTINGS = Settings()


def fit(
    x, fail, weight, validation, seed: int, monotone: bool = True, settings: Settings = SETTINGS,
    watch: Watch | None = None,
):  # fmt: skip
    """Trains on ``x`` int8[n, k], ``fail`` bool[n], ``weight`` float[n]; stops early on ``validation``, the same three,
    or where ``watch(epoch, its loss)`` says so.

    Returns the Keras model, its last layer rescaled (``calibrate_logits``).
    """
    keras().utils.set_random_seed(seed + settings.restart)
    model = build(x.shape[1], monotone, settings.units)
    inputs = x.astype(np.float32) / 128
    rng = np.random.default_rng(seed + settings.restart)
    _start(model, inputs, monotone, rng)
    x_val, fail_val, weight_val = validation
    weight = np.where(fail, settings.faulty, 1.0) * weight
    trainer = _trainer(x.shape[1], monotone, settings.units, settings.decay)
    trainer.model.set_weights(model.get_weights())
    trainer.fit(
        (inputs, fail, weight), (x_val.astype(np.float32) / 128, fail_val, weight_val), settings.rate, rng, watch
    )
    model.set_weights(trainer.model.get_weights())
    calibrate_logits(model, x_val[~fail_val])
    return model


@functools.lru_cache(maxsize=16)
def _trainer(n_inputs: int, monotone: bool, units: tuple[int, ...], decay: float) -> Trainer:
    return Trainer(keras(), build(n_inputs, monotone, units), decay)


def _start(model, inputs: np.ndarray, monotone: bool, rng: np.random.Generator) -> None:
    """First weights: each unit listens to one input more than to the others, and wakes in its upper part.

    A fault moves few features, so detectors of single features are the natural start. With kernels of one sign and
    inputs near -1, the usual ones (dense, zero biases) leave every unit dead or every unit linear.
    """
    h = inputs[:: max(1, len(inputs) // 4096)]
    for layer in model.layers:
        kernel, _ = layer.get_weights()
        n_in, n_out = kernel.shape
        kernel *= 0.1
        if monotone:
            kernel = np.abs(kernel)
        own = np.concatenate([rng.permutation(n_in) for _ in range(-(-n_out // n_in))])[:n_out]
        kernel[own, np.arange(n_out)] += 1.0
        rest = np.setdiff1d(np.arange(n_in), own)
        kernel[rest, rng.integers(0, n_out, len(rest))] += 1.0
        z = h @ kernel
        at = 0.5 if layer is model.layers[-1] else 0.3
        layer.set_weights([kernel, -np.quantile(z, at, axis=0).astype(np.float32)])
        h = np.maximum(z - np.quantile(z, at, axis=0), 0)


def logits(model, x: np.ndarray) -> np.ndarray:
    """What goes into the logistic: float32[n] for int8[n, k]."""
    h = x.astype(np.float32) / 128
    for layer in model.layers:
        kernel, bias = layer.get_weights()
        z = h @ kernel + bias
        h = np.maximum(z, 0)
    return z[:, 0]


def levels(model, x: np.ndarray) -> np.ndarray:
    """Logits in steps of 1 / FINE: int64[n], for thresholds that are integers."""
    return np.round(logits(model, x) * FINE).astype(np.int64)


def calibrate_logits(model, clean: np.ndarray) -> None:
    """Rescales the last layer so that the int8 logistic has its steps where the threshold will be.

    Clean windows' median, 99 % quantile and largest go to MEDIAN, HIGH and at most TOP; order and verdicts stay.
    """
    z = logits(model, clean)
    middle, high, top = np.quantile(z, 0.5), np.quantile(z, 0.99), z.max()
    scale = (HIGH - MEDIAN) / max(high - middle, 1e-3)
    if (top - high) * scale > TOP - HIGH:
        scale = (TOP - HIGH) / (top - high)
    scale = float(np.clip(scale, 0.05, 20))
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel * scale, (bias - high) * scale + HIGH])


def scores(model, x: np.ndarray) -> np.ndarray:
    """int8[n]: the logistic in steps of 1/256 from -128 on, before the weights are quantized."""
    z = np.clip(logits(model, x).astype(np.float64), -60, 60)
    return np.clip(np.round(256 / (1 + np.exp(-z))) - 128, -128, 127).astype(np.int8)
