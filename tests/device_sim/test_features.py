"""The three ways to the dimensions of a window give the same integers."""

import pytest
from motegate.device_sim.features import compute, features
from motegate.firmware.errors import InputError

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


def test_another_vm_is_refused(work, recorded, tmp_path):
    with pytest.raises(InputError, match="--vm: lua; allowed: micropython, cpython, numpy"):
        features(work, [recorded], tmp_path / "out", vm="lua")
