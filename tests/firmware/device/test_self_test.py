"""The self-test: a bit that is not as it was built is said, and the board starts in safe mode."""

import shutil
from pathlib import Path

import pytest
from motegate.firmware.device import main
from motegate.firmware.device.layout import STATE_SAFE_STARTS
from motegate.firmware.link.frames import Error

from .test_loop import Mote, Reset, said
from .test_main import RUN, on_vm

pytestmark = pytest.mark.unit


@pytest.fixture
def root(replaying, tmp_path) -> Path:
    return Path(shutil.copytree(replaying, tmp_path / "board"))


def built(root: Path):
    mote = Mote()
    gate = main.build(f"{root}/", mote, main.Writer(mote.write))
    return mote, gate


@pytest.mark.device
def test_the_known_answer_of_the_host_is_the_boards(root, tmp_path):
    assert [frame.kind for frame in on_vm(root, RUN, tmp_path)][:2] == ["hello", "verdict"]
    mote, _ = built(root)
    assert not said(mote, Error)
    assert mote.service["known"] > 0


def test_a_weight_that_flipped_in_memory_is_found_within_a_day(root):
    mote, gate = built(root)
    network = gate.classifiers._classifiers[0][0]
    network.data = bytearray(network.data)
    for k in range(len(network.data) // 2, len(network.data) - 40):
        network.data[k] ^= 32
    mote.clock.uptime = 86400
    with pytest.raises(Reset):
        mote.state.tend(gate, mote)
    assert "known answer" in said(mote, Error)[-1].message
    later, _ = built(root)
    assert later.state.safe
    assert later.counts[STATE_SAFE_STARTS] == 1


def test_the_test_leaves_the_gate_as_it_was(root):
    mote, gate = built(root)
    with_test, without = [], []
    for test, verdicts in ((True, with_test), (False, without)):
        mote, gate = built(root)
        gate.readers.append(type("Tap", (), {"take": lambda _, v, to=verdicts: to.append(bytes(v.values))})())
        while gate.step() >= 0:
            if test and gate.windows % 5 == 0:
                mote.clock.uptime += 86400
                mote.state.tend(gate, mote)
    assert with_test == without
    assert len(without) > 40


def test_a_file_that_is_not_as_it_was_built_means_safe_mode(root):
    mote = Mote()
    mote.check = lambda _: ["gate/intrinsic.pack"]
    main.build(f"{root}/", mote, main.Writer(mote.write))
    assert mote.state.safe
    assert said(mote, Error)[0].message == "ValueError: gate/intrinsic.pack is not as it was built"
