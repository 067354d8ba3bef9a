"""A flipped bit in any file of a bundle is said before it judges anything."""

import pytest

from . import flips

pytestmark = pytest.mark.device


def test_a_flipped_bit_is_said_by_the_files_name(tmp_path):
    found = flips.campaign(tmp_path, 60)
    assert found["said"] > 50
    assert set(found) <= {"said", "same", "no start"}, found
