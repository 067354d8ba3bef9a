"""The compressed-air station, as the vacuum pump."""

from . import pump

TITLE = "The compressed-air station's faults"


def run() -> str:
    lines = [
        f"`python -m tests.bench station`: examples/compressed_air/plant.toml, trained on seed {pump.TRAINED}, judged",
        "on recordings of other seeds with all its faults, own thresholds.",
    ]
    return "\n".join([*lines, *pump.table(pump.measure("compressed_air", "plant.toml"))])
