"""Every integer that the device computes of a stream, window by window; runs on MicroPython and on CPython.

Reads records as the replay file's body would hold them, from arrays; writes for each window statistics, measures,
values, the reference and its prototypes after it, as little-endian integers.
"""

import sys
from array import array

if sys.implementation.name == "micropython":
    from motegate.reference.reference import Reference
    from motegate.window.measure import Dimensions
    from motegate.window.ring import Ring
    from motegate.window.scan import Scan
else:
    from motegate.firmware.device.reference.reference import Reference
    from motegate.firmware.device.window.measure import Dimensions
    from motegate.firmware.device.window.ring import Ring
    from motegate.firmware.device.window.scan import Scan


def trace(plan, data, write, block=7, commission=None, reference=None):
    """``data``: (values int16, seconds int32, millis int16, seqs int32, status int32) arrays, record by record."""
    values, seconds, millis, seqs, status = data
    ring = Ring(plan)
    scan = Scan(plan)
    dimensions = Dimensions(plan)
    reference = Reference(plan, reference, commission)
    fields = len(plan["status"])
    n = len(seconds)
    at = 0
    while at < n:
        end = min(at + block, n)
        while at < end:
            at += ring.fill(values, seconds, millis, seqs, at, end - at)
            if ring.due():
                scan.fill(ring, reference.array)
                if fields:
                    scan.fill_status(status[(at - 1) * fields : at * fields])
                dimensions.fill(scan.stats, reference)
                if reference.ready():
                    reference.follow(scan.stats)
                else:
                    reference.commission(ring, scan.stats)
                write(bytes(scan.stats))
                write(bytes(dimensions.measures))
                write(bytes(dimensions.values))
                write(bytes(reference.array))
                write(bytes(reference.regimes.prototypes))
    write(bytes(array("i", [ring.missed()])))


def load(path):
    """plan and arrays from a JSON file: {"plan", "block", "commission", "reference" (hex), "data"}."""
    import json

    with open(path) as file:
        job = json.load(file)
    data = tuple(array(code, column) for code, column in zip("hihii", job["data"]))  # noqa: B905 - MicroPython
    return job["plan"], data, job["block"], job["commission"], bytes.fromhex(job["reference"])


if __name__ == "__main__" and sys.implementation.name == "micropython":
    for name in sys.argv[1:]:
        plan, data, block, commission, reference = load(name)
        with open(name + ".out", "wb") as out:
            trace(plan, data, out.write, block, commission, reference)
