"""An int8 network, one call from input to output, in viper: equals plain/network.py bit for bit.

Every intermediate fits int32 for the programs that network.py lets through, though a viper integer is wider
on a 64-bit host; a test runs this very file with checked integers. Inside, an activation is value + 128 in
0..255 and so is a weight, because loads are unsigned: sum((w - 128) * x) = sum(w * x) - 128 * sum(x).
"""

import micropython

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
    MISSING_BITS,
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


@micropython.viper
def invoke(w: ptr8, x: ptr8, s: int, program: ptr32):
    """w the pack, x the arena, s anything: the first three locals live in registers, for the inner loop.

    Bounds: inputs of a layer <= 16384, so sum(w * x) <= 16384 * 255^2 < 2^30; bias + sum((w - 128) * x) is
    the accumulator of some input, proven by the pack's writer to be an int32 even after the left shift.
    """
    data = int(w)
    arena = int(x)
    inputs = int(program[PROGRAM_INPUTS])
    here = arena + int(program[PROGRAM_HERE])
    there = arena + int(program[PROGRAM_THERE])
    y = ptr8(here)
    i = 0
    while i < inputs:
        y[i] = x[i] ^ 0x80
        i += 1
    at = PROGRAM_HEAD
    layers = int(program[PROGRAM_LAYERS])
    while layers > 0:
        layers -= 1
        n_in = int(program[at + LAYER_IN])
        n_out = int(program[at + LAYER_OUT])
        w = ptr8(data + int(program[at + LAYER_WEIGHTS]))
        x = ptr8(here)
        if int(program[at + LAYER_KIND]) == TABLE:
            i = 0
            while i < n_in:
                x[i] = w[x[i]]
                i += 1
            at += LAYER_STRIDE
            continue
        parameters = int(program[at + LAYER_PARAMETERS])
        zero = int(program[at + LAYER_ZERO])
        low = int(program[at + LAYER_LOW]) - zero
        high = int(program[at + LAYER_HIGH]) - zero
        at += LAYER_STRIDE
        total = 0
        i = 0
        while i < n_in:
            total += x[i]
            i += 1
        total = total << 7
        quads = n_in >> 2
        rest = n_in & 3
        y = ptr8(there)
        j = 0
        while j < n_out:
            x = ptr8(here)
            s = 0
            i = quads
            while i > 0:
                s += int(w[0]) * int(x[0])
                s += int(w[1]) * int(x[1])
                s += int(w[2]) * int(x[2])
                s += int(w[3]) * int(x[3])
                w = ptr8(int(w) + 4)
                x = ptr8(int(x) + 4)
                i -= 1
            i = 0
            while i < rest:
                s += int(w[i]) * int(x[i])
                i += 1
            w = ptr8(int(w) + rest)
            b = int(program[parameters + PARAMETER_BIAS])
            s = ((((((b >> 16) & 0xFFFF) ^ 0x8000) - 0x8000) << 16) + (b & 0xFFFF)) + (s - total)
            level = s
            m = int(program[parameters + PARAMETER_MULTIPLIER])
            shift = int(program[parameters + PARAMETER_SHIFT])
            parameters += PARAMETER_STRIDE
            if shift > 32:
                s = s << (shift - 32)
                shift = 32
            # (s * m + 2^30) >> 31 from halves: s = sh * 2^16 + sl, m = mh * 2^15 + ml
            sh = s >> 16
            sl = s & 0xFFFF
            mh = m >> 15
            ml = m & 0x7FFF
            p = sl * (mh >> 1)
            r = sh * ml
            s = (2 * ((p & 0x7FFF) + (r & 0x7FFF)) + sl * (mh & 1) + ((sl * ml) >> 15) + 0x8000) >> 16
            s += sh * mh + (p >> 15) + (r >> 15)
            if shift < 32:  # to the nearest, halves away from zero
                shift = 32 - shift
                half = 1 << (shift - 1)
                r = s & (half - 1 + half)
                if s < 0:
                    half += 1
                s = s >> shift
                if r >= half:
                    s += 1
            if s < low:
                s = low
            elif s > high:
                s = high
            y[j] = s + zero
            j += 1
        if level > MOST_LEVEL:
            level = MOST_LEVEL
        elif level < 0 - MOST_LEVEL:
            level = 0 - MOST_LEVEL
        program[PROGRAM_LEVEL] = level
        i = here
        here = there
        there = i
    x = ptr8(here)
    y = ptr8(arena + inputs)
    n_out = int(program[PROGRAM_OUTPUTS])
    i = 0
    while i < n_out:
        y[i] = x[i] ^ 0x80
        i += 1


@micropython.viper
def scale(values: ptr16, columns: ptr16, arena: ptr8, mapping: ptr32):
    """|value - centre| * mult < 2^30 by the checks of network.py."""
    n = int(mapping[SCALE_COUNT])
    at = SCALE_HEAD
    i = 0
    while i < n:
        q = (int(values[int(columns[i])]) ^ 0x8000) - int(mapping[at + SCALE_CENTRE])
        q = (q * int(mapping[at + SCALE_MULT])) >> int(mapping[at + SCALE_SHIFT])
        if q < -128:
            q = -128
        elif q > 127:
            q = 127
        arena[i] = q
        at += SCALE_STRIDE
        i += 1


@micropython.viper
def fill(counts: ptr16, arena: ptr8, job: ptr32):
    """|count| * mult < 2^30 and |bias| < 2^30 by the checks of network.py."""
    length = int(job[FILL_LENGTH])
    base = int(job[FILL_BASE])
    slot = base + int(job[FILL_HEAD])
    end = base + length
    mult = int(job[FILL_MULT])
    bias = ((int(job[FILL_BIAS_HIGH]) - 0x8000) << 16) + int(job[FILL_BIAS_LOW])
    shift = int(job[FILL_SHIFT])
    count = 0
    i = 0
    while i < length:
        sample = int(counts[slot])
        if sample != MISSING_BITS:
            count = (sample ^ 0x8000) - 0x8000
        q = (count * mult + bias) >> shift
        if q < -128:
            q = -128
        elif q > 127:
            q = 127
        arena[i] = q
        slot += 1
        if slot == end:
            slot = base
        i += 1


@micropython.viper
def keep(arena: ptr8, at: int, n: int, out: ptr8, to: int):
    i = 0
    while i < n:
        out[to + i] = arena[at + i]
        i += 1
