"""Verdicts against labels."""

import json
from dataclasses import replace

import numpy as np
import pytest
from motegate.convert.convert import convert
from motegate.firmware.errors import InputError
from motegate.train import policy, recording
from motegate.train.dataset import examples
from motegate.train.evaluate import compare, evaluate
from motegate.train.host.judge import Trained, Verdicts, judge, judge_as_device
from motegate.train.policy import plan as plans
from motegate.train.policy.plan import Parent
from motegate.train.training import train

from tests.firmware import streams

from .synthetic import policy_file, recording_file

pytestmark = pytest.mark.unit


COMMISSIONED, ROWS = 200, 8000
WINDOWS = (ROWS - 32) // 16 + 1


def labelled(folder, name, seed):
    """Two stretches at a foreign level, labelled."""
    fail = np.zeros(ROWS, bool)
    fail[5000:5160] = fail[7000:7080] = True
    return recording_file(folder / name, ROWS, seed=seed, fail=fail, level=np.where(fail, 40.0, 0.0))


def said(first, passes) -> Verdicts:
    """Verdicts of which only the passes matter."""
    return Verdicts(first, np.zeros(passes.shape, np.int8), passes)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluate")
    kept = dict(examples.PER_KIND)
    examples.PER_KIND.update({"train": 60, "validation": 30, "test": 10})
    rules = policy_file(folder, windows=COMMISSIONED)
    train(rules, [labelled(folder, "a.csv", 0)], folder / "work", synthetic_only=True)  # two events are too few
    examples.PER_KIND.update(kept)
    convert(folder / "work")
    return folder / "work", labelled(folder, "b.csv", 1)


def test_labelled_stretches_are_found_and_little_else(made, tmp_path):
    found = evaluate(made[0], [made[1]], out=tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text()) == found
    entry = found["parents"]["contextual"]
    assert entry["event"]["recall"] == 1.0
    assert entry["event"]["precision"] >= 0.66  # at most one false one beside the two
    assert entry["window"]["f1"] > 0.9
    assert entry["false_alarms_per_1000"] < 20
    assert 0 < entry["delay_s"] <= 40
    assert set(entry) >= {"windows", "window", "event", "false_alarms_per_1000", "false_alarms_per_day", "delay_s"}


@pytest.mark.oracle
def test_the_device_s_whole_gate_says_the_same_as_numpy(made):
    trained = Trained.load(made[0])
    records = recording.read(policy.load(made[0] / "policy.toml"), [made[1]])
    one, two = judge(trained, records), judge_as_device(trained, records)
    assert one.first == two.first
    np.testing.assert_array_equal(one.scores, two.scores)
    np.testing.assert_array_equal(one.levels, two.levels)
    np.testing.assert_array_equal(one.passes, two.passes)


def test_windows_of_commissioning_are_not_scored(made):
    plan = plans.read(made[0] / "convert" / "plan.json")
    entry = evaluate(made[0], [made[1]])["parents"]["contextual"]
    assert plan.reference.windows == COMMISSIONED
    assert entry["windows"] == WINDOWS - COMMISSIONED


def test_a_recording_without_labels_is_no_truth(made, tmp_path):
    with pytest.raises(InputError, match=r"no fail\.<parent> column"):
        evaluate(made[0], [recording_file(tmp_path / "c.csv", 3000)])


def test_a_folder_that_was_not_converted_is_refused(tmp_path, made):
    with pytest.raises(InputError, match="run: motegate convert"):
        evaluate(tmp_path, [made[1]])


def test_another_machine_s_verdicts_can_be_judged_and_an_unknown_one_cannot(made):
    def all_pass(trained, records, progress):
        return said(COMMISSIONED, np.ones((WINDOWS - COMMISSIONED, 3), bool))

    entry = evaluate(made[0], [made[1]], judged=all_pass)["parents"]["contextual"]
    assert (entry["window"]["recall"], entry["delay_s"]) == (0.0, None)
    with pytest.raises(InputError, match="numpy or cpython"):
        evaluate(made[0], [made[1]], vm="abacus")


def test_a_parent_fails_when_a_parent_below_it_does():
    parents = Parent("a", (0,), (), 0), Parent("b", (), (0,), -1), Parent("c", (0,), (1,), 1)
    plan = replace(streams.plan(), parents=parents)
    passes = np.array([[True, True], [False, True], [True, False]])
    fails = said(0, passes).fails(plan)
    assert {name: found.tolist() for name, found in fails.items()} == {
        "a": [False, True, False],
        "b": [False, True, False],
        "c": [False, True, True],
    }


def test_a_window_is_a_failure_from_the_label_share_on(made):
    rules = policy.load(made[0] / "policy.toml")
    plan = plans.read(made[0] / "convert" / "plan.json")
    records = recording.read(rules, [made[1]])
    records.fails["contextual"][:] = False
    records.fails["contextual"][2000:2004] = True  # 4 of 32 records are more than a tenth
    none = said(0, np.ones((WINDOWS, 3), bool))
    assert compare(rules, plan, records, none)["parents"]["contextual"]["failures"] == 2
    records.fails["contextual"][2003] = False
    assert compare(rules, plan, records, none)["parents"]["contextual"]["failures"] == 0
