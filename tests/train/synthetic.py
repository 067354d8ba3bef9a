"""Small streams and policies for the tests of training, made here so that nothing is needed beside the project."""

from pathlib import Path

import numpy as np

POLICY = """
[stream]
name = "loop"
period_ms = 1000
window = {{ length = {length}, hop = {hop} }}
[stream.channels.pressure]
unit = "bar"
resolution = 0.01
range = [-100.0, 100.0]
[stream.channels.flow]
unit = "l/min"
resolution = 0.01
range = [-100.0, 100.0]
{status}
[parents.intrinsic]
children = [
    "completeness", "validity", "saturation", "spike", "crest", "rate_of_change", "flatline", "noise", "attenuation",
    "step", "resolution", "consistency",
]
[parents.contextual]
children = ["timeliness", "offset", "excursion", "relevancy", "drift", "regime"]
[parents.data_quality]
children = ["intrinsic", "contextual"]
[parents.data_integrity]
children = ["data_quality", "uniqueness", "ordering", "continuity"{more}]
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
windows = {windows}
"""

STATUS = """
[status.schema]
dimension = "integration"
min = 3
max = 3
[status.calibrated_days]
dimension = "enrichment"
max = 400
[status.zone]
dimension = "location"
min = 1
max = 9
[status.supply_mv]
dimension = "trust"
min = 2400
[status.consent]
dimension = "privacy"
min = 1
"""

HOMES = ', "integration", "enrichment", "location", "trust", "privacy"'


def policy_file(folder: Path, length: int = 32, hop: int = 16, status: bool = False, windows: int = 60) -> Path:
    path = folder / "policy.toml"
    path.write_text(
        POLICY.format(
            length=length, hop=hop, status=STATUS if status else "", more=HOMES if status else "", windows=windows
        )
    )
    return path


def recording_file(
    path: Path, n: int = 6000, seed: int = 0, status: bool = False, seq: bool = False, fail=None, level=0.0, sigma=1.0
) -> Path:
    """Two channels of white noise, one of which explains the other; jitter of a few milliseconds.

    ``level`` and ``sigma`` are numbers or one number a row; ``fail`` bool[n] becomes fail.contextual.
    """
    rng = np.random.default_rng(seed)
    common = np.convolve(rng.normal(size=n + 3), [0.5, 0.5, 0.5, 0.5], "valid")
    pressure = level + sigma * (common + 0.3 * rng.normal(size=n))
    flow = level + sigma * (2 * common + 0.3 * rng.normal(size=n))
    t = np.arange(n) * 1000 + rng.integers(-15, 16, n) + 1_700_000_000_000
    columns = {"t_ms": t, "pressure": pressure.round(2), "flow": flow.round(2)}
    if seq:
        columns["seq"] = np.arange(n)
    if status:
        columns |= {
            "status.schema": np.full(n, 3), "status.calibrated_days": np.full(n, 12), "status.zone": np.full(n, 4),
            "status.supply_mv": rng.integers(2900, 3000, n), "status.consent": np.full(n, 1),
        }  # fmt: skip
    if fail is not None:
        columns["fail.contextual"] = fail.astype(int)
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path
