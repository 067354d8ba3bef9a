"""A work folder without training: a policy, random networks, a reference from quiet records, hostile records."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from motegate.convert.convert import with_thresholds
from motegate.convert.model import pack, tflite_model
from motegate.convert.model.count_mapping import count_mapping
from motegate.convert.model.lower import lower
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.device.layout import MISSING, MISSING_STATUS
from motegate.train import policy as policies
from motegate.train.host import scan
from motegate.train.host.engine import Engine
from motegate.train.policy.plan_compiler import compile_policy

from tests.convert.models import Fc, Sigmoid, build

POLICY = """
[stream]
name = "handmade"
period_ms = 1000
window = { length = 16, hop = 8 }
[stream.channels.pressure]
unit = "bar"
resolution = 0.001
range = [0.0, 10.0]
sensor = { driver = "adc", pin = 26, scale = 0.00015259, rails = [0, 65535] }
[stream.channels.flow]
unit = "l/min"
resolution = 0.1
range = [0.0, 200.0]
sensor = { driver = "adc", pin = 27, scale = 0.0031, rails = [0, 65535] }
[status.supply_mv]
dimension = "trust"
min = 2400
[parents.intrinsic]
children = ["completeness", "validity", "saturation", "spike", "crest", "rate_of_change", "flatline", "attenuation",
            "noise", "step", "resolution", "consistency"]
[parents.contextual]
children = ["timeliness", "offset", "excursion", "relevancy", "drift", "spike.flow"]
[parents.data_integrity]
children = ["intrinsic", "contextual", "uniqueness", "ordering", "continuity", "trust"]
[models.forecast]
file = "forecast.tflite"
channel = "pressure"
[[actions]]
name = "use"
when = "contextual"
do = ["run:forecast", "send:dimensions", "pin:15=0"]
[[actions]]
name = "store"
when = "intrinsic"
do = ["store", "send:dimensions"]
[[actions]]
name = "discard"
do = ["send:dimensions", "send:samples", "pin:15=1"]
[reference]
windows = 12
"""


PRESSURE = POLICY[POLICY.index("[stream.channels.pressure]") : POLICY.index("[stream.channels.flow]")]
_FLOW = POLICY[POLICY.index("[stream.channels.flow]") : POLICY.index("[status.supply_mv]")]
ONE_CHANNEL = POLICY.replace(_FLOW, "").replace(', "spike.flow"', "").replace(', "consistency"', "")
KEYS = ("counts", "seconds", "millis", "seqs", "status")


@dataclass
class Records:
    """As train/recording/records.py has them."""

    counts: np.ndarray
    seconds: np.ndarray
    millis: np.ndarray
    seqs: np.ndarray
    status: np.ndarray

    def __len__(self):
        return len(self.seconds)


def quiet(rng: np.random.Generator, n: int, channels: int = 2, start: int = 150_000_000) -> Records:
    """A daily wave with noise, one record a second."""
    wave = 400 * np.sin(np.arange(n) / 40)[:, None] + rng.normal(0, 12, (n, channels))
    seconds = (start + np.arange(n)).astype(np.int32)
    status = np.full((n, 1), 3300, np.int32)
    return Records(wave.astype(np.int16), seconds, np.zeros(n, np.int16), np.full(n, -1, np.int32), status)


def hostile(
    rng: np.random.Generator, n: int, channels: int = 2, start: int = 150_100_000, period_ms: int = 1000
) -> Records:
    """Extremes, missing cells, stuck runs, steps in time of every size and direction, sequence gaps."""
    counts = rng.integers(-32768, 32768, (n, channels))
    for _ in range(n // 6):
        at, length, c = rng.integers(0, n), rng.integers(1, 30), rng.integers(0, channels)
        counts[at : at + length, c] = rng.choice([-32768, 32767, -32767, 0, 1, 5000])
    steps = np.array([1, 0.999, 1.001, 1.5, 2.499, 0, -0.001, -5, 3, 60, 1e5])
    often = np.array([70, 6, 6, 3, 3, 3, 2, 2, 3, 1, 1])
    ms = start * 1000 + np.cumsum(np.round(period_ms * rng.choice(steps, n, p=often / 100)).astype(np.int64)) % 10**11
    status = rng.choice([-(1 << 30), 2399, 2400, 3300, 10**9, -(10**9)], (n, 1))
    return Records(
        counts.astype(np.int16),
        (ms // 1000).astype(np.int32),
        (ms % 1000).astype(np.int16),
        np.cumsum(rng.choice([1, 1, 1, 0, 2, -3], n)).clip(-1).astype(np.int32),
        status.astype(np.int32),
    )


def joined(*parts: Records) -> Records:
    return Records(*(np.concatenate([getattr(part, key) for part in parts]) for key in KEYS))


def replay(records: Records) -> bytes:
    """The replay file's bytes."""
    n, channels = records.counts.shape
    layout = [("s", "<i4"), ("m", "<i2"), ("c", "<i2", (channels,))] + [("p", "<i2")] * (channels % 2 == 0)
    block = np.zeros(n, [*layout, ("q", "<i4"), ("f", "<i4", (records.status.shape[1],))])
    block["s"], block["m"], block["c"] = records.seconds, records.millis, records.counts
    block["q"], block["f"] = records.seqs, records.status
    head = np.array([channels, records.status.shape[1]], "<u2").tobytes() + np.array([n, 0], "<u4").tobytes()
    return b"MGR1" + head + block.tobytes()


