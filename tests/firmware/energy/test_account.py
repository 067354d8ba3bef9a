"""The account of energy: current times time, kind by kind, and how long a battery makes of it."""

from dataclasses import replace
from itertools import product

import pytest
from motegate.firmware import boards
from motegate.firmware.boards import Figure
from motegate.firmware.energy import KINDS, QUALITY, Work, account, batteries
from motegate.firmware.energy.battery import feed

pytestmark = pytest.mark.unit

DAY = Work(
    seconds=86400.0, period_ms=60_000, records=1440, channels=2, windows=90, length=64, cells=20, classifiers=2,
    macs=200, sent=90 * 120,
)  # fmt: skip
CELLS = batteries()["2xAA"]


def sure(board: boards.Board) -> boards.Board:
    """The same with every figure known exactly."""
    figures = {name: replace(f, uncertainty=0.0) for name, f in vars(board).items() if isinstance(f, Figure)}
    return replace(board, **figures)


@pytest.mark.parametrize("name", ["RPI_PICO", "ESP32_GENERIC", "NUCLEO_L476RG"])
def test_a_board_awake_draws_its_currents_for_the_time_it_works_and_waits(name):
    board = boards.load(name)
    cycles = DAY.sample_cycles() + DAY.quality_cycles() + DAY.following_cycles() + DAY.frame_cycles()
    works_s = cycles * board.cycles.value / board.clock_mhz.value / 1e6
    charge = works_s * board.active_ma.value + (86400 - works_s) * board.idle_ma.value
    assert sum(account(board, "none", DAY, CELLS).mah.values()) == pytest.approx(charge / 3600)


def test_a_deep_sleep_costs_a_start_a_record_and_a_gates_start_a_window():
    board = boards.load("ESP32_GENERIC")
    mah = account(board, "deep", DAY, CELLS).mah
    starts = 1440 * board.start_ms.value / 1000 * board.start_ma.value
    line_s = DAY.sent / 11520
    assert mah["waking"] == pytest.approx((starts + line_s * board.idle_ma.value) / 3600)
    gates = DAY.start_cycles() * board.cycles.value / board.clock_mhz.value / 1e6 * board.active_ma.value
    assert mah["starts"] == pytest.approx(gates / 3600)
    assert mah["flash"] == 0
    held = account(board, "deep", DAY.but(gate_bytes=5000, kept_in_flash=True), CELLS).mah
    sectors = 90 * (2 + 1)
    flash_s = sectors * (board.erase_ms.value + 16 * board.page_ms.value) / 1000
    assert held["flash"] == pytest.approx(flash_s * (board.active_ma.value + board.flash_ma.value) / 3600)


def test_a_watchdog_wakes_a_light_sleep_every_four_seconds():
    board = boards.load("RPI_PICO")
    free, fed = (account(board, "light", DAY.but(fed=fed), CELLS).mah["waking"] for fed in (False, True))
    assert fed - free == pytest.approx(1440 * 14 * board.light_wake_us.value / 1e6 * board.active_ma.value / 3600)


def test_a_sensor_that_is_switched_draws_only_around_its_records():
    board = boards.load("RPI_PICO")
    always = account(board, "light", DAY.but(sensor_ma=2.0), CELLS).mah["sensors"]
    switched = account(board, "light", DAY.but(switched_ma=2.0, warm_up_ms=500), CELLS).mah["sensors"]
    assert always == pytest.approx(48)
    assert switched == pytest.approx(2.0 * 1440 * 0.5 / 3600, rel=0.01)


