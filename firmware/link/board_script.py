"""What flashing runs on the board: functions for its raw REPL, sent as text once a connection.

``_sha`` gives "" for a file that is not there; ``_get`` takes files in blocks of base64, a dot for each, and says the
SHA-256 of what it wrote; ``_swap`` puts ``p.new`` in the place of ``p``: a rename or two for each, one after the other.
"""

BLOCK = 192  # bytes, 256 in base64: no board's receive buffer is smaller

FUNCTIONS = """
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
