"""Canaries: which windows are chosen, and what a pack keeps of them."""

import numpy as np
import pytest
from motegate.convert.model import canaries, pack
from motegate.firmware.device.boot.pack import Pack as PackFile

pytestmark = pytest.mark.unit


def dense(n_out: int, n_in: int) -> pack.Dense:
    one = np.array([1 << 30], np.int32)
    return pack.Dense(np.ones((n_out, n_in), np.int8), np.zeros(n_out, np.int32), one, np.zeros(1, np.int8), 0, 255, 0)


def test_failures_come_from_each_kind_in_turn_the_faintest_first():
    n = 100
    kind = np.array(["a"] * 90 + ["b"] * 10)
    severity = np.concatenate([np.linspace(1, 16, 90), np.linspace(0.25, 4, 10)])
    levels = np.full(n, 10)
    levels[3] = 0  # the base has it wrong
    bad, good = canaries.choose(levels, 5, np.ones(n, bool), np.zeros(n, bool), kind, severity)
    assert len(bad) == canaries.EACH
    assert 3 not in bad
    assert (severity[bad] >= 1).all()
    assert bad[:4].tolist() == [0, 92, 1, 93]
    assert sorted(bad[bad >= 90].tolist()) == list(range(92, 100))
    assert not len(good)


def test_good_windows_span_the_upper_half_of_the_levels_up_to_the_highest_that_passes():
    levels = np.arange(1000)
    clean = np.ones(1000, bool)
    bad, good = canaries.choose(levels, 900, ~clean, clean, np.full(1000, ""), np.zeros(1000))
    assert not len(bad)
    assert len(good) == canaries.EACH
    assert (levels[good].min(), levels[good].max()) == (450, 900)
    assert np.diff(levels[good]).max() <= 20


def test_a_pack_gives_back_its_canaries_and_the_device_finds_them():
    rows = np.arange(24, dtype=np.uint8).reshape(6, 4)
    plain = pack.Pack(3, 1, (dense(4, 3), dense(1, 4), pack.Table(bytes(256))))
    packed = canaries.with_canaries(plain, rows, np.array([1, 4]), np.array([0, 5, 2]), 77)
    data = pack.write(packed)
    found = pack.read(data).canaries
    assert (found.margin, found.bad.tolist(), found.good.tolist()) == (
        77,
        rows[[1, 4]].tolist(),
        rows[[0, 5, 2]].tolist(),
    )
    number, bad, at, margin = PackFile(data).canaries
    assert (number, bad, margin) == (5, 2, 77)
    assert data[at : at + 4] == rows[1].tobytes()
    assert len(data) == len(pack.write(plain)) + 5 + 5 * 4


def test_without_a_failure_or_a_good_window_there_are_none():
    plain = pack.Pack(3, 1, (dense(1, 3), pack.Table(bytes(256))))
    rows = np.zeros((4, 3), np.uint8)
    none = np.zeros(0, int)
    assert canaries.with_canaries(plain, rows, none, np.arange(2), 1).canaries is None
    assert canaries.with_canaries(plain, rows, np.arange(2), none, 1).canaries is None


def test_what_lies_before_the_last_layer_gives_its_inputs():
    deep = pack.Pack(3, 1, (dense(4, 3), dense(1, 4), pack.Table(bytes(256))))
    assert canaries.before_last(deep) == pack.Pack(3, 4, deep.layers[:1])
    assert canaries.before_last(pack.Pack(3, 1, (dense(1, 3), pack.Table(bytes(256))))) is None


@pytest.mark.parametrize(("scale", "margin"), [(0.001, 500), (1e-12, (1 << 28) - 1), (100.0, 1)])
def test_the_margin_is_half_a_step_of_the_logistics_input_within_its_field(scale, margin):
    assert canaries.margin(scale) == margin


def test_a_margin_out_of_bounds_is_refused():
    packed = pack.Pack(
        3, 1, (dense(1, 3),), None, pack.Canaries(1 << 28, np.zeros((1, 3), np.uint8), np.zeros((1, 3), np.uint8))
    )
    with pytest.raises(pack.PackError, match="canaries out of bounds"):
        pack.write(packed)
