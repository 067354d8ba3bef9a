"""Light sleep: from the policy to service.json and to the clock, and on an emulated Pico, whose own call it is."""

import pytest
from motegate.convert.bundle import build, sensors
from motegate.convert.bundle.service import table as made
from motegate.firmware import boards
from motegate.firmware.errors import InputError
from motegate.firmware.link.flash import put
from motegate.firmware.link.transport import RawRepl
from motegate.train import policy

from . import handmade

LIGHT = handmade.ONE_CHANNEL + '[power]\nsleep = "light"\n'
PACED = """
import machine, time
import motegate.clock as m
class Hook:
    RTC = machine.RTC
    def lightsleep(self, ms):
        slept.append(ms)
        machine.lightsleep(ms)
slept = []
m.machine = Hook()
clock = m.Clock()
clock.light()
s, t = [0], [0]
clock.every(60)
clock.tick(s, t, 0)
began, first, wall = s[0] * 1000 + t[0], time.ticks_ms(), time.ticks_us()
for _ in range(20):
    clock.sent(110)
    clock.tick(s, t, 0)
print(s[0] * 1000 + t[0] - began, time.ticks_diff(time.ticks_ms(), first))
print(time.ticks_diff(time.ticks_us(), wall) // 1000, len(slept), sum(slept))
"""


def service(rules, board: str, replays: bool = False) -> dict:
    table, _ = sensors.table(rules, boards.load(board))
    return made(rules, boards.load(board), table, replays)


@pytest.fixture
def light(tmp_path):
    return policy.loads(LIGHT, tmp_path / "policy.toml")


@pytest.mark.unit
def test_a_policy_says_how_a_board_waits(tmp_path):
    assert policy.loads(handmade.ONE_CHANNEL, tmp_path / "policy.toml").service.sleep == "none"
    assert policy.loads(LIGHT, tmp_path / "policy.toml").service.sleep == "light"
    with pytest.raises(InputError, match=r'power\.sleep: is "heavy"; expected .*"none".*"light"'):
        policy.loads(LIGHT.replace('"light"', '"heavy"'), tmp_path / "policy.toml")


@pytest.mark.unit
def test_a_bundle_sleeps_as_the_policy_says_but_on_the_bench(light):
    assert service(light, "RPI_PICO")["sleep"] == "light"
    assert service(light, "RPI_PICO", replays=True)["sleep"] == "none"


@pytest.mark.unit
def test_a_board_whose_ticks_stand_still_is_refused(light):
    with pytest.raises(InputError, match=r'power\.sleep: NUCLEO_F446RE has no "light": ticks_ms stands still .*"none"'):
        service(light, "NUCLEO_F446RE")


@pytest.mark.campaign
@pytest.mark.device
def test_on_a_pico_each_record_is_waited_for_in_light_sleep_and_the_time_stays_right(pico, tmp_path):
    put(build(handmade.work(tmp_path / "work", LIGHT), "RPI_PICO").folder, "RPI_PICO", pico.port)
    link = RawRepl(pico.port)
    link.enter_raw_repl()
    out, error = link.exec_raw(PACED, timeout=300)
    link.exit_raw_repl()
    link.close()
    assert error == b""
    counted, ticks, wall, naps, asleep = map(int, out.split())
    assert abs(counted - 20 * 60) <= 1  # the first look lies anywhere in its millisecond
    assert abs(ticks - counted) <= 5
    assert abs(wall - counted) <= 5  # by the chip's own timer
    assert naps >= 20  # an interrupt ends one early, then the rest is slept, too
    assert asleep > 20 * (60 - 110 // 11 - 2 - 6)
