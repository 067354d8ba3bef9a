"""A supply that ends at any byte of a flash operation: the board starts again by itself, with one bundle whole."""

import pytest
from motegate.firmware.device.layout import CALM, LEARN, TRIAL, WAIT

from . import keep, swap

pytestmark = pytest.mark.device
OLD, NEW = swap.bundle("old", 1, (300,)), swap.bundle("new", 1, (4200,))


def test_a_swap_that_is_cut_anywhere_leaves_one_bundle_whole_that_starts(tmp_path):
    cuts = swap.cut(tmp_path, OLD, NEW, thin=True)
    assert cuts.operations == len(cuts.outcomes) >= 35
    assert cuts.count("old", "new") == len(cuts.outcomes)
    assert cuts.count("old") > 10
    assert cuts.count("new") > 10


def test_a_new_bundle_that_cannot_be_imported_gives_way_to_the_old_one(tmp_path):
    cuts = swap.cut(tmp_path, OLD, swap.bundle("new", 1, (300,), swap.BROKEN), thin=True)
    assert cuts.count("old") == len(cuts.outcomes) > 30


def test_a_swap_that_no_start_has_finished_is_finished_before_the_next_one(tmp_path):
    """A main.py of a time before all this leaves it as it is."""
    cuts = swap.cut(tmp_path, OLD, NEW, main=swap.FIRST_MAIN, pending=swap.bundle("pending", 1, (700,)))
    assert cuts.count("old", "pending", "new") == len(cuts.outcomes) > 150
    assert cuts.count("pending") > 10
    assert cuts.outcomes[-1][2] == "new"


def test_the_state_and_the_stored_windows_of_a_cut_write_are_those_of_the_write_before(tmp_path):
    cuts, _ = keep.cut(tmp_path, 17, thin=True)
    assert cuts.count("whole") == len(cuts.outcomes) > 12, cuts.outcomes


def test_a_cut_in_any_phase_of_an_adaptation_leaves_the_state_of_a_whole_write(tmp_path):
    cuts, did = keep.cut(tmp_path, 82, thin=True, adapts=True)
    assert cuts.count("whole") == len(cuts.outcomes) > 30, cuts.outcomes
    assert did["phases"] == 1 << CALM | 1 << WAIT | 1 << LEARN | 1 << TRIAL
    assert (did["swaps"], did["rolled"]) == (1, 2)
    assert did["labels"] >= 8
    assert did["taught"] >= 8
