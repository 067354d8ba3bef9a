"""The three candidates: what the rule is, how they are measured, and which is shipped."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.train.dataset import Table
from motegate.train.features import Scaling
from motegate.train.model import candidates, network
from motegate.train.model.candidates import HEAVIEST, NAMES, USUAL, Candidate

pytestmark = pytest.mark.unit
K = 4
SCALING = Scaling.default(("a", "b", "c", "d"))


def table(n: int, seed: int, lift: float = 300.0) -> Table:
    """Good windows of calibrated values, and as many with one of them lifted."""
    rng = np.random.default_rng(seed)
    values = np.maximum(-256 * np.log10(rng.random((n, K))) - 256, 0)
    fail = np.arange(n) % 2 == 1
    which = rng.integers(0, K, n)
    values[fail, which[fail]] += lift * rng.uniform(0.8, 1.5, fail.sum())
    values = np.clip(values, 0, 32767).astype(np.int16)
    kind = np.where(fail, np.char.add("kind ", which.astype(str)), "")
    severity = np.where(fail, 2.0, 0.0)
    return Table(SCALING.apply(values), fail, ~fail, np.ones(n, np.uint8), kind, severity, values, np.arange(n))


@pytest.fixture(scope="module")
def rule():
    some = table(2000, 0)
    return candidates.rule(SCALING, SCALING.apply(np.full((9, K), 300)), some.x[~some.fail])


def test_the_rule_sums_what_exceeds_the_usual(rule):
    some = table(3000, 1)
    expected = np.maximum(some.values.astype(int).clip(0, 1023) // 4 * 4 - USUAL[1], 0).sum(axis=1)
    order = network.logits(rule, some.x)
    assert np.corrcoef(expected, order)[0, 1] > 0.999999
    assert order[expected == 0].std() < 1e-5


def test_a_candidate_that_hears_each_dimension_goes_before_a_better_one_that_does_not():
    found = [Candidate("rule", None, 0.2, 0.01, 1), Candidate("network", None, 0.1, 0.01, 9, deaf=1)]
    assert candidates.choose(found).name == "rule"
    found[0] = Candidate("rule", None, 0.2, 0.01, 1, deaf=2)
    assert candidates.choose(found).name == "network"


def test_the_rule_hears_each_dimension_and_a_model_that_leaves_one_out_is_deaf(rule):
    held = table(4000, 5)
    assert candidates.candidate("rule", rule, held).deaf == 0
    model = network.build(K, True, (K,))
    model.set_weights([weights.copy() for weights in rule.get_weights()])
    kernel, bias = model.layers[-1].get_weights()
    kernel[2] = 0
    model.layers[-1].set_weights([kernel, bias])
    assert candidates.candidate("network", model, held).deaf == 1


def test_what_good_windows_never_show_counts_more_and_from_lower_down():
    seen = np.full((500, K), -128, np.int8)
    seen[:, 1] = SCALING.apply(np.full((1, K), 400))[0, 1]
    model = candidates.rule(SCALING, seen, seen)
    raised = np.full((3, K), -128, np.int8)
    raised[1, 0] = raised[2, 1] = SCALING.apply(np.full((1, K), 512))[0, 0]
    base, never, often = network.logits(model, raised)
    assert (never - base) / (often - base) == pytest.approx(HEAVIEST * (512 - USUAL[0]) / (512 - USUAL[1]))


def test_it_has_a_hidden_unit_a_dimension_and_no_weight_below_zero(rule):
    hidden, last = rule.layers
    assert (hidden.units, last.units) == (K, 1)
    assert (hidden.get_weights()[0] >= 0).all()
    assert (last.get_weights()[0] >= 0).all()


def test_the_loss_is_the_mean_over_kinds_of_what_is_missed_at_one_false_alarm_in_a_hundred(rule):
    found = candidates.candidate("rule", rule, table(4000, 2, lift=2000.0))
    assert (found.loss, found.error, found.macs) == (0.0, 0.0, K * K + K)
    weak = candidates.candidate("rule", rule, table(4000, 3, lift=1.0))
    assert 0.9 < weak.loss <= 1.0
    half = candidates.candidate("rule", rule, table(4000, 4, lift=330.0))
    assert 0.05 < half.loss < 0.95
    # four kinds of some 500 windows each, and a threshold that 20 of 2,000 good windows say
    assert np.sqrt(half.loss * (1 - half.loss) / 500 / 4) < half.error < 0.15
    fewer = [candidates.candidate("rule", rule, table(400, seed, lift=330.0)).error for seed in range(4, 12)]
    more = [candidates.candidate("rule", rule, table(4000, seed, lift=330.0)).error for seed in range(4, 12)]
    assert np.mean(fewer) > 1.5 * np.mean(more)


def test_a_linear_one_is_learned_and_monotone():
    some, held = table(3000, 5, 900.0), table(1500, 6, 900.0)
    model = network.fit(
        some.x, some.fail, np.ones(3000), (held.x, held.fail, np.ones(1500)), 0, True, network.Settings(())
    )
    (last,) = model.layers
    assert (last.get_weights()[0] >= 0).all()
    assert candidates.candidate("linear", model, held).loss < 0.9


losses = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.2)), min_size=3, max_size=3)


@given(losses)
def test_the_simplest_within_a_standard_error_of_the_best_is_shipped(found):
    given_ = [Candidate(name, None, loss, error, 1) for name, (loss, error) in zip(NAMES, found, strict=True)]
    chosen = candidates.choose(given_)
    best = min(given_, key=lambda one: one.loss)
    assert chosen.loss <= best.loss + best.error
    for simpler in given_[: NAMES.index(chosen.name)]:
        assert simpler.loss > best.loss + best.error