def csv(policy: policies.Policy, records: Records) -> str:
    """The recording that reads as these records."""
    values = [c.middle + records.counts[:, i].astype(int) * c.resolution for i, c in enumerate(policy.channels)]
    ms = (records.seconds.astype(np.int64) + EPOCH_S) * 1000 + records.millis
    columns = [
        ms.tolist(),
        *(np.where(records.counts[:, i] == MISSING, "", np.char.mod("%.4f", v)) for i, v in enumerate(values)),
        ["" if seq < 0 else seq for seq in records.seqs.tolist()],
        *(np.where(field == MISSING_STATUS, "", field.astype(str)) for field in records.status.T),
    ]
    names = ["t_ms", *(c.name for c in policy.channels), "seq", *(f"status.{field.name}" for field in policy.status)]
    return "\n".join(",".join(map(str, row)) for row in [names, *zip(*columns, strict=True)]) + "\n"


def network(rng: np.random.Generator, inputs: int) -> bytes:
    """A random classifier over features, as a .tflite."""
    widths = [inputs, 8, 4, 1]
    layers: list = []
    for n_in, n_out in pairwise(widths):
        weights = rng.integers(-100, 128, (n_out, n_in)).astype(np.int8)
        bias = rng.integers(-3000, 3000, n_out).astype(np.int32)
        layers.append(Fc(weights, [0.01], bias, 0.1, -20, "NONE" if n_out == 1 else "RELU"))
    return build(inputs, 1 / 128, 0, [*layers, Sigmoid()])


def work(folder: Path, text: str = POLICY, seed: int = 23, records: Records | None = None) -> Path:
    """Fills ``folder`` as train and convert would, with the reference of ``records``, or else of quiet ones.

    The seed is one whose random classifiers do not all agree.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    policy_file = folder / "policy.toml"
    policy_file.write_text(text)
    forecast = build(16, 0.05, 3, [Fc(rng.integers(-128, 128, (2, 16)).astype(np.int8), [0.01], None, 0.2, 5)])
    (folder / "forecast.tflite").write_bytes(forecast)
    policy = policies.load(policy_file)
    plan = compile_policy(policy)
    out = folder / "convert"
    out.mkdir(exist_ok=True)
    limits: list[int] = []
    for parent in plan.classifiers:
        n = len(parent.columns)
        model = tflite_model.parse(network(rng, n), parent.name)
        mapping = pack.Features((512,) * n, (1,) * n, (2,) * n)
        limits.append(int(rng.integers(-20, 20)))
        (out / f"{parent.name}.pack").write_bytes(pack.write(lower(model, mapping)))
    for entry in plan.models:
        model = tflite_model.parse(forecast, "forecast")
        channel = policy.channels[entry.channel]
        mapping = count_mapping(channel.middle, channel.resolution, model.input)
        (out / entry.file).write_bytes(pack.write(lower(model, mapping)))
    engine = Engine(plan)
    engine.run(*scan.measure(plan, records or quiet(rng, 2000, len(policy.channels))))
    for room in (folder / "train", out):
        room.mkdir(exist_ok=True)
        plan.write(room / "plan.json")
        (room / "reference.bin").write_bytes(with_thresholds(plan, engine.commissioned, limits))
    return folder
