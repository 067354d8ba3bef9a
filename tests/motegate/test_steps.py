"""Stale steps are done again, and only those."""

import json
import os
import random
import sys
import types

import pytest
from motegate.firmware.errors import InputError

from motegate.steps import Steps

pytestmark = pytest.mark.unit


@pytest.fixture
def house(tmp_path, monkeypatch):
    """Packages that write a file each and note that they ran."""
    ran = []

    def train(policy, data, work, seed=None, progress=None, synthetic_only=False, search=None):
        ran.append("train")
        (work / "train").mkdir(parents=True, exist_ok=True)
        (work / "train" / "plan.json").write_text(policy.read_text() + "".join(path.read_text() for path in data))
        (work / "policy.toml").write_text(policy.read_text())

    def convert(work, progress=None):
        ran.append("convert")
        (work / "convert").mkdir(exist_ok=True)
        (work / "convert" / "plan.json").write_text((work / "train" / "plan.json").read_text())

    def build(work, board, data=()):
        ran.append(" ".join(["build", *(path.name for path in data)]))
        folder = work / "firmware" / board
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").write_text("{}")
        return folder

    for room, function in (("train.training", train), ("convert.convert", convert), ("convert.bundle", build)):
        module = types.ModuleType(room)
        setattr(module, function.__name__, function)
        monkeypatch.setitem(sys.modules, f"motegate.{room}", module)
    (tmp_path / "policy.toml").write_text("[dimensions.leak]\nfile = 'leak.py'\n")
    (tmp_path / "leak.py").write_text("SCOPE = 'window'\n")
    (tmp_path / "a.csv").write_text("1\n")

    class House:
        work = tmp_path / "work"

        def __init__(self):
            self.said: list[str] = []

        def steps(self):
            return Steps(self.work, self.said.append)

        def ran(self):
            done, ran[:] = list(ran), []
            return done

    house = House()
    house.steps().train(tmp_path / "policy.toml", [tmp_path / "a.csv"])
    assert house.ran() == ["train"]
    return house


def test_a_build_first_does_what_was_never_done_and_says_so(house):
    folder = house.steps().ensure_build("UNIX")
    assert folder == house.work / "firmware" / "UNIX"
    assert house.ran() == ["convert", "build"]
    assert house.said == ["convert: not done yet", "build UNIX: not done yet"]


def test_nothing_is_done_twice(house):
    house.steps().ensure_build("UNIX")
    house.ran()
    house.steps().ensure_build("UNIX")
    assert house.ran() == []


def test_a_page_is_read_by_people_alone(house):
    house.steps().ensure_build("UNIX")
    house.ran()
    (house.work / "train" / "report.html").write_text("a page")
    house.steps().ensure_build("UNIX")
    assert house.ran() == []


@pytest.mark.parametrize("name", ["policy.toml", "a.csv", "leak.py"])
def test_a_changed_input_redoes_every_step_behind_it(house, tmp_path, name):
    house.steps().ensure_build("UNIX")
    house.ran()
    with open(tmp_path / name, "a") as file:
        file.write("# 2\n")
    house.steps().ensure_build("UNIX")
    assert house.ran() == (["train"] if name == "leak.py" else ["train", "convert", "build"])
    assert f"train: again, {name} has changed" in house.said


def test_a_file_that_was_only_touched_is_not_stale(house, tmp_path):
    (tmp_path / "a.csv").write_text("1\n")
    house.steps().ensure_train()
    assert house.ran() == []


def test_output_that_is_gone_is_made_again(house):
    house.steps().ensure_build("UNIX")
    house.ran()
    (house.work / "firmware" / "UNIX" / "manifest.json").unlink()
    house.steps().ensure_build("UNIX")
    assert house.ran() == ["build"]


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("train/plan.json", ["train", "convert", "build"]),
        ("convert/plan.json", ["convert", "build"]),
        ("firmware/UNIX/manifest.json", ["build"]),
    ],
)
def test_damaged_output_is_made_again_and_said(house, name, again):
    house.steps().ensure_build("UNIX")
    house.ran()
    house.said.clear()
    (house.work / name).write_text("damaged")
    house.steps().ensure_build("UNIX")
    assert house.ran()[0] == again[0]
    assert house.said[0].endswith(f"its output {name} is damaged")
    house.steps().ensure_build("UNIX")
    assert house.ran() == []


def test_a_board_has_its_own_bundle(house):
    house.steps().ensure_build("UNIX")
    house.ran()
    house.steps().ensure_build("RPI_PICO")
    assert house.ran() == ["build"]


def test_recordings_that_moved_away_make_nothing_stale(house, tmp_path):
    (tmp_path / "a.csv").unlink()
    house.steps().ensure_build("UNIX")
    assert house.ran() == ["convert", "build"]


