"""Who may change something: HMAC-SHA-256 (RFC 2104) over the board's challenge and the command.

The key is the board's own, 32 bytes, put there by `motegate flash`. A challenge is good for one command that was
accepted: whoever repeats that one answers a question nobody asks any more.
"""

import os
import struct
import time
from binascii import hexlify
from hashlib import sha256

KEY_BYTES = 32
_BLOCK = 64
_MARK = b',"mac":"'  # the last key of an authenticated command
_DIGITS = 64  # of its value


def hmac(key, *parts):
    """bytes[32] of the concatenated ``parts``; ``key``: at most 64 bytes."""
    key = key + bytes(_BLOCK - len(key))
    inner = sha256(bytes(byte ^ 0x36 for byte in key))
    for part in parts:
        inner.update(part)
    outer = sha256(bytes(byte ^ 0x5C for byte in key))
    outer.update(inner.digest())
    return outer.digest()


def fresh(key, boot, turn):
    """A challenge, 16 hex digits: never the same twice where a board counts its starts or has random numbers."""
    now = struct.pack("<III", boot, turn, time.ticks_us() if hasattr(time, "ticks_us") else 0)
    noise = os.urandom(8) if hasattr(os, "urandom") else b""
    return hexlify(hmac(key, noise, now)[:8])


def authentic(body, key, challenge):
    """Whether the command, JSON as it came, ends with the MAC of what stands before it."""
    at = len(body) - len(_MARK) - _DIGITS - 2
    if at < 0 or body[at : at + len(_MARK)] != _MARK or body[-2:] != b'"}':
        return False
    found = body[at + len(_MARK) : -2]
    expected = hexlify(hmac(key, challenge, body[:at]))
    differ = 0
    for a, b in zip(found, expected):  # noqa: B905 (MicroPython's zip has no strict; both are of 64 digits)
        differ |= a ^ b
    return differ == 0
