"""The start: from the bundle's files to a gate that is connected, and its hello.

The folder is loaded by main and unloaded as a whole; between its stages too, so that the heap never holds reading,
hashing and checking at the same time as what they were for. Hence imports inside functions.
"""

from ..modules import unload_below


def boot(root, hal, writer, commission):
    """The gate out of the files of ``root``; says hello. The arguments are main's."""
    gate = _gate(root, hal, writer, commission)
    unload_below("boot")
    from .hello import hello

    hello(writer, root + "gate/", gate)
    return gate


def _gate(root, hal, writer, commission):
    """In a function of its own: a name that is bound to a module's function keeps the module."""
    from .start import start

    return start(root, hal, writer, commission)
