"""Makes a recording of a household's smart meter, and lays solar panels and a car over it or over any other.

    python -m motegate.examples.smart_meter.record --out house.csv
    python -m motegate.examples.smart_meter.record --over house.csv --panels 4.0 --out changed.csv --labels

The mean power of every quarter of an hour in kW (`power_kw`, negative when more is fed in than drawn) and the mains
voltage in V (`voltage`). What the household draws is in `household.py`, what panels yield in `solar.py`, what a car
takes in `wallbox.py`. Days count from the recording's first, 0. Only `power_kw` is changed: other columns, and cells
that are empty, stay as they are. The same arguments give the same bytes.
"""

import argparse
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.firmware.errors import InputError

from .household import load, times, voltage
from .solar import days_of, panels
from .wallbox import car

POWER, LABEL = "power_kw", "fail.contextual"
START = "2025-01-01"


@dataclass(frozen=True)
class Meter:
    """A recording: each column's cells as text, and the time of each row."""

    columns: dict[str, list[str]]
    times: np.ndarray  # datetime64[s][n]

    @property
    def days(self) -> int:
        return int(days_of(self.times)[-1]) + 1

    def plus(self, kw: np.ndarray) -> "Meter":
        """With so much more power; empty cells stay empty."""
        pairs = zip(self.columns[POWER], kw, strict=True)
        cells = [f"{float(cell) + more:.3f}" if cell else "" for cell, more in pairs]
        return Meter({**self.columns, POWER: cells}, self.times)

    def labelled(self, day: int) -> "Meter":
        """With `fail.contextual` 1 from ``day`` on, and as it was before, 0 where it was not there."""
        before = self.columns.get(LABEL, ["0"] * len(self.times))
        cells = ["1" if at >= day else cell for at, cell in zip(days_of(self.times), before, strict=True)]
        return Meter({**self.columns, LABEL: cells}, self.times)

    def text(self) -> str:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(zip(*self.columns.values(), strict=True))
        return out.getvalue()


def household(days: int, seed: int) -> Meter:
    """A meter with nothing laid over it."""
    at, power = times(days, np.datetime64(START).item()), load(days, seed, np.datetime64(START).item())
    columns = {
        "timestamp": at.astype(str).tolist(),
        POWER: [f"{kw:.3f}" for kw in power],
        "voltage": [f"{volts:.2f}" for volts in voltage(power, seed)],
    }
    return Meter(columns, at)


def read(path: Path) -> Meter:
    """A recording from a CSV; InputError says what is wrong with it."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *rows = csv.reader(file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error})") from None
    except ValueError:
        raise InputError(f"{path}: is empty; expected a header and rows") from None
    missing = [name for name in ("timestamp", POWER) if name not in header]
    if missing or not rows:
        raise InputError(f"{path}: has no {missing[0] if missing else 'rows'}; expected timestamp, {POWER} and rows")
    if any(len(row) != len(header) for row in rows):
        raise InputError(f"{path}: rows of different lengths; expected {len(header)} cells each")
    columns = {name: list(cells) for name, cells in zip(header, zip(*rows, strict=True), strict=True)}
    columns[POWER] = ["" if cell.strip().lower() == "nan" else cell for cell in columns[POWER]]
    try:
        at = np.array(columns["timestamp"], "datetime64[s]")
        np.array([cell or "0" for cell in columns[POWER]], float)
    except ValueError as error:
        raise InputError(f"{path}: {error}; expected ISO 8601 without an offset, and numbers") from None
    return Meter(columns, at)


def lay_over(meter: Meter, changes: Sequence[tuple[int, np.ndarray]], labels: bool) -> Meter:
    """The meter with each change, (first day, kW more), laid over it."""
    for day, kw in changes:
        if not 0 <= day < meter.days:
            raise InputError(f"day {day} is not in the recording; expected 0 to {meter.days - 1}")
        meter = meter.plus(kw)
    return meter.labelled(min(day for day, _ in changes)) if labels and changes else meter


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes a household's recording, or changes one.")
    parser.add_argument("--out", type=Path, required=True, help="the CSV to write")
    parser.add_argument("--over", type=Path, help="the recording to change; without it, a household is made")
    parser.add_argument("--days", type=int, default=365, help="of the household that is made (default: 365)")
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    parser.add_argument("--panels", type=float, metavar="KWP", help="solar panels of so many kWp")
    parser.add_argument("--from-day", type=int, default=180, help="the panels' first day (default: 180)")
    parser.add_argument("--latitude", type=float, default=48.8, help="of the panels, degrees north (default: 48.8)")
    parser.add_argument("--car", type=float, metavar="KW", help="a car at a wallbox of so many kW: 3.7 to 11")
    parser.add_argument("--car-from-day", type=int, default=250, help="the car's first day (default: 250)")
    parser.add_argument("--labels", action="store_true", help=f"{LABEL} is 1 from the first change on")
    args = parser.parse_args()
    if args.days < 1:
        parser.error(f"--days is {args.days}; expected 1 or more")
    if args.panels is not None and not 0 < args.panels <= 15:
        parser.error(f"--panels is {args.panels}; expected more than 0 and at most 15 kWp")
    if args.car is not None and not 3.7 <= args.car <= 11:
        parser.error(f"--car is {args.car}; expected 3.7 to 11 kW")
    if not 0 <= args.latitude <= 66:
        parser.error(f"--latitude is {args.latitude}; expected 0 to 66 degrees north")
    try:
        meter = read(args.over) if args.over else household(args.days, args.seed)
        changes = []
        if args.panels is not None:
            changes += [(args.from_day, -panels(meter.times, args.panels, args.from_day, args.latitude, args.seed))]
        if args.car is not None:
            changes += [(args.car_from_day, car(meter.times, args.car, args.car_from_day, args.seed))]
        args.out.write_text(lay_over(meter, changes, args.labels).text(), newline="\n")
    except InputError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"{args.out}: cannot be written ({error.strerror})")
    print(f"{args.out}: {len(meter.times)} rows, {meter.days} days")


if __name__ == "__main__":
    main()
