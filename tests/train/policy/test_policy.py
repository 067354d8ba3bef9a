"""The policy: read whole, checked whole."""
# ruff: noqa: E501 (a table reads best with a case on each line)

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motegate.train.catalogue.dimension import built_in
from motegate.train.catalogue.sensor import Sensor
from motegate.train.policy.document import PolicyError, load, loads
from motegate.train.policy.form import Channel
from motegate.train.policy.reader import read

GOOD = """
[stream]
name = "compressed-air"
period_ms = 1000
window = { length = 64, hop = 32 }
[stream.channels.pressure]
unit = "bar"
resolution = 0.001
range = [0.0, 10.0]
sensor = { driver = "adc", pin = 26, scale = 0.0001526, offset = 0.0, rails = [0, 65535] }
[stream.channels."temp (degC)"]
unit = "degC"
resolution = 1
range = [-40, 85]
[status.supply_mv]
dimension = "trust"
min = 2400
[status.zone]
dimension = "location"
min = 3
max = 3
[status.reset_s]
dimension = "trust"
max = 100
[dimensions.spike]
threshold = { pressure = 0.3 }
[dimensions.timeliness]
threshold = 0.5
[parents.intrinsic]
children = ["completeness", "validity", "spike.pressure", "spike"]
[parents.contextual]
children = ["timeliness", "excursion.temp (degC)"]
[parents.data_quality]
children = ["intrinsic", "contextual"]
[parents.data_integrity]
children = ["data_quality", "uniqueness", "trust", "location"]
[models.forecast]
file = "forecast.tflite"
channel = "pressure"
[[actions]]
name = "use"
when = "data_integrity"
do = ["run:forecast", "send:samples", "send:dimensions", "store", "pin:25=1"]
[[actions]]
name = "store"
when = "intrinsic and not contextual"
do = ["store"]
[[actions]]
name = "discard"
[reference]
windows = 100
follow_per_day = 0.2
[alarms]
per_day = 2
[adapt]
enabled = false
drift_alarms = true
[deploy]
board = "RPI_PICO"
[train]
seed = 7
label_share = 0.5
"""


def faults(tmp_path, text: str) -> list[str]:
    """What is said of a policy, without the file's name."""
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as error:
        load(path)
    assert all(line.startswith(f"{path}: ") and "\n" not in line for line in error.value.lines)
    return [line.removeprefix(f"{path}: ") for line in error.value.lines]


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(GOOD)
    return load(path)


@pytest.mark.unit
def test_a_good_policy_gives_what_it_says(good, tmp_path):
    assert (good.name, good.period_ms, good.length, good.hop) == ("compressed-air", 1000, 64, 32)
    assert good.path == tmp_path / "policy.toml"
    pressure, temperature = good.channels
    assert (pressure.unit, pressure.resolution, pressure.range) == ("bar", 0.001, (0.0, 10.0))
    assert pressure.sensor == Sensor("adc", {"pin": 26}, 0.0001526, 0.0, (0.0, 65535.0))
    assert temperature.sensor is None
    assert good.rules["spike"].thresholds == {"pressure": 0.3}
    assert good.rules["timeliness"].threshold == 0.5
    assert good.models[0].file == tmp_path / "forecast.tflite"
    assert good.models[0].channel == "pressure"
    assert good.actions[2].when is None
    assert (good.reference_windows, good.follow_per_day, good.alarms_per_day) == (100, 0.2, 2.0)
    assert (good.board, good.label_share, good.seed) == ("RPI_PICO", 0.5, 7)


@pytest.mark.unit
def test_columns_and_classifiers_keep_the_policys_order(good):
    assert good.columns == (
        *("completeness", "validity", "spike.pressure", "spike", "timeliness", "excursion.temp (degC)"),
        *("uniqueness", "trust", "location"),
    )
    assert good.classifiers == ("intrinsic", "contextual", "data_integrity")
    assert good.columns_of("contextual") == (4, 5)
    assert good.columns_of("data_quality") == ()


@pytest.mark.unit
def test_status_fields_of_one_dimension_stand_together(good):
    assert [field.name for field in good.status] == ["supply_mv", "reset_s", "zone"]


