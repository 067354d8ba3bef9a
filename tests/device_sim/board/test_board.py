"""The simulated hardware, on the real VM: a clock that only sleeping moves, pins that show a recording."""

import numpy as np
import pytest
from motegate.device_sim.machines.unix import hardware
from motegate.firmware import vm

pytestmark = pytest.mark.device


def on_board(folder, text: str) -> list[str]:
    script = folder / "script.py"
    script.write_text(text)
    done = vm.run(script, path=[hardware()])
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode().split()


def world(path, width: int, *blocks: tuple[int, list[list[int]]]):
    """The file of board/world.py: (step in ms, rows) each."""
    data = np.array([width], "<u4").tobytes()
    for step, rows in blocks:
        data += np.array([len(rows), step], "<u4").tobytes() + np.array(rows, "<u2").tobytes()
    path.write_bytes(data)
    return path


def test_time_passes_only_while_sleeping(tmp_path):
    said = on_board(
        tmp_path,
        "import time\ntime.begin(1767225600, 500)\na = time.ticks_ms()\nfor i in range(10000): pass\n"
        "print(time.ticks_ms() - a)\ntime.sleep_ms(1500)\nprint(time.ticks_diff(time.ticks_ms(), a), time.time())\n"
        "time.sleep_us(250)\nprint(time.ticks_us())\ntime.sleep(2)\nprint(time.time(), time.gmtime(time.time())[:6])",
    )
    assert said[:5] == ["0", "1500", "1767225602", "1500250", "1767225604"]
    assert "".join(said[5:]) == "(2026,1,1,0,0,4)"


def test_ticks_wrap_at_2_to_the_30_as_on_a_board(tmp_path):
    said = on_board(
        tmp_path,
        "import time\nbefore = time.ticks_ms()\ntime.sleep_ms(0x3fffffff)\nprint(time.ticks_ms())\ntime.sleep_ms(10)\n"
        "print(time.ticks_ms(), time.ticks_diff(5, 0x3ffffffb), time.ticks_diff(0x3ffffffb, 5))\n"
        "print(time.ticks_add(0x3fffffff, 3), time.ticks_add(2, -4))",
    )
    assert said == ["1073741823", "9", "10", "-10", "2", "1073741822"]


def test_the_clock_never_goes_back(tmp_path):
    text = "import time\ntime.begin(100, 0)\ntime.at(105, 1)\ntime.at(90, 0)\ntime.sleep_ms(-5)\nprint(time.us)"
    assert on_board(tmp_path, text) == ["5001000"]


def test_a_converter_shows_the_record_that_holds_now(tmp_path):
    file = world(tmp_path / "w", 2, (1000, [[1, 10], [2, 20], [3, 30]]), (250, [[4, 40], [5, 50]]))
    said = on_board(
        tmp_path,
        "import machine, time\nfrom world import World\n"
        f"machine.world = World({str(file)!r}, {{'26': 0, '27': 1}}, [])\n"
        "a = machine.ADC(26)\nb = machine.ADC(machine.Pin(27))\n"
        "for ms in (0, 999, 1, 1500, 500, 249, 1):\n    time.sleep_ms(ms)\n    print(a.read_u16(), b.read_u16())",
    )
    assert said == ["1", "10", "1", "10", "2", "20", "3", "30", "4", "40", "4", "40", "5", "50"]


def test_a_digital_pin_shows_the_recording_and_ends_with_it(tmp_path):
    file = world(tmp_path / "w", 1, (1000, [[1], [0], [7]]))
    said = on_board(
        tmp_path,
        "import machine, time\nfrom world import World\n"
        f"machine.world = World({str(file)!r}, {{'5': 0}}, [])\n"
        "p = machine.Pin(5, machine.Pin.IN)\n"
        "while True:\n    print(p.value())\n    time.sleep_ms(1000)\n",
    )
    assert said == ["1", "0", "1"]


def test_the_end_of_the_recording_ends_the_run(tmp_path):
    file = world(tmp_path / "w", 1, (1000, [[1]]))
    said = on_board(
        tmp_path,
        f"import machine, time\nfrom world import World\nmachine.world = World({str(file)!r}, {{'26': 0}}, [])\n"
        "a = machine.ADC(26)\ntime.sleep_ms(1000)\ntry:\n    a.read_u16()\nexcept SystemExit:\n    print('over')",
    )
    assert said == ["over"]


def test_a_register_has_the_byte_order_it_was_wired_with(tmp_path):
    file = world(tmp_path / "w", 2, (1000, [[0x1234, 0xFFFE]]))
    said = on_board(
        tmp_path,
        f"import machine\nfrom world import World\n"
        f"machine.world = World({str(file)!r}, {{'64:2': 0, '64:4': 1}}, ['64:4'])\n"
        "bus = machine.I2C(0, scl=machine.Pin(5), sda=machine.Pin(4))\nprint(bus.scan())\n"
        "print(bus.readfrom_mem(64, 2, 2).hex(), bus.readfrom_mem(64, 4, 2).hex(), bus.readfrom_mem(64, 2, 1).hex())\n"
        "try:\n    bus.readfrom_mem(64, 9, 2)\nexcept ValueError as e:\n    print(e)",
    )
    assert said[:4] == ["[64]", "1234", "feff", "34"]
    assert " ".join(said[4:]).startswith("nothing is wired to 64:9: ")


def test_pins_remember_their_level_and_count_their_changes(tmp_path):
    said = on_board(
        tmp_path,
        "import machine\np = machine.Pin(15, machine.Pin.OUT, value=0)\np.on()\np.value(1)\np.toggle()\n"
        "print(p.value(), machine.levels, machine.writes)",
    )
    assert "".join(said) == "0{15:0}{15:3}"


def test_a_watchdog_that_was_fed_too_late_is_counted(tmp_path):
    said = on_board(
        tmp_path,
        "import machine, time\nw = machine.WDT(timeout=8000)\ntime.sleep_ms(8000)\nw.feed()\ntime.sleep_ms(8001)\n"
        "w.feed()\nprint(machine.bites)",
    )
    assert said == ["1"]


def test_the_real_time_clock_can_be_set(tmp_path):
    said = on_board(
        tmp_path,
        "import machine, time\ntime.sleep_ms(1000)\nrtc = machine.RTC()\nrtc.datetime((2026, 3, 1, 6, 12, 30, 15, 0))\n"
        "time.sleep_ms(2000)\nprint(rtc.datetime())",
    )
    assert "".join(said) == "(2026,3,1,6,12,30,17,0)"
