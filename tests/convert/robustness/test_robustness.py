"""The robustness test of a converted model: what passes, and that what was made wrong on purpose fails by its name."""

import json
import shutil
import struct
from binascii import crc32
from dataclasses import replace

import numpy as np
import pytest
from motegate.convert import robustness
from motegate.convert.bundle import build
from motegate.convert.convert import convert, with_thresholds
from motegate.convert.model import pack
from motegate.convert.robustness import Windows, mutants
from motegate.convert.robustness.cases import FAIL, LOUD, OPEN, PASS, _expected
from motegate.firmware.device import layout
from motegate.firmware.device.boot.reference import dump
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.errors import InputError, RefusedError
from motegate.train.dataset import examples
from motegate.train.host import Trained
from motegate.train.training import train

from tests.train import synthetic

pytestmark = [pytest.mark.unit, pytest.mark.oracle]

FEW = {"train": 60, "validation": 30, "test": 20}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Trained and converted, with few examples."""
    folder = tmp_path_factory.mktemp("robust")
    kept = dict(examples.PER_KIND)
    examples.PER_KIND.update(FEW)
    policy = synthetic.policy_file(folder)
    policy.write_text(policy.read_text().replace('"drift", ', ""))
    train(policy, [synthetic.recording_file(folder / "a.csv", n=5000)], folder / "work")
    examples.PER_KIND.update(kept)
    convert(folder / "work")
    return folder / "work"


@pytest.fixture(scope="module")
def shipped(work) -> Trained:
    return Trained.load(work)


@pytest.fixture(scope="module")
def windows(work) -> Windows:
    return Windows.read(work / "train" / "boundary.npz")


@pytest.fixture(scope="module")
def cases(work):
    """Of the parent `intrinsic`."""
    return robustness.reopen(work)[2][0]


def judged(trained: Trained, windows: Windows, cases) -> robustness.Tested:
    (found,) = robustness.judge(trained, windows, [cases])
    return found


def test_what_convert_makes_is_robust_in_more_than_three_hundred_cases(work):
    found = robustness.read(work / "convert")
    assert [one.parent for one in found] == ["intrinsic", "contextual", "data_integrity"]
    assert all(one.passes for one in found), [one.failing for one in found if not one.passes]
    assert all(one.cases >= 300 for one in found)
    assert robustness.require(work) == found


def test_where_a_kind_of_fault_fails_its_parent_is_told(work):
    flips = {one.parent: one.flips for one in robustness.read(work / "convert")}
    assert flips["intrinsic"]["missing cells"] <= 16
    assert flips["data_integrity"]["missing cells"] is None
    assert flips["data_integrity"]["reordering"] <= 16


def test_its_line_says_from_where_on_which_faults_fail_it():
    flips = {"spike": 2.0, "noise": 0.5, "step": 2.0, "offset": None}
    tested = robustness.Tested("intrinsic", 1205, (), flips)
    expected = "intrinsic: robust in 1,205 cases; fails from 0.5 x limit by noise; 2 x limit by spike, step"
    assert tested.lines() == [expected]
    deaf = replace(tested, flips={}, deaf=("offset",)).lines()
    assert deaf[0] == "intrinsic: robust in 1,205 cases"
    assert deaf[1].startswith(
        "warning: intrinsic cannot fail by offset alone: good windows of the recording are as far out"
    )


def test_a_folder_that_is_opened_again_is_tested_the_same(work):
    assert robustness.judge(*robustness.reopen(work)) == robustness.read(work / "convert")


def test_nearly_every_mutant_that_changes_an_output_is_noticed(shipped, windows, cases):
    count = mutants.check(shipped, windows, cases, one_in=4)
    assert count.made > 40
    assert count.changed > 20
    assert count.noticed >= 0.95 * count.changed, count.missed


@pytest.mark.parametrize("by", [16, -16])
def test_a_threshold_that_is_off_by_16_fails_by_the_window_that_it_lies_at(shipped, windows, cases, by):
    reference = Reference(shipped.plan.for_device(), shipped.reference, 0)
    limits = [reference.trained_threshold(k) for k in range(reference.n_classifiers)]
    limits[0] += by
    wrong = replace(shipped, reference=with_thresholds(shipped.plan, shipped.reference, limits))
    found = judged(wrong, windows, cases)
    assert "the loudest good window that may pass" in {failing.case for failing in found.failing}
    assert any(str(limits[0]) in failing.why for failing in found.failing)


def test_a_halved_limit_fails_by_the_windows_in_which_it_shows(shipped, windows, cases):
    reference = Reference(shipped.plan.for_device(), shipped.reference, 0)
    plan = shipped.plan
    column = next(j for j in cases.parent.columns if plan.cells[plan.columns[j].cells[0]].mode == layout.FOLLOW)
    for k in plan.columns[column].cells:
        at = reference.limits + layout.LIMIT_STRIDE * k
        reference.set_limit(
            k, reference.array[at + layout.Q99] - (1 << 24), reference.array[at + layout.Q90] - (1 << 24)
        )
    found = judged(replace(shipped, reference=dump(reference)), windows, cases)
    assert any(f"{plan.columns[column].name} is" in failing.why for failing in found.failing)


def test_a_weight_whose_sign_is_turned_fails_where_its_dimension_rises(shipped, windows, cases):
    packed = pack.read(shipped.packs["intrinsic"])
    last = max(k for k, layer in enumerate(packed.layers) if isinstance(layer, pack.Dense))
    layer = packed.layers[last]
    weights = layer.weights.copy()
    heaviest = np.argmax(weights[0])
    weights[0, heaviest] = -weights[0, heaviest]
    layers = [*packed.layers[:last], replace(layer, weights=weights), *packed.layers[last + 1 :]]
    wrong = pack.write(replace(packed, layers=tuple(layers)))
    found = judged(replace(shipped, packs=shipped.packs | {"intrinsic": wrong}), windows, cases)
    assert any("the level falls" in failing.why for failing in found.failing)
    assert any("TensorFlow Lite Micro has" in failing.why for failing in found.failing)


def test_a_scaling_that_is_off_fails_by_the_value_that_is_read_wrong(shipped, windows, cases):
    packed = pack.read(shipped.packs["intrinsic"])
    centre = (packed.mapping.centre[0] + 16, *packed.mapping.centre[1:])
    wrong = pack.write(replace(packed, mapping=replace(packed.mapping, centre=centre)))
    found = judged(replace(shipped, packs=shipped.packs | {"intrinsic": wrong}), windows, cases)
    name = shipped.plan.columns[cases.parent.columns[0]].name
    assert f"{name} at 256" in {failing.case for failing in found.failing}


def test_a_limit_below_the_least_that_can_be_told_is_named(shipped, windows, cases):
    reference = Reference(shipped.plan.for_device(), shipped.reference, 0)
    k = min(shipped.plan.cells_of(cases.parent))
    low = reference.floors[k] - (1 << 20)
    reference.set_limit(k, low, low)
    found = judged(replace(shipped, reference=dump(reference)), windows, cases)
    assert any(failing.case.startswith("limit of completeness") for failing in found.failing)


def test_what_is_expected_follows_from_the_definitions_alone():
    values = np.array([[0, 0], [0, 255], [LOUD, 0], [0, LOUD - 1], [0, 0]])
    no_data = np.array([False, False, False, False, True])
    assert _expected(values, no_data, False).tolist() == [PASS, OPEN, FAIL, OPEN, FAIL]
    assert _expected(values, no_data, True).tolist() == [PASS, OPEN, OPEN, OPEN, FAIL]


def test_a_damaged_file_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"robustness\.json: not what convert writes .*; run: motegate convert"):
        robustness.read(tmp_path)
    (tmp_path / "boundary.npz").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"boundary\.npz: not what train writes .*; run: motegate train"):
        Windows.read(tmp_path / "boundary.npz")


@pytest.fixture
def failing(work, tmp_path):
    """A converted folder of which `contextual` is said to fail."""
    (tmp_path / "convert").mkdir()
    for name in ("contextual.pack", "reference.bin", robustness.FILE):
        (tmp_path / "convert" / name).write_bytes((work / "convert" / name).read_bytes())
    path = tmp_path / "convert" / robustness.FILE
    said = json.loads(path.read_text())
    said["parents"]["contextual"] |= {"passes": False, "failing": [{"case": "regime at 1020", "why": "passes"}]}
    path.write_text(json.dumps(said))
    return tmp_path


def test_a_parent_that_fails_is_refused_with_its_case_until_somebody_accepts_it(failing):
    with pytest.raises(RefusedError, match=r"contextual: fails 1 of .*\n.*regime at 1020: passes\n.*--accept-failing"):
        robustness.require(failing)
    robustness.accept(failing, ["contextual"], "the regime is not looked at here")
    robustness.require(failing)
    (entry,) = robustness.accepted(failing).values()
    assert entry["because"] == "the regime is not looked at here"
    assert entry["by"]


def test_what_is_made_again_must_be_accepted_again(failing):
    robustness.accept(failing, ["contextual"], "known")
    reference = bytearray((failing / "convert" / "reference.bin").read_bytes()[:-4])
    reference[-1] ^= 1
    (failing / "convert" / "reference.bin").write_bytes(bytes(reference) + struct.pack("<I", crc32(reference)))
    assert robustness.accepted(failing) == {}
    with pytest.raises(RefusedError):
        robustness.require(failing)


def test_only_what_fails_can_be_accepted_and_only_with_a_reason(failing):
    with pytest.raises(InputError, match=r"--accept-failing intrinsic: allowed: .*\(contextual\)"):
        robustness.accept(failing, ["intrinsic"], "so")
    with pytest.raises(InputError, match="--because: is empty"):
        robustness.accept(failing, ["contextual"], " ")
    (failing / "accepted.json").write_text("[]")
    with pytest.raises(InputError, match=r"accepted\.json: not what --accept-failing writes"):
        robustness.accepted(failing)


def test_a_bundle_of_a_failing_parent_is_refused_and_put_who_accepted_it_into_the_manifest(work, tmp_path):
    folder = shutil.copytree(work, tmp_path / "work")
    path = folder / "convert" / robustness.FILE
    said = json.loads(path.read_text())
    said["parents"]["contextual"] |= {"passes": False, "failing": [{"case": "regime at 1020", "why": "passes"}]}
    path.write_text(json.dumps(said))
    with pytest.raises(RefusedError, match="regime at 1020: passes"):
        build(folder, "UNIX")
    assert not (folder / "firmware" / "UNIX").exists()
    robustness.accept(folder, ["contextual"], "nobody looks at the regime")
    manifest = json.loads((build(folder, "UNIX").folder / "manifest.json").read_text())
    entry = manifest["robustness"]["contextual"]
    assert (entry["passes"], entry["failing"]) == (False, 1)
    assert entry["accepted"]["because"] == "nobody looks at the regime"
    assert manifest["robustness"]["intrinsic"] == {"passes": True, "cases": said["parents"]["intrinsic"]["cases"]}
