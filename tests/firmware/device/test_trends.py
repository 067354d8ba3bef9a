"""Drift that no verdict shows yet: when it is said, of what, and when it is over."""

from array import array
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.firmware.device import layout as at
from motegate.firmware.device.drift.trends import Trends, _away, column_of, size
from motegate.firmware.device.frames import Writer
from motegate.firmware.link import Decoder, Drift

pytestmark = pytest.mark.unit
RAT = at.REF_HEAD
PLAN = {
    "channels": [{}],
    "modules": ["spike", "regime"],
    "cells": [[0, 0, 0, 0], [1, -1, at.FOLLOW_REGIME, 0]],
    "columns": [["spike", [0]], ["regime", [1]]],
}


class Stream:
    """A gate of one channel and one classifier, as far as trends look at it: two windows share samples."""

    def __init__(self):
        self.array = array("i", bytes(4 * (at.REF_HEAD + at.REF_STRIDE)))
        self.n_channels = self.n_classifiers = 1
        self.band(0, 100)
        self.array[RAT + at.LO0], self.array[RAT + at.HI0] = self.array[RAT + at.LO], self.array[RAT + at.HI]
        self.said = bytearray()
        self.hard = 0
        writer = Writer(lambda buffer, n: self.said.extend(memoryview(buffer)[:n]))
        watch = SimpleNamespace(hard=lambda: self.hard)
        self.trends = Trends(writer, PLAN, SimpleNamespace(length=16, hop=8), self, watch)
        self.regime, self.level, self.why, self.window = 0, -1000, at.JUDGED, 0

    def threshold(self, k):
        return 1000

    def band(self, low, high):
        self.array[RAT + at.LO], self.array[RAT + at.HI] = low << 14, high << 14

    def run(self, windows: int) -> list[Drift]:
        """What is said of so many more."""
        self.said.clear()
        for _ in range(windows):
            self.window += 1
            verdict = SimpleNamespace(
                why=self.why, values=array("h", [0, self.regime]), levels=array("i", [self.level]),
                seconds=self.window, millis=0,
            )  # fmt: skip
            self.trends.take(verdict)
        return [item.form for item in Decoder().feed(bytes(self.said))]


def test_a_quiet_stream_says_nothing():
    assert Stream().run(2000) == []


def test_a_band_that_has_moved_by_a_width_is_said_once_and_its_return_once():
    one = Stream()
    one.run(100)
    one.band(100, 200)
    (begun,) = one.run(400)
    assert (begun.what_name, begun.of, begun.changed, begun.far) == ("level", 0, True, 256)
    assert begun.looked == 9  # half a width beyond: eight looks are 16, one more is above
    assert begun.since == 64
    one.band(10, 110)
    (over,) = one.run(400)
    assert (over.what_name, over.changed, over.far) == ("level", False, 25)


def test_a_band_far_away_is_said_no_sooner_than_after_five_looks():
    one = Stream()
    one.band(5000, 5100)
    (begun,) = one.run(400)
    assert begun.looked == 5
    assert begun.far == 16 * 256  # as far as it is counted


@pytest.mark.parametrize("octaves", [-1, 1])
def test_a_band_twice_or_half_as_wide_is_said(octaves):
    one = Stream()
    one.array[RAT + at.WIDTH_LOG] = 16384 * octaves
    (begun,) = one.run(400)
    assert (begun.what_name, begun.far) == ("width", 256)


def test_windows_beyond_the_regimes_are_said_with_their_hard_evidence():
    one = Stream()
    one.regime, one.hard = 300, 1
    (begun,) = one.run(400)
    assert (begun.what_name, begun.far, begun.hard) == ("regimes", 300, begun.looked)


def test_a_score_half_way_to_failing_for_long_is_said_before_it_fails():
    one = Stream()
    assert one.run(128) == []  # where it usually is is learned
    one.level = 500
    (begun,) = one.run(200)
    assert (begun.what_name, begun.of, begun.far) == ("score", 0, 192)
    one.level = -1000
    assert [drift.changed for drift in one.run(200)] == [False]


def test_after_a_swap_the_usual_score_is_learned_anew():
    one = Stream()
    one.run(128)
    one.trends.settle()
    one.level = 500
    assert one.run(400) == []


def test_windows_without_data_and_of_commissioning_are_not_looked_at():
    one = Stream()
    one.regime = 2000
    for one.why in (at.NO_DATA, at.COMMISSIONING):
        assert one.run(400) == []


def test_its_parts_are_as_large_as_it_says():
    assert sum(n for _, n in Stream().trends.parts()) == size(PLAN, 1)
    assert column_of(PLAN) == 1
    assert column_of(PLAN | {"columns": PLAN["columns"][:1]}) == -1


counts = st.integers(-32768, 32767)


@given(counts, counts, counts, counts)
def test_the_way_of_a_band_is_that_of_its_middle_in_widths(low, high, low0, high0):
    low, high = sorted((low, high))
    low0, high0 = sorted((low0, high0))
    a = array("i", bytes(4 * (at.REF_HEAD + at.REF_STRIDE)))
    for name, value in ((at.LO, low), (at.HI, high), (at.LO0, low0), (at.HI0, high0)):
        a[RAT + name] = value << 14
    width = max(4 * (high0 - low0), 1)
    exact = 256 * 4 * abs(low + high - low0 - high0) / 2 / width
    assert 16 * width * 256 < 1 << 30
    assert _away(a, RAT) == pytest.approx(min(exact, 4096), abs=max(2, 256 / width))


@given(st.integers(-at.MOST_LEVEL, at.MOST_LEVEL), st.integers(-at.MOST_LEVEL, at.MOST_LEVEL))
def test_no_score_leaves_thirty_bits_or_raises(usual, level):
    one = Stream()
    one.level = usual
    one.run(128)
    one.level = level
    said = one.run(160)
    base = max(-(1 << 28) + 1, min(usual, (1 << 28) - 1))
    if said and said[0].what_name == "score":
        assert level > base
