"""The search: the same seed and trials give the same result, in one go or in several, within the policy's budget."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from motegate.convert.model import Features, lower, pack, tflite_model
from motegate.train.dataset import Table, split
from motegate.train.features import Scaling
from motegate.train.learning import Limit
from motegate.train.learning.classifiers import taught
from motegate.train.learning.search import Trial, front, search
from motegate.train.model import candidates, network
from motegate.train.policy import Budget

pytestmark = pytest.mark.unit

COLUMNS = ("a", "b", "c")


def table(n: int = 150) -> Table:
    rng = np.random.default_rng(0)
    values = np.clip(rng.exponential(150, (2 * n, 3)) - 150, 0, None)
    rows = np.arange(n)
    values[rows, rng.integers(0, 3, n)] += rng.integers(100, 600, n)
    held = values.astype(np.int16)
    fail = np.arange(2 * n) < n
    part = np.where(rng.random(2 * n) < 0.6, split.TRAIN, split.VALIDATION).astype(np.uint8)
    kind = np.where(fail, "fault", "")
    return Table(
        Scaling.default(COLUMNS).apply(held), fail, ~fail, part, kind, np.where(fail, 2.0, 0.0), held,
        np.arange(2 * n),
    )  # fmt: skip


@pytest.fixture(scope="module")
def some():
    whole = table()
    return taught(whole, Scaling.default(COLUMNS), 0), whole.rows(whole.part == split.VALIDATION)


UNBOUNDED = Budget()


def run(some, study, trials: int, budget: Budget = UNBOUNDED, seed: int = 0):
    told = []
    found = search(*some, seed, Limit(trials=trials), budget, study, True, lambda *step: told.append(step))
    return found, told


def test_a_search_in_several_goes_ends_as_in_one(some, tmp_path):
    whole, told = run(some, tmp_path / "whole.json", 6)
    run(some, tmp_path / "parts.json", 4)
    parts, _ = run(some, tmp_path / "parts.json", 6)
    assert parts.trials == whole.trials
    assert parts.candidate.loss == whole.candidate.loss
    assert [done for done, _, _ in told] == [4, 6]
    assert told[-1][2] == min(trial.loss for trial in whole.trials if trial.loss is not None)
    again, more = run(some, tmp_path / "whole.json", 6)
    assert more == []
    assert again.trials == whole.trials


def test_another_seed_or_other_data_begin_a_study_of_their_own(some, tmp_path):
    first, _ = run(some, tmp_path / "study.json", 4)
    second, _ = run(some, tmp_path / "study.json", 4, seed=1)
    assert first.trials != second.trials
    assert json.loads((tmp_path / "study.json").read_text())["of"]


def test_a_study_that_is_no_study_is_begun_anew(some, tmp_path):
    (tmp_path / "study.json").write_text("{")
    found, _ = run(some, tmp_path / "study.json", 4)
    assert len(found.trials) == 4


def test_nothing_beyond_the_budget_is_tried(some, tmp_path):
    budget = Budget(bytes=400, macs=30)
    found, _ = run(some, tmp_path / "study.json", 4, budget)
    assert all(trial.bytes <= 400 and trial.macs <= 30 for trial in found.trials)
    assert (found.candidate.bytes, found.candidate.macs) <= (400, 30)
    none, told = run(some, tmp_path / "none.json", 4, Budget(bytes=10))
    assert (none.trials, none.candidate, told) == ([], None, [])


def test_the_front_has_what_nothing_else_beats():
    def trial(loss, size, macs):
        return Trial({}, loss, size, macs, [])

    best, small, beaten, same = trial(0.1, 500, 90), trial(0.2, 300, 20), trial(0.2, 400, 90), trial(0.1, 500, 90)
    assert front([best, small, beaten, same]) == [best, small]


@pytest.mark.oracle
@pytest.mark.parametrize("units", [(), (4,), (8, 8), (24, 8)])
def test_a_pack_s_bytes_are_those_that_it_is_converted_to(units, tmp_path):
    from motegate.convert.model import Classifier
    from motegate.train import work

    model = network.build(3, True, units)
    network._start(
        model, np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32), True, np.random.default_rng(0)
    )
    work.save_model(model, tmp_path / "model.keras")
    rows = np.random.default_rng(1).integers(-128, 128, (200, 3)).astype(np.int8)
    data = Classifier(tmp_path / "model.keras").quantize(
        rows, lambda data, some: np.zeros(len(some), int), lambda s: s > 0
    )
    parsed = tflite_model.parse(data)
    packed = pack.write(lower.lower(parsed, Features((512,) * 3, (1,) * 3, (2,) * 3)))
    assert len(packed) == candidates.pack_bytes(3, units)
    assert parsed.macs == candidates.macs(3, units)


KILLED = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from motegate.train.policy import Budget
from tests.train.learning import test_search as here
if __name__ == "__main__":
    whole = here.table()
    some = here.taught(whole, here.Scaling.default(here.COLUMNS), 0), whole.rows(whole.part == here.split.VALIDATION)
    here.run(some, Path({study!r}), 16)
    print("done")
"""


@pytest.mark.campaign
def test_a_search_that_is_killed_five_times_at_random_resumes_and_ends_the_same(some, tmp_path):
    whole, _ = run(some, tmp_path / "whole.json", 16)
    script = tmp_path / "killed.py"
    root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
    script.write_text(KILLED.format(root=root, study=str(tmp_path / "study.json")))
    rng = np.random.default_rng(3)
    for _ in range(5):
        process = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
        time.sleep(float(rng.uniform(4, 12)))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    finished = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert finished.stdout.strip().endswith("done"), finished.stderr
    found, told = run(some, tmp_path / "study.json", 16)
    assert told == []
    assert found.trials == whole.trials
    assert replace(found.candidate, model=None) == replace(whole.candidate, model=None)
