"""The sensors' own supply: on for as long as they need to warm up before a record, off behind it."""


class Supply:
    """``warm_up_ms``: before a record, ``pins``: outputs, high is on."""

    def __init__(self, warm_up_ms, pins):
        import machine

        self.warm_up_ms = warm_up_ms
        self._pins = [machine.Pin(pin, machine.Pin.OUT, value=0) for pin in pins]

    def on(self):
        for pin in self._pins:
            pin.value(1)

    def off(self):
        for pin in self._pins:
            pin.value(0)
