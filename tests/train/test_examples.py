"""The examples: their policies are right, their recordings fit, and what they promise holds."""

import importlib.util
import tomllib
from pathlib import Path

import numpy as np
import pytest
from motegate.convert.convert import convert
from motegate.convert.model import tflite_model
from motegate.train import policy
from motegate.train.dataset import dataset
from motegate.train.evaluate import evaluate
from motegate.train.policy.plan_compiler import compile_policy
from motegate.train.training import train

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
NAMES = ("compressed_air", "machine_temperature", "river")
SITES = ("lro_FranklinBasin2014.csv", "lro_MainStreet2019.csv")
PROMISED = {SITES[1]: (0.92, 0.72), SITES[0]: (0.91, 0.72)}  # window and event F1 on a site never seen


@pytest.mark.parametrize("name", NAMES)
def test_each_example_has_the_paper_s_three_classifiers(name):
    rules = policy.load(EXAMPLES / name / "policy.toml")
    assert rules.classifiers == ("intrinsic", "contextual", "data_integrity")
    assert all(channel.sensor for channel in rules.channels)
    assert (EXAMPLES / name / "README.md").exists()
    compile_policy(rules)


@pytest.mark.parametrize("name", NAMES)
def test_clean_but_foreign_windows_have_an_action_of_their_own(name):
    rules = policy.load(EXAMPLES / name / "policy.toml")
    foreign = rules.action_table()[0b101]  # intrinsic and data_integrity pass, contextual fails
    assert rules.actions[foreign].when == "intrinsic and not contextual"
    assert "store" in rules.actions[foreign].do


def test_the_recording_that_ships_fits_its_policy_and_carries_its_notice():
    folder = EXAMPLES / "machine_temperature"
    found = dataset.load(policy.load(folder / "policy.toml"), [folder / "recording.csv"])
    assert all(len(found.good(part)) > 100 for part in range(3))
    assert found.fails["contextual"].any()
    assert "Numenta" in (folder / "NOTICE.md").read_text()


def test_no_trained_model_lies_in_the_tree():
    ignored = (EXAMPLES / "compressed_air" / ".gitignore").read_text().split()
    models = [p.relative_to(ROOT).as_posix() for p in EXAMPLES.rglob("*") if p.suffix in (".tflite", ".keras", ".pack")]
    assert [model for model in models if Path(model).name not in ignored] == []


@pytest.fixture(scope="module")
def forecast():
    source = EXAMPLES / "compressed_air" / "forecast.py"
    spec = importlib.util.spec_from_file_location("forecast", source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_forecaster_is_a_model_that_the_device_runs(forecast, tmp_path):
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=(120, 72)), axis=1).astype(np.float32)
    said = forecast.make(walk[:, :64], walk[:, 64:].mean(axis=1), tmp_path / "forecast.tflite")
    model = tflite_model.read(tmp_path / "forecast.tflite")
    assert (model.input.size, model.output.size) == (64, 1)
    assert "120 windows passed" in said
    names = tomllib.loads((EXAMPLES / "compressed_air" / "policy.toml").read_text())["models"]
    assert names["forecast"]["file"] == "forecast.tflite"


def test_missing_samples_repeat_the_one_before(forecast):
    there = np.array([[False, True, False, True], [True, False, False, True]])
    held = forecast._held(np.array([[0.0, 5, 0, 7], [1, 0, 0, 4]]), there)
    assert held.tolist() == [[5, 5, 5, 7], [1, 1, 1, 4]]


@pytest.mark.parametrize(("here", "there"), [SITES, pytest.param(*SITES[::-1], marks=pytest.mark.campaign)])
def test_a_river_s_model_serves_a_site_that_it_has_never_seen(shared, tmp_path, here, there):
    train(EXAMPLES / "river" / "policy.toml", [shared / "data" / here], tmp_path / "work")
    convert(tmp_path / "work")
    found = evaluate(tmp_path / "work", [shared / "data" / there])["parents"]["intrinsic"]
    window, event = PROMISED[there]
    assert found["window"]["f1"] >= window
    assert found["event"]["f1"] >= event
