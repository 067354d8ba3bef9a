"""The oracles agree with each other, and say who they are."""

import subprocess
import sys

import numpy as np
import pytest
from motegate.convert.model import oracle
from motegate.firmware.errors import InputError

from ..random_models import Draw

pytestmark = pytest.mark.oracle

ELSEWHERE = """
import sys, numpy as np
from importlib.metadata import version
from motegate.convert.model.oracle import Lite
data, rows, out, package, distribution = sys.argv[1:]
lite = Lite(open(data, "rb").read(), package, version(distribution))
np.save(out, lite.run(np.load(rows)))
print(lite.name)
print(lite.tolerance)
"""


@pytest.mark.parametrize(("package", "distribution"), oracle.PACKAGES)
def test_tflites_reference_kernels_equal_tflm_within_their_tolerance(package, distribution, tmp_path):
    pytest.importorskip("tflite_micro", reason="pip install 'motegate[train]' (Linux x86-64)")
    if not oracle._installed(distribution):
        pytest.skip(f"pip install {distribution}")
    for seed in (3, 7, 11):
        draw = Draw(seed, rows=60)
        (tmp_path / "model").write_bytes(draw.data)
        np.save(tmp_path / "rows.npy", draw.inputs)
        paths = [tmp_path / "model", tmp_path / "rows.npy", tmp_path / "out.npy"]
        command = [sys.executable, "-c", ELSEWHERE, *paths, package, distribution]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        name, tolerance = done.stdout.strip().splitlines()
        assert name.endswith("reference kernels")
        assert int(tolerance) == (oracle.ONE_SCALE if distribution == "tflite-runtime" else oracle.ROUNDED_ONCE)
        apart = np.load(tmp_path / "out.npy").astype(int) - oracle.Micro(draw.data).run(draw.inputs)
        assert np.abs(apart).max() <= int(tolerance)


def test_tflm_comes_first_and_says_its_name_and_its_arena():
    pytest.importorskip("tflite_micro", reason="pip install 'motegate[train]' (Linux x86-64)")
    judge = oracle.load(Draw(1).data)
    assert judge.name.startswith("tflite-micro ")
    assert judge.tolerance == 0
    assert 200 < judge.arena_bytes < 20_000


def test_without_tflm_the_first_installed_tflite_is_taken(monkeypatch):
    taken = []
    monkeypatch.setattr(oracle, "_installed", lambda name: name in ("tflite-runtime", "tensorflow"))
    monkeypatch.setattr(oracle, "version", lambda name: "1")
    monkeypatch.setattr(oracle, "Lite", lambda data, package, release: taken.append(package))
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    oracle.load(b"")
    monkeypatch.setitem(sys.modules, "tensorflow", object())
    oracle.load(b"")
    assert taken == ["tflite_runtime.interpreter", "tensorflow.lite.python.interpreter"]


def test_without_any_oracle_the_command_that_provides_one_is_named(monkeypatch):
    monkeypatch.setattr(oracle, "_installed", lambda name: False)
    with pytest.raises(InputError, match=r"pip install 'motegate\[train\]'"):
        oracle.load(b"")
