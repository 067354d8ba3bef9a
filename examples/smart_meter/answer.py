"""Answers what a board has asked: labels for `motegate simulate --labels`, out of the events of a run.

    python -m motegate.examples.smart_meter.answer --events sim/events.jsonl --out labels.csv

Somebody who knows that the house has new panels, or a car, calls the windows good that fail after a drift alarm: one a
day, at most ten for an alarm, each half a day late.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
DAY_S = 86_400
MOST, DELAY = 10, 6  # labels of an alarm, windows


def labels(events: Path) -> Iterator[tuple[str, str, str, int]]:
    """Rows of the CSV."""
    parents: list[str] = []
    left: dict[int, int] = {}  # of each classifier that has changed
    last = 0
    with events.open() as lines:
        for event in map(json.loads, lines):
            if event.get("k") == "hello":
                parents = event["parents"]
            elif event.get("k") == "drift" and not event.get("what"):
                left[event["of"]] = MOST if event["changed"] else 0
            elif event.get("k") == "verdict" and "p" in event:
                seconds = event["t"][0]
                failing = [i for i, n in left.items() if n and not event["p"][i]]
                if failing and seconds - last >= DAY_S:
                    last = seconds
                    left[failing[0]] -= 1
                    when = (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
                    yield when, parents[failing[0]], "good", DELAY


def main() -> None:
    parser = argparse.ArgumentParser(description="Labels as good what a board has found to have changed.")
    parser.add_argument("--events", type=Path, required=True, help="events.jsonl of a run")
    parser.add_argument("--out", type=Path, required=True, help="the CSV to write")
    args = parser.parse_args()
    try:
        rows = list(labels(args.events))
        with args.out.open("w", newline="") as file:
            csv.writer(file).writerows([("timestamp", "parent", "label", "delay"), *rows])
    except (OSError, ValueError, KeyError) as error:
        parser.error(f"{args.events}: {error}; expected events.jsonl of motegate simulate")
    print(f"{args.out}: {len(rows)} labels")


if __name__ == "__main__":
    main()
