"""Where each number stands in the arrays that the stations hand on: the only home of an offset, a stride, a flag or a
job slot.

The build writes these names out as the integers they stand for, in the viper kernels too, so a board does not hold this
module. Blocks of several numbers come first in their array: a single one is added at its end, with its stride.
"""

from .compat import const

MISSING = const(-32768)  # a count that is not there
MISSING_BITS = const(0x8000)  # the same as an unsigned load gives it
MISSING_STATUS = const(-1073741824)  # a status field that is not there: -2**30, a small int on every port

# Bounds that several forms of a computation share
LONGEST_RUN = const(30000)
LONG_MS = const(500000000)  # 5.8 days: a step beyond it is counted in whole seconds
MOST_MISSED = const(0x1FFFFFFF)
SEQ_MASK = const(0x3FFFFFFF)  # of a sequence number

MOST_AWAY = const(2048)  # a drift detector's number: 8 standard deviations, Q8

# Flags of a slot
ABSENT = const(1)  # the record did not come
DUPLICATE = const(2)  # the record before it, again
BACKWARDS = const(4)  # its time is not after the record before
SEQ_GAP = const(8)  # its sequence number is not the next
DUPLICATE_BIT = const(1)
BACKWARDS_BIT = const(2)
SEQ_GAP_BIT = const(3)

# The ring's state: int32[RING_SIZE]
RING_DUE = const(0)  # a window is complete
RING_HEAD = const(1)  # the slot that is next, so the oldest of a window that is due
RING_NEED = const(2)  # slots until the next window is due
RING_OPEN = const(3)  # slots were filled since the last one was
RING_FIRST = const(4)  # the next window is the first after a fresh start
RING_PENDING = const(5)  # absent slots to come before the record in hand; -1: none is in hand
RING_AFRESH = const(6)  # filling starts afresh behind them
RING_LATE = const(7)  # of the record in hand
RING_FLAGS = const(8)
RING_STARTED = const(9)  # there was a record before
RING_LAST_S = const(10)  # the newest record's time and number
RING_LAST_MS = const(11)
RING_LAST_SEQ = const(12)
RING_MISSED = const(13)  # records that no window holds
RING_LENGTH = const(14)
RING_HOP = const(15)
RING_CHANNELS = const(16)
RING_PERIOD = const(17)  # in milliseconds >> RING_SCALE it has at most 15 bits
RING_SCALE = const(18)
RING_PERIOD_S = const(19)
RING_SIZE = const(20)

# What a channel may be: int16[n_channels * BOUND_STRIDE]
BOUND_LOW = const(0)  # the physically possible range
BOUND_HIGH = const(1)
RAIL_LOW = const(2)  # the sensor's rails
RAIL_HIGH = const(3)
BOUND_STRIDE = const(4)

# The run at the end of the window before: int32[n_channels * CARRY_STRIDE]
CARRY_RUN = const(0)
CARRY_VALUE = const(1)
CARRY_STRIDE = const(2)

# Statistics of a window: int32[HEAD + n_channels * STRIDE + status blocks]
LENGTH = const(0)
ABSENTS = const(1)
DUPLICATES = const(2)
BACKWARD = const(3)
SEQ_GAPS = const(4)
LATE_SUM = const(5)  # sum of |lateness|, Q15 of a period, at most 2**25
REGIME_AWAY = const(6)  # distance to the nearest known regime, Q8 of its radius, at most 2**29
HEAD = const(7)

# ... and of each channel in it, from HEAD + channel * STRIDE
BIN_COUNT = const(16)
BINS = const(0)  # sixteen of them, in sixteenths of a sample
QUARTER_SUM = const(16)  # four of them; the quarter of slot i is 4 * i // length
QUARTER_VALID = const(20)  # four of them
VALID = const(24)
MIN = const(25)
MAX = const(26)
SUM = const(27)  # |sum| <= 2**25
DX_N = const(28)  # pairs of neighbouring valid slots
DX_SUM = const(29)  # sum of |x1 - x0|, at most 2**26
RATE_MAX = const(30)  # largest |x1 - x0| per elapsed period, Q8, at most 2**29
SPIKE_N = const(31)  # triples of neighbouring valid slots
SPIKE_SUM = const(32)  # sum of |2 x1 - x0 - x2|, at most 2**27
SPIKE_MAX = const(33)
RUN = const(34)  # longest run; the one at the window's end counts from where it began; at most LONGEST_RUN
DISTINCT = const(35)
RAILED = const(36)
OUTSIDE = const(37)
PAIR_N = const(38)
RESIDUAL_SUM = const(39)  # sum of |residual - its mean|, at most 2**29
DX_BITS = const(40)  # sum of the bits that |x1 - x0| has, at most 2**15
STRIDE = const(41)