def test_a_folder_that_moved_to_another_machine_is_not_stale(house, tmp_path):
    house.steps().ensure_build("UNIX")
    house.ran()
    house.work.rename(tmp_path / "elsewhere")
    (tmp_path / "a.csv").unlink()
    house.work = tmp_path / "elsewhere"
    house.steps().ensure_build("UNIX")
    assert house.ran() == []


def test_a_folder_without_a_training_is_refused(tmp_path):
    with pytest.raises(InputError, match="nothing was trained here; first: motegate train"):
        Steps(tmp_path, print).ensure_train()


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '{"train": 1}', '{"train": {"step": 1}}', "[" * 100_000, '{"fly": {}}', "\xff"]
)
def test_a_damaged_record_of_steps_is_one_line(content, tmp_path):
    (tmp_path / "steps.json").write_text(content, "latin-1")
    with pytest.raises(InputError, match="not a record of steps") as wrong:
        Steps(tmp_path, print)
    assert len(wrong.value.lines) == 1


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The record with a byte changed, a piece lost, or a value that something else stands for."""
    at = chance.randrange(len(data))
    match chance.randrange(3):
        case 0:
            return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        case 1:
            return data[:at] + data[at + chance.randint(1, 40) :]
    record = json.loads(data)
    places = [(record, key) for key in record]
    for holder, key in places:
        inner = holder[key]
        if isinstance(inner, dict | list):
            places += [(inner, key) for key in (inner if isinstance(inner, dict) else range(len(inner)))]
    holder, key = chance.choice(places)
    holder[key] = chance.choice([None, 1, -1, "", "x", "a\0b", "\ud800", [], [1], {}, {"a": 1}, True, "x" * 5000])
    return json.dumps(record).encode()


@pytest.mark.parametrize("seed", range(300))
def test_a_mutated_record_of_steps_is_one_line_or_works(house, seed):
    house.steps().build("UNIX", [house.work.parent / "a.csv"])
    record = house.work / "steps.json"
    record.write_bytes(mutated(record.read_bytes(), random.Random(seed)))
    try:
        house.steps().ensure_build("UNIX")
        said = []
    except InputError as error:
        said = error.lines
    except OSError as error:
        said = [f"{error.filename}: {error.strerror}"]
    assert len(said) <= 1
    assert all(line.isprintable() for line in said)


@pytest.mark.parametrize("name", ["train/plan.json", "policy.toml"])
@pytest.mark.parametrize("what", ["damaged", "gone"])
def test_damaged_training_without_its_recording_is_one_line_and_goes_no_further(house, tmp_path, name, what):
    house.steps().ensure_build("UNIX")
    house.ran()
    (tmp_path / "a.csv").unlink()
    path = house.work / name
    if what == "gone":
        path.unlink()
    else:
        path.write_text(path.read_text()[:-1])
    with pytest.raises(InputError, match=f"train must be done again, its output {name} is {what}; it needs") as no:
        house.steps().ensure_build("UNIX")
    assert len(no.value.lines) == 1
    assert house.ran() == []


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("a.csv", ["train", "convert", "build"]),
        ("work/policy.toml", ["train"]),
        ("work/train/plan.json", ["train"]),
        ("work/convert/plan.json", ["convert"]),
        ("work/firmware/UNIX/manifest.json", ["build"]),
    ],
)
def test_a_flipped_bit_is_noticed_though_size_and_time_are_the_same(house, tmp_path, name, again):
    house.steps().ensure_build("UNIX")
    house.ran()
    path = tmp_path / name
    data, before = bytearray(path.read_bytes()), path.stat()
    data[0] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    house.steps().ensure_build("UNIX")
    assert house.ran() == again
    assert house.steps().ensure_build("UNIX")
    assert house.ran() == []


def test_another_version_of_motegate_makes_everything_stale(house):
    path = house.work / "steps.json"
    record = json.loads(path.read_text())
    record["train"]["arguments"]["motegate"] = "0.0.1"
    path.write_text(json.dumps(record))
    house.steps().ensure_train()
    assert house.said == ["train: again, it was made by motegate 0.0.1"]


def test_a_bundle_keeps_the_recording_that_it_was_built_to_replay(house, tmp_path):
    bench = tmp_path / "bench.csv"
    bench.write_text("1\n")
    house.steps().build("RPI_PICO", [bench])
    assert house.ran() == ["convert", "build bench.csv"]
    house.steps().ensure_build("RPI_PICO")
    assert house.ran() == []
    bench.write_text("12\n")
    house.steps().ensure_build("RPI_PICO")
    assert house.ran() == ["build bench.csv"]
    bench.unlink()
    house.steps().ensure_build("RPI_PICO")
    assert house.ran() == []
    house.steps().build("RPI_PICO")
    assert house.ran() == ["build"]
