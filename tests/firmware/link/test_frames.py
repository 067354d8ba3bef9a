"""Frames from the board's writer to the host's decoder."""

import json
from array import array
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.firmware.device.frames import Writer
from motegate.firmware.link.decoder import MODULUS, Decoder, Frame, Text, parse
from motegate.firmware.link.frames import (
    Ack,
    Drift,
    Error,
    Health,
    Hello,
    Model,
    Recovered,
    Regimes,
    Verdict,
    Window,
    encode,
)

INT32 = st.integers(-(2**31) + 1, 2**31 - 1)
INT16 = st.integers(-(2**15), 2**15 - 1)
KEYS = st.sampled_from([b"t", b"p", b"windows", b"allocated"])


class Line:
    def __init__(self):
        self.data = bytearray()

    def write(self, buf, n):
        self.data += memoryview(buf)[:n]


def line(body: str) -> bytes:
    return body.encode() + b"\t%08x\n" % crc32(body.encode())


@pytest.mark.unit
def test_a_verdict_is_written_as_the_design_shows_it():
    out = Line()
    writer = Writer(out.write)
    writer.n = 7
    writer.begin(b"verdict")
    writer.pair(b"t", 1234, 5)
    writer.numbers(b"p", array("h", [1, 0]), 0, 2)
    writer.numbers(b"s", array("b", [-90, 101]), 0, 2)
    writer.number(b"a", 1)
    writer.end()
    assert bytes(out.data) == line('{"k":"verdict","n":7,"t":[1234,5],"p":[1,0],"s":[-90,101],"a":1}')


@pytest.mark.property
@given(
    size=st.integers(64, 300),
    n=st.integers(0, MODULUS - 1),
    fields=st.lists(
        st.one_of(
            st.tuples(st.just("number"), KEYS, INT32),
            st.tuples(st.just("pair"), KEYS, st.tuples(INT32, INT32)),
            st.tuples(st.just("numbers"), KEYS, st.lists(INT32, max_size=80)),
            st.tuples(st.just("text"), KEYS, st.text(max_size=300)),
            st.tuples(st.just("text"), KEYS, st.dictionaries(st.text(max_size=9), st.lists(st.text()))),
        ),
        max_size=8,
    ),
)
def test_any_frame_equals_json_dumps_whatever_the_buffer(size, n, fields):
    out = Line()
    writer = Writer(out.write, size)
    writer.n = n
    writer.begin(b"health")
    text = f'{{"k":"health","n":{n}'
    for how, key, value in fields:
        if how == "pair":
            writer.pair(key, *value)
        elif how == "numbers":
            writer.numbers(key, value, 0, len(value))
        else:
            getattr(writer, how)(key, value)
        text += f',"{key.decode()}":' + json.dumps(value, separators=(",", ":"))
    writer.end()
    assert bytes(out.data) == line(text + "}")
    assert writer.n == (n + 1) % MODULUS


@pytest.mark.property
@given(rows=st.lists(st.lists(INT16, min_size=5, max_size=5), min_size=1, max_size=9), head=st.integers(0, 4))
def test_the_ring_is_written_oldest_slot_first(rows, head):
    out = Line()
    writer = Writer(out.write, 64)
    writer.begin(b"verdict")
    writer.circular(b"w", array("h", [count for row in rows for count in row]), len(rows), 5, head)
    writer.end()
    assert parse(out.data).body["w"] == [row[head:] + row[:head] for row in rows]


@pytest.mark.unit
def test_numbers_are_taken_from_a_start_at_a_stride():
    out = Line()
    writer = Writer(out.write)
    writer.begin(b"model")
    writer.numbers(b"y", array("h", range(20)), 3, 4, 5)
    writer.end()
    assert parse(out.data).body["y"] == [3, 8, 13, 18]


@pytest.mark.unit
def test_a_frame_left_open_costs_one_frame_and_no_more():
    out = Line()
    writer = Writer(out.write, 64)
    for _ in range(3):
        writer.begin(b"verdict")
        writer.numbers(b"x", range(100), 0, 100)
        writer.end()
        writer.begin(b"verdict")
        writer.numbers(b"x", range(100), 0, 100)
    writer.begin(b"error")
    writer.end()
    decoder = Decoder()
    items = list(decoder.feed(bytes(out.data)))
    assert [item.n for item in items if isinstance(item, Frame)] == [0, 2, 4, 6]
    assert (decoder.lost, decoder.damaged) == (3, 3)