# ... and of each dimension over status fields: their number, then of each its value and its bounds
FIELD_COUNT = const(0)
FIELDS = const(1)
FIELD_VALUE = const(0)
FIELD_LOW = const(1)
FIELD_HIGH = const(2)
FIELD_STRIDE = const(3)

# Parts of a scan that a plan may do without (its key ``reads`` has a bit for each): their statistics are 0 then
READ_BINS = const(1)  # BINS
READ_RATE = const(2)  # RATE_MAX
READ_SPIKE = const(4)  # SPIKE_N, SPIKE_SUM, SPIKE_MAX
READ_DISTINCT = const(8)  # DISTINCT
READ_BITS = const(16)  # DX_BITS
READ_PAIR = const(32)  # PAIR_N, RESIDUAL_SUM
READ_ALL = const(63)

# Reference: int32[REF_HEAD + n_channels * REF_STRIDE + n_limits * LIMIT_STRIDE + n_classifiers *
# THRESHOLD_STRIDE + regimes]
LAYOUT_VERSION = const(4)  # of a reference's file: another one is refused
READY = const(0)  # 0 while commissioning
LIMIT_STEP = const(1)  # outward step of a limit, Q24 octaves
EVERY = const(2)  # windows between two steps
SINCE = const(3)  # windows since the last step
RISE = const(4)  # how far the regime's limit has risen above its own, Q24 octaves
RISE_STEP = const(5)  # its step, Q24 octaves; 0: it never rises
REGIME_COUNT = const(6)  # prototypes in use
REGIME_WINDOW = const(7)  # windows measured so far
BEYOND = const(8)  # windows beyond the regime's own limit, less those inside it since
ASKED = const(9)  # 1 while a new regime is asked about
NOTICE = const(10)  # JUDGED, or what the next verdict's ``why`` says: ASKED_WHY, ABSORBED_WHY
HEIGHT = const(11)  # of what is asked about: log2 of the measure, followed, Q14
SPREAD = const(12)  # ... and their mean distance from their own middle
REGIME = const(13)  # the regime of the last window, the nearest known one; -1: none
REF_HEAD = const(14)
HELD = const(-1)  # in place of the number of limits: a window is held, and none moves

# ... and of each channel in it, from REF_HEAD + channel * REF_STRIDE
SHARES = const(0)  # cumulative shares of the sixteen bins, Q15
LO = const(16)  # the followed band, Q14 counts
HI = const(17)
LO0 = const(18)  # the commissioned band
HI0 = const(19)
STEP = const(20)  # outward step of an edge, Q14 counts
BIN_LO = const(21)  # the middle of the first bin, counts
BIN_MULT = const(22)  # (x - BIN_LO) * BIN_MULT >> BIN_SHIFT bins: between two middles a sample is part of both
BIN_SHIFT = const(23)
VARIATION = const(24)  # mean |x1 - x0| of a good window, Q4 counts
PAIR = const(25)  # the channel that explains this one, or -1
GAIN = const(26)  # Q12
WIDTH_LOG = const(27)  # log2 of the band's width in Q8 counts, Q14
WIDTH0_LOG = const(28)
REF_STRIDE = const(29)

# ... and behind the channels, of each cell and then of each column that looks at several, what one good window in a
# hundred and one in ten exceeds: log2 of the measure, Q24; a column's is its worst cell's rarity, 2**24 a decade
Q99 = const(0)
Q90 = const(1)
LIMIT_STRIDE = const(2)

# ... and behind those, of each classifier: a level of its network above it is a failure
THRESHOLD = const(0)  # the site's
TRAINED_THRESHOLD = const(1)
THRESHOLD_STRIDE = const(2)

# ... and behind those, of each regime
RADIUS = const(0)  # as distances
FIRST_SEEN = const(1)  # the window of its first visit; -1: it is known
LAST_SEEN = const(2)  # the last window that was nearest to it, and inside the limit; -1: none yet
REGIME_STRIDE = const(3)

