"""A bundle for the virtual board made by hand, without training: a classifier fails on a dimension of 768 and more."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from motegate.convert import bundle
from motegate.convert.convert import with_thresholds
from motegate.convert.model import pack
from motegate.train import policy as policies
from motegate.train import recording
from motegate.train.host.engine import Engine
from motegate.train.host.scan import measure
from motegate.train.policy.plan_compiler import compile_policy

THRESHOLD = 64  # quarters

POLICY = """
[stream]
name = "test"
period_ms = 1000
window = {{ length = {length}, hop = {hop} }}
[stream.channels.pressure]
unit = "bar"
resolution = 0.001
range = [0.0, 10.0]
sensor = {{ driver = "adc", pin = 26, scale = 0.0001526, offset = 0.0, rails = [0, 65535] }}
[parents.intrinsic]
children = ["completeness", "validity", "saturation", "spike", "crest", "rate_of_change", "flatline", "attenuation",
            "noise", "step", "resolution"]
[parents.contextual]
children = ["timeliness", "relevancy", "excursion", "offset", "drift"]
[parents.integrity]
children = ["intrinsic", "contextual", "uniqueness", "ordering", "continuity"]
[[actions]]
name = "use"
when = "integrity"
do = {use}
[[actions]]
name = "keep"
when = "intrinsic and not contextual"
do = ["store", "pin:15=1"]
[[actions]]
name = "discard"
do = ["send:dimensions"]
[reference]
windows = {windows}
"""


def classifier(columns: int) -> bytes:
    """score = sum of what each value exceeds 512 by, in eighths, - 128; its level counts quarters."""
    layer = pack.Dense(
        np.ones((1, columns), np.int8), np.zeros(1, np.int32), np.array([1 << 30], np.int32), np.array([0], np.int8),
        0, 255, 0,
    )  # fmt: skip
    features = pack.Features((1024,) * columns, (1,) * columns, (2,) * columns)
    return pack.write(pack.Pack(columns, 1, (layer,), features))


def teachable(columns: int) -> bytes:
    """As ``classifier``, with canaries: nothing anywhere is good, everything everywhere is not."""
    rows = np.repeat(np.array([[255], [0]], np.uint8), columns, 1)
    return pack.write(replace(pack.read(classifier(columns)), canaries=pack.Canaries(16, rows[:1], rows[1:])))


def deep(columns: int) -> bytes:
    """The like in three layers and a table, columns-16-8-1, as train makes them; each layer halves."""
    layers = [_dense(np.eye(n, k, dtype=np.int8)) for n, k in ((16, columns), (8, 16))]
    table = pack.Table(bytes(range(256)))
    features = pack.Features((1024,) * columns, (1,) * columns, (2,) * columns)
    return pack.write(pack.Pack(columns, 1, (*layers, _dense(np.ones((1, 8), np.int8)), table), features))


def _dense(weights: np.ndarray) -> pack.Dense:
    n = len(weights)
    return pack.Dense(
        weights, np.zeros(n, np.int32), np.full(1, 1 << 30, np.int32), np.zeros(1, np.int8), 0, 255, 0
    )  # fmt: skip


def work(
    folder: Path,
    data: Path,
    length: int = 64,
    hop: int = 64,
    windows: int = 20,
    use: str = "[]",
    policy: str = POLICY,
    pack_of: Callable[[int], bytes] = classifier,
) -> Path:
    """A work folder whose policy.toml, train/ and firmware/UNIX/ are as train and build leave them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.toml").write_text(policy.format(length=length, hop=hop, windows=windows, use=use))
    loaded = policies.load(folder / "policy.toml")
    plan = compile_policy(loaded)
    engine = Engine(plan)
    engine.run(*measure(plan, recording.read(loaded, data)))
    for where in (folder / "train", folder / "convert"):
        where.mkdir(exist_ok=True)
        plan.write(where / "plan.json")
        (where / "reference.bin").write_bytes(
            with_thresholds(plan, engine.commissioned, [THRESHOLD] * len(plan.classifiers))
        )
    for parent in plan.classifiers:
        (folder / "convert" / f"{parent.name}.pack").write_bytes(pack_of(len(parent.columns)))
    bundle.build(folder, "UNIX")
    return folder


def recording_of(path: Path, values: np.ndarray, start: str = "2026-01-01T00:00:00", period_s: int = 1) -> Path:
    """A CSV of one channel, NaN as an empty cell."""
    first = np.datetime64(start)
    with open(path, "w") as file:
        file.write("timestamp,pressure\n")
        for i, value in enumerate(values):
            stamp = first + np.timedelta64(i * period_s, "s")
            file.write(f"{stamp},{'' if np.isnan(value) else round(float(value), 4)}\n")
    return path


def stream(n: int, seed: int = 0) -> np.ndarray:
    """A quiet pressure around 5 bar with a slow wave."""
    rng = np.random.default_rng(seed)
    return 5 + 0.3 * np.sin(np.arange(n) / 200) + 0.02 * rng.normal(size=n)
