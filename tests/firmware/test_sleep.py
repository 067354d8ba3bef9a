"""How a board waits: from the policy to service.json and the clock, and on an emulated Pico, whose own call it is."""

import pytest
from motegate.convert.bundle import build, sensors, waiting
from motegate.convert.bundle.service import table as made
from motegate.firmware import boards
from motegate.firmware.device import clock as clock_file
from motegate.firmware.device.sleep.day_counter import DayCounter
from motegate.firmware.errors import InputError
from motegate.firmware.link.flash import put
from motegate.firmware.link.transport import RawRepl
from motegate.train import policy
from motegate.train.policy import compile_policy

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
    chosen = boards.load(board)
    table, _ = sensors.table(rules, chosen)
    found = waiting.ways(rules, chosen, waiting.a_day(rules, compile_policy(rules), 100))
    return made(rules, chosen, table, replays, found)


@pytest.fixture
def light(tmp_path):
    return policy.loads(LIGHT, tmp_path / "policy.toml")


@pytest.mark.unit
def test_a_policy_says_how_a_board_waits(tmp_path):
    assert policy.loads(handmade.ONE_CHANNEL, tmp_path / "policy.toml").power.sleep == "none"
    assert policy.loads(LIGHT, tmp_path / "policy.toml").power.sleep == "light"
    with pytest.raises(InputError, match=r'power\.sleep: is "heavy"; expected .*"none".*"light"'):
        policy.loads(LIGHT.replace('"light"', '"heavy"'), tmp_path / "policy.toml")


@pytest.mark.unit
def test_a_bundle_sleeps_as_the_policy_says_but_on_the_bench(light):
    assert service(light, "RPI_PICO")["sleep"] == "light"
    assert service(light, "RPI_PICO", replays=True)["sleep"] == "none"


@pytest.mark.unit
def test_a_board_whose_ticks_stand_still_goes_by_its_real_time_clock(light):
    assert service(light, "RPI_PICO")["light"] == "ticks"
    assert service(light, "NUCLEO_L476RG")["light"] == "counter"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("board", "period_ms", "adapts", "why"),
    [
        ("RPI_PICO", 300_000, False, "of the rp2 port it is light sleep and a reset"),
        ("NUCLEO_L476RG", 300_000, False, "MicroPython keeps no memory for it in standby"),
        ("ESP32_GENERIC", 1000, False, "the gate's start takes .* ms, as long as 1,000 ms from record to record"),
        ("ESP32_GENERIC", 300_000, True, "what a shadow learns .* adapt.enabled keeps it awake"),
    ],
)
def test_deep_sleep_is_refused_where_it_will_not_do(board, period_ms, adapts, why, tmp_path):
    text = LIGHT.replace('"light"', '"deep"').replace("period_ms = 1000", f"period_ms = {period_ms}")
    rules = policy.loads(text + ("[adapt]\nenabled = true\n" if adapts else ""), tmp_path / "policy.toml")
    with pytest.raises(InputError, match=rf'power\.sleep: {board} has no "deep" here: {why}; expected one of "none"'):
        service(rules, board)


@pytest.mark.unit
@pytest.mark.parametrize(("board", "mode"), [("RPI_PICO", "light"), ("ESP32_GENERIC", "deep")])
def test_auto_takes_what_lasts_longest(board, mode, tmp_path):
    text = LIGHT.replace('"light"', '"auto"').replace("period_ms = 1000", "period_ms = 300000")
    rules = policy.loads(text, tmp_path / "policy.toml")
    assert service(rules, board)["sleep"] == mode
    assert service(rules, board, replays=True)["sleep"] == "none"


@pytest.mark.unit
def test_where_ticks_stand_still_records_come_when_they_are_due(monkeypatch):
    """A clock of an STM32: in light sleep its ticks stand still, and its calendar counts down by 256ths."""

    class Chip:
        ticks = calendar = 0

        def lightsleep(self, ms):
            Chip.calendar += ms + 1  # it wakes up late

        def datetime(self):
            ms = (Chip.ticks + Chip.calendar + 86_390_000) % 86_400_000  # midnight comes in ten seconds
            return 2026, 1, 1, 4, ms // 3_600_000, ms // 60_000 % 60, ms // 1000 % 60, 255 - ms % 1000 * 256 // 1000

    def sleep_ms(ms):
        Chip.ticks += ms

    chip = Chip()
    monkeypatch.setattr(clock_file, "machine", chip)
    monkeypatch.setattr(clock_file, "ticks_ms", lambda: Chip.ticks & 0x3FFFFFFF)
    monkeypatch.setattr(clock_file, "sleep_ms", sleep_ms)
    clock = clock_file.Clock()
    clock.light(counter=DayCounter(chip))
    seconds, millis = [0], [0]
    clock.every(60_000)
    clock.tick(seconds, millis, 0)
    began = seconds[0] * 1000 + millis[0]
    for k in range(1, 3000):
        clock.tick(seconds, millis, 0)
        assert abs(seconds[0] * 1000 + millis[0] - began - 60_000 * k) <= 8
        assert abs(Chip.ticks + Chip.calendar - 60_000 * k) <= 100  # two days: what a 256th of a second adds up to
    assert clock.late == 0


@pytest.mark.unit
def test_a_record_that_comes_late_is_counted(monkeypatch):
    now = [0]
    monkeypatch.setattr(clock_file, "ticks_ms", lambda: now[0])
    monkeypatch.setattr(clock_file, "sleep_ms", lambda ms: now.__setitem__(0, now[0] + ms))
    clock = clock_file.Clock()
    clock.every(1000)
    seconds, millis = [0], [0]
    for work, late in ((0, 0), (1100, 0), (1025, 0), (1001, 0), (2900, 1), (0, 2)):
        clock.tick(seconds, millis, 0)
        assert clock.late == late, work
        now[0] += work


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