# A window's signature: int16[n_channels * SIGNATURE_STRIDE], Q11 of the band's width, at most 16 widths
SIGNATURE_SHARES = const(0)  # sixteen cumulative shares, halved
SIGNATURE_QUARTERS = const(16)  # four means above the band's lower edge
SIGNATURE_STEP = const(20)  # 4 * mean |x1 - x0|, and an eighth of a width an octave of their geometric mean
SIGNATURE_STRIDE = const(21)
LARGEST_RADIUS = const(0x3FFFFF)
SMALLEST_RADIUS = const(64)  # 0.03 widths
MOST_REGIMES = const(16)  # prototypes; behind them lies the one that is asked about
KNOWN = const(-1)

# A value: RARITY_ZERO below what the kernel computes first, so that this is positive
RARITY_DECADE = const(256)
RARITY_ZERO = const(1024)
RARITY_MOST = const(8191)
LEAST_DECADE = const(594)  # Q11 octaves: 0.29
LEAST_COLUMN_DECADE = const(8192)  # of a column's rarity, Q14: half a decade
WIDTH_ONE = const(229376)  # log2 of a whole width, Q14: measures in widths are Q14
COUNT_IN_WIDTHS = const(360448)  # log2 of one count in Q8 and of a width in Q14, together, Q14

# How a cell's or a column's limits are kept, and where its channel's part of the reference begins:
# int16[n_limits * CELL_STRIDE]
CELL_MODE = const(0)
CELL_BASE = const(1)  # 0 without a channel
CELL_STRIDE = const(2)

FOLLOW = const(0)
FIXED = const(1)  # the policy's threshold, or a status bound: the limit, an octave a decade
WIDTH = const(2)  # as FOLLOW_LATE, the measure in present widths of the band
WIDTH0 = const(3)  # as FIXED, the limit being the band's commissioned width
FOLLOW_LATE = const(4)  # as FOLLOW; it needs a band, so the first half of commissioning does not count
FOLLOW_REGIME = const(5)  # as FOLLOW; it needs regimes

NO_ACTION = const(-1)  # a verdict's, while commissioning

# Why a verdict is what it is
JUDGED = const(0)
COMMISSIONING = const(1)
NO_DATA = const(2)
ASKED_WHY = const(3)  # a new regime: what follows is held until it ends or is known
ABSORBED_WHY = const(4)  # it is known from now on

# A pack (docs/pack.md), and who fills its network's input
PACK_VERSION = const(3)
WIDEST_LAYER = const(16384)  # the sum of as many products of two bytes stays below 2^30
MAP_PLAIN = const(0)  # the caller
MAP_FEATURES = const(1)  # scale(), from dimension values
MAP_COUNTS = const(2)  # fill(), from a window of counts

# A network's program: int32[PROGRAM_HEAD + layers * LAYER_STRIDE + parameters]
PROGRAM_INPUTS = const(0)
PROGRAM_OUTPUTS = const(1)
PROGRAM_LAYERS = const(2)
PROGRAM_HERE = const(3)  # offsets of the two layer buffers in the arena
PROGRAM_THERE = const(4)
PROGRAM_LEVEL = const(5)  # the last accumulator that went through a fully connected layer, at most +-MOST_LEVEL
PROGRAM_HEAD = const(6)
MOST_LEVEL = const(536870911)

LAYER_KIND = const(0)
LAYER_IN = const(1)
LAYER_OUT = const(2)
LAYER_WEIGHTS = const(3)  # offset in the pack: weights, or the table
LAYER_PARAMETERS = const(4)  # index of its parameters in the program
LAYER_LOW = const(5)  # of the output, each + 128: 0..255
LAYER_HIGH = const(6)
LAYER_ZERO = const(7)
LAYER_STRIDE = const(8)

PARAMETER_BIAS = const(0)  # int32
PARAMETER_MULTIPLIER = const(1)  # 0 or 2^30..2^31-1, Q31
PARAMETER_SHIFT = const(2)  # + 32: 1..62
PARAMETER_STRIDE = const(3)

FULLY_CONNECTED = const(1)  # kinds of a layer
TABLE = const(2)

# From dimension values to a network's input: int32[SCALE_HEAD + inputs * SCALE_STRIDE]
SCALE_COUNT = const(0)
SCALE_HEAD = const(1)
SCALE_CENTRE = const(0)  # + 32768
SCALE_MULT = const(1)
SCALE_SHIFT = const(2)
SCALE_STRIDE = const(3)

# From a window of counts to a network's input: int32[FILL_SIZE]
FILL_BASE = const(0)
FILL_HEAD = const(1)
FILL_LENGTH = const(2)
FILL_MULT = const(3)
FILL_BIAS_HIGH = const(4)  # + 32768: words of 2^30 and more would be boxed on a 32-bit port
FILL_BIAS_LOW = const(5)
FILL_SHIFT = const(6)
FILL_SIZE = const(7)

