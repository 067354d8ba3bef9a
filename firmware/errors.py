"""What every package says when the answer is an error: lines a user can act on."""


class InputError(ValueError):
    """The input or the usage is wrong: exit status 2.

    ``lines`` holds one line per fault: what, where, what is allowed.
    """

    def __init__(self, *lines: str):
        super().__init__("\n".join(lines))
        self.lines = list(lines)


class RefusedError(Exception):
    """The work was done and the answer is no (a model that does not verify, say): exit status 1."""