@pytest.mark.unit
def test_the_action_table_takes_the_first_match_for_each_verdict_vector(good):
    for intrinsic, contextual, integrity in itertools.product((0, 1), repeat=3):
        expected = 0 if intrinsic and contextual and integrity else 1 if intrinsic and not contextual else 2
        assert good.action_table()[intrinsic | contextual << 1 | integrity << 2] == expected


@pytest.mark.unit
def test_a_parent_without_classifier_passes_when_all_its_children_do(good):
    assert good.passed()[0b011]["data_quality"]
    assert not good.passed()[0b101]["data_quality"]
    assert not good.passed()[0b101]["data_integrity"]
    assert not good.passed()[0b011]["data_integrity"]


@pytest.mark.unit
def test_what_is_left_out_has_the_contracts_defaults(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(
        '[stream]\nname = "s"\nperiod_ms = 1000\nwindow = { length = 64 }\n'
        "[stream.channels.a]\nresolution = 0.1\nrange = [0, 1]\n"
        '[parents.p]\nchildren = ["spike"]\n[[actions]]\nname = "x"\n'
    )
    policy = load(path)
    assert (policy.hop, policy.reference_windows, policy.follow_per_day, policy.alarms_per_day) == (64, 200, None, None)
    assert policy.patience_days == 20.0
    assert (policy.board, policy.label_share, policy.seed, policy.channels[0].unit) == ("RPI_PICO", 0.1, 0, "")
    assert policy.actions[0].do == ()


@pytest.mark.unit
def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(path).length == 64


@pytest.mark.unit
def test_i2c_keys_get_their_defaults(tmp_path):
    sensor = '{ driver = "i2c", address = 0x76, register = 0xf7, bytes = 3, setup = [[0xf4, 0x27]] }'
    path = tmp_path / "policy.toml"
    path.write_text(GOOD.replace("range = [-40, 85]", f"range = [-40, 85]\nsensor = {sensor}"))
    assert load(path).channels[1].sensor == Sensor(
        "i2c",
        {"bus": 0, "address": 0x76, "register": 0xF7, "bytes": 3, "signed": False, "big_endian": True}
        | {"setup": [[0xF4, 0x27]]},
    )


@pytest.mark.unit
def test_a_dimension_of_ones_own_is_a_file_beside_the_policy(tmp_path):
    (tmp_path / "leak.py").write_text(built_in()["spike"].file.read_text())
    path = tmp_path / "policy.toml"
    text = GOOD.replace('"timeliness", ', '"timeliness", "leak.pressure", ')
    path.write_text(text + '[dimensions.leak]\nfile = "leak.py"\nthreshold = { pressure = 1 }\n')
    policy = load(path)
    assert policy.rules["leak"].file == tmp_path / "leak.py"
    assert policy.rules["leak"].thresholds == {"pressure": 1.0}
    assert "leak.pressure" in policy.columns


CHAIN = "".join(f'[parents.p{i}]\nchildren = ["spike"]\n' for i in range(6))
MALFORMED = {
    "unknown key": ("period_ms = 1000", "period_ms = 1000\nperiod = 3", "stream.period: unknown key; did you mean "),
    "unknown table": ("[alarms]", "[alarm]", 'alarm: unknown key; did you mean "alarms"?'),
    "unknown key of a sensor": ("pin = 26", "pin = 26, pins = 1", "stream.channels.pressure.sensor.pins: unknown key"),
    "key without a near one": ("seed = 7", "zzz = 7", "train.zzz: unknown key; there are: data_licence, label_share, seed, synthetic_only"),
    "key missing": ("period_ms = 1000", "", "stream.period_ms: missing; a whole number from 1 to 86400000"),
    "text for a number": ("1000", '"fast"', 'stream.period_ms: is "fast"; expected a whole number from 1 to 86400000'),
    "float for a whole number": ("1000", "1000.5", "stream.period_ms: is 1000.5; expected a whole number"),
    "period of zero": ("1000", "0", "stream.period_ms: is 0; expected a whole number from 1 to 86400000"),
    "period too long": ("1000", "86400001", "stream.period_ms: is 86400001; expected a whole number"),
    "truth for a number": ("resolution = 1\n", "resolution = true\n", '"temp (degC)".resolution: is true; expected a number above 0'),
    "infinite number": ("resolution = 1\n", "resolution = inf\n", ".resolution: is inf; expected a number above 0"),
    "not a number": ("follow_per_day = 0.2", "follow_per_day = nan", 'reference.follow_per_day: is nan; expected "auto", or a number from 0 to 2700'),
    "number beyond float64": ("resolution = 1\n", f"resolution = 1{'0' * 400}\n", ".resolution: is 1000000"),
    "table for text": ('name = "compressed-air"', "name = {}", "stream.name: is a table; expected printable text"),
    "text for a table": ("window = { length = 64, hop = 32 }", 'window = "64"', 'stream.window: is "64"; expected a table'),
    "text for a list": ('children = ["intrinsic", "contextual"]', 'children = "x"', 'data_quality.children: is "x"; expected a list'),
    "list for a table": ("[adapt]", "[[adapt]]", "adapt: is a list; expected a table"),
    "table for an array": ("[[actions]]\nname", "[actions]\nname", "is not TOML"),
    "window too short": ("length = 64", "length = 7", "stream.window.length: is 7; expected a whole number from 8 to 1024"),
    "window too long": ("length = 64", "length = 1025", "stream.window.length: is 1025; expected a whole number from 8 to 1024"),
    "hop longer than the window": ("hop = 32", "hop = 65", "stream.window.hop: is 65; expected a whole number from 1 to 64"),
    "hop of zero": ("hop = 32", "hop = 0", "stream.window.hop: is 0; expected a whole number from 1 to 64"),
    "range too wide": ("[0.0, 10.0]", "[0, 120]", "pressure.range: spans 120000 counts of 0.001 bar; at most 60000"),
    "range narrower than a count": ("resolution = 1\n", "resolution = 200\n", ".range: is narrower than one count of 200"),
    "range upside down": ("[0.0, 10.0]", "[10, 0]", "pressure.range: is [10, 0]; expected two numbers, the lower one first"),
    "range of text": ("[0.0, 10.0]", '["a", 1]', 'pressure.range: is ["a", 1]; expected two numbers'),
    "resolution of zero": ("resolution = 1\n", "resolution = 0\n", ".resolution: is 0; expected a number above 0"),
    "channel named as time": ("temp (degC)", "t_ms", "stream.channels.t_ms: is a column with a meaning"),
    "channel named as a label": ("temp (degC)", "fail.x", 'channels."fail.x": is a column with'),
    "channel with a tab": ("temp (degC)", "a\\tb", 'channels."a\\U00000009b": is no name'),
    "unknown driver": ('"adc"', '"acd"', 'pressure.sensor.driver: "acd" is no driver; did you mean "adc"?'),
    "sensor without driver": ('driver = "adc", ', "", "pressure.sensor.driver: missing"),
    "bytes beyond four": ('{ driver = "adc", pin = 26', '{ driver = "i2c", address = 9, register = 0, bytes = 5', "sensor.bytes: is 5; expected a whole number from 1 to 4"),
    "setup that is none": ('{ driver = "adc", pin = 26', '{ driver = "i2c", address = 9, register = 0, bytes = 4, setup = [1]', "sensor.setup: is a list; expected [[register, value], ...]"),
    "pin of neither kind": ("pin = 26", "pin = 2.5", "sensor.pin: is 2.5; expected a whole number from 0 to 99"),
    "dimension that is no table": ("[dimensions.spike]\nthreshold = { pressure = 0.3 }", "[dimensions]\nspike = 3", "dimensions.spike: is 3; expected a table"),
    "scale of zero": ("scale = 0.0001526", "scale = 0", "sensor.scale: is 0; expected a number other than 0"),
    "rails upside down": ("[0, 65535]", "[65535, 0]", "sensor.rails: is [65535, 0]; expected two numbers"),
    "unknown dimension": ("[dimensions.spike]", "[dimensions.spikes]", 'dimensions.spikes: is no dimension; did you mean "spike"?'),
    "threshold above the range": ("= 0.3", "= 11", "threshold.pressure: is 11; expected a number above 0 and at most 10, the range's width"),
    "threshold of zero": ("= 0.3", "= 0", "dimensions.spike.threshold.pressure: is 0; expected a number above 0"),
    "threshold of no channel": ("{ pressure = 0.3 }", "{ presure = 0.3 }", 'threshold.presure: is no channel; did you mean "pressure"?'),
    "threshold without channel": ("{ pressure = 0.3 }", "0.3", "dimensions.spike.threshold: is one value; expected a table"),
    "threshold of a window's dimension": ("threshold = 0.5", "threshold = 2", "timeliness.threshold: is 2; expected a number above 0 and at most 1"),
    "child that does not exist": ('"validity"', '"valdity"', 'intrinsic.children: "valdity" is neither a parent nor a dimension; did you mean "validity"?'),
    "channel that does not exist": ("spike.pressure", "spike.presure", 'children: "spike.presure" names no channel; did you mean'),
    "channel of a window's dimension": ('"timeliness"', '"timeliness.pressure"', "names a channel, but timeliness has none"),
    "status dimension without a field": ('"trust", ', '"trust", "privacy", ', '"privacy" has no field bound to it; expected [status.NAME]'),
    "child named twice": ('"validity"', '"spike"', 'intrinsic.children: names "spike" more than once'),
    "no children": ('["intrinsic", "contextual"]', "[]", "parents.data_quality.children: is empty"),
    "cycle": ('"timeliness"', '"data_quality"', "is a cycle, contextual -> data_quality -> contextual"),
    "parent below itself": ('"timeliness"', '"contextual"', "parents.contextual.children: is a cycle, contextual -> contextual"),
    "nine classifiers": ("[models.", CHAIN + "[models.", "parents: 9 of them have dimensions, so a classifier each; at most 8"),
    "parent named as a dimension": ("[models.", '[parents.noise]\nchildren = ["step"]\n[models.', "parents.noise: is a dimension's name"),
    "parent named as a keyword": ("[models.", '[parents.not]\nchildren = ["step"]\n[models.', "parents.not: is no name"),
    "parent that is no file name": ("[models.", '[parents."a/b"]\nchildren = ["step"]\n[models.', 'parents."a/b": is no name'),
    "model named as a parent": ("forecast", "Intrinsic", "would write the same files as"),
    "status field of no dimension": ('"trust"\nmax', '"trusted"\nmax', 'status.reset_s.dimension: "trusted" is no dimension over status; did you'),
    "status field of another dimension": ('"trust"\nmax', '"spike"\nmax', 'status.reset_s.dimension: "spike" is no dimension over status'),
    "bounds upside down": ("max = 3\n", "max = 2\n", "status.zone.min: is 3, above max, 2"),
    "field without bounds": ("min = 2400\n", "", "status.supply_mv: has neither min nor max"),
    "bound beyond 30 bits": ("min = 2400", "min = 2000000000", "status.supply_mv.min: is 2000000000; expected a whole number from"),
    "unknown effect": ('["store"]', '["stor"]', 'actions[1].do: "stor" is no effect; there are: send:samples'),
    "pin set to two": ("pin:25=1", "pin:25=2", 'actions[0].do: "pin:25=2" is no effect'),
    "unknown model run": ("run:forecast", "run:forcast", 'actions[0].do: "run:forcast" runs no model of the policy; did you mean "forecast"?'),
    "model that is no tflite": ('"forecast.tflite"', '"forecast.onnx"', 'models.forecast.file: is "forecast.onnx"; expected an int8 .tflite'),
    "model of no channel": ('channel = "pressure"', 'channel = "flow"', 'models.forecast.channel: "flow" is no channel'),
    "condition over no parent": ("not contextual", "not contextal", 'actions[1].when: "contextal" is no parent; did you mean "contextual"?'),
    "condition that is none": ("not contextual", "not (contextual", "actions[1].when: "),
    "condition that calls": ("not contextual", "f(contextual)", 'actions[1].when: "f(contextual)" at column 15'),
    "condition that is a number": ('"intrinsic and not contextual"', "3", "actions[1].when: is 3; expected printable text"),
    "action that nothing satisfies": ("intrinsic and not", "data_integrity and not", '"store" can never match: "data_integrity and not contextual" is true for no'),
    "action that is shadowed": ("intrinsic and not contextual", "data_integrity and intrinsic", 'actions[1].when: "store" can never match: "use" before it take'),
    "action after one without when": ('when = "intrinsic and not contextual"', "", 'actions[2].when: "discard" can never match: "use" and "store"'),
    "verdicts without an action": ('name = "discard"', 'name = "discard"\nwhen = "not intrinsic"', "actions: none is for: intrinsic passes, contextual passes, data_integrity fails; end with"),
    "actions of one name": ('"discard"', '"use"', 'actions[2].name: "use" is taken'),
    "adaptation": ("enabled = false", 'enabled = true\nconfirm = "nobody"', 'adapt.confirm: is "nobody"; expected "labels" or "operator" or "auto"'),
    "a shadow of a few windows": ("enabled = false", "learn = 15", "adapt.learn: is 15; expected a whole number from 16 to 1000"),
    "a quorum of half": ("enabled = false", "quorum = 5", "adapt.quorum: is 5; expected a whole number from 6 to 10"),
    "limits without a bound": ("enabled = false", "limits_octaves = 5", "adapt.limits_octaves: is 5; expected a number from 0 to 4"),
    "bands without a bound": ("enabled = false", "level_widths = 100", "adapt.level_widths: is 100; expected a number from 0.25 to 60"),
    "truth that is none": ("enabled = false", "enabled = 0", "adapt.enabled: is 0; expected true or false"),
    "follows faster than its window": ("0.2", "5000", 'reference.follow_per_day: is 5000; expected "auto", or a number from 0 to 2700, at most one width a hop'),
    "no alarms at all": ("per_day = 2", "per_day = 0", "alarms.per_day: is 0; expected a number above 0"),
    "unknown board": ('"RPI_PICO"', '"PICO"', 'deploy.board: "PICO" is no board; '),
    "share above one": ("label_share = 0.5", "label_share = 1.5", "train.label_share: is 1.5; expected a number above 0 and at most 1"),
    "own dimension without a file": ("[alarms]", '[dimensions.leak]\nfile = "leak.py"\n[alarms]', 'dimensions.leak.file: "leak.py" cannot be read'),
    "own dimension of a taken name": ("[dimensions.spike]", '[dimensions.spike]\nfile = "spike.py"', 'dimensions.spike.file: "spike" is bundled with Motegate'),
    "own dimension of another name": ("[alarms]", '[dimensions.leak]\nfile = "x.py"\n[alarms]', 'dimensions.leak.file: is "x.py"; expected leak.py'),
    "no TOML": ("[stream]", "[stream", "is not TOML: "),
    "key given twice": ("period_ms = 1000", "period_ms = 1000\nperiod_ms = 1", "is not TOML: Cannot overwrite a value (at line"),
}  # fmt: skip


@pytest.mark.unit
@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_policy_gets_its_one_line(name, tmp_path):
    old, new, said = MALFORMED[name]
    assert old in GOOD
    everywhere = old in ("temp (degC)", "forecast")
    lines = faults(tmp_path, GOOD.replace(old, new) if everywhere else GOOD.replace(old, new, 1))
    assert said in lines[0]
    assert len(lines) == 1


@pytest.mark.unit
def test_every_fault_is_said_at_once(tmp_path):
    text = GOOD
    for name in (
        "hop of zero",
        "range too wide",
        "unknown driver",
        "cycle",
        "unknown model run",
        "adaptation",
        "unknown board",
    ):
        old, new, _ = MALFORMED[name]
        text = text.replace(old, new, 1)
    lines = faults(tmp_path, text)
    assert [line.split(": ")[0] for line in lines] == [
        "stream.window.hop",
        "stream.channels.pressure.sensor.driver",
        "stream.channels.pressure.range",
        "parents.contextual.children",
        "actions[0].do",
        "adapt.confirm",
        "deploy.board",
    ]


@pytest.mark.unit
def test_an_empty_policy_names_all_that_is_missing(tmp_path):
    lines = faults(tmp_path, "")
    assert [line.split(": ")[0] for line in lines] == ["stream", "parents", "actions"]


@pytest.mark.unit
@pytest.mark.parametrize("content", [b"\xff\xfe\x00", bytes(range(256)), b"\x89PNG\r\n\x1a\n", b"[" * 50_000])
def test_what_is_invalid_is_refused_in_one_line(content, tmp_path):
    path = tmp_path / "policy.toml"
    path.write_bytes(content)
    with pytest.raises(PolicyError) as error:
        load(path)
    assert len(error.value.lines) == 1


@pytest.mark.unit
def test_a_policy_that_is_not_there_is_refused(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(PolicyError, match="cannot be read"):
            load(path)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def measure(s, c, r, b:", "is no Python"),
        ("def measure(s, c, r, b): return 0", "has no SCOPE = one of"),
        ('SCOPE = "row"', 'has no SCOPE = one of "channel", "window", "status"'),
        ('SCOPE = "channel"\nUNIT = "count"\nLIMIT = "own"\nFLOOR = 1\nONE = 1.5', "has no ONE = a whole number"),
        ('SCOPE = "channel"\nUNIT = "count"\nLIMIT = "own"\nFLOOR = const(1)\nONE = 256', "has no function measure"),
    ],
)
def test_a_dimension_of_ones_own_that_lacks_its_form_is_refused(source, said, tmp_path):
    (tmp_path / "leak.py").write_text(source)
    lines = faults(tmp_path, GOOD.replace("[alarms]", '[dimensions.leak]\nfile = "leak.py"\n[alarms]'))
    assert len(lines) == 1
    assert lines[0].startswith('dimensions.leak.file: "leak.py" ')
    assert said in lines[0]


@pytest.mark.unit
def test_every_built_in_dimension_has_its_form():
    dimensions = built_in()
    assert {"spike", "trust", "continuity", "drift"} <= set(dimensions)
    assert {d.scope for d in dimensions.values()} == {"channel", "window", "status"}


@pytest.mark.unit
def test_rails_go_through_scale_and_offset_and_a_negative_scale_turns_them():
    sensor = Sensor("adc", {"pin": 26}, -0.01, 10.0, (0, 1000))
    assert Channel("a", "V", 0.1, (0.0, 10.0), sensor).rail_counts == (-50, 50)
    assert Channel("a", "V", 0.1, (0.0, 8.0)).rail_counts == (-40, 40)


@pytest.mark.property
@given(st.floats(allow_nan=False), st.floats(1e-6, 1e6), st.floats(-1e6, 1e6), st.integers(1, 60_000))
def test_a_count_is_within_half_a_count_of_its_value_or_saturates(value, resolution, low, counts):
    channel = Channel("a", "", resolution, (low, low + counts * resolution))
    count = int(channel.count(np.array([value]))[0])
    exact = (value - channel.middle) / resolution
    assert -32767 <= count <= 32767
    if abs(exact) < 32767:
        assert abs(count - exact) <= 0.5 + 1e-6
    else:
        assert count == (32767 if exact > 0 else -32767)


@pytest.mark.property
@given(st.lists(st.sampled_from(["spike", "step", "noise", "a", "b", "c", "d"]), min_size=4, max_size=12), st.data())
def test_a_table_agrees_with_the_graph_for_every_acyclic_policy(children, data):
    """Parents only stand over later ones, so there is no cycle; the table is the first condition that holds."""
    names = ["a", "b", "c", "d"]
    blocks = []
    for i, name in enumerate(names):
        mine = dict.fromkeys(c for c in children[i::4] if c not in names or names.index(c) > i)
        blocks.append(f"[parents.{name}]\nchildren = {list(mine) or ['spike']}\n".replace("'", '"'))
    whens = data.draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
    actions = "".join(f'[[actions]]\nname = "on_{name}"\nwhen = "{name}"\n' for name in whens)
    head = GOOD[: GOOD.index("[status.supply_mv]")]
    text = head + "".join(blocks) + actions + '[[actions]]\nname = "else"\n'
    try:
        policy = loads(text, Path("policy.toml"))
    except PolicyError as error:
        if not all("can never match" in line for line in error.lines):
            raise
        return
    for vector, action in enumerate(policy.action_table()):
        passed = policy.passed()[vector]
        assert action == next((i for i, name in enumerate(whens) if passed[name]), len(whens))


JUNK = st.recursive(
    st.none().map(lambda _: 0) | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("spike"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(data, way=()):
    """The way to every value in nested tables and lists."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*way, key)
        yield from places(value, (*way, key))


@pytest.mark.property
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_junk_anywhere_in_a_policy_is_noted_in_lines_and_never_raises(data):
    policy = tomllib.loads(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        way = data.draw(st.sampled_from(list(places(policy))))
        inner = policy
        for key in way[:-1]:
            inner = inner[key]
        inner[way[-1]] = data.draw(JUNK)
    notes = []
    read(policy, Path("policy.toml"), lambda where, what: notes.append(f"{where}: {what}"))
    assert all(note.isprintable() for note in notes)
