"""The boards' files: whole, sourced, and known to MicroPython."""

import pytest
from motegate.firmware import boards
from motegate.firmware.errors import InputError

ARCH = {
    "RPI_PICO": "armv6m",
    "RPI_PICO2": "armv7emsp",
    "ESP32_GENERIC": "xtensawin",
    "ESP32_GENERIC_S3": "xtensawin",
    "ESP32_GENERIC_C3": "rv32imc",
    "NUCLEO_F446RE": "armv7emsp",
    "NUCLEO_L476RG": "armv7emsp",
    "NUCLEO_WB55": "armv7emsp",
}


@pytest.mark.unit
def test_the_eight_boards_are_there_with_their_architectures():
    assert {name: boards.load(name).arch for name in boards.names()} == ARCH


@pytest.mark.unit
@pytest.mark.parametrize("name", ARCH)
def test_every_figure_of_a_board_says_where_it_is_from(name):
    board = boards.load(name)
    asleep = boards.DEEP_FIGURES if board.deep_bytes else ()
    figures = [getattr(board, key) for key in (*boards.FIGURES, *asleep)]
    assert all(figure.value > 0 and len(figure.source) > 10 for figure in figures)
    assert all(0 <= figure.uncertainty < 1 for figure in figures)
    estimated = [figure for figure in figures if figure.source.startswith("estimated") and figure in figures[8:]]
    assert all(figure.uncertainty for figure in estimated)
    assert bool(board.deep_bytes) != bool(board.no_deep)
    assert board.light in (boards.TICKS, boards.COUNTER)
    assert board.adc
    assert board.i2c
    assert board.light_ma.value < board.idle_ma.value <= board.active_ma.value
    assert all(reader.source for reader in board.status.values())


@pytest.mark.unit
def test_an_unknown_board_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match=r"rpi_pico3: no such board; did you mean RPI_PICO2?.*NUCLEO_F446RE"):
        boards.load("rpi_pico3")


@pytest.mark.unit
def test_the_virtual_board_is_none_of_the_eight():
    assert boards.load(boards.UNIX).arch == "x64"
    assert boards.UNIX not in boards.names()
