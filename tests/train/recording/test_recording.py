"""Recordings: rows as they are, in the file's order, and malformed files refused by line and column."""
# ruff: noqa: E501 (a table reads best with a case on each line)

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motegate.train.policy.document import loads
from motegate.train.recording.columns import RecordingError
from motegate.train.recording.parquet import column_names
from motegate.train.recording.records import chunks, labels_of_nobody, read, write_replay

POLICY = loads(
    """
[stream]
name = "tank"
period_ms = 1000
window = { length = 16 }
[stream.channels."level (m)"]
resolution = 0.01
range = [0, 100]
[stream.channels.flow]
resolution = 0.5
range = [-10, 10]
[status.supply_mv]
dimension = "trust"
min = 2400
[parents.integrity]
children = ["uniqueness", "trust"]
[parents.intrinsic]
children = ["spike"]
[[actions]]
name = "log"
""",
    Path("policy.toml"),
)
MISSING, NO_STATUS = -32768, -(1 << 30)


@pytest.fixture
def written(tmp_path):
    """Writes a CSV and gives its path."""

    def write(text: str | bytes, name: str = "tank.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.unit
def test_rows_keep_the_files_order_with_gaps_duplicates_and_missing_cells(written):
    records = read(
        POLICY,
        written(
            "timestamp,flow,level (m),note,seq,status.supply_mv,fail.intrinsic\n"
            "2020-01-01T00:00:05,1.5,50,x,7,3000,0\n"
            "2020-01-01T00:00:05,1.5,50,,7,3000,\n"
            "2020-01-01T00:00:03,,nan,y,,,1\n"
            '2019-12-31T23:59:59.250,"-1e1",999999,"a, b",9,2000.0,1.0\n'
        ),
    )
    assert records.seconds.tolist() == [5, 5, 3, -1]
    assert records.millis.tolist() == [0, 0, 0, 250]
    assert records.counts.tolist() == [[0, 3], [0, 3], [MISSING, MISSING], [32767, -20]]
    assert records.seqs.tolist() == [7, 7, -1, 9]
    assert records.status.tolist() == [[3000], [3000], [NO_STATUS], [2000]]
    assert {name: flags.tolist() for name, flags in records.fails.items()} == {"intrinsic": [False, False, True, True]}
    assert (records.counts.dtype, records.seconds.dtype, records.millis.dtype) == (np.int16, np.int32, np.int16)
    assert (records.seqs.dtype, records.status.dtype) == (np.int32, np.int32)


@pytest.mark.unit
def test_what_a_recording_does_not_have_is_missing(written):
    records = read(POLICY, written("t_ms,level (m),flow\n0,1,2\n"))
    assert (records.seqs.tolist(), records.status.tolist(), records.fails) == ([-1], [[NO_STATUS]], {})


@pytest.mark.unit
@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2020-01-01T00:00:01", (1, 0)),
        ("2020-01-01 00:00:01", (1, 0)),
        ("2020-01-01T00:00:01.5", (1, 500)),
        ("2020-01-01T00:00:01.123456789", (1, 123)),
        ("2020-01-01T00:00:01Z", (1, 0)),
        ("2020-01-01T01:00:01+01:00", (1, 0)),
        ("2020-01-01T01:00:01.25+0100", (1, 250)),
        ("2019-12-31T14:00:01-10", (1, 0)),
        ("2020-01-01", (0, 0)),
        ("2020-01-01T00:01", (60, 0)),
        ("  2020-01-01T00:00:01  ", (1, 0)),
        ("2019-12-31T23:59:59.999", (-1, 999)),
        ("1970-01-01", (-1577836800, 0)),
    ],
)
def test_stamps_are_iso_8601_in_utc_unless_an_offset_says_otherwise(stamp, expected, written):
    records = read(POLICY, written(f"timestamp,level (m),flow\n{stamp},1,2\n"))
    assert (records.seconds[0], records.millis[0]) == expected


