"""motegate convert, from a train folder to models, packs and C arrays."""

import json
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from motegate.convert import convert as command
from motegate.convert import infer
from motegate.convert.convert import convert
from motegate.convert.model import canaries, count_mapping, oracle, pack, quantize, tflite_model
from motegate.convert.model.lower import lower
from motegate.convert.model.tflite_model import Tensor
from motegate.firmware.device.boot.reference import dump
from motegate.firmware.device.layout import MISSING
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.errors import InputError, RefusedError
from motegate.train import policy
from motegate.train.dataset.boundary import against, measure
from motegate.train.policy.plan_compiler import compile_policy

from .models import Fc, Sigmoid, build

POLICY = """
[stream]
name = "test"
period_ms = 1000
window = { length = 8, hop = 8 }
[stream.channels.pressure]
unit = "bar"
resolution = 0.001
range = [0.0, 10.0]
[parents.intrinsic]
children = ["completeness", "spike"]
[models.forecast]
file = "forecast.tflite"
[[actions]]
name = "use"
when = "intrinsic"
do = ["run:forecast"]
[[actions]]
name = "discard"
"""
COLUMNS = ["completeness", "spike"]


def boundary(path, plan) -> None:
    """As train leaves it: two ordinary windows, and one with all samples missing."""
    n, length = 3, plan.length
    counts = np.zeros((n, 1, length), np.int16)
    counts[2] = MISSING
    slots = {
        "counts": counts, "lateness": np.zeros((n, length), np.int16), "flags": np.zeros((n, length), np.int16),
        "carry": np.zeros((n, 1, 2), np.int32), "status": np.zeros((n, 0), np.int32),
    }  # fmt: skip
    blank = dump(Reference(plan.for_device(), None, 0))
    values = measure(plan, against(plan, blank, *slots.values()))
    about = {
        "names": np.array(["ordinary window 1", "ordinary window 2", "all samples missing"]),
        "kind": np.array(["", "", ""]), "severity": np.zeros(n), "values": values,
        "no_data": np.array([False, False, True]),
    }  # fmt: skip
    np.savez(path, **about, **slots)


