"""A work folder made once, without training."""

from pathlib import Path

import pytest

from . import hand


@pytest.fixture(scope="session")
def recorded(tmp_path_factory) -> Path:
    """200 windows of 64: quiet, with a burst of noise, a step out of the band, missing cells and a gap."""
    values = hand.stream(64 * 200)
    values[64 * 100 + 7] += 3
    values[64 * 120 : 64 * 124] += 4
    values[64 * 150 : 64 * 152 + 5] = float("nan")
    return hand.recording_of(tmp_path_factory.mktemp("data") / "stream.csv", values)


@pytest.fixture(scope="session")
def work(recorded, tmp_path_factory) -> Path:
    return hand.work(tmp_path_factory.mktemp("work") / "work", recorded)
