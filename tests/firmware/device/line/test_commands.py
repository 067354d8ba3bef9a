"""Commands to a running gate: what each does, who may give it, and that nobody gives one twice."""

import json
import shutil
from pathlib import Path

import pytest
from motegate.firmware import stored
from motegate.firmware.device import main
from motegate.firmware.device.layout import LEFT, STATE_CAUSE
from motegate.firmware.device.line import mac
from motegate.firmware.device.line.line import Line
from motegate.firmware.link.commands import encode
from motegate.firmware.link.frames import Ack, Health, Hello, Recovered, Regimes, Window

from ..test_loop import Mote, Reset
from ..test_main import frames
from .test_receiver import Wire

pytestmark = pytest.mark.unit
KEY = bytes(range(32))


class Talk:
    """A host on the line of a board that has judged some windows."""

    def __init__(self, root: str):
        self.mote = Mote()
        writer = main.Writer(self.mote.write)
        self.gate = main.build(root, self.mote, writer)
        self.wire = Wire()
        self.line = self.mote.line = Line(self.wire, self.gate, self.mote, writer)
        while self.gate.windows < 30:
            self.gate.step()
        self.mote.said.clear()

    def service(self, **service):
        self.mote.service = {**self.mote.service, **service}

    def say(self, data: bytes) -> list:
        self.wire.data += data
        while self.wire.data:
            self.line.listen()
        said = [frame.form for frame in frames(self.mote.said)]
        self.mote.said.clear()
        return said

    def ask(self, kind: str, n: int = 5, key: bytes | None = None, challenge: str = "", **fields) -> list:
        return self.say(encode(kind, n, fields, key, challenge))


@pytest.fixture
def root(replaying, tmp_path) -> str:
    return f"{shutil.copytree(replaying, tmp_path / 'board')}/"


@pytest.fixture
def talk(root) -> Talk:
    return Talk(root)


@pytest.fixture
def locked(root) -> Talk:
    """A board under key."""
    (Path(root) / "key").write_bytes(KEY)
    talk = Talk(root)
    talk.service(commands="key", repl="key")
    return talk


def test_hello_and_status_are_answered_and_acknowledged_by_number(talk):
    hello, ack = talk.ask("hello?", 17)
    assert isinstance(hello, Hello)
    assert hello.stream == "handmade"
    assert ack == Ack(17, "hello?")
    health, ack = talk.ask("status", 2**29 - 1)
    assert isinstance(health, Health)
    assert health.windows == 30
    assert health.adds_up
    assert ack == Ack(2**29 - 1, "status")


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b"7", b'"status"', b'{"k":"status"}', b'{"k":"status","n":-1}', b'{"k":"status","n":true}',
     b'{"k":"status","n":1.5}', b'{"k":["status"],"n":1}', b'{"n":1}', b'{"k":"status","n":536870912}', b"{" * 200,
     b'{"k":"ack","n":1,"re":0,"of":"x","ok":1}', b'{"k":"status","n":1', b"\xff\xfe"],
)  # fmt: skip
def test_what_has_no_kind_or_number_is_no_command(talk, body):
    from zlib import crc32

    said = talk.say(body + b"\t%08x\n" % crc32(body))
    assert not [form for form in said if isinstance(form, Ack)]
    assert [type(form) for form in talk.ask("status")] == [Health, Ack]


def test_a_kind_that_the_board_does_not_know_is_refused_and_said_short(talk):
    assert talk.ask("update") == [Ack(5, "update", False, "not known to this board")]
    assert talk.ask("x" * 99)[0].of == "x" * 16
    assert talk.ask("\u00b0\ud800\n")[0].of == "???"  # what is no text stays off the line


def test_the_time_is_set_and_no_gap_comes_of_it(talk):
    assert talk.ask("time", t=[200_000_000, 250]) == [Ack(5, "time")]
    assert (talk.mote.clock.seconds, talk.mote.clock.millis) == (200_000_000, 250)
    missed = talk.gate.ring.missed()
    talk.gate.step()  # the replay's next records are of another time
    assert talk.gate.ring.missed() == missed


