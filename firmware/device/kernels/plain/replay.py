"""Specification of the replay kernel: records of the replay file into the caller's arrays."""

from struct import unpack_from

from ...layout import (
    REPLAY_AT,
    REPLAY_BYTES,
    REPLAY_CHANNELS,
    REPLAY_COUNT,
    REPLAY_MILLIS,
    REPLAY_SECONDS,
    REPLAY_SEQS,
    REPLAY_START,
    REPLAY_VALUES,
)


def unpack(buf, job, arrays):
    """Unpack REPLAY_COUNT records of ``buf``, the first at byte REPLAY_AT.

    ``job`` int32[REPLAY_SIZE] (layout.py). ``arrays``, C channels: values int16[n * C] record-major, seconds int32[n],
    millis int16[n], seqs int32[n].
    """
    at, count, start = job[REPLAY_AT], job[REPLAY_COUNT], job[REPLAY_START]
    channels, size = job[REPLAY_CHANNELS], job[REPLAY_BYTES]
    values, seconds = arrays[REPLAY_VALUES], arrays[REPLAY_SECONDS]
    millis, seqs = arrays[REPLAY_MILLIS], arrays[REPLAY_SEQS]
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
