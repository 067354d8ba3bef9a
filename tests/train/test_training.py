"""Training from end to end, on a small synthetic stream."""

import hashlib
import json

import numpy as np
import pytest
from motegate.firmware.device import layout as at
from motegate.firmware.device.reference.reference import Reference
from motegate.firmware.errors import InputError
from motegate.train import faults, policy
from motegate.train.dataset import dataset, examples, pairs, split
from motegate.train.dataset.dataset import TrainingError
from motegate.train.dataset.following import SHORTEST_DAYS
from motegate.train.dataset.parent_table import table_of, weights
from motegate.train.features import Scaling
from motegate.train.policy import plan as plans
from motegate.train.policy.plan_compiler import DEFAULT_FOLLOW
from motegate.train.training import Training, train

from .synthetic import policy_file, recording_file

pytestmark = pytest.mark.unit

COMMISSIONED = 200
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
    fail = np.zeros(9000, bool)
    for begin, end in ((4000, 4100), (4400, 4460), (4800, 4860), (5200, 5260), (8500, 8600)):
        fail[begin:end] = True
    level = np.where(fail, 30.0, 0.0)
    path = policy_file(folder, windows=COMMISSIONED)
    path.write_text(path.read_text().replace('"drift", ', ""))
    return path, recording_file(folder / "a.csv", 9000, fail=fail, level=level)


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
    assert names == {"plan.json", "reference.bin", "dimensions.json", "metrics.json", "boundary.npz", "page.json"} | {
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
    said = [line.split(":")[0] for line in trained[0].lines()]
    assert said[:4] == ["reference", "intrinsic", "contextual", "data_integrity"]


def test_how_fast_the_reference_follows_is_said_with_its_reason(stream, trained, tmp_path):
    assert trained[0].lines()[0] == f"reference: follows {trained[0].metrics['following']}"
    written = json.loads((trained[0].work / "train" / "metrics.json").read_text())
    assert written["following"] == f"{DEFAULT_FOLLOW:g} widths a day, as 0 days show no season ({SHORTEST_DAYS} would)"
    given = Training(tmp_path, written | {"following": None})  # the policy says how fast
    assert given.lines() == [line.replace(str(trained[0].work), str(tmp_path)) for line in trained[0].lines()[1:]]


def test_the_plan_follows_at_the_rate_that_was_found(stream, loaded, trained):
    plan = plans.read(trained[0].work / "train" / "plan.json")
    assert loaded.policy.follow_per_day == DEFAULT_FOLLOW
    assert loaded.plan == policy.compile_policy(loaded.policy)
    assert plan.reference == loaded.plan.reference


def test_the_same_recording_policy_and_seed_give_the_same_bytes(stream, trained, tmp_path):
    again = train(*stream, tmp_path / "work")
    for path in sorted((trained[0].work / "train").iterdir()):
        digests = {hashlib.sha256(file.read_bytes()).hexdigest() for file in (path, again.work / "train" / path.name)}
        assert len(digests) == 1, path.name


def test_the_features_are_as_convert_reads_them(trained):
    kept = trained[0].metrics["parents"]["contextual"]["selection"]["kept"]
    with np.load(trained[0].work / "train" / "features_contextual.npz", allow_pickle=False) as table:
        assert table["x"].dtype == np.int8
        assert table["x"].shape == (len(table["fail"]), len(kept))
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
    kinds = [weight[table.fail & (table.kind == kind)].sum() for kind in ("offset", "peak", "new regime")]
    assert kinds == pytest.approx([kinds[0]] * 3)


def kinds_of(found, prefix=""):
    return {kind for kind in np.unique(found.kind).tolist() if kind.startswith(prefix)}


@pytest.fixture(scope="module")
def bounded(stream, tmp_path_factory):
    """The same stream, whose policy gives the limit of *offset*, and *drift*, whose limit is the commissioned band."""
    path = tmp_path_factory.mktemp("bounded") / "policy.toml"
    limits = "[dimensions.offset]\nthreshold = { pressure = 1, flow = 2 }\n"
    path.write_text(stream[0].read_text().replace('"regime"]', '"regime", "drift"]') + limits)
    return dataset.load(policy.load(path), [stream[1]])


def test_benign_changes_are_made_where_the_limit_is_given_and_nowhere_else(loaded, bounded):
    learned, given = (examples.training_set(each, split.TRAIN, 0) for each in (loaded, bounded))
    assert kinds_of(learned, "benign:") == set()
    homes = {kind.name: kind.home for kind in faults.all_kinds()}
    found = {homes[kind.removeprefix("benign:")] for kind in kinds_of(given, "benign:")}
    assert found == {"drift", "offset"}


def test_benign_changes_stay_below_every_limit_that_their_parent_sees(bounded):
    found = examples.training_set(bounded, split.TRAIN, 0)
    own = list(bounded.plan.parent("contextual").columns)
    offset = found.kind == "benign:offset"
    assert offset.sum() >= 5
    assert (found.severity[offset] <= 1.0).all()
    as_recorded = bounded.values[found.row[offset]][:, own]
    assert (found.values[offset][:, own] <= np.maximum(examples.ALOUD, as_recorded)).all()


def test_faults_span_the_severities_from_below_a_learned_limit_and_from_above_a_given_one(loaded, bounded):
    for each, low in ((loaded, examples.TRAINING[0]), (bounded, examples.GIVEN[0])):
        found = examples.training_set(each, split.TRAIN, 0)
        severity = found.severity[found.kind == "offset"]
        assert severity.min() == pytest.approx(low, rel=0.1)
        assert severity.max() == pytest.approx(examples.TRAINING[1], rel=0.1)
    assert (examples.TRAINING, examples.GIVEN[1]) == ((0.5, 16.0), 16.0)


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
    text = stream[0].read_text().replace('"regime"]', '"regime", "leak"]') + '[dimensions.leak]\nfile = "leak.py"\n'
    text = text.replace("[parents.contextual]", "[parents.contextual]\nselect = false")
    (tmp_path / "policy.toml").write_text(text)
    found = train(tmp_path / "policy.toml", [stream[1]], tmp_path / "work")
    kinds = found.metrics["parents"]["contextual"]["classifier"]["kinds"]
    assert kinds["leak raised"]["recall_4_16"] > 0.9
    assert (tmp_path / "work" / "leak.py").exists()


def test_a_recording_too_short_is_refused_with_what_is_expected(stream, tmp_path):
    short = recording_file(tmp_path / "short.csv", 900)
    with pytest.raises(TrainingError, match=f"expected at least {COMMISSIONED + dataset.LEAST}"):
        train(stream[0], [short], tmp_path / "work")
    assert not (tmp_path / "work" / "train").exists()


def test_what_fails_in_training_leaves_the_old_folder_alone(stream, trained, tmp_path, monkeypatch):
    from motegate.train import training

    out = tmp_path / "work"
    (out / "train").mkdir(parents=True)
    (out / "train" / "plan.json").write_text("old")
    monkeypatch.setattr(training, "classifiers", lambda *a: 1 / 0)
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
    text = stream[0].read_text().replace('"regime"]', '"regime", "leak"]') + '[dimensions.leak]\nfile = "leak.py"\n'
    (tmp_path / "policy.toml").write_text(text)
    with pytest.raises(InputError) as error:
        train(tmp_path / "policy.toml", [stream[1]], tmp_path / "work")
    assert error.value.lines[0].startswith(f"{tmp_path / 'leak.py'}: {said}")
    assert len(error.value.lines) == 1
    assert not (tmp_path / "work" / "train").exists()


def test_a_raised_measure_is_seen_in_the_columns_of_its_own_channel(stream, tmp_path):
    (tmp_path / "leak.py").write_text(LEAK)
    text = stream[0].read_text().replace('"regime"]', '"regime", "leak.*", "leak"]')
    (tmp_path / "policy.toml").write_text(text + '[dimensions.leak]\nfile = "leak.py"\n')
    found = dataset.load(policy.load(tmp_path / "policy.toml"), [stream[1]])
    made = examples.training_set(found, split.TRAIN, 0)
    names = [column.name for column in found.plan.columns]
    rows = made.kind == "leak raised"
    assert set(made.cell[rows]) == set(found.plan.homes["leak"])
    for cell in found.plan.homes["leak"]:
        mine = rows & (made.cell == cell) & (made.severity > 2)
        channel = found.plan.channels[found.plan.cells[cell].channel].name
        other = next(c.name for c in found.plan.channels if c.name != channel)
        assert (made.values[mine][:, names.index(f"leak.{channel}")] > at.RARITY_DECADE).all()
        assert (made.values[mine][:, names.index("leak")] > at.RARITY_DECADE).all()
        as_recorded = found.values[made.row[mine]][:, names.index(f"leak.{other}")]
        assert (made.values[mine][:, names.index(f"leak.{other}")] == as_recorded).all()


def test_which_candidate_is_shipped_is_said_and_what_each_would_have_done(trained):
    for name, parent in trained[0].metrics["parents"].items():
        rivals = parent["candidates"]
        assert list(rivals) == ["rule", "linear", "network"]
        best = min(rivals.values(), key=lambda one: one["loss"])
        assert rivals[parent["model"]]["loss"] <= best["loss"] + best["standard_error"] + 1e-4
        assert rivals[parent["model"]]["recall"] == parent["classifier"]["recall"]
        said = [line for line in trained[0].lines() if line.startswith(f"{name}: ships the {parent['model']}, ")]
        assert len(said) == 1


@pytest.mark.parametrize(("model", "layers"), [("rule", 2), ("linear", 1), ("network", 3)])
def test_the_policy_may_name_the_candidate(stream, tmp_path, model, layers):
    path = tmp_path / "policy.toml"
    path.write_text(stream[0].read_text().replace("[parents.contextual]", f'[parents.contextual]\nmodel = "{model}"'))
    made = train(path, [stream[1]], tmp_path / "work", synthetic_only=True)
    parent = made.metrics["parents"]["contextual"]
    assert (parent["model"], list(parent["candidates"])) == (model, [model])
    from motegate.train.model import network

    saved = network.keras().models.load_model(tmp_path / "work" / "train" / "contextual.keras", compile=False)
    assert len(saved.layers) == layers
