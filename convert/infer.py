"""Any int8 .tflite that our interpreter runs, over an array of inputs, by the device's own code."""

import io
import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from motegate.firmware import atomic
from motegate.firmware import vm as micropython
from motegate.firmware.device.boot.pack import Pack
from motegate.firmware.device.network import Network
from motegate.firmware.errors import InputError

from .bundle import device_tree
from .model import lower, pack, tflite_model

VMS = ("micropython", "cpython")


def infer(model: Path, data: np.ndarray, vm: str = "micropython", name: str | Path = "data") -> np.ndarray:
    """int8[n, outputs] for ``data`` int8[n, inputs] (int8[inputs] for one), by the device's interpreter.

    ``name``: what an error calls the data.
    """
    parsed = tflite_model.read(model)
    rows = np.atleast_2d(data)
    if rows.dtype != np.int8 or rows.ndim != 2 or rows.shape[1] != parsed.input.size:
        raise InputError(f"{name}: {data.dtype}{list(data.shape)}; {model} takes int8[n, {parsed.input.size}]")
    return run([(pack.write(lower.lower(parsed)), rows)], vm)[0][0]


def infer_file(model: Path, data: Path, out: Path, vm: str = "micropython") -> None:
    """``infer`` from a .npy file to another, which appears whole or not at all."""
    try:
        rows = np.load(data, allow_pickle=False)
    except OSError as error:
        raise InputError(
            f"{data}: cannot be read ({error.strerror}); allowed: int8[n, inputs] in a .npy file"
        ) from None
    except (ValueError, EOFError) as error:
        raise InputError(f"{data}: not a .npy array ({error}); allowed: int8[n, inputs]") from error
    if not isinstance(rows, np.ndarray):
        raise InputError(f"{data}: an archive of arrays; allowed: one int8[n, inputs] in a .npy file")
    result = infer(model, rows, vm, data)
    buffer = io.BytesIO()
    np.save(buffer, result)
    atomic.write(out, buffer.getvalue())


Result = tuple[np.ndarray, np.ndarray]
"""Outputs int8[n, outputs]; levels int32[n], the last accumulator of each (firmware/device/network.py)."""


def run(jobs: Iterable[tuple[bytes, np.ndarray]], vm: str = "micropython") -> list[Result]:
    """For each (pack, int8[n, inputs]) what it answers; on the VM all in one process."""
    jobs = [(data, np.ascontiguousarray(rows, np.int8)) for data, rows in jobs]
    if vm == "cpython":
        return [_here(data, rows) for data, rows in jobs]
    if vm != "micropython":
        raise InputError(f"--vm {vm}: allowed: {', '.join(VMS)}")
    return _there(jobs)


def _here(data: bytes, rows: np.ndarray) -> Result:
    network = Network(Pack(data))
    inputs, outputs = np.asarray(network.input), np.asarray(network.output)
    result = np.empty((len(rows), network.outputs), np.int8)
    levels = np.empty(len(rows), np.int32)
    for i, row in enumerate(rows):
        inputs[:] = row
        network.invoke()
        result[i] = outputs
        levels[i] = network.level()
    return result, levels


def _there(jobs: list[tuple[bytes, np.ndarray]]) -> list[Result]:
    script = Path(__file__).with_name("infer_vm.py")
    with tempfile.TemporaryDirectory(prefix="motegate-infer-") as folder:
        source, target = Path(folder) / "jobs", Path(folder) / "results"
        with source.open("wb") as file:
            for data, rows in jobs:
                file.write(struct.pack("<II", len(data), len(rows)) + data + rows.tobytes())
        done = micropython.run(script, [source, target], heap="8M", path=[device_tree()])
        if done.returncode != 0:
            raise RuntimeError(f"the MicroPython VM failed:\n{done.stdout.decode(errors='replace')}")
        results = target.read_bytes()
    found, at = [], 0
    for data, rows in jobs:
        form = np.dtype([("output", np.int8, (pack.read(data).outputs,)), ("level", "<i4")])
        part = np.frombuffer(results, form, len(rows), at)
        found.append((part["output"].copy(), part["level"].copy()))
        at += part.nbytes
    return found