def forecaster(length: int = 8) -> bytes:
    """The mean of a window, from bar."""
    weights = np.full((1, length), 127)
    return build(length, 10 / 255, -128, [Fc(weights, np.array([1 / 127 / length]), None, 10 / 255, -128)])


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A train folder as train leaves it, of a small network over two features."""
    pytest.importorskip("tensorflow", reason="pip install 'motegate[train]'")
    from motegate.train.capture_output import capture_output
    from motegate.train.model.network import build as network

    folder = tmp_path_factory.mktemp("work")
    (folder / "policy.toml").write_text(POLICY)
    (folder / "forecast.tflite").write_bytes(forecaster())
    trained = folder / "train"
    trained.mkdir()
    compiled = compile_policy(policy.load(folder / "policy.toml"))
    compiled.write(trained / "plan.json")
    (trained / "reference.bin").write_bytes(dump(Reference(compiled.for_device(), None, 0)))
    scaling = {"columns": COLUMNS, "centre": [512, 512], "mult": [1, 1], "shift": [2, 2]}
    (trained / "dimensions.json").write_text(json.dumps({"parents": {"intrinsic": scaling}}))
    rng = np.random.default_rng(0)
    fail = rng.random(1500) < 0.4
    x = np.where(fail[:, None], rng.integers(-60, 128, (1500, 2)), rng.integers(-128, -60, (1500, 2))).astype(np.int8)
    part = np.repeat([0, 1, 2], 500).astype(np.uint8)
    arrays = {"x": x, "fail": fail, "part": part, "clean": ~fail}
    arrays |= {"kind": np.where(fail, "spike", ""), "severity": np.where(fail, 4 + np.arange(1500) % 12, 0.0)}
    np.savez(trained / "features_intrinsic.npz", **arrays, windows_per_day=100.0, alarms_per_day=np.nan)
    boundary(trained / "boundary.npz", compiled)
    with capture_output():
        model = network(2)
        model.set_weights([np.abs(w) if w.ndim == 2 else w + 0.4 for w in model.get_weights()])
        model.save(trained / "intrinsic.keras")
    return folder


@pytest.fixture(scope="module")
def converted(work):
    return convert(work)


def test_where_the_board_adapts_a_pack_holds_canaries_that_the_base_has_right(work, tmp_path):
    other = shutil.copytree(work, tmp_path / "work")
    (other / "policy.toml").write_text(POLICY + "[adapt]\nenabled = true\n")
    compile_policy(policy.load(other / "policy.toml")).write(other / "train" / "plan.json")
    (threshold,) = [parent.threshold for parent in convert(other).parents]
    packed = pack.read((other / "convert" / "intrinsic.pack").read_bytes())
    assert (len(packed.canaries.bad), len(packed.canaries.good)) == (canaries.EACH, canaries.EACH)
    last = packed.layers[-2]
    levels = [last.bias + rows.astype(int) @ last.weights[0] for rows in (packed.canaries.bad, packed.canaries.good)]
    assert (levels[0] > threshold).all()
    assert (levels[1] <= threshold).all()


def test_a_board_that_does_not_adapt_carries_no_canaries(work, converted):
    assert pack.read((work / "convert" / "intrinsic.pack").read_bytes()).canaries is None


@pytest.mark.oracle
def test_it_reports_int8_against_float_and_what_the_model_takes(work, converted):
    (parent,) = converted.parents
    assert converted.oracle.startswith("tflite-micro")
    assert parent.test_windows == parent.verified_windows == 500
    assert parent.size.macs == 2 * 16 + 16 * 8 + 8
    assert parent.size.parameters == parent.size.macs + 16 + 8 + 1
    assert parent.size.arena_bytes > 500
    assert parent.f1_int8 == pytest.approx(parent.f1_float, abs=0.02)
    assert parent.f1_int8 > 0.8
    assert parent.largest_score_difference < 12
    found = json.loads((work / "convert" / "convert.json").read_text())
    assert found["parents"][0]["size"]["pack_bytes"] == (work / "convert" / "intrinsic.pack").stat().st_size
    assert found["parents"][0]["size"]["tflite_bytes"] == (work / "convert" / "intrinsic.tflite").stat().st_size
    assert any("arena" in line for line in converted.lines())


@pytest.mark.oracle
def test_it_leaves_what_the_bundle_and_a_tflm_program_need(work, converted):
    names = {path.name for path in (work / "convert").iterdir()}
    models = {
        f"{name}{end}" for name in ("intrinsic", "forecast") for end in (".tflite", ".pack", "_model.h", "_model.cc")
    }
    assert names == {*models, "plan.json", "reference.bin", "convert.json", "robustness.json"}
    assert not [path for path in work.iterdir() if path.name.startswith(".")]
    found = pack.read((work / "convert" / "intrinsic.pack").read_bytes())
    assert found.mapping == pack.Features((512, 512), (1, 1), (2, 2))
    kept = Reference(
        json.loads((work / "convert" / "plan.json").read_text()), (work / "convert" / "reference.bin").read_bytes(), 0
    )
    assert kept.threshold(0) == converted.parents[0].threshold


@pytest.mark.oracle
def test_the_input_is_the_devices_features_without_an_error(work, converted):
    model = tflite_model.read(work / "convert" / "intrinsic.tflite")
    assert model.input == Tensor(2, 1 / 128, 0)
    assert model.output == Tensor(1, 1 / 256, -128)


@pytest.mark.oracle
def test_the_threshold_keeps_the_alarm_budget_on_clean_windows_of_training_and_validation(work, converted):
    table = np.load(work / "train" / "features_intrinsic.npz")
    quiet = table["x"][(table["part"] < 2) & table["clean"]]
    packed = (work / "convert" / "intrinsic.pack").read_bytes()
    ((_, levels),) = infer.run([(packed, quiet)])
    assert converted.parents[0].threshold == levels.max()  # too few days to count: the largest clean level


@pytest.mark.oracle
def test_the_same_inputs_give_the_same_bytes_in_another_process(work, converted):
    before = {path.name: path.read_bytes() for path in (work / "convert").iterdir()}
    script = (
        "import sys; from pathlib import Path; from motegate.convert.convert import convert; convert(Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", script, work], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in (work / "convert").iterdir()} == before
    assert done.stdout == ""
    assert done.stderr == ""


@pytest.mark.oracle
def test_a_difference_from_the_oracle_refuses_and_leaves_the_old_folder(work, converted, monkeypatch):
    before = {path.name: path.read_bytes() for path in (work / "convert").iterdir()}
    true = oracle.Micro.run
    monkeypatch.setattr(oracle.Micro, "run", lambda self, rows: true(self, rows) ^ (np.arange(len(rows)) == 7)[:, None])
    with pytest.raises(RefusedError, match=r"differs from tflite-micro .* on 1 of 500 windows"):
        convert(work)
    assert {path.name: path.read_bytes() for path in (work / "convert").iterdir()} == before
    assert not [path for path in work.iterdir() if path.name.startswith(".")]


@pytest.mark.oracle
def test_without_the_vm_the_device_code_runs_here(work, monkeypatch):
    def nowhere():
        raise InputError("no VM")

    monkeypatch.setattr(command.vm, "find", nowhere)
    assert convert(work).vm == "cpython"


@pytest.mark.unit
def test_a_work_folder_that_was_not_trained_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"plan\.json: not what train writes .* run: motegate train"):
        convert(tmp_path)


@pytest.mark.unit
@pytest.mark.parametrize("content", ["", "{}", "[]", '{"parents": []}', "nothing"])
def test_an_emptied_plan_is_one_line(tmp_path, content):
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "plan.json").write_text(content)
    with pytest.raises(InputError, match=r"plan\.json: not what train writes .* run: motegate train") as no:
        convert(tmp_path)
    assert len(no.value.lines) == 1


@pytest.mark.unit
@pytest.mark.parametrize("content", [b"", b"nothing", None])
def test_a_table_of_features_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "features_x.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"features_x\.npz: not what train writes"):
        command._Table.read(path)


@pytest.mark.unit
def test_an_archive_without_the_arrays_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "f.npz", "w") as file:
        file.writestr("other.npy", b"")
    with pytest.raises(InputError, match="not what train writes"):
        command._Table.read(tmp_path / "f.npz")


@pytest.mark.oracle
def test_a_guarded_model_of_another_length_is_refused(work, converted, tmp_path):
    file = tmp_path / "forecast.tflite"
    file.write_bytes(forecaster(9))
    channel = policy.load(work / "policy.toml").channels[0]
    with pytest.raises(InputError, match=r"models\.forecast\.file: takes 9 values; the window's length is 8"):
        command._Run("cpython").model("forecast", file, channel, 8, tmp_path)


@pytest.mark.oracle
def test_a_guarded_model_reads_counts_as_its_own_units(work, converted):
    from array import array

    from motegate.firmware.device.boot.pack import Pack
    from motegate.firmware.device.network import Network

    net = Network(Pack((work / "convert" / "forecast.pack").read_bytes()))
    counts = policy.load(work / "policy.toml").channels[0].count(np.linspace(2.0, 4.0, 8))
    net.fill(array("h", counts.tolist()), 0, 0, 8)
    net.invoke()
    assert (net.output[0] + 128) * 10 / 255 == pytest.approx(3.0, abs=0.03)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("middle", "resolution", "tensor"),
    [
        (5.0, 0.001, Tensor(8, 10 / 255, -128)),
        (0.0, 1.0, Tensor(8, 235.0, 0)),
        (-20.0, 0.01, Tensor(8, 0.3, 60)),
        (1e5, 0.5, Tensor(8, 2.0, 0)),
    ],
)
def test_counts_become_the_models_input_within_one_step_of_rounding(middle, resolution, tensor):
    mapping = count_mapping.count_mapping(middle, resolution, tensor)
    count = np.arange(-32767, 32768)
    wanted = np.clip(np.floor((middle + count * resolution) / tensor.scale + tensor.zero_point + 0.5), -128, 127)
    got = np.clip((count * mapping.mult + mapping.bias) >> mapping.shift, -128, 127)
    assert np.abs(got - wanted).max() <= 1
    assert (got != wanted).mean() < 0.02
    assert np.abs(count * mapping.mult + mapping.bias).max() < 2**31


@pytest.mark.unit
def test_a_model_too_fine_for_the_counts_is_refused():
    with pytest.raises(InputError, match="too fine for counts"):
        count_mapping.count_mapping(0.0, 1000.0, Tensor(8, 0.001, 0))


@pytest.mark.unit
def test_a_door_that_is_not_the_devices_is_refused():
    layer = Fc(np.ones((1, 2)), np.array([0.1]), None, 0.1, 0)
    with pytest.raises(RefusedError, match=r"input of scale 0\.05\d*, zero point 0; needed is 1/128, 0"):
        quantize.check(build(2, 0.05, 0, [layer, Sigmoid()]), "x")
    with pytest.raises(RefusedError, match="not one logistic in int8"):
        quantize.check(build(2, 1 / 128, 0, [layer]), "x")


@pytest.mark.unit
def test_lowering_a_model_twice_gives_the_same_pack():
    model = tflite_model.parse(forecaster())
    assert pack.write(lower(model)) == pack.write(lower(model))
