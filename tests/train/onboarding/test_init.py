"""A first policy for a recording that nobody has described."""
# ruff: noqa: E501 (a table reads best with a case on each line)

import datetime
import math
import tomllib

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.train.onboarding.check import check
from motegate.train.onboarding.init import init, one_two_five
from motegate.train.policy.document import load
from motegate.train.policy.form import PATIENT_DAYS
from motegate.train.recording.columns import RecordingError
from motegate.train.recording.records import read


@pytest.fixture
def odd(tmp_path):
    """Two columns with odd names and spaces, gaps, codes, a text column, a constant and a counter."""
    path = tmp_path / "My plant #2.csv"
    rng = np.random.default_rng(3)
    time = datetime.datetime(2024, 3, 1)
    lines = ['Record No,timestamp, Temp. außen (°C) ,"p/kPa, ""raw""",comment,const,mostly empty,seq']
    for i in range(6000):
        time += datetime.timedelta(seconds=10 if rng.random() > 0.01 else 70)
        temperature = "" if rng.random() < 0.02 else f"{12 + 5 * math.sin(i / 200) + rng.normal() * 0.1:.2f}"
        pressure = -9999 if i % 1000 == 5 else f"{101.3 + rng.normal() * 0.5:.4f}"
        lines.append(
            f"{i},{time.isoformat()},{temperature},{pressure},{'ok' if i % 7 else ''},5,{'' if i % 5 else i % 3},{i}"
        )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def policy_of(tmp_path):
    """The policy that init writes for a recording."""

    def make(recording):
        path = tmp_path / "policy.toml"
        path.write_text(init(recording), encoding="utf-8")
        return load(path)

    return make


@pytest.mark.unit
def test_odd_columns_become_channels_and_the_rest_is_left_out_with_a_reason(odd, policy_of):
    policy = policy_of(odd)
    assert [c.name for c in policy.channels] == ["Temp. außen (°C)", 'p/kPa, "raw"']
    assert [c.unit for c in policy.channels] == ["°C", ""]
    assert (policy.name, policy.period_ms) == ("My plant #2", 10_000)
    text = init(odd)
    for line in (
        '# column "Record No" is left out: it only counts the rows',
        '# column "comment" is left out: it holds text ("ok")',
        '# column "const" is left out: it never changes',
        '# column "mostly empty" is left out: it is empty in 80 % of the rows',
        '# column "seq" is left out: it has a meaning of its own',
    ):
        assert line in text.splitlines()


@pytest.mark.unit
def test_resolution_is_the_datas_step_and_the_range_holds_all_but_codes(odd, policy_of):
    temperature, pressure = policy_of(odd).channels
    assert temperature.resolution == 0.01
    assert temperature.range[0] < 6 < 18 < temperature.range[1]
    assert pressure.range[0] > 90
    assert "0.1 % of the values lie beyond and count as invalid" in init(odd)
    for channel in (temperature, pressure):
        assert (channel.range[1] - channel.range[0]) / channel.resolution <= 60_000


@pytest.mark.unit
def test_the_recording_fits_the_policy_made_from_it(odd, policy_of, tmp_path):
    policy = policy_of(odd)
    assert len(read(policy, odd)) == 6000
    checked = check(tmp_path / "policy.toml", odd)
    assert checked.ok
    assert not [finding for finding in checked.findings if finding.level == "warning"]
    assert checked.windows >= 300
    assert policy.reference_windows <= checked.windows / 5 + 1


@pytest.mark.unit
def test_three_parents_and_three_actions_judge_it(odd, policy_of):
    policy = policy_of(odd)
    assert policy.classifiers == ("intrinsic", "contextual", "data_integrity")
    assert [action.name for action in policy.actions] == ["use", "store", "discard"]
    assert "consistency" in policy.columns
    assert not {"trust", "privacy", "location", "integration", "enrichment"} & set(policy.columns)
    assert policy.action_table()[0b111] == 0
    assert policy.action_table()[0b001] == 1
    assert policy.action_table()[0b000] == 2
    assert "regime" in policy.parents[1].children
    assert "drift" not in policy.columns  # a notice: as a child it fails every window of a season


@pytest.mark.unit
def test_what_is_proposed_for_the_reference_is_the_default_and_is_written_out(odd, policy_of):
    policy = policy_of(odd)
    assert (policy.patience_days, policy.follow_per_day) == (PATIENT_DAYS, None)
    reference = tomllib.loads(init(odd))["reference"]
    assert list(reference) == ["windows", "patience_days", "follow_per_day"]
    assert reference["follow_per_day"] == "auto"


