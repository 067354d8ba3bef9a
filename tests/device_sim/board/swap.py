"""Power cuts in `motegate flash`: stand-in bundles, flashed by flash's own questions on a simulated chip."""

import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from motegate.device_sim.machines.unix import hardware
from motegate.firmware import vm
from motegate.firmware.boards import ARCHITECTURES
from motegate.firmware.device import entry
from motegate.firmware.link import flash
from motegate.firmware.link.board_script import BLOCK, FUNCTIONS

SCRIPT = Path(__file__).with_name("swap_vm.py")
MAIN = Path(entry.__file__).read_bytes()
FIRST_MAIN = "from motegate.main import run\n\nrun()\n"  # a board's that knows of no swap
BROKEN = b"raise ValueError('no bundle for this board')\n"
RUN = """from sys import modules
import os
from . import VERSION
RAN = []
def run(root="/", check=None, found=None):
    names = [name[:-3] for name in os.listdir("lib/motegate") if name.startswith("part")]
    versions = [VERSION] + [__import__("motegate." + name, None, None, ["VERSION"]).VERSION for name in names]
    for name in os.listdir("gate"):
        with open("gate/" + name) as f:
            versions += f.read().split()
    RAN.extend(versions)
"""
MPY = {"version": 6, "sub_version": 3, "arch": "armv6m"}


@dataclass(frozen=True)
class Cuts:
    """``outcomes``: (operation, bytes of it that arrived, what was found) of each cut, in their order."""

    operations: int
    outcomes: tuple[tuple[int, int, str], ...]

    def count(self, *what: str) -> int:
        return sum(found in what for _, _, found in self.outcomes)


def bundle(version: str, modules: int, gate: tuple[int, ...], main: bytes = RUN.encode()) -> dict[str, bytes]:
    """Files by path: ``modules`` of growing size, files of gate/ of the given sizes, each full of the version."""
    line = f"VERSION = {version!r}\n"
    files = {"main.py": MAIN, "lib/motegate/__init__.py": line.encode(), "lib/motegate/main.py": main}
    for i in range(modules):
        files[f"lib/motegate/part{i}.py"] = (line + "#" * 300 * i + "\n").encode()
    for i, size in enumerate(gate):
        files[f"gate/{i}.pack"] = f"{version}\n".encode() * (size // (len(version) + 1))
    return files


def cut(
    folder: Path,
    old: Mapping[str, bytes] | None,
    new: Mapping[str, bytes],
    main: str | None = None,
    blocks: int = 64,
    again: int = 0,
    thin: bool = False,
    pending: Mapping[str, bytes] | None = None,
) -> Cuts:
    """The campaign of board/power_cuts.py on flashing ``new`` where ``old`` was flashed before, if any was.

    ``pending``: a bundle that lost its supply as soon as its exchange was committed, and that no start has finished."""
    bundles = {"old": old or {}, "pending": pending or {}, "new": new}
    job = {
        "functions": FUNCTIONS,
        "trees": {version: {path: _sha(data) for path, data in files.items()} for version, files in bundles.items()},
        "main": main,
        "blocks": blocks,
        "again": again,
        "thin": thin,
    }
    job |= {version: _steps(folder, version, files) if files else [] for version, files in bundles.items()}
    (folder / "job.json").write_text(json.dumps(job))
    script = folder / "run_it.py"
    script.write_text(f"import os\nos.chdir({str(folder)!r})\n{SCRIPT.read_text()}")
    done = vm.run(script, heap="24m", path=[hardware()])
    if done.returncode:
        raise RuntimeError(f"{done.returncode} {done.stderr[-500:]} {done.stdout[-300:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    return Cuts(said["operations"], tuple((k, applied, what) for k, applied, what in said["cuts"]))


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class _Asked:
    """A link to a board that has room, and nothing that is of interest. It notes what it is asked."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str]] = []

    def exec_raw(self, command: str, timeout: float) -> tuple[bytes, bytes]:
        expression = command.removeprefix("print(repr(").removesuffix("))")
        self.steps.append(("ask", expression))
        code = ARCHITECTURES.index(MPY["arch"]) << 10 | MPY["sub_version"] << 8 | MPY["version"]
        answers = {"_mpy": code, "statvfs": (4096, 0, 0, 9999), "_walk": []}
        return repr(next((answer for word, answer in answers.items() if word in expression), None)).encode(), b""


def _steps(folder: Path, version: str, files: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """What `motegate flash` asks of a board for these files; what goes over the line lies in ``folder``."""
    source = folder / version
    for path, data in files.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes(data)
    manifest = {"board": "RPI_PICO", "mpy": MPY}
    manifest["files"] = {path: {"bytes": len(data), "sha256": _sha(data)} for path, data in files.items()}
    link = _Asked()

    def send(link: _Asked, files: Mapping[str, bytes], sent) -> dict[str, str]:
        line = folder / f"{version}.line"
        line.write_bytes(b"".join(map(_line, files, files.values())) + b"\n")
        link.steps.append(("get", str(line)))
        return {path: _sha(data) for path, data in files.items()}

    with mock.patch.object(flash, "send", send):
        flash._put(link, source, manifest, lambda *_: None)
    return link.steps


def _line(path: str, data: bytes) -> bytes:
    blocks = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
    return f"{path} {len(data)}\n".encode() + b"".join(binascii.b2a_base64(block, newline=False) for block in blocks)
