"""A driver's file describes itself: keys, reading and making agree, and the host reads it without a board's modules."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from motegate.firmware import boards
from motegate.train.catalogue import sensor as sensors
from motegate.train.catalogue.sensor import Reading, Sensor, read_sensor
from motegate.train.catalogue.sensor_key import KINDS, WiringError
from motegate.train.table import Table

pytestmark = pytest.mark.unit

PICO = boards.load("RPI_PICO")
POLLED = sorted(name for name, module in sensors.drivers().items() if hasattr(module, "reading"))


def read(**keys) -> tuple[Sensor | None, list[str]]:
    notes: list[str] = []
    return read_sensor(Table(keys, lambda where, what: notes.append(f"{where}: {what}"))), notes


def test_the_drivers_are_the_files_with_keys():
    folder = Path(sensors.package.__file__).parent
    with_keys = {file.stem for file in folder.glob("*.py") if "\nKEYS" in file.read_text()}
    assert set(sensors.drivers()) == with_keys >= {"adc", "i2c", "replay"}


def test_the_host_reads_them_without_machine():
    hidden = "import sys; sys.modules['machine'] = None"
    code = f"{hidden}\nfrom motegate.train.catalogue.sensor import drivers\nprint(*drivers())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == list(sensors.drivers())


@pytest.mark.parametrize("name", POLLED)
def test_a_drivers_make_takes_what_its_keys_are_on_a_board(name):
    module = sensors.drivers()[name]
    keys = {key: 0 if key != "setup" else [] for key in module.KEYS} | getattr(module, "DEFAULTS", {})
    arguments = Sensor(name, keys).wired(boards.load(boards.UNIX))
    inspect.signature(module.make).bind({}, [0] * 5, *arguments)
    assert {kind for kind, *_ in module.KEYS.values()} <= set(KINDS)
    assert set(getattr(module, "DEFAULTS", {})) <= set(module.KEYS)


@pytest.mark.parametrize("name", POLLED)
def test_a_bundle_holds_nothing_of_what_only_the_host_asks(name):
    from motegate.convert.bundle.passes import HOST_ONLY, fold

    source = Path(sensors.drivers()[name].__file__).read_text()
    left = ast.parse(fold(source, "sensors")).body
    defined = {node.name for node in left if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = {node.targets[0].id for node in left if isinstance(node, ast.Assign)}
    assert "make" in defined
    assert not (defined | assigned) & set(HOST_ONLY["sensors"])


def test_what_a_policy_leaves_out_has_the_drivers_default():
    sensor, notes = read(driver="i2c", address=0x48, register=2, bytes=2)
    assert notes == []
    assert sensor.keys["setup"] == []
    assert (sensor.scale, sensor.offset, sensor.rails) == (1.0, 0.0, None)
    assert sensor.reading == Reading("72:2", 16, False, False)
    assert sensor.wired(PICO) == [0, 5, 4, 0x48, 2, 2, False, True, []]


def test_a_reading_follows_from_the_keys():
    sensor, _ = read(driver="i2c", address=8, register=255, bytes=3, signed=True, big_endian=False)
    assert sensor.reading == Reading("8:255", 24, True, True)
    assert read(driver="adc", pin="A0")[0].reading == Reading("A0", 16, False, False)


def test_the_replay_takes_no_key_and_reads_no_channel():
    sensor, notes = read(driver="replay")
    assert (sensor, notes) == (Sensor("replay"), [])
    assert sensor.reading is None
    for key in ("file", "scale"):
        assert [note.partition(";")[0] for note in read(driver="replay", **{key: 1})[1]] == [f"{key}: unknown key"]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"driver": "adc"}, "pin: missing; a whole number from 0 to 99"),
        ({"driver": "adc", "pin": "much too long"}, "pin: is "),
        (
            {"driver": "i2c", "address": 9, "register": 0, "bytes": 2, "bus": 8},
            "bus: is 8; expected a whole number from 0 to 7",
        ),
        (
            {"driver": "i2c", "address": 9, "register": 0, "bytes": 2, "signed": 1},
            "signed: is 1; expected true or false",
        ),
        ({"driver": "i2c", "address": 9, "register": 0, "bytes": 2, "pin": 1}, "pin: unknown key"),
    ],
)
def test_a_wrong_key_is_noted_with_what_is_allowed(keys, says):
    _, notes = read(**keys)
    assert len(notes) == 1
    assert notes[0].startswith(says)


def test_what_a_board_has_not_is_said_with_its_key():
    with pytest.raises(WiringError, match="pin: 5 is no analogue pin of RPI_PICO; allowed: 26, 27, 28"):
        read(driver="adc", pin=5)[0].wired(PICO)
    with pytest.raises(WiringError, match="bus: RPI_PICO has no bus 7; allowed: 0, 1"):
        read(driver="i2c", address=9, register=0, bytes=2, bus=7)[0].wired(PICO)
    assert read(driver="adc", pin=5)[0].wired(boards.load(boards.UNIX)) == [5]
