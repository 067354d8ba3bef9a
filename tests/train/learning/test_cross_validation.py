"""Cross-validation for scarce failures: whole events, no shared sample, and a refusal where there are too few."""

from dataclasses import replace

import numpy as np
import pytest
from motegate.train import metrics, policy
from motegate.train.dataset import TEST, TRAIN, VALIDATION, TrainingError, examples, load, split, table_of
from motegate.train.features import Scaling
from motegate.train.learning import cross_validation
from motegate.train.learning.learning import LEAST_EVENTS, check_events, learn_from
from motegate.train.training import train

from ..synthetic import policy_file, recording_file

pytestmark = pytest.mark.unit

FEW = {"train": 40, "validation": 20, "test": 10}
EVENTS = (2400, 3100, 3900, 4600, 5300, 6300)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A policy, and a recording with six failing events of 60 records each."""
    folder = tmp_path_factory.mktemp("labelled")
    fail = np.zeros(7000, bool)
    for begin in EVENTS:
        fail[begin : begin + 60] = True
    path = policy_file(folder)
    text = path.read_text().replace('"drift", ', "")
    for name in ("intrinsic", "contextual", "data_integrity"):
        text = text.replace(f"[parents.{name}]\n", f'[parents.{name}]\nmodel = "rule"\n')
    path.write_text(text)
    return path, recording_file(folder / "a.csv", 7000, fail=fail, level=np.where(fail, 30.0, 0.0))


@pytest.fixture(scope="module")
def dataset(labelled):
    return load(policy.load(labelled[0]), [labelled[1]])


def test_each_event_is_held_out_once_and_whole(dataset):
    fails = dataset.fails["contextual"]
    way, held = cross_validation.stretches(dataset, fails)
    assert way == "leave one event out"
    assert np.concatenate(held).tolist() == list(range(len(fails)))
    assert [len(metrics.spans(fails[rows])) for rows in held] == [1] * len(EVENTS)


def test_many_events_are_held_out_in_stretches_of_time(dataset):
    fails = np.zeros(len(dataset.judged), bool)
    fails[5 : 5 + 4 * 25 : 4] = True
    way, held = cross_validation.stretches(dataset, fails)
    assert way == f"{cross_validation.MOST_FOLDS} stretches of time"
    assert np.concatenate(held).tolist() == list(range(len(fails)))
    assert sum(len(metrics.spans(fails[rows])) for rows in held) == 25


def test_whole_recordings_are_held_out_where_there_are_three(dataset):
    n = len(dataset.judged)
    three = replace(dataset, recording=np.repeat(np.arange(3), -(-n // 3))[:n], sources=dataset.sources * 3)
    way, held = cross_validation.stretches(three, three.fails["contextual"])
    assert way == "leave one recording out"
    assert [set(three.recording[rows]) for rows in held] == [{0}, {1}, {2}]


def test_what_is_held_out_shares_no_sample_with_what_is_learned_from(dataset):
    _, held = cross_validation.stretches(dataset, dataset.fails["contextual"])
    starts = dataset.slots.windows[dataset.judged]
    for k, rows in enumerate(held):
        part = cross_validation.parts_of(dataset, rows, held[(k + 1) % len(held)])
        for one, others in ((TEST, (TRAIN, VALIDATION)), (VALIDATION, (TRAIN,))):
            a, b = starts[part == one], starts[np.isin(part, others)]
            assert np.abs(a[:, None] - b[None]).min() >= dataset.plan.length
        assert (part == split.NONE).any()
        assert (part[rows] == TEST).all()


def test_a_classifier_that_knows_finds_every_event_and_one_that_knows_nothing_none(dataset):
    kept = dict(examples.PER_KIND)
    examples.PER_KIND.update(FEW)
    everything = learn_from(dataset, 0)
    examples.PER_KIND.update(kept)
    columns = dataset.policy.columns_of("contextual")
    scaling = Scaling.default(tuple(dataset.policy.columns[j] for j in columns))
    table = table_of(dataset, "contextual", everything, scaling)
    knows = cross_validation.cross_validate(dataset, "contextual", table, lambda fold: np.where(fold.fail, 100, 0))
    assert (knows.found, knows.events, knows.false_runs, knows.skipped) == (6, 6, 0, 0)
    assert knows.good == int((table.clean & (table.kind == "")).sum())
    blind = cross_validation.cross_validate(dataset, "contextual", table, lambda fold: np.zeros(len(fold.fail), int))
    assert (blind.found, blind.events) == (0, 6)
    assert blind.as_dict()["interval"][1] < 0.5


def test_training_says_how_many_events_are_found_when_each_is_held_out(labelled, tmp_path):
    kept = dict(examples.PER_KIND)
    examples.PER_KIND.update(FEW)
    found = train(labelled[0], [labelled[1]], tmp_path / "work")
    examples.PER_KIND.update(kept)
    told = found.metrics["parents"]["contextual"]["cross_validation"]
    assert (told["way"], told["folds"], told["events"]) == ("leave one event out", 6, 6)
    assert told["found"] == 6
    said = [line for line in found.lines() if "leave one event out, 6 folds: 6 of 6 events found" in line]
    assert len(said) == 1
    assert any("6 labelled events, " in line for line in found.lines())
    assert found.metrics["parents"]["intrinsic"]["cross_validation"] is None


def test_too_few_events_are_refused_with_what_is_missing(labelled, dataset, tmp_path):
    spans = metrics.spans(dataset.fails["contextual"])
    few = dataset.fails["contextual"].copy()
    few[spans[3][0] :] = False
    short = replace(dataset, fails={"contextual": few})
    with pytest.raises(
        TrainingError, match=f"3 failing events .*at least {LEAST_EVENTS} are needed, or --synthetic-only"
    ):
        check_events(short)
    check_events(replace(short, policy=replace(short.policy, synthetic_only=True)))
    check_events(replace(short, fails={"contextual": np.zeros_like(few)}))


def test_synthetic_only_leaves_labelled_windows_out(labelled, tmp_path):
    kept = dict(examples.PER_KIND)
    examples.PER_KIND.update(FEW)
    found = train(labelled[0], [labelled[1]], tmp_path / "work", synthetic_only=True)
    examples.PER_KIND.update(kept)
    with np.load(tmp_path / "work" / "train" / "features_contextual.npz", allow_pickle=False) as table:
        assert not (table["fail"] & (table["kind"] == "")).any()
    parent = found.metrics["parents"]["contextual"]
    assert parent["labelled"] is None
    assert "labelled" not in parent["classifier"]
