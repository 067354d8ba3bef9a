"""`motegate flash`: a bundle onto a board, checked before, verified after, never half done.

The new files go into folders of their own; when all of them are there and their SHA-256, computed on the board,
is right, the folders change places with the old ones. A board that loses its supply before that keeps the old
bundle whole.
"""

import ast
import binascii
import contextlib
import hashlib
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError, RefusedError
from .frames import Frame, parse
from .port import PortError, choose
from .progress import Progress

OWN = ("lib/motegate", "gate", "main.py")  # what on the board is the bundle's, whole
BLOCK = 192  # bytes, 256 in base64: no board's receive buffer is smaller
PATIENCE_S = 120.0  # of the board's own time (patience.py)

_ON_BOARD = """
import os, sys, hashlib, binascii
def _sha(p):
    try:
        f = open(p, 'rb')
    except OSError:
        return ''
    h = hashlib.sha256()
    b = bytearray(512)
    m = memoryview(b)
    while True:
        n = f.readinto(b)
        if not n:
            break
        h.update(m[:n])
    f.close()
    return binascii.hexlify(h.digest()).decode()
def _get():
    i = sys.stdin.buffer
    o = sys.stdout.buffer
    b = bytearray(256)
    m = memoryview(b)
    while True:
        h = sys.stdin.readline().split()
        if not h:
            break
        p = h[0]
        n = int(h[1])
        with open(p, 'wb') as f:
            while n > 0:
                i.readinto(m[:(min(n, 192) + 2) // 3 * 4])
                f.write(binascii.a2b_base64(m[:(min(n, 192) + 2) // 3 * 4]))
                n -= 192
                o.write(b'.')
        o.write(_sha(p) + '\\n')
def _walk(p):
    r = []
    try:
        for e in os.ilistdir(p):
            q = p + '/' + e[0]
            r += _walk(q) if e[1] & 0x4000 else [q]
    except OSError:
        pass
    return r
def _remove(p):
    try:
        if os.stat(p)[0] & 0x4000:
            for e in os.ilistdir(p):
                _remove(p + '/' + e[0])
            os.rmdir(p)
        else:
            os.remove(p)
    except OSError:
        pass
def _make(ps):
    for p in ps:
        try:
            os.mkdir(p)
        except OSError:
            pass
def _swap(ps):
    for p in ps:
        try:
            os.rename(p, p + '.old')
        except OSError:
            pass
        os.rename(p + '.new', p)
    for p in ps:
        _remove(p + '.old')
    if hasattr(os, 'sync'):
        os.sync()
"""


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
    hello: dict

    def lines(self) -> list[str]:
        """For a person."""
        did = "written and verified" if self.written else "were there already"
        return [
            f"{self.port}: {self.files} files, {self.bytes} bytes, {did} in {self.seconds} s; "
            f"{self.hello.get('stream')} runs on {self.hello.get('board') or 'the board'}"
        ]


def flash(
    bundle: Path,
    board: str | None = None,
    port: str | None = None,
    progress: Progress = lambda what, done, total: None,
    patience_s: float = PATIENCE_S,
) -> Flashed:
    """Puts the bundle in folder ``bundle`` on the board at ``port`` and waits for its hello, ``patience_s`` at most.

    PortError: no board, or its port is busy. FlashError: wrong architecture, too little space, or a folder that
    is no bundle of ``board``. RefusedError: what arrived is not what was sent, or the board does not say hello.
    """
    began = time.monotonic()
    manifest = _manifest(Path(bundle), board)
    where = choose(port)
    with _board(where) as link:
        written = _put(link, Path(bundle), manifest, progress)
        hello = _restart(link, patience_s)
    _compare(hello, manifest)
    sizes = [entry["bytes"] for entry in manifest["files"].values()]
    return Flashed(where, len(sizes), sum(sizes), written, round(time.monotonic() - began, 1), hello)


def put(
    bundle: Path,
    board: str | None = None,
    port: str | None = None,
    progress: Progress = lambda what, done, total: None,
) -> bool:
    """As flash, without the restart: the board stays at its prompt, for someone who wants to hear all that it says.

    False when the board had just these files already.
    """
    manifest = _manifest(Path(bundle), board)
    with _board(choose(port)) as link:
        written = _put(link, Path(bundle), manifest, progress)
        link.exit_raw_repl()
    return written


def _manifest(bundle: Path, board: str | None) -> dict:
    try:
        manifest = json.loads((bundle / "manifest.json").read_text())
        files = manifest["files"]
    except (OSError, ValueError, KeyError) as error:
        raise FlashError(f"{bundle}: no bundle ({error}); make one with: motegate build") from None
    if board is not None and manifest["board"] != board:
        raise FlashError(f"{bundle}: a bundle for {manifest['board']}; one for {board} is wanted")
    for name, entry in files.items():
        data = (bundle / name).read_bytes() if (bundle / name).is_file() else b""
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise FlashError(f"{bundle / name}: not the file that build made; make the bundle again: motegate build")
    return manifest


@contextlib.contextmanager
def _board(port: str) -> Iterator:
    """The board's raw REPL, through mpremote's transport."""
    import serial
    from mpremote.transport import TransportError, TransportExecError

    from .raw_repl import RawRepl

    link = None
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # mpremote prints what it cannot make out
            link = RawRepl(port)
            link.enter_raw_repl()
            link.exec(_ON_BOARD)
        yield link
    except TransportExecError as error:
        last = error.error_output.strip().splitlines()[-1:] or ["?"]
        raise FlashError(f"{port}: the board says: {last[0]}") from None
    except (TransportError, serial.SerialException, OSError) as error:
        raise PortError(f"{port}: {_short(error)}; is it the right port, and is no other program using it?") from None
    finally:
        if link is not None:
            with contextlib.suppress(OSError, serial.SerialException):
                link.close()


