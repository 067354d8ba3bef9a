"""The state goes on after a reset: the reference as it was followed, the counts, and nothing of a slot that is not
whole."""

from pathlib import Path

import numpy as np
import pytest
from motegate.convert import bundle as bundles
from motegate.firmware.device import main
from motegate.firmware.device.layout import COUNT_COMMISSIONING, COUNT_JUDGED, STATE_BOOTS, STATE_SEQUENCE, STATE_WRITES
from motegate.firmware.link.frames import Error, Hello
from motegate.train.host.gate import Source

from .. import handmade
from .test_loop import Mote, said

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    return bundles.build(handmade.work(folder / "work"), "UNIX").folder


@pytest.fixture
def root(made, tmp_path, monkeypatch) -> str:
    import shutil

    from motegate.firmware.device.boot import start

    monkeypatch.setattr(start, "_source", lambda *_: Source(handmade.quiet(np.random.default_rng(5), 400)))
    return f"{shutil.copytree(made, tmp_path / 'board')}/"


def judged(root: str) -> tuple[Mote, object]:
    """The board's gate after a recording, and its board."""
    mote = Mote()
    writer = main.Writer(mote.write)
    gate = main.build(root, mote, writer)
    main.loop(gate, mote, writer)
    return mote, gate


def test_the_reference_goes_on_where_it_was_and_is_not_commissioned_again(root):
    first, gate = judged(root)
    assert first.counts[COUNT_COMMISSIONING] == 12
    kept = bytes(gate.reference.array)
    mote = Mote()
    again = main.build(root, mote, main.Writer(mote.write))
    assert bytes(again.reference.array) == kept
    hello = said(mote, Hello)[0]
    assert hello.kept
    assert (hello.windows, hello.saved) == (gate.windows, gate.ring.seconds())
    second, _ = judged(root)
    assert second.counts[COUNT_COMMISSIONING] == 0
    assert second.counts[COUNT_JUDGED] == first.counts[COUNT_JUDGED] + 12
    assert second.counts[STATE_BOOTS] == 3


@pytest.mark.parametrize("at", [0, 4, 8, 30, 120, -40, -1])
def test_a_flipped_bit_costs_the_newest_slot_alone_and_is_said(root, at):
    mote, _ = judged(root)
    file = Path(root) / f"state.{mote.counts[STATE_SEQUENCE] & 1}"
    data = bytearray(file.read_bytes())
    data[at] ^= 16
    file.write_bytes(data)
    mote, _ = judged(root)
    assert any(f"{file.name}: " in error.message for error in said(mote, Error))
    assert mote.counts[STATE_BOOTS] == 2


def test_a_torn_newest_slot_leaves_the_one_before(root):
    judged(root)
    mote, _ = judged(root)
    boots = mote.counts[STATE_BOOTS]
    file = Path(root) / f"state.{mote.counts[STATE_SEQUENCE] & 1}"
    file.write_bytes(file.read_bytes()[:-7])
    mote = Mote()
    gate = main.build(root, mote, main.Writer(mote.write))
    assert said(mote, Hello)[0].kept
    assert "torn" in said(mote, Error)[0].message
    assert mote.counts[STATE_BOOTS] == boots + 1
    assert gate.reference.ready()


def test_another_bundles_reference_is_set_aside_and_the_counts_go_on(root):
    judged(root)
    plan = Path(root) / "gate" / "plan.json"
    plan.write_bytes(plan.read_bytes().replace(b"handmade", b"elsewise"))
    mote, _ = judged(root)
    assert not said(mote, Hello)[0].kept
    assert mote.counts[COUNT_COMMISSIONING] == 12
    assert mote.counts[STATE_BOOTS] == 2
    assert any("another bundle" in error.message for error in said(mote, Error))


def test_a_full_file_system_is_said_once_and_the_older_slot_stays(root):
    judged(root)
    mote = Mote()
    writer = main.Writer(mote.write)
    gate = main.build(root, mote, writer)
    slot = mote.state._slots[mote.counts[STATE_SEQUENCE] + 1 & 1]

    def full(*_):
        raise OSError(28, "full")

    write, slot.put = slot.put, full
    before = mote.counts[STATE_SEQUENCE]
    mote.state.save(gate, mote)
    mote.state.save(gate, mote)
    assert mote.counts[STATE_SEQUENCE] == before
    assert len(said(mote, Error)) == 1
    slot.put = write
    mote.state.save(gate, mote)
    assert mote.counts[STATE_SEQUENCE] == before + 1


def test_no_more_writes_a_day_than_the_policy_says(root):
    mote = Mote()
    writer = main.Writer(mote.write)
    gate = main.build(root, mote, writer)
    before = mote.counts[STATE_WRITES]
    for second in range(0, 3 * 86400, 60):
        mote.clock.uptime = second
        if second >= mote.state.due:
            mote.state.tend(gate, mote)
    assert 3 * 24 - 1 <= mote.counts[STATE_WRITES] - before <= 3 * 24 + 1
