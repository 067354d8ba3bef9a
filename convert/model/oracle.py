"""The oracle of the int8 arithmetic: TensorFlow Lite Micro, or TFLite's reference kernels where it can't run."""

import importlib
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

import numpy as np
from motegate.firmware.errors import InputError
from motegate.train.capture_output import capture_output

ROUNDED_ONCE = 8
ONE_SCALE = 4


class Oracle(Protocol):
    """One model.

    name          whose arithmetic this is
    arena_bytes   what TFLM needs of RAM (None: unknown)
    tolerance     largest difference from TFLM, in int8 steps of the output, that is its own: 0 is bit for bit
    """

    name: str
    arena_bytes: int | None
    tolerance: int

    def run(self, rows: np.ndarray) -> np.ndarray:
        """int8[n, inputs] to int8[n, outputs]."""
        ...


class Micro:
    """TensorFlow Lite Micro's reference kernels, from the package tflite-micro."""

    tolerance = 0

    def __init__(self, data: bytes):
        from tflite_micro.python.tflite_micro import runtime

        with capture_output():
            self._interpreter = runtime.Interpreter.from_bytes(data, arena_size=65536 + 10 * len(data))
        self.name = f"tflite-micro {version('tflite-micro')}"
        self.arena_bytes = self._measure()

    def _measure(self) -> int | None:
        details = self._interpreter.get_input_details(0)
        with capture_output() as log:
            self._interpreter.set_input(np.zeros(details["shape"], np.int8), 0)
            self._interpreter.invoke()
            self._interpreter.print_allocations()
            found = re.search(r"Arena allocation total (\d+) bytes", log.text)
        self._shape = tuple(details["shape"])
        return int(found.group(1)) if found else None

    def run(self, rows: np.ndarray) -> np.ndarray:
        interpreter, results = self._interpreter, []
        for row in rows:
            interpreter.set_input(row.reshape(self._shape), 0)
            interpreter.invoke()
            results.append(interpreter.get_output(0).reshape(-1).copy())
        return np.array(results, np.int8)


class Lite:
    """TFLite's reference kernels, from one of three packages.

    tflite-runtime 2.14 rounds twice as TFLM does (its logistic is another table, equal below an input scale of
    2), but a layer with one weight scale, as that of a single output, has a multiplier from a float32 product, so one
    sum in some ten thousand is a step off. ai-edge-litert 2 and TensorFlow 2.21 round once, with any resolver, so each
    layer may be a step off.
    """

    arena_bytes: int | None = None

    def __init__(self, data: bytes, package: str, release: str):
        with capture_output():
            module = importlib.import_module(package)
            self._interpreter = module.Interpreter(
                model_content=data, experimental_op_resolver_type=module.OpResolverType.BUILTIN_REF
            )
            self._interpreter.allocate_tensors()
        self.name = f"{package.split('.')[0]} {release}, reference kernels"
        self.tolerance = ONE_SCALE if package.startswith("tflite_runtime") else ROUNDED_ONCE
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]

    def run(self, rows: np.ndarray) -> np.ndarray:
        results = []
        for row in rows:
            self._interpreter.set_tensor(self._input["index"], row.reshape(self._input["shape"]))
            self._interpreter.invoke()
            results.append(self._interpreter.get_tensor(self._output["index"]).reshape(-1))
        return np.array(results, np.int8)


PACKAGES = (  # of the reference kernels, with what each is installed as
    ("tflite_runtime.interpreter", "tflite-runtime"),
    ("ai_edge_litert.interpreter", "ai-edge-litert"),
    ("tensorflow.lite.python.interpreter", "tensorflow"),
)


def load(data: bytes) -> Oracle:
    """The best oracle that is installed, for the .tflite in ``data``; InputError when there is none."""
    if _installed("tflite-micro"):
        return Micro(data)
    for package, distribution in PACKAGES:
        # tflite_runtime fails in a process that has imported tensorflow ("vector::reserve")
        clash = package.startswith("tflite_runtime") and "tensorflow" in sys.modules
        if _installed(distribution) and not clash:
            return Lite(data, package, version(distribution))
    raise InputError(
        "no TFLM and no TFLite to verify against: pip install 'motegate[train]' provides tflite-micro "
        "(Linux x86-64) or tflite-runtime, ai-edge-litert or tensorflow"
    )


def _installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True
