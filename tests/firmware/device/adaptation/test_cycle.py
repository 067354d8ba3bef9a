"""The cycle on a board of this host: what it does after a reset, at a rollback, and at the policy's bounds."""

import shutil
from array import array

import numpy as np
import pytest
from motegate.firmware.device import layout as at
from motegate.firmware.device import main
from motegate.firmware.device.adaptation.shadow import too_far
from motegate.firmware.device.boot import start
from motegate.firmware.device.line.line import Line
from motegate.firmware.link.commands import encode
from motegate.firmware.link.frames import Ack, Adapt, Drift
from motegate.train import policy as policies
from motegate.train import recording
from motegate.train.host.gate import Source

from tests.device_sim import hand

from ..line.test_commands import Talk
from ..line.test_receiver import Wire
from ..test_loop import Mote, said
from ..test_main import frames

pytestmark = pytest.mark.unit
LENGTH = 64
CHANGE = 60
RULES = '[adapt]\nenabled = true\nlearn = 16\nconfirm = "operator"\nlevel_widths = {widths}\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """By the widths that a band may move: a bundle, and records whose level changes for good."""
    folder = tmp_path_factory.mktemp("cycle")
    values = hand.stream(LENGTH * 220)
    values[LENGTH * CHANGE :] += 2
    data = hand.recording_of(folder / "stream.csv", values)
    found = {}
    for widths in (2, 20):
        text = hand.POLICY.replace(', "drift"]', "]") + RULES.format(widths=widths)
        work = hand.work(folder / str(widths), data, policy=text)
        found[widths] = work / "firmware" / "UNIX", recording.read(policies.load(work / "policy.toml"), [data])
    return found


class Board:
    """One start of a board that judges the records from ``first`` on."""

    def __init__(self, root: str, records: recording.Records, monkeypatch, first: int = 0):
        rows = slice(first * LENGTH, None)
        part = recording.Records(
            **{name: (value[rows] if name != "fails" else {}) for name, value in vars(records).items()}
        )
        monkeypatch.setattr(start, "_source", lambda *_: Source(part))
        self.mote = Mote()
        self.writer = main.Writer(self.mote.write)
        self.gate = main.build(root, self.mote, self.writer)
        self.cycle = self.gate.readers[-1]
        self.wire = Wire()
        self.line = self.mote.line = Line(self.wire, self.gate, self.mote, self.writer)

    def ask(self, kind: str, **fields) -> Ack:
        """The answer to a command."""
        before = len(self.mote.said)
        self.wire.data += encode(kind, 5, fields)
        while self.wire.data:
            self.line.listen()
        acks = [frame.form for frame in frames(self.mote.said[before:]) if isinstance(frame.form, Ack)]
        assert len(acks) == 1
        return acks[0]

    def until(self, windows: int) -> "Board":
        while self.gate.windows < windows:
            self.gate.step()
        return self

    def end(self) -> "Board":
        main.loop(self.gate, self.mote, self.writer)
        return self

    def phase(self) -> int:
        return self.cycle.state[at.ADAPT_PHASE]

    def kept(self) -> list[bytes]:
        return [bytes(array) for array in self.mote.state._parts]


@pytest.fixture
def board(made, tmp_path, monkeypatch):
    """Starts the board that allows so many widths once more."""

    def begin(first: int = 0, widths: int = 20) -> Board:
        bundle, records = made[widths]
        root = tmp_path / str(widths)
        if not root.exists():
            shutil.copytree(bundle, root)
        return Board(f"{root}/", records, monkeypatch, first)

    return begin


def test_a_swap_goes_on_after_a_reset_and_can_still_be_rolled_back(board):
    first = board().until(CHANGE + 10)
    assert first.ask("adapt") == Ack(5, "adapt")
    first.end()
    assert first.cycle.state[at.ADAPT_SWAPS] == 1
    assert sum(drift.changed for drift in said(first.mote, Drift) if not drift.what) == 1
    again = board(200)
    assert again.kept() == first.kept()
    assert again.mote.state.kept
    again.until(4)
    assert again.gate.verdict.passes[1]
    assert again.ask("rollback") == Ack(5, "rollback")
    again.until(6)
    assert not again.gate.verdict.passes[1]
    assert again.ask("rollback") == Ack(5, "rollback")
    again.until(8)
    assert again.gate.verdict.passes[1]


def test_what_a_shadow_had_learned_is_lost_with_a_reset_and_learned_again(board):
    first = board().until(CHANGE + 12)
    assert first.phase() == at.LEARN
    first.ask("adapt")
    first.mote.leave(first.gate)
    again = board(CHANGE + 12)
    assert again.phase() == at.WAIT
    assert again.cycle.state[at.ADAPT_PERMITTED]
    again.until(4)
    assert again.phase() == at.LEARN
    again.end()
    assert again.cycle.state[at.ADAPT_SWAPS] == 1
    assert again.gate.verdict.passes[1]


