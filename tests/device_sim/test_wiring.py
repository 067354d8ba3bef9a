"""A recording turned back into what the pins show."""

from pathlib import Path

import numpy as np
import pytest
from motegate.device_sim.wiring import write_world
from motegate.firmware.errors import InputError
from motegate.train.policy.document import loads
from motegate.train.recording.records import Records

pytestmark = pytest.mark.unit

POLICY = """
[stream]
name = "two"
period_ms = 1000
window = {{ length = 16, hop = 16 }}
[stream.channels.a]
unit = "V"
resolution = 0.001
range = [0.0, 4.0]
sensor = {a}
[stream.channels.b]
unit = "C"
resolution = 0.5
range = [-40.0, 60.0]
sensor = {b}
[parents.intrinsic]
children = ["spike"]
[[actions]]
name = "use"
when = "intrinsic"
[[actions]]
name = "drop"
"""
ADC = '{ driver = "adc", pin = 26, scale = 0.00005, offset = 0.0 }'
I2C = '{ driver = "i2c", address = 64, register = 2, bytes = 2, signed = true, big_endian = false, scale = 0.01 }'


def policy(a=ADC, b=I2C):
    return loads(POLICY.format(a=a, b=b), Path("policy.toml"))


def records(seconds, counts) -> Records:
    n = len(seconds)
    return Records(
        np.array(counts, np.int16), np.array(seconds, np.int32), np.zeros(n, np.int16), np.full(n, -1, np.int32),
        np.zeros((n, 0), np.int32), {},
    )  # fmt: skip


def rows(path: Path) -> list[tuple[int, int, int]]:
    """(step in ms, raw, raw) of every row."""
    data = np.fromfile(path, "<u2")
    assert data[0] == 2
    at, found = 2, []
    while at < len(data):
        n, step = int(data[at]), int(data[at + 2]) | int(data[at + 3]) << 16
        at += 4
        found += [(step, int(a), int(b)) for a, b in data[at : at + 2 * n].reshape(n, 2)]
        at += 2 * n
    return found


def test_counts_become_raw_values_and_missing_ones_are_held(tmp_path):
    counts = [[0, 0], [-32768, -110], [500, -32768]]
    world = write_world(policy(), [records([100, 101, 103], counts)], tmp_path / "w")
    assert world.pins == {"26": 0, "64:2": 1}
    assert world.little == ("64:2",)
    # a: middle 2 V; b: middle 10 degC, -110 counts of 0.5 are -45 degC
    assert rows(tmp_path / "w") == [(1000, 40000, 1000), (2000, 40000, 65536 - 4500), (1000, 50000, 65536 - 4500)]


def test_chunks_join_without_a_seam_and_a_record_in_the_past_is_never_seen(tmp_path):
    parts = [records([10, 11], [[0, 0], [1, 0]]), records([11, 5, 12], [[2, 0], [3, 0], [4, 0]])]
    write_world(policy(), parts, tmp_path / "w")
    assert [(step, a) for step, a, _ in rows(tmp_path / "w")] == [(1000, 40000), (1000, 40060), (1000, 40080)]


def test_values_beyond_the_sensors_width_are_held_at_it(tmp_path):
    write_world(policy(a=ADC.replace("0.00005", "0.00004")), [records([0], [[2000, 0]])], tmp_path / "w")
    assert rows(tmp_path / "w")[0][1] == 65535


@pytest.mark.parametrize("sensor", ['{ driver = "replay" }', I2C.replace("bytes = 2", "bytes = 3")])
def test_a_channel_without_a_pin_is_refused_by_name(sensor, tmp_path):
    with pytest.raises(InputError, match=r"stream\.channels\.b\.sensor: --drivers board needs"):
        write_world(policy(b=sensor), [], tmp_path / "w")


def test_two_channels_on_one_pin_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"stream\.channels\.b\.sensor: 26 is another channel's"):
        write_world(policy(b=ADC), [], tmp_path / "w")