@pytest.mark.parametrize("t", [None, 7, [1], [1, 1000], [-1, 0], [1 << 30, 0], [1, 2, 3], ["1", 2], [True, 0]])
def test_a_time_that_is_none_is_refused(talk, t):
    before = talk.mote.clock.seconds
    (ack,) = talk.ask("time", t=t)
    assert ack.why.startswith("t: expected")
    assert talk.mote.clock.seconds == before


def file(talk: Talk, what: str) -> bytes:
    data = b""
    while True:
        (ack,) = talk.ask("dump", what=what, at=len(data))
        assert ack.ok, ack
        data += ack.data
        if len(data) >= ack.size:
            return data


def test_a_dump_gives_the_state_and_the_stored_windows_as_they_lie_there(talk, root):
    talk.mote.state.save(talk.gate, talk.mote)
    newest = Path(root) / f"state.{talk.mote.counts[2] & 1}"
    assert file(talk, "state") == newest.read_bytes()
    copy = Path(root) / "copy.bin"
    copy.write_bytes(file(talk, "store"))
    assert copy.read_bytes() == (Path(root) / "windows.bin").read_bytes()
    stored.read(copy)


def test_a_dump_gives_the_window_in_the_ring(talk):
    window, ack = talk.ask("dump", what="window")
    assert isinstance(window, Window)
    assert [len(row) for row in window.samples] == [16, 16]
    assert ack == Ack(5, "dump")


@pytest.mark.parametrize(
    ("fields", "why"),
    [({}, "what: expected"), ({"what": "key"}, "what: expected"), ({"what": "../key"}, "what: expected"),
     ({"what": "state", "at": -1}, "at: expected"), ({"what": "state", "at": "0"}, "at: expected")],
)  # fmt: skip
def test_a_dump_of_something_else_is_refused(talk, fields, why):
    (ack,) = talk.ask("dump", **fields)
    assert not ack.ok
    assert ack.why.startswith(why)


def test_samples_leave_an_open_board_only_where_the_policy_sends_them(talk):
    talk.gate.readers[1]._sends = [0, 1, 1]
    for what in ("window", "store"):
        (ack,) = talk.ask("dump", what=what)
        assert ack.why.startswith("samples leave this board by send:samples")
    assert talk.ask("dump", what="state")[0].ok


def test_a_stop_is_kept_for_the_next_start_and_resets(talk, root):
    with pytest.raises(Reset):
        talk.ask("stop")
    assert (Path(root) / "stop").exists()
    assert talk.mote.counts[STATE_CAUSE] == LEFT
    assert [frame.form for frame in frames(talk.mote.said)] == [Ack(5, "stop")]


def test_where_the_pin_is_the_way_in_nobody_stops_an_open_board(talk, root):
    talk.service(repl="pin", pin=22, commands="open")
    (ack,) = talk.ask("stop")
    assert ack.why == "hold pin 22 at ground while the board starts"
    assert not (Path(root) / "stop").exists()


@pytest.mark.parametrize(("kind", "fields"), [("time", {"t": [9, 0]}), ("dump", {"what": "state"}), ("stop", {})])
def test_under_key_nothing_is_changed_or_given_away_without_it(locked, root, kind, fields):
    before = locked.mote.clock.seconds
    for key, challenge in ((None, ""), (KEY, ""), (KEY, "0" * 16), (bytes(32), None)):
        asked = locked.line.challenge.decode() if challenge is None else challenge
        (ack,) = locked.ask(kind, key=key, challenge=asked, **fields)
        assert (ack.ok, ack.why, ack.data) == (False, "key", b"")
        assert len(ack.challenge) == 16
    assert locked.mote.clock.seconds == before
    assert not (Path(root) / "stop").exists()


def test_who_has_the_key_is_obeyed_and_a_replay_is_refused(locked):
    (ack,) = locked.ask("time", t=[100_000_000, 0])
    command = encode("time", 6, {"t": [100_000_000, 0]}, KEY, ack.challenge)
    (done,) = locked.say(command)
    assert done.ok
    assert locked.mote.clock.seconds == 100_000_000
    locked.mote.clock.set(0, 0)
    (again,) = locked.say(command)
    assert (again.ok, again.why) == (False, "key")
    assert locked.mote.clock.seconds == 0
    (next_,) = locked.ask("dump", key=KEY, challenge=done.challenge, what="state")
    assert next_.ok


