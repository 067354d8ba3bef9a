"""A compressor that loads and unloads between two pressures, and others that may stand in its place.

The pressure rises while it runs loaded and falls with the draw, which wanders; it loads at the lower and unloads at the
upper pressure. The motor draws more the higher the pressure it works against, and its idle current unloaded. Once a
second.
"""

import io
from dataclasses import dataclass, replace

import numpy as np

POLICY = """
[stream]
name = "compressor"
period_ms = 1000
window = { length = 96, hop = 48 }
[stream.channels.pressure]
unit = "bar"
resolution = 0.005
range = [0.0, 16.0]
[stream.channels.current]
unit = "A"
resolution = 0.05
range = [0.0, 120.0]
[parents.intrinsic]
children = [
    "completeness", "validity", "saturation", "spike", "crest", "rate_of_change", "flatline", "noise", "attenuation",
    "step", "resolution",
]
[parents.contextual]
children = ["timeliness", "offset", "excursion", "relevancy", "regime"]
[parents.data_quality]
children = ["intrinsic", "contextual"]
[[actions]]
name = "use"
when = "data_quality"
[[actions]]
name = "ask"
do = ["send:dimensions"]
[reference]
windows = 200
"""


@dataclass(frozen=True)
class Compressor:
    """Pressures in bar, ``rise`` and ``draw`` in bar a second, currents in A; noise as standard deviations."""

    low: float = 6.5
    high: float = 7.5
    rise: float = 0.045
    draw: float = 0.02
    load: float = 42.0
    idle: float = 15.0
    noise: float = 0.01
    hum: float = 0.3


OLD = Compressor()
NEW = {
    "a bigger one": replace(OLD, rise=0.09, load=70.0, idle=24.0),
    "another set point": replace(OLD, low=8.0, high=9.2),
    "another make": Compressor(7.2, 7.8, 0.06, 0.02, 55.0, 11.0, 0.02, 0.6),
}


def recording(parts: list[tuple[int, Compressor]], seed: int) -> str:
    """The CSV: so many seconds of each compressor, one after the other, on one tank."""
    rng = np.random.default_rng(seed)
    out = io.StringIO()
    out.write("t_ms,pressure,current\n")
    pressure, current, demand, loaded, second = 7.0, 15.0, 0.0, False, 0
    for seconds, machine in parts:
        for _ in range(seconds):
            demand += -demand / 300 + rng.normal() * 0.0012
            pressure += machine.rise * loaded - max(0.004, machine.draw * (1 + 12 * demand))
            loaded = pressure < machine.high and (loaded or pressure <= machine.low)
            part = 0.9 + 0.1 * (pressure - machine.low) / (machine.high - machine.low)
            current += 0.6 * ((machine.load * part if loaded else machine.idle) - current)
            shown = pressure + rng.normal() * machine.noise, current + rng.normal() * machine.hum
            out.write(f"{second * 1000 + 1_767_225_600_000},{shown[0]:.4f},{shown[1]:.3f}\n")
            second += 1
    return out.getvalue()
