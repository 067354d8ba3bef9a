"""The board's ear: frames out of whatever comes down the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motegate.firmware.device.line.receiver import Receiver
from motegate.firmware.link.commands import encode

LINE = encode("status", 7, {})


class Wire:
    """Bytes that have come."""

    closed = False

    def __init__(self, data: bytes = b""):
        self.data = bytearray(data)

    def readinto(self, one):
        if not self.data:
            return 0
        one[0] = self.data.pop(0)
        return 1


def heard(data: bytes, chunk: int = 10**6) -> list[bytes]:
    """The JSON of each frame, the bytes given piece by piece."""
    wire = Wire()
    receiver = Receiver(wire)
    found = []
    for at in range(0, len(data), chunk):
        wire.data += data[at : at + chunk]
        while wire.data:
            size = receiver.receive()
            if size:
                found.append(bytes(receiver.buffer[:size]))
    return found


@pytest.mark.unit
def test_a_frame_is_heard_with_either_end_of_line():
    assert heard(LINE) == [b'{"k":"status","n":7}']
    assert heard(LINE.replace(b"\n", b"\r\n")) == [b'{"k":"status","n":7}']


@pytest.mark.unit
def test_a_call_takes_at_most_256_bytes_and_no_more_than_one_frame():
    wire = Wire(b"x" * 700 + b"\n" + LINE + LINE)
    receiver = Receiver(wire)
    assert [receiver.receive() for _ in range(3)] == [0, 0, 20]
    assert bytes(wire.data) == LINE


@pytest.mark.unit
@pytest.mark.parametrize("line", [b"", b"\t", b"\t00000000", b"{\t0000000g", b"x" * 300, LINE[:-1].upper()])
def test_what_is_no_frame_is_passed_over(line):
    assert heard(line + b"\n" + LINE) == [b'{"k":"status","n":7}']


@pytest.mark.unit
def test_a_frame_of_256_bytes_is_heard_and_a_longer_one_is_not():
    fits = encode("dump", 1, {"what": "x" * 219})
    assert len(fits) == 257  # its newline is not kept
    assert len(heard(fits)) == 1
    assert heard(encode("dump", 1, {"what": "x" * 220})) == []


GARBAGE = st.binary(max_size=400).map(lambda data: data.replace(b"\n", b"") + b"\n")
NUMBERED = st.integers(0, 2**29 - 1)


@pytest.mark.property
@given(st.lists(st.tuples(GARBAGE, NUMBERED), max_size=6), st.integers(1, 300))
def test_every_frame_between_garbage_is_heard_and_nothing_else(parts, chunk):
    data = b"".join(garbage + encode("status", n, {}) for garbage, n in parts)
    assert heard(data, chunk) == [encode("status", n, {})[:-10] for _, n in parts]


@pytest.mark.property
@given(st.integers(0, len(LINE) - 2), st.integers(0, 7))
def test_a_flipped_bit_is_never_heard_as_a_frame(at, bit):
    bad = bytearray(LINE)
    bad[at] ^= 1 << bit
    assert heard(bytes(bad)) == []
