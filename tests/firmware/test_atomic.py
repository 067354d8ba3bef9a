"""Files and folders appear whole or not at all, and an error names what the user named."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from motegate.firmware import atomic

pytestmark = pytest.mark.unit


def test_a_file_that_cannot_be_written_is_named_as_the_user_named_it(tmp_path):
    (tmp_path / "folder").mkdir()
    for path, said in ((tmp_path / "none" / "a.csv", "folder is not there"), (tmp_path / "folder", "is a folder")):
        with pytest.raises(OSError, match=said) as error:
            atomic.write(path, b"1")
        assert error.value.filename == str(path)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_folder_whose_filling_fails_leaves_the_old_one(tmp_path):
    with atomic.folder(tmp_path / "out") as out:
        (out / "a").write_text("old")
    with pytest.raises(OSError, match="No such"), atomic.folder(tmp_path / "out") as out:
        (out / "none" / "a").write_text("new")
    assert (tmp_path / "out" / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_old_folder_stands_until_the_new_one_does(tmp_path, monkeypatch):
    with atomic.folder(tmp_path / "out") as out:
        (out / "a").write_text("old")
    replace = os.replace

    def failing(source, target):
        if (Path(source) / "b").exists():
            raise OSError("the disk is gone")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="the disk is gone"), atomic.folder(tmp_path / "out") as out:
        (out / "b").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "a").read_text() == "old"


def test_the_old_folder_is_there_while_the_new_one_is_filled_and_gone_afterwards(tmp_path):
    for text in ("old", "new"):
        with atomic.folder(tmp_path / "out") as out:
            (out / text).write_text(text)
            assert [path.name for path in (tmp_path / "out").glob("*")] == (["old"] if text == "new" else [])
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


KILLED = """
import os, signal, sys
from pathlib import Path
from motegate.firmware import atomic

def end(*_):
    os.kill(os.getpid(), signal.SIGKILL)

place, where = Path(sys.argv[1]), sys.argv[2]
if where == "swap":
    replace = os.replace
    os.replace = lambda source, target: end() if Path(target) == place else replace(source, target)
with atomic.folder(place) as out:
    (out / "b").write_text("new")
    if where == "body":
        end()
"""


@pytest.mark.parametrize("where", ["body", "swap"])
def test_what_a_killed_process_leaves_is_removed_by_the_next_and_the_old_folder_comes_back(tmp_path, where):
    with atomic.folder(tmp_path / "out") as out:
        (out / "a").write_text("old")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "out"), where], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob(".out.*"))) >= 1
    with pytest.raises(ZeroDivisionError), atomic.folder(tmp_path / "out"):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "a").read_text() == "old"


WAITING = """
import sys
from pathlib import Path
from motegate.firmware import atomic

with atomic.folder(Path(sys.argv[1])) as out:
    (out / "a").write_text("slow")
    print("filling", flush=True)
    sys.stdin.read()
"""


def test_what_a_live_process_is_writing_is_left_alone(tmp_path):
    command = [sys.executable, "-c", WAITING, str(tmp_path / "out")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "filling\n"
        with atomic.folder(tmp_path / "out") as out:
            (out / "a").write_text("quick")
        assert (tmp_path / "out" / "a").read_text() == "quick"
        other.communicate()
    assert other.returncode == 0
    assert (tmp_path / "out" / "a").read_text() == "slow"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_of_a_similar_name_is_nobody_s_leftover(tmp_path):
    for name in (".out.new.short", ".outer.new.abcdefgh", ".out.new.abcdefgh.txt", "out.new.abcdefgh"):
        (tmp_path / name).touch()
    atomic.write(tmp_path / "out", b"1")
    assert len(list(tmp_path.iterdir())) == 5


def test_a_half_written_file_is_removed_by_the_next_writer(tmp_path):
    (tmp_path / ".out.new.abcdefgh").write_bytes(b"hal")
    atomic.write(tmp_path / "out", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