def test_a_band_too_far_from_the_commissioned_one_is_not_taken_over(board):
    one = board(widths=2).until(CHANGE + 10)
    one.ask("adapt")
    one.until(CHANGE + 30)
    assert [adapt.reason for adapt in said(one.mote, Adapt)][-1] == "too far from the commissioned bands"
    assert not one.cycle.state[at.ADAPT_SWAPS]
    assert not one.gate.verdict.passes[1]


def test_each_further_shadow_is_waited_for_longer(board):
    one = board(widths=2).end()
    starts = [adapt.t[0] for adapt in said(one.mote, Adapt) if adapt.phase == at.LEARN]
    waits = np.diff(starts) // LENGTH
    assert waits[1] > waits[0] >= 16


def test_the_process_as_it_was_is_known_again_without_asking(board, made):
    records = made[20][1]
    one = board().until(CHANGE + 10)
    one.ask("adapt")
    one.until(CHANGE + 60)
    # the old process comes back: the first windows once more, later
    old = recording.Records(**{k: (v[: LENGTH * 50] if k != "fails" else {}) for k, v in vars(records).items()})
    old.seconds[:] += LENGTH * 400
    one.gate._source = Source(old)
    one.gate._got = one.gate._at = 0
    one.end()
    told = [adapt.reason for adapt in said(one.mote, Adapt)]
    assert told[-1] == "the earlier reference fits again"
    assert one.cycle.state[at.ADAPT_SWAPS] == 2
    assert one.gate.verdict.passes[1]


def test_a_label_is_acknowledged_by_what_became_of_it(board):
    one = board().until(CHANGE + 10)
    t = [one.gate.verdict.seconds, one.gate.verdict.millis]
    assert one.ask("label", t=t, of=1, good=1).became == "counted"
    assert one.ask("label", t=t, of=1, good=0).became == "again"
    assert one.ask("label", t=[t[0] - LENGTH * 8, t[1]], of=1, good=1).became == "noted"
    assert one.ask("label", t=[t[0] - 1, 0], of=1, good=1).became == "late"
    assert one.cycle.labels.tally[1] == 1


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"t": [0, 0], "of": 3, "good": 1}, "of: expected a parent's number, 0 to 2"),
        ({"t": [0, 0], "of": 1, "good": 2}, "good: expected 1 or 0"),
        ({"t": 7, "of": 1, "good": 1}, "t: expected [seconds since 2020, milliseconds]"),
        ({"of": 1, "good": True, "t": [0, 0]}, "good: expected 1 or 0"),
    ],
)
def test_a_wrong_label_is_refused_with_what_is_allowed(board, fields, why):
    assert board().until(3).ask("label", **fields) == Ack(5, "label", False, why)


def test_nothing_is_confirmed_or_rolled_back_where_nothing_has_changed(board):
    one = board().until(30)
    assert one.ask("adapt") == Ack(5, "adapt", False, "nothing has changed")
    assert one.ask("rollback") == Ack(5, "rollback", False, "nothing was taken over so far")


def test_a_board_without_adaptation_says_so(replaying, tmp_path):
    talk = Talk(f"{shutil.copytree(replaying, tmp_path / 'board')}/")
    for kind in ("label", "adapt", "rollback"):
        assert talk.ask(kind)[0].why == "this board does not adapt: its policy has no [adapt] enabled = true"


class Banded:
    """A reference of one channel, as far as its bands go."""

    n_channels = 1

    def __init__(self, low: int, high: int):
        self.array = array("i", bytes(4 * (at.REF_HEAD + at.REF_STRIDE)))
        self.array[at.REF_HEAD + at.LO0] = low << 14
        self.array[at.REF_HEAD + at.HI0] = high << 14


@pytest.mark.parametrize(
    ("band", "far"),
    [
        ((0, 100), False), ((400, 500), False), ((401, 501), True), ((-400, -300), False), ((-402, -301), True),
        ((-150, 250), False), ((-151, 251), True), ((40, 65), False), ((40, 64), True),
        ((-32768, 32767), True), ((32766, 32767), True),
    ],
)  # fmt: skip
def test_a_band_stays_within_four_widths_of_the_first(band, far):
    state = array("i", bytes(4 * (at.ADAPT_HEAD + at.ANCHOR_STRIDE)))
    state[at.ADAPT_HEAD + at.ANCHOR_LO] = 0
    state[at.ADAPT_HEAD + at.ANCHOR_HI] = 100 << 14
    assert too_far(Banded(*band), state, 4 << 4) == far


def test_no_product_of_the_widest_bands_leaves_thirty_bits():
    """Q2 counts of 17 bits and a sign, 60 widths in Q4."""
    assert ((32767 + 32768) << 2) * (60 << 4) < 1 << 30