def _short(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return "busy" if "exclusively lock" in text or "Resource busy" in text else text


def _check_architecture(link, manifest: dict) -> None:
    """Native code runs on its own architecture, and Arm's on its larger siblings (py/persistentcode.h)."""
    from motegate.firmware.boards import ARCHITECTURES

    wanted = manifest["mpy"]
    number = _ask(link, "getattr(sys.implementation, '_mpy', 0)")
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


def _put(link, bundle: Path, manifest: dict, progress: Progress) -> bool:
    """Checks the board, sends the bundle, and puts it in the old one's place."""
    _check_architecture(link, manifest)
    written = _send(link, bundle, manifest, progress)
    if written:
        _ask(link, f"_swap({['/' + own for own in OWN]!r})")
    return written


def _send(link, bundle: Path, manifest: dict, progress: Progress) -> bool:
    """Writes the bundle beside what is there; False when the board has just these files already."""
    names = sorted(manifest["files"])
    present = _ask(link, f"sum((_walk('/' + p) for p in {OWN[:2]!r}), ['/main.py'])")
    there = _ask(link, f"[_sha('/' + p) for p in {names!r}]") if sorted(present) == [f"/{n}" for n in names] else []
    if there == [manifest["files"][name]["sha256"] for name in names]:
        return False
    _ask(link, f"[_remove('/' + p + e) for p in {OWN!r} for e in ('.new', '.old')]")
    _check_space(link, manifest)
    _ask(link, f"_make({sorted({parent for name in names for parent in _parents(_fresh(name))})!r})")
    files = {name: (bundle / name).read_bytes() for name in names}
    total, sent, wrong = sum(map(len, files.values())), 0, []
    link.exec_raw_no_follow("_get()")
    for name, data in files.items():
        link.serial.write(f"{_fresh(name)} {len(data)}\n".encode())
        for at in range(0, len(data), BLOCK):
            block = data[at : at + BLOCK]
            link.serial.write(binascii.b2a_base64(block, newline=False))
            _expect(link, b".")
            sent += len(block)
            progress("flash", sent, total)
        if _line(link) != manifest["files"][name]["sha256"]:
            wrong.append(name)
    link.serial.write(b"\n")
    link.follow(PATIENCE_S)
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


def _expect(link, answer: bytes) -> None:
    got = _read(link)
    if got != answer:
        rest = got + link.read_until(1, b"\x04", timeout=2)
        lines = rest.decode("utf-8", "replace").strip("\x04\r\n> ").splitlines()[-1:] or ["nothing"]
        raise FlashError(f"the board stopped while a file was sent; it says: {lines[0]}")


def _read(link) -> bytes:
    """One byte; empty when the board keeps silent for too long."""
    end = link.clock() + PATIENCE_S
    while link.clock() < end:
        byte = link.serial.read(1)
        if byte:
            return byte
    return b""


def _line(link) -> str:
    line = bytearray()
    while byte := _read(link):
        if byte == b"\n":
            break
        line += byte
    return line.decode("ascii", "replace").strip()


def _ask(link, expression: str):
    """The value of an expression on the board, however long it takes there."""
    out, error = link.exec_raw(f"print(repr({expression}))", timeout=PATIENCE_S)
    if error:
        raise FlashError(f"the board says: {error.decode('utf-8', 'replace').strip().splitlines()[-1]}")
    return ast.literal_eval(out.decode().strip())


def _parents(path: str) -> list[str]:
    parts = path.split("/")[1:-1]
    return ["/" + "/".join(parts[: i + 1]) for i in range(len(parts))]


def _check_space(link, manifest: dict) -> None:
    """All new files must fit beside the old ones: a file takes whole blocks, and so does a folder, twice."""
    block, _, _, free = _ask(link, "tuple(os.statvfs('/'))[:4]")
    folders = {parent for name in manifest["files"] for parent in _parents(f"/{name}")}
    needed = sum(-(-entry["bytes"] // block) for entry in manifest["files"].values()) + 2 * len(folders)
    if needed > free:
        raise FlashError(f"{needed * block // 1024} KB are needed on the board, {free * block // 1024} KB are free")


def _restart(link, patience_s: float) -> dict:
    """Soft reset; the body of the hello that follows. Reads no further than that line."""
    link.exit_raw_repl()
    link.serial.write(b"\x04")
    line = bytearray()
    last = ""
    end = link.clock() + patience_s
    while link.clock() < end:
        byte = link.serial.read(1)
        line += byte
        if byte == b"\n":
            item = parse(bytes(line))
            if isinstance(item, Frame) and item.kind == "hello":
                return item.body
            if isinstance(item, Frame) and item.kind == "error":
                raise RefusedError(f"the board says: {item.body.get('e')}")
            last = item.text.strip() or last if not isinstance(item, Frame) else last
            line.clear()
    raise RefusedError(f"the board did not say hello in {patience_s:.0f} s; its last line: {last or 'none'}")


def _compare(hello: dict, manifest: dict) -> None:
    """The hello's hashes (16 hex digits) must be the bundle's."""
    said = hello.get("hashes", {})
    gate = {n.removeprefix("gate/"): e["sha256"][:16] for n, e in manifest["files"].items() if n.startswith("gate/")}
    gate.pop("replay.bin", None)
    if said != gate:
        wrong = sorted(name for name in gate.keys() | said.keys() if said.get(name) != gate.get(name))
        raise RefusedError(f"the board runs other files than were sent: {', '.join(wrong)}")
