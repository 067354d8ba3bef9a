"""Random int8 MLPs of every kind that the interpreter runs, their scales fitted so that outputs are not at a rail."""

import numpy as np

from .models import Fc, Sigmoid, build

ROWS = 240  # inputs on which a layer's range is seen


class Draw:
    """One model: 1 to 4 layers, 1 to 64 wide, and its inputs int8[rows, inputs]."""

    def __init__(self, seed: int, rows: int = 100):
        self.rng = rng = np.random.default_rng(seed)
        depth = int(rng.integers(1, 5))
        widths = [int(rng.choice([rng.integers(1, 65), rng.integers(1, 9)])) for _ in range(depth + 1)]
        scale, zero = float(np.float32(10 ** rng.uniform(-3, 0))), int(rng.integers(-128, 128))
        sample = rng.integers(-128, 128, (ROWS, widths[0]))
        self.inputs = rng.integers(-128, 128, (rows, widths[0])).astype(np.int8)
        layers, at = [], (scale, zero)
        for number in range(depth):
            last = number == depth - 1
            layer, sample = self._layer(sample, at, widths[number + 1], last)
            layers.append(layer)
            at = (layer.scale, layer.zero)
            if last and rng.random() < 0.4:
                layers.append(Sigmoid())
        self.layers = layers
        self.data = build(widths[0], scale, zero, layers)

    def _layer(self, sample, at, n_out: int, last: bool):
        rng, (scale, zero) = self.rng, at
        small = not last and rng.random() < 0.3  # small weights, outputs beyond the rails: multipliers above 1
        reach = 1 if small else int(rng.integers(20, 128))
        weights = rng.integers(-reach, reach + 1, (n_out, sample.shape[1]))
        per_channel = n_out > 1 and rng.random() < 0.5
        scales = 10 ** rng.uniform(-3, -1) * (rng.uniform(0.5, 1.5, n_out) if per_channel else np.ones(1))
        scales = scales.astype(np.float32)
        products = (sample - zero) @ weights.T
        spread = max(float(products.std()), 4.0)
        bias = None if rng.random() < 0.3 else rng.normal(0, spread, n_out).astype(np.int64)
        activation = str(rng.choice(["NONE", "RELU", "RELU6"]))
        if last and activation != "NONE":  # mostly above 0, so that few outputs are at that rail
            bias = (1.5 * spread - products.mean(axis=0) + rng.uniform(0, 1, n_out) * spread).astype(np.int64)
        real = (products + (0 if bias is None else bias)) * (scale * scales)
        if activation == "RELU6":  # bring 6 to where it clips some of the outputs, not most
            scales = (scales * np.float32(6 / max(np.abs(np.percentile(real, 95)), 1e-3))).astype(np.float32)
            real = (products + (0 if bias is None else bias)) * (scale * scales)
        low, high = np.percentile(real, [3, 97])
        if activation != "NONE":
            low, high = 0.0, max(high, 1e-3)
        fit = float(np.float32(max(high - low, 1e-4) / 255 * rng.uniform(1.0, 1.6)))
        if small:
            fit = float(np.float32(fit * rng.uniform(0.1, 0.6)))
        out_zero = int(np.clip(np.round(-128 - low / fit + rng.uniform(0, 40)), -128, 127))
        quantized = np.clip(np.round(real / fit) + out_zero, -128, 127)
        if activation != "NONE":
            quantized = np.maximum(quantized, out_zero)
        return Fc(weights, scales, bias, fit, out_zero, activation), quantized.astype(np.int64)
