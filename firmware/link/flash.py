"""`motegate flash`: a bundle onto a board, checked before and verified after.

The new files go into folders of their own. When all of them are there and their SHA-256, computed on the board, is
right, a file is made, ``swap``: until then a board that loses its supply keeps the old bundle, from then on it gets the
new one. Then lib/motegate, gate and main.py change places with the old ones, renames that main.py goes on with at its
next start when one of them was the last (device/entry.py, whose functions do it here, too). main.py also lets go of
the old bundle, when the new one could be imported, or puts it back.

The one case without it is a board whose main.py is of a time before all this and whose supply ends between ``swap`` and
the next rename: it runs the old bundle until it is flashed again. All of it rests on littlefs, where a rename is whole
or not at all; FAT, which some STM32 boards come with, promises nothing.
"""

import contextlib
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..boards import ARCHITECTURES
from ..device.entry import FOLDERS
from ..errors import InputError, RefusedError
from ..progress import Progress, silent
from . import commands, keys
from .frames import Hello
from .patience import clock_of
from .port import PortError, choose
from .transport import PATIENCE_S, NoPromptError, RawRepl, ask, connect, restart, send

RESTART_S = 20.0  # of the board's time, from a reset to its prompt
OWN = (*FOLDERS, "main.py")  # what on the board is the bundle's, whole


class FlashError(InputError):
    """The bundle is not for this board, or does not fit it."""


@dataclass(frozen=True)
class Flashed:
    """``written``: False when the board had just these files already. ``hello``: what it said after its restart."""

    port: str
    files: int
    bytes: int
    written: bool
    seconds: float
    hello: Hello

    def lines(self) -> list[str]:
        """For a person."""
        did = "written and verified" if self.written else "were there already"
        return [
            f"{self.port}: {self.files} files, {self.bytes} bytes, {did} in {self.seconds} s; "
            f"{self.hello.stream} runs on {self.hello.board or 'the board'}"
        ]


def flash(
    bundle: Path,
    board: str | None = None,
    port: str | None = None,
    progress: Progress = silent,
    patience_s: float = PATIENCE_S,
) -> Flashed:
    """Puts the bundle in folder ``bundle`` on the board at ``port`` and waits for its hello, ``patience_s`` at most.

    PortError: no board, or its port is busy. FlashError: wrong architecture, too little space, or a folder that
    is no bundle of ``board``. BoardError: the board's own refusal. RefusedError: what arrived is not what was sent, or
    the board does not say hello.
    """
    began = time.monotonic()
    manifest = _manifest(Path(bundle), board)
    where = choose(port)
    with _prompt(where) as link:
        written = _put(link, Path(bundle), manifest, progress)
        hello = restart(link, patience_s)
    _compare(hello, manifest)
    sizes = [entry["bytes"] for entry in manifest["files"].values()]
    return Flashed(where, len(sizes), sum(sizes), written, round(time.monotonic() - began, 1), hello)


def put(
    bundle: Path,
    board: str | None = None,
    port: str | None = None,
    progress: Progress = silent,
) -> bool:
    """As flash, without the restart: the board stays at its prompt, for someone who wants to hear all that it says.

    False when the board had just these files already.
    """
    manifest = _manifest(Path(bundle), board)
    with _prompt(choose(port)) as link:
        written = _put(link, Path(bundle), manifest, progress)
        link.exit_raw_repl()
    return written


@contextlib.contextmanager
def _prompt(port: str) -> Iterator[RawRepl]:
    """The board's raw REPL: by Ctrl-C; where the gate in service does not heed that, by `stop` down the line.

    PortError says what opens the prompt of a board that lets nobody in that way.
    """
    with contextlib.ExitStack() as stack:
        try:
            link = stack.enter_context(connect(port))
        except NoPromptError as error:
            try:
                commands.stop(port, tries=2)
            except commands.SilentError:
                pass  # it may just be starting: Ctrl-C resets a board whose watchdog is armed
            except (RefusedError, keys.KeyFileError) as refused:
                raise PortError(f"{port}: the gate is in service: {refused}") from None
            link = stack.enter_context(_again(port, error))
        yield link


@contextlib.contextmanager
def _again(port: str, error: PortError) -> Iterator[RawRepl]:
    """The raw REPL of a board that starts; its port may be away for a while."""
    clock = clock_of(port)
    end = clock() + RESTART_S
    with contextlib.ExitStack() as stack:
        while clock() < end:
            try:
                link = stack.enter_context(connect(port))
                break
            except PortError:
                time.sleep(0.5)
        else:
            raise error
        yield link


def _manifest(bundle: Path, board: str | None) -> dict:
    try:
        manifest = json.loads((bundle / "manifest.json").read_text())
        files = manifest["files"]
    except (OSError, ValueError, KeyError) as error:
        raise FlashError(f"{bundle}: no bundle ({error}); make one with: motegate build") from None
    if board is not None and manifest["board"] != board:
        raise FlashError(f"{bundle}: a bundle for {manifest['board']}; expected one for {board}")
    for name, entry in files.items():
        data = (bundle / name).read_bytes() if (bundle / name).is_file() else b""
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise FlashError(f"{bundle / name}: not the file that build made; make the bundle again: motegate build")
    return manifest


