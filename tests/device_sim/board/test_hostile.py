"""A hostile line: the board judges on, answers every true command, and obeys no other."""

import pytest

from . import hostile


@pytest.mark.device
def test_no_forged_or_replayed_command_is_obeyed_and_every_true_one_is_answered(tmp_path):
    seen = hostile.campaign(tmp_path, 4000)
    assert seen["alive"]
    assert seen["odd"] == []
    assert seen["names"] == 0
    assert seen["accepted"] == seen["authentic"] >= 8
    assert seen["answers"]["refused"] > 300
    assert seen["verdicts"] >= 8  # the judging goes on: 50 looks a second make 400 a window, 4,000 frames ten at least
    assert seen["damaged"] == 0
    assert seen["lost"] <= 64
