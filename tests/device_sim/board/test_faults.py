"""Faults at random: the loop lives, every window is in one count, and after each fault verdicts come again."""

import pytest

from . import faults

pytestmark = pytest.mark.device


def test_after_every_fault_the_board_judges_again_and_has_lost_no_heap(tmp_path):
    seen = faults.campaign(tmp_path, 3000, 100)
    assert seen["wrong"] == []
    assert seen["windows"] >= 3000
    assert seen["windows"] == seen["judged"] + seen["failed"]
    assert sum(seen["faults"].values()) > 60
    assert seen["recovered"] > 30
    assert seen["resets"] > 0
    assert seen["bites"] > 0
    assert seen["boots"] == seen["resets"] + seen["bites"] + 1
    assert seen["lost"] <= 1024  # the names of parts that were in trouble
