"""Training from end to end, on a small synthetic stream."""

import hashlib
import json

import numpy as np
import pytest
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.errors import InputError
from motegate.train import faults, policy
from motegate.train.dataset import dataset, examples, pairs, split
from motegate.train.dataset.dataset import TrainingError
from motegate.train.dataset.parent_table import table_of, weights
from motegate.train.features import Scaling
from motegate.train.policy import plan as plans
from motegate.train.training import train

from .synthetic import policy_file, recording_file

pytestmark = pytest.mark.unit

FEW = {"train": 60, "validation": 30, "test": 20}


@pytest.fixture(autouse=True, scope="module")
def few_lessons():
    kept = dict(examples.PER_KIND)
    examples.PER_KIND.update(FEW)
    yield
    examples.PER_KIND.update(kept)


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stream")
    fail = np.zeros(8000, bool)
    fail[3000:3200] = fail[7500:7600] = True
    level = np.where(fail, 30.0, 0.0)
    return policy_file(folder), recording_file(folder / "a.csv", 8000, fail=fail, level=level)


@pytest.fixture(scope="module")
def trained(stream, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "work"
    steps = []
    return train(*stream, out, progress=lambda *step: steps.append(step)), steps


@pytest.fixture(scope="module")
def loaded(stream):
    return dataset.load(policy.load(stream[0]), [stream[1]])


def test_a_work_folder_holds_what_the_next_steps_need(trained):
    work = trained[0].work
    names = {path.name for path in (work / "train").iterdir()}
    parents = ("intrinsic", "contextual", "data_integrity")
    assert names == {"plan.json", "reference.bin", "dimensions.json", "metrics.json"} | {
        file for parent in parents for file in (f"{parent}.keras", f"features_{parent}.npz")
    }
    assert (work / "policy.toml").exists()
    split_used = json.loads((work / "split.json").read_text())
    assert split_used["parts"]["train"]["last"] < split_used["parts"]["validation"]["first"]
    assert [len(found["sha256"]) for found in split_used["recordings"]] == [64]


def test_every_parent_finds_strong_faults_of_every_kind(trained):
    for name, parent in trained[0].metrics["parents"].items():
        classifier = parent["classifier"]
        assert classifier["macro_f1_4_16"] > 0.9, name
        assert classifier["macro_f1_4_16"] > parent["best_dimension"]["macro_f1_4_16"]
        assert classifier["false_alarm_rate"] < 0.05


def test_progress_is_told_in_steps(trained):
    assert {what for what, _, _ in trained[1]} == {"measure", "faults", "train"}
    assert all(0 <= done <= total for _, done, total in trained[1])


def test_lines_for_a_person_name_each_parent(trained):
    assert [line.split(":")[0] for line in trained[0].lines()][:3] == ["intrinsic", "contextual", "data_integrity"]


def test_the_same_recording_policy_and_seed_give_the_same_bytes(stream, trained, tmp_path):
    again = train(*stream, tmp_path / "work")
    for path in sorted((trained[0].work / "train").iterdir()):
        digests = {hashlib.sha256(file.read_bytes()).hexdigest() for file in (path, again.work / "train" / path.name)}
        assert len(digests) == 1, path.name


def test_the_features_are_as_convert_reads_them(trained):
    with np.load(trained[0].work / "train" / "features_contextual.npz", allow_pickle=False) as table:
        assert table["x"].dtype == np.int8
        assert table["x"].shape == (len(table["fail"]), 5)
        assert {0, 1, 2} == set(table["part"].tolist())
        assert not (table["fail"] & table["clean"]).any()
        assert float(table["windows_per_day"]) == pytest.approx(86400 / 16)
        assert np.isnan(table["alarms_per_day"])


def test_the_reference_is_one_that_the_device_loads(trained):
    work = trained[0].work / "train"
    plan = plans.read(work / "plan.json")
    assert Reference(plan.for_device(), (work / "reference.bin").read_bytes(), 0).ready()


def test_labelled_windows_are_failures_of_their_parent_and_nobodys_good_ones(loaded):
    assert loaded.fails["contextual"].sum() > 10
    assert not (loaded.clean & loaded.fails["contextual"]).any()
    found = [examples.training_set(loaded, part, 0) for part in (0, 1)]
    for parent, failures in (("contextual", True), ("intrinsic", False)):
        entry = loaded.plan.parent(parent)
        scaling = Scaling.default(tuple(loaded.policy.columns[j] for j in entry.columns))
        table = table_of(loaded, parent, found, scaling)
        assert (table.fail & (table.kind == "")).any() == failures
        assert (table.clean & (table.kind == "")).sum() == sum(len(loaded.good(part)) for part in (0, 1))


def test_a_fault_of_another_parent_is_neither_failure_nor_good_window(loaded):
    found = [examples.training_set(loaded, part, 0) for part in (0, 1)]
    entry = loaded.plan.parent("intrinsic")
    table = table_of(
        loaded, "intrinsic", found, Scaling.default(tuple(loaded.policy.columns[j] for j in entry.columns))
    )
    assert "offset" not in table.kind
    assert "spike" in table.kind


def test_good_and_faulty_windows_weigh_the_same_and_kinds_too(loaded):
    found = [examples.training_set(loaded, part, 0) for part in (0, 1)]
    entry = loaded.plan.parent("contextual")
    table = table_of(
        loaded, "contextual", found, Scaling.default(tuple(loaded.policy.columns[j] for j in entry.columns))
    )
    weight = weights(table)
    assert weight[table.fail].sum() == pytest.approx(weight[~table.fail].sum())
    kinds = [weight[table.fail & (table.kind == kind)].sum() for kind in ("offset", "peak", "ageing")]
    assert kinds == pytest.approx([kinds[0]] * 3)


def test_benign_changes_stay_below_every_limit_that_their_parent_sees(loaded):
    found = examples.training_set(loaded, split.TRAIN, 0)
    benign = np.char.startswith(found.kind, "benign:")
    assert benign.sum() > 100
    own = [j for j, column in enumerate(loaded.plan.columns) if column.name in ("offset", "excursion")]
    offset = found.kind == "benign:offset"
    assert (found.values[offset][:, own] <= np.maximum(256, loaded.values[found.row[offset]][:, own])).all()


def test_a_channel_that_explains_another_is_found():
    rng = np.random.default_rng(0)
    common = rng.normal(0, 100, (200, 32))
    counts = np.stack([common, 2 * common + rng.normal(0, 5, common.shape), rng.normal(0, 100, common.shape)], axis=1)
    found = pairs.find(counts.astype(np.int16))
    assert found[0][0] == 1
    assert found[1] == (0, pytest.approx(2 * 4096, rel=0.02))
    assert found[2] == (-1, 0)


def test_consistency_has_its_fault_where_channels_explain_each_other(loaded):
    assert "decoupled" in [kind.name for kind in faults.kinds(loaded.plan, loaded.windows(np.arange(1)))]


LEAK = '''"""Leak: samples that came, of one channel."""

from ..layout import VALID

SCOPE = "channel"
UNIT = "slot"
ONE = 256
FLOOR = 256
LIMIT = "own"


def measure(s, c, r, b):
    return s[c + VALID] << 8
'''


def test_a_dimension_of_one_s_own_is_learned_by_raising_its_value(stream, tmp_path):
    (tmp_path / "leak.py").write_text(LEAK)
    text = stream[0].read_text().replace('"drift"]', '"drift", "leak"]') + '[dimensions.leak]\nfile = "leak.py"\n'
    (tmp_path / "policy.toml").write_text(text)
    found = train(tmp_path / "policy.toml", [stream[1]], tmp_path / "work")
    kinds = found.metrics["parents"]["contextual"]["classifier"]["kinds"]
    assert kinds["leak raised"]["recall_4_16"] > 0.9
    assert (tmp_path / "work" / "leak.py").exists()


def test_a_recording_too_short_is_refused_with_what_is_expected(stream, tmp_path):
    short = recording_file(tmp_path / "short.csv", 900)
    with pytest.raises(TrainingError, match="expected at least 90"):
        train(stream[0], [short], tmp_path / "work")
    assert not (tmp_path / "work" / "train").exists()


def test_what_fails_in_training_leaves_the_old_folder_alone(stream, trained, tmp_path, monkeypatch):
    from motegate.train import training

    out = tmp_path / "work"
    (out / "train").mkdir(parents=True)
    (out / "train" / "plan.json").write_text("old")
    monkeypatch.setattr(training, "classifier", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(*stream, out)
    assert [path.name for path in out.iterdir()] == ["train"]
    assert (out / "train" / "plan.json").read_text() == "old"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    return s[c] * 0.5", "measure gives "),
        ("    return -1", "measure gives -1; expected an integer from 0 to 2^30 - 1"),
        ("    return 1 << 40", "measure gives 1099511627776"),
        ("    pass", "measure gives None"),
        ("    return 1 // 0", "measure raises ZeroDivisionError"),
        ("    return 0\n\nimport nowhere", "does not load, ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
def test_a_dimension_of_ones_own_that_gives_no_measure_is_one_line(body, said, stream, tmp_path):
    (tmp_path / "leak.py").write_text(LEAK[: LEAK.index("def measure")] + f"def measure(s, c, r, b):\n{body}\n")
    text = stream[0].read_text().replace('"drift"]', '"drift", "leak"]') + '[dimensions.leak]\nfile = "leak.py"\n'
    (tmp_path / "policy.toml").write_text(text)
    with pytest.raises(InputError) as error:
        train(tmp_path / "policy.toml", [stream[1]], tmp_path / "work")
    assert error.value.lines[0].startswith(f"{tmp_path / 'leak.py'}: {said}")
    assert len(error.value.lines) == 1
    assert not (tmp_path / "work" / "train").exists()