# A frame in the making: int32[FRAME_SIZE]; put() leaves every field but the first three at its default
FRAME_POS = const(0)  # bytes in the buffer
FRAME_CRC_LOW = const(1)  # running CRC-32 of the line, low half, not yet complemented
FRAME_CRC_HIGH = const(2)
FRAME_MODE = const(3)
FRAME_BASE = const(4)  # item k is source[BASE + (HEAD + k) % LENGTH * STRIDE]
FRAME_HEAD = const(5)
FRAME_LENGTH = const(6)
FRAME_COUNT = const(7)  # items to write
FRAME_STRIDE = const(8)
FRAME_DONE = const(9)  # items written; -1: the key is still to come
FRAME_SIZE = const(10)

FRAME_LIST = const(1)  # modes, summed: brackets around the items
FRAME_OUTER = const(2)  # a bracket before
FRAME_CLOSE = const(4)  # a bracket after
FRAME_ROW = const(8)  # no key, only a comma
FRAME_BEGIN = const(16)  # the key is the frame's kind, the item its sequence number
FRAME_LITERAL = const(32)  # the key as it is; no items then
FRAME_OUTER_BIT = const(1)
FRAME_CLOSE_BIT = const(2)

# Records taken out of a replay file: int32[REPLAY_SIZE], and the arrays they go into
REPLAY_AT = const(0)  # byte in the buffer
REPLAY_COUNT = const(1)
REPLAY_START = const(2)  # record index in the arrays
REPLAY_CHANNELS = const(3)
REPLAY_BYTES = const(4)  # a record
REPLAY_SIZE = const(5)

REPLAY_VALUES = const(0)
REPLAY_SECONDS = const(1)
REPLAY_MILLIS = const(2)
REPLAY_SEQS = const(3)
REPLAY_ARRAYS = const(4)

# What a verdict's frame carries beyond its scores
SEND_DIMENSIONS = const(1)
SEND_SAMPLES = const(2)

# What goes before a stored window: int32[STORE_HEAD]
STORE_NUMBER = const(0)
STORE_SECONDS = const(1)
STORE_HEAD_MILLIS = const(2)  # the ring's head << 16 | milliseconds
STORE_HEAD = const(3)

# The state: int32[STATE_SIZE], the head of a slot, and of what it counts. Kept from start to start:
STATE_MAGIC = const(0)
STATE_LAYOUT = const(1)
STATE_SEQUENCE = const(2)  # modulo 2**29; its lowest bit is the slot's number
STATE_BUNDLE = const(3)  # whose reference follows
STATE_BODY = const(4)  # bytes of it; 0: none
STATE_BOOTS = const(5)  # starts, this one included
STATE_WRITES = const(6)  # of a slot
STATE_RESETS = const(7)  # starts after an exception that nobody foresaw
STATE_BITES = const(8)  # starts after the watchdog
STATE_SAFE_STARTS = const(9)
STATE_ROW = const(10)  # such starts in a row, each within ten minutes
STATE_BEFORE = const(11)  # seconds that the last but one of them ran
STATE_TRIES = const(12)  # times that safe mode was left again, since the last quiet ten minutes
STATE_SECONDS = const(13)  # time of the newest record when a slot was last written
STATE_WINDOWS = const(14)  # windows since its start then
# ... of this start:
STATE_CAUSE = const(15)  # how it ended: UNFORESEEN, TRIED, LEFT, or 0
STATE_UPTIME = const(16)  # seconds, when it was written
# ... counted from 0 at each start: every window that was due is in one of the first three
COUNT_JUDGED = const(17)
COUNT_COMMISSIONING = const(18)
COUNT_FAILED = const(19)  # measured or judged in vain
COUNT_ERRORS = const(20)  # exceptions
COUNT_SENSORS = const(21)  # of them a sensor's
COUNT_EFFECTS = const(22)  # ... an effect's, or a frame's
STATE_SIZE = const(23)
STATE_OF_START = const(15)  # from here on all begins at 0 with each start

