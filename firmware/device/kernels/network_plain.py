"""An int8 network, one call from input to output: the specification of network_viper, in plain Python.

Runs on any Python; where an int is a machine word, products of 62 bits are boxed, so it allocates there.
"""

FULLY_CONNECTED = 1
TABLE = 2


def requantize(acc, multiplier, shift):
    """acc * multiplier / 2^31 * 2^shift, rounded twice as gemmlowp does it (TFLM's reference kernels).

    acc int32, multiplier 0 or 2^30..2^31-1 (Q31), shift -31..30, acc << max(shift, 0) within int32.
    """
    if shift > 0:
        acc <<= shift
        shift = 0
    high = (acc * multiplier + (1 << 30)) >> 31
    if shift == 0:
        return high
    mask = (1 << -shift) - 1
    half = (mask >> 1) + (1 if high < 0 else 0)
    return (high >> -shift) + (1 if (high & mask) > half else 0)


def invoke(data, arena, _, program):
    """From arena[0:inputs] to arena[inputs:inputs + outputs], both int8; see network.py for the program."""
    inputs = program[0]
    outputs = program[1]
    here = program[3]
    there = program[4]
    for i in range(inputs):
        arena[here + i] = arena[i]
    at = 5
    for _ in range(program[2]):
        kind, n_in, n_out, weights, parameters, low, high, zero = program[at : at + 8]
        at += 8
        if kind == TABLE:
            for i in range(n_in):
                arena[here + i] = data[weights + arena[here + i] + 128] - 128
            continue
        for j in range(n_out):
            acc = program[parameters]
            for i in range(n_in):
                acc += (data[weights + i] - 128) * (arena[here + i] + 128)
            y = requantize(acc, program[parameters + 1], program[parameters + 2] - 32) + zero
            arena[there + j] = (low if y < low else high if y > high else y) - 128
            parameters += 3
            weights += n_in
        here, there = there, here
    for i in range(outputs):
        arena[inputs + i] = arena[here + i]


def scale(values, columns, arena, mapping):
    """arena[i] = clamp((values[columns[i]] - centre) * mult >> shift) to int8."""
    at = 1
    for i in range(mapping[0]):
        q = ((values[columns[i]] - (mapping[at] - 32768)) * mapping[at + 1]) >> mapping[at + 2]
        arena[i] = -128 if q < -128 else 127 if q > 127 else q
        at += 3


def fill(counts, arena, job):
    """arena[i] = clamp((count * mult + bias) >> shift) over a circular window; see Network.fill."""
    base, head, length, mult, bias_high, bias_low, shift = job
    bias = (bias_high - 32768) * 65536 + bias_low
    count = 0
    for i in range(length):
        sample = counts[base + (head + i) % length]
        if sample != -32768:
            count = sample
        q = (count * mult + bias) >> shift
        arena[i] = -128 if q < -128 else 127 if q > 127 else q