def test_a_command_that_was_altered_behind_its_mac_is_refused(locked):
    from zlib import crc32

    (ack,) = locked.ask("time", t=[1, 0])
    body = encode("time", 6, {"t": [100_000_000, 0]}, KEY, ack.challenge)[:-10]
    for forged in (body.replace(b"100000000", b"100000001"), body[:-1] + b',"t":[5,0]}', body.replace(b"6", b"7", 1)):
        (refused,) = locked.say(forged + b"\t%08x\n" % crc32(forged))
        assert refused.why == "key"
    assert locked.mote.clock.seconds != 100_000_001


def test_a_board_without_its_key_obeys_nobody(locked, root):
    (Path(root) / "key").unlink()
    assert locked.ask("time", t=[1, 0])[0].why == "no key on this board: flash it again"
    (Path(root) / "key").write_bytes(KEY + b"x")
    assert locked.ask("time", key=KEY, t=[1, 0])[0].why == "no key on this board: flash it again"


def test_a_board_that_does_not_know_its_service_obeys_as_under_key(talk):
    talk.mote.service = {}
    assert talk.ask("time", t=[1, 0])[0].why == "no key on this board: flash it again"


def test_a_challenge_is_another_one_at_each_start_and_turn():
    seen = {mac.fresh(KEY, boot, turn) for boot in range(20) for turn in range(20)}
    assert len(seen) == 400


def test_the_mac_is_that_of_rfc_2104():
    import hmac

    for key, text in ((KEY, b"abc"), (b"k", b""), (bytes(64), b"x" * 1000)):
        assert mac.hmac(key, text[:1], text[1:]) == hmac.new(key, text, "sha256").digest()


def test_hello_again_says_the_regimes_too_and_adds_no_reader(replaying, tmp_path):
    from motegate.convert import bundle as bundles

    from ... import handmade

    policy = handmade.POLICY.replace('"drift"', '"drift", "regime"')
    folder = tmp_path / "work"
    work = handmade.work(folder, policy)
    replay = tmp_path / "replay.bin"
    shutil.copyfile(replaying / "gate" / "replay.bin", replay)
    talk = Talk(f"{bundles.build(work, 'UNIX', replay).folder}/")
    readers = len(talk.gate.readers)
    assert [type(form) for form in talk.ask("hello?")] == [Hello, Regimes, Ack]
    assert len(talk.gate.readers) == readers


def test_a_command_that_fails_is_a_trouble_of_the_line_and_the_board_goes_on(talk, monkeypatch):
    def broken(*_):
        raise OSError(28)

    monkeypatch.setattr(talk.mote.clock, "set", broken)
    said = talk.ask("time", t=[1, 0])
    assert said[-1] == Ack(5, "time", False, "OSError: 28")
    assert [type(form) for form in talk.ask("status")] == [Health, Recovered, Ack]


def test_the_board_looks_often_while_someone_talks_and_seldom_else(talk):
    clock = talk.mote.clock
    clock.every(1000)
    talk.line.listen()
    assert (talk.line.due, clock.piece) == (clock.uptime + 8, 4000)
    talk.ask("status")
    assert (talk.line.due, clock.piece) == (clock.uptime, 20)
    clock.uptime += 6
    talk.line.listen()
    assert (talk.line.due, clock.piece) == (clock.uptime + 8, 4000)
    talk.wire.data += b"\x03" * 600
    talk.line.listen()
    assert (talk.line.due, clock.piece, len(talk.wire.data)) == (clock.uptime, 100, 344)
    clock.every(10)  # a record every 10 ms: 4 ms of reading at once
    talk.line.listen()
    assert len(talk.wire.data) == 304
    while talk.wire.data:
        talk.line.listen()
    talk.line.listen()
    assert (talk.line.due, clock.piece) == (clock.uptime + 8, 4000)
    talk.wire.closed = True
    talk.line.listen()
    assert talk.line.due > 1 << 28


def test_an_ack_of_any_form_is_read_back():
    for ack in (Ack(1, "dump", at=96, size=100, data=b"abcd"), Ack(2, "time", False, "key", "ab" * 8)):
        assert Ack.read(json.loads(json.dumps(ack.body()))) == ack