TIMES = st.tuples(INT32, st.integers(0, 999))
WHOLES = st.lists(INT16, max_size=4).map(tuple)
COUNTS = st.integers(0, 2**31 - 1)
TEXTS = st.lists(st.text(max_size=9), max_size=3).map(tuple)
JUDGED = st.lists(st.tuples(st.integers(0, 1), st.integers(-128, 127)), min_size=1, max_size=8)
FORMS = st.one_of(
    st.builds(lambda t, why: Verdict(t, why=why), TIMES, st.text(min_size=1, max_size=20)),
    st.builds(
        lambda t, judged, *rest: Verdict(t, *map(tuple, zip(*judged, strict=True)), *rest),
        TIMES, JUDGED, st.integers(0, 255), st.none() | WHOLES, st.none() | st.lists(WHOLES, max_size=3).map(tuple),
        st.text(max_size=9),
    ),
    st.builds(Model, TIMES, COUNTS, st.lists(st.integers(-128, 127), max_size=9).map(tuple)),
    st.builds(Health, TIMES, *[COUNTS] * 13, st.booleans()),
    st.builds(
        Hello, COUNTS, st.text(max_size=9), TEXTS, TEXTS, TEXTS, TEXTS, st.text(max_size=9), st.text(max_size=9),
        COUNTS, st.booleans(), INT32, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS,
        st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3),
    ),
    st.builds(Error, st.text(max_size=40), st.text(max_size=9)),
    st.builds(Recovered, st.text(max_size=9)),
    st.builds(Ack, COUNTS, st.text(max_size=9), st.booleans(), st.text(max_size=9), st.text(max_size=9)),
    st.builds(
        lambda at, data: Ack(1, "dump", at=at, size=at + len(data), data=data),
        st.integers(1, 9999), st.binary(max_size=96),
    ),
    st.builds(Drift, TIMES, COUNTS, st.booleans(), COUNTS, COUNTS, COUNTS, COUNTS),
    st.builds(Drift, TIMES, COUNTS, st.booleans(), COUNTS, COUNTS, COUNTS, COUNTS, st.integers(1, 4), COUNTS),
    st.builds(Window, TIMES, st.lists(WHOLES, max_size=3).map(tuple)),
    st.builds(
        lambda window, rows: Regimes(window, *(tuple(row[i] for row in rows) for i in range(3))),
        COUNTS, st.lists(st.tuples(st.integers(1, 1 << 22), st.integers(-1, 1 << 29), st.integers(-1, 1 << 29))),
    ),
)  # fmt: skip


@pytest.mark.property
@given(FORMS, st.integers(0, MODULUS - 1))
def test_what_is_written_as_a_frame_is_read_as_the_same(form, n):
    frame = parse(encode(form, n))
    assert (frame.kind, frame.n, frame.form) == (form.kind, n, form)


@pytest.mark.property
@given(st.binary(max_size=300))
def test_nothing_on_the_line_raises_and_text_passes_through(data):
    decoder = Decoder()
    items = [*decoder.feed(data), *decoder.flush()]
    if not any(isinstance(item, Frame) for item in items):
        assert b"\n".join(item.raw for item in items).split() == data.split()


@pytest.mark.property
@given(st.data())
def test_a_flipped_bit_is_never_taken_for_a_frame(data):
    good = line('{"k":"verdict","n":7,"t":[1234,5],"p":[1,0],"s":[-90,101],"a":1}')
    at = data.draw(st.integers(0, len(good) - 2))
    bad = bytearray(good)
    bad[at] ^= 1 << data.draw(st.integers(0, 7))
    assert not isinstance(parse(bytes(bad)), Frame)


@pytest.mark.property
@given(st.lists(st.integers(1, 40), max_size=20), st.integers(0, MODULUS - 1), st.integers(1, 30))
def test_lost_frames_are_counted_by_their_numbers_in_chunks_of_any_size(steps, first, chunk):
    n, stream = first, line(f'{{"k":"a","n":{first}}}')
    for step in steps:
        n = (n + step) % MODULUS
        if n == 0:
            return
        stream += line(f'{{"k":"a","n":{n}}}')
    decoder = Decoder()
    items = [item for at in range(0, len(stream), chunk) for item in decoder.feed(stream[at : at + chunk])]
    assert len(items) == decoder.frames == len(steps) + 1
    assert decoder.lost == sum(step - 1 for step in steps)
    assert decoder.damaged == decoder.restarts == 0


@pytest.mark.unit
def test_a_restart_is_not_a_loss():
    decoder = Decoder()
    list(decoder.feed(line('{"k":"a","n":900}') + line('{"k":"hello","n":0}') + line('{"k":"a","n":1}')))
    assert (decoder.lost, decoder.restarts, decoder.frames) == (0, 1, 3)


@pytest.mark.unit
def test_text_before_a_frame_on_its_line_does_not_hide_it():
    decoder = Decoder()
    items = list(decoder.feed(b'>>> {"k":' + line('{"k":"a","n":1}')))
    assert items[0] == Text(b'>>> {"k":')
    assert items[1].n == 1


@pytest.mark.unit
@pytest.mark.parametrize(
    "body", ['{"k":"a"}', '{"k":1,"n":1}', '{"k":"a","n":-1}', '{"k":"a","n":true}', '{"k":', '{"k":[' * 9999]
)
def test_a_right_crc_over_what_is_no_frame_is_damage(body):
    assert parse(line(body)) == Text(line(body)[:-1], damaged=True)


@pytest.mark.unit
def test_a_line_without_an_end_is_not_kept_for_ever():
    decoder = Decoder()
    items = list(decoder.feed(b"x" * (1 << 20) + b"y"))
    assert [item.text[-2:] for item in items] == ["xy"]
