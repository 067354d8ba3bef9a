"""The plan, a key at a time: whole it would take as much of the heap as the gate that is made from it."""

import json

FILES = ("plan.json", "actions.json")
APART = ("table", "actions")
"""Keys of the second file: the action table and the actions are replaced without the rest."""


class Plan:
    """``plan[key]`` of files with a key a line, as the build writes them into ``folder``. Numbers are kept, the rest is
    read anew whenever it is asked for: whoever needs it twice keeps it."""

    def __init__(self, folder):
        self._folder = folder
        self._numbers = {}

    def __getitem__(self, key):
        if key in self._numbers:
            return self._numbers[key]
        value = self._read(FILES[key in APART], '"%s":' % key)
        if isinstance(value, int):
            self._numbers[key] = value
        return value

    def _read(self, name, start):
        with open(self._folder + name) as f:
            for line in f:
                if line.startswith(start):
                    return json.loads(line[len(start) :].rstrip(",\n"))
        raise ValueError(name + ": no " + start)
