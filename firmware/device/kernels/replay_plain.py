"""Specification of the replay kernel: records of the replay file into the caller's arrays."""

from struct import unpack_from


def unpack(buf, job, arrays, status):
    """Unpack ``COUNT`` records of ``buf``, the first at byte ``AT``.

    ``job`` int32[6]: AT, COUNT, START (record index in the arrays), C channels, SIZE bytes a record,
    F status fields. ``arrays``: values int16[n * C] record-major, seconds int32[n], millis int16[n],
    seqs int32[n]. ``status`` int32[F] takes the last record's fields.
    """
    at, count, start, channels, size, fields = job
    values, seconds, millis, seqs = arrays
    tail = (6 + 2 * channels + 3) // 4 * 4
    for i in range(start, start + count):
        seconds[i], millis[i] = unpack_from("<ih", buf, at)
        for c in range(channels):
            values[i * channels + c] = unpack_from("<h", buf, at + 6 + 2 * c)[0]
        seqs[i] = unpack_from("<i", buf, at + tail)[0]
        at += size
    for f in range(fields):
        status[f] = unpack_from("<i", buf, at - size + tail + 4 + 4 * f)[0]
