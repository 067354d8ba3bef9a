"""The policy's budget: what does not keep it does not ship."""

import pytest
from motegate.firmware.errors import RefusedError
from motegate.train import policy
from motegate.train.learning import learning
from motegate.train.model import Candidate
from motegate.train.policy import Budget, PolicyError

from ..synthetic import policy_file, recording_file

pytestmark = pytest.mark.unit

FOUND = [
    Candidate("rule", None, 0.30, 0.02, 30, 396),
    Candidate("linear", None, 0.20, 0.02, 5, 310),
    Candidate("network", None, 0.10, 0.02, 216, 755),
]


def rules(tmp_path, budget: str):
    path = policy_file(tmp_path)
    path.write_text(path.read_text() + budget)
    return policy.load(path)


@pytest.mark.parametrize(
    ("budget", "ships"),
    [("", "network"), ("[budget]\nbytes = 754\n", "linear"), ("[budget]\nmacs = 216\n", "network"),
     ("[budget]\nmacs = 30\nbytes = 400\n", "linear")],
)  # fmt: skip
def test_the_best_that_keeps_the_budget_ships(tmp_path, budget, ships):
    assert learning._chosen(rules(tmp_path, budget), "intrinsic", FOUND).name == ships


def test_where_nothing_keeps_it_the_smallest_is_named(tmp_path):
    with pytest.raises(
        RefusedError, match="intrinsic has no classifier within it; the smallest, the linear, takes 310"
    ):
        learning._chosen(rules(tmp_path, "[budget]\nbytes = 100\n"), "intrinsic", FOUND)


def test_a_reference_larger_than_its_budget_is_refused(tmp_path):
    path = policy_file(tmp_path)
    text = path.read_text().replace("[parents.", "[parents.").replace('"drift", ', "")
    for name in ("intrinsic", "contextual", "data_integrity"):
        text = text.replace(f"[parents.{name}]\n", f'[parents.{name}]\nmodel = "rule"\nselect = false\n')
    path.write_text(text + "[budget]\nstate_bytes = 64\n")
    with pytest.raises(RefusedError, match=r"budget.state_bytes: .* takes \d+ bytes; at most 64 are allowed"):
        learning.learn(policy.load(path), [recording_file(tmp_path / "a.csv", 3000)], 0)


@pytest.mark.parametrize("value", ["0", '"small"', "-1", "1.5"])
def test_a_budget_is_a_whole_number_above_0(tmp_path, value):
    with pytest.raises(PolicyError, match=r"budget.bytes: is .*; expected a whole number from 1 to"):
        rules(tmp_path, f"[budget]\nbytes = {value}\n")


def test_without_a_budget_everything_fits():
    assert Budget().fits(1 << 30, 1 << 30)