# What a deep sleep keeps, in front of records and gate (sleep/retained.py): int32[DEEP_SIZE]
DEEP_MAGIC = const(0)
DEEP_CRC = const(1)  # of all behind it, records included
DEEP_CHANNELS = const(2)
DEEP_ROOM = const(3)  # records until the gate has to start
DEEP_RECORDS = const(4)  # that are there
DEEP_PERIOD = const(5)  # milliseconds
DEEP_DUE_S = const(6)  # when the next record is due, by the port's own clock
DEEP_DUE_MS = const(7)
DEEP_WAKE_S = const(8)  # when the board was to wake up
DEEP_WAKE_MS = const(9)
DEEP_LEAD = const(10)  # milliseconds before a record that it wakes up
DEEP_OFFSET = const(11)  # milliseconds of the gate's clock before the port's
DEEP_STARTED = const(12)  # the gate's time when its uptime was 0
DEEP_LATE = const(13)  # records, as Clock has them
DEEP_FAILED = const(14)  # readings that raised since the gate was last there
DEEP_TROUBLED = const(15)  # a bit for each channel that failed the last time
DEEP_SAID = const(16)  # ... of which the gate has said so
DEEP_GATE_BYTES = const(17)
DEEP_GATE_CRC = const(18)
DEEP_SIZE = const(19)

# Of a window that is held, in place of HELD: it is bad, as somebody has said; ASKED is more than 1 then, by how far the
# regime's limit could rise until the question is open again, Q24 octaves
HELD_BAD = const(-2)

# Adaptation: the policy's rules, int32[ADAPT_RULES]
ADAPT_LEARN = const(0)  # windows that a shadow learns from
ADAPT_CONFIRM = const(1)
ADAPT_QUORUM = const(2)  # of the last ten labels
ADAPT_OCTAVES = const(3)  # that a limit may rise in one swap, Q24
ADAPT_WIDTHS = const(4)  # that a band may lie from the commissioned one, Q4
ADAPT_BOUND = const(5)  # that a weight of a last layer may move, Q8 of the largest; 0: none is learned
ADAPT_CANARIES = const(6)  # that it may err on
ADAPT_RULES = const(7)
BY_LABELS = const(0)  # how a swap is confirmed
BY_OPERATOR = const(1)
BY_ITSELF = const(2)

# ... and its state: int32[ADAPT_HEAD + n_channels * ANCHOR_STRIDE]
ADAPT_PHASE = const(0)
ADAPT_LEFT = const(1)  # windows to wait
ADAPT_TRIES = const(2)  # shadows given up since the alarm
ADAPT_LOOKS = const(3)  # of a trial: windows that share no sample, and how many of them passed
ADAPT_PASSED = const(4)
ADAPT_PERMITTED = const(5)  # of this change: PERMIT_SWAP | PERMIT_STEP
ADAPT_EARLIER = const(6)  # there is an earlier reference
ADAPT_TRUSTED = const(7)  # ... and may be taken back without asking: AFTER_ALARM, or AT_ANY_TIME
ADAPT_SWAPS = const(8)
ADAPT_ANCHORED = const(9)
ADAPT_STEPPED = const(10)  # a regime was made known of the change in hand: the earlier reference is from before that
ADAPT_HEAD = const(11)
ANCHOR_LO = const(0)  # behind the head the band of each channel that was commissioned first, Q14 counts
ANCHOR_HI = const(1)
ANCHOR_STRIDE = const(2)

PERMIT_SWAP = const(1)  # a shadow may take over
PERMIT_STEP = const(2)  # what is asked about may become known

# A last layer that labels teach: int32[HEAD_WEIGHTS + inputs]
HEAD_LIVE = const(0)  # it judges
HEAD_LABELS = const(1)
HEAD_ERRORS = const(2)  # of its own on them, and of the base's
HEAD_BASE_ERRORS = const(3)
HEAD_LAST = const(4)  # the same of the last sixteen, as bits
HEAD_BASE_LAST = const(5)
HEAD_BIAS = const(6)  # its way from the base's
HEAD_WEIGHTS = const(7)  # Q12

AFTER_ALARM = const(1)
AT_ANY_TIME = const(2)

CALM = const(0)  # phases
WAIT = const(1)
BACK = const(2)
LEARN = const(3)
TRIAL = const(4)
REFUSED = const(5)

REFERENCE_BODY = const(14)  # bytes of a reference's file before its array
REFERENCE_CRC = const(4)  # ... and behind its prototypes
STATE_MAGIC_WORD = const(827606861)  # MGT1
DEEP_MAGIC_WORD = const(827541325)  # MGS1
UNFORESEEN = const(1)  # an exception
TRIED = const(2)  # safe mode was over
LEFT = const(3)  # its loop was left for the prompt, or a replay ended