def _check_architecture(link: RawRepl, manifest: dict) -> None:
    """Native code runs on its own architecture, and Arm's on its larger siblings (py/persistentcode.h)."""
    wanted = manifest["mpy"]
    number = ask(link, "getattr(sys.implementation, '_mpy', 0)")
    version, sub, arch = number & 0xFF, number >> 8 & 3, number >> 10 & 15
    has = ARCHITECTURES[arch] if arch < len(ARCHITECTURES) else str(arch)
    need = ARCHITECTURES.index(wanted["arch"])
    arm = range(ARCHITECTURES.index("armv6m"), ARCHITECTURES.index("armv7emdp") + 1)
    if has != wanted["arch"] and not (arch in arm and need in arm and need <= arch):
        raise FlashError(f"the bundle is for {manifest['board']} ({wanted['arch']}); this board runs {has} code")
    if (version, sub) != (wanted["version"], wanted["sub_version"]):
        ours = f"{wanted['version']}.{wanted['sub_version']}"
        raise FlashError(
            f"the board's MicroPython reads .mpy files of version {version}.{sub}; the bundle's are {ours}"
        )


def _put(link: RawRepl, bundle: Path, manifest: dict, progress: Progress) -> bool:
    """Checks the board, sends the bundle, and puts it in the old one's place."""
    _check_architecture(link, manifest)
    written = _send(link, bundle, manifest, progress)
    _give_key(link, bundle)
    if written:
        ask(link, "_commit()")
    return written


def _give_key(link: RawRepl, bundle: Path) -> None:
    """This host's key for the board, where the policy asks for one and the board has not got it."""
    try:
        service = json.loads((bundle / "gate" / "service.json").read_text())
    except (OSError, ValueError):
        return
    if service.get("commands") != "key":
        return
    key = keys.read_or_make(ask(link, "_id()"))
    if ask(link, "sha('/key')") != hashlib.sha256(key).hexdigest():
        ask(link, f"_key({key.hex()!r})")


def _send(link: RawRepl, bundle: Path, manifest: dict, progress: Progress) -> bool:
    """Writes the bundle beside what is there; False when the board has just these files already."""
    ask(link, "exists(SWAP) and (forward(), settle())")  # an exchange that no start has finished
    names = sorted(manifest["files"])
    present = ask(link, "sum((_walk('/' + p) for p in FOLDERS), ['/main.py'])")
    there = ask(link, f"[sha('/' + p) for p in {names!r}]") if sorted(present) == [f"/{n}" for n in names] else []
    if there == [manifest["files"][name]["sha256"] for name in names]:
        return False
    ask(link, f"[remove('/' + p + e) for p in {OWN!r} for e in ('.new', '.old')]")
    _check_space(link, manifest)
    ask(link, f"_make({sorted({parent for name in names for parent in _parents(_fresh(name))})!r})")
    files = {name: (bundle / name).read_bytes() for name in names}
    total, done = sum(map(len, files.values())), 0

    def sent(size: int) -> None:
        nonlocal done
        done += size
        progress("flash", done, total)

    arrived = send(link, {_fresh(name): data for name, data in files.items()}, sent)
    wrong = [name for name in names if arrived[_fresh(name)] != manifest["files"][name]["sha256"]]
    if wrong:
        raise RefusedError(f"not as sent: {', '.join(wrong)}; flash again, and look at the cable")
    return True


def _fresh(name: str) -> str:
    """Where a new file waits on the board.

    >>> _fresh("lib/motegate/gate.mpy"), _fresh("main.py")
    ('/lib/motegate.new/gate.mpy', '/main.py.new')
    """
    own = next(own for own in OWN if name == own or name.startswith(f"{own}/"))
    return f"/{own}.new{name.removeprefix(own)}"


def _parents(path: str) -> list[str]:
    parts = path.split("/")[1:-1]
    return ["/" + "/".join(parts[: i + 1]) for i in range(len(parts))]


def _check_space(link: RawRepl, manifest: dict) -> None:
    """All new files must fit beside the old ones: a file takes whole blocks, and so does a folder, twice."""
    block, _, _, free = ask(link, "tuple(os.statvfs('/'))[:4]")
    folders = {parent for name in manifest["files"] for parent in _parents(f"/{name}")}
    needed = sum(-(-entry["bytes"] // block) for entry in manifest["files"].values()) + 2 * len(folders)
    if needed > free:
        raise FlashError(f"{needed * block // 1024} KB are needed on the board, {free * block // 1024} KB are free")


def _compare(hello: Hello, manifest: dict) -> None:
    """The hello's hashes (16 hex digits) must be the bundle's."""
    gate = {n.removeprefix("gate/"): e["sha256"][:16] for n, e in manifest["files"].items() if n.startswith("gate/")}
    gate.pop("replay.bin", None)
    if hello.hashes != gate:
        wrong = sorted(n for n in gate.keys() | hello.hashes.keys() if hello.hashes.get(n) != gate.get(n))
        raise RefusedError(f"the board runs other files than were sent: {', '.join(wrong)}")
