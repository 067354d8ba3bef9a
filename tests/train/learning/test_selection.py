"""Selection: what a parent can do without goes, and nothing that it must show goes silently blind."""

import json
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from motegate.train import policy
from motegate.train.dataset import Table, examples, split
from motegate.train.features import Scaling
from motegate.train.learning import classifiers, learn, learning, selection
from motegate.train.policy import PolicyError
from motegate.train.policy import plan as plans
from motegate.train.training import train

from ..synthetic import policy_file, recording_file

pytestmark = pytest.mark.unit

FEW = {"train": 60, "validation": 30, "test": 20}
HOMES = {"a fault": "a", "b fault": "b"}


def table(columns: tuple[str, ...], shows: dict[str, dict[str, int]], n: int = 400) -> tuple[Table, Scaling]:
    """Good windows, and ``n`` / 2 of each kind, in which the columns that show it have the value given."""
    rng = np.random.default_rng(0)
    good = np.clip(rng.exponential(110, (2 * n, len(columns))) - 250, 0, None)
    values, kinds = [good], [""] * (2 * n)
    for kind, found in shows.items():
        some = np.clip(rng.exponential(110, (n // 2, len(columns))) - 250, 0, None)
        for j, column in enumerate(columns):
            if column in found:
                some[:, j] += found[column] + rng.integers(-60, 60, n // 2)
        values.append(some)
        kinds += [kind] * (n // 2)
    held = np.concatenate(values).astype(np.int16)
    kind = np.array(kinds)
    part = np.where(rng.random(len(kind)) < 0.6, split.TRAIN, split.VALIDATION).astype(np.uint8)
    scaling = Scaling.default(columns)
    fail = kind != ""
    return Table(
        scaling.apply(held), fail, ~fail, part, kind, np.where(fail, 4.0, 0.0), held, np.arange(len(kind))
    ), scaling


def kept(found: selection.Selection) -> set[str]:
    return {found.columns[j] for j in found.kept}


def test_what_shows_nothing_and_what_shows_nothing_new_is_let_go_of():
    some, scaling = table(("a", "b", "copy", "idle"), {"a fault": {"a": 700, "copy": 420}, "b fault": {"b": 700}})
    found = selection.select(some, scaling, HOMES, HOMES, 0)
    assert kept(found) == {"a", "b"}
    assert sorted(found.dropped) == ["copy", "idle"]


def test_a_dimension_goes_where_another_shows_its_fault_too():
    some, scaling = table(("a", "b"), {"a fault": {"a": 700, "b": 650}, "b fault": {"b": 700}})
    assert kept(selection.select(some, scaling, HOMES, HOMES, 0)) == {"b"}


def test_the_only_one_that_shows_what_must_be_shown_stays_however_little_it_adds():
    shows = {f"b fault {k}": {"b": 700} for k in range(40)} | {"a fault": {"a": 700}}
    some, scaling = table(("a", "b"), shows, n=40)
    homes = {kind: kind[0] for kind in shows}
    free = selection.select(some, scaling, homes, [], 0)
    bound = selection.select(some, scaling, homes, ["a fault"], 0)
    assert ("a",) in [tuple(free.columns[j] for j in set(free.path[0].kept) - set(step.kept)) for step in free.path]
    assert kept(bound) == {"a", "b"}
    assert all(0 in step.kept for step in bound.path)


def test_what_no_dimension_shows_keeps_its_home_and_is_told():
    some, scaling = table(("a", "b"), {"a fault": {}, "b fault": {"b": 700}})
    found = selection.select(some, scaling, HOMES, HOMES, 0)
    assert "a" in kept(found)
    assert found.blind == ("a fault",)


def test_a_dimension_s_channels_go_together():
    columns = ("a.x", "a.y", "idle.x", "idle.y", "b")
    some, scaling = table(columns, {"a fault": {"a.x": 700}, "b fault": {"b": 700}})
    assert kept(selection.select(some, scaling, HOMES, HOMES, 0)) == {"a.x", "a.y", "b"}


def test_what_something_else_asks_for_stays():
    some, scaling = table(("a", "b", "idle"), {"a fault": {"a": 700}, "b fault": {"b": 700}})
    assert kept(selection.select(some, scaling, HOMES, HOMES, 0, needed=[2])) == {"a", "b", "idle"}


def test_a_path_lies_within_itself_and_its_choice_within_a_standard_error_of_the_best():
    some, scaling = table(("a", "b", "copy", "idle"), {"a fault": {"a": 400, "copy": 300}, "b fault": {"b": 300}})
    found = selection.select(some, scaling, HOMES, HOMES, 0)
    sets = [set(step.kept) for step in found.path]
    assert all(later < earlier for earlier, later in pairwise(sets))
    assert found.chosen.loss <= min(step.loss for step in found.path) + found.error
    assert all(step.alternations <= selection.MOST_ALTERNATIONS for step in found.path)
    assert found == selection.select(some, scaling, HOMES, HOMES, 0)
    told = found.as_dict()
    assert [step["dimensions"] for step in told["path"]] == [
        [found.columns[j] for j in step.kept] for step in found.path
    ]
    dropped = [name for step in told["path"] for name in step["dropped"]]
    assert set(told["dropped"]) <= set(dropped)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A policy, a recording, and what is learned of them."""
    folder = tmp_path_factory.mktemp("selection")
    kept = dict(examples.PER_KIND)
    examples.PER_KIND.update(FEW)
    path = policy_file(folder)
    path.write_text(path.read_text().replace('"drift", ', ""))
    data = recording_file(folder / "a.csv", n=5000)
    yield path, data, learn(policy.load(path), [data], 0)
    examples.PER_KIND.update(kept)


def test_what_no_parent_keeps_leaves_the_plan_and_the_rest_is_as_it_was_measured(made):
    gate = made[2]
    listed, kept = ({column.name for column in one.plan.columns} for one in (gate.listed, gate.dataset))
    dropped = listed - kept
    assert dropped == {name for parent in gate.parents.values() for name in parent.selection.dropped}
    assert dropped
    assert dropped.isdisjoint(gate.dataset.plan.dimensions)
    for name, parent in gate.parents.items():
        columns = list(gate.dataset.plan.parent(name).columns)
        recorded = parent.table.kind == ""
        measured = gate.dataset.values[parent.table.row[recorded]][:, columns]
        assert (measured == parent.table.values[recorded]).all()


def test_a_fault_whose_dimension_went_is_still_a_fault_of_its_parent(made):
    for parent in made[2].parents.values():
        gone = {kind for kind, home in parent.homes.items() if home in parent.selection.dropped}
        assert gone <= set(np.unique(parent.table.kind).tolist()) | {"sequence gaps"}


def test_training_writes_the_smaller_plan_and_says_what_went(made, tmp_path):
    path, data, gate = made
    found = train(path, [data], tmp_path / "work")
    plan = plans.read(tmp_path / "work" / "train" / "plan.json")
    assert plan == gate.dataset.plan
    written = json.loads((tmp_path / "work" / "train" / "metrics.json").read_text())["parents"]
    for name, chosen in ((name, parent.selection) for name, parent in gate.parents.items()):
        assert written[name]["selection"] == chosen.as_dict()
        said = [line for line in found.lines() if line.startswith(f"{name}: keeps ")]
        assert len(said) == 1
        assert all(dropped in said[0] for dropped in chosen.dropped)


def edited(path, folder, old: str, new: str):
    text = path.read_text()
    assert old in text
    made = folder / "policy.toml"
    made.write_text(text.replace(old, new))
    return made


def test_a_policy_may_keep_all_that_it_lists(made, tmp_path):
    rules = edited(made[0], tmp_path, "[parents.intrinsic]", "[parents.intrinsic]\nselect = false")
    kept = learn(policy.load(rules), [made[1]], 0).parents["intrinsic"]
    assert kept.selection is None
    assert kept.scaling.columns == made[2].parents["intrinsic"].selection.columns


def test_auto_is_every_dimension_that_can_say_something(made, tmp_path):
    text = made[0].read_text()
    begin = text.index("children", text.index("[parents.contextual]"))
    rules = tmp_path / "policy.toml"
    rules.write_text(f'{text[:begin]}children = "auto"{text[text.index("]", begin) + 1 :]}')
    loaded = policy.load(rules)
    children = loaded.parent("contextual").children
    assert {"spike", "offset", "regime", "uniqueness", "consistency", "drift"} <= set(children)
    assert not {"integration", "trust"} & set(children)  # no field is bound to them


def test_what_must_be_shown_is_a_kind_that_a_child_is_home_to(made, tmp_path):
    rules = edited(made[0], tmp_path, "[parents.contextual]", '[parents.contextual]\nmust_show = ["ofset", "peak"]')
    with pytest.raises(PolicyError, match=r'parents.contextual.must_show: "ofset" is no kind .*did you mean "offset"'):
        learn(policy.load(rules), [made[1]], 0)


def good_beside(share: float):
    """What a rule of two dimensions learns from, in which a share of the good windows is as loud as one far out."""
    some, scaling = table(("a", "b"), {"a fault": {"a": 700}, "b fault": {"b": 700}})
    values = some.values.copy()
    rows = np.flatnonzero(~some.fail)
    values[rows[:: round(1 / share)]] = 600  # both: more than one of them far out
    return replace(some, values=values, x=scaling.apply(values)), scaling


@pytest.mark.parametrize(("share", "heard"), [(0.002, True), (0.05, False)])
def test_a_parent_hears_a_dimension_alone_where_few_good_windows_are_as_loud(share, heard, monkeypatch):
    some, scaling = good_beside(share)
    monkeypatch.setattr(learning, "far_out", lambda x: np.zeros(len(x), bool))  # as loud by weight, not by definition
    (rule,) = classifiers(some, scaling, 0, "rule")
    budget = SimpleNamespace(windows_per_day=24.0, policy=SimpleNamespace(alarms_per_day=1.0))
    assert learning._hears(budget, rule, some) == heard
