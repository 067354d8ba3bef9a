"""Reads a policy's tables one by one into their form; every fault is noted, none ends the reading."""

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from motegate.firmware.clock import DAY_MS

from ..catalogue import Dimension, read_sensor
from ..named_file import inside
from ..table import IDENTIFIERS, Note, Table, is_identifier, is_label, is_reserved, nearest, quoted
from .actions import check_actions
from .dimensions import bound_dimensions, known_dimensions, read_rules, read_status
from .form import (
    CONFIRMS,
    MODELS,
    PATIENT_DAYS,
    Action,
    Adaptation,
    Budget,
    Channel,
    Model,
    Parent,
    Policy,
)  # fmt: skip
from .graph_check import check_graph
from .in_service import read_service

MOST_COUNTS = 60_000
MOST_CHANNELS = 32
MOST_CHILDREN = 512
"""Of one parent, counted when each channel has its own."""
BOARDS = Path(__file__).resolve().parents[2] / "firmware" / "boards"
AUTO = "auto"
ALL_CHANNELS = "*"
WORST, EVERY = "worst channel", "every channel"
DAYS_A_YEAR = 365.25
MOST_BUDGET = 1 << 24
PATIENCE = "0 (for ever), or a number from 0.01 to 10000"
EFFECTS = "send:samples, send:dimensions, store, run:MODEL, pin:N=0, pin:N=1"


def read(data: dict, path: Path, note: Note) -> Policy:
    """The policy in ``data``: worth something only when ``note`` was told of no fault."""
    top = Table(data, note)
    stream = top.table("stream", required=True)
    name = stream.text("name", required=True)
    period_ms = stream.whole("period_ms", 1, DAY_MS, required=True)
    window = stream.table("window", required=True)
    length = window.whole("length", 8, 1024, required=True)
    hop = window.whole("hop", 1, length or 1024, default=length)
    window.close()
    channels_table = stream.table("channels", required=True)
    channels = tuple(_channels(channels_table))
    names = tuple(channels_table.data)
    stream.close()

    rules_table = top.table("dimensions")
    dimensions = known_dimensions(rules_table, path.parent)
    rules = {
        rule.name: rule
        for rule in read_rules(rules_table, dimensions, names, channels, period_ms or 1000, length or 1024)
    }
    status = tuple(read_status(top.table("status"), dimensions))
    models = tuple(_models(top.table("models"), names, path.parent))
    parents_table = top.table("parents", required=True)
    bound = bound_dimensions(top)
    parents = tuple(_parents(parents_table, dimensions, names, bound))
    sound = check_graph(parents_table, parents, models, dimensions, names, bound)
    action_tables = list(top.rows("actions", required=True))
    actions = tuple(_actions(action_tables, models))
    settings = _settings(top, DAY_MS / ((hop or 64) * (period_ms or 1000)))
    top.close()
    policy = Policy(
        name or "",
        path,
        period_ms or 1,
        length or 1,
        hop or 1,
        channels,
        status,
        rules,
        parents,
        models,
        actions,
        **settings,
    )
    check_actions(top, action_tables, policy, sound)
    return policy


def _channels(table: Table) -> Iterable[Channel]:
    if len(table.data) > MOST_CHANNELS:
        table.note(f"has {len(table.data)} channels; at most {MOST_CHANNELS}")
    elif table.found and not table.data:
        table.note(f"has no channel; expected 1 to {MOST_CHANNELS}, [{table.where('NAME')}] each")
    for name, at in table.tables():
        if not is_label(name):
            at.note("is no name; expected printable text of 1 to 64 characters without space at its ends")
        if is_reserved(name):
            at.note("is a column with a meaning of its own; expected another name")
        if name == ALL_CHANNELS:
            at.note("stands for all channels in a parent's children; expected another name")
        unit = at.text("unit", default="", shortest=0) or ""
        resolution = at.number("resolution", "a number above 0", lambda x: x > 0, required=True)
        ends = at.pair("range", required=True)
        sensor = read_sensor(at.table("sensor")) if at.has("sensor") else None
        at.close()
        if resolution is None or ends is None:
            continue
        counts = ends[1] / resolution - ends[0] / resolution
        count = f"{resolution:g} {unit}".rstrip()
        if counts > MOST_COUNTS * (1 + 1e-9):
            at.note(f"spans {counts:.0f} counts of {count}; at most {MOST_COUNTS}", "range")
        elif counts < 1:
            at.note(f"is narrower than one count of {count}; at least one", "range")
        yield Channel(name, unit, resolution, ends, sensor)