@pytest.mark.unit
def test_stamps_with_and_without_offset_may_stand_in_one_column(written):
    stamps = ["2020-01-01T00:00:01", "2020-01-01T01:00:01+01:00", "2020-01-01", "2020-01-01 00:00Z"]
    records = read(POLICY, written("timestamp,level (m),flow\n" + "".join(f"{s},1,2\n" for s in stamps)))
    assert records.seconds.tolist() == [1, 1, 0, 0]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("t_ms", "expected"),
    [(0, (0, 0)), (1500, (1, 500)), (-1, (-1, 999)), (1577836800001, (0, 1)), (1577836799999, (-1, 999))],
)
def test_small_t_ms_count_from_2020_and_large_ones_from_1970(t_ms, expected, written):
    records = read(POLICY, written(f"t_ms,level (m),flow\n{t_ms},1,2\n"))
    assert (records.seconds[0], records.millis[0]) == expected


@pytest.mark.unit
@pytest.mark.parametrize(
    "text",
    [
        "\ufefft_ms,level (m),flow\n5,1,2\n6,3,\n",
        "t_ms,level (m),flow\r\n5,1,2\r\n6,3,\r\n",
        " t_ms , level (m) ,flow\n5, 1 ,+2\n\n6,3.,   \n",
        '"t_ms","level (m)","flow"\n"5","1","2"\n"6","3",""\n',
        't_ms,note,level (m),flow\n5,"two\nlines",1,2\n6,"a ""word""",3,nan',
        "t_ms,x,level (m),x,flow\n5,0,1,0,2\n6,0,3,0,NaN\n",
        "\nt_ms,level (m),flow\n5,1,2\n6,3,NAN\n",
    ],
)
def test_every_way_to_write_the_same_csv_reads_the_same(text, written):
    records = read(POLICY, written(text))
    assert records.counts.tolist() == [[-4900, 4], [-4700, MISSING]]
    assert records.millis.tolist() == [5, 6]


@pytest.mark.unit
def test_an_infinite_value_saturates_and_a_long_sequence_number_keeps_its_low_bits(written):
    records = read(POLICY, written(f"t_ms,level (m),flow,seq\n5,inf,-inf,{(1 << 32) + 5}\n"))
    assert records.counts.tolist() == [[32767, -32767]]
    assert records.seqs.tolist() == [5]


