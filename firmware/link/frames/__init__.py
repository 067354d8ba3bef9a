"""What a board's frames say, a class for each kind: read from a frame's JSON with every field checked, written back to
it, and said in a line for a person. docs/frames.md lists the keys.
"""

import json
from typing import get_args
from zlib import crc32

from .adapting import Adapt
from .answers import Ack, Window
from .board import Error, Health, Hello, Recovered
from .fields import Time, stamp
from .judged import Drift, Model, Regimes, Verdict

__all__ = [
    "FORMS",
    "Ack",
    "Adapt",
    "Drift",
    "Error",
    "Form",
    "Health",
    "Hello",
    "Model",
    "Recovered",
    "Regimes",
    "Time",
    "Verdict",
    "Window",
    "encode",
    "stamp",
]

Form = Hello | Verdict | Model | Regimes | Drift | Adapt | Health | Error | Recovered | Ack | Window
FORMS: dict[str, type[Form]] = {form.kind: form for form in get_args(Form)}


def encode(form: Form, n: int, boot: int = 0, safe: bool = False) -> bytes:
    """The line, newline included, on which a board says ``form`` as its frame number ``n`` of start ``boot``.

    >>> encode(Error("x"), 3, 12)
    b'{"k":"error","n":3,"b":12,"e":"x"}\\t8731b4ea\\n'
    """
    start = ({"b": boot} if boot else {}) | ({"safe": 1} if safe else {})
    body = {"k": form.kind, "n": n} | start | form.body()
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return text + b"\t%08x\n" % crc32(text)
