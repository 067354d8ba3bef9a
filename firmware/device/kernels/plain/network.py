"""An int8 network, one call from input to output: the specification of viper/network.py, in plain Python.

Runs on any Python; where an int is a machine word, products of 62 bits are boxed, so it allocates there.
"""

from ...layout import (
    FILL_BASE,
    FILL_BIAS_HIGH,
    FILL_BIAS_LOW,
    FILL_HEAD,
    FILL_LENGTH,
    FILL_MULT,
    FILL_SHIFT,
    LAYER_HIGH,
    LAYER_IN,
    LAYER_KIND,
    LAYER_LOW,
    LAYER_OUT,
    LAYER_PARAMETERS,
    LAYER_STRIDE,
    LAYER_WEIGHTS,
    LAYER_ZERO,
    MISSING,
    MOST_LEVEL,
    PARAMETER_BIAS,
    PARAMETER_MULTIPLIER,
    PARAMETER_SHIFT,
    PARAMETER_STRIDE,
    PROGRAM_HEAD,
    PROGRAM_HERE,
    PROGRAM_INPUTS,
    PROGRAM_LAYERS,
    PROGRAM_LEVEL,
    PROGRAM_OUTPUTS,
    PROGRAM_THERE,
    SCALE_CENTRE,
    SCALE_COUNT,
    SCALE_HEAD,
    SCALE_MULT,
    SCALE_SHIFT,
    SCALE_STRIDE,
    TABLE,
)


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
    """From arena[0:inputs] to arena[inputs:inputs + outputs], both int8, and the level into the program (layout.py)."""
    inputs = program[PROGRAM_INPUTS]
    outputs = program[PROGRAM_OUTPUTS]
    here = program[PROGRAM_HERE]
    there = program[PROGRAM_THERE]
    for i in range(inputs):
        arena[here + i] = arena[i]
    at = PROGRAM_HEAD
    for _ in range(program[PROGRAM_LAYERS]):
        n_in = program[at + LAYER_IN]
        weights = program[at + LAYER_WEIGHTS]
        if program[at + LAYER_KIND] == TABLE:
            for i in range(n_in):
                arena[here + i] = data[weights + arena[here + i] + 128] - 128
            at += LAYER_STRIDE
            continue
        low, high, zero = program[at + LAYER_LOW], program[at + LAYER_HIGH], program[at + LAYER_ZERO]
        own = program[at + LAYER_PARAMETERS]
        for j in range(program[at + LAYER_OUT]):
            acc = program[own + PARAMETER_BIAS]
            for i in range(n_in):
                acc += (data[weights + i] - 128) * (arena[here + i] + 128)
            program[PROGRAM_LEVEL] = max(-MOST_LEVEL, min(acc, MOST_LEVEL))
            y = requantize(acc, program[own + PARAMETER_MULTIPLIER], program[own + PARAMETER_SHIFT] - 32) + zero
            arena[there + j] = (low if y < low else high if y > high else y) - 128
            own += PARAMETER_STRIDE
            weights += n_in
        at += LAYER_STRIDE
        here, there = there, here
    for i in range(outputs):
        arena[inputs + i] = arena[here + i]


def scale(values, columns, arena, mapping):
    """arena[i] = clamp((values[columns[i]] - centre) * mult >> shift) to int8."""
    at = SCALE_HEAD
    for i in range(mapping[SCALE_COUNT]):
        centre = mapping[at + SCALE_CENTRE] - 32768
        q = (values[columns[i]] - centre) * mapping[at + SCALE_MULT] >> mapping[at + SCALE_SHIFT]
        arena[i] = -128 if q < -128 else 127 if q > 127 else q
        at += SCALE_STRIDE


def fill(counts, arena, job):
    """arena[i] = clamp((count * mult + bias) >> shift) over a circular window; see Network.fill."""
    base, head, length = job[FILL_BASE], job[FILL_HEAD], job[FILL_LENGTH]
    mult, shift = job[FILL_MULT], job[FILL_SHIFT]
    bias = (job[FILL_BIAS_HIGH] - 32768) * 65536 + job[FILL_BIAS_LOW]
    count = 0
    for i in range(length):
        sample = counts[base + (head + i) % length]
        if sample != MISSING:
            count = sample
        q = (count * mult + bias) >> shift
        arena[i] = -128 if q < -128 else 127 if q > 127 else q


def keep(arena, at, n, out, to):
    """out[to + i] = the input of a layer that lies at arena[at + i], + 128: 0..255."""
    for i in range(n):
        out[to + i] = arena[at + i] + 128
