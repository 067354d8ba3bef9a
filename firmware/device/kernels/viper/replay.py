"""The replay kernel in viper; plain/replay.py is its specification. It only moves 16 and 32 bits."""

import micropython

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


@micropython.viper
def unpack(buf, job, arrays):
    j = ptr32(job)
    halves = ptr16(buf)
    words = ptr32(buf)
    values = ptr16(arrays[REPLAY_VALUES])
    seconds = ptr32(arrays[REPLAY_SECONDS])
    millis = ptr16(arrays[REPLAY_MILLIS])
    seqs = ptr32(arrays[REPLAY_SEQS])
    at = j[REPLAY_AT]
    i = j[REPLAY_START]
    stop = i + j[REPLAY_COUNT]
    channels = j[REPLAY_CHANNELS]
    size = j[REPLAY_BYTES]
    tail = (6 + 2 * channels + 3) >> 2
    v = i * channels
    half = at >> 1
    word = at >> 2
    while i < stop:
        seconds[i] = words[word]
        millis[i] = halves[half + 2]
        c = half + 3
        end = c + channels
        while c < end:
            values[v] = halves[c]
            v += 1
            c += 1
        seqs[i] = words[word + tail]
        half += size >> 1
        word += size >> 2
        i += 1


@micropython.viper
def fields(buf: ptr32, at: int, count: int, out: ptr32):
    word = at >> 2
    i = 0
    while i < count:
        out[i] = buf[word + i]
        i += 1
