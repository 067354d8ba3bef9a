"""Inference over arrays and files, on both machines."""

import re
import subprocess

import numpy as np
import pytest
from motegate.convert import infer
from motegate.convert.model.tflite_model import ModelError
from motegate.firmware.errors import InputError

from .random_models import Draw


@pytest.fixture
def drawn(tmp_path):
    draw = Draw(5, rows=30)
    model = tmp_path / "model.tflite"
    model.write_bytes(draw.data)
    return model, draw.inputs


@pytest.mark.device
def test_both_machines_give_the_same_bytes(drawn):
    model, rows = drawn
    there, here = infer.infer(model, rows), infer.infer(model, rows, vm="cpython")
    assert there.dtype == here.dtype == np.int8
    assert (there == here).all()
    assert (infer.infer(model, rows[3])[0] == there[3]).all()


@pytest.mark.unit
def test_no_rows_give_no_results(drawn):
    model, rows = drawn
    result = infer.infer(model, rows[:0], vm="cpython")
    assert result.shape[0] == 0


@pytest.mark.device
def test_no_rows_give_no_results_on_the_vm(drawn):
    model, rows = drawn
    assert infer.infer(model, rows[:0]).shape == infer.infer(model, rows[:0], vm="cpython").shape


@pytest.mark.unit
@pytest.mark.parametrize("data", [np.zeros((2, 99), np.int8), np.zeros((2, 3)), np.zeros((1, 1, 1), np.int8)])
def test_data_of_another_type_or_shape_is_refused(drawn, data):
    model, rows = drawn
    with pytest.raises(InputError, match=rf"takes int8\[n, {rows.shape[1]}\]"):
        infer.infer(model, data)


@pytest.mark.unit
def test_another_machine_is_refused(drawn):
    with pytest.raises(InputError, match="allowed: micropython, cpython"):
        infer.infer(*drawn, vm="java")


@pytest.mark.unit
def test_a_file_in_gives_a_file_out(drawn, tmp_path):
    model, rows = drawn
    np.save(tmp_path / "in.npy", rows)
    infer.infer_file(model, tmp_path / "in.npy", tmp_path / "out.npy", vm="cpython")
    assert (np.load(tmp_path / "out.npy") == infer.infer(model, rows, "cpython")).all()
    assert {path.name for path in tmp_path.iterdir()} == {"model.tflite", "in.npy", "out.npy"}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "not a .npy array"), (b"not an array", "not a .npy array"), (None, "cannot be read (No such file")],
)
def test_a_file_that_is_no_array_is_refused(drawn, tmp_path, content, said):
    if content is not None:
        (tmp_path / "in.npy").write_bytes(content)
    with pytest.raises(InputError, match=re.escape(f"in.npy: {said}")):
        infer.infer_file(drawn[0], tmp_path / "in.npy", tmp_path / "out.npy", vm="cpython")
    assert not (tmp_path / "out.npy").exists()


@pytest.mark.unit
def test_an_array_of_another_type_is_refused_by_its_files_name(drawn, tmp_path):
    np.save(tmp_path / "in.npy", drawn[1].astype(np.float32))
    with pytest.raises(InputError, match=r"in\.npy: float32\[30, \d+\]; .* takes int8"):
        infer.infer_file(drawn[0], tmp_path / "in.npy", tmp_path / "out.npy", vm="cpython")


@pytest.mark.unit
def test_an_archive_of_arrays_is_refused(drawn, tmp_path):
    np.savez(tmp_path / "in.npz", a=drawn[1])
    with pytest.raises(InputError, match="an archive of arrays"):
        infer.infer_file(drawn[0], tmp_path / "in.npz", tmp_path / "out.npy", vm="cpython")


@pytest.mark.unit
def test_a_file_that_is_no_model_is_refused(drawn, tmp_path):
    np.save(tmp_path / "in.npy", drawn[1])
    with pytest.raises(ModelError, match=r"not a \.tflite file"):
        infer.infer_file(tmp_path / "in.npy", tmp_path / "in.npy", tmp_path / "out.npy", vm="cpython")


@pytest.mark.unit
def test_a_machine_that_fails_is_reported_with_what_it_said(drawn, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, b"MemoryError: here")
    monkeypatch.setattr(infer.micropython, "run", lambda *a, **k: failed)
    with pytest.raises(RuntimeError, match="MemoryError: here"):
        infer.infer(*drawn)
