"""What the device does for a verdict: the policy's actions, their effects read once."""

from .compat import const

_DIMENSIONS = const(1)
_SAMPLES = const(2)

_STORE = const(0)
_RUN = const(1)
_PIN = const(2)


class Actions:
    """``models``: the guarded networks by name; frames give their index in the plan. ``hal``: pins.
    ``store``: a ring of windows, or None where no action stores. ``writer``: frames."""

    def __init__(self, plan, models, hal, store, writer):
        self._hal = hal
        self._store = store
        self._writer = writer
        self._networks = []
        self._bases = []
        indices = {}
        for model in plan["models"]:
            name = model["name"]
            indices[name] = len(self._networks)
            if models[name].inputs != plan["length"]:
                raise ValueError("model %s takes %d samples, not a window" % (name, models[name].inputs))
            self._networks.append(models[name])
            self._bases.append(max(model["channel"], 0) * plan["length"])
        self._seconds = self._millis = 0
        self._sends = []
        self._effects = []
        for action in plan["actions"]:
            sends = 0
            effects = []
            for effect in action["do"]:
                verb, _, rest = effect.partition(":")
                if effect == "send:dimensions":
                    sends |= _DIMENSIONS
                elif effect == "send:samples":
                    sends |= _SAMPLES
                elif verb == "store":
                    effects.append((_STORE, 0, 0))
                elif verb == "run":
                    effects.append((_RUN, indices[rest], 0))
                elif verb == "pin":
                    pin, _, level = rest.partition("=")
                    hal.output(int(pin))
                    effects.append((_PIN, int(pin), int(level)))
                else:
                    raise ValueError("unknown effect " + effect)
            self._sends.append(sends)
            self._effects.append(effects)

    def sends(self, action):
        """What the verdict frame of ``action`` carries: 1 for the dimensions, 2 for the samples, 3 for both."""
        return self._sends[action]

    def perform(self, action, ring, seconds, millis):
        """The effects of ``action`` beyond its frame, in the policy's order."""
        self._seconds = seconds
        self._millis = millis
        self._each(self._effects[action], ring)

    def _each(self, effects, ring):
        i = 0
        while i < len(effects):
            self._do(effects[i], ring)
            i += 1

    def _do(self, effect, ring):
        kind = effect[0]
        if kind == _STORE:
            self._store.append(ring, self._seconds, self._millis)
        elif kind == _PIN:
            self._hal.pin(effect[1], effect[2])
        else:
            self._run(effect[1], ring)
            self._answer(effect[1], self._networks[effect[1]])

    def _run(self, index, ring):
        network = self._networks[index]
        network.fill(ring.counts, self._bases[index], ring.head(), ring.length)
        network.invoke()

    def _answer(self, index, network):
        writer = self._writer
        writer.begin(b"model")
        writer.pair(b"t", self._seconds, self._millis)
        writer.number(b"m", index)
        writer.numbers(b"y", network.output, 0, network.outputs)
        writer.end()
