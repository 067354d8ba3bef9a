"""The whole way from a recording to a board of 32 bits, as a user types it: train, build, flash, monitor.

The board is an emulated Pico, the gate the demo's own, trained here. Its policy is the shipped one with two
changes, made for this test alone: every action sends its dimensions, that all can be compared, and the
reference is the training's (reference.windows = 0), that the first window is judged. A status field, a guarded
model and commissioning on the board, which the demo has not, are in tests/device_sim/machines/test_emulated.py.
"""

import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from motegate.firmware import vm
from motegate.firmware.device.layout import MISSING
from motegate.firmware.link.decoder import Decoder, Frame
from motegate.firmware.link.frames import Hello
from motegate.firmware.link.monitor import show
from motegate.train import policy as policies
from motegate.train import recording

from motegate import cli, examples

from . import handmade
from .device.test_main import RUN

EXAMPLE = Path(examples.__file__).parent / "machine_temperature"
CHANGES = {'do = ["pin:15=0"]': 'do = ["send:dimensions", "pin:15=0"]', "windows = 200 ": "windows = 0 "}
PERIOD_S = 300
REAL_WINDOWS = 52
REAL = 64 + 8 * (REAL_WINDOWS - 1)  # records
AT = 4000  # in the recording: two weeks on


@pytest.fixture(scope="module")
def work(pico, tmp_path_factory) -> Path:
    """The demo's work folder, trained on the bundled recording."""
    folder = tmp_path_factory.mktemp("pico")
    text = (EXAMPLE / "policy.toml").read_text()
    for old, new in CHANGES.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "policy.toml").write_text(text)
    motegate("train", folder / "policy.toml", "--data", EXAMPLE / "recording.csv", "--out", folder / "work")
    return folder / "work"


def motegate(*words) -> None:
    assert cli.main([str(word) for word in words]) == 0


def disturbed(records: handmade.Records) -> handmade.Records:
    """The recording with one fault after the other, each longer than a window, so that all actions are taken."""
    rng = np.random.default_rng(5)
    n = np.arange(len(records))
    counts, seqs = records.counts.astype(int), n + 3 * ((n - 150) // 5).clip(0, 14)  # 14 gaps in the sequence
    counts[300:370] += 4000  # another process
    counts[440:510] += rng.integers(-1500, 1500, (70, 1))
    counts[510:580][rng.random(70) < 0.4] = MISSING
    counts[580:] = counts[580]
    seconds = records.seconds + PERIOD_S * ((n - 370) // 7).clip(0, 10)  # records that do not come
    return handmade.Records(
        counts.astype(np.int16), seconds.astype(np.int32), records.millis, seqs.astype(np.int32), records.status
    )


@pytest.fixture(scope="module")
def recordings(work) -> list[Path]:
    """Real records as they are, and hostile ones: real with a fault in them, then everything at random."""
    policy = policies.load(work / "policy.toml")
    lines = (EXAMPLE / "recording.csv").read_text().splitlines()
    real, hostile = work.parent / "real.csv", work.parent / "hostile.csv"
    real.write_text("\n".join([lines[0], *lines[1 + AT : 1 + AT + REAL]]) + "\n")
    found = recording.read(policy, EXAMPLE / "recording.csv")
    part = slice(AT + REAL, AT + REAL + 640)
    mild = disturbed(handmade.Records(*(getattr(found, key)[part] for key in handmade.KEYS)))
    rng = np.random.default_rng(7)
    wild = handmade.hostile(rng, 860, 1, int(mild.seconds[-1]) + PERIOD_S, PERIOD_S * 1000)
    wild.status = wild.status[:, :0]
    hostile.write_text(handmade.csv(policy, handmade.joined(mild, wild)))
    return [real, hostile]


def watch(port: str) -> list[str]:
    """What `motegate monitor --plain` prints until the recording has ended, and its last line, once interrupted.

    Between them stands as much of the prompt that the board comes back to as it said before that.
    """
    command = [sys.executable, "-m", "motegate", "monitor", "--plain", "--port", port]
    lines, rest = [], []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            (rest if rest or (lines and lines[-1].endswith("has ended")) else lines).append(line.rstrip("\n"))
            if not rest and lines[-1].endswith("the recording has ended"):
                process.send_signal(signal.SIGINT)
    assert process.returncode == 0
    return [*lines, rest[-1]]


def on_unix(bundle: Path, folder: Path) -> list[Frame]:
    (folder / "run_it.py").write_text(RUN)
    done = vm.run(folder / "run_it.py", [f"{bundle}/"], path=[bundle / "lib"])
    return [item for item in Decoder().feed(done.stdout) if isinstance(item, Frame)]


def _unnumbered(line: str) -> str:
    return line.partition(" ")[2]


@pytest.mark.campaign
@pytest.mark.device
def test_the_demo_on_a_pico_says_what_it_says_on_the_unix_vm(pico, work, recordings, tmp_path):
    for board in ("UNIX", "RPI_PICO"):
        motegate("build", work, "--board", board, "--replay", *recordings)
    motegate("flash", work, "--board", "RPI_PICO", "--port", pico.port)
    seen = watch(pico.port)

    frames = on_unix(work / "firmware" / "UNIX", tmp_path)
    verdicts = [frame for frame in frames if frame.kind == "verdict"]
    names = frames[0].form
    assert isinstance(names, Hello)
    shown = [_unnumbered(line) for line in seen if " | " in line]
    assert shown == [_unnumbered(show(frame, names)) for frame in verdicts]
    asked = len([frame for frame in frames[:2] if frame.kind in ("hello", "regimes")]) + 1  # and the ack
    assert len(seen) == len(frames) + asked  # without the hello, which flash took, with the counts
    assert seen[-1] == f"{len(frames) - 1 + asked} frames, 0 lost, 0 damaged, 0 restarts"
    health = [re.search(r"(\d+) bytes free, (\d+) errors", line) for line in seen if " health: " in line]
    assert len(health) == 1 + len(verdicts) // 64
    assert len({found[1] for found in health}) == 1
    assert {found[2] for found in health} == {"0"}

    last_real = recording.read(policies.load(work / "policy.toml"), recordings[0]).seconds[-1]
    bodies = [frame.body for frame in verdicts]
    real = sum(body["t"][0] <= last_real for body in bodies[:REAL_WINDOWS])
    assert real == REAL_WINDOWS >= 50
    assert len(bodies) - real >= 200
    assert len({tuple(body["p"]) for body in bodies}) >= 5
    assert {body["a"] for body in bodies} == {0, 1, 2, 3}
