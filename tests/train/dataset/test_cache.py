"""What was measured once is not measured again, unless something that it comes from has changed."""

from dataclasses import replace

import numpy as np
import pytest
from motegate.firmware.errors import InputError
from motegate.train import policy
from motegate.train.dataset import cache, dataset, examples

from ..synthetic import policy_file, recording_file

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    where = tmp_path_factory.mktemp("given")
    return policy.load(policy_file(where, windows=100)), [recording_file(where / "a.csv", 4000)]


@pytest.fixture
def measured(monkeypatch):
    """How often a recording has been measured."""
    times = []
    real = dataset.load

    def load(*given):
        times.append(1)
        return real(*given)

    monkeypatch.setattr(dataset, "load", load)
    return times


def same(one, other):
    assert (one.values == other.values).all()
    assert (one.references == other.references).all()
    assert (one.plan, one.policy, one.reference) == (other.plan, other.policy, other.reference)
    assert one.sources == other.sources


def test_a_recording_is_measured_once_for_a_policy_whatever_is_done_about_its_verdicts(given, measured):
    rules, paths = given
    first = cache.load(rules, paths)
    same(first, dataset.load(rules, paths))
    done = len(measured)
    same(cache.load(rules, paths), first)
    other = replace(rules, actions=rules.actions[-1:], board="ESP32_GENERIC")
    again = cache.load(other, paths)
    assert len(measured) == done
    assert again.policy.actions == rules.actions[-1:]
    assert again.plan.actions != first.plan.actions


@pytest.mark.parametrize("change", ["policy", "recording", "code"])
def test_what_it_comes_from_has_changed(given, measured, change, tmp_path, monkeypatch):
    rules, paths = given
    cache.load(rules, paths)
    if change == "policy":
        rules = replace(rules, label_share=0.3)
    if change == "recording":
        text = paths[0].read_text().splitlines(keepends=True)
        paths = [tmp_path / "b.csv"]
        paths[0].write_text("".join(text[:-1]))
    if change == "code":
        monkeypatch.setattr(cache, "_code", lambda: "other")
    found = cache.load(rules, paths)
    assert len(measured) == 2
    same(found, dataset.load(rules, paths))


def test_the_same_recording_under_another_name_is_known(given, measured, tmp_path):
    rules, paths = given
    cache.load(rules, paths)
    other = tmp_path / "other.csv"
    other.write_bytes(paths[0].read_bytes())
    assert cache.load(rules, [other]).sources == (other,)
    assert len(measured) == 1


def test_examples_are_made_once_for_a_seed(given):
    data = cache.load(*given)
    made = []

    def make():
        made.append(1)
        return [examples.training_set(data, part, 3, lambda share: None) for part in (0, 1)]

    first = cache.examples_of(data, 3, make)
    again = cache.examples_of(data, 3, make)
    assert len(made) == 1
    assert all((a.values == b.values).all() for a, b in zip(first, again, strict=True))
    cache.examples_of(data, 4, make)
    assert len(made) == 2


def test_what_is_spoiled_is_measured_anew(given, measured, folder):
    first = cache.load(*given)
    (kept,) = folder.rglob("output.pkl")
    kept.write_bytes(kept.read_bytes()[:100])
    same(cache.load(*given), first)
    assert len(measured) == 2


def test_nothing_is_kept_where_nothing_may_be(given, measured, folder, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    for where in ("", str(tmp_path / "file" / "below")):
        monkeypatch.setenv(cache.VARIABLE, where)
        cache.load(*given)
    assert len(measured) == 2
    assert not folder.exists()


def test_an_input_that_is_wrong_is_said_each_time(given, tmp_path, measured):
    bad = tmp_path / "bad.csv"
    bad.write_text("timestamp,pressure\n")
    for _ in range(2):
        with pytest.raises(InputError, match=r"bad\.csv"):
            cache.load(given[0], [bad])
    assert len(measured) == 2


def test_only_its_owner_gets_into_the_folder(given, folder):
    cache.load(*given)
    assert folder.stat().st_mode & 0o077 == 0


def test_values_come_back_as_they_were(given):
    first, again = cache.load(*given), cache.load(*given)
    assert np.array_equal(first.slots.counts, again.slots.counts)
    assert first.fails.keys() == again.fails.keys()