MALFORMED = {
    "empty": ("", ": is empty; expected a header and at least one row"),
    "blank": ("\n \n", ": is empty;"),
    "header only": ("t_ms,level (m),flow\n", ":1: is a header without a row"),
    "header only, no line end": ("t_ms,level (m),flow", ":1: is a header without a row"),
    "no time column": ("level (m),flow\n1,2\n", ":1: no time column; expected timestamp (ISO 8601) or t_ms (milliseconds)"),
    "time of another name": ("When,level (m),flow\n2020-01-01,1,2\n", '(milliseconds): rename "When" to timestamp'),
    "no channel": ("t_ms,flow\n1,2\n", ":1: level (m): no such column, a channel of the policy; there are: flow, t_ms"),
    "channel of another case": ("t_ms,level (m),Flow\n1,2,3\n", ':1: flow: no such column, a channel of the policy; did you mean "Flow"?'),
    "channel twice": ("t_ms,level (m),flow,flow\n1,2,3,4\n", ":1: flow: more than one column of this name"),
    "text in a number": ("t_ms,level (m),flow\n1,2,3\n2,abc,3\n", ':3: level (m): "abc" is not allowed; expected a number, an empty cell or nan'),
    "decimal comma": ('t_ms,level (m),flow\n1,"2,5",3\n', ':2: level (m): "2,5" is not allowed; expected a number'),
    "text after a blank line": ("t_ms,level (m),flow\n\n\n2,1,x\n", ':4: flow: "x" is not allowed'),
    "text after a cell of two lines": ('t_ms,level (m),flow,n\n2,1,1,"a\nb"\n2,1,x,\n', ':4: flow: "x" is not allowed'),
    "ragged, short": ("t_ms,level (m),flow\n1,2,3\n2,3\n", ":3: has 2 cells; expected 3 as in the header"),
    "ragged, long": ("t_ms,level (m),flow\n1,2,3,4\n", ":2: has 4 cells; expected 3"),
    "quote left open": ('t_ms,level (m),flow\n1,"2,3\n2,3,4\n', ":2: has 2 cells; expected 3"),
    "bad month": ("timestamp,level (m),flow\n2020-01-01,1,2\n2020-13-01,1,2\n", ':3: timestamp: "2020-13-01" is not allowed; expected ISO 8601'),
    "time of day only": ("timestamp,level (m),flow\n12:00:00,1,2\n", ':2: timestamp: "12:00:00" is not allowed'),
    "number for a stamp": ("timestamp,level (m),flow\n1577836800,1,2\n", ':2: timestamp: "1577836800" is not allowed'),
    "empty stamp": ("timestamp,level (m),flow\n2020-01-01,1,2\n,1,2\n", ':3: timestamp: "" is not allowed; expected ISO 8601'),
    "stamp before 1970": ("timestamp,level (m),flow\n1969-12-31,1,2\n", ':2: timestamp: "1969-12-31" is not allowed; expected 1970 to 2053'),
    "stamp after 2053": ("timestamp,level (m),flow\n2054-01-01,1,2\n", ':2: timestamp: "2054-01-01" is not allowed; expected 1970 to 2053'),
    "stamp beyond int64": ("timestamp,level (m),flow\n9999-01-01,1,2\n", ':2: timestamp: "9999-01-01" is not allowed'),
    "fraction of a millisecond": ("t_ms,level (m),flow\n1.5,1,2\n", ':2: t_ms: "1.5" is not allowed; expected whole milliseconds'),
    "empty t_ms": ("t_ms,level (m),flow\n1,1,2\n,1,2\n", ':3: t_ms: "" is not allowed; expected whole milliseconds'),
    "t_ms of another age": ("t_ms,level (m),flow\n99999999999999,1,2\n", ':2: t_ms: "99999999999999" is not allowed; expected 1970 to 2053'),
    "fraction of a sequence number": ("t_ms,level (m),flow,seq\n1,2,3,4.5\n", ':2: seq: "4.5" is not allowed; expected a whole number'),
    "negative sequence number": ("t_ms,level (m),flow,seq\n1,2,3,-4\n", ':2: seq: "-4" is not allowed; expected a whole number from 0'),
    "text for a status": ("t_ms,level (m),flow,status.supply_mv\n1,2,3,low\n", ':2: status.supply_mv: "low" is not allowed; expected a whole number'),
    "fraction of a status": ("t_ms,level (m),flow,status.supply_mv\n1,2,3,0.1\n", ':2: status.supply_mv: "0.1" is not allowed'),
    "status beyond 30 bits": ("t_ms,level (m),flow,status.supply_mv\n1,2,3,-1073741824\n", ':2: status.supply_mv: "-1073741824" is not allowed; expected -1073741823 to 1073741823'),
    "label of two": ("t_ms,level (m),flow,fail.intrinsic\n1,2,3,2\n", ':2: fail.intrinsic: "2" is not allowed; expected 0 or 1'),
    "label of text": ("t_ms,level (m),flow,fail.intrinsic\n1,2,3,true\n", ':2: fail.intrinsic: "true" is not allowed; expected 0 or 1'),
    "semicolons": ("t_ms;level (m);flow\n1;2;3\n", ":1: columns are separated by ';'; expected commas"),
    "binary": (bytes(range(256)), ":1: is binary; expected CSV or Parquet"),
    "binary after the header": (b"t_ms,level (m),flow\n1,2,\0\n", ":2: is binary"),
    "invalid text": (b"\x89PNG\r\n\x1a\n\xff\xfe", ":1: is not UTF-8 text"),
    "latin-1": ("t_ms,level (m),flow,°C\n1,2,3,4\n".encode("latin-1"), ":1: is not UTF-8 text; expected CSV in UTF-8 or Parquet"),
    "damaged Parquet": (b"PAR1" + bytes(100), ": is no Parquet ("),
}  # fmt: skip


