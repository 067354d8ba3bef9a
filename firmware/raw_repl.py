"""A board's raw REPL: mpremote's transport, with an end to its patience."""

import time

from mpremote.transport_serial import SerialTransport


class RawRepl(SerialTransport):
    """Its overall timeout holds on a line that never falls silent, too: a GPS, or a wrong baud rate, is no board."""

    def read_until(self, min_num_bytes, ending, timeout=10, data_consumer=None, timeout_overall=None):
        if timeout_overall is None or data_consumer is not None:
            return super().read_until(min_num_bytes, ending, timeout, data_consumer, timeout_overall)
        data = bytearray()
        now = time.monotonic()
        end, quiet = now + timeout_overall, now + (timeout or timeout_overall)
        while not data.endswith(ending) and now < min(end, quiet):
            byte = self.serial.read(1)
            now = time.monotonic()
            if byte:
                data += byte
                quiet = now + (timeout or timeout_overall)
        return bytes(data)
