"""A sensor's own supply and how a board waits, from the policy to the bundle."""

import json

import pytest
from motegate.convert import bundle
from motegate.convert.bundle import sensors, waiting
from motegate.firmware import boards
from motegate.firmware.energy import batteries
from motegate.firmware.errors import InputError
from motegate.train import policy
from motegate.train.policy import PolicyError, compile_policy

from tests.firmware import handmade

pytestmark = pytest.mark.unit

SWITCHED = handmade.ONE_CHANNEL.replace(
    "rails = [0, 65535] }", "rails = [0, 65535], power_pin = 4, warm_up_ms = 50, current_ma = 2.5 }"
)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("power_pin = 4, ", "", r"sensor\.warm_up_ms: is there without power_pin"),
        ("warm_up_ms = 50", "warm_up_ms = 70000", r"sensor\.warm_up_ms: is 70000; expected .*60000"),
        ("current_ma = 2.5", "current_ma = -1", r"sensor\.current_ma: is -1; expected a number from 0 on"),
        ("[reference]", '[power]\nbattery = "3xAA"\n[reference]', r'power\.battery: "3xAA" is no battery; .*2xAA'),
        ("[reference]", '[power]\nsleep = "dep"\n[reference]', r'power\.sleep: is "dep"; expected .*"deep"'),
        ("[reference]", "[power]\nlow_mv = 5\n[reference]", r"power\.low_mv: is 5; expected .*500"),
        ("[reference]", '[power]\nlow_frames = "none"\n[reference]', r'power\.low_frames: is "none"; expected .*"all"'),
    ],
)
def test_what_is_wrong_about_power_is_said_with_its_key(old, new, says, tmp_path):
    with pytest.raises(PolicyError, match=says):
        policy.loads(SWITCHED.replace(old, new), tmp_path / "policy.toml")


def test_a_switched_supply_goes_to_the_policys_own_board_with_its_driver(tmp_path):
    made = bundle.build(handmade.work(tmp_path / "work", SWITCHED), "RPI_PICO")
    assert json.loads((made.folder / "gate" / "sensors.json").read_text())["supply"] == [50, [4]]
    assert "lib/motegate/sensors/supply.mpy" in made.files
    rules = policy.loads(SWITCHED, tmp_path / "policy.toml")
    table, _ = sensors.table(rules, boards.load("RPI_PICO2"))
    assert "supply" not in table


def test_the_pin_of_the_prompt_may_not_switch_a_sensor(tmp_path):
    text = SWITCHED.replace("power_pin = 4", "power_pin = 22")
    with pytest.raises(InputError, match=r"serial\.pin: 22 is the pin of .*power_pin"):
        bundle.build(handmade.work(tmp_path / "work", text), "RPI_PICO")


def test_a_build_says_what_each_way_to_wait_lasts_and_which_it_takes(tmp_path):
    text = handmade.ONE_CHANNEL.replace("period_ms = 1000", "period_ms = 300000").replace("pin = 26", "pin = 32")
    text = text.replace("[status.supply_mv]", "[status.since_reset_s]").replace("min = 2400", "min = 0")
    text += '[power]\nsleep = "auto"\n[deploy]\nboard = "ESP32_GENERIC"\n'
    made = bundle.build(handmade.work(tmp_path / "work", text), "ESP32_GENERIC")
    assert [line[:7] for line in made.waits] == ["  none ", "  light", "* deep "]
    assert "two AA cells for " in made.waits[2]
    assert {"lib/motegate/sleep/sampler.mpy", "lib/motegate/sleep/waking.mpy"} <= set(made.files)
    service = json.loads((made.folder / "gate" / "service.json").read_text())
    assert (service["sleep"], service["light"], service["deep_bytes"], service["deep_ms"]) == (
        "deep",
        "ticks",
        2048,
        420,
    )


def test_what_would_save_most_is_said_in_the_policys_words(tmp_path):
    rules = policy.loads(SWITCHED.replace("power_pin = 4, warm_up_ms = 50, ", ""), tmp_path / "policy.toml")
    board = boards.load("RPI_PICO")
    work = waiting.a_day(rules, compile_policy(rules), 100)
    assert (work.sensor_ma, work.switched_ma) == (2.5, 0)
    awake = waiting.changes(rules, board, work, "none", batteries()["2xAA"])
    light = waiting.changes(rules, board, work, "light", batteries()["2xAA"])
    assert awake[0][0] == 'power.sleep = "light"'
    assert light[0][0] == "sensor.power_pin, for what the sensors draw"
    assert [account.days for _, account in light] == sorted((account.days for _, account in light), reverse=True)


def test_a_gate_written_at_each_window_says_what_that_does_to_the_flash(tmp_path):
    rules = policy.loads(handmade.ONE_CHANNEL, tmp_path / "policy.toml")
    work = waiting.a_day(rules, compile_policy(rules), 100, gate_bytes=5000, in_flash=True)
    said = waiting.wear(boards.load("ESP32_GENERIC"), work)
    assert "5,000 bytes of the gate at each window" in said
    assert "32,400 erases a day" in said  # a window in 8 s, two sectors and littlefs's own
    assert "4 years" in said  # 512 sectors of 100,000 erases
