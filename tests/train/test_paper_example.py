"""The paper's own example: clean but foreign data is stored, noisy data of the right kind is discarded.

Chatterjee et al. 2022: "intrinsic pass + contextual fail = clean but not relevant: route elsewhere or store". Judged by
the int8 packs and the device's code, over 20 streams that the model has never seen, each with its own reference.
"""

from pathlib import Path

import numpy as np
import pytest
from motegate.convert.convert import convert
from motegate.train import policy, recording
from motegate.train.host import ring
from motegate.train.host.judge import Trained, judge
from motegate.train.policy import graph
from motegate.train.training import train

pytestmark = pytest.mark.unit

POLICY = """
[stream]
name = "compressed-air"
period_ms = 1000
window = { length = 64, hop = 64 }
[stream.channels.pressure]
unit = "bar"
resolution = 0.001
range = [-20.0, 40.0]
[parents.intrinsic]
children = ["completeness", "validity", "saturation", "spike", "flatline", "noise", "attenuation", "step"]
[parents.contextual]
children = ["timeliness", "relevancy", "excursion", "offset", "regime"]
[parents.data_quality]
children = ["intrinsic", "contextual"]
[parents.data_integrity]
children = ["data_quality", "uniqueness", "ordering", "continuity"]
[[actions]]
name = "use"
when = "data_integrity"
[[actions]]
name = "store"
when = "intrinsic and not contextual"
do = ["store"]
[[actions]]
name = "discard"
[reference]
windows = 100
"""

SEEDS = range(20)
SEVERITIES = (1.0, 2.0, 4.0)  # band widths for the foreign stream, limits of noise for the noisy one
SIGMA = 0.1
LIMIT = 1.25 * SIGMA  # noise that one good window in a hundred exceeds
WIDTH = 4.65 * SIGMA  # the band holds the 1 to 99 % quantiles
GOOD, ODD = 100 * 64 + 40 * 64, 40 * 64  # commissioning and good windows, then windows of the other kind


def stream(path: Path, kind: str = "good", severity: float = 0.0, seed: int = 0, odd: int = ODD) -> Path:
    """Pressure around 6 bar with white noise; behind GOOD rows it is of ``kind``."""
    rng = np.random.default_rng([seed, 7])
    n = GOOD + odd
    behind = np.arange(n) >= GOOD
    noise = SIGMA * rng.normal(size=n)
    if kind == "noisy":
        noise[behind] *= severity * LIMIT / SIGMA
    level = np.zeros(n)
    if kind == "foreign":
        # the same noise at another level; half of the streams have another shape, too: a slow swing
        swing = 0.5 * WIDTH * np.sin(np.arange(n) / 900) * (seed % 2)
        level = behind * (rng.choice([-1, 1]) * severity * WIDTH + swing)
    t = np.arange(n) * 1000 + rng.integers(-10, 11, n) + 1_700_000_000_000
    rows = zip(t.tolist(), (6 + level + noise).round(3).tolist(), strict=True)
    path.write_text("t_ms,pressure\n" + "\n".join(f"{t},{x}" for t, x in rows) + "\n")
    return path


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    return learned(tmp_path_factory.mktemp("paper"))


def learned(folder: Path):
    """The gate of the paper's policy, trained on one good stream."""
    folder.mkdir(exist_ok=True)
    (folder / "policy.toml").write_text(POLICY)
    train(folder / "policy.toml", [stream(folder / "a.csv", seed=1000, odd=600 * 64)], folder / "work")
    convert(folder / "work")
    return Trained.load(folder / "work"), policy.load(folder / "policy.toml"), folder


def judged(gate, kind: str, severity: float, seed: int):
    """Verdicts and actions of the windows that lie wholly behind GOOD: {parent: passes}, action names."""
    trained, rules, folder = gate
    records = recording.read(rules, [stream(folder / "b.csv", kind, severity, seed)])
    verdicts = judge(trained, records)
    slots = ring.expand(trained.plan, records)
    odd = slots.row[slots.windows[verdicts.first :]] >= GOOD
    passes = verdicts.passes[odd]
    vectors = graph.indices(passes)
    names = [trained.plan.actions[trained.plan.table[vector]].name for vector in vectors]
    return dict(zip(rules.classifiers, passes.T, strict=True)), np.array(names)


def right(gate, kind: str, severity: float, seed: int) -> list[bool]:
    """Whether each window of the other kind got the verdicts and the action that it should."""
    passes, actions = judged(gate, kind, severity, seed)
    if kind == "foreign":
        return (passes["intrinsic"] & ~passes["contextual"] & (actions == "store")).tolist()
    return (~passes["intrinsic"] & (actions == "discard")).tolist()


@pytest.mark.parametrize("severity", SEVERITIES[1:])
def test_a_clean_but_foreign_stream_is_stored(gate, severity):
    assert np.mean([found for seed in SEEDS for found in right(gate, "foreign", severity, seed)]) >= 0.95


@pytest.mark.parametrize("severity", SEVERITIES[1:])
def test_a_noisy_stream_of_the_right_kind_is_discarded(gate, severity):
    assert np.mean([found for seed in SEEDS for found in right(gate, "noisy", severity, seed)]) >= 0.95


def test_a_good_stream_is_used(gate):
    used = np.concatenate([judged(gate, "good", 0.0, seed)[1] == "use" for seed in SEEDS])
    assert used.mean() >= 0.95
