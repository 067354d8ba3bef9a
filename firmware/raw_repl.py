"""A board's raw REPL: mpremote's transport, with an end to its patience."""

import time

from mpremote.transport_serial import SerialTransport

from .patience import Clock, clock_of, patient

SILENT_S = 5.0  # for one byte, where mpremote itself does not say


class RawRepl(SerialTransport):
    """Its overall timeout holds on a line that never falls silent, too: a GPS, or a wrong baud rate, is no board.
    All its waits are counted by the board's clock."""

    clock: Clock = staticmethod(time.monotonic)

    def __init__(self, port: str):
        super().__init__(port)
        self.clock = clock_of(port)
        patient(self.serial, self.clock, SILENT_S)

    def read_until(self, min_num_bytes, ending, timeout=10, data_consumer=None, timeout_overall=None):
        assert data_consumer is None  # nobody here looks on while something runs
        data = bytearray()
        forever = float("inf")
        now = self.clock()
        end = now + (forever if timeout_overall is None else timeout_overall)
        quiet = now + (forever if timeout is None else timeout)
        while not data.endswith(ending) and now < min(end, quiet):
            byte = self.serial.read(1)
            now = self.clock()
            if byte:
                data += byte
                quiet = now + (forever if timeout is None else timeout)
        return bytes(data)
