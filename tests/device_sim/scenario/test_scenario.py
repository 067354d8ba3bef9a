"""Scenario files: checked whole, played on the real VM, each expectation met or not."""

from xml.etree import ElementTree

import pytest
from motegate.device_sim import scenario
from motegate.device_sim.scenario import ScenarioError
from motegate.train import policy

from .. import hand

LEAK = """
name = "a leak"
seed = 3
commission = 0
[[stream]]
for = "10 min"
level = { pressure = 5.0 }
noise = { pressure = 0.02 }
[[stream]]
for = "10 min"
level = { pressure = 3.5 }
noise = { pressure = 0.02 }
[[stream]]
recording = "well.csv"
[[fault]]
at = "25 min"
for = "3 min"
how = "silent"
[[expect]]
action = "keep"
from = "10 min"
within = "5 min"
[[expect]]
action = "keep"
never = true
within = "10 min"
[[expect]]
verdict = "intrinsic"
passes = false
from = "25 min"
within = "3 min"
[[expect]]
verdict = "intrinsic"
from = "30 min"
within = "5 min"
[[expect]]
windows_lost = 0
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenario")
    data = hand.recording_of(folder / "learned.csv", hand.stream(64 * 60))
    return hand.work(folder / "work", data, windows=20)


@pytest.fixture
def folder(tmp_path):
    hand.recording_of(tmp_path / "well.csv", hand.stream(64 * 20, seed=8))
    return tmp_path


def written(folder, text, name="leak.toml"):
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.device
def test_what_was_expected_is_met_one_by_one(work, folder):
    (played,) = scenario.play_all(work, [written(folder, LEAK)])
    assert played.met, played.lines()
    assert [one.what for one in played.results] == [
        "action keep", "never action keep", "intrinsic fails", "intrinsic passes", "windows lost",
    ]  # fmt: skip
    assert played.virtual_s == 1200 + 64 * 20


@pytest.mark.device
def test_what_was_not_met_says_what_came_instead_and_junit_has_it(work, folder):
    wrong = LEAK.replace('from = "10 min"\nwithin = "5 min"', 'from = "2 min"\nwithin = "5 min"')
    files = [written(folder, LEAK), written(folder, wrong.replace('"a leak"', '"too early"'), "early.toml")]
    good, bad = scenario.play_all(work, files, jobs=2)
    assert good.met
    assert not bad.met
    assert [one.why for one in bad.results] == ["in none of 5 windows; actions there: use", "", "", "", ""]
    suites = ElementTree.fromstring(scenario.junit([good, bad]))
    assert [(s.get("name"), s.get("tests"), s.get("failures")) for s in suites] == [
        ("a leak", "5", "0"), ("too early", "5", "1"),
    ]  # fmt: skip
    assert suites.find(".//failure").get("message") == "in none of 5 windows; actions there: use"


@pytest.mark.device
def test_the_same_seed_plays_the_same(work, folder):
    file = written(folder, LEAK)
    assert scenario.play_all(work, [file]) == scenario.play_all(work, [file])


@pytest.mark.unit
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('action = "keep"\nfrom', 'action = "kep"\nfrom', r'expect\[0\]\.action: "kep" is none of this policy; .*keep'),
        ('verdict = "intrinsic"\npasses', 'verdict = "quality"\npasses', r'expect\[2\]\.verdict: "quality" is none'),
        ('how = "silent"', 'how = "loud"', r'fault\[0\]\.how: is "loud"; expected .*"silent"'),
        ('at = "25 min"', 'at = "25 minutes"', r"fault\[0\]\.at: '25 minutes' is no span of time; .*min"),
        ('at = "25 min"', "", r"fault\[0\]\.at: missing; expected a span"),
        ("well.csv", "ill.csv", r'stream\[2\]\.recording: "ill.csv": there is no such file beside the scenario'),
        ("windows_lost = 0", "windows = 0", r"expect\[4\].*expected one of action, verdict, windows_lost"),
        ("level = { pressure = 5.0 }", "level = { flow = 5.0 }", r"stream\[0\]\.level\.pressure: missing"),
        ("seed = 3", "sed = 3", r"sed: unknown key"),
    ],
)
def test_a_scenario_that_is_wrong_says_where_before_anything_runs(old, new, says, work, folder):
    assert old in LEAK
    with pytest.raises(ScenarioError, match=says):
        scenario.load(written(folder, LEAK.replace(old, new, 1)), policy.load(work / "policy.toml"))
