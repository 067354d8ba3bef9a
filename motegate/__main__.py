"""`motegate` and `python -m motegate`: from the first import on, Ctrl-C is one line and exit status 130.

Nothing is imported before that is made sure: reading what a command needs takes its first second or two.
"""

import sys

INTERRUPTED = 130


class _NoMore:
    """An importer that refuses: a library in C may have swallowed the interrupt that came while it was imported."""

    def find_spec(self, name, path=None, target=None):
        raise KeyboardInterrupt


def main() -> int:
    """Runs one command; returns its exit status."""
    came: list[int] = []
    try:
        _watch(came)
        from .cli import main as run

        return run()
    except SystemExit:
        raise
    except BaseException as error:
        # Libraries in C turn an interrupt of their import into an error of their own
        if not came and not isinstance(error, KeyboardInterrupt):
            raise
        return _interrupted()


def _watch(came: list[int]) -> None:
    """Notes in ``came`` that an interrupt came, and lets none get lost where Python cannot raise it."""
    import os
    import signal
    import threading

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # in the background of a script nobody interrupts

    def note(number, frame):
        if not came:
            sys.meta_path.insert(0, _NoMore())  # type: ignore[arg-type]
        came.append(number)
        signal.default_int_handler(number, frame)

    def swallowed(unraisable):
        if issubclass(unraisable.exc_type, KeyboardInterrupt):  # in a destructor, say: once more, when that is over
            threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            sys.__unraisablehook__(unraisable)

    signal.signal(signal.SIGINT, note)
    sys.unraisablehook = swallowed


def _interrupted() -> int:
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _NoMore)]
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is left is tidying up
    print("motegate: interrupted", file=sys.stderr)
    return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