@pytest.mark.unit
def test_one_channel_has_no_consistency(tmp_path, policy_of):
    path = tmp_path / "one.csv"
    path.write_text("t_ms,x\n" + "".join(f"{i * 500},{i * 7 % 50 / 10}\n" for i in range(900)))
    policy = policy_of(path)
    assert "consistency" not in policy.columns
    assert policy.period_ms == 500


@pytest.mark.unit
def test_every_value_has_a_comment_saying_where_it_comes_from(odd):
    for line in init(odd).splitlines():
        if " = " in line and not line.startswith(("#", "children")):
            assert " # " in line, line


@pytest.mark.unit
def test_the_policy_is_toml_of_the_same_names_whatever_they_are(tmp_path, policy_of):
    names = ['"', "\\", "a.b", "#", "ö", "[x]", "=", "'''"]
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    rows = "".join(
        f"{i * 1000}," + ",".join(str((i * 7 + k) % 13) for k in range(len(names))) + "\n" for i in range(400)
    )
    path = tmp_path / "names.csv"
    path.write_text(f"t_ms,{header}\n{rows}", encoding="utf-8")
    assert list(tomllib.loads(init(path))["stream"]["channels"]) == names
    assert len(read(policy_of(path), path)) == 400


@pytest.mark.unit
@pytest.mark.parametrize(
    ("rows", "expected"), [(250, (8, 4)), (3000, (16, 8)), (5000, (16, 16)), (10_000, (32, 32)), (20_000, (64, 64))]
)
def test_the_window_shrinks_until_there_are_enough(rows, expected, tmp_path, policy_of):
    path = tmp_path / "r.csv"
    noise = np.random.default_rng(0).integers(0, 50, rows)
    path.write_text("t_ms,x\n" + "".join(f"{i * 1000},{x}\n" for i, x in enumerate(noise)))
    policy = policy_of(path)
    assert (policy.length, policy.hop) == expected


@pytest.mark.unit
def test_parquet_gives_the_policy_that_its_csv_gives(odd, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    table = pa.csv.read_csv(odd)
    path = folder / "My plant #2.parquet"
    pa.parquet.write_table(table.rename_columns([name.strip() for name in table.column_names]), path)
    ours, theirs = (tomllib.loads(init(p)) for p in (odd, path))
    assert ours == theirs


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("t_ms,x\n", "does not advance"),
        ("t_ms,x\n" + "5,1\n" * 300, "t_ms: does not advance"),
        ("Zeit,x\n2020-01-01 12:00,1\n", 'no time column; expected timestamp (ISO 8601) or t_ms (milliseconds): rename "Zeit"'),
        ("a,b\n1,2\n", "no time column"),
        ("t_ms,x\n1,1\n2,2\n", "has 2 rows; expected at least 200"),
        ("t_ms,x\n" + "".join(f"{i},ok\n" for i in range(300)), 'has no column for a channel ("x" holds text ("ok"))'),
        ("t_ms\n" + "".join(f"{i}\n" for i in range(300)), "has no column for a channel (only time)"),
        ("t_ms,x\n" + "".join(f"{i * 10**8},{i % 9}\n" for i in range(300)), "rows are 1e+08 ms apart; expected 1 to 86400000"),
        ("timestamp,x\n2020-01-01,1\nsoon,2\n", ": timestamp"),
        ("t_ms,x\n1,1\nsoon,2\n", ": t_ms"),
        ("t_ms,x\n1,1\n2\n", "cannot be read"),
        ("t_ms;x\n1;1\n", "expected commas"),
    ],
)  # fmt: skip
def test_what_cannot_have_a_policy_is_refused_in_one_line(text, said, tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(text)
    with pytest.raises(RecordingError) as error:
        init(path)
    assert len(error.value.lines) == 1
    assert error.value.lines[0].startswith(str(path))
    assert said in error.value.lines[0]


@pytest.mark.unit
def test_a_recording_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RecordingError, match="cannot be read"):
        init(tmp_path / "none.csv")


@pytest.mark.property
@given(st.floats(1e-9, 1e9))
def test_one_two_five_brackets_its_argument(x):
    low, high = one_two_five(x), one_two_five(x, up=True)
    assert low <= x * (1 + 1e-5)
    assert high >= x * (1 - 1e-5)
    assert high / low <= 2.5 * (1 + 1e-9)


@pytest.mark.unit
def test_the_real_recordings_get_policies_that_fit_them(shared, tmp_path):
    for path in sorted((shared / "data").glob("*.csv")):
        policy_path = tmp_path / "policy.toml"
        policy_path.write_text(init(path))
        checked = check(policy_path, path)
        assert checked.ok
        assert checked.windows > 300
        assert not [f for f in checked.findings if f.level == "warning"], (path, checked.findings)
