"""The policy's [dimensions] and [status]: what there is, its thresholds, bounds on status fields."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..catalogue import Dimension, DimensionError, built_in, read
from ..named_file import inside
from ..table import IDENTIFIERS, Table, is_identifier, nearest, quoted
from .form import Channel, DimensionRule, StatusField

MOST_STATUS_FIELDS = 32
LARGEST_STATUS = (1 << 30) - 1

REACH = {"flatline": 30_000}
"""Dimensions over slots that may reach beyond the window, and how far: a run counts from where it began."""


def known_dimensions(table: Table, folder: Path) -> dict[str, Dimension]:
    """The built-in dimensions and the user's own, whose files are looked for in ``folder``."""
    dimensions = dict(built_in())
    for name, rule in table.data.items():
        if not isinstance(rule, dict) or "file" not in rule:
            continue
        at = table.table(name)
        file = at.text("file", longest=200)
        if name in dimensions:
            at.note(f"{quoted(name)} is bundled with Motegate; a dimension of one's own needs another name", "file")
        elif not is_identifier(name):
            at.note(f"is no name; {IDENTIFIERS}")
        elif file is not None and Path(file).name != f"{name}.py":
            at.note(f"is {quoted(file)}; expected {name}.py, a file of the dimension's name", "file")
        else:
            # Known by name even when its file is not, so that one fault is one line
            dimensions[name] = Dimension(name, folder / (file or ""), own=True)
            if file is not None and inside(at, folder, file):
                try:
                    dimensions[name] = read(folder / file, own=True)
                except DimensionError as error:
                    at.note(f"{quoted(file)} {error}", "file")
    return dimensions


def read_rules(
    table: Table,
    dimensions: Mapping[str, Dimension],
    channel_names: Sequence[str],
    channels: Sequence[Channel],
    period_ms: int,
    length: int,
) -> Iterable[DimensionRule]:
    """What the policy says of each dimension; ``channels`` are those that could be read."""
    widths = {channel.name: channel.range[1] - channel.range[0] for channel in channels}
    for name, at in table.tables():
        own = at.anything("file")
        dimension = dimensions.get(name)
        thresholds: dict[str, float] = {}
        threshold = None
        if dimension is None and own is None:
            at.note(f"is no dimension; {nearest(name, dimensions)}")
        if dimension is None or not dimension.scope or not at.has("threshold"):
            at.anything("threshold")
        elif dimension.scope != "channel":
            threshold = _threshold(at, "threshold", _most(dimension, float("inf"), period_ms, length))
        elif not isinstance(at.anything("threshold"), dict):
            at.note("is one value; expected a table, { CHANNEL = value, ... }", "threshold")
        else:
            each = at.table("threshold")
            for channel in each.data:
                if channel not in channel_names:
                    each.note(f"is no channel; {nearest(channel, channel_names)}", channel)
                    continue
                most = _most(dimension, widths.get(channel, float("inf")), period_ms, length)
                value = _threshold(each, channel, most)
                if value is not None:
                    thresholds[channel] = value
        at.close()
        yield DimensionRule(name, thresholds, threshold, dimension if own is not None else None)


def _threshold(at: Table, key: str, most: tuple[float, str]) -> float | None:
    largest, unit = most
    return at.number(key, f"a number above 0 and at most {largest:g}{unit}", lambda x: 0 < x <= largest)


def _most(dimension: Dimension, width: float, period_ms: int, length: int) -> tuple[float, str]:
    """The largest threshold that means something, and its unit; ``width`` is that of the channel's range."""
    return {
        "count": (width, ", the range's width"),
        "rate": (width * 1000 / period_ms, " a second, the range's width in one period"),
        "slot": (REACH.get(dimension.name, length), " slots" if dimension.name in REACH else ", the window's length"),
        "period": (1.0, " period"),
        "bin": (15.0, " bins"),
        "radius": (1000.0, " radii of the regime"),
        "ratio": (1e6, ""),
        "status": (float(LARGEST_STATUS), ""),
    }[dimension.unit]


def bound_dimensions(top: Table) -> set[str]:
    """The dimensions that a status field is bound to, rightly or not."""
    table = top.data.get("status")
    fields = table.values() if isinstance(table, dict) else ()
    return {f["dimension"] for f in fields if isinstance(f, dict) and isinstance(f.get("dimension"), str)}


def read_status(table: Table, dimensions: Mapping[str, Dimension]) -> list[StatusField]:
    """The status fields, those of one dimension side by side."""
    over_status = [name for name, dimension in dimensions.items() if dimension.scope == "status"]
    fields = []
    if len(table.data) > MOST_STATUS_FIELDS:
        table.note(f"has {len(table.data)} fields; at most {MOST_STATUS_FIELDS}")
    for name, at in table.tables():
        if not is_identifier(name):
            at.note(f"is no name; {IDENTIFIERS}")
        dimension = at.text("dimension", required=True)
        if dimension is not None and dimension not in over_status:
            at.note(
                f"{quoted(dimension)} is no dimension over status; {nearest(dimension, over_status)}",
                "dimension",
            )
        low = at.whole("min", -LARGEST_STATUS, LARGEST_STATUS)
        high = at.whole("max", -LARGEST_STATUS, LARGEST_STATUS)
        if not at.has("min") and not at.has("max"):
            at.note("has neither min nor max; expected at least one")
        elif low is not None and high is not None and low > high:
            at.note(f"is {low}, above max, {high}; at most max", "min")
        at.close()
        fields.append(StatusField(name, dimension or "", low, high))
    order = list(dict.fromkeys(f.dimension for f in fields))
    return sorted(fields, key=lambda f: order.index(f.dimension))