@pytest.mark.unit
@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_recording_gets_its_one_line(name, written):
    text, said = MALFORMED[name]
    path = written(text)
    with pytest.raises(RecordingError) as error:
        read(POLICY, path)
    assert len(error.value.lines) == 1
    assert error.value.lines[0].startswith(str(path))
    assert said in error.value.lines[0]


@pytest.mark.unit
def test_every_fault_of_a_header_is_said_at_once(written):
    with pytest.raises(RecordingError) as error:
        read(POLICY, written("When,Flow\n2020-01-01,1\n"))
    assert len(error.value.lines) == 3


@pytest.mark.unit
def test_a_header_that_is_a_row_is_said_to_be_one(written):
    with pytest.raises(RecordingError, match="is a row, not a header"):
        read(POLICY, written("2020-01-01T00:00:00,1,2\n2020-01-01T00:00:01,1,2\n"))


@pytest.mark.unit
def test_a_fault_far_down_is_found_by_its_line(written):
    rows = "".join(f"{i},{i % 7},1\n" for i in range(200_000))
    with pytest.raises(RecordingError, match=r':200002: flow: "x" is not allowed'):
        for _ in chunks(POLICY, written("t_ms,level (m),flow\n" + rows + "1,1,x\n")):
            pass


@pytest.mark.unit
def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path / "none.parquet", tmp_path):
        with pytest.raises(RecordingError, match="cannot be read"):
            read(POLICY, path)


@pytest.mark.unit
def test_parquet_reads_as_the_same_csv_does(written, tmp_path):
    text = (
        "timestamp,level (m),flow,seq,status.supply_mv,fail.intrinsic\n"
        "2020-01-01T00:00:01.5,1,,3,2500,1\n2020-01-01T00:00:01.5,1,2,,,0\n"
    )
    path = written(text)
    table = pa.csv.read_csv(path)
    assert pa.types.is_timestamp(table["timestamp"].type)
    pa.parquet.write_table(table, tmp_path / "typed.parquet")
    as_text = table.set_column(0, "timestamp", table["timestamp"].cast(pa.string()))
    pa.parquet.write_table(as_text, tmp_path / "text.parquet")
    expected = read(POLICY, path)
    for name in ("typed.parquet", "text.parquet"):
        records = read(POLICY, tmp_path / name)
        for field in ("counts", "seconds", "millis", "seqs", "status"):
            assert np.array_equal(getattr(records, field), getattr(expected, field)), (name, field)
        assert records.fails["intrinsic"].tolist() == [True, False]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"level (m)": [1.0], "flow": [1.0]}, ": no time column"),
        ({"t_ms": [1], "flow": [1.0]}, ": level (m): no such column"),
        ({"t_ms": [1, 2], "level (m)": ["1", "x"], "flow": [1.0, 2.0]}, ": level (m): holds string; expected a number"),
        (
            {"t_ms": [1, None], "level (m)": [1, 2], "flow": [1.0, 2.0]},
            ": row 2: t_ms: None is not allowed; expected whole",
        ),
        ({"t_ms": [1, 2], "level (m)": [1, 2], "flow": [1.0, 2.0], "seq": [0, -1]}, ": row 2: seq: -1 is not allowed"),
        ({"timestamp": ["2020-01-01", "soon"], "level (m)": [1, 2], "flow": [1, 2]}, ": row 2: timestamp: soon is not"),
        ({"timestamp": [1, 2], "level (m)": [1, 2], "flow": [1, 2]}, ": timestamp: holds int64; expected ISO 8601"),
        ({"t_ms": [], "level (m)": [], "flow": []}, ": holds no row; expected at least one"),
    ],
)
def test_malformed_parquet_is_refused_by_row_and_column(columns, said, tmp_path):
    path = tmp_path / "tank.parquet"
    pa.parquet.write_table(pa.table(columns), path)
    with pytest.raises(RecordingError) as error:
        read(POLICY, path)
    assert error.value.lines[0].startswith(f"{path}{said}")
    assert len(error.value.lines) == 1


