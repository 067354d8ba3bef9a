"""The replay kernel in viper; replay_plain.py is its specification. It only moves 16 and 32 bits."""

import micropython


@micropython.viper
def unpack(buf, job, arrays):
    j = ptr32(job)
    halves = ptr16(buf)
    words = ptr32(buf)
    values = ptr16(arrays[0])
    seconds = ptr32(arrays[1])
    millis = ptr16(arrays[2])
    seqs = ptr32(arrays[3])
    at = j[0]
    i = j[2]
    stop = i + j[1]
    channels = j[3]
    size = j[4]
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
