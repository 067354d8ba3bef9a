"""What flashing runs on the board: functions for its raw REPL, sent as text once a connection.

``_get`` takes files in blocks of base64, a dot for each, and says the SHA-256 of what it wrote. ``_id`` is the board's
number, ``_key`` keeps its key. What exchanges the bundles is the text of main.py itself (device/entry.py): ``forward``
and ``settle``; and so is ``sha``. ``_commit`` makes the file ``swap``, empty, so that it is there or not in one write
of the file system, and goes forward. A board without a main.py gets it before that: else nothing would finish there by
itself.
"""

import inspect

from ..device import entry

BLOCK = 192  # bytes, 256 in base64: no board's receive buffer is smaller

PARTS = (entry.exists, entry.remove, entry.forward, entry.settle, entry.sha)
SHARED = "".join(inspect.getsource(part) for part in PARTS)

FUNCTIONS = f"""
import os, sys, binascii
from binascii import hexlify
from hashlib import sha256
SWAP = {entry.SWAP!r}
FOLDERS = {entry.FOLDERS!r}
{SHARED}"""

FUNCTIONS += """
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
        o.write(sha(p) + '\\n')
def _walk(p):
    r = []
    try:
        for e in os.ilistdir(p):
            q = p + '/' + e[0]
            r += _walk(q) if e[1] & 0x4000 else [q]
    except OSError:
        pass
    return r
def _make(ps):
    for p in ps:
        try:
            os.mkdir(p)
        except OSError:
            pass
def _id():
    import machine
    return binascii.hexlify(machine.unique_id()).decode() if hasattr(machine, 'unique_id') else ''
def _key(digits):
    with open('key.new', 'wb') as f:
        f.write(binascii.unhexlify(digits))
    os.rename('key.new', 'key')
def _commit():
    if not exists('main.py'):
        os.rename('main.py.new', 'main.py')
    open(SWAP, 'w').close()
    forward()
    if hasattr(os, 'sync'):
        os.sync()
"""