@pytest.mark.unit
def test_text_that_calls_itself_parquet_is_refused(written):
    path = written("t_ms,level (m),flow\n1,2,3\n", "tank.parquet")
    for refuses in (lambda: read(POLICY, path), lambda: column_names(path)):
        with pytest.raises(RecordingError, match="is no Parquet"):
            refuses()


@pytest.mark.unit
def test_parquet_with_a_damaged_page_is_refused(tmp_path):
    path = tmp_path / "tank.parquet"
    numbers = np.random.default_rng(0).normal(size=5000)
    pa.parquet.write_table(pa.table({"t_ms": range(5000), "level (m)": numbers, "flow": numbers}), path)
    data = bytearray(path.read_bytes())
    data[100:4000] = bytes(3900)
    path.write_bytes(data)
    with pytest.raises(RecordingError, match="is damaged"):
        read(POLICY, path)


@pytest.mark.unit
def test_several_files_follow_each_other_and_the_unlabelled_one_did_not_fail(written):
    one = written("t_ms,level (m),flow,fail.intrinsic\n1,1,1,1\n", "one.csv")
    two = written("t_ms,level (m),flow\n0,2,2\n", "two.csv")
    records = read(POLICY, [one, two])
    assert records.millis.tolist() == [1, 0]
    assert records.fails["intrinsic"].tolist() == [True, False]


@pytest.mark.property
@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.none() | st.floats(-100, 200, width=16)), min_size=1, max_size=50),
    st.integers(1, 60),
)
def test_chunks_of_any_size_hold_the_same_records(tmp_path_factory, rows, size):
    path = tmp_path_factory.mktemp("chunks") / "tank.csv"
    cells = ("" if value is None else repr(value) for _, value in rows)
    lines = (f"{ms},{cell},1\n" for (ms, _), cell in zip(rows, cells, strict=True))
    path.write_text("t_ms,level (m),flow\n" + "".join(lines))
    parts = list(chunks(POLICY, path, rows=size))
    assert all(0 < len(part) <= size for part in parts)
    values = np.array([np.nan if value is None else value for _, value in rows])
    assert np.array_equal(np.concatenate([part.counts[:, 0] for part in parts]), POLICY.channels[0].count(values))
    assert np.array_equal(np.concatenate([part.seconds for part in parts]), [ms // 1000 for ms, _ in rows])


@pytest.mark.unit
def test_the_replay_file_has_the_layout_that_the_device_reads(written, tmp_path):
    path = written(
        "timestamp,level (m),flow,seq,status.supply_mv\n2020-01-01T00:00:01.5,51,,3,2500\n2019-12-31T23:59:59,50,2,4,\n"
    )
    assert write_replay(POLICY, path, tmp_path / "replay.bin") == 2
    data = (tmp_path / "replay.bin").read_bytes()
    assert struct.unpack_from("<4sHHII", data) == (b"MGR1", 2, 1, 2, 0)
    assert struct.unpack_from("<ihhhhii", data, 16) == (1, 500, 100, MISSING, 0, 3, 2500)
    assert struct.unpack_from("<ihhhhii", data, 36) == (-1, 0, 0, 4, 0, 4, NO_STATUS)
    assert len(data) == 16 + 2 * 20


@pytest.mark.unit
def test_a_replay_of_one_channel_has_no_padding(tmp_path, written):
    head = '[stream]\nname = "s"\nperiod_ms = 1000\nwindow = { length = 16 }\n'
    channel = "[stream.channels.flow]\nresolution = 1\nrange = [0, 10]\n"
    policy = loads(head + channel + '[parents.p]\nchildren = ["spike"]\n[[actions]]\nname = "x"\n', Path("p.toml"))
    write_replay(policy, written("t_ms,flow\n1,5\n"), tmp_path / "replay.bin")
    assert (tmp_path / "replay.bin").read_bytes()[16:] == struct.pack("<ihhi", 0, 1, 0, -1)


SOUND = b"timestamp,level (m),flow,seq,fail.intrinsic\n" + b"2020-01-01T00:00:01.5Z,1.5,nan,3,0\n" * 3


@pytest.mark.property
@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SOUND) - 1),
            st.binary(min_size=1, max_size=3) | st.sampled_from([b"", b",", b"\n", b'"', b"\r", b"-", b"9" * 30]),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_damaged_recording_is_read_or_refused_in_printable_lines(tmp_path_factory, damage):
    content = bytearray(SOUND)
    for place, new in damage:
        content[place : place + 1] = new
    path = tmp_path_factory.mktemp("damaged") / "tank.csv"
    path.write_bytes(content)
    try:
        assert 0 < len(read(POLICY, path)) <= 12
        lines = []
    except RecordingError as error:
        lines = error.lines
    assert all(line.startswith(str(path)) and line.isprintable() for line in lines)


