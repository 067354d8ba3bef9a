"""A classifier or a guarded model in int8: read, quantized, lowered to a pack, held against TFLM."""

from . import c_array, canaries, count_mapping, lower, oracle, pack, tflite_model
from .pack import Counts, Features
from .quantize import Classifier

__all__ = [
    "Classifier",
    "Counts",
    "Features",
    "c_array",
    "canaries",
    "count_mapping",
    "lower",
    "oracle",
    "pack",
    "tflite_model",
]