def _models(table: Table, channels: Sequence[str], folder: Path) -> Iterable[Model]:
    for name, at in table.tables():
        if not is_identifier(name):
            at.note(f"is no name; {IDENTIFIERS}")
        file = at.text("file", required=True, longest=200)
        if file is not None and not file.endswith(".tflite"):
            at.note(f"is {quoted(file)}; expected an int8 .tflite", "file")
        elif file is not None:
            inside(at, folder, file)
        channel = at.text("channel")
        if channel is not None and channel not in channels:
            at.note(f"{quoted(channel)} is no channel; {nearest(channel, channels)}", "channel")
        at.close()
        yield Model(name, folder / (file or ""), channel)


def _parents(
    table: Table, dimensions: Mapping[str, Dimension], channels: Sequence[str], bound: set[str]
) -> Iterable[Parent]:
    if table.found and not table.data:
        table.note("has no parent; expected at least one, [parents.NAME] each")
    for name, at in table.tables():
        if not is_identifier(name) or keyword.iskeyword(name):
            at.note(f"is no name; {IDENTIFIERS}")
        elif name in dimensions:
            at.note("is a dimension's name; a parent needs another")
        children = _children(at, dimensions, channels, bound)
        columns = at.one_of("columns", (WORST, EVERY), default=WORST)
        model = at.one_of("model", MODELS, default=MODELS[0]) or MODELS[0]
        select = at.truth("select", default=True)
        must_show = at.texts("must_show") if at.has("must_show") else None
        at.close()
        plain = _plain(at, children, columns == EVERY, dimensions, channels)
        yield Parent(name, plain, model, select, must_show, at.data.get("children") == AUTO)


def _children(
    at: Table, dimensions: Mapping[str, Dimension], channels: Sequence[str], bound: set[str]
) -> tuple[str, ...]:
    """What a parent lists, or with "auto" every dimension that can say something of this stream."""
    if at.data.get("children") == AUTO:
        at.anything("children")
        comparable = len(channels) > 1
        return tuple(
            name
            for name, dimension in dimensions.items()
            if (dimension.scope != "status" or name in bound) and (name != "consistency" or comparable)
        )
    children = at.texts("children", required=True)
    if at.data.get("children") == []:
        at.note(f'is empty; expected at least one dimension or parent, or "{AUTO}"', "children")
    return children


def _plain(
    at: Table, children: Sequence[str], every: bool, dimensions: Mapping[str, Dimension], channels: Sequence[str]
) -> tuple[str, ...]:
    """The children, with one for each channel in the place of one that stands for all of them: ``NAME.*``, and where
    ``every`` holds also the mere NAME of a dimension with channels."""
    plain: dict[str, str] = {}  # each with the child that it comes from
    for child in children:
        name, dot, channel = child.partition(".")
        scope = dimensions[name].scope if name in dimensions else None
        spread = channel == ALL_CHANNELS or (every and not dot)
        # the scope of a dimension of one's own is not known where its file is at fault
        each = ([f"{name}.{c}" for c in channels] or [name]) if spread and scope in ("channel", "") else [child]
        for one in each:
            if one in plain:
                first, second = quoted(plain[one]), quoted(child)
                at.note(f"{second} stands for {quoted(one)}, as {first} does; once is enough", "children")
            plain.setdefault(one, child)
        if len(plain) > MOST_CHILDREN:
            at.note(f"has more than {MOST_CHILDREN} children, channels counted; at most {MOST_CHILDREN}", "children")
            break
    return tuple(plain)[:MOST_CHILDREN]


def _actions(tables: Sequence[Table], models: Sequence[Model]) -> Iterable[Action]:
    names: set[str] = set()
    for at in tables:
        name = at.text("name", required=True) or ""
        if name in names - {""}:
            at.note(f"{quoted(name)} is taken; every action needs its own", "name")
        names.add(name)
        when = at.text("when", longest=500)
        do = at.texts("do")
        for effect in do:
            _check_effect(at, effect, [model.name for model in models])
        at.close()
        yield Action(name, when, do)


