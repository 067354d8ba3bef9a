"""The plan: its file's bytes go and come back, a board's lines say the same, and its questions have one answer."""

import json
from dataclasses import replace

import pytest
from motegate.firmware.device.boot.plan import Plan as OnBoard
from motegate.train import policy as policies
from motegate.train.policy import plan as plans
from motegate.train.policy.plan_compiler import compile_policy

from tests.firmware import handmade, streams

pytestmark = pytest.mark.unit


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "policy.toml").write_text(handmade.POLICY)
    return compile_policy(policies.load(tmp_path / "policy.toml"))


@pytest.mark.parametrize("made", [streams.plan(), streams.plan(33, 5, 3, 86_400_000, 7, 0, 2)])
def test_a_plan_comes_back_from_its_file_and_gives_the_same_bytes(made, tmp_path):
    made.write(tmp_path / "one.json")
    read = plans.read(tmp_path / "one.json")
    assert read == made
    read.write(tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_a_policys_plan_comes_back_from_its_file_and_from_a_boards_lines(plan, tmp_path):
    plan.write(tmp_path / "plan.json")
    assert plans.read(tmp_path / "plan.json") == plan
    there = [tmp_path / f"board-{name}" for name in plan.files()]
    for path, data in zip(there, plan.files().values(), strict=True):
        path.write_bytes(data)
    assert plans.read(*there) == plan
    assert plans.read(*there).files() == plan.files()


def test_a_board_reads_each_key_of_the_lines_as_the_host_has_it(plan, tmp_path):
    for name, data in plan.files().items():
        (tmp_path / name).write_bytes(data)
    there = OnBoard(f"{tmp_path}/")
    for key, value in json.loads(json.dumps(plan.for_device())).items():
        assert there[key] == value


def test_the_file_keeps_its_form():
    """What boards in the field read: keys and their order, positions in a cell."""
    made = streams.plan(16, 8, 1, 1000, 3, 5000).for_device()
    assert list(made) == [
        "format", "stream", "period_ms", "length", "hop", "channels", "status", "modules", "cells", "columns",
        "parents", "table", "actions", "models", "reference", "drift_alarms", "adapt", "reads",
    ]  # fmt: skip
    spike = made["modules"].index("spike")
    assert [spike, 0, 0, 8 << 24] in made["cells"]
    assert made["channels"] == [{"name": "c0", "range": (-5000, 5000), "rails": (-6000, 6000)}]
    assert made["status"][0] == {"name": "f0", "dimension": "enrichment", "min": -5, "max": 9}
    assert made["format"] == 6
    assert made["reference"] == {"windows": 3, "every": 1, "step_q24": 5000, "rise_q24": 40000, "reach_q12": 12000}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.pop("cells"),
        lambda data: data.update(format=1),
        lambda data: data["cells"].append([999, 0, 0, 0]),
        lambda data: data["columns"].append(3),
        lambda data: data.update(reference={"windows": 3}),
        lambda data: data["reference"].pop("reach_q12"),
        lambda data: data.update(parents=[{"name": "a"}]),
        lambda data: data.update(models=[{"title": "a"}]),
    ],
)
def test_what_is_no_plan_is_a_value_error(plan, spoil):
    data = json.loads(json.dumps(plan.for_device()))
    spoil(data)
    with pytest.raises(ValueError, match=r"not a plan|format 1, expected 6"):
        plans.from_json(data)


def test_a_list_is_no_plan():
    with pytest.raises(ValueError, match="not a plan"):
        plans.from_json([1])


def test_classifiers_stand_in_the_order_of_the_verdict_vector(plan):
    a, b, c = plan.parents
    turned = replace(plan, parents=(replace(a, classifier=2), replace(b, classifier=-1), replace(c, classifier=0)))
    assert [parent.name for parent in turned.classifiers] == ["data_integrity", "intrinsic"]
    assert turned.below(turned.parents[2]) == {"intrinsic", "contextual"}


def test_cells_are_found_from_dimension_column_and_parent(plan):
    spike = plan.homes["spike"]
    assert [plan.cells[k].channel for k in spike] == [0, 1]
    assert plan.columns[plan.column_of(spike[1])].name == "spike"
    assert set(spike) <= plan.cells_of(plan.parent("intrinsic"))
    assert plan.cells_of(plan.parent("contextual")) & set(spike) == {spike[1]}  # by spike.flow
    assert plan.dimensions[0] == "completeness"


def test_commissioning_on_another_number_of_windows_changes_nothing_else(plan):
    other = plan.commissioned_on(3)
    assert other.reference.windows == 3
    assert other.commissioned_on(12) == plan
    assert plan.stores()
