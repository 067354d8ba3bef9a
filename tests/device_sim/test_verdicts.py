"""The host's judge, the device's gate on CPython and the shipped main loop on the VM say the same of a recording."""

import numpy as np
import pytest
from motegate.device_sim.verdicts import on_micropython
from motegate.train import policy as policies
from motegate.train import recording
from motegate.train.host import Engine, Panel, Trained, judge_as_device, measure
from motegate.train.host.judge import judge

from . import hand

pytestmark = pytest.mark.device
WINDOWS = 160  # so many that the last eighth of commissioning pulls the thresholds


@pytest.fixture(scope="module")
def commissioned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verdicts")
    values = hand.stream(16 * 300, seed=7) + 0.02 * np.random.default_rng(8).normal(size=16 * 300) ** 3
    values[16 * 200 : 16 * 203] += 2
    values[16 * 240 : 16 * 242] = float("nan")
    data = hand.recording_of(folder / "stream.csv", values)
    work = hand.work(folder / "work", data, 16, 16, windows=WINDOWS, pack_of=hand.deep)
    return work, data, recording.read(policies.load(work / "policy.toml"), data)


def test_three_ways_judge_the_same(commissioned):
    work, data, records = commissioned
    trained = Trained.load(work)
    here = judge(trained, records)
    device = judge_as_device(trained, records)
    there = on_micropython(work, [data])(trained, records, None)
    assert here.first == device.first == there.first == WINDOWS
    assert (here.levels == device.levels).all()
    for found in (device, there):
        assert (here.scores == found.scores).all()
        assert (here.passes == found.passes).all()
    assert 0 < (~here.passes).any(axis=1).sum() < 70


def thresholds(panel: Panel) -> list[int]:
    return [panel._reference.threshold(k) for k in range(panel._reference.n_classifiers)]


def test_the_panel_pulls_its_thresholds_as_the_silent_windows_say(commissioned):
    work, _, records = commissioned
    trained = Trained.load(work)
    engine = Engine(trained.plan, trained.reference)
    run = engine.run(*measure(trained.plan, records, engine.pairs))
    assert len(run.silent) == WINDOWS // 8
    panel = Panel(trained)
    before = thresholds(panel)
    assert before == [hand.THRESHOLD] * len(before)
    some = np.random.default_rng(3).integers(0, 1000, (40, run.values.shape[1])).astype(np.int16)
    panel.commission(some)
    assert thresholds(panel) != before
    panel.commission(some[:0])
    assert thresholds(panel) == before