def _check_effect(at: Table, effect: str, models: Sequence[str]) -> None:
    if effect.startswith("run:"):
        if effect[4:] not in models:
            at.note(f"{quoted(effect)} runs no model of the policy; {nearest(effect[4:], models)}", "do")
    elif effect not in ("send:samples", "send:dimensions", "store") and not re.fullmatch(r"pin:\d{1,2}=[01]", effect):
        at.note(f"{quoted(effect)} is no effect; there are: {EFFECTS}", "do")


def _follow(reference: Table, hops_a_day: float) -> float | None:
    """Widths a day; None: training finds the slowest that keeps the alarm budget."""
    if reference.data.get("follow_per_day", AUTO) == AUTO:
        reference.anything("follow_per_day")
        return None
    return reference.number(
        "follow_per_day",
        f'"{AUTO}", or a number from 0 to {hops_a_day:g}, at most one width a hop',
        lambda x: 0 <= x <= hops_a_day,
    )


def _patient(days: float) -> bool:
    return days == 0 or 0.01 <= days <= 1e4


def _budget(alarms: Table) -> float | None:
    """Alarm runs a day; None: one in 1,000 windows."""
    per_day, per_year = (alarms.number(key, "a number above 0", lambda x: x > 0) for key in ("per_day", "per_year"))
    if per_day is not None and per_year is not None:
        alarms.note("stands beside per_day; expected one of the two", "per_year")
    return per_day if per_year is None else per_year / DAYS_A_YEAR


def _settings(top: Table, hops_a_day: float) -> dict[str, Any]:
    """The tables that may be left out, by the policy's attributes."""
    reference, alarms, adapt, deploy, train = map(top.table, ("reference", "alarms", "adapt", "deploy", "train"))
    budget = top.table("budget")
    service, power = read_service(top)
    settings: dict[str, Any] = {
        "reference_windows": reference.whole("windows", 0, 65_535, default=200),
        "patience_days": reference.number("patience_days", PATIENCE, _patient, PATIENT_DAYS),
        "follow_per_day": _follow(reference, hops_a_day),
        "alarms_per_day": _budget(alarms),
        "board": deploy.text("board", default="RPI_PICO"),
        "label_share": train.number("label_share", "a number above 0 and at most 1", lambda x: 0 < x <= 1, default=0.1),
        "data_licence": train.text("data_licence", default="", shortest=0, longest=200) or "",
        "synthetic_only": train.truth("synthetic_only", default=False),
        "seed": train.whole("seed", 0, (1 << 31) - 1, default=0),
        "service": service,
        "power": power,
        "budget": Budget(*(budget.whole(key, 1, MOST_BUDGET) for key in ("bytes", "macs", "state_bytes"))),
        "adapt": _adaptation(adapt),
    }
    settings["drift_alarms"] = adapt.truth("drift_alarms", default=False) or settings["adapt"] is not None
    boards = [file.stem for file in BOARDS.glob("*.toml")]
    if boards and settings["board"] not in boards:
        deploy.note(f"{quoted(settings['board'])} is no board; {nearest(settings['board'], boards)}", "board")
    for table in (reference, alarms, adapt, deploy, train, budget):
        table.close()
    return settings


def _adaptation(adapt: Table) -> Adaptation | None:
    usual = Adaptation()
    enabled = adapt.truth("enabled", default=False)
    found = Adaptation(
        adapt.one_of("confirm", CONFIRMS, default=usual.confirm) or usual.confirm,
        adapt.whole("learn", 16, 1000, default=usual.learn) or usual.learn,
        adapt.whole("quorum", 6, 10, default=usual.quorum) or usual.quorum,
        _bounded(adapt, "limits_octaves", 0, 4, usual.limits_octaves),
        _bounded(adapt, "level_widths", 0.25, 60, usual.level_widths),
        _bounded(adapt, "head_bound", 0, 1, usual.head_bound),
        _whole(adapt, "canary_errors", 0, 48, usual.canary_errors),
    )
    return found if enabled else None


def _whole(adapt: Table, key: str, low: int, high: int, usual: int) -> int:
    found = adapt.whole(key, low, high, default=usual)
    return usual if found is None else found


def _bounded(adapt: Table, key: str, low: float, high: float, usual: float) -> float:
    found = adapt.number(key, f"a number from {low:g} to {high:g}", lambda x: low <= x <= high, usual)
    return usual if found is None else found
