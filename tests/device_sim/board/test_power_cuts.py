"""A supply that ends at any byte of any flash operation: the board starts again by itself, with one bundle whole."""

import pytest

from . import swap

pytestmark = pytest.mark.device
OLD, NEW = swap.bundle("old", 3, (300, 5000)), swap.bundle("new", 4, (900, 4200))


def test_a_swap_that_is_cut_anywhere_leaves_one_bundle_whole_that_starts(tmp_path):
    cuts = swap.cut(tmp_path, OLD, NEW)
    assert cuts.operations >= 50
    assert cuts.count("old", "new") == len(cuts.outcomes) > 200
    assert cuts.count("old") > 20
    assert cuts.count("new") > 20
    assert cuts.outcomes[-1][2] == "new"


def test_a_start_that_is_cut_while_it_finishes_a_swap_is_finished_by_the_next(tmp_path):
    cuts = swap.cut(tmp_path, swap.bundle("old", 1, (300,)), swap.bundle("new", 1, (300,)), again=17)
    assert cuts.count("old", "new") == len(cuts.outcomes)


def test_an_empty_board_that_is_cut_has_no_bundle_or_the_whole(tmp_path):
    cuts = swap.cut(tmp_path, None, swap.bundle("new", 2, (300,)))
    assert cuts.count("nothing", "new") == len(cuts.outcomes)
    assert cuts.count("new") > 10


def test_a_new_bundle_that_cannot_be_imported_gives_way_to_the_old_one(tmp_path):
    cuts = swap.cut(tmp_path, swap.bundle("old", 1, (300,)), swap.bundle("new", 1, (300,), swap.BROKEN))
    assert cuts.count("old") == len(cuts.outcomes)