GREEDY = """
import re, sys
from pathlib import Path
from tests.train.recording.test_recording import POLICY
from motegate.train.recording import chunks, write_replay
path, out = map(Path, sys.argv[1:])
def peak():  # ru_maxrss would begin with that of the process that started this one
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024
first = next(iter(chunks(POLICY, path)))
before = peak()
rows = sum(len(part) for part in chunks(POLICY, path))
assert write_replay(POLICY, path, out) == rows
print(rows, peak() - before)
"""


@pytest.mark.unit
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc, which only Linux has")
def test_a_recording_several_times_as_large_as_its_memory_is_read(written, tmp_path):
    rows = 2_000_000
    block = "".join(
        f"2020-01-01T00:00:{i % 60:02}.000,{i % 100}.25,{i % 20 - 10}.5,1234567890123456\n" for i in range(1000)
    )
    path = written("timestamp,level (m),flow,not wanted\n" + block * (rows // 1000))
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run(
        [sys.executable, "-c", GREEDY, path, tmp_path / "replay.bin"],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    count, megabytes = map(int, run.stdout.split())
    assert count == rows
    assert megabytes < path.stat().st_size / 1e6, "more than the file itself"
    assert megabytes < 100


@pytest.mark.unit
def test_the_real_recordings_are_read(shared):
    text = (
        '[stream]\nname = "river"\nperiod_ms = 900000\nwindow = { length = 16 }\n'
        "[stream.channels.temp]\nresolution = 0.01\nrange = [-5, 40]\n"
        '[parents.intrinsic]\nchildren = ["spike"]\n[[actions]]\nname = "x"\n'
    )
    records = read(loads(text, Path("p.toml")), shared / "data" / "lro_FranklinBasin2014.csv")
    assert len(records) == 18_668
    assert records.fails["intrinsic"].sum() > 1000
    assert set(np.diff(records.seconds)) == {900}


HOSTILE = "\x1b]0;owned\x07\u202e\x9b31m"


@pytest.mark.unit
@pytest.mark.parametrize(
    "text",
    [
        f"t_ms,level (m),flow\n0,{HOSTILE},1\n",
        f't_ms,level (m),flow\n0,"{HOSTILE}\n{HOSTILE}",1\n',
        f"t_ms,{HOSTILE},flow\n0,1,1\n",
        f"{HOSTILE},level (m),flow\n2020-01-01 00:00,1,1\n",
        f"t_ms,level (m),flow\n0,1,1\n0,1,1,{HOSTILE}\n",
        f"t_ms,level (m),flow\n0,1,1\n{HOSTILE},{'x' * 5000}\n",
        f"timestamp,level (m),flow\n{HOSTILE},1,1\n",
        f"t_ms,level (m),flow,fail.intrinsic\n0,1,1,{HOSTILE * 900}\n",
        f"{HOSTILE}\n",
        f"{HOSTILE};t_ms\n",
    ],
)
def test_control_characters_of_a_csv_are_escaped_in_its_error(text, written):
    with pytest.raises(RecordingError) as no:
        read(POLICY, written(text))
    assert all(line.isprintable() for line in no.value.lines)
    assert all(len(line) < 700 for line in no.value.lines)


@pytest.mark.unit
def test_control_characters_of_a_parquet_are_escaped_in_its_error(tmp_path):
    path = tmp_path / "a.parquet"
    whole = {"level (m)": [1.0], "flow": [1.0]}
    for columns in ({"timestamp": [HOSTILE * 100], **whole}, {"t_ms": [0], HOSTILE: [1.0], "flow": [1.0]}):
        pa.parquet.write_table(pa.table(columns), path)
        with pytest.raises(RecordingError) as no:
            read(POLICY, path)
        assert all(line.isprintable() and len(line) < 700 for line in no.value.lines)


@pytest.mark.unit
def test_control_characters_of_a_file_s_name_are_escaped_in_its_error(written):
    with pytest.raises(RecordingError) as no:
        read(POLICY, written("t_ms\n", f"{HOSTILE}.csv"))
    assert all(line.isprintable() for line in no.value.lines)


@pytest.mark.unit
def test_labels_of_no_parent_are_named_once_with_the_nearest(written, tmp_path):
    one = written(f"t_ms,level (m),flow,fail.intrinsic,fail.intrinsik,fail.{HOSTILE}\n0,1,1,0,0,0\n")
    pa.parquet.write_table(pa.table({"t_ms": [0], "fail.zone": [0], "fail.intrinsik": [1]}), tmp_path / "b.parquet")
    found = labels_of_nobody(POLICY, [one, tmp_path / "b.parquet"])
    assert list(found) == ["fail.intrinsik", "fail.\\x1b]0;owned\\x07\\u202e\\x9b31m", "fail.zone"]
    assert found["fail.intrinsik"] == 'is no parent\'s and is ignored; did you mean "intrinsic"?'
    assert all(what.isprintable() for what in found.values())


@pytest.mark.unit
def test_a_negative_t_ms_counts_back_from_2020_as_far_as_a_small_one_counts_forward(written, tmp_path):
    stamps = [-1, -1000, -1001, -99_999_999_999]
    csv = written("t_ms,level (m),flow\n" + "".join(f"{ms},1,1\n" for ms in stamps))
    pa.parquet.write_table(
        pa.table({"t_ms": stamps, "level (m)": [1.0] * 4, "flow": [1.0] * 4}), tmp_path / "a.parquet"
    )
    for path in (csv, tmp_path / "a.parquet"):
        records = read(POLICY, path)
        assert records.seconds.tolist() == [-1, -1, -2, -100_000_000]
        assert records.millis.tolist() == [999, 0, 999, 1]


@pytest.mark.unit
def test_a_large_negative_t_ms_is_before_1970_and_refused(written, tmp_path):
    path = written("t_ms,level (m),flow\n5,1,1\n-100000000000,1,1\n")
    with pytest.raises(RecordingError, match=r'csv:3: t_ms: "-100000000000" is not allowed; expected 1970 to 2053'):
        read(POLICY, path)
    pa.parquet.write_table(pa.table({"t_ms": [-(10**11)], "level (m)": [1.0], "flow": [1.0]}), tmp_path / "a.parquet")
    with pytest.raises(RecordingError, match=r"row 1: t_ms: -100000000000 is not allowed; expected 1970 to 2053"):
        read(POLICY, tmp_path / "a.parquet")
