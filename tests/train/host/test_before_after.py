"""What adapting gives a recording, as `evaluate` tells it."""

import csv
import json

import numpy as np
import pytest
from motegate.firmware.errors import InputError
from motegate.train.evaluate import evaluate

from tests.device_sim import hand
from tests.device_sim.test_adaptation import CHANGE, END, label, policy

pytestmark = pytest.mark.unit
LENGTH = 64
FAULTS = (*range(30, CHANGE, 9), *range(CHANGE + 45, END, 9))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A work folder, and a recording whose level changes for good, with labelled spikes before and after."""
    folder = tmp_path_factory.mktemp("before_after")
    values = hand.stream(LENGTH * END)
    values[LENGTH * CHANGE :] += 2
    fail = np.zeros(len(values), int)
    for window in FAULTS:
        values[LENGTH * window + 20 : LENGTH * window + 40 : 4] += 1.5
        fail[LENGTH * window : LENGTH * (window + 1)] = 1
    plain = hand.recording_of(folder / "plain.csv", values)
    with (folder / "data.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        for k, line in enumerate(plain.read_text().splitlines()):
            writer.writerow([*line.split(","), "fail.contextual" if not k else fail[k - 1]])
    works = {
        confirm: hand.work(folder / confirm, plain, policy=policy(f'confirm = "{confirm}"\n'))
        for confirm in ("labels", "auto")
    }
    works["none"] = hand.work(folder / "none", plain, policy=hand.POLICY.replace(', "drift"]', "]"))
    return works, folder / "data.csv"


def of(found: dict, when: str) -> dict:
    return found["adaptation"][when]["contextual"]["window"]


def test_labels_give_back_what_a_change_has_taken(made, tmp_path):
    works, data = made
    labels = label(tmp_path / "labels.csv", range(CHANGE + 6, CHANGE + 14), "good")
    found = evaluate(works["labels"], [data], labels=labels, out=tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text()) == found
    told = found["adaptation"]
    assert (told["labels"], told["swaps"], told["taught"]) == (8, 1, False)
    assert told["noticed"].startswith("2026-01-01 01:")
    windows = [told[when]["contextual"]["windows"] for when in ("before", "without", "with")]
    assert CHANGE - 20 - 5 <= windows[0] <= CHANGE - 20
    assert windows[1] == windows[2] < END - CHANGE
    assert of(found, "without")["precision"] < 0.2
    assert of(found, "with")["precision"] > 2 * of(found, "without")["precision"]


def test_without_labels_it_is_as_without_adaptation(made):
    works, data = made
    found = evaluate(works["labels"], [data])
    assert found["adaptation"]["with"] == found["adaptation"]["without"]
    assert found["adaptation"]["swaps"] == 0


def test_by_itself_it_takes_over(made):
    works, data = made
    found = evaluate(works["auto"], [data])
    assert found["adaptation"]["swaps"] == 1
    assert found["adaptation"]["with"] != found["adaptation"]["without"]


def test_labels_for_a_policy_that_does_not_adapt_are_refused(made, tmp_path):
    works, data = made
    assert "adaptation" not in evaluate(works["none"], [data])
    with pytest.raises(InputError, match="this policy does not adapt"):
        evaluate(works["none"], [data], labels=label(tmp_path / "labels.csv", [40], "good"))


def test_a_stream_without_a_change_has_only_a_before(made, tmp_path):
    works, data = made
    rows = data.read_text().splitlines()[: 1 + LENGTH * (CHANGE - 1)]
    (tmp_path / "short.csv").write_text("\n".join(rows) + "\n")
    told = evaluate(works["auto"], [tmp_path / "short.csv"])["adaptation"]
    assert (told["noticed"], told["without"], told["with"]) == (None, None, None)
    assert told["before"]["contextual"]["windows"] == CHANGE - 1 - 20
