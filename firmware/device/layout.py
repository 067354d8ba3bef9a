"""Where each number stands in the arrays that the rooms hand on.

Kernels repeat these as their own ``const()``, which viper needs; a test holds them equal.
"""

from .compat import const

MISSING = const(-32768)  # a count that is not there
MISSING_STATUS = const(-1073741824)  # a status field that is not there: -2**30, a small int on every port

# Flags of a slot
ABSENT = const(1)  # the record did not come
DUPLICATE = const(2)  # the record before it, again
BACKWARDS = const(4)  # its time is not after the record before
SEQ_GAP = const(8)  # its sequence number is not the next

# Statistics of a window: int32[HEAD + n_channels * STRIDE + status]
LENGTH = const(0)
ABSENTS = const(1)
DUPLICATES = const(2)
BACKWARD = const(3)
SEQ_GAPS = const(4)
LATE_SUM = const(5)  # sum of |lateness|, Q15 of a period, at most 2**25
LATE_MAX = const(6)
HEAD = const(8)

# ... and of each channel in it, from HEAD + channel * STRIDE
VALID = const(0)
MIN = const(1)
MAX = const(2)
SUM = const(3)  # |sum| <= 2**25
QUARTER_SUM = const(4)  # four of them; the quarter of slot i is 4 * i // length
QUARTER_VALID = const(8)  # four of them
DX_N = const(12)  # pairs of neighbouring valid slots
DX_SUM = const(13)  # sum of |x1 - x0|, at most 2**26
DX_MAX = const(14)
RATE_MAX = const(15)  # largest |x1 - x0| per elapsed period, Q8, at most 2**29
SPIKE_N = const(16)  # triples of neighbouring valid slots
SPIKE_SUM = const(17)  # sum of |2 x1 - x0 - x2|, at most 2**27
SPIKE_MAX = const(18)
RUN = const(19)  # longest run; the one at the window's end counts from where it began; at most 30000
DISTINCT = const(20)
RAILED = const(21)
OUTSIDE = const(22)
PAIR_N = const(23)
RESIDUAL_SUM = const(24)  # sum of |residual - its mean|, at most 2**29
BINS = const(25)  # sixteen of them
STRIDE = const(41)

# Reference: int32[REF_HEAD + n_channels * REF_STRIDE + n_cells]
READY = const(0)  # 0 while commissioning
TAIL_STEP = const(1)  # outward step of a tail, Q24 octaves
EVERY = const(2)  # windows between two steps
SINCE = const(3)  # windows since the last step
REF_HEAD = const(4)

LO = const(0)  # the followed band, Q14 counts
HI = const(1)
LO0 = const(2)  # the commissioned band
HI0 = const(3)
STEP = const(4)  # outward step of an edge, Q14 counts
BIN_LO = const(5)  # where the first bin begins, counts
BIN_MULT = const(6)  # bin = (x - BIN_LO) * BIN_MULT >> BIN_SHIFT
BIN_SHIFT = const(7)
VARIATION = const(8)  # mean |x1 - x0| of a good window, Q4 counts
PAIR = const(9)  # the channel that explains this one, or -1
GAIN = const(10)  # Q12
WIDTH_LOG = const(11)  # log2 of the band's width in Q8 counts, Q14
WIDTH0_LOG = const(12)
SHARES = const(13)  # cumulative shares of the sixteen bins, Q15
REF_STRIDE = const(29)

# How a cell's tail is kept
FOLLOW = const(0)
FIXED = const(1)  # the policy's threshold, or a status bound
WIDTH = const(2)  # the band's present width
WIDTH0 = const(3)  # the band's commissioned width
FOLLOW_LATE = const(4)  # as FOLLOW; commissioned in the second half, against a provisional reference
