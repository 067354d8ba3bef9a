"""The three ways to the dimensions of a window give the same integers."""

import sys

import numpy as np
import pytest
from motegate.device_sim.features import compute, features
from motegate.firmware.device import dimensions
from motegate.firmware.errors import InputError
from motegate.train import policy as policies

from tests.convert.bundle import test_own_dimension
from tests.firmware import handmade

pytestmark = pytest.mark.device
WAYS = ("micropython", "cpython", "numpy")


def nothing(what, done, total):
    pass


def test_three_ways_write_the_same_file(work, recorded, tmp_path):
    files = []
    for vm in WAYS:
        assert features(work, [recorded], tmp_path / vm, vm=vm) == 200
        files.append((tmp_path / vm).read_text())
    assert files[0] == files[1] == files[2]
    head, first = files[0].splitlines()[:2]
    assert head.startswith("window,t_ms,completeness,validity,")
    assert first.startswith("0,1767225663000,")


def test_a_recording_of_several_files_is_one_stream(work, recorded):
    found = [compute(work, [recorded, recorded], vm, nothing)[1] for vm in WAYS]
    assert len(found[0][0]) == 400
    for ends, values in found[1:]:
        assert (ends == found[0][0]).all()
        assert (values == found[0][1]).all()


@pytest.mark.parametrize("vm", ["cpython", "numpy"])
def test_a_dimension_of_ones_own_is_measured_by_a_process_that_did_not_train_it(vm, tmp_path):
    own = test_own_dimension.work(tmp_path / "work")
    data = tmp_path / "a.csv"
    data.write_text(handmade.csv(policies.load(own / "policy.toml"), handmade.quiet(np.random.default_rng(3), 400)))
    sys.modules.pop(f"{dimensions.__name__}.leak")
    delattr(dimensions, "leak")
    plan, (_, values) = compute(own, [data], vm, nothing)
    leak = next(j for j, column in enumerate(plan.columns) if column.name == "leak")
    assert values[:, leak].any()


def test_another_vm_is_refused(work, recorded, tmp_path):
    with pytest.raises(InputError, match="--vm: lua; allowed: micropython, cpython, numpy"):
        features(work, [recorded], tmp_path / "out", vm="lua")
