"""What the device does for a verdict: the policy's actions, their effects read once."""

from .compat import const
from .layout import COUNT_EFFECTS, NO_ACTION, SEND_DIMENSIONS, SEND_SAMPLES

_STORE = const(0)
_MODEL = const(1)
_PIN = const(2)
_NAME = const(3)  # where an effect, (kind, what, level, name), has its name


class Actions:
    """``models``: the guarded networks by name; frames give their index in the plan. ``hal``: pins.
    ``store``: windows kept, or None where no action stores. ``ring``: the window that is judged. ``writer``: frames."""

    def __init__(self, plan, models, hal, store, ring, writer):
        self._hal = hal
        self._store = store
        self._ring = ring
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
        self._sends = []
        self._effects = []
        for action in plan["actions"]:
            sends = 0
            effects = []
            for effect in action["do"]:
                verb, _, rest = effect.partition(":")
                if effect == "send:dimensions":
                    sends |= SEND_DIMENSIONS
                elif effect == "send:samples":
                    sends |= SEND_SAMPLES
                elif verb == "store":
                    effects.append((_STORE, 0, 0, effect))
                elif verb == "run":
                    effects.append((_MODEL, indices[rest], 0, effect))
                elif verb == "pin":
                    pin, _, level = rest.partition("=")
                    hal.output(int(pin))
                    effects.append((_PIN, int(pin), int(level), effect))
                else:
                    raise ValueError("unknown effect " + effect)
            self._sends.append(sends)
            self._effects.append(effects)

    def sends(self, action):
        """What the verdict's frame carries: SEND_DIMENSIONS, SEND_SAMPLES, both or neither."""
        return self._sends[action]

    def all_sends(self):
        """What the frame of any action carries."""
        found = 0
        for sends in self._sends:
            found |= sends
        return found

    def take(self, verdict):
        """The effects of its action beyond the frame, in the policy's order: what one raises is said, and the next has
        its turn."""
        if verdict.action != NO_ACTION:
            for effect in self._effects[verdict.action]:
                try:
                    self._do(effect, verdict)
                    self._hal.well(effect[_NAME])
                except Exception as e:
                    self._hal.counts[COUNT_EFFECTS] += 1
                    self._hal.trouble(effect[_NAME], e)

    def _do(self, effect, verdict):
        kind, what, level, _ = effect
        if kind == _STORE:
            self._store.append(self._ring, verdict.seconds, verdict.millis)
        elif kind == _PIN:
            self._hal.pin(what, level)
        elif kind == _MODEL:
            self._run(what, self._networks[what])
            self._answer(what, self._networks[what], verdict)

    def _run(self, index, network):
        ring = self._ring
        network.fill(ring.counts, self._bases[index], ring.head(), ring.length)
        network.invoke()

    def _answer(self, index, network, verdict):
        writer = self._writer
        writer.begin(b"model")
        writer.pair(b"t", verdict.seconds, verdict.millis)
        writer.number(b"m", index)
        writer.numbers(b"y", network.output, 0, network.outputs)
        writer.end()
