"""Specification of the replay kernel: records of the replay file into the caller's arrays."""

from struct import unpack_from


def unpack(buf, job, arrays):
    """Unpack ``COUNT`` records of ``buf``, the first at byte ``AT``.

    ``job`` int32[5]: AT, COUNT, START (record index in the arrays), C channels, SIZE bytes a record.
    ``arrays``: values int16[n * C] record-major, seconds int32[n], millis int16[n], seqs int32[n].
    """
    at, count, start, channels, size = job
    values, seconds, millis, seqs = arrays
    for i in range(start, start + count):
        seconds[i], millis[i] = unpack_from("<ih", buf, at)
        for c in range(channels):
            values[i * channels + c] = unpack_from("<h", buf, at + 6 + 2 * c)[0]
        seqs[i] = unpack_from("<i", buf, at + (6 + 2 * channels + 3) // 4 * 4)[0]
        at += size


def fields(buf, at, count, out):
    """Copy ``count`` int32 at byte ``at`` of ``buf``, a multiple of 4, to ``out``."""
    for i in range(count):
        out[i] = unpack_from("<i", buf, at + 4 * i)[0]