@pytest.mark.parametrize(("name", "mode"), product(["ESP32_GENERIC", "RPI_PICO"], ["none", "light"]))
def test_the_range_is_what_each_uncertainty_moves_the_days_by(name, mode):
    board = boards.load(name)
    one = account(board, mode, DAY, CELLS)
    assert 0 < one.low_days < one.days < one.high_days
    known = replace(CELLS, mah=replace(CELLS.mah, uncertainty=0), lost_a_year=replace(CELLS.lost_a_year, uncertainty=0))
    exact = account(sure(board), mode, DAY, replace(known))
    alone = replace(
        sure(board), idle_ma=replace(board.idle_ma, uncertainty=0.1), light_ma=replace(board.light_ma, uncertainty=0.1)
    )
    moved = account(alone, mode, DAY, known)
    more = replace(sure(board), idle_ma=replace(board.idle_ma, value=board.idle_ma.value * 1.1),
                   light_ma=replace(board.light_ma, value=board.light_ma.value * 1.1))  # fmt: skip
    if "boost" not in feed(board, CELLS).how:
        assert exact.low_days == exact.days == exact.high_days
        assert moved.high_days - moved.days == pytest.approx(
            abs(account(sure(more), mode, DAY, known).days - moved.days), rel=0.05
        )


def test_the_kinds_add_up_and_quality_is_a_share_of_them():
    for name, mode in product(boards.names(), ("none", "light")):
        one = account(boards.load(name), mode, DAY, CELLS)
        assert set(one.mah) == set(KINDS)
        assert one.quality_share == pytest.approx(one.mah[QUALITY] / sum(one.mah.values()))
        assert sum(one.mwh.values()) == pytest.approx(one.supply_v * sum(one.mah.values()))


def test_a_board_that_draws_nothing_still_outlives_no_battery():
    """What a battery loses by itself bounds the days."""
    board = boards.load("NUCLEO_L476RG")
    asleep = DAY.but(records=0, windows=0, sent=0)
    light = replace(board, light_ma=replace(board.light_ma, value=1e-9))
    lost = CELLS.mah.value * CELLS.lost_a_year.value / 365.25
    usable = CELLS.mah.value * feed(board, CELLS).usable
    lasting = replace(CELLS, shelf_years=1e6)
    assert account(light, "light", asleep, lasting).days == pytest.approx(usable / lost, rel=1e-3)
    shelf = account(light, "light", asleep, CELLS)
    assert shelf.days == shelf.high_days == 10 * 365.25
    assert shelf.lasts() == "two AA cells for 10 years, its shelf life"


def test_the_virtual_board_has_no_figures_and_so_no_days():
    one = account(boards.load(boards.UNIX), "none", DAY, CELLS)
    assert (one.days, one.low_days, one.high_days) == (0, 0, 0)


def test_a_battery_gives_what_lies_above_the_voltage_that_a_board_needs():
    assert CELLS.given_at(3.2) == 0
    assert CELLS.given_at(2.0) == 0.9
    assert CELLS.given_at(2.1) == pytest.approx(0.85)
    assert CELLS.given_at(1.0) == 1
    shares = [CELLS.given_at(volts / 100) for volts in range(150, 330)]
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize(
    ("board", "battery", "how", "usable"),
    [
        ("RPI_PICO", "2xAA", "by the board's own converter", 0.96),
        ("ESP32_GENERIC", "2xAA", "by a boost converter", 1.0),
        ("ESP32_GENERIC", "18650", "by a linear regulator", 0.965),
        ("NUCLEO_L476RG", "CR123A", "without a regulator", 1.0),
        ("NUCLEO_L476RG", "2xAA", "without a regulator", 0.978),
    ],
)
def test_a_board_hangs_on_a_battery_as_its_voltages_allow(board, battery, how, usable):
    found = feed(boards.load(board), batteries()[battery])
    assert found.how.startswith(how)
    assert found.usable == pytest.approx(usable, abs=0.005)


def test_every_figure_of_a_battery_says_where_it_is_from():
    assert set(batteries()) == {"2xAA", "18650", "CR123A"}
    for battery in batteries().values():
        assert len(battery.mah.source) > 10
        assert len(battery.lost_a_year.source) > 10
        assert battery.curve[-1][1] == 1.0
